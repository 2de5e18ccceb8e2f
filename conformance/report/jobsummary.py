"""The result of a run as the summary of a CI job, in GitHub's Markdown. Pure.

What an endpoint said stands in code spans only, in which nothing is markup, a link or a mention.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.gate import Stale
from conformance.report.findings import Finding
from conformance.report.records import Report
from conformance.report.summary import Conclusion, Summary
from conformance.report.terminal import fault, title
from conformance.report.visible import one_line
from conformance.standing import Stand, Standing
from conformance.text import counted

__all__ = ["Told", "code", "job_summary"]

_FINDINGS = 30  # findings of a provider that are listed
_NAMED = 8  # consequences that are named
_WHAT = 300  # characters of what was expected and observed
_SENTENCE = 1200
_SIGNS = {
    Conclusion.CONFORMS: "✅",
    Conclusion.EXCEPTED: "✅",
    Conclusion.BROKEN: "❌",
    Conclusion.STALE: "❌",
    Conclusion.UNKNOWN: "❔",
}
_STANDS = {Stand.KEPT: "✅", Stand.BROKEN: "❌", Stand.NOT_APPLICABLE: "⚪", Stand.NOT_TESTABLE: "❔"}
_TICKS = re.compile("`+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of one provider; `page` is the path of its report, "" if there is none."""

    report: Report
    summary: Summary
    page: str


def job_summary(told: Sequence[Told], room: int) -> str:
    """The Markdown for some providers, in at most `room` bytes of UTF-8.

    Providers that find no room are named by their number, at the end. "" where there is room for nothing.
    """
    parts: list[str] = []
    left = room - 200  # for the line about those that are left out
    for number, item in enumerate(told):
        part = _provider(item)
        if len(part.encode()) > left:
            part = _provider(item, findings=0)
        if len(part.encode()) > left:
            rest = counted(len(told) - number, "further provider")
            parts.append(f"{rest}: there was no room here; their reports are beside the others.\n")
            break
        parts.append(part)
        left -= len(part.encode()) + 1
    return "\n".join(parts) if room > 200 else ""


def _provider(told: Told, findings: int = _FINDINGS) -> str:
    summary = told.summary
    lines = [
        f"### {_SIGNS[summary.state]} {code(title(told.report))}",
        "",
        f"**{summary.words[0].upper()}{summary.words[1:]}:** {code(summary.account, _SENTENCE)}",
        "",
    ]
    if standings := told.report.footer.profiles:
        lines += [*_table(standings), ""]
    if summary.fixes:
        lines += ["What to fix first:", "", *_numbered(summary.fixes[:findings], told.report)]
        lines += _more(len(summary.fixes) - findings, "in the report")
        lines += [""]
    if summary.known:
        lines += ["Known:", "", *_listed(summary.known[:findings], told.report)]
        lines += _more(len(summary.known) - findings, "known in the report")
        lines += [""]
    if summary.stale:
        lines += ["Must leave the list of deviations:", "", *map(_stale, summary.stale[:findings])]
        lines += [*_more(len(summary.stale) - findings, "in the report"), ""]
    if told.page:
        lines += [f"Report: {code(told.page, _SENTENCE)}", ""]
    return "\n".join(lines)


def _table(standings: Iterable[Standing]) -> Iterator[str]:
    yield "| profile | verdict | why |"
    yield "|---|---|---|"
    for item in standings:
        why = _cell(code(item.why, _WHAT)) if item.why else ""
        yield f"| {_cell(code(item.name))} | {_STANDS[item.stand]} {item.stand.words} | {why} |"


def _numbered(findings: Iterable[Finding], report: Report) -> Iterator[str]:
    return (f"{number}. {_finding(item, report)}" for number, item in enumerate(findings, 1))


def _listed(findings: Iterable[Finding], report: Report) -> Iterator[str]:
    return (f"- {_finding(item, report)}" for item in findings)


def _finding(finding: Finding, report: Report) -> str:
    places = len(finding.exchanges)
    where = f" (on {counted(places, 'exchange')})" if places > 1 else ""
    said = code(fault(finding, report, _WHAT), 2 * _WHAT)
    names = [item.id for item in finding.consequences]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    because = f"; because of it {', '.join(map(code, names[:_NAMED]))}{more}" if names else ""
    return f"**{finding.level}** {code(finding.id)}: {said}{where}{because}"


def _stale(stale: Stale) -> str:
    return f"- {code(stale.message, _SENTENCE)}"


def _more(number: int, where: str) -> list[str]:
    return ["", f"and {number} more {where}"] if number > 0 else []


def _cell(text: str) -> str:
    # In a table a bar ends the cell, even in code, unless a backslash stands before it.
    return text.replace("|", "\\|")


def code(text: str, limit: int = 200) -> str:
    """The text as a code span, on one line: nothing in it is markup, however many backticks it has."""
    line = one_line(text, limit).strip() or " "
    fence = "`" * (max(map(len, _TICKS.findall(line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"
