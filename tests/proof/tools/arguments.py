"""What breaks and what keeps the requirements on the arguments of tool calls in chat streams."""

from typing import Any

from tests.proof.chat.cuts import STRICT as CUTS_STRICT
from tests.proof.chat.cuts import spent
from tests.proof.streams.chat import (
    CALLING,
    FUNCTION_CALL,
    ROLE,
    SCHEMA,
    call,
    calling,
    goes_on,
    opens,
    wire,
)
from tests.proof.streams.edits import edited, once, without
from tests.proof.streams.handmade import Breaks, Json, Wire

STRICT: Json = {
    "type": "function",
    "function": {
        "name": "weather",
        "strict": True,
        "parameters": {**SCHEMA, "additionalProperties": False},
    },
}
SQL: Json = {"type": "custom", "custom": {"name": "sql"}}


def strict(id: str, *arguments: str, finish: str = "tool_calls", **fields: Any) -> Wire:
    """Calls of a strict function with these arguments."""
    calls = [opens(index, f"call_{index}", "weather", text) for index, text in enumerate(arguments)]
    return calling(id, *calls, finish=finish, asks={"tools": [STRICT, SQL]}, **fields)


def queried(id: str, *pieces: object, breaks: Breaks = (), finish: str = "tool_calls") -> Wire:
    """A call of a custom tool with these pieces of its input."""
    deltas = [call(0, custom={"input": piece}) for piece in pieces]
    first = call(0, id="call_a", type="custom", custom={"name": "sql", "input": ""})
    return calling(id, first, *deltas, asks={"tools": [SQL]}, breaks=breaks, finish=finish)


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
    queried("custom-input-object", {"query": "SELECT 1"}, breaks="tool-arguments-string"),
    edited(
        FUNCTION_CALL, "function-call-cut", without(b'"arguments":"\\"Oslo'), breaks="tool-arguments-json"
    ),
    edited(
        FUNCTION_CALL,
        "function-call-list",
        once(b'{\\"city\\":', b"["),
        once(b'\\"Oslo\\"}', b"1]"),
        breaks="tool-arguments-object",
    ),
    strict("strict-arguments-of-wrong-type", '{"city":7}', breaks="tool-arguments-strict"),
    strict("strict-arguments-with-more-keys", '{"city":"Oslo","days":3}', breaks="tool-arguments-strict"),
    strict("strict-arguments-without-key", "{}", breaks="tool-arguments-strict"),
    strict("strict-arguments-cut", '{"city":"Os', breaks="tool-arguments-strict"),
    strict("strict-arguments-twice", '{"city":"Oslo"}{"city":"Oslo"}', breaks="tool-arguments-strict"),
    strict("strict-arguments-in-text", '"{}"', breaks="tool-arguments-strict"),
    calling(
        "strict-arguments-of-forced-call",
        opens(0, "call_0", "weather", "[]"),
        finish="stop",
        asks={"tools": [STRICT, SQL], "tool_choice": "required"},
        breaks="tool-arguments-strict",
    ),
    strict("strict-arguments-empty", "", breaks="tool-arguments-strict"),
    spent(
        "uncut-strict-call-of-wrong-type",
        7,
        CUTS_STRICT,
        CALLING,
        opens(0, "call_a", "weather", '{"city":7}'),
        finish="tool_calls",
        breaks="tool-arguments-strict",
    ),
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
    strict("strict-arguments-fit", '{"city":"Oslo"}'),
    strict("strict-arguments-cut-by-length", '{"city":"Os', finish="length"),
    strict("strict-arguments-filtered", '{"ci', finish="content_filter"),
    strict("strict-arguments-in-parallel", '{"city":7}', '{"city":"Rome"}', breaks="tool-arguments-schema"),
    queried("custom-input-of-any-text", "SELECT ", '"name" FROM {cities'),
    queried("custom-input-number", "7"),
    queried("custom-input-empty"),
    queried("custom-input-cut", "SELECT", finish="length"),
    edited(queried("custom-base", "SELECT 1"), "custom-of-unknown-request", asks=None),
    edited(
        FUNCTION_CALL,
        "function-call-cut-by-length",
        without(b'"arguments":"\\"Oslo'),
        once(b'"finish_reason":"function_call"', b'"finish_reason":"length"'),
    ),
)
