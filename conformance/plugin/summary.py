"""The last lines of a run in the terminal: verdict, what to fix first, where the reports are."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.catalogue import Outcome
from conformance.plugin.output import near
from conformance.plugin.run import Result
from conformance.report.advice import advice
from conformance.report.findings import Finding
from conformance.report.summary import State, summarise
from conformance.report.visible import one_line
from conformance.requirements import by_id
from conformance.text import counted

__all__ = ["page_lines", "summary_lines"]

_FIRST = 5  # things to fix that are named
_WHAT = 140  # characters of what was expected and observed
_NAME = 120
_SENTENCE = 1000
_COLOUR = {State.CONFORMS: "green", State.BROKEN: "red", State.STALE: "red"}

Lines = Iterator[tuple[str, dict[str, bool]]]


def summary_lines(results: Sequence[Result], logs: Sequence[Path]) -> Lines:
    """The lines with how they are to be marked up."""
    for result in results:
        yield from _of_one(result)
    for log in logs:
        yield f"pytest's log  {near(log)}", {}


def page_lines(results: Sequence[Result]) -> Iterator[str]:
    """Where the compliance reports are, as addresses that terminals open."""
    for result in results:
        page = (result.captured.folder / "index.html").resolve()
        yield f"compliance report of {_name(result)}: {page.as_uri()}"


def _name(result: Result) -> str:
    judged = result.captured.judged
    return one_line(f"{judged.provider} ({judged.model})", _NAME)


def _of_one(result: Result) -> Lines:
    summary = summarise(result.report, by_id)
    yield _name(result), {"bold": True}
    yield f"  {one_line(summary.sentence, _SENTENCE)}", {_COLOUR.get(summary.state, "yellow"): True}
    for finding in summary.fixes[:_FIRST]:
        yield f"  {finding.level.value:<6} {finding.id}: {_what(finding, result)}", {}
    if (left := len(summary.fixes) - _FIRST) > 0:
        yield f"         and {left} more in the report", {}
    for finding in summary.known[:_FIRST]:
        yield f"  known  {finding.id}: {_what(finding, result)}", {}
    if (left := len(summary.known) - _FIRST) > 0:
        yield f"         and {left} more known in the report", {}
    for stale in summary.stale:
        yield f"  {stale.message}", {"red": True}
    yield f"  {_judgements(result)}", {}


def _what(finding: Finding, result: Result) -> str:
    if finding.before_all and (first := advice(result.captured.judged.streams)):
        return first
    violation = finding.verdicts[0].violations[0]
    said = one_line(f"expected {violation.expected}, observed {violation.observed}", _WHAT)
    places = len(finding.exchanges)
    return said + (f" (on {counted(places, 'exchange')})" if places > 1 else "")


def _judgements(result: Result) -> str:
    """All judgements by outcome. Those that are not applicable are no tests of pytest's."""
    seen = Counter(
        "known" if ruling.deviation else ruling.verdict.outcome.words for ruling in result.gate.rulings
    )
    order = ["known", *(outcome.words for outcome in Outcome)]
    counts = ", ".join(f"{seen[name]} {name}" for name in sorted(seen, key=order.index))
    answered = any(stream.exchange.answered for stream in result.captured.judged.streams)
    one = "" if answered else "; the first error stands for all of them"
    return f"{counted(seen.total(), 'judgement')}: {counts}{one}"
