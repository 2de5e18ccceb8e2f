"""Edits of a body, and what the mends share. Pure."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from conformance.assemble.payload import parse
from conformance.assemble.records import Data, Misfit, Sighting
from conformance.decode import Event
from conformance.exchange import Piece
from conformance.subject import Answer, ChatStream, ResponsesStream

__all__ = ["Edit", "Mend", "changed", "data_of", "edited", "events_of"]


@dataclass(frozen=True, slots=True)
class Edit:
    """New bytes in place of those from `start` up to `end` of a body."""

    start: int
    end: int
    data: bytes


Mend = Callable[[Answer], Iterator[Edit]]
"""One step of a mend: the edits of a body, none overlapping another."""


def edited(pieces: Sequence[Piece], edits: Iterable[Edit]) -> tuple[Piece, ...]:
    """The pieces of a body with edits applied; new bytes arrive when the last of the old ones did."""
    ends = list(accumulate(len(piece.data) for piece in pieces))
    found: list[list[bytes]] = [[] for _ in pieces]
    at = position = 0  # how far the old bytes are copied, and the piece there
    for edit in (*sorted(edits, key=lambda item: item.start), Edit(ends[-1], ends[-1], b"")) if ends else ():
        while position < edit.start:
            end, begin = min(ends[at], edit.start), ends[at] - len(pieces[at].data)
            found[at].append(pieces[at].data[position - begin : end - begin])
            at, position = at + (end == ends[at]), end
        last = min(bisect_left(ends, edit.end), len(ends) - 1)
        found[last].append(edit.data)
        if edit.end > position:
            at, position = bisect_right(ends, edit.end), edit.end
    joined = (b"".join(parts) for parts in found)
    return tuple(replace(piece, data=data) for piece, data in zip(pieces, joined, strict=True) if data)


def data_of(answer: Answer) -> Data:
    return answer.assembled.data if isinstance(answer, ChatStream | ResponsesStream) else Data()


def changed(answer: Answer, numbers: Iterable[int], change: Callable[[int, Any], None]) -> Iterator[Edit]:
    """The events with these numbers, their JSON changed; an event that has not the shape is left as it is."""
    for number in numbers:
        event = answer.event(number)
        value, wrong = parse(event.data) if event is not None else (None, "none")
        if event is None or wrong:
            continue
        try:
            change(number, value)
        except (LookupError, TypeError, AttributeError):
            continue
        line = f"event: {event.name}\n" if event.name is not None else ""
        yield Edit(event.start, event.end, f"{line}data: {json.dumps(value)}\n\n".encode())


def events_of(answer: Answer, seen: Iterable[Sighting | Misfit]) -> Iterator[Event]:
    for sighting in seen:
        if (event := answer.event(sighting.event)) is not None:
            yield event
