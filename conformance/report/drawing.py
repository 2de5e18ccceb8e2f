"""The layout of the page, decided before it is written, so that every link has its target."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from conformance.catalogue import Family, Outcome, Verdict, Violation
from conformance.report.blocks import Blocks
from conformance.report.findings import Finding
from conformance.report.heading import heading, together
from conformance.report.look import OUTCOMES, Look
from conformance.report.paint import PaintedLine, PaintedText, paint, painted_text, size_of
from conformance.report.records import ExchangeLine, Report
from conformance.report.reproduce import curl, replay
from conformance.report.spots import by_byte, places
from conformance.report.summary import Summary
from conformance.report.timeline import Timeline, timeline
from conformance.report.wirelog import Fold, WireLog, WireRow, excerpt, glimpse, log
from conformance.subject import Answer

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
class FurtherEntry:
    """A requirement that is told under a finding, with its first violation and where that was seen.

    `anchor` is "" where links to the requirement lead to a finding of its own.
    """

    finding: Finding
    anchor: str
    look: Look
    first: Violation
    place: ExchangeLink


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEntry:
    """One finding, prepared for the page.

    `heading` says what was observed. `also` are the requirements that are broken by the same fault, and
    `consequences` those that only follow. `spread` is the number of exchanges that have it. `classes` are
    what the filters look for. `course` is drawn for findings about time.
    """

    finding: Finding
    heading: str
    anchor: str
    look: Look
    classes: str
    first: Violation | None
    more: tuple[Violation, ...]
    also: tuple[FurtherEntry, ...]
    consequences: tuple[FurtherEntry, ...]
    spread: int
    places: tuple[ExchangeLink, ...]
    unlisted: int
    shown: ExchangeLink | None
    line: ExchangeLine | None
    rows: tuple[PaintedText | Fold, ...]
    timed: bool
    marked: bool
    course: Timeline | None
    glimpse: str
    replay: str
    curl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeEntry:
    """One exchange in the list at the end of the page, with its log if it is shown."""

    line: ExchangeLine
    anchor: str
    evidence: str
    log: "DrawnLog | None"
    badges: tuple[tuple[Look, Outcome, int], ...]
    verdicts: tuple[tuple[Look, Outcome, Verdict, str], ...]
    timeline: Timeline | None


@dataclass(frozen=True, slots=True)
class DrawnLog:
    """A log in colours: the rows of an event stream, or the document, and the request."""

    log: WireLog
    rows: tuple[PaintedText | Fold, ...]
    document: PaintedLine | None
    request: PaintedLine | None


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
        self._breaks = [
            (f"p-{number}", set(item.broken)) for number, item in enumerate(report.footer.profiles)
        ]
        self._used: set[str] = set()
        self._excerpts = _EXCERPTS
        self._last: tuple[Answer, Blocks] | None = None
        self._logs = self._draw()
        self._rows = {
            name: {
                item.row.number for item in drawn.rows if isinstance(item, PaintedText) and item.row.number
            }
            for name, drawn in self._logs.items()
        }

    def _draw(self) -> dict[str, DrawnLog]:
        # Exchanges with violations come first, so that they get a log before the limit is reached.
        many = len(self._lines) > _MANY
        budget = _LOGS_OF_MANY if many else _LOGS
        wanted = [name for name in self._lines if name in self._broken]
        wanted += [] if many else [name for name in self._lines if name not in self._broken]
        logs: dict[str, DrawnLog] = {}
        for name in wanted:
            if (stream := self._streams.get(name)) is None:
                continue
            drawn = self._drawn(stream)
            size = drawn.log.size + size_of(drawn.rows)
            if size <= budget:
                budget -= size
                logs[name] = drawn
        return logs

    def _drawn(self, stream: Answer) -> DrawnLog:
        verdicts = self._broken.get(stream.id, ())
        found = log(stream, verdicts, self._blocks(stream), brief=not verdicts)
        return DrawnLog(
            found,
            self._painted(stream, found.rows, verdicts),
            painted_text(found.document, places(stream, verdicts)) if found.document else None,
            painted_text(found.request_body) if found.request_body else None,
        )

    def _painted(
        self, stream: Answer, rows: Iterable[WireRow | Fold], verdicts: Iterable[Verdict]
    ) -> tuple[PaintedText | Fold, ...]:
        return paint(rows, stream.exchange.body, by_byte(stream, verdicts))

    def _blocks(self, stream: Answer) -> Blocks | None:
        # Consecutive findings are mostly shown on the same exchange.
        if stream.streamed and (self._last is None or self._last[0] is not stream):
            self._last = stream, Blocks(stream)
        return self._last[1] if self._last is not None and self._last[0] is stream else None

    @property
    def anchored(self) -> Collection[str]:
        """The ids of the requirements to which links of the page can lead."""
        return self._findings.keys()

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

    def items(self, findings: Iterable[Finding]) -> list[FindingEntry]:
        """The findings, each with an excerpt of the first exchange that it was seen on."""
        return [self._item(finding, also) for finding, also in together(findings, self._streams)]

    def _item(self, finding: Finding, also: tuple[Finding, ...]) -> FindingEntry:
        first = finding.verdicts[0]
        violation = first.violations[0] if first.violations else None
        events = {
            verdict.exchanges[0]: next((item.event for item in verdict.violations if item.event), None)
            for verdict in reversed([verdict for item in (finding, *also) for verdict in item.verdicts])
            if len(verdict.exchanges) == 1
        }
        names = list(dict.fromkeys(name for item in (finding, *also) for name in item.exchanges))
        shown = next((name for name in first.exchanges if violation and name == violation.place), "")
        shown = shown or (first.exchanges[0] if first.exchanges else "")
        line, stream = self._lines.get(shown), self._streams.get(shown)
        told = [first, *(item.verdicts[0] for item in also)]
        wanted = stream is not None and self._excerpts > 0
        plain = excerpt(stream, first, self._blocks(stream)) if stream is not None and wanted else ()
        rows = self._painted(stream, plain, told) if stream is not None else ()
        marked = any(isinstance(item, PaintedText) and item.row.rules for item in rows)
        timed = finding.rule is not None and finding.rule.family is Family.TIMING
        self._excerpts -= size_of(rows)
        return FindingEntry(
            finding=finding,
            heading=heading(finding, self._lines, also),
            anchor=self._unused(f"r-{finding.id}"),
            look=OUTCOMES[finding.outcome],
            classes=self._classes((finding, *also)),
            first=violation,
            more=first.violations[1:],
            also=tuple(self._further(item, own=True) for item in also),
            consequences=tuple(self._further(item) for one in (finding, *also) for item in one.consequences),
            spread=len(names),
            places=tuple(self.place(name, events.get(name)) for name in names[:_LINKED]),
            unlisted=max(len(names) - _LINKED, 0),
            # The event and its bytes are shown beside the excerpt.
            shown=replace(self.place(shown, events.get(shown)), event=None) if shown else None,
            line=line,
            rows=rows,
            timed=any(isinstance(item, PaintedText) and item.row.at is not None for item in rows),
            marked=marked,
            course=timeline(stream) if stream is not None and timed else None,
            glimpse=glimpse(stream) if stream is not None and not marked else "",
            replay=replay(line, finding.id) if line else "",
            curl=curl(stream.exchange.request, self._header.key_variable) if stream else "",
        )

    def _classes(self, findings: Sequence[Finding]) -> str:
        names: dict[str, None] = {}
        for finding in findings:
            family = finding.rule.family.value if finding.rule else "other"
            names |= dict.fromkeys((f"l-{finding.level.value}", f"f-{family}"))
            names |= dict.fromkeys(name for name, broken in self._breaks if finding.id in broken)
        return " ".join(names)

    def _further(self, finding: Finding, *, own: bool = False) -> FurtherEntry:
        """What is told under a finding; `own` says that links to the requirement lead here in any case."""
        first = finding.verdicts[0]
        anchor = self._findings[finding.id] if own or finding.id not in self._causes else ""
        anchor = "" if anchor in self._used else anchor
        self._used.add(anchor)
        return FurtherEntry(
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
            timeline=timeline(stream) if (stream := self._streams.get(line.id)) else None,
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


def _href(path: str) -> str:
    return quote(path, safe="/")
