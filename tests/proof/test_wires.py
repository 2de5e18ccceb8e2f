"""Hand-made broken wires: each breaks exactly what it declares."""

import pytest

from tests.proof.proving import BROKEN, differences, verdicts_on
from tests.proof.streams.handmade import Wire


@pytest.mark.parametrize("wire", BROKEN, ids=lambda wire: wire.id)
def test_every_broken_wire_breaks_what_it_declares_and_nothing_else(wire: Wire) -> None:
    """With the outcome that the level of each rule gives, and with a place or bytes to look at."""
    assert wire.breaks
    assert differences(verdicts_on(wire), wire.breaks) == {}


def test_no_two_wires_have_the_same_name() -> None:
    """So that a failing test names one wire."""
    names = [wire.id for wire in BROKEN]
    assert {name for name in names if names.count(name) > 1} == set()
