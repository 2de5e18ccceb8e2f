"""Some exchanges of one provider with the verdicts on them. No network and no clock."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.catalogue import Verdict
from conformance.evidence import Unreadable, load
from conformance.evidence.errors import NothingReadableError
from conformance.exchange import Exchange
from conformance.gate import Deviation
from conformance.judge import judge_answer, judge_groups
from conformance.light import lightened
from conformance.providers import Provider
from conformance.requirements import CATALOGUE
from conformance.run.errors import TwoRunsError
from conformance.subject import Answer, read
from conformance.text import counted

__all__ = [
    "UNNAMED",
    "Judgement",
    "judge_each_provider",
    "judge_provider",
    "judge_stored",
    "judged_deviations",
    "unread",
]

UNNAMED = "unnamed"
"""The provider of exchanges that name none."""
_MANY = 64  # exchanges of a provider; a live run has fewer
_NAMED = 3  # models that are named one by one
_SOURCES = 3  # sources that could not be read and are named in the sentence of the verdict
_KNOWN = frozenset(rule.id for rule in CATALOGUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The streams of one provider and the verdicts on them."""

    provider: str
    streams: tuple[Answer, ...]
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
    NothingReadableError, and as `judge_each_provider`.
    """
    exchanges, unreadable = load(paths)
    if unreadable and not exchanges:
        raise NothingReadableError(tuple(unreadable))
    declared = {name: entry.dialects for name, entry in providers.items()}
    return judge_each_provider(exchanges, declared), unreadable


def judge_each_provider(
    exchanges: Iterable[Exchange], declared: Mapping[str, Collection[str]]
) -> Iterator[Judgement]:
    """Judge some exchanges, provider by provider in the order in which they first appear, each in its turn.

    `declared` has for each provider the ids of the dialects that it declares. Raises TwoRunsError, at once.
    """
    by_provider: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        by_provider.setdefault(exchange.provider or UNNAMED, []).append(exchange)
    for name, members in by_provider.items():
        _of_one_run(name, members)
    return (judge_provider(name, members, declared.get(name, ())) for name, members in by_provider.items())


def judge_provider(provider: str, exchanges: Sequence[Exchange], declared: Collection[str] = ()) -> Judgement:
    """Judge some exchanges of one provider. `declared` are the ids of the dialects that it declares.

    Raises TwoRunsError.
    """
    _of_one_run(provider, exchanges)
    streams: list[Answer] = []
    verdicts: list[Verdict] = []
    for exchange in exchanges:
        # One by one: of a long answer, or of one of many, only what is looked at afterwards is held.
        stream = read(exchange)
        verdicts += judge_answer(stream, declared)
        streams.append(lightened(stream, always=len(exchanges) > _MANY))
    verdicts += judge_groups(streams)
    return Judgement(provider=provider, streams=tuple(streams), verdicts=tuple(verdicts))


def _of_one_run(provider: str, exchanges: Sequence[Exchange]) -> None:
    seen: dict[tuple[str, int], Exchange] = {}
    for exchange in exchanges:
        other = seen.setdefault((exchange.scenario, exchange.sample), exchange)
        if exchange.scenario and other is not exchange:
            raise TwoRunsError(provider, exchange.scenario, (exchange.source, other.source))


def judged_deviations(judgement: Judgement, entry: Provider | None) -> tuple[Deviation, ...]:
    """The deviations of a provider's entry that stored exchanges can speak of: those about a verdict.

    One about a requirement that does not exist stays as well, so that it is reported.
    """
    return tuple(
        item
        for item in (entry.deviations if entry else ())
        if item.requirement not in _KNOWN or any(item.covers(verdict) for verdict in judgement.verdicts)
    )


def unread(unreadable: Sequence[Unreadable]) -> str:
    """Why not everything was judged, where some sources could not be read; empty where all could."""
    if not unreadable:
        return ""
    named = "; ".join(map(str, unreadable[:_SOURCES]))
    more = f"; and {len(unreadable) - _SOURCES} more" if len(unreadable) > _SOURCES else ""
    return f"{counted(len(unreadable), 'source')} could not be read: {named}{more}"
