"""The layout of the page, decided before it is written, so that every link has its target."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import quote

from conformance.catalogue import Outcome, Verdict, Violation
from conformance.report.blocks import Blocks
from conformance.report.findings import Finding
from conformance.report.look import OUTCOMES, Look
from conformance.report.records import ExchangeLine, Report
from conformance.report.reproduce import curl, replay
from conformance.report.summary import Summary
from conformance.report.wirelog import Fold, Log, WireRow, excerpt, glimpse, log
from conformance.subject import Answer
from conformance.text import counted

__all__ = ["Drawing", "ExchangeEntry", "ExchangeLink", "FindingEntry"]

_MANY = 40  # exchanges; on larger pages only exchanges with violations get a log
_LOGS = 500_000  # characters of wire logs on a page with few exchanges
_LOGS_OF_MANY = 1_800_000
_EXCERPTS = 400_000  # characters of wire excerpts in the list of what to fix
_LINKED = 100  # exchanges linked from one requirement; report.jsonl lists them all
_BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)


@dataclass(frozen=True, slots=True)
class ExchangeLink:
    """A link to one exchange: its name, and the anchor of its log or the path of its evidence."""

    id: str
    anchor: str
    evidence: str
    event: int | None = None
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsequenceEntry:
    """A requirement that is broken because of a finding, with its first violation and where that was seen.

    `anchor` is "" where links to the requirement lead to a finding of its own.
    """

    finding: Finding
    anchor: str
    look: Look
    first: Violation
    place: ExchangeLink


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEntry:
    """One finding, prepared for the page."""

    finding: Finding
    anchor: str
    look: Look
    first: Violation | None
    more: tuple[Violation, ...]
    consequences: tuple[ConsequenceEntry, ...]
    places: tuple[ExchangeLink, ...]
    unlisted: int
    shown: ExchangeLink | None
    line: ExchangeLine | None
    rows: tuple[WireRow | Fold, ...]
    timed: bool
    marked: bool
    glimpse: str
    replay: str
    curl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeEntry:
    """One exchange in the list at the end of the page, with its log if it is shown."""

    line: ExchangeLine
    anchor: str
    evidence: str
    log: Log | None
    badges: tuple[tuple[Look, Outcome, int], ...]
    verdicts: tuple[tuple[Look, Outcome, Verdict, str], ...]
    statistics: str


class Drawing:
    """The places, logs and findings of one page, within its limit of characters."""

    def __init__(self, report: Report, streams: Mapping[str, Answer], summary: Summary) -> None:
        self._streams = streams
        self._lines = {line.id: line for line in report.exchanges}
        self._anchors = _anchors(self._lines)
        self._header = report.header
        self._broken: dict[str, list[Verdict]] = {}
        self._plain: dict[str, list[Verdict]] = {}
        for ruling in report.rulings:
            verdict = ruling.verdict
            for name in verdict.exchanges:
                if verdict.outcome in _BROKEN:
                    self._broken.setdefault(name, []).append(verdict)
                elif verdict.outcome is Outcome.ERROR:
                    self._plain.setdefault(name, []).append(verdict)
        found = (*summary.fixes, *summary.told, *summary.known)
        self._causes = {finding.id for finding in found}
        followers = {item.id for finding in found for item in finding.consequences}
        self._findings = {name: f"r-{name}" for name in self._causes | followers}
        self._used: set[str] = set()
        self._excerpts = _EXCERPTS
        self._last: tuple[Answer, Blocks] | None = None
        self._logs = self._draw()
        self._rows = {
            name: {row.number for row in drawn.rows if isinstance(row, WireRow) and row.number is not None}
            for name, drawn in self._logs.items()
        }

    def _draw(self) -> dict[str, Log]:
        # Exchanges with violations come first, so that they get a log before the limit is reached.
        many = len(self._lines) > _MANY
        budget = _LOGS_OF_MANY if many else _LOGS
        wanted = [name for name in self._lines if name in self._broken]
        wanted += [] if many else [name for name in self._lines if name not in self._broken]
        logs: dict[str, Log] = {}
        for name in wanted:
            if (stream := self._streams.get(name)) is None:
                continue
            drawn = log(stream, self._broken.get(name, ()), self._blocks(stream))
            if drawn.size <= budget:
                budget -= drawn.size
                logs[name] = drawn
        return logs

    def _blocks(self, stream: Answer) -> Blocks | None:
        # Consecutive findings are mostly shown on the same exchange.
        if stream.streamed and (self._last is None or self._last[0] is not stream):
            self._last = stream, Blocks(stream)
        return self._last[1] if self._last is not None and self._last[0] is stream else None

    def place(self, name: str, event: int | None = None) -> ExchangeLink:
        """The link to an exchange, or to one event of it."""
        anchor = self._anchors.get(name, "")
        line = self._lines.get(name)
        evidence = _href(line.evidence) if line and line.evidence else ""
        target = f"#{anchor}" if anchor else ""
        if event in self._rows.get(name, ()):
            target = f"#{anchor}-e{event}"
        return ExchangeLink(name, anchor, evidence, event, target)

    def places(self, names: Iterable[str]) -> list[ExchangeLink]:
        """The links to these exchanges, up to the number that one requirement links to."""
        return [self.place(name) for name in list(names)[:_LINKED]]

    def item(self, finding: Finding) -> FindingEntry:
        """A finding with an excerpt of the first exchange that it was seen on."""
        first = finding.verdicts[0]
        violation = first.violations[0] if first.violations else None
        events = {
            verdict.exchanges[0]: next((item.event for item in verdict.violations if item.event), None)
            for verdict in reversed(finding.verdicts)
            if len(verdict.exchanges) == 1
        }
        shown = first.exchanges[0] if first.exchanges else ""
        line, stream = self._lines.get(shown), self._streams.get(shown)
        wanted = stream is not None and self._excerpts > 0
        rows = excerpt(stream, first, self._blocks(stream)) if stream is not None and wanted else ()
        marked = any(isinstance(row, WireRow) and row.rules for row in rows)
        self._excerpts -= sum(400 + 500 * len(row.lines) for row in rows if isinstance(row, WireRow))
        return FindingEntry(
            finding=finding,
            anchor=self._unused(f"r-{finding.id}"),
            look=OUTCOMES[finding.outcome],
            first=violation,
            more=first.violations[1:],
            consequences=tuple(map(self._consequence, finding.consequences)),
            places=tuple(self.place(name, events.get(name)) for name in finding.exchanges[:_LINKED]),
            unlisted=max(len(finding.exchanges) - _LINKED, 0),
            # The event and its bytes are shown beside the excerpt.
            shown=replace(self.place(shown, events.get(shown)), event=None) if shown else None,
            line=line,
            rows=rows,
            timed=any(isinstance(row, WireRow) and row.at is not None for row in rows),
            marked=marked,
            glimpse=glimpse(stream) if stream is not None and not marked else "",
            replay=replay(line, finding.id) if line else "",
            curl=curl(stream.exchange.request, self._header.key_variable) if stream else "",
        )

    def _consequence(self, finding: Finding) -> ConsequenceEntry:
        first = finding.verdicts[0]
        anchor = "" if finding.id in self._causes else self._findings[finding.id]
        anchor = "" if anchor in self._used else anchor
        self._used.add(anchor)
        return ConsequenceEntry(
            finding=finding,
            anchor=anchor,
            look=OUTCOMES[finding.outcome],
            first=first.violations[0],
            place=self.place(first.exchanges[0], first.violations[0].event),
        )

    def entry(self, line: ExchangeLine) -> ExchangeEntry:
        """An exchange, prepared for the list at the end of the page."""
        broken = sorted(self._broken.get(line.id, ()), key=lambda verdict: bool(verdict.because))
        verdicts = [*self._plain.get(line.id, ()), *broken]
        counts = Counter(verdict.outcome for verdict in verdicts if not verdict.because)
        return ExchangeEntry(
            line=line,
            anchor=self._anchors[line.id],
            evidence=_href(line.evidence) if line.evidence else "",
            log=self._logs.get(line.id),
            badges=tuple((look, item, counts[item]) for item, look in OUTCOMES.items() if counts[item]),
            verdicts=tuple(
                (OUTCOMES[item.outcome], item.outcome, item, self._findings.get(item.requirement, ""))
                for item in verdicts
            ),
            statistics=_statistics(self._streams.get(line.id)),
        )

    def _unused(self, anchor: str) -> str:
        # A requirement that is excused on some exchanges only has two findings.
        while anchor in self._used:
            anchor += "-known"
        self._used.add(anchor)
        return anchor


def _anchors(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    used: set[str] = set()
    for name in names:
        base = anchor = "x-" + (re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "exchange")
        count = 1
        while anchor in used:
            count += 1
            anchor = f"{base}--{count}"
        used.add(anchor)
        found[name] = anchor
    return found


def _statistics(stream: Answer | None) -> str:
    if stream is None or not stream.streamed:
        return ""
    times = [event.at for event in stream.wire.events if event.at is not None]
    parts = [counted(len(stream.wire.events), "event"), counted(len(stream.exchange.pieces), "piece")]
    if len(times) > 1:
        gaps = [after - before for before, after in pairwise(times)]
        parts.append(f"longest gap {max(gaps) * 1000:.0f} ms before event {gaps.index(max(gaps)) + 2}")
    return ", ".join(parts)


def _href(path: str) -> str:
    return quote(path, safe="/")
