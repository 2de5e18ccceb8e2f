"""A stream that the client closes in the middle, and the request that is sent afterwards."""

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.capture.run import Job, capture
from conformance.evidence import read_evidence
from conformance.exchange import Ended
from conformance.plan import plan
from conformance.providers import Limits
from tests.capture.hostile import (
    FOREVER,
    GOOD,
    HEAD,
    KEY,
    PATIENCE,
    PATIENT,
    Asked,
    Hostile,
    Script,
    captured,
    chunk,
    endpoint,
    event,
    job,
    says,
    whole,
)

PAIR = ("chat-cancel", "chat-twin")
COUNTING = says(HEAD, *(part for number in range(9000) for part in (chunk(event(number)), 0.02)))
STOPPING = says(HEAD, *(chunk(event(number)) for number in range(5)), FOREVER)


def is_twin(asked: Asked) -> bool:
    """Whether a request is the one that follows."""
    return "stream" not in json.loads(asked.body)


@pytest.mark.parametrize("script", [COUNTING, STOPPING], ids=["more-comes", "no-more-comes"])
def test_a_stream_is_left_after_its_events(script: Script, tmp_path: Path) -> None:
    """Its pieces are kept, and the evidence says the same; a sixth event is not waited for."""
    (left,), _ = captured(script, tmp_path, ["chat-cancel"])

    assert left.ended is Ended.LEFT
    assert left.detail == "the suite left the stream after event 5, as the scenario says"
    assert left.body == b"".join(event(number) for number in range(5))
    assert len(left.pieces) == 5
    assert left.ended_at is not None
    assert left.ended_at < PATIENCE
    stored = read_evidence(tmp_path / "hostile" / "chat-cancel.jsonl")
    assert left == replace(stored, source="")  # a live exchange has no file as its source


def test_the_connection_is_gone_when_a_stream_is_left(tmp_path: Path) -> None:
    """The endpoint sees it, long before it has said all."""
    gone = threading.Event()

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        try:
            await COUNTING(asked, writer)
        except OSError:
            gone.set()

    with Hostile([script]) as server:
        capture([job(endpoint(server.base_url), tmp_path, ["chat-cancel"])])
        assert gone.wait(PATIENCE)


def test_a_piece_of_more_events_is_kept_whole(tmp_path: Path) -> None:
    """What came at once cannot be taken apart."""
    many = b"".join(event(number) for number in range(9))
    (left,), _ = captured(says(HEAD, chunk(many), FOREVER), tmp_path, ["chat-cancel"])

    assert left.ended is Ended.LEFT
    assert left.body == many


def test_comments_are_no_events(tmp_path: Path) -> None:
    """The stream goes on until there is something to leave."""
    parts = [chunk(b": wait\n\n")] * 20
    (left,), _ = captured(
        says(HEAD, *parts, 0.1, *(chunk(event(n)) for n in range(7)), FOREVER), tmp_path, ["chat-cancel"]
    )

    assert left.ended is Ended.LEFT
    assert left.body.count(b"data:") >= 5


def test_a_stream_that_ends_before_is_whole(tmp_path: Path) -> None:
    """There was nothing to leave."""
    (exchange,), _ = captured(GOOD, tmp_path, ["chat-cancel"])

    assert exchange.ended is Ended.CLOSED


def test_no_other_stream_is_left(tmp_path: Path) -> None:
    """Only the scenario that says so."""
    parts = [chunk(event(number)) for number in range(30)]
    (exchange,), _ = captured(says(HEAD, *parts, b"0\r\n\r\n"), tmp_path, ["chat-text"])

    assert exchange.ended is Ended.CLOSED
    assert exchange.body.count(b"data:") == 30


BROKEN = whole("500 Internal Server Error")
FIRSTS: dict[str, tuple[Script, Ended, int]] = {
    "left": (COUNTING, Ended.LEFT, 1),
    "ended before": (GOOD, Ended.CLOSED, 1),
    "broken off": (says(HEAD, chunk(event(1)), 0.1, reset=True), Ended.RESET, 1),
    "silent": (says(HEAD, chunk(event(1)), FOREVER), Ended.SILENCE, 1),
    "without an answer": (says(0.2), Ended.NO_RESPONSE, 2),
    "refused": (whole("400 Bad Request"), Ended.CLOSED, 1),
    "failing each time": (BROKEN, Ended.CLOSED, 3),
}


@pytest.mark.parametrize(("first", "ended", "tries"), FIRSTS.values(), ids=FIRSTS)
def test_the_next_request_is_sent_when_the_stream_is_over(
    first: Script, ended: Ended, tries: int, tmp_path: Path
) -> None:
    """However it ends."""
    document = whole("200 OK", b'{"object":"chat.completion"}')
    deadlines = replace(PATIENT, silence=1.0) if ended is Ended.SILENCE else PATIENT
    scripts = [GOOD, *[first] * tries, document]
    (_, left, after), (_, *asked) = captured(scripts, tmp_path, (*PAIR, "chat-n"), deadlines=deadlines)

    assert left.ended is ended
    assert (after.ended, after.status) == (Ended.CLOSED, 200)
    assert [is_twin(item) for item in asked] == [False] * tries + [True]
    assert left.started < after.started


def test_a_stream_that_is_not_sent_holds_nothing_up(tmp_path: Path) -> None:
    """Neither where it is no part of the plan, nor where its evidence cannot be written."""
    document = whole("200 OK", b"{}")
    (alone,), _ = captured(document, tmp_path / "alone", ["chat-twin"])
    (tmp_path / "both" / "hostile" / "chat-cancel.jsonl").mkdir(parents=True)
    (unsent, after), asked = captured(document, tmp_path / "both", PAIR)

    assert alone.status == after.status == 200
    assert unsent.ended is Ended.NOT_SENT
    assert len(asked) == 1


def test_nothing_waits_for_ever_where_there_is_nothing_to_connect_to(tmp_path: Path) -> None:
    """The one fails, and the other is not sent."""
    provider = endpoint("http://127.0.0.1:9/v1", name="down")
    exchanges = capture([job(provider, tmp_path, PAIR)]).exchanges["down"]

    assert [exchange.ended for exchange in exchanges] == [Ended.NO_CONNECTION, Ended.NOT_SENT]


@pytest.mark.parametrize("names", [PAIR, (*PAIR, "chat-text", "chat-length")], ids=["alone", "among others"])
def test_one_request_at_a_time_is_enough(names: Sequence[str], tmp_path: Path) -> None:
    """The one that waits holds no slot that the other needs."""
    exchanges, _ = captured(GOOD, tmp_path, names, limits=Limits(concurrency=1))

    assert {exchange.status for exchange in exchanges} == {200}


def test_each_sample_waits_for_its_own(tmp_path: Path) -> None:
    """The second of the one for the second of the other."""

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        answers = whole("200 OK") if is_twin(asked) else COUNTING
        await answers(asked, writer)

    with Hostile([script]) as server:
        wanted = plan(endpoint(server.base_url), scenarios=PAIR, samples=2)
        exchanges = capture([Job(plan=wanted, key=KEY, evidence=tmp_path)]).exchanges["hostile"]
    started = {exchange.id: exchange.started for exchange in exchanges}

    assert started["chat-cancel"] < started["chat-twin"]
    assert started["chat-cancel.2"] < started["chat-twin.2"]
