"""A body while it comes, fed by hand: its ceilings, its terminators, and how far it is."""

import pytest

from conformance.capture.body import Watch
from conformance.exchange import Api, Piece
from conformance.providers import Limits

LIMITS = Limits(bytes=1000, events=5)
EVENT = b"data: {}\n\n"


def watched(*pieces: bytes, api: Api = Api.CHAT) -> Watch:
    """What has been seen of a body after these pieces."""
    watch = Watch(api, LIMITS)
    for number, data in enumerate(pieces):
        watch.take(Piece(data=data, at=float(number)))
    return watch


@pytest.mark.parametrize(
    ("pieces", "excess"),
    [
        ([b"x" * 1000], ""),
        ([b"x" * 1001], "the body is larger than 1000 bytes"),
        ([EVENT] * 5, ""),
        ([EVENT] * 6, "the stream has more than 5 events"),
        ([b"x"] * 50, ""),
        ([b"x"] * 51, "the body came in more than 50 pieces"),
    ],
    ids=["bytes", "more-bytes", "events", "more-events", "pieces", "more-pieces"],
)
def test_each_ceiling_is_the_most_that_is_taken(pieces: list[bytes], excess: str) -> None:
    """Bytes, events, and the pieces that they come in."""
    assert watched(*pieces).excess == excess


@pytest.mark.parametrize(
    ("api", "data", "terminator"),
    [
        (Api.CHAT, b"[DONE]", "[DONE]"),
        (Api.CHAT, b'"[done]"', "[DONE]"),
        (Api.CHAT, b'{"type":"response.completed"}', ""),
        (Api.CHAT, b'{"content":"[DONE]"}', ""),
        (Api.RESPONSES, b'{"type":"response.completed"}', "response.completed"),
        (Api.RESPONSES, b'{"type":"response.failed"}', "response.failed"),
        (Api.RESPONSES, b'{"delta":"response.completed"}', ""),
        (Api.RESPONSES, b"[DONE]", "[DONE]"),
    ],
)
def test_a_terminator_is_an_event_of_its_own(api: Api, data: bytes, terminator: str) -> None:
    """Of the API that was asked; its words inside a text end nothing."""
    assert watched(EVENT, b"data: " + data + b"\n\n", EVENT, api=api).terminator == terminator


def test_it_says_how_far_it_is() -> None:
    """By the events that are complete."""
    places = [watched(*pieces).place for pieces in ([], [b"data"], [EVENT, b"data"])]
    assert places == [
        "after the head of the answer",
        "after 4 bytes without a complete event",
        "after event 1",
    ]
