"""What a session tells the runner of a GitHub job: a summary in its file, and annotations on its output."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from conformance.paths import near
from conformance.report.annotations import annotations
from conformance.report.jobsummary import ProviderSummary, job_summary
from conformance.run.result import Result

__all__ = ["tell_github"]

_FILE = "GITHUB_STEP_SUMMARY"
_RUNNER = "GITHUB_ACTIONS"
_LARGEST = 2**20  # bytes of the summary of a step; GitHub shows none that is larger


def tell_github(results: Sequence[Result], pages: Mapping[int, Path]) -> Iterator[str]:
    """Appends the summary to the file that GITHUB_STEP_SUMMARY names, and gives the lines to print.

    Those are annotations, where GITHUB_ACTIONS says that a runner reads them, and why the summary could not
    be written. `pages` are the paths of the reports by the identity of their result.
    """
    told = [
        ProviderSummary(report=result.report, summary=result.summary, page=near(page) if page else "")
        for result in results
        for page in (pages.get(id(result)),)
    ]
    if not told:
        return
    if path := os.environ.get(_FILE):
        try:
            _append(Path(path), told)
        except OSError as error:
            yield f"the summary of the job could not be written: {error.strerror or error}"
    if os.environ.get(_RUNNER) == "true":
        yield from annotations(told)


def _append(path: Path, told: Sequence[ProviderSummary]) -> None:
    there = path.stat().st_size if path.exists() else 0
    if text := job_summary(told, _LARGEST - there):
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"\n{text}" if there else text)
