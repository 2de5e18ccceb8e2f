"""The streams that are mutated: of the reference provider, of real servers, and made by hand.

`streams` holds the answers of servers that others wrote, as `make interop` recorded them; a file's name
begins with the provider's. The hand-made ones are the legal wires of the proofs, in the forms that OpenAI has
been recorded with.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from conformance.evidence import read_evidence
from conformance.exchange import Ended, Piece
from conformance.plan import plan
from conformance.providers import find_providers
from conformance.reference.direct import asked
from tests.mutation.stream import Base, read_whole, taken_apart
from tests.proof.streams import chat, documents, hosted_tools, responses
from tests.proof.streams.handmade import exchange

__all__ = ["bases"]

STREAMS = Path(__file__).parent / "streams"
_ADDRESS = "http://127.0.0.1/v1"
# Tokens of two choices. A text that grows by a word must still be one that so many tokens can hold.
_FEW = b'"completion_tokens":4,"total_tokens":13'
_ENOUGH = b'"completion_tokens":40,"total_tokens":49'


def bases() -> list[Base]:
    """All of them, in a fixed order."""
    return [*_reference(), *_real(), *_made(), *_whole()]


def _reference() -> Iterator[Base]:
    """Every stream of a default run, but for the one that is left and the one that comes again.

    Behind them every answer without streaming, beside its stream.
    """
    provider = find_providers(environment={})["reference"]
    streams, twins = [], {}
    for planned, _, reply in asked(plan(provider, base_url=_ADDRESS).requests):
        expects, pair = planned.exchange.expects, planned.scenario.twin
        same = planned.scenario.leaves_after or planned.scenario.repeats
        if expects not in ("stream", "document") or same:
            continue
        answered = replace(
            planned.exchange,
            status=reply.status,
            headers=reply.headers,
            pieces=tuple(Piece(data=frame.data) for frame in reply.frames),
            ended=Ended.CLOSED,
        )
        if pair is not None:
            twins[pair.scenario] = answered
        elif expects == "stream":
            streams.append(answered)
    for stream in streams:
        yield replace(taken_apart("reference", stream.id, stream), twin=twins.get(stream.id))
    for stream in streams:
        if (twin := twins.get(stream.id)) is not None:
            yield replace(read_whole("reference", twin.id, twin), twin=stream)


def _real() -> Iterator[Base]:
    for path in sorted(STREAMS.glob("*.jsonl")):
        yield taken_apart("real", path.stem, read_evidence(path))


def _made() -> Iterator[Base]:
    for wire in (*chat.LEGAL, *responses.LEGAL, *hosted_tools.LEGAL):
        body = wire.body.replace(_FEW, _ENOUGH) if wire.id == "chat-two-choices" else wire.body
        yield taken_apart("made", wire.id, exchange(replace(wire, body=body)))


def _whole() -> Iterator[Base]:
    """Answers without streaming, which nobody asked for as a stream as well."""
    for wire in documents.LEGAL_WHOLE:
        yield read_whole("made", wire.id, exchange(wire))
