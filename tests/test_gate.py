"""What turns a run red, and what a known deviation excuses."""

from dataclasses import replace
from datetime import date

import pytest

from conformance.catalogue import Level, Outcome, Verdict
from conformance.gate import Deviation, ExitCode, FailOn, Staleness, decide, worst

TODAY = date(2026, 11, 21)


def verdict(outcome: Outcome, name: str = "role-first", subject: str = "chat-text") -> Verdict:
    """A verdict with an outcome."""
    return Verdict(requirement=name, level=Level.MUST, subject=subject, exchanges=(subject,), outcome=outcome)


def known(**changes: object) -> Deviation:
    """A listed deviation of role-first."""
    return Deviation(**{"requirement": "role-first", "reason": "an old gateway", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.PASS, ExitCode.CONFORMS),
        (Outcome.FAIL, ExitCode.VIOLATION),
        (Outcome.WARN, ExitCode.CONFORMS),
        (Outcome.INFO, ExitCode.CONFORMS),
        (Outcome.NOT_APPLICABLE, ExitCode.CONFORMS),
        (Outcome.NOT_TESTABLE, ExitCode.CONFORMS),
        (Outcome.ERROR, ExitCode.ERROR),
    ],
)
def test_each_outcome_has_its_exit_code(outcome: Outcome, code: ExitCode) -> None:
    """Only a broken MUST is a violation, only an error an error."""
    assert decide([verdict(outcome)], today=TODAY).exit_code is code


def test_a_warning_gates_when_it_is_asked_to() -> None:
    """With fail_on should."""
    gate = decide([verdict(Outcome.WARN)], today=TODAY, fail_on=FailOn.SHOULD)

    assert gate.exit_code is ExitCode.VIOLATION
    assert gate.rulings[0].gates


def test_nothing_judged_is_an_exit_code_of_its_own() -> None:
    """An empty run proves nothing."""
    assert decide([], today=TODAY).exit_code is ExitCode.NOTHING


def test_a_violation_outweighs_an_error() -> None:
    """Both in one run."""
    gate = decide([verdict(Outcome.ERROR), verdict(Outcome.FAIL, "done-last")], today=TODAY)

    assert gate.exit_code is ExitCode.VIOLATION


def test_a_listed_violation_does_not_gate_and_shows_as_known() -> None:
    """The first corner: fails and is listed."""
    gate = decide([verdict(Outcome.FAIL)], [known()], today=TODAY)

    assert gate.exit_code is ExitCode.CONFORMS
    assert gate.rulings[0].deviation == known()
    assert gate.stale == ()


def test_a_listed_violation_that_is_kept_is_red() -> None:
    """The third corner: passes and is listed."""
    gate = decide([verdict(Outcome.PASS)], [known()], today=TODAY)

    assert [item.why for item in gate.stale] == [Staleness.FIXED]
    assert gate.exit_code is ExitCode.VIOLATION
    assert "remove it" in gate.stale[0].message


def test_an_entry_that_matches_nothing_is_red() -> None:
    """The fourth corner."""
    gate = decide([verdict(Outcome.PASS)], [known(requirement="role-frist")], today=TODAY)

    assert [item.why for item in gate.stale] == [Staleness.UNMATCHED]
    assert "misspelt" in gate.stale[0].message


def test_a_partial_run_calls_nothing_fixed_or_unmatched() -> None:
    """It did not look everywhere."""
    gate = decide([verdict(Outcome.PASS)], [known(), known(requirement="x")], today=TODAY, whole=False)

    assert gate.stale == ()


def test_a_deviation_is_excused_until_its_day_and_not_after() -> None:
    """The last day still counts."""
    last = decide([verdict(Outcome.FAIL)], [known(until=TODAY)], today=TODAY)
    late = decide([verdict(Outcome.FAIL)], [known(until=date(2026, 11, 20))], today=TODAY)

    assert last.exit_code is ExitCode.CONFORMS
    assert late.exit_code is ExitCode.VIOLATION
    assert late.rulings[0].gates
    assert late.rulings[0].deviation is None
    assert [item.why for item in late.stale] == [Staleness.EXPIRED]
    assert "2026-11-20" in late.stale[0].message


def test_a_deviation_of_one_scenario_excuses_no_other() -> None:
    """Samples of the scenario count as it."""
    listed = [known(scenario="chat-text")]
    verdicts = [verdict(Outcome.FAIL, subject=name) for name in ("chat-text", "chat-text.2", "chat-n")]

    assert [ruling.gates for ruling in decide(verdicts, listed, today=TODAY).rulings] == [False, False, True]


def test_an_error_is_never_excused() -> None:
    """Neither is a rule that could not be tested taken for fixed."""
    gate = decide([verdict(Outcome.ERROR)], [known()], today=TODAY)

    assert gate.rulings[0].gates
    assert gate.stale == ()
    assert gate.exit_code is ExitCode.ERROR


def test_the_gravest_of_several_exit_codes_stands_for_all() -> None:
    """The whole order: each code stands for itself and for all that are less grave; nothing is no pass."""
    order = (2, 1, 3, 4, 6, 0, 5)
    for place, code in enumerate(order):
        for other in order[place:]:
            assert worst([ExitCode(other), ExitCode(code)]) == code

    assert worst([]) is ExitCode.NOTHING


def test_an_error_beside_passes_is_an_error() -> None:
    """What was kept elsewhere says nothing of it."""
    gate = decide([verdict(Outcome.PASS), verdict(Outcome.ERROR, "done-last")], today=TODAY)

    assert gate.exit_code is ExitCode.ERROR


def test_a_deviation_of_a_scenario_excuses_groups_that_it_is_in() -> None:
    """Where twins disagree, the one that is known to be wrong is the reason; other groups stay red."""
    listed = [known(scenario="chat-text")]
    twins = replace(verdict(Outcome.FAIL, subject="chat-twins"), exchanges=("chat-text", "chat-twin"))
    others = replace(twins, subject="chat-tool-twins", exchanges=("chat-tool-parallel",))

    assert [ruling.gates for ruling in decide([twins, others], listed, today=TODAY).rulings] == [False, True]


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.WARN, Outcome.INFO])
def test_every_broken_level_can_be_listed(outcome: Outcome) -> None:
    """Also what turns nothing red is known when it is listed."""
    gate = decide([verdict(outcome)], [known()], today=TODAY, fail_on=FailOn.SHOULD)

    assert gate.rulings[0].deviation == known()
    assert gate.exit_code is ExitCode.CONFORMS


def test_what_is_broken_somewhere_is_not_fixed() -> None:
    """Kept in one scenario, and broken in another one."""
    verdicts = [verdict(Outcome.FAIL), verdict(Outcome.PASS, subject="chat-n")]

    assert decide(verdicts, [known()], today=TODAY).stale == ()


@pytest.mark.parametrize("unseen", [Outcome.NOT_TESTABLE, Outcome.ERROR])
def test_only_where_everything_was_seen_is_a_deviation_fixed(unseen: Outcome) -> None:
    """Kept at one place, and not judged at the other; nor where it was asked nowhere."""
    mixed = [verdict(Outcome.PASS), verdict(unseen, subject="chat-n")]
    nowhere = [verdict(Outcome.NOT_APPLICABLE)]

    assert decide(mixed, [known()], today=TODAY).stale == ()
    assert decide(nowhere, [known()], today=TODAY).stale == ()
