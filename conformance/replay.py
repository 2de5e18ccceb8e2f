"""Stored exchanges, judged again: evidence of earlier runs, and recordings that somebody else made."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.catalogue import Verdict
from conformance.errors import UserError
from conformance.evidence import Unreadable, load
from conformance.exchange import Exchange
from conformance.gate import Deviation
from conformance.judge import judge_answers
from conformance.providers import Provider
from conformance.requirements import CATALOGUE
from conformance.subject import Answer, read

__all__ = ["Judged", "complaint", "judge_stored", "judged", "known_deviations"]

_UNNAMED = "unnamed"
_NAMED = 3  # models that are told by name
_KNOWN = frozenset(rule.id for rule in CATALOGUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The streams of one provider and the verdicts on them."""

    provider: str
    streams: tuple[Answer, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def model(self) -> str:
        """The models that were asked for streams, or `several` where they are many."""
        asked = [stream.exchange for stream in self.streams if stream.exchange.expects in ("", "stream")]
        models = list(dict.fromkeys(exchange.model or _UNNAMED for exchange in asked))
        return ", ".join(models) if 0 < len(models) <= _NAMED else "several" if models else _UNNAMED


def judge_stored(
    paths: Iterable[Path], providers: Mapping[str, Provider]
) -> tuple[list[Judged], list[Unreadable]]:
    """Judge what is stored at some paths, provider by provider, and tell what could not be read.

    A provider that has an entry in `providers` declares the dialects of that entry. Raises UserError for the
    exchanges of two runs.
    """
    exchanges, unreadable = load(paths)
    by_provider: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        by_provider.setdefault(exchange.provider or _UNNAMED, []).append(exchange)
    runs = [
        judged(name, members, entry.dialects if (entry := providers.get(name)) else ())
        for name, members in by_provider.items()
    ]
    return runs, unreadable


def judged(provider: str, exchanges: Sequence[Exchange], declared: Collection[str] = ()) -> Judged:
    """The verdicts on some exchanges of one provider. Raises UserError for those of two runs.

    `declared` are the ids of the dialects that the provider declares.
    """
    seen: dict[tuple[str, int], Exchange] = {}
    for exchange in exchanges:
        other = seen.setdefault((exchange.scenario, exchange.sample), exchange)
        if exchange.scenario and other is not exchange:
            raise UserError(
                "two-runs",
                f"{exchange.source} and {other.source} are both {provider}'s {exchange.scenario}",
                "judge one run of a provider at a time",
            )
    streams = tuple(read(exchange) for exchange in exchanges)
    return Judged(provider=provider, streams=streams, verdicts=tuple(judge_answers(streams, declared)))


def known_deviations(judged: Judged, entry: Provider | None) -> tuple[Deviation, ...]:
    """The deviations of a provider that stored exchanges can speak of.

    Those are the ones about something that was judged. One about no requirement that there is stays,
    to be told of.
    """
    return tuple(
        item
        for item in (entry.deviations if entry else ())
        if item.requirement not in _KNOWN or any(item.covers(verdict) for verdict in judged.verdicts)
    )


def complaint(item: Unreadable) -> str:
    """What was named and could not be read, in one sentence."""
    return f"{item.source}: {item.problem} ({item.hint})"
