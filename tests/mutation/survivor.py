"""A row of survivors: by patterns, with the reason and the count."""

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from tests.mutation.operators import under
from tests.mutation.run import Kind

__all__ = ["Survivor", "Why"]


class Why(StrEnum):
    """Why a mutant survives."""

    INFO = "reported at INFO"  # a requirement reports it, at a level that kills nothing
    GAP = "gap"  # no source says that it is wrong, or it looks like a legal stream
    BASE = "reported before"  # the base already breaks the rule that would report it


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """Survivors by patterns of base, operator, event and place.

    For `place` see `tests.mutation.operators.under`.
    With `told`, only those of which this requirement tells, at INFO. `times` is how many mutants fit; each is
    counted in the first row that it fits.
    """

    times: int
    why: Why
    reason: str
    event: str = "*"
    place: str = "**"
    operator: str = "*"
    base: str = "*"
    told: str = ""

    def fits(self, kind: Kind) -> bool:
        """Whether a survivor is of this row."""
        return (
            fnmatchcase(kind.base, self.base)
            and fnmatchcase(kind.operator, self.operator)
            and fnmatchcase(kind.event, self.event)
            and under(self.place, kind.place)
            and (not self.told or self.told in kind.told)
        )
