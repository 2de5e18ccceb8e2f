"""The decoder against the standard, and against every cut of its input."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.decode import Oddity, Wire, decode
from conformance.exchange import Piece


def whole(body: bytes) -> Wire:
    """The body decoded in one piece."""
    return decode([Piece(data=body)])


def dispatched(body: bytes) -> list[tuple[str | None, str]]:
    """Name and data of each event."""
    return [(event.name, event.data) for event in whole(body).events]


def oddities(body: bytes) -> list[str]:
    """The oddities of a body, in wire order."""
    return [note.oddity.value for note in whole(body).notes]


# The examples of the standard, in its own order (9.2.6).
STANDARD = [
    (b"data: YHOO\ndata: +2\ndata: 10\n\n", [(None, "YHOO\n+2\n10")]),
    (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        [(None, "first event"), (None, "second event"), (None, " third event")],
    ),
    (b"data\n\ndata\ndata\n\ndata:", [(None, ""), (None, "\n")]),
    (b"data:test\n\ndata: test\n\n", [(None, "test"), (None, "test")]),
]


@pytest.mark.parametrize(("body", "events"), STANDARD)
def test_the_standards_examples(body: bytes, events: list[tuple[str | None, str]]) -> None:
    """Each example of the standard gives the events that it says."""
    assert dispatched(body) == events


@pytest.mark.parametrize(
    ("body", "events", "odd"),
    [
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [(None, "a"), (None, "b")], ["crlf", "crlf"]),
        (b"data: a\r\rdata: b\r\r", [(None, "a"), (None, "b")], ["cr", "cr"]),
        (b"data: a\n\r\ndata: b\r\n\n", [(None, "a"), (None, "b")], ["crlf", "crlf"]),
        (b"\xef\xbb\xbfdata: a\n\n", [(None, "a")], ["bom"]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", [], ["bom", "unknown-field", "no-data"]),
        (b"event: ping\n\ndata: a\n\n", [(None, "a")], ["no-data"]),
        (b"event: ping\ndata: a\n\n", [("ping", "a")], []),
        (b"event: x\nevent: y\ndata: a\n\n", [("y", "a")], []),
        (b"data: \n\ndata: a\n\n", [(None, ""), (None, "a")], ["empty-data"]),
        (b"data: a\nid: 7\nretry: 10\n\n", [(None, "a")], ["id", "retry"]),
        (b"data: a\nretry: +5\n\n", [(None, "a")], ["bad-retry"]),
        (b"data: a\nretry: 1_0\n\n", [(None, "a")], ["bad-retry"]),
        ("data: a\nretry: ٣\n\n".encode(), [(None, "a")], ["bad-retry"]),
        (b"error: {}\n\n", [], ["unknown-field", "no-data"]),
        (b" data: a\n\n", [], ["unknown-field", "no-data"]),
        (b"data : a\n\n", [], ["unknown-field", "no-data"]),
        (b":\n\n: x\ndata: a\n\n", [(None, "a")], ["comment", "comment"]),
        (b"data: \xff\n\n", [(None, "\ufffd")], ["invalid-utf8"]),
        (b"data: [DONE]", [], ["unterminated"]),
        (b"data: [DONE]\n", [], ["unterminated"]),
        (b"data: a\n\n\n\n\ndata: b\n\n", [(None, "a"), (None, "b")], []),
        ("data: a\u2028b\x85c\x0bd\n\n".encode(), [(None, "a\u2028b\x85c\x0bd")], []),
        (b"", [], []),
        (b"\xef\xbb", [], ["invalid-utf8", "no-colon", "unknown-field", "no-data", "unterminated"]),
    ],
)
def test_every_oddity(body: bytes, events: list[tuple[str | None, str]], odd: list[str]) -> None:
    """What is dispatched, and what a client would not show."""
    assert dispatched(body) == events
    assert oddities(body) == odd


def test_the_tail_is_what_an_unended_block_would_have_said() -> None:
    """The standard discards it; the tail keeps it for the rules."""
    wire = whole(b"data: a\n\nevent: x\ndata: b")

    assert wire.tail is not None
    assert (wire.tail.name, wire.tail.data, wire.tail.start, wire.tail.end) == ("x", "b", 9, 25)
    assert len(wire.events) == 1


def test_spans_cover_the_body() -> None:
    """The blocks of events follow each other without a gap, blank lines included."""
    body = b"data: a\n\nevent: x\r\ndata: b\r\n\r\ndata: c\n\n"
    events = whole(body).events

    assert [(event.start, event.end) for event in events] == [(0, 9), (9, 30), (30, 39)]
    assert b"".join(body[event.start : event.end] for event in events) == body


def test_an_event_arrives_with_the_piece_that_completes_it() -> None:
    """Also where a CR leaves open whether a LF follows."""
    pieces = [Piece(data=b"data: a", at=1.0), Piece(data=b"\r\r", at=2.0), Piece(data=b"data: b\r\r", at=3.0)]

    assert [event.at for event in decode(pieces).events] == [2.0, 3.0]


def test_one_space_before_a_value_is_taken_away() -> None:
    """Further ones, and those behind it, belong to the text."""
    assert dispatched(b"event:  x \ndata:  a \ndata: b\t\n\n") == [(" x ", " a \nb\t")]


@pytest.mark.parametrize("end", [b"\n", b"\n\n\n", b"\r\n", b"\r"])
def test_blank_lines_at_the_end_are_no_tail(end: bytes) -> None:
    """Nothing was cut off there."""
    wire = whole(b"data: a\n\n" + end)

    assert wire.tail is None
    assert wire.noted(Oddity.UNTERMINATED) == ()


def test_an_event_that_ends_in_cr_keeps_its_time() -> None:
    """Whatever comes before it is known that no LF follows, and however early it came."""
    late = [Piece(data=b"data: a\r\r", at=0.0), Piece(data=b"", at=1.0), Piece(data=b"data: b\n\n", at=2.0)]
    early = [Piece(data=b"data: a\r\r", at=0.0), Piece(data=b"\n", at=3.0)]

    assert [event.at for event in decode(late).events] == [0.0, 2.0]
    assert [event.at for event in decode(early).events] == [0.0]


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n"])
def test_a_blank_line_in_two_pieces_ends_an_event(end: bytes) -> None:
    """Wherever it is cut."""
    body = b"data: a" + end + b"data: b" + end
    for cut in range(1, len(body)):
        pieces = [Piece(data=body[:cut]), Piece(data=body[cut:])]
        assert [event.data for event in decode(pieces).events] == ["a", "b"]


def test_a_byte_order_mark_is_one_at_the_beginning_alone() -> None:
    """Also where it comes in two pieces; a later one is part of a line."""
    mark = b"\xef\xbb\xbf"
    begun = decode([Piece(data=mark[:1]), Piece(data=mark[1:] + b"data: a\n\n")])
    later = decode([Piece(data=b"data: a\n\n"), Piece(data=mark + b"data: b\n\n")])

    assert [event.data for event in begun.events] == ["a"]
    assert [note.oddity for note in begun.notes] == [Oddity.BOM]
    assert [event.data for event in later.events] == ["a"]
    assert later.noted(Oddity.BOM) == ()


def test_notes_on_a_cut_block_are_about_no_event() -> None:
    """A client never sees it."""
    notes = whole(b"data: a\n\ndata:b\nid: 7").notes

    assert {note.oddity for note in notes} == {Oddity.NO_SPACE, Oddity.ID, Oddity.UNTERMINATED}
    assert {(note.event, note.dispatched) for note in notes} == {(1, False)}


FRAGMENTS = [b"data: a", b"data:", b"data", b"event: x", b"id: 1", b": c", b" ", b"x", b"\n", b"\r"]
FRAGMENTS += [b"\r\n", b"\n\n", b"\xff", b"\xef\xbb\xbf", "ü".encode(), "👋".encode()]
AWKWARD = st.lists(st.sampled_from(FRAGMENTS), max_size=24).map(b"".join)


def timeless(wire: Wire) -> tuple[object, ...]:
    """All of a decoded body but the arrival times."""
    return (
        [(item.number, item.data, item.name, item.start, item.end) for item in wire.events],
        wire.notes,
        wire.size,
        wire.tail and (wire.tail.data, wire.tail.name, wire.tail.start, wire.tail.end),
    )


@given(AWKWARD, st.data())
def test_cuts_do_not_matter(body: bytes, data: st.DataObject) -> None:
    """Whole, byte by byte and in any two or three pieces: the same events and notes."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=2)))
    ends = [0, *cuts, len(body)]
    parts = [Piece(data=body[a:b]) for a, b in pairwise(ends)]
    single = [Piece(data=body[i : i + 1]) for i in range(len(body))]

    assert timeless(decode(parts)) == timeless(whole(body)) == timeless(decode(single))


@given(st.binary(max_size=400))
def test_any_bytes_decode(body: bytes) -> None:
    """Never an exception, and never an event outside the body."""
    wire = whole(body)

    assert wire.size == len(body)
    assert all(0 <= event.start < event.end <= len(body) for event in wire.events)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), max_size=6))
def test_what_is_encoded_comes_back(texts: list[str]) -> None:
    """Data written by the rules is read as it was, by an encoder of three lines."""
    body = "".join(f"data: {text}\n\n" for text in texts).encode()

    assert dispatched(body) == [(None, text) for text in texts]
    assert all(note.oddity is Oddity.EMPTY_DATA for note in whole(body).notes)
