"""What changed between the verdicts of two runs, and what a baseline excuses."""

from dataclasses import replace
from datetime import date

import pytest

from conformance.catalogue import Level, Outcome, Verdict, Violation
from conformance.compare import Baseline, Change, Move, broken_before, compare, pair_of
from conformance.gate import Deviation, ExitCode, FailOn, decide

TODAY = date(2026, 11, 26)
STARTED = "2026-11-20T03:00:00Z"
PASS, FAIL, WARN, INFO = Outcome.PASS, Outcome.FAIL, Outcome.WARN, Outcome.INFO
SILENT = (Outcome.NOT_APPLICABLE, Outcome.NOT_TESTABLE, Outcome.ERROR)


def verdict(outcome: Outcome, subject: str = "chat-text", name: str = "role-first") -> Verdict:
    """A verdict with an outcome."""
    broken = outcome in (FAIL, WARN, INFO)
    return Verdict(
        requirement=name,
        level=Level.MUST,
        subject=subject,
        exchanges=(subject,),
        outcome=outcome,
        violations=(Violation(expected="a role", observed=f"none in {subject}"),) if broken else (),
    )


def moved(old: list[Verdict], new: list[Verdict]) -> Change:
    """The only change."""
    (change,) = compare(old, new)
    return change


@pytest.mark.parametrize(
    ("old", "new", "move"),
    [
        (PASS, FAIL, Move.REGRESSED),
        (PASS, WARN, Move.REGRESSED),
        (WARN, FAIL, Move.REGRESSED),
        (INFO, FAIL, Move.REGRESSED),
        (FAIL, PASS, Move.IMPROVED),
        (FAIL, WARN, Move.IMPROVED),
        (PASS, PASS, Move.UNCHANGED),
        (FAIL, FAIL, Move.UNCHANGED),
        (PASS, INFO, Move.UNCHANGED),
        *((silent, FAIL, Move.ADDED) for silent in SILENT),
        *((silent, PASS, Move.ADDED) for silent in SILENT),
        *((FAIL, silent, Move.REMOVED) for silent in SILENT),
    ],
)
def test_a_pair_moves(old: Outcome, new: Outcome, move: Move) -> None:
    """By how badly it is broken; what was not judged in one of the runs neither improves nor regresses."""
    change = moved([verdict(old)], [verdict(new)])
    assert (change.old, change.new, change.move) == (old, new, move)


def test_what_one_run_lacks_is_added_or_removed() -> None:
    """Such as a requirement that is new, or a scenario that was not sent."""
    assert moved([], [verdict(FAIL)]).move is Move.ADDED
    assert moved([verdict(FAIL)], []).move is Move.REMOVED
    assert moved([verdict(FAIL)], []).new is None


def test_what_neither_run_judged_is_no_change() -> None:
    assert compare([verdict(Outcome.NOT_APPLICABLE)], [verdict(Outcome.NOT_TESTABLE)]) == ()


def test_the_gravest_sample_stands_for_its_scenario() -> None:
    """And samples that differ are flaky, in whichever run."""
    samples = [verdict(PASS), verdict(FAIL, "chat-text.2"), verdict(PASS, "chat-text.3")]
    change = moved([verdict(PASS)], samples)
    assert (change.scenario, change.new, change.move, change.flaky) == (
        "chat-text",
        FAIL,
        Move.REGRESSED,
        True,
    )
    assert change.observed == "none in chat-text.2"
    assert moved(samples, [verdict(FAIL)]).flaky
    assert moved(samples, [verdict(FAIL)]).move is Move.UNCHANGED


def test_samples_that_were_not_all_judged_are_not_flaky() -> None:
    assert not moved([verdict(PASS), verdict(Outcome.ERROR, "chat-text.2")], [verdict(PASS)]).flaky


@pytest.mark.parametrize(
    ("subject", "scenario"),
    [
        ("chat-text", "chat-text"),
        ("chat-text.12", "chat-text"),
        ("chat-twins.2", "chat-twins"),
        ("openai.chat.02", "openai.chat.02"),
        ("stream.sse", "stream.sse"),
    ],
)
def test_a_pair_is_that_of_the_scenario(subject: str, scenario: str) -> None:
    """Names of files keep their numbers."""
    assert pair_of(verdict(PASS, subject)) == ("role-first", scenario)


def test_a_change_bears_the_cause_of_the_new_run() -> None:
    """A cause stands for the samples before what only follows."""
    follows = replace(verdict(FAIL), because="event-json")
    assert moved([verdict(PASS)], [follows]).because == "event-json"
    assert moved([verdict(PASS)], [follows, verdict(FAIL, "chat-text.2")]).because == ""


def test_broken_before_is_what_was_broken_at_least_as_badly() -> None:
    old = [verdict(FAIL), verdict(WARN, "chat-tool"), verdict(PASS, "chat-n"), verdict(FAIL, "chat-json")]
    new = [verdict(FAIL), verdict(FAIL, "chat-tool"), verdict(FAIL, "chat-n"), verdict(WARN, "chat-json")]
    assert broken_before(old, new) == {("role-first", "chat-text"), ("role-first", "chat-json")}


def test_a_baseline_excuses_what_it_breaks_too() -> None:
    """On the same scenario, in whichever sample, and says since when."""
    baseline = Baseline(verdicts=(verdict(FAIL, "chat-text.2"),), started=STARTED)
    gate = decide([verdict(FAIL)], today=TODAY, baseline=baseline)
    (ruling,) = gate.rulings
    assert (gate.exit_code, ruling.gates) == (ExitCode.CONFORMS, False)
    assert ruling.deviation is not None
    assert ruling.deviation.baseline == STARTED
    assert STARTED in ruling.deviation.reason
    assert gate.stale == ()


@pytest.mark.parametrize(
    "new", [verdict(FAIL, "chat-tool"), verdict(FAIL, name="done-present"), verdict(Outcome.ERROR)]
)
def test_a_baseline_excuses_nothing_else(new: Verdict) -> None:
    """Another scenario, another requirement, and never an error."""
    baseline = Baseline(verdicts=(verdict(FAIL), verdict(Outcome.ERROR)), started=STARTED)
    assert decide([new], today=TODAY, baseline=baseline).rulings[0].gates


def test_a_sample_that_failed_is_not_excused_by_the_others() -> None:
    """An error beside a violation that is known."""
    baseline = Baseline(verdicts=(verdict(FAIL),), started=STARTED)
    samples = [verdict(FAIL), verdict(Outcome.ERROR, "chat-text.2")]
    gate = decide(samples, today=TODAY, baseline=baseline)
    assert [ruling.gates for ruling in gate.rulings] == [False, True]
    assert gate.exit_code is ExitCode.ERROR


def test_a_warning_of_the_baseline_is_known_too() -> None:
    baseline = Baseline(verdicts=(verdict(WARN),), started=STARTED)
    gate = decide([verdict(WARN)], today=TODAY, fail_on=FailOn.SHOULD, baseline=baseline)
    assert gate.exit_code is ExitCode.CONFORMS


def test_a_listed_deviation_comes_before_the_baseline() -> None:
    """Unless it expired: then the baseline knows it, and the list is red."""
    baseline = Baseline(verdicts=(verdict(FAIL),), started=STARTED)
    listed = Deviation(requirement="role-first", reason="an old gateway")
    (ruling,) = decide([verdict(FAIL)], [listed], today=TODAY, baseline=baseline).rulings
    assert ruling.deviation == listed
    expired = replace(listed, until=date(2026, 1, 1))
    gate = decide([verdict(FAIL)], [expired], today=TODAY, baseline=baseline)
    assert gate.rulings[0].deviation is not None
    assert gate.exit_code is ExitCode.VIOLATION
