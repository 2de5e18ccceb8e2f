"""Damaged texts are told without the optional capabilities, which most vendors lack."""

import pytest

from conformance.catalogue import Outcome
from conformance.judge import judge
from conformance.reference.faults import FAULTS
from conformance.reference.faults.damaged import FAULTS as DAMAGED
from tests.played import played

OPTIONAL = tuple(
    f"{api}{name}"
    for api in ("", "responses-")
    for name in ("logprobs", "structured-output", "parallel-tools")
)
TRIED = (
    *(fault.id for fault in DAMAGED if fault.id != "letters-composed"),
    *("tool-arguments-empty-object", "tool-arguments-lost", "tool-arguments-encoded-twice"),
    *("content-mojibake", "content-half-surrogate", "text-mojibake", "text-half-surrogate"),
)
"""Faults that damage texts or arguments and nothing else.

Composed letters are left out: without a twin that has others, a tokenizer may have made them of the prompt.
"""


def told(fault: str, *without: str) -> set[Outcome]:
    """The outcomes of a run against the reference with a fault."""
    return {verdict.outcome for verdict in judge(played(FAULTS.get(fault), *without))}


@pytest.mark.parametrize("fault", TRIED)
def test_damaged_text_is_told_above_info_without_optional_capabilities(fault: str) -> None:
    """No log probabilities, no structured output and no parallel calls show it then."""
    assert told(fault, *OPTIONAL) & {Outcome.FAIL, Outcome.WARN}


def test_the_good_reference_breaks_nothing_without_them() -> None:
    """What is left of the plan is answered as it should be."""
    assert told("", *OPTIONAL) <= {Outcome.PASS, Outcome.NOT_APPLICABLE}
