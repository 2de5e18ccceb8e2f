"""The origin of a live run: endpoints that are asked, all at once."""

import os
import shlex
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from conformance.capture import Job, Progress, capture
from conformance.catalogue import Verdict
from conformance.errors import UserError, meant
from conformance.evidence import Redactor
from conformance.judge import applies, group_rules
from conformance.plan import Plan, plan
from conformance.plugin.items import Item, Listed, Planned
from conformance.plugin.origin import Captured, Settings
from conformance.providers import Provider, Providers, variable
from conformance.reference.server import Reference
from conformance.replay import Judged, judged
from conformance.report.write import run_folder
from conformance.requirements import CATALOGUE
from conformance.scenarios import SCENARIOS
from conformance.text import counted, slug

__all__ = ["Live", "Wanted", "asked"]

_EMBEDDED_KEY = "any-key-of-the-reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How much of the plan is wanted. `scenarios` empty: all; `budget` None: the provider's own limit."""

    scenarios: tuple[str, ...] = ()
    samples: int = 1
    budget: int | None = None

    def plan(self, provider: Provider, base_url: str = "") -> Plan:
        """The plan of one provider."""
        return plan(
            provider,
            scenarios=self.scenarios,
            samples=self.samples,
            budget=self.budget,
            base_url=base_url,
        )


class Live:
    """Endpoints. Nothing is sent before something is selected, and no key is needed until then."""

    def __init__(
        self,
        providers: Sequence[Provider],
        settings: Settings,
        *,
        wanted: Wanted,
        environment: Mapping[str, str] = MappingProxyType(os.environ),
        notes: Sequence[str] = (),
    ) -> None:
        self._providers = tuple(providers)
        self._settings = settings
        self._wanted = wanted
        self._environment = environment
        self._notes = tuple(notes)

    @property
    def words(self) -> str:
        """What the run does, for its first lines."""
        sent = [self._wanted.plan(provider) for provider in self._providers]
        requests = counted(sum(len(item.requests) for item in sent), "request")
        told = f"asks {', '.join(provider.name for provider in self._providers)}: at most {requests}"
        return "; ".join([told, *self._notes])

    def plan(self) -> list[Item]:
        """An item for each rule on each planned exchange and group, and one for each known deviation."""
        items: list[Item] = []
        for provider in self._providers:
            sent = self._wanted.plan(provider)
            exchanges = [planned.exchange for planned in sent.requests]
            items += [
                Planned(provider=provider.name, subject=exchange.id, requirement=rule)
                for exchange in exchanges
                for rule in CATALOGUE
                if applies(rule, exchange.api, exchange.expects)
            ]
            items += [
                Planned(provider=provider.name, subject=name, requirement=rule)
                for name, rule, _ in group_rules(exchanges)
            ]
            items += [Listed(provider=provider.name, deviation=item) for item in provider.deviations]
        return items

    def capture(self, selected: Sequence[Planned], progress: Progress) -> list[Captured]:
        """Send what the selected items need, judge it, and return it provider by provider."""
        chosen = [item for item in self._providers if any(one.provider == item.name for one in selected)]
        keys = {provider.name: self._key(provider) for provider in chosen}
        with ExitStack() as stack:
            jobs, folders = [], {}
            for provider in chosen:
                base_url = stack.enter_context(Reference()).base_url if provider.embedded else ""
                sent = _needed(self._wanted.plan(provider, base_url), selected)
                folder = run_folder(
                    self._settings.report_dir, provider.name, _model(sent), self._settings.started
                )
                folders[provider.name] = folder
                jobs.append(Job(plan=sent, evidence=folder / "evidence", key=keys[provider.name]))
            done = capture(jobs, progress=progress)
        captured = []
        for provider in chosen:
            mine = [item for item in selected if item.provider == provider.name]
            found = judged(provider.name, done.exchanges[provider.name], provider.dialects)
            whole = self._wanted.plan(provider)
            captured.append(
                Captured(
                    judged=_of(found, mine, _redactor(provider, keys[provider.name])),
                    folder=folders[provider.name],
                    entry=provider,
                    deviations=provider.deviations,
                    replayed=False,
                    incomplete=self._incomplete(whole, interrupted=done.interrupted),
                    notes=self._told(provider, whole),
                    interrupted=done.interrupted,
                )
            )
        return captured

    def _key(self, provider: Provider) -> str | None:
        if provider.embedded:
            return _EMBEDDED_KEY
        if not provider.api_key_env:
            return None
        key = self._environment.get(provider.api_key_env, "").strip()
        if not key:
            raise UserError(
                "key-missing",
                f"{provider.name} needs a key: the environment variable {provider.api_key_env} is not set",
                f"export {provider.api_key_env}=... and run again; nothing was sent",
            )
        return key

    def _incomplete(self, whole: Plan, *, interrupted: bool) -> str:
        why = ["the person stopped the run"] if interrupted else []
        if self._wanted.scenarios:
            why.append(f"only the scenarios {', '.join(self._wanted.scenarios)}")
        beyond = [item.scenario for item in whole.left if "budget" in item.why]
        if beyond:
            why.append(f"{counted(len(beyond), 'request')} beyond the budget")
        return "; ".join(why)

    def _told(self, provider: Provider, whole: Plan) -> tuple[str, ...]:
        notes = [f"{left.scenario} was not sent: {left.why}" for left in whole.left]
        if provider.prompts:
            notes.append(f"prompts of the provider's own: {', '.join(sorted(provider.prompts))}")
        return tuple(notes)


def asked(
    options: Mapping[str, Any],
    providers: Providers,
    settings: Settings,
    environment: Mapping[str, str] = MappingProxyType(os.environ),
) -> Live:
    """The live run that the options ask for; without any it asks the embedded reference provider."""
    notes: list[str] = []
    if url := options.get("--endpoint"):
        chosen = [_endpoint(url, options)]
    elif only := [name for name in ("--model", "--api-key-env", "--header") if options.get(name)]:
        raise _misplaced(only, options)
    elif (named := options.get("--provider", "reference")) == "all":
        chosen = [item for item in providers.values() if environment.get(item.api_key_env)]
        notes += _left_out([item for item in providers.values() if item not in chosen])
        if not chosen:
            raise UserError(
                "key-missing",
                "--provider all: not one provider's key is set",
                "export the variables that `api_key_env` names in providers.toml",
            )
    else:
        names = list(dict.fromkeys(name.strip() for name in named.split(",") if name.strip()))
        if not names:
            hint = f"there are {', '.join(providers)}"
            raise UserError("provider-none", f"--provider {named!r} names no provider", hint)
        chosen = [providers.named(name) for name in names]
    wanted = Wanted(
        scenarios=_scenarios(options.get("--scenarios") or ""),
        samples=_positive(options, "--samples") or 1,
        budget=_positive(options, "--budget"),
    )
    return Live(chosen, settings, wanted=wanted, environment=environment, notes=notes)


def _misplaced(only: Sequence[str], options: Mapping[str, Any]) -> UserError:
    """Options of --endpoint without it."""
    verb = "belongs" if len(only) == 1 else "belong"
    message = f"{' and '.join(only)} {verb} to --endpoint, which is not given"
    name = options.get("--provider", "")
    if list(only) == ["--model"] and name and name != "all" and "," not in name:
        model = shlex.quote(options["--model"])
        return UserError("options", message, f"set {variable(name, 'MODEL')}={model} in the environment")
    where = "its entry in providers.toml says how a provider is asked; for another address" if name else "add"
    return UserError("options", message, f"{where} --endpoint URL")


def _left_out(providers: Sequence[Provider]) -> list[str]:
    """Which providers `all` does not ask, and why."""
    reasons = {
        "the variable of their key is not set": [
            f"{item.name} ({item.api_key_env})" for item in providers if item.api_key_env
        ],
        "they need no key, and are asked only by name": [
            item.name for item in providers if not item.api_key_env
        ],
    }
    return [f"left out, since {why}: {', '.join(names)}" for why, names in reasons.items() if names]


def _endpoint(url: str, options: Mapping[str, Any]) -> Provider:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(
            "endpoint", f"--endpoint {url!r} is no http or https address", "for example https://host/v1"
        )
    if not options.get("--model"):
        raise UserError("model-missing", "--endpoint needs --model", "name a model that the endpoint serves")
    headers = dict(_header(text) for text in options.get("--header") or ())
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Provider(
        name=slug(f"{parts.hostname}-{port}"),
        base_url=url,
        api_key_env=options.get("--api-key-env") or "",
        model=options["--model"],
        headers=headers,
        configuration="the command line",
    )


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UserError(
            "header", f"--header {text!r} has no colon", "for example --header 'X-Title: nightly'"
        )
    return name.strip(), value.strip()


def _scenarios(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    known = [item.name for item in SCENARIOS]
    for name in names:
        if name not in (*known, "smoke"):
            raise UserError(
                "scenario",
                f"--scenarios: no scenario is called {name!r}",
                meant(name, known) or f"known are: smoke, {', '.join(known)}",
            )
    return names


def _positive(options: Mapping[str, Any], name: str) -> int | None:
    number: int | None = options.get(name)
    if number is not None and number < 1:
        raise UserError("number", f"{name} {number} is less than 1", "leave it out, or give a higher number")
    return number


def _redactor(provider: Provider, key: str | None) -> Redactor:
    return Redactor([key] if key else [], loopback=provider.loopback)


def _needed(whole: Plan, selected: Sequence[Planned]) -> Plan:
    """What of a plan the selected items look at."""
    subjects = {item.subject for item in selected if item.provider == whole.provider.name}
    names = set(subjects)
    for name, _, members in group_rules([planned.exchange for planned in whole.requests]):
        if name in subjects:
            names |= set(members)
    return replace(whole, requests=tuple(item for item in whole.requests if item.exchange.id in names))


def _model(sent: Plan) -> str:
    """The models of a plan as one word for a folder."""
    models = {item.exchange.model for item in sent.requests if item.exchange.expects == "stream"} or {
        item.exchange.model for item in sent.requests
    }
    return models.pop() if len(models) == 1 else sent.provider.model or min(models)


def _of(found: Judged, selected: Sequence[Planned], redactor: Redactor) -> Judged:
    """The verdicts of the selected items. A key that was spread over deltas shows nowhere either."""
    wanted = {(item.subject, item.requirement.id) for item in selected}
    verdicts = tuple(
        _redacted(verdict, redactor)
        for verdict in found.verdicts
        if (verdict.subject, verdict.requirement) in wanted
    )
    return replace(found, verdicts=verdicts)


def _redacted(verdict: Verdict, redactor: Redactor) -> Verdict:
    violations = tuple(
        replace(item, expected=redactor.text(item.expected), observed=redactor.text(item.observed))
        for item in verdict.violations
    )
    return replace(verdict, violations=violations, reason=redactor.text(verdict.reason))
