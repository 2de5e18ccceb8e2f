"""Judges exchanges provider by provider. No network and no clock."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.catalogue import Verdict
from conformance.evidence import Unreadable, load
from conformance.evidence.errors import NothingReadableError
from conformance.evidence.load import Source
from conformance.exchange import Ended, Exchange
from conformance.gate import Deviation
from conformance.judge import Judging
from conformance.light import lightened
from conformance.providers import Provider
from conformance.requirements import CATALOGUE
from conformance.run.errors import TwoRunsError
from conformance.scenarios import SCENARIOS
from conformance.subject import Answer, read
from conformance.text import counted

__all__ = [
    "MANY",
    "UNNAMED",
    "Judgement",
    "each_provider",
    "incomplete",
    "judge_each_provider",
    "judge_provider",
    "judge_stored",
    "judged_deviations",
]

UNNAMED = "unnamed"
"""The provider name for exchanges that do not name one."""
MANY = 64
"""Exchanges of a provider, more than a live run has, from which on none is held in full."""
_NAMED = 3  # models that are listed individually
_SOURCES = 3  # unreadable sources, or cut recordings, that the summary sentence names
_PLACES = {scenario.name: place for place, scenario in enumerate(SCENARIOS)}
_KNOWN = frozenset(rule.id for rule in CATALOGUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The answers of one provider, and the verdicts on them.

    With `thinned`, verdicts that say no more than others do are left out.
    """

    provider: str
    streams: tuple[Answer, ...]
    verdicts: tuple[Verdict, ...]
    thinned: bool = False

    @property
    def model(self) -> str:
        """The models that were asked for streams, or for anything; `several` if they are many."""
        every = [stream.exchange for stream in self.streams]
        asked = [exchange for exchange in every if exchange.expects in ("", "stream")] or every
        models = list(dict.fromkeys(exchange.model or UNNAMED for exchange in asked))
        return ", ".join(models) if 0 < len(models) <= _NAMED else "several" if models else UNNAMED

    @property
    def mistake(self) -> str:
        """The sentence about what is wrong in the user's configuration; empty if nothing is known to be."""
        told = (stream.exchange for stream in self.streams)
        return next((exchange.detail for exchange in told if exchange.mistake), "")

    @property
    def answered(self) -> bool:
        """Whether any request was answered, be it with HTTP that cannot be read."""
        return any(stream.exchange.answered or stream.exchange.malformed for stream in self.streams)


def judge_stored(
    sources: Iterable[Source], providers: Mapping[str, Provider], request: str = ""
) -> tuple[Iterator[Judgement], list[Unreadable]]:
    """Judges the exchanges in these sources; returns the judgements and what could not be read.

    `request` is the body of the request where a source holds none. Each provider is judged when the iterator
    comes to it. Raises NothingReadableError, RequestUnusedError, and like `judge_each_provider`.
    """
    exchanges, unreadable = load(sources, request=request)
    if unreadable and not exchanges:
        raise NothingReadableError(tuple(unreadable))
    declared = {name: entry.dialects for name, entry in providers.items()}
    return judge_each_provider(exchanges, declared), unreadable


def judge_each_provider(
    exchanges: Iterable[Exchange], declared: Mapping[str, Collection[str]]
) -> Iterator[Judgement]:
    """Judges exchanges provider by provider, in the order of first appearance, each when its turn comes.

    `declared` maps each provider to the ids of the dialects that it declares. Raises TwoRunsError, before any
    provider is judged.
    """
    by_provider = each_provider(exchanges)
    return (judge_provider(name, members, declared.get(name, ())) for name, members in by_provider.items())


def each_provider(exchanges: Iterable[Exchange]) -> dict[str, list[Exchange]]:
    """The exchanges of each provider, in the order of first appearance. Raises TwoRunsError."""
    by_provider: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        by_provider.setdefault(exchange.provider or UNNAMED, []).append(exchange)
    for name, members in by_provider.items():
        _of_one_run(name, members)
        members.sort(key=_as_asked)
    return by_provider


def _as_asked(exchange: Exchange) -> tuple[bool, int, int]:
    """By which exchanges are in the order of a live run, so that a replay has the same lines as the run."""
    return bool(exchange.again), exchange.sample, _PLACES.get(exchange.scenario, len(_PLACES))


def judge_provider(provider: str, exchanges: Sequence[Exchange], declared: Collection[str] = ()) -> Judgement:
    """Judges exchanges of one provider. Raises TwoRunsError.

    `declared` holds the ids of the dialects that the provider declares.
    """
    _of_one_run(provider, exchanges)
    judging = Judging(exchanges, declared)
    streams: list[Answer] = []
    for exchange in exchanges:
        # One at a time: of a long answer, or of one of many, only what groups and reports need is held.
        stream = read(exchange)
        judging.see(stream)
        streams.append(lightened(stream, always=len(exchanges) > MANY))
        del stream  # before the next one is read
    return Judgement(provider=provider, streams=tuple(streams), verdicts=tuple(judging.end(streams)))


def _of_one_run(provider: str, exchanges: Sequence[Exchange]) -> None:
    seen: dict[tuple[str, int, str], Exchange] = {}
    for exchange in exchanges:
        other = seen.setdefault((exchange.scenario, exchange.sample, exchange.again), exchange)
        if exchange.scenario and other is not exchange:
            raise TwoRunsError(provider, exchange.scenario, (exchange.source, other.source))


def judged_deviations(judgement: Judgement, entry: Provider | None) -> tuple[Deviation, ...]:
    """The deviations in a provider's entry that stored exchanges can confirm: those about a verdict.

    A deviation about an unknown requirement is kept too, so that it is reported.
    """
    return tuple(
        item
        for item in (entry.deviations if entry else ())
        if item.requirement not in _KNOWN or any(item.covers(verdict) for verdict in judgement.verdicts)
    )


def incomplete(unreadable: Sequence[Unreadable], streams: Iterable[Answer]) -> str:
    """Why stored exchanges were not all judged whole; "" if they were."""
    cut = [stream.id for stream in streams if stream.exchange.ended is Ended.INTERRUPTED]
    told = {
        f"{counted(len(unreadable), 'source')} could not be read": list(map(str, unreadable)),
        f"{counted(len(cut), 'recording')} cut off before the end": cut,
    }
    return "; ".join(f"{what}: {_first(names)}" for what, names in told.items() if names)


def _first(names: Sequence[str]) -> str:
    more = f"; and {len(names) - _SOURCES} more" if len(names) > _SOURCES else ""
    return "; ".join(names[:_SOURCES]) + more
