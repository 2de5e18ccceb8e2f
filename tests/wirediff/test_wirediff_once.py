"""What a gateway does is told once, and nothing is left out: rare changes, and what only follows."""

import json
from collections.abc import Sequence

import pytest

from conformance.exchange import Ended
from conformance.wirediff import wire_difference
from tests.wirediff.pairs import DONE, answer, chunk, deltas, event, stream, typed

HELLO = deltas("Hel", "lo ", "wor", "ld")
FRAMING = "framing"
ASCII = (FRAMING, "ASCII characters escaped in JSON", 1)
SPOKEN = "choices.*.delta.content"
SIGNS = deltas("a/b <c> & 'd'")
PICTURE = [chunk({"content": "hi 🎉 yo"}), DONE]


def numbered(*names: str, start: int = 0) -> list[bytes]:
    """Events of Responses that are counted."""
    return [typed(name, sequence_number=number) for number, name in enumerate(names, start)]


def changed(frames: Sequence[bytes], old: bytes, new: bytes) -> list[bytes]:
    """The same frames, in one of which something else is written."""
    whole = b"".join(frames)
    assert old in whole
    return [whole.replace(old, new)]


def raw(text: str) -> bytes:
    """A chunk whose text is in the spelling of JSON for ASCII."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    value = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [choice]}
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


@pytest.mark.parametrize(
    ("direct", "gateway", "told"),
    [
        (HELLO, [*HELLO, DONE], [(FRAMING, "the terminator [DONE]", 1)]),
        (HELLO, [*HELLO[:-1], DONE.rstrip()], [(FRAMING, "a last block without its blank line", 1)]),
        (HELLO, [b"retry: 3000\n\n", *HELLO], [(FRAMING, "`retry:` lines", 1)]),
        (HELLO, changed(HELLO, b'{"id"', b'{"id":"x","id"'), [(FRAMING, "keys that an object has twice", 1)]),
        (SIGNS, changed(SIGNS, b"a/b", rb"a\/b"), [ASCII]),
        (
            SIGNS,
            changed(SIGNS, b"<c>", rb"\u003cc\u003e"),
            [ASCII],
        ),
        (PICTURE, [raw("hi 🎉 yo"), DONE], [(FRAMING, "characters escaped in JSON", 1)]),
        (
            PICTURE,
            [raw("hi \ud83c"), raw("\udf89 yo"), DONE],
            [(FRAMING, "events that end inside a surrogate pair", 1), ("split", SPOKEN, 1)],
        ),
        (
            [raw("hi \ud83c"), raw("\udf89 yo"), DONE],
            PICTURE,
            [(FRAMING, "events that end inside a surrogate pair", 1), ("merged", SPOKEN, 1)],
        ),
        # Numbers that follow from what was dropped are no change of their own; gaps and another start are.
        (numbered("a", "b", "c"), numbered("a", "c"), [("dropped", "b", 1)]),
        (numbered("a", "b"), numbered("a", "x", "b"), [("inserted", "x", 1)]),
        (numbered("a", "b"), numbered("a", "b", start=1), [("changed", "sequence_number", 2)]),
        (
            numbered("a", "b", "c"),
            [*numbered("a", "b"), *numbered("c", start=7)],
            [("changed", "sequence_number", 1)],
        ),
    ],
)
def test_a_change_is_told_once(
    direct: Sequence[bytes], gateway: Sequence[bytes], told: list[tuple[str, str, int]]
) -> None:
    """With how often it was seen; and what is equal is not told."""
    assert stream(direct, gateway) == told
    assert stream(gateway, gateway) == []


def test_characters_that_a_stream_does_not_have_are_not_held_against_it() -> None:
    """How it would write them is not known."""
    plain = [event({"choices": [{"index": 0, "delta": {"content": "abc"}, "finish_reason": None}]}), DONE]
    assert ASCII not in stream(plain, changed(plain, b"abc", rb"a\u003cc"))


def test_how_far_a_client_stayed_that_left_is_no_change() -> None:
    """A gateway that holds a stream back hands over more of it before the client can leave."""
    some = answer(HELLO[:2], ended=Ended.LEFT)
    held = answer([b"".join([*HELLO, DONE])], ended=Ended.LEFT)
    for one, two in ((some, held), (held, some)):
        assert wire_difference([one], [two]).changes == ()
    other = answer(changed(HELLO, b'"object"', b'"sort"'), ended=Ended.LEFT)
    assert wire_difference([some], [other]).changes
    assert wire_difference([answer(HELLO[:2])], [answer([*HELLO, DONE])]).changes
