"""Which headers an evidence file keeps: the value of any other may be a credential or name a person."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

__all__ = ["CREDENTIAL", "NOT_KEPT", "address", "address_secrets", "header_secrets", "kept_headers"]

NOT_KEPT = "[not kept]"
CREDENTIAL = re.compile(r"auth|cookie|key|password|secret|token", re.IGNORECASE)
"""What the name of a header or of a query parameter holds whose value is a credential."""

_KEPT = frozenset(
    {
        "accept",
        "accept-encoding",
        "age",
        "allow",
        "cache-control",
        "cf-cache-status",
        "cf-ray",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "date",
        "host",
        "keep-alive",
        "request-id",
        "retry-after",
        "retry-after-ms",
        "server",
        "transfer-encoding",
        "user-agent",
        "vary",
        "via",
        "x-accel-buffering",
        "x-request-id",
        "x-should-retry",
    }
)
_KEPT_FAMILIES = ("openai-", "x-ratelimit-")
_ACCOUNT = frozenset({"openai-organization", "openai-project"})  # of a kept family, but they name an account
_ADDRESSES = frozenset({"location", "content-location"})  # kept without what may carry a credential


def kept_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers in their order, each with its value or, when it is not on the list, `[not kept]`."""
    return [(name, _kept(name.lower(), value)) for name, value in headers]


def header_secrets(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The credentials in the headers of a request, each by itself.

    Of `Bearer <key>` and its like what follows the scheme; of `Basic` also what it encodes, whole and the
    password alone; of cookies each value.
    """
    found: list[str] = []
    for name, value in headers:
        if not CREDENTIAL.search(name):
            continue
        parts = value.split(";") if "cookie" in name.lower() else [value]
        for part in parts:
            credential = part.strip().rpartition(" ")[2]
            if "cookie" in name.lower():
                credential = credential.partition("=")[2] or credential
            found += [credential, *_basic(part)]
    return tuple(dict.fromkeys(filter(None, found)))


def _basic(value: str) -> tuple[str, ...]:
    scheme, _, encoded = value.strip().partition(" ")
    if scheme.lower() != "basic":
        return ()
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        return ()
    return (text, text.partition(":")[2])


def address_secrets(url: str) -> tuple[str, ...]:
    """The credentials in a URL: its password, a user name without one, and what the query names as such."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    user = unquote(parts.password or parts.username or "")
    named = [value for name, value in parse_qsl(parts.query) if CREDENTIAL.search(name)]
    return tuple(filter(None, (user, *named)))


def address(url: str, *, query: bool = True) -> str:
    """A URL without user name and password; without query and fragment too unless `query`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return NOT_KEPT
    if not query:
        parts = parts._replace(query="", fragment="")
    elif "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _kept(name: str, value: str) -> str:
    if name in _ADDRESSES:
        return address(value, query=False)
    listed = name in _KEPT or name.startswith(_KEPT_FAMILIES)
    return value if listed and name not in _ACCOUNT else NOT_KEPT
