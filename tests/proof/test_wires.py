"""Hand-made broken wires: each breaks exactly what it declares."""

import pytest

from tests.played import broken
from tests.proof.proving import BROKEN, differences, verdicts_on
from tests.proof.streams.handmade import Wire


@pytest.mark.parametrize("wire", BROKEN, ids=lambda wire: wire.id)
def test_every_broken_wire_breaks_what_it_declares_and_nothing_else(wire: Wire) -> None:
    """With the outcome that the level of each rule gives, and with a place or bytes to look at."""
    assert wire.breaks
    assert differences(verdicts_on(wire), wire.breaks) == {}


SEVERAL = {
    "arguments-mojibake-when-done": "the letters are lost, and the arguments come without deltas",
    "call-after-finish": "the finish_reason comes too early, and it is the wrong one",
    "call-item-id-twice-when-done": "the first item has another's id, and was announced without one",
    "json-twice-of-wrong-type": "the document does not fit the schema, and it comes twice",
    "limit-ignored-and-counted-as-kept": "the limit is ignored, and usage counts fewer tokens than came",
    "limit-ignored-and-uncounted": "the limit is ignored, and usage counts nothing",
    "folded-and-lost": "a header is folded, and the connection is lost",
    "error-first-on-chunk-with-stop": "the error comes with a finish_reason, and with status 200",
    "part-added-with-mojibake": "a letter is lost, and the announcement holds text",
    "reasoning-grows-in-other-field": "the deltas hold the text so far, in a field that few clients read",
    "refusal-detail-of-claimed": "what is claimed is refused, and the refusal has no envelope",
    "text-grows-and-the-rest-is-right": "the last delta says more than the text, besides all that was said",
}
"""The wires with more than one cause, and what they are."""


@pytest.mark.parametrize("wire", BROKEN, ids=lambda wire: wire.id)
def test_a_broken_wire_has_one_cause(wire: Wire) -> None:
    """However many requirements it breaks, all but one only follow; wires with two faults are listed."""
    found = broken(verdicts_on(wire))
    causes = {name for name, verdicts in found.items() if not verdicts[0].because}
    assert causes <= set(wire.breaks)
    assert (len(causes) > 1) is (wire.id in SEVERAL)


def test_the_list_of_wires_with_several_causes_is_of_wires() -> None:
    """So that it stays short."""
    assert set(SEVERAL) <= {wire.id for wire in BROKEN}


def test_no_two_wires_have_the_same_name() -> None:
    """So that a failing test names one wire."""
    names = [wire.id for wire in BROKEN]
    assert {name for name in names if names.count(name) > 1} == set()
