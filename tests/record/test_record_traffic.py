"""What passes through the recorder is unchanged, and judged as if the endpoint had been asked directly."""

import gzip
import json
import time
import zlib
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import httpx
import pytest
import zstandard

from conformance.evidence.received import received
from conformance.exchange import Api, Ended, Piece
from conformance.gate import ExitCode
from conformance.judge import judge_exchange
from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from conformance.requirements import by_id
from tests.capture.hostile import (
    END,
    GOOD,
    HEAD,
    LIMITS,
    Hostile,
    Script,
    chunk,
    event,
    says,
    stream,
)
from tests.record.front import CHAT, CHAT_PATH, KEY, RESPONSES, RESPONSES_PATH, front, plain, post, raw

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


# Faults of framing, of each API, of documents, of refusals and of HTTP itself, with requests that they spoil.
SOME_FAULTS: dict[str | None, tuple[str, ...]] = {
    None: ("chat-stream", "chat-document", "responses-stream", "responses-document"),
    "role-missing": ("chat-stream",),
    "json-cut-off": ("chat-stream",),
    "reset-in-the-middle": ("chat-stream",),
    "document-object-wrong": ("chat-document", "responses-document"),
    "text-final-differs": ("responses-stream",),
    "stream-compressed": ("responses-stream",),
}


def direct(base_url: str, path: str, body: Any) -> dict[str, str]:
    """The outcomes of what an endpoint says when it is asked without a recorder."""
    pieces: list[Piece] = []
    ended = "closed"
    sent = time.monotonic()
    with (
        plain() as client,
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


@pytest.mark.parametrize("fault", SOME_FAULTS)
def test_verdicts_are_those_of_asking_directly(fault: str | None, tmp_path: Path) -> None:
    """Of the reference, and of faults of every kind."""
    asked = [REQUESTS[name] for name in SOME_FAULTS[fault]]
    spoilt = FAULTS[fault] if fault else None
    with Reference(spoilt) as server, front(server.base_url, tmp_path) as there:
        wanted = [direct(server.base_url, path, body) for path, body in asked]
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
    assert untimed[: len(asked)] == untimed[len(asked) :]
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
