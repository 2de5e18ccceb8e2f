"""The HTTP client that asks endpoints: a connection for each request, and nothing is followed or kept."""

import ssl
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from conformance.errors import CertificatesUnusableError, ProxyUnusableError

__all__ = ["Headers", "head", "new_client"]

Headers = tuple[tuple[str, str], ...]
_HEAD = "conformance.head"  # the key under which a response keeps its headers


def new_client(
    name: str, *, loopback: bool, encrypted: bool, trust: Callable[[], ssl.SSLContext]
) -> httpx.AsyncClient:
    """The client for the endpoint of a name, which is on this machine or not; `encrypted` says if by https.

    `trust` returns the trusted certificates. Raises CertificatesUnusableError and ProxyUnusableError.
    """
    try:
        # Loading certificates takes a while, so plain http on this machine gets none.
        trusted = trust() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except OSError as error:
        raise CertificatesUnusableError(name, error.strerror or str(error)) from None
    try:
        return httpx.AsyncClient(
            timeout=None,  # noqa: S113 - the recorder has deadlines of its own
            verify=trusted,
            follow_redirects=False,
            # Uses the proxies and certificates of the environment, but no proxy for this machine.
            trust_env=not loopback,
            # Each request has its own connection, so that no stream can affect the next one.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            event_hooks={"response": [_kept]},
        )
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise ProxyUnusableError(name, str(error)) from None


def head(response: httpx.Response) -> Headers:
    """All headers of a response as they came, in the order of the wire."""
    kept: Headers = response.extensions[_HEAD]
    return kept


async def _kept(response: httpx.Response) -> None:
    # The library reads where a redirect leads even when it is not to follow it, and fails for an address that
    # is none; the status and the body would be lost with it.
    response.extensions[_HEAD] = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
    )
    response.headers.pop("location", None)
