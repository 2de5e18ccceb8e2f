"""What curl prints: what it holds and lacks, and why a file gives nothing."""

from pathlib import Path

import pytest

from conformance.evidence import load
from conformance.evidence.imports.errors import (
    HeadAloneError,
    NotAHeadError,
)
from conformance.exchange import Ended, Need
from tests.evidence.handed import HEAD, KEY, STREAM, URL, VERBOSE, one, wrong

INTACT = b"* Connection #0 to host api.example.com left intact\n"


def test_what_curl_i_prints_has_a_head_and_a_body() -> None:
    """No line of the head is judged as one of the stream, and no cookie is kept."""
    read = one(HEAD + STREAM)
    assert (read.status, read.body) == (200, STREAM)
    assert read.headers == (("Content-Type", "text/event-stream"), ("Set-Cookie", "[not kept]"))
    assert read.lacks == {Need.REQUEST, Need.TIMING, Need.ENDING}
    assert one(HEAD.replace(b"\r", b"") + STREAM).body == STREAM
    assert one(HEAD.replace(b"HTTP/1.1 200 OK", b"HTTP/2 200") + STREAM, "x.sse").status == 200


def test_of_several_heads_the_last_one_counts() -> None:
    """After a redirect, an interim answer, or a proxy's."""
    first = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 307 Temporary Redirect\r\nLocation: /x\r\n\r\n"
    read = one(first + HEAD + STREAM)
    assert (read.status, read.body) == (200, STREAM)
    assert read.header("location") is None


def test_an_answer_without_streaming_is_judged_with_its_status() -> None:
    """A refusal, as curl shows it."""
    body = b'{"error":{"message":"no","type":"x","param":null,"code":null}}'
    read = one(b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n\r\n" + body)
    assert (read.status, read.body) == (401, body)


def test_what_curl_v_prints_has_a_request_too() -> None:
    """All but its body; curl says that the answer came whole."""
    read = one(VERBOSE + STREAM + INTACT)
    assert (read.status, read.body, read.ended) == (200, STREAM, Ended.CLOSED)
    assert read.lacks == {Need.REQUEST, Need.TIMING}
    assert read.request is not None
    assert (read.request.method, read.request.url) == ("POST", URL)
    assert KEY not in repr((read.request, read.headers, read.note))


@pytest.mark.parametrize(
    ("behind", "ended"),
    [
        (INTACT, Ended.CLOSED),
        (b"* Closing connection 0\n", Ended.UNKNOWN),
        (b"* transfer closed with outstanding read data remaining\n* Closing connection\n", Ended.RESET),
        (b"* TLSv1.3 (IN), TLS handshake, Newsession Ticket (4):\n", Ended.UNKNOWN),
        (b"curl: (23) Failed writing body\n", Ended.UNKNOWN),
        (b"", Ended.UNKNOWN),
    ],
)
def test_curls_own_lines_are_none_of_the_stream(behind: bytes, ended: Ended) -> None:
    """Before the body or behind it."""
    for body in (STREAM + behind, behind + STREAM):
        read = one(VERBOSE + body)
        assert (read.body, read.ended) == (STREAM, ended)


@pytest.mark.parametrize("end", [INTACT, b"* Closing connection 0\n"])
def test_what_curl_says_in_the_middle_of_a_line_is_taken_out(end: bytes) -> None:
    """It buffers its output without -N, and what it says does not wait."""
    for place in range(len(STREAM)):
        assert one(VERBOSE + STREAM[:place] + end + STREAM[place:]).body == STREAM
    assert one(VERBOSE + STREAM.rstrip() + INTACT).body == STREAM.rstrip()


def test_the_progress_meter_is_none_of_the_stream() -> None:
    """As curl draws it without -s, also in the middle of the body."""
    meter = b"\r100  4276    0  4141  100   135  97683   3184 --:--:--  0:00:01 --:--:--   99k"
    title = (
        b"  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
        b"                                 Dload  Upload   Total   Spent    Left  Speed\n"
    )
    read = one(title + meter + VERBOSE + STREAM[:10] + meter + STREAM[10:] + meter + b"\n" + INTACT)
    assert (read.body, read.ended, read.status) == (STREAM, Ended.CLOSED, 200)


def test_a_title_that_does_not_end_is_read_once() -> None:
    """And not from each of the words in it, which takes a quarter of an hour."""
    cut = b"\n % Total    % Received % Xferd\n" + b"Dload" * 800_000
    assert one(VERBOSE + STREAM + cut).body == STREAM + cut


def test_a_redirect_of_curl_v_gives_the_last_answer() -> None:
    """With the request that it answers."""
    first = VERBOSE.replace(b"HTTP/2 200", b"HTTP/2 307").replace(
        b"/v1/chat/completions", b"/chat/completions"
    )
    read = one(first + b"* Ignoring the response-body\n" + VERBOSE + STREAM + INTACT)
    assert read.status == 200
    assert read.request is not None
    assert read.request.url == URL


def test_a_head_alone_says_where_its_body_belongs() -> None:
    """In both forms."""
    for data in (HEAD, VERBOSE + INTACT, VERBOSE.partition(b"{ [")[0]):
        error = wrong(data, "in/broken.txt")
        assert type(error) is HeadAloneError
        assert "broken.headers beside the body broken.sse" in error.hint
    assert type(wrong(VERBOSE.partition(b"< ")[0])) is NotAHeadError


@pytest.mark.parametrize("head", [HEAD, VERBOSE])
def test_a_head_beside_a_stream_is_its_own(head: bytes, tmp_path: Path) -> None:
    """`curl -D x.headers -o x.sse`, or the error output of `curl -v`; it is no file of its own."""
    (tmp_path / "x.sse").write_bytes(STREAM)
    (tmp_path / "x.headers").write_bytes(head)
    for named in (tmp_path, tmp_path / "x.sse"):
        (read,), unreadable = load([named])
        assert unreadable == []
        assert (read.status, read.header("content-type")) == (200, "text/event-stream")
        assert read.header("set-cookie") in (None, "[not kept]")
        assert read.lacks == {Need.REQUEST, Need.TIMING, Need.ENDING}
        assert "those in x.headers" in read.note


def test_a_head_that_cannot_be_read_is_told_and_the_stream_judged(tmp_path: Path) -> None:
    """Without what it would have said."""
    (tmp_path / "x.sse").write_bytes(STREAM)
    (tmp_path / "x.headers").write_text("Content-Type: text/event-stream\n")
    (read,), (told,) = load([tmp_path])
    assert Need.STATUS in read.lacks
    assert told.source == str(tmp_path / "x.headers")
    assert type(told.error) is NotAHeadError


def test_a_head_beside_a_recording_that_has_one_is_not_looked_at(tmp_path: Path) -> None:
    """What the recording says counts."""
    (tmp_path / "x.txt").write_bytes(HEAD + STREAM)
    (tmp_path / "x.headers").write_bytes(b"HTTP/1.1 500 No\r\n\r\n")
    (read,), unreadable = load([tmp_path / "x.txt"])
    assert (read.status, unreadable) == (200, [])
