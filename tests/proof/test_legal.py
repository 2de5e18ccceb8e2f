"""Legal wires: no compliant stream fails."""

import pytest

from conformance.catalogue import Level
from conformance.requirements import by_id
from tests.proof.proving import LEGAL, differences, verdicts_on
from tests.proof.streams.handmade import Wire


@pytest.mark.parametrize("wire", LEGAL, ids=lambda wire: wire.id)
def test_no_legal_wire_fails(wire: Wire) -> None:
    """Advice against an oddity is given where the wire says so, and nowhere else."""
    assert differences(verdicts_on(wire), wire.breaks) == {}


def test_no_legal_wire_declares_a_must() -> None:
    """What breaks a MUST is not legal."""
    assert not [wire.id for wire in LEGAL for name in wire.breaks if by_id(name).level is Level.MUST]


def test_no_two_legal_wires_have_the_same_name() -> None:
    """So that a failing test names one wire."""
    names = [wire.id for wire in LEGAL]
    assert {name for name in names if names.count(name) > 1} == set()
