"""Faults of when things are sent."""

from dataclasses import replace

from conformance.reference.faults.edit import ended, streams
from conformance.reference.faults.fault import Fault
from conformance.reference.wire import Ask, Pace, Reply


def _buffered(_: Ask, reply: Reply) -> Reply:
    total = sum(frame.pause for frame in reply.frames)
    frames = (replace(frame, pause=0.0 if at else total) for at, frame in enumerate(reply.frames))
    return replace(reply, frames=tuple(frames))


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
        id="connection-left-open",
        breaks=("connection-closed",),
        why="The body never ends after the terminator, and SDKs that read to the end hang.",
        edit=streams(ended("hold")),
    ),
)
