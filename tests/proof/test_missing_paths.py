"""A status that says "not found": the path may be missing, or what the request named."""

from dataclasses import replace

import pytest

from conformance.catalogue import Outcome
from conformance.judge import judge
from tests.proof.streams.chat import TEXT
from tests.proof.streams.documents import REFUSAL
from tests.proof.streams.edits import edited, instead
from tests.proof.streams.handmade import Json, Wire, exchange
from tests.proof.streams.responses import TEXT as WORDS
from tests.proof.streams.responses import URL

SHAPE = ("error-envelope", "error-content-type")
UNKNOWN_MODEL: Json = {"expects": "refusal", "promises": ("unknown-model",)}
DETAIL = instead(b'{"detail":"Not Found"}')
BARE = edited(REFUSAL, "bare", DETAIL, status=404, **UNKNOWN_MODEL)


def outcomes(wire: Wire, *others: Wire) -> dict[str, Outcome]:
    """The outcome of each requirement on a wire, judged together with others of its run."""
    run = [exchange(item) for item in (wire, *others)]
    return {item.requirement: item.outcome for item in judge(run) if item.subject == wire.id}


@pytest.mark.parametrize("status", [404, 405, 501])
@pytest.mark.parametrize("fields", [{}, UNKNOWN_MODEL], ids=["asked", "provoked"])
def test_an_error_in_openai_s_form_comes_from_the_api(status: int, fields: Json) -> None:
    """No router without the path writes it, so its shape is judged, whatever is claimed."""
    found = outcomes(edited(REFUSAL, "enveloped", status=status, **fields))
    assert {found[name] for name in SHAPE} == {Outcome.PASS}


def test_a_path_that_answers_elsewhere_in_the_run_is_there() -> None:
    """A bare refusal on it is then one of the model, in a wrong form."""
    assert outcomes(BARE)["error-envelope"] is Outcome.NOT_APPLICABLE
    assert outcomes(BARE, TEXT)["error-envelope"] is Outcome.FAIL
    assert outcomes(BARE, TEXT)["error-status-model"] is Outcome.PASS


def test_an_answer_of_the_other_api_says_nothing_of_this_path() -> None:
    """Many endpoints have Chat Completions alone."""
    bare = replace(BARE, api="responses", url=URL)
    assert outcomes(bare, TEXT)["error-envelope"] is Outcome.NOT_APPLICABLE
    assert outcomes(bare, WORDS)["error-envelope"] is Outcome.FAIL


def test_a_refusal_elsewhere_is_no_answer() -> None:
    """What refuses every request may be in front of the path."""
    refused = edited(REFUSAL, "refused", status=403)
    assert outcomes(BARE, refused)["error-envelope"] is Outcome.NOT_APPLICABLE


def test_the_same_refusal_is_judged_alike_with_a_claim() -> None:
    """A claimed path has to be there."""
    claimed = outcomes(replace(BARE, claim=True))["error-envelope"]
    assert claimed is outcomes(BARE, TEXT)["error-envelope"] is Outcome.FAIL


def test_a_rate_limit_that_was_to_be_recorded_is_judged() -> None:
    """Nothing else was provoked, so the refusal is what the evidence is about."""
    found = outcomes(edited(REFUSAL, "limited", DETAIL, status=429, expects="refusal"))
    assert found["error-envelope"] is Outcome.FAIL
