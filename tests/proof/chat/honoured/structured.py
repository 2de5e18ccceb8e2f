"""What breaks and what keeps the requirement on the form of the answer that a request asks for."""

from tests.proof.streams.chat import CALLING, SCHEMA, WEATHER, calling, opens, says, wire
from tests.proof.streams.handmade import Json, Wire

CLOSED: Json = {**SCHEMA, "additionalProperties": False}


def formed(schema: Json | None, *, strict: bool | None = True) -> Json:
    """A request for JSON; None is for any."""
    if schema is None:
        return {"response_format": {"type": "json_object"}}
    inner: Json = {"name": "place", "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": inner | {"strict": strict}}}


OSLO = '{"city":"Oslo"}'
PRICED: Json = {
    "type": "object",
    "properties": {"price": {"type": "number", "multipleOf": 0.01}},
    "required": ["price"],
}

BROKEN: tuple[Wire, ...] = (
    wire(
        "json-in-a-fence",
        *says('```json\n{"city":', '"Oslo"}\n```'),
        asks=formed(CLOSED),
        breaks="structured-output",
    ),
    wire("json-as-prose", *says("Oslo ", "is a city."), asks=formed(CLOSED), breaks="structured-output"),
    wire(
        "json-and-prose",
        *says('{"city":"Oslo"}', " Anything else?"),
        asks=formed(CLOSED),
        breaks="structured-output",
    ),
    wire("json-half", *says('{"city":', '"Os'), asks=formed(CLOSED), breaks="structured-output"),
    wire("json-of-wrong-type", *says('{"city":', "7}"), asks=formed(CLOSED), breaks="structured-output"),
    wire(
        "json-of-more-keys",
        *says('{"city":"Oslo",', '"code":1}'),
        asks=formed(CLOSED),
        breaks="structured-output",
    ),
    wire("json-without-key", *says("{", "}"), asks=formed(CLOSED), breaks="structured-output"),
    wire("json-any-as-prose", *says("Oslo"), asks=formed(None), breaks="structured-output"),
    wire("json-loose-as-prose", *says("Oslo"), asks=formed(CLOSED, strict=False), breaks="structured-output"),
    wire(
        "json-twice-on-two-lines",
        *says(OSLO, "\n", OSLO),
        asks=formed(CLOSED),
        breaks="structured-output-once",
    ),
    wire("json-three-times", *says(OSLO, OSLO, OSLO), asks=formed(None), breaks="structured-output-once"),
    wire(
        "json-twice-in-another-spelling",
        *says(OSLO, ' { "city" : "Oslo" } '),
        asks=formed(CLOSED),
        breaks="structured-output-once",
    ),
    wire(
        "json-twice-of-wrong-type",
        *says('{"city":7}', '{"city":7}'),
        asks=formed(CLOSED),
        breaks=("structured-output", "structured-output-once"),
        cause="The document does not fit the schema, and it comes twice.",
    ),
    wire("json-and-another", *says(OSLO, '{"city":"Rome"}'), asks=formed(CLOSED), breaks="structured-output"),
    wire("json-one-and-a-half", *says(OSLO, '{"city":'), asks=formed(CLOSED), breaks="structured-output"),
    wire(
        "json-of-a-third-decimal", *says('{"price":19.995}'), asks=formed(PRICED), breaks="structured-output"
    ),
)

LEGAL: tuple[Wire, ...] = (
    wire("json-with-spaces", *says('\n {\n  "city" : ', '"Oslo"\n}\n\n'), asks=formed(CLOSED)),
    wire("json-escaped", *says('{"city":"', '\\u00c5lesund \\ud83d\\ude00"}'), asks=formed(CLOSED)),
    wire("json-more-keys-allowed", *says('{"city":"Oslo",', '"code":1}'), asks=formed(SCHEMA)),
    wire("json-refused", CALLING, {"refusal": "I can't "}, {"refusal": "do that."}, asks=formed(CLOSED)),
    wire("json-refused-after-text", *says("{"), {"refusal": "I can't do that."}, asks=formed(CLOSED)),
    wire("json-cut-by-length", *says('{"city":"Os'), asks=formed(CLOSED), finish="length"),
    wire("json-cut-by-filter", *says('{"ci'), asks=formed(CLOSED), finish="content_filter"),
    wire("json-cut-by-stop", *says('{"city":"Oslo"'), asks={**formed(CLOSED), "stop": ["}"]}),
    wire("json-any-cut-by-stop", *says('{"city":"Oslo"'), asks={**formed(None), "stop": ["}"]}),
    wire("json-empty", *says(), asks=formed(CLOSED), breaks="answer-empty"),
    wire("json-any", *says('{"a":', "[1,2]}"), asks=formed(None)),
    wire("json-loose", *says('{"town":', '"Oslo"}'), asks=formed(CLOSED, strict=False)),
    wire("json-strictness-unsaid", *says('{"town":', '"Oslo"}'), asks=formed(CLOSED, strict=None)),
    wire("json-of-no-schema", *says('{"town":', '"Oslo"}'), asks=formed({"type": "nonsense"})),
    wire("prose-as-asked", *says("Oslo"), asks={"response_format": {"type": "text"}}),
    calling(
        "json-call-instead",
        opens(0, "call_a", "weather", '{"city":"Oslo"}'),
        asks={**formed(CLOSED), "tools": [WEATHER]},
    ),
    wire("json-of-two-decimals", *says('{"price":', "19.99}"), asks=formed(PRICED)),
    wire("json-of-one-decimal", *says('{"price":0.1}'), asks=formed(PRICED)),
    wire("json-of-a-large-number", *says('{"price":1e22}'), asks=formed(PRICED)),
    wire(
        "json-due-and-text-beside-a-forced-call",
        *says("Let me look it up."),
        opens(0, "call_a", "weather", OSLO),
        asks={**formed(CLOSED), "tools": [WEATHER], "tool_choice": "required"},
    ),
    wire(
        "json-due-and-text-beside-a-function-call",
        *says("Let me look it up."),
        {"function_call": {"name": "weather", "arguments": OSLO}},
        asks={**formed(CLOSED), "functions": [{"name": "weather"}], "function_call": {"name": "weather"}},
    ),
)
