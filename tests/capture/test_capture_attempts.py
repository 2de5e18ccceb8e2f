"""Which attempts are repeated, when, and what evidence keeps of them."""

import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from socket import create_server
from types import SimpleNamespace

import httpx
import pytest

from conformance.capture import attempts, recorder
from conformance.capture.attempts import LONGEST_WAIT, AttemptOutcome, wait_asked
from conformance.capture.endpoint import Endpoint
from conformance.capture.progress import Silent
from conformance.capture.repeats import ATTEMPTS
from conformance.capture.run import capture
from conformance.exchange import Attempt, Ended
from conformance.plan import plan
from conformance.providers import Limits
from tests.capture.hostile import (
    FOREVER,
    GOOD,
    KEY,
    PATIENCE,
    PATIENT,
    Hostile,
    Script,
    captured,
    endpoint,
    job,
    says,
    whole,
)
from tests.played import BARE

LIMITED = whole("429 Too Many Requests", b"{}", "retry-after: 0.3")
BROKEN = whole("500 Internal Server Error", b'{"error": {"message": "sorry"}}')


def test_a_limited_request_waits_as_long_as_it_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of the recorder goes on by an hour while it waits."""

    class Waits(Silent):
        passed = 0.0

        def waits(self, provider: str, exchange: str, seconds: float, why: str) -> None:
            assert (provider, exchange, seconds, why) == ("hostile", "chat-text", 0.3, "status 429")
            self.passed += 3600.0

    waits, clock = Waits(), time.monotonic
    monkeypatch.setattr(recorder, "time", SimpleNamespace(monotonic=lambda: clock() + waits.passed))
    began = clock()

    (exchange,), asked = captured([LIMITED, GOOD], tmp_path, progress=waits)

    assert clock() - began > 0.3
    assert (exchange.status, exchange.ended) == (200, Ended.CLOSED)
    assert [(item.status, item.retry_after) for item in exchange.attempts] == [(429, 0.3), (200, None)]
    assert exchange.attempts[1].started > 3600.3
    assert exchange.ended_at is not None
    assert exchange.ended_at < PATIENCE, "times count from the request of the last attempt"
    assert len(asked) == 2


def test_a_longer_wait_than_the_run_has_left_is_not_begun(tmp_path: Path) -> None:
    (exchange,), asked = captured(
        whole("429 Too Many Requests", b"{}", "retry-after: 8"),
        tmp_path,
        deadlines=replace(PATIENT, run=8.0),
    )

    assert (exchange.status, len(asked), exchange.ended) == (429, 1, Ended.CLOSED)
    assert exchange.attempts[0].retry_after == 8


def test_no_wait_is_longer_than_the_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "LONGEST_WAIT", 0.1)

    (exchange,), _ = captured([whole("503 Busy", b"{}", "retry-after: 86400"), GOOD], tmp_path)

    assert exchange.status == 200
    assert exchange.attempts[0].retry_after == 86400
    assert 0.1 < exchange.attempts[1].started < PATIENCE


def test_after_three_attempts_the_last_answer_stands(tmp_path: Path) -> None:
    (exchange,), asked = captured(BROKEN, tmp_path)

    assert (exchange.status, exchange.ended, len(asked)) == (500, Ended.CLOSED, 3)
    assert [item.status for item in exchange.attempts] == [500, 500, 500]
    assert exchange.body == b'{"error": {"message": "sorry"}}'


@pytest.mark.parametrize(
    ("scripts", "sent"),
    [
        ([BROKEN, BROKEN, GOOD], 3),
        ([whole("501 Not Implemented")], 1),
        ([whole("404 Not Found")], 1),
        ([whole("400 Bad Request")], 1),
        ([says(), GOOD], 2),
        ([says()], 2),
        ([says(b"220 mail ready\r\n\r\n"), GOOD], 1),
        ([says(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", reset=True), GOOD], 1),
    ],
    ids=["500-500-200", "501", "404", "400", "lost", "lost-twice", "not-http", "broken-body"],
)
def test_only_what_may_pass_is_tried_again(scripts: Sequence[Script], sent: int, tmp_path: Path) -> None:
    (exchange,), asked = captured(scripts, tmp_path)

    assert len(asked) == len(exchange.attempts) == sent


@pytest.mark.parametrize("script", [BROKEN, LIMITED], ids=["500", "429"])
def test_where_a_refusal_is_asked_for_the_first_answer_counts(script: Script, tmp_path: Path) -> None:
    """A 5xx there is what is looked for."""
    (exchange,), asked = captured([script, whole("400 Bad Request")], tmp_path, ["chat-malformed"])

    assert len(asked) == 1
    assert exchange.status == exchange.attempts[0].status != 400


def test_a_provider_that_is_down_is_given_up_after_the_first_request(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    provider = endpoint(f"http://127.0.0.1:{port}/v1", name="down")

    exchanges = capture([job(provider, tmp_path, ())]).exchanges["down"]

    assert len(exchanges) == BARE
    words = f"cannot connect to http://127.0.0.1:{port}/v1: connection refused"
    assert {exchange.detail for exchange in exchanges} == {words}
    (first,) = (exchange for exchange in exchanges if exchange.attempts)
    assert first.id == "chat-text-no-usage"
    assert first.ended is Ended.NO_CONNECTION
    assert len(first.attempts) == 3
    assert all(item.status is None and item.error for item in first.attempts)
    assert first.ended_at is None
    assert {exchange.ended for exchange in exchanges if exchange is not first} == {Ended.NOT_SENT}
    assert [exchange.id for exchange in exchanges if exchange.started] == [first.id]


def test_a_connection_that_is_not_accepted_ends_at_its_deadline(tmp_path: Path) -> None:
    """A listener with a full queue: nothing refuses, nothing accepts."""
    with create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [create_connection_to(full.getsockname()[1]) for _ in range(3)]
        base_url = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        provider = endpoint(base_url, name="full", deadlines=replace(PATIENT, connect=0.5))
        exchanges = capture([job(provider, tmp_path, ("smoke",))]).exchanges["full"]
        for item in waiting:
            item.close()

    assert exchanges[0].ended is Ended.NO_CONNECTION
    assert exchanges[0].detail == "no connection was made within 0.5 s"
    assert len(exchanges[0].attempts) == 1
    assert exchanges[-1].ended is Ended.NOT_SENT


def create_connection_to(port: int) -> socket.socket:
    """A connection that is not waited for."""
    item = socket.socket()
    item.setblocking(False)
    item.connect_ex(("127.0.0.1", port))
    return item


def test_only_failures_in_a_row_give_a_provider_up() -> None:
    asked = Endpoint(plan(endpoint("http://127.0.0.1:9/v1")), KEY)

    asked.missed("refused")
    asked.reached()
    asked.missed("refused")
    assert not asked.down
    asked.missed("refused")
    assert "refused" in asked.down


def test_requests_that_the_run_has_no_time_for_are_not_sent(tmp_path: Path) -> None:
    """One at a time: a good one, one that takes until the deadline of the run, and the rest."""
    deadlines = replace(PATIENT, run=3.0)
    with Hostile([GOOD, says(FOREVER)]) as server:
        provider = endpoint(server.base_url, limits=Limits(concurrency=1), deadlines=deadlines)
        exchanges = capture([job(provider, tmp_path, ("smoke",))]).exchanges["hostile"]
        assert len(server.asked) == 2

    over = "the 3 s of the whole run were over"
    assert Counter((exchange.ended, exchange.detail) for exchange in exchanges) == {
        (Ended.CLOSED, ""): 1,
        (Ended.INTERRUPTED, f"{over} before the answer"): 1,
        (Ended.NOT_SENT, f"{over} before its turn"): 3,
    }


def answered(status: int, retry_after: float | None = None) -> AttemptOutcome:
    """An attempt that was answered with a status."""
    return AttemptOutcome(
        attempt=Attempt(started=0.0, status=status, retry_after=retry_after), response=httpx.Response(status)
    )


@pytest.mark.parametrize(
    ("status", "again"),
    [
        *((status, True) for status in (429, 500, 502, 503, 504, 529, 599)),
        *((status, False) for status in (200, 302, 400, 401, 404, 408, 428, 430, 499, 501, 505, 600)),
    ],
)
def test_an_answer_that_may_pass_is_tried_again(status: int, *, again: bool) -> None:
    """What the server cannot do now, it cannot do in a second either; nor is a refusal tried that is due."""
    assert answered(status).again(refusal=False) is again
    assert answered(status).again(refusal=True) is False


@pytest.mark.parametrize(
    ("status", "full"), [(429, True), (503, True), (529, True), (500, False), (400, False)]
)
def test_a_refusal_for_the_load_is_not_the_one_that_is_due(status: int, *, full: bool) -> None:
    """If others were open, the request is sent again with fewer of them; alone, the first answer counts."""
    beside = replace(answered(status), beside=1)

    assert beside.again(refusal=True) is full
    assert beside.crowded is full
    assert answered(status).again(refusal=True) is False


@pytest.mark.parametrize(
    ("ended", "expired", "again"),
    [
        (Ended.NO_CONNECTION, False, True),
        (Ended.NO_CONNECTION, True, False),
        (Ended.NO_RESPONSE, False, False),
        (Ended.NO_RESPONSE, True, False),
    ],
)
def test_without_an_answer_only_a_refused_connection_is_tried_again(
    ended: Ended, *, expired: bool, again: bool
) -> None:
    """A request that was sent may have been worked on, and a deadline that is over stays over."""
    tried = AttemptOutcome(attempt=Attempt(started=0.0), ended=ended, expired=expired)

    assert tried.again(refusal=False) is again


def test_waits_double_unless_the_server_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an answer from one second on, without a connection from less; never longer than the cap."""
    monkeypatch.setattr(attempts, "_RECONNECT", 0.2)
    monkeypatch.setattr(attempts, "_REPEAT", 1.0)
    lost = AttemptOutcome(attempt=Attempt(started=0.0), ended=Ended.NO_CONNECTION)

    assert [answered(503).wait(number) for number in (1, 2, 3)] == [1.0, 2.0, 4.0]
    assert [lost.wait(number) for number in (1, 2, 3)] == [0.2, 0.4, 0.8]
    assert [answered(429, asked).wait(2) for asked in (0.0, 7.0, 3600.0)] == [0.0, 7.0, 30.0]
    assert (ATTEMPTS, LONGEST_WAIT) == (3, 30.0)


def test_a_run_that_is_over_ends_a_connection_too(tmp_path: Path) -> None:
    """A listener with a full queue, and more time to connect than the run has."""
    deadlines = replace(PATIENT, run=0.4)
    with create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [create_connection_to(full.getsockname()[1]) for _ in range(3)]
        provider = endpoint(f"http://127.0.0.1:{full.getsockname()[1]}/v1", deadlines=deadlines)
        (exchange,) = capture([job(provider, tmp_path)]).exchanges["hostile"]
        for item in waiting:
            item.close()

    assert (exchange.ended, exchange.detail) == (
        Ended.INTERRUPTED,
        "the 0.4 s of the whole run were over before the request was sent",
    )


NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        (" 0.25 ", 0.25),
        ("0", 0.0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("1e999", None),
        ("9" * 400, None),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 12:00:30", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("Sat, 99 Nov 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert wait_asked(header, NOW) == seconds
