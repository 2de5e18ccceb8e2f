"""JSON out of one event's data, as strictly as the strictest client reads it."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NoReturn

from conformance.text import clipped

__all__ = ["differences", "document", "joined", "parse", "stray_surrogate"]


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _integer(digits: str) -> int | float:
    # Python converts and prints 4300 digits at most; counts, times and indexes have twenty.
    return int(digits) if len(digits) <= 300 else float(digits)


_decoder = json.JSONDecoder(parse_constant=_not_json, parse_int=_integer)


def parse(data: str) -> tuple[Any, str]:
    """The value and "", or None and what is wrong with the text.

    NaN and Infinity are refused: every JavaScript client raises on them.
    """
    try:
        return _decoder.decode(data), ""
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return None, f"more than one JSON document: {clipped(data[error.pos :].strip(), 80)!r} follows"
        return None, f"{error.msg} at character {error.pos} of {clipped(data, 80)!r}"
    except (ValueError, RecursionError) as error:
        return None, clipped(str(error), 120)


def document(body: bytes) -> tuple[Any, str]:
    """A whole body as JSON: the value and "", or None and what is wrong with it."""
    try:
        return parse(body.decode())
    except UnicodeDecodeError as error:
        return None, f"not UTF-8: {error.reason} at byte {error.start}"


def stray_surrogate(text: str) -> bool:
    """Whether a text holds half of a surrogate pair, which no UTF-8 text can."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def joined(parts: Iterable[str]) -> str:
    """The deltas of a text as one text. Halves of a surrogate pair that meet become the character."""
    text = "".join(parts)
    if stray_surrogate(text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text


_DEEPEST = 60  # steps into a value; what is deeper is taken for the same


def differences(before: Any, after: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any, Any]]:
    """The places where two JSON values differ: the path, the value before and the one after.

    A key that is null, or an empty list, is like one that is absent: OpenAI writes the logprobs of no
    token in either way.
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
