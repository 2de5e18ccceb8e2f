"""The endpoints of providers.toml: their addresses, claims and request settings.

An entry is looked up in the file that the user names, then in `./providers.toml`, then in the packaged file;
the first file that has the name supplies the whole entry. Keys come from the environment only and are never
part of an entry. Schema: `schemas/providers.json`.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from conformance.dialects import DIALECTS
from conformance.errors import (
    ConformanceError,
    HeaderUnusableError,
    ModelMissingError,
    NotAnAddressError,
    UnknownProviderError,
)
from conformance.gate import Deviation
from conformance.groups import GROUPS
from conformance.paths import data, near, schema
from conformance.requirements import CATALOGUE
from conformance.scenarios import SCENARIOS
from conformance.tables import tables_in
from conformance.text import shown
from conformance.toml_errors import (
    NotADateError,
    ProvidersFileMissingError,
    TableKeyMissingError,
    UnknownEntryError,
    UnknownTableKeyError,
    WrongValueError,
)

__all__ = [
    "EMBEDDED",
    "FILE",
    "ROLES",
    "Deadlines",
    "Limits",
    "Provider",
    "Providers",
    "check_headers",
    "find_providers",
    "host_and_port",
    "packaged_names",
    "variable",
]

FILE = "providers.toml"
EMBEDDED = "embedded"
"""The `base_url` of the reference provider that runs inside the suite."""

ROLES = ("tools", "reasoning")
"""The uses of a model that may have another one than the rest: `models` names it, or the environment."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = ("content-encoding", "content-length", "expect", "transfer-encoding", "upgrade")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits on what is sent to an endpoint and read from it.

    `concurrency` is None if the entry does not set it; `Provider.concurrency` then decides by the address.
    """

    concurrency: int | None = None  # open requests at a time
    requests: int = 32  # requests of a run
    bytes: int = 8_000_000  # bytes of one body
    events: int = 100_000  # events of one stream
    output_tokens: int = 0  # tokens of one answer, where a scenario asks for fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """The deadlines of an endpoint, in seconds."""

    connect: float = 10.0
    first_byte: float = 60.0
    silence: float = 60.0
    stream: float = 180.0
    run: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One endpoint. `configuration` names the file that its entry comes from."""

    name: str
    base_url: str
    api_key_env: str = ""
    model: str = ""
    models: Mapping[str, str] = field(default_factory=dict)  # model by role: text, tools, reasoning
    more_models: tuple[str, ...] = ()  # run one by one in the nightly run
    claims: Mapping[str, bool] = field(default_factory=dict)  # whether it works, by capability
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    token_param: str = "max_tokens"  # noqa: S105 - tokens of a model
    unsupported_params: frozenset[str] = frozenset()
    reasoning_effort: str = ""
    prompts: Mapping[str, str] = field(default_factory=dict)  # prompt by scenario
    limits: Limits = field(default_factory=Limits)
    deadlines: Deadlines = field(default_factory=Deadlines)
    dialects: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    source: tuple[str, ...] = ()
    vendor: Mapping[str, str] = field(default_factory=dict)  # name, product, contact, url: for certificates
    configuration: str = ""

    @property
    def embedded(self) -> bool:
        """Whether this is the reference provider inside the suite."""
        return self.base_url == EMBEDDED

    @property
    def loopback(self) -> bool:
        """Whether requests to it stay on this machine."""
        return self.embedded or urlsplit(self.base_url).hostname in _LOOPBACK

    @property
    def concurrency(self) -> int:
        """The number of requests that may be open at once; where it is found out, the most that are tried."""
        return self.limits.concurrency or (24 if self.loopback else 8)

    def model_for(self, role: str) -> str:
        """The model for a role: text, tools or reasoning. Raises ModelMissingError if there is none."""
        if name := self.models.get(role) or self.model:
            return name
        wanted = role if self.models else ""
        raise ModelMissingError(self.name, self.configuration or FILE, variable(self.name, "MODEL"), wanted)


class Providers(Mapping[str, Provider]):
    """Every known provider, by name."""

    def __init__(self, entries: Mapping[str, Provider]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Provider:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def named(self, name: str) -> Provider:
        """The provider with this name. Raises UnknownProviderError."""
        if (entry := self.get(name)) is not None:
            return entry
        raise UnknownProviderError(name, tuple(self))


def find_providers(
    named: Path | None = None,
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] = MappingProxyType(os.environ),
) -> Providers:
    """All providers of the named file, of `providers.toml` in the folder, and of the packaged file.

    Base URLs and models from the environment replace those of the entries: `<NAME>_MODEL` of all requests,
    `<NAME>_MODEL_TOOLS` and `<NAME>_MODEL_REASONING` of those with tools and about reasoning. Raises
    ConformanceError for errors in a file or in an address from the environment.
    """
    local = (folder or Path.cwd()) / FILE
    packaged = data(FILE)
    if named is not None and not named.is_file():
        raise ProvidersFileMissingError(named)
    entries: dict[str, Provider] = {}
    for path in (named, local, packaged):
        if path is not None and path.is_file():
            label = f"{FILE} of the package" if path == packaged else near(path)
            for name, table in _tables(path, label).items():
                entries.setdefault(name, _provider(name, table, label, environment))
    return Providers(entries)


def packaged_names() -> frozenset[str]:
    """The names of the providers that the packaged file has for anybody."""
    return frozenset(_tables(data(FILE), f"{FILE} of the package"))


def variable(name: str, what: str) -> str:
    """The environment variable of a provider's setting, such as `YUHUAN_STUDIO_BASE_URL`."""
    return f"{name.upper().replace('-', '_')}_{what}"


def host_and_port(url: str, what: str) -> tuple[str, int]:
    """The host and port of an http or https URL. Raises NotAnAddressError.

    `what` describes, for the error message, where the URL was given.
    """
    with suppress(ValueError):  # unbalanced brackets, or an invalid port
        parts = urlsplit(url)
        # A host with white space in it would be looked up, and not be found.
        spaced = any(map(str.isspace, parts.netloc))
        if parts.scheme in _PORTS and parts.hostname and not spaced and parts.port != 0:
            return parts.hostname, parts.port or _PORTS[parts.scheme]
    raise NotAnAddressError(what, url)


def check_headers(headers: Mapping[str, str], where: str) -> None:
    """Raises HeaderUnusableError for a header that HTTP cannot carry; `where` says where it was given."""
    for name, value in headers.items():
        wrong = {
            "its name is no token of HTTP": not _TOKEN.fullmatch(name),
            "it frames the request, which the suite does itself": name.lower() in _FRAMING,
            "its value holds a line end": bool(set(value) & set("\r\n")),
            "its value holds a letter beyond ASCII": not value.isascii(),
            "its value holds a control character": bool(_CONTROL.search(value)),
        }
        if reason := next((words for words, applies in wrong.items() if applies), ""):
            raise HeaderUnusableError(where, name, reason)


def _tables(path: Path, label: str) -> dict[str, dict[str, Any]]:
    plain = tables_in(path, label)
    errors = list(_validator().iter_errors(plain))
    if errors:
        raise _complaint(label, best_match(errors) if len(errors) > 1 else errors[0])
    return plain


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema("providers"))


def _complaint(label: str, error: ValidationError) -> ConformanceError:
    table, *keys = [str(part) for part in error.absolute_path] or [""]
    where = f"{label}, " + (f"table [{table}]" if table else "at the top")
    if len(keys) > 1 and keys[0] == "deviations":
        where += f", deviation {int(keys[1]) + 1}"
        keys = keys[2:]
    where += f", key `{'.'.join(keys)}`" if keys else ""
    rule = str(error.validator)
    value: Any = error.validator_value
    part: Any = error.schema
    found: Any = error.instance
    match rule:
        case "enum" if "propertyNames" in error.absolute_schema_path:
            return UnknownEntryError(where, "capability", str(found), tuple(value))
        case "additionalProperties":
            known = part["properties"]
            unknown = next(name for name in found if name not in known)
            return UnknownTableKeyError(where, unknown, tuple(known))
        case "required":
            missing = next(name for name in value if name not in found)
            return TableKeyMissingError(where, missing)
        case "pattern" if keys[-1:] == ["until"]:
            return NotADateError(where, found)
    about = str(part.get("description", ""))
    return WrongValueError(where, _tellable(keys, found), f"{_wanted(rule, value)}. {about}".strip())


def _tellable(keys: list[str], value: Any) -> Any:
    """A wrong value without the parts that may be credentials."""
    # Who takes `api_key_env` for the place of the key itself writes the key there.
    if keys[:1] in (["headers"], ["query"], ["api_key_env"]):
        return f"[a value of type {type(value).__name__}]"
    if keys[:1] == ["base_url"] and isinstance(value, str):
        return re.sub(r"[?#].+", "…", re.sub(r"(?<=//)[^/]*@", "", value), flags=re.DOTALL)
    return value


def _wanted(rule: str, value: Any) -> str:
    match rule:
        case "type":
            return f"it has the type {value}"
        case "enum":
            return f"it is one of {', '.join(map(str, value))}"
        case "pattern":
            return f"it has the form {value}"
        case "minimum":
            return f"it is at least {value}"
        case "exclusiveMinimum":
            return f"it is more than {value}"
        case _:
            return f"by the schema: {rule} {shown(value)}"


def _provider(name: str, table: dict[str, Any], label: str, environment: Mapping[str, str]) -> Provider:
    table = dict(table)
    where = f"{label}, table [{name}]"
    own, override = table.pop("base_url"), environment.get(variable(name, "BASE_URL"))
    base_url = override or own
    if base_url != EMBEDDED:
        host_and_port(base_url, variable(name, "BASE_URL") if override else f"{where}, key `base_url`:")
    check_headers(table.get("headers", {}), f"{where}, key `headers`")
    for dialect in table.get("dialects", ()):
        _check(dialect, DIALECTS, "dialect", where)
    models = dict(table.pop("models", {}))
    if model := environment.get(variable(name, "MODEL")):
        table["model"], models = model, {}
    more = tuple(models.pop("more", ()))
    for role in ROLES:
        if model := environment.get(variable(name, f"MODEL_{role.upper()}")):
            models[role] = model
    source = table.pop("source", ())
    return Provider(
        name=name,
        base_url=base_url if "?" in base_url else base_url.rstrip("/"),
        models=models,
        more_models=more,
        limits=Limits(**table.pop("limits", {})),
        deadlines=Deadlines(**table.pop("deadlines", {})),
        dialects=tuple(table.pop("dialects", ())),
        unsupported_params=frozenset(table.pop("unsupported_params", ())),
        deviations=tuple(
            _deviation(item, f"{where}, deviation {number}")
            for number, item in enumerate(table.pop("deviations", ()), 1)
        ),
        source=(source,) if isinstance(source, str) else tuple(source),
        configuration=label,
        **table,
    )


def _deviation(item: dict[str, str], where: str) -> Deviation:
    _check(item["requirement"], (rule.id for rule in CATALOGUE), "requirement", where)
    if scenario := item.get("scenario"):
        _check(scenario, _subjects(), "scenario", where)
    fields: dict[str, Any] = dict(item)
    if until := item.get("until"):
        try:
            fields["until"] = date.fromisoformat(until)
        except ValueError:
            raise NotADateError(f"{where}, key `until`", until) from None
    return Deviation(**fields)


def _check(name: str, known: Iterable[str], what: str, where: str) -> None:
    names = tuple(known)
    if name not in names:
        raise UnknownEntryError(where, what, name, names)


@cache
def _subjects() -> tuple[str, ...]:
    """The names that a deviation can be restricted to: every scenario and every group."""
    return (*(item.name for item in SCENARIOS), *(name for kind in GROUPS.values() for name in kind.names))
