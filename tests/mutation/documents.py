"""Operators on answers without streaming: on every place, on texts and ends, on the bytes and on the headers.

Those of `HARMS` are known faults of servers, so no rule of equivalence is asked; those of `LEGAL_FORMS` write
the same in another way.
"""

import html
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.mutation.operators import Mutant, Path, inside, replaced
from tests.mutation.stream import Base, Headers, Sheet, compact

__all__ = ["HARMS", "LEGAL_FORMS", "harmed"]

Places = Iterator[tuple[Path, Any]]


def _strings(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text of a document, and where it stands."""
    if isinstance(value, str):
        yield path, value
    parts: Any = value.items() if isinstance(value, dict) else ()
    for step, item in enumerate(value) if isinstance(value, list) else parts:
        yield from _strings(item, (*path, step))


# What a client shows, runs or sends back: the last step of a place, and the one but two before in a chat.
_TEXTS = ("content", "text", "refusal", "arguments", "input")
_IDS = ("id", "call_id")


def _texts(value: Any) -> Iterator[tuple[Path, str]]:
    held = ("choices", "output")
    for path, text in _strings(value):
        if path and path[-1] in _TEXTS and path[0] in held and text:
            yield path, text


def _each(change: Callable[[str], str], kinds: tuple[str, ...] = _TEXTS) -> Callable[[Any], Places]:
    """The change of each text of these kinds that it changes."""

    def spoilt(value: Any) -> Places:
        for path, text in _texts(value):
            if path[-1] in kinds and change(text) != text:
                yield path, change(text)

    return spoilt


_ARGUMENTS = ("arguments", "input")
_SPOKEN = ("content", "text", "refusal")


def _mojibake(text: str) -> str:
    return text.encode(errors="surrogatepass").decode("latin-1")


def _letter_lost(text: str) -> str:
    letters = sorted({letter for letter in text if letter.isalpha() and letter.isascii()})
    return text.replace("r" if "r" in letters else letters[0], "") if letters else text


def _ids(value: Any) -> Places:
    for path, text in _strings(value):
        if path[-1] in _IDS and text and path[0] in ("id", "choices", "output"):
            yield path, ""


_ENDS = {
    "finish_reason": ("stop", "length", "tool_calls", "content_filter"),
    "status": ("completed", "incomplete", "in_progress", "failed"),
}


def _ends(value: Any) -> Places:
    """Every other value that the description lists for the end of the answer or of a part of it."""
    for path, text in _strings(value):
        for other in _ENDS.get(str(path[-1]), ()):
            if other != text and path[0] in ("status", "choices", "output"):
                yield path, other


def _counts(times: int) -> Callable[[Any], Places]:
    """All counts of usage so many times as high; the sums still hold."""

    def changed(value: Any) -> Places:
        if isinstance(usage := value.get("usage"), dict):
            yield ("usage",), _multiplied(usage, times)

    return changed


def _multiplied(value: Any, times: int) -> Any:
    if isinstance(value, dict):
        return {key: _multiplied(item, times) for key, item in value.items()}
    return value * times if type(value) is int else value


_OF_VALUES: dict[str, Callable[[Any], Places]] = {
    "text-emptied": _each(lambda _: "", _SPOKEN),
    "text-repeated": _each(lambda text: text * 2 if len(text) > 3 else text, _SPOKEN),
    "text-mojibake": _each(_mojibake),
    "text-entities": _each(html.escape),
    "arguments-letter-lost": _each(_letter_lost, _ARGUMENTS),
    "arguments-emptied": _each(lambda _: "{}", _ARGUMENTS),
    "arguments-gone": _each(lambda _: "", _ARGUMENTS),
    "id-emptied": _ids,
    "end-wrong": _ends,
    "usage-zero": _counts(0),
    "usage-tripled": _counts(3),
}
"""Each place that is spoilt, and what stands there then."""


# Operators on the bytes: None where there is nothing to spoil so.


def _key_twice(sheet: Sheet) -> bytes:
    return f"{sheet.text[:-1]},{compact(next(iter(sheet.value)))}:null}}".encode()


def _inner_key_twice(sheet: Sheet) -> bytes | None:
    """The first key of the first object in a list a second time."""
    before, found, after = sheet.text.partition('[{"')
    if not found:
        return None
    key = after[: after.index('"')]
    return f'{before}[{{"{key}":null,"{after}'.encode()


def _invalid(sheet: Sheet) -> bytes:
    at = sheet.data.rindex(b'"')
    return sheet.data[:at] + b"\xff" + sheet.data[at:]


_OF_BYTES: dict[str, Callable[[Sheet], bytes | None]] = {
    "json-key-twice": _key_twice,
    "json-inner-key-twice": _inner_key_twice,
    "json-cut": lambda sheet: sheet.data[:-1],
    "json-cut-inside": lambda sheet: sheet.data[: len(sheet.data) // 2],
    "json-twice": lambda sheet: compact(sheet.text).encode(),
    "json-tail": lambda sheet: sheet.data * 2,
    "json-in-list": lambda sheet: b"[" + sheet.data + b"]",
    "utf8-invalid": _invalid,
    "body-empty": lambda _: b"",
    "body-events": lambda sheet: b"data: " + sheet.data + b"\n\ndata: [DONE]\n\n",
    "body-page": lambda _: b"<!doctype html><title>502 Bad Gateway</title>",
}

_FORMS: dict[str, Callable[[Sheet], bytes | None]] = {
    "json-escaped": lambda sheet: json.dumps(sheet.value).replace("/", "\\/").encode(),
    "json-spaced": lambda sheet: json.dumps(sheet.value, ensure_ascii=False, indent=2).encode(),
    "json-on-lines": lambda sheet: b"\r\n" + sheet.data + b"\r\n",
}

_OF_HEADERS: dict[str, str | None] = {
    "content-type-events": "text/event-stream",
    "content-type-text": "text/plain; charset=utf-8",
    "content-type-page": "text/html",
    "content-type-gone": None,
}
_TYPES: dict[str, str | None] = {"content-type-charset": "application/json; charset=utf-8"}

HARMS = (*_OF_VALUES, *_OF_BYTES, *_OF_HEADERS)
"""The operators whose mutants are never equivalent."""
LEGAL_FORMS = (*_FORMS, *_TYPES)
"""Other ways to write the same document."""


def harmed(base: Base) -> Iterator[Mutant]:
    """Every mutant of a document, in a fixed order."""
    sheet = base.blocks[0]
    if not isinstance(sheet, Sheet):
        raise TypeError(f"{base.id} is no document")
    yield from inside(base, 0, sheet)
    for name, spoil in _OF_VALUES.items():
        for path, new in spoil(sheet.value):
            blocks = (sheet.holding(replaced(sheet.value, path, new)),)
            old = sheet.value
            for step in path:
                old = old[step]
            yield Mutant(operator=name, at=0, label=sheet.label, blocks=blocks, path=path, old=old, new=new)
    for name, write in {**_OF_BYTES, **_FORMS}.items():
        wire = write(sheet)
        if wire is not None and wire != sheet.data:
            yield Mutant(operator=name, at=0, label=sheet.label, blocks=(replace(sheet, wire=wire),))
    for name, kind in {**_OF_HEADERS, **_TYPES}.items():
        yield Mutant(operator=name, at=0, label=sheet.label, blocks=base.blocks, headers=_typed(base, kind))


def _typed(base: Base, kind: str | None) -> Headers:
    """The headers with another content type."""
    others = tuple(pair for pair in base.exchange.headers if pair[0].lower() != "content-type")
    return (*others, ("content-type", kind)) if kind is not None else (*others, ("server", "x"))
