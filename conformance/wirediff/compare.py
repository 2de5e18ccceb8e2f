"""Compares the exchanges of a run with those of another, which asked the same through a gateway. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.decode import Wire, decode
from conformance.exchange import Ended, Exchange, Expects
from conformance.text import shown
from conformance.wirediff.collect import EXAMPLE, Collector
from conformance.wirediff.counterparts import counterparts
from conformance.wirediff.flat import flat, parsed
from conformance.wirediff.heads import compare_framing, compare_heads, times
from conformance.wirediff.records import ChangeKind, Side, Times, WireDifference
from conformance.wirediff.streams import compare_streams
from conformance.wirediff.values import Course, compare_one

__all__ = ["wire_difference"]

_WHAT = {"document": "a document", "stream": "an event stream", "text": "text", "empty": "nothing"}
_SPACED = b'": ', b"{\n", b"{ "
_UNASKED = (Ended.NOT_SENT, Ended.UNBUILT, Ended.INTERRUPTED)  # it is not the gateway that kept silent


def wire_difference(direct: Sequence[Exchange], gateway: Sequence[Exchange]) -> WireDifference:
    """What differs between the answers of an endpoint and those of a gateway in front of it."""
    pairs = counterparts(direct, gateway)
    collector = Collector()
    compared: list[str] = []
    unanswered: tuple[list[str], list[str]] = [], []
    measured: dict[str, tuple[Times, Times]] = {}
    for one, two in pairs:
        collector.scenario = one.id
        silent = [side.ended in _UNASKED or not (one.answered or two.answered) for side in (one, two)]
        if any(silent):
            unanswered[0].extend([one.id] * silent[0])
            unanswered[1].extend([two.id] * silent[1])
            continue
        compared.append(one.id)
        if not (one.answered and two.answered):
            said = [f"status {side.status}" if side.answered else side.ended.value for side in (one, two)]
            collector.change(ChangeKind.STATUS, "an answer", *said, words=True)
            continue
        compare_heads(collector, one, two)
        measured[one.id] = _bodies(collector, one, two)
    heard = frozenset(compared)
    paired = ({id(one) for one, _ in pairs}, {id(two) for _, two in pairs})
    return WireDifference(
        direct=_side(direct, paired[0], unanswered[0]),
        gateway=_side(gateway, paired[1], unanswered[1]),
        compared=tuple(compared),
        named_otherwise={one.id: two.id for one, two in pairs if one.id in heard and one.id != two.id},
        changes=collector.changes(),
        per_request=collector.requests(),
        times=measured,
        left_out=collector.left_out,
    )


def _side(exchanges: Sequence[Exchange], paired: set[int], unanswered: Sequence[str]) -> Side:
    return Side(
        provider=next((one.provider for one in exchanges if one.provider), ""),
        # Not the model that the suite makes up to be refused.
        models=tuple(
            dict.fromkeys(one.model for one in exchanges if one.model and one.expects is not Expects.REFUSAL)
        ),
        exchanges=len(exchanges),
        alone=tuple(one.id for one in exchanges if id(one) not in paired),
        unanswered=tuple(unanswered),
    )


def _bodies(collector: Collector, one: Exchange, two: Exchange) -> tuple[Times, Times]:
    """Compares two bodies; returns when each of them came."""
    kinds = _kind(one.body), _kind(two.body)
    if kinds[0] != kinds[1]:
        said = [_WHAT[kind] for kind in kinds]
        collector.change(ChangeKind.BODY, "the body", *said, words=True)
        return times(one, _wire(one, kinds[0])), times(two, _wire(two, kinds[1]))
    if kinds[0] == "stream":
        before, after = _streams(one, two)
        compare_framing(collector, before, after)
        compare_streams(collector, before, after)
        return times(one, before), times(two, after)
    if kinds[0] == "document":
        values = [parsed(side.body.decode(errors="replace"))[1] for side in (one, two)]
        if _unlike(*values):
            said = [shown(value, EXAMPLE) for value in values]
            collector.change(ChangeKind.BODY, "the document", *said, words=True)
        else:
            compare_one(Course(collector), flat(values[0]), flat(values[1]))
        spaced = [any(sign in side.body[:_HEAD] for sign in _SPACED) for side in (one, two)]
        if spaced[0] != spaced[1]:
            said = ["spaces" if side else "no spaces" for side in spaced]
            collector.change(ChangeKind.FRAMING, "spaces in a JSON document", *said, words=True)
    elif one.body != two.body:
        texts = [side.body[:_HEAD].decode(errors="replace") for side in (one, two)]
        collector.change(ChangeKind.BODY, "the text of the body", *texts)
    return times(one, None), times(two, None)


def _streams(one: Exchange, two: Exchange) -> tuple[Wire, Wire]:
    """Two streams; where the client left both, as far as it stayed in each: what came by then is chance."""
    before, after = decode(one.pieces), decode(two.pieces)
    if one.ended is two.ended is Ended.LEFT and len(before.events) != len(after.events):
        stayed = min(len(before.events), len(after.events))
        before, after = (_until(side, stayed, wire) for side, wire in ((one, before), (two, after)))
    return before, after


def _until(exchange: Exchange, stayed: int, wire: Wire) -> Wire:
    """A stream up to the end of one of its events."""
    left = wire.events[stayed - 1].end if stayed else 0
    pieces = []
    for piece in exchange.pieces:
        pieces.append(replace(piece, data=piece.data[:left]))
        left -= len(pieces[-1].data)
    return decode(pieces)


def _unlike(before: Any, after: Any) -> bool:
    """Whether two values have nothing in common, as an error and an answer have."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return type(before) is not type(after)
    return bool(before and after) and before.keys().isdisjoint(after)


_HEAD = 400  # bytes of a body by which it is known


def _wire(exchange: Exchange, kind: str) -> Wire | None:
    return decode(exchange.pieces) if kind == "stream" else None


def _kind(body: bytes) -> str:
    """What a body is by its first byte, whatever its header says."""
    if not body.strip():
        return "empty"
    first = body.lstrip()[:1]
    if first in (b"{", b"["):
        return "document" if parsed(body.decode(errors="replace"))[0] else "text"
    return "text" if first == b"<" or b":" not in body else "stream"
