"""The list of headers whose values evidence keeps; any other value might be a credential or personal data."""

import base64
import re
from collections.abc import Iterable
from itertools import chain, zip_longest
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from conformance.evidence.vocabulary import vocabulary
from conformance.text import REDACTED

__all__ = [
    "CREDENTIAL",
    "NOT_KEPT",
    "REPLACEMENT",
    "SHORTEST",
    "address",
    "address_secrets",
    "harmless",
    "header_secrets",
    "kept_headers",
    "sought",
]

_MOST = 200  # credentials of one place that are sought: each is sought in the whole answer
NOT_KEPT = "[not kept]"
REPLACEMENT = REDACTED
SHORTEST = 12
"""Characters of the shortest credential that is sought: a shorter one would also match ordinary text."""
CREDENTIAL = re.compile(
    r"auth|cookie|credential|key|passw|pwd|secret|session|signature|token|\bsig\b", re.IGNORECASE
)
"""Matches names of headers and query parameters whose values are credentials."""

_WORD = re.compile(r"[a-z_./-]+")
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
        "pragma",
        "priority",
        "referer",
        "x-requested-with",
        "x-title",
    }
)
# A browser asks by the second for `content-type`, which then is no credential in what came.
_HARMLESS_FAMILIES = ("x-stainless-", "access-control-request-", "sec-ch-", "sec-fetch-")
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
    There are at most 200, none of them too short to be sought: those of names that say it, then in turns
    cookies and others, so that neither keep the others from being sought.
    """
    named: list[str] = []
    cookies: list[str] = []
    others: list[str] = []
    for name, value in headers:
        if harmless(name):
            continue
        cookie = "cookie" in name.lower()
        found = cookies if cookie else named if CREDENTIAL.search(name) else others
        if not CREDENTIAL.search(name):
            found.append(value.strip())
        parts = value.split(";") if cookie else [value]
        for part in parts:
            credential = part.strip().rpartition(" ")[2]
            if cookie:
                credential = credential.partition("=")[2] or credential
            found += [credential, *_basic(part)]
    turns = zip_longest(sought(cookies), sought(others), fillvalue="")
    return sought((*named, *chain.from_iterable(turns)))


def sought(values: Iterable[str]) -> tuple[str, ...]:
    """Those of some credentials that are sought in texts: each once, none too short, and at most 200.

    Words of the protocols are no credentials, since without them no answer could be judged.
    """
    return tuple(dict.fromkeys(value for value in values if _secret(value.strip())))[:_MOST]


def _secret(value: str) -> bool:
    if len(value) < SHORTEST:
        return False
    return not (_WORD.fullmatch(value) and (value in _KEPT or value in vocabulary()))


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

    There are at most 200, none of them too short to be sought.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    user = [unquote(part or "") for part in (parts.password, parts.username)]
    named = [value for name, value in parse_qsl(parts.query) if CREDENTIAL.search(name)]
    return sought((*user, *named))


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
