"""Compares what is around the events of two answers: status, headers, ending, framing and times. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from conformance.assemble.repeats import repeated_keys
from conformance.decode import Oddity, Wire
from conformance.exchange import Ended, Exchange
from conformance.text import counted
from conformance.wirediff.collect import Collector, generated
from conformance.wirediff.records import ChangeKind, Times

__all__ = ["compare_framing", "compare_heads", "times"]

_ABSENT = "absent"
_UNSEEN = "[not kept]"  # in place of a header's value that evidence does not keep
_ODDITIES: Mapping[Oddity, str] = MappingProxyType(
    {
        Oddity.BOM: "a byte order mark",
        Oddity.COMMENT: "comments",
        Oddity.CR: "line ends of CR alone",
        Oddity.CRLF: "line ends of CR LF",
        Oddity.NO_SPACE: "no space behind `data:`",
        Oddity.MULTI_LINE: "events of several data lines",
        Oddity.EMPTY_DATA: "events whose data is empty",
        Oddity.NO_DATA: "blocks without data",
        Oddity.NO_COLON: "lines without a colon",
        Oddity.UNKNOWN_FIELD: "unknown fields",
        Oddity.ID: "`id:` lines",
        Oddity.RETRY: "`retry:` lines",
        Oddity.BAD_RETRY: "`retry:` lines that are no number",
        Oddity.INVALID_UTF8: "bytes that are no UTF-8",
        Oddity.UNTERMINATED: "a last block without its blank line",
    }
)
_WITHOUT_DATA = (Oddity.ID, Oddity.RETRY)  # lines that often stand in a block without data
_SPACED = re.compile(r'[{\[]\s*"(?:[^"\\]|\\.){0,200}"\s*(?::\s|,\s)')
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPED = re.compile(rf"\\u(?!00[0-7]|[dD][89a-fA-F])[0-9a-fA-F]{{4}}|{_HIGH}{_LOW}")
_UNESCAPED = re.compile(r"[^\x00-\x7f]")
_HALF = re.compile(rf"{_HIGH}(?!{_LOW})|(?<!{_HIGH}){_LOW}")
_NEEDLESS = re.compile(r"\\/|\\u00(?!22|5[cC]|7[fF])[2-7][0-9a-fA-F]")
_PLAIN = re.compile(r"[/<>&'+=]")
# How JSON is written: what is looked for, and what it is without it where a stream may have neither.
_WRITTEN: Mapping[str, tuple[re.Pattern[str], re.Pattern[str] | None]] = MappingProxyType(
    {
        "spaces in JSON": (_SPACED, None),
        "characters escaped in JSON": (_ESCAPED, _UNESCAPED),
        "ASCII characters escaped in JSON": (_NEEDLESS, _PLAIN),
        "events that end inside a surrogate pair": (_HALF, None),
    }
)


def compare_heads(collector: Collector, direct: Exchange, gateway: Exchange) -> None:
    """Status, headers and the end of the body."""
    if direct.status is not None and gateway.status is not None and direct.status != gateway.status:
        collector.change(ChangeKind.STATUS, f"status {direct.status}", direct.status, gateway.status)
    if Ended.UNKNOWN not in (direct.ended, gateway.ended) and direct.ended != gateway.ended:
        collector.change(ChangeKind.ENDING, "the end of the body", direct.ended, gateway.ended, words=True)
    if not (direct.headers and gateway.headers):
        return
    before, after = _headers(direct), _headers(gateway)
    for name in {**before, **after}:
        one, two = before.get(name), after.get(name)
        if two is None:
            collector.change(ChangeKind.HEADER_DROPPED, name, one, _ABSENT, words=True)
        elif one is None:
            collector.change(ChangeKind.HEADER_ADDED, name, _ABSENT, two, words=True)
        elif one == two or _UNSEEN in (one, two):
            collector.kept(name)
        elif generated(name, header=True):
            collector.per_request(f"header {name}", one, two)
        else:
            collector.change(ChangeKind.HEADER_CHANGED, name, one, two)


def _headers(exchange: Exchange) -> dict[str, str]:
    """The values by name; those of a header that comes several times are joined, as HTTP means them."""
    found: dict[str, list[str]] = {}
    for name, value in exchange.headers:
        found.setdefault(name.lower(), []).append(value)
    return {name: ", ".join(values) for name, values in found.items()}


def compare_framing(collector: Collector, before: Wire, after: Wire) -> None:
    """What only one of two streams has around its data."""
    for place, one, two in _framing(before, after):
        collector.change(ChangeKind.FRAMING, place, one, two, words=True)


def _framing(before: Wire, after: Wire) -> Iterator[tuple[str, str, str]]:
    for oddity, words in _ODDITIES.items():
        sides = [_seen(wire, oddity) for wire in (before, after)]
        if oddity is Oddity.NO_DATA and any(
            bool(_seen(before, item)) != bool(_seen(after, item)) for item in _WITHOUT_DATA
        ):
            continue  # these lines are told
        if bool(sides[0]) != bool(sides[1]):
            yield words, sides[0] or "none", sides[1] or "none"
    for words, (sign, without) in _WRITTEN.items():
        one, two = (_with(wire, sign.search) for wire in (before, after))
        # A stream without such characters does not show how it would write them.
        shown = without is None or _with(after if one else before, without.search)
        if bool(one) != bool(two) and shown:
            yield words, one or "none", two or "none"
    one, two = (_with(wire, repeated_keys) for wire in (before, after))
    if bool(one) != bool(two):
        yield "keys that an object has twice", one or "none", two or "none"


def _seen(wire: Wire, oddity: Oddity) -> str:
    notes = wire.noted(oddity)
    if not notes:
        return ""
    times = counted(sum(note.times for note in notes), "time")
    return f"{times}, the first {notes[0].text!r:.80}" if notes[0].text else times


def _with(wire: Wire, has: Callable[[str], object]) -> str:
    events = sum(bool(has(event.data)) for event in wire.events)
    return f"in {counted(events, 'event')}" if events else ""


def times(exchange: Exchange, wire: Wire | None) -> Times:
    """When an answer came: its events, or its bytes where it is no stream."""
    arrivals: Sequence[float] = [
        at
        for at in ((event.at for event in wire.events) if wire else (piece.at for piece in exchange.pieces))
        if at is not None
    ]
    if not arrivals:
        return Times(last=exchange.ended_at)
    pauses = [later - earlier for earlier, later in pairwise(arrivals)] if wire else []
    return Times(
        first=arrivals[0],
        mean=sum(pauses) / len(pauses) if pauses else None,
        longest=max(pauses, default=None),
        last=exchange.ended_at if exchange.ended_at is not None else arrivals[-1],
    )
