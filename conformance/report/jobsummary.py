"""The result of a run as the summary of a CI job, in GitHub's Markdown. Pure.

What an endpoint said stands in code spans only, in which nothing is markup, a link or a mention.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from conformance.report.findings import Finding
from conformance.report.records import Report
from conformance.report.summary import Conclusion, Summary
from conformance.report.terminal import fault, title
from conformance.report.visible import one_line
from conformance.standing import Stand, Standing
from conformance.text import counted

__all__ = ["ProviderSummary", "code", "job_summary"]

_FEWER = (30, 10, 3, 0)  # findings of a provider that are listed, by the room that there is
_NOTE = 200  # bytes of the line about those that are left out
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
class ProviderSummary:
    """What is told of one provider; `page` is the path of its report, "" if there is none."""

    report: Report
    summary: Summary
    page: str


def job_summary(told: Sequence[ProviderSummary], room: int) -> str:
    """The Markdown for some providers, in at most `room` bytes of UTF-8.

    Where there is little room, fewer findings of each are listed. Providers that find none are counted at the
    end. "" where there is no room for anything.
    """
    parts: list[str] = []
    for findings in _FEWER:
        parts = [_provider(item, findings) for item in told]
        if _size(parts) <= room:
            return "\n".join(parts)
    shown = list(accumulate((len(part.encode()) + 1 for part in parts), initial=_NOTE))
    fitting = sum(size <= room for size in shown[1:])
    if room < _NOTE:
        return ""
    rest = counted(len(told) - fitting, "further provider")
    note = f"{rest}: there was no room here; their reports are beside the others.\n"
    return "\n".join([*parts[:fitting], note])


def _size(parts: Sequence[str]) -> int:
    return sum(len(part.encode()) + 1 for part in parts)


def _provider(told: ProviderSummary, findings: int) -> str:
    summary = told.summary
    lines = [
        f"### {_SIGNS[summary.state]} {code(title(told.report))}",
        "",
        f"**{summary.words[0].upper()}{summary.words[1:]}:** {code(summary.account, _SENTENCE)}",
        "",
    ]
    if standings := told.report.footer.profiles:
        lines += [*_table(standings), ""]
    for what, items in (
        ("What to fix first", [_finding(item, told.report) for item in summary.fixes]),
        ("Known", [_finding(item, told.report) for item in summary.known]),
        ("Must leave the list of deviations", [code(item.message, _SENTENCE) for item in summary.stale]),
    ):
        if items:
            lines += [f"{what}:", "", *(f"1. {item}" for item in items[:findings])]
        if left := len(items[findings:]):
            lines += ["", f"{left}{' more' if findings else ''} in the report"]
        if items:
            lines += [""]
    if told.page:
        lines += [f"Report: {code(told.page, _SENTENCE)}", ""]
    return "\n".join(lines)


def _table(standings: Iterable[Standing]) -> Iterator[str]:
    yield "| profile | verdict | why |"
    yield "|---|---|---|"
    for item in standings:
        why = _cell(code(item.why, _WHAT)) if item.why else ""
        yield f"| {_cell(code(item.name))} | {_STANDS[item.stand]} {item.stand.words} | {why} |"


def _finding(finding: Finding, report: Report) -> str:
    places = len(finding.exchanges)
    where = f" (on {counted(places, 'exchange')})" if places > 1 else ""
    said = code(fault(finding, report, _WHAT), 2 * _WHAT)
    names = [item.id for item in finding.consequences]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    because = f"; because of it {', '.join(map(code, names[:_NAMED]))}{more}" if names else ""
    return f"**{finding.level}** {code(finding.id)}: {said}{where}{because}"


def _cell(text: str) -> str:
    # In a table a bar ends the cell, even in code, unless a backslash stands before it.
    return text.replace("|", "\\|")


def code(text: str, limit: int = 200) -> str:
    """The text as a code span, on one line: nothing in it is markup, however many backticks it has."""
    line = one_line(text, limit).strip() or " "
    fence = "`" * (max(map(len, _TICKS.findall(line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"
