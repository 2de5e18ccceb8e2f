"""Who may use the recorder, and that nothing leads past its upstream."""

import json
from pathlib import Path

import pytest

from conformance.errors import NotAnAddressError
from conformance.record.address import Upstream, end_to_end, end_to_end_back, refusal
from conformance.record.errors import UpstreamUnusableError
from tests.capture.hostile import GOOD, Hostile
from tests.record.front import front, raw


@pytest.mark.parametrize(
    ("upstream", "path", "query", "target"),
    [
        ("https://h/v1", b"/v1/chat/completions", b"", "https://h/v1/chat/completions"),
        ("https://h/v1/", b"/v1/models", b"", "https://h/v1/models"),
        ("https://h/api/v3", b"/v1/responses", b"a=b&c", "https://h/api/v3/responses?a=b&c"),
        ("https://h/api/v3", b"/api/v3/responses", b"", "https://h/api/v3/responses"),
        ("https://h/api/v3", b"/responses", b"", "https://h/api/v3/responses"),
        ("https://h/v1", b"/v10/x", b"", "https://h/v1/v10/x"),
        ("http://h:8000", b"/v1/chat/completions", b"", "http://h:8000/v1/chat/completions"),
        ("https://h/v1", b"/v1/files/a%2Fb", b"", "https://h/v1/files/a%2Fb"),
        ("https://h", b"//evil.example/x", b"", "https://h//evil.example/x"),
        ("https://h/v1", b"/v1/a..b/...", b"", "https://h/v1/a..b/..."),
    ],
)
def test_a_path_is_joined_under_the_base_url(upstream: str, path: bytes, query: bytes, target: str) -> None:
    """`/v1` stands for the base URL, whatever its own path is."""
    assert Upstream(upstream).target(path, query) == target


@pytest.mark.parametrize(
    "path",
    [
        b"/v1/../etc",
        b"/v1/..",
        b"/../x",
        b"/v1/./x",
        b"/v1/%2e%2e/x",
        b"/v1/%2E./x",
        b"/v1/%252e%252e/x",
        b"/v1/..%2fx",
        b"/v1/..\\x",
        b"/v1/..%5cx",
        b"/v1/..;a=b/x",
        b"/v1/%25252525252e/x",
        b"http://evil.example/v1/models",
        b"evil.example:443",
        b"*",
        b"",
        b"/v1/x#/../y",
    ],
)
def test_no_path_leads_out_of_it(path: bytes) -> None:
    """Climbing, absolute addresses and what is no path are refused."""
    assert Upstream("https://h/v1").target(path, b"") is None


@pytest.mark.parametrize("url", ["h/v1", "ftp://h/v1", "https://", "https://h:0/v1", "https://[::1/v1"])
def test_an_upstream_is_an_http_address(url: str) -> None:
    """As every endpoint is."""
    with pytest.raises(NotAnAddressError):
        Upstream(url)


@pytest.mark.parametrize(
    "url", ["https://me:secret-of-mine@h/v1", "https://h/v1?key=secret-of-mine", "https://h/v1#x"]
)
def test_an_upstream_is_a_base_url_alone_and_its_credentials_are_not_told(url: str) -> None:
    """They belong to what the application sends."""
    with pytest.raises(UpstreamUnusableError) as raised:
        Upstream(url)
    assert "https://h/v1" in str(raised.value)
    assert "secret-of-mine" not in str(raised.value)


@pytest.mark.parametrize(
    ("headers", "served"),
    [
        ([(b"host", b"127.0.0.1:8001")], True),
        ([(b"host", b"LocalHost:8001")], True),
        ([(b"host", b"127.0.0.1:8001"), (b"origin", b"http://localhost:3000")], True),
        ([(b"host", b"127.0.0.1:8001"), (b"origin", b"null")], False),
        ([(b"host", b"127.0.0.1:8001"), (b"sec-fetch-site", b"cross-site")], False),
        ([(b"host", b"127.0.0.1:8001"), (b"sec-fetch-site", b"none")], True),
        (
            [
                (b"host", b"127.0.0.1:8001"),
                (b"origin", b"http://localhost:3000"),
                (b"sec-fetch-site", b"cross-site"),
            ],
            True,
        ),
        ([(b"host", b"127.0.0.1:8001"), (b"origin", b"app://desktop")], True),
        ([(b"host", b"127.0.0.1:8001"), (b"origin", b"https://evil.example")], False),
        ([(b"host", b"127.0.0.1:8001"), (b"origin", b"http://localhost.evil.example")], False),
        ([(b"host", b"127.0.0.1:8002")], False),
        ([(b"host", b"127.0.0.1")], False),
        ([(b"host", b"evil.example:8001")], False),
        ([(b"host", b"127.0.0.1.evil.example:8001")], False),
        ([(b"host", b"127.0.0.1:8001"), (b"host", b"evil.example")], False),
        ([], False),
    ],
)
def test_only_programs_on_this_machine_are_served(headers: list[tuple[bytes, bytes]], served: bool) -> None:  # noqa: FBT001
    """A page whose name was made to lead here names its own host, and where it comes from."""
    assert (refusal(headers, 8001) == "") is served


def test_the_port_of_http_need_not_be_named() -> None:
    """Clients leave it out."""
    assert refusal([(b"host", b"127.0.0.1")], 80) == ""


def test_headers_of_the_connection_stay_behind_and_all_others_go_on_as_they_are() -> None:
    """RFC 9110, 7.6.1: also those that Connection names."""
    sent = [
        (b"host", b"127.0.0.1:8001"),
        (b"connection", b"keep-alive, X-Own"),
        (b"keep-alive", b"timeout=5"),
        (b"x-own", b"1"),
        (b"proxy-connection", b"close"),
        (b"te", b"trailers"),
        (b"upgrade", b"h2c"),
        (b"expect", b"100-continue"),
        (b"transfer-encoding", b"chunked"),
        (b"authorization", b"Bearer x"),
        (b"x-twice", b"a"),
        (b"accept-encoding", b"gzip, br"),
        (b"x-twice", b"b"),
    ]
    assert end_to_end(sent) == [sent[9], sent[10], sent[11], sent[12]]


def test_a_request_in_chunks_has_no_length() -> None:
    """Where both come, the chunks were read; the length would make another request of it (RFC 9112, 6.3)."""
    both = [(b"content-length", b"5"), (b"transfer-encoding", b"chunked"), (b"x-a", b"b")]
    assert end_to_end(both) == [(b"x-a", b"b")]
    assert end_to_end(both[::2]) == both[::2]


def test_an_answer_in_chunks_has_no_length() -> None:
    """Where both come, the chunks count; the client would wait for the length."""
    both = (("Content-Length", "5"), ("Transfer-Encoding", "chunked"), ("X-A", "b"))
    assert end_to_end_back(both) == [(b"X-A", b"b")]
    assert end_to_end_back(both[::2]) == [(b"Content-Length", b"5"), (b"X-A", b"b")]


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /v1/models HTTP/1.1\r\nHost: evil.example:%d\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:1\r\n",
        b"GET http://evil.example/v1/models HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n",
        b"GET /v1/%%2e%%2e/admin HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n",
        b"POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: https://evil.example\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n",
    ],
)
def test_nothing_of_a_strange_request_reaches_the_endpoint(request_line: bytes, tmp_path: Path) -> None:
    """It is refused in OpenAI's form, and stored nowhere."""
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        line = request_line % there.recording.port if b"%d" in request_line else request_line
        answer = raw(there.recording.port, line + b"Connection: close\r\n\r\n")
        assert not server.asked
    assert answer.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "recorder_error"
    assert not there.exchanges
