"""Groups violations by requirement, in the order in which to fix them. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.catalogue import DEPENDS_ON_MODEL, Level, Outcome, Requirement, Source, Verdict
from conformance.gate import Deviation, Ruling

__all__ = [
    "BROKEN",
    "LEVELS",
    "Finding",
    "Lookup",
    "findings_of",
    "rule_of",
    "worst",
]

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
    these verdicts, None if none does; verdicts that it does not excuse form another finding.
    """

    id: str
    level: Level
    outcome: Outcome
    gates: bool
    rule: Requirement | None
    verdicts: tuple[Verdict, ...]
    deviation: Deviation | None = None

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
    def before_all(self) -> bool:
        """Whether reports show it before all others, which could not be judged."""
        return self.rule is not None and self.rule.before_all

    @property
    def exchanges(self) -> tuple[str, ...]:
        """The ids of all exchanges that it was seen on, in run order."""
        return tuple(dict.fromkeys(name for verdict in self.verdicts for name in verdict.exchanges))

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


def _gathered(rulings: Sequence[Ruling], lookup: Lookup) -> Iterator[Finding]:
    grouped: dict[tuple[str, Deviation | None], list[Ruling]] = {}
    for ruling in rulings:
        if ruling.verdict.outcome in BROKEN:
            grouped.setdefault((ruling.verdict.requirement, ruling.deviation), []).append(ruling)
    for (name, deviation), members in grouped.items():
        yield Finding(
            id=name,
            level=min((ruling.verdict.level for ruling in members), key=LEVELS.index),
            outcome=worst(ruling.verdict.outcome for ruling in members),
            gates=any(ruling.gates for ruling in members),
            rule=rule_of(name, lookup),
            verdicts=tuple(ruling.verdict for ruling in members),
            deviation=deviation,
        )


def _urgency(finding: Finding) -> tuple[bool, bool, int, int, int]:
    # Sort order: what turns the run red, then the level, then how widespread it is. Ties keep
    # the order of the catalogue.
    level = LEVELS.index(finding.level)
    outcome = _WORST.index(finding.outcome)
    return (not finding.before_all, not finding.gates, level, outcome, -len(finding.verdicts))
