"""Broken wires: tool calls in chat streams."""

from tests.proof.chat_streams import (
    ASKS,
    call,
    chunks,
    goes_on,
    opens,
)
from tests.proof.responses_streams import TEXT as WORDS
from tests.proof.wire import DONE, Wire, edited, every

CALLING = {"role": "assistant", "content": None}


FUNCTION = {"name": "weather", "arguments": ""}


def calls(
    id: str,
    *deltas: dict[str, object],
    breaks: str | tuple[str, ...],
    cause: str = "",
    finish: str = "tool_calls",
) -> Wire:
    """A broken wire of tool calls."""
    broken = (breaks,) if isinstance(breaks, str) else breaks
    return Wire(
        id=id, asks=ASKS, body=chunks(CALLING, *deltas, finish=finish) + DONE, breaks=broken, cause=cause
    )


CALLS = (
    calls(
        "call-index-absent",
        {"tool_calls": [{"id": "call_a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        breaks="tool-index-present",
    ),
    calls(
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
    calls(
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
    calls(
        "call-index-float",
        opens(0, "call_a", "f"),
        {"tool_calls": [{"index": 0.0, "function": {"arguments": "{}"}}]},
        breaks="tool-index-present",
    ),
    calls(
        "call-index-absent-later",
        opens(0, "call_a", "f"),
        {"tool_calls": [{"function": {"arguments": "{}"}}]},
        breaks="tool-index-present",
    ),
    calls("call-index-one", opens(1, "call_a", "f", "{}"), breaks="tool-index-contiguous"),
    calls(
        "call-index-gap",
        opens(0, "call_a", "f", "{}"),
        opens(2, "call_b", "f", "{}"),
        breaks="tool-index-contiguous",
    ),
    calls(
        "call-index-same",
        opens(0, "call_a", "f", "{}"),
        opens(0, "call_b", "g", "{}"),
        breaks="tool-index-reused",
    ),
    calls(
        "call-index-same-function",
        opens(0, "call_a", "f"),
        goes_on(0, "{}"),
        opens(0, "call_b", "f"),
        goes_on(0, "{}"),
        breaks="tool-index-reused",
    ),
    calls(
        "call-id-absent",
        call(0, type="function", function=FUNCTION),
        goes_on(0, "{}"),
        breaks="tool-id-first",
    ),
    calls(
        "call-id-null",
        call(0, id=None, type="function", function=FUNCTION),
        goes_on(0, "{}"),
        breaks="tool-id-first",
    ),
    calls(
        "call-id-empty",
        call(0, id="", type="function", function=FUNCTION),
        goes_on(0, "{}"),
        breaks="tool-id-first",
    ),
    calls(
        "call-type-absent",
        call(0, id="call_a", function=FUNCTION),
        goes_on(0, "{}"),
        breaks="tool-type-first",
    ),
    calls(
        "call-type-empty",
        call(0, id="call_a", type="", function=FUNCTION),
        goes_on(0, "{}"),
        breaks="tool-type-first",
    ),
    calls(
        "call-type-empty-later",
        opens(0, "call_a", "f"),
        call(0, type="", function={"arguments": "{}"}),
        breaks="tool-type-first",
    ),
    calls(
        "call-name-absent",
        call(0, id="call_a", type="function", function={"arguments": "{}"}),
        breaks="tool-name-first",
    ),
    calls(
        "call-name-late",
        call(0, id="call_a", type="function", function={"arguments": ""}),
        call(0, function={"name": "f", "arguments": "{}"}),
        breaks="tool-name-first",
    ),
    calls(
        "call-id-other",
        opens(0, "call_a", "f"),
        call(0, id="call_b", function={"arguments": "{}"}),
        breaks="tool-id-stable",
    ),
    calls(
        "call-id-twice",
        opens(0, "call_a", "f"),
        call(0, id="call_a", function={"arguments": "{}"}),
        breaks="tool-id-repeated",
    ),
    calls(
        "call-name-twice",
        opens(0, "call_a", "f"),
        call(0, function={"name": "f", "arguments": "{}"}),
        breaks="tool-name-repeated",
    ),
    calls(
        "call-name-in-pieces",
        opens(0, "call_a", "wea"),
        call(0, function={"name": "ther", "arguments": "{}"}),
        breaks="tool-name-repeated",
    ),
    calls(
        "call-id-empty-later",
        opens(0, "call_a", "f"),
        call(0, id="", function={"arguments": "{}"}),
        breaks="tool-empty-continuation",
    ),
    calls(
        "call-name-empty-later",
        opens(0, "call_a", "f"),
        call(0, function={"name": "", "arguments": "{}"}),
        breaks="tool-empty-continuation",
    ),
    calls(
        "call-function-absent-later", opens(0, "call_a", "f", "{}"), call(0), breaks="tool-function-present"
    ),
    calls(
        "call-function-null",
        opens(0, "call_a", "f", "{}"),
        call(0, function=None),
        breaks="tool-function-present",
    ),
    calls(
        "call-arguments-object",
        call(0, id="call_a", type="function", function={"name": "f", "arguments": {"a": 1}}),
        breaks="tool-arguments-string",
    ),
    calls(
        "call-arguments-list-later",
        opens(0, "call_a", "f"),
        call(0, function={"arguments": []}),
        breaks="tool-arguments-string",
    ),
    calls("call-arguments-cut", opens(0, "call_a", "f", '{"a":'), breaks="tool-arguments-json"),
    calls(
        "call-arguments-twice", opens(0, "call_a", "f", "{}"), goes_on(0, "{}"), breaks="tool-arguments-json"
    ),
    calls("call-arguments-python", opens(0, "call_a", "f", "{'a': True}"), breaks="tool-arguments-json"),
    calls("call-arguments-nan", opens(0, "call_a", "f", '{"a":NaN}'), breaks="tool-arguments-json"),
    calls("call-arguments-in-text", opens(0, "call_a", "f", '"{\\"a\\":1}"'), breaks="tool-arguments-object"),
    calls("call-arguments-list", opens(0, "call_a", "f", "[1]"), breaks="tool-arguments-object"),
    calls("call-arguments-null", opens(0, "call_a", "f", "null"), breaks="tool-arguments-object"),
    calls("calls-empty-list", {"tool_calls": []}, opens(0, "call_a", "f", "{}"), breaks="tool-calls-empty"),
    calls("call-ends-with-stop", opens(0, "call_a", "f", "{}"), breaks="finish-reason-tools", finish="stop"),
    calls(
        "calls-object", {"tool_calls": {"index": 0}}, {"content": "Hi"}, breaks="chunk-schema", finish="stop"
    ),
)


def leaks(number: int, text: str) -> Wire:
    """A text in which a model's own markup of a call shows, between two harmless deltas."""
    deltas = ({"role": "assistant", "content": "Look: "}, {"content": text}, {"content": " ..."})
    return Wire(id=f"markup-{number}", asks=ASKS, body=chunks(*deltas) + DONE, breaks=("tool-markup",))


MARKUP = (
    *(
        leaks(number, text)
        for number, text in enumerate(
            (
                '<tool_call>{"name":"f"}</tool_call>',
                "</tool_call>",
                '<function=f>{"a":1}</function>',
                "<|tool_calls_section_begin|>",
                '[TOOL_CALLS][{"name":"f"}]',
                "<|python_tag|>f.call()",
                "<\uff5ctool\u2581calls\u2581begin\uff5c>",
                "<minimax:tool_call>",
            )
        )
    ),
    Wire(
        id="markup-over-deltas",
        asks=ASKS,
        body=chunks({"role": "assistant", "content": "<tool"}, {"content": "_ca"}, {"content": "ll>"}) + DONE,
        breaks=("tool-markup",),
    ),
    edited(
        WORDS,
        "markup-in-responses",
        every(b"Hello", b"<tool_call>"),
        every(b'"Hel"', b'"<tool_cal"'),
        every(b'"lo, "', b'"l>, "'),
        breaks="tool-markup",
    ),
)
IDS = (
    calls(
        "call-ids-same",
        opens(0, "call_a", "f", "{}"),
        opens(1, "call_a", "f", "{}"),
        breaks="tool-id-unique",
    ),
    calls(
        "call-ids-same-of-three",
        opens(0, "call_a", "f", "{}"),
        opens(1, "call_b", "f", "{}"),
        opens(2, "call_a", "g", "{}"),
        breaks="tool-id-unique",
    ),
    calls("call-id-of-41", opens(0, "c" * 41, "f", "{}"), breaks="tool-id-length"),
    calls("call-id-of-300", opens(0, "c" * 300, "f", "{}"), breaks="tool-id-length"),
)

WIRES: tuple[Wire, ...] = (*CALLS, *MARKUP, *IDS)
