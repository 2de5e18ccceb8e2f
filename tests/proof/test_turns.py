"""The faults of a next turn and of a repetition where nothing optional is there to help."""

from dataclasses import replace

import pytest

from conformance.catalogue import Level, Outcome, Verdict
from conformance.judge import judge
from conformance.plan import plan
from conformance.providers import Provider
from conformance.reference.faults import FAULTS
from conformance.reference.faults.turns import FAULTS as OWN
from conformance.requirements import by_id
from tests.played import REFERENCE, answers, broken

PLAIN = ("chat", "tools", "responses", "responses-tools")
NOTHING_OPTIONAL = replace(REFERENCE, claims={name: name in PLAIN for name in REFERENCE.claims})
NOTHING_CLAIMED = replace(REFERENCE, claims={})
NEEDS_THE_ID = {
    "previous-response-forgotten": "`previous_response_id` is only sent where it is claimed",
    "previous-response-ignored": "`previous_response_id` is only sent where it is claimed",
}
"""The faults that do not show without an optional capability, and why."""


def found(fault: str, provider: Provider = NOTHING_OPTIONAL) -> dict[str, list[Verdict]]:
    """What a fault breaks in a run that claims no more than text and tools of both APIs, or nothing."""
    return broken(judge([exchange for _, exchange in answers(plan(provider), FAULTS[fault])]))


@pytest.mark.parametrize("fault", [fault.id for fault in OWN if fault.id not in NEEDS_THE_ID])
def test_a_fault_is_told_without_the_optional_capabilities(fault: str) -> None:
    """Above INFO, by an id that the fault names."""
    told = found(fault)
    named = [verdict for name in FAULTS[fault].breaks for verdict in told.get(name, ())]
    assert {verdict.outcome for verdict in named} & {Outcome.FAIL, Outcome.WARN}


@pytest.mark.parametrize("fault", ["tool-result-refused", "response-tool-result-refused"])
def test_a_refused_result_is_a_should_where_no_tools_are_claimed(fault: str) -> None:
    """With the line that switches the request off, behind what comes first: to mend it."""
    (name,) = FAULTS[fault].breaks
    (verdict,) = found(fault, NOTHING_CLAIMED)[name]
    assert (verdict.outcome, verdict.level) == (Outcome.WARN, Level.SHOULD)
    assert verdict.reason.startswith("mend it; or")
    assert f"`{by_id(name).capability} = false` in the `claims` of an entry for it" in verdict.reason


def test_reasoning_items_that_are_refused_are_told_in_both_apis() -> None:
    """In Responses too, where the items are sent back and not named."""
    told = found("reasoning-sent-back-refused")
    assert {"tool-result-accepted", "response-tool-result-accepted"} <= set(told)
    assert "Unknown parameter" in told["response-tool-result-accepted"][0].violations[0].observed


def test_nothing_else_is_broken_where_nothing_is_optional() -> None:
    """Of the reference without a fault; the requests are those of a run."""
    exchanges = [exchange for _, exchange in answers(plan(NOTHING_OPTIONAL))]
    assert broken(judge(exchanges)) == {}
    assert {"chat-next-turn", "responses-next-turn", "chat-repeat"} <= {item.id for item in exchanges}
    turn = next(item for item in exchanges if item.id == "responses-next-turn")
    assert [item["type"] for item in turn.asked["input"]] == [
        "message",
        "function_call",
        "function_call_output",
    ]
    assert "previous_response_id" not in turn.asked
