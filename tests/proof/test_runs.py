"""Verdicts on a run as a whole: whether anything was answered, and whether a client that left did harm."""

from dataclasses import replace

import pytest

from conformance.catalogue import Outcome
from conformance.exchange import Ended, Exchange, Piece
from conformance.judge import judge
from tests.played import played

RULE = "cancel-survived"


def verdict(**changes: dict[str, object]) -> Outcome:
    """What becomes of the rule when the exchange left, or the next one, is otherwise than good."""
    parts = {"left": "chat-cancel", "next": "chat-twin"}
    found: dict[str, Exchange] = {item.id: item for item in played()}
    pair = [replace(found[name], **changes.get(part, {})) for part, name in parts.items()]  # type: ignore[arg-type]
    (outcome,) = [item.outcome for item in judge(pair) if item.requirement == RULE]
    return outcome


def test_an_answer_after_leaving_is_a_pass() -> None:
    """The good reference: five events of the stream, and then a document."""
    assert verdict() is Outcome.PASS


@pytest.mark.parametrize(
    "after",
    [
        {"status": 500},
        {"status": 503},
        {"status": None, "pieces": (), "ended": Ended.NO_CONNECTION},
        {"status": None, "pieces": (), "ended": Ended.NO_RESPONSE},
    ],
    ids=lambda after: f"{after['status']}-{after.get('ended', 'closed')}",
)
def test_no_answer_after_leaving_is_a_warning(after: dict[str, object]) -> None:
    """A server that fails, that is gone, and one that does not answer any more."""
    assert verdict(next=after) is Outcome.WARN


@pytest.mark.parametrize("status", [400, 404, 429])
def test_a_refusal_after_leaving_is_an_answer(status: int) -> None:
    """The endpoint lives."""
    assert verdict(next={"status": status}) is Outcome.PASS


@pytest.mark.parametrize("ended", [Ended.NOT_SENT, Ended.INTERRUPTED])
def test_a_request_that_was_not_made_says_nothing(ended: Ended) -> None:
    """The run was over before."""
    assert verdict(next={"status": None, "pieces": (), "ended": ended}) is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("ended", [Ended.CLOSED, Ended.RESET, Ended.NO_RESPONSE])
def test_a_stream_that_was_not_left_says_nothing(ended: Ended) -> None:
    """It was over, or never began, before the client could go."""
    assert verdict(left={"ended": ended}) is Outcome.NOT_APPLICABLE


def test_what_a_left_stream_did_not_come_to_is_not_held_against_it() -> None:
    """Nobody asked for its end: no verdict on it is red, and none stands in the way of a certificate."""
    outcomes = {item.outcome for item in judge(played()) if item.subject == "chat-cancel"}
    assert outcomes == {Outcome.PASS, Outcome.NOT_APPLICABLE}


STREAMS = "endpoint-streams"


def answered(*exchanges: Exchange) -> Outcome:
    """What becomes of the rule on a run that consists of these exchanges."""
    (outcome,) = [item.outcome for item in judge(exchanges) if item.requirement == STREAMS]
    return outcome


def refused(one: Exchange) -> Exchange:
    """The exchange with a refusal as its answer."""
    return replace(one, status=400, pieces=(Piece(data=b'{"error":{"message":"x"}}'),))


def stored(one: Exchange) -> Exchange:
    """The exchange as it is read from a file."""
    return replace(one, source=f"evidence/{one.id}.jsonl")


def test_a_live_run_in_which_nothing_is_answered_fails() -> None:
    """A wrong address or model, most likely."""
    chat = {item.id: item for item in played()}["chat-text"]
    assert answered(chat) is Outcome.PASS
    assert answered(refused(chat)) is Outcome.FAIL


@pytest.mark.parametrize("status", [401, 402, 429])
def test_an_account_without_credit_is_no_endpoint_that_does_not_stream(status: int) -> None:
    """Though the other API is not there. What was refused otherwise still is one."""
    found = {item.id: item for item in played()}
    chat = replace(refused(found["chat-text"]), status=status)
    responses = replace(refused(found["responses-text"]), status=404)
    assert answered(chat, responses) is Outcome.NOT_TESTABLE
    assert answered(chat, refused(found["chat-length"]), responses) is Outcome.FAIL


def test_stored_exchanges_of_which_none_is_answered_say_nothing_of_their_run() -> None:
    """One honest refusal, kept alone, is no endpoint that does not stream."""
    chat = {item.id: item for item in played()}["chat-text"]
    assert answered(stored(chat)) is Outcome.PASS
    assert answered(stored(refused(chat))) is Outcome.NOT_TESTABLE


def test_stored_exchanges_of_one_api_say_nothing_of_the_other() -> None:
    """Who took them out of the run may have left out those that were answered."""
    found = {item.id: item for item in played()}
    chat, responses = found["chat-text"], refused(found["responses-text"])
    assert answered(chat, responses) is Outcome.FAIL
    assert answered(stored(chat), stored(responses)) is Outcome.NOT_TESTABLE
