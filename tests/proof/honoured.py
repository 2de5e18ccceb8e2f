"""What the request says and what comes for it, legal and broken: limits, tools, JSON, the model."""

from typing import Any

from tests.proof.chat_streams import (
    ASKS,
    ASKS_USAGE,
    COUNTED,
    TEXT,
    TOOLS,
    TWO,
    chunk,
    chunks,
    goes_on,
    opens,
    says,
)
from tests.proof.wire import DONE, Json, Wire, edited, every, once

CALLING: Json = {"role": "assistant", "content": None}
SCHEMA: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
CLOSED: Json = {**SCHEMA, "additionalProperties": False}
WEATHER: Json = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
NAMED: Json = {"type": "function", "function": {"name": "weather"}}


def said(
    id: str,
    asks: Json,
    *deltas: Json,
    finish: str = "stop",
    breaks: str = "",
) -> Wire:
    """The deltas as a stream for a request."""
    body = chunks(*deltas, finish=finish) + DONE
    return Wire(id=id, asks={**ASKS, **asks}, body=body, breaks=(breaks,) if breaks else ())


# Limits


def spent(
    id: str, tokens: int, asks: Json, *, finish: str = "length", breaks: str = "", promises: bool = True
) -> Wire:
    """A text whose usage counts so many tokens."""
    usage = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    return Wire(
        id=id,
        asks={**ASKS_USAGE, **asks},
        body=chunks(*says("Hel", "lo"), finish=finish, usage=None) + chunk(usage=usage) + DONE,
        promises=("length",) if promises else (),
        breaks=(breaks,) if breaks else (),
    )


LIMITED = (
    spent("limit-by-one", 17, {"max_tokens": 16}, breaks="max-tokens-honoured"),
    spent("limit-of-new-name", 17, {"max_completion_tokens": 16}, breaks="max-tokens-honoured"),
    spent("limit-far", 300, {"max_tokens": 16}, breaks="max-tokens-honoured"),
    edited(
        TWO,
        "limit-of-two-choices",
        asks={**ASKS_USAGE, "n": 2, "max_tokens": 1},
        breaks="max-tokens-honoured",
    ),
    spent("limit-ends-with-stop", 16, {"max_tokens": 16}, finish="stop", breaks="finish-reason-length"),
)
WITHIN = (
    spent("limit-exact", 16, {"max_tokens": 16}),
    spent("limit-not-reached", 15, {"max_tokens": 16}),
    spent("limit-not-reached-and-stop", 15, {"max_tokens": 16}, finish="stop"),
    spent("limit-exact-and-over", 16, {"max_tokens": 16}, finish="stop", promises=False),
    spent("limit-filtered", 16, {"max_tokens": 16}, finish="content_filter"),
    spent("limit-null", 300, {"max_tokens": None}),
    spent("limit-of-both-names", 17, {"max_completion_tokens": 20, "max_tokens": 16}),
    edited(TWO, "limit-of-each-choice", asks={**ASKS_USAGE, "n": 2, "max_tokens": 2}),
    edited(TEXT, "limit-without-usage", asks={**ASKS, "max_tokens": 1}, promises=("length",)),
)

# Forced calls

FREE_SET: Json = {
    "type": "allowed_tools",
    "allowed_tools": {"mode": "auto", "tools": [NAMED]},
}
FORCED_SET: Json = {**FREE_SET, "allowed_tools": {"mode": "required", "tools": [NAMED]}}


def forced(choice: Any, *others: Json) -> Json:
    """A request that forces a call."""
    return {"tools": [WEATHER, *others], "tool_choice": choice}


OTHER: Json = {"type": "function", "function": {"name": "time", "parameters": SCHEMA}}
UNFORCED = (
    said("forced-prose", forced(NAMED), *says("It rains."), breaks="tool-choice-honoured"),
    said("forced-nothing", forced(NAMED), *says(), breaks="tool-choice-honoured"),
    said("required-prose", forced("required"), *says("It rains."), breaks="tool-choice-honoured"),
    said("allowed-set-prose", forced(FORCED_SET), *says("It rains."), breaks="tool-choice-honoured"),
    said(
        "forced-other",
        forced(NAMED, OTHER),
        CALLING,
        opens(0, "call_a", "time", '{"city":"Oslo"}'),
        breaks="tool-choice-honoured",
    ),
)
FORBIDDEN = said(
    "none-called",
    forced("none"),
    CALLING,
    opens(0, "call_a", "weather", '{"city":"Oslo"}'),
    finish="tool_calls",
    breaks="tool-choice-honoured",
)
OBEYED = (
    said("required-any", forced("required", OTHER), CALLING, opens(0, "call_a", "time", '{"city":"Oslo"}')),
    said("forced-and-more", forced(NAMED), *says("Look:"), opens(0, "call_a", "weather", '{"city":"Oslo"}')),
    said("forced-cut", forced(NAMED), *says("I"), finish="length"),
    said("forced-filtered", forced(NAMED), *says("I"), finish="content_filter"),
    said("forced-refused", forced(NAMED), CALLING, {"refusal": "I can't help with that."}),
    said("auto-prose", forced("auto"), *says("It rains.")),
    said("none-prose", forced("none"), *says("It rains.")),
    said("allowed-set-free-prose", forced(FREE_SET), *says("It rains.")),
    said(
        "forced-twice",
        forced(NAMED),
        CALLING,
        *(opens(i, f"call_{i}", "weather", '{"city":"Oslo"}') for i in (0, 1)),
    ),
)

# JSON


def formed(schema: Json | None, *, strict: bool | None = True) -> Json:
    """A request for JSON; None is for any."""
    if schema is None:
        return {"response_format": {"type": "json_object"}}
    inner: Json = {"name": "place", "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": inner | {"strict": strict}}}


MISSHAPEN = (
    said(
        "json-in-a-fence",
        formed(CLOSED),
        *says('```json\n{"city":', '"Oslo"}\n```'),
        breaks="structured-output",
    ),
    said("json-as-prose", formed(CLOSED), *says("Oslo ", "is a city."), breaks="structured-output"),
    said(
        "json-and-prose",
        formed(CLOSED),
        *says('{"city":"Oslo"}', " Anything else?"),
        breaks="structured-output",
    ),
    said("json-half", formed(CLOSED), *says('{"city":', '"Os'), breaks="structured-output"),
    said("json-of-wrong-type", formed(CLOSED), *says('{"city":', "7}"), breaks="structured-output"),
    said(
        "json-of-more-keys", formed(CLOSED), *says('{"city":"Oslo",', '"code":1}'), breaks="structured-output"
    ),
    said("json-without-key", formed(CLOSED), *says("{", "}"), breaks="structured-output"),
    said("json-any-as-prose", formed(None), *says("Oslo"), breaks="structured-output"),
    said("json-loose-as-prose", formed(CLOSED, strict=False), *says("Oslo"), breaks="structured-output"),
)
SHAPED = (
    said("json-with-spaces", formed(CLOSED), *says('\n {\n  "city" : ', '"Oslo"\n}\n\n')),
    said("json-escaped", formed(CLOSED), *says('{"city":"', '\\u00c5lesund \\ud83d\\ude00"}')),
    said("json-more-keys-allowed", formed(SCHEMA), *says('{"city":"Oslo",', '"code":1}')),
    said("json-refused", formed(CLOSED), CALLING, {"refusal": "I can't "}, {"refusal": "do that."}),
    said("json-refused-after-text", formed(CLOSED), *says("{"), {"refusal": "I can't do that."}),
    said("json-cut-by-length", formed(CLOSED), *says('{"city":"Os'), finish="length"),
    said("json-cut-by-filter", formed(CLOSED), *says('{"ci'), finish="content_filter"),
    said("json-cut-by-stop", {**formed(CLOSED), "stop": ["}"]}, *says('{"city":"Oslo"')),
    said("json-any-cut-by-stop", {**formed(None), "stop": ["}"]}, *says('{"city":"Oslo"')),
    said("json-empty", formed(CLOSED), *says()),
    said("json-any", formed(None), *says('{"a":', "[1,2]}")),
    said("json-loose", formed(CLOSED, strict=False), *says('{"town":', '"Oslo"}')),
    said("json-strictness-unsaid", formed(CLOSED, strict=None), *says('{"town":', '"Oslo"}')),
    said("json-of-no-schema", formed({"type": "nonsense"}), *says('{"town":', '"Oslo"}')),
    said("prose-as-asked", {"response_format": {"type": "text"}}, *says("Oslo")),
    said(
        "json-call-instead",
        {**formed(CLOSED), "tools": [WEATHER]},
        CALLING,
        opens(0, "call_a", "weather", '{"city":"Oslo"}'),
        finish="tool_calls",
    ),
)

# Arguments


def called(
    id: str, arguments: str, name: str = "weather", *, finish: str = "tool_calls", breaks: str = ""
) -> Wire:
    """A call of a tool that may or may not be offered."""
    asks = {"tools": [WEATHER]}
    deltas = (CALLING, opens(0, "call_a", name), goes_on(0, arguments))
    return said(id, asks, *deltas, finish=finish, breaks=breaks)


MISCALLED = (
    called("arguments-without-key", '{"town":"Oslo"}', breaks="tool-arguments-schema"),
    called("arguments-of-wrong-type", '{"city":["Oslo"]}', breaks="tool-arguments-schema"),
    called("call-of-no-tool", '{"city":"Oslo"}', "time", breaks="tool-arguments-schema"),
)
WELL_CALLED = (
    called("arguments-fit", '{"city":"Oslo"}'),
    called("arguments-with-more-keys", '{"city":"Oslo","days":3}'),
    called("arguments-with-spaces", ' { "city" : "Oslo" } '),
    called("arguments-cut", '{"ci', finish="length"),
    edited(TOOLS, "arguments-of-any-shape", asks={**ASKS, "tools": [NAMED]}),
    edited(TOOLS, "tools-unknown", asks={**ASKS, "tools": "none of your business"}),
)

# The model


def modelled(id: str, asked: str, name: str, breaks: str = "") -> Wire:
    """A stream whose chunks name a model."""
    change = every(b'"model":"gpt-5.2"', b'"model":"%s"' % name.encode())
    return edited(TEXT, id, change, asks={**ASKS, "model": asked}, breaks=breaks or ())


OTHER_MODELS = (
    modelled("model-other-vendor", "gpt-5.2", "llama-4-8b", breaks="model-as-asked"),
    modelled("model-smaller", "gpt-5.2-pro", "gpt-5.2-mini", breaks="model-as-asked"),
)
SAME_MODELS = (
    modelled("model-dated", "gpt-5.2", "gpt-5.2-2026-08-01"),
    modelled("model-undated", "gpt-5.2-2026-08-01", "gpt-5.2"),
    modelled("model-with-vendor", "openai/gpt-5.2", "gpt-5.2"),
    modelled("model-with-vendor-in-answer", "gpt-5.2", "openai/gpt-5.2-2026-08-01"),
    modelled("model-with-variant", "openai/gpt-5.2:free", "gpt-5.2"),
    modelled("model-in-capitals", "gpt-5.2", "GPT-5.2"),
    modelled("model-with-underscores", "gpt_5_2", "gpt-5.2"),
    modelled("model-with-path", "models/gpt-5.2", "/srv/weights/gpt-5.2"),
)

# Reasoning that is counted

PROMISED: Json = {"claim": True, "promises": ("reasoning",)}
HIDDEN = edited(COUNTED, "reasoning-counted-and-hidden", breaks="reasoning-shown", **PROMISED)
SHOWN = (
    edited(COUNTED, "reasoning-shown", once(b'"content":"Hel"', b'"reasoning_content":"Hm."'), **PROMISED),
    edited(COUNTED, "reasoning-counted-without-claim", promises=("reasoning",)),
    edited(COUNTED, "reasoning-counted-without-promise", claim=True),
    edited(
        COUNTED, "reasoning-not-counted", once(b'"reasoning_tokens":1', b'"reasoning_tokens":0'), **PROMISED
    ),
)

WIRES = (HIDDEN, FORBIDDEN, *LIMITED, *UNFORCED, *MISSHAPEN, *MISCALLED, *OTHER_MODELS)
LEGAL = (*WITHIN, *OBEYED, *SHAPED, *WELL_CALLED, *SAME_MODELS, *SHOWN)
