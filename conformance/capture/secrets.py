"""Finds the configured values that are credentials and must not appear in any output. Pure."""

from conformance.evidence.headers import CREDENTIAL, address_secrets
from conformance.evidence.redact import SHORTEST
from conformance.providers import Provider

__all__ = ["secrets_of"]


def secrets_of(provider: Provider, key: str = "") -> tuple[str, ...]:
    """The key, and all other values of a provider's entry that are credentials by their name or position.

    `key` is "" if there is none.
    """
    named = [*provider.headers.items(), *provider.query.items()]
    found = {value for name, value in named if CREDENTIAL.search(name)}
    found |= set(address_secrets(provider.base_url))
    others = {value for value in found if len(value) >= SHORTEST}
    return (*((key,) if key else ()), *sorted(others - {key}))
