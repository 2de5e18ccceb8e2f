"""One provider during a capture: its HTTP client, the order of its requests, and its reachability."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import httpx

from conformance.capture.client import new_client
from conformance.capture.deadline import Deadline
from conformance.capture.pace import Pace, Turn, Turns
from conformance.capture.scout import ModelList, listed_in
from conformance.capture.secrets import secrets_of
from conformance.errors import (
    KeyCharactersError,
    KeyMissingError,
    NotAnAddressError,
)
from conformance.evidence import Redactor, SecretTooShortError
from conformance.evidence.headers import address
from conformance.plan import BAD_KEY, Plan, PlannedRequest, models_url
from conformance.providers import variable
from conformance.version import suite_version

__all__ = ["Endpoint", "LateError", "WithheldError"]

_GIVEN_UP = 2  # consecutive requests without a connection after which the provider is given up
_MODELS = 10.0  # seconds that the list of models may take
_LIST = 1_000_000  # bytes that the list of models may have


class WithheldError(Exception):
    """Raised where a request is not sent; its text says why, for the exchange that takes its place.

    It is control flow between endpoint and recorder and never reaches the user, so it is no ConformanceError.
    """


class LateError(WithheldError):
    """Raised where a request is not sent because the time of the run is over."""


class Endpoint:
    """One provider during a capture, from its first request to its last.

    `late` says, once something could not be asked or heard to its end for it, which time was over.
    """

    def __init__(self, plan: Plan, key: str | None, deadline: Deadline | None = None) -> None:
        """`deadline` is that of the whole run, if there is one beside that of the provider's settings.

        Raises KeyMissingError, KeyCharactersError or SecretTooShortError if the key cannot be used.
        """
        self.plan = plan
        self.late = ""
        self._deadline = deadline
        self.provider = plan.provider
        self.loopback = plan.provider.loopback
        self._key = (key or "").strip()
        self.secrets = secrets_of(self.provider, self._key)
        self._check_key()
        self._ends_at = float("inf")
        provider = plan.provider
        self.turns = Turns(Pace(provider.concurrency, fixed=provider.limits.concurrency is not None))
        self._failures = 0
        self._down = ""

    @asynccontextmanager
    async def open(self, trust: Callable[[], ssl.SSLContext]) -> AsyncIterator[None]:
        """The context in which requests can be made. Entering it starts the deadline of the whole run.

        `trust` returns the trusted certificates. Raises ConformanceError for a proxy,
        certificates or an address that cannot be used.
        """
        encrypted = not self.loopback or any("https:" in item.request.url for item in self.plan.requests)
        self._client = new_client(
            self.provider.name, loopback=self.loopback, encrypted=encrypted, trust=trust
        )
        try:
            for planned in self.plan.requests[:1]:
                self.request(planned)
        except (ValueError, httpx.InvalidURL):
            where = f"{self.provider.name}:"
            with suppress(ValueError, httpx.InvalidURL):
                httpx.URL(self.provider.base_url)
                where = f"{self.provider.name}: with its `query`,"
            raise NotAnAddressError(where, address(self.provider.base_url)) from None
        own = Deadline.after(self.provider.deadlines.run)
        self._ends_at = own.at
        self._over = f"the {own.seconds:g} s of the whole run were over"
        if self._deadline is not None and self._deadline.at < own.at:
            self._ends_at, self._over = self._deadline.at, self._deadline.words
        async with self._client:
            yield

    @property
    def left(self) -> float:
        """Seconds until the deadline of the whole run; negative after it."""
        return self._ends_at - time.monotonic()

    @property
    def over(self) -> bool:
        """Whether nothing more is sent, because the provider was given up or the time of the run is over."""
        return bool(self._down) or self.left <= 0

    def runs_out(self) -> str:
        """Records that the time of the run was over too early; returns which time, in words."""
        self.late = self._over
        return self._over

    @property
    def down(self) -> str:
        """Why the provider is no longer asked; "" while it is."""
        return self._down

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """The context in which a request is open; entering waits for a turn. Raises WithheldError."""
        turn = Turn()
        try:
            await self.enter(turn)
            yield turn
        finally:
            await self.turns.leave(turn)

    async def enter(self, turn: Turn, *, alone: bool = False) -> None:
        """Waits for a turn, or for one with nothing else open. Raises WithheldError if none comes."""
        try:
            async with asyncio.timeout(self.left):
                await self.turns.enter(turn, alone=alone)
            late = self.left <= 0
        except TimeoutError:
            late = True
        if late:
            raise LateError(f"{self.runs_out()} before its turn")
        if self._down:
            raise WithheldError(self._down)

    def reached(self) -> None:
        """Records that a connection was made."""
        self._failures = 0

    def give_up(self, why: str) -> None:
        """Sends the provider nothing more."""
        self._down = self._down or why

    def missed(self, why: str) -> None:
        """Records that a request found no connection in any attempt."""
        self._failures += 1
        if self._failures >= _GIVEN_UP:
            self.give_up(
                f"{self.provider.name} was given up: {self._failures} requests in a row found no connection, "
                f"the last one: {why}"
            )

    def request(self, planned: PlannedRequest) -> httpx.Request:
        """A new request, complete except for its hooks."""
        content = planned.request.body.encode()
        request = self._request(planned.request.method, planned.request.url, content, planned.headers)
        if planned.key == "bad":
            request.headers["authorization"] = f"Bearer {BAD_KEY}"
        elif planned.key == "own":
            request.headers["authorization"] = f"Bearer {self._key}"
        return request

    def _request(
        self, method: str, url: str, content: bytes | None, headers: Iterable[tuple[str, str]]
    ) -> httpx.Request:
        request = self._client.build_request(
            method,
            url,
            content=content,
            headers={
                **({} if content is None else {"content-type": "application/json"}),
                "accept": "application/json",  # what the SDKs send, for streams too
                "user-agent": f"stream-conformance/{suite_version()}",
            },
        )
        request.headers.update(list(headers))
        request.headers["accept-encoding"] = "identity"
        return request

    async def models(self) -> ModelList:
        """What `GET /models` lists: nothing if no list in OpenAI's form comes in time.

        Raises httpx.ConnectError if no connection can be made.
        """
        provider = self.provider
        request = self._request("GET", models_url(self.plan), None, provider.headers.items())
        if self._key:
            request.headers["authorization"] = f"Bearer {self._key}"
        body = b""
        try:
            async with asyncio.timeout(min(_MODELS, self.left)):
                response = await self.send(request)
                try:
                    async for data in response.aiter_raw():
                        body += data
                        if len(body) > _LIST:
                            return ModelList((), f"lists more than {_LIST:,} bytes")
                finally:
                    await response.aclose()
        except httpx.ConnectError:
            raise
        except (TimeoutError, httpx.HTTPError):
            return ModelList((), "was not answered in time, or not in HTTP")
        found = listed_in(response.status_code, body, self.provider)
        return replace(found, models=tuple(map(self.redacted, found.models)))

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Sends a request and returns the response with its body unread. Raises httpx.TransportError.

        `head` returns all headers of the response; its own `headers` lack `location`.
        """
        return await self._client.send(request, stream=True)

    def redacted(self, text: str) -> str:
        """A text without the secrets of this provider."""
        return Redactor(self.secrets, loopback=self.loopback).text(text)

    def _check_key(self) -> None:
        name, key_variable = self.provider.name, self.provider.api_key_env
        if not self._key and any(planned.key == "own" for planned in self.plan.requests):
            raise KeyMissingError(name, key_variable)
        if not all("!" <= character <= "~" for character in self._key):
            raise KeyCharactersError(name, key_variable, self._key.lower().startswith("bearer "))
        try:
            Redactor(self.secrets, loopback=self.loopback)
        except SecretTooShortError as error:
            where = f"{name}: the key in {key_variable or variable(name, 'API_KEY')}"
            raise replace(error, where=where) from None
