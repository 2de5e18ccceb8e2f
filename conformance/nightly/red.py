"""Which runs of a night are red: one in which only what is flaky is new is not. Pure."""

from collections.abc import Collection

from conformance.catalogue import Outcome
from conformance.exchange import Ended
from conformance.gate import ExitCode
from conformance.report.records import Report

__all__ = ["settled"]

_CUT = (Ended.INTERRUPTED.value, Ended.NOT_SENT.value)


def settled(report: Report, flaky: Collection[str]) -> tuple[ExitCode, tuple[str, ...]]:
    """The exit code of a run that nothing flaky turns red, and the flaky causes that would have.

    `flaky` are the requirements that are known as such. What is not flaky keeps the code as it is, and then
    no causes are named.
    """
    red = [
        item.verdict for item in report.rulings if item.gates and item.verdict.outcome is not Outcome.ERROR
    ]
    excused = [item for item in red if item.requirement in flaky or item.because in flaky]
    code = report.footer.exit_code
    if code is not ExitCode.VIOLATION or report.stale or len(excused) < len(red):
        return code, ()
    failed = any(item.gates and item.verdict.outcome is Outcome.ERROR for item in report.rulings)
    cut = any(line.ended in _CUT for line in report.exchanges)
    causes = dict.fromkeys(
        item.requirement if item.requirement in flaky else item.because for item in excused
    )
    return ExitCode.ERROR if failed or cut else ExitCode.CONFORMS, tuple(causes)
