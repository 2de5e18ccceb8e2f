"""What breaks and what keeps the requirements that a response does what its request asks."""

from tests.proof.streams.echoed import CLOCK, CRM, NOTE, PLACE, WEATHER, answered, changed, note_call
from tests.proof.streams.handmade import Json, Wire
from tests.proof.streams.responses import (
    OPENING,
    REFUSED,
    REFUSED_PART,
    SEALED,
    completed,
    function_call,
    item_events,
    message,
    message_events,
    part_events,
    said_events,
    text_part,
    wire,
)

FORM: Json = {"type": "json_schema", "name": "place", "strict": True, "schema": PLACE}
JSON: Json = {"text": {"format": FORM}}
LOOSE: Json = {"text": {"format": {**FORM, "strict": False}}}
OBJECT: Json = {"text": {"format": {"type": "json_object"}}}
NAMED: Json = {"type": "function", "name": "weather"}
FORCED: Json = {"tools": [WEATHER, CLOCK], "tool_choice": NAMED}
ANY: Json = {"tools": [WEATHER, CLOCK], "tool_choice": "required"}
NONE: Json = {"tools": [WEATHER], "tool_choice": "none"}
ALLOWED: Json = {"type": "allowed_tools", "mode": "auto", "tools": [NAMED]}
FREE_SET: Json = {"tools": [WEATHER, CLOCK], "tool_choice": ALLOWED}
FORCED_SET: Json = {**FREE_SET, "tool_choice": {**ALLOWED, "mode": "required"}}
SERIAL: Json = {"tools": [WEATHER, CLOCK, NOTE], "parallel_tool_calls": False}
SEALING: Json = {"include": ["reasoning.encrypted_content"], "store": False}
SCORING: Json = {"include": ["message.output_text.logprobs"]}

PROSE = message_events(0, "It ", "rains.")
NUMBERS = message_events(0, *(f"{number} " for number in range(1, 31)))
OSLO = function_call(0, "call_a", "weather", '{"city":"Oslo"}')
ROME = function_call(1, "call_b", "weather", '{"city":"Rome"}')
TIME = function_call(0, "call_a", "clock", "{}")
WROTE = note_call(0, "*** Begin", "*** ", "Begin")
OPEN = {key: value for key, value in SEALED.items() if key != "encrypted_content"}
BARE = (item_events(0, OPEN, OPEN), OPEN)
KEPT = (item_events(0, SEALED, SEALED), SEALED)
AFTER = message_events(1, "Hi.")
SCORE: Json = {"token": "Hi.", "bytes": [72, 105, 46], "logprob": -0.1, "top_logprobs": []}
REFUSING = (
    item_events(
        0,
        message("msg_0", status="in_progress"),
        REFUSED,
        *part_events(
            0, REFUSED, REFUSED_PART, 0, *said_events(0, REFUSED, "refusal", "refusal", "I can't help.")
        ),
    ),
    REFUSED,
)


def scored(*scores: Json) -> tuple[tuple[Json, ...], Json]:
    """A message whose deltas, done events and item have these logprobs."""
    part = {**text_part("Hi."), "logprobs": list(scores)}
    done = message("msg_0", part)
    where = {"item_id": "msg_0", "output_index": 0, "content_index": 0}
    events = item_events(
        0,
        message("msg_0", status="in_progress"),
        done,
        {"type": "response.content_part.added", **where, "part": text_part("")},
        {"type": "response.output_text.delta", **where, "delta": "Hi.", "logprobs": list(scores)},
        {"type": "response.output_text.done", **where, "text": "Hi.", "logprobs": list(scores)},
        {"type": "response.content_part.done", **where, "part": part},
    )
    return events, done


STRICT: Json = {"tools": [{**WEATHER, "strict": True}]}
FREE: Json = {"tools": [{**WEATHER, "strict": False}]}
SPACE: Json = {"tools": [{**CRM, "tools": [{**WEATHER, "strict": True}]}]}


def weather(place: int, arguments: str, **more: object) -> tuple[tuple[Json, ...], Json]:
    """A call with these arguments."""
    return changed(function_call(place, f"call_{place}", "weather", arguments), more)


def text(*said: str) -> tuple[tuple[Json, ...], Json]:
    """A message."""
    return message_events(0, *said)


BROKEN: tuple[Wire, ...] = (
    # tool_choice
    answered("named-and-prose", FORCED, PROSE, breaks="response-tool-choice"),
    answered("named-and-another", FORCED, TIME, breaks="response-tool-choice"),
    answered("required-and-prose", ANY, PROSE, breaks="response-tool-choice"),
    answered("required-and-reasoning-alone", ANY, KEPT, breaks="response-tool-choice"),
    answered("none-and-called", NONE, OSLO, breaks="response-tool-choice"),
    answered("allowed-and-another-called", FREE_SET, TIME, breaks="response-tool-choice"),
    answered("allowed-and-required-and-prose", FORCED_SET, PROSE, breaks="response-tool-choice"),
    # parallel_tool_calls
    answered("two-calls-though-off", SERIAL, OSLO, ROME, breaks="response-parallel-calls"),
    answered(
        "two-kinds-of-calls-though-off",
        SERIAL,
        OSLO,
        note_call(1, "Hi", "Hi"),
        breaks="response-parallel-calls",
    ),
    # text.format
    answered("format-and-prose", JSON, PROSE, breaks="response-structured-output"),
    answered(
        "format-and-fence", JSON, text('```json\n{"city":"Oslo"}\n```'), breaks="response-structured-output"
    ),
    answered("format-and-other-keys", JSON, text('{"town":"Oslo"}'), breaks="response-structured-output"),
    answered("format-cut", JSON, text('{"city":"Os'), breaks="response-structured-output"),
    answered("json-object-and-prose", OBJECT, PROSE, breaks="response-structured-output"),
    answered("format-loose-and-prose", LOOSE, PROSE, breaks="response-structured-output"),
    answered("format-twice", JSON, text('{"city":"Oslo"}' * 2), breaks="response-structured-once"),
    answered("json-object-twice", OBJECT, text('{"a":1}\n{"a":1}'), breaks="response-structured-once"),
    answered(
        "format-and-another-document",
        JSON,
        text('{"city":"Oslo"}{"city":"Rome"}'),
        breaks="response-structured-output",
    ),
    # strict functions
    answered("strict-other-key", STRICT, weather(0, '{"town":"Oslo"}'), breaks="response-arguments-strict"),
    answered("strict-number", STRICT, weather(0, '{"city":7}'), breaks="response-arguments-strict"),
    answered(
        "strict-empty-object",
        STRICT,
        weather(0, "{}"),
        breaks="response-arguments-strict",
    ),
    answered(
        "strict-second-key-in-namespace",
        SPACE,
        weather(0, '{"city":"Oslo","x":1}', namespace="crm"),
        told=SPACE,
        breaks="response-arguments-strict",
    ),
    answered(
        "strict-arguments-unended",
        STRICT,
        weather(0, '{"city":"Oslo"'),
        breaks="response-arguments-strict",
    ),
    answered(
        "strict-arguments-twice-in-responses",
        STRICT,
        weather(0, '{"city":"Oslo"}{"city":"Oslo"}'),
        breaks="response-arguments-strict",
    ),
    answered(
        "strict-arguments-cut-and-completed",
        {**STRICT, "max_output_tokens": 16},
        weather(0, '{"city":"Os'),
        spent=16,
        breaks=("response-call-cut", "arguments-json"),
        cause="Half of the arguments is no JSON.",
    ),
    # max_output_tokens
    answered(
        "limit-ignored-and-counted-as-kept-in-responses",
        {"max_output_tokens": 16},
        NUMBERS,
        spent=16,
        breaks=("response-max-tokens", "response-usage"),
        cause="The limit is ignored, and usage counts what it allows.",
    ),
    answered(
        "limit-ignored-and-uncounted-in-responses",
        {"max_output_tokens": 16},
        NUMBERS,
        spent=0,
        breaks=("response-max-tokens", "response-usage"),
        cause="The limit is ignored, and usage counts nothing.",
    ),
    answered("limit-exceeded", {"max_output_tokens": 16}, PROSE, spent=24, breaks="response-max-tokens"),
    answered(
        "limit-exceeded-though-incomplete",
        {"max_output_tokens": 16},
        message_events(0, "It ", status="incomplete"),
        end="incomplete",
        spent=17,
        breaks="response-max-tokens",
    ),
    answered(
        "call-cut-and-completed",
        {"tools": [WEATHER], "max_output_tokens": 16},
        function_call(0, "call_a", "weather", '{"city":"Os'),
        spent=16,
        breaks=("response-call-cut", "arguments-json"),
        cause="Half of the arguments is no JSON.",
    ),
    answered(
        "second-call-cut-and-completed",
        {"tools": [WEATHER], "max_output_tokens": 32},
        OSLO,
        function_call(1, "call_b", "weather", '{"ci'),
        spent=32,
        breaks=("response-call-cut", "arguments-json"),
        cause="Half of the arguments is no JSON.",
    ),
    # include
    answered("reasoning-not-sealed", SEALING, BARE, AFTER, breaks="reasoning-encrypted"),
    answered(
        "reasoning-sealed-with-nothing",
        SEALING,
        changed(BARE, {"encrypted_content": None}),
        AFTER,
        breaks="reasoning-encrypted",
    ),
    answered(
        "reasoning-sealed-with-an-empty-text",
        SEALING,
        changed(BARE, {"encrypted_content": ""}),
        AFTER,
        breaks="reasoning-encrypted",
    ),
    # Custom tools
    answered(
        "custom-input-in-item-alone",
        {"tools": [NOTE]},
        note_call(0, "Hi", done=False),
        breaks="custom-input-streamed",
    ),
    answered(
        "custom-input-in-second-item-alone",
        {"tools": [NOTE]},
        WROTE,
        note_call(1, "*** End", done=False),
        breaks="custom-input-streamed",
    ),
)

LEGAL: tuple[Wire, ...] = (
    answered("named-and-called", FORCED, OSLO),
    answered("named-and-called-twice", FORCED, OSLO, ROME),
    answered("named-after-words", FORCED, PROSE, ROME),
    answered("named-and-cut", FORCED, message_events(0, "I", status="incomplete"), end="incomplete"),
    answered("named-and-refused", FORCED, REFUSING),
    answered("required-and-any-called", ANY, TIME),
    answered("required-custom-called", {"tools": [NOTE], "tool_choice": "required"}, WROTE),
    answered(
        "named-custom-called", {"tools": [NOTE], "tool_choice": {"type": "custom", "name": "note"}}, WROTE
    ),
    answered("none-and-prose", NONE, PROSE),
    answered("auto-and-prose", {"tools": [WEATHER], "tool_choice": "auto"}, PROSE),
    answered("allowed-and-prose", FREE_SET, PROSE),
    answered("allowed-and-called", FORCED_SET, OSLO),
    answered("one-call-as-asked", SERIAL, OSLO),
    answered("two-calls-by-default", {"tools": [WEATHER]}, OSLO, ROME),
    answered("format-fits", JSON, text('{"city":', '"Oslo"}')),
    answered("format-fits-with-spaces", JSON, text('{ "city" : "Oslo" }\n')),
    answered("format-refused", JSON, REFUSING),
    answered("format-and-cut", JSON, message_events(0, '{"ci', status="incomplete"), end="incomplete"),
    answered("format-loose-and-other-keys", LOOSE, text('{"town":"Oslo"}')),
    answered("json-object-of-any-keys", OBJECT, text('{"town":"Oslo"}')),
    answered("format-of-text-and-prose", {"text": {"format": {"type": "text"}}}, PROSE),
    answered("format-and-call-instead", {**JSON, "tools": [WEATHER]}, OSLO),
    answered(
        "format-after-a-remark",
        JSON,
        changed(PROSE, {"phase": "commentary"}),
        changed(message_events(1, '{"city":"Oslo"}'), {"phase": "final_answer"}),
    ),
    answered(
        "limit-reached-by-many-words",
        {"max_output_tokens": 40},
        message_events(0, *(f"{number} " for number in range(1, 31)), status="incomplete"),
        end="incomplete",
        spent=40,
    ),
    answered("fewer-tokens-than-words", {}, NUMBERS, spent=20),
    answered("strict-fits", STRICT, weather(0, '{ "city" : "Oslo" }')),
    answered("not-strict", FREE, weather(0, '{"town":"Oslo"}')),
    answered("strict-in-parallel", STRICT, weather(0, '{"town":"Oslo"}'), weather(1, '{"city":1}')),
    answered("limit-met-exactly", {"max_output_tokens": 16}, PROSE, spent=16),
    answered("call-complete-at-the-limit", {"tools": [WEATHER], "max_output_tokens": 16}, OSLO, spent=16),
    answered("reasoning-sealed", SEALING, KEPT, AFTER),
    answered("reasoning-sealed-when-done", SEALING, changed(BARE, {}, {"encrypted_content": "gAAA"}), AFTER),
    answered("sealing-asked-of-a-model-that-does-not-reason", SEALING, text("Hi.")),
    answered("reasoning-not-asked-to-be-sealed", {}, BARE, AFTER),
    answered("logprobs-as-asked", SCORING, scored(SCORE)),
    answered("logprobs-asked-of-a-call", {**SCORING, "tools": [WEATHER]}, OSLO),
    answered("custom-input-streamed", {"tools": [NOTE]}, WROTE),
    answered("custom-input-of-no-letter", {"tools": [NOTE]}, note_call(0, "")),
    wire("custom-tool-with-no-request", *OPENING, *WROTE[0], completed(WROTE[1])),
)
