"""`python -m tests.proof ID`: prove one requirement, or several, both ways, in seconds.

All that is declared to break it is tried, and every legal wire that it has a verdict on is judged. The tests
do more: they hold every other fault and wire to leaving it alone.
"""

import sys
from collections.abc import Iterator, Sequence

from conformance.catalogue import Requirement
from conformance.errors import ConformanceError, UnknownRequirementError
from conformance.exchange import Api, Expects
from conformance.judge import applies
from conformance.reference.faults import Fault
from conformance.requirements import CATALOGUE, by_id
from conformance.text import counted
from tests.played import judged
from tests.proof.proving import LEGAL, breakers, differences, homes, kept, mistyped, verdicts_on

UNPROVEN, MISUSED = 1, 4  # exit codes, as those of the suite


def main(names: Sequence[str]) -> int:
    """Write what proves each requirement; 0 where all of them are proven."""
    try:
        if not names:
            sys.stderr.write("Which requirement? Name it, as in `make prove ID=role-first`.\n")
            return MISUSED
        rules = [_named(name) for name in names]
    except ConformanceError as error:
        sys.stderr.write(f"{error}\n")
        return MISUSED
    if wrong := mistyped():
        sys.stderr.writelines(f"{told}\n" for told in wrong)
        return UNPROVEN
    proven = [_proven(rule) for rule in rules]
    return 0 if all(proven) else UNPROVEN


def _named(name: str) -> Requirement:
    try:
        return by_id(name)
    except KeyError:
        raise UnknownRequirementError(name, tuple(rule.id for rule in CATALOGUE)) from None


def _proven(rule: Requirement) -> bool:
    """Whether a requirement is proven both ways, with all of it written."""
    place = homes()[rule.id]
    _write(f"{rule.id}  {rule.level}, {rule.family}", rule.statement, "")
    if rule.untestable:
        _write(f"It cannot be tested from outside, and needs no proof: {rule.untestable}", "")
        return True
    wrong = [*_broken(rule), *_kept(rule)]
    advice = f"conformance/requirements/{place}.py, tests/proof/{place} and conformance/reference/faults"
    _write("", *wrong, f"NOT PROVEN; see {advice}" if wrong else "proven both ways", "")
    return not wrong


def _broken(rule: Requirement) -> Iterator[str]:
    """Try all that is declared to break it; what is wrong with that."""
    _write("broken by")
    tried = breakers(rule.id)
    for one in tried:
        told = differences(verdicts_on(one), one.breaks)
        name = f"{'fault' if isinstance(one, Fault) else 'wire'} {one.id}"
        _write(f"  {name}{', and not as declared' if told else ''}")
        yield from (f"{name}: {other}: {words}" for other, words in told.items())
    if not tried:
        yield "Nothing breaks it: add a fault, or a wire to the table BROKEN."


def _kept(rule: Requirement) -> Iterator[str]:
    """Judge the reference provider without a fault and every legal wire; what is wrong with that."""
    _write("kept by")
    plain = judged()
    if words := differences(plain, ()).get(rule.id):
        yield f"the reference provider without a fault: {words}"
    shown = kept(plain)[rule.id]
    _write(f"  the reference provider without a fault, in {counted(shown, 'verdict')}")
    asked = [wire for wire in LEGAL if applies(rule, Api(wire.api), Expects(wire.expects))]
    keeping = 0
    for wire in asked:
        verdicts = verdicts_on(wire)
        keeping += kept(verdicts)[rule.id]
        if words := differences(verdicts, wire.breaks).get(rule.id):
            yield f"legal wire {wire.id}: {words}"
    if asked:
        _write(f"  {keeping} of {counted(len(LEGAL), 'legal wire')}")
    if advised := sum(rule.id in wire.breaks for wire in asked):
        _write(f"  not by {counted(advised, 'legal wire')}, which it advises against as they declare")
    if not shown + keeping:
        yield "Nothing keeps it: add a wire to the table LEGAL."


def _write(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
