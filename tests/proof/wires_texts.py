"""Broken wires: texts and arguments of Responses streams."""

import re
from dataclasses import replace

from tests.proof.responses_edits import (
    COMPLETED,
    DELTA,
    DONE_ITEM,
    DONE_PART,
    HELLO,
    OTHER,
    counted,
    line,
    lost,
    within,
)
from tests.proof.responses_streams import (
    CALL,
    MESSAGE,
    OPEN_REASONING,
    OPENING,
    REFUSAL,
    SUMMARY,
    TEXT,
    completed,
    item_events,
    message,
    message_events,
    part_events,
    wire,
)
from tests.proof.responses_tools import CODE_INTERPRETER, CUSTOM_TOOL
from tests.proof.wire import (
    Wire,
    edited,
    every,
    nth,
    once,
    without,
)

GROWN_EVENTS, GROWN = message_events(0, "Once upon", "Once upon a", "Once upon a time")
TEXTS = (
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
        TEXT,
        "text-delta-lost",
        counted(lost(DELTA, 1)),
        breaks=("text-done-agrees", "text-part-agrees", "text-item-agrees", "text-final-agrees"),
        cause="The deltas are what all the other places are measured by.",
    ),
    edited(TEXT, "text-all-at-once", counted(*(lost(DELTA, 0),) * 3), breaks="text-deltas-present"),
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
    replace(wire("text-grows", *OPENING, *GROWN_EVENTS, completed(GROWN)), breaks=("text-cumulative",)),
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
    edited(TEXT, "think-in-responses", every(b"Hel", b"<think>"), breaks="think-leak"),
    replace(
        wire(
            "text-in-item-alone",
            *OPENING,
            *item_events(0, message("msg_0", status="in_progress"), MESSAGE),
            completed(MESSAGE),
        ),
        breaks=("text-deltas-present",),
    ),
    replace(
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
        ),
        breaks=("text-deltas-present",),
    ),
    edited(TEXT, "text-replaced", every(b"Hel", "H\ufffdl".encode()), breaks="text-replacement"),
    edited(
        TEXT,
        "text-logprobs-absent",
        nth(1, b',"logprobs":[],"obfuscation"', b',"obfuscation"'),
        breaks="text-logprobs",
    ),
)


ARGUMENTS = b'{\\"city\\":\\"Oslo\\"}'


ELSEWHERE = b'{\\"city\\":\\"Rome\\"}'


CALL_DELTA, CALL_DONE = (
    line("response.function_call_arguments.delta"),
    line("response.function_call_arguments.done"),
)


CALLS = (
    edited(CALL, "arguments-never-end", counted(without(CALL_DONE)), breaks="arguments-done-present"),
    edited(
        CUSTOM_TOOL,
        "input-never-ends",
        counted(without(line("response.custom_tool_call_input.done"))),
        breaks="arguments-done-present",
    ),
    edited(
        CALL, "arguments-all-at-once", counted(*(lost(CALL_DELTA, 0),) * 3), breaks="arguments-deltas-present"
    ),
    edited(
        CALL, "arguments-done-other", within(CALL_DONE, ARGUMENTS, ELSEWHERE), breaks="arguments-done-agrees"
    ),
    edited(
        CUSTOM_TOOL,
        "input-done-other",
        once(b'"input":"SELECT city\\nFROM places","seq', b'"input":"SELECT 1","seq'),
        breaks="arguments-done-agrees",
    ),
    edited(
        CODE_INTERPRETER,
        "code-done-other",
        once(b'"code":"print(6*7)","seq', b'"code":"print(1)","seq'),
        breaks="arguments-done-agrees",
    ),
    edited(
        CALL, "arguments-item-other", within(DONE_ITEM, ARGUMENTS, ELSEWHERE), breaks="arguments-item-agrees"
    ),
    edited(
        CALL,
        "arguments-final-other",
        within(COMPLETED, ARGUMENTS, ELSEWHERE),
        breaks="arguments-final-agrees",
    ),
    edited(
        CALL,
        "arguments-prefixed",
        nth(0, b'"arguments":""', b'"arguments":"{}"'),
        breaks=(
            *("arguments-done-agrees", "arguments-item-agrees", "arguments-final-agrees", "arguments-json"),
            "item-added-fresh",
        ),
        cause="Clients append the deltas to what the announcement holds.",
    ),
    edited(
        CALL,
        "arguments-are-list",
        every(b'{\\"ci', b'[\\"ci'),
        every(b'ty\\":\\"', b'ty\\",\\"'),
        every(b'Oslo\\"}"', b'Oslo\\"]"'),
        breaks="arguments-json",
    ),
    edited(CALL, "arguments-unclosed", every(b'Oslo\\"}"', b'Oslo\\""'), breaks="arguments-json"),
)


WIRES: tuple[Wire, ...] = (*TEXTS, *CALLS)
