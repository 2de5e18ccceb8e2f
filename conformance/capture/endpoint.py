"""One provider during a capture: its HTTP client, the order of its requests, and its reachability."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from conformance.capture.secrets import secrets_of
from conformance.errors import KeyCharactersError, KeyMissingError, ProxyUnusableError
from conformance.evidence import Redactor, SecretTooShortError
from conformance.plan import BAD_KEY, Plan, Planned
from conformance.providers import variable
from conformance.version import suite_version

__all__ = ["Endpoint", "WithheldError"]

_GIVEN_UP = 2  # consecutive requests without a connection after which the provider is given up
_SCOUTS = 2  # requests sent before it is known whether a connection is possible


class WithheldError(Exception):
    """Raised where a request is not sent; its text says why, for the exchange that takes its place.

    It is control flow between endpoint and recorder and never reaches the user, so it is no ConformanceError.
    """


class Endpoint:
    """One provider during a capture, from its first request to its last."""

    def __init__(self, plan: Plan, key: str | None) -> None:
        """Raises KeyMissingError, KeyCharactersError or SecretTooShortError if the key cannot be used."""
        self.plan = plan
        self.provider = plan.provider
        self.loopback = plan.provider.loopback
        self._key = (key or "").strip()
        self.secrets = secrets_of(self.provider, self._key)
        self._check_key()
        self._ends_at = float("inf")
        self._slots = asyncio.Semaphore(self.provider.concurrency)
        self._known = asyncio.Event()  # set once it is known whether a connection is possible
        self._scouts = min(_SCOUTS, len(plan.requests))
        self._failures = 0
        self._down = ""

    @asynccontextmanager
    async def open(self, trust: Callable[[], ssl.SSLContext]) -> AsyncIterator[None]:
        """The context in which requests can be made. Entering it starts the deadline of the whole run.

        `trust` returns the trusted certificates. Raises ProxyUnusableError.
        """
        encrypted = not self.loopback or any("https:" in item.request.url for item in self.plan.requests)
        try:
            self._client = httpx.AsyncClient(
                timeout=None,  # noqa: S113 - the recorder has deadlines of its own
                # Loading certificates takes a while, so plain http on this machine gets none.
                verify=trust() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
                follow_redirects=False,
                # Uses the proxies and certificates of the environment, but no proxy for this machine.
                trust_env=not self.loopback,
                # Each request has its own connection, so that no stream can affect the next one.
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            )
        except (ValueError, ImportError) as error:
            raise ProxyUnusableError(self.provider.name, str(error)) from None
        self._ends_at = time.monotonic() + self.provider.deadlines.run
        async with self._client:
            yield

    @property
    def left(self) -> float:
        """Seconds until the deadline of the whole run; negative after it."""
        return self._ends_at - time.monotonic()

    @property
    def down(self) -> str:
        """Why the provider is no longer asked; "" while it is."""
        return self._down

    @asynccontextmanager
    async def turn(self, number: int) -> AsyncIterator[None]:
        """The context in which a request is sent. Raises WithheldError.

        `number` counts from 0 in plan order. The first requests find out whether a connection is possible;
        the others wait for them.
        """
        try:
            await self._admitted(number)
            try:
                if self._down:
                    raise WithheldError(self._down)
                yield
            finally:
                self._slots.release()
        finally:
            if number < _SCOUTS:
                self._scouts -= 1
                if not self._scouts:
                    self._known.set()

    async def _admitted(self, number: int) -> None:
        try:
            async with asyncio.timeout(self.left):
                if number >= _SCOUTS:
                    await self._known.wait()
                await self._slots.acquire()
        except TimeoutError:
            raise WithheldError(
                f"the {self.provider.deadlines.run:g} s of the whole run were over before its turn"
            ) from None

    def reached(self) -> None:
        """Records that a connection was made."""
        self._failures = 0
        self._known.set()

    def missed(self, why: str) -> None:
        """Records that a request found no connection in any attempt."""
        self._failures += 1
        if self._failures >= _GIVEN_UP and not self._down:
            self._down = (
                f"{self.provider.name} was given up: {self._failures} requests in a row found no connection, "
                f"the last one: {why}"
            )

    def request(self, planned: Planned) -> httpx.Request:
        """A new request, complete except for its hooks."""
        request = self._client.build_request(
            planned.request.method,
            planned.request.url,
            content=planned.request.body.encode(),
            headers={
                "content-type": "application/json",
                "accept": "application/json",  # the value that the SDKs send, also for streams
                "user-agent": f"stream-conformance/{suite_version()}",
            },
        )
        request.headers.update(planned.headers)
        request.headers["accept-encoding"] = "identity"
        if planned.key == "bad":
            request.headers["authorization"] = f"Bearer {BAD_KEY}"
        elif planned.key == "own":
            request.headers["authorization"] = f"Bearer {self._key}"
        return request

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Sends a request and returns the response with its body unread. Raises httpx.TransportError."""
        return await self._client.send(request, stream=True)

    def redacted(self, text: str) -> str:
        """A text without the secrets of this provider."""
        return Redactor(self.secrets, loopback=self.loopback).text(text)

    def _check_key(self) -> None:
        name, key_variable = self.provider.name, self.provider.api_key_env
        if not self._key and any(planned.key == "own" for planned in self.plan.requests):
            raise KeyMissingError(name, key_variable)
        if not all("!" <= character <= "~" for character in self._key):
            raise KeyCharactersError(name, key_variable)
        try:
            Redactor(self.secrets, loopback=self.loopback)
        except SecretTooShortError as error:
            where = f"{name}: the key in {key_variable or variable(name, 'API_KEY')}"
            raise replace(error, where=where) from None
