"""Where the exchanges of a run come from: stored files, or an endpoint that is asked.

`Run` treats both alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from conformance.capture.progress import Progress
from conformance.evidence.errors import Unreadable
from conformance.gate import Deviation, FailOn
from conformance.providers import Provider
from conformance.run.errors import UnknownFailOnError
from conformance.run.items import PlannedVerdict, RunItem
from conformance.run.judgement import Judgement

__all__ = ["Origin", "ProviderRun", "Settings", "fail_on_named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a run is reported.

    `report_dir` is the folder that takes the folders of the runs, None where nothing is to be written.
    `started` is the time of the run, with its zone. `command` is what the person typed or called.
    """

    report_dir: Path | None
    started: datetime
    command: str
    fail_on: FailOn = FailOn.MUST


def fail_on_named(name: str) -> FailOn:
    """From which level on a violation gates: `must` or `should`. Raises UnknownFailOnError."""
    try:
        return FailOn(name)
    except ValueError:
        raise UnknownFailOnError(name) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRun:
    """The judged exchanges of one provider, and what a report must say of them.

    `folder` is the folder of the run, which holds the evidence; None where nothing is written. `entry` is the
    provider's entry in providers.toml, None where it has none. `incomplete` says why not everything was
    judged; empty when everything was. `notes` are what a reader must know. `unreadable` are the sources that
    gave no exchange. `interrupted` says that the person stopped the run.
    """

    judgement: Judgement
    folder: Path | None
    entry: Provider | None
    deviations: tuple[Deviation, ...]
    replayed: bool
    incomplete: str = ""
    notes: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    interrupted: bool = False


class Origin(Protocol):
    """Where the exchanges of a run come from."""

    @property
    def words(self) -> str:
        """What the run does, for the first lines of its output."""

    def plan(self) -> Sequence[RunItem]:
        """Every item that can be selected. Sends nothing and needs no key. Raises ConformanceError."""

    def capture(self, selected: Sequence[PlannedVerdict], progress: Progress) -> Sequence[ProviderRun]:
        """Judge the exchanges that the selected items need, provider by provider, their evidence on disk.

        Raises ConformanceError, and OSError when evidence cannot be written.
        """
