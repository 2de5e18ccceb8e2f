"""What changed since the run before, as a report keeps it, so that its page needs no other file. Pure."""

from dataclasses import dataclass

from conformance.catalogue import Level, Outcome
from conformance.standing import Stand

__all__ = ["RequirementChange", "Since"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementChange:
    """What became of a requirement, in the scenarios in which the same became of it.

    `what` is `regressed`, `improved`, `added`, `removed` or `flaky`. `old` and `new` are its outcomes, None
    in a run that did not judge it. `observed` is what the new run saw first, "" where it broke nothing.
    """

    what: str
    requirement: str
    level: Level
    scenarios: tuple[str, ...]
    old: Outcome | None = None
    new: Outcome | None = None
    because: str = ""
    observed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The changes from the run before to this one.

    `started` and `suite` are those of the run before; `same` is the number of verdicts that both runs share.
    `profiles` have the name of each profile whose verdict changed, with the old verdict and the new one.
    """

    started: str
    suite: str
    same: int
    changes: tuple[RequirementChange, ...] = ()
    profiles: tuple[tuple[str, Stand | None, Stand | None], ...] = ()

    def of(self, what: str) -> tuple[RequirementChange, ...]:
        """The changes of one kind."""
        return tuple(item for item in self.changes if item.what == what)
