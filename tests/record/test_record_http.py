"""The corners of HTTP: what an endpoint may send, and how a client may ask, through one recorder."""

import json
import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conformance.exchange import Api, Ended, Exchange, Need
from tests.capture.hostile import END, GOOD, HEAD, Hostile, chunk, event, says, stream
from tests.record.front import CHAT, CHAT_PATH, KEY, Front, front, plain, raw

BODY = event(1) + b"data: [DONE]\n\n"
TYPE = b"content-type: text/event-stream\r\n"
LENGTH = b"content-length: %d\r\n" % len(BODY)
CHUNKED = b"transfer-encoding: chunked\r\n"

INTERIM = b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 199 Odd\r\n\r\n"
ODD = b"x-name: caf\xe9\r\nX_odd.1:\r\n"

ANSWERS: dict[str, tuple[bytes, int]] = {
    "a status of no class": (b"HTTP/1.1 600 Odd\r\n" + TYPE + LENGTH + b"\r\n" + BODY, 600),
    "the last status": (b"HTTP/1.1 999 Odd\r\n" + TYPE + LENGTH + b"\r\n" + BODY, 999),
    "a status without a phrase": (b"HTTP/1.1 299\r\n" + TYPE + LENGTH + b"\r\n" + BODY, 299),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n" + TYPE + b"\r\n" + BODY, 200),
    "no length": (b"HTTP/1.1 200 OK\r\n" + TYPE + b"\r\n" + BODY, 200),
    "trailers": (HEAD + chunk(BODY) + b"0\r\nx-sum: 1\r\n\r\n", 200),
    "a chunk's extension": (HEAD + b"%x;a=b\r\n" % len(BODY) + BODY + b"\r\n" + END, 200),
    "interim answers": (INTERIM + HEAD + chunk(BODY) + END, 200),
    "no content with a length": (b"HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n", 204),
    "not modified with a length": (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", 304),
    "bytes in a header": (b"HTTP/1.1 200 OK\r\n" + ODD + TYPE + LENGTH + b"\r\n" + BODY, 200),
}
BARE = (204, 304)


@dataclass
class Passed:
    """What clients got for each answer, and what was recorded."""

    got: list[bytes] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)


def asks(there: Front, path: str = CHAT_PATH, head: str = "", method: str = "POST") -> bytes:
    """All that comes back for one request."""
    body = json.dumps(CHAT) if method == "POST" else ""
    lines = (
        f"{method} /v1{path} HTTP/1.1\r\nHost: 127.0.0.1:{there.recording.port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {KEY}\r\nContent-Length: {len(body)}\r\n{head}\r\n{body}"
    )
    return raw(there.recording.port, lines.encode())


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Passed:
    """Every answer, passed on once by one recorder."""
    found = Passed()
    scripts = [says(data) for data, _ in ANSWERS.values()]
    with Hostile(scripts) as server, front(server.base_url, tmp_path_factory.mktemp("http")) as there:
        found.got += [asks(there) for _ in ANSWERS]
        there.wait(len(ANSWERS))
        found.exchanges += there.exchanges
    return found


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_reaches_the_client_and_is_recorded(name: str, passed: Passed) -> None:
    """Its status, headers and body; the phrase and the trailers are the recorder's own, or none."""
    place = list(ANSWERS).index(name)
    status = ANSWERS[name][1]
    head, _, rest = passed.got[place].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    body = b"" if status in BARE else BODY
    assert rest == (chunk(body) + END if CHUNKED in head.lower() + b"\r\n" else body)
    exchange = passed.exchanges[place]
    assert (exchange.status, exchange.body, exchange.ended) == (status, body, Ended.CLOSED)
    assert (b"caf\xe9" in head) is (name == "bytes in a header")


def test_a_response_that_is_resumed_is_recorded(tmp_path: Path) -> None:
    """It has no body, so nothing of the request is lacking; the model is the one that the answer names."""
    completed = {"type": "response.completed", "sequence_number": 7, "response": {"id": "r", "model": "told"}}
    data = b"event: response.completed\ndata: " + json.dumps(completed).encode() + b"\n\n"
    with Hostile([stream(data), GOOD, GOOD]) as server, front(server.base_url, tmp_path) as there:
        asks(there, "/responses/r?stream=true&starting_after=6", method="GET")
        asks(there, "/responses/r", method="GET")
        asks(there, "/models", method="HEAD")
    (exchange,) = there.exchanges
    assert server.asked[0].line == "GET /v1/responses/r?stream=true&starting_after=6 HTTP/1.1"
    assert (exchange.api, exchange.expects, exchange.model) == (Api.RESPONSES, "stream", "told")
    assert exchange.request is not None
    assert (exchange.request.method, exchange.request.body) == ("GET", "")
    assert Need.REQUEST not in exchange.lacks
    assert exchange.body == data
    assert there.outcomes(exchange.id)["event-json"] == "pass"
    assert there.recording.passed_on == 2


def test_a_websocket_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """With the status on which Codex goes on by HTTP; told once."""
    head = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n"
    )
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        answers = [asks(there, path, head, "GET") for path in ("/responses", "/realtime?model=m")]
        assert not server.asked
    for answer in answers:
        start, _, body = answer.partition(b"\r\n\r\n")
        assert start.startswith(b"HTTP/1.1 426 ")
        assert b"upgrade: HTTP/1.1" in start
        said = json.loads(body)["error"]["message"]
        assert said == "conformance record does not forward WebSockets: let the application use HTTP"
    assert [line for line in there.lines if "WebSocket" in line] == there.lines
    assert len(there.lines) == 1


def test_a_client_waits_for_leave_to_send_and_gets_it(tmp_path: Path) -> None:
    """By `Expect: 100-continue`, as curl asks before a large body."""
    body = json.dumps(CHAT).encode()
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        head = (
            f"POST /v1{CHAT_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{there.recording.port}\r\nConnection: close\r\n"
            f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", there.recording.port)) as client:
            client.sendall(head.encode())
            leave = client.recv(100)
            client.sendall(body)
            answer = b"".join(iter(lambda: client.recv(65_536), b""))
        assert "expect" not in server.asked[0].headers
    assert leave.startswith(b"HTTP/1.1 100 ")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert there.exchanges[0].request is not None
    assert there.exchanges[0].request.body == body.decode()


def test_requests_behind_each_other_are_answered_behind_each_other(tmp_path: Path) -> None:
    """Of a client that does not wait for the first answer."""
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        body = json.dumps(CHAT)
        ask = (
            f"POST /v1{CHAT_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{there.recording.port}\r\n"
            f"Content-Length: {len(body)}\r\n"
        )
        sent = f"{ask}\r\n{body}{ask}Connection: close\r\n\r\n{body}"
        answer = raw(there.recording.port, sent.encode())
        assert len(server.asked) == 2
    assert answer.count(b"HTTP/1.1 200 OK") == answer.count(b"data: [DONE]") == 2
    assert [exchange.ended for exchange in there.exchanges] == [Ended.CLOSED] * 2


def test_a_large_body_passes_in_both_directions(tmp_path: Path) -> None:
    """Eight megabytes each, held back by nobody."""
    large = b"x" * 8_000_000
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8000010\r\n\r\n"
    document = b'{"a": "' + large + b'" }'
    with Hostile([says(answer, document)]) as server, front(server.base_url, tmp_path) as there:
        with plain() as client:
            found = client.post(there.base_url + CHAT_PATH, content=b'{"model": "m", "x": "' + large + b'"}')
        assert found.content == document
        assert len(server.asked[0].body) > len(large)
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.CEILING


def test_a_credential_in_a_field_of_the_request_is_stored_nowhere(tmp_path: Path) -> None:
    """Such as that of an MCP server, however the endpoint repeats it; the endpoint gets it."""
    tool = {"type": "mcp", "authorization": "field-canary-443322", "headers": {"X-Own": "own-canary-998877"}}
    said = json.dumps({"tools": [tool]}).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(said)
    with Hostile([says(head + said)]) as server, front(server.base_url, tmp_path, pages=True) as there:
        with plain() as client:
            client.post(
                there.base_url + "/responses", json={"model": "m", "api_key": "short", "tools": [tool]}
            )
        assert b"field-canary-443322" in server.asked[0].body
    written = there.written()
    for secret in (b"field-canary", b"own-canary", b'"short"'):
        assert secret not in written
    assert there.exchanges[0].model == "m"
