"""The catalogue: every requirement is proven both ways and is completely described."""

import re

import pytest

from conformance.catalogue import Family, Level, Outcome, Requirement, Verdict
from conformance.requirements import CATALOGUE
from tests.played import judged
from tests.proof.proving import BREAKERS, LEGAL, breakers, kept, verdicts_on

RULES = [rule for rule in CATALOGUE if not rule.untestable]
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
BROKEN_ALONE = 0.9
"""The least share of MUSTs that some fault or wire breaks and breaks nothing else."""

every_rule = pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    """The verdicts on all legal streams, those of the reference without a fault included."""
    return [*judged(), *(verdict for wire in LEGAL for verdict in verdicts_on(wire))]


def test_every_requirement_is_broken_by_something() -> None:
    """A rule that nothing breaks proves nothing."""
    assert [rule.id for rule in RULES if not breakers(rule.id)] == []


def test_every_requirement_is_kept_by_something(verdicts: list[Verdict]) -> None:
    """A rule that nothing keeps would fail everyone."""
    found = kept(verdicts)
    assert [rule.id for rule in RULES if rule.id not in found] == []


def test_only_requirements_are_broken() -> None:
    """No fault or wire names a rule that is not there."""
    assert {name for tried in BREAKERS for name in tried.breaks} - {rule.id for rule in RULES} == set()


def test_nearly_every_must_is_broken_alone() -> None:
    """So that a failure points at one thing; the figure is printed."""
    alone = {tried.breaks[0] for tried in BREAKERS if len(tried.breaks) == 1}
    musts = [rule.id for rule in RULES if rule.level is Level.MUST]
    missing = [name for name in musts if name not in alone]
    share = 1 - len(missing) / len(musts)
    # Shown by `pytest -rP`.
    print(f"{share:.1%} of {len(musts)} MUSTs are broken alone; not so: {', '.join(missing) or 'none'}")  # noqa: T201
    assert share >= BROKEN_ALONE, missing


def test_ids_are_slugs_and_unique() -> None:
    """They are what people search for."""
    ids = [rule.id for rule in CATALOGUE]
    assert [name for name in ids if not SLUG.fullmatch(name)] == []
    assert len(ids) == len(set(ids))


@every_rule
def test_a_statement_is_one_sentence(rule: Requirement) -> None:
    """It ends with a period, and its strength is told by the level alone."""
    assert rule.statement.endswith(".")
    assert not re.search(r"[.!?]\s+[A-Z`]", rule.statement)
    assert not re.search(r"\b(should|must|may|recommended|optional)\b", rule.statement, re.IGNORECASE)


@every_rule
def test_a_requirement_says_who_is_hurt_and_where_it_is_stated(rule: Requirement) -> None:
    """Both with whole sentences and addresses that anyone can open."""
    assert rule.hurts.rstrip("'").endswith(".")
    assert rule.sources
    assert all(source.title and source.url.startswith("https://") for source in rule.sources)


def test_what_is_not_judged_says_why(verdicts: list[Verdict]) -> None:
    """The reason of "not applicable" is read by people."""
    silent = (Outcome.NOT_APPLICABLE, Outcome.NOT_TESTABLE)
    assert {
        verdict.requirement for verdict in verdicts if verdict.outcome in silent and not verdict.reason
    } == set()


def test_no_rule_that_a_model_breaks_by_itself_is_about_usage_errors_or_time() -> None:
    """These are the endpoint's alone."""
    families = {rule.family for rule in RULES if rule.model}
    assert not families & {Family.USAGE, Family.ERRORS, Family.TIMING}


@every_rule
def test_reported_bugs_are_named_by_repository_and_number(rule: Requirement) -> None:
    """So that the report can link them."""
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", name) for name in rule.reports)
