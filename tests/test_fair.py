"""Timing that was seen while other requests were open: told only when it comes again alone."""

from dataclasses import replace

import pytest

from conformance.catalogue import Outcome, Verdict
from conformance.exchange import Ended, Exchange
from conformance.judge import hurried, judge, judge_exchange
from conformance.run.errors import TwoRunsError
from conformance.run.judgement import judge_provider
from tests.played import played

RULE = "stream-silence"
OPEN = {item.id: item for item in played()}
FIRST = replace(OPEN["chat-text"], beside=7)
AGAIN = replace(OPEN["chat-text"], id="chat-text.again", again="chat-text", beside=0)


def silent(exchange: Exchange, until: float = 40.0) -> Exchange:
    """The same, its last piece so late that the rule is broken."""
    *pieces, last = exchange.pieces
    return replace(exchange, pieces=(*pieces, replace(last, at=until)), ended_at=until)


def told(*exchanges: Exchange, rule: str = RULE) -> list[Verdict]:
    """The verdicts of the rule."""
    return [verdict for verdict in judge(exchanges) if verdict.requirement == rule]


def test_timing_that_was_seen_alone_is_told() -> None:
    """Nothing else was open, or nobody knows."""
    for beside in (0, None):
        (verdict,) = told(silent(replace(FIRST, beside=beside)))
        assert verdict.outcome is Outcome.WARN


def test_without_a_repetition_it_is_not_testable() -> None:
    """How many were open stands in the reason."""
    (verdict,) = told(silent(FIRST))
    assert verdict.outcome is Outcome.NOT_TESTABLE
    assert verdict.reason.startswith(
        "seen with 7 other requests open, and not asked again alone: nothing from "
    )
    assert verdict.subject == "chat-text"
    assert verdict in judge_exchange(silent(FIRST))


def test_what_comes_again_is_told_as_it_came_again() -> None:
    """Under the name of the first, with the evidence of the second, and how many were open."""
    (verdict,) = told(silent(FIRST), silent(AGAIN, 50.0))
    assert verdict.outcome is Outcome.WARN
    assert (verdict.subject, verdict.exchanges) == ("chat-text", ("chat-text.again",))
    assert "to 50.0 s" in verdict.violations[0].observed
    assert verdict.violations[0].observed.endswith(
        "; asked alone, after it had come with 7 other requests open"
    )


def test_what_does_not_come_again_is_not_told() -> None:
    """The repetition bears witness for the endpoint."""
    (verdict,) = told(silent(FIRST), AGAIN)
    assert verdict.outcome is Outcome.PASS
    assert (verdict.subject, verdict.exchanges) == ("chat-text", ("chat-text.again",))


def test_a_repetition_that_tells_nothing_leaves_it_not_testable() -> None:
    """As one that was not answered."""
    lost = replace(
        AGAIN, status=None, headers=(), pieces=(), ended=Ended.NO_RESPONSE, detail="no answer came"
    )
    (verdict,) = told(silent(FIRST), lost)
    assert verdict.outcome is Outcome.NOT_TESTABLE
    assert verdict.reason.endswith("and asked again alone: no answer came")


def test_other_rules_are_asked_of_the_first_alone() -> None:
    """A repetition has no verdicts of its own, and is in no group."""
    with_it, without = judge([FIRST, OPEN["chat-twin"], AGAIN]), judge([FIRST, OPEN["chat-twin"]])
    assert with_it == without
    broken = replace(AGAIN, pieces=AGAIN.pieces[:-1])
    assert judge([FIRST, OPEN["chat-twin"], broken]) == without


def test_a_repetition_by_itself_is_judged_as_what_it_is() -> None:
    """So that its evidence can be replayed alone."""
    (verdict,) = told(silent(AGAIN))
    assert (verdict.outcome, verdict.subject) == (Outcome.WARN, "chat-text.again")


def test_only_timing_is_asked_again() -> None:
    """And only where others were open."""
    assert hurried(silent(FIRST))
    assert not hurried(FIRST)
    assert not hurried(silent(AGAIN))
    assert not hurried(replace(FIRST, pieces=FIRST.pieces[:-1]))
    (verdict,) = told(replace(FIRST, pieces=FIRST.pieces[:-1]), rule="done-present")
    assert verdict.outcome is Outcome.FAIL


def test_a_repetition_is_no_second_run() -> None:
    """Two of the same are."""
    judge_provider("reference", [FIRST, AGAIN])
    with pytest.raises(TwoRunsError):
        judge_provider("reference", [FIRST, AGAIN, replace(AGAIN, id="other")])
