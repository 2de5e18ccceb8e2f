"""A body while it comes: out of its content coding, counted, and watched for its terminator."""

import json
import zlib

from conformance.assemble.events import TERMINAL
from conformance.assemble.terminator import DONE, means_done
from conformance.decode import Decoder, Event
from conformance.exchange import Piece
from conformance.providers import Limits
from conformance.text import counted

__all__ = ["BodyError", "Coding", "Watch"]

_PIECES_PER_EVENT = 10  # a body may come byte by byte, but not for ever
_GZIP = zlib.MAX_WBITS | 16
_INFLATE = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}


class BodyError(Exception):
    """A body that cannot be read any further; its text says why, for the exchange that it ends.

    Control flow between body and recorder: no person sees it, so it is no ConformanceError.
    """


class Coding:
    """Takes a body out of the content coding that its head names.

    Secrets are found in plain bytes only, so what is not understood is not kept. gzip and deflate are, though
    neither is asked for; a body that is plain in spite of its head is left as it is.
    """

    def __init__(self, header: str | None, ceiling: int) -> None:
        """`ceiling` is the most bytes that one piece may grow to. Raises BodyError for an unknown coding."""
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
        """What the next piece says; empty while the coding holds it back. Raises BodyError."""
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
            if self._inflate.eof:  # another member may follow
                data = self._inflate.unused_data
                self._inflate = zlib.decompressobj(self._forms[0])
        return b"".join(parts)


class Watch:
    """Counts the events of a body, and sees its terminator and its ceilings."""

    def __init__(self, api: str, limits: Limits) -> None:
        self.size = 0
        self.pieces = 0
        self.terminator = ""  # in words; empty until it came
        self._limits = limits
        self._decoder = Decoder()
        self._terminates = _TERMINATORS[api]

    @property
    def events(self) -> int:
        """The events that are complete."""
        return self._decoder.count

    @property
    def place(self) -> str:
        """How far the body has come, in words: `after event 12`."""
        if self.events:
            return f"after event {self.events}"
        if self.size:
            return f"after {counted(self.size, 'byte')} without a complete event"
        return "after the head of the answer"

    def take(self, piece: Piece) -> None:
        """The next piece of the body."""
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
        """Which ceiling the body went past, in words; empty for none."""
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
