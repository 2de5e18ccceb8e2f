"""What is broken, requirement by requirement: by which endpoints, and what was observed there. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.catalogue import Level, Outcome
from conformance.dashboard.history import broken
from conformance.dashboard.matrix import Column, Matrix, Row
from conformance.report.findings import LEVELS, worst

__all__ = ["Alike", "Broken", "broken_in"]


@dataclass(frozen=True, slots=True)
class Alike:
    """Endpoints, by their indices, at which the same was observed. `because` and `known` are those of all."""

    observed: str
    because: str
    known: bool
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A requirement that some endpoint breaks, with the gravest outcome and level that it has anywhere."""

    row: Row
    outcome: Outcome
    level: Level
    alike: tuple[Alike, ...]

    @property
    def count(self) -> int:
        """How many endpoints break it."""
        return sum(len(group.columns) for group in self.alike)


def broken_in(matrix: Matrix) -> tuple[Broken, ...]:
    """The requirements that any endpoint breaks, those with a fail first, in the order of the catalogue."""
    rows = (row for group in matrix.groups for row in group.rows)
    found = [made for row in rows if (made := _broken(row, matrix.columns))]
    return tuple(sorted(found, key=lambda item: item.outcome is not Outcome.FAIL))


def _broken(row: Row, columns: Sequence[Column]) -> Broken | None:
    groups: dict[tuple[str, str, bool], list[int]] = {}
    outcomes, levels = [], []
    for index, column in enumerate(columns):
        result = column.results.get(row.id)
        if result is not None and broken(result):
            groups.setdefault((result.observed, result.because, result.known), []).append(index)
            outcomes.append(result.outcome)
            levels.append(result.level)
    if not groups:
        return None
    alike = (Alike(*key, tuple(members)) for key, members in groups.items())
    level = min(levels, key=LEVELS.index)
    return Broken(row, worst(outcomes), level, tuple(sorted(alike, key=lambda item: -len(item.columns))))
