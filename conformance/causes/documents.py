"""Reads JSON documents out of text that is not JSON, as far as it tells what it was meant to be. Pure."""

import json
import re
from collections import deque
from collections.abc import Iterable

from conformance.assemble.payload import parse
from conformance.assemble.terminator import DONE

__all__ = ["blocks", "documents", "held"]

_LINE_END = re.compile(r"\r\n|\r|\n")
_FILLING = re.compile(r"(?:\s|,|data:|event:[^\r\n{]*+|\ufeff)*+")  # what may stand between two documents
_ASIDE = ("event:", "id:", "retry:", ":")  # the beginnings of lines that hold no data
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+("|\\?\Z)|[{}\[\],]', re.DOTALL)
_TRIED = 8  # places, from the end, at which a document that is cut off is completed
# NaN stands for no number, and a line break in a string for itself.
_decoder = json.JSONDecoder(parse_constant=lambda _: None, strict=False)


def documents(text: str) -> list[str]:
    """The JSON documents and terminators that a text holds one after the other.

    The last one is completed if it is cut off; whatever is no document ends the list.
    """
    return _read(text)[0]


def _read(text: str) -> tuple[list[str], bool]:
    """The documents of a text, and whether they are all that it holds."""
    found: list[str] = []
    position = 0
    while True:
        filling = _FILLING.match(text, position)
        position = filling.end() if filling else position
        if text.startswith(DONE, position):
            found.append(DONE)
            position += len(DONE)
        elif text[position : position + 1] in ("{", "["):
            try:
                value, end = _decoder.raw_decode(text, position)
                found.append(json.dumps(value))
            except (ValueError, RecursionError) as error:
                rest = text[position:].strip()
                if DONE in rest or (DONE.startswith(rest) and len(rest) > 1):
                    return [*found, DONE], True
                if isinstance(error, RecursionError):  # it would be no less deep if it were closed
                    return found, False
                return [*found, *_completed(rest)], False
            position = end
        else:
            return found, position == len(text)


def _completed(text: str) -> list[str]:
    """A JSON document that is cut off, with what is open in it closed; empty if it is none."""
    open_: _Open = None
    places: deque[tuple[int, _Open]] = deque(maxlen=_TRIED)  # the last commas, each with what is open there
    string = escaped = False
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in ("{", "["):
            open_ = ("}" if mark == "{" else "]", open_)
        elif mark in ("}", "]"):
            if open_ is None or open_[0] != mark:
                break
            open_ = open_[1]
        elif mark == ",":
            places.append((token.start(), open_))
        else:
            string = token[1] != '"'
            escaped = token[1] == "\\"
    closing = _closing(open_)
    whole = text[:-1] if escaped else text
    tried = [f'{whole}"{closing}' if string else whole + closing, f"{whole}null{closing}"]
    tried += [text[:at] + _closing(there) for at, there in reversed(places)]
    for candidate in tried:
        try:
            value = _decoder.decode(candidate)
            if string and isinstance(value, dict) and str(value.get("type")).endswith(".delta"):
                value["delta"] = None  # it is cut off too: what is missing of it may stand elsewhere
            return [json.dumps(value)]
        except (ValueError, RecursionError):
            continue
    return []


_Open = tuple[str, "_Open"] | None
"""What closes the innermost object or list that is open, then the one around it, and so on."""


def _closing(open_: _Open) -> str:
    marks = []
    while open_ is not None:
        mark, open_ = open_
        marks.append(mark)
    return "".join(marks)


def blocks(texts: Iterable[str], *, named: bool) -> bytes:
    """One event for each of these documents, with an `event:` line if the events of the stream are named."""
    parts = []
    for text in texts:
        value, _ = parse(text)
        kind = value.get("type") if isinstance(value, dict) else None
        line = f"event: {kind}\n" if named and isinstance(kind, str) and kind.isprintable() else ""
        parts.append(f"{line}data: {text}\n\n")
    return "".join(parts).encode(errors="replace")


def held(block: bytes) -> tuple[list[str], bool]:
    """The documents in a block, whether or not each line says `data:`; and whether they are all it holds."""
    return _read(_text(block))


def _text(block: bytes) -> str:
    lines = _LINE_END.split(block.decode(errors="replace"))
    return "\n".join(line.removeprefix("data:") for line in lines if not line.startswith(_ASIDE))
