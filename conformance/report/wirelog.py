"""A numbered log of the bytes of an exchange, for people. Pure.

The decoder returns what a client would see. The log shows what was sent: every event, and also what clients
hide (comments, blocks that dispatch nothing, an unterminated end), byte for byte.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from conformance.catalogue import Verdict
from conformance.exchange import Attempt, Request
from conformance.report.blocks import Blocks
from conformance.report.spots import spots
from conformance.report.tokens import indented
from conformance.report.visible import Segment, clip, segments, visible
from conformance.subject import Answer, Document

__all__ = ["Fold", "WireLine", "WireLog", "WireRow", "excerpt", "glimpse", "log", "marks", "wire_rows"]

_CONTEXT = 3  # rows shown on each side of a marked row
_ENDS = 5  # rows always shown at both ends
_WHOLE = 40  # a log with at most this many rows is shown whole
_BRIEF = (8, 2)  # the same of a brief log
_MARKED = 24  # marked rows shown in one log; of a stream broken in every event, the first ones suffice
_LINE = 480  # bytes shown of one line
_MARKED_LINE = 1_600  # bytes shown of a line in a marked row
_GLIMPSE = 1_200  # characters shown of an answer in the list of what to fix
_DOCUMENT = 12_000  # characters shown of a body that is not an event stream
_BODY = 6_000  # characters shown of a request body

_PARSED = 1_000_000  # characters of a request body, up to which it is known whether it is JSON
_MOST_LINES = 40  # lines shown of one block

_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class WireLine:
    """One line of the wire. `hidden` is the number of characters left out between `head` and `tail`."""

    head: tuple[Segment, ...]
    hidden: int = 0
    tail: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRow:
    """One block of the wire.

    `number` is that of the event, None if clients see no event here; `what` then describes the block. `at`
    and `delta` are milliseconds since the request and since the previous row, None if unknown. `span` is the
    byte range in the body. `rules` are the requirements whose violations are in this row.
    """

    number: int | None
    what: str
    span: tuple[int, int]
    at: float | None
    delta: float | None
    lines: tuple[WireLine, ...]
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """A stretch of rows that are not shown."""

    rows: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLog:
    """Everything that is shown of one exchange.

    `rows` is for event streams, `document` for any other body: indented if it is JSON. `document_cut` says
    that its end is left out.
    """

    exchange: str
    request: Request | None
    request_body: str
    attempts: tuple[Attempt, ...]
    status: int | None
    headers: tuple[tuple[str, str], ...]
    timed: bool
    rows: tuple[WireRow | Fold, ...] = ()
    document: str = ""
    document_cut: bool = False

    @property
    def size(self) -> int:
        """The approximate number of characters that it takes on a page without its rows."""
        return len(self.document) + len(self.request_body) + 120 * len(self.headers) + 1_000


def log(
    stream: Answer,
    verdicts: Iterable[Verdict] = (),
    blocks: Blocks | None = None,
    *,
    brief: bool = False,
) -> WireLog:
    """The log of an exchange. Rows with violations of these verdicts are marked.

    `blocks` are those of the stream, if the caller has them already. A `brief` log shows but the ends of a
    stream of more than a few blocks.
    """
    exchange = stream.exchange
    rows: tuple[WireRow | Fold, ...] = ()
    document, cut = "", False
    if stream.streamed:
        marked = marks(stream, verdicts)
        blocks = blocks or Blocks(stream)
        rows = tuple(_only(blocks, _folded(blocks, blocks.holding(marked), brief=brief), marked))
    else:
        document, cut = _document(stream)
    return WireLog(
        exchange=exchange.id,
        request=exchange.request,
        request_body=_request_body(exchange.request),
        attempts=exchange.attempts,
        status=exchange.status,
        headers=exchange.headers,
        timed=any(isinstance(row, WireRow) and row.at is not None for row in rows),
        rows=rows,
        document=document,
        document_cut=cut,
    )


def excerpt(stream: Answer, verdict: Verdict, blocks: Blocks | None = None) -> tuple[WireRow | Fold, ...]:
    """The rows that a verdict's violations are in, with a little context; `blocks` as in `log`.

    If there are none, because something is missing, the first row and the last ones. Empty if the answer is
    not an event stream.
    """
    if not stream.streamed:
        return ()
    marked = marks(stream, [verdict])
    blocks = blocks or Blocks(stream)
    shown = {
        near
        for index in blocks.holding(marked)[:4]
        for near in range(index - 2, index + 2)
        if 0 <= near < len(blocks)
    }
    if not shown:
        shown = {index for index in (0, *range(len(blocks) - 3, len(blocks))) if 0 <= index < len(blocks)}
    return tuple(_only(blocks, shown, marked))


def glimpse(stream: Answer) -> str:
    """The head of an answer and, if it is not an event stream, the beginning of its body."""
    exchange = stream.exchange
    if not exchange.answered:
        return ""
    status = "status unknown" if exchange.status is None else f"status {exchange.status}"
    lines = [status, *(f"{name}: {value}" for name, value in exchange.headers)]
    if not stream.streamed:
        lines += ["", _document(stream)[0]]
    # What is made visible never gets shorter.
    text = visible("\n".join(lines)[: _GLIMPSE + 1])
    return text if len(text) <= _GLIMPSE else f"{text[:_GLIMPSE]}\n… the rest is not shown"


def marks(stream: Answer, verdicts: Iterable[Verdict]) -> dict[int, tuple[str, ...]]:
    """The requirements whose violations are in each row, by a byte offset within the row.

    A verdict on several exchanges marks the events in which they say what it speaks of.
    """
    found: dict[int, dict[str, None]] = {}
    for spot in spots(stream, verdicts):
        found.setdefault(spot.at, {})[spot.requirement] = None
    return {at: tuple(rules) for at, rules in sorted(found.items())}


def wire_rows(stream: Answer, marked: Mapping[int, tuple[str, ...]]) -> Iterator[WireRow]:
    """Every block of an event stream, in wire order."""
    blocks = Blocks(stream)
    places = list(marked)
    for index in range(len(blocks)):
        yield _row(blocks, index, places, marked)


def _row(blocks: Blocks, index: int, places: Sequence[int], marked: Mapping[int, tuple[str, ...]]) -> WireRow:
    # `places` are the keys of `marked`, sorted by offset, as `marks` returns them.
    start, end = blocks.starts[index], blocks.ends[index]
    at, before = blocks.at(index), blocks.before(index)
    within = places[bisect_left(places, start) : bisect_left(places, end)]
    return WireRow(
        number=blocks.numbers[index] or None,
        what=blocks.what(index),
        span=(start, end),
        at=None if at is None else at * 1000,
        delta=None if at is None or before is None else (at - before) * 1000,
        lines=_shown(blocks.body[start:end], _MARKED_LINE if within else _LINE),
        rules=tuple(dict.fromkeys(rule for place in within for rule in marked[place])),
    )


def _folded(blocks: Blocks, hits: Sequence[int], *, brief: bool) -> set[int]:
    """The blocks of a log that are worth showing; `hits` are the marked ones."""
    whole, end = _BRIEF if brief else (_WHOLE, _ENDS)
    if len(blocks) <= whole:
        return set(range(len(blocks)))
    ends = {*range(end), *range(len(blocks) - end, len(blocks))}
    near = {
        index + step
        for index in hits[:_MARKED]
        for step in range(-_CONTEXT, _CONTEXT + 1)
        if 0 <= index + step < len(blocks)
    }
    return ends | near


def _only(blocks: Blocks, shown: set[int], marked: Mapping[int, tuple[str, ...]]) -> Iterator[WireRow | Fold]:
    places = list(marked)
    bounds = [-1, *sorted(shown), len(blocks)]
    for before, index in pairwise(bounds):
        if index > before + 1:
            left_out = blocks.numbers[before + 1 : index]
            yield Fold(len(left_out), len(left_out) - left_out.count(0))
        if index < len(blocks):
            yield _row(blocks, index, places, marked)


def _shown(block: bytes, limit: int) -> tuple[WireLine, ...]:
    """The first lines of a block, and how many more there are."""
    lines: list[WireLine] = []
    for data, after in _lines(block):
        if len(lines) == _MOST_LINES:
            rest = block[after:].strip(b"\r\n")
            more = rest.count(b"\n") + rest.count(b"\r") - rest.count(b"\r\n") + (2 if rest else 1)
            lines.append(WireLine((Segment(f"{more:,} further lines", sign=True),)))
            break
        lines.append(_line(data, limit))
    return tuple(lines)


def _lines(block: bytes) -> Iterator[tuple[bytes, int]]:
    """The lines that are not blank, and where the next one begins.

    A line that ends with CR or CR LF keeps its CR, so that the log shows it.
    """
    position = 0
    while position < len(block):
        match = _LINE_END.search(block, position)
        stop, after = match.span() if match else (len(block), len(block))
        if stop > position:
            ending = b"\r" if match and match[0] != b"\n" else b""
            yield block[position:stop] + ending, after
        position = after


def _line(data: bytes, limit: int) -> WireLine:
    head, hidden, tail = clip(data, limit)
    return WireLine(segments(head), hidden, segments(tail))


def _document(stream: Answer) -> tuple[str, bool]:
    body = stream.exchange.body
    text = body[: 4 * _DOCUMENT + 4].decode(errors="surrogateescape")
    if isinstance(stream, Document) and stream.document is not None:
        text = indented(text, _DOCUMENT)
    return visible(text[:_DOCUMENT]), len(text) > _DOCUMENT or len(body) > 4 * _DOCUMENT + 4


def _request_body(request: Request | None) -> str:
    if request is None or not request.body:
        return ""
    text = request.body
    try:
        if len(text) <= _PARSED:
            json.loads(text)
            text = indented(text, _BODY)
    except (ValueError, RecursionError):
        pass
    return visible(text if len(text) <= _BODY else f"{text[:_BODY]}\n… the rest is not shown")
