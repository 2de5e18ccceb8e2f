"""Forwards what an application sends to its upstream, and what comes back to the application, as it comes."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Protocol, Self, cast

import httpx
from starlette.types import Message, Receive, Scope, Send

from conformance.asked import api_asked
from conformance.capture.client import Headers, head, new_client
from conformance.capture.endings import End
from conformance.capture.failures import cause, ours
from conformance.capture.framing import followed
from conformance.capture.served import gone
from conformance.exchange import Api, Ended
from conformance.record.address import Upstream, end_to_end, end_to_end_back, refusal, upgrades
from conformance.record.tape import Tape
from conformance.text import clipped

__all__ = ["LARGEST", "ProxiedRequest", "Proxy", "Tapes"]

LARGEST = 32 * 2**20
"""Bytes of a request that are held to be recorded; a larger one passes, and is recorded without its body."""
_LEAVE = 1.0  # seconds that a connection to the upstream may take to close
_SHOWN = 300  # characters of an error

_NO_WEBSOCKET = "does not forward WebSockets: let the application use HTTP"
# With this status, Codex goes on by HTTP at once. RFC 9110, 15.5.22, demands the header.
_BACK_TO_HTTP = ((b"upgrade", b"HTTP/1.1"), (b"connection", b"upgrade, close"))

_Raw = AsyncGenerator[bytes, None]  # the type that httpx returns, although its signature is less specific


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxiedRequest:
    """A request that is recorded, as it goes to the upstream. `body` is None if it was too large to hold."""

    api: Api
    method: str
    url: str
    headers: Headers
    body: bytes | None

    @classmethod
    def of(cls, api: Api, request: httpx.Request, body: bytes | None) -> Self:
        """What is recorded of a request."""
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        return cls(api=api, method=request.method, url=str(request.url), headers=tuple(pairs), body=body)


class Tapes(Protocol):
    """What records the exchanges that pass through."""

    def begin(self, asked: ProxiedRequest) -> Tape | None:
        """The recording of an exchange that is about to be sent; None if there is no room for it."""

    def passed(self) -> None:
        """Something else passed through, which is not recorded."""

    def refused(self) -> None:
        """A WebSocket was refused, by which the application may have spoken."""


class _GoneError(Exception):
    """Raised where the client has gone before its request was complete; control flow of this module alone."""


class Proxy:
    """The application that is served. `port` is where, and must be set before the first request."""

    def __init__(self, upstream: Upstream, tapes: Tapes, name: str, *, loopback: bool) -> None:
        """`name` is what the upstream is called. Raises ProxyUnusableError."""
        self.port = 0
        self._upstream = upstream
        self._tapes = tapes
        self._client = new_client(
            name,
            loopback=loopback,
            encrypted=not loopback or upstream.url.startswith("https:"),
            trust=httpx.create_ssl_context,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, as ASGI prescribes."""
        if said := refusal(scope["headers"], self.port):
            await _say(send, 403, "request_refused", f"does not serve this request: {said}")
            return
        if upgrades(scope["headers"]):
            self._tapes.refused()
            await _say(send, 426, "websocket_refused", _NO_WEBSOCKET, _BACK_TO_HTTP)
            return
        target = self._upstream.target(scope["raw_path"], scope["query_string"])
        if target is None:
            path = clipped(scope["raw_path"].decode("latin-1"), _SHOWN)
            await _say(
                send, 400, "path_refused", f"forwards paths below {self._upstream.url} alone, not {path}"
            )
            return
        api = api_asked(scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
        with suppress(_GoneError):
            await self._pass(scope, receive, send, target, api)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, target: str, api: Api | None) -> None:
        upload = _Upload(receive)
        whole = await upload.whole(LARGEST) if api is not None else None
        headers = end_to_end(scope["headers"])
        try:
            request = httpx.Request(
                scope["method"], target, headers=headers, content=_content(scope, upload, whole)
            )
        except (ValueError, httpx.InvalidURL) as error:
            await _say(send, 400, "path_refused", f"cannot forward this: {error}")
            return
        tape = None if api is None else self._tapes.begin(ProxiedRequest.of(api, request, whole))
        if api is None:
            self._tapes.passed()
        work = asyncio.create_task(self._forward(request, send, tape))
        leaving = asyncio.create_task(upload.left())
        left = False
        try:
            await asyncio.wait({work, leaving}, return_when=asyncio.FIRST_COMPLETED)
            left = not work.done()
            if left:
                await _nearly(work, tape)
        except asyncio.CancelledError:  # the recorder is stopped
            with suppress(asyncio.CancelledError):
                await _nearly(work, tape)
            raise
        finally:
            # Once an answer is complete, the server says of every client that it has gone.
            leaving.cancel()
            if not work.done() and tape is not None:
                stopped = End(Ended.INTERRUPTED, f"the recorder was stopped {tape.place}")
                tape.leaves() if left else tape.ends(stopped)
            fault = await _ended(work)
            if fault is not None and tape is not None:
                tape.ends(End(Ended.INTERRUPTED, ours(fault)))
        if fault is not None:
            raise fault
        if not left and work.result():
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        # Otherwise nothing completes the body, so the server drops the connection.

    async def _forward(self, request: httpx.Request, send: Send, tape: Tape | None) -> bool:
        """Sends a request and passes its answer on; returns whether the answer is to be completed."""
        if tape is not None:
            request.extensions["trace"] = _followed_by(tape)
        try:
            response = await self._client.send(request, stream=True)
        except _GoneError:
            if tape is not None:
                tape.leaves()
            return False
        except httpx.HTTPError as failure:
            if tape is not None:
                tape.fails(failure, self._upstream.url)
            said = clipped(
                cause(failure) if isinstance(failure, httpx.TransportError) else str(failure), _SHOWN
            )
            await _say(send, 502, "upstream_failed", f"got no answer from {self._upstream.url}: {said}")
            return False
        try:
            return await self._answer(response, send, tape)
        finally:
            with suppress(Exception, asyncio.CancelledError):
                async with asyncio.timeout(_LEAVE):
                    await response.aclose()

    async def _answer(self, response: httpx.Response, send: Send, tape: Tape | None) -> bool:
        headers = head(response)
        start: Message = {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": end_to_end_back(headers),
        }
        await send(start)
        if tape is not None:
            tape.answers(response.status_code, headers)
        async with aclosing(cast("_Raw", response.aiter_raw())) as pieces:
            while True:
                try:
                    data = await anext(pieces)
                except StopAsyncIteration:
                    if tape is not None:
                        tape.ends(End(Ended.CLOSED))
                    return True
                except httpx.TransportError as failure:
                    if tape is not None:
                        tape.breaks(failure)
                    return False
                arrived = time.monotonic()
                # The client first: writing evidence delays nothing but the next piece.
                await send({"type": "http.response.body", "body": data, "more_body": True})
                if tape is not None:
                    tape.takes(data, arrived)
                # The pieces of one network read come without a pause; let the others run in between.
                await asyncio.sleep(0)


class _Upload:
    """The body of a request, while it is received."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._held: list[bytes] = []
        self._whole = asyncio.Event()

    async def whole(self, most: int) -> bytes | None:
        """The whole body; None if it has more bytes than `most`: what came is then given by `rest`."""
        size = 0
        while not self._whole.is_set() and size <= most:
            data = await self._next()
            self._held.append(data)
            size += len(data)
        return b"".join(self._held) if size <= most else None

    def none(self) -> None:
        """There is no body."""
        self._whole.set()

    async def rest(self) -> AsyncIterator[bytes]:
        """The body, piece by piece."""
        while self._held:
            yield self._held.pop(0)
        while not self._whole.is_set():
            yield await self._next()

    async def left(self) -> None:
        """Returns when the client has gone after its request was complete."""
        await self._whole.wait()
        await gone(self._receive)

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._whole.set()
            raise _GoneError
        if not message.get("more_body", False):
            self._whole.set()
        data: bytes = message.get("body", b"")
        return data


def _content(scope: Scope, upload: _Upload, whole: bytes | None) -> bytes | AsyncIterator[bytes] | None:
    """The body to send on: none where the client announces none."""
    if whole is not None:
        return whole
    announced = {name for name, _ in scope["headers"]} & {b"content-length", b"transfer-encoding"}
    if announced:
        return upload.rest()
    upload.none()
    return None


def _followed_by(tape: Tape) -> Any:
    async def trace(name: str, info: dict[str, Any]) -> None:
        if name.endswith((".connect_tcp.complete", ".start_tls.complete")):
            tape.framing = followed(info["return_value"])
        # Only here does the HTTP library report that the connection is made and the request is sent.
        if name == "http11.send_request_headers.started" and info["request"].method != b"CONNECT":
            tape.sends()

    return trace


async def _nearly(work: "asyncio.Task[bool]", tape: Tape | None) -> None:
    """Waits for the end of an answer that may be complete but for that."""
    if tape is not None and tape.rest:
        await asyncio.wait({work}, timeout=tape.rest)


async def _ended(work: "asyncio.Task[bool]") -> BaseException | None:
    """Ends a task, unless it is over; returns what it raised, if it did."""
    if not work.done():
        work.cancel()
        await asyncio.wait({work}, timeout=_LEAVE)
    return work.exception() if work.done() and not work.cancelled() else None


async def _say(
    send: Send, status: int, code: str, said: str, more: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Answers in OpenAI's form, and says who speaks. `more` are further headers."""
    error = {"message": f"conformance record {said}", "type": "recorder_error", "param": None, "code": code}
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *more]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
