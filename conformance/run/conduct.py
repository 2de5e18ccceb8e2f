"""One run, from the selected items to the results. Knows nothing of pytest."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from conformance.capture.progress import Progress, Silent
from conformance.gate import Ruling, Stale
from conformance.run.errors import FolderUnusableError
from conformance.run.items import ListedDeviation, PlannedVerdict, RunItem
from conformance.run.origin import Origin, ProviderRun, Settings
from conformance.run.result import Result
from conformance.text import counted

__all__ = ["Run"]


class Run:
    """A run: plans items, captures or loads exchanges, judges them and writes reports.

    `log` is the path of pytest's own HTML log, None if there is none. `unwritten` says of each report that
    could not be written, because the disk filled up, why.
    """

    def __init__(self, origin: Origin, settings: Settings) -> None:
        self.origin = origin
        self.settings = settings
        self.results: list[Result] = []
        self.log: Path | None = None
        self.unwritten: list[str] = []
        self._rulings: dict[tuple[str, str, str], tuple[Ruling, Result]] = {}

    @cached_property
    def items(self) -> Sequence[RunItem]:
        """Everything that can be selected. Raises ConformanceError."""
        return self.origin.plan()

    @property
    def interrupted(self) -> bool:
        """Whether the user stopped the capture."""
        return any(result.run.interrupted for result in self.results)

    def execute(self, selected: Sequence[RunItem] | None = None, progress: Progress | None = None) -> None:
        """Captures, judges and reports the selected items, or all of them by default. May be called once.

        Reports are written if the settings name a folder. Raises ConformanceError, and FolderUnusableError
        before anything is sent.
        """
        chosen = self.items if selected is None else selected
        planned = [item for item in chosen if isinstance(item, PlannedVerdict)]
        if not planned:
            return
        possible = Counter(item.provider for item in self.items)
        counts = Counter(item.provider for item in chosen)
        for found in self._captured(planned, progress or Silent()):
            name = found.key
            run = _partial(found, possible[name] - counts[name], possible[name])
            result = Result.of(run, self.settings, self.log)
            if run.folder is not None:
                self._write(result, run.folder)
            self.results.append(result)
            for ruling in result.gate.rulings:
                verdict = ruling.verdict
                self._rulings[name, verdict.subject, verdict.requirement] = ruling, result

    def _captured(self, planned: Sequence[PlannedVerdict], progress: Progress) -> Sequence[ProviderRun]:
        try:
            return self.origin.capture(planned, progress)
        except OSError as error:
            folder = self.settings.report_dir or Path()
            raise FolderUnusableError(folder, error.strerror or str(error)) from None

    def _write(self, result: Result, folder: Path) -> None:
        try:
            result.write(folder)
        except OSError as error:
            why = error.strerror or str(error)
            self.unwritten.append(f"the report of {result.provider} could not be written whole: {why}")

    def unreachable(self) -> frozenset[str]:
        """The providers of items that could not be judged: no answer at all, or a wrong configuration."""
        return frozenset(
            result.run.key
            for result in self.results
            if result.run.judgement.mistake or not result.run.judgement.answered
        )

    def ruling(self, item: PlannedVerdict) -> tuple[Ruling, Result]:
        """The ruling on a planned item, and the result that contains it. Raises KeyError if there is none."""
        return self._rulings[item.key]

    def stale(self, item: ListedDeviation) -> Stale | None:
        """Why a listed deviation must be removed; None if it is still correct."""
        for result in self.results:
            if result.run.key == item.provider:
                return next((stale for stale in result.gate.stale if stale.deviation == item.deviation), None)
        return None


def _partial(run: ProviderRun, left: int, possible: int) -> ProviderRun:
    """Adds to `incomplete` how many items were not selected, in the numbers that pytest shows."""
    if not left:
        return run
    told = f"{counted(left, 'item')} of {possible} not selected"
    return replace(run, incomplete="; ".join(filter(None, [run.incomplete, told])))
