"""From what a person typed to a run: which endpoints are asked, or which files are judged."""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from conformance.capabilities import CAPABILITIES
from conformance.errors import UserError, meant
from conformance.providers import Provider, Providers, variable
from conformance.report.write import slug
from conformance.run.live import Live, Selection
from conformance.run.origin import Origin, Settings
from conformance.run.stored import Stored
from conformance.scenarios import SCENARIOS

__all__ = [
    "ALL",
    "Options",
    "endpoint",
    "names_in",
    "origin_of",
    "positive",
    "providers_named",
    "scenario_names",
]

_DEFAULT = "reference"  # the provider that is asked where nothing is named
ALL = "all"
"""The name that stands for every provider whose key is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options that say what is judged, as they were typed; None or empty where they were not.

    `provider`, `endpoint` and `replay` exclude each other; `model`, `api_key_env` and `headers`, each a
    `Name:Value`, belong to `endpoint`.
    """

    provider: str | None = None
    endpoint: str | None = None
    model: str = ""
    api_key_env: str = ""
    headers: tuple[str, ...] = ()
    scenarios: str = ""
    samples: int | None = None
    budget: int | None = None
    replay: tuple[str, ...] = ()

    @property
    def sources(self) -> list[str]:
        """The options among these that say what is judged, by their names."""
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
    """Where the exchanges come from; the embedded reference provider where nothing is named.

    Raises UserError for options that contradict each other and for names and numbers that will not do.
    """
    if len(options.sources) > 1:
        raise UserError(
            "options", f"{' and '.join(options.sources)} do not go together", "choose one of them"
        )
    if options.replay:
        return Stored([Path(path) for path in options.replay], providers, settings)
    notes: list[str] = []
    if options.endpoint is not None:
        chosen = [_endpoint(options.endpoint, options)]
    elif only := _misplaced(options):
        raise _misplacement(only, options)
    else:
        named = _DEFAULT if options.provider is None else options.provider
        chosen = providers_named(named, providers, environment)
        if options.provider == ALL:
            notes += _left_out([item for item in providers.values() if item not in chosen])
    selection = Selection(
        scenarios=scenario_names(names_in(options.scenarios)),
        samples=positive("--samples", options.samples) or 1,
        budget=positive("--budget", options.budget),
    )
    return Live(chosen, settings, selection=selection, environment=environment, notes=notes)


def providers_named(
    text: str, providers: Providers, environment: Mapping[str, str] = MappingProxyType(os.environ)
) -> list[Provider]:
    """The providers that a person names, with commas between them; of `all`, those whose key is set.

    Raises UserError for an unknown name, and where there is none.
    """
    if text == ALL:
        chosen = [item for item in providers.values() if environment.get(item.api_key_env, "").strip()]
        if not chosen:
            raise UserError(
                "key-missing",
                "--provider all: not one provider's key is set",
                "export the variables that `api_key_env` names in providers.toml",
            )
        return chosen
    if not (names := names_in(text)):
        raise UserError(
            "provider-none", f"--provider {text!r} names no provider", f"there are {', '.join(providers)}"
        )
    return [providers.named(name) for name in names]


def names_in(text: str) -> tuple[str, ...]:
    """The names in a text with commas between them, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def scenario_names(names: Sequence[str]) -> tuple[str, ...]:
    """The same names of scenarios. Raises UserError for one that there is not."""
    known = [item.name for item in SCENARIOS]
    for name in names:
        if name not in (*known, "smoke"):
            raise UserError(
                "scenario",
                f"--scenarios: no scenario is called {name!r}",
                meant(name, known) or f"known are: smoke, {', '.join(known)}",
            )
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
    """An endpoint that is in no file, named `<host>-<port>`.

    Raises UserError for what is no address, and for a claim of no known capability.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:  # a bracket that is not closed, a port that is no number
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise UserError(
            "endpoint", f"the endpoint {url!r} is no http or https address", "for example https://host/v1"
        )
    for name in claims:
        if name not in CAPABILITIES:
            hint = meant(name, CAPABILITIES) or f"there are {', '.join(CAPABILITIES)}"
            raise UserError("capability", f"no capability is called {name!r}", hint)
    return Provider(
        name=slug(f"{host}-{port}"),
        base_url=url,
        api_key_env=api_key_env,
        model=model,
        headers=headers,
        claims=claims,
        configuration=configuration,
    )


def _endpoint(url: str, options: Options) -> Provider:
    provider = endpoint(
        url,
        model=options.model,
        api_key_env=options.api_key_env,
        headers=dict(map(_header, options.headers)),
        configuration="the command line",
    )
    if not options.model:
        raise UserError("model-missing", "--endpoint needs --model", "name a model that the endpoint serves")
    return provider


def _misplaced(options: Options) -> list[str]:
    """The options of --endpoint that are given without it."""
    given = {
        "--model": options.model,
        "--api-key-env": options.api_key_env,
        "--header": options.headers,
    }
    return [name for name, value in given.items() if value]


def _misplacement(only: Sequence[str], options: Options) -> UserError:
    verb = "belongs" if len(only) == 1 else "belong"
    message = f"{' and '.join(only)} {verb} to --endpoint, which is not given"
    name = options.provider or ""
    if list(only) == ["--model"] and name and name != ALL and "," not in name:
        model = shlex.quote(options.model)
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


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UserError(
            "header", f"--header {text!r} has no colon", "for example --header 'X-Title: nightly'"
        )
    return name.strip(), value.strip()


def positive(name: str, number: int | None) -> int | None:
    """The same number, None for none. Raises UserError, which calls it by `name`, for one below 1."""
    if number is not None and number < 1:
        raise UserError("number", f"{name} {number} is less than 1", "leave it out, or give a higher number")
    return number
