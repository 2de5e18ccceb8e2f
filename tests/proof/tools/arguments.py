"""What breaks and what keeps the requirements on the arguments of tool calls in chat streams."""

from tests.proof.streams.chat import ROLE, call, calling, goes_on, opens, wire
from tests.proof.streams.handmade import Wire

BROKEN: tuple[Wire, ...] = (
    calling(
        "call-arguments-object",
        call(0, id="call_a", type="function", function={"name": "f", "arguments": {"a": 1}}),
        breaks="tool-arguments-string",
    ),
    calling(
        "call-arguments-list-later",
        opens(0, "call_a", "f"),
        call(0, function={"arguments": []}),
        breaks="tool-arguments-string",
    ),
    calling("call-arguments-cut", opens(0, "call_a", "f", '{"a":'), breaks="tool-arguments-json"),
    calling(
        "call-arguments-twice", opens(0, "call_a", "f", "{}"), goes_on(0, "{}"), breaks="tool-arguments-json"
    ),
    calling("call-arguments-python", opens(0, "call_a", "f", "{'a': True}"), breaks="tool-arguments-json"),
    calling("call-arguments-nan", opens(0, "call_a", "f", '{"a":NaN}'), breaks="tool-arguments-json"),
    calling(
        "call-arguments-in-text", opens(0, "call_a", "f", '"{\\"a\\":1}"'), breaks="tool-arguments-object"
    ),
    calling("call-arguments-list", opens(0, "call_a", "f", "[1]"), breaks="tool-arguments-object"),
    calling("call-arguments-null", opens(0, "call_a", "f", "null"), breaks="tool-arguments-object"),
    calling("calls-empty-list", {"tool_calls": []}, opens(0, "call_a", "f", "{}"), breaks="tool-calls-empty"),
)

LEGAL: tuple[Wire, ...] = (
    wire(
        "tool-calls-null", ROLE, {"content": "Hi", "tool_calls": None}, {"content": "!", "tool_calls": None}
    ),
    calling("call-arguments-empty", opens(0, "call_a", "now")),
    calling("call-arguments-empty-object", opens(0, "call_a", "now", "{}")),
    calling(
        "call-arguments-null-then-text",
        call(0, id="call_a", type="function", function={"name": "now", "arguments": None}),
        goes_on(0, "{}"),
    ),
    calling(
        "call-cut-by-length",
        opens(0, "call_a", "weather"),
        goes_on(0, '{"city":"Os'),
        finish="length",
    ),
    calling(
        "call-cut-by-filter",
        opens(0, "call_a", "weather"),
        goes_on(0, '{"ci'),
        finish="content_filter",
    ),
)
