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
from conformance.reference.faults.fault import Edit, Fault
from conformance.reference.wire import Ask, Frame, Pace, Reply

SILENT = 31.0
"""Seconds, one more than proxies and clients are asked to bear."""
BLOCK = 512
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


def _in_blocks(_: Ask, reply: Reply) -> Reply:
    body = b"".join(frame.data for frame in reply.frames)
    cuts = range(0, len(body), BLOCK)
    return replace(reply, frames=tuple(Frame(data=body[at : at + BLOCK], pause=0.05) for at in cuts))


def _later(seconds: float) -> Edit:
    """The first byte so many seconds later."""

    def edit(_: Ask, reply: Reply) -> Reply:
        first, *rest = reply.frames
        return replace(reply, frames=(replace(first, pause=first.pause + seconds), *rest))

    return edit


FAULTS = (
    Fault(
        id="buffered-until-the-end",
        breaks=("stream-incremental", "stream-early"),
        cause="What is sent in one burst began no earlier than the answer without streaming.",
        why=(
            "The whole answer is held back and sent in one burst, so users look at nothing and then at "
            "everything."
        ),
        edit=streams(_buffered),
        pace=Pace(first_pause=0.1, token_pause=0.05),
    ),
    Fault(
        id="buffered-and-fast",
        breaks=("stream-early",),
        why="The answer is held back and sent at once: nobody waits long for it, and nobody sees it come.",
        edit=streams(_buffered),
        pace=Pace(first_pause=0.05, token_pause=0.02),
    ),
    Fault(
        id="sent-in-blocks",
        breaks=("stream-blocks",),
        why="A buffer is sent whenever it is full, so text stands still and then jumps ahead.",
        edit=streams(_in_blocks),
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
        id="client-gone-server-goes-on",
        breaks=("cancel-frees",),
        why="The only worker writes on for a client that has left, and whoever comes next waits for it.",
        edit=documents(_later(3.0)),
        once_left=True,
    ),
    Fault(
        id="client-gone-server-lingers",
        breaks=("cancel-undelayed",),
        why="The only worker writes on for a while after the client has left, and the next one waits.",
        edit=documents(_later(1.1)),
        pace=Pace(first_pause=0.1, token_pause=0.02),
        once_left=True,
    ),
    Fault(
        id="connection-left-open",
        breaks=("connection-closed",),
        why="The body never ends after the terminator, and SDKs that read to the end hang.",
        edit=streams(ended("hold")),
    ),
)
