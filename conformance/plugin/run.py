"""One run: what is planned, what came of it, what it ends with. Knows nothing of pytest."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from conformance.capture import Progress
from conformance.gate import Gate, Ruling, Stale, decide
from conformance.plugin.items import Item, Listed, Planned
from conformance.plugin.origin import Captured, Origin, Settings
from conformance.plugin.output import report_run
from conformance.report.records import Report
from conformance.text import counted

__all__ = ["Result", "Run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one provider, and the report that is written of it."""

    captured: Captured
    gate: Gate
    report: Report


class Run:
    """The road from a plan to rulings and reports."""

    def __init__(self, origin: Origin, settings: Settings) -> None:
        self.origin = origin
        self.settings = settings
        self.results: list[Result] = []
        self.log: Path | None = None  # of pytest, where it keeps one as a page
        self._rulings: dict[tuple[str, str, str], tuple[Ruling, Result]] = {}

    @cached_property
    def items(self) -> Sequence[Item]:
        """Everything that can be selected."""
        return self.origin.plan()

    @property
    def interrupted(self) -> bool:
        """Whether the person stopped the capture."""
        return any(result.captured.interrupted for result in self.results)

    def execute(self, selected: Sequence[Item], progress: Progress) -> None:
        """Capture, judge and report what is selected. Called once."""
        planned = [item for item in selected if isinstance(item, Planned)]
        if not planned:
            return
        possible = Counter(item.provider for item in self.items)
        chosen = Counter(item.provider for item in selected)
        for found in self.origin.capture(planned, progress):
            name = found.judged.provider
            captured = _partial(found, possible[name] - chosen[name], possible[name])
            gate = decide(
                captured.judged.verdicts,
                captured.deviations,
                today=self.settings.started.date(),
                fail_on=self.settings.fail_on,
                whole=not captured.incomplete,
            )
            report = report_run(captured, gate, self.settings, self.log)
            result = Result(captured=captured, gate=gate, report=report)
            self.results.append(result)
            for ruling in gate.rulings:
                verdict = ruling.verdict
                key = (captured.judged.provider, verdict.subject, verdict.requirement)
                self._rulings[key] = ruling, result

    def unreachable(self) -> frozenset[str]:
        """The providers of which not one request was answered."""
        return frozenset(
            result.captured.judged.provider
            for result in self.results
            if not any(stream.exchange.answered for stream in result.captured.judged.streams)
        )

    def ruling(self, item: Planned) -> tuple[Ruling, Result]:
        """What became of a planned item. Raises KeyError when nothing did."""
        return self._rulings[item.key]

    def stale(self, item: Listed) -> Stale | None:
        """Why a listed deviation has to leave the list; None while it is right."""
        for result in self.results:
            if result.captured.judged.provider == item.provider:
                return next((stale for stale in result.gate.stale if stale.deviation == item.deviation), None)
        return None


def _partial(captured: Captured, left: int, possible: int) -> Captured:
    """With what was not selected told, in the numbers that pytest shows."""
    if not left:
        return captured
    told = f"{counted(left, 'item')} of {possible} not selected"
    return replace(captured, incomplete="; ".join(filter(None, [captured.incomplete, told])))
