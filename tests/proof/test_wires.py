"""Hand-made broken wires: each breaks exactly what it declares."""

import pytest

from conformance.catalogue import Level, Outcome
from conformance.judge import judge_exchange
from conformance.requirements import by_id
from tests.played import broken
from tests.proof.wire import Wire, exchange
from tests.proof.wires import WIRES

OUTCOMES = {Level.MUST: Outcome.FAIL, Level.SHOULD: Outcome.WARN, Level.INFO: Outcome.INFO}


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.id)
def test_every_broken_wire_breaks_what_it_declares_and_nothing_else(wire: Wire) -> None:
    """With the outcome that the level of each rule gives, and with a place or bytes to look at."""
    found = broken(judge_exchange(exchange(wire)))
    assert wire.breaks
    assert set(found) == set(wire.breaks), {
        name: verdict.violations[:1] or verdict.reason
        for name, (verdict,) in found.items()
        if name not in wire.breaks
    }
    for name, (verdict,) in found.items():
        assert verdict.outcome is OUTCOMES[by_id(name).level]
        assert all(violation.expected and violation.observed for violation in verdict.violations)


def test_no_two_wires_have_the_same_name() -> None:
    """So that a failing test names one wire."""
    names = [wire.id for wire in WIRES]
    assert {name for name in names if names.count(name) > 1} == set()
