"""Streams that were judged wrongly before, each with the requirement that answers for it now.

The cases follow reports and documents of other people; they are kept beside a checkout and never in it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import Outcome, Verdict
from conformance.evidence.load import load
from conformance.exchange import Api
from conformance.judge import judge_exchange
from conformance.requirements import by_id
from tests.proof.proving import OUTCOMES
from tools.shared import CASES, absent

pytestmark = pytest.mark.skipif(bool(absent(CASES)), reason=absent(CASES))

BROKEN = {
    "40b-blocked-as-stop-req": "answer-empty",
    "80-fa-quoted-markup": "",
    "82-fa-400": "",
    "83-fa-inband": "",
    "85-llamacpp-progress": "",
    "review-chat-choices-rev-order": "choice-order",
    "review-l-chat-strict-args-violate-schema": "tool-arguments-strict",
}
"""By the name of the case, the requirement that its `broken` side breaks; "" where it breaks none."""

LEGAL = (
    "review-chat-custom-no-request",
    "review-chat-think-literal",
    "review-chat-tool-args-invalid-json",
    "review-struct-with-forced-tool-text",
    "review-structured-multipleof",
)
"""The cases whose `fixed` side turns no run red."""

ADVISED = {
    "review-chat-tool-args-invalid-json": {"tool-arguments-json"},
    "83-fa-inband": set[str](),
}
"""By the name of the case, the SHOULDs that it is advised of although nothing in it turns a run red."""


def verdicts(name: str, side: str, folder: Path) -> list[Verdict]:
    """The verdicts on one side of a case, judged alone."""
    case: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text())
    path = folder / f"{name}.json"
    path.write_text(json.dumps(case[side]))
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


@pytest.mark.parametrize("name", LEGAL)
def test_nothing_of_a_legal_case_turns_a_run_red(name: str, tmp_path: Path) -> None:
    """And it is advised of nothing but what is listed."""
    found = verdicts(name, "fixed", tmp_path)
    assert broken(found, Outcome.FAIL) == set()
    assert broken(found, Outcome.WARN) == ADVISED.get(name, set())


def test_every_case_of_chat_about_wrong_verdicts_is_in_the_table() -> None:
    """Those that belong to requirements that are still to come are left out."""
    due = set()
    for path in CASES.glob("*.json"):
        case = json.loads(path.read_text())
        sides = [case[side] for side in ("broken", "fixed") if isinstance(case.get(side), dict)]
        if case["issue"] == "F" and any(side.get("api") == Api.CHAT for side in sides):
            due.add(path.stem)
    assert due <= {*BROKEN, *LEGAL}
