"""Reads a body while it arrives: decompresses it, counts it, and watches for its terminator."""

import json
import zlib

from conformance.assemble.events import TERMINAL
from conformance.assemble.terminator import DONE, means_done
from conformance.decode import Decoder, Event
from conformance.exchange import Piece
from conformance.providers import Limits
from conformance.text import counted

__all__ = ["BodyError", "Coding", "Watch"]

_PIECES_PER_EVENT = 10  # bounds bodies that arrive byte by byte
_GZIP = zlib.MAX_WBITS | 16
_INFLATE = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}


class BodyError(Exception):
    """Raised where a body cannot be read any further; its text says why, for the exchange that it ends.

    It is control flow between body and recorder and never reaches the user, so it is no ConformanceError.
    """


class Coding:
    """Removes the content coding that the response head names.

    Secrets can only be found in plain bytes, so a body in an unknown coding is not kept. gzip and deflate are
    decompressed although the request asks for neither; a body that is plain despite its head is kept as it
    is.
    """

    def __init__(self, header: str | None, ceiling: int) -> None:
        """`ceiling` is the most bytes that one piece may expand to.

        Raises BodyError for an unknown coding.
        """
        name = (header or "identity").strip().lower() or "identity"
        if name not in (*_INFLATE, "identity"):
            raise BodyError(
                f"the body is in the content coding {name!r}, which was not asked for and cannot be read; "
                "nothing of it was kept"
            )
        self._name = name
        self._ceiling = ceiling
        self._forms = _INFLATE.get(name, ())
        self._inflate = zlib.decompressobj(self._forms[0]) if self._forms else None
        self._begun = False

    def plain(self, data: bytes) -> bytes:
        """The decompressed content of the next piece, possibly empty. Raises BodyError."""
        if self._inflate is None:
            return data
        try:
            plain = self._inflated(data)
        except zlib.error as error:
            if self._begun:
                raise BodyError(f"its content coding {self._name} is broken: {error}") from None
            plain = self._first(data)
        self._begun = True
        return plain

    def _first(self, data: bytes) -> bytes:
        for form in self._forms[1:]:
            self._inflate = zlib.decompressobj(form)
            try:
                return self._inflated(data)
            except zlib.error:
                continue
        self._inflate = None
        return data

    def _inflated(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        room = self._ceiling
        while data and room > 0 and self._inflate is not None:
            parts.append(self._inflate.decompress(data, room))
            room -= len(parts[-1])
            data = self._inflate.unconsumed_tail
            if self._inflate.eof:  # another gzip member may follow
                data = self._inflate.unused_data
                self._inflate = zlib.decompressobj(self._forms[0])
        return b"".join(parts)


class Watch:
    """Counts the events of a body, and notices its terminator and exceeded limits."""

    def __init__(self, api: str, limits: Limits) -> None:
        self.size = 0
        self.pieces = 0
        self.terminator = ""  # a description of the terminator; "" until it came
        self._limits = limits
        self._decoder = Decoder()
        self._terminates = _TERMINATORS[api]

    @property
    def events(self) -> int:
        """The number of complete events."""
        return self._decoder.count

    @property
    def place(self) -> str:
        """How far the body has come, in words, such as `after event 12`."""
        if self.events:
            return f"after event {self.events}"
        if self.size:
            return f"after {counted(self.size, 'byte')} without a complete event"
        return "after the head of the answer"

    def take(self, piece: Piece) -> None:
        """Takes the next piece of the body."""
        self.size += len(piece.data)
        self.pieces += 1
        self._decoder.feed(piece.data, piece.at)
        for event in self._decoder.taken():
            self.terminator = self.terminator or self._terminates(event)

    def close(self) -> None:
        """The body is over: forget what the last of its blocks held."""
        self._decoder = Decoder()

    @property
    def excess(self) -> str:
        """The limit that the body exceeded, in words; "" if none."""
        limits = self._limits
        if self.size > limits.bytes:
            return f"the body is larger than {limits.bytes} bytes"
        if self.events > limits.events:
            return f"the stream has more than {limits.events} events"
        if self._decoder.weight > limits.events:
            return f"the stream has more than {limits.events} blocks, or as many lines as they have"
        if self.pieces > limits.events * _PIECES_PER_EVENT:
            return f"the body came in more than {limits.events * _PIECES_PER_EVENT} pieces"
        return ""


def _done(event: Event) -> str:
    return DONE if means_done(event.data) else ""


def _terminal(event: Event) -> str:
    if not any(name in event.data for name in TERMINAL):
        return _done(event)
    try:
        value = json.loads(event.data)
    except (ValueError, RecursionError):
        return ""
    name = value.get("type") if isinstance(value, dict) else None
    return name if isinstance(name, str) and name in TERMINAL else ""


_TERMINATORS = {"chat": _done, "responses": _terminal}
