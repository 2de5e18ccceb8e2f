"""The level of what a provider does not claim, and the line of providers.toml that switches it off."""

import json
from dataclasses import replace
from functools import cache

import pytest

from conformance.capabilities import CAPABILITIES
from conformance.catalogue import Level, Outcome, Requirement, Verdict
from conformance.exchange import Exchange, Expects, Need
from conformance.judge import judge_exchange
from conformance.plan import plan
from conformance.reference.faults import Fault
from conformance.requirements import CATALOGUE, by_id
from tests.played import REFERENCE, played
from tests.proof.proving import breakers
from tests.proof.streams.handmade import exchange

LIMITS = {"max_tokens", "max_completion_tokens", "max_output_tokens"}
PROMISED = [rule for rule in CATALOGUE if rule.capability]
MUSTS = [rule for rule in PROMISED if rule.level is Level.MUST]
NOT_PROMISED = {
    "stream-honoured": "whoever runs the suite asks for streams, whatever the provider claims",
    "choice-index-range": "an index beyond `n` is wrong in every answer, also where `n` was not asked for",
    "usage-unasked": "it is about what was not asked for",
    "max-tool-calls-honoured": "no request of the suite has hosted tools; that of a recording asked for it",
}
"""MUST requirements that read the request, or that are named after honouring it, and rest on no claim."""


@cache
def exchanges(name: str) -> tuple[Exchange, ...]:
    """Exchanges that break a requirement: wires, and what the reference provider sends with a fault."""
    rule = by_id(name)
    all_of = (played(tried) if isinstance(tried, Fault) else [exchange(tried)] for tried in breakers(name))
    return tuple(item for found in all_of for item in found if verdict(rule, item).violations)


def verdict(rule: Requirement, item: Exchange) -> Verdict:
    """The verdict of one requirement on an exchange, or one without violations if it does not apply."""
    nothing = Verdict(
        requirement=rule.id, level=rule.level, subject="", exchanges=(), outcome=Outcome.NOT_APPLICABLE
    )
    return next((found for found in judge_exchange(item) if found.requirement == rule.id), nothing)


@pytest.mark.parametrize("rule", MUSTS, ids=lambda rule: rule.id)
def test_a_parameter_that_is_ignored_is_a_must_where_it_is_claimed_and_else_a_should(
    rule: Requirement,
) -> None:
    """The same bytes; a recording that no plan made counts as claimed, since its request asked for it."""
    found = exchanges(rule.id)
    assert found
    for item in found:
        recorded = verdict(rule, replace(item, scenario="", unclaimed=()))
        claimed = verdict(rule, replace(item, scenario="chat-text", unclaimed=()))
        unclaimed = verdict(rule, replace(item, unclaimed=(rule.capability,)))

        assert (recorded.outcome, recorded.level, recorded.reason) == (Outcome.FAIL, Level.MUST, "")
        assert (claimed.outcome, claimed.level, claimed.reason) == (Outcome.FAIL, Level.MUST, "")
        assert (unclaimed.outcome, unclaimed.level) == (Outcome.WARN, Level.SHOULD)
        assert f"`{rule.capability} = false`" in unclaimed.reason
        assert "providers.toml" in unclaimed.reason
        assert unclaimed.violations == claimed.violations


@pytest.mark.parametrize("rule", PROMISED, ids=lambda rule: rule.id)
def test_what_is_claimed_of_something_else_does_not_count(rule: Requirement) -> None:
    """Only the capability that the requirement rests on lowers its level."""
    others = tuple(name for name in CAPABILITIES if name != rule.capability)
    for item in exchanges(rule.id):
        assert verdict(rule, replace(item, unclaimed=others)).level is rule.level


def test_a_requirement_that_is_kept_is_kept_at_its_level_there() -> None:
    """A report says of a run with what level each requirement was judged."""
    item = next(item for item in played() if item.scenario == "chat-n")
    kept = verdict(by_id("n-honoured"), replace(item, unclaimed=("n",)))

    assert (kept.outcome, kept.level, kept.reason) == (Outcome.PASS, Level.SHOULD, "")


def test_every_requirement_that_reads_the_request_says_what_it_rests_on() -> None:
    """A new requirement about a request parameter names its capability, or a reason here why none."""
    reads = {
        rule.id
        for rule in CATALOGUE
        if rule.id.endswith("-honoured") or (rule.level is Level.MUST and Need.REQUEST in rule.needs)
    }
    missing = reads - {rule.id for rule in PROMISED} - set(NOT_PROMISED)
    assert missing == set()
    assert {name for name in NOT_PROMISED if by_id(name).capability} == set()


@pytest.mark.parametrize("name", dict.fromkeys(rule.capability for rule in PROMISED))
def test_the_line_that_a_verdict_names_switches_the_request_off(name: str) -> None:
    """With the claim false, no request tries the capability; the token limit alone is sent, for its cost."""
    off = replace(REFERENCE, claims={**REFERENCE.claims, name: False})
    row = CAPABILITIES[name]
    others = {key for other in CAPABILITIES.values() if other.name != name for key in other.keys}
    sent = plan(off).requests

    for planned in sent:
        body = planned.request.body
        if planned.exchange.api is row.api and planned.exchange.expects is Expects.STREAM:
            assert not set(json.loads(body)) & set(row.keys) - others - LIMITS, planned
        assert name not in planned.scenario.needs


def test_a_plan_says_what_is_not_claimed() -> None:
    """Of the API that it asks, whether the claim is absent or false."""
    claims = {"chat": True, "usage": True, "n": False}
    sent = {item.exchange.id: item.exchange for item in plan(replace(REFERENCE, claims=claims)).requests}

    assert "usage" not in sent["chat-text"].unclaimed
    assert {"n", "tools", "stop"} <= set(sent["chat-text"].unclaimed)
    assert set(sent["responses-text"].unclaimed) == {
        row.name for row in CAPABILITIES.values() if row.api == "responses"
    }
    everything = {name for item in plan(REFERENCE).requests for name in item.exchange.unclaimed}
    assert everything == set()
