"""What breaks and what keeps the requirements on the fragments of tool calls."""

from tests.proof.streams.chat import CALLING, call, calling, goes_on, opens, says, whole_call, wire
from tests.proof.streams.handmade import Wire

FUNCTION = {"name": "weather", "arguments": ""}

BROKEN: tuple[Wire, ...] = (
    calling(
        "call-index-absent",
        {"tool_calls": [{"id": "call_a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        breaks="tool-index-present",
    ),
    calling(
        "call-index-null",
        {
            "tool_calls": [
                {
                    "index": None,
                    "id": "call_a",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{}"},
                }
            ]
        },
        breaks="tool-index-present",
    ),
    calling(
        "call-index-text",
        {
            "tool_calls": [
                {
                    "index": "0",
                    "id": "call_a",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{}"},
                }
            ]
        },
        breaks="tool-index-present",
    ),
    calling(
        "call-index-true",
        opens(0, "call_a", "f"),
        {"tool_calls": [{"index": True, "function": {"arguments": "{}"}}]},
        breaks="tool-index-present",
    ),
    calling(
        "call-index-float",
        opens(0, "call_a", "f"),
        {"tool_calls": [{"index": 0.0, "function": {"arguments": "{}"}}]},
        breaks="tool-index-present",
    ),
    calling(
        "call-index-absent-later",
        opens(0, "call_a", "f"),
        {"tool_calls": [{"function": {"arguments": "{}"}}]},
        breaks="tool-index-present",
    ),
    calling("call-index-one", opens(1, "call_a", "f", "{}"), breaks="tool-index-contiguous"),
    calling(
        "call-index-gap",
        opens(0, "call_a", "f", "{}"),
        opens(2, "call_b", "f", "{}"),
        breaks="tool-index-contiguous",
    ),
    calling(
        "call-index-same",
        opens(0, "call_a", "f", "{}"),
        opens(0, "call_b", "g", "{}"),
        breaks="tool-index-reused",
    ),
    calling(
        "call-index-same-function",
        opens(0, "call_a", "f"),
        goes_on(0, "{}"),
        opens(0, "call_b", "f"),
        goes_on(0, "{}"),
        breaks="tool-index-reused",
    ),
    calling(
        "call-id-absent",
        call(0, type="function", function=FUNCTION),
        goes_on(0, "{}"),
        breaks="tool-id-first",
    ),
    calling(
        "call-id-null",
        call(0, id=None, type="function", function=FUNCTION),
        goes_on(0, "{}"),
        breaks="tool-id-first",
    ),
    calling(
        "call-id-empty",
        call(0, id="", type="function", function=FUNCTION),
        goes_on(0, "{}"),
        breaks="tool-id-first",
    ),
    calling(
        "call-type-absent",
        call(0, id="call_a", function=FUNCTION),
        goes_on(0, "{}"),
        breaks="tool-type-first",
    ),
    calling(
        "call-type-empty",
        call(0, id="call_a", type="", function=FUNCTION),
        goes_on(0, "{}"),
        breaks="tool-type-first",
    ),
    calling(
        "call-type-empty-later",
        opens(0, "call_a", "f"),
        call(0, type="", function={"arguments": "{}"}),
        breaks="tool-type-value",
    ),
    calling(
        "call-name-absent",
        call(0, id="call_a", type="function", function={"arguments": "{}"}),
        breaks="tool-name-first",
    ),
    calling(
        "call-name-late",
        call(0, id="call_a", type="function", function={"arguments": ""}),
        call(0, function={"name": "f", "arguments": "{}"}),
        breaks="tool-name-first",
    ),
    calling(
        "call-id-other",
        opens(0, "call_a", "f"),
        call(0, id="call_b", function={"arguments": "{}"}),
        breaks="tool-id-stable",
    ),
    calling(
        "call-id-twice",
        opens(0, "call_a", "f"),
        call(0, id="call_a", function={"arguments": "{}"}),
        breaks="tool-id-repeated",
    ),
    calling(
        "call-name-twice",
        opens(0, "call_a", "f"),
        call(0, function={"name": "f", "arguments": "{}"}),
        breaks="tool-name-repeated",
    ),
    calling(
        "call-name-in-pieces",
        opens(0, "call_a", "wea"),
        call(0, function={"name": "ther", "arguments": "{}"}),
        breaks="tool-name-repeated",
    ),
    calling(
        "call-id-empty-later",
        opens(0, "call_a", "f"),
        call(0, id="", function={"arguments": "{}"}),
        breaks="tool-empty-continuation",
    ),
    calling(
        "call-name-empty-later",
        opens(0, "call_a", "f"),
        call(0, function={"name": "", "arguments": "{}"}),
        breaks="tool-empty-continuation",
    ),
    calling(
        "call-function-absent-later", opens(0, "call_a", "f", "{}"), call(0), breaks="tool-function-present"
    ),
    calling(
        "call-function-null",
        opens(0, "call_a", "f", "{}"),
        call(0, function=None),
        breaks="tool-function-present",
    ),
    calling(
        "call-type-unknown",
        call(0, id="call_a", type="retrieval", function={"name": "f", "arguments": "{}"}),
        breaks="tool-type-value",
    ),
    calling(
        "call-type-number-later",
        opens(0, "call_a", "f"),
        call(0, type=7, function={"arguments": "{}"}),
        breaks="tool-type-first",
    ),
    calling(
        "custom-object-absent",
        call(0, id="call_a", type="custom"),
        call(0, custom={"name": "sql", "input": "SELECT 1"}),
        breaks="tool-function-present",
    ),
    calling(
        "custom-as-function",
        call(0, id="call_a", type="custom", function={"name": "sql", "arguments": "{}"}),
        breaks="tool-function-present",
    ),
    calling(
        "custom-name-absent",
        call(0, id="call_a", type="custom", custom={"input": "SELECT 1"}),
        breaks="tool-name-first",
    ),
    calling(
        "custom-id-absent",
        call(0, type="custom", custom={"name": "sql", "input": "SELECT 1"}),
        breaks="tool-id-first",
    ),
    calling(
        "custom-name-twice",
        call(0, id="call_a", type="custom", custom={"name": "sql", "input": ""}),
        call(0, custom={"name": "sql", "input": "SELECT 1"}),
        breaks="tool-name-repeated",
    ),
)

LEGAL: tuple[Wire, ...] = (
    calling(
        "calls-interleaved",
        opens(0, "call_a", "weather"),
        opens(1, "call_b", "weather"),
        goes_on(0, '{"city":'),
        goes_on(1, '{"city":"Ro'),
        goes_on(0, '"Oslo"}'),
        goes_on(1, 'me"}'),
    ),
    calling("call-in-one-delta", {"tool_calls": [whole_call(0, "call_a")]}),
    wire(
        "calls-in-one-delta",
        {**CALLING, "tool_calls": [whole_call(0, "call_a"), whole_call(1, "call_b")]},
        finish="tool_calls",
    ),
    calling(
        "call-fragments-in-one-delta",
        {
            "tool_calls": [
                {"index": 0, "id": "call_a", "type": "function", "function": {"name": "f", "arguments": "{"}},
                {"index": 0, "function": {"arguments": "}"}},
            ]
        },
    ),
    calling(
        "call-nulls-later",
        opens(0, "call_a", "now"),
        call(0, id=None, type=None, function={"name": None, "arguments": "{}"}),
    ),
    calling(
        "call-type-again", opens(0, "call_a", "now"), call(0, type="function", function={"arguments": "{}"})
    ),
    wire("text-then-call", *says("Let me look."), opens(0, "call_a", "now", "{}"), finish="tool_calls"),
    calling(
        "call-of-custom-tool",
        call(0, id="call_a", type="custom", custom={"name": "sql", "input": ""}),
        call(0, custom={"input": "SELECT 1"}),
        asks={"tools": [{"type": "custom", "custom": {"name": "sql"}}]},
    ),
    calling(
        "custom-and-function",
        call(0, id="call_a", type="custom", custom={"name": "sql", "input": "SELECT 1"}),
        opens(1, "call_b", "now", "{}"),
    ),
    calling(
        "custom-in-one-delta-with-nulls",
        call(0, id="call_a", type="custom", custom={"name": "sql", "input": "SELECT 1"}, function=None),
    ),
)
