"""What breaks and what keeps the requirement that arguments fit the schema of a strict function."""

from tests.proof.streams.chat import calling, goes_on, opens
from tests.proof.streams.echoed import CRM, PLACE, WEATHER, answered, changed
from tests.proof.streams.handmade import Breaks, Json, Wire
from tests.proof.streams.responses import function_call

STRICT: Json = {"type": "function", "function": {"name": "weather", "strict": True, "parameters": PLACE}}
TWICE = ("tool-arguments-strict", "tool-arguments-schema")
CAUSE = "In chat a rule of its own compares the arguments of any function with its schema."
EMPTY = "Arguments without the keys that the schema requires break both rules."


def chat(
    id: str,
    arguments: str,
    tool: Json = STRICT,
    *,
    finish: str = "tool_calls",
    breaks: Breaks = (),
    cause: str = "",
) -> Wire:
    """A call with these arguments in chat."""
    deltas = (opens(0, "call_a", "weather"), goes_on(0, arguments))
    return calling(id, *deltas, finish=finish, asks={"tools": [tool]}, breaks=breaks, cause=cause)


def called(place: int, arguments: str, **more: object) -> tuple[tuple[Json, ...], Json]:
    """A call with these arguments in Responses."""
    return changed(function_call(place, f"call_{place}", "weather", arguments), more)


TOOLS: Json = {"tools": [{**WEATHER, "strict": True}]}
FREE: Json = {"tools": [{**WEATHER, "strict": False}]}
SPACE: Json = {"tools": [{**CRM, "tools": [{**WEATHER, "strict": True}]}]}

BROKEN: tuple[Wire, ...] = (
    chat("strict-other-key", '{"town":"Oslo"}', breaks=TWICE, cause=CAUSE),
    chat("strict-one-key-more", '{"city":"Oslo","days":3}', breaks=TWICE, cause=CAUSE),
    chat("strict-wrong-type", '{"city":["Oslo"]}', breaks=TWICE, cause=CAUSE),
    chat(
        "strict-empty-object", "{}", breaks=("tool-arguments-strict", "call-arguments-present"), cause=EMPTY
    ),
    answered(
        "strict-other-key-in-responses", TOOLS, called(0, '{"town":"Oslo"}'), breaks="tool-arguments-strict"
    ),
    answered("strict-number-in-responses", TOOLS, called(0, '{"city":7}'), breaks="tool-arguments-strict"),
    answered(
        "strict-second-key-in-namespace",
        SPACE,
        called(0, '{"city":"Oslo","x":1}', namespace="crm"),
        told=SPACE,
        breaks="tool-arguments-strict",
    ),
)

LEGAL: tuple[Wire, ...] = (
    chat("strict-fits", '{"city":"Oslo"}'),
    chat("strict-fits-with-spaces", '{ "city" : "Oslo" }'),
    chat("strict-cut", '{"city":"Os', finish="length"),
    chat("strict-filtered", '{"ci', finish="content_filter"),
    calling(
        "strict-in-parallel",
        opens(0, "call_a", "weather", '{"city":"Oslo"}'),
        opens(1, "call_b", "weather", '{"city":"Rome","days":3}'),
        asks={"tools": [STRICT]},
        breaks="tool-arguments-schema",
    ),
    answered("strict-fits-in-responses", TOOLS, called(0, '{"city":"Oslo"}')),
    answered("not-strict-in-responses", FREE, called(0, '{"town":"Oslo"}')),
    answered("strict-in-parallel-in-responses", TOOLS, called(0, '{"town":"Oslo"}'), called(1, '{"city":1}')),
)
