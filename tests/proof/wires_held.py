"""Broken wires: Responses streams whose items and final response hold other things than were closed."""

from tests.proof.legal_agree import CITATIONS, TWO_CITED
from tests.proof.responses_edits import COMPLETED, DONE_ITEM, DONE_PART, counted, line, lost, onwards, within
from tests.proof.responses_streams import (
    CALL,
    OPEN_REASONING,
    PARTS,
    SEALED_REASONING,
    SUMMARY,
    TEXT,
    text_part,
)
from tests.proof.responses_tools import CITATION, CODE_INTERPRETER, MCP, WEB_SEARCH
from tests.proof.wire import Wire, compact, edited, once

NOTED = compact(text_part("Hello, world!", CITATION)).encode()
PLAIN = compact(text_part("Hello, world!")).encode()
NO_PART = compact(text_part("")).encode()
FIRST_NOTE, SECOND_NOTE = (compact(note).encode() for note in CITATIONS)


WIRES: tuple[Wire, ...] = (
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
    edited(TEXT, "annotated-when-done", onwards(DONE_ITEM, PLAIN, NOTED), breaks="part-item-agrees"),
    edited(TEXT, "annotated-in-part-alone", within(DONE_PART, PLAIN, NOTED), breaks="part-item-agrees"),
    edited(
        TEXT,
        "part-more-in-item",
        onwards(DONE_ITEM, PLAIN, PLAIN + b"," + NO_PART),
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
        SEALED_REASONING,
        "sealed-lost-at-end",
        within(COMPLETED, b'"encrypted_content":"gAAAAABo",', b""),
        breaks="item-final-agrees",
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
)
