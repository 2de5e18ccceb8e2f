"""What is counted of a run that is held to profiles: their requirements, and how it stands to each."""

from collections.abc import Iterable, Sequence

from conformance.profiles import profiles
from conformance.report.records import Report
from conformance.standing import Stand, Standing
from conformance.text import counted, unended

__all__ = ["held_to", "kept_of", "standings_held", "unsure_of"]


def held_to(named: str | None) -> frozenset[str] | None:
    """The requirements of the profiles that a header names; None if it names none that this suite has."""
    found = [profiles().get(name) for name in (named or "").split(", ")]
    names = frozenset(name for profile in found if profile for name in profile.requirements)
    return names or None


def standings_held(report: Report) -> list[Standing]:
    """The verdicts on the profiles to which the run is held; empty if it is held to all requirements."""
    named = (report.header.profile or "").split(", ")
    return [item for item in report.footer.profiles if item.profile in named]


def kept_of(held: Sequence[Standing]) -> str:
    """How many requirements of each profile are kept, in words; "" for no profile."""
    first, *others = [counted(item.kept, "requirement") for item in held] or [""]
    if not others:
        return f"{first} of it" if first else ""
    told = [f"{item.kept} of {item.name}" for item in held[1:]]
    return ", ".join([f"{first} of {held[0].name}", *told[:-1]]) + f" and {told[-1]}"


def unsure_of(held: Iterable[Standing]) -> str:
    """Those of some verdicts on profiles that are neither kept nor broken, with reasons; "" if none is."""
    neither = (Stand.NOT_APPLICABLE, Stand.NOT_TESTABLE)
    found = [item for item in held if item.stand in neither]
    return "; ".join(f"{item.profile} is {item.stand.words} ({unended(item.reason)})" for item in found)
