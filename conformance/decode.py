"""Decodes bytes into server-sent events by the WHATWG rules, and notes everything unusual in the framing.

Sans-IO: the decoder takes the pieces of a body, however it was split, and returns what a browser would
dispatch (`Event`), and what a browser hides (`Note`).

Source: HTML Living Standard, 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream",
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from conformance.exchange import Piece

__all__ = ["Decoder", "Event", "Note", "Oddity", "Wire", "decode"]

_BOM = b"\xef\xbb\xbf"
# Atomic groups: CR LF is one line end and never two.
_BLANK_LINE = re.compile(rb"(?>\r\n|\r|\n)(?>\r\n|\r|\n)")
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Oddity(StrEnum):
    """What can be unusual in the framing of a stream. Most of it is legal."""

    BOM = "bom"  # a byte order mark before the first line
    COMMENT = "comment"  # a line that starts with a colon
    CR = "cr"  # a line ended by CR alone
    CRLF = "crlf"  # a line ended by CR LF
    NO_SPACE = "no-space"  # data:x instead of data: x
    MULTI_LINE = "multi-line"  # several data lines in one event
    EMPTY_DATA = "empty-data"  # an event whose data is empty
    NO_DATA = "no-data"  # fields but no data field: nothing is dispatched
    NO_COLON = "no-colon"  # a line without a colon: a field with an empty value
    UNKNOWN_FIELD = "unknown-field"  # a field that the standard ignores
    ID = "id"
    RETRY = "retry"
    BAD_RETRY = "bad-retry"  # a retry value that is not all digits, which clients ignore
    INVALID_UTF8 = "invalid-utf8"  # invalid bytes, which a UTF-8 decoder replaces by U+FFFD
    UNTERMINATED = "unterminated"  # the body ended inside a block, which clients discard


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event.

    `number` counts dispatched events from 1. `start` and `end` are the byte range of its block in the body,
    blank line included. `at` is the arrival time of the piece that completed it, in seconds since the request
    was sent; None if unknown.
    """

    number: int
    data: str
    name: str | None  # the value of its last `event:` line
    start: int
    end: int
    at: float | None


@dataclass(frozen=True, slots=True)
class Note:
    """One framing oddity, its byte range, and the number of the last event dispatched before its block ended.

    `dispatched` says whether its block is the event with that number.
    """

    oddity: Oddity
    start: int
    end: int
    event: int
    dispatched: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """A decoded body.

    `tail` is the event that an unterminated last block would have become; None if there is none.
    """

    events: tuple[Event, ...]
    notes: tuple[Note, ...]
    tail: Event | None
    size: int

    def noted(self, *oddities: Oddity) -> tuple[Note, ...]:
        """The notes of these oddities, in wire order."""
        return tuple(note for note in self.notes if note.oddity in oddities)


class Decoder:
    """Takes bytes and returns events and notes. Never raises, whatever the bytes."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.notes: list[Note] = []
        self.tail: Event | None = None
        self._buffer = b""
        self._offset = 0  # the offset of the buffer in the body
        self._scanned = 0  # how much of the buffer holds no blank line
        self._held_at: float | None = None  # arrival time of a block whose last CR may become CR LF
        self._carriage = False  # whether any CR was seen
        self._begun = False  # whether the position of a BOM has been passed

    def feed(self, data: bytes, at: float | None = None) -> None:
        """Takes the next piece of the body, which arrived `at` seconds after the request was sent."""
        self._buffer += data
        if not self._begun and not self._begin(final=False):
            return
        self._consume(at, final=False)

    def close(self) -> Wire:
        """Ends the body and returns all of it, decoded."""
        if not self._begun:
            self._begin(final=True)
        self._consume(None, final=True)
        size = self._offset + len(self._buffer)
        if self._buffer.strip(b"\r\n"):
            self.tail = self._lines(self._buffer, self._offset, None, complete=False)
        return Wire(tuple(self.events), tuple(self.notes), self.tail, size)

    def _begin(self, *, final: bool) -> bool:
        if len(self._buffer) < len(_BOM) and _BOM.startswith(self._buffer) and not final:
            return False
        if self._buffer.startswith(_BOM):
            self.notes.append(Note(Oddity.BOM, 0, 3, 0, False))
            self._buffer = self._buffer[3:]
            self._offset = 3
        self._begun = True
        return True

    def _consume(self, at: float | None, *, final: bool) -> None:
        buffer, position = self._buffer, 0
        self._carriage = self._carriage or b"\r" in buffer[self._scanned :]
        search = max(self._scanned - 3, 0)
        while True:
            if self._carriage:
                match = _BLANK_LINE.search(buffer, search)
                if match is None:
                    break
                end = match.end()
                if end == len(buffer) and buffer[-1:] == b"\r" and not final:
                    self._held_at = at if self._held_at is None else self._held_at
                    break
            else:
                end = buffer.find(b"\n\n", search) + 2
                if end < 2:
                    break
            when = at if self._held_at is None else self._held_at
            self._held_at = None
            self._block(buffer[position:end], self._offset + position, when)
            position = search = end
        self._buffer = buffer[position:]
        self._offset += position
        self._scanned = len(self._buffer)

    def _block(self, block: bytes, start: int, at: float | None) -> None:
        # A block of one `data: ` line is the usual case; all others take the slow path.
        if block.startswith(b"data: ") and not self._carriage and block.find(b"\n") == len(block) - 2 > 6:
            try:
                data = block[6:-2].decode()
            except UnicodeDecodeError:
                pass
            else:
                end = start + len(block)
                self.events.append(Event(len(self.events) + 1, data, None, start, end, at))
                return
        self._lines(block, start, at, complete=True)

    def _lines(self, block: bytes, start: int, at: float | None, *, complete: bool) -> Event | None:
        end = start + len(block)
        found: list[tuple[Oddity, int, int, str]] = []
        values: list[str] = []
        name: str | None = None
        fields = False
        position = 0
        while position < len(block):
            match = _LINE_END.search(block, position)
            stop, after = match.span() if match else (len(block), len(block))
            line, place = block[position:stop], (start + position, start + stop)
            position = after
            if not line:
                continue
            text, valid = _text(line)
            if not valid:
                found.append((Oddity.INVALID_UTF8, *place, text))
            if text.startswith(":"):
                found.append((Oddity.COMMENT, *place, text))
                continue
            fields = True
            field, colon, value = text.partition(":")
            if not colon:
                found.append((Oddity.NO_COLON, *place, text))
            spaced = value.startswith(" ")
            value = value[1:] if spaced else value
            if field == "data":
                values.append(value)
                if value and not spaced:
                    found.append((Oddity.NO_SPACE, *place, ""))
            elif field == "event":
                name = value
            elif field == "id":
                found.append((Oddity.ID, *place, value))
            elif field == "retry":
                digits = value.isascii() and value.isdigit()
                found.append((Oddity.RETRY if digits else Oddity.BAD_RETRY, *place, value))
            else:
                found.append((Oddity.UNKNOWN_FIELD, *place, text))
        data = "\n".join(values)
        if len(values) > 1:
            found.append((Oddity.MULTI_LINE, start, end, ""))
        if values and not data:
            found.append((Oddity.EMPTY_DATA, start, end, ""))
        if fields and not values:
            found.append((Oddity.NO_DATA, start, end, _text(block)[0].strip()))
        if b"\r" in block:
            found.append((Oddity.CRLF if b"\r\n" in block else Oddity.CR, start, end, ""))
        if not complete:
            found.append((Oddity.UNTERMINATED, start, end, data))
        event = Event(len(self.events) + 1, data, name, start, end, at) if values else None
        dispatched = event is not None and complete
        if event is not None and complete:
            self.events.append(event)
        last = len(self.events)
        self.notes.extend(
            Note(oddity, first, stop, last, dispatched, text) for oddity, first, stop, text in found
        )
        return event


def decode(pieces: Iterable[Piece]) -> Wire:
    """A whole recorded body, decoded."""
    decoder = Decoder()
    for piece in pieces:
        decoder.feed(piece.data, piece.at)
    return decoder.close()


def _text(data: bytes) -> tuple[str, bool]:
    try:
        return data.decode(), True
    except UnicodeDecodeError:
        return data.decode(errors="replace"), False
