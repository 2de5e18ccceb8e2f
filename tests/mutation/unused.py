"""What the mutation of streams holds in its tables and no stream has a use for."""

from collections.abc import Iterable

from tests.mutation.documents import harmed
from tests.mutation.equivalence import FREE, OPTIONAL, Row, equivalent, row_of
from tests.mutation.normal import Normal, Step
from tests.mutation.operators import EVENT_OPERATORS, PLACE_OPERATORS, WIRE_OPERATORS, mutants
from tests.mutation.stream import Base

__all__ = ["unused"]


def unused(bases: Iterable[Base]) -> list[str]:
    """The operators, and rows and rules of equivalence, that no mutant of these streams fits, in words."""
    rows: set[Row] = {*FREE, *OPTIONAL}
    rules = {"framing", *(step.name.lower() for step in Step)}
    operators = {*WIRE_OPERATORS, *EVENT_OPERATORS, *PLACE_OPERATORS}
    for base in sorted(bases, key=lambda base: len(base.blocks)):  # short ones show most of it
        if not rows and not rules and not operators:
            break
        normal = Normal(base)
        for mutant in harmed(base) if base.document else mutants(base):
            operators.discard(mutant.operator)
            if (row := row_of(base, mutant)) is not None:
                rows.discard(row)
            elif rules:
                rules.discard(equivalent(base, normal, mutant))
    return [
        *(f"No mutant of any stream fits {row}: remove it." for row in sorted(rows, key=str)),
        *(f"No mutant is equivalent by the rule {rule!r}: remove it." for rule in sorted(rules)),
        *(f"No stream has a place for the operator {name!r}: remove it." for name in sorted(operators)),
    ]
