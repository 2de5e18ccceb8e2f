"""Reads foreign recordings: JSON recordings of one answer, and event streams as raw text."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from conformance.decode import Decoder, Event
from conformance.evidence.errors import (
    EmptyFileError,
    HalfSurrogateError,
    NotARecordingError,
    NotAStreamError,
)
from conformance.evidence.format import parsed
from conformance.exchange import Api, Exchange, Expects, Need, Piece, Request
from conformance.text import shown, slug

__all__ = ["api_of", "expectation", "read_event_stream", "recorded"]

# The keys of a recording: the types of each, and their names. `api` and `body` are required.
_KEYS: dict[str, tuple[tuple[type, ...], str]] = {
    "api": ((str,), "chat or responses"),
    "body": ((str,), "a string, the body as it was received"),
    "provider": ((str, type(None)), "a string or null"),
    "model": ((str, type(None)), "a string or null"),
    "request": ((dict, type(None)), "the request body as an object, or null"),
    "status": ((int, type(None)), "an integer or null"),
    "content_type": ((str, type(None)), "a string or null"),
    "origin": ((dict, type(None)), "an object or null"),
}
_REQUIRED = ("api", "body")
_LOOKED_AT = 10_000  # events by which the API of a body is recognised
_STEP = 65_536  # bytes
_FIELD_LINE = re.compile(rb"^(?:data|event|id|retry)(?::|$)|^:", re.MULTILINE)


def recorded(value: Any, source: str) -> Exchange:
    """The exchange in a JSON recording, with its body as one piece.

    It always lacks timing and ending, and request, status or headers if they are null in the recording; of
    the headers only the content type is known. Raises EvidenceError.
    """
    _check(value)
    request, status, content_type = (value.get(key) for key in ("request", "status", "content_type"))
    known = {Need.REQUEST: request, Need.STATUS: status, Need.HEADERS: content_type}
    return Exchange(
        id=slug(PurePath(source).stem) or "recording",
        api=Api(value["api"]),
        provider=value.get("provider") or "",
        model=value.get("model") or "",
        request=None if request is None else Request(body=json.dumps(request, ensure_ascii=False)),
        status=status,
        headers=() if content_type is None else (("content-type", content_type),),
        pieces=(Piece(data=value["body"].encode()),),
        expects=Expects.UNKNOWN if request is None else expectation(request),
        source=source,
        note=f"A recording by others{_origin(value.get('origin'))}: the whole body, without arrival times, "
        "without how it ended, and of the headers at most the content type.",
        lacks=frozenset({Need.TIMING, Need.ENDING} | {name for name, item in known.items() if item is None}),
    )


def read_event_stream(data: bytes, source: str) -> Exchange:
    """The exchange in a file that contains only the bytes of an event stream.

    The API is derived from the events. Raises EvidenceError for a file that is not an event stream.
    """
    if not data.strip():
        raise EmptyFileError
    if b"\0" in data:
        raise NotAStreamError("it is binary")
    if not _FIELD_LINE.search(data.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n")):
        raise NotAStreamError("no line of it is a field of an event")
    pieces = (Piece(data=data),)
    api = api_of(pieces)
    return Exchange(
        id=slug(PurePath(source).stem) or "stream",
        api=api,
        pieces=pieces,
        source=source,
        note=f"Raw text of an event stream, taken for {api} by its events: request, status, headers, arrival "
        "times and how it ended are not known.",
        lacks=frozenset({Need.REQUEST, Need.STATUS, Need.HEADERS, Need.TIMING, Need.ENDING}),
    )


def _check(value: Any) -> None:
    if not isinstance(value, dict):
        raise NotARecordingError(f"it is JSON, but {shown(value, 60)} is no object")
    if missing := [key for key in _REQUIRED if key not in value]:
        raise NotARecordingError(f"it is JSON, but has no key {' and no key '.join(missing)}")
    for key, (types, words) in _KEYS.items():
        item = value.get(key)
        # In Python a bool is an int; in JSON it is not a number.
        if key in value and (not isinstance(item, types) or isinstance(item, bool)):
            raise NotARecordingError(f"its `{key}` is {shown(item, 60)}, not {words}")
    if value["api"] not in tuple(Api):
        raise NotARecordingError(f"its `api` is {shown(value['api'], 60)}, not chat or responses")
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise HalfSurrogateError from None


def api_of(pieces: Iterable[Piece]) -> Api:
    """The API that the events of a body belong to: `responses` if one of the first does, otherwise `chat`."""
    return Api.RESPONSES if any(map(_is_of_responses, _first_events(pieces))) else Api.CHAT


def _first_events(pieces: Iterable[Piece]) -> Iterator[Event]:
    decoder = Decoder()
    for piece in pieces:
        for start in range(0, len(piece.data), _STEP):
            decoder.feed(piece.data[start : start + _STEP])
            yield from decoder.taken()
            if decoder.weight > _LOOKED_AT:
                return
    yield from decoder.close().events


def expectation(request: Mapping[str, Any]) -> Expects:
    """What a request body asks for: a stream or a document."""
    streamed = request.get("stream") is True or "starting_after" in request
    return Expects.STREAM if streamed else Expects.DOCUMENT


def _origin(origin: dict[str, Any] | None) -> str:
    where = (origin or {}).get("repository")
    return f" ({where})" if isinstance(where, str) and where else ""


def _is_of_responses(event: Event) -> bool:
    if (event.name or "").startswith("response."):
        return True
    try:
        value = parsed(event.data)
    except ValueError:
        return False
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        return False
    return kind.startswith("response.") or (kind == "error" and "sequence_number" in value)
