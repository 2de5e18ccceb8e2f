"""Decodes bytes into server-sent events by the WHATWG rules, and notes everything unusual in the framing.

Sans-IO: the decoder takes the pieces of a body, however it was split, and returns what a browser would
dispatch (`Event`), and what a browser hides (`Note`).

Source: HTML Living Standard, 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream",
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from conformance.exchange import Piece
from conformance.text import clipped

__all__ = ["Decoder", "Event", "Note", "Oddity", "Wire", "decode"]

_BOM = b"\xef\xbb\xbf"
_CR, _LF = b"\r\n"
# Atomic groups: CR LF is one line end and never two.
_BLANK_LINE = re.compile(rb"(?>\r\n|\r|\n)(?>\r\n|\r|\n)")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_KEPT = 200  # notes of one sort that are kept; of the rest is known how many they are
_TEXT = 4_000  # characters kept of the text of a note
_MUCH = 1_000  # oddities of one block that are gathered before most of them are only counted
_LINES = 4  # lines of an ordinary block, its blank line included


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

    `dispatched` says whether its block is the event with that number. `sort` separates what rules tell apart
    within an oddity: comments `after-id`, blocks with `unknown` fields only. Only the first notes of each
    oddity, `dispatched` and `sort` are kept; `times` of the last kept one also counts those after it.
    """

    oddity: Oddity
    start: int
    end: int
    event: int
    dispatched: bool
    text: str = ""
    sort: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class Wire:
    """A decoded body.

    `tail` is the event that an unterminated last block would have become; None if there is none. `mangled`
    holds the numbers of all events with invalid UTF-8, also of those whose notes were not kept.
    """

    events: tuple[Event, ...]
    notes: tuple[Note, ...]
    tail: Event | None
    size: int
    mangled: frozenset[int] = frozenset()

    def noted(self, *oddities: Oddity) -> tuple[Note, ...]:
        """The notes of these oddities, in wire order."""
        return tuple(note for note in self.notes if note.oddity in oddities)


_Sort = tuple[Oddity, bool, str]  # of a note: its oddity, dispatched and sort
_Seen = tuple[Oddity, int, int, str, str]  # oddity, start, end, text and sort, before it is dispatched


class Decoder:
    """Takes bytes and returns events and notes. Never raises, whatever the bytes.

    `count`, `blocks` and `lines` are the dispatched events, the blocks that a blank line ended, dispatched or
    not, and the line ends so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self.blocks = 0
        self.lines = 0
        self._events: list[Event] = []
        self._notes = _Notes()
        self._mangled: set[int] = set()
        # A bytearray grows at its end and shrinks at its front without a copy, however small the pieces are.
        self._buffer = bytearray()
        self._offset = 0  # the offset of the buffer in the body
        self._scanned = 0  # how much of the buffer holds no blank line
        self._held_at: float | None = None  # arrival time of a block whose last CR may become CR LF
        self._carriage = False  # whether any CR was seen
        self._after_carriage = False  # whether the last byte was a CR
        self._begun = False  # whether the position of a BOM has been passed
        self._identified = False  # whether any line had an id

    @property
    def weight(self) -> int:
        """What the body costs its reader, in events: blocks without data count too, and any four lines."""
        return max(self.blocks, self.lines // _LINES)

    def feed(self, data: bytes, at: float | None = None) -> None:
        """Takes the next piece of the body, which arrived `at` seconds after the request was sent."""
        self._count(data)
        self._buffer += data
        if not self._begun and not self._begin(final=False):
            return
        self._consume(at, final=False)

    def taken(self) -> list[Event]:
        """The events since the last call, which the decoder forgets."""
        events, self._events = self._events, []
        return events

    def close(self) -> Wire:
        """Ends the body and returns all of it, decoded, without the events that were taken before."""
        if not self._begun:
            self._begin(final=True)
        self._consume(None, final=True)
        size = self._offset + len(self._buffer)
        tail = None
        if self._buffer.strip(b"\r\n"):
            tail = self._lines(self._buffer, self._offset, None, complete=False)
        return Wire(tuple(self._events), self._notes.all(), tail, size, frozenset(self._mangled))

    def _count(self, data: bytes) -> None:
        carriages = data.count(b"\r")
        self.lines += data.count(b"\n") + carriages
        if carriages:
            self._carriage = True
            self.lines -= data.count(b"\r\n")
        if data:
            if self._after_carriage and data[0] == _LF:
                self.lines -= 1
            self._after_carriage = data[-1] == _CR

    def _begin(self, *, final: bool) -> bool:
        if len(self._buffer) < len(_BOM) and _BOM.startswith(self._buffer) and not final:
            return False
        if self._buffer.startswith(_BOM):
            self._notes.add(Oddity.BOM, 0, 3, 0, False)
            del self._buffer[:3]
            self._offset = 3
        self._begun = True
        return True

    def _consume(self, at: float | None, *, final: bool) -> None:
        buffer, position = self._buffer, 0
        search = max(self._scanned - 3, 0)
        while True:
            if self._carriage:
                match = _BLANK_LINE.search(buffer, search)
                if match is None:
                    break
                end = match.end()
                if end == len(buffer) and buffer[-1] == _CR and not final:
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
        if position:
            del buffer[:position]
            self._offset += position
        self._scanned = len(buffer)

    def _block(self, block: bytearray, start: int, at: float | None) -> None:
        self.blocks += 1
        # A block of one `data: ` line is the usual case; all others take the slow path.
        if block.startswith(b"data: ") and not self._carriage and block.find(b"\n") == len(block) - 2 > 6:
            try:
                data = block[6:-2].decode()
            except UnicodeDecodeError:
                pass
            else:
                self.count += 1
                self._events.append(Event(self.count, data, None, start, start + len(block), at))
                return
        if block != b"\n\n":
            self._lines(block, start, at, complete=True)

    def _lines(self, block: bytearray, start: int, at: float | None, *, complete: bool) -> Event | None:
        end = start + len(block)
        found: list[_Seen] = []
        more: dict[tuple[Oddity, str], int] = {}
        full = _MUCH
        values: list[str] = []
        name: str | None = None
        fields = known = False
        position = 0
        while position < len(block):
            if len(found) > full:
                found = _first(found, more)
                full = len(found) + _MUCH
            match = _LINE_END.search(block, position)
            stop, after = match.span() if match else (len(block), len(block))
            line, first, last = block[position:stop], start + position, start + stop
            position = after
            if not line:
                continue
            text, valid = _text(line)
            if not valid:
                found.append((Oddity.INVALID_UTF8, first, last, text, ""))
            if text.startswith(":"):
                found.append((Oddity.COMMENT, first, last, text, "after-id" if self._identified else ""))
                continue
            fields = True
            field, colon, value = text.partition(":")
            if not colon:
                found.append((Oddity.NO_COLON, first, last, text, ""))
            spaced = value.startswith(" ")
            value = value[1:] if spaced else value
            if field == "data":
                values.append(value)
                if value and not spaced:
                    found.append((Oddity.NO_SPACE, first, last, "", ""))
            elif field == "event":
                name, known = value, True
            elif field == "id":
                self._identified = known = True
                found.append((Oddity.ID, first, last, value, ""))
            elif field == "retry":
                known = True
                digits = value.isascii() and value.isdigit()
                found.append((Oddity.RETRY if digits else Oddity.BAD_RETRY, first, last, value, ""))
            else:
                found.append((Oddity.UNKNOWN_FIELD, first, last, text, ""))
        data = "\n".join(values)
        if len(values) > 1:
            found.append((Oddity.MULTI_LINE, start, end, "", ""))
        if values and not data:
            found.append((Oddity.EMPTY_DATA, start, end, "", ""))
        if fields and not values:
            found.append((Oddity.NO_DATA, start, end, _text(block)[0].strip(), "" if known else "unknown"))
        if b"\r" in block:
            found.append((Oddity.CRLF if b"\r\n" in block else Oddity.CR, start, end, "", ""))
        if not complete:
            found.append((Oddity.UNTERMINATED, start, end, data, ""))
        event = Event(self.count + 1, data, name, start, end, at) if values else None
        dispatched = event is not None and complete
        if event is not None and complete:
            self.count += 1
            self._events.append(event)
        for oddity, first, last, text, sort in found:
            self._notes.add(oddity, first, last, self.count, dispatched, text, sort)
            if oddity is Oddity.INVALID_UTF8:
                self._mangled.add(self.count)
        for (oddity, sort), times in more.items():
            self._notes.more((oddity, dispatched, sort), times)
        return event


class _Notes:
    """The notes of a body: the first of each sort, and how many more there were."""

    def __init__(self) -> None:
        self._kept: list[Note] = []
        self._held: dict[_Sort, tuple[int, int]] = {}  # how many; place of the last
        self._more: dict[_Sort, int] = {}

    def add(
        self,
        oddity: Oddity,
        start: int,
        end: int,
        event: int,
        dispatched: bool,  # noqa: FBT001 - the fields of a note, in their order
        text: str = "",
        sort: str = "",
    ) -> None:
        """Keep a note, or count it where there are enough of its sort."""
        kind = oddity, dispatched, sort
        held, _ = self._held.get(kind, (0, 0))
        if held < _KEPT:
            self._held[kind] = held + 1, len(self._kept)
            self._kept.append(Note(oddity, start, end, event, dispatched, clipped(text, _TEXT), sort))
        else:
            self.more(kind, 1)

    def more(self, sort: _Sort, times: int) -> None:
        """Count further notes of a sort of which some are kept."""
        self._more[sort] = self._more.get(sort, 0) + times

    def all(self) -> tuple[Note, ...]:
        """Every note that was kept; the last of a sort says how many more there were."""
        kept = list(self._kept)
        for sort, more in self._more.items():
            place = self._held[sort][1]
            kept[place] = replace(kept[place], times=1 + more)
        return tuple(kept)


def _first(found: list[_Seen], more: dict[tuple[Oddity, str], int]) -> list[_Seen]:
    """Of what is odd in one block the first of each sort; `more` counts the others."""
    counts: Counter[tuple[Oddity, str]] = Counter()
    kept = []
    for seen in found:
        sort = seen[0], seen[4]
        counts[sort] += 1
        if counts[sort] <= _KEPT:
            kept.append(seen)
        else:
            more[sort] = more.get(sort, 0) + 1
    return kept


def decode(pieces: Iterable[Piece]) -> Wire:
    """A whole recorded body, decoded."""
    decoder = Decoder()
    for piece in pieces:
        decoder.feed(piece.data, piece.at)
    return decoder.close()


def _text(data: bytearray) -> tuple[str, bool]:
    try:
        return data.decode(), True
    except UnicodeDecodeError:
        return data.decode(errors="replace"), False
