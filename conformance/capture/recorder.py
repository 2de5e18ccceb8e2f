"""One exchange: its request sent, what comes back recorded as it comes, by the deadlines."""

import asyncio
import os
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx

from conformance.capture.attempts import Tried, retrying, wait_asked
from conformance.capture.body import BodyError, Coding, Watch
from conformance.capture.endpoint import Endpoint, WithheldError
from conformance.capture.progress import Progress
from conformance.evidence import EvidenceWriter, read_evidence
from conformance.evidence.headers import address
from conformance.exchange import Attempt, Ended, Exchange, Piece
from conformance.plan import Planned

__all__ = ["Recorder"]

_CLOSE = 1.0  # seconds that a body is given to end after its terminator
_STOPPED = "the run was stopped"
_Raw = AsyncGenerator[bytes, None]  # what httpx returns, though its signature says less


@dataclass(frozen=True, slots=True)
class _End:
    ended: Ended
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Due:
    """A deadline: when it is, by the monotonic clock, and what is said when it passes."""

    at: float
    ended: Ended
    words: str


class Recorder:
    """Makes one exchange of one planned request. Used once."""

    def __init__(self, endpoint: Endpoint, planned: Planned, path: Path, progress: Progress) -> None:
        self.provider = endpoint.provider.name
        self.id = planned.exchange.id
        self.after = planned.after
        self._endpoint = endpoint
        self._planned = planned
        self._path = path
        self._progress = progress
        self._deadlines = endpoint.provider.deadlines
        self._began: float | None = None  # the first attempt, by the monotonic clock, like all times here
        self._sent: float | None = None  # the request of the latest attempt
        self._clock: asyncio.Timeout | None = None  # of the attempt under way
        self._failure = ""  # why there is no evidence, in words
        self._stage = "before the request was sent"  # how far it is, in words
        self._response: httpx.Response | None = None
        self._watch = Watch(planned.exchange.api, endpoint.provider.limits)

    async def record(self, number: int) -> Ended:
        """Make the exchange, and return how it ended. `number` is its place in the plan."""
        try:
            async with self._endpoint.turn(number):
                return await self._recorded()
        except WithheldError as error:
            return self.withhold(str(error))
        except asyncio.CancelledError:
            return self.withhold(f"{_STOPPED} before its turn")
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the other exchanges
            return self._failed(error)

    def withhold(self, why: str) -> Ended:
        """The request is not sent."""
        try:
            with self._writer(started="") as writer:
                writer.end(Ended.NOT_SENT, detail=why)
        except Exception as error:  # noqa: BLE001
            return self._failed(error)
        return Ended.NOT_SENT

    def exchange(self) -> Exchange:
        """The exchange as its evidence says it, once it is over; without evidence, nothing but why."""
        if not self._failure:
            try:
                return read_evidence(self._path)
            except Exception as error:  # noqa: BLE001
                self._failed(error)
        request = self._planned.request
        clean = self._endpoint.redacted
        return replace(
            self._planned.exchange,
            request=replace(request, url=clean(address(request.url)), body=clean(request.body)),
            ended=self._gone,
            detail=clean(self._failure),
        )

    def _failed(self, error: Exception) -> Ended:
        self._failure = _ours(error)
        return self._gone

    @property
    def _gone(self) -> Ended:
        """How an exchange ended that was not recorded."""
        return Ended.NOT_SENT if self._began is None else Ended.INTERRUPTED

    def _writer(self, *, started: str) -> EvidenceWriter:
        headers = _pairs(self._endpoint.request(self._planned).headers)
        request = replace(self._planned.request, headers=headers)
        exchange = replace(self._planned.exchange, started=started, request=request)
        return EvidenceWriter(
            self._path, exchange, secrets=self._endpoint.secrets, loopback=self._endpoint.loopback
        )

    async def _recorded(self) -> Ended:
        started = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            with self._writer(started=started) as writer:
                end = await self._end(writer)
                at = None if self._sent is None else time.monotonic() - self._sent
                writer.end(end.ended, at=at, detail=end.detail)
        finally:
            self._watch.close()
            await self._leave()
        return end.ended

    async def _end(self, writer: EvidenceWriter) -> _End:
        try:
            return await self._exchange(writer)
        except asyncio.CancelledError:
            return _End(Ended.INTERRUPTED, f"{_STOPPED} {self._place}")
        except Exception as error:  # noqa: BLE001
            return _End(Ended.INTERRUPTED, _ours(error))

    @property
    def _place(self) -> str:
        return self._stage if self._response is None else self._watch.place

    async def _leave(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            with suppress(Exception, asyncio.CancelledError):
                async with asyncio.timeout(_CLOSE):
                    await response.aclose()

    # The attempts.

    async def _exchange(self, writer: EvidenceWriter) -> _End:
        tries = retrying(
            refusal=self._planned.scenario.expects == "refusal", allowed=self._allowed, rest=self._rest
        )
        tried: Tried = await tries(self._attempt, writer)
        if tried.response is None:
            if tried.ended is Ended.NO_CONNECTION:
                self._endpoint.missed(tried.detail)
            return _End(tried.ended, tried.detail)
        writer.response(tried.response.status_code, _pairs(tried.response.headers))
        return await self._body(tried.response, writer)

    def _allowed(self, wait: float) -> bool:
        return not self._endpoint.down and wait < self._endpoint.left

    async def _rest(self, tried: Tried, seconds: float) -> None:
        await self._leave()
        self._sent, self._stage = None, "before another attempt"
        why = f"status {tried.attempt.status}" if tried.response is not None else tried.detail
        self._progress.waits(self.provider, self.id, seconds, why)
        await asyncio.sleep(seconds)

    async def _attempt(self, writer: EvidenceWriter) -> Tried:
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        started = now - self._began
        self._progress.sends(self.provider, self.id)
        try:
            tried = await self._answer(started)
        except asyncio.CancelledError:
            writer.attempt(Attempt(started=started, error=f"{_STOPPED} {self._place}"))
            raise
        writer.attempt(tried.attempt)
        return tried

    async def _answer(self, started: float) -> Tried:
        request = self._endpoint.request(self._planned)
        request.extensions["trace"] = self._trace
        expired = False
        try:
            async with asyncio.timeout(min(self._deadlines.connect, self._endpoint.left)) as self._clock:
                self._response = response = await self._endpoint.send(request)
        except TimeoutError:
            expired, error = True, self._late()
        except httpx.LocalProtocolError:  # the request itself is wrong
            raise
        except httpx.TransportError as failure:
            error = _cause(failure)
        else:
            asked = wait_asked(response.headers.get("retry-after"))
            attempt = Attempt(started=started, status=response.status_code, retry_after=asked)
            return Tried(attempt=attempt, response=response)
        attempt = Attempt(started=started, error=error)
        if self._sent is None:
            detail = (
                error
                if expired
                else f"cannot connect to {address(self._endpoint.provider.base_url)}: {error}"
            )
            return Tried(attempt=attempt, ended=Ended.NO_CONNECTION, detail=detail, expired=expired)
        detail = error if expired else f"no answer came: {error}"
        return Tried(attempt=attempt, detail=detail, expired=expired)

    async def _trace(self, name: str, info: dict[str, Any]) -> None:
        # The one place where the HTTP library tells that the connection stands and the request leaves.
        if name != "http11.send_request_headers.started" or info["request"].method == b"CONNECT":
            return
        self._endpoint.reached()
        self._sent, self._stage = time.monotonic(), "before the answer"
        if self._clock is not None:
            limit = min(self._deadlines.first_byte, self._deadlines.stream, self._endpoint.left)
            self._clock.reschedule(asyncio.get_running_loop().time() + limit)

    def _late(self) -> str:
        deadlines = self._deadlines
        if self._endpoint.left <= 0:
            return f"the {deadlines.run:g} s of the whole run were over"
        if self._sent is None:
            return f"no connection was made within {deadlines.connect:g} s"
        return f"no answer began within {min(deadlines.first_byte, deadlines.stream):g} s"

    # The body.

    async def _body(self, response: httpx.Response, writer: EvidenceWriter) -> _End:
        watch, limits = self._watch, self._endpoint.provider.limits
        sent = time.monotonic() if self._sent is None else self._sent
        due = self._first_due(sent)
        try:
            coding = Coding(response.headers.get("content-encoding"), limits.bytes + 1)
        except BodyError as error:
            return _End(Ended.LEFT, str(error))
        async with aclosing(cast("_Raw", response.aiter_raw())) as pieces:
            while True:
                try:
                    async with asyncio.timeout(due.at - time.monotonic()):
                        data = await anext(pieces)
                except StopAsyncIteration:
                    return _End(Ended.CLOSED)
                except TimeoutError:
                    return _End(due.ended, due.words)
                except httpx.TransportError as error:
                    return _End(Ended.RESET, f"the body broke off {watch.place}: {error}")
                arrived = time.monotonic()
                try:
                    plain = coding.plain(data)
                except BodyError as error:
                    return _End(Ended.RESET, f"the body could not be read on {watch.place}: {error}")
                if plain:
                    piece = Piece(data=plain, at=arrived - sent)
                    writer.piece(piece)
                    watch.take(piece)
                    self._progress.receives(self.provider, self.id, watch.size, watch.events)
                if excess := watch.excess:
                    return _End(Ended.CEILING, excess)
                if 0 < self._planned.scenario.leaves_after <= watch.events:
                    return _End(Ended.LEFT, f"the suite left the stream {watch.place}, as the scenario says")
                if due.ended is not Ended.HELD_OPEN:
                    due = self._next_due(sent, arrived)
                # Many pieces of one network read come without a pause; the other exchanges need theirs.
                await asyncio.sleep(0)

    def _first_due(self, sent: float) -> _Due:
        # A head that came early does not shorten the time that the first byte of the body has.
        now = time.monotonic()
        at = max(sent + self._deadlines.first_byte, now + self._deadlines.silence)
        words = f"nothing came for {at - now:.1f} s {self._watch.place}"
        return self._earliest(sent, _Due(at, Ended.SILENCE, words))

    def _next_due(self, sent: float, arrived: float) -> _Due:
        deadlines, watch = self._deadlines, self._watch
        if watch.terminator:
            words = f"the body was still open {_CLOSE:g} s after {watch.terminator}"
            return _Due(arrived + _CLOSE, Ended.HELD_OPEN, words)
        words = f"nothing came for {deadlines.silence:g} s {watch.place}"
        return self._earliest(sent, _Due(arrived + deadlines.silence, Ended.SILENCE, words))

    def _earliest(self, sent: float, silence: _Due) -> _Due:
        deadlines, place = self._deadlines, self._watch.place
        run = time.monotonic() + self._endpoint.left
        stream = f"the answer was not over after {deadlines.stream:g} s, {place}"
        whole = f"the {deadlines.run:g} s of the whole run were over {place}"
        return min(
            silence,
            _Due(sent + deadlines.stream, Ended.OVERTIME, stream),
            _Due(run, Ended.OVERTIME, whole),
            key=lambda due: due.at,
        )


def _pairs(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw)


def _cause(failure: httpx.TransportError) -> str:
    """What the system said, where it did: the HTTP library's own words hide it."""
    error: BaseException | None = failure
    while error is not None:
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno:
            # Looking a name up has numbers of its own, below zero.
            return (os.strerror(error.errno) if error.errno > 0 else str(error.strerror)).lower()
        error = error.__cause__ or error.__context__
    return str(failure) or type(failure).__name__


def _ours(error: Exception) -> str:
    return f"the recorder itself failed: {type(error).__name__}: {error}; please report this"
