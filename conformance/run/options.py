"""Turns the user's options into the origin of a run: endpoints to ask, or files to judge."""

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from types import MappingProxyType

from conformance.capabilities import CAPABILITIES
from conformance.errors import EmptyOptionError, UnknownCapabilityError, UnknownScenarioError
from conformance.evidence.load import Source
from conformance.evidence.request import request_in
from conformance.profiles import profiles
from conformance.providers import Provider, Providers, check_headers, host_and_port, variable
from conformance.run.errors import (
    ConcurrencyFormError,
    ExclusiveOptionsError,
    HeaderFormError,
    NoKeySetError,
    NoProviderNamedError,
    NumberTooSmallError,
    OptionsWithoutEndpointError,
    RequestWithoutReplayError,
    SecondsFormError,
)
from conformance.run.live import LISTED, Live
from conformance.run.origin import Origin, Settings
from conformance.run.selection import Selection
from conformance.run.stored import StoredRun
from conformance.scenarios import SCENARIOS
from conformance.standing import Profile
from conformance.text import slug

__all__ = [
    "ALL",
    "AUTO",
    "Options",
    "endpoint",
    "named_profiles",
    "names_in",
    "origin_of",
    "positive",
    "providers_in",
    "refuse_empty",
    "scenario_names",
    "seconds",
]

_DEFAULT = "reference"  # the provider if none is named
_LISTS = ("--scenarios", "--profile")  # options that would mean everything if they named nothing
ALL = "all"
"""The value of --provider that means every provider whose key is set."""
AUTO = "auto"
"""The value of --concurrency by which the number of requests that an endpoint bears is found out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options that say what to judge, as typed; None or empty if not given.

    `provider`, `endpoint` and `replay` exclude each other. `models`, `api_key_env` and `headers` (each
    `Name:Value`) belong to `endpoint`; each model has a report of its own. `concurrency` is a number or
    `auto`. `deadline` is a number of seconds. `resume` is the folder of a run that was cut off, or `latest`,
    and excludes `replay`. `request` is the file with the request of what is replayed.
    """

    provider: str | None = None
    endpoint: str | None = None
    models: tuple[str, ...] = ()
    api_key_env: str = ""
    headers: tuple[str, ...] = ()
    scenarios: str = ""
    samples: int | None = None
    budget: int | None = None
    concurrency: str = ""
    deadline: str = ""
    resume: str = ""
    replay: tuple[Source, ...] = ()
    request: str = ""

    @property
    def sources(self) -> list[str]:
        """The names of the given options that say what to judge."""
        given = {
            "--provider": self.provider is not None,
            "--endpoint": self.endpoint is not None,
            "--replay": bool(self.replay),
        }
        return [name for name, is_given in given.items() if is_given]


def origin_of(
    options: Options,
    providers: Providers,
    settings: Settings,
    environment: Mapping[str, str] = MappingProxyType(os.environ),
) -> Origin:
    """The origin of the exchanges: what the options name, or the embedded reference provider.

    Raises ConformanceError for contradictory options and for invalid names and numbers.
    """
    if len(options.sources) > 1:
        raise ExclusiveOptionsError(tuple(options.sources))
    if options.replay and options.resume:
        raise ExclusiveOptionsError(("--resume", "--replay"))
    if options.replay:
        request = request_in(Path(options.request)) if options.request else ""
        return StoredRun(options.replay, providers, settings, request)
    if options.request:
        raise RequestWithoutReplayError
    notes: list[str] = []
    if options.endpoint is not None:
        models = dict.fromkeys(filter(None, options.models)) or ("",)
        chosen = [_endpoint(options.endpoint, model, options) for model in models]
    elif only := _misplaced(options):
        raise _without_endpoint(only, options)
    else:
        named = _DEFAULT if options.provider is None else options.provider
        chosen = providers_in(named, providers, environment)
        if named == ALL:
            notes += _left_out([item for item in providers.values() if item not in chosen])
    selection = Selection(
        scenarios=scenario_names(names_in(options.scenarios)),
        profiles=settings.profiles,
        samples=positive("--samples", options.samples) or 1,
        budget=positive("--budget", options.budget),
    )
    asked = [_paced(provider, options.concurrency) for provider in chosen]
    return Live(
        asked,
        settings,
        selection=selection,
        environment=environment,
        notes=notes,
        deadline=seconds("--deadline", options.deadline) if options.deadline else None,
        resume=options.resume,
    )


def providers_in(text: str, providers: Providers, environment: Mapping[str, str]) -> list[Provider]:
    """The providers that --provider names; for `all`, those whose key is set.

    Raises UnknownProviderError, NoProviderNamedError and NoKeySetError.
    """
    if text == ALL:
        chosen = [item for item in providers.values() if environment.get(item.api_key_env, "").strip()]
        if not chosen:
            raise NoKeySetError
        return chosen
    names = names_in(text)
    if not names:
        raise NoProviderNamedError(text, tuple(providers))
    return [providers.named(name) for name in names]


def refuse_empty(given: Mapping[str, object]) -> None:
    """Sees that each option that was given, by its name, has a value. Raises EmptyOptionError."""
    for name, value in given.items():
        texts = value if isinstance(value, list | tuple) else (value,)
        blank = ", " if name in _LISTS else None
        if any(isinstance(text, str) and not text.strip(blank) for text in texts):
            raise EmptyOptionError(name)


def names_in(text: str) -> tuple[str, ...]:
    """The names in a comma-separated text, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def named_profiles(texts: Iterable[str]) -> tuple[Profile, ...]:
    """The profiles that comma-separated texts name, each once. Raises UnknownProfileError."""
    found = (profiles().named(name) for text in texts for name in names_in(text))
    return tuple({profile.id: profile for profile in found}.values())


def scenario_names(names: Sequence[str]) -> tuple[str, ...]:
    """The given names of scenarios, checked. Raises UnknownScenarioError."""
    known = ("smoke", *(item.name for item in SCENARIOS))
    for name in names:
        if name not in known:
            raise UnknownScenarioError(name, known)
    return tuple(names)


def endpoint(
    url: str,
    *,
    model: str,
    api_key_env: str = "",
    headers: Mapping[str, str] = MappingProxyType({}),
    claims: Mapping[str, bool] = MappingProxyType({}),
    configuration: str,
) -> Provider:
    """A provider for an endpoint that is in no file, named `<host>-<port>`.

    If `model` is empty, the only model that `GET /models` lists is used.

    Raises NotAnAddressError, HeaderUnusableError, and UnknownCapabilityError for a claim.
    """
    host, port = host_and_port(url, "the endpoint")
    check_headers(headers, "the endpoint")
    for name in claims:
        if name not in CAPABILITIES:
            raise UnknownCapabilityError(name, tuple(CAPABILITIES))
    return Provider(
        name=slug(f"{host}-{port}"),
        base_url=url,
        api_key_env=api_key_env,
        model=model or LISTED,
        models={"reasoning": model} if model and _reasons(claims) else {},
        headers=headers,
        claims=claims,
        configuration=configuration,
    )


def _endpoint(url: str, model: str, options: Options) -> Provider:
    return endpoint(
        url,
        model=model,
        api_key_env=options.api_key_env,
        headers=dict(map(_header, options.headers)),
        configuration="the command line",
    )


def _reasons(claims: Mapping[str, bool]) -> bool:
    """Whether reasoning is claimed: then it is of the only model that is named."""
    return any(works and name.endswith("reasoning") for name, works in claims.items())


def _paced(provider: Provider, text: str) -> Provider:
    """The provider with as many open requests as --concurrency says; unchanged if it is not given."""
    if not text:
        return provider
    if text != AUTO and not (text.isascii() and text.isdecimal()):
        raise ConcurrencyFormError(text)
    number = None if text == AUTO else positive("--concurrency", int(text))
    return replace(provider, limits=replace(provider.limits, concurrency=number))


def _misplaced(options: Options) -> list[str]:
    """The options that belong to --endpoint but are given without it."""
    given = {
        "--model": options.models,
        "--api-key-env": options.api_key_env,
        "--header": options.headers,
    }
    return [name for name, value in given.items() if value]


def _without_endpoint(only: Sequence[str], options: Options) -> OptionsWithoutEndpointError:
    name = options.provider or ""
    setting = ""
    if list(only) == ["--model"] and len(options.models) == 1 and name and name != ALL and "," not in name:
        setting = f"{variable(name, 'MODEL')}={shlex.quote(options.models[0])}"
    return OptionsWithoutEndpointError(tuple(only), provider=name, setting=setting)


def _left_out(providers: Sequence[Provider]) -> list[str]:
    """The providers that `all` leaves out, each with the reason."""
    reasons = {
        "the variable of their key is not set": [
            f"{item.name} ({item.api_key_env})" for item in providers if item.api_key_env
        ],
        "they need no key, and are asked only by name": [
            item.name for item in providers if not item.api_key_env
        ],
    }
    return [f"left out, since {why}: {', '.join(names)}" for why, names in reasons.items() if names]


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise HeaderFormError(text)
    return name.strip(), value.strip()


def seconds(name: str, value: str | float) -> float:
    """A number of seconds above 0. Raises SecondsFormError, which calls it by `name`."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = 0.0
    if isinstance(value, bool) or not 0 < number < inf:
        raise SecondsFormError(name, str(value))
    return number


def positive(name: str, number: int | None) -> int | None:
    """The given number, checked; None stays None. Raises NumberTooSmallError, which calls it by `name`."""
    if number is not None and (type(number) is not int or number < 1):
        raise NumberTooSmallError(name, number)
    return number
