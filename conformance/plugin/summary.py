"""The last lines of a run in the terminal: verdict, what to fix first, where the report is."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.gate import ExitCode
from conformance.plugin.output import near
from conformance.plugin.run import Result
from conformance.report.summary import Finding, summarise
from conformance.report.visible import visible
from conformance.requirements import by_id
from conformance.text import clipped, counted

__all__ = ["summary_lines"]

_FIRST = 5  # things to fix that are named
_COLOUR = {ExitCode.CONFORMS: "green", ExitCode.VIOLATION: "red"}

Lines = Iterator[tuple[str, dict[str, bool]]]


def summary_lines(results: Sequence[Result], logs: Sequence[Path]) -> Lines:
    """The lines with how they are to be marked up."""
    for result in results:
        yield from _of_one(result)
    for log in logs:
        yield f"pytest's log  {near(log)}", {}


def _of_one(result: Result) -> Lines:
    summary = summarise(result.report, by_id)
    judged = result.captured.judged
    yield visible(f"{judged.provider} ({judged.model})"), {"bold": True}
    yield f"  {visible(summary.sentence)}", {_COLOUR.get(result.gate.exit_code, "yellow"): True}
    for finding in summary.fixes[:_FIRST]:
        yield f"  {finding.level.value:<6} {finding.id}: {_what(finding)}", {}
    if (left := len(summary.fixes) - _FIRST) > 0:
        yield f"         and {left} more in the report", {}
    for stale in summary.stale:
        yield f"  {stale.message}", {"red": True}
    yield f"  report: {near(result.captured.folder / 'index.html')}", {}


def _what(finding: Finding) -> str:
    violation = finding.verdicts[0].violations[0]
    said = f"expected {violation.expected}, observed {violation.observed}"
    places = len(finding.exchanges)
    return visible(clipped(said, 140)) + (f" (on {counted(places, 'exchange')})" if places > 1 else "")
