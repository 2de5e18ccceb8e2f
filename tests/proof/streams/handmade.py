"""Hand-made wires: the answer to a request as bytes, and the requirements that it breaks."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

from conformance.exchange import Api, Ended, Exchange, Expects, Malformed, Need, Piece, Promise, Request

EVENT_STREAM = (("content-type", "text/event-stream; charset=utf-8"),)
DONE = b"data: [DONE]\n\n"

Json = dict[str, Any]
Breaks = str | tuple[str, ...]
"""What a wire is made with: the id of the one requirement that it breaks, or of several."""


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
    status: int | None = 200
    headers: tuple[tuple[str, str], ...] = EVENT_STREAM
    ended: Ended = Ended.CLOSED
    detail: str = ""
    malformed: Malformed = Malformed.NONE
    expects: str = "stream"
    promises: tuple[str, ...] = ()
    claim: bool | None = None
    times: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.breaks) > 1 and not self.cause:
            raise ValueError(
                f"Wire {self.id!r} breaks {len(self.breaks)} requirements: write why in 'cause'."
            )


def ids(breaks: Breaks) -> tuple[str, ...]:
    """One id or several, as a tuple."""
    return (breaks,) if isinstance(breaks, str) else breaks


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
        detail=wire.detail,
        malformed=wire.malformed,
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
