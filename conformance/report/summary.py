"""What a report comes to, in the order in which a reader needs it. Pure.

Violations are gathered by requirement, not by exchange: a requirement broken on forty streams is
one thing to fix.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from conformance.catalogue import Family, Level, Outcome, Requirement, Source, Verdict
from conformance.gate import Deviation, Ruling, Stale
from conformance.report.records import Report
from conformance.text import counted

__all__ = ["Finding", "Lookup", "Reasoned", "State", "Summary", "Tally", "summarise"]

Lookup = Callable[[str], Requirement]

_LEVELS = tuple(Level)
_BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)
# Which outcome stands for several verdicts of one requirement.
_WORST = (
    Outcome.ERROR,
    Outcome.FAIL,
    Outcome.WARN,
    Outcome.INFO,
    Outcome.NOT_TESTABLE,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)


class State(StrEnum):
    """What a run says of its endpoint."""

    CONFORMS = "conforms"
    BROKEN = "does not conform"
    STALE = "list out of date"
    UNKNOWN = "cannot say"


_LEADS = {
    State.CONFORMS: "Conforms",
    State.BROKEN: "Does not conform",
    State.STALE: "Nothing is broken beyond the list, but the list is wrong",
    State.UNKNOWN: "Cannot say",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One requirement that was broken, with all the verdicts that say so.

    `rule` is None for an id that this suite's catalogue does not hold. `deviation` is the known
    deviation that excuses these verdicts; verdicts that it does not excuse make another finding.
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
        """The rule in one sentence, or what is known of it."""
        return self.rule.statement if self.rule else f"{self.id} (not in the catalogue of this suite)"

    @property
    def hurts(self) -> str:
        """What a client suffers; empty where the catalogue does not say."""
        return self.rule.hurts if self.rule else ""

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the rule is stated."""
        return self.rule.sources if self.rule else ()

    @property
    def reports(self) -> tuple[str, ...]:
        """Public reports of this fault."""
        return self.rule.reports if self.rule else ()

    @property
    def exchanges(self) -> tuple[str, ...]:
        """The ids of all exchanges that it was seen on, in the order of the run."""
        return tuple(dict.fromkeys(name for verdict in self.verdicts for name in verdict.exchanges))

    @property
    def dialects(self) -> tuple[str, ...]:
        """The recognised ways of differing that explain it."""
        return tuple(dict.fromkeys(verdict.dialect for verdict in self.verdicts if verdict.dialect))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoned:
    """Requirements that share one reason for having been neither kept nor broken."""

    reason: str
    requirements: tuple[str, ...]
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many requirements of a level came to what; each requirement is counted once."""

    level: Level
    kept: int
    broken: int
    known: int
    not_testable: int
    not_applicable: int
    error: int

    @property
    def total(self) -> int:
        """All requirements of the level that were judged."""
        return self.kept + self.broken + self.known + self.not_testable + self.not_applicable + self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A report, sorted for reading.

    `account` says in words what the state rests on. `fixes` come in the order in which to fix them;
    `told` are the broken INFOs; `passes` are requirements by family; `dialects` are names with the
    requirements each explains and whether the provider declares it.
    """

    state: State
    account: str
    tallies: tuple[Tally, ...]
    fixes: tuple[Finding, ...]
    told: tuple[Finding, ...]
    known: tuple[Finding, ...]
    stale: tuple[Stale, ...]
    errors: tuple[Reasoned, ...]
    not_testable: tuple[Reasoned, ...]
    not_applicable: tuple[Reasoned, ...]
    passes: tuple[tuple[str, tuple[str, ...]], ...]
    dialects: tuple[tuple[str, tuple[str, ...], bool], ...]

    @property
    def sentence(self) -> str:
        """The verdict in one sentence. Never a percentage: the denominator means nothing."""
        return f"{_LEADS[self.state]}: {self.account}."


def summarise(report: Report, lookup: Lookup) -> Summary:
    """Sort a report for reading. `lookup` gives the requirement of an id and raises KeyError."""
    findings = sorted(_findings(report.rulings, lookup), key=_urgency)
    open_ = [item for item in findings if item.deviation is None]
    tallies = _tallies(report.rulings)
    state, account = _account(report, open_, tallies)
    return Summary(
        state=state,
        account=account,
        tallies=tallies,
        fixes=tuple(item for item in open_ if item.outcome is not Outcome.INFO),
        told=tuple(item for item in open_ if item.outcome is Outcome.INFO),
        known=tuple(item for item in findings if item.deviation is not None),
        stale=report.stale,
        errors=_reasons(report.rulings, Outcome.ERROR),
        not_testable=_reasons(report.rulings, Outcome.NOT_TESTABLE),
        not_applicable=_reasons(report.rulings, Outcome.NOT_APPLICABLE),
        passes=_passes(report.rulings, lookup),
        dialects=_dialects(report),
    )


def rule_of(name: str, lookup: Lookup) -> Requirement | None:
    """The requirement of an id, or None where this suite has none of that name."""
    try:
        return lookup(name)
    except KeyError:
        return None


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that stands for several, of which there is at least one."""
    return min(outcomes, key=_WORST.index)


def _findings(rulings: Sequence[Ruling], lookup: Lookup) -> Iterable[Finding]:
    grouped: dict[tuple[str, Deviation | None], list[Ruling]] = {}
    for ruling in rulings:
        if ruling.verdict.outcome in _BROKEN:
            grouped.setdefault((ruling.verdict.requirement, ruling.deviation), []).append(ruling)
    for (name, deviation), members in grouped.items():
        yield Finding(
            id=name,
            level=members[0].verdict.level,
            outcome=worst(ruling.verdict.outcome for ruling in members),
            gates=any(ruling.gates for ruling in members),
            rule=rule_of(name, lookup),
            verdicts=tuple(ruling.verdict for ruling in members),
            deviation=deviation,
        )


def _urgency(finding: Finding) -> tuple[bool, int, int, int]:
    # The order of a stable sort: what gates, then the level, then how widespread it is. Ties keep
    # the order of the catalogue, in which verdicts come.
    level = _LEVELS.index(finding.level)
    return (not finding.gates, level, _WORST.index(finding.outcome), -len(finding.verdicts))


def _account(report: Report, open_: Sequence[Finding], tallies: Sequence[Tally]) -> tuple[State, str]:
    kept = sum(tally.kept for tally in tallies)
    known = sum(tally.known for tally in tallies)
    untested = sum(tally.not_testable for tally in tallies)
    errors = sum(tally.error for tally in tallies)
    incomplete = report.footer.incomplete
    gating = [item for item in open_ if item.gates]
    soft = [item for item in open_ if not item.gates and item.outcome is Outcome.WARN]

    ending = f"{counted(kept, 'requirement')} kept"
    cut = f"the run is incomplete ({incomplete})"
    failed = f"{counted(errors, 'requirement')} could not be judged because of an error"
    parts: list[str] = []
    if report.stale:
        parts.append(_out_of_date(report.stale))
    if soft:
        parts.append(f"{_broken(soft)} without turning the run red")
    if known:
        parts.append(counted(known, "known deviation"))
    if untested:
        parts.append(f"{counted(untested, 'requirement')} could not be tested")

    if gating:
        exchanges = {name for item in gating for name in item.exchanges}
        first = f"{_broken(gating)} on {counted(len(exchanges), 'exchange')}"
        trouble = [*([failed] if errors else []), *([cut] if incomplete else [])]
        return State.BROKEN, "; ".join([first, *parts, *trouble, ending])
    if incomplete:
        trouble = [cut, *([failed] if errors else [])]
        return State.UNKNOWN, "; ".join([*trouble, *parts, f"of what was judged, {ending}"])
    if errors:
        return State.UNKNOWN, "; ".join([failed, *parts, ending])
    if not kept and not known and not soft:
        return State.UNKNOWN, "; ".join(["nothing could be judged", *parts])
    if report.stale:
        return State.STALE, "; ".join([*parts, ending])
    return State.CONFORMS, "; ".join([ending, *parts])


def _out_of_date(stale: Sequence[Stale]) -> str:
    return f"{counted(len(stale), 'listed deviation')} {'is' if len(stale) == 1 else 'are'} out of date"


def _broken(findings: Sequence[Finding]) -> str:
    numbers = {level: len({item.id for item in findings if item.level is level}) for level in _LEVELS}
    parts = [counted(number, f"{level.value} requirement") for level, number in numbers.items() if number]
    return f"{' and '.join(parts)} broken"


def _tallies(rulings: Sequence[Ruling]) -> tuple[Tally, ...]:
    seen: dict[tuple[Level, str], list[Ruling]] = {}
    for ruling in rulings:
        seen.setdefault((ruling.verdict.level, ruling.verdict.requirement), []).append(ruling)
    columns: dict[Level, list[str]] = {level: [] for level in _LEVELS}
    for (level, _), members in seen.items():
        columns[level].append(_column(members))
    return tuple(
        Tally(
            level=level,
            kept=names.count("kept"),
            broken=names.count("broken"),
            known=names.count("known"),
            not_testable=names.count("not_testable"),
            not_applicable=names.count("not_applicable"),
            error=names.count("error"),
        )
        for level, names in columns.items()
        if names
    )


def _column(members: Sequence[Ruling]) -> str:
    open_ = {ruling.verdict.outcome for ruling in members if ruling.deviation is None}
    if open_ & set(_BROKEN):
        return "broken"
    if Outcome.ERROR in open_:
        return "error"
    if any(ruling.deviation is not None for ruling in members):
        return "known"
    # Kept wherever it was asked; what was not testable somewhere else is listed by itself.
    for outcome, name in ((Outcome.PASS, "kept"), (Outcome.NOT_TESTABLE, "not_testable")):
        if outcome in open_:
            return name
    return "not_applicable"


def _reasons(rulings: Sequence[Ruling], outcome: Outcome) -> tuple[Reasoned, ...]:
    grouped: dict[str, list[Verdict]] = {}
    for ruling in rulings:
        if ruling.verdict.outcome is outcome:
            grouped.setdefault(_reason(ruling.verdict), []).append(ruling.verdict)
    found = [
        Reasoned(
            reason=reason,
            requirements=tuple(dict.fromkeys(verdict.requirement for verdict in verdicts)),
            exchanges=tuple(dict.fromkeys(name for verdict in verdicts for name in verdict.exchanges)),
        )
        for reason, verdicts in grouped.items()
    ]
    return tuple(sorted(found, key=lambda item: (-len(item.requirements), -len(item.exchanges))))


def _reason(verdict: Verdict) -> str:
    # The exchange is listed beside the reason; its name inside would make each reason a group of one.
    reason = verdict.reason or "no reason was given"
    for name in verdict.exchanges:
        reason = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "the exchange", reason.removeprefix(f"{name}: "))
    return reason


def _passes(rulings: Sequence[Ruling], lookup: Lookup) -> tuple[tuple[str, tuple[str, ...]], ...]:
    outcomes: dict[str, set[Outcome]] = {}
    for ruling in rulings:
        outcomes.setdefault(ruling.verdict.requirement, set()).add(ruling.verdict.outcome)
    kept = [name for name, seen in outcomes.items() if Outcome.PASS in seen and not seen & set(_BROKEN)]
    families: dict[str, list[str]] = {family.value: [] for family in Family}
    for name in kept:
        rule = rule_of(name, lookup)
        families.setdefault(rule.family.value if rule else "other", []).append(name)
    return tuple((family, tuple(names)) for family, names in families.items() if names)


def _dialects(report: Report) -> tuple[tuple[str, tuple[str, ...], bool], ...]:
    found: dict[str, dict[str, None]] = {}
    for ruling in report.rulings:
        if ruling.verdict.dialect:
            found.setdefault(ruling.verdict.dialect, {})[ruling.verdict.requirement] = None
    declared = report.header.dialects
    return tuple((name, tuple(rules), name in declared) for name, rules in found.items())
