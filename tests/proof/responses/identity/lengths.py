"""What breaks and what keeps the requirements on the length of ids and on the phase of items."""

from tests.proof.streams.echoed import WEATHER, answered, changed, note_call
from tests.proof.streams.edits import edited, every
from tests.proof.streams.handmade import Wire
from tests.proof.streams.hosted_tools import CUSTOM_TOOL
from tests.proof.streams.responses import (
    CALL,
    OPENING,
    SEALED_REASONING,
    TEXT,
    function_call,
    incomplete,
    item_events,
    message,
    message_events,
    wire,
)

HI = message_events(0, "Hi.")
FINAL = {"phase": "final_answer"}
REMARK = {"phase": "commentary"}
LONG = b"x" * 61
ANSWER = changed(HI, FINAL)


BROKEN: tuple[Wire, ...] = (
    edited(TEXT, "item-id-of-65", every(b'"msg_0"', b'"msg_%b"' % LONG), breaks="item-id-length"),
    edited(CALL, "call-id-of-66", every(b'"call_a1"', b'"call_%b"' % LONG), breaks="item-id-length"),
    edited(
        CUSTOM_TOOL, "custom-call-id-of-66", every(b'"call_c3"', b'"call_%b"' % LONG), breaks="item-id-length"
    ),
    edited(
        SEALED_REASONING,
        "reasoning-id-of-300",
        every(b'"rs_0"', b'"rs_%b"' % (b"x" * 297)),
        breaks="item-id-length",
    ),
    answered("phase-lost-when-done", {}, changed(HI, FINAL, {}), breaks="item-phase"),
    answered("phase-null-when-done", {}, changed(HI, FINAL, {"phase": None}), breaks="item-phase"),
    answered("phase-another-when-done", {}, changed(HI, REMARK, FINAL), breaks="item-phase"),
    answered("phase-late", {}, changed(HI, {}, FINAL), breaks="item-phase"),
)

LEGAL: tuple[Wire, ...] = (
    edited(TEXT, "item-id-of-64", every(b'"msg_0"', b'"msg_%b"' % LONG[1:])),
    edited(CALL, "call-id-of-64", every(b'"call_a1"', b'"call_%b"' % LONG[2:])),
    answered("phase-kept", {}, ANSWER),
    answered("phase-of-none", {}, changed(HI, {"phase": None}, {})),
    answered(
        "phase-of-a-remark-and-an-answer", {}, changed(HI, REMARK), changed(message_events(1, "Oslo."), FINAL)
    ),
    answered(
        "phase-of-a-remark-before-a-call",
        {"tools": [WEATHER]},
        changed(HI, REMARK),
        function_call(1, "call_a", "weather", '{"city":"Oslo"}'),
    ),
    answered("phase-that-is-new", {}, changed(HI, {"phase": "preamble"})),
    wire(
        "phase-of-a-cut-message",
        *OPENING,
        *item_events(
            0,
            {**message("msg_0", status="in_progress"), **FINAL},
            {**message("msg_0", status="incomplete"), **FINAL},
        ),
        incomplete({**message("msg_0", status="incomplete"), **FINAL}),
    ),
    answered("custom-call-id-opaque", {}, note_call(0, "Hi", "Hi")),
)
