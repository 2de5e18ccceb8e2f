"""What breaks and what keeps the requirements on the text of a Responses stream."""

import re

from tests.proof.streams.edits import counted, edited, every, lost, nth, once, onwards, within
from tests.proof.streams.handmade import Json, Wire
from tests.proof.streams.hosted_tools import CUSTOM_TOOL
from tests.proof.streams.responses import (
    CALL,
    COMPLETED,
    DELTA,
    DONE_ITEM,
    DONE_PART,
    DONE_TEXT,
    HELLO,
    MESSAGE,
    MESSAGE_EVENTS,
    OPEN_REASONING,
    OPENING,
    REFUSAL,
    SECOND,
    SECOND_EVENTS,
    SUMMARY,
    TEXT,
    THOUGHTS,
    USAGE,
    completed,
    failed,
    incomplete,
    item_events,
    line,
    message,
    message_events,
    part_events,
    summary_events,
    text_part,
    wire,
)

GROWN_EVENTS, GROWN = message_events(0, "Once upon", "Once upon a", "Once upon a time")
TWO_THOUGHTS: Json = {
    "id": "rs_0",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "A."}, {"type": "summary_text", "text": "B."}],
}
TWO_SUMMARIES = wire(
    "two-summaries",
    *OPENING,
    *item_events(
        0,
        {**TWO_THOUGHTS, "summary": []},
        TWO_THOUGHTS,
        *summary_events(0, TWO_THOUGHTS, 0, "A."),
        *summary_events(0, TWO_THOUGHTS, 1, "B."),
    ),
    *SECOND_EVENTS,
    completed(TWO_THOUGHTS, SECOND),
)
PARTLY = message("msg_0", text_part("Hel"), status="incomplete")
OTHER = b"Hello, moon!"
AGREEING = ("text-done-agrees", "text-part-agrees", "text-item-agrees", "text-final-agrees")
UNTOLD: Json = {"id": "rs_0", "type": "reasoning", "summary": []}
CUT_THOUGHTS: Json = {**UNTOLD, "status": "incomplete"}
UNSEALED = b'"summary":[],"content":[{"type":"reasoning_text","text":"They greet me."}]'
SEALED = b'"summary":[],"encrypted_content":"gAAA"'

UNTHOUGHT = {**THOUGHTS, "summary": []}
QUOTED_EVENTS, QUOTED = message_events(0, "a ", "\ufffd")

BROKEN: tuple[Wire, ...] = (
    edited(
        TEXT,
        "text-done-other",
        once(b'"text":"Hello, world!","logprobs":[],"seq', b'"text":"Hello, moon!","logprobs":[],"seq'),
        breaks="text-done-agrees",
    ),
    edited(
        REFUSAL,
        "refusal-done-other",
        once(b'"refusal":"I can\'t help.","seq', b'"refusal":"No.","seq'),
        breaks="text-done-agrees",
    ),
    edited(
        OPEN_REASONING,
        "reasoning-done-other",
        once(b'"text":"They greet me.","seq', b'"text":"They leave.","seq'),
        breaks="text-done-agrees",
    ),
    edited(
        TEXT,
        "text-delta-lost",
        counted(lost(DELTA, 1)),
        breaks=("text-done-agrees", "text-part-agrees", "text-item-agrees", "text-final-agrees"),
        cause="The deltas are what all the other places are measured by.",
    ),
    edited(TEXT, "text-all-at-once", counted(*(lost(DELTA, 0),) * 3), breaks="text-deltas-present"),
    wire(
        "text-in-item-alone",
        *OPENING,
        *item_events(0, message("msg_0", status="in_progress"), MESSAGE),
        completed(MESSAGE),
        breaks="text-deltas-present",
    ),
    wire(
        "text-in-parts-alone",
        *OPENING,
        *item_events(
            0,
            message("msg_0", status="in_progress"),
            MESSAGE,
            *part_events(0, MESSAGE, MESSAGE["content"][0], 0),
        ),
        completed(MESSAGE),
        breaks="text-deltas-present",
    ),
    wire("text-grows", *OPENING, *GROWN_EVENTS, completed(GROWN), breaks="text-cumulative"),
    edited(
        TEXT,
        "text-grows-and-the-rest-is-right",
        once(b'"delta":"lo, "', b'"delta":"Hello, "'),
        once(b'"delta":"world!"', b'"delta":"Hello, world! Bye."'),
        breaks=(
            *("text-cumulative", "text-done-agrees", "text-part-agrees"),
            *("text-item-agrees", "text-final-agrees"),
        ),
        cause="The deltas are what all the other places are measured by.",
    ),
    edited(
        TEXT,
        "text-redacted-and-another",
        within(DONE_PART, HELLO, b"[redacted] moon"),
        breaks="text-part-agrees",
    ),
    edited(TEXT, "text-part-other", within(DONE_PART, HELLO, OTHER), breaks="text-part-agrees"),
    edited(TEXT, "text-item-other", within(DONE_ITEM, HELLO, OTHER), breaks="text-item-agrees"),
    edited(
        TEXT,
        "text-item-without-content",
        lambda body: re.sub(
            rb'("status":"completed","content":\[)\{[^}]*\}(?=\],"role":"assistant"\},"sequence)',
            rb"\1",
            body,
        ),
        breaks="text-item-agrees",
    ),
    edited(TEXT, "text-final-other", within(COMPLETED, HELLO, OTHER), breaks="text-final-agrees"),
    edited(
        OPEN_REASONING,
        "thoughts-other-in-item",
        within(DONE_ITEM, b"They greet me.", b"They leave me.", 0),
        breaks="reasoning-text-agrees",
    ),
    edited(
        OPEN_REASONING,
        "thoughts-other-at-end",
        within(COMPLETED, b"They greet me.", b"They leave me."),
        breaks="reasoning-text-agrees",
    ),
    edited(
        SUMMARY,
        "summary-text-other",
        once(b'"text":"I greet.","seq', b'"text":"I leave.","seq'),
        breaks="summary-done-agrees",
    ),
    edited(
        SUMMARY,
        "summary-part-other",
        once(b'"text":"I greet."},"seq', b'"text":"I leave."},"seq'),
        breaks="summary-done-agrees",
    ),
    edited(
        SUMMARY,
        "summary-item-other",
        within(DONE_ITEM, b"I greet.", b"I leave.", 0),
        breaks="summary-done-agrees",
    ),
    edited(
        SUMMARY,
        "summary-other-at-end",
        within(COMPLETED, b"I greet.", b"I leave."),
        breaks="summary-done-agrees",
    ),
    edited(
        SUMMARY,
        "summary-lost-in-item",
        within(
            line("response.output_item.done"),
            b'"summary":[{"type":"summary_text","text":"I greet."}]',
            b'"summary":[]',
            0,
        ),
        breaks="summary-done-agrees",
    ),
    edited(
        TEXT,
        "text-surrogates-apart",
        counted(
            every(b"Hel", b"\\ud83d\\ude00"),
            once(b'"delta":"\\ud83d\\ude00"', b'"delta":"\\ud83d"'),
            once(b'"delta":"lo, "', b'"delta":"\\ude00lo, "'),
        ),
        breaks="text-surrogates-paired",
    ),
    edited(TEXT, "text-surrogate-lone", every(b"Hel", b"\\ud83d"), breaks="text-surrogates-paired"),
    edited(
        REFUSAL,
        "refusal-surrogates-apart",
        every(b" help.", b"\\ud83d\\ude00"),
        once(b'"delta":"I can\'t"', b'"delta":"I can\'t\\ud83d"'),
        once(b'"delta":"\\ud83d\\ude00"', b'"delta":"\\ude00"'),
        breaks="text-surrogates-paired",
    ),
    edited(
        SUMMARY,
        "summary-surrogates-apart",
        every(b"eet.", b"\\ud83d\\ude00"),
        once(b'"delta":"I gr"', b'"delta":"I gr\\ud83d"'),
        once(b'"delta":"\\ud83d\\ude00"', b'"delta":"\\ude00"'),
        breaks="text-surrogates-paired",
    ),
    edited(
        CALL,
        "arguments-surrogates-apart",
        every(b"Oslo", b"\\ud83d\\ude00"),
        once(b'"delta":"ty\\":\\""', b'"delta":"ty\\":\\"\\ud83d"'),
        once(b'"delta":"\\ud83d\\ude00\\"}"', b'"delta":"\\ude00\\"}"'),
        breaks="text-surrogates-paired",
    ),
    edited(TEXT, "text-replaced", every(b"Hel", "H\ufffdl".encode()), breaks="text-replacement"),
    edited(SUMMARY, "summary-mojibake", every(b"I gr", "I \ufffdr".encode()), breaks="text-replacement"),
    edited(OPEN_REASONING, "thoughts-mojibake", every(b"me.", "\ufffd.".encode()), breaks="text-replacement"),
    edited(CALL, "arguments-mojibake", every(b"Oslo", "Osl\ufffd".encode()), breaks="text-replacement"),
    edited(CUSTOM_TOOL, "input-mojibake", every(b"city", "\ufffd".encode()), breaks="text-replacement"),
    edited(
        TEXT,
        "text-logprobs-absent",
        nth(1, b',"logprobs":[],"obfuscation"', b',"obfuscation"'),
        breaks="text-logprobs",
    ),
    edited(
        TEXT,
        "text-logprobs-absent-at-end",
        within(DONE_TEXT, b',"logprobs":[]', b""),
        breaks="text-logprobs",
    ),
    edited(
        TEXT,
        "text-logprobs-null",
        every(b'"logprobs":[],"obfuscation"', b'"logprobs":null,"obfuscation"'),
        breaks="text-logprobs",
    ),
)

LEGAL: tuple[Wire, ...] = (
    edited(  # a secret is found where it is whole, and not in the letters of the deltas
        TEXT,
        "text-redacted-where-it-is-whole",
        *(within(head, HELLO, b"[redacted]") for head in (DONE_TEXT, DONE_PART, DONE_ITEM, COMPLETED)),
    ),
    wire(
        "summary-of-cut-reasoning-dropped",
        *OPENING,
        *item_events(
            0,
            {**THOUGHTS, "summary": []},
            {**THOUGHTS, "summary": []},
            *summary_events(0, THOUGHTS, 0, "I gr"),
        ),
        incomplete(UNTHOUGHT),
    ),
    wire(
        "replacement-character-asked-for",
        *OPENING,
        *QUOTED_EVENTS,
        completed(QUOTED),
        asks={"input": "Repeat: a \ufffd"},
    ),
    edited(
        TEXT,
        "deltas-without-logprobs",
        every(b',"logprobs":[],"obfuscation":"x7"', b""),
        breaks="text-logprobs",
    ),
    edited(TEXT, "deltas-without-padding", every(b',"obfuscation":"x7"', b"")),
    edited(TEXT, "deltas-with-padding-null", every(b'"obfuscation":"x7"', b'"obfuscation":null')),
    edited(TEXT, "cache-writes-null", every(b'"cache_write_tokens":0', b'"cache_write_tokens":null')),
    edited(TEXT, "text-escaped-astral", every(b"Hel", b"\\ud83d\\ude00")),
    edited(TEXT, "text-of-many-bytes", every(b"Hel", "東京👋🏽".encode())),
    edited(TEXT, "text-says-done", every(b"Hel", b"[DONE]")),
    edited(
        TEXT, "empty-delta", nth(0, b'"delta":"Hel"', b'"delta":""'), every(b"Hello, world!", b"lo, world!")
    ),
    edited(REFUSAL, "refusal-of-many-bytes", every(b"can't", "kännï".encode())),
    TWO_SUMMARIES,
    wire(
        "failed-with-part-of-the-text",
        *OPENING,
        *MESSAGE_EVENTS[:4],
        failed(PARTLY, usage=USAGE),
    ),
    wire(
        "failed-without-the-summary",
        *OPENING,
        *item_events(0, UNTOLD, UNTOLD, *summary_events(0, UNTOLD, 0, "I gr"))[:3],
        failed(UNTOLD),
    ),
    wire(
        "cut-without-the-summary",
        *OPENING,
        *item_events(0, UNTOLD, CUT_THOUGHTS, *summary_events(0, UNTOLD, 0, "I gr")),
        incomplete(CUT_THOUGHTS),
    ),
    edited(
        TWO_SUMMARIES,
        "summary-partly-without-deltas",
        counted(lost(line("response.reasoning_summary_text.delta"), 1)),
    ),
    edited(OPEN_REASONING, "thoughts-sealed-when-done", onwards(DONE_ITEM, UNSEALED, SEALED)),
    edited(OPEN_REASONING, "thoughts-sealed-at-end", within(COMPLETED, UNSEALED, SEALED)),
)
