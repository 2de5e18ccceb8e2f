"""APIs that are not claimed and refuse everything, and the line that tells all refusals."""

import json
from dataclasses import replace

import pytest

from conformance.catalogue import Outcome
from conformance.exchange import Api, Ended, Exchange, Piece
from conformance.judge import judge
from conformance.offered import not_offered
from conformance.report.refusals import refusals
from conformance.subject import read
from tests.played import played

PLAYED = [replace(item, claim=None) for item in played()]


def refused(exchange: Exchange, status: int = 500, message: str = "not supported") -> Exchange:
    """The same, refused."""
    body = json.dumps({"error": {"message": message}}).encode()
    headers = (("content-type", "application/json"),)
    return replace(exchange, status=status, headers=headers, pieces=(Piece(data=body, at=0.1),))


def without(api: Api, status: int = 500) -> list[Exchange]:
    """A run in which everything of an API is refused."""
    return [refused(item, status) if item.api is api else item for item in PLAYED]


@pytest.mark.parametrize("status", [400, 403, 404, 500, 501, 503])
def test_an_api_that_refuses_everything_is_not_offered(status: int) -> None:
    """Whatever the status: no rule is asked of it."""
    verdicts = [
        item for item in judge(without(Api.RESPONSES, status)) if item.subject.startswith("responses")
    ]
    assert verdicts
    assert {item.outcome for item in verdicts} == {Outcome.NOT_APPLICABLE}
    whole = judge(without(Api.RESPONSES, status))
    assert not [item for item in whole if item.outcome in (Outcome.FAIL, Outcome.ERROR)]


def test_what_is_claimed_or_answered_once_is_offered() -> None:
    """And where nothing is answered at all, that is what has to be told."""
    run = without(Api.RESPONSES)
    assert not_offered(run) == {Api.RESPONSES}
    assert not not_offered([replace(item, claim=True) for item in run])
    assert not not_offered([refused(item) for item in run])
    first = next(item for item in PLAYED if item.api is Api.RESPONSES)
    assert not not_offered([first if item.id == first.id else item for item in run])
    assert not not_offered([replace(item, scenario="") for item in run])


def test_all_refusals_stand_in_one_line() -> None:
    """By capability, with what was said; an API as a whole; none that was asked for."""
    run = [
        refused(item, 400, "n must\nbe 1 ::x") if item.id == "chat-n" else item
        for item in without(Api.RESPONSES, 404)
    ]
    assert refusals(map(read, run)) == "refused: n (400: n must be 1 ::x), Responses (404)"
    assert refusals(map(read, PLAYED)) == ""
    assert refusals([read(refused(PLAYED[0], 401))]) == ""
    turn = next(item for item in PLAYED if item.id == "chat-next-turn")
    assert refusals([read(PLAYED[0]), read(refused(turn))]).startswith("refused: chat-next-turn (")


def test_a_request_that_was_never_sent_or_lost_keeps_no_api_from_being_refused_as_a_whole() -> None:
    """A next turn is not sent where the turn before it was refused."""
    run = without(Api.RESPONSES, 500)
    for ended in (Ended.NOT_SENT, Ended.UNBUILT, Ended.NO_RESPONSE):
        lost = [
            replace(item, status=None, pieces=(), headers=(), ended=ended)
            if item.id == "responses-next-turn"
            else item
            for item in run
        ]
        assert refusals(map(read, lost)) == "refused: Responses (500)"
    limited = [refused(item, 429) if item.id == "responses-next-turn" else item for item in run]
    assert refusals(map(read, limited)) == "refused: Responses (500)"
