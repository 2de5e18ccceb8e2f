"""The list of headers whose values evidence keeps; any other value might be a credential or personal data."""

import base64
import re
from collections.abc import Iterable
from itertools import islice
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

__all__ = [
    "CREDENTIAL",
    "MOST",
    "NOT_KEPT",
    "REPLACEMENT",
    "address",
    "address_secrets",
    "harmless",
    "header_secrets",
    "kept_headers",
]

MOST = 200
"""How many credentials of one place are sought: each is sought in the whole answer."""
NOT_KEPT = "[not kept]"
REPLACEMENT = "[redacted]"
CREDENTIAL = re.compile(
    r"auth|cookie|credential|key|passw|pwd|secret|session|signature|token|\bsig\b", re.IGNORECASE
)
"""Matches names of headers and query parameters whose values are credentials."""

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
# Headers of requests that are no credentials either, although evidence does not keep them.
_HARMLESS = frozenset(
    {
        "accept-language",
        "anthropic-beta",
        "anthropic-version",
        "http-referer",
        "origin",
        "referer",
        "x-title",
    }
)
_HARMLESS_FAMILIES = ("x-stainless-",)
_ACCOUNT = frozenset({"openai-organization", "openai-project"})  # kept family, but they name an account
_ADDRESSES = frozenset({"location", "content-location"})  # kept without the parts that may hold a credential


def kept_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers in order, each with its value, or with `[not kept]` if it is not on the list."""
    return [(name, _kept(name.lower(), value)) for name, value in headers]


def harmless(name: str) -> bool:
    """Whether the value of a request's header with this name is known to be no credential."""
    name = name.lower()
    listed = name in _KEPT or name in _HARMLESS or name.startswith((*_KEPT_FAMILIES, *_HARMLESS_FAMILIES))
    return listed and name not in _ACCOUNT


def header_secrets(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The values in the headers of a request that may be credentials: all that are not known to be harmless.

    For `Bearer <key>` and similar schemes, the part after the scheme. For `Basic`, also the decoded pair and
    the password alone. For cookies, each value. For a name that says nothing, the whole value too.
    There are at most 200: those of names that say it come first.
    """
    found: list[str] = []
    for name, value in sorted(headers, key=lambda header: not CREDENTIAL.search(header[0])):
        if harmless(name):
            continue
        if not CREDENTIAL.search(name):
            found.append(value.strip())
        parts = value.split(";") if "cookie" in name.lower() else [value]
        for part in parts:
            credential = part.strip().rpartition(" ")[2]
            if "cookie" in name.lower():
                credential = credential.partition("=")[2] or credential
            found += [credential, *_basic(part)]
    return tuple(islice(dict.fromkeys(filter(None, found)), MOST))


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
    """The credentials in a URL: its password and user name, and query parameters named like credentials.

    There are at most 200.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    user = [unquote(part or "") for part in (parts.password, parts.username)]
    named = [value for name, value in parse_qsl(parts.query) if CREDENTIAL.search(name)]
    return tuple(islice(filter(None, (*user, *named)), MOST))


def address(url: str, *, query: bool = True) -> str:
    """A URL without credentials: user name, password, and the values of query parameters named like them.

    Without `query`, it has no query and no fragment at all.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return NOT_KEPT
    if not query:
        parts = parts._replace(query="", fragment="")
    elif "@" not in parts.netloc and not CREDENTIAL.search(parts.query):
        return url
    return urlunsplit(
        parts._replace(
            netloc=parts.netloc.rpartition("@")[2], query="&".join(map(_pair, parts.query.split("&")))
        )
    )


def _pair(pair: str) -> str:
    name, _, value = pair.partition("=")
    return f"{name}={REPLACEMENT}" if value and CREDENTIAL.search(unquote(name)) else pair


def _kept(name: str, value: str) -> str:
    if name in _ADDRESSES:
        return address(value, query=False)
    listed = name in _KEPT or name.startswith(_KEPT_FAMILIES)
    return value if listed and name not in _ACCOUNT else NOT_KEPT
