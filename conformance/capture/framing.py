"""Recognises malformed HTTP: in the errors of the HTTP library, and in what it lets pass.

A connection that is lost is not malformed, and neither is what exceeds a limit of the library's.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from conformance.exchange import Malformed
from conformance.text import clipped

__all__ = ["Framing", "followed", "malformed"]

# How the library's errors begin, and what is malformed. An illegal status line counts only if it claims to be
# one: whatever else listens on a port does not speak HTTP at all.
_ERRORS = (
    ("illegal status line: bytearray(b'HTTP/1", Malformed.STATUS_LINE),
    ("illegal header line", Malformed.HEADER),
    ("continuation line at start of headers", Malformed.HEADER),
    ("conflicting Content-Length headers", Malformed.LENGTH),
    ("bad Content-Length", Malformed.LENGTH),
    ("multiple Transfer-Encoding headers", Malformed.CODING),
    # No request here has TE, without which no other coding may be sent (RFC 9110, 10.1.4).
    ("Only Transfer-Encoding: chunked is supported", Malformed.CODING),
    ("illegal chunk header", Malformed.CHUNK),
    ("malformed chunk footer", Malformed.CHUNK),
)
_LONGEST = 100_000  # bytes of a head, a chunk's first line or the trailers, as the library has it
_SHOWN = 80  # characters of a line that are shown
_BLANK = re.compile(rb"\n\r?\n")
_CRLF = re.compile(rb"\r\n")
_LF = re.compile(rb"\n")
_VERSION = re.compile(rb"HTTP/\d+(\.\d+)?")
_VERSIONS = (b"HTTP/1.0", b"HTTP/1.1")
_NO_CR = re.compile(rb"(?:\A|\n)([^\r\n]*)\n")
_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})")
_FOLD = re.compile(rb"\n([ \t][^\r\n]*)")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,20})[ \t]*(;.*)?", re.DOTALL)


def malformed(error: str) -> Malformed:
    """What an error of the HTTP library says to be malformed; NONE if it says something else."""
    return next((kind for begin, kind in _ERRORS if error.startswith(begin)), Malformed.NONE)


class Framing:
    """Follows the bytes of one connection to the end of the answer, beside the HTTP library.

    It notices what the library lets pass and others refuse: folded header lines, lines that end without CR,
    versions that do not exist, chunks in an answer of HTTP/1.0, and bytes behind the answer. Where it cannot
    follow, it notices nothing: what the library refuses, the library's errors tell.
    """

    def __init__(self) -> None:
        self._fold = ""  # the first folded line
        self._wrong = (Malformed.NONE, "")  # what else is malformed in the head, and a description of it
        self._surplus = 0  # bytes behind the answer
        self._begin = b""  # the first of them
        self._held = bytearray()
        self._sought = 0  # bytes of it in which the end of a line or a head was sought before
        self._left = 0  # bytes of the body, or of the chunk and its line end, that are still to come
        self._step = self._head

    def feed(self, data: bytes) -> None:
        """Takes the next bytes of the connection."""
        self._held += data
        while self._step():
            pass

    @property
    def found(self) -> tuple[Malformed, str]:
        """What is malformed, and a description of it; NONE and "" if nothing is."""
        if self._fold:
            return Malformed.FOLDED, f"a header line begins with white space: {clipped(self._fold, _SHOWN)!r}"
        if self._wrong[0]:
            return self._wrong
        # An empty line behind the answer hurts nobody: clients skip it in front of the next one.
        if self._surplus and self._begin.strip(b"\r\n"):
            begin = clipped(self._begin.decode("latin-1"), _SHOWN)
            return Malformed.SURPLUS, f"{self._surplus} bytes came behind the end of the answer: {begin!r}"
        return Malformed.NONE, ""

    # Each step returns whether the next one can be taken with what is held.

    def _head(self) -> bool:
        head = self._up_to(_BLANK)
        if head is None:
            return False
        if version := _VERSION.match(head):  # what does not claim to be HTTP breaks no rule of it
            self._check(head, version[0])
        status = _STATUS.match(head)
        if status is None or status[1] == b"101":
            return self._lost()
        if status[1].startswith(b"1"):
            return True  # the head of the answer itself follows
        if fold := _FOLD.search(head):
            self._fold = self._fold or fold[1].decode("latin-1")
        self._step = self._body(int(status[1]), head)
        return True

    def _check(self, head: bytes, version: bytes) -> None:
        if version not in _VERSIONS:
            said = f"the answer says that it is of {version.decode()}, to a request of HTTP/1.1"
            self._wrong = Malformed.STATUS_LINE, said
        elif line := _NO_CR.search(head):
            said = clipped(line[1].decode("latin-1"), _SHOWN)
            self._wrong = Malformed.HEADER, f"a line of the head ends without CR: {said!r}"

    def _body(self, status: int, head: bytes) -> Callable[[], bool]:
        """The step that follows the body which this head announces."""
        if status in (204, 304):
            return self._over
        named = [line.partition(b":") for line in head.splitlines()[1:]]
        fields = [(name.strip().lower(), value.strip().lower()) for name, _, value in named]
        if codings := [value for name, value in fields if name == b"transfer-encoding"]:
            if head.startswith(b"HTTP/1.0"):
                self._wrong = Malformed.CODING, "an answer of HTTP/1.0 has Transfer-Encoding"
            return self._chunk if codings == [b"chunked"] else self._lost
        lengths = {
            part.strip() for name, value in fields if name == b"content-length" for part in value.split(b",")
        }
        if len(lengths) != 1 or not (length := lengths.pop()).isdigit():
            return self._lost  # to the end of the connection
        self._left = int(length)
        return self._sized

    def _sized(self) -> bool:
        self._take()
        if not self._left:
            self._step = self._over
        return not self._left

    def _chunk(self) -> bool:
        line = self._up_to(_CRLF)
        if line is None:
            return False
        size = _SIZE.fullmatch(line[:-2])
        if size is None:
            return self._lost()
        self._left = int(size[1], 16)
        self._step = self._data if self._left else self._trailers
        self._left += 2  # its line end
        return True

    def _data(self) -> bool:
        self._take()
        if not self._left:
            self._step = self._chunk
        return not self._left

    def _trailers(self) -> bool:
        line = self._up_to(_LF)
        if line is not None and not line.strip(b"\r\n"):
            self._step = self._over
        return line is not None

    def _over(self) -> bool:
        self._surplus += len(self._held)
        self._begin += self._held[: _SHOWN - len(self._begin)]
        self._held.clear()
        return False

    def _lost(self) -> bool:
        self._step = self._lost
        self._held.clear()
        return False

    def _up_to(self, sign: re.Pattern[bytes]) -> bytes | None:
        """What is held up to the first sign; None if it has not come yet, or if too much came before it."""
        end = sign.search(self._held, self._sought)
        if end is None:
            self._sought = max(len(self._held) - 2, 0)
            if len(self._held) > _LONGEST:
                self._lost()
            return None
        self._sought = 0
        found = bytes(self._held[: end.end()])
        del self._held[: end.end()]
        return found

    def _take(self) -> None:
        taken = min(self._left, len(self._held))
        del self._held[:taken]
        self._left -= taken


def followed(connection: Any) -> Framing:
    """Follows what is read from a connection, on which the library then reads the answer."""
    framing, read = Framing(), connection.read

    async def reads(*arguments: Any, **named: Any) -> bytes:
        data: bytes = await read(*arguments, **named)
        framing.feed(data)
        return data

    with suppress(AttributeError):  # a kind of connection that cannot be followed is not
        connection.read = reads
    return framing
