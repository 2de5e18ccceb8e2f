"""Catalogue and scenarios agree: every need and promise that one declares is used by the other."""

from conformance.requirements import CATALOGUE
from conformance.scenarios import SCENARIOS
from tests.proof.proving import declared

UNUSED = {
    "cancel": "the exchange is judged together with the one after it",
    "malformed": "a provocation, which rules ask for by name",
    "bad-key": "a provocation, which rules ask for by name",
    "unknown-model": "a provocation, which rules ask for by name",
    "options": "a provocation, which rules ask for by name",
}
"""Promises of scenarios that are no rule's promise, and why."""
UNMADE = {
    "responses-summary": "a summary can be asked for, but whether one comes is up to the model",
}
"""Promises of rules that no scenario makes, and why: such a rule is only judged where it is triggered."""
IDS = {rule.id for rule in CATALOGUE}


def test_every_declared_requirement_is_in_the_catalogue() -> None:
    """A module that nobody lists would judge nothing, and nobody would notice."""
    found = list(declared())
    assert found
    unlisted = [(place, rule.id) for place, rule in found if rule.id not in IDS]
    assert unlisted == []


def test_every_promise_of_a_scenario_is_used_by_a_rule() -> None:
    """A promise without a rule hides that something was not tested."""
    made = {promise for scenario in SCENARIOS for promise in scenario.promises}
    assert made - {rule.promise for rule in CATALOGUE} == set(UNUSED)


def test_every_promise_of_a_rule_is_made_by_a_scenario() -> None:
    """A rule whose promise nobody makes is never said to be untested."""
    made = {promise for scenario in SCENARIOS for promise in scenario.promises}
    assert {rule.promise for rule in CATALOGUE if rule.promise} - made == set(UNMADE)
