"""What curl prints: what it holds and lacks, and why a file gives nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.evidence import load
from conformance.evidence.errors import NotAStreamError, TooLargeError
from conformance.evidence.imports.errors import (
    HeadAloneError,
    KnownForeignError,
    NotAHeadError,
    SeveralAnswersError,
)
from conformance.evidence.imports.head_file import LARGEST_HEAD
from conformance.exchange import Ended, Need
from tests.evidence.handed import ASKED, HEAD, KEY, STREAM, URL, VERBOSE, handed, one, wrong, zipped

CHUNKED = HEAD[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"
SENT = b"POST /v1/chat/completions HTTP/1.1\r\nHost: api.example.com\r\n\r\n" + ASKED.encode() + b"\r\n\r\n"
FRAMED = b"%x\r\n%s\r\n%X;a=b\r\n%s\r\n" % (10, STREAM[:10], len(STREAM) - 10, STREAM[10:])
LAST = b"0\r\nX-Trailer: a\r\n\r\n"
REFUSAL = b'{"error":{"message":"no","type":"x","param":null,"code":null}}'
REFUSED = b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n\r\n"
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


VERBOSE_CHUNKED = VERBOSE.replace(b"< \r\n", b"< transfer-encoding: chunked\r\n< \r\n")


@pytest.mark.parametrize("head", [CHUNKED, VERBOSE_CHUNKED, SENT + CHUNKED])
def test_the_sizes_of_chunks_are_none_of_the_stream(head: bytes) -> None:
    """As `curl --raw` keeps them; the last of them says that the server ended the body."""
    for framed in (FRAMED + LAST, FRAMED + b"0\r\n\r\n", (FRAMED + LAST).replace(b"\r", b"")):
        read = one(head + framed)
        assert (read.body, read.ended) == (STREAM, Ended.CLOSED)
        assert Need.ENDING not in read.lacks
        assert "--raw" in read.note


def test_a_framed_body_that_was_cut_off_has_no_sizes_either() -> None:
    """Wherever it was cut, behind its first chunk; how it ended is not known."""
    first = FRAMED.index(b"\r\n", 10) + 2
    for place in range(first, len(FRAMED + b"0\r\n") + 1):
        read = one(CHUNKED + (FRAMED + b"0\r\n")[:place])
        assert STREAM.startswith(read.body), place
        assert Need.ENDING in read.lacks


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (CHUNKED, STREAM),
        (HEAD, FRAMED + LAST),
        (CHUNKED.replace(b"chunked", b"chunked, gzip"), FRAMED + LAST),
        (CHUNKED, b"5\r\n" + STREAM),
        (CHUNKED, FRAMED.replace(b"a\r", b"9\r", 1) + LAST),
        (CHUNKED, FRAMED + LAST + STREAM),
        (CHUNKED, STREAM + FRAMED + LAST),
        (CHUNKED, b"0\r\n" + STREAM),
    ],
)
def test_what_is_not_framed_stays_as_it_is(head: bytes, body: bytes) -> None:
    """Nearly every program takes the sizes off and keeps the header; other lines are the endpoint's."""
    assert one(head + body).body == body


def test_a_stream_that_was_framed_twice_keeps_the_second_framing() -> None:
    """It is the endpoint's fault."""
    twice = b"%x\r\n%s\r\n0\r\n\r\n" % (len(FRAMED + LAST), FRAMED + LAST)
    assert one(CHUNKED + twice).body == FRAMED + LAST


AGAIN = b"HTTP/2 200 \r\ncontent-type: text/event-stream\r\n\r\n"
MOVED = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /x\r\n\r\n"


@pytest.mark.parametrize("heads", [AGAIN, MOVED + AGAIN, AGAIN.replace(b" \r", b"\r")])
def test_the_head_that_curl_v_prints_twice_is_none_of_the_stream(heads: bytes) -> None:
    """With -i, also behind that of a redirect."""
    for data in (VERBOSE + heads + STREAM + INTACT, VERBOSE + INTACT + heads + STREAM):
        read = one(data)
        assert (read.status, read.body, read.ended) == (200, STREAM, Ended.CLOSED)


@pytest.mark.parametrize(
    "head", [AGAIN.replace(b"200", b"201"), AGAIN.replace(b"text/", b"x-text/"), AGAIN[:-2] + b"a: b\r\n\r\n"]
)
def test_another_head_in_a_body_of_curl_v_is_the_endpoints(head: bytes) -> None:
    """Such as that of the upstream of a gateway."""
    assert one(VERBOSE + head + STREAM).body == head + STREAM


def test_a_redirect_of_curl_v_without_the_spaces_at_the_ends_of_lines_gives_the_last_answer() -> None:
    """Editors remove them."""
    first = VERBOSE.replace(b"HTTP/2 200", b"HTTP/2 307")
    data = (first + VERBOSE).replace(b"> \r\n", b">\n").replace(b"< \r\n", b"<\n")
    assert one(data + STREAM + INTACT).body == STREAM


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + STREAM) * 2,
        ((HEAD + STREAM) * 2).replace(b"\r", b""),
        HEAD + STREAM[:40] + b"\n" + HEAD + STREAM,
        HEAD + STREAM.rstrip() + HEAD + STREAM,
        (CHUNKED + FRAMED + LAST) * 2,
        REFUSED + REFUSAL + HEAD + STREAM,
        HEAD + HEAD + STREAM,
        (VERBOSE + STREAM + INTACT) * 2,
        VERBOSE + INTACT + VERBOSE + STREAM,
        (VERBOSE + AGAIN + STREAM + INTACT) * 2,
        SENT + HEAD + STREAM + HEAD + STREAM,
    ],
)
def test_two_answers_in_one_file_are_told(data: bytes) -> None:
    """They might be one answer of an endpoint that sends a head in its body, and are judged as neither."""
    assert type(wrong(data)) is SeveralAnswersError


@pytest.mark.parametrize(
    "body",
    [
        b"data: HTTP/1.1 200 OK\ndata: a: b\n\n" + STREAM,
        b"HTTP/1.1 200 OK\n" + STREAM,
        b"data: []HTTP/1.1 200 OK\ndata: x\n\n" + STREAM,
        b"HTTP/1.1 200 OK\na: b\n" + STREAM,
        b'{"error":{"message":"HTTP/1.1 200 OK\\r\\na: b\\r\\n\\r\\n"}}',
    ],
)
def test_what_an_answer_says_of_a_head_is_its_content(body: bytes) -> None:
    """Or a line that is no field, which breaks a requirement."""
    assert one(HEAD + b": \n" + body).body == b": \n" + body


def test_two_answers_beside_their_heads_are_told(tmp_path: Path) -> None:
    """And not judged as one stream."""
    (tmp_path / "x.sse").write_bytes(STREAM * 2)
    (tmp_path / "x.headers").write_bytes(HEAD * 2)
    exchanges, (told,) = load([tmp_path])
    assert exchanges == []
    assert (told.source, type(told.error)) == (str(tmp_path / "x.headers"), SeveralAnswersError)


@pytest.mark.parametrize(
    "body", [REFUSAL, b"[" + REFUSAL + b"]\n", b"<html>no</html>", b"no", b'{"detail":"no"}', b'{"detail":']
)
@pytest.mark.parametrize("name", ["x.sse", "x.out"])
def test_a_refusal_beside_its_head_is_as_curl_i_prints_it(body: bytes, name: str, tmp_path: Path) -> None:
    """With its status."""
    (tmp_path / name).write_bytes(body)
    (tmp_path / "x.headers").write_bytes(REFUSED)
    (read,), unreadable = load([tmp_path / name])
    same = one(REFUSED + body)
    assert unreadable == []
    assert (read.status, read.body, read.lacks) == (401, body, same.lacks)
    assert (read.headers, read.expects, read.api) == (same.headers, same.expects, same.api)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("x.sse", ASKED.encode()),
        ("x.sse", b"== Info:   Trying 127.0.0.1\n"),
        ("x.json", REFUSAL),
        ("x.txt", REFUSAL),
        ("x.sse", b"a\0"),
    ],
)
def test_what_is_no_body_is_told_whatever_lies_beside_it(name: str, body: bytes, tmp_path: Path) -> None:
    """A request, what curl tells of its work, and another file than the body."""
    (tmp_path / "x.sse").write_bytes(STREAM)
    (tmp_path / name).write_bytes(body)
    (tmp_path / "x.headers").write_bytes(REFUSED)
    exchanges, (told,) = load([tmp_path / name])
    assert exchanges == []
    assert type(told.error) in (KnownForeignError, NotAStreamError)


def test_a_framed_body_beside_its_head_has_no_sizes(tmp_path: Path) -> None:
    """A stream, a refusal, and one that was cut off."""
    for number, (body, read_as, ended) in enumerate(
        [
            (FRAMED + LAST, STREAM, Ended.CLOSED),
            (b"%x\r\n%s\r\n" % (len(REFUSAL), REFUSAL) + LAST, REFUSAL, Ended.CLOSED),
            (FRAMED, STREAM, Ended.UNKNOWN),
            (STREAM, STREAM, Ended.UNKNOWN),
        ]
    ):
        (tmp_path / f"{number}.sse").write_bytes(body)
        (tmp_path / f"{number}.headers").write_bytes(CHUNKED)
        (read,), unreadable = load([tmp_path / f"{number}.sse"])
        assert unreadable == []
        assert (read.body, read.ended) == (read_as, ended)
        assert (Need.ENDING in read.lacks) is (ended is Ended.UNKNOWN)


def test_a_refusal_whose_head_cannot_be_read_is_told_with_its_head(tmp_path: Path) -> None:
    """Both are."""
    (tmp_path / "x.sse").write_bytes(REFUSAL)
    (tmp_path / "x.headers").write_bytes(b"Content-Type: application/json\n")
    exchanges, told = load([tmp_path])
    assert exchanges == []
    assert [type(item.error) for item in told] == [KnownForeignError, NotAHeadError]


def test_heads_in_a_zip_are_beside_their_bodies_as_in_a_folder(tmp_path: Path) -> None:
    """Those of streams and of refusals; what is wrong with one is told with its name."""
    files = {
        "a/0.sse": STREAM,
        "a/0.headers": HEAD,
        "1.sse": FRAMED + LAST,
        "1.headers": CHUNKED,
        "2.sse": REFUSAL,
        "2.headers": REFUSED,
        "3.sse": STREAM * 2,
        "3.headers": HEAD * 2,
        "4.sse": STREAM,
        "4.headers": b"no",
        "5.sse": STREAM,
        "5.headers": HEAD + b" " * LARGEST_HEAD,
        "6.sse": STREAM,
    }
    for name, data in files.items():
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_bytes(data)
    (tmp_path / "x.zip").write_bytes(zipped(files))
    alike = []
    for source in ("x", "x.zip"):
        exchanges, unreadable = load([tmp_path / source])
        assert [one.status for one in exchanges] == [200, 401, None, None, None, 200]
        names = [f"{tmp_path / source}/{number}.headers" for number in (3, 4, 5)]
        kinds = [SeveralAnswersError, NotAHeadError, TooLargeError]
        assert [(item.source, type(item.error)) for item in unreadable] == list(
            zip(names, kinds, strict=True)
        )
        alike.append([replace(one, source="") for one in exchanges])
    assert alike[0] == alike[1]


def test_heads_in_a_zip_are_read_within_bounds() -> None:
    """Each line of one takes many times its bytes in memory."""
    files = {f"{number}.headers": HEAD + b"\n" * (LARGEST_HEAD - len(HEAD)) for number in range(6)}
    exchanges, errors = handed(zipped(files | {f"{number}.sse": STREAM for number in range(6)}), "x.zip")
    assert [one.status for one in exchanges] == [200] * 4 + [None] * 2
    assert [type(error) for error in errors] == [TooLargeError] * 2
