"""Verdicts on times made by hand: what is held back, and whether a stream that was left goes on."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.catalogue import Outcome, Verdict
from conformance.exchange import Ended, Exchange, Piece
from conformance.judge import judge
from tests.played import played
from tests.proof.streams.responses import OPENING, completed, message_events, numbered

FOUND = {item.id: item for item in played()}


def at(name: str, first: float, last: float, **fields: object) -> Exchange:
    """An answer of the reference that comes evenly between two times, its first frame with the second."""
    one = FOUND[name]
    bodies = [piece.data for piece in one.pieces]
    steps = max(1, len(bodies) - 2)
    times = [first, *(first + (last - first) * step / steps for step in range(len(bodies) - 1))]
    pieces = tuple(Piece(data=data, at=time) for data, time in zip(bodies, times, strict=True))
    return replace(one, pieces=pieces, ended_at=last, **fields)  # type: ignore[arg-type]


def at_once(name: str, time: float, **fields: object) -> Exchange:
    """An answer that comes whole at one time."""
    return at(name, time, time, **fields)


def told(rule: str, *exchanges: Exchange) -> Verdict:
    """The verdict of the rule on a run of these exchanges."""
    (verdict,) = [item for item in judge(exchanges) if item.requirement == rule]
    return verdict


EARLY = "stream-early"
SHORT = at("chat-length", 0.2, 0.4)  # its first output says how far the endpoint is
PLAIN = at_once("chat-twin", 1.4)


@pytest.mark.parametrize("speed", [0.2, 1.0, 20.0])
def test_a_stream_that_takes_as_long_as_its_twin_before_it_begins_is_held_back(speed: float) -> None:
    """On any speed of the endpoint; where and by what stands in the verdict."""
    near = at("chat-length", 0.1 * speed, 0.3 * speed)
    plain = at_once("chat-twin", 1.4 * speed)
    verdict = told(EARLY, near, plain, at_once("chat-text", 1.4 * speed))
    assert verdict.outcome is Outcome.WARN
    (violation,) = verdict.violations
    assert violation.place == "chat-text"
    assert f"nothing for {1.4 * speed:.2f} s" in violation.observed
    assert f"chat-twin took {1.4 * speed:.2f} s" in violation.expected
    assert told(EARLY, near, plain, at("chat-text", 0.1 * speed, 1.4 * speed)).outcome is Outcome.PASS


def test_one_stream_among_many_is_held_back() -> None:
    """As where tools are offered: the others of the run show that the endpoint can do otherwise."""
    good, plain = at("chat-text", 0.2, 2.8), at_once("chat-twin", 2.8)
    verdict = told(EARLY, SHORT, plain, good, at_once("chat-text-no-usage", 0.7))
    assert [item.place for item in verdict.violations] == ["chat-text-no-usage"]
    assert told(EARLY, SHORT, plain, good, at("chat-text-no-usage", 0.2, 0.7)).outcome is Outcome.PASS


def test_responses_are_held_to_the_same_speed() -> None:
    """A character takes as long in either API."""
    assert told(EARLY, SHORT, PLAIN, at_once("responses-text", 1.4)).outcome is Outcome.WARN
    assert told(EARLY, SHORT, PLAIN, at("responses-text", 0.2, 1.4)).outcome is Outcome.PASS


def test_an_answer_in_one_delta_is_held_back_if_it_comes_late() -> None:
    """However few deltas there are. Large deltas that come in time are none of this rule's business."""
    text = json.loads(FOUND["chat-twin"].body)["choices"][0]["message"]["content"]
    events, done = message_events(0, text)
    body = numbered(*OPENING, *events, completed(done))
    late = replace(FOUND["responses-text"], pieces=(Piece(data=body, at=1.4),))
    assert told(EARLY, SHORT, PLAIN, late).outcome is Outcome.WARN
    assert (
        told(EARLY, SHORT, PLAIN, replace(late, pieces=(Piece(data=body, at=0.3),))).outcome is Outcome.PASS
    )


def test_a_fast_answer_from_far_away_is_not_held_back() -> None:
    """The way takes longer than the answer, streamed or not."""
    far = at("chat-length", 0.8, 0.81)
    assert told(EARLY, far, at_once("chat-twin", 0.95), at_once("chat-text", 0.9)).outcome is Outcome.PASS
    assert told(EARLY, far, at_once("chat-twin", 1.25), at_once("chat-text", 0.9)).outcome is Outcome.PASS
    # Of the only stream nobody knows how much of its time the way took.
    assert told(EARLY, at_once("chat-text", 0.8), at_once("chat-twin", 1.8)).outcome is Outcome.PASS


CHAT = (
    "chat-text",
    "chat-text-no-usage",
    "chat-length",
    "chat-awkward",
    "chat-json",
    "chat-repeat",
    "chat-n",
)


QUICK = at_once("chat-twin", 0.3)  # a gateway that holds streams back may hand on the rest as it comes


def deltas_of(name: str) -> int:
    return len(FOUND[name].pieces)


@pytest.mark.parametrize("beside", [0, 7])
def test_streams_that_begin_the_later_the_longer_they_are_were_held_back(beside: int) -> None:
    """Without an answer that is not streamed, and whatever else was open: the lengths themselves tell it."""
    held = [
        at(name, 0.2 + 0.03 * deltas_of(name), 0.2 + 0.03 * deltas_of(name) + 0.004, beside=beside)
        for name in CHAT
    ]
    verdict = told(EARLY, *held, QUICK)
    assert verdict.outcome is Outcome.WARN
    by_length = sorted(CHAT, key=deltas_of, reverse=True)
    assert [violation.place for violation in verdict.violations] == by_length
    for violation in verdict.violations:
        assert "deltas came at once (within 0.00" in violation.observed[:100]
    assert told(EARLY, *held[:4], QUICK).outcome is not Outcome.WARN


@pytest.mark.parametrize(
    "wait",
    [
        pytest.param(lambda _: 2.0, id="a-far-endpoint"),
        pytest.param(lambda place: 0.2 + 0.5 * (place % 3), id="a-queue"),
        pytest.param(lambda place: 3.0 - 0.4 * place, id="one-at-a-time"),
        pytest.param(lambda _: 0.001, id="no-wait"),
    ],
)
@pytest.mark.parametrize("delta", [0.0, 0.001, 0.03])
def test_streams_whose_wait_follows_no_length_were_not(wait: Callable[[int], float], delta: float) -> None:
    """However fast the deltas are, and whatever they wait for."""
    by_length = sorted(CHAT, key=deltas_of)
    streams = [
        at(name, wait(place), wait(place) + delta * deltas_of(name)) for place, name in enumerate(by_length)
    ]
    assert told(EARLY, *streams, QUICK).outcome is Outcome.PASS


def test_streams_that_take_as_long_as_they_wait_are_slow_and_no_more() -> None:
    """As where long answers have long prompts."""
    streams = [at(name, 0.03 * deltas_of(name), 0.06 * deltas_of(name)) for name in CHAT]
    assert told(EARLY, *streams, QUICK).outcome is Outcome.PASS


def test_a_slow_start_alone_is_not_held_back() -> None:
    """A queue before the answer; its deltas are spread over the time that they take."""
    assert told(EARLY, SHORT, PLAIN, at("chat-text", 3.0, 4.2)).outcome is Outcome.PASS


def test_a_queue_before_a_fast_answer_is_not_its_speed() -> None:
    """One long stream that is over at once shows that the twin waited, as another stream did."""
    near, plain = at("chat-length", 0.3, 0.32), at_once("chat-twin", 1.8)
    queued = at("chat-text", 1.2, 1.29)
    prompt = at("responses-text", 0.35, 0.45)
    assert told(EARLY, near, plain, queued, prompt).outcome is Outcome.PASS
    held = at_once("responses-text", 1.8)
    assert told(EARLY, near, plain, queued, held).outcome is Outcome.WARN
    assert (
        told(EARLY, at_once("chat-length", 0.5), plain, at_once("chat-text", 1.8), held).outcome
        is Outcome.WARN
    )


def test_what_others_were_open_beside_is_not_looked_at() -> None:
    """They may be why it came at once; nor is a model looked at that thinks meanwhile."""
    crowded = at_once("chat-text", 1.4, beside=7)
    assert told(EARLY, SHORT, PLAIN, crowded).outcome is Outcome.PASS
    thinking = at_once("chat-reasoning", 1.4)
    assert told(EARLY, SHORT, PLAIN, thinking).outcome is Outcome.PASS


def test_without_a_twin_or_its_times_nothing_is_said() -> None:
    """Nothing tells how fast the endpoint is; and there is no such group without an answer not streamed."""
    untimed = replace(PLAIN, pieces=tuple(replace(piece, at=None) for piece in PLAIN.pieces))
    crowded = at_once("chat-twin", 1.4, beside=3)
    late = at_once("chat-text", 1.4)
    for plain in (untimed, crowded):
        assert told(EARLY, SHORT, plain, late).outcome is Outcome.NOT_APPLICABLE
    assert not [item for item in judge([SHORT, late]) if item.requirement == EARLY]


def test_a_twin_that_thinks_says_nothing_of_the_speed() -> None:
    """Its reasoning takes time, and is no part of the text."""
    body = json.loads(PLAIN.body)
    body["usage"]["completion_tokens_details"] = {"reasoning_tokens": 90}
    thinking = replace(PLAIN, pieces=(Piece(data=json.dumps(body).encode(), at=9.0),))
    assert told(EARLY, SHORT, thinking, at_once("chat-text", 1.4)).outcome is Outcome.NOT_APPLICABLE
    del body["usage"]
    body["choices"][0]["message"]["reasoning_content"] = "Hm."
    thinking = replace(PLAIN, pieces=(Piece(data=json.dumps(body).encode(), at=9.0),))
    assert told(EARLY, SHORT, thinking, at_once("chat-text", 1.4)).outcome is Outcome.NOT_APPLICABLE


LEFT = replace(at("chat-cancel", 0.2, 0.3), ended=Ended.LEFT)
USUAL = at("chat-text", 0.2, 1.2)
TRIED = replace(at("chat-json", 0.2, 1.2), beside=1)  # beside one other, and no more were tried


@pytest.mark.parametrize(
    ("took", "outcomes"),
    [
        (1.2, (Outcome.PASS, Outcome.PASS)),
        (2.0, (Outcome.PASS, Outcome.PASS)),
        (2.5, (Outcome.PASS, Outcome.INFO)),
        (3.5, (Outcome.WARN, Outcome.PASS)),
    ],
)
def test_how_long_the_next_answer_takes_tells_whether_a_left_stream_went_on(
    took: float, outcomes: tuple[Outcome, Outcome]
) -> None:
    """Compared with the same answer as a stream, which took 1.2 s."""
    run = (LEFT, USUAL, TRIED, at_once("chat-twin", took))
    assert (told("cancel-frees", *run).outcome, told("cancel-undelayed", *run).outcome) == outcomes


def test_an_endpoint_that_is_asked_one_by_one_may_answer_many() -> None:
    """One slow first byte says little then: an INFO, however slow it was."""
    run = (LEFT, USUAL, at_once("chat-twin", 9.0))
    assert told("cancel-frees", *run).outcome is Outcome.PASS
    assert told("cancel-undelayed", *run).outcome is Outcome.INFO


def test_the_wait_is_told_in_seconds_and_as_a_ratio() -> None:
    """With the name of the request that had to wait."""
    (violation,) = told("cancel-frees", LEFT, USUAL, TRIED, at_once("chat-twin", 3.6)).violations
    assert violation.place == "chat-twin"
    assert violation.observed == "3.60 s to the first byte after a stream was left, 3.1 times as long"


def test_a_fast_endpoint_is_not_told_of_a_few_hundredths() -> None:
    """Half a second at least is a wait."""
    quick = at("chat-text", 0.01, 0.1)
    assert told("cancel-frees", LEFT, quick, TRIED, at_once("chat-twin", 0.5)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "run",
    [
        (replace(LEFT, ended=Ended.CLOSED), USUAL, at_once("chat-twin", 9.0)),
        (LEFT, at_once("chat-twin", 9.0)),
        (LEFT, USUAL, replace(SHORT, beside=3), at_once("chat-twin", 9.0)),
    ],
    ids=["not-left", "no-stream-to-compare", "several-at-once"],
)
def test_where_nothing_compares_nothing_is_said(run: tuple[Exchange, ...]) -> None:
    """On an endpoint that answers several at once, a stream that goes on delays nobody."""
    for rule in ("cancel-frees", "cancel-undelayed"):
        assert told(rule, *run).outcome is Outcome.NOT_APPLICABLE
