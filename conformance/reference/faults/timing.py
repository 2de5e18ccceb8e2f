"""Faults of when things are sent."""

from dataclasses import replace

from conformance.reference.faults.edit import (
    CONTENT,
    altered,
    chat,
    deltas,
    documents,
    dropped,
    each,
    ended,
    every,
    one_choice,
    prose,
    read,
    streams,
)
from conformance.reference.faults.fault import Fault
from conformance.reference.wire import Ask, Frame, Pace, Reply

SILENT = 31.0
"""Seconds, one more than proxies and clients are asked to bear."""
FAILED = b'{"error":{"message":"No worker is left.","type":"server_error","param":null,"code":null}}'


def _buffered(_: Ask, reply: Reply) -> Reply:
    total = sum(frame.pause for frame in reply.frames)
    frames = (replace(frame, pause=0.0 if at else total) for at, frame in enumerate(reply.frames))
    return replace(reply, frames=tuple(frames))


def _in_one_delta(ask: Ask, reply: Reply) -> Reply:
    said = every(CONTENT)(reply.frames)
    texts = [deltas(read(reply.frames[at].data)) for at in said]
    whole = "".join(delta["content"] for found in texts for delta in found)
    if len(said) < 2:
        return reply
    joined = altered(lambda _: said[-1:], each(deltas, lambda delta: delta.update(content=whole)))
    return dropped(lambda _: said[:-1])(ask, joined(ask, reply))


def _paused(_: Ask, reply: Reply) -> Reply:
    middle = len(reply.frames) // 2
    frames = (
        replace(frame, pause=SILENT if at == middle else frame.pause) for at, frame in enumerate(reply.frames)
    )
    return replace(reply, frames=tuple(frames))


def _failed(_: Ask, reply: Reply) -> Reply:
    return replace(reply, status=500, frames=(Frame(data=FAILED),))


FAULTS = (
    Fault(
        id="buffered-until-the-end",
        breaks=("stream-incremental",),
        why=(
            "The whole answer is held back and sent in one burst, so users look at nothing and then at "
            "everything."
        ),
        edit=streams(_buffered),
        pace=Pace(first_pause=0.1, token_pause=0.05),
    ),
    Fault(
        id="content-in-one-delta",
        breaks=("delta-small",),
        why="The whole text comes in one delta, so users wait for all of it.",
        edit=chat(one_choice(prose(_in_one_delta))),
    ),
    Fault(
        id="silence-in-the-middle",
        breaks=("stream-silence",),
        why="Nothing comes for half a minute in the middle of an answer, and proxies drop the connection.",
        edit=streams(_paused),
    ),
    Fault(
        id="client-gone-server-gone",
        breaks=("document-status", "cancel-survived"),
        cause="The request that comes after the client has left is for a document, and fails.",
        why="A client that leaves takes the only worker along, and whoever comes next is answered with 500.",
        edit=documents(_failed),
        once_left=True,
    ),
    Fault(
        id="connection-left-open",
        breaks=("connection-closed",),
        why="The body never ends after the terminator, and SDKs that read to the end hang.",
        edit=streams(ended("hold")),
    ),
)
