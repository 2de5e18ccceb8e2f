"""The judged traffic of one model: each exchange is judged when it ends, and hardly any is held.

As in `conformance judge`, of very many exchanges what they break is held, and a line for each.
"""

from dataclasses import replace
from pathlib import Path

from conformance.catalogue import Outcome, Verdict
from conformance.evidence import Redactor, read_evidence
from conformance.exchange import Ended
from conformance.judge import Judging, judge_exchange
from conformance.light import lightened
from conformance.providers import Provider
from conformance.report.records import ExchangeLine
from conformance.run.judgement import MANY, Judgement
from conformance.run.origin import ProviderRun
from conformance.run.redaction import redacted
from conformance.run.result import evidence_name
from conformance.subject import Answer, read
from conformance.text import counted

__all__ = ["RecordingTally"]

_BYTES = 32_000_000  # of the bodies of answers that are held
_SILENT = (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.NOT_TESTABLE)
_NO_PATH = (404, 405, 501)
_NOTES = (
    "what the application did not ask for is not judged, and no profile is",
    f"of the exchanges behind the first {MANY}, what they break is listed, and their wire is in the evidence",
)


class RecordingTally:
    """The exchanges of one model with a provider, whose evidence is in the folder of a run."""

    def __init__(self, provider: Provider, folder: Path) -> None:
        self.folder = folder
        self._provider = provider
        self._judging = Judging((), keep=self._keeps)
        self._held: list[Answer] = []
        self._size = 0  # bytes of the bodies that are held
        self._lines: list[ExchangeLine] = []
        self._cut = 0
        self._waiting: list[tuple[Path, Redactor]] = []
        self._repeating: dict[str, Redactor] = {}  # by the exchanges whose verdicts hold a secret
        self._seen: set[tuple[str, Outcome]] = set()

    def see(self, answer: Answer, redactor: Redactor) -> list[Verdict]:
        """Judges the next answer, which is whole; returns the verdicts on it, redacted."""
        exchange = answer.exchange
        self._lines.append(ExchangeLine.of(answer, evidence_name(exchange.id)))
        self._cut += exchange.ended is Ended.INTERRUPTED
        if exchange.status in _NO_PATH and exchange.api not in self._judging.there:
            # Whether the path is not there, or something on it was not found, is known at the end.
            self._waiting.append((self.folder / evidence_name(exchange.id), redactor))
            return [redacted(verdict, redactor) for verdict in judge_exchange(exchange)]
        return self._judged(answer, redactor)

    def _judged(self, answer: Answer, redactor: Redactor) -> list[Verdict]:
        verdicts, _ = self._judging.see(answer)
        self._hold(answer)
        plain = [redacted(verdict, redactor) for verdict in verdicts]
        if plain != verdicts:
            self._repeating[answer.id] = redactor
        return plain

    def run(self) -> ProviderRun:
        """All of it, to be reported."""
        for path, redactor in self._waiting:
            self._judged(read(replace(read_evidence(path), source="")), redactor)
        many = len(self._lines) > MANY
        verdicts = tuple(
            redacted(verdict, self._repeating[verdict.subject])
            if verdict.subject in self._repeating
            else verdict
            for verdict in self._judging.end(self._held)
        )
        return ProviderRun(
            judgement=Judgement(
                provider=self._provider.name, streams=tuple(self._held), verdicts=verdicts, thinned=many
            ),
            folder=self.folder,
            entry=self._provider,
            deviations=(),
            replayed=False,
            incomplete=f"{counted(self._cut, 'recording')} cut off before the end" if self._cut else "",
            notes=_NOTES if many else _NOTES[:1],
            recorded=tuple(self._lines),
        )

    def _hold(self, answer: Answer) -> None:
        size = answer.wire.size
        if len(self._held) < MANY and self._size + size <= _BYTES:
            self._size += size
            self._held.append(lightened(answer))

    def _keeps(self, verdict: Verdict) -> bool:
        """Whether a verdict is held that breaks nothing: of very many the first of its kind."""
        key = verdict.requirement, verdict.outcome
        new = key not in self._seen
        self._seen.add(key)
        return new or verdict.outcome not in _SILENT or len(self._lines) <= MANY
