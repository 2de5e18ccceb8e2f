"""What came of one provider: verdicts, what gates, the report, and the files that hold them."""

import os
import platform
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from conformance.catalogue import Outcome, Verdict
from conformance.errors import UnknownRequirementError
from conformance.evidence import write_evidence
from conformance.exchange import Ended, Exchange
from conformance.gate import ExitCode, Gate, Ruling, decide
from conformance.paths import near
from conformance.report.advice import advice
from conformance.report.bugreport import bug_report
from conformance.report.records import ExchangeLine, Header, Report, build
from conformance.report.summary import Summary, summarise
from conformance.report.visible import visible
from conformance.report.write import evidence_path, point_latest, write_report
from conformance.requirements import CATALOGUE, by_id
from conformance.run.origin import ProviderRun, Settings, fail_on_named
from conformance.text import counted
from conformance.version import suite_version

__all__ = ["Result"]

_REPORTED = 3  # violations whose bug reports an assertion quotes; further ones are named
_STORED = "evidence/"  # how a report names the evidence in its folder


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one provider: its exchanges, the verdicts on them, what gates, and the report."""

    run: ProviderRun
    gate: Gate
    report: Report
    settings: Settings

    @classmethod
    def of(cls, run: ProviderRun, settings: Settings, log: Path | None = None) -> "Result":
        """Decide what gates and put the report together. `log` is the path of pytest's own log."""
        gate = decide(
            run.judgement.verdicts,
            run.deviations,
            today=settings.started.date(),
            fail_on=settings.fail_on,
            whole=not run.incomplete,
            mistaken=bool(run.judgement.mistake),
        )
        lines = [ExchangeLine.of(stream, f"{_STORED}{stream.id}.jsonl") for stream in run.judgement.streams]
        if run.folder is None:
            lines = [replace(line, evidence="") for line in lines]
        header = _header(run, settings, log)
        report = build(header, lines, gate, ended=_utc(datetime.now(UTC)), incomplete=run.incomplete)
        return cls(run=run, gate=gate, report=report, settings=settings)

    @property
    def provider(self) -> str:
        """The name of the provider."""
        return self.run.judgement.provider

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every verdict, on exchanges and on groups of them."""
        return self.run.judgement.verdicts

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges that were judged, redacted as their evidence is."""
        return tuple(stream.exchange for stream in self.run.judgement.streams)

    def sent(self, verdict: Verdict) -> bool:
        """Whether a request that a verdict rests on was sent, or none of the run was."""
        unsent = {item.id for item in self.exchanges if item.ended is Ended.NOT_SENT}
        return len(unsent) == len(self.exchanges) or not unsent.issuperset(verdict.exchanges)

    @cached_property
    def summary(self) -> Summary:
        """The report sorted for reading."""
        return summarise(self.report, by_id)

    @property
    def sentence(self) -> str:
        """The verdict in one sentence, as the compliance report begins."""
        return visible(self.summary.sentence)

    @property
    def exit_code(self) -> ExitCode:
        """What `pytest` and `conformance judge` would end with."""
        return self.gate.exit_code

    def assert_conforms(self, *, fail_on: str = "must", allow: Collection[str] = ()) -> None:
        """Raise AssertionError, with the bug reports, unless everything that gates is kept.

        `fail_on` is `must`, or `should` for violations of SHOULD too. `allow` are ids of requirements that
        may be broken. What could not be judged at all does not count as kept. Raises
        UnknownFailOnError and UnknownRequirementError.
        """
        __tracebackhide__ = True
        _check_ids(allow)
        gate = decide(
            self.verdicts,
            self.run.deviations,
            today=self.settings.started.date(),
            fail_on=fail_on_named(fail_on),
            whole=not self.run.incomplete,
            mistaken=bool(self.run.judgement.mistake),
        )
        red = [item for item in gate.rulings if item.gates and item.verdict.requirement not in set(allow)]
        if red:
            raise AssertionError("\n\n".join(self._reported(red)))
        if first := advice(self.run.judgement.streams):
            raise AssertionError(f"{self.provider} sent no stream: {first}")
        if not any(verdict.outcome is Outcome.PASS for verdict in self.verdicts):
            raise AssertionError(f"{self.provider}: {self.sentence}")

    def _reported(self, rulings: list[Ruling]) -> Iterator[str]:
        if len(rulings) > 1:
            yield f"{self.provider}: {self.sentence}"
        for ruling in rulings[:_REPORTED]:
            yield self.bug_report(ruling)
        if left := rulings[_REPORTED:]:
            names = dict.fromkeys(item.verdict.requirement for item in left)
            yield f"and {counted(len(left), 'further verdict')}: {', '.join(names)}"

    def bug_report(self, ruling: Ruling) -> str:
        """The report of one ruling that can be sent to the vendor as it stands."""
        folder = self.run.folder
        return bug_report(
            by_id(ruling.verdict.requirement),
            ruling,
            provider=self.provider,
            streams=self.run.judgement.streams,
            evidence={
                name: near(evidence_path(folder, name)) if folder else "" for name in ruling.verdict.exchanges
            },
        )

    def write(self, folder: Path | str) -> Path:
        """Write index.html, report.jsonl and the evidence into a folder; returns the path of the page.

        The folder is made where it is missing. Raises OSError.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        streams = self.run.judgement.streams
        if self.run.folder is None or target.resolve() != self.run.folder.resolve():
            for stream in streams:
                write_evidence(evidence_path(target, stream.id), stream.exchange)
        lines = tuple(ExchangeLine.of(stream, f"{_STORED}{stream.id}.jsonl") for stream in streams)
        page = write_report(target, replace(self.report, exchanges=lines), streams)
        if target == self.run.folder and not self.run.replayed and self.report.footer.complete:
            point_latest(target)
        return page


def _check_ids(names: Collection[str]) -> None:
    known = tuple(rule.id for rule in CATALOGUE)
    for name in [names] if isinstance(names, str) else names:
        if name not in known:
            raise UnknownRequirementError(name, known)


def _header(run: ProviderRun, settings: Settings, log: Path | None) -> Header:
    entry = run.entry
    return Header(
        suite=suite_version(),
        provider=run.judgement.provider,
        model=run.judgement.model,
        started=_utc(settings.started),
        python=platform.python_version(),
        command=settings.command,
        configuration=entry.configuration if entry else "",
        base_url=entry.base_url if entry and not run.replayed else "",
        key_variable=entry.api_key_env if entry else "",
        options={"fail-on": settings.fail_on.value},
        dialects=entry.dialects if entry else (),
        deviations=run.deviations,
        replayed=run.replayed,
        notes=run.notes,
        log=Path(os.path.relpath(log, run.folder)).as_posix() if log and run.folder else "",
    )


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
