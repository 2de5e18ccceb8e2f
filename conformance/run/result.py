"""The result for one provider: verdicts, what turns the run red, the report, and its files."""

import os
import platform
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from conformance.capture.secrets import secrets_of
from conformance.catalogue import Outcome, Verdict
from conformance.errors import UnknownRequirementError
from conformance.evidence import Redactor, write_evidence
from conformance.evidence.headers import address
from conformance.exchange import Ended, Exchange, Expects
from conformance.gate import ExitCode, FailOn, Gate, Ruling, decide
from conformance.paths import near
from conformance.profiles import profiles
from conformance.report.advice import advice
from conformance.report.bugreport import bug_report
from conformance.report.difference import difference, since
from conformance.report.findings import Finding
from conformance.report.records import ExchangeLine, Header, Report, build
from conformance.report.stored import run_before
from conformance.report.summary import Summary, summarise
from conformance.report.visible import one_line, visible
from conformance.report.write import evidence_path, point_latest, write_report
from conformance.requirements import CATALOGUE, by_id
from conformance.run.errors import FolderUsedError
from conformance.run.origin import ProviderRun, Settings, fail_on_named, utc
from conformance.standing import Standing, gating, standings
from conformance.text import counted
from conformance.version import suite_version

__all__ = ["Result", "evidence_name"]

_REPORTED = 3  # violations that an assertion quotes in full; further ones are only named
_BODY = 200  # characters of a refusal's body


def evidence_name(exchange: str) -> str:
    """The path of an exchange's evidence relative to the report. `exchange` is its id."""
    return f"evidence/{exchange}.jsonl"


@dataclass(frozen=True, kw_only=True, repr=False)
class Result:
    """The result for one provider: its exchanges, the verdicts, what turns the run red, and the report."""

    run: ProviderRun
    gate: Gate
    report: Report
    settings: Settings

    @classmethod
    def of(cls, run: ProviderRun, settings: Settings, log: Path | None = None) -> "Result":
        """Decides what turns the run red and builds the report. `log` is the path of pytest's own log."""
        gate = _decided(run, settings, settings.fail_on)
        lines = _lines(run)
        if run.folder is None:
            lines = [replace(line, evidence="") for line in lines]
        header = _header(run, settings, log)
        report = build(
            header,
            lines,
            gate,
            ended=utc(datetime.now(UTC)),
            incomplete=run.incomplete,
            profiles=_standings(run, settings, gate),
        )
        live = not run.replayed and not run.recorded  # what an application asked is of no scenario
        before = run_before(run.folder) if run.folder is not None and live else None
        if before is not None:
            report = replace(report, since=since(difference(before, report)))
        return cls(run=run, gate=gate, report=report, settings=settings)

    def __repr__(self) -> str:
        return f"<Result of {self.provider}: {self.sentence}>"

    @property
    def provider(self) -> str:
        """The name of the provider."""
        return self.run.judgement.provider

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every verdict, on exchanges and on groups."""
        return self.run.judgement.verdicts

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The judged exchanges, redacted like their evidence."""
        return tuple(stream.exchange for stream in self.run.judgement.streams)

    def sent(self, verdict: Verdict) -> bool:
        """Whether a request that a verdict rests on was sent, or none of the run was."""
        unsent = {item.id for item in self.exchanges if item.ended in (Ended.NOT_SENT, Ended.UNBUILT)}
        return len(unsent) == len(self.exchanges) or not unsent.issuperset(verdict.exchanges)

    @cached_property
    def summary(self) -> Summary:
        """The report, sorted for reading."""
        return summarise(self.report, by_id)

    @property
    def sentence(self) -> str:
        """The result in one sentence, with which the compliance report begins."""
        return visible(self.summary.sentence)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that `pytest` and `conformance judge` would return."""
        return self.gate.exit_code

    @property
    def profiles(self) -> tuple[Standing, ...]:
        """How the endpoint stands to each profile; empty if nothing that the suite sent was judged."""
        return self.report.footer.profiles

    @property
    def complete(self) -> bool:
        """Whether everything was judged that could be: no scenario, source or item was left out."""
        return self.report.footer.complete

    def assert_conforms(self, *, fail_on: str | None = None, allow: Collection[str] | str = ()) -> None:
        """Raises AssertionError, with bug reports, if anything that turns the run red was found.

        `fail_on` is `must`, or `should` to fail on violations of SHOULD too; None means the setting of the
        run, which is `must` by default. `allow` are the ids of requirements that may be broken. An unexpected
        refusal, an unreadable source, and an answer that could not be judged at all also raise. What the
        caller left out does not; see `complete`. Raises UnknownFailOnError and UnknownRequirementError.
        """
        __tracebackhide__ = True
        allowed = {allow} if isinstance(allow, str) else set(allow)
        _check_ids(allowed)
        level = self.settings.fail_on if fail_on is None else fail_on_named(fail_on)
        gate = _decided(self.run, self.settings, level)
        red = [item for item in gate.rulings if item.gates and not _allowed(item, allowed)]
        if red:
            raise AssertionError("\n\n".join(self._reported(red)))
        if self.run.unreadable:
            told = "\n".join(map(str, self.run.unreadable))
            raise AssertionError(f"{self.provider}: not everything could be read:\n{told}")
        if first := advice(self.run.judgement.streams):
            expected = "" if self.run.entry else '; a refusal that is meant is judged with expects="refusal"'
            raise AssertionError(f"{self.provider} sent no stream: {first}{expected}")
        wanted = [item for item in self.exchanges if item.expects is not Expects.REFUSAL]
        if wanted and all(item.refused for item in wanted):
            body = one_line(wanted[0].body.decode(errors="replace"), _BODY)
            raise AssertionError(f"{self.provider} refused the request: status {wanted[0].status}: {body}")
        if not any(verdict.outcome is Outcome.PASS for verdict in self.verdicts):
            raise AssertionError(f"{self.provider}: {self.sentence}")

    def _reported(self, rulings: list[Ruling]) -> Iterator[str]:
        """A bug report for each of the first causes, and the names of the others."""
        if len(rulings) > 1:
            yield f"{self.provider}: {self.sentence}"
        broken = {item.verdict.requirement for item in rulings}
        causes: dict[str, Verdict] = {}
        for verdict in (item.verdict for item in rulings):
            if verdict.because not in broken:
                causes.setdefault(verdict.requirement, verdict)
        for verdict in list(causes.values())[:_REPORTED]:
            yield self.bug_report(verdict)
        if left := list(causes)[_REPORTED:]:
            yield f"and {counted(len(left), 'further requirement')}: {', '.join(left)}"

    def bug_report(self, verdict: Verdict) -> str:
        """A bug report to send to the vendor: rule, place, wire excerpt, who suffers, and sources.

        It names the further exchanges on which the rule was broken, and the rules that were broken because of
        it. Raises ValueError for a verdict that is not part of this result.
        """
        ruling = next((item for item in self.gate.rulings if item.verdict is verdict), None)
        if ruling is None:
            raise ValueError(f"{verdict.requirement} on {verdict.subject} is no verdict of this result")
        folder = self.run.folder
        finding = self.finding(ruling)
        cause = finding if finding is not None and finding.id == verdict.requirement else None
        return bug_report(
            by_id(verdict.requirement),
            ruling,
            provider=self.provider,
            streams=self.run.judgement.streams,
            evidence={
                name: near(evidence_path(folder, name)) if folder else "" for name in verdict.exchanges
            },
            alike=[name for name in cause.exchanges if name not in verdict.exchanges] if cause else (),
            consequences=[item.id for item in cause.consequences] if cause else (),
            profiles=[item.profile for item in self.profiles if verdict.requirement in item.broken],
        )

    def finding(self, ruling: Ruling) -> Finding | None:
        """What reports tell a ruling under: its own requirement, or the cause that it follows from.

        None for a ruling that breaks nothing.
        """
        return self._told_under.get(id(ruling.verdict))

    @cached_property
    def _told_under(self) -> dict[int, Finding]:
        found = (*self.summary.fixes, *self.summary.told, *self.summary.known)
        return {
            id(verdict): finding
            for finding in found
            for item in (finding, *finding.consequences)
            for verdict in item.verdicts
        }

    def write(self, folder: Path | str) -> Path:
        """Writes index.html, report.jsonl and the evidence into a folder; returns the path of the page.

        Creates the folder if it is missing. Raises OSError, and FolderUsedError for a folder that holds the
        evidence of another result.
        """
        target = Path(folder)
        streams = self.run.judgement.streams
        if self.run.folder is None or target.resolve() != self.run.folder.resolve():
            mine = {evidence_path(target, stream.id) for stream in streams}
            if set(evidence_path(target, "x").parent.glob("*")) - mine:
                raise FolderUsedError(target)
            target.mkdir(parents=True, exist_ok=True)
            for stream in streams:
                write_evidence(evidence_path(target, stream.id), stream.exchange)
        lines = tuple(replace(line, evidence=evidence_name(line.id)) for line in self.report.exchanges)
        page = write_report(target, replace(self.report, exchanges=lines), streams)
        whole = self.report.footer.complete and not self.settings.profiles
        live = not self.run.replayed and not self.run.recorded
        if target == self.run.folder and live and whole:
            point_latest(target)
        return page


def _decided(run: ProviderRun, settings: Settings, fail_on: FailOn) -> Gate:
    """What turns a run red: the profiles that its settings name, or else what `fail_on` says."""
    verdicts = run.judgement.verdicts
    only = gating(settings.profiles, _exchanges(run), verdicts) if settings.profiles else None
    held = {name for profile in settings.profiles for name in profile.requirements}
    return decide(
        verdicts,
        [item for item in run.deviations if not held or item.requirement in held],
        today=settings.started.date(),
        fail_on=fail_on,
        whole=not run.incomplete and not settings.profiles,
        mistaken=bool(run.judgement.mistake),
        interrupted=run.interrupted,
        cut=run.late or bool(run.unreadable) or _only_refused(_exchanges(run)),
        only=only,
        idle=bool(settings.profiles) and only is None,
        baseline=settings.baselines.of(run.judgement.provider, run.judgement.model, _lines(run)),
    )


def _lines(run: ProviderRun) -> list[ExchangeLine]:
    return list(run.recorded) or [
        ExchangeLine.of(stream, evidence_name(stream.id)) for stream in run.judgement.streams
    ]


def _exchanges(run: ProviderRun) -> list[Exchange]:
    return [stream.exchange for stream in run.judgement.streams]


def _only_refused(exchanges: Sequence[Exchange]) -> bool:
    """Whether nothing but refusals came of what no scenario asked for, and none of them was expected.

    Rules on a run hold what the suite itself asked to account for that.
    """
    heard = [one for one in exchanges if one.answered]
    own = any(one.scenario or one.expects is Expects.REFUSAL for one in exchanges)
    return bool(heard) and not own and all(one.refused for one in heard)


def _standings(run: ProviderRun, settings: Settings, gate: Gate) -> tuple[Standing, ...]:
    held = settings.profiles or profiles().newest
    return standings(held, gate.rulings, _exchanges(run), every=not run.judgement.thinned)


def _allowed(ruling: Ruling, allowed: Collection[str]) -> bool:
    # An error is not a dialect or deviation, so nothing excuses it.
    return ruling.verdict.outcome is not Outcome.ERROR and ruling.verdict.requirement in allowed


def _check_ids(names: Collection[str]) -> None:
    known = tuple(rule.id for rule in CATALOGUE)
    for name in names:
        if name not in known:
            raise UnknownRequirementError(name, known)


def _header(run: ProviderRun, settings: Settings, log: Path | None) -> Header:
    entry = run.entry
    # The command may contain credentials, in headers and URLs.
    redactor = Redactor(secrets_of(entry) if entry else (), loopback=True)
    return Header(
        suite=suite_version(),
        profile=", ".join(profile.id for profile in settings.profiles) or None,
        provider=run.judgement.provider,
        model=run.judgement.model,
        started=utc(settings.started),
        python=platform.python_version(),
        command=redactor.text(settings.command),
        configuration=entry.configuration if entry else "",
        base_url=redactor.text(address(entry.base_url)) if entry and not run.replayed else "",
        key_variable=entry.api_key_env if entry else "",
        options={"fail-on": settings.fail_on.value},
        dialects=entry.dialects if entry else (),
        deviations=run.deviations,
        replayed=run.replayed,
        recorded=bool(run.recorded),
        notes=(*run.notes, *settings.baselines.notes(run.judgement.provider, run.judgement.model)),
        log=Path(os.path.relpath(log, run.folder)).as_posix() if log and run.folder else "",
    )
