"""Some exchanges of one provider with the verdicts on them. No network and no clock."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.catalogue import Verdict
from conformance.errors import UserError
from conformance.evidence import Unreadable, load
from conformance.exchange import Exchange
from conformance.gate import Deviation
from conformance.judge import judge_groups, judge_stream
from conformance.light import lightened
from conformance.providers import Provider
from conformance.requirements import CATALOGUE
from conformance.subject import Stream, read

__all__ = [
    "UNNAMED",
    "Judgement",
    "judge_each_provider",
    "judge_provider",
    "judge_stored",
    "judged_deviations",
]

UNNAMED = "unnamed"
"""The provider of exchanges that name none."""
_MANY = 64  # exchanges of a provider; a live run has fewer
_NAMED = 3  # models that are named one by one
_KNOWN = frozenset(rule.id for rule in CATALOGUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The streams of one provider and the verdicts on them."""

    provider: str
    streams: tuple[Stream, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def model(self) -> str:
        """The models that were asked for streams, or `several` where they are many."""
        asked = [stream.exchange for stream in self.streams if stream.exchange.expects in ("", "stream")]
        models = list(dict.fromkeys(exchange.model or UNNAMED for exchange in asked))
        return ", ".join(models) if 0 < len(models) <= _NAMED else "several" if models else UNNAMED

    @property
    def answered(self) -> bool:
        """Whether any of the requests was answered."""
        return any(stream.exchange.answered for stream in self.streams)


def judge_stored(
    paths: Iterable[Path], providers: Mapping[str, Provider]
) -> tuple[Iterator[Judgement], list[Unreadable]]:
    """Judge what is stored at some paths, provider by provider, and return what could not be read.

    A provider is judged when its turn comes, so that whoever drops each judgement holds one at a time. Raises
    UserError where nothing could be read, and as `judge_each_provider`.
    """
    exchanges, unreadable = load(paths)
    if unreadable and not exchanges:
        raise UserError("unreadable", "\n".join(map(str, unreadable)))
    declared = {name: entry.dialects for name, entry in providers.items()}
    return judge_each_provider(exchanges, declared), unreadable


def judge_each_provider(
    exchanges: Iterable[Exchange], declared: Mapping[str, Collection[str]]
) -> Iterator[Judgement]:
    """Judge some exchanges, provider by provider in the order in which they first appear, each in its turn.

    `declared` has for each provider the ids of the dialects that it declares. Raises UserError at once for
    the exchanges of two runs of one provider.
    """
    by_provider: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        by_provider.setdefault(exchange.provider or UNNAMED, []).append(exchange)
    for name, members in by_provider.items():
        _of_one_run(name, members)
    return (judge_provider(name, members, declared.get(name, ())) for name, members in by_provider.items())


def judge_provider(provider: str, exchanges: Sequence[Exchange], declared: Collection[str] = ()) -> Judgement:
    """Judge some exchanges of one provider. `declared` are the ids of the dialects that it declares.

    Raises UserError for exchanges of two runs.
    """
    _of_one_run(provider, exchanges)
    streams: list[Stream] = []
    verdicts: list[Verdict] = []
    for exchange in exchanges:
        # One by one: of a long stream, or of one of many, only what is looked at afterwards is held.
        stream = read(exchange)
        verdicts += judge_stream(stream, declared)
        streams.append(lightened(stream, always=len(exchanges) > _MANY))
    verdicts += judge_groups(streams)
    return Judgement(provider=provider, streams=tuple(streams), verdicts=tuple(verdicts))


def _of_one_run(provider: str, exchanges: Sequence[Exchange]) -> None:
    seen: dict[tuple[str, int], Exchange] = {}
    for exchange in exchanges:
        other = seen.setdefault((exchange.scenario, exchange.sample), exchange)
        if exchange.scenario and other is not exchange:
            raise UserError(
                "two-runs",
                f"{exchange.source} and {other.source} are both {provider}'s {exchange.scenario}",
                "judge one run of a provider at a time",
            )


def judged_deviations(judgement: Judgement, entry: Provider | None) -> tuple[Deviation, ...]:
    """The deviations of a provider's entry that stored exchanges can speak of: those about a verdict.

    One about a requirement that does not exist stays as well, so that it is reported.
    """
    return tuple(
        item
        for item in (entry.deviations if entry else ())
        if item.requirement not in _KNOWN or any(item.covers(verdict) for verdict in judgement.verdicts)
    )
