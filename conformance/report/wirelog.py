"""A numbered log of what an exchange put on the wire, for people. Pure.

The decoder tells what a client would see; the log shows what was sent: every event, but also what
clients hide (comments, blocks that dispatch nothing, the unterminated end), byte for byte.
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
from conformance.report.visible import Segment, clip, segments, visible
from conformance.subject import Answer, Document

__all__ = ["Fold", "Line", "Log", "Row", "excerpt", "glimpse", "log", "marks", "wire_rows"]

_CONTEXT = 3  # rows shown on each side of a marked one
_ENDS = 5  # rows always shown at both ends
_WHOLE = 40  # a log of at most so many rows is shown whole
_MARKED = 24  # marked rows shown of one log; a stream broken in every event is told by its first ones
_LINE = 480  # bytes shown of one line
_MARKED_LINE = 1_600  # bytes shown of a line in a marked row
_GLIMPSE = 1_200  # characters shown of an answer inside what to fix
_DOCUMENT = 12_000  # characters shown of a body that is no event stream
_BODY = 6_000  # characters shown of a request body

_MOST_LINES = 40  # lines shown of one block

_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the wire. `hidden` characters between `head` and `tail` are left out of the view."""

    head: tuple[Segment, ...]
    hidden: int = 0
    tail: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One block of the wire.

    `number` is the event's, None for what no client sees; `what` then says in words what it is.
    `at` and `delta` are milliseconds since the request and since the row before. `span` is the
    bytes of the body. `rules` are the requirements whose violations rest on it.
    """

    number: int | None
    what: str
    span: tuple[int, int]
    at: float | None
    delta: float | None
    lines: tuple[Line, ...]
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows that are not shown."""

    rows: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """All that is shown of one exchange.

    `rows` for an event stream, `document` for any other body: pretty-printed where it is JSON, and
    `document_cut` where its end is left out.
    """

    exchange: str
    request: Request | None
    request_body: str
    attempts: tuple[Attempt, ...]
    status: int | None
    headers: tuple[tuple[str, str], ...]
    timed: bool
    rows: tuple[Row | Fold, ...] = ()
    document: str = ""
    document_cut: bool = False

    @property
    def size(self) -> int:
        """About how many characters of a page it takes."""
        shown = sum(_row_size(row) for row in self.rows)
        return shown + len(self.document) + len(self.request_body) + 120 * len(self.headers) + 1_000


def log(stream: Answer, verdicts: Iterable[Verdict] = (), blocks: Blocks | None = None) -> Log:
    """The log of an exchange, with the rows marked that these verdicts' violations rest on.

    `blocks` are those of the stream, where somebody has them already.
    """
    exchange = stream.exchange
    rows: tuple[Row | Fold, ...] = ()
    document, cut = "", False
    if stream.streamed:
        marked = marks(stream, verdicts)
        blocks = blocks or Blocks(stream)
        rows = tuple(_only(blocks, _folded(blocks, blocks.holding(marked)), marked))
    else:
        document, cut = _document(stream)
    return Log(
        exchange=exchange.id,
        request=exchange.request,
        request_body=_request_body(exchange.request),
        attempts=exchange.attempts,
        status=exchange.status,
        headers=exchange.headers,
        timed=any(isinstance(row, Row) and row.at is not None for row in rows),
        rows=rows,
        document=document,
        document_cut=cut,
    )


def excerpt(stream: Answer, verdict: Verdict, blocks: Blocks | None = None) -> tuple[Row | Fold, ...]:
    """The rows that a verdict's violations rest on, with a little context; `blocks` as in `log`.

    Without such rows, as when something is missing, the first row and the last ones: the place
    where it is not. Empty when the answer is not an event stream.
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
    """The head of an answer and, when it is no event stream, the begin of its body."""
    exchange = stream.exchange
    if not exchange.answered:
        return ""
    status = "status unknown" if exchange.status is None else f"status {exchange.status}"
    lines = [status, *(f"{name}: {value}" for name, value in exchange.headers)]
    if not stream.streamed:
        lines += ["", _document(stream)[0]]
    text = visible("\n".join(lines))
    return text if len(text) <= _GLIMPSE else f"{text[:_GLIMPSE]}\n… the rest is not shown"


def marks(stream: Answer, verdicts: Iterable[Verdict]) -> dict[int, tuple[str, ...]]:
    """Which requirements rest on which place of the body: a byte offset inside the row.

    Verdicts on several exchanges mark nothing, since an event number alone does not say in which.
    """
    places: dict[int, dict[str, None]] = {}
    for verdict in verdicts:
        if verdict.exchanges != (stream.id,):
            continue
        for violation in verdict.violations:
            event = stream.event(violation.event)
            # The last byte of an event is its own; its first may be a blank line left over.
            place = event.end - 1 if event else violation.span[0] if violation.span else None
            if place is not None:
                places.setdefault(place, {})[verdict.requirement] = None
    return {place: tuple(rules) for place, rules in sorted(places.items())}


def wire_rows(stream: Answer, marked: Mapping[int, tuple[str, ...]]) -> Iterator[Row]:
    """Every block of an event stream in wire order, none left out."""
    blocks = Blocks(stream)
    places = list(marked)
    for index in range(len(blocks)):
        yield _row(blocks, index, places, marked)


def _row(blocks: Blocks, index: int, places: Sequence[int], marked: Mapping[int, tuple[str, ...]]) -> Row:
    # `places` are the keys of `marked`, in order.
    start, end = blocks.starts[index], blocks.ends[index]
    at, before = blocks.at(index), blocks.before(index)
    within = places[bisect_left(places, start) : bisect_left(places, end)]
    return Row(
        number=blocks.numbers[index] or None,
        what=blocks.what(index),
        span=(start, end),
        at=None if at is None else at * 1000,
        delta=None if at is None or before is None else (at - before) * 1000,
        lines=_shown(blocks.body[start:end], _MARKED_LINE if within else _LINE),
        rules=tuple(dict.fromkeys(rule for place in within for rule in marked[place])),
    )


def _folded(blocks: Blocks, hits: Sequence[int]) -> set[int]:
    """The blocks worth showing of a log, of which some are marked."""
    if len(blocks) <= _WHOLE:
        return set(range(len(blocks)))
    ends = {*range(_ENDS), *range(len(blocks) - _ENDS, len(blocks))}
    near = {
        index + step
        for index in hits[:_MARKED]
        for step in range(-_CONTEXT, _CONTEXT + 1)
        if 0 <= index + step < len(blocks)
    }
    return ends | near


def _only(blocks: Blocks, shown: set[int], marked: Mapping[int, tuple[str, ...]]) -> Iterator[Row | Fold]:
    places = list(marked)
    bounds = [-1, *sorted(shown), len(blocks)]
    for before, index in pairwise(bounds):
        if index > before + 1:
            left_out = blocks.numbers[before + 1 : index]
            yield Fold(len(left_out), len(left_out) - left_out.count(0))
        if index < len(blocks):
            yield _row(blocks, index, places, marked)


def _shown(block: bytes, limit: int) -> tuple[Line, ...]:
    """The first lines of a block, and how many more there are."""
    lines: list[Line] = []
    for data, after in _lines(block):
        if len(lines) == _MOST_LINES:
            rest = block[after:].strip(b"\r\n")
            more = rest.count(b"\n") + rest.count(b"\r") - rest.count(b"\r\n") + (2 if rest else 1)
            lines.append(Line((Segment(f"{more:,} further lines", sign=True),)))
            break
        lines.append(_line(data, limit))
    return tuple(lines)


def _lines(block: bytes) -> Iterator[tuple[bytes, int]]:
    """The lines that are not blank, and where the next one begins.

    A line ended by CR or CR LF keeps its CR, which the log shows; a blank line shows nothing.
    """
    position = 0
    while position < len(block):
        match = _LINE_END.search(block, position)
        stop, after = match.span() if match else (len(block), len(block))
        if stop > position:
            ending = b"\r" if match and match[0] != b"\n" else b""
            yield block[position:stop] + ending, after
        position = after


def _line(data: bytes, limit: int) -> Line:
    head, hidden, tail = clip(data, limit)
    return Line(segments(head), hidden, segments(tail))


def _document(stream: Answer) -> tuple[str, bool]:
    value = stream.document if isinstance(stream, Document) else None
    text = _pretty(value, _DOCUMENT) if value is not None else ""
    text = text or stream.exchange.body[: 4 * _DOCUMENT + 4].decode(errors="surrogateescape")
    return visible(text[:_DOCUMENT]), len(text) > _DOCUMENT


def _request_body(request: Request | None) -> str:
    if request is None or not request.body:
        return ""
    try:
        text = _pretty(json.loads(request.body), _BODY) or request.body
    except (ValueError, RecursionError):
        text = request.body
    return visible(text if len(text) <= _BODY else f"{text[:_BODY]}\n… the rest is not shown")


def _pretty(value: object, limit: int) -> str:
    """The value on indented lines, at least its first `limit` characters; empty if nested too deep.

    Indentation makes deep nesting grow with its square, so nothing is printed that is not shown.
    """
    parts: list[str] = []
    size = 0
    try:
        for part in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value):
            parts.append(part)
            size += len(part)
            if size > limit:
                break
    except (ValueError, RecursionError):
        return ""
    return "".join(parts)


def _row_size(row: Row | Fold) -> int:
    if isinstance(row, Fold):
        return 120
    parts = [part for line in row.lines for part in (*line.head, *line.tail)]
    return 260 + sum(len(part.text) + (16 if part.sign else 0) + 30 for part in parts)
