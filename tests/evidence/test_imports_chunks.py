"""JSON lines of chunks, and JSON that is no stream: what it is told to be."""

import pytest

from conformance.evidence.errors import NotAStreamError
from conformance.evidence.imports.errors import (
    KnownForeignError,
)
from conformance.exchange import Ended, Need
from tests.evidence.handed import ASKED, CHUNK, one, wrong


@pytest.mark.parametrize("name", ["x.jsonl", "x.ndjson", "x.sse", "x", "x.json"])
def test_chunks_on_lines_are_the_events_of_a_stream(name: str) -> None:
    """Whatever the file is called; a terminator among them is no event, as it may be the writer's."""
    lines = f"{CHUNK}\r\n\n{CHUNK}\n[DONE]\n".encode()
    read = one(lines, name)
    assert read.body == f"data: {CHUNK}\n\n".encode() * 2
    assert read.lacks == set(Need) - {Need.END}
    assert "taken for the events of one stream" in read.note


def test_the_events_of_a_response_on_lines_are_responses() -> None:
    """Also where an error comes first."""
    lines = b'{"type":"response.created","response":{}}\n{"type":"response.completed"}\n'
    assert one(lines, "x.jsonl").api == "responses"
    assert one(b'{"error":{"message":"no"}}\n' + CHUNK.encode(), "x.jsonl").api == "chat"


def test_a_line_that_is_not_json_is_told() -> None:
    """With its number; of a program that was stopped while it wrote, what came before is judged."""
    assert wrong(f"{CHUNK}\n{CHUNK[:9]}\n".encode(), "x.jsonl").message.startswith("line 2 is not JSON")
    read = one(f"{CHUNK}\n{CHUNK[:9]}".encode(), "x.jsonl")
    assert (read.body, read.ended) == (f"data: {CHUNK}\n\n".encode(), Ended.INTERRUPTED)
    assert read.note.endswith("Its last line was cut off and is left out.")


@pytest.mark.parametrize("name", ["x.json", "x.sse", "x.jsonl", "x"])
@pytest.mark.parametrize(
    ("text", "words", "advice"),
    [
        (f"[{CHUNK},{CHUNK}]", "a JSON array of 2 chunks of a stream", "as JSON lines"),
        ("[1, 2, 3]", "a JSON array of 3 values", "docs/evidence.md"),
    ],
)
def test_an_array_is_told_what_it_is(name: str, text: str, words: str, advice: str) -> None:
    """It is no stream, whatever it is called."""
    error = wrong(text.encode(), name)
    assert type(error) is KnownForeignError
    assert words in error.message
    assert advice in error.hint


@pytest.mark.parametrize("name", ["stream.json", "stream.sse", "stream"])
@pytest.mark.parametrize(
    ("text", "words", "advice"),
    [
        (
            '{"object":"chat.completion","choices":[]}',
            "`chat.completion`: an answer without streaming",
            "curl -i",
        ),
        ('{"object":\n"response"}', "`response`: an answer without streaming", "curl -i"),
        ('{"error":{\n"message":"no"}}', "the request was refused", "curl -i"),
        (ASKED, "the body of a request", "--request"),
    ],
)
def test_a_document_is_told_what_it_is(name: str, text: str, words: str, advice: str) -> None:
    """A JSON body with a name that says stream is no stream."""
    error = wrong(text.encode(), name)
    assert type(error) is KnownForeignError
    assert words in error.message
    assert advice in error.hint


def test_other_text_is_no_stream() -> None:
    """JSON in prose, and half a document."""
    assert type(wrong(b"{ this is not JSON")) is NotAStreamError
    assert type(wrong(b"hello")) is NotAStreamError
