"""Every way in which an exchange can end, each with its own outcome, description and deadline."""

import asyncio
import gzip
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Queue

import httpcore
import pytest

from conformance.capture import recorder
from conformance.capture.endpoint import Endpoint
from conformance.capture.progress import Silent
from conformance.exchange import Ended
from conformance.plan import plan
from conformance.providers import Limits
from tests.capture.hostile import (
    END,
    FOREVER,
    GOOD,
    HEAD,
    KEY,
    LIMITS,
    PATIENCE,
    PATIENT,
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


@dataclass(frozen=True)
class Ending:
    """What an endpoint does, how that ends, and the one deadline that is short, where one ends it.

    All others are far away, so that no busy machine meets them first, and an exchange that another one ends
    has another outcome. `close` are the seconds that a body has to end after its terminator, if not many.
    """

    script: Script
    ended: Ended
    words: str = ""
    status: int | None = 200
    short: dict[str, float] = field(default_factory=dict)
    close: float = 0.0
    attempts: int = 1


BEGUN = HEAD + chunk(event(1))
ENDINGS = {
    "good": Ending(GOOD, Ended.CLOSED),
    "without a word": Ending(
        says(), Ended.NO_RESPONSE, "no answer came: Server disconnected", status=None, attempts=2
    ),
    "silent from the start": Ending(
        says(FOREVER),
        Ended.NO_RESPONSE,
        "no answer began within 0.4 s",
        status=None,
        short={"first_byte": 0.4},
    ),
    "a dripping head": Ending(
        drip, Ended.NO_RESPONSE, "no answer began within 0.4 s", status=None, short={"first_byte": 0.4}
    ),
    "a flood of headers": Ending(flood, Ended.NO_RESPONSE, "no answer came: ", status=None),
    "not HTTP": Ending(says(b"220 mail ready\r\n\r\n"), Ended.NO_RESPONSE, "no answer came: ", status=None),
    # The first byte of a body has what is left of the time that the answer has, and no less than a silence.
    "silent after the head": Ending(
        says(HEAD, FOREVER),
        Ended.SILENCE,
        "after the head of the answer",
        short={"first_byte": 2.0, "silence": 0.3},
    ),
    "silent after events": Ending(
        says(BEGUN + chunk(event(2)), FOREVER),
        Ended.SILENCE,
        "nothing came for 0.3 s after event 2",
        short={"silence": 0.3},
    ),
    "silent within an event": Ending(
        says(HEAD + chunk(b"data: {"), FOREVER),
        Ended.SILENCE,
        "after 7 bytes without a complete event",
        short={"silence": 0.3},
    ),
    "slow without end": Ending(
        endless(event(1), 0.1), Ended.OVERTIME, "the answer was not over after 2 s", short={"stream": 2.0}
    ),
    "fast without end": Ending(endless(event(1)), Ended.CEILING, "more than 300 events"),
    "lines without end": Ending(endless(b"a\r" * 200), Ended.CEILING, "more than 300 blocks"),
    "blocks without data": Ending(endless(b": c\n\n" * 50), Ended.CEILING, "more than 300 blocks"),
    "huge": Ending(endless(b"x" * 50_000), Ended.CEILING, "larger than 200000 bytes"),
    "in crumbs without end": Ending(endless(b"x"), Ended.CEILING, "more than 3000 pieces"),
    "broken off": Ending(
        says(BEGUN, 0.05), Ended.RESET, "the body broke off after event 1: peer closed connection"
    ),
    "reset": Ending(says(BEGUN, reset=True), Ended.RESET, "broke off after event 1"),
    "chunks that are none": Ending(
        says(HEAD, b"zzz\r\n"), Ended.RESET, "could not be read on after the head"
    ),
    "open after the terminator": Ending(
        says(BEGUN, DONE, FOREVER), Ended.HELD_OPEN, "the body was still open 0.3 s after [DONE]", close=0.3
    ),
    "talking after the terminator": Ending(
        says(HEAD, DONE, *(chunk(b": ping\n\n") if step % 2 else 0.1 for step in range(1200))),
        Ended.HELD_OPEN,
        "still open 0.3 s after [DONE]",
        close=0.3,
    ),
    "late end": Ending(says(HEAD, DONE, 0.5, END), Ended.CLOSED),
    "HTML": Ending(whole("200 OK", b"<html>hello</html>", kind="text/html"), Ended.CLOSED, "a web page"),
    "until the connection closes": Ending(
        says(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", event(1)), Ended.CLOSED
    ),
    "shorter than it says": Ending(
        says(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}"), Ended.RESET, "after 2 bytes without"
    ),
    "a coding that was not asked for": Ending(
        says(HEAD[:-2] + b"content-encoding: br\r\n\r\n", chunk(b"\x8b\x02\x80"), END),
        Ended.LEFT,
        "content coding 'br'",
    ),
}


@pytest.mark.parametrize("due", ENDINGS.values(), ids=ENDINGS)
def test_an_exchange_ends_by_its_own_deadline_with_its_own_outcome(
    due: Ending, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if due.close:
        monkeypatch.setattr(recorder, "_CLOSE", due.close)
    (exchange,), asked = captured(
        due.script, tmp_path, limits=LIMITS, deadlines=replace(PATIENT, **due.short)
    )

    assert (exchange.ended, exchange.status) == (due.ended, due.status), exchange.detail
    assert due.words in exchange.detail
    assert bool(due.words) == bool(exchange.detail)
    assert len(asked) == len(exchange.attempts) == due.attempts
    assert exchange.ended_at is not None
    assert min(due.short.values(), default=0.0) <= exchange.ended_at < PATIENCE


@pytest.mark.parametrize(
    ("script", "deadlines", "ended", "detail"),
    [
        (says(FOREVER), {"stream": 0.3}, Ended.NO_RESPONSE, "no answer began within 0.3 s"),
        (says(FOREVER), {"first_byte": 0.3}, Ended.NO_RESPONSE, "no answer began within 0.3 s"),
        (says(FOREVER), {"run": 0.4}, Ended.INTERRUPTED, "the 0.4 s of the whole run were over before"),
        (
            endless(event(1), 0.05),
            {"run": 2.0},
            Ended.INTERRUPTED,
            "the 2 s of the whole run were over after event",
        ),
        (
            endless(event(1), 0.05),
            {"stream": 2.0},
            Ended.OVERTIME,
            "the answer was not over after 2 s, after event",
        ),
        (
            says(HEAD, FOREVER),
            {"run": 2.0},
            Ended.INTERRUPTED,
            "the 2 s of the whole run were over after the head",
        ),
    ],
    ids=["stream", "first-byte", "run", "run-in-body", "stream-in-body", "run-after-head"],
)
def test_the_nearest_of_all_deadlines_ends_an_exchange(
    script: Script, deadlines: dict[str, float], ended: Ended, detail: str, tmp_path: Path
) -> None:
    """Whichever it is, with its own words; the others are far away."""
    (exchange,), _ = captured(script, tmp_path, deadlines=replace(PATIENT, **deadlines))

    assert exchange.ended is ended
    assert exchange.detail.startswith(detail)


def test_an_early_head_does_not_shorten_the_time_to_the_first_byte(tmp_path: Path) -> None:
    """A model that thinks before it speaks is not silent by that."""
    patient = replace(PATIENT, silence=0.3)

    (exchange,), _ = captured(says(HEAD, 0.7, chunk(event(1)) + END), tmp_path, deadlines=patient)

    assert exchange.ended is Ended.CLOSED


def test_comments_behind_the_terminator_do_not_hold_the_recorder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves when the time of the end is over, whatever comes meanwhile."""
    monkeypatch.setattr(recorder, "_CLOSE", 0.2)
    pings = [part for _ in range(9000) for part in (0.1, chunk(b": ping\n\n"))]
    (exchange,), _ = captured(says(HEAD, DONE, *pings, END), tmp_path, deadlines=PATIENT)

    assert exchange.ended is Ended.HELD_OPEN


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
        request, stream = httpcore.Request(method, "http://127.0.0.1:9/"), httpcore.AsyncMockStream([])
        await made._trace(name, {"request": request, "return_value": stream})
        return made._sent is not None

    assert asyncio.run(sent("http11.send_request_headers.started", b"CONNECT")) is False
    assert asyncio.run(sent("connection.connect_tcp.complete", b"POST")) is False
    assert asyncio.run(sent("http11.send_request_headers.started", b"POST")) is True


def test_a_responses_stream_is_over_after_its_terminal_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_CLOSE", 0.2)
    script = says(HEAD, chunk(event(1)), chunk(COMPLETED), FOREVER)

    (exchange,), _ = captured(script, tmp_path, ["responses-text"])

    assert exchange.ended is Ended.HELD_OPEN
    assert "after response.completed" in exchange.detail
    assert exchange.body.endswith(COMPLETED)


def test_the_pieces_are_as_they_came(tmp_path: Path) -> None:
    """What was received before a silence is kept, byte for byte and with its times.

    A piece comes between the moment that it is sent and the one that the next is, which here waits until it
    has come, and a while longer.
    """
    blocks = [event(1), event(2), b"data: {"]
    sent: list[float] = []
    taken: Queue[int] = Queue()

    class Taken(Silent):
        def receives(self, provider: str, exchange: str, size: int, events: int) -> None:
            assert (provider, exchange, events) == ("hostile", "chat-text", min(len(sent), 2))
            taken.put(size)

    async def script(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        for block in blocks:
            sent.append(time.monotonic())
            writer.write(chunk(block))
            await asyncio.to_thread(taken.get, timeout=PATIENCE)
            await asyncio.sleep(0.05)
        sent.append(time.monotonic())
        await asyncio.sleep(FOREVER)

    (exchange,), _ = captured(script, tmp_path, progress=Taken(), deadlines=replace(PATIENT, silence=1.0))

    assert exchange.ended is Ended.SILENCE
    assert [piece.data for piece in exchange.pieces] == blocks
    first, second, third = [piece.at or 0 for piece in exchange.pieces]
    assert 0.04 < second - first < sent[2] - sent[0]
    assert 0.04 < third - second < sent[3] - sent[1]


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
        script, tmp_path, ["chat-text", "chat-awkward", "chat-length"], limits=Limits(concurrency=1)
    )

    assert [exchange.status for exchange in exchanges] == [400, 400, 400]
    assert not any("cookie" in request.headers for request in asked)
    assert exchanges[0].header("set-cookie") == "[not kept]"
