"""The origin of `--replay`: exchanges that are stored, judged with no network."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from conformance.capture import Progress
from conformance.catalogue import Outcome
from conformance.errors import UserError
from conformance.evidence import write_evidence
from conformance.plugin.items import Item, Listed, Planned
from conformance.plugin.origin import Captured, Settings
from conformance.plugin.output import evidence_path, near
from conformance.providers import Providers
from conformance.replay import Judged, complaint, judge_stored, known_deviations
from conformance.report.write import run_folder
from conformance.requirements import by_id
from conformance.text import counted

__all__ = ["Replayed"]

_TOLD = 3  # sources that could not be read and are told in the verdict's sentence


class Replayed:
    """Stored exchanges.

    Verdicts come before the plan here, so what is not applicable makes no item, only a line of the report.
    """

    def __init__(self, paths: Sequence[Path], providers: Providers, settings: Settings) -> None:
        self._paths = paths
        self._providers = providers
        self._settings = settings

    @property
    def words(self) -> str:
        """What the run does, for its first lines."""
        return f"judges what is stored at {', '.join(map(near, self._paths))}"

    @cached_property
    def _stored(self) -> tuple[list[Judged], list[str]]:
        """The runs that could be read, and what is to be said of the rest."""
        runs, unreadable = judge_stored(self._paths, self._providers)
        complaints = list(map(complaint, unreadable))
        if complaints and not runs:
            raise UserError("unreadable", "\n".join(complaints))
        return runs, complaints

    @property
    def _judged(self) -> list[Judged]:
        return self._stored[0]

    @property
    def _unread(self) -> str:
        """Why not everything was judged; empty when it was."""
        complaints = self._stored[1]
        more = f"; and {len(complaints) - _TOLD} more" if len(complaints) > _TOLD else ""
        said = "; ".join(complaints[:_TOLD])
        return f"{counted(len(complaints), 'source')} could not be read: {said}{more}" if complaints else ""

    def plan(self) -> list[Item]:
        """An item for each verdict that says something, and one for each known deviation."""
        items: list[Item] = []
        for judged in self._judged:
            items += [
                Planned(
                    provider=judged.provider, subject=verdict.subject, requirement=by_id(verdict.requirement)
                )
                for verdict in judged.verdicts
                if verdict.outcome is not Outcome.NOT_APPLICABLE
            ]
            items += [
                Listed(provider=judged.provider, deviation=item)
                for item in known_deviations(judged, self._providers.get(judged.provider))
            ]
        return items

    def capture(self, selected: Sequence[Planned], progress: Progress) -> list[Captured]:  # noqa: ARG002
        """The verdicts of the selected items; of a whole selection also those that made no item."""
        wanted = {item.key for item in selected}
        left_out = {
            item.provider for item in self.plan() if isinstance(item, Planned) and item.key not in wanted
        }
        captured = []
        for judged in self._judged:
            if judged.provider in left_out:
                verdicts = tuple(
                    verdict
                    for verdict in judged.verdicts
                    if (judged.provider, verdict.subject, verdict.requirement) in wanted
                )
                needed = {name for verdict in verdicts for name in verdict.exchanges}
                streams = tuple(stream for stream in judged.streams if stream.id in needed)
                judged = replace(judged, streams=streams, verdicts=verdicts)  # noqa: PLW2901 - the same, less of it
            if judged.verdicts:
                captured.append(
                    Captured(
                        judged=judged,
                        folder=self._kept(judged),
                        entry=self._providers.get(judged.provider),
                        deviations=known_deviations(judged, self._providers.get(judged.provider)),
                        replayed=True,
                        incomplete=self._unread,
                        notes=tuple(self._stored[1]),
                    )
                )
        return captured

    def _kept(self, judged: Judged) -> Path:
        folder = run_folder(self._settings.report_dir, judged.provider, judged.model, self._settings.started)
        for stream in judged.streams:
            # The source is judged as it is; what was secret in it went when it was recorded.
            write_evidence(evidence_path(folder, stream.id), stream.exchange)
        return folder
