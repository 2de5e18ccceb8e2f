"""The table of expected results of real servers, and its comparison with a run."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from conformance.catalogue import Level, Outcome, Verdict, Violation
from conformance.requirements import CATALOGUE
from conformance.toml_errors import NotTomlError, UnknownTableKeyError
from interop import expected as module
from interop.expected import Expected, differences, expectations

TABLE = Path(module.__file__).with_name("expected.toml")


def _verdict(requirement: str, outcome: Outcome, observed: str = "", reason: str = "") -> Verdict:
    violations = (Violation(expected="a rose", observed=observed),) if observed else ()
    return Verdict(
        requirement=requirement,
        level=Level.MUST,
        subject="chat-text",
        exchanges=("chat-text",),
        outcome=outcome,
        violations=violations,
        reason=reason,
    )


def _expected(text: str) -> Expected:
    return expectations(text)["mock"]


LISTED = _expected(
    """
    [mock.fail]
    done-present = "it forgets"
    [mock.not_testable]
    "usage-*" = "there is none"
    [mock.sometimes]
    created-constant = "a second may pass"
    """
)
AS_LISTED = [
    _verdict("done-present", Outcome.FAIL, "nothing"),
    _verdict("usage-once", Outcome.NOT_TESTABLE, reason="no usage"),
]


def test_a_run_that_is_as_listed_has_no_differences() -> None:
    assert differences(LISTED, [*AS_LISTED, _verdict("role-first", Outcome.PASS)]) == []


def test_what_a_race_decides_may_come_with_any_outcome() -> None:
    for outcome in (Outcome.FAIL, Outcome.NOT_TESTABLE, Outcome.PASS):
        assert differences(LISTED, [*AS_LISTED, _verdict("created-constant", outcome)]) == []


def test_a_deviation_that_is_not_listed_is_told_with_what_was_observed() -> None:
    [told] = differences(LISTED, [*AS_LISTED, _verdict("role-first", Outcome.WARN, "a tulip")])
    assert told == "warn role-first is not expected, in chat-text: expected a rose, observed a tulip"


def test_a_listed_requirement_with_another_outcome_is_both_new_and_gone() -> None:
    told = differences(LISTED, [_verdict("done-present", Outcome.WARN, "nothing"), AS_LISTED[1]])
    assert [line.partition(":")[0] for line in told] == [
        "warn done-present is not expected, in chat-text",
        "fail done-present is expected and did not come",
    ]


def test_a_pattern_that_matches_nothing_is_gone() -> None:
    [told] = differences(LISTED, AS_LISTED[:1])
    assert told == "not_testable usage-* is expected and did not come: there is none"


def test_an_error_is_never_expected() -> None:
    anything = _expected('[mock.sometimes]\n"*" = "whatever"')
    [told] = differences(anything, [_verdict("status-ok", Outcome.ERROR, reason="no connection")])
    assert told == "error status-ok is not expected, in chat-text: no connection"


def test_a_misspelt_outcome_is_refused_with_the_name_that_was_meant() -> None:
    with pytest.raises(UnknownTableKeyError, match=r"\[mock\]: there is no key `fial`") as told:
        expectations('[mock.fial]\ndone-present = "it forgets"')
    assert told.value.hint == "did you mean fail?"


def test_a_table_that_is_no_toml_is_refused() -> None:
    with pytest.raises(NotTomlError, match=r"expected\.toml is not TOML"):
        expectations("[mock")


def test_every_listed_name_is_of_the_catalogue_and_has_a_reason() -> None:
    known = [rule.id for rule in CATALOGUE]
    for entry in expectations(TABLE.read_text(encoding="utf-8")).values():
        for reasons in (*entry.reasons.values(), entry.sometimes):
            for pattern, reason in reasons.items():
                assert any(fnmatchcase(name, pattern) for name in known), (entry.provider, pattern)
                assert reason.strip(), (entry.provider, pattern)
