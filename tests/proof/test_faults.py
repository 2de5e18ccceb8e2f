"""The reference provider: without a fault it breaks nothing; with one, exactly what the fault declares."""

from functools import cache

import pytest

from conformance.catalogue import Outcome, Verdict
from conformance.reference.faults import FAULTS, Fault
from conformance.requirements import CATALOGUE
from tests.played import broken, judged
from tests.proof.proving import differences, verdicts_on

NEVER_SHOWN = {
    "annotation-range": "the reference cites nothing",
    "audio-base64": "the reference does not speak",
    "audio-end": "the reference does not speak",
    "audio-id": "the reference does not speak",
    "logprobs-agree-stop": "no scenario asks for logprobs and a stop sequence",
    "obfuscation-off": "no scenario switches the padding off",
    "tool-arguments-strict": "no scenario offers a strict function",
    "annotations-agree": "the reference cites nothing",
    "annotations-streamed": "the reference cites nothing",
    "content-length-chunked": "played without a network, the reference has no Transfer-Encoding",
    "error-event-failed": "the reference never fails in the middle of a response",
    "error-event-last": "the reference never fails in the middle of a response",
    "error-event-shape": "the reference never fails in the middle of a response",
    "error-inband-done": "the reference never fails in the middle of a stream",
    "error-inband-fields": "the reference never fails in the middle of a stream",
    "error-inband-finish": "the reference never fails in the middle of a stream",
    "error-inband-last": "the reference never fails in the middle of a stream",
    "error-inband-shape": "the reference never fails in the middle of a stream",
    "finish-reason-cut-call": "no scenario lets the limit cut a call",
    "hosted-tool-deltas": "the reference runs no tools",
    "hosted-tool-phases": "the reference runs no tools",
    "image-base64": "the reference makes no images",
    "image-result": "the reference makes no images",
    "max-tool-calls-honoured": "the reference runs no tools, so no request limits them",
    "response-obfuscation-off": "no request switches obfuscation off",
    "partial-image-index": "the reference runs no tools",
    "reasoning-text-agrees": "the reference, as OpenAI, keeps its reasoning text to itself",
    "response-audio": "the reference does not speak",
    "response-call-cut": "no scenario lets the limit cut a call",
    "response-call-id-unique": "the reference makes one call in a response",
    "response-failed-error": "the reference never fails in the middle of a response",
    "responses-done-last": "the reference, as OpenAI, sends no [DONE] in Responses",
    "shell-command-agrees": "the reference runs no tools",
    "shell-output-agrees": "the reference runs no tools",
    "rate-limit-headers": "the reference limits no rate",
    "retry-after-present": "the reference puts nobody off",
    "sse-comment-after-id": "the reference, as OpenAI, sends no comments",
    "tool-id-choices": "no scenario asks for tools in several choices",
    "tool-namespace": "no scenario offers a namespace",
}
"""Requirements that the reference cannot show as kept, and why; legal wires show them."""

SEVERAL = {
    "buffered-until-the-end": {"stream-early": "short answers are held back too, for less than two seconds"},
    "max-tokens-ignored-and-hidden": {"usage-counts": "usage is wrong besides, on every request"},
    "role-invented": {"tool-result-accepted": "the invented role is refused when it comes back"},
    "tool-call-as-text": {"claim-kept": "it is graver than its cause, so it is told as one"},
}
"""What faults break besides their cause that does not count as following from it, and why."""


@pytest.fixture(scope="module")
def good() -> list[Verdict]:
    """The verdicts on the reference without a fault."""
    return judged()


def test_the_good_reference_breaks_nothing(good: list[Verdict]) -> None:
    """Every verdict is a pass, or its trigger is absent."""
    others = [
        (verdict.subject, verdict.requirement, verdict.outcome.value, verdict.reason)
        for verdict in good
        if verdict.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
    ]
    assert not others


def test_the_good_reference_shows_every_requirement_but_the_listed(good: list[Verdict]) -> None:
    """What passes nowhere is in the table, with its reason; and nothing else is."""
    shown = {verdict.requirement for verdict in good if verdict.outcome is Outcome.PASS}
    assert {rule.id for rule in CATALOGUE if not rule.untestable} - shown == set(NEVER_SHOWN)


@cache
def broken_by(name: str) -> list[Verdict]:
    """What a fault breaks over all requests of a default run, and on groups of them."""
    return [verdict for verdicts in broken(verdicts_on(FAULTS[name])).values() for verdict in verdicts]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_fault_breaks_what_it_declares_and_nothing_else(fault: Fault) -> None:
    assert differences(broken_by(fault.id), fault.breaks) == {}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_first_that_a_fault_names_is_its_cause_and_all_others_follow(fault: Fault) -> None:
    """Each other violation says so, and the first never does."""
    found = broken(broken_by(fault.id))
    several = SEVERAL.get(fault.id, {})
    cause, *others = (name for name in fault.breaks if name not in several)

    assert {verdict.because for name in (cause, *several) for verdict in found[name]} == {""}
    assert {name: {verdict.because for verdict in found[name]} for name in others} == {
        name: {cause} for name in others
    }
