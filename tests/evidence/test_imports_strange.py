"""Files as strangers hold them: in other spellings, half written, wrongly named, or of another program."""

import gzip
import json
import zlib
from base64 import b64encode, encodebytes
from typing import Any

import pytest

from conformance.evidence.errors import NotAStreamError, TooLargeError
from conformance.evidence.imports.coding import unpacked
from conformance.evidence.imports.errors import DamagedFileError
from conformance.exchange import Ended, Need
from tests.evidence.handed import (
    ASKED,
    CHUNK,
    HEAD,
    KEY,
    STREAM,
    TYPE,
    URL,
    VERBOSE,
    entry,
    handed,
    har,
    one,
    wrong,
    zipped,
)

TEXT = STREAM.decode()
PROXY = (
    b"* Uses proxy env variable\n> CONNECT api.example.com:443 HTTP/1.1\r\n"
    b"> Proxy-Authorization: Basic abc\r\n> \r\n"
    b"< HTTP/1.1 200 Connection established\r\n< \r\n* CONNECT phase completed\n"
)
TIMED = (
    b"10:00:00.123456 * ALPN: server accepted h2\n10:00:00.1 [0-0] > POST /v1/chat/completions HTTP/2\n"
    b"10:00:00.2 > Host: api.example.com\n10:00:00.2 > \n10:00:00.3 < HTTP/2 200\n10:00:00.3 < \n"
)
HTTPIE = (
    f"POST /v1/chat/completions HTTP/1.1\nAuthorization: Bearer {KEY}\nHost: api.example.com\n\n{ASKED}\n\n"
)


def recorded(name: str, form: str, text: str) -> bytes:
    """A cassette of a cousin of vcrpy."""
    asked = {"method": "post", "uri": URL, "headers": {}, "body": {"encoding": "UTF-8", "string": ASKED}}
    answer = {"status": {"code": 200}, "headers": dict([TYPE]), "body": {"encoding": "UTF-8", form: text}}
    return json.dumps({name: [{"request": asked, "response": answer}]}).encode()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (recorded("http_interactions", "string", TEXT), "betamax.json"),
        (recorded("http_interactions", "base64_string", encodebytes(STREAM).decode()), "ruby.yml"),
        (har(entry(text=b64encode(STREAM).decode(), encoding="Base64")), "x.har"),
        (har(entry(text=encodebytes(STREAM).decode(), encoding="base64")), "x.har"),
        (har(entry(text=TEXT, size=-1)), "x.har"),
        (b"\xef\xbb\xbf" + har(entry(text=TEXT)), "-"),
        (har(entry(text=TEXT)).decode().encode("utf-16"), "x.har"),
        (gzip.compress(har(entry(text=TEXT)), mtime=0), "x.har.gz"),
        (b"\xef\xbb\xbf" + HEAD + STREAM, "x.txt"),
        (HEAD + STREAM, "x.json"),
        (PROXY + VERBOSE + STREAM, "x.txt"),
        (TIMED + STREAM, "x.txt"),
        (HTTPIE.encode() + HEAD + STREAM, "x.txt"),
        (f"$ curl -N {URL} \\\n  -d @r.json\n".encode() + HEAD + STREAM, "x.txt"),
        (f"me@host:~$ curl -N {URL}\n".encode() + STREAM, "x.txt"),
        (b"PS C:\\> curl.exe -N " + URL.encode() + b"\r\n" + STREAM, "x.txt"),
        *((STREAM, f"x.{extension}") for extension in ("json", "jsonl", "har", "yaml", "txt")),
        (gzip.compress(STREAM, mtime=0), "x.sse.gz"),
        (zipped({"__MACOSX/top/._x.sse": b"\0\5\x16\7", "top/": b"", "top/x.sse": STREAM}), "x.zip"),
    ],
)
def test_a_file_gives_its_stream_as_it_came(data: bytes, name: str) -> None:
    """Whatever it is called, and whatever is around the stream; no credential is in it."""
    read = one(data, name)
    assert read.body == STREAM
    assert Need.WIRE not in read.lacks
    assert KEY not in repr((read.request, read.headers, read.body, read.note))


def test_what_stands_before_the_answer_is_its_request() -> None:
    """As HTTPie prints it; without an answer it is told."""
    read = one(HTTPIE.encode() + HEAD + STREAM)
    assert read.request is not None
    assert (read.request.method, read.request.url, read.request.body) == ("POST", URL, ASKED)
    assert read.status == 200
    assert read.lacks == {Need.TIMING, Need.ENDING}
    assert "no answer" in wrong(HTTPIE.encode()).message


@pytest.mark.parametrize(
    "text",
    [f"data: {CHUNK}\ndata: {CHUNK}\ndata: [DONE]\n", f"event: x\ndata: {CHUNK}\nevent: y\ndata: {CHUNK}\n"],
)
@pytest.mark.parametrize("name", ["x.jsonl", "x.txt", "x"])
def test_a_printed_stream_without_its_empty_lines_has_events_and_no_framing(text: str, name: str) -> None:
    """As a program leaves it that reads line by line; a raw stream like that is one broken event."""
    read = one(text.encode(), name)
    assert read.body == f"data: {CHUNK}\n\n".encode() * 2
    assert Need.WIRE in read.lacks
    assert "or the endpoint did not send them" in read.note  # which is a fault that the file cannot show
    assert "the endpoint did not" not in one(f"{CHUNK}\n".encode(), "y.jsonl").note
    for raw in ("x.sse", "-"):
        assert one(text.encode(), raw).body == text.encode()


def test_headers_that_a_file_does_not_keep_are_lacking() -> None:
    """They are neither guessed nor held to be none; another spelling of them and of the status is read."""
    without, other = entry(text=TEXT), entry(text=TEXT)
    del without["response"]["headers"]
    assert Need.HEADERS in one(har(without)).lacks
    other["response"] |= {"headers": {"content-type": "text/event-stream"}, "status": "200"}
    read = one(har(other))
    assert (read.status, read.header("content-type")) == (200, "text/event-stream")


def test_a_body_that_a_browser_kept_in_part_is_one_that_was_cut() -> None:
    """The end of it is held against nobody."""
    read = one(har(entry(text=TEXT, size=len(STREAM) + 100)))
    assert (read.body, read.ended) == (STREAM, Ended.INTERRUPTED)
    assert read.detail == f"{len(STREAM)} of the {len(STREAM) + 100} bytes of the body were kept"
    assert one(har(entry(text=TEXT, size=len(STREAM) + 3))).ended is Ended.UNKNOWN  # a byte order mark


def test_a_short_body_that_compression_made_longer_is_whole() -> None:
    """An archive of mitmproxy has the compressed size, and what compression saved: here less than nothing."""
    for saved, ended in ((-20, Ended.UNKNOWN), (900, Ended.INTERRUPTED)):
        read = one(har(entry(text=TEXT, size=len(STREAM) + 20, compression=saved)))
        assert read.ended is ended


@pytest.fixture
def inflated(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """For each step of zlib how many bytes it was given, and how many it gave."""
    done: list[tuple[int, int]] = []
    made = zlib.decompressobj

    class Counting:
        def __init__(self, bits: int) -> None:
            self.machine = made(bits)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.machine, name)

        def decompress(self, data: bytes, most: int) -> bytes:
            part = self.machine.decompress(data, most)
            done.append((len(data), len(part)))
            return part

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    return done


def test_a_file_of_many_gzip_members_is_not_copied_for_each(inflated: list[tuple[int, int]]) -> None:
    assert unpacked(gzip.compress(b"data\n", mtime=0) * 2_000, 100_000) == b"data\n" * 2_000
    assert sum(given for given, _ in inflated) <= 2_000 * 4_096


def redirect(to: str, url: str = URL, *, at: str = "", **content: Any) -> Any:
    led = entry(url, status=307, **content) | {"startedDateTime": at}
    led["response"]["redirectURL"] = to
    return led


HOST = URL.removesuffix("/v1/chat/completions")
SPELLINGS = [
    (URL, URL),
    (f" {URL}", URL),
    ("../completions", URL),
    (f"{URL}#top", URL),
    (URL.replace(".com", ".com:443"), URL),
    (URL.replace("https://api", "HTTPS://me@API"), URL),
    (URL.replace("/v1", "/v2/../v1/."), URL),
    (URL.replace("/v1", "/../v1"), URL),
    (f"{URL}?a=b c", f"{URL}?a=b%20c"),
    (f"{URL}?a=%c3%a9", f"{URL}?a=\u00e9"),
]
"""Where a redirect leads, as it was sent, and as a client notes it."""


@pytest.mark.parametrize(
    ("to", "asked"),
    [*SPELLINGS, (URL.replace("https:", "http:"), URL), (URL.replace("/v1", "/v1//"), URL)],
)
def test_a_redirect_that_was_followed_is_no_answer(to: str, asked: str) -> None:
    """What it led to is another entry; a spelling that is not known is of some address of the host."""
    led = entry(asked, text=TEXT)
    exchanges, errors = handed(har(redirect(to, f"{URL}/", text="<html>Moved</html>"), led))
    assert [item.status for item in exchanges] == [200]
    assert not errors


@pytest.mark.parametrize(("to", "asked"), SPELLINGS)
def test_a_redirect_of_which_a_page_was_asked_is_an_answer(to: str, asked: str) -> None:
    """As a browser asks by GET after the status 302, whatever is asked of the host afterwards."""
    led = [entry(asked, "GET", 405), entry(f"{URL}/", text=TEXT)]
    assert [item.status for item in handed(har(redirect(to, f"{URL}/", text="Moved"), *led))[0]] == [307, 200]
    (error,) = handed(har(redirect(to, f"{URL}/"), *led))[1]
    assert "/chat/completions, which no later entry asks for an answer" in error.message


@pytest.mark.parametrize(
    "to", ["http://127.0.0.1/login?token=x", "//[::1", "/login", URL.replace("api.", "eu.")]
)
def test_a_redirect_that_led_to_no_other_entry_is_an_answer(to: str) -> None:
    """Without its body it is told; how to record bodies is no advice then, as there may be none."""
    exchanges, errors = handed(har(redirect(to, text="Moved"), entry(text=TEXT)))
    assert [item.status for item in exchanges] == [307, 200]
    assert not errors
    exchanges, (error,) = handed(har(entry(text=TEXT), redirect(to, text="")))
    assert [item.status for item in exchanges] == [200]
    assert "a redirect without a body (status 307) to " in error.message
    assert "token" not in error.message
    assert (
        len(handed(har(redirect(to, URL.removeprefix(HOST)), entry(URL.removeprefix(HOST), text=TEXT)))[1])
        == 1
    )
    told = wrong(har(redirect(to)), "x.har")
    assert "a redirect without a body (status 307" in told.message
    assert "at the address that it leads to" in told.hint


def test_where_a_redirect_leads_may_stand_in_its_header_alone() -> None:
    led = redirect("", f"{URL}/")
    led["response"]["headers"] = [{"name": "Location", "value": URL}]
    assert [item.status for item in handed(har(led, entry(text=TEXT)))[0]] == [200]
    assert "a redirect without a body (status 307) to https" in wrong(har(led), "x.har").message


@pytest.mark.parametrize("leads", [True, False], ids=["a redirect", "another request"])
def test_a_credential_of_one_entry_is_in_no_other(leads: bool) -> None:  # noqa: FBT001
    """Programs write no header of a request that was led to another host, and people take one out of some."""
    key = "sk-canary-of-another-entry"
    first = redirect(URL, f"{URL}/") if leads else entry(f"{URL}?first", text=TEXT)
    first["request"]["headers"] = [{"name": "Authorization", "value": f"Bearer {key}"}]
    page = entry(URL, "GET")
    cookies = "; ".join(f"c{number}=cookie-of-a-browser-{number}" for number in range(50))
    page["request"]["headers"] = [{"name": "Cookie", "value": cookies}]
    exchanges, errors = handed(har(page, first, entry(text=f"data: {key}\n\n")))
    assert not errors
    assert key not in "".join(exchange.body.decode() for exchange in exchanges)
    assert "[redacted]" in exchanges[-1].body.decode()


def test_one_entry_is_what_one_redirect_led_to() -> None:
    """A later one: by its time where it has one, by its place otherwise."""
    led = entry(text=TEXT)
    led["request"]["url"] = f"{URL}?again=1"
    to = led["request"]["url"]
    away = redirect(to)
    assert len(handed(har(away, away, led))[1]) == 1
    assert len(handed(har(led, away))[1]) == 1
    times = "2026-11-26T12:00:00.5+02:00", "2026-11-26T10:00:01Z", "2026-11-26T10:00:02"
    newest_first = [led | {"startedDateTime": times[1]}, redirect(to, at=times[0])]
    assert [(item.source, item.status) for item in handed(har(*newest_first), "x.har")[0]] == [("x.har", 200)]
    assert not handed(har(*newest_first))[1]
    assert len(handed(har(redirect(to, at=times[2]), newest_first[0]))[1]) == 1
    assert len(handed(har(newest_first[0], redirect(to), redirect(to, at=times[0])))[1]) == 1


def test_redirects_of_pages_count_for_nothing() -> None:
    """The only answer beside them is called as its file, and errors name what was asked."""
    page = redirect("/login", HOST)
    page["request"]["method"] = "GET"
    read = one(har(page, entry(text=TEXT)), "a.har")
    assert (read.id, read.source) == ("a", "a.har")
    assert f"GET {HOST}" in wrong(har(page)).message


@pytest.mark.parametrize(("status", "of"), [("307", 1), ("3xx", 2), (3000, 2), (299, 2), ("", 2)])
def test_a_redirect_has_the_status_of_one(status: Any, of: int) -> None:
    away = redirect(URL, text="Moved")
    away["response"]["status"] = status
    assert len(handed(har(away, entry(text=TEXT)))[0]) == of


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (TEXT.replace("\n", "\r\n").encode("utf-16"), "x.sse", "it is text in UTF-16"),
        (TEXT.encode("utf-16-le"), "x.sse", "it is text in UTF-16"),
        ((HEAD + STREAM).decode().encode("utf-16"), "-", "it is text in UTF-16"),
        (f"{CHUNK}\n{CHUNK}\n".encode("utf-16"), "x.jsonl", "it is text in UTF-16"),
        (b"== Info:   Trying\n=> Send header\n0000: POST", "x.txt", "`curl --trace-ascii`"),
        (b"10:00:00.1 == Info:   Trying\n<= Recv data\n0000: 64", "x.txt", "`curl --trace-ascii`"),
        (b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(20), "x.pcap", "a capture of network packets"),
        (b"x.sse".ljust(257, b"\0") + b"ustar\0" + bytes(240), "x.tar", "a tar archive"),
        (b"<!doctype html><p>Bad gateway", "x.json", "HTML or XML"),
        (json.dumps(TEXT)[1:-1].encode(), "x.sse", "its line ends are written as \\n"),
        (b"--2026-11-26--  http://x\n  HTTP/1.1 200 OK\n\n" + STREAM, "x.txt", "its first line, "),
        (b"\x1b[32mdata\x1b[0m: {}\n\n", "x.log", "its first line, "),
        (f'{{"ts":1,"chunk":{CHUNK}}}\n'.encode() * 2, "x.jsonl", "its first line is JSON and no chunk"),
        (f"{CHUNK},\n{CHUNK}".encode(), "x.jsonl", "its first line is no JSON object"),
        (har(entry(text=TEXT))[:-40], "x.har", "as an HTTP archive it cannot be read"),
        (gzip.compress(STREAM, mtime=0)[:10] + b"\xff" * 20, "x.sse.gz", "as gzip it cannot be read"),
        (zipped({"readme.md": b"x"}), "x.zip", "nothing to read in this zip"),
    ],
)
def test_what_gives_nothing_is_told_with_what_it_is(data: bytes, name: str, words: str) -> None:
    """And with what to do."""
    assert words in wrong(data, name).message


@pytest.mark.parametrize("before", [b"", HEAD, VERBOSE])
@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (b"curl: (18) transfer closed with outstanding read data remaining\n", Ended.RESET),
        (b"curl: (56) Recv failure: Connection reset by peer", Ended.RESET),
        (b"curl: (28) Operation timed out after 10000 milliseconds\n", Ended.LEFT),
        (b"curl: (23) Failed writing body\n", Ended.UNKNOWN),
    ],
)
def test_what_curl_says_of_a_failure_is_none_of_the_stream(before: bytes, error: bytes, ended: Ended) -> None:
    """It stands behind all that came, in the middle of a line where that was cut."""
    for body in (STREAM, STREAM[:-9]):
        read = one(before + body + error)
        assert (read.body, read.ended) == (body, ended)
        assert (Need.ENDING in read.lacks) is (ended is Ended.UNKNOWN)
        assert read.detail.startswith("curl: (")


@pytest.mark.parametrize("text", ["$ curl -N https://a", "curl: (28) Operation timed out", "> http GET a"])
def test_what_a_model_says_of_curl_is_left_where_it_stands(text: str) -> None:
    """A first line may look like a prompt, and a last one like an error."""
    chunk = json.dumps({"choices": [{"delta": {"content": text}}]})
    for data in (f"data: {chunk}\n\n", f"data: {text}\n\n{TEXT}", f": {text}\n\n{TEXT}", f"data: {chunk}"):
        assert one(data.encode()).body == data.encode()
    lines = one(f"{chunk}\n{chunk}\n".encode(), "x.jsonl")
    assert (lines.body, lines.ended) == (f"data: {chunk}\n\n".encode() * 2, Ended.UNKNOWN)


def test_a_stream_that_begins_oddly_is_judged_under_the_name_of_one() -> None:
    """An endpoint may send anything; of a file called otherwise it is more likely another file."""
    odd = b"starting\n" + STREAM
    assert type(wrong(odd, "x.log")) is NotAStreamError
    for name in ("x.sse", "X.SSE", "-"):
        assert one(odd, name).body == odd


def test_a_file_whose_gzip_was_cut_off_is_damaged() -> None:
    """The end that its stream lacks may have been sent."""
    packed = gzip.compress(STREAM)
    for data in (packed[:-5], packed[: len(packed) // 2], packed + packed[:30]):
        told = wrong(data, "x.sse.gz")
        assert (type(told), "it ends in the middle" in told.message) == (DamagedFileError, True)
    assert one(packed + gzip.compress(b": more\n\n"), "x.sse.gz").body == STREAM + b": more\n\n"


def test_a_file_that_unpacks_without_end_is_not(inflated: list[tuple[int, int]]) -> None:
    """It is read no further than a file is, so nobody knows its size."""
    with pytest.raises(TooLargeError) as raised:
        unpacked(gzip.compress(bytes(10_000_000), mtime=0), 100_000)
    assert sum(gave for _, gave in inflated) < 400_000
    assert raised.value.message == "it has more than 100000 bytes, and no more are read"
