"""Foreign recordings: JSON recordings and raw event streams."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.evidence.errors import (
    EmptyFileError,
    EvidenceError,
    HalfSurrogateError,
    NotARecordingError,
    NotAStreamError,
)
from conformance.evidence.foreign import read_event_stream
from conformance.evidence.imports import read_bytes
from conformance.exchange import Ended, Exchange, Piece
from conformance.text import slug

BODY = 'data: {"object":"chat.completion.chunk"}\n\ndata: [DONE]\n\n'
RECORDING: dict[str, Any] = {
    "provider": "acme",
    "api": "chat",
    "model": "acme-1",
    "request": {"model": "acme-1", "stream": True, "messages": []},
    "status": 200,
    "content_type": "text/event-stream",
    "body": BODY,
    "origin": {"repository": "acme/recordings", "path": "one.yaml"},
}


def saved(folder: Path, value: Any, name: str = "Acme Chat.01.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def read_recording(path: Path) -> Exchange:
    (read,) = read_bytes(path.read_bytes(), str(path))
    assert isinstance(read, Exchange)
    return read


def streamed(data: bytes) -> Exchange:
    return read_event_stream(data, "in/Some Stream_1.sse")


def test_a_recording_is_an_exchange_without_timing_and_ending(tmp_path: Path) -> None:
    """All that a recording holds is in the exchange, and what it cannot hold is lacking."""
    path = saved(tmp_path, RECORDING)
    read = read_recording(path)
    assert (read.id, read.api, read.provider, read.model) == ("acme-chat.01", "chat", "acme", "acme-1")
    assert (read.status, read.header("content-type"), read.source) == (200, "text/event-stream", str(path))
    assert read.pieces == (Piece(data=BODY.encode()),)
    assert read.asked == RECORDING["request"]
    assert read.request is not None
    assert read.request.url == ""
    assert read.lacks == {"timing", "ending"}
    assert read.ended is Ended.UNKNOWN
    assert "(acme/recordings)" in read.note


@pytest.mark.parametrize(
    ("key", "lacking"), [("request", "request"), ("status", "status"), ("content_type", "headers")]
)
def test_what_is_null_or_absent_in_a_recording_is_lacking(key: str, lacking: str, tmp_path: Path) -> None:
    """Null and no key at all say the same: it is not known."""
    absent = {name: item for name, item in RECORDING.items() if name != key}
    for value in (absent, absent | {key: None}):
        assert read_recording(saved(tmp_path, value)).lacks == {"timing", "ending", lacking}


@pytest.mark.parametrize(
    ("request_body", "expects"),
    [
        ({"stream": True}, "stream"),
        ({"starting_after": 3}, "stream"),
        ({"stream": False}, "document"),
        ({"stream": 1}, "document"),
        ({"stream": "true"}, "document"),
        ({"stream": None}, "document"),
        ({}, "document"),
        (None, ""),
    ],
)
def test_what_a_recording_expects_follows_from_its_request(
    request_body: dict[str, Any] | None, expects: str, tmp_path: Path
) -> None:
    """A request without `stream` is not judged as a stream; an unknown request is not guessed."""
    assert read_recording(saved(tmp_path, RECORDING | {"request": request_body})).expects == expects


def test_a_resumed_stream_keeps_its_request_as_text(tmp_path: Path) -> None:
    """That a stream was resumed is seen from its request."""
    resumed = RECORDING | {"api": "responses", "request": {"stream": True, "starting_after": 3, "x": "é"}}
    assert read_recording(saved(tmp_path, resumed)).asked["starting_after"] == 3


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (7, "7 is no object"),
        ({"log": {"lines": []}}, "has no key api and no key body"),
        ({"log": {"entries": []}}, "it is an HTTP archive without entries"),
        (RECORDING | {"api": "voice"}, '`api` is "voice", not chat or responses'),
        (RECORDING | {"api": ["chat"]}, '`api` is ["chat"], not chat or responses'),
        (RECORDING | {"body": None}, "`body` is null, not a string"),
        (RECORDING | {"body": {"id": 1}}, '`body` is {"id": 1}, not a string'),
        (RECORDING | {"status": True}, "`status` is true, not an integer or null"),
        (RECORDING | {"status": "200"}, '`status` is "200", not an integer or null'),
        (RECORDING | {"request": "{}"}, '`request` is "{}", not the request body'),
        (RECORDING | {"content_type": 1}, "`content_type` is 1, not a string or null"),
        (RECORDING | {"provider": {}}, "`provider` is {}, not a string or null"),
        (RECORDING | {"model": 4}, "`model` is 4, not a string or null"),
        (RECORDING | {"origin": "x"}, '`origin` is "x", not an object or null'),
    ],
)
def test_json_that_is_no_recording_is_told_what_is_wrong(value: Any, words: str, tmp_path: Path) -> None:
    """Other JSON is an error that names the key and says what a recording is."""
    with pytest.raises(NotARecordingError) as caught:
        read_recording(saved(tmp_path, value))
    assert words in caught.value.message
    assert "a recording is one JSON object" in caught.value.hint


def test_a_body_that_no_bytes_can_be_is_told(tmp_path: Path) -> None:
    """The bytes behind half a surrogate pair are unknown, so they are not made up."""
    with pytest.raises(HalfSurrogateError, match="half a surrogate pair") as caught:
        read_recording(saved(tmp_path, RECORDING | {"body": "\ud800"}))
    assert caught.value.hint == "record the body as bytes, in an evidence file"


@pytest.mark.parametrize(
    "data", [b"\xff\x00", b"{", b"[" * 200_000, b'{"status": ' + b"9" * 5000 + b"}", b'{"api": NaN}']
)
def test_what_is_no_json_is_no_recording(data: bytes, tmp_path: Path) -> None:
    """Whatever the bytes, the error is the same kind."""
    path = tmp_path / "bad.json"
    path.write_bytes(data)
    with pytest.raises(NotARecordingError, match="it is not JSON"):
        read_recording(path)


def test_raw_text_is_an_exchange_that_lacks_all_but_its_body() -> None:
    """Nothing about the request or the answer's head is guessed."""
    read = streamed(BODY.encode())
    assert (read.id, read.api, read.source) == ("some-stream-1", "chat", "in/Some Stream_1.sse")
    assert read.body == BODY.encode()
    assert read.lacks == {"request", "status", "headers", "timing", "ending"}
    assert "taken for chat by its events" in read.note


@pytest.mark.parametrize(
    ("data", "api"),
    [
        (b'data: {"type":"response.created","sequence_number":0}\n\n', "responses"),
        (b'data: {"type":"error","sequence_number":3,"message":"no"}\n\n', "responses"),
        (b"event: response.created\ndata: broken\n\n", "responses"),
        (b'data: {"type":"error","message":"no"}\n\n', "chat"),
        (b'data: {"type":["response."]}\n\n', "chat"),
        (b'data: ["response.created"]\n\n', "chat"),
        (b'data: {"choices":[]}\r\n\r\n', "chat"),
        (b"data: " + b"[" * 100_000 + b"\n\n", "chat"),
        (b"\xef\xbb\xbfdata: \xff\n\n", "chat"),
        (b": only a comment\n\n", "chat"),
        (b"data: x\rdata: y\r\r", "chat"),
        (b"retry: 5\n\n", "chat"),
        (b"data\n\n", "chat"),
    ],
)
def test_the_api_of_raw_text_is_recognised(data: bytes, api: str) -> None:
    """Responses streams are known by the types of their events; everything else is taken for chat."""
    assert streamed(data).api == api


@pytest.mark.parametrize(
    ("data", "kind", "words", "hint"),
    [
        (b"", EmptyFileError, "it is empty", "record it again"),
        (b" \n\n", EmptyFileError, "it is empty", "record it again"),
        (b"data: \0\n\n", NotAStreamError, "it is binary", "server-sent event stream"),
        (b"\x7fELF\x02", NotAStreamError, "no line of it is a field", "server-sent event stream"),
        (b'{"error": {"message": "no"}}', NotAStreamError, "no line of it is a field", "event stream"),
        (b"the data: are here", NotAStreamError, "no line of it is a field", "server-sent event stream"),
        (b"database\n", NotAStreamError, "no line of it is a field", "server-sent event stream"),
    ],
)
def test_what_is_no_event_stream_is_told(
    data: bytes, kind: type[EvidenceError], words: str, hint: str
) -> None:
    """A file that was named by mistake is not judged as a stream."""
    with pytest.raises(kind) as caught:
        streamed(data)
    assert words in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("name", "slugged"),
    [("openai.chat.01", "openai.chat.01"), ("A b_C--d", "a-b-c-d"), ("<b>é.", "b"), ("...", ""), ("", "")],
)
def test_a_slug_has_lower_case_letters_digits_hyphens_and_dots(name: str, slugged: str) -> None:
    assert slug(name) == slugged


def test_a_file_whose_name_has_no_letter_still_has_an_id(tmp_path: Path) -> None:
    """An id is never empty."""
    assert read_recording(saved(tmp_path, RECORDING, "é.json")).id == "recording"
    assert read_event_stream(BODY.encode(), "é.sse").id == "stream"
