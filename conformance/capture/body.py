"""Reads a body while it arrives: decompresses it, counts it, and watches for its terminator."""

import json
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

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
_STEP = 65_536  # bytes that brotli gives at a time
_FEED = 256  # bytes that zstd is given at a time: it makes at most some megabytes of them
_WINDOW = 2**27  # bytes that zstd may refer back to


class BodyError(Exception):
    """Raised where a body cannot be read any further; its text says why, for the exchange that it ends.

    It is control flow between body and recorder and never reaches the user, so it is no ConformanceError.
    """


class Coding:
    """Removes the content coding that the response head names.

    Secrets can only be found in plain bytes, so a body in an unknown coding is not kept. gzip and deflate are
    decompressed although the suite asks for neither; a body that is plain despite its head is kept as it is.
    """

    def __init__(self, header: str | None, ceiling: int, *, asked: bool = False) -> None:
        """`ceiling` is the most bytes that one piece may expand to.

        `asked` says that the request accepts compression: then br and zstd are read where this installation
        can. Raises BodyError for a coding that cannot be read.
        """
        name = (header or "identity").strip().lower() or "identity"
        self._other: Callable[[bytes], bytes] | None = None
        if asked and name in _OTHERS:
            library, machine = _OTHERS[name]
            try:
                self._other = machine(import_module(library), ceiling)
            except ImportError:
                raise BodyError(
                    f"the body is in the content coding {name}, for which this installation has no decoder "
                    f"(`pip install {library}`); nothing of it was kept"
                ) from None
        elif asked and name not in (*_INFLATE, "identity"):
            raise BodyError(f"the body is in the content coding {name!r}, of which nothing was kept")
        elif name not in (*_INFLATE, "identity"):
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
        if self._other is not None:
            try:
                return self._other(data)
            except Exception as error:  # noqa: BLE001 - each library has errors of its own
                raise BodyError(f"its content coding {self._name} is broken: {error}") from None
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


def _brotli(library: Any, ceiling: int) -> Callable[[bytes], bytes]:
    machine = library.Decompressor()

    def plain(data: bytes) -> bytes:
        found = bytearray()
        part = machine.process(data, output_buffer_limit=_STEP)
        while part and len(found) < ceiling:
            found += part
            part = b"" if machine.is_finished() else machine.process(b"", output_buffer_limit=_STEP)
        return bytes(found[:ceiling])

    return plain


def _zstandard(library: Any, ceiling: int) -> Callable[[bytes], bytes]:
    machine = library.ZstdDecompressor(max_window_size=_WINDOW).decompressobj(read_across_frames=True)

    def plain(data: bytes) -> bytes:
        found = bytearray()
        for start in range(0, len(data), _FEED):
            found += machine.decompress(data[start : start + _FEED])
            if len(found) >= ceiling:
                break
        return bytes(found[:ceiling])

    return plain


_OTHERS = {"br": ("brotli", _brotli), "zstd": ("zstandard", _zstandard)}
"""The codings that need a library, which need not be there."""


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
