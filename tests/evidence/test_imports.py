"""Recordings of other programs: what each format holds and lacks, and why a file gives nothing."""

import base64
import gzip
import io
import json
import sys
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import yaml
import zstandard

from conformance.errors import ConformanceError
from conformance.evidence import ceiling, load, reread, write_evidence
from conformance.evidence.ceiling import BYTES
from conformance.evidence.errors import EmptyFolderError, EvidenceError, NotAStreamError, TooLargeError
from conformance.evidence.imports import plain_yaml, tnetstring
from conformance.evidence.imports.coding import decoded
from conformance.evidence.imports.errors import (
    BodyNotKeptError,
    CodingDamagedError,
    CodingUnknownError,
    DamagedFileError,
    HeadAloneError,
    KnownForeignError,
    NestedZipError,
    NoAnswerError,
    NotAHeadError,
    NothingOfOursError,
    TooManyPartsError,
    TooMuchTogetherError,
    ZipMemberError,
)
from conformance.evidence.imports.zipped import MOST, read_zip
from conformance.evidence.load import Handed
from conformance.evidence.plan_errors import MissingEvidenceError, PlanUnreadableError
from conformance.evidence.planned import PLAN, PlannedRun, write_plan
from conformance.evidence.request import RequestFileError, RequestUnusedError, request_in
from conformance.exchange import Api, Ended, Exchange, Need, Piece

CHUNK = '{"object":"chat.completion.chunk","choices":[]}'
STREAM = f"data: {CHUNK}\n\ndata: [DONE]\n\n".encode()
KEY = "sk-0123456789abcdef"
URL = "https://api.example.com/v1/chat/completions"
ASKED = '{"model":"m","stream":true,"messages":[]}'
TYPE = ("Content-Type", "text/event-stream")


def handed(
    data: bytes, name: str = "in/file", request: str = ""
) -> tuple[list[Exchange], list[EvidenceError]]:
    """What is in a file: its exchanges, and why others gave none."""
    exchanges, unreadable = load([Handed(name, data)], request=request)
    return exchanges, [item.error for item in unreadable]


def one(data: bytes, name: str = "in/file", request: str = "") -> Exchange:
    """The only exchange of a file."""
    (exchange,), errors = handed(data, name, request)
    assert errors == []
    return exchange


def wrong(data: bytes, name: str = "in/file") -> EvidenceError:
    """The only error of a file without exchanges."""
    exchanges, (error,) = handed(data, name)
    assert exchanges == []
    assert error.hint
    return error


def har(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def entry(url: str = URL, method: str = "POST", status: int = 200, **content: Any) -> dict[str, Any]:
    request = {
        "method": method,
        "url": url,
        "headers": [
            {"name": ":method", "value": "POST"},
            {"name": "Authorization", "value": f"Bearer {KEY}"},
        ],
        "postData": {"mimeType": "application/json", "text": ASKED},
    }
    headers = [{"name": "content-type", "value": "text/event-stream"}]
    return {"request": request, "response": {"status": status, "headers": headers, "content": content}}


def cassette(body: Any, *, headers: dict[str, Any] | None = None, **response: Any) -> dict[str, Any]:
    request = {"method": "POST", "uri": URL, "body": ASKED, "headers": {"authorization": [f"Bearer {KEY}"]}}
    answer = {"status": {"code": 200, "message": "OK"}, "headers": headers or dict([TYPE]), "body": body}
    return {"version": 1, "interactions": [{"request": request, "response": answer | response}]}


def zipped(files: dict[str, bytes], way: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", way) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def netstring(value: Any) -> bytes:
    """A value as mitmproxy writes it."""
    match value:
        case bytes():
            data, tag = value, b","
        case str():
            data, tag = value.encode(), b";"
        case bool():
            data, tag = str(value).lower().encode(), b"!"
        case int():
            data, tag = str(value).encode(), b"#"
        case float():
            data, tag = repr(value).encode(), b"^"
        case None:
            data, tag = b"", b"~"
        case list():
            data, tag = b"".join(map(netstring, value)), b"]"
        case _:
            data, tag = b"".join(netstring(item) for pair in value.items() for item in pair), b"}"
    return str(len(data)).encode() + b":" + data + tag


def flow(**changes: Any) -> bytes:
    request = {
        "host": "api.example.com",
        "port": 443,
        "scheme": b"https",
        "method": b"POST",
        "path": b"/v1/chat/completions",
        "headers": [[b"Authorization", f"Bearer {KEY}".encode()]],
        "content": ASKED.encode(),
        "timestamp_start": 1788000000.25,
    }
    response = {
        "status_code": 200,
        "headers": [[b"Content-Type", b"text/event-stream"]],
        "content": STREAM,
        "timestamp_end": 1788000001.5,
    }
    return netstring(
        {"version": 21, "type": "http", "request": request, "response": response, "error": None, **changes}
    )


# HTTP archives


def test_an_entry_of_an_archive_has_all_but_times_and_ending() -> None:
    """Headers that only HTTP/2 has are none, and credentials are not kept."""
    read = one(har(entry(text=STREAM.decode())), "in/A B.har")
    assert (read.id, read.source, read.provider, read.model) == (
        "a-b",
        "in/A B.har",
        "api.example.com-443",
        "m",
    )
    assert read.body == STREAM
    assert read.lacks == {Need.TIMING, Need.ENDING}
    assert read.request is not None
    assert read.request.headers == (("Authorization", "[not kept]"),)


def test_a_body_in_base64_is_its_bytes() -> None:
    """As Chromium exports what it holds for binary."""
    coded = base64.b64encode(b"data: \xff\n\n").decode()
    assert one(har(entry(text=coded, encoding="base64"))).body == b"data: \xff\n\n"
    error = wrong(har(entry(text="data: {}", encoding="base64")))
    assert type(error) is DamagedFileError
    assert "not base64" in error.message


def test_a_body_that_was_compressed_is_that_of_the_archive() -> None:
    """A browser decompresses it and keeps the header."""
    item = entry(text=STREAM.decode())
    item["response"]["headers"].append({"name": "content-encoding", "value": "br"})
    assert one(har(item)).body == STREAM


@pytest.mark.parametrize(
    "content", [{}, {"size": 400}, {"text": "", "size": 400}, {"text": ""}, {"text": None}]
)
def test_an_answer_without_its_body_is_told(content: dict[str, Any]) -> None:
    """An empty text is what exporters write for a body that they dropped."""
    assert type(wrong(har(entry(**content)))) is BodyNotKeptError


def test_a_request_that_was_not_answered_is_told_with_the_browsers_word() -> None:
    """Status 0 is none."""
    item = entry(status=0)
    item["response"]["_error"] = "net::ERR_CONNECTION_REFUSED"
    error = wrong(har(item))
    assert type(error) is NoAnswerError
    assert "net::ERR_CONNECTION_REFUSED" in error.message


def test_what_a_file_says_of_a_failure_has_no_credentials() -> None:
    """Whoever wrote it may have quoted the request."""
    item = entry(text=STREAM.decode())
    item["response"]["_error"] = f"failed with {KEY}"
    assert one(har(item)).detail == "failed with [redacted]"
    del item["response"]["content"]
    assert KEY not in wrong(har(item)).message


def test_other_requests_of_an_archive_are_passed_over() -> None:
    """A page, a list of models, a preflight, what is asked about a stored response; all of them count."""
    others = [
        entry("https://example.com/", "GET"),
        entry("https://api.example.com/v1/models", "GET"),
        entry(method="OPTIONS"),
        entry("https://api.example.com/v1/responses/resp_1/cancel"),
        entry("https://api.example.com/v1/responses/resp_1", "GET"),
        entry("http://[bad"),
    ]
    resumed = entry("https://api.example.com/v1/responses/resp_1?stream=true", "GET", text="data: {}\n\n")
    exchanges, errors = handed(har(*others, entry(text=STREAM.decode()), resumed), "x.har")
    assert [item.source for item in exchanges] == ["x.har#7", "x.har#8"]
    assert [item.api for item in exchanges] == [Api.CHAT, Api.RESPONSES]
    assert errors == []
    error = wrong(har(*others))
    assert type(error) is NothingOfOursError
    assert error.message.startswith("none of its 6 exchanges asks Chat Completions or Responses, such as")


@pytest.mark.parametrize("entries", [[], 7, [7], [{}], [{"request": 1}], [None]])
def test_an_archive_of_something_else_is_an_error(entries: Any) -> None:
    """Whatever stands where entries should."""
    assert wrong(json.dumps({"log": {"entries": entries}}).encode(), "x.har").message


def test_an_address_in_an_error_has_no_credentials() -> None:
    """They might stand in the query."""
    error = wrong(har(entry(f"https://user:{KEY}@example.com/x?key={KEY}")))
    assert KEY not in str(error)


def test_bodies_beside_an_archive_in_a_zip_are_found() -> None:
    """As Playwright attaches them; a name that leads out of the zip is a name of no file."""
    item = entry(_file="a.dat")
    files = {"har.har": har(item, entry(_file="../../etc/passwd")), "a.dat": STREAM}
    exchanges, (error,) = handed(zipped(files), "x.zip")
    assert [item.body for item in exchanges] == [STREAM]
    assert type(error) is BodyNotKeptError
    assert type(wrong(zipped({"har.har": b"{"}))) is not BodyNotKeptError
    assert "no HTTP archive" in wrong(zipped({"har.har": b"[]"})).message


# Cassettes


@pytest.mark.parametrize("form", [yaml.safe_dump, json.dumps])
def test_a_cassette_is_read_in_both_forms(form: Callable[[Any], str]) -> None:
    """By the extension, and by the content of a file without one."""
    text = form(cassette({"string": STREAM.decode()})).encode()
    extension = "yaml" if form is yaml.safe_dump else "json"
    for name in (f"in/x.{extension}", "in/x"):
        read = one(text, name)
        assert (read.status, read.body, read.model) == (200, STREAM, "m")
        assert read.lacks == {Need.TIMING, Need.ENDING}
        assert KEY not in repr(read.request)


def test_a_length_that_vcrpy_wrote_is_not_the_endpoints() -> None:
    """It counts a body that it decompresses, and leaves the Transfer-Encoding beside it."""
    written = {"Content-Length": [str(len(STREAM))], "Transfer-Encoding": ["chunked"]}
    read = one(json.dumps(cassette({"string": STREAM.decode()}, headers=written)).encode(), "in/x.json")
    assert read.headers == (("Transfer-Encoding", "chunked"),)


@pytest.mark.parametrize(
    ("coding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
        ("identity", bytes),
        ("gzip", bytes),
        ("br", bytes),
        ("unheard-of", bytes),
    ],
)
def test_a_compressed_body_is_decompressed(coding: str, compress: Callable[[bytes], bytes]) -> None:
    """A body that is text already is left alone, whatever its header says."""
    body = STREAM * 20 + "data: é\n\n".encode()
    headers = {"Content-Encoding": [coding], **dict([TYPE])}
    text = yaml.safe_dump(cassette({"string": compress(body)}, headers=headers)).encode()
    assert one(text, "x.yaml").body == body


def test_a_compressed_body_that_was_cut_gives_what_is_there() -> None:
    """As a client would have seen it."""
    body = b"".join(b"data: %d\n\n" % (number * 7919) for number in range(5_000))
    for coding, whole in (
        ("gzip", gzip.compress(body)),
        ("br", brotli.compress(body)),
        ("zstd", zstandard.compress(body)),
    ):
        cut = decoded(whole[: len(whole) // 2], [("content-encoding", coding)])
        assert body.startswith(cut)
        if coding == "gzip":
            assert len(cut) > len(body) // 4


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_bytes_that_are_not_compressed_as_they_say_are_told(coding: str) -> None:
    """The header lies, or the file is damaged."""
    with pytest.raises(CodingDamagedError, match=coding):
        decoded(b"\x00\xff\xfe" * 50, [("content-encoding", coding)])


def test_a_coding_that_nobody_knows_is_told() -> None:
    """With what to do about it."""
    with pytest.raises(CodingUnknownError, match="compressed by aes128gcm") as caught:
        decoded(b"\xff", [("Content-Encoding", "aes128gcm")])
    assert "Accept-Encoding: identity" in caught.value.hint


def test_a_decoder_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """`brotli` and `zstandard` come with the extra `compressed`."""
    monkeypatch.setitem(sys.modules, "brotli", None)
    with pytest.raises(CodingUnknownError) as caught:
        decoded(brotli.compress(STREAM * 9), [("content-encoding", "br")])
    assert "pip install brotli" in caught.value.hint


@pytest.mark.parametrize(
    ("coding", "compress"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
    ],
)
def test_a_bomb_is_cut_at_the_ceiling(coding: str, compress: Callable[[bytes], bytes]) -> None:
    """No more is decompressed than is judged, and the exchange says so."""
    bomb = compress(b"data: " + b"x" * (BYTES * 2))
    assert len(bomb) < BYTES // 500
    headers = {"Content-Encoding": [coding], **dict([TYPE])}
    assert len(decoded(bomb, [("content-encoding", coding)])) < BYTES + 200_000
    if coding == "gzip":
        read = one(yaml.safe_dump(cassette({"string": bomb}, headers=headers)).encode(), "x.yaml")
        assert read.ended is Ended.CEILING


def test_older_cassettes_are_read() -> None:
    """With a body in base64, and with the answer of httpx as vcrpy 5 kept it."""
    coded = cassette({"base64_string": base64.b64encode(STREAM).decode()})
    assert one(json.dumps(coded).encode(), "x.json").body == STREAM
    old = cassette(None, content=STREAM.decode(), status_code=200)
    del old["interactions"][0]["response"]["body"], old["interactions"][0]["response"]["status"]
    read = one(json.dumps(old).encode(), "x.json")
    assert (read.status, read.body) == (200, STREAM)
    damaged = json.dumps(cassette({"base64_string": "é"})).encode()
    assert type(wrong(damaged, "x.json")) is DamagedFileError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[" * 100_000, "more than 40 values are inside each other"),
        (b"- " * 100_000, "more than 40 values are inside each other"),
        (b"a: *b", "the alias b stands for nothing"),
        (b"a: [", "in line"),
        (b"a: !!binary \xc3\xa9", "is not base64"),
        (b"a: \xff", "it is not YAML"),
        (b"services:\n  web: {}\n", "it is YAML, but no cassette"),
        (b"interactions: 7\n", "it is YAML, but no cassette"),
        (b"interactions: []\n", "none of its 0 exchanges"),
        (b"interactions: [7, {request: 1}]\n", "none of its 0 exchanges"),
    ],
)
def test_yaml_that_gives_nothing_is_told(text: bytes, words: str) -> None:
    """Damaged, hostile, or of another program."""
    assert words in wrong(text, "x.yaml").message


def test_yaml_constructs_nothing() -> None:
    """A tag of Python is passed over, and merge keys do not multiply what is there."""
    bomb = b"a0: &a0 {x: 1}\n" + b"".join(
        b"a%d: &a%d {<<: [%s]}\n" % (number, number, b", ".join([b"*a%d" % (number - 1)] * 9))
        for number in range(1, 30)
    )
    text = (
        bomb
        + b"c: !!python/object/apply:os.abort []\n"
        + yaml.safe_dump(cassette({"string": STREAM})).encode()
    )
    assert one(text, "x.yaml").body == STREAM


def test_what_aliases_multiply_is_not_read() -> None:
    """Neither a body, a header or an address that is a list of lists, nor more exchanges than there are."""
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n" for number in range(1, 30)
    )
    where = f"    method: POST\n    uri: {URL}\n"
    for place in (
        "- request:\n    method: *a29\n    uri: *a29\n  response: {body: {string: x}}\n",
        f"- request:\n{where}    body: *a29\n  response: {{status: *a29, body: {{string: 'data: x'}}}}\n",
        f"- request:\n{where}    headers: {{a: *a29, *a29 : b}}\n  response: {{headers: {{b: *a29}}}}\n",
    ):
        exchanges, unreadable = load([Handed("x.yaml", f"{bomb}interactions:\n{place}".encode())])
        assert len(exchanges) + len(unreadable) == 1
    many = yaml.safe_dump(cassette({"string": STREAM.decode()})).replace("- request:", "- &a\n  request:")
    many = many.replace("version:", "- *a\n" * 10_000 + "version:")
    assert type(wrong(many.encode(), "x.yaml")) is TooManyPartsError


def test_no_more_is_read_of_one_file_than_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of compressed bodies far more comes out than the file has; each that is left out is told."""
    monkeypatch.setattr("conformance.evidence.imports.entry.TOGETHER", 250)
    exchanges, errors = handed(har(*[entry(text=STREAM.decode())] * 5))
    assert [type(error) for error in errors] == [TooMuchTogetherError] * (5 - len(exchanges))
    assert 1 < len(exchanges) < 5


def test_huge_yaml_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes fifty times as long as JSON."""
    monkeypatch.setattr("conformance.evidence.imports.cassette._LARGEST", 100)
    assert type(wrong(b"a: " + b"x" * 100, "x.yaml")) is TooLargeError


# mitmproxy


def test_a_flow_says_how_the_body_ended() -> None:
    """The proxy itself saw it; times of pieces it does not keep."""
    read = one(flow(), "x.flow")
    assert (read.body, read.status, read.ended) == (STREAM, 200, Ended.CLOSED)
    assert read.lacks == {Need.TIMING}
    assert (read.provider, read.model) == ("api.example.com-443", "m")
    assert read.started == "2026-08-29T10:40:00.250+00:00"
    assert read.request is not None
    assert read.request.url == URL
    assert read.request.headers == (("Authorization", "[not kept]"),)


def test_a_flow_that_failed_says_so() -> None:
    """Without a body there is nothing to judge; with a part of one, how it ended is not known."""
    lost = {"msg": "peer closed connection", "timestamp": 1.0}
    error = wrong(flow(response=None, error=lost))
    assert type(error) is NoAnswerError
    assert "peer closed connection" in error.message
    part = {"status_code": 200, "headers": [], "content": b"data: {}\n", "timestamp_end": None}
    read = one(flow(response=part, error=lost))
    assert (read.ended, read.detail) == (Ended.UNKNOWN, "peer closed connection")
    assert Need.ENDING in read.lacks
    assert type(wrong(flow(response=part | {"content": None}))) is BodyNotKeptError


@pytest.mark.parametrize("scheme", [b"http", "http"])
def test_an_unusual_port_stands_in_the_address(scheme: Any) -> None:
    """Older versions of mitmproxy write bytes where newer ones write text."""
    request = {
        "host": b"localhost",
        "port": 8000,
        "scheme": scheme,
        "method": "POST",
        "path": "/v1/responses",
    }
    read = one(flow(request=request))
    assert read.request is not None
    assert (read.request.url, read.api) == ("http://localhost:8000/v1/responses", "responses")
    assert Need.REQUEST in read.lacks
    assert read.started == ""


def test_other_flows_are_passed_over() -> None:
    """Raw TCP and WebSockets have no request of ours."""
    others = netstring({"type": "tcp", "messages": []}) + netstring([1, 2.5, True, None])
    exchanges, errors = handed(others + flow(), "x.mitm")
    assert (len(exchanges), errors) == (1, [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (flow()[:-5], "it ends before the value at byte 0 does"),
        (flow() + b"}", "there is no length at byte"),
        (b"9" * 40, "there is no length at byte 0"),
        (b"999999999999:}", "it ends before the value"),
        (b"3:abc}", "there is no length at byte 2"),
        (b"3:abc?", "there is no value with the tag b'?'"),
        (b"1:x#", "invalid literal"),
        (b"100:" + b"9" * 100 + b"#", "no value with the tag b'#'"),
        (b"2:\xff\xff;", "is no UTF-8"),
        (b"4:nope!", "no value with the tag b'!'"),
        (b"4:1:x,}", "has no pairs"),
        (b"8:1:1#1:2#}", "has no pairs"),
    ],
)
def test_damaged_flows_are_told_with_the_place(data: bytes, words: str) -> None:
    """A file that was cut while mitmproxy wrote it, and what a stranger makes up."""
    error = wrong(data, "x.mitm")
    assert type(error) is DamagedFileError
    assert words in error.message


def test_values_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of millions of nothings is not read to its end; one of YAML neither."""
    monkeypatch.setattr(tnetstring, "MOST", 50)
    assert "more than 50 values" in wrong(flow() * 2 + netstring([None] * 50), "x.flow").message
    monkeypatch.setattr(plain_yaml, "MOST", 50)
    assert "more than 50 values" in wrong(b"- \n" * 100, "x.yaml").message


def test_lines_cost_no_more_than_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many of a head, and long ones; what is behind the ceiling of a stream is not looked at."""
    many = b"< x-y: z\r\n" * 20_000 + b"< a: " + b" " * 1_000_000 + b"b\r\n"
    read = one(VERBOSE.replace(b"< content-type", many + b"< content-type") + STREAM)
    assert (read.status, len(read.headers)) == (200, 20_002)
    monkeypatch.setattr(ceiling, "WEIGHT", 1_000)
    lines = f"{CHUNK}\n".encode() * 12_000
    assert one(lines + b"never looked at", "x.jsonl").ended is Ended.CEILING


def test_nesting_without_end_is_refused() -> None:
    """No file makes the reader call itself without bound."""
    value: bytes = b"0:~"
    for _ in range(200):
        value = str(len(value)).encode() + b":" + value + b"]"
    with pytest.raises(ValueError, match="more than 40 values are inside each other"):
        list(tnetstring.values(value))


# curl

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: a=b\r\n\r\n"
VERBOSE = (
    b"*   Trying 127.0.0.1:80...\n* Connected to api.example.com\n* ALPN: server accepted h2\n"
    b"> POST /v1/chat/completions HTTP/2\r\n> Host: api.example.com\r\n> Authorization: Bearer "
    + KEY.encode()
    + b"\r\n> \r\n"
    b"} [10 bytes data]\n< HTTP/2 200 \r\n< content-type: text/event-stream\r\n< \r\n{ [20 bytes data]\n"
)
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
        (b"curl: (28) Operation timed out\n", Ended.UNKNOWN),
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


# JSON lines, and JSON that is none of it


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
    """With its number; a program that was stopped while it wrote leaves half a line."""
    assert wrong(f"{CHUNK}\n{CHUNK[:9]}".encode(), "x.jsonl").message.startswith("line 2 is not JSON")


@pytest.mark.parametrize("name", ["x.json", "x.sse", "x.jsonl", "x"])
@pytest.mark.parametrize(
    ("text", "words", "advice"),
    [
        (f"[{CHUNK},{CHUNK}]", "a JSON array of 2 chunks of a stream", "as JSON lines"),
        ("[1, 2, 3]", "a JSON array of 3 values", "as JSON lines"),
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


# Zips


def stored(name: str) -> bytes:
    """The evidence of an exchange."""
    buffer = Path(name)
    write_evidence(
        buffer, Exchange(id=buffer.stem, api=Api.CHAT, provider="acme", pieces=(Piece(data=STREAM),))
    )
    return buffer.read_bytes()


def test_a_zip_of_a_run_is_as_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its evidence alone, wherever the zip was made; what lies beside runs is read as in a folder."""
    monkeypatch.chdir(tmp_path)
    evidence = stored("chat-text.jsonl")
    for root in ("", "run/", "acme/m/20260821T120000Z/"):
        files = {
            f"{root}evidence/chat-text.jsonl": evidence,
            f"{root}report.jsonl": b"{}\n",
            f"{root}index.html": b"<html>",
            f"{root}other.sse": STREAM,
            "__MACOSX/x.sse": STREAM,
            ".hidden/x.sse": STREAM,
        }
        exchanges, errors = handed(zipped(files), "x.zip")
        assert [item.id for item in exchanges] == (["chat-text"])
        assert exchanges[0].source == f"x.zip/{root}evidence/chat-text.jsonl"
        assert errors == []
    exchanges, _ = handed(
        zipped({"run/evidence/chat-text.jsonl": evidence, "run/report.jsonl": b"", "b/x.sse": STREAM})
    )
    assert sorted(item.id for item in exchanges) == ["chat-text", "x"]


def test_a_zip_of_a_run_that_was_cut_off_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its folder does; the plan itself is no recording."""
    monkeypatch.chdir(tmp_path)
    planned = PlannedRun(
        suite="1",
        provider="p",
        model="m",
        base_url="https://x.example/v1",
        started="2026-11-26T12:00:00Z",
        command="pytest",
        requests={"chat-text": "a", "chat-length": "b"},
    )
    write_plan(tmp_path, planned)
    plan, evidence = (tmp_path / PLAN).read_bytes(), stored("chat-text.jsonl")
    for root in ("", "run/"):
        files = {f"{root}{PLAN}": plan, f"{root}other.sse": STREAM}
        lacking = wrong(zipped(files), "x.zip")
        assert isinstance(lacking, MissingEvidenceError)
        assert lacking.missing == ("chat-text", "chat-length")
        files[f"{root}evidence/chat-text.jsonl"] = evidence
        (exchange,), (unreadable,) = load([Handed("x.zip", zipped(files))])
        assert exchange.id == "chat-text"
        assert unreadable.source == f"x.zip/{root}".rstrip("/")
        assert isinstance(unreadable.error, MissingEvidenceError)
        assert (unreadable.error.missing, unreadable.error.planned) == (("chat-length",), 2)
        files[f"{root}evidence/chat-length.jsonl"] = evidence
        exchanges, errors = handed(zipped(files), "x.zip")
        assert len(exchanges) == 2
        assert errors == []
    assert isinstance(wrong(zipped({PLAN: b"{"})), PlanUnreadableError)


def test_a_zip_is_found_in_a_folder_and_by_its_bytes(tmp_path: Path) -> None:
    """Of several files one that cannot be read does not keep the others from being read."""
    data = zipped({"a.sse": STREAM, "b.json": b"{", "../c.sse": STREAM, "d/e.txt": STREAM})
    (tmp_path / "x.zip").write_bytes(data)
    (tmp_path / "y.bin").write_bytes(data)
    for named in (tmp_path, tmp_path / "y.bin"):
        exchanges, unreadable = load([named])
        assert sorted(item.id for item in exchanges) == ["a", "c"]
        assert [item.source.rpartition("/")[2] for item in unreadable] == ["b.json"]


def test_a_zip_that_gives_nothing_is_told() -> None:
    """Empty, damaged, in another zip, encrypted, or compressed in a way that is not bounded."""
    assert type(wrong(zipped({}))) is EmptyFolderError
    assert type(wrong(zipped({"x.txt": STREAM}))) is EmptyFolderError
    assert type(wrong(zipped({"x.sse": STREAM})[:-30])) is DamagedFileError
    assert type(wrong(zipped({"x.zip": zipped({"x.sse": STREAM})}))) is NestedZipError
    for way in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert type(wrong(zipped({"x.sse": STREAM}, way))) is ZipMemberError
    locked = bytearray(zipped({"x.sse": STREAM}))
    for sign, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[locked.index(sign) + place] |= 1
    assert "encrypted" in wrong(bytes(locked)).message
    damaged = bytearray(zipped({"x.sse": STREAM}, zipfile.ZIP_STORED))
    damaged[damaged.index(b"data:")] ^= 1
    assert "damaged" in wrong(bytes(damaged)).message


def test_a_zip_of_too_many_files_is_not_listed() -> None:
    """A list of millions would fill the memory."""
    assert type(wrong(b"PK\x03\x04" + b"PK\x01\x02" * (MOST + 1))) is TooManyPartsError


def test_a_zip_bomb_is_read_no_further_than_the_largest_file() -> None:
    """One file, and all of them together."""
    largest = 10_000
    data = zipped(
        {"a.sse": b"\n" * 2**24, **{f"b{number}.sse": STREAM + b"\n" * 9_000 for number in range(9)}}
    )
    found = read_zip(data, "x.zip", largest)
    errors = [item.error for item in found if not isinstance(item, Exchange)]
    assert {type(error) for error in errors} == {TooLargeError}
    assert 1 < len(errors) < len(found)


# The standard input and requests


def test_a_dash_is_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of whatever format."""
    for data in (STREAM, HEAD + STREAM, zipped({"x.sse": STREAM})):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        (read,), unreadable = load(["-"])
        assert (read.body, unreadable) == (STREAM, [])
        assert read.source.startswith("-")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    assert load([Path("-")])[1][0].error.code == "file-empty"


def test_a_huge_input_is_told_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more of it is read than that."""
    monkeypatch.setattr(sys.modules["conformance.evidence.load"], "LARGEST", 100)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(STREAM * 99)))
    _, (told,) = load(["-"])
    assert type(told.error) is TooLargeError


def test_a_request_is_given_to_those_that_have_none() -> None:
    """And decides what a stream without a single event is of."""
    assert one(STREAM, request=ASKED).asked["model"] == "m"
    assert one(b": nothing\n\n", request='{"input": "x", "stream": true}').api == "responses"
    assert one(STREAM, request='{"model": "m"}').expects == "document"
    kept = one(VERBOSE + STREAM, request=ASKED)
    assert kept.request is not None
    assert (kept.request.url, kept.asked["model"]) == (URL, "m")


def test_a_request_that_nobody_needs_is_told() -> None:
    """It was meant for something else."""
    with pytest.raises(RequestUnusedError):
        load([Handed("x", har(entry(text="data: {}\n\n")))], request=ASKED)
    assert load([Handed("x", b"")], request=ASKED)[0] == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "it is not JSON"),
        (b"[]", "it is JSON, but no object"),
        (b"\xff", "it is not UTF-8"),
        (None, "No such file"),
    ],
)
def test_a_file_without_a_request_is_told(data: bytes | None, words: str, tmp_path: Path) -> None:
    """With its name."""
    path = tmp_path / "request.json"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(RequestFileError, match=words) as caught:
        request_in(path)
    assert str(path) in caught.value.message
    assert isinstance(caught.value, ConformanceError)


def test_no_error_shows_what_was_sent() -> None:
    """Whatever is wrong with a file, the key in it is not told."""
    files: Sequence[tuple[str, bytes]] = [
        ("x.har", har(entry())),
        ("x.har", har(entry(status=0))),
        ("x.yaml", yaml.safe_dump(cassette(None)).encode()),
        ("x.flow", flow(response=None)),
        ("x.flow", flow()[:-1]),
        ("x.txt", VERBOSE),
        ("x.txt", VERBOSE.partition(b"< ")[0]),
    ]
    for name, data in files:
        assert KEY.encode() in data
        assert KEY not in str(wrong(data, name))


def test_a_request_does_not_replace_one_that_was_recorded() -> None:
    """Of two sources one has its own."""
    with_own = har(entry(text=STREAM.decode()))
    exchanges, _ = load([Handed("a.sse", STREAM), Handed("b.har", with_own)], request='{"model": "other"}')
    assert [item.asked.get("model") for item in exchanges] == ["other", "m"]


def test_of_very_many_exchanges_those_with_a_file_of_their_own_are_read_again(tmp_path: Path) -> None:
    """With the request that was given; those of a file with several stay whole."""
    for number in range(3):
        (tmp_path / f"{number}.sse").write_bytes(STREAM)
        (tmp_path / f"{number}.headers").write_bytes(HEAD)
    (tmp_path / "x.zip").write_bytes(zipped({"a.sse": STREAM, "b.sse": STREAM}))
    whole, _ = load([tmp_path], request=ASKED)
    bare, _ = load([tmp_path], request=ASKED, most=2)
    assert [len(item.body) for item in bare] == [0, 0, 0, len(STREAM), len(STREAM)]
    assert list(map(reread, bare)) == whole
    (tmp_path / "0.sse").write_bytes(b"\0")
    gone = reread(bare[0])
    assert (gone.ended, gone.status) == (Ended.INTERRUPTED, None)
    assert "could not be read again" in gone.note
