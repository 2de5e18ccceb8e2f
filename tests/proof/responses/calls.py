"""What breaks and what keeps the requirements on the tool calls of a Responses stream."""

import json

from tests.proof.streams.edits import counted, edited, every, lost, nth, once, within, without
from tests.proof.streams.handmade import Json, Wire
from tests.proof.streams.hosted_tools import (
    CODE_INTERPRETER,
    CUSTOM_TOOL,
    MCP,
    PATCH_CALL,
    SHELL,
)
from tests.proof.streams.responses import (
    CALL,
    COMPLETED,
    DONE_ITEM,
    OPENING,
    WEATHER,
    call,
    call_events,
    completed,
    failed,
    function_call,
    incomplete,
    item_events,
    line,
    wire,
)

ARGUMENTS = b'{\\"city\\":\\"Oslo\\"}'
ELSEWHERE = b'{\\"city\\":\\"Rome\\"}'
CALL_DELTA, CALL_DONE = (
    line("response.function_call_arguments.delta"),
    line("response.function_call_arguments.done"),
)
CLOCK: Json = {"type": "function", "name": "clock", "parameters": {"type": "object", "properties": {}}}
TEN = (b"+two", b"+ten")
SILENT, CUT_CALL, HALF = call("", "completed"), call('{"ci', "incomplete"), call('{"ci', "completed")
STARVED_EVENTS, STARVED = function_call(0, "call_a1", "weather", "")
OSLO_EVENTS, OSLO = function_call(0, "call_a1", "weather", '{"city":"Oslo"}')
ROME_EVENTS, ROME = function_call(1, "call_a2", "weather", '{"city":"Rome"}')
EMPTY_EVENTS, EMPTY = function_call(0, "call_a1", "weather", "{}")
TIME_EVENTS, TIME = function_call(0, "call_a1", "clock", "{}")
UNSAID_EVENTS, UNSAID = function_call(0, "call_a1", "weather", "", "incomplete")
TWO_CALLS = wire("two-calls", *OPENING, *OSLO_EVENTS, *ROME_EVENTS, completed(OSLO, ROME))

LISTED = every(b'"tools":[]', b'"tools":' + json.dumps([{**WEATHER, "strict": False}]).encode())

BROKEN: tuple[Wire, ...] = (
    edited(
        PATCH_CALL,
        "diff-done-other",
        within(line("response.apply_patch_call_operation_diff.done"), b"+two", b"+ten"),
        breaks="arguments-done-agrees",
    ),
    edited(PATCH_CALL, "diff-of-item-other", within(DONE_ITEM, *TEN), breaks="arguments-item-agrees"),
    edited(
        PATCH_CALL,
        "diff-of-response-other",
        within(COMPLETED, b"+two", b"+ten"),
        breaks="arguments-final-agrees",
    ),
    wire(
        "shell-calls-of-one-call-id",
        *OPENING,
        *item_events(0, SHELL, SHELL),
        *item_events(1, {**SHELL, "id": "sh_1"}, {**SHELL, "id": "sh_1"}),
        completed(SHELL, {**SHELL, "id": "sh_1"}),
        breaks="response-call-id-unique",
    ),
    edited(MCP, "mcp-arguments-cut", every(b':\\"2d4\\"}', b':\\"2d4'), breaks="arguments-json"),
    wire(
        "call-cut-by-the-limit-and-completed",
        *OPENING,
        *call_events(0, HALF, '{"ci'),
        completed(HALF),
        breaks=("arguments-json", "response-call-cut"),
        cause="Half of the arguments is no JSON.",
        asks={"max_output_tokens": 5},
    ),
    wire(
        "call-completed-in-an-incomplete-response",
        *OPENING,
        *call_events(0, HALF, '{"ci'),
        incomplete(HALF),
        breaks="arguments-json",
    ),
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
        CALL,
        "arguments-mojibake-when-done",
        counted(*(lost(CALL_DELTA, 0),) * 3),
        every(b"Oslo", "Osl\ufffd".encode()),
        breaks=("arguments-deltas-present", "text-replacement"),
        cause="Where nothing was streamed, the done event is the first to tell the text.",
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
        "arguments-are-list",
        every(b'{\\"ci', b'[\\"ci'),
        every(b'ty\\":\\"', b'ty\\",\\"'),
        every(b'Oslo\\"}"', b'Oslo\\"]"'),
        breaks="arguments-json",
    ),
    edited(CALL, "arguments-unclosed", every(b'Oslo\\"}"', b'Oslo\\""'), breaks="arguments-json"),
    edited(
        TWO_CALLS,
        "call-id-twice-in-response",
        every(b'"call_a2"', b'"call_a1"'),
        breaks="response-call-id-unique",
    ),
    edited(
        wire("call-starved", *OPENING, *STARVED_EVENTS, completed(STARVED), asks={"tools": [WEATHER]}),
        "call-starved",
        LISTED,
        breaks="response-call-arguments",
    ),
    edited(
        wire("call-of-empty-object", *OPENING, *EMPTY_EVENTS, completed(EMPTY), asks={"tools": [WEATHER]}),
        "call-of-empty-object",
        LISTED,
        breaks="response-call-arguments",
    ),
)

LEGAL: tuple[Wire, ...] = (
    wire(
        "call-without-deltas-or-arguments",
        *OPENING,
        *call_events(0, SILENT, name="weather"),
        completed(SILENT),
    ),
    wire("call-with-empty-object", *OPENING, *call_events(0, EMPTY, "{}", name="weather"), completed(EMPTY)),
    wire(
        "call-in-done-alone",
        *OPENING,
        *call_events(0, EMPTY, name="weather"),
        completed(EMPTY),
        breaks="arguments-deltas-present",
    ),
    wire("call-cut", *OPENING, *call_events(0, CUT_CALL, '{"ci', name="weather"), incomplete(CUT_CALL)),
    edited(
        CALL,
        "call-done-without-name",
        once(
            b'"name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}","sequence',
            b'"arguments":"{\\"city\\":\\"Oslo\\"}","sequence',
        ),
    ),
    TWO_CALLS,
    wire(
        "call-without-required",
        *OPENING,
        *TIME_EVENTS,
        completed(TIME),
        asks={"tools": [WEATHER, CLOCK]},
        breaks="response-tools-listed",
    ),
    wire(
        "call-cut-before-its-arguments",
        *OPENING,
        *UNSAID_EVENTS,
        incomplete(UNSAID),
        asks={"tools": [WEATHER]},
        breaks="response-tools-listed",
    ),
    wire(
        "failed-with-part-of-the-arguments",
        *OPENING,
        *call_events(0, CUT_CALL, '{"ci', "ty")[:3],
        failed(CUT_CALL),
    ),
)
