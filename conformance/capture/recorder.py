"""Records one exchange: sends its request, and writes the answer as it arrives, within the deadlines."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx

from conformance.capture import scout
from conformance.capture.attempts import AttemptOutcome, retrying, wait_asked
from conformance.capture.body import BodyError, Coding, Watch
from conformance.capture.client import head
from conformance.capture.endings import Due, End, slow
from conformance.capture.endpoint import Endpoint, LateError, WithheldError
from conformance.capture.failures import cause, lost_before, ours
from conformance.capture.framing import Framing, followed, malformed
from conformance.capture.pace import Turn
from conformance.capture.progress import Progress
from conformance.evidence import EvidenceWriter, read_evidence, write_evidence
from conformance.evidence.fields import without_fields
from conformance.evidence.headers import address
from conformance.exchange import Attempt, Ended, Exchange, Expects, Malformed, Mistake, Piece
from conformance.plan import PlannedRequest
from conformance.text import clipped, counted

__all__ = ["Recorder"]

_LONG = 300  # characters of an error of the HTTP library, which may quote what came
_CLOSE = 1.0  # seconds that a body may take to end after its terminator
_TICK = 0.01  # seconds before the end of the run at which a wait may end that was to last until then
_STOPPED = "the run was stopped"
# The endings that many open requests may cause; `detail` then says how many others were open.
_CROWDED = (Ended.NO_RESPONSE, Ended.NO_CONNECTION, Ended.RESET, Ended.SILENCE, Ended.OVERTIME)
_Raw = AsyncGenerator[bytes, None]  # the type that httpx returns, although its signature is less specific


class Recorder:
    """Makes the exchange of one planned request. Used once.

    `headed` is set when the head of the answer has come, or when none will come. `ended` is None until the
    exchange is over. `opens` says that the head is that of a successful answer. `head_after` is the time of
    the head in seconds since the request was sent, None without an answer. `slow` says that the exchange
    took long enough to break a rule on timing while other requests were open.
    """

    def __init__(self, endpoint: Endpoint, planned: PlannedRequest, path: Path, progress: Progress) -> None:
        self.provider = endpoint.provider.name
        self.id = planned.exchange.id
        self.planned = planned
        self.headed = asyncio.Event()
        self.head_after: float | None = None
        self.ended: Ended | None = None
        self.opens = False
        self.slow = False
        self._turn = Turn()
        self._endpoint = endpoint
        self._path = path
        self._progress = progress
        self._deadlines = endpoint.provider.deadlines
        self._began: float | None = None  # the first attempt, by the monotonic clock, like all times here
        self._sent: float | None = None  # the request of the latest attempt
        self._clock: asyncio.Timeout | None = None  # of the current attempt
        self._failure = ""  # why there is no evidence, in words; "" if there is
        self._stage = "before the request was sent"  # how far the exchange has come, in words
        self._response: httpx.Response | None = None
        self._framing = Framing()  # of the latest connection
        self._watch = Watch(planned.exchange.api, endpoint.provider.limits)

    async def record(self) -> Ended:
        """Waits for a turn, makes the exchange, and returns how it ended."""
        try:
            async with self._endpoint.turn() as self._turn:
                self.ended = await self._recorded()
        except WithheldError as error:
            self.ended = self.withhold(str(error))
        except asyncio.CancelledError:
            self.ended = self.withhold(f"{_STOPPED} before its turn")
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the other exchanges
            self.ended = self._failed(error)
        finally:
            self.headed.set()
        return self.ended

    def withhold(self, why: str, ended: Ended = Ended.NOT_SENT) -> Ended:
        """Records that the request is not sent, and why."""
        try:
            with self._writer(started="") as writer:
                writer.end(ended, detail=why)
        except Exception as error:  # noqa: BLE001
            self.ended = self._failed(error)
        else:
            self.ended = ended
        self.headed.set()
        return self.ended

    def keep(self) -> None:
        """Takes the exchange that its evidence holds already, in place of making it."""
        kept = self.exchange()
        self.opens = kept.status is not None and scout.opens(kept.status, kept.header("content-type"))
        self.slow = slow(kept.ended, kept.ended_at, kept.beside or 0)
        self.ended = kept.ended
        self.headed.set()

    def tell(self, detail: str, mistake: Mistake = Mistake.NONE) -> None:
        """Writes a sentence, and the mistake that it describes, into the evidence of a finished exchange."""
        told = replace(self.exchange(), detail=detail, mistake=mistake)
        try:
            endpoint = self._endpoint
            write_evidence(self._path, told, secrets=endpoint.secrets, loopback=endpoint.loopback)
        except Exception as error:  # noqa: BLE001
            self.ended = self._failed(error)

    def exchange(self) -> Exchange:
        """The exchange as its evidence has it, once it is over; without evidence, only why there is none."""
        if not self._failure:
            try:
                return replace(read_evidence(self._path), source="")  # nobody named the file
            except Exception as error:  # noqa: BLE001
                self._failed(error)
        request = self.planned.request
        clean = self._endpoint.redacted
        return replace(
            self.planned.exchange,
            request=replace(request, url=clean(address(request.url)), body=clean(self._shown_body)),
            ended=self._gone,
            detail=clean(self._failure),
        )

    def _failed(self, error: Exception) -> Ended:
        self._failure = ours(error)
        return self._gone

    @property
    def shows_load(self) -> bool:
        """Whether its first byte comes the later the more a server has to do.

        A document begins when it is finished, a refusal before any work is done, and a reasoning model thinks
        first.
        """
        scenario = self.planned.scenario
        return scenario.expects is Expects.STREAM and scenario.role != "reasoning"

    @property
    def _gone(self) -> Ended:
        """The ending of an exchange that could not be recorded."""
        return Ended.NOT_SENT if self._began is None else Ended.INTERRUPTED

    @property
    def _shown_body(self) -> str:
        """The body of the request without the values of fields that are named as credentials."""
        return without_fields(self.planned.request.body, self._endpoint.provider.extra_body)

    def _writer(self, *, started: str) -> EvidenceWriter:
        headers = _pairs(self._endpoint.request(self.planned).headers)
        request = replace(self.planned.request, headers=headers, body=self._shown_body)
        exchange = replace(self.planned.exchange, started=started, request=request)
        return EvidenceWriter(
            self._path, exchange, secrets=self._endpoint.secrets, loopback=self._endpoint.loopback
        )

    async def _recorded(self) -> Ended:
        started = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            with self._writer(started=started) as writer:
                end = await self._end(writer)
                if self._sent is not None:  # or else a proxy has answered, and not the endpoint
                    end = end.seen(self._framing.found)
                at = None if self._sent is None else time.monotonic() - self._sent
                beside = self._turn.beside
                others = f" ({counted(beside, 'other request')} open beside it)" if beside else ""
                detail = f"{end.detail}{others}" if end.ended in _CROWDED else end.detail
                writer.end(end.ended, at=at, detail=detail, malformed=end.malformed, beside=beside)
                self.slow = slow(end.ended, at, beside)
                if end.ended is Ended.RESET and not end.malformed:
                    self._endpoint.turns.pace.back(self._turn.among)
        finally:
            self._watch.close()
            await self._leave()
        return end.ended

    async def _end(self, writer: EvidenceWriter) -> End:
        try:
            return await self._exchange(writer)
        except asyncio.CancelledError:
            return End(Ended.INTERRUPTED, f"{_STOPPED} {self._place}")
        except LateError as error:  # it was to be tried again
            return End(Ended.INTERRUPTED, str(error))
        except WithheldError as error:
            return End(Ended.NO_RESPONSE, str(error))
        except Exception as error:  # noqa: BLE001
            return End(Ended.INTERRUPTED, ours(error))

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

    async def _exchange(self, writer: EvidenceWriter) -> End:
        tries = retrying(
            refusal=self.planned.scenario.expects == "refusal", allowed=self._allowed, rest=self._rest
        )
        tried: AttemptOutcome = await tries(self._attempt, writer)
        if tried.response is None:
            if tried.ended is Ended.NO_CONNECTION:
                self._endpoint.missed(tried.detail)
            return End(tried.ended, tried.detail, tried.malformed)
        writer.response(tried.response.status_code, head(tried.response))
        self.head_after = None if self._sent is None else time.monotonic() - self._sent
        self.opens = scout.opens(tried.response.status_code, tried.response.headers.get("content-type"))
        self.headed.set()
        return await self._body(tried.response, writer)

    def _allowed(self, wait: float) -> bool:
        return not self._endpoint.down and wait < self._endpoint.left

    async def _rest(self, tried: AttemptOutcome, seconds: float) -> None:
        await self._leave()
        crowded = tried.crowded
        self._sent, self._stage = None, "before another attempt"
        why = f"status {tried.attempt.status}" if tried.response is not None else tried.detail
        self._progress.waits(self.provider, self.id, seconds, why)
        if crowded:  # with fewer open than before
            turns = self._endpoint.turns
            turns.pace.back(self._turn.among)
            await turns.leave(self._turn)
            await asyncio.sleep(seconds)
            # One that is lost is sent only once more, so nothing that is open shall be the reason then.
            await self._endpoint.enter(self._turn, alone=tried.lost)
        else:
            await asyncio.sleep(seconds)

    async def _attempt(self, writer: EvidenceWriter) -> AttemptOutcome:
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

    async def _answer(self, started: float) -> AttemptOutcome:
        request = self._endpoint.request(self.planned)
        request.extensions["trace"] = self._trace
        expired = over = lost = False
        wrong = Malformed.NONE
        try:
            async with asyncio.timeout(min(self._deadlines.connect, self._endpoint.left)) as self._clock:
                self._response = response = await self._endpoint.send(request)
        except TimeoutError:
            expired, over = True, self._endpoint.left <= _TICK
            error = f"{self._endpoint.runs_out()} {self._stage}" if over else self._late()
        except httpx.LocalProtocolError:  # the request itself is invalid
            raise
        except httpx.TransportError as failure:
            error, lost = cause(failure), lost_before(failure)
            wrong = malformed(error)
            error = clipped(error, _LONG)
        else:
            asked = wait_asked(response.headers.get("retry-after"))
            attempt = Attempt(started=started, status=response.status_code, retry_after=asked)
            return AttemptOutcome(attempt=attempt, response=response, beside=self._turn.beside)
        attempt = Attempt(started=started, error=error)
        if over:
            return AttemptOutcome(attempt=attempt, ended=Ended.INTERRUPTED, detail=error, expired=True)
        if self._sent is None:
            detail = (
                error
                if expired
                else f"cannot connect to {address(self._endpoint.provider.base_url)}: {error}"
            )
            return AttemptOutcome(attempt=attempt, ended=Ended.NO_CONNECTION, detail=detail, expired=expired)
        how = "the answer could not be read" if wrong else "no answer came"
        detail = error if expired else f"{how}: {error}"
        return AttemptOutcome(attempt=attempt, detail=detail, expired=expired, malformed=wrong, lost=lost)

    async def _trace(self, name: str, info: dict[str, Any]) -> None:
        if name.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._framing = followed(info["return_value"])
        # Only here does the HTTP library report that the connection is made and the request is sent.
        if name != "http11.send_request_headers.started" or info["request"].method == b"CONNECT":
            return
        self._endpoint.reached()
        self._sent, self._stage = time.monotonic(), "before the answer"
        if self._clock is not None:
            limit = min(self._deadlines.first_byte, self._deadlines.stream, self._endpoint.left)
            self._clock.reschedule(asyncio.get_running_loop().time() + limit)

    def _late(self) -> str:
        deadlines = self._deadlines
        if self._sent is None:
            return f"no connection was made within {deadlines.connect:g} s"
        return f"no answer began within {min(deadlines.first_byte, deadlines.stream):g} s"

    # The body.

    async def _body(self, response: httpx.Response, writer: EvidenceWriter) -> End:
        watch, limits = self._watch, self._endpoint.provider.limits
        sent = time.monotonic() if self._sent is None else self._sent
        due = self._first_due(sent)
        try:
            coding = Coding(response.headers.get("content-encoding"), limits.bytes + 1)
        except BodyError as error:
            return End(Ended.LEFT, str(error))
        async with aclosing(cast("_Raw", response.aiter_raw())) as pieces:
            while True:
                try:
                    async with asyncio.timeout(due.at - time.monotonic()):
                        data = await anext(pieces)
                except StopAsyncIteration:
                    return End(Ended.CLOSED)
                except TimeoutError:
                    return End(due.ended, due.words or f"{self._endpoint.runs_out()} {watch.place}")
                except httpx.TransportError as error:
                    said = clipped(str(error), _LONG)
                    wrong = malformed(said)
                    how = "could not be read on" if wrong else "broke off"
                    return End(Ended.RESET, f"the body {how} {watch.place}: {said}", wrong)
                arrived = time.monotonic()
                try:
                    plain = coding.plain(data)
                except BodyError as error:
                    return End(Ended.RESET, f"the body could not be read on {watch.place}: {error}")
                if plain:
                    piece = Piece(data=plain, at=arrived - sent)
                    writer.piece(piece)
                    if not watch.pieces:
                        await self._timed(arrived - sent)
                    watch.take(piece)
                    self._progress.receives(self.provider, self.id, watch.size, watch.events)
                if excess := watch.excess:
                    return End(Ended.CEILING, excess)
                if 0 < self.planned.scenario.leaves_after <= watch.events:
                    return End(Ended.LEFT, f"the suite left the stream {watch.place}, as the scenario says")
                if due.ended is not Ended.HELD_OPEN:
                    due = self._next_due(sent, arrived)
                # The pieces of one network read come without a pause; let the other exchanges run in between.
                await asyncio.sleep(0)

    async def _timed(self, seconds: float) -> None:
        """Reports the time of the first byte to the pace, if it depends on the load of the server."""
        if self.opens and self.shows_load:
            turns = self._endpoint.turns
            if self._turn.among == 1:
                turns.pace.alone(seconds)
            turns.pace.began(seconds, self._turn.among)
            await turns.changed()

    def _first_due(self, sent: float) -> Due:
        # An early head does not shorten the time allowed for the first byte of the body.
        now = time.monotonic()
        at = max(sent + self._deadlines.first_byte, now + self._deadlines.silence)
        words = f"nothing came for {at - now:.1f} s {self._watch.place}"
        return self._earliest(sent, Due(at, Ended.SILENCE, words))

    def _next_due(self, sent: float, arrived: float) -> Due:
        deadlines, watch = self._deadlines, self._watch
        if watch.terminator:
            words = f"the body was still open {_CLOSE:g} s after {watch.terminator}"
            return Due(arrived + _CLOSE, Ended.HELD_OPEN, words)
        words = f"nothing came for {deadlines.silence:g} s {watch.place}"
        return self._earliest(sent, Due(arrived + deadlines.silence, Ended.SILENCE, words))

    def _earliest(self, sent: float, silence: Due) -> Due:
        deadlines = self._deadlines
        run = time.monotonic() + self._endpoint.left
        stream = f"the answer was not over after {deadlines.stream:g} s, {self._watch.place}"
        return min(
            silence,
            Due(sent + deadlines.stream, Ended.OVERTIME, stream),
            Due(run, Ended.INTERRUPTED),
            key=lambda due: due.at,
        )


def _pairs(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw)
