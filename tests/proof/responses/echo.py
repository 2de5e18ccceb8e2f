"""What breaks and what keeps the requirements that a response repeats its request."""

from tests.proof.streams.echoed import CLOCK, NOTE, PLACE, WEATHER, answered, tool_told
from tests.proof.streams.handmade import Json, Wire
from tests.proof.streams.responses import OPENING, completed, function_call, message_events, wire

HI = message_events(0, "Hi.")
FORM: Json = {"type": "json_schema", "name": "place", "schema": PLACE}
LOOSE_PLACE: Json = {key: value for key, value in PLACE.items() if key != "additionalProperties"}
BARE: Json = {"type": "function", "name": "weather", "parameters": LOOSE_PLACE}
STRICT: Json = {**WEATHER, "strict": True}
DESCRIBED: Json = {**WEATHER, "description": "The weather."}
FORCED: Json = {"tools": [WEATHER], "tool_choice": "required"}
SET: Json = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "weather"}]}
SEARCH: Json = {"type": "web_search"}


def differs(id: str, key: str, asked: object, told: object) -> Wire:
    """A response that says something else under one key."""
    return answered(id, {key: asked}, HI, told={key: told}, breaks="response-echo")


def agrees(id: str, key: str, asked: object, told: object) -> Wire:
    """A response that says the same under one key, in its own form."""
    return answered(id, {key: asked}, HI, told={key: told})


def lists(id: str, asked: list[Json], *told: Json) -> Wire:
    """A response that lists other tools than were offered."""
    return answered(id, {"tools": asked}, HI, told={"tools": list(told)}, breaks="response-echo-tools")


BROKEN: tuple[Wire, ...] = (
    differs("echo-other-temperature", "temperature", 0.9, 0.2),
    differs("echo-default-top-p", "top_p", 0.5, 1.0),
    differs("echo-other-instructions", "instructions", "Be kind.", "Be terse."),
    differs("echo-no-instructions", "instructions", "Be kind.", None),
    differs("echo-no-metadata", "metadata", {"a": "b"}, {}),
    differs("echo-other-metadata", "metadata", {"a": "b"}, {"a": "c"}),
    differs("echo-redacted-and-other", "metadata", {"api_key": "[redacted]", "a": "b"}, {"a": "b"}),
    differs("echo-other-limit", "max_output_tokens", 400, 4096),
    differs("echo-no-limit", "max_output_tokens", 400, None),
    differs("echo-stored", "store", False, True),
    differs("echo-no-previous-response", "previous_response_id", "resp_1", None),
    differs("echo-parallel", "parallel_tool_calls", False, True),
    differs("echo-other-effort", "reasoning", {"effort": "low"}, {"effort": "high", "summary": None}),
    differs("echo-no-summary", "reasoning", {"summary": "detailed"}, {"effort": None, "summary": None}),
    differs("echo-other-truncation", "truncation", "auto", "disabled"),
    differs("echo-of-a-set-of-another-mode", "tool_choice", SET, {**SET, "mode": "required"}),
    answered(
        "echo-prose-for-json",
        {"text": {"format": FORM}},
        message_events(0, '{"city":"Oslo"}'),
        told={"text": {"format": {"type": "text"}}},
        breaks="response-echo",
    ),
    answered(
        "echo-other-schema",
        {"text": {"format": FORM}},
        message_events(0, '{"city":"Oslo"}'),
        told={"text": {"format": {**FORM, "schema": {**PLACE, "properties": {"town": {"type": "string"}}}}}},
        breaks="response-echo",
    ),
    answered(
        "echo-free-choice",
        FORCED,
        function_call(0, "call_a", "weather", '{"city":"Oslo"}'),
        told={"tool_choice": "auto"},
        breaks="response-echo",
    ),
    lists("echo-tool-without-strict", [WEATHER], {**WEATHER, "description": None}),
    lists("echo-tool-not-strict", [STRICT], tool_told({**STRICT, "strict": False})),
    lists("echo-tool-strict-though-not", [{**WEATHER, "strict": False}], tool_told(STRICT)),
    lists("echo-tool-without-description", [DESCRIBED], tool_told(WEATHER)),
    lists("echo-tool-of-other-schema", [WEATHER], tool_told({**WEATHER, "parameters": {"type": "object"}})),
    lists("echo-one-tool-of-two", [WEATHER, CLOCK], tool_told(WEATHER)),
    lists("echo-one-tool-more", [WEATHER], tool_told(WEATHER), tool_told(CLOCK)),
    answered("echo-no-tools", {"tools": [WEATHER]}, HI, told={"tools": []}, breaks="response-tools-listed"),
    answered(
        "echo-no-hosted-tools", {"tools": [SEARCH]}, HI, told={"tools": []}, breaks="response-tools-listed"
    ),
)

LEGAL: tuple[Wire, ...] = (
    agrees("echo-in-single-precision", "temperature", 0.1, 0.10000000149011612),
    agrees("echo-whole-number", "temperature", 1, 1.0),
    agrees("echo-empty-instructions", "instructions", "", None),
    agrees("echo-of-a-stored-prompt", "instructions", "Be kind.", [{"type": "message", "role": "developer"}]),
    agrees("echo-no-metadata-as-null", "metadata", {}, None),
    agrees("echo-more-metadata", "metadata", {"a": "b"}, {"a": "b", "trace": "1"}),
    agrees("echo-of-what-is-redacted", "metadata", {"api_key": "[redacted]"}, {"api_key": "short"}),
    agrees("echo-not-stored-though-asked", "store", True, False),
    agrees("echo-effort-and-more", "reasoning", {"effort": "low"}, {"effort": "low", "summary": None}),
    agrees(
        "echo-summary-chosen", "reasoning", {"summary": "auto"}, {"effort": "medium", "summary": "detailed"}
    ),
    agrees(
        "echo-verbosity-filled-in",
        "text",
        {"verbosity": "low"},
        {"format": {"type": "text"}, "verbosity": "low"},
    ),
    agrees("echo-of-a-set", "tool_choice", SET, SET),
    agrees("echo-of-null", "temperature", None, 1.0),
    answered(
        "echo-of-a-format-filled-in",
        {"text": {"format": FORM}},
        message_events(0, '{"city":"Oslo"}'),
        told={"text": {"format": {**FORM, "description": None, "strict": True}, "verbosity": "medium"}},
    ),
    answered("echo-tool-closed", {"tools": [BARE]}, HI, told={"tools": [tool_told(STRICT)]}),
    answered(
        "echo-tool-with-empty-description",
        {"tools": [{**STRICT, "description": ""}]},
        HI,
        told={"tools": [tool_told(STRICT)]},
    ),
    answered(
        "echo-tools-in-another-order",
        {"tools": [WEATHER, CLOCK]},
        HI,
        told={"tools": [tool_told(CLOCK), tool_told(WEATHER)]},
    ),
    answered(
        "echo-hosted-tool-filled-in",
        {"tools": [SEARCH]},
        HI,
        told={"tools": [{**SEARCH, "search_context_size": "medium", "user_location": None}]},
    ),
    answered(
        "echo-custom-tool-filled-in",
        {"tools": [NOTE]},
        HI,
        told={"tools": [{**NOTE, "format": {"type": "text"}}]},
    ),
    wire("echo-of-keys-that-are-not-there", *OPENING, *HI[0], completed(HI[1]), asks={"store": False}),
)
