"""Verdicts on the request after a stream that the client closed early."""

from dataclasses import replace

import pytest

from conformance.catalogue import Outcome
from conformance.exchange import Ended, Exchange
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
