"""Judges very many stored exchanges of one provider, one after the other, and tells each as soon as it can.

A body is read when its turn comes and held no longer. Of a verdict that breaks nothing the first of its kind
is held, of an answer what the rules on several exchanges look at. What a later exchange may still change,
and all behind it, waits in a temporary file. Each exchange is told as if all had been held.
"""

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from tempfile import TemporaryFile
from typing import IO

from conformance.catalogue import Kind, Outcome, Verdict
from conformance.decode import decode
from conformance.evidence import reread
from conformance.exchange import Exchange
from conformance.gate import Ruling, decide
from conformance.judge import Judging
from conformance.light import lightened
from conformance.profiles import profiles
from conformance.providers import Provider
from conformance.requirements import CATALOGUE
from conformance.run.judgement import Judgement
from conformance.run.origin import Settings
from conformance.standing import holds
from conformance.subject import Answer, Document, read

__all__ = ["ExchangeRulings", "Many", "told"]

_SILENT = (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.NOT_TESTABLE)
_CLAIMED = frozenset(rule.id for rule in CATALOGUE if rule.kind is Kind.CLAIM)


@dataclass(frozen=True, slots=True)
class ExchangeRulings:
    """An exchange without its body, and the rulings that rest on it."""

    provider: str
    exchange: Exchange
    rulings: tuple[Ruling, ...]


def told(judgement: Judgement, entry: Provider | None, settings: Settings) -> Iterator[ExchangeRulings]:
    """The exchanges of a judgement in order; a ruling on several exchanges counts for each of them."""
    found: dict[str, list[Verdict]] = {}
    for verdict in judgement.verdicts:
        for name in dict.fromkeys(verdict.exchanges):
            found.setdefault(name, []).append(verdict)
    for stream in judgement.streams:
        yield _told(judgement.provider, stream.exchange, found.get(stream.id, ()), entry, settings)


def _told(
    provider: str,
    exchange: Exchange,
    verdicts: Sequence[Verdict],
    entry: Provider | None,
    settings: Settings,
) -> ExchangeRulings:
    deviations = entry.deviations if entry else ()
    gate = decide(verdicts, deviations, today=settings.started.date(), fail_on=settings.fail_on)
    return ExchangeRulings(provider, exchange, gate.rulings)


class Many:
    """Judges the exchanges of one provider, iterated once; afterwards `judgement` is that of all."""

    def __init__(
        self, provider: str, exchanges: Sequence[Exchange], entry: Provider | None, settings: Settings
    ) -> None:
        """`exchanges` have no body; their `source` is read again."""
        self._provider = provider
        self._exchanges = exchanges
        self._entry = entry
        self._listed = {item.requirement for item in (entry.deviations if entry else ())}
        self._settings = settings
        self._seen: set[tuple[str, ...]] = set()
        self._by_id = {exchange.id: exchange for exchange in exchanges if exchange.scenario}
        self._profiles = settings.profiles or (profiles().newest if self._by_id else ())
        self._judging = Judging(exchanges, entry.dialects if entry else (), keep=self._keeps)
        self.judgement = Judgement(provider=provider, streams=(), verdicts=())

    def __iter__(self) -> Iterator[ExchangeRulings]:
        """Each exchange in order, told as soon as nothing can change it any more."""
        held: dict[str, Answer] = {}
        with TemporaryFile() as waiting:
            waits = False
            for exchange in self._exchanges:
                answer = read(reread(exchange))
                verdicts, final = self._judging.see(answer)
                if exchange.id in self._judging.members:
                    held[exchange.id] = lightened(answer, always=True)
                del answer
                waits = waits or not final
                if waits:
                    pickle.dump((exchange, verdicts), waiting)
                else:
                    yield _told(self._provider, exchange, verdicts, self._entry, self._settings)
            verdicts = self._judging.end(held.values())
            yield from self._later(waiting, verdicts)
        bare = decode(())
        self.judgement = Judgement(
            provider=self._provider,
            streams=tuple(Document(exchange=exchange, wire=bare) for exchange in self._exchanges),
            verdicts=tuple(verdicts),
            thinned=True,
        )

    def _later(self, waiting: IO[bytes], verdicts: Iterable[Verdict]) -> Iterator[ExchangeRulings]:
        """What waited, with what is known at the end."""
        causes: dict[tuple[str, str], str] = {}
        groups: dict[str, list[Verdict]] = {}
        ids = {exchange.id for exchange in self._exchanges}
        for verdict in verdicts:
            causes[verdict.subject, verdict.requirement] = verdict.because
            if verdict.exchanges != (verdict.subject,) or verdict.subject not in ids:
                for name in dict.fromkeys(verdict.exchanges):
                    groups.setdefault(name, []).append(verdict)
        end = waiting.tell()
        waiting.seek(0)
        while waiting.tell() < end:
            exchange, own = pickle.load(waiting)  # noqa: S301 - written above
            marked = [
                replace(one, because=causes.get((one.subject, one.requirement), one.because))
                if one.outcome not in _SILENT
                else one
                for one in own
            ]
            every = [*marked, *groups.get(exchange.id, ())]
            yield _told(self._provider, exchange, every, self._entry, self._settings)

    def _keeps(self, verdict: Verdict) -> bool:
        """Whether a verdict is held: one that breaks nothing says what the first of its kind has said.

        It has said it of the profiles that hold both, and of the claim that both are about.
        """
        if verdict.outcome not in _SILENT or verdict.requirement in self._listed:
            return True
        told = verdict.outcome is not Outcome.NOT_APPLICABLE
        holding = [one.id for one in self._profiles if told and holds(one, verdict, self._by_id)]
        claim = verdict.subject if verdict.requirement in _CLAIMED else ""
        key = verdict.requirement, verdict.level, verdict.outcome, claim, *holding
        new = key not in self._seen
        self._seen.add(key)
        return new
