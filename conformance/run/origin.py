"""The interface of a run's origin: stored files, or endpoints that are asked.

`Run` treats both alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from conformance.capture.progress import Progress
from conformance.evidence.errors import Unreadable
from conformance.gate import Deviation, FailOn
from conformance.providers import Provider
from conformance.report.records import ExchangeLine
from conformance.report.stored import Baselines
from conformance.run.errors import UnknownFailOnError
from conformance.run.items import PlannedVerdict, RunItem
from conformance.run.judgement import Judgement
from conformance.standing import Profile

__all__ = ["Origin", "ProviderRun", "Settings", "fail_on_named", "utc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a run is reported.

    `report_dir` is the folder that holds the folders of runs, None if nothing is written. `started` is the
    start of the run, with a time zone. `command` is the command or call that started it. `profiles` are those
    to which the run is held, empty for all requirements; what was broken in one of `baselines` is known.
    """

    report_dir: Path | None
    started: datetime
    command: str
    fail_on: FailOn = FailOn.MUST
    profiles: tuple[Profile, ...] = ()
    baselines: Baselines = field(default_factory=Baselines)


def utc(time: datetime) -> str:
    """A time with a zone as RFC 3339 in UTC, to the second."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def fail_on_named(name: str) -> FailOn:
    """The level, `must` or `should`, from which violations turn a run red. Raises UnknownFailOnError."""
    try:
        return FailOn(name)
    except ValueError:
        raise UnknownFailOnError(name) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRun:
    """The judged exchanges of one provider, and what the report says about them.

    `label` is what the run's items call it, "" for the provider's name. `folder` is the folder of the run
    with the evidence, None if nothing is written. `entry` is the provider's entry in providers.toml, None if
    it has none. `incomplete` says why not everything was judged, "" if everything was. `notes` are remarks
    for readers. `unreadable` are the sources that gave no exchange.
    `recorded` are the exchanges of an application's traffic, of which not all answers are held; empty for
    requests of the suite.
    `interrupted` says that the user stopped the run, `late` that its time was over before it was done.
    """

    judgement: Judgement
    folder: Path | None
    entry: Provider | None
    deviations: tuple[Deviation, ...]
    replayed: bool
    incomplete: str = ""
    notes: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    recorded: tuple[ExchangeLine, ...] = ()
    interrupted: bool = False
    late: bool = False
    label: str = ""

    @property
    def key(self) -> str:
        """The `provider` of its items: its label, or else the provider's name."""
        return self.label or self.judgement.provider


class Origin(Protocol):
    """The source of the exchanges of a run."""

    @property
    def words(self) -> str:
        """What the run does, for the first lines of the output."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys, and other values that may be credentials, which no output may hold."""

    def plan(self) -> Sequence[RunItem]:
        """Every item that can be selected. Sends nothing and needs no key. Raises ConformanceError."""

    def capture(self, selected: Sequence[PlannedVerdict], progress: Progress) -> Sequence[ProviderRun]:
        """Judges the exchanges that the selected items need, provider by provider, with evidence on disk.

        Raises ConformanceError, and OSError if evidence cannot be written.
        """
