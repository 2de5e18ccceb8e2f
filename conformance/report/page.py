"""Renders the compliance report as one HTML page without scripts, other files or remote addresses. Pure.

Everything that an endpoint sent is hostile: the templates escape every value, and every value on the page
passes through `visible`, so that nothing can hide or reorder text.
"""

import html
import re
from collections.abc import Iterable
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from conformance.catalogue import Family, Outcome
from conformance.exchange import Exchange
from conformance.report.advice import advice
from conformance.report.claims import claims
from conformance.report.contents import contents, filters, told_since
from conformance.report.drawing import Drawing, ExchangeLink
from conformance.report.figures import figures
from conformance.report.findings import Lookup, rule_of, worst
from conformance.report.look import HEADINGS, OUTCOMES, Look
from conformance.report.paint import PaintedLine
from conformance.report.profiles import signs
from conformance.report.records import Header, Report
from conformance.report.refusals import quoted, refusals
from conformance.report.summary import summarise
from conformance.report.templating import environment, weblink
from conformance.report.timeline import WIDTH
from conformance.report.visible import visible
from conformance.report.wirelog import Fold
from conformance.subject import Answer
from conformance.text import clipped, counted, spanned

__all__ = ["render"]

# Response headers in which a service names its software.
_TELLING = ("server", "via", "x-powered-by", "openai-version")
_TEXT = 20_000  # characters shown of one text, such as a header value


def render(report: Report, streams: Iterable[Answer], lookup: Lookup) -> str:
    """The HTML page of a report. The same report and streams always give the same page.

    `streams` are the answers that the report is about; an exchange without one is shown without its log.
    `lookup` returns the requirement with an id, and raises KeyError for an unknown one.
    """
    known = {stream.id: stream for stream in streams}
    summary = summarise(report, lookup)
    drawing = Drawing(report, known, summary)
    groups = {
        "fixes": drawing.items(summary.fixes),
        "known": drawing.items(summary.known),
        "told": drawing.items(summary.told),
    }
    sign, tone = HEADINGS[summary.state]
    claimed = claims(report.rulings, known.values(), lookup, report.footer.profiles)
    # A run in which nothing new is broken is told by what it kept.
    unsettled = bool(groups["fixes"] or summary.errors or summary.stale or report.footer.incomplete)
    kept_first = bool(summary.passes) and not unsettled
    return (
        _environment()
        .get_template("index.html")
        .render(
            report=report,
            header=report.header,
            footer=report.footer,
            summary=summary,
            sign=sign,
            tone=tone,
            headline=summary.headline(report.header.provider),
            advice=advice(known.values()),
            refused=refusals(known.values()),
            profiles=signs(report.footer.profiles),
            claims=claimed,
            since=told_since(report.since),
            figures=figures(report.exchanges, known.values()),
            provenance=_provenance(report, known.values()),
            files=any(line.evidence for line in report.exchanges) or bool(report.header.log),
            kept_first=kept_first,
            contents=contents(report, summary, groups, kept_first=kept_first),
            filters=filters(report, groups["fixes"]),
            anchored=drawing.anchored,
            matrix=_matrix(report, lookup, drawing),
            families=[family.value for family in Family],
            entries=[drawing.entry(line) for line in report.exchanges],
            statement=lambda name: rule.statement if (rule := rule_of(name, lookup)) else "",
            quote=lambda names: quoted(known[name].exchange for name in names if name in known),
            legend=OUTCOMES,
            places=drawing.places,
            total=len(report.exchanges),
            line_width=WIDTH,
            **groups,
        )
    )


def _matrix(
    report: Report, lookup: Lookup, drawing: Drawing
) -> list[tuple[ExchangeLink, str, list[tuple[Look, Outcome, int, int] | None]]]:
    """For each subject and family: the gravest outcome, how many verdicts have it, and how many applied."""
    cells: dict[str, dict[str, list[Outcome]]] = {}
    members: dict[str, tuple[str, ...]] = {}
    for ruling in report.rulings:
        verdict = ruling.verdict
        rule = rule_of(verdict.requirement, lookup)
        if rule is not None:
            members[verdict.subject] = verdict.exchanges
            row = cells.setdefault(verdict.subject, {})
            row.setdefault(rule.family.value, []).append(verdict.outcome)
    table = []
    for subject, families in cells.items():
        row_cells: list[tuple[Look, Outcome, int, int] | None] = []
        for family in Family:
            outcomes = families.get(family.value, [])
            if not outcomes:
                row_cells.append(None)
                continue
            top = worst(outcomes)
            asked = len(outcomes) - outcomes.count(Outcome.NOT_APPLICABLE)
            row_cells.append((OUTCOMES[top], top, outcomes.count(top), asked))
        group = "" if members[subject] == (subject,) else counted(len(members[subject]), "exchange")
        table.append((drawing.place(subject), group, row_cells))
    return table


def _provenance(report: Report, streams: Iterable[Answer]) -> list[tuple[str, str]]:
    header: Header = report.header
    rows = [
        ("Provider", header.provider),
        ("Model", header.model),
        ("Endpoint", header.base_url),
        ("Kind of run", _kind(header)),
        ("Started", header.started),
        ("Ended", report.footer.ended),
        ("Suite", f"stream-conformance {header.suite}" + (f" ({header.commit})" if header.commit else "")),
        ("Held to", header.profile or "all requirements"),
        ("Exchanges", str(len(report.exchanges))),
        ("Requirements judged", str(report.footer.requirements)),
        ("Configuration", header.configuration),
        ("Command", header.command),
        ("Exit code", f"{int(report.footer.exit_code)} ({report.footer.exit_code.name.lower()})"),
        ("Python", header.python),
        ("Options", ", ".join(f"{name}={value}" for name, value in header.options.items())),
        ("Declared dialects", ", ".join(header.dialects)),
        ("Listed deviations", ", ".join(item.requirement for item in header.deviations)),
        *(("Note", note) for note in header.notes),
        *_service(stream.exchange for stream in streams),
    ]
    return [(name, value) for name, value in rows if value]


def _kind(header: Header) -> str:
    if header.recorded:
        return "an application's own requests, recorded; the suite sent none"
    return "stored exchanges judged again, no network" if header.replayed else "live"


def _service(exchanges: Iterable[Exchange]) -> list[tuple[str, str]]:
    # A service has no version number; these headers are the nearest thing.
    seen: dict[str, dict[str, None]] = {}
    for exchange in exchanges:
        for name in _TELLING:
            if value := exchange.header(name):
                seen.setdefault(name, {})[value] = None
    return [(f"Answers say {name}", ", ".join(list(values)[:4])) for name, values in seen.items()]


def _issue(report: str) -> str:
    """The URL of a public report given as `owner/repository#number`."""
    found = re.fullmatch(r"([\w.-]+/[\w.-]+)#(\d+)", report)
    return f"https://github.com/{found[1]}/issues/{found[2]}" if found else weblink(report)


def _begun(text: str) -> str:
    """A sentence with a capital at its beginning, unless that is an address or a name."""
    return f"{text[:1].upper()}{text[1:]}" if re.match(r"[a-z]+(?![\w./:-])", text) else text


def _milliseconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.1f}"


_TAGS = {
    "key": ("<var>", "</var>"),
    "string": ("<q>", "</q>"),
    "number": ("<span class=n>", "</span>"),
    "sign": ("<b>", "</b>"),
    "cut": ("<i>", "</i>"),
    "ghost": ('<span class="ghost">', "</span>"),
}


def _painted(line: PaintedLine) -> Markup:
    """A line of the wire as HTML. Its quotes stay as they are: it is never within a tag."""
    found: list[str] = []
    for guilty, inks in line.parts:
        found.append("<mark>" if guilty else "")
        for ink in inks:
            begin, end = _TAGS.get(ink.kind, ("", ""))
            found.append(f"{begin}{html.escape(ink.text, quote=False)}{end}")
        found.append("</mark>" if guilty else "")
    return Markup("".join(found))  # noqa: S704 - every text in it is escaped


@cache
def _environment() -> Environment:
    made = environment("conformance.report", shown=lambda text: visible(clipped(text, _TEXT)))
    made.filters |= {
        "issue": _issue,
        "milliseconds": _milliseconds,
        "bytes": spanned,
        "painted": _painted,
        "begun": _begun,
    }
    made.tests["fold"] = lambda row: isinstance(row, Fold)
    return made
