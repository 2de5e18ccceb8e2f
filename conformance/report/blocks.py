"""Where the blocks of an event stream lie on the wire: what is shown of them is drawn later. Pure."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from conformance.subject import Answer

__all__ = ["Blocks"]

# Atomic groups: CR LF is one line end and never two.
_BLANK_LINE = re.compile(rb"(?>\r\n|\r|\n)(?>\r\n|\r|\n)")
_NO_COMMENT = re.compile(rb"[\r\n][^:\r\n]")
_BOM = b"\xef\xbb\xbf"
_WHATS = ("event", "byte order mark", "comment", "not dispatched", "unterminated")
_EVENT, _MARK, _COMMENT, _UNDISPATCHED, _UNTERMINATED = range(len(_WHATS))


class Blocks:
    """Every block of a stream that is not blank, in wire order, by its place from 0.

    `starts` and `ends` are byte offsets; `numbers` those of the events, 0 for a block that is none. Numbers
    alone are held: a stream may have a hundred thousand blocks, of which a page shows fifty.
    """

    def __init__(self, stream: Answer) -> None:
        self.body = stream.exchange.body
        self.starts, self.ends, self.numbers = array("q"), array("q"), array("q")
        self._whats = bytearray()
        self._pieces = stream.exchange.pieces
        self._delivered = array("q", accumulate(len(piece.data) for piece in self._pieces))
        self._timed = any(piece.at is not None for piece in self._pieces)
        for number, what, start, end in _blocks(stream, self.body):
            if number or self.body[start:end].strip(b"\r\n"):
                self.starts.append(start)
                self.ends.append(end)
                self.numbers.append(number)
                self._whats.append(what)

    def __len__(self) -> int:
        return len(self.starts)

    def what(self, index: int) -> str:
        """What a block is, in words."""
        return _WHATS[self._whats[index]]

    def holding(self, places: Iterable[int]) -> list[int]:
        """The blocks that hold some places of the body, in order."""
        found = ((bisect_right(self.starts, place) - 1, place) for place in places)
        return sorted({index for index, place in found if index >= 0 and place < self.ends[index]})

    def at(self, index: int) -> float | None:
        """When the piece that completed a block arrived, in seconds since the request."""
        piece = bisect_left(self._delivered, self.ends[index]) if self._timed else len(self._pieces)
        return self._pieces[piece].at if piece < len(self._pieces) else None

    def before(self, index: int) -> float | None:
        """When the last block before it came of which that is known."""
        times = (self.at(place) for place in range(index - 1, -1, -1)) if self._timed else ()
        return next((at for at in times if at is not None), None)


def _blocks(stream: Answer, body: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Number, what it is, start and end of every block, blank ones included."""
    position = 0
    if body.startswith(_BOM):
        yield 0, _MARK, 0, 3
        position = 3
    for event in stream.wire.events:
        if event.start > position:
            yield from _unseen(body, position, event.start)
        yield event.number, _EVENT, event.start, event.end
        position = event.end
    for _, what, start, end in _unseen(body, position, len(body)):
        # Only the last block of a body can lack its blank line.
        cut = end == len(body) and not _BLANK_LINE.search(body, start)
        yield 0, _UNTERMINATED if cut else what, start, end


def _unseen(body: bytes, start: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    while start < stop:
        match = _BLANK_LINE.search(body, start, stop)
        end = match.end() if match else stop
        comment = body[start] in b":\r\n" and not _NO_COMMENT.search(body, start, end)
        yield 0, _COMMENT if comment else _UNDISPATCHED, start, end
        start = end
