"""A replay: judges stored exchanges without a network."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from conformance.capture.progress import Progress
from conformance.catalogue import Outcome
from conformance.evidence import Unreadable, load, write_evidence
from conformance.evidence.errors import NothingReadableError
from conformance.evidence.load import INPUT, Handed, Source
from conformance.exchange import Exchange
from conformance.paths import near
from conformance.providers import Providers
from conformance.report.write import evidence_path, run_folder
from conformance.requirements import by_id
from conformance.run.items import ListedDeviation, PlannedVerdict, RunItem
from conformance.run.judgement import (
    MANY,
    Judgement,
    each_provider,
    incomplete,
    judge_provider,
    judge_stored,
    judged_deviations,
)
from conformance.run.many import ExchangeRulings, Many, told
from conformance.run.origin import ProviderRun, Settings

__all__ = ["StoredRun"]


class StoredRun:
    """The origin of a replay.

    Verdicts are known before the plan here, so those that are not applicable are reported but form no item.
    """

    def __init__(
        self, sources: Sequence[Source], providers: Providers, settings: Settings, request: str = ""
    ) -> None:
        """`request` is the body of the request, as JSON text, where a source holds none."""
        self._sources = sources
        self._providers = providers
        self._settings = settings
        self._request = request

    @property
    def words(self) -> str:
        """What the run does, for the first lines of the output."""
        return f"judges what is stored at {', '.join(map(_place, self._sources))}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """None: what is stored was redacted when it was recorded."""
        return ()

    @property
    def unreadable(self) -> tuple[Unreadable, ...]:
        """The sources that could not be read. Raises NothingReadableError."""
        return self._stored[1]

    @cached_property
    def _stored(self) -> tuple[list[Judgement], tuple[Unreadable, ...]]:
        judgements, unreadable = judge_stored(self._sources, self._providers, self._request)
        return list(judgements), tuple(unreadable)

    def one_by_one(self) -> tuple[Iterator[ExchangeRulings | ProviderRun], tuple[Unreadable, ...]]:
        """Every exchange, told as soon as nothing can change it, and behind those of a provider its run.

        With it comes what could not be read. Raises NothingReadableError and TwoRunsError.
        """
        exchanges, unreadable = load(self._sources, request=self._request, most=MANY)
        if unreadable and not exchanges:
            raise NothingReadableError(tuple(unreadable))
        return self._each(each_provider(exchanges), unreadable), tuple(unreadable)

    def _each(
        self, by_provider: dict[str, list[Exchange]], unreadable: Sequence[Unreadable]
    ) -> Iterator[ExchangeRulings | ProviderRun]:
        for name, exchanges in by_provider.items():
            entry = self._providers.get(name)
            if len(exchanges) > MANY:
                many = Many(name, exchanges, entry, self._settings)
                yield from many
                judgement = many.judgement
            else:
                judgement = judge_provider(name, exchanges, entry.dialects if entry else ())
                yield from told(judgement, entry, self._settings)
            if judgement.verdicts:
                yield self._run(judgement, unreadable)

    def _run(self, judgement: Judgement, unreadable: Sequence[Unreadable]) -> ProviderRun:
        entry = self._providers.get(judgement.provider)
        return ProviderRun(
            judgement=judgement,
            folder=self._folder(judgement),
            entry=entry,
            deviations=judged_deviations(judgement, entry),
            replayed=True,
            incomplete=incomplete(unreadable, judgement.streams),
            notes=tuple(map(str, unreadable)),
            unreadable=tuple(unreadable),
        )

    def plan(self) -> list[RunItem]:
        """One item for each verdict that applies, and one for each known deviation."""
        items: list[RunItem] = []
        for judgement in self._stored[0]:
            name = judgement.provider
            items += [
                PlannedVerdict(provider=name, subject=verdict.subject, requirement=by_id(verdict.requirement))
                for verdict in judgement.verdicts
                if verdict.outcome is not Outcome.NOT_APPLICABLE
            ]
            items += [
                ListedDeviation(provider=name, deviation=item)
                for item in judged_deviations(judgement, self._providers.get(name))
            ]
        return items

    def capture(self, selected: Sequence[PlannedVerdict], progress: Progress) -> list[ProviderRun]:  # noqa: ARG002
        """The verdicts of the selected items; if all are selected, also the verdicts that form no item."""
        wanted = {item.key for item in selected}
        partly = {
            item.provider
            for item in self.plan()
            if isinstance(item, PlannedVerdict) and item.key not in wanted
        }
        runs = []
        for whole in self._stored[0]:
            judgement = _selected(whole, wanted) if whole.provider in partly else whole
            if judgement.verdicts:
                runs.append(self._run(judgement, self.unreadable))
        return runs

    def _folder(self, judgement: Judgement) -> Path | None:
        settings = self._settings
        if settings.report_dir is None:
            return None
        folder = run_folder(settings.report_dir, judgement.provider, judgement.model, settings.started)
        for stream in judgement.streams:
            # The source is judged as it is: its secrets were removed when it was recorded.
            write_evidence(evidence_path(folder, stream.id), stream.exchange)
        return folder


def _place(source: Source) -> str:
    if isinstance(source, Handed) or str(source) == INPUT:
        return "the standard input"
    return near(Path(source))


def _selected(judgement: Judgement, wanted: set[tuple[str, str, str]]) -> Judgement:
    """The selected verdicts of a judgement, and the answers that they rest on."""
    verdicts = tuple(
        verdict
        for verdict in judgement.verdicts
        if (judgement.provider, verdict.subject, verdict.requirement) in wanted
    )
    needed = {name for verdict in verdicts for name in verdict.exchanges}
    streams = tuple(stream for stream in judgement.streams if stream.id in needed)
    return replace(judgement, streams=streams, verdicts=verdicts)
