"""What passes through the recorder is unchanged, and judged as if the endpoint had been asked directly."""

import gzip
import json
import socket
import time
import zlib
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import httpx
import pytest
import zstandard

from conformance.catalogue import Outcome
from conformance.evidence.received import received
from conformance.exchange import Api, Ended, Malformed, Need, Piece
from conformance.gate import ExitCode
from conformance.judge import judge_exchange
from conformance.record import proxy
from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from conformance.requirements import by_id
from conformance.run.judgement import judge_provider
from tests.capture.hostile import (
    END,
    GOOD,
    HEAD,
    LIMITS,
    PATIENCE,
    Asked,
    Hostile,
    Script,
    chunk,
    event,
    says,
    stream,
    whole,
)
from tests.record.front import CHAT, KEY, RESPONSES, front, post, raw

CHAT_PATH, RESPONSES_PATH = "/chat/completions", "/responses"
REQUESTS: dict[str, tuple[str, Any]] = {
    "chat-stream": (CHAT_PATH, CHAT),
    "chat-document": (CHAT_PATH, {**CHAT, "stream": False, "stream_options": None}),
    "responses-stream": (RESPONSES_PATH, RESPONSES),
    "responses-document": (RESPONSES_PATH, {**RESPONSES, "stream": False}),
    "unknown-model": (CHAT_PATH, {**CHAT, "model": "nobody"}),
    "not-json": (CHAT_PATH, b"{"),
    "empty": (CHAT_PATH, b""),
    "not-utf-8": (CHAT_PATH, b'{"model": "\xff"}'),
}
# The date is of the second in which it was asked.
UNLIKE = {"date"}


def headers_of(response: httpx.Response) -> list[tuple[str, str]]:
    return sorted(item for item in response.headers.multi_items() if item[0] not in UNLIKE)


def test_bytes_status_and_headers_are_those_that_the_endpoint_sent(tmp_path: Path) -> None:
    """Two of the same servers give the same answers; one is asked directly."""
    with Reference() as server:
        directly = [post(server.base_url, *asked) for asked in REQUESTS.values()]
    with Reference() as server, front(server.base_url, tmp_path) as there:
        through = [post(there.base_url, *asked) for asked in REQUESTS.values()]
    exchanges = there.exchanges
    for name, one, other, exchange in zip(REQUESTS, directly, through, exchanges, strict=True):
        assert other.extensions["raw"] == one.extensions["raw"], name
        assert other.status_code == one.status_code, name
        assert headers_of(other) == headers_of(one), name
        assert exchange.body == one.extensions["raw"], name
        assert exchange.ended is Ended.CLOSED, name
        assert exchange.request is not None
        body = REQUESTS[name][1]
        sent = body.decode(errors="replace") if isinstance(body, bytes) else json.dumps(body)
        assert exchange.request.body == sent, name


# Faults of framing, of each API, of documents, of refusals and of HTTP itself.
SOME_FAULTS = (
    "role-missing",
    "json-cut-off",
    "reset-in-the-middle",
    "document-object-wrong",
    "text-final-differs",
    "stream-compressed",
)


def direct(base_url: str, path: str, body: Any) -> dict[str, str]:
    """The outcomes of what an endpoint says when it is asked without a recorder."""
    pieces: list[Piece] = []
    ended = "closed"
    sent = time.monotonic()
    with (
        httpx.Client(trust_env=False, timeout=PATIENCE) as client,
        client.stream(
            "POST", base_url + path, json=body, headers={"authorization": f"Bearer {KEY}"}
        ) as response,
    ):
        try:
            pieces.extend(Piece(data=data, at=time.monotonic() - sent) for data in response.iter_bytes())
        except httpx.TransportError:
            ended = "reset"
    exchange = received(
        pieces,
        request=body,
        status=response.status_code,
        headers=response.headers.multi_items(),
        ended=ended,
        api=Api.CHAT if path == CHAT_PATH else Api.RESPONSES,
        expects="stream" if body["stream"] else "document",
    )
    return {verdict.requirement: verdict.outcome.value for verdict in judge_exchange(exchange)}


@pytest.mark.parametrize("fault", [None, *sorted(SOME_FAULTS)])
def test_verdicts_are_those_of_asking_directly(fault: str | None, tmp_path: Path) -> None:
    """Of the reference, and of faults of every kind."""
    asked = [
        REQUESTS[name] for name in ("chat-stream", "chat-document", "responses-stream", "responses-document")
    ]
    spoilt = FAULTS[fault] if fault else None
    with Reference(spoilt) as server:
        wanted = [direct(server.base_url, path, body) for path, body in asked]
    with Reference(spoilt) as server, front(server.base_url, tmp_path) as there:
        for path, body in asked:
            try:
                post(there.base_url, path, body)
            except httpx.RemoteProtocolError:
                assert fault == "reset-in-the-middle"
    found = [there.outcomes(exchange.id) for exchange in there.exchanges]
    # What is heard of timing depends on the machine; nothing is said of it here.
    untimed = [
        {name: outcome for name, outcome in each.items() if by_id(name).family != "timing"}
        for each in (*found, *wanted)
    ]
    assert untimed[:4] == untimed[4:]
    broken = {"fail", "warn", "info"} & {outcome for each in found for outcome in each.values()}
    assert bool(broken) is (fault is not None)


def packed(coding: str) -> tuple[list[bytes], str]:
    """Parts of a compressed good stream, each flushed, and its coding."""
    parts = [event(1), event(2), b"data: [DONE]\n\n"]
    if coding == "br":
        machine = brotli.Compressor()
        found = [machine.process(part) + machine.flush() for part in parts]
        return [*found, machine.finish()], coding
    if coding == "zstd":
        packer = zstandard.ZstdCompressor().compressobj()
        found = [packer.compress(part) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for part in parts]
        return [*found, packer.flush()], coding
    deflater = zlib.compressobj(wbits={"gzip": 31, "deflate": 15}[coding])
    found = [deflater.compress(part) + deflater.flush(zlib.Z_SYNC_FLUSH) for part in parts]
    return [*found, deflater.flush()], coding


def coded(coding: str, *parts: bytes) -> Script:
    head = HEAD[:-2] + f"content-encoding: {coding}\r\n\r\n".encode()
    return says(head, *(chunk(part) for part in parts if part), END)


def test_the_endpoint_is_asked_with_the_headers_of_the_client(tmp_path: Path) -> None:
    """None is added but those of the connection, and a body in chunks becomes one with a length."""
    lines = (
        b"POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Own: a, b\r\n"
        b"Connection: close, X-Hop\r\nX-Hop: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        answer = raw(
            there.recording.port, lines % there.recording.port + chunk(b'{"model":') + chunk(b'"m"}') + END
        )
        (asked,) = server.asked
        host = f"127.0.0.1:{server.port}"
    assert answer.startswith(b"HTTP/1.1 200")
    assert asked.line == "POST /v1/chat/completions?x=1 HTTP/1.1"
    assert asked.headers == {"host": host, "x-own": "a, b", "content-length": "13"}
    assert asked.body == b'{"model":"m"}'


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_compressed_body_passes_byte_for_byte_and_is_judged(coding: str, tmp_path: Path) -> None:
    """The client asked for it, and gets it; what is recorded is plain."""
    parts, _ = packed(coding)
    with Hostile([coded(coding, *parts)]) as server, front(server.base_url, tmp_path) as there:
        answer = post(there.base_url, CHAT_PATH, CHAT, [("accept-encoding", "gzip, deflate, br, zstd")])
        assert server.asked[0].headers["accept-encoding"] == "gzip, deflate, br, zstd"
    assert answer.extensions["raw"] == b"".join(parts)
    assert answer.headers["content-encoding"] == coding
    (exchange,) = there.exchanges
    assert exchange.body == event(1) + event(2) + b"data: [DONE]\n\n"
    assert len(exchange.pieces) == 3
    assert there.outcomes(exchange.id)["done-present"] == "pass"
    assert there.outcomes(exchange.id)["content-coding"] == "not_applicable"


def test_a_coding_that_cannot_be_read_passes_and_is_held_against_nobody(tmp_path: Path) -> None:
    """Nothing of it is kept, since no secret could be found in it."""
    with Hostile([coded("compress", b"\x1f\x9dabc")]) as server, front(server.base_url, tmp_path) as there:
        answer = post(there.base_url, CHAT_PATH, CHAT, [("accept-encoding", "compress")])
    assert answer.extensions["raw"] == b"\x1f\x9dabc"
    (exchange,) = there.exchanges
    assert exchange.body == b""
    assert "content coding 'compress'" in exchange.detail
    assert not {"fail", "warn", "info"} & {*there.outcomes(exchange.id).values()}
    assert there.results[0].exit_code is ExitCode.ERROR


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_damaged_coding_passes_and_is_told(coding: str, tmp_path: Path) -> None:
    """The client gets what came; the recording ends where nothing more could be read."""
    parts, _ = packed(coding)
    parts[1] = b"\xff" * 40
    with Hostile([coded(coding, *parts)]) as server, front(server.base_url, tmp_path) as there:
        answer = post(there.base_url, CHAT_PATH, CHAT, [("accept-encoding", coding)])
    assert answer.extensions["raw"] == b"".join(parts)
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.RESET
    assert "is broken" in exchange.detail


def test_a_bomb_costs_no_more_than_the_ceiling(tmp_path: Path) -> None:
    """Megabytes in a few bytes: what is recorded stops, and the client gets what came."""
    bombs = {
        "gzip": gzip.compress(bytes(3_000_000)),
        "zstd": zstandard.ZstdCompressor().compress(bytes(50_000_000)),
        "br": brotli.compress(bytes(3_000_000), quality=1),
    }
    scripts = [coded(coding, data) for coding, data in bombs.items()]
    with Hostile(scripts) as server, front(server.base_url, tmp_path, limits=LIMITS) as there:
        for coding, data in bombs.items():
            answer = post(there.base_url, CHAT_PATH, CHAT, [("accept-encoding", coding)])
            assert answer.extensions["raw"] == data
    assert {exchange.ended for exchange in there.exchanges} == {Ended.CEILING}
    assert all(len(exchange.body) <= LIMITS.bytes + 1 for exchange in there.exchanges)


def test_a_body_past_the_ceiling_passes_and_the_recording_says_where_it_stopped(tmp_path: Path) -> None:
    """The ceilings are those of a live run."""
    events = [event(number) for number in range(400)]
    with (
        Hostile([stream(*events, b"data: [DONE]\n\n")]) as server,
        front(server.base_url, tmp_path, limits=LIMITS) as there,
    ):
        answer = post(there.base_url, CHAT_PATH, CHAT)
    assert answer.extensions["raw"] == b"".join(events) + b"data: [DONE]\n\n"
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.CEILING
    assert exchange.detail == "the stream has more than 300 events; the client got all of it"
    assert len(exchange.body) < len(answer.extensions["raw"])


def test_an_endpoint_that_is_down_is_the_networks_trouble_and_no_violation(tmp_path: Path) -> None:
    """The client is told by the recorder, in OpenAI's form."""
    with Hostile([GOOD]) as gone:
        pass
    with front(gone.base_url, tmp_path) as there:
        answer = post(there.base_url, CHAT_PATH, CHAT)
    assert answer.status_code == 502
    error = json.loads(answer.extensions["raw"])["error"]
    assert error["message"] == f"conformance record got no answer from {gone.base_url}: connection refused"
    assert {*error} == {"message", "type", "param", "code"}
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.NO_CONNECTION
    assert exchange.status is None
    assert exchange.attempts[0].error == "connection refused"
    assert {*there.outcomes(exchange.id).values()} <= {"error", "not_testable", "not_applicable"}
    assert there.results[0].exit_code is ExitCode.ERROR
    assert "error: cannot connect to" in there.lines[0]


def test_a_connection_that_is_lost_before_the_answer(tmp_path: Path) -> None:
    """Is no refusal to connect."""
    with Hostile([says()]) as server, front(server.base_url, tmp_path) as there:
        assert post(there.base_url, CHAT_PATH, CHAT).status_code == 502
        assert len(server.asked) == 1, "nothing is sent twice"
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.NO_RESPONSE
    assert there.results[0].exit_code is ExitCode.ERROR


def test_an_answer_that_breaks_off_breaks_off_for_the_client(tmp_path: Path) -> None:
    """And is recorded as lost."""
    script = says(HEAD, chunk(event(1)), reset=True)
    with (
        Hostile([script]) as server,
        front(server.base_url, tmp_path) as there,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        post(there.base_url, CHAT_PATH, CHAT)
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.RESET
    assert exchange.body == event(1)
    assert there.outcomes(exchange.id)["body-complete"] == "fail"


@pytest.mark.parametrize(
    ("script", "kind", "status"),
    [
        (says(HEAD[:-2] + b"x-a: b\r\n c\r\n\r\n", chunk(event(1)), END), Malformed.FOLDED, 200),
        (says(b"HTTP/1.1 200 OK\r\nx : y\r\n\r\n"), Malformed.HEADER, 502),
        (says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}more"), Malformed.SURPLUS, 200),
    ],
)
def test_malformed_http_is_seen_as_in_a_live_run(
    script: Script, kind: Malformed, status: int, tmp_path: Path
) -> None:
    """What the client never sees of it, too."""
    with Hostile([script]) as server, front(server.base_url, tmp_path) as there:
        assert post(there.base_url, CHAT_PATH, CHAT).status_code == status
    (exchange,) = there.exchanges
    assert exchange.malformed is kind
    assert there.outcomes(exchange.id)["http-framing"] == "fail"


def test_a_body_that_stays_open_after_its_terminator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is recorded as one, and passes until the endpoint ends it."""
    monkeypatch.setattr("conformance.record.tape.CLOSE", 0.02)
    end = b": late\n\n"
    script = says(HEAD, chunk(event(1)), chunk(b"data: [DONE]\n\n"), 0.5, chunk(end), END)
    with Hostile([script]) as server, front(server.base_url, tmp_path) as there:
        assert post(there.base_url, CHAT_PATH, CHAT).extensions["raw"].endswith(end)
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.HELD_OPEN
    assert end not in exchange.body


def test_redirects_are_passed_back_and_not_followed(tmp_path: Path) -> None:
    """Wherever they lead."""
    there_is = "location: http://evil.example/v1"
    script = whole("307 Temporary Redirect", b"{}", there_is)
    with Hostile([script]) as server, front(server.base_url, tmp_path) as there:
        for path in (CHAT_PATH, "/files"):
            answer = post(there.base_url, path, CHAT)
            assert (answer.status_code, answer.headers["location"]) == (307, "http://evil.example/v1")
        assert len(server.asked) == 2


def echo(asked: Asked, writer: Any) -> Any:
    """A script that says what it was sent, in its head and in every spelling that it can think of."""
    value = asked.headers["authorization"]
    body = json.dumps({"error": {"message": f"bad key {value}", "line": asked.line, "all": asked.headers}})
    script = whole("401 Unauthorized", body.encode(), f"x-echo: {value}", f"set-cookie: k={value}")
    return script(asked, writer)


def test_no_credential_is_in_any_byte_that_is_written_or_said(tmp_path: Path) -> None:
    """However the client names it, and however the endpoint repeats it; the client gets it all."""
    with Hostile([echo]) as server, front(server.base_url, tmp_path) as there:
        path = f"{CHAT_PATH}?api_key=query-canary-99887766"
        sent = [("x-api-key", "header-canary-55443322"), ("cookie", "sid=cookie-canary-11223344")]
        answer = post(there.base_url, path, CHAT, sent)
    assert KEY.encode() in answer.extensions["raw"]
    assert answer.headers["x-echo"] == f"Bearer {KEY}"
    (exchange,) = there.exchanges
    assert b"[redacted]" in exchange.body
    written = there.written()
    for secret in (KEY, "query-canary", "header-canary", "cookie-canary"):
        assert secret.encode() not in written


def test_no_verdict_puts_a_credential_together(tmp_path: Path) -> None:
    """Of which each event has a part that nobody would know; the evidence has them apart."""
    parts = [{"content": part} for part in ('{"a": ', *KEY)]
    chunks = [{"id": "c", "choices": [{"index": 0, "delta": part, "finish_reason": None}]} for part in parts]
    chunks.append({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    events = [b"data: " + json.dumps(value).encode() + b"\n\n" for value in chunks]
    wanted = {**CHAT, "response_format": {"type": "json_object"}}
    answer = stream(*events, b"data: [DONE]\n\n")
    with Hostile([answer]) as server, front(server.base_url, tmp_path) as there:
        post(there.base_url, CHAT_PATH, wanted)
    (first,) = there.exchanges
    assert there.outcomes(first.id)["structured-output"] == "fail"
    (told,) = [
        ruling.verdict.violations[0].observed
        for ruling in there.results[0].gate.rulings
        if (ruling.verdict.requirement, ruling.verdict.subject) == ("structured-output", first.id)
    ]
    assert '{"a": [redacted]' in told
    assert KEY.encode() not in there.written()


def test_requests_can_be_left_out_of_what_is_stored(tmp_path: Path) -> None:
    """What needs them is then not testable; the model's name is no prompt, and is kept."""
    with Reference() as server, front(server.base_url, tmp_path, drop_requests=True) as there:
        post(there.base_url, CHAT_PATH, CHAT)
    assert b"each with the code" not in there.written()
    (exchange,) = there.exchanges
    assert exchange.lacks == {Need.REQUEST}
    assert (exchange.model, exchange.expects) == ("reference", "stream")
    outcomes = there.outcomes(exchange.id)
    assert outcomes["usage-present"] == "not_testable"
    assert outcomes["done-present"] == "pass"


def test_what_cannot_be_judged_passes_unrecorded(tmp_path: Path) -> None:
    """It is counted."""
    with Reference() as server, front(server.base_url, tmp_path) as there:
        with httpx.Client(base_url=there.base_url, trust_env=False) as client:
            assert client.get("/models").json()["data"]
            assert client.head("/models").status_code == 405
            assert client.post("/embeddings", json={"input": "secret words"}).status_code == 404
        with Hostile([whole("200 OK", b"x" * 10)]) as other, front(other.base_url, tmp_path) as uploads:
            pieces = iter([b"a" * 100_000] * 3)
            with httpx.Client(trust_env=False) as client:
                answer = client.post(
                    f"{uploads.base_url}/files", content=pieces, headers={"content-length": "300000"}
                )
            assert answer.content == b"x" * 10
            assert other.asked[0].body == b"a" * 300_000
    assert there.recording.passed_on == 3
    assert not there.results
    assert b"secret words" not in there.written()


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


def test_an_answer_without_a_model_in_the_request_is_filed_under_the_model_that_it_names(
    tmp_path: Path,
) -> None:
    """As of a deployment whose address says the model."""
    chunks = [
        b'data: {"id":"c","model":"told","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n',
        b"data: [DONE]\n\n",
    ]
    with (
        Hostile([stream(*chunks), whole("200 OK", b"{}")]) as server,
        front(server.base_url, tmp_path) as there,
    ):
        post(there.base_url, CHAT_PATH, {"stream": True, "messages": []})
        post(there.base_url, CHAT_PATH, {"messages": []})
    assert {exchange.model for exchange in there.exchanges} == {"told", ""}
    folders = [path.parent.name for path in there.folder.rglob("2*") if path.is_dir()]
    assert sorted(folders) == ["told", "unnamed"]
    assert {result.report.header.model for result in there.results} == {"told", "unnamed"}


def test_each_model_has_a_report_of_its_own(tmp_path: Path) -> None:
    """In the folders of a live run; none of them is the latest run."""
    with Reference() as server, front(server.base_url, tmp_path) as there:
        for model in ("reference", "reference-reasoning", "reference"):
            post(there.base_url, CHAT_PATH, {**CHAT, "model": model})
    by_model = {result.report.header.model: result for result in there.results}
    assert {name: len(result.report.exchanges) for name, result in by_model.items()} == {
        "reference": 2,
        "reference-reasoning": 1,
    }
    for name, result in by_model.items():
        folder = result.run.folder
        assert folder is not None
        assert folder.parent.name == name
        assert {path.name for path in folder.iterdir()} == {"index.html", "report.jsonl", "evidence"}
        assert not (folder.parent / "latest").exists()
        assert result.report.header.base_url == server_url(folder)
        assert result.report.header.recorded
        page = (folder / "index.html").read_text()
        assert "recorded; the suite sent none" in page
        assert ">live<" not in page


def server_url(folder: Path) -> str:
    """The base URL by which the folder of a provider is named."""
    host, _, port = folder.parents[1].name.rpartition("-")
    return f"http://{host}:{port}/v1"


def test_a_path_that_is_not_there_is_told_from_something_that_is_not_found(tmp_path: Path) -> None:
    """By what comes later, as in a replay of the whole."""
    bare = whole("404 Not Found", b"nothing here", kind="text/plain")
    with Hostile([bare, GOOD, bare]) as server, front(server.base_url, tmp_path) as there:
        for _ in range(3):
            post(there.base_url, CHAT_PATH, CHAT)
    first, good, last = (there.outcomes(exchange.id) for exchange in there.exchanges)
    assert first == last
    replayed: dict[str, dict[str, str]] = {}
    for verdict in judge_provider("replayed", there.exchanges).verdicts:
        replayed.setdefault(verdict.subject, {})[verdict.requirement] = verdict.outcome.value
    assert list(replayed.values()) == [first, good, last]
    assert Outcome.FAIL in {*first.values()}


def test_very_many_exchanges_are_judged_and_few_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of those behind the first, the report has a line and what they break."""
    monkeypatch.setattr("conformance.record.tally.MANY", 2)
    bad = stream(event(1))
    with Hostile([GOOD, GOOD, GOOD, bad]) as server, front(server.base_url, tmp_path) as there:
        for _ in range(5):
            post(there.base_url, CHAT_PATH, CHAT)
    (result,) = there.results
    assert len(result.run.judgement.streams) == 2
    assert [line.events for line in result.report.exchanges] == [3, 3, 3, 1, 1]
    broken = [
        item.verdict.subject for item in result.gate.rulings if item.verdict.requirement == "done-present"
    ]
    assert broken[-2:] == ["chat-0004", "chat-0005"]
    assert not [item for item in result.gate.rulings if item.verdict.subject == "chat-0003" and not item.gates
                and item.verdict.outcome is Outcome.PASS]  # fmt: skip
    page = (result.run.folder or Path()) / "index.html"
    assert "chat-0005" in page.read_text()


def test_a_full_disk_stops_the_recording_and_not_the_traffic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, and never green."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with Reference() as server, front(server.base_url, tmp_path) as there:
        with monkeypatch.context() as patch:
            patch.setattr("conformance.evidence.writer.EvidenceWriter.piece", full)
            assert post(there.base_url, CHAT_PATH, CHAT).extensions["raw"].endswith(b"data: [DONE]\n\n")
        with monkeypatch.context() as patch:
            patch.setattr("conformance.record.session.run_folder", full)
            assert post(there.base_url, CHAT_PATH, {**CHAT, "model": "x"}).status_code == 404
        post(there.base_url, CHAT_PATH, CHAT)
        monkeypatch.setattr("conformance.run.result.write_report", full)
    assert sum("No space left on device" in line for line in there.lines) == 3
    (result,) = there.results
    assert result.exit_code is ExitCode.ERROR
    assert "1 exchange could not be recorded" in result.report.footer.incomplete
    assert there.recording.lost == 2


def test_a_request_that_is_too_large_to_hold_passes_without_its_body_in_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs it is not testable."""
    monkeypatch.setattr(proxy, "LARGEST", 100)
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        assert post(there.base_url, CHAT_PATH, CHAT).status_code == 200
        assert json.loads(server.asked[0].body) == CHAT
    (exchange,) = there.exchanges
    assert exchange.request is not None
    assert (exchange.request.body, exchange.lacks) == ("", frozenset({Need.REQUEST}))
    assert "too large to be kept" in exchange.note


def test_a_client_that_goes_while_its_large_request_is_passed_on_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recording ends with it: it is not held to have been open beside all that come after."""
    monkeypatch.setattr(proxy, "LARGEST", 100)
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        head = (
            f"POST /v1{CHAT_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{there.recording.port}\r\n"
            "Content-Length: 5000\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", there.recording.port)) as client:
            client.sendall(head.encode() + bytes(1_000))
        there.wait()
        post(there.base_url, CHAT_PATH, {**CHAT, "messages": []})
    first, second = there.exchanges
    assert (first.ended, second.ended) == (Ended.LEFT, Ended.CLOSED)
    assert "the client closed its connection before the answer" in there.lines[0]
    assert second.beside == 0


def test_a_request_with_a_length_and_chunks_is_passed_on_by_its_chunks(tmp_path: Path) -> None:
    """With the length, the endpoint would read another request than the recorder did."""
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        head = (
            f"POST /v1{CHAT_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{there.recording.port}\r\nConnection: close\r\n"
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        answer = raw(there.recording.port, head.encode() + b"2\r\n{}\r\n0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
        assert server.asked[0].body == b"{}"


def test_a_fault_of_the_recorder_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held against nobody, and the next exchange is recorded as if nothing had been."""

    def slips(*_: object) -> None:
        raise ZeroDivisionError("a slip")

    with Reference() as server, front(server.base_url, tmp_path) as there:
        with monkeypatch.context() as patch:
            patch.setattr("conformance.record.proxy.end_to_end_back", slips)
            assert post(there.base_url, CHAT_PATH, CHAT).status_code == 500
        assert post(there.base_url, CHAT_PATH, CHAT).status_code == 200
    first, second = there.exchanges
    assert (first.ended, second.ended) == (Ended.INTERRUPTED, Ended.CLOSED)
    assert "the recorder itself failed" in first.detail
    assert not {"fail", "warn", "info"} & {*there.outcomes(first.id).values()}
