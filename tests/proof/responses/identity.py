"""What breaks and what keeps the requirements on the ids and names in a Responses stream."""

from tests.proof.responses.calls import TWO_CALLS
from tests.proof.responses.items import TWO_MESSAGES
from tests.proof.streams.echoed import WEATHER, answered, changed, note_call
from tests.proof.streams.echoed import WEATHER as FUNCTION
from tests.proof.streams.edits import edited, every, nth, onwards, within
from tests.proof.streams.handmade import Wire
from tests.proof.streams.hosted_tools import CODE_INTERPRETER, CUSTOM_TOOL, SHELL_CALL, WEB_SEARCH
from tests.proof.streams.responses import (
    ADDED,
    CALL,
    DONE_ITEM,
    OPENING,
    SEALED_REASONING,
    TEXT,
    function_call,
    incomplete,
    item_events,
    line,
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
    edited(TEXT, "item-id-empty", every(b"msg_0", b""), breaks="item-id-nonempty"),
    edited(CALL, "response-call-id-empty", every(b"call_a1", b""), breaks="item-id-nonempty"),
    edited(CUSTOM_TOOL, "call-id-of-custom-tool-empty", every(b"call_c3", b""), breaks="item-id-nonempty"),
    edited(SHELL_CALL, "call-id-of-shell-empty", every(b"call_s1", b""), breaks="item-id-nonempty"),
    edited(TEXT, "response-id-empty", every(b"resp_68af", b""), breaks="response-id-nonempty"),
    edited(
        CODE_INTERPRETER,
        "item-id-empty-in-events",
        every(b'"item_id":"ci_0"', b'"item_id":""'),
        breaks="item-id-matches",
    ),
    edited(
        TEXT, "item-id-other", nth(2, b'"item_id":"msg_0"', b'"item_id":"msg_7"'), breaks="item-id-matches"
    ),
    edited(
        WEB_SEARCH,
        "item-id-other-in-phase",
        nth(1, b'"item_id":"ws_0"', b'"item_id":"ws_1"'),
        breaks="item-id-matches",
    ),
    edited(TEXT, "item-id-new-at-end", onwards(DONE_ITEM, b"msg_0", b"msg_9"), breaks="item-identity"),
    edited(CALL, "call-id-new-at-end", onwards(DONE_ITEM, b"call_a1", b"call_z9"), breaks="item-identity"),
    edited(
        CALL, "call-name-new-at-end", onwards(DONE_ITEM, b'"weather"', b'"climate"'), breaks="item-identity"
    ),
    edited(
        CALL,
        "arguments-of-another-name",
        within(line("response.function_call_arguments.done"), b'"weather"', b'"climate"'),
        breaks="item-identity",
    ),
    edited(
        TWO_MESSAGES,
        "item-id-twice",
        every(b'"msg_1"', b'"msg_0"'),
        breaks="item-id-unique",
    ),
    edited(TWO_CALLS, "call-item-id-twice", every(b'"fc_1"', b'"fc_0"'), breaks="item-id-unique"),
    edited(
        TWO_CALLS,
        "call-item-id-twice-when-done",
        every(b'"fc_1"', b'"fc_0"'),
        within(ADDED, b'"id":"fc_0",', b"", 0),
        within(ADDED, b'"id":"fc_0",', b"", 1),
        breaks=("item-id-unique", "item-added-fresh"),
        cause="Ids that are told late are not there at first.",
    ),
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
    answered(
        "id-another-when-done",
        {},
        (changed(HI, {}, {"id": "msg_x"})[0], HI[1]),
        breaks=("item-identity", "response-output-agrees"),
        cause="The id of the finished item is not the one of the final response.",
    ),
    answered("phase-lost-when-done", {}, changed(HI, FINAL, {}), breaks="item-phase"),
    answered("phase-null-when-done", {}, changed(HI, FINAL, {"phase": None}), breaks="item-phase"),
    answered("phase-another-when-done", {}, changed(HI, REMARK, FINAL), breaks="item-phase"),
    answered("phase-late", {}, changed(HI, {}, FINAL), breaks="item-phase"),
    answered(
        "name-of-no-tool-at-the-end-only",
        {"tools": [FUNCTION]},
        changed(function_call(0, "call_a", "weather", '{"city":"Oslo"}'), {}, {"name": "clock"}),
        breaks="item-identity",
    ),
)

LEGAL: tuple[Wire, ...] = (
    edited(
        CALL,
        "namespace-before-a-name-once",
        every(b'"name":"weather"', b'"namespace":"city","name":"weather"'),
        within(line("response.function_call_arguments.done"), b'"name":"weather"', b'"name":"city.weather"'),
    ),
    edited(
        CALL,
        "namespace-before-the-first-name",
        every(b'"name":"weather"', b'"namespace":"city","name":"weather"'),
        within(ADDED, b'"name":"weather"', b'"name":"city__weather"'),
    ),
    edited(CALL, "call-without-an-id", every(b'"id":"fc_0",', b""), breaks="item-added-fresh"),
    edited(TEXT, "item-id-of-64", every(b'"msg_0"', b'"msg_%b"' % LONG[1:])),
    edited(CALL, "response-call-id-of-64", every(b'"call_a1"', b'"call_%b"' % LONG[2:])),
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
