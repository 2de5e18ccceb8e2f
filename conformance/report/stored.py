"""Finds the reports of earlier runs, to compare with: those of `conformance diff` and of `--baseline`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.compare import Baseline, called_alike
from conformance.report.errors import (
    ReportError,
    ReportMissingError,
    ReportNotLatestError,
    ReportRecordedError,
)
from conformance.report.jsonl import read_report
from conformance.report.records import ExchangeLine, Report, unplanned
from conformance.report.write import latest

__all__ = ["Baselines", "comparable_report", "run_before", "run_folder", "stored_report"]

_FILE = "report.jsonl"
_LATEST = "latest"
_STAMP = len("20261126T000000Z")


def stored_report(path: Path) -> Report:
    """The report at a path: `report.jsonl`, the folder of a run, or that of a model, whose latest run it is.

    The text file `latest` stands for the folder that it is in. Raises ReportError, among them
    ReportMissingError if there is none and ReportNotLatestError if none is the latest.
    """
    if path.is_file() and path.name not in (_FILE, _LATEST):
        return read_report(path)
    if (run := run_folder(path)) is not None:
        return read_report(run / _FILE)
    folder = path.parent if path.name == _LATEST else path
    # A second run of the same second has a number behind its stamp, of any length.
    runs = sorted(
        (report.parent.name for report in folder.glob(f"*/{_FILE}")),
        key=lambda name: (name[:_STAMP], int(name[_STAMP + 1 :]) if name[_STAMP + 1 :].isdecimal() else 0),
        reverse=True,
    )
    if runs:
        raise ReportNotLatestError(str(path), tuple(runs))
    raise ReportMissingError(str(path))


def comparable_report(path: Path) -> Report:
    """The report at a path, whose verdicts can be compared with those of another run.

    Raises like `stored_report`, and ReportRecordedError for what an application asked.
    """
    report = stored_report(path)
    if report.header.recorded:
        raise ReportRecordedError(str(path))
    return report


def run_folder(path: Path) -> Path | None:
    """The folder of the run at a path, which may be its report, its model's folder or `latest`; or None."""
    folder = path.parent if path.name == _LATEST or (path.name == _FILE and path.is_file()) else path
    if (folder / _FILE).is_file():
        return folder
    run = latest(folder) if folder.is_dir() else None
    return run if run is not None and (run / _FILE).is_file() else None


def run_before(folder: Path) -> Report | None:
    """The report of the run to which `latest` beside a run's folder points; None if it cannot be read.

    A run that is written again is not the run before itself.
    """
    try:
        before = latest(folder.parent)
        if before is None or before.resolve() == folder.resolve():
            return None
        return read_report(before / _FILE)
    except (ReportError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class Baselines:
    """The reports of earlier runs whose violations are known."""

    reports: tuple[Report, ...] = ()

    @classmethod
    def at(cls, paths: Iterable[Path]) -> "Baselines":
        """The reports at these paths. Raises like `comparable_report`."""
        return cls(tuple(map(comparable_report, paths)))

    def of(self, provider: str, model: str, lines: Iterable[ExchangeLine] = ()) -> Baseline | None:
        """The baseline of a run with these exchanges, which bear its names; None if there is none."""
        report = self._report(provider, model)
        if report is None:
            return None
        called, _ = called_alike(unplanned(report.exchanges), unplanned(lines))
        verdicts = (ruling.verdict for ruling in report.rulings)
        return Baseline(
            verdicts=tuple(
                replace(verdict, subject=called.get(verdict.subject, verdict.subject)) for verdict in verdicts
            ),
            started=report.header.started,
        )

    def notes(self, provider: str, model: str) -> tuple[str, ...]:
        """What readers of a report must know of its baseline."""
        if not self.reports:
            return ()
        report = self._report(provider, model)
        if report is None:
            return ("none of the baselines is of this provider: nothing is known from before",)
        header = report.header
        return (f"baseline: the run of {header.provider} ({header.model}) of {header.started}",)

    def _report(self, provider: str, model: str) -> Report | None:
        """That of the provider and the model, or else of the provider, or else the only one that there is."""
        alone = len(self.reports) == 1
        for names in ((provider, model), (provider,), ()):
            found = [
                item
                for item in self.reports
                if (item.header.provider, item.header.model)[: len(names)] == names
            ]
            if found and (names or alone):
                return found[-1]
        return None
