"""A live run: sends requests to all endpoints at the same time."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from conformance.capture.progress import Progress
from conformance.capture.secrets import secrets_of
from conformance.catalogue import Verdict
from conformance.errors import KeyMissingError
from conformance.evidence import Redactor
from conformance.exchange import Ended
from conformance.judge import applies, group_rules
from conformance.plan import Plan, plan
from conformance.providers import Provider
from conformance.report.write import run_folder
from conformance.requirements import CATALOGUE
from conformance.run.errors import EndpointModelMissingError
from conformance.run.items import ListedDeviation, PlannedVerdict, RunItem
from conformance.run.judgement import Judgement, judge_provider
from conformance.run.origin import ProviderRun, Settings
from conformance.text import counted

__all__ = ["LISTED", "Live", "Selection"]

LISTED = "(the only model that is listed)"
"""Stands for the model of an endpoint for which none was named, until GET /models has told it."""

_EMBEDDED_KEY = "any-key-of-the-reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How much of a provider's plan is sent.

    `scenarios` are names, empty for all. `samples` is how often each is sent. `budget` is the most requests,
    None for the provider's own limit.
    """

    scenarios: tuple[str, ...] = ()
    samples: int = 1
    budget: int | None = None

    def plan(self, provider: Provider, base_url: str = "") -> Plan:
        """The plan for one provider."""
        return plan(
            provider,
            scenarios=self.scenarios,
            samples=self.samples,
            budget=self.budget,
            base_url=base_url,
        )


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
    ) -> None:
        self._providers = tuple(providers)
        self._settings = settings
        self._selection = selection
        self._environment = environment
        self._notes = tuple(notes)

    @property
    def words(self) -> str:
        """What the run does, for the first lines of the output."""
        sent = [self._selection.plan(provider) for provider in self._providers]
        requests = counted(sum(len(item.requests) for item in sent), "request")
        told = f"asks {', '.join(provider.name for provider in self._providers)}: at most {requests}"
        return "; ".join([told, *self._notes])

    def plan(self) -> list[RunItem]:
        """One item for each rule on each planned exchange and group, and one for each known deviation."""
        items: list[RunItem] = []
        for provider in self._providers:
            sent = self._selection.plan(provider)
            exchanges = [planned.exchange for planned in sent.requests]
            items += [
                PlannedVerdict(provider=provider.name, subject=exchange.id, requirement=rule)
                for exchange in exchanges
                for rule in CATALOGUE
                if applies(rule, exchange.api, exchange.expects)
            ]
            items += [
                PlannedVerdict(provider=provider.name, subject=name, requirement=rule)
                for name, rule, _ in group_rules(exchanges)
            ]
            items += [ListedDeviation(provider=provider.name, deviation=item) for item in provider.deviations]
        return items

    def capture(self, selected: Sequence[PlannedVerdict], progress: Progress) -> list[ProviderRun]:
        """Sends the requests that the selected items need and judges the answers, provider by provider."""
        # Imported here because planning needs neither the HTTP client nor the reference server.
        from conformance.capture.run import Job, capture, listed  # noqa: PLC0415
        from conformance.reference.server import Reference  # noqa: PLC0415

        chosen = [item for item in self._providers if any(one.provider == item.name for one in selected)]
        keys = {provider.name: self._key(provider) for provider in chosen}
        for number, provider in enumerate(chosen):
            if provider.model == LISTED:
                models = listed(self._selection.plan(provider), keys[provider.name])
                if models is None:  # the first request finds that out too, and says how the run ends
                    continue
                if len(models) != 1:
                    raise EndpointModelMissingError(models)
                chosen[number] = replace(provider, model=models[0])
        folders: dict[str, Path | None] = {}
        with ExitStack() as stack:
            jobs = []
            for provider in chosen:
                base_url = stack.enter_context(Reference()).base_url if provider.embedded else ""
                sent = _needed(self._selection.plan(provider, base_url), selected)
                folders[provider.name] = folder = self._folder(sent)
                evidence = folder or Path(stack.enter_context(TemporaryDirectory()))
                jobs.append(Job(plan=sent, evidence=evidence / "evidence", key=keys[provider.name]))
            done = capture(jobs, progress=progress)
        runs = []
        for provider in chosen:
            mine = [item for item in selected if item.provider == provider.name]
            found = judge_provider(provider.name, done.exchanges[provider.name], provider.dialects)
            secrets = secrets_of(provider, keys[provider.name] or "")
            whole = self._selection.plan(provider)
            runs.append(
                ProviderRun(
                    judgement=_selected(found, mine, Redactor(secrets, loopback=provider.loopback)),
                    folder=folders[provider.name],
                    entry=provider,
                    deviations=provider.deviations,
                    replayed=False,
                    incomplete=self._incomplete(found, whole, interrupted=done.interrupted),
                    notes=_notes(provider, whole),
                    interrupted=done.interrupted,
                )
            )
        return runs

    def _folder(self, sent: Plan) -> Path | None:
        root = self._settings.report_dir
        if root is None:
            return None
        return run_folder(root, sent.provider.name, _model(sent), self._settings.started)

    def _key(self, provider: Provider) -> str | None:
        if provider.embedded:
            return _EMBEDDED_KEY
        if not provider.api_key_env:
            return None
        key = self._environment.get(provider.api_key_env, "").strip()
        if not key:
            raise KeyMissingError(provider.name, provider.api_key_env)
        return key

    def _incomplete(self, found: Judgement, whole: Plan, *, interrupted: bool) -> str:
        cut = sum(stream.exchange.ended is Ended.INTERRUPTED for stream in found.streams)
        why = ["the person stopped the run"] if interrupted else []
        if cut and not interrupted:
            why.append(f"{counted(cut, 'exchange')} not recorded to the end")
        if found.mistake:
            why.append("the first answer shows that there is nothing to judge")
        if self._selection.scenarios:
            why.append(f"only the scenarios {', '.join(self._selection.scenarios)}")
        beyond = [item.scenario for item in whole.left if "budget" in item.why]
        if beyond:
            why.append(f"{counted(len(beyond), 'request')} beyond the budget")
        return "; ".join(why)


def _notes(provider: Provider, whole: Plan) -> tuple[str, ...]:
    """Remarks for readers of the report: scenarios that were not sent, and prompts of the provider's own."""
    notes = [f"{left.scenario} was not sent: {left.why}" for left in whole.left]
    if provider.prompts:
        notes.append(f"prompts of the provider's own: {', '.join(sorted(provider.prompts))}")
    return tuple(notes)


def _needed(whole: Plan, selected: Sequence[PlannedVerdict]) -> Plan:
    """The part of a plan that the selected items need."""
    subjects = {item.subject for item in selected if item.provider == whole.provider.name}
    names = set(subjects)
    for name, _, members in group_rules([planned.exchange for planned in whole.requests]):
        if name in subjects:
            names |= set(members)
    return replace(whole, requests=tuple(item for item in whole.requests if item.exchange.id in names))


def _model(sent: Plan) -> str:
    """The models of a plan as one word, for the name of a folder."""
    models = {item.exchange.model for item in sent.requests if item.exchange.expects == "stream"} or {
        item.exchange.model for item in sent.requests
    }
    return models.pop() if len(models) == 1 else sent.provider.model or min(models)


def _selected(found: Judgement, selected: Sequence[PlannedVerdict], redactor: Redactor) -> Judgement:
    """The verdicts of the selected items, redacted.

    Redacting the exchange is not enough: an endpoint may have spread a secret over several deltas, which
    verdicts join.
    """
    wanted = {(item.subject, item.requirement.id) for item in selected}
    verdicts = tuple(
        _redacted(verdict, redactor)
        for verdict in found.verdicts
        if (verdict.subject, verdict.requirement) in wanted
    )
    return replace(found, verdicts=verdicts)


def _redacted(verdict: Verdict, redactor: Redactor) -> Verdict:
    violations = tuple(
        replace(
            item,
            place=redactor.text(item.place),
            expected=redactor.text(item.expected),
            observed=redactor.text(item.observed),
        )
        for item in verdict.violations
    )
    return replace(verdict, violations=violations, reason=redactor.text(verdict.reason))
