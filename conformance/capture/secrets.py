"""Which configured values are credentials, so that no evidence, verdict or report may hold them. Pure."""

from urllib.parse import urlsplit

from conformance.evidence.headers import CREDENTIAL
from conformance.evidence.redact import SHORTEST
from conformance.plan import Plan

__all__ = ["secrets_of"]


def secrets_of(plan: Plan, key: str) -> tuple[str, ...]:
    """The key, and what else is configured that is a credential by its name or its place.

    `key` is empty where there is none.
    """
    provider = plan.provider
    named = [*provider.headers.items(), *provider.query.items()]
    named += [("password", urlsplit(item.request.url).password or "") for item in plan.requests]
    others = {value for name, value in named if CREDENTIAL.search(name) and len(value) >= SHORTEST}
    return (*((key,) if key else ()), *sorted(others - {key}))
