"""The settings of a provider in a certificate: without secrets, and enough to plan the run again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from conformance.capabilities import CAPABILITIES
from conformance.dialects import DIALECTS
from conformance.evidence.fields import without_fields
from conformance.evidence.headers import CREDENTIAL, NOT_KEPT, REPLACEMENT, address, harmless
from conformance.evidence.redact import Redactor
from conformance.gate import Deviation
from conformance.plan import plan
from conformance.providers import Deadlines, Limits, Provider
from conformance.standing import Profile

__all__ = ["configuration_of", "provider_of", "redacted", "replaced_keys"]


def configuration_of(entry: Provider, redactor: Redactor) -> dict[str, Any]:
    """The settings that decide what is sent and how it is judged, as JSON."""
    settings = {
        "base_url": address(entry.base_url),
        "api_key_env": entry.api_key_env,
        "model": entry.model,
        "models": dict(entry.models),
        "claims": dict(entry.claims),
        "headers": {name: value if harmless(name) else NOT_KEPT for name, value in entry.headers.items()},
        "query": {
            name: REPLACEMENT if CREDENTIAL.search(name) else value for name, value in entry.query.items()
        },
        "extra_body": json.loads(without_fields(json.dumps(dict(entry.extra_body)), entry.extra_body)),
        "token_param": entry.token_param,
        "unsupported_params": sorted(entry.unsupported_params),
        "reasoning_effort": entry.reasoning_effort,
        "limits": asdict(entry.limits),
        "deadlines": asdict(entry.deadlines),
        "dialects": list(entry.dialects),
        "deviations": [_listed(item) for item in entry.deviations],
    }
    plain: dict[str, Any] = redacted(settings, redactor)
    return plain


def provider_of(name: str, settings: Mapping[str, Any]) -> Provider:
    """A provider with such settings. Raises KeyError, TypeError and ValueError for others."""
    fields = dict(settings)
    known = {"claims": CAPABILITIES, "dialects": DIALECTS}
    for key, names in known.items():
        if unknown := [name for name in fields[key] if name not in names]:
            raise ValueError(f"its {key} name {unknown[0]!r}, which this suite does not know")
    return Provider(
        name=name,
        limits=Limits(**fields.pop("limits")),
        deadlines=Deadlines(**fields.pop("deadlines")),
        dialects=tuple(fields.pop("dialects")),
        unsupported_params=frozenset(fields.pop("unsupported_params")),
        deviations=tuple(map(_deviation, fields.pop("deviations"))),
        **fields,
    )


def replaced_keys(entry: Provider, profile: Profile) -> tuple[str, ...]:
    """The keys of the suite's own requests that the entry lays others over. Raises ModelMissingError.

    That changes what is asked as much as a prompt of the provider's own.
    """
    plain = plan(replace(entry, extra_body={}), scenarios=profile.sends)
    asked = {key for item in plain.requests for key in item.exchange.asked}
    return tuple(sorted(asked.intersection(entry.extra_body)))


def redacted(value: Any, redactor: Redactor) -> Any:
    """A value of JSON with every secret in its texts replaced."""
    match value:
        case str():
            return redactor.text(value)
        case dict():
            return {redactor.text(key): redacted(item, redactor) for key, item in value.items()}
        case list() | tuple():
            return [redacted(item, redactor) for item in value]
    return value


def _listed(item: Deviation) -> dict[str, Any]:
    until = item.until.isoformat() if item.until else None
    return {
        "requirement": item.requirement,
        "reason": item.reason,
        "link": item.link,
        "until": until,
        "scenario": item.scenario,
    }


def _deviation(item: Mapping[str, Any]) -> Deviation:
    until = date.fromisoformat(item["until"]) if item["until"] else None
    return Deviation(**{**item, "until": until})
