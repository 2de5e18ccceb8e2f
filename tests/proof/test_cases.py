"""Streams that were judged wrongly before, each with the requirement that answers for it now.

The cases follow reports and documents of other people; they are kept beside a checkout and never in it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import Outcome, Verdict
from conformance.evidence.load import load
from conformance.judge import judge_exchange
from conformance.requirements import by_id
from tests.proof.proving import OUTCOMES
from tools.shared import CASES, absent

pytestmark = pytest.mark.skipif(bool(absent(CASES)), reason=absent(CASES))

BROKEN = {
    "06-custom-as-function": "tool-kind",
    "07-html-entities": "text-entities",
    "08-final-repeats": "text-repeated",
    "09b-phase-changes": "item-phase",
    "14-vllm-32587": "tool-name-offered",
    "15-vllm-53269": "finish-reason-cut-call",
    "20a-functions-prefix": "tool-name-offered",
    "25-empty-args-noparams": "call-arguments-present",
    "27c-responses-doubled": "text-repeated",
    "31a-call-id-long": "item-id-length",
    "32-format-ignored": "response-structured-output",
    "33-parallel-ignored": "response-parallel-calls",
    "35-encrypted-missing": "reasoning-encrypted",
    "40b-blocked-as-stop-req": "answer-empty",
    "41-vllm-23927": "item-id-matches",
    "43-mojibake": "text-mojibake",
    "50b-custom-no-deltas": "custom-input-streamed",
    "58-vllm-54686-args": "response-call-arguments",
    "63-error-after-done": "sse-field-unknown",
    "66-chat-chunks-in-responses": "event-foreign",
    "70-echo-tools-strict": "response-echo-tools",
    "80-fa-quoted-markup": "",
    "82-fa-400": "",
    "83-fa-inband": "",
    "85-llamacpp-progress": "",
    "review-chat-choices-rev-order": "choice-order",
    "review-item-id-empty-message": "item-id-nonempty",
    "review-l-chat-strict-args-violate-schema": "tool-arguments-strict",
    "review-l-resp-annotation-never-streamed": "annotations-streamed",
    "review-l-resp-echo-differs": "response-echo",
    "review-l-resp-encrypted-not-given": "reasoning-encrypted",
    "review-l-resp-shell-call-id-twice": "response-call-id-unique",
    "review-l-resp-structured-prose": "response-structured-output",
    "review-l-resp-tool-choice-required-text": "response-tool-choice",
    "review-phase-of-another-tool": "item-event-type",
    "review-shell-command-before-item": "item-added-first",
}
"""By the name of the case, the requirement that its `broken` side breaks; "" where it breaks none."""

LEGAL = (
    "61b-failed-req",
    "review-chat-custom-no-request",
    "review-chat-think-literal",
    "review-chat-tool-args-invalid-json",
    "review-f-resp-content-filter-text-withdrawn",
    "review-f-resp-output-index-gap",
    "review-resp-enum-apply-patch-incomplete",
    "review-resp-keepalive-last",
    "review-resp-resume-empty",
    "review-struct-with-forced-tool-text",
    "review-structured-multipleof",
)
"""The cases whose `fixed` side turns no run red."""

ADVISED = {
    "review-chat-tool-args-invalid-json": {"tool-arguments-json"},
    "83-fa-inband": set[str](),
    "review-f-resp-output-index-gap": {"output-index-order"},
}
"""By the name of the case, the SHOULDs that it is advised of although nothing in it turns a run red."""


def verdicts(name: str, side: str, folder: Path) -> list[Verdict]:
    """The verdicts on one side of a case, judged alone."""
    case: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text())
    if "api" in case[side]:
        path = folder / f"{name}.json"
        path.write_text(json.dumps(case[side]))
    else:  # the bytes of a stream, and nothing else is known
        path = folder / f"{name}.sse"
        path.write_text(case[side]["body"])
    found, unreadable = load([path])
    assert not unreadable
    return [verdict for exchange in found for verdict in judge_exchange(exchange)]


def broken(found: list[Verdict], *outcomes: Outcome) -> set[str]:
    """The requirements with one of these outcomes."""
    return {verdict.requirement for verdict in found if verdict.outcome in outcomes}


@pytest.mark.parametrize("name", BROKEN)
def test_the_requirement_that_answers_for_a_case_is_broken(name: str, tmp_path: Path) -> None:
    """With the outcome of its level; where none answers, nothing fails and nothing is advised against."""
    found = verdicts(name, "broken", tmp_path)
    expected = BROKEN[name]
    if expected:
        assert expected in broken(found, OUTCOMES[by_id(expected).level])
    else:
        assert broken(found, Outcome.FAIL, Outcome.WARN) == ADVISED.get(name, set())


@pytest.mark.parametrize("name", BROKEN)
def test_what_a_broken_case_would_be_without_its_fault_breaks_nothing(name: str, tmp_path: Path) -> None:
    """Where the case has such a stream."""
    if "fixed" in json.loads((CASES / f"{name}.json").read_text()):
        found = verdicts(name, "fixed", tmp_path)
        assert broken(found, Outcome.FAIL, Outcome.WARN) == set()


@pytest.mark.parametrize("name", LEGAL)
def test_nothing_of_a_legal_case_turns_a_run_red(name: str, tmp_path: Path) -> None:
    """And it is advised of nothing but what is listed."""
    found = verdicts(name, "fixed", tmp_path)
    assert broken(found, Outcome.FAIL) == set()
    assert broken(found, Outcome.WARN) == ADVISED.get(name, set())


def test_every_case_about_wrong_verdicts_is_in_the_table() -> None:
    """Those that belong to requirements that are still to come are left out."""
    cases = {path.stem: json.loads(path.read_text()) for path in CASES.glob("*.json")}
    assert {name for name, case in cases.items() if case["issue"] == "F"} <= {*BROKEN, *LEGAL}
