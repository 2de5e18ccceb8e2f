"""What breaks and what keeps the requirements on the annotations of a Responses stream."""

from tests.proof.streams.edits import counted, edited, every, lost, nth, once, within, without
from tests.proof.streams.handmade import Breaks, Json, Wire, compact
from tests.proof.streams.hosted_tools import CITATION, WEB_SEARCH
from tests.proof.streams.responses import (
    DONE_ITEM,
    DONE_PART,
    OPENING,
    about,
    completed,
    item_events,
    line,
    message,
    part_events,
    text_events,
    text_part,
    wire,
)

NOTES: tuple[Json, ...] = (
    {"type": "file_citation", "file_id": "file_1", "filename": "a.txt", "index": 3},
    {"type": "url_citation", "start_index": 0, "end_index": 4, "title": "T", "url": "https://example.com"},
)
CITATIONS: tuple[Json, ...] = tuple(
    {"type": "url_citation", "start_index": 0, "end_index": 4, "title": name, "url": "https://example.com"}
    for name in ("A", "B")
)
FIRST_NOTE, SECOND_NOTE = (compact(note).encode() for note in CITATIONS)


def annotated(id: str, *parts: tuple[str, tuple[Json, ...]], breaks: Breaks = ()) -> Wire:
    """A message whose parts have these texts and citations."""
    done = message("msg_0", *(text_part(said, *notes) for said, notes in parts))
    inside = [event for place, (said, notes) in enumerate(parts) for event in _part(done, place, said, notes)]
    events = item_events(0, message("msg_0", status="in_progress"), done, *inside)
    return wire(id, *OPENING, *events, completed(done), breaks=breaks)


def _part(item: Json, place: int, said: str, notes: tuple[Json, ...]) -> tuple[Json, ...]:
    """A part from its announcement to its end, its citations behind its only delta."""
    delta, end = text_events(0, item, said, place=place)
    told = (
        about(
            0,
            item,
            "output_text.annotation.added",
            content_index=place,
            annotation_index=number,
            annotation=note,
        )
        for number, note in enumerate(notes)
    )
    return part_events(0, item, item["content"][place], place, delta, *told, end)


def _cited(start: int, end: int) -> tuple[Json, ...]:
    """A citation of these characters."""
    return ({**CITATIONS[0], "start_index": start, "end_index": end},)


TWO_CITED = annotated("annotations-of-two-parts", ("One.", CITATIONS[:1]), ("Two.", CITATIONS[1:]))

BROKEN: tuple[Wire, ...] = (
    edited(
        WEB_SEARCH,
        "annotation-other",
        within(DONE_ITEM, b"https://example.com/weather", b"https://example.com/other"),
        breaks="annotations-agree",
    ),
    edited(
        WEB_SEARCH,
        "annotation-lost",
        within(DONE_ITEM, compact(CITATION).encode(), b""),
        breaks="annotations-agree",
    ),
    edited(
        WEB_SEARCH,
        "annotation-other-in-part",
        within(DONE_PART, b"https://example.com/weather", b"https://example.com/other"),
        breaks="annotations-agree",
    ),
    edited(
        WEB_SEARCH,
        "annotation-index-one",
        once(b'"annotation_index":0', b'"annotation_index":1'),
        breaks="annotations-agree",
    ),
    edited(
        TWO_CITED,
        "annotation-true-for-one",
        every(b'"start_index":0', b'"start_index":1'),
        within(DONE_PART, b'"start_index":1', b'"start_index":true', 0),
        breaks=("annotations-agree", "event-schema"),
        cause="What is no number is none by the schema either.",
    ),
    edited(
        WEB_SEARCH,
        "annotation-never-streamed",
        counted(without(line("response.output_text.annotation.added"))),
        breaks="annotations-streamed",
    ),
    edited(
        TWO_CITED,
        "annotations-of-two-parts-never-streamed",
        counted(
            lost(line("response.output_text.annotation.added"), 0),
            lost(line("response.output_text.annotation.added"), 0),
        ),
        breaks="annotations-streamed",
    ),
    annotated("annotation-beyond-the-text", ("One.", _cited(0, 5)), breaks="annotation-range"),
    annotated("annotation-ends-before-it-starts", ("One.", _cited(3, 1)), breaks="annotation-range"),
    annotated("annotation-starts-behind-the-text", ("One.", _cited(40, 44)), breaks="annotation-range"),
)

LEGAL: tuple[Wire, ...] = (
    annotated("annotations", ("One.", NOTES)),
    TWO_CITED,
    edited(
        TWO_CITED,
        "annotations-streamed-with-null",
        nth(0, b'"annotation":{', b'"annotation":{"file_id":null,'),
    ),
    annotated("annotation-of-the-whole-text", ("One.", _cited(0, 4))),
    annotated("annotation-of-nothing", ("One.", _cited(4, 4))),
    annotated("annotation-counted-in-utf16", ("😀 ok", _cited(0, 5))),
    edited(
        WEB_SEARCH,
        "annotation-of-unknown-kind",
        every(b'"type":"url_citation","start_index":0,"end_index":10', b'"type":"quote"'),
    ),
)
