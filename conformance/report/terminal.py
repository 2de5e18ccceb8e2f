"""The last lines of a run in the terminal: the result, and what to fix first."""

from collections import Counter
from collections.abc import Iterator, Sequence

from conformance.catalogue import Outcome
from conformance.gate import Ruling
from conformance.report.advice import advice
from conformance.report.bugreport import because_of_it
from conformance.report.findings import Finding
from conformance.report.records import Report
from conformance.report.refusals import refusals
from conformance.report.summary import Conclusion, Summary
from conformance.report.visible import one_line
from conformance.subject import Answer
from conformance.text import counted

__all__ = ["MarkedLine", "title", "verdict_lines"]

_FIRST = 5  # findings that are listed
_WHAT = 140  # characters of the expectation and the observation
_NAME = 120
_FOLLOWING = "following from others"
_SENTENCE = 1000
_COLOUR = {Conclusion.CONFORMS: "green", Conclusion.BROKEN: "red", Conclusion.STALE: "red"}

MarkedLine = tuple[str, dict[str, bool]]
"""A line, and the terminal markup for it: names such as `bold` and `red`."""


def title(report: Report) -> str:
    """The provider and its model, on one line."""
    return one_line(f"{report.header.provider} ({report.header.model})", _NAME)


def verdict_lines(report: Report, summary: Summary, streams: Sequence[Answer]) -> Iterator[MarkedLine]:
    """The lines shown for one provider at the end of a run."""
    yield title(report), {"bold": True}
    yield f"  {one_line(summary.sentence, _SENTENCE)}", {_COLOUR.get(summary.state, "yellow"): True}
    if refused := refusals(streams):
        yield f"  {one_line(refused, _SENTENCE)}", {}
    for finding in summary.fixes[:_FIRST]:
        yield f"  {finding.level.value:<6} {finding.id}: {_what(finding, streams)}", {}
        yield from _consequences(finding)
    if (left := len(summary.fixes) - _FIRST) > 0:
        yield f"         and {left} more in the report", {}
    for finding in summary.known[:_FIRST]:
        yield f"  known  {finding.id}: {_what(finding, streams)}", {}
        yield from _consequences(finding)
    if (left := len(summary.known) - _FIRST) > 0:
        yield f"         and {left} more known in the report", {}
    for stale in summary.stale:
        yield f"  {stale.message}", {"red": True}
    yield f"  {_judgements(report, streams)}", {}


def _consequences(finding: Finding) -> Iterator[MarkedLine]:
    if finding.consequences:
        yield f"         {one_line(because_of_it(item.id for item in finding.consequences), _WHAT)}", {}


def _what(finding: Finding, streams: Sequence[Answer]) -> str:
    if finding.before_all and (first := advice(streams)):
        return first
    violation = finding.verdicts[0].violations[0]
    said = one_line(f"expected {violation.expected}, observed {violation.observed}", _WHAT)
    places = len(finding.exchanges)
    said += f" (on {counted(places, 'exchange')})" if places > 1 else ""
    return f"{said}; {finding.switch}" if finding.switch else said


def _judgements(report: Report, streams: Sequence[Answer]) -> str:
    """All verdicts counted by outcome, and those apart that follow from others.

    pytest does not count those that are not applicable.
    """
    seen = Counter(_word(ruling) for ruling in report.rulings)
    order = ["known", *(outcome.words for outcome in Outcome), _FOLLOWING]
    counts = ", ".join(f"{seen[name]} {name}" for name in sorted(seen, key=order.index))
    answered = any(stream.exchange.answered or stream.exchange.malformed for stream in streams)
    one = "" if answered else "; the first error stands for all of them"
    return f"{counted(seen.total(), 'judgement')}: {counts}{one}"


def _word(ruling: Ruling) -> str:
    if ruling.deviation:
        return "known"
    return _FOLLOWING if ruling.verdict.because else ruling.verdict.outcome.words
