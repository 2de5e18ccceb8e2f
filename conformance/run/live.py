"""A live run: sends requests to all endpoints at the same time, and to the models of one in turn."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING

from conformance.capture.deadline import Deadline
from conformance.capture.progress import Progress
from conformance.capture.secrets import secrets_of
from conformance.errors import KeyMissingError
from conformance.evidence import Redactor, read_evidence, write_evidence
from conformance.evidence.planned import write_plan
from conformance.exchange import Ended, Exchange
from conformance.judge import applies, group_rules
from conformance.plan import Plan
from conformance.providers import Provider
from conformance.report.write import model_folder, run_folder
from conformance.requirements import CATALOGUE
from conformance.run.errors import EndpointModelMissingError
from conformance.run.items import ListedDeviation, PlannedVerdict, RunItem
from conformance.run.judgement import UNNAMED, Judgement, judge_provider
from conformance.run.origin import ProviderRun, Settings, utc
from conformance.run.redaction import redacted
from conformance.run.resume import ResumedRun, RunSetup, held, outset, resumable
from conformance.run.selection import Selection
from conformance.text import counted, slug

if TYPE_CHECKING:
    from conformance.capture.run import Job

__all__ = ["LISTED", "Live", "notes", "planned_model"]

LISTED = "(the only model that is listed)"
"""Stands for the model of an endpoint for which none was named, until GET /models has told it."""

_EMBEDDED_KEY = "any-key-of-the-reference"


class Live:
    """The origin of a live run. Sends nothing, and needs no key, before items are selected."""

    def __init__(
        self,
        providers: Sequence[Provider],
        settings: Settings,
        *,
        selection: Selection,
        environment: Mapping[str, str] = MappingProxyType(os.environ),
        notes: Sequence[str] = (),
        deadline: float | None = None,
        resume: str = "",
    ) -> None:
        """`deadline` is how many seconds the requests of the whole run may take, None without a limit.

        `resume` is the folder of a run that goes on, or `latest`; "" for a new run.
        """
        self._seconds = deadline
        self._resume = resume
        self._targets = _targets(providers)
        self._settings = settings
        self._selection = selection
        self._environment = environment
        self._notes = tuple(notes)

    @property
    def providers(self) -> tuple[Provider, ...]:
        """All that is asked, one for each model."""
        return tuple(self._targets.values())

    @property
    def words(self) -> str:
        """What the run does, for the first lines of the output."""
        sent = [self._selection.plan(provider) for provider in self._targets.values()]
        requests = counted(sum(len(item.requests) for item in sent), "request")
        told = f"asks {', '.join(self._targets)}: at most {requests}"
        resumed = [f"goes on with {self._resume}"] if self._resume else []
        why = [] if any(item.requests for item in sent) else [left.why for item in sent for left in item.left]
        return "; ".join([told, *resumed, *dict.fromkeys(why), *self._notes])

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys and other credentials of all that is asked."""
        return tuple(
            secret
            for provider in self._targets.values()
            for secret in secrets_of(provider, self._environment.get(provider.api_key_env, "").strip())
        )

    def plan(self) -> list[RunItem]:
        """One item for each rule on each planned exchange and group, and one for each known deviation."""
        items: list[RunItem] = []
        for label, provider in self._targets.items():
            sent = self._selection.plan(provider)
            exchanges = [planned.exchange for planned in sent.requests]
            items += [
                PlannedVerdict(provider=label, subject=exchange.id, requirement=rule)
                for exchange in exchanges
                for rule in CATALOGUE
                if applies(rule, exchange.api, exchange.expects)
            ]
            items += [
                PlannedVerdict(provider=label, subject=name, requirement=rule)
                for name, rule, _ in group_rules(exchanges)
            ]
            items += [ListedDeviation(provider=label, deviation=item) for item in provider.deviations]
        return items

    def check_keys(self, selected: Iterable[RunItem]) -> None:
        """Raises KeyMissingError if the key of a provider is not set that these items ask."""
        wanted = {item.provider for item in selected if isinstance(item, PlannedVerdict)}
        for label, provider in self._targets.items():
            if label in wanted:
                self._key(provider)

    def capture(self, selected: Sequence[PlannedVerdict], progress: Progress) -> list[ProviderRun]:
        """Sends the requests that the selected items need and judges the answers, provider by provider."""
        deadline = None if self._seconds is None else Deadline.after(self._seconds)
        wanted = {item.provider for item in selected}
        chosen = {label: provider for label, provider in self._targets.items() if label in wanted}
        keys = {provider.name: self._key(provider) for provider in chosen.values()}
        for label, provider in chosen.items():
            if provider.model == LISTED:
                model = _only_model(self._selection.plan(provider), keys, deadline)
                # Without a connection nobody names it, and the first request says how the run ends.
                chosen[label] = replace(provider, model=UNNAMED if model is None else model)
        resumed = self._resumed(chosen, selected, keys)
        runs: dict[str, ProviderRun] = {}
        interrupted = False
        for together in _rounds(chosen):
            done = self._ask(together, resumed, selected, keys, progress, deadline, stopped=interrupted)
            interrupted = any(run.interrupted for run in done)
            runs |= {run.key: run for run in done}
        return [runs[label] for label in chosen]

    def _ask(
        self,
        together: Mapping[str, Provider],
        resumed: Mapping[str, ResumedRun],
        selected: Sequence[PlannedVerdict],
        keys: Mapping[str, str | None],
        progress: Progress,
        deadline: Deadline | None,
        *,
        stopped: bool,
    ) -> list[ProviderRun]:
        """The runs of different providers, asked at the same time; with `stopped`, nothing is sent."""
        # Imported here because planning needs neither the HTTP client nor the reference server.
        from conformance.capture.run import CaptureResult, Job, capture  # noqa: PLC0415
        from conformance.reference.server import Reference  # noqa: PLC0415

        # What had not begun when a run was cut off still belongs to it.
        began = max((run.outset.started for run in resumed.values()), default=utc(self._settings.started))
        folders: dict[str, Path | None] = {}
        with ExitStack() as stack:
            jobs = []
            for label, provider in together.items():
                base_url = ""
                if provider.embedded:
                    before = 0 if label not in resumed else 100 * resumed[label].age(self._settings)
                    base_url = stack.enter_context(Reference(before=before)).base_url
                mine = [item for item in selected if item.provider == label]
                sent = _needed(self._selection.plan(provider, base_url), mine)
                key, there = keys[provider.name], resumed.get(label)
                folders[label] = folder = there.folder if there else self._folder(sent, key, began)
                if folder is not None:
                    stack.enter_context(held(folder))
                if there is not None:
                    there.set_aside()
                evidence = (folder or Path(stack.enter_context(TemporaryDirectory()))) / "evidence"
                kept = there.kept if there else frozenset()
                jobs.append(Job(plan=sent, evidence=evidence, key=key, kept=kept, deadline=deadline))
            if stopped:
                unsent = {job.plan.provider.name: _unsent(job) for job in jobs}
                done = CaptureResult(exchanges=unsent, interrupted=True)
            else:
                done = capture(jobs, progress=progress)
        runs = []
        for label, provider in together.items():
            mine = [item for item in selected if item.provider == label]
            found = judge_provider(provider.name, done.exchanges[provider.name], provider.dialects)
            secrets = secrets_of(provider, keys[provider.name] or "")
            whole = self._selection.plan(provider)
            runs.append(
                ProviderRun(
                    judgement=_selected(found, mine, Redactor(secrets, loopback=provider.loopback)),
                    folder=folders[label],
                    entry=provider,
                    deviations=provider.deviations,
                    replayed=False,
                    incomplete=self._incomplete(
                        found, whole, late=done.late.get(provider.name, ""), interrupted=done.interrupted
                    ),
                    notes=(*notes(whole), *self._resumed_note(resumed.get(label))),
                    interrupted=done.interrupted,
                    late=provider.name in done.late,
                    label=label,
                )
            )
        return runs

    def _folder(self, sent: Plan, key: str | None, began: str) -> Path | None:
        """The new folder of a run, with its plan; None if nothing is written. `began` is when it began."""
        root = self._settings.report_dir
        if root is None:
            return None
        settings = replace(self._settings, started=datetime.fromisoformat(began))
        folder = run_folder(root, sent.provider.name, planned_model(sent), settings.started)
        write_plan(folder, outset(sent, settings, key or ""))
        return folder

    def _resumed(
        self,
        chosen: Mapping[str, Provider],
        selected: Sequence[PlannedVerdict],
        keys: Mapping[str, str | None],
    ) -> Mapping[str, ResumedRun]:
        """The runs that go on, by label; the others of the chosen ones begin."""
        if not self._resume:
            return {}
        root = self._settings.report_dir or Path()
        wanted = {}
        for label, provider in chosen.items():
            mine = [item for item in selected if item.provider == label]
            sent = _needed(self._selection.plan(provider), mine)
            wanted[label] = RunSetup(
                plan=sent,
                outset=outset(sent, self._settings, keys[provider.name] or ""),
                parent=model_folder(root, provider.name, planned_model(sent)),
            )
        return resumable(self._resume, wanted)

    def _resumed_note(self, resumed: ResumedRun | None) -> tuple[str, ...]:
        return () if resumed is None else (resumed.note(self._settings),)

    def _key(self, provider: Provider) -> str | None:
        if provider.embedded:
            return _EMBEDDED_KEY
        if not provider.api_key_env:
            return None
        key = self._environment.get(provider.api_key_env, "").strip()
        if not key:
            raise KeyMissingError(provider.name, provider.api_key_env)
        return key

    def _incomplete(self, found: Judgement, whole: Plan, *, late: str, interrupted: bool) -> str:
        ended = Counter(stream.exchange.ended for stream in found.streams)
        cut, unsent = ended[Ended.INTERRUPTED], ended[Ended.NOT_SENT]
        why = ["the person stopped the run"] if interrupted else []
        if late:
            why.append(f"{late}: {counted(unsent, 'request')} not sent, {counted(cut, 'answer')} cut off")
        if cut and not interrupted and not late:
            why.append(f"{counted(cut, 'exchange')} not recorded to the end")
        if found.streams and not any(stream.exchange.answered for stream in found.streams):
            reason = next((stream.exchange.detail for stream in found.streams if stream.exchange.detail), "")
            why.append(f"nothing was answered{': ' if reason else ''}{reason}")
        if found.mistake:
            why.append(f"there is nothing to judge: {found.mistake}")
        if self._selection.scenarios:
            why.append(f"only the scenarios {', '.join(self._selection.scenarios)}")
        beyond = [item.scenario for item in whole.left if "budget" in item.why]
        if beyond:
            why.append(f"{counted(len(beyond), 'request')} beyond the budget")
        return "; ".join(why)


def _targets(providers: Sequence[Provider]) -> dict[str, Provider]:
    """The providers by their label: the name, with the model behind it if one is asked for several models."""
    times = Counter(provider.name for provider in providers)
    targets: dict[str, Provider] = {}
    for provider in providers:
        several = times[provider.name] > 1
        label = f"{provider.name}-{slug(provider.model)}".strip("-") if several else provider.name
        unique = label
        while unique in targets:  # models whose names differ in nothing that a label may hold
            unique = f"{label}-{len(targets) + 1}"
        targets[unique] = provider
    return targets


def _rounds(targets: Mapping[str, Provider]) -> Iterator[dict[str, Provider]]:
    """What is asked at the same time: the models of one endpoint, which bears only so much, in turn."""
    left = dict(targets)
    while left:
        first: dict[str, str] = {}
        for label, provider in left.items():
            first.setdefault(provider.name, label)
        yield {label: left.pop(label) for label in first.values()}


def _only_model(sent: Plan, keys: Mapping[str, str | None], deadline: Deadline | None) -> str | None:
    """The only model that the provider of a plan lists; None if no connection can be made.

    Raises EndpointModelMissingError.
    """
    from conformance.capture.run import listed  # noqa: PLC0415

    found = listed(sent, keys[sent.provider.name], deadline)
    if found is None:
        return None
    if len(found.models) != 1:
        raise EndpointModelMissingError(found.models, found.words, found.meant)
    return found.models[0]


def _unsent(job: "Job") -> tuple[Exchange, ...]:
    """The exchanges of a job whose turn did not come, with their evidence, and those that are kept."""
    provider = job.plan.provider
    why = "the run was stopped before its turn"
    job.evidence.mkdir(parents=True, exist_ok=True)
    exchanges = []
    for item in job.plan.requests:
        path = job.evidence / f"{item.exchange.id}.jsonl"
        if item.exchange.id in job.kept:
            exchanges.append(replace(read_evidence(path), source=""))
            continue
        exchanges.append(replace(item.exchange, detail=why))
        secrets = secrets_of(provider, job.key or "")
        write_evidence(path, exchanges[-1], secrets=secrets, loopback=provider.loopback)
    return tuple(exchanges)


def notes(whole: Plan) -> tuple[str, ...]:
    """Remarks for readers of the report: scenarios that were not sent, and prompts of the provider's own."""
    found = [f"{left.scenario} was not sent: {left.why}" for left in whole.left]
    if whole.provider.prompts:
        found.append(f"prompts of the provider's own: {', '.join(sorted(whole.provider.prompts))}")
    return tuple(found)


def _needed(whole: Plan, selected: Sequence[PlannedVerdict]) -> Plan:
    """The part of a plan that the selected items of its provider need."""
    subjects = {item.subject for item in selected}
    names = set(subjects)
    for name, _, members in group_rules([planned.exchange for planned in whole.requests]):
        if name in subjects:
            names |= set(members)
    mine = [item for item in whole.requests if item.exchange.id in names]
    names |= {item.after for item in mine if item.scenario.predecessor}
    return replace(whole, requests=tuple(item for item in whole.requests if item.exchange.id in names))


def planned_model(sent: Plan) -> str:
    """The models of a plan as one word, for the name of a folder."""
    models = {item.exchange.model for item in sent.requests if item.exchange.expects == "stream"} or {
        item.exchange.model for item in sent.requests
    }
    return models.pop() if len(models) == 1 else sent.provider.model or min(models)


def _selected(found: Judgement, selected: Sequence[PlannedVerdict], redactor: Redactor) -> Judgement:
    """The verdicts of the selected items, redacted."""
    wanted = {(item.subject, item.requirement.id) for item in selected}
    verdicts = tuple(
        redacted(verdict, redactor)
        for verdict in found.verdicts
        if (verdict.subject, verdict.requirement) in wanted
    )
    return replace(found, verdicts=verdicts)
