"""What breaks and what keeps the requirements on what a Responses stream tells several times."""

from tests.proof.responses.annotations import FIRST_NOTE, SECOND_NOTE, TWO_CITED
from tests.proof.streams.edits import counted, edited, lost, onwards, within
from tests.proof.streams.handmade import Wire, compact
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
    incomplete,
    line,
    text_part,
    wire,
)

NOTED = compact(text_part("Hello, world!", CITATION)).encode()
PLAIN = compact(text_part("Hello, world!")).encode()
SPOKEN = b',{"type":"output_audio","data":"AA","transcript":"Hello","text":"Hello"}'

TOLD = b'"logprobs":[{"token":"Hello, world!","logprob":-0.5,"bytes":[72],"top_logprobs":[]}]'

BROKEN: tuple[Wire, ...] = (
    edited(
        TEXT,
        "logprobs-in-the-part-alone",
        within(DONE_PART, b'"logprobs":[]', TOLD),
        breaks="part-item-agrees",
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
    edited(TEXT, "logprobs-in-the-item-alone", onwards(DONE_ITEM, b'"logprobs":[]', TOLD)),
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
