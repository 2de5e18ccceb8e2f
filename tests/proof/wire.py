"""Hand-made wires: what came back for a request, as bytes, and what is wrong with it."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

from conformance.exchange import Api, Ended, Exchange, Expects, Need, Piece, Promise, Request

EVENT_STREAM = (("content-type", "text/event-stream; charset=utf-8"),)
DONE = b"data: [DONE]\n\n"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One answer as bytes.

    `breaks` are the ids of all requirements that it breaks, none for a legal one; more than one
    needs its `cause`. `asks` is the body of the request, None where it is not known. `times` are the
    seconds after which its blocks arrive, the last one for all that follow; blocks of one time arrive in
    one piece. Without them no times are known.
    """

    id: str
    body: bytes
    breaks: tuple[str, ...] = ()
    cause: str = ""
    api: str = "chat"
    asks: Json | None = None
    url: str = "https://example.com/v1/chat/completions"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = EVENT_STREAM
    ended: Ended = Ended.CLOSED
    expects: str = "stream"
    promises: tuple[str, ...] = ()
    claim: bool | None = None
    times: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.breaks) > 1 and not self.cause:
            raise ValueError(
                f"Wire {self.id!r} breaks {len(self.breaks)} requirements: write why in 'cause'."
            )


def exchange(wire: Wire, cuts: Iterable[int] = ()) -> Exchange:
    """The wire as an exchange, its body cut into pieces at the given places, or by its times."""
    places = [0, *cuts, len(wire.body)]
    pieces = tuple(Piece(data=wire.body[start:end]) for start, end in pairwise(places) if start < end)
    if wire.times:
        pieces = _timed(wire)
    unknown = set() if wire.times else {Need.TIMING}
    unknown |= set() if wire.asks is not None else {Need.REQUEST}
    return Exchange(
        id=wire.id,
        api=Api(wire.api),
        request=Request(url=wire.url, body=json.dumps(wire.asks)) if wire.asks is not None else None,
        status=wire.status,
        headers=wire.headers,
        pieces=pieces,
        ended=wire.ended,
        expects=Expects(wire.expects),
        promises=tuple(map(Promise, wire.promises)),
        claim=wire.claim,
        lacks=frozenset(unknown),
    )


def _timed(wire: Wire) -> tuple[Piece, ...]:
    blocks = re.findall(rb"(?s).+?\n\n|.+$", wire.body)
    times = [*wire.times[: len(blocks)], *wire.times[-1:] * (len(blocks) - len(wire.times))]
    pairs = groupby(zip(times, blocks, strict=True), key=itemgetter(0))
    return tuple(Piece(data=b"".join(block for _, block in group), at=at) for at, group in pairs)


def compact(value: object) -> str:
    """JSON as it stands on the wire."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def data(value: object) -> bytes:
    """One event with nothing but data."""
    return f"data: {compact(value)}\n\n".encode()


def named(value: Json) -> bytes:
    """One event with its type on an `event:` line."""
    return f"event: {value['type']}\ndata: {compact(value)}\n\n".encode()


# Edits of bytes. Each raises when it does not find what it changes: an edit that does nothing proves nothing.

Change = Callable[[bytes], bytes]


def once(old: bytes, new: bytes) -> Change:
    """The only occurrence of `old` replaced."""

    def change(body: bytes) -> bytes:
        if body.count(old) != 1:
            raise ValueError(f"{old!r} is there {body.count(old)} times, not once")
        return body.replace(old, new)

    return change


def every(old: bytes, new: bytes) -> Change:
    """Every occurrence replaced."""

    def change(body: bytes) -> bytes:
        if old not in body:
            raise ValueError(f"{old!r} is not there")
        return body.replace(old, new)

    return change


def nth(number: int, old: bytes, new: bytes) -> Change:
    """The occurrence with this number replaced, counted from 0, or from the end by -1."""

    def change(body: bytes) -> bytes:
        parts = body.split(old)
        if len(parts) < 2:
            raise ValueError(f"{old!r} is not there")
        at = range(len(parts) - 1)[number]
        return old.join(parts[: at + 1]) + new + old.join(parts[at + 1 :])

    return change


def behind(old: bytes, new: bytes) -> Change:
    """The last block that holds `old`, and `new` after it."""

    def change(body: bytes) -> bytes:
        end = body.index(b"\n\n", body.rindex(old)) + 2
        return body[:end] + new + body[end:]

    return change


def without(old: bytes) -> Change:
    """The only block that holds `old` left out."""

    def change(body: bytes) -> bytes:
        blocks = body.split(b"\n\n")
        kept = [block for block in blocks if old not in block]
        if len(kept) != len(blocks) - 1:
            raise ValueError(f"{old!r} is in {len(blocks) - len(kept)} blocks, not in one")
        return b"\n\n".join(kept)

    return change


def swapped(first: bytes, second: bytes) -> Change:
    """The only two blocks that hold `first` and `second` in each other's place."""

    def change(body: bytes) -> bytes:
        blocks = body.split(b"\n\n")
        (one,) = [at for at, block in enumerate(blocks) if first in block]
        (two,) = [at for at, block in enumerate(blocks) if second in block]
        blocks[one], blocks[two] = blocks[two], blocks[one]
        return b"\n\n".join(blocks)

    return change


def edited(
    base: Wire, id: str, *changes: Change, breaks: str | tuple[str, ...] = (), cause: str = "", **fields: Any
) -> Wire:
    """A wire with its bytes changed, and other fields where they are given."""
    body = base.body
    for change in changes:
        body = change(body)
    if body == base.body and not fields:
        raise ValueError(f"The edit {id!r} changes nothing.")
    broken = (breaks,) if isinstance(breaks, str) else breaks
    return replace(base, id=id, body=body, breaks=broken, cause=cause, **fields)
