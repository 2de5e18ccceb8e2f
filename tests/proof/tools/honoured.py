"""What breaks and what keeps the requirements on calls that a request forces, forbids or describes."""

from typing import Any

from tests.proof.streams.chat import (
    ASKS,
    CALLING,
    NAMED,
    SCHEMA,
    TOOLS,
    WEATHER,
    call,
    calling,
    calling_in_two,
    goes_on,
    opens,
    says,
    whole_call,
    wire,
)
from tests.proof.streams.edits import edited
from tests.proof.streams.handmade import Json, Wire

FREE_SET: Json = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}
FORCED_SET: Json = {**FREE_SET, "allowed_tools": {"mode": "required", "tools": [NAMED]}}
SINGLE: Json = {"tools": [WEATHER], "parallel_tool_calls": False}
OTHER: Json = {"type": "function", "function": {"name": "time", "parameters": SCHEMA}}


SQL: Json = {"type": "custom", "custom": {"name": "sql"}}
QUERY: Json = call(0, id="call_a", type="custom", custom={"name": "sql", "input": "SELECT 1"})


def forced(choice: Any, *others: Json) -> Json:
    """A request that forces a call."""
    return {"tools": [WEATHER, *others], "tool_choice": choice}


def city(index: int, name: str) -> Json:
    """A call for one city."""
    return opens(index, f"call_{index}", "weather", f'{{"city":"{name}"}}')


def described(id: str, *deltas: Json, parameters: object = SCHEMA, **fields: Any) -> Wire:
    """Calls of a function with such parameters."""
    function = {"name": "weather", "parameters": parameters}
    return calling(id, *deltas, asks={"tools": [{"type": "function", "function": function}]}, **fields)


def called(id: str, arguments: str, name: str = "weather", **fields: Any) -> Wire:
    """A call of a tool that may or may not be offered."""
    return described(id, opens(0, "call_a", name), goes_on(0, arguments), **fields)


BROKEN: tuple[Wire, ...] = (
    calling(
        "none-called",
        opens(0, "call_a", "weather", '{"city":"Oslo"}'),
        asks=forced("none"),
        breaks="tool-choice-honoured",
    ),
    wire("forced-prose", *says("It rains."), asks=forced(NAMED), breaks="tool-choice-honoured"),
    wire("forced-nothing", *says(), asks=forced(NAMED), breaks="tool-choice-honoured"),
    wire("required-prose", *says("It rains."), asks=forced("required"), breaks="tool-choice-honoured"),
    wire("allowed-set-prose", *says("It rains."), asks=forced(FORCED_SET), breaks="tool-choice-honoured"),
    calling(
        "allowed-set-and-another",
        opens(0, "call_a", "time", '{"city":"Oslo"}'),
        asks=forced(FREE_SET, OTHER),
        breaks="tool-choice-honoured",
    ),
    calling(
        "allowed-set-forced-and-another",
        city(0, "Oslo"),
        opens(1, "call_b", "time", '{"city":"Oslo"}'),
        asks=forced(FORCED_SET, OTHER),
        breaks="tool-choice-honoured",
    ),
    described(
        "arguments-null",
        opens(0, "call_a", "weather", "null"),
        breaks=("call-arguments-present", "tool-arguments-object"),
        cause="Null is no object either.",
    ),
    described(
        "arguments-of-two-quotation-marks",
        opens(0, "call_a", "weather", '""'),
        breaks=("call-arguments-present", "tool-arguments-object"),
        cause="A text is no object either.",
    ),
    wire(
        "forced-other",
        CALLING,
        opens(0, "call_a", "time", '{"city":"Oslo"}'),
        asks=forced(NAMED, OTHER),
        breaks="tool-choice-honoured",
    ),
    calling(
        "parallel-anyway",
        city(0, "Oslo"),
        city(1, "Rome"),
        asks=SINGLE,
        breaks="parallel-calls-honoured",
    ),
    wire(
        "parallel-in-one-delta",
        {**CALLING, "tool_calls": [whole_call(0, "call_a"), whole_call(1, "call_b")]},
        asks=SINGLE,
        finish="tool_calls",
        breaks="parallel-calls-honoured",
    ),
    wire(
        "parallel-though-forced",
        CALLING,
        city(0, "Oslo"),
        city(1, "Rome"),
        city(2, "Bern"),
        asks={**SINGLE, "tool_choice": "required"},
        breaks="parallel-calls-honoured",
    ),
    calling_in_two(
        "parallel-in-one-choice",
        (0, city(0, "Oslo")),
        (1, opens(0, "call_b", "weather", '{"city":"Oslo"}')),
        (1, opens(1, "call_c", "weather", '{"city":"Rome"}')),
        asks=SINGLE,
        breaks="parallel-calls-honoured",
    ),
    described("arguments-none", opens(0, "call_a", "weather"), breaks="call-arguments-present"),
    described("arguments-white-space", opens(0, "call_a", "weather", " "), breaks="call-arguments-present"),
    described(
        "arguments-of-second-call-none",
        city(0, "Oslo"),
        opens(1, "call_b", "weather"),
        breaks="call-arguments-present",
    ),
    wire(
        "arguments-of-forced-call-none",
        CALLING,
        opens(0, "call_a", "weather"),
        asks=forced(NAMED),
        breaks="call-arguments-present",
    ),
    called("arguments-without-key", '{"town":"Oslo"}', breaks="tool-arguments-schema"),
    called("arguments-of-wrong-type", '{"city":["Oslo"]}', breaks="tool-arguments-schema"),
    described("arguments-empty-object", opens(0, "call_a", "weather", "{}"), breaks="call-arguments-present"),
    described(
        "arguments-of-no-schema",
        opens(0, "call_a", "weather"),
        parameters=None,
        breaks="call-arguments-present",
    ),
    described(
        "arguments-required-by-no-list",
        opens(0, "call_a", "weather"),
        parameters={"type": "object", "required": None},
        breaks="call-arguments-present",
    ),
    described(
        "arguments-empty-in-pieces",
        opens(0, "call_a", "weather"),
        goes_on(0, "{"),
        goes_on(0, " }\n"),
        breaks="call-arguments-present",
    ),
    wire("forced-custom-prose", *says("It rains."), asks=forced(SQL, SQL), breaks="tool-choice-honoured"),
    wire(
        "forced-custom-and-a-function",
        CALLING,
        opens(0, "call_a", "weather", '{"city":"Oslo"}'),
        asks=forced(SQL, SQL),
        breaks="tool-choice-honoured",
    ),
)

LEGAL: tuple[Wire, ...] = (
    # Forced calls
    wire(
        "required-any", CALLING, opens(0, "call_a", "time", '{"city":"Oslo"}'), asks=forced("required", OTHER)
    ),
    wire(
        "forced-and-more",
        *says("Look:"),
        opens(0, "call_a", "weather", '{"city":"Oslo"}'),
        asks=forced(NAMED),
    ),
    wire("forced-cut", *says("I"), asks=forced(NAMED), finish="length"),
    wire("forced-filtered", *says("I"), asks=forced(NAMED), finish="content_filter"),
    wire("forced-refused", CALLING, {"refusal": "I can't help with that."}, asks=forced(NAMED)),
    wire("auto-prose", *says("It rains."), asks=forced("auto")),
    wire("none-prose", *says("It rains."), asks=forced("none")),
    calling("allowed-set-called", city(0, "Oslo"), asks=forced(FREE_SET, OTHER)),
    calling("allowed-set-forced-and-called", city(0, "Oslo"), asks=forced(FORCED_SET, OTHER)),
    wire("allowed-set-free-prose", *says("It rains."), asks=forced(FREE_SET)),
    wire(
        "forced-twice",
        CALLING,
        *(opens(i, f"call_{i}", "weather", '{"city":"Oslo"}') for i in (0, 1)),
        asks=forced(NAMED),
    ),
    # One call at a time
    calling("single-as-asked", city(0, "Oslo"), asks=SINGLE),
    wire("single-asked-and-none", *says("It rains."), asks=SINGLE),
    calling(
        "parallel-as-asked",
        city(0, "Oslo"),
        city(1, "Rome"),
        asks={**SINGLE, "parallel_tool_calls": True},
    ),
    calling(
        "parallel-by-default",
        city(0, "Oslo"),
        city(1, "Rome"),
        asks={**SINGLE, "parallel_tool_calls": None},
    ),
    calling_in_two(
        "single-in-each-choice",
        (0, city(0, "Oslo")),
        (1, opens(0, "call_b", "weather", '{"city":"Oslo"}')),
        asks=SINGLE,
    ),
    # Arguments that are due
    described("arguments-cut-at-once", opens(0, "call_a", "weather"), finish="length"),
    described("arguments-filtered-at-once", opens(0, "call_a", "weather"), finish="content_filter"),
    described("arguments-not-required", opens(0, "call_a", "weather", "{}"), parameters={"type": "object"}),
    described(
        "arguments-all-optional",
        opens(0, "call_a", "weather", "{}"),
        parameters={**SCHEMA, "required": []},
    ),
    described("no-arguments-of-no-schema", opens(0, "call_a", "weather", "{}"), parameters=None),
    described(
        "no-arguments-required-by-no-list",
        opens(0, "call_a", "weather", "{}"),
        parameters={"type": "object", "required": None},
    ),
    # Arguments
    called("arguments-fit", '{"city":"Oslo"}'),
    called("arguments-with-more-keys", '{"city":"Oslo","days":3}'),
    called("arguments-with-spaces", ' { "city" : "Oslo" } '),
    called("arguments-cut", '{"ci', finish="length"),
    edited(TOOLS, "arguments-of-any-shape", asks={**ASKS, "tools": [NAMED]}),
    edited(TOOLS, "tools-unknown", asks={**ASKS, "tools": "none of your business"}),
    edited(TOOLS, "calls-not-asked-for-known", asks=None),
    wire("forced-custom", CALLING, QUERY, asks=forced(SQL, SQL)),
    calling("custom-offered-beside-a-function", QUERY, asks={"tools": [WEATHER, SQL]}),
)
