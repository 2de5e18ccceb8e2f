"""What breaks and what keeps the requirements on what a Responses stream tells several times."""

from tests.proof.streams.edits import counted, edited, every, lost, nth, once, onwards, within
from tests.proof.streams.handmade import Json, Wire, compact
from tests.proof.streams.hosted_tools import CITATION, CODE_INTERPRETER, MCP, WEB_SEARCH
from tests.proof.streams.responses import (
    CALL,
    COMPLETED,
    DONE_ITEM,
    DONE_PART,
    EMPTY_PART,
    MESSAGE,
    MESSAGE_EVENTS,
    OPEN_REASONING,
    OPENING,
    PARTS,
    SEALED_REASONING,
    SUMMARY,
    TEXT,
    about,
    completed,
    incomplete,
    item_events,
    line,
    message,
    part_events,
    text_events,
    text_part,
    wire,
)

NOTED = compact(text_part("Hello, world!", CITATION)).encode()
PLAIN = compact(text_part("Hello, world!")).encode()
NOTES: tuple[Json, ...] = (
    {"type": "file_citation", "file_id": "file_1", "filename": "a.txt", "index": 3},
    {"type": "url_citation", "start_index": 0, "end_index": 4, "title": "T", "url": "https://example.com"},
)
CITATIONS: tuple[Json, ...] = tuple(
    {"type": "url_citation", "start_index": 0, "end_index": 4, "title": name, "url": "https://example.com"}
    for name in ("A", "B")
)
FIRST_NOTE, SECOND_NOTE = (compact(note).encode() for note in CITATIONS)
SPOKEN = b',{"type":"output_audio","data":"AA","transcript":"Hello","text":"Hello"}'


def annotated(id: str, *parts: tuple[str, tuple[Json, ...]]) -> Wire:
    """A message whose parts have these texts and citations."""
    done = message("msg_0", *(text_part(said, *notes) for said, notes in parts))
    inside = [event for place, (said, notes) in enumerate(parts) for event in _part(done, place, said, notes)]
    events = item_events(0, message("msg_0", status="in_progress"), done, *inside)
    return wire(id, *OPENING, *events, completed(done))


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
    edited(TEXT, "annotated-when-done", onwards(DONE_ITEM, PLAIN, NOTED), breaks="part-item-agrees"),
    edited(TEXT, "annotated-in-part-alone", within(DONE_PART, PLAIN, NOTED), breaks="part-item-agrees"),
    edited(
        TEXT,
        "part-more-in-item",
        onwards(DONE_ITEM, PLAIN, PLAIN + b"," + EMPTY_PART),
        breaks="part-item-agrees",
    ),
    edited(
        OPEN_REASONING,
        "thoughts-signed-in-part-alone",
        within(DONE_PART, b'"reasoning_text"', b'"reasoning_text","signature":"x"', 0),
        breaks="part-item-agrees",
    ),
    edited(
        SUMMARY,
        "summary-part-more",
        onwards(
            DONE_ITEM,
            b'"summary":[{"type":"summary_text","text":"I greet."}]',
            b'"summary":[{"type":"summary_text","text":"I greet."},{"type":"summary_text","text":""}]',
        ),
        breaks="part-item-agrees",
    ),
    edited(
        PARTS,
        "text-over-border-of-parts",
        onwards(DONE_ITEM, b'"text":"One."', b'"text":"One.Tw"'),
        onwards(DONE_ITEM, b'"text":"Two."', b'"text":"o."'),
        breaks="part-item-agrees",
    ),
    edited(
        SUMMARY,
        "summary-other-than-closed",
        counted(*(lost(line("response.reasoning_summary_text.delta"), 0),) * 2),
        onwards(DONE_ITEM, b"I greet.", b"I leave."),
        breaks="part-item-agrees",
    ),
    edited(
        TWO_CITED,
        "annotation-over-border-of-parts",
        onwards(DONE_ITEM, FIRST_NOTE, b""),
        onwards(DONE_ITEM, SECOND_NOTE, b"%s,%s" % (FIRST_NOTE, SECOND_NOTE)),
        breaks="part-item-agrees",
    ),
    edited(
        MCP,
        "server-label-other-at-end",
        within(COMPLETED, b'"output":"6","server_label":"dice"', b'"output":"6","server_label":"cards"'),
        breaks="item-final-agrees",
    ),
    edited(
        WEB_SEARCH,
        "query-other-at-end",
        within(COMPLETED, b"weather in Oslo", b"weather in Rome"),
        breaks="item-final-agrees",
    ),
    edited(
        CODE_INTERPRETER,
        "outputs-lost-at-end",
        within(COMPLETED, b'"outputs":[{"type":"logs","logs":"42\\n"}]', b'"outputs":null'),
        breaks="item-final-agrees",
    ),
    edited(TEXT, "annotated-at-end", within(COMPLETED, PLAIN, NOTED), breaks="item-final-agrees"),
    edited(
        CALL,
        "call-status-lost-at-end",
        within(COMPLETED, b'"status":"completed","arguments"', b'"arguments"'),
        breaks="item-final-agrees",
    ),
    edited(
        TEXT,
        "item-status-other-at-end",
        within(COMPLETED, b'"status":"completed","content"', b'"status":"incomplete","content"'),
        breaks="item-final-agrees",
    ),
    edited(
        SEALED_REASONING,
        "sealed-lost-at-end",
        within(COMPLETED, b'"encrypted_content":"gAAAAABo",', b""),
        breaks="item-final-agrees",
    ),
)

LEGAL: tuple[Wire, ...] = (
    annotated("annotations", ("One.", NOTES)),
    TWO_CITED,
    edited(
        TWO_CITED,
        "annotations-streamed-with-null",
        nth(0, b'"annotation":{', b'"annotation":{"file_id":null,'),
    ),
    edited(
        SEALED_REASONING,
        "sealed-anew",
        within(COMPLETED, b'"encrypted_content":"gAAAAABo"', b'"encrypted_content":"gAAAAABp"'),
    ),
    edited(
        TEXT,
        "item-without-logprobs",
        onwards(DONE_ITEM, b'"annotations":[],"logprobs":[]', b'"annotations":[]'),
    ),
    edited(
        TEXT,
        "part-unknown-beside-the-text",
        onwards(DONE_ITEM, b'"text":"Hello, world!"}', b'"text":"Hello, world!"}' + SPOKEN),
    ),
    edited(
        TEXT,
        "item-told-more-at-end",
        within(DONE_ITEM, b'"type":"message"', b'"type":"message","phase":null'),
        within(COMPLETED, b'"type":"message"', b'"type":"message","phase":null,"created_by":"asst_1"'),
    ),
    wire(
        "text-filtered-after-its-end",
        *OPENING,
        *MESSAGE_EVENTS,
        incomplete({**MESSAGE, "status": "incomplete"}, reason="content_filter"),
        breaks="item-final-agrees",
    ),
)
