"""The format of an evidence file: JSON lines, each an object whose `line` names its kind.

One `head` comes first, then an `attempt` for every attempt, at most one `response`, a `piece` for every piece
of the body, and an `end`, which is missing if the recording was cut off. docs/evidence.md describes it for
people, schemas/evidence.json for programs.
"""

import base64
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from conformance.exchange import Exchange, Piece, Request
from conformance.paths import schema
from conformance.shapes import Shape

__all__ = [
    "FORMAT",
    "VERSION",
    "Line",
    "Seal",
    "dumped",
    "head_line",
    "header_list",
    "parsed",
    "parsed_at",
    "piece_line",
    "shape",
]

FORMAT = "stream-conformance/exchange"
VERSION = 1


class Line(StrEnum):
    """The kind of a line."""

    HEAD = "head"
    ATTEMPT = "attempt"
    RESPONSE = "response"
    PIECE = "piece"
    END = "end"


class Seal:
    """The digest of an evidence file, taken line by line.

    It covers all lines before the last one without their line ends, so that a conversion of line ends keeps
    it, and the last line without its `digest`, as JSON with sorted keys, without spaces and in ASCII.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, line: bytes) -> None:
        """Adds the next line before the last one, as it is in the file."""
        self._hash.update(line.rstrip(b"\r\n") + b"\n")

    def digest(self, end: Mapping[str, Any]) -> str:
        """The digest in hexadecimal, given the content of the last line."""
        content = {key: value for key, value in end.items() if key != "digest"}
        whole = self._hash.copy()
        whole.update(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())
        return whole.hexdigest()


@cache
def shape(line: Line) -> Shape:
    """The schema of one kind of line."""
    return Shape(schema("evidence"), f"/$defs/{line}")


def dumped(line: Line, content: dict[str, Any]) -> bytes:
    """A line as it is in the file, with its line end.

    Raises ValueError for a number that JSON cannot hold.
    """
    text = json.dumps({"line": line, **content}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A lone surrogate has no UTF-8 form; backslashreplace writes it as JSON's escape.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def parsed(text: str | bytes) -> Any:
    """A parsed JSON value. Raises ValueError for invalid JSON, and for excessive nesting and numbers."""
    try:
        return json.loads(text, **_STRICT)
    except RecursionError:
        raise ValueError("its nesting is too deep") from None


def parsed_at(text: str, place: int) -> tuple[Any, int]:
    """The JSON value that begins at a place of a text, and where it ends. Raises ValueError as `parsed`."""
    try:
        return _DECODER.raw_decode(text, place)
    except RecursionError:
        raise ValueError("its nesting is too deep") from None


def head_line(exchange: Exchange) -> dict[str, Any]:
    """Everything about an exchange that is known before its request is sent."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "id": exchange.id,
        "api": exchange.api,
        "provider": exchange.provider,
        "model": exchange.model,
        "scenario": exchange.scenario,
        "sample": exchange.sample,
        **({"again": exchange.again} if exchange.again else {}),
        "started": exchange.started,
        "expects": exchange.expects,
        "promises": list(exchange.promises),
        "claim": exchange.claim,
        "unclaimed": list(exchange.unclaimed),
        "nonce": exchange.nonce,
        "expected_text": exchange.expected_text,
        **({"expected_arguments": list(exchange.expected_arguments)} if exchange.expected_arguments else {}),
        "note": exchange.note,
        "lacks": sorted(exchange.lacks),
        "request": None if exchange.request is None else _request(exchange.request),
    }


def header_list(headers: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Headers in the form in which a line holds them."""
    return [{"name": name, "value": value} for name, value in headers]


def piece_line(piece: Piece) -> dict[str, Any]:
    """A piece: as text if its bytes alone are valid UTF-8, in base64 otherwise."""
    try:
        return {"at": piece.at, "text": piece.data.decode()}
    except UnicodeDecodeError:
        return {"at": piece.at, "base64": base64.b64encode(piece.data).decode()}


def _request(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": header_list(request.headers),
        "body": request.body,
    }


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    if math.isinf(value := float(text)):
        raise ValueError(f"{text} is too large a number")
    return value


_STRICT: dict[str, Any] = {"parse_constant": _no_constant, "parse_float": _finite}
_DECODER = json.JSONDecoder(**_STRICT)
