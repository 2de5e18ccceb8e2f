"""Reads what others recorded: JSON recordings of one answer, and event streams as raw text."""

import json
import re
from pathlib import Path
from typing import Any

from conformance.decode import Event, decode
from conformance.evidence.format import EvidenceError, parsed
from conformance.exchange import Api, Exchange, Expects, Need, Piece, Request
from conformance.text import shown, slug

__all__ = ["read_event_stream", "read_recording"]

# Key of a recording: the types that its value may have, and their names. `api` and `body` must be there.
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
_RECORDING = (
    "a recording is one JSON object with the keys api (chat or responses) and body (the text as received), "
    "and where known provider, model, request, status and content_type"
)
_STREAM = "raw text must be a server-sent event stream as received, with lines such as `data: {...}`"
_FIELD_LINE = re.compile(rb"^(?:data|event|id|retry)(?::|$)|^:", re.MULTILINE)


def read_recording(path: Path) -> Exchange:
    """The exchange in a JSON recording, its body one piece.

    It always lacks timing and ending, and request, status or headers where the recording has null; of the
    headers only the content type is known. Raises EvidenceError and OSError.
    """
    try:
        value = parsed(path.read_bytes())
    except ValueError as error:
        raise EvidenceError("not-a-recording", f"it is not JSON ({error})", _RECORDING) from None
    _check(value)
    request, status, content_type = (value.get(key) for key in ("request", "status", "content_type"))
    known = {Need.REQUEST: request, Need.STATUS: status, Need.HEADERS: content_type}
    return Exchange(
        id=slug(path.stem) or "recording",
        api=Api(value["api"]),
        provider=value.get("provider") or "",
        model=value.get("model") or "",
        request=None if request is None else Request(body=json.dumps(request, ensure_ascii=False)),
        status=status,
        headers=() if content_type is None else (("content-type", content_type),),
        pieces=(Piece(data=value["body"].encode()),),
        expects=_expects(request),
        source=str(path),
        note=f"A recording by others{_origin(value.get('origin'))}: the whole body, without arrival times, "
        "without how it ended, and of the headers at most the content type.",
        lacks=frozenset({Need.TIMING, Need.ENDING} | {name for name, item in known.items() if item is None}),
    )


def read_event_stream(path: Path) -> Exchange:
    """The exchange in a file that holds the bytes of an event stream and nothing else.

    The API is recognised from the events. Raises EvidenceError for what is no event stream, and OSError.
    """
    data = path.read_bytes()
    if not data.strip():
        raise EvidenceError("empty", "it is empty", _STREAM)
    if b"\0" in data:
        raise EvidenceError("not-a-stream", "it is binary", _STREAM)
    if not _FIELD_LINE.search(data.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n")):
        raise EvidenceError("not-a-stream", "no line of it is a field of an event", _STREAM)
    pieces = (Piece(data=data),)
    responses = any(_is_of_responses(event) for event in decode(pieces).events)
    api = Api.RESPONSES if responses else Api.CHAT
    return Exchange(
        id=slug(path.stem) or "stream",
        api=api,
        pieces=pieces,
        source=str(path),
        note=f"Raw text of an event stream, taken for {api} by its events: request, status, headers, arrival "
        "times and how it ended are not known.",
        lacks=frozenset({Need.REQUEST, Need.STATUS, Need.HEADERS, Need.TIMING, Need.ENDING}),
    )


def _check(value: Any) -> None:
    if not isinstance(value, dict):
        raise EvidenceError("not-a-recording", f"it is JSON, but {shown(value, 60)} is no object", _RECORDING)
    if missing := [key for key in _REQUIRED if key not in value]:
        said = f"it is JSON, but has no key {' and no key '.join(missing)}"
        raise EvidenceError("not-a-recording", said, _RECORDING)
    for key, (types, words) in _KEYS.items():
        item = value.get(key)
        # A bool is an int to Python and a different thing to JSON.
        if key in value and (not isinstance(item, types) or isinstance(item, bool)):
            raise EvidenceError(
                "not-a-recording", f"its `{key}` is {shown(item, 60)}, not {words}", _RECORDING
            )
    if value["api"] not in tuple(Api):
        said = f"its `api` is {shown(value['api'], 60)}, not chat or responses"
        raise EvidenceError("not-a-recording", said, _RECORDING)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        said = "it holds half a surrogate pair, which no UTF-8 body can"
        raise EvidenceError(
            "not-a-recording", said, "record the body as bytes, in an evidence file"
        ) from None


def _expects(request: dict[str, Any] | None) -> Expects:
    if request is None:
        return Expects.UNKNOWN
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
