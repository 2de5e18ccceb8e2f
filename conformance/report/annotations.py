"""What was broken as annotations of a CI job: commands to GitHub's runner, one a line. Pure."""

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest

from conformance.report.findings import Finding
from conformance.report.jobsummary import ProviderSummary
from conformance.report.records import Report
from conformance.report.summary import Conclusion
from conformance.report.terminal import fault, title
from conformance.report.visible import one_line
from conformance.text import counted

__all__ = ["MOST", "annotations", "bounded", "command"]

MOST = 10
"""Errors that GitHub shows of one step; what comes behind them is not seen."""

_LINE = 400  # characters
# What the runner takes for its own; the percent sign first, since the others are written with it.
_MESSAGE = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_MESSAGE, (":", "%3A"), (",", "%2C"))


def annotations(told: Sequence[ProviderSummary]) -> list[str]:
    """At most ten commands: the first cause of each provider before the second of any."""
    each = [list(_of(item)) for item in told]
    return bounded([line for line in chain.from_iterable(zip_longest(*each)) if line])


def bounded(lines: Sequence[str], more: str = "further cause") -> list[str]:
    """At most ten of some commands, and of those that are left out the number. `more` is one of them."""
    if len(lines) <= MOST:
        return list(lines)
    left = len(lines) - MOST + 1
    return [*lines[: MOST - 1], command("conformance", f"and {counted(left, more)}, which the reports name")]


def _of(told: ProviderSummary) -> Iterator[str]:
    """The commands for one provider: what turns its run red, or why it could not be judged."""
    name = title(told.report)
    for finding in told.summary.fixes:
        if finding.gates:
            yield command(f"{name}: {finding.id}", _said(finding, told.report))
    for stale in told.summary.stale:
        yield command(f"{name}: {stale.deviation.requirement}", stale.message)
    if told.summary.state is Conclusion.UNKNOWN:
        yield command(name, told.summary.sentence)


def _said(finding: Finding, report: Report) -> str:
    places = len(finding.exchanges)
    where = f" (on {counted(places, 'exchange')})" if places > 1 else ""
    return f"{finding.level}: {fault(finding, report, _LINE)}{where}"


def command(name: str, message: str) -> str:
    """The command that shows an error; texts of anybody are made visible, short and harmless."""
    return f"::error title={_escaped(name, _PROPERTY)}::{_escaped(message, _MESSAGE)}"


def _escaped(text: str, signs: Sequence[tuple[str, str]]) -> str:
    line = one_line(text, _LINE + 100)
    for sign, escape in signs:
        line = line.replace(sign, escape)
    return line
