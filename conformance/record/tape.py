"""Records one exchange that passes through: what is written, and when that stops. The traffic goes on."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from conformance.capture.attempts import wait_asked
from conformance.capture.body import BodyError, Coding, Watch
from conformance.capture.client import Headers
from conformance.capture.endings import End
from conformance.capture.failures import cause, ours
from conformance.capture.framing import Framing, malformed
from conformance.evidence import EvidenceWriter, Redactor
from conformance.exchange import Attempt, Ended, Exchange, Piece
from conformance.providers import Limits
from conformance.text import clipped

__all__ = ["CLOSE", "Tape"]

CLOSE = 1.0
"""Seconds that a body may take to end after its terminator, as for requests of the suite."""
_MOMENT = 0.05  # the same for a document, whose end comes with its last byte
_LONG = 300  # characters of an error of the HTTP library, which may quote what came


class Tape:
    """The recording of one exchange, on disk as it happens. Nothing that happens to it is raised.

    `fault` says why nothing could be written any more, "" if everything was.
    """

    def __init__(
        self,
        path: Path,
        exchange: Exchange,
        *,
        redactor: Redactor,
        limits: Limits,
        over: Callable[["Tape"], None],
    ) -> None:
        """`exchange` is what is known before it is sent. `over` is called when nothing more comes."""
        self.path = path
        self.id = exchange.id
        self.fault = ""
        self.beside = 0  # the most others that were open meanwhile
        self.framing = Framing()
        self._limits = limits
        self._over = over
        self._asked = any(
            name.lower() == "accept-encoding" and value.strip().lower() != "identity"
            for name, value in (exchange.request.headers if exchange.request else ())
        )
        self._watch = Watch(exchange.api, limits)
        self._coding: Coding | None = None
        self._sent: float | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._ended = False
        self._answered = False
        self._writer: EvidenceWriter | None = None
        with suppress(OSError):
            self._writer = EvidenceWriter(path, exchange, secrets=redactor)
        if self._writer is None:
            self.fault = f"{path} could not be written"

    @property
    def rest(self) -> float:
        """Seconds in which the end comes of an answer that is complete but for that; 0 if it is not."""
        if self._watch.terminator:
            return CLOSE
        return _MOMENT if self._watch.size and not self._watch.events else 0.0

    @property
    def place(self) -> str:
        """How far the answer has come, in words."""
        return self._watch.place if self._answered else "before the answer"

    def sends(self) -> None:
        """The connection is made, and the request goes out."""
        self._sent = time.monotonic()

    def fails(self, failure: Exception, upstream: str) -> None:
        """No answer came; the network says why, or the answer's HTTP is malformed."""
        said = cause(failure) if isinstance(failure, httpx.TransportError) else ours(failure)
        wrong = malformed(said)
        said = clipped(said, _LONG)
        self._attempt(Attempt(started=0.0, error=said))
        if self._sent is None:
            self.ends(End(Ended.NO_CONNECTION, f"cannot connect to {upstream}: {said}"))
        else:
            how = "the answer could not be read" if wrong else "no answer came"
            self.ends(End(Ended.NO_RESPONSE, f"{how}: {said}", wrong))

    def answers(self, status: int, headers: Headers) -> None:
        """The head of the answer has come."""
        self._answered = True
        named = {name.lower(): value for name, value in headers}
        asked = wait_asked(named.get("retry-after"))
        self._attempt(Attempt(started=0.0, status=status, retry_after=asked))
        self._write(lambda writer: writer.response(status, headers))
        try:
            coding = named.get("content-encoding")
            self._coding = Coding(coding, self._limits.bytes + 1, asked=self._asked)
        except BodyError as error:
            self.ends(End(Ended.INTERRUPTED, str(error)))

    def takes(self, data: bytes, arrived: float) -> None:
        """A piece of the body has come, at a time of the monotonic clock."""
        if self._ended or self._coding is None:
            return
        try:
            plain = self._coding.plain(data)
        except BodyError as error:
            self.ends(End(Ended.RESET, f"the body could not be read on {self.place}: {error}"))
            return
        if plain:
            piece = Piece(data=plain, at=arrived - (self._sent or arrived))
            self._write(lambda writer: writer.piece(piece))
            self._watch.take(piece)
        if excess := self._watch.excess:
            self.ends(End(Ended.CEILING, f"{excess}; the client got all of it"))
        elif self._watch.terminator and self._closing is None:
            words = f"the body was still open {CLOSE:g} s after {self._watch.terminator}"
            end = End(Ended.HELD_OPEN, words)
            self._closing = asyncio.get_running_loop().call_later(CLOSE, self.ends, end)

    def breaks(self, failure: httpx.TransportError) -> None:
        """The body broke off, or its HTTP is malformed."""
        said = clipped(str(failure), _LONG)
        wrong = malformed(said)
        how = "could not be read on" if wrong else "broke off"
        self.ends(End(Ended.RESET, f"the body {how} {self.place}: {said}", wrong))

    def leaves(self) -> None:
        """The client has gone."""
        if not self._answered and not self._ended:
            self._attempt(Attempt(started=0.0, error=f"the client closed its connection {self.place}"))
        if self._watch.terminator:  # and waited long enough for the end of the body
            words = f"the body was still open {CLOSE:g} s after {self._watch.terminator}"
            self.ends(End(Ended.HELD_OPEN, words))
        else:
            self.ends(End(Ended.LEFT, f"the client closed its connection {self.place}"))

    def ends(self, end: End) -> None:
        """Nothing more is recorded."""
        if self._ended:
            return
        self._ended = True
        if self._closing is not None:
            self._closing.cancel()
        end = end.seen(self.framing.found)
        at = None if self._sent is None else time.monotonic() - self._sent
        self._write(
            lambda writer: writer.end(
                end.ended, at=at, detail=end.detail, malformed=end.malformed, beside=self.beside
            )
        )
        if self._writer is not None:
            with suppress(OSError):
                self._writer.__exit__(None, None, None)
        self._watch.close()
        self._over(self)

    def _attempt(self, attempt: Attempt) -> None:
        self._write(lambda writer: writer.attempt(attempt))

    def _write(self, work: Callable[[EvidenceWriter], None]) -> None:
        if self._writer is None or self.fault:
            return
        try:
            work(self._writer)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the client's exchange
            self.fault = ours(error)
