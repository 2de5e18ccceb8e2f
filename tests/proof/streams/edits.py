"""Edits of bytes. Each raises if it does not find what it should change, so that no edit is a no-op."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.proof.streams.handmade import Breaks, Wire, ids

Change = Callable[[bytes], bytes]


def instead(new: bytes) -> Change:
    """Something else in place of all."""
    return lambda _: new


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


def moved(old: bytes, mark: bytes) -> Change:
    """The only block that holds `old`, behind the last one that holds `mark`."""

    def change(body: bytes) -> bytes:
        (block,) = [item for item in body.split(b"\n\n") if old in item]
        return behind(mark, block + b"\n\n")(without(old)(body))

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


def counted(*changes: Change) -> Change:
    """The changes, and after them the events numbered anew, so that only what was changed is wrong."""

    def change(body: bytes) -> bytes:
        for each in changes:
            body = each(body)
        numbers = iter(range(1000))
        return re.sub(rb'"sequence_number":\d+', lambda _: b'"sequence_number":%d' % next(numbers), body)

    return change


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


def edited(
    base: Wire, id: str, *changes: Change, breaks: Breaks = (), cause: str = "", **fields: Any
) -> Wire:
    """A wire with its bytes changed, and other fields where they are given."""
    body = base.body
    for change in changes:
        body = change(body)
    if body == base.body and not fields:
        raise ValueError(f"The edit {id!r} changes nothing.")
    return replace(base, id=id, body=body, breaks=ids(breaks), cause=cause, **fields)
