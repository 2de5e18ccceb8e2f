"""Parses the JSON of events as strictly as the strictest client."""

import json
from collections.abc import Hashable, Iterable, Iterator
from itertools import chain
from math import isinf
from typing import Any, NoReturn

from conformance.text import Literal, clipped

__all__ = ["differences", "document", "documents", "frozen", "joined", "parse", "stray_surrogate"]


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _integer(digits: str) -> int | float:
    # Python converts 4300 digits at most; counts, times and indexes have at most twenty.
    return int(digits) if len(digits) <= 300 else _number(digits)


def _number(text: str) -> float:
    # A number that is too large or too small for a float keeps its text.
    number = float(text)
    return Literal(text) if isinf(number) or (not number and _significant(text)) else number


def _significant(text: str) -> bool:
    # Whether the part before the exponent has a digit that is not 0.
    return bool(text.lower().partition("e")[0].strip("-0."))


_decoder = json.JSONDecoder(parse_constant=_not_json, parse_int=_integer, parse_float=_number)


def parse(data: str) -> tuple[Any, str]:
    """The value and "", or None and what is wrong with the text.

    NaN and Infinity are errors, because every JavaScript client raises on them.
    """
    try:
        return _decoder.decode(data), ""
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return None, f"more than one JSON document: {clipped(data[error.pos :].strip(), 80)!r} follows"
        return None, f"{error.msg.removesuffix(' at')} at character {error.pos} of {clipped(data, 80)!r}"
    except (ValueError, RecursionError) as error:
        return None, clipped(str(error), 120)


def documents(text: str) -> list[Any]:
    """The JSON documents that a text consists of, with white space around them at most; [] if it does not."""
    found: list[Any] = []
    text = text.rstrip()
    at = _begin(text, 0)
    while at < len(text):
        try:
            value, end = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return []
        found.append(value)
        at = _begin(text, end)
    return found


def _begin(text: str, at: int) -> int:
    """Where the next character is that is no white space."""
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def document(body: bytes) -> tuple[Any, str]:
    """A whole body as JSON: the value and "", or None and what is wrong."""
    try:
        return parse(body.decode())
    except UnicodeDecodeError as error:
        return None, f"not UTF-8: {error.reason} at byte {error.start}"


def stray_surrogate(text: str) -> bool:
    """Whether a text holds one half of a surrogate pair, which no UTF-8 text can."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def joined(parts: Iterable[str]) -> str:
    """The concatenated deltas of a text. Halves of a surrogate pair that meet become one character."""
    text = "".join(parts)
    if stray_surrogate(text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text


_DEEPEST = 60  # nesting depth; deeper values count as equal


def frozen(value: Any, depth: int = 0) -> Hashable:
    """A JSON value as one that can be looked up: equal where the values are."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return frozenset((key, frozen(item, depth + 1)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(frozen(item, depth + 1) for item in value)
    known: Hashable = value
    return known


def differences(before: Any, after: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any, Any]]:
    """The places where two JSON values differ, as (path, value before, value after).

    A null key or an empty list counts as missing, because OpenAI writes empty logprobs in either way.
    """
    if depth > _DEEPEST:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in chain(before, (key for key in after if key not in before)):
            one, two = (None if value == [] else value for value in (before.get(key), after.get(key)))
            yield from differences(one, two, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, two) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, two, f"{path}.{number}" if path else str(number), depth + 1)
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield path, before, after
