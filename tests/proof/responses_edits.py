"""Edits of Responses streams, event by event."""

import re

from tests.proof.wire import (
    Change,
    every,
    named,
    once,
)


def counted(*changes: Change) -> Change:
    """The changes, and after them the events numbered anew, so that only what was changed is wrong."""

    def change(body: bytes) -> bytes:
        for each in changes:
            body = each(body)
        numbers = iter(range(1000))
        return re.sub(rb'"sequence_number":\d+', lambda _: b'"sequence_number":%d' % next(numbers), body)

    return change


def event(kind: str, **fields: object) -> bytes:
    """An event to be put among others."""
    return named({"type": kind, **fields, "sequence_number": 0})


def line(kind: str) -> bytes:
    """How the block of an event begins."""
    return f"event: {kind}\n".encode()


def within(head: bytes, old: bytes, new: bytes, number: int = -1) -> Change:
    """`old` replaced in one of the events that begin with `head`, the last one unless it is said."""

    def change(body: bytes) -> bytes:
        blocks = body.split(b"\n\n")
        at = [place for place, block in enumerate(blocks) if block.startswith(head)][number]
        blocks[at] = once(old, new)(blocks[at])
        return b"\n\n".join(blocks)

    return change


def lost(head: bytes, number: int) -> Change:
    """One of the events that begin with `head` left out, counted from 0."""

    def change(body: bytes) -> bytes:
        blocks = body.split(b"\n\n")
        del blocks[[place for place, block in enumerate(blocks) if block.startswith(head)][number]]
        return b"\n\n".join(blocks)

    return change


def onwards(head: bytes, old: bytes, new: bytes) -> Change:
    """Every `old` replaced from the event on that begins with `head`."""

    def change(body: bytes) -> bytes:
        start = body.index(head)
        return body[:start] + every(old, new)(body[start:])

    return change


CREATED, IN_PROGRESS = line("response.created"), line("response.in_progress")

ADDED, DONE_ITEM = line("response.output_item.added"), line("response.output_item.done")

PART, DONE_PART = line("response.content_part.added"), line("response.content_part.done")

DELTA, DONE_TEXT = line("response.output_text.delta"), line("response.output_text.done")

COMPLETED = line("response.completed")

HELLO = b"Hello, world!"

OTHER = b"Hello, moon!"
