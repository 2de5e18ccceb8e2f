"""Summarises a report in the order in which a reader needs it. Pure.

Violations are grouped by requirement, not by exchange: a requirement broken on forty streams is one thing to
fix. Only causes count as broken; what follows from them is told under them.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from conformance.catalogue import Family, Level, Outcome, Verdict
from conformance.exchange import Ended
from conformance.gate import ExitCode, Ruling, Stale
from conformance.report.findings import BROKEN, LEVELS, Finding, Lookup, findings_of, rule_of
from conformance.report.held import kept_of, standings_held, unsure_of
from conformance.report.records import Report
from conformance.report.visible import one_line
from conformance.text import counted, ended, unended

__all__ = ["Conclusion", "ReasonGroup", "Summary", "Tally", "summarise"]


class Conclusion(StrEnum):
    """The conclusion of a run about its endpoint."""

    CONFORMS = "conforms"
    EXCEPTED = "conforms with exceptions"
    BROKEN = "does not conform"
    STALE = "list out of date"
    UNKNOWN = "cannot say"


_WORDS = {
    Conclusion.CONFORMS: "conforms{to}",
    Conclusion.EXCEPTED: "conforms{to} except for",
    Conclusion.BROKEN: "does not conform{to}",
    Conclusion.STALE: "lists deviations that are out of date",
    Conclusion.UNKNOWN: "cannot be judged",
}
_LEADS = {
    Conclusion.CONFORMS: "Conforms{to}",
    Conclusion.EXCEPTED: "Conforms{to} except for",
    Conclusion.BROKEN: "Does not conform{to}",
    Conclusion.STALE: "Nothing is broken beyond the list, but the list is wrong",
    Conclusion.UNKNOWN: "Cannot say",
}
# Of what nobody promised there is nothing to conform to but what came.
_RECORDED = {
    Conclusion.CONFORMS: "nothing broken in {exchanges}",
    Conclusion.EXCEPTED: "nothing broken in {exchanges} except for",
}
_RED = (Outcome.FAIL, Outcome.WARN)
_CAUSE = 600  # characters of an error's cause in the summary sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonGroup:
    """Requirements that could not be judged for the same reason."""

    reason: str
    requirements: tuple[str, ...]
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The requirements of a level, counted by outcome; each once, unless it is broken at two levels.

    `following` are broken only because others are.
    """

    level: Level
    kept: int
    broken: int
    following: int
    known: int
    not_testable: int
    not_applicable: int
    error: int

    @property
    def total(self) -> int:
        """The number of judged requirements of the level."""
        judged = self.kept + self.broken + self.following + self.known
        return judged + self.not_testable + self.not_applicable + self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A report, sorted for reading.

    `exceptions` are the known deviations and declared dialects, in words, if the endpoint conforms except for
    them. `account` describes what the state rests on; `cause` says why something could not be judged, "" if
    there was no error. `fixes` are in the order in which to fix them; `told` are the violated INFO rules;
    `passes` are requirements by family; `dialects` are the recognised dialects, each with the requirements
    that it explains and whether the provider declares it. `held` are the ids of the profiles to which the run
    is held, "" if it is held to all requirements. `recorded` is the number of exchanges if none of them was
    asked for by the suite, as those of an application are, and 0 otherwise. `stopped` says that nothing was
    judged, because no request was answered or because the run was `mistaken` in the address, the key or the
    model.
    """

    state: Conclusion
    exceptions: str
    account: str
    tallies: tuple[Tally, ...]
    fixes: tuple[Finding, ...]
    told: tuple[Finding, ...]
    known: tuple[Finding, ...]
    stale: tuple[Stale, ...]
    cause: str
    errors: tuple[ReasonGroup, ...]
    not_testable: tuple[ReasonGroup, ...]
    not_applicable: tuple[ReasonGroup, ...]
    passes: tuple[tuple[str, tuple[str, ...]], ...]
    dialects: tuple[tuple[str, tuple[str, ...], bool], ...]
    held: str = ""
    recorded: int = 0
    mistaken: bool = False
    stopped: bool = False

    @property
    def sentence(self) -> str:
        """The result in one sentence. It never gives a percentage, because the total has no meaning."""
        lead = self._told(_LEADS)
        return ended(f"{lead[:1].upper()}{lead[1:]}: {self.account}")

    @property
    def words(self) -> str:
        """The result in the words that follow the provider's name."""
        return self._told(_WORDS)

    def headline(self, provider: str) -> str:
        """The result in one line with the provider's name."""
        return f"{provider}{':' if self._unpromised else ''} {self.words}"

    @property
    def _unpromised(self) -> bool:
        return bool(self.recorded and not self.held and self.state in _RECORDED)

    def _told(self, words: Mapping[Conclusion, str]) -> str:
        told = _RECORDED if self._unpromised else words
        exchanges = counted(self.recorded, "recorded exchange")
        lead = told[self.state].format(to=f" to {self.held}" if self.held else "", exchanges=exchanges)
        return " ".join(filter(None, [lead, self.exceptions]))


def summarise(report: Report, lookup: Lookup) -> Summary:
    """The summary of a report. `lookup` returns the requirement with an id, and raises KeyError."""
    findings = findings_of(report.rulings, lookup)
    open_ = [item for item in findings if item.deviation is None]
    known = [item for item in findings if item.deviation is not None]
    columns = _columns(report.rulings, {item.id for item in open_})
    tallies = _tallies(columns)
    cause = _cause(report)
    exceptions = _exceptions(open_, known)
    state, account = _account(report, open_, tallies, cause, exceptions)
    return Summary(
        state=state,
        exceptions=" and ".join(exceptions) if state is Conclusion.EXCEPTED else "",
        account=account,
        tallies=tallies,
        fixes=tuple(item for item in open_ if item.outcome is not Outcome.INFO),
        told=tuple(item for item in open_ if item.outcome is Outcome.INFO),
        known=tuple(known),
        stale=report.stale,
        cause=cause,
        errors=_reasons(report.rulings, Outcome.ERROR),
        not_testable=_reasons(report.rulings, Outcome.NOT_TESTABLE),
        not_applicable=_reasons(report.rulings, Outcome.NOT_APPLICABLE),
        passes=_passes(columns, lookup),
        dialects=_dialects(report),
        held=report.header.profile or "",
        recorded=_recorded(report),
        mistaken=bool(cause) and _mistaken(report),
        stopped=bool(cause) and (_mistaken(report) or not _answered(report)),
    )


def _recorded(report: Report) -> int:
    """How many exchanges there are, if none is of a scenario of the suite; otherwise 0."""
    return 0 if any(line.scenario for line in report.exchanges) else len(report.exchanges)


def _only_refusals(report: Report) -> bool:
    """Whether an application got nothing but refusals, of which few requirements speak."""
    heard = [line for line in report.exchanges if line.status is not None or line.bytes]
    return bool(_recorded(report) and heard) and all((line.status or 0) >= 400 for line in heard)


def _exceptions(open_: Sequence[Finding], known: Sequence[Finding]) -> list[str]:
    """The observed known deviations and declared dialects, counted, in words."""
    listed = len({item.id for item in known if item.deviation and not item.deviation.baseline})
    before = len({item.id for item in known if item.deviation and item.deviation.baseline})
    declared = {name for item in open_ if item.declared for name in item.dialects}
    return [
        *([counted(listed, "known deviation")] if listed else []),
        *([f"{counted(before, 'requirement')} that the baseline breaks too"] if before else []),
        *([f"{counted(len(declared), 'dialect')} that it declares"] if declared else []),
    ]


def _cause(report: Report) -> str:
    """Why something could not be judged: the first error of a request that was sent, on one line."""
    unsent = {line.id for line in report.exchanges if line.ended in (Ended.NOT_SENT, Ended.UNBUILT)}
    errors = [item.verdict for item in report.rulings if item.verdict.outcome is Outcome.ERROR]
    sent = [verdict for verdict in errors if not unsent & set(verdict.exchanges)]
    return next((unended(one_line(_reason(verdict), _CAUSE)) for verdict in [*sent, *errors]), "")


def _account(
    report: Report,
    open_: Sequence[Finding],
    tallies: Sequence[Tally],
    cause: str,
    exceptions: Sequence[str],
) -> tuple[Conclusion, str]:
    kept = sum(tally.kept for tally in tallies)
    held = standings_held(report)
    untested = 0 if held else sum(tally.not_testable for tally in tallies)
    errors = sum(tally.error for tally in tallies)
    incomplete = report.footer.incomplete
    gating = [item for item in open_ if item.gates]
    # A MUST that is broken without turning the run red is of no profile to which the run is held.
    soft = [item for item in open_ if not item.gates and item.outcome in _RED and not item.declared]

    ending = f"{kept_of(held) or counted(kept, 'requirement')} kept"
    cut = f"the run is incomplete ({unended(incomplete)})"
    failed = f"{counted(errors, 'requirement')} could not be judged because of an error"
    failed += f": {cause}" if cause else ""
    parts: list[str] = []
    if report.stale:
        parts.append(_out_of_date(report.stale))
    if soft:
        parts.append(f"{_broken(soft)} without turning the run red")
    later = [f"{counted(untested, 'requirement')} could not be tested"] if untested else []
    tested = [*parts, *later]
    parts = [*parts, *exceptions, *later]

    if cause and _mistaken(report):
        return Conclusion.UNKNOWN, f"{cause}; nothing else was sent"
    if cause and not _answered(report):
        return Conclusion.UNKNOWN, f"{cause}; no request was answered"
    if gating:
        exchanges = {name for item in gating for name in item.exchanges}
        first = f"{_broken(gating)} on {counted(len(exchanges), 'exchange')}{_following(gating)}"
        trouble = [*([failed] if errors else []), *([cut] if incomplete else [])]
        return Conclusion.BROKEN, "; ".join([first, *parts, *trouble, ending])
    if incomplete:
        trouble = [cut, *([failed] if errors else [])]
        return Conclusion.UNKNOWN, "; ".join([*trouble, *parts, f"of what was judged, {ending}"])
    if errors:
        return Conclusion.UNKNOWN, "; ".join([failed, *parts, ending])
    if _only_refusals(report):
        return Conclusion.UNKNOWN, "; ".join(["only refusals were answered", *parts, ending])
    if unsure := unsure_of(standings_held(report)):
        return Conclusion.UNKNOWN, "; ".join([unsure, *parts, ending])
    if not kept and not exceptions and not soft:
        return Conclusion.UNKNOWN, "; ".join(["nothing could be judged", *parts])
    if report.stale:
        return Conclusion.STALE, "; ".join([*parts, ending])
    if exceptions:
        return Conclusion.EXCEPTED, "; ".join([ending, *tested])
    return Conclusion.CONFORMS, "; ".join([ending, *parts])


def _mistaken(report: Report) -> bool:
    return report.footer.exit_code is ExitCode.USAGE


def _answered(report: Report) -> bool:
    return any(line.status is not None or line.bytes for line in report.exchanges)


def _out_of_date(stale: Sequence[Stale]) -> str:
    return f"{counted(len(stale), 'listed deviation')} {'is' if len(stale) == 1 else 'are'} out of date"


def _broken(findings: Sequence[Finding]) -> str:
    numbers = {level: len({item.id for item in findings if item.level is level}) for level in LEVELS}
    parts = [counted(number, f"{level.value} requirement") for level, number in numbers.items() if number]
    return f"{' and '.join(parts)} broken"


def _following(findings: Sequence[Finding]) -> str:
    """How many further requirements are broken because of these, in words; "" if none is."""
    causes = {item.id for item in findings}
    names = {other.id for item in findings for other in item.consequences} - causes
    of_what = "it" if len(causes) == 1 else "them"
    return f", and {counted(len(names), 'further requirement')} because of {of_what}" if names else ""


def _tallies(columns: Mapping[str, Mapping[Level, str]]) -> tuple[Tally, ...]:
    named = {level: [told[level] for told in columns.values() if level in told] for level in LEVELS}
    return tuple(
        Tally(
            level=level,
            kept=names.count("kept"),
            broken=names.count("broken"),
            following=names.count("following"),
            known=names.count("known"),
            not_testable=names.count("not_testable"),
            not_applicable=names.count("not_applicable"),
            error=names.count("error"),
        )
        for level, names in named.items()
        if names
    )


def _columns(rulings: Sequence[Ruling], causes: Collection[str]) -> Mapping[str, Mapping[Level, str]]:
    """What became of each requirement, by its level.

    A requirement that is a MUST in some exchanges and a SHOULD in others may be broken at both levels. One
    that is not broken has the gravest level of those verdicts that say the most of it.
    """
    seen: dict[str, dict[Level, list[Ruling]]] = {}
    for ruling in rulings:
        seen.setdefault(ruling.verdict.requirement, {}).setdefault(ruling.verdict.level, []).append(ruling)
    found: dict[str, Mapping[Level, str]] = {}
    for name, levels in seen.items():
        broken = "broken" if name in causes else "following"
        told = {level: _column(levels[level], broken) for level in LEVELS if level in levels}
        red = {level: column for level, column in told.items() if column not in _SAID}
        found[name] = red or dict([min(told.items(), key=lambda item: _SAID.index(item[1]))])
    return found


_SAID = ("error", "kept", "not_testable", "not_applicable")
"""The columns of what is not broken: the first of them that any verdict has stands for a requirement."""


def _column(members: Sequence[Ruling], broken: str) -> str:
    open_ = {ruling.verdict.outcome for ruling in members if ruling.deviation is None}
    if open_ & set(BROKEN):
        return broken
    if Outcome.ERROR in open_:
        return "error"
    if any(ruling.deviation is not None for ruling in members):
        return "known"
    # Passed wherever it was judged; verdicts that were not testable are listed separately.
    for outcome, name in ((Outcome.PASS, "kept"), (Outcome.NOT_TESTABLE, "not_testable")):
        if outcome in open_:
            return name
    return "not_applicable"


def _reasons(rulings: Sequence[Ruling], outcome: Outcome) -> tuple[ReasonGroup, ...]:
    grouped: dict[str, list[Verdict]] = {}
    for ruling in rulings:
        if ruling.verdict.outcome is outcome:
            grouped.setdefault(_reason(ruling.verdict), []).append(ruling.verdict)
    found = [
        ReasonGroup(
            reason=reason,
            requirements=tuple(dict.fromkeys(verdict.requirement for verdict in verdicts)),
            exchanges=tuple(dict.fromkeys(name for verdict in verdicts for name in verdict.exchanges)),
        )
        for reason, verdicts in grouped.items()
    ]
    return tuple(sorted(found, key=lambda item: (-len(item.requirements), -len(item.exchanges))))


def _reason(verdict: Verdict) -> str:
    # The exchange is listed beside the reason; with its name inside, no two reasons would be equal.
    reason = verdict.reason or "no reason was given"
    for name in verdict.exchanges:
        reason = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "the exchange", reason.removeprefix(f"{name}: "))
    return reason


def _passes(
    columns: Mapping[str, Mapping[Level, str]], lookup: Lookup
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    families: dict[str, list[str]] = {family.value: [] for family in Family}
    for name, told in columns.items():
        if set(told.values()) == {"kept"}:
            rule = rule_of(name, lookup)
            families.setdefault(rule.family.value if rule else "other", []).append(name)
    return tuple((family, tuple(names)) for family, names in families.items() if names)


def _dialects(report: Report) -> tuple[tuple[str, tuple[str, ...], bool], ...]:
    found: dict[str, dict[str, None]] = {}
    for ruling in report.rulings:
        for name in ruling.verdict.dialects:
            found.setdefault(name, {})[ruling.verdict.requirement] = None
    declared = report.header.dialects
    return tuple((name, tuple(rules), name in declared) for name, rules in found.items())
