"""Finds the configured values that may be credentials and must not appear in any output. Pure."""

import shlex
from collections.abc import Iterable, Iterator

from conformance.evidence.fields import field_secrets
from conformance.evidence.headers import (
    CREDENTIAL,
    REPLACEMENT,
    address,
    address_secrets,
    harmless,
    header_secrets,
)
from conformance.evidence.redact import SHORTEST
from conformance.providers import Provider

__all__ = ["secrets_of", "shown_command"]

_HEADER = "--header"


def secrets_of(provider: Provider, key: str = "") -> tuple[str, ...]:
    """The key, and all other values of a provider's entry that may be credentials by their name or position.

    `key` is "" if there is none. Values that are too short to be searched for in texts are left out.
    """
    found = {value for name, value in provider.query.items() if CREDENTIAL.search(name)}
    found |= {*header_secrets(provider.headers.items()), *address_secrets(provider.base_url)}
    found |= {*field_secrets(provider.extra_body)}
    others = {value for value in found if len(value) >= SHORTEST}
    return (*((key,) if key else ()), *sorted(others - {key}))


def shown_command(program: str, arguments: Iterable[str]) -> str:
    """A command as it was typed, without the credentials in its headers and addresses, however short."""
    return shlex.join([program, *_shown(arguments)])


def _shown(arguments: Iterable[str]) -> Iterator[str]:
    before = ""
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if before == _HEADER:
            yield _header(argument)
        elif option == _HEADER and equals:
            yield f"{option}={_header(value)}"
        elif "://" in argument:
            lead = f"{option}=" if option.startswith("--") and equals else ""
            yield lead + address(argument[len(lead) :])
        else:
            yield argument
        before = argument


def _header(text: str) -> str:
    name, _, _ = text.partition(":")
    return text if harmless(name.strip()) else f"{name}: {REPLACEMENT}"
