"""Every way in which an exchange can end, each with its own outcome, words and deadline."""

import asyncio
import gzip
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpcore
import pytest

from conformance.capture import recorder
from conformance.capture.endpoint import Endpoint
from conformance.capture.progress import Silent
from conformance.exchange import Ended
from conformance.plan import plan
from conformance.providers import Deadlines, Limits
from tests.capture.hostile import (
    END,
    GOOD,
    HEAD,
    KEY,
    LIMITS,
    Asked,
    Hostile,
    Script,
    captured,
    chunk,
    endpoint,
    event,
    says,
    whole,
)

DONE = chunk(b"data: [DONE]\n\n")
COMPLETED = b'event: response.completed\ndata: {"type":"response.completed","response":{}}\n\n'


def endless(piece: bytes, pause: float = 0.0) -> Script:
    """Sends the same for ever."""

    async def script(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        while True:
            writer.write(chunk(piece))
            await writer.drain()
            await asyncio.sleep(pause)

    return script


async def flood(_: Asked, writer: asyncio.StreamWriter) -> None:
    """Headers without end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-more: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


async def drip(_: Asked, writer: asyncio.StreamWriter) -> None:
    """A head that comes byte by byte and never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while True:
        writer.write(b"y")
        await asyncio.sleep(0.02)


ENDINGS: dict[str, tuple[Script, Ended, int | None, str]] = {
    "good": (GOOD, Ended.CLOSED, 200, ""),
    "without a word": (says(), Ended.NO_RESPONSE, None, "no answer came: Server disconnected"),
    "silent from the start": (says(9.0), Ended.NO_RESPONSE, None, "no answer began within 0.4 s"),
    "a dripping head": (drip, Ended.NO_RESPONSE, None, "no answer began within 0.4 s"),
    "a flood of headers": (flood, Ended.NO_RESPONSE, None, "no answer came: "),
    "not HTTP": (says(b"220 mail ready\r\n\r\n"), Ended.NO_RESPONSE, None, "no answer came: "),
    "silent after the head": (says(HEAD, 9.0), Ended.SILENCE, 200, "after the head of the answer"),
    "silent after events": (
        says(HEAD, chunk(event(1)), chunk(event(2)), 9.0),
        Ended.SILENCE,
        200,
        "nothing came for 0.3 s after event 2",
    ),
    "silent within an event": (
        says(HEAD, chunk(b"data: {"), 9.0),
        Ended.SILENCE,
        200,
        "after 7 bytes without a complete event",
    ),
    "slow without end": (endless(event(1), 0.1), Ended.OVERTIME, 200, "the answer was not over after 1.2 s"),
    "fast without end": (endless(event(1)), Ended.CEILING, 200, "more than 300 events"),
    "lines without end": (endless(b"a\r" * 200), Ended.CEILING, 200, "more than 300 blocks"),
    "blocks without data": (endless(b": c\n\n" * 50), Ended.CEILING, 200, "more than 300 blocks"),
    "huge": (endless(b"x" * 50_000), Ended.CEILING, 200, "larger than 200000 bytes"),
    "in crumbs without end": (endless(b"x"), Ended.CEILING, 200, "more than 3000 pieces"),
    "broken off": (
        says(HEAD, chunk(event(1)), 0.05),
        Ended.RESET,
        200,
        "the body broke off after event 1: peer closed connection",
    ),
    "reset": (says(HEAD, chunk(event(1)), reset=True), Ended.RESET, 200, "broke off after event 1"),
    "chunks that are none": (says(HEAD, b"zzz\r\n"), Ended.RESET, 200, "broke off after the head"),
    "open after the terminator": (
        says(HEAD, chunk(event(1)), DONE, 9.0),
        Ended.HELD_OPEN,
        200,
        "the body was still open 1 s after [DONE]",
    ),
    "talking after the terminator": (
        says(HEAD, DONE, *(chunk(b": ping\n\n") if step % 2 else 0.2 for step in range(60))),
        Ended.HELD_OPEN,
        200,
        "still open 1 s after [DONE]",
    ),
    "late end": (says(HEAD, DONE, 0.5, END), Ended.CLOSED, 200, ""),
    "HTML": (whole("200 OK", b"<html>hello</html>", kind="text/html"), Ended.CLOSED, 200, ""),
    "until the connection closes": (
        says(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", event(1)),
        Ended.CLOSED,
        200,
        "",
    ),
    "shorter than it says": (
        says(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}"),
        Ended.RESET,
        200,
        "after 2 bytes without",
    ),
    "a coding that was not asked for": (
        says(HEAD[:-2] + b"content-encoding: br\r\n\r\n", chunk(b"\x8b\x02\x80"), END),
        Ended.LEFT,
        200,
        "content coding 'br'",
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_an_exchange_ends_within_its_deadline_with_its_own_outcome(name: str, tmp_path: Path) -> None:
    script, ended, status, words = ENDINGS[name]
    began = time.monotonic()

    (exchange,), asked = captured(script, tmp_path, limits=LIMITS)

    assert (exchange.ended, exchange.status) == (ended, status), exchange.detail
    assert words in exchange.detail
    assert bool(words) == bool(exchange.detail)
    assert len(asked) == len(exchange.attempts) == 1
    assert exchange.ended_at is not None
    assert exchange.ended_at <= 1.8
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("script", "deadlines", "ended", "detail"),
    [
        (says(9.0), {"stream": 0.3}, Ended.NO_RESPONSE, "no answer began within 0.3 s"),
        (says(9.0), {"first_byte": 0.3}, Ended.NO_RESPONSE, "no answer began within 0.3 s"),
        (says(9.0), {"run": 0.4}, Ended.NO_RESPONSE, "the 0.4 s of the whole run were over"),
        (
            endless(event(1), 0.05),
            {"run": 0.6},
            Ended.OVERTIME,
            "the 0.6 s of the whole run were over after event",
        ),
        (
            endless(event(1), 0.05),
            {"stream": 0.6},
            Ended.OVERTIME,
            "the answer was not over after 0.6 s, after event",
        ),
        (
            says(HEAD, 9.0),
            {"run": 0.6},
            Ended.OVERTIME,
            "the 0.6 s of the whole run were over after the head",
        ),
    ],
    ids=["stream", "first-byte", "run", "run-in-body", "stream-in-body", "run-after-head"],
)
def test_the_nearest_of_all_deadlines_ends_an_exchange(
    script: Script, deadlines: dict[str, float], ended: Ended, detail: str, tmp_path: Path
) -> None:
    """Whichever it is, with its own words; the others are far away."""
    far = Deadlines(connect=30.0, first_byte=30.0, silence=30.0, stream=30.0, run=30.0)
    began = time.monotonic()

    (exchange,), _ = captured(script, tmp_path, deadlines=replace(far, **deadlines))

    assert time.monotonic() - began < 6
    assert exchange.ended is ended
    assert exchange.detail.startswith(detail)


def test_an_early_head_does_not_shorten_the_time_to_the_first_byte(tmp_path: Path) -> None:
    """A model that thinks before it speaks is not silent by that."""
    patient = Deadlines(connect=10.0, first_byte=10.0, silence=0.3, stream=20.0, run=30.0)

    (exchange,), _ = captured(says(HEAD, 0.7, chunk(event(1)) + END), tmp_path, deadlines=patient)

    assert exchange.ended is Ended.CLOSED


def test_a_connection_that_is_lost_after_the_terminator_is_lost(tmp_path: Path) -> None:
    """HTTP's own end of the body did not come, whatever the stream says."""
    (exchange,), _ = captured(says(HEAD, chunk(event(1)), DONE, reset=True), tmp_path)

    assert exchange.ended is Ended.RESET
    assert exchange.detail.startswith("the body broke off after event 2")


def test_a_request_that_cannot_be_sent_is_our_fault(tmp_path: Path) -> None:
    """It is no trouble with the network, and not tried again."""
    (exchange,), asked = captured(GOOD, tmp_path, headers={"x-note": "two\nlines"})

    assert asked == []
    assert exchange.ended is Ended.INTERRUPTED
    assert exchange.detail.startswith("the recorder itself failed: LocalProtocolError: ")


def test_what_a_proxy_is_asked_is_not_the_request(tmp_path: Path) -> None:
    """Times count, and a connection stands, from the request to the endpoint on."""
    whole_plan = plan(endpoint("http://127.0.0.1:9/v1"), scenarios=["chat-text"])
    made = recorder.Recorder(Endpoint(whole_plan, KEY), whole_plan.requests[0], tmp_path, Silent())

    async def sent(name: str, method: bytes) -> bool:
        await made._trace(name, {"request": httpcore.Request(method, "http://127.0.0.1:9/")})
        return made._sent is not None

    assert asyncio.run(sent("http11.send_request_headers.started", b"CONNECT")) is False
    assert asyncio.run(sent("connection.connect_tcp.complete", b"POST")) is False
    assert asyncio.run(sent("http11.send_request_headers.started", b"POST")) is True


def test_a_responses_stream_is_over_after_its_terminal_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_CLOSE", 0.2)
    script = says(HEAD, chunk(event(1)), chunk(COMPLETED), 9.0)

    (exchange,), _ = captured(script, tmp_path, ["responses-text"])

    assert exchange.ended is Ended.HELD_OPEN
    assert "after response.completed" in exchange.detail
    assert exchange.body.endswith(COMPLETED)


def test_the_pieces_are_as_they_came(tmp_path: Path) -> None:
    """What was received before a silence is kept, byte for byte and with its times."""
    blocks = [event(1), event(2), b"data: {"]
    parts = [part for block in blocks for part in (chunk(block), 0.1)]

    (exchange,), _ = captured(says(HEAD, *parts, 9.0), tmp_path)

    assert [piece.data for piece in exchange.pieces] == blocks
    first, second, third = [piece.at or 0 for piece in exchange.pieces]
    assert 0.07 < second - first < 0.3
    assert 0.07 < third - second < 0.3


@pytest.mark.parametrize(
    ("coding", "squeeze"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data, wbits=-15)),
        ("gzip", lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:])),
        ("gzip", bytes),
    ],
    ids=["gzip", "deflate", "raw-deflate", "two-members", "not-coded-at-all"],
)
def test_a_body_that_is_compressed_all_the_same_is_kept_readable(
    coding: str, squeeze: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    plain = event(1) + b"data: [DONE]\n\n"
    squeezed = squeeze(plain)
    head = HEAD[:-2] + f"content-encoding: {coding}\r\n\r\n".encode()

    (exchange,), asked = captured(says(head, chunk(squeezed[:20]), 0.05, chunk(squeezed[20:]), END), tmp_path)

    assert asked[0].headers["accept-encoding"] == "identity"
    assert exchange.body == plain
    assert exchange.header("content-encoding") == coding
    assert exchange.ended is Ended.CLOSED


def test_a_small_body_that_grows_without_end_meets_the_ceiling(tmp_path: Path) -> None:
    bomb = gzip.compress(b"x" * 50_000_000)
    script = says(HEAD[:-2] + b"content-encoding: gzip\r\n\r\n", chunk(bomb), END)

    (exchange,), _ = captured(script, tmp_path, limits=LIMITS)

    assert exchange.ended is Ended.CEILING
    assert len(exchange.body) == LIMITS.bytes + 1


def test_a_compressed_body_that_breaks_keeps_what_could_be_read(tmp_path: Path) -> None:
    squeeze = zlib.compressobj(wbits=31)
    good = squeeze.compress(event(1)) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    head = HEAD[:-2] + b"content-encoding: gzip\r\n\r\n"

    (exchange,), _ = captured(says(head, chunk(good), 0.05, chunk(b"\xff" * 40), END), tmp_path)

    assert exchange.ended is Ended.RESET
    assert "content coding gzip is broken" in exchange.detail
    assert exchange.body == event(1)


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_a_redirect_is_the_answer_and_is_not_followed(status: str, tmp_path: Path) -> None:
    """Neither the request nor the key goes to where it points, on another origin or on the same."""
    with Hostile([GOOD]) as other:
        target = f"location: {other.base_url}/chat/completions?token=abc#part"

        (exchange,), asked = captured(whole(status, b"{}", target), tmp_path)

        assert not other.asked
    assert (exchange.status, exchange.ended) == (int(status[:3]), Ended.CLOSED)
    assert exchange.header("location") == f"{other.base_url}/chat/completions"
    assert len(asked) == 1


def test_cookies_of_one_answer_are_not_sent_with_the_next_request(tmp_path: Path) -> None:
    script = whole("400 Bad Request", b"{}", "set-cookie: session=abc; Path=/")

    exchanges, asked = captured(
        script, tmp_path, ["chat-text", "chat-multibyte", "chat-length"], limits=Limits(concurrency=1)
    )

    assert [exchange.status for exchange in exchanges] == [400, 400, 400]
    assert not any("cookie" in request.headers for request in asked)
    assert exchanges[0].header("set-cookie") == "[not kept]"
