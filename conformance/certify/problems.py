"""What is wrong with a bundle, as one line for a person and a code for a program."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

__all__ = ["UNDECIDED", "Problem", "grouped"]

_NAMED = 2  # files of which a line says the same

UNDECIDED = frozenset({"suite-differs", "format-newer", "clock-differs"})
"""The codes that say that this suite cannot tell, rather than that something is wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a bundle.

    `code` is a stable slug, `where` the file or exchange that it is about, "" for the bundle as a whole.
    `also` are further files of which the same is to be said.
    """

    code: str
    where: str
    message: str
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = [self.where, *self.also][:_NAMED]
        left = 1 + len(self.also) - len(names)
        shown = f"{', '.join(names)} and {left} more" if left else " and ".join(names)
        return f"{shown}: {self.message}" if self.where else self.message

    def as_json(self) -> dict[str, str]:
        """The problem as `--json` output holds it."""
        return asdict(self)


def grouped(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems, those together of which one word for word says the same as another."""
    found: dict[tuple[str, str], Problem] = {}
    for item in problems:
        key = item.code, item.message
        first = found.get(key)
        if first is None:
            found[key] = item
        elif item.where not in (first.where, *first.also):
            found[key] = replace(first, also=(*first.also, item.where))
    return tuple(found.values())
