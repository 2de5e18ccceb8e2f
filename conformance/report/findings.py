"""Groups violations by requirement, in the order in which to fix them. Pure.

What only follows from another violation is no finding of its own: it is a consequence of that finding.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from conformance.catalogue import DEPENDS_ON_MODEL, Level, Outcome, Requirement, Source, Verdict
from conformance.gate import Deviation, Ruling

__all__ = ["BROKEN", "LEVELS", "Finding", "Lookup", "findings_of", "rule_of", "seen_on", "worst"]

Lookup = Callable[[str], Requirement]

LEVELS = tuple(Level)
BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)
# The order in which one outcome stands for several verdicts.
_WORST = (
    Outcome.ERROR,
    Outcome.FAIL,
    Outcome.WARN,
    Outcome.INFO,
    Outcome.NOT_TESTABLE,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken requirement, with all the verdicts that report it.

    `rule` is None if this suite's catalogue lacks the id. `deviation` is the known deviation that excuses
    these verdicts, None if none does; verdicts that it does not excuse form another finding. `consequences`
    are the requirements that are broken because of it.
    """

    id: str
    level: Level
    outcome: Outcome
    gates: bool
    rule: Requirement | None
    verdicts: tuple[Verdict, ...]
    deviation: Deviation | None = None
    consequences: tuple["Finding", ...] = ()

    @property
    def statement(self) -> str:
        """The rule in one sentence; for an unknown rule, what is known about it."""
        return self.rule.statement if self.rule else f"{self.id} (not in the catalogue of this suite)"

    @property
    def hurts(self) -> str:
        """What clients suffer; "" if the catalogue does not say."""
        return self.rule.hurts if self.rule else ""

    @property
    def model(self) -> str:
        """That it depends on how well the model obeys; "" if it does not."""
        return DEPENDS_ON_MODEL if self.rule and self.rule.model else ""

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the rule is stated."""
        return self.rule.sources if self.rule else ()

    @property
    def reports(self) -> tuple[str, ...]:
        """Public reports of this fault."""
        return self.rule.reports if self.rule else ()

    @property
    def projects(self) -> int:
        """How many projects have reported this fault in public, each because a client of theirs broke."""
        return len({re.split(r"#|/issues/|/pull/", report)[0] for report in self.reports})

    @property
    def before_all(self) -> bool:
        """Whether reports show it before all others, which could not be judged."""
        found = (self, *self.consequences)
        return any(item.rule is not None and item.rule.before_all for item in found)

    @property
    def exchanges(self) -> tuple[str, ...]:
        """The ids of all exchanges that it was seen on, in run order."""
        return tuple(dict.fromkeys(name for verdict in self.verdicts for name in seen_on(verdict)))

    @property
    def dialects(self) -> tuple[str, ...]:
        """The known dialects that explain it."""
        return tuple(dict.fromkeys(name for verdict in self.verdicts for name in verdict.dialects))

    @property
    def switch(self) -> str:
        """The line of providers.toml after which it is not judged, if a claim decides that; "" otherwise."""
        return next((verdict.reason for verdict in self.verdicts if verdict.reason), "")

    @property
    def declared(self) -> bool:
        """Whether the provider declares the dialect: only a declared dialect turns a MUST into a warning."""
        return self.level is Level.MUST and self.outcome is Outcome.WARN


def findings_of(rulings: Sequence[Ruling], lookup: Lookup) -> list[Finding]:
    """Everything that was broken, the most urgent first."""
    return sorted(_gathered(rulings, lookup), key=_urgency)


def rule_of(name: str, lookup: Lookup) -> Requirement | None:
    """The requirement with this id; None if this suite has none."""
    try:
        return lookup(name)
    except KeyError:
        return None


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that stands for several. Needs at least one."""
    return min(outcomes, key=_WORST.index)


def seen_on(verdict: Verdict) -> tuple[str, ...]:
    """The exchanges that a verdict tells of: of a group those that its violations name, or else all."""
    told = {violation.place for violation in verdict.violations}
    if told and told.issubset(verdict.exchanges):
        return tuple(name for name in verdict.exchanges if name in told)
    return verdict.exchanges


def _gathered(rulings: Sequence[Ruling], lookup: Lookup) -> Iterator[Finding]:
    broken = [ruling for ruling in rulings if ruling.verdict.outcome in BROKEN]
    causes, followers = _apart(broken)
    for (name, deviation), members in causes.items():
        finding = _finding(name, deviation, members, lookup)
        following = followers.get((name, deviation), {}).items()
        consequences = (_finding(other, None, found, lookup) for other, found in following)
        yield replace(finding, consequences=tuple(sorted(consequences, key=_urgency)))


_Key = tuple[str, Deviation | None]
"""What a finding is about: a requirement, and the deviation that excuses it."""


def _apart(broken: Sequence[Ruling]) -> tuple[dict[_Key, list[Ruling]], dict[_Key, dict[str, list[Ruling]]]]:
    """The rulings by finding, and those that follow from each finding by requirement."""
    alone: dict[str, list[Ruling]] = {}
    for ruling in broken:
        if not ruling.verdict.because:
            alone.setdefault(ruling.verdict.requirement, []).append(ruling)
    roots = {name: _Roots(rulings) for name, rulings in alone.items()}
    causes: dict[_Key, list[Ruling]] = {}
    followers: dict[_Key, dict[str, list[Ruling]]] = {}
    for ruling in broken:
        name = ruling.verdict.requirement
        found = roots.get(ruling.verdict.because)
        cause = found.cause(ruling) if found else None
        if cause is None:
            causes.setdefault((name, ruling.deviation), []).append(ruling)
        else:
            key = (cause.verdict.requirement, cause.deviation)
            followers.setdefault(key, {}).setdefault(name, []).append(ruling)
    return causes, followers


_Need = tuple[bool, bool]
"""Of a ruling that follows: whether it is known, and whether it turns the run red."""
_NEEDS: tuple[_Need, ...] = tuple(product((False, True), (False, True)))


class _Roots:
    """The rulings on one requirement that follow from nothing."""

    def __init__(self, rulings: Sequence[Ruling]) -> None:
        self._rulings = rulings
        # The place of the first ruling that may tell of such a one, of all and by exchange.
        self._first: dict[_Need, int] = {}
        self._near: dict[tuple[str, _Need], int] = {}
        for place, ruling in enumerate(rulings):
            for need in filter(partial(_tells, ruling), _NEEDS):
                self._first.setdefault(need, place)
                for name in ruling.verdict.exchanges:
                    self._near.setdefault((name, need), place)

    def cause(self, effect: Ruling) -> Ruling | None:
        """The ruling under which reports tell of one that follows; None if it is told by itself.

        One on the same exchange, if there is one.
        """
        need = effect.deviation is not None, effect.gates
        near = [self._near[at] for name in effect.verdict.exchanges if (at := (name, need)) in self._near]
        place = min(near) if near else self._first.get(need)
        return None if place is None else self._rulings[place]


def _tells(cause: Ruling, need: _Need) -> bool:
    """Whether a ruling that follows may be told under this one.

    Nothing that turns the run red is told under what does not, and nothing listed under what is not.
    """
    known, gates = need
    return (not known or cause.deviation is not None) and (cause.gates or not gates)


def _finding(name: str, deviation: Deviation | None, members: Sequence[Ruling], lookup: Lookup) -> Finding:
    return Finding(
        id=name,
        level=min((ruling.verdict.level for ruling in members), key=LEVELS.index),
        outcome=worst(ruling.verdict.outcome for ruling in members),
        gates=any(ruling.gates for ruling in members),
        rule=rule_of(name, lookup),
        verdicts=tuple(ruling.verdict for ruling in members),
        deviation=deviation,
    )


def _urgency(finding: Finding) -> tuple[bool, bool, int, int, int, int]:
    # Sort order: what turns the run red, then the level, then how many projects reported that it broke a
    # client of theirs, then how widespread it is. Ties keep the order of the catalogue.
    level = LEVELS.index(finding.level)
    outcome = _WORST.index(finding.outcome)
    red = (not finding.before_all, not finding.gates)
    return (*red, level, outcome, -finding.projects, -len(finding.verdicts))
