"""The nights before: what their runs said of each requirement, and which run is the baseline of the next.

They lie in a folder of reports, of which only the ends of each `report.jsonl` are read.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.dashboard.stored import Stored, stored_runs
from conformance.nightly.document import Earlier, earlier_in
from conformance.nightly.news import Past, PastRun
from conformance.nightly.records import Record, asked_places

__all__ = ["History", "baseline_in", "baseline_of", "history_in", "stored_at", "stored_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the nights before left: their runs, the feed, and in words what could not be read.

    `asked` are the places of runs that a night is known to have asked for.
    """

    past: Past = field(default_factory=dict)
    earlier: Earlier = field(default_factory=Earlier)
    notes: tuple[str, ...] = ()
    asked: frozenset[str] = frozenset()


def history_in(folder: Path, tonight: Iterable[Record]) -> History:
    """The nights before tonight in a folder; nothing if there is no such folder. Raises OSError."""
    if not folder.is_dir():
        return History()
    mine = {record.report.rpartition("/")[0] for record in tonight}
    found: dict[str, list[PastRun]] = defaultdict(list)
    for place, runs in stored_in(folder).items():
        found[place] = [
            PastRun(
                started=run.header.started,
                suite=run.header.suite,
                results=run.footer.results,
                part=run.seen.part,
            )
            for run in runs
            if run.folder not in mine and not run.header.replayed
        ]
    earlier, problem = earlier_in(folder)
    return History(
        past=found, earlier=earlier, notes=(problem,) if problem else (), asked=asked_places(folder)
    )


def baseline_in(folder: Path, place: str) -> Path | None:
    """The folder of the run that is the baseline of a model's next; None if there is none. Raises OSError."""
    run = baseline_of(stored_at(folder, place))
    return None if run is None else folder / run.folder


def baseline_of(runs: Sequence[Stored]) -> Stored | None:
    """Of the runs of a model, the oldest first, the newest that judged everything, or else anything."""
    useful = [run for run in runs if run.seen.anything]
    return next((run for run in reversed(useful) if run.whole), useful[-1] if useful else None)


def stored_at(folder: Path, place: str) -> tuple[Stored, ...]:
    """The runs at one `Record.place` of a folder, the oldest first; none without it. Raises OSError."""
    found = stored_runs(folder, place).runs if (folder / place).is_dir() else ()
    return tuple(sorted(found, key=_age))


def stored_in(folder: Path) -> Mapping[str, tuple[Stored, ...]]:
    """The runs that are stored in a folder by `Record.place`, each the oldest first. Raises OSError."""
    found: dict[str, list[Stored]] = defaultdict(list)
    for run in stored_runs(folder).runs:
        found[run.folder.rpartition("/")[0]].append(run)
    return {place: tuple(sorted(runs, key=_age)) for place, runs in found.items()}


def _age(run: Stored) -> tuple[str, str]:
    return run.header.started, run.folder
