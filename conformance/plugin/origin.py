"""Where the exchanges of a run come from: stored files, or an endpoint that is asked.

The run does the rest alike for both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from conformance.capture import Progress
from conformance.gate import Deviation, FailOn
from conformance.plugin.items import Item, Planned
from conformance.providers import Provider
from conformance.replay import Judged

__all__ = ["Captured", "Origin", "Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the person asked for. `started` is the time of the run, with its zone."""

    report_dir: Path
    started: datetime
    command: str
    fail_on: FailOn = FailOn.MUST


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """The judged exchanges of one provider, and how it is to be reported.

    `folder` is the run's, with the evidence in it. `entry` is its entry in providers.toml, None where it
    has none. `incomplete` says why not all of it was judged; empty when all was. `notes` are what a
    reader must know. `interrupted` says that the person stopped the run.
    """

    judged: Judged
    folder: Path
    entry: Provider | None
    deviations: tuple[Deviation, ...]
    replayed: bool
    incomplete: str = ""
    notes: tuple[str, ...] = ()
    interrupted: bool = False


class Origin(Protocol):
    """Where the exchanges of a run come from."""

    @property
    def words(self) -> str:
        """What the run does, for its first lines."""

    def plan(self) -> Sequence[Item]:
        """Every item that can be selected. Sends nothing and needs no key. Raises UserError."""

    def capture(self, selected: Sequence[Planned], progress: Progress) -> Sequence[Captured]:
        """The judged exchanges that some items need, provider by provider, their evidence on disk.

        Raises UserError, and OSError when evidence cannot be written.
        """
