"""Legal Chat Completions streams that differ from OpenAI's usual form."""

from tests.proof.chat_streams import (
    ASKS,
    COUNTED,
    FORCED,
    LOGPROBS,
    REASONING,
    ROLE,
    SAID,
    TEXT,
    TOOLS,
    call,
    choice,
    chunk,
    chunks,
    goes_on,
    opens,
    probability,
    probable,
    says,
)
from tests.proof.wire import DONE, Json, Wire, edited, every, once

CALLING: Json = {"role": "assistant", "content": None}


def answer(id: str, *deltas: Json, finish: str = "stop", breaks: str = "", asks: Json = ASKS) -> Wire:
    """A stream of these deltas, ended as usual."""
    broken = (breaks,) if breaks else ()
    return Wire(id=id, asks=asks, body=chunks(*deltas, finish=finish) + DONE, breaks=broken)


def whole_call(index: int, identity: str) -> Json:
    """A fragment that is a whole call."""
    return {
        "index": index,
        "id": identity,
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
    }


def _without_bytes(body: bytes) -> bytes:
    for text in SAID:
        listed = str(list(text.encode())).replace(" ", "").encode()
        body = body.replace(b'"bytes":' + listed, b'"bytes":null')
    return body


TEXTS = (
    answer("empty-deltas", ROLE, {}, {"content": ""}, {"content": None}, {"content": "Hi"}, {}),
    answer("role-with-null-content", {"role": "assistant", "content": None}, {"content": "Hi"}),
    answer("role-alone", {"role": "assistant"}, {"content": "Hi"}),
    answer("role-and-content", {"role": "assistant", "content": "Hi"}, {"content": " there"}),
    answer("role-null-later", ROLE, {"role": None, "content": "Hi"}, {"role": None, "content": "!"}),
    answer(
        "tool-calls-null", ROLE, {"content": "Hi", "tool_calls": None}, {"content": "!", "tool_calls": None}
    ),
    answer("empty-answer", ROLE),
    answer("white-space", ROLE, {"content": "\n"}, {"content": "  "}, {"content": "\t"}),
    answer(
        "same-delta-again", ROLE, {"content": "ha"}, {"content": "ha"}, {"content": "ha"}, {"content": "ha"}
    ),
    answer("poem-that-repeats", *says("And", "And so", "And so on\n", "And so on and on\n")),
    answer("poem-of-lines", *says("The king", "The king was\n", "The king was old.\n", "The end.")),
    answer("words-that-begin-alike", *says("I", "In", "Inn")),
    answer("two-texts-that-grow", *says("Once upon a time", "Once upon a time there was")),
    answer("laughter", *says("ha", "haha", "hahahaha", "hahahahahahahaha")),
    answer("line-of-dashes", ROLE, *({"content": "-" * length} for length in (1, 2, 4, 8, 16))),
    answer(
        "says-done", ROLE, {"content": "[DONE]"}, {"content": "data: [DONE]\n\n"}, {"content": '"[DONE]"'}
    ),
    answer("says-json", ROLE, {"content": '{"error":{"message":"no"}}'}, {"content": '{"choices":[]}'}),
    answer(
        "odd-characters", ROLE, {"content": "\u2028\u2029\x00\x7f\u0085"}, {"content": "\u202eab\u200d\ufeff"}
    ),
    answer("delta-of-200-characters", ROLE, {"content": "word " * 40}),
    answer("long-delta", ROLE, {"content": "word " * 4000}, breaks="delta-small"),
    answer(
        "combining", ROLE, {"content": "e"}, {"content": "\u0301"}, {"content": "👩"}, {"content": "\u200d🚀"}
    ),
    answer("finish-length", ROLE, {"content": "Hi th"}, finish="length"),
    answer("finish-content-filter", ROLE, {"content": "Hi"}, finish="content_filter"),
    edited(TEXT, "escaped-astral", once(b'"Hel"', b'"\\ud83d\\ude00\\u00e9"')),
    edited(TEXT, "escaped-slashes", once(b'"Hel"', b'"<\\/b>\\u0026"')),
    edited(TEXT, "no-newline-problem", once(b'"Hel"', b'"a\\r\\n\\r\\nb"')),
    Wire(
        id="finish-on-last-content",
        asks=ASKS,
        body=chunks(ROLE, {"content": "Hi"}, finish=None) + chunk(choice({"content": "!"}, "stop")) + DONE,
        breaks=("finish-reason-delta",),
    ),
    Wire(
        id="everything-in-one-chunk",
        asks=ASKS,
        body=chunk(choice({"role": "assistant", "content": "Hi"}, "stop")) + DONE,
        breaks=("finish-reason-delta",),
    ),
)

REASONINGS = (
    answer(
        "reasoning-before-role",
        {"reasoning_content": "Hm."},
        {"role": "assistant", "content": "Hi"},
        breaks="reasoning-after-role",
    ),
    answer(
        "reasoning-field",
        ROLE,
        {"reasoning": "Hm"},
        {"reasoning": "."},
        {"content": "Hi"},
        breaks="reasoning-field",
    ),
    answer(
        "reasoning-fields-equal",
        ROLE,
        {"reasoning": "Hm.", "reasoning_content": "Hm."},
        {"reasoning": None, "reasoning_content": None, "content": "Hi"},
    ),
    answer(
        "reasoning-empty-after-content",
        ROLE,
        {"reasoning_content": "Hm."},
        {"content": "Hi", "reasoning_content": ""},
    ),
    answer("reasoning-alone", ROLE, {"reasoning_content": "Hm"}, finish="length"),
    answer(
        "reasoning-details",
        ROLE,
        {"reasoning_details": [{"type": "reasoning.text", "text": "Hm."}], "reasoning": "Hm."},
        {"content": "Hi"},
        breaks="reasoning-field",
    ),
    edited(
        REASONING,
        "reasoning-role-in-same-delta",
        every(b'"content":"","refusal":null', b'"reasoning_content":"Oh. "'),
    ),
)

CALLS = (
    answer(
        "calls-interleaved",
        CALLING,
        opens(0, "call_a", "weather"),
        opens(1, "call_b", "weather"),
        goes_on(0, '{"city":'),
        goes_on(1, '{"city":"Ro'),
        goes_on(0, '"Oslo"}'),
        goes_on(1, 'me"}'),
        finish="tool_calls",
    ),
    answer("call-in-one-delta", CALLING, {"tool_calls": [whole_call(0, "call_a")]}, finish="tool_calls"),
    answer(
        "calls-in-one-delta",
        {**CALLING, "tool_calls": [whole_call(0, "call_a"), whole_call(1, "call_b")]},
        finish="tool_calls",
    ),
    answer(
        "call-fragments-in-one-delta",
        CALLING,
        {
            "tool_calls": [
                {"index": 0, "id": "call_a", "type": "function", "function": {"name": "f", "arguments": "{"}},
                {"index": 0, "function": {"arguments": "}"}},
            ]
        },
        finish="tool_calls",
    ),
    answer("call-arguments-empty", CALLING, opens(0, "call_a", "now"), finish="tool_calls"),
    answer("call-arguments-empty-object", CALLING, opens(0, "call_a", "now", "{}"), finish="tool_calls"),
    answer(
        "call-arguments-null-then-text",
        CALLING,
        call(0, id="call_a", type="function", function={"name": "now", "arguments": None}),
        goes_on(0, "{}"),
        finish="tool_calls",
    ),
    answer(
        "call-nulls-later",
        CALLING,
        opens(0, "call_a", "now"),
        call(0, id=None, type=None, function={"name": None, "arguments": "{}"}),
        finish="tool_calls",
    ),
    answer(
        "call-type-again",
        CALLING,
        opens(0, "call_a", "now"),
        call(0, type="function", function={"arguments": "{}"}),
        finish="tool_calls",
    ),
    answer("text-then-call", *says("Let me look."), opens(0, "call_a", "now", "{}"), finish="tool_calls"),
    answer(
        "call-cut-by-length",
        CALLING,
        opens(0, "call_a", "weather"),
        goes_on(0, '{"city":"Os'),
        finish="length",
    ),
    answer(
        "call-cut-by-filter",
        CALLING,
        opens(0, "call_a", "weather"),
        goes_on(0, '{"ci'),
        finish="content_filter",
    ),
    edited(
        FORCED,
        "call-required-ends-with-stop",
        asks={**TOOLS.asks, "tool_choice": "required"} if TOOLS.asks else None,
    ),
    edited(FORCED, "call-forced-ends-with-tool-calls", once(b'"stop"', b'"tool_calls"')),
    edited(TOOLS, "calls-not-asked-for-known", asks=None),
    answer(
        "call-ids-of-40",
        CALLING,
        opens(0, "a" * 40, "now", "{}"),
        opens(1, "b" * 40, "now", "{}"),
        finish="tool_calls",
    ),
    answer("call-id-short", CALLING, opens(0, "0", "now", "{}"), opens(1, "1", "now"), finish="tool_calls"),
    Wire(
        id="call-ids-same-in-two-choices",
        asks={**ASKS, "n": 2},
        body=b"".join(chunk(choice(CALLING, index=i)) for i in (0, 1))
        + b"".join(chunk(choice(opens(0, "call_a", "now", "{}"), index=i)) for i in (0, 1))
        + b"".join(chunk(choice({}, "tool_calls", index=i)) for i in (0, 1))
        + DONE,
    ),
    answer(
        "call-of-custom-tool",
        CALLING,
        call(0, id="call_a", type="custom", custom={"name": "sql", "input": ""}),
        call(0, custom={"input": "SELECT 1"}),
        finish="tool_calls",
        asks={**ASKS, "tools": [{"type": "custom", "custom": {"name": "sql"}}]},
    ),
    answer(
        "tools-spoken-of",
        *says("A tool_call is made with <tool>, ", "[TOOLS], <function>, tool_calls and <|tool|>."),
    ),
)

MANY = (
    Wire(
        id="choice-one-first",
        asks={**ASKS, "n": 2},
        body=b"".join(
            [
                *(chunk(choice(delta, index=index)) for delta in says("one", "two") for index in (1, 0)),
                chunk(choice({}, "stop")),
                chunk(choice({}, "length", index=1)),
                DONE,
            ]
        ),
        breaks=("choice-order",),
    ),
    Wire(
        id="choices-in-one-chunk",
        asks={**ASKS, "n": 2},
        body=chunk(choice(ROLE), choice(ROLE, index=1))
        + chunk(choice({"content": "a"}), choice({"content": "b"}, index=1))
        + chunk(choice({}, "stop"), choice({}, "stop", index=1))
        + DONE,
    ),
    Wire(
        id="choices-one-after-the-other",
        asks={**ASKS, "n": 2},
        body=chunks(*says(*SAID))
        + b"".join(chunk(choice(delta, index=1)) for delta in says(*SAID))
        + chunk(choice({}, "stop", index=1))
        + DONE,
    ),
)

KEYS = (
    edited(
        TEXT,
        "unknown-keys-on-chunks",
        every(b'"object":', b'"x_groq":{"id":"req_1"},"provider":null,"object":'),
    ),
    edited(
        TEXT,
        "unknown-keys-on-choices",
        every(b'"index":0,', b'"index":0,"native_finish_reason":null,"seed":7,'),
    ),
    edited(
        TEXT, "unknown-keys-on-deltas", every(b'"content":', b'"annotations":[],"channel":"final","content":')
    ),
    edited(
        TOOLS, "unknown-keys-on-calls", every(b'"function":{', b'"extra_content":{"a":1},"function":{"b":2,')
    ),
    edited(COUNTED, "unknown-keys-on-usage", once(b'"prompt_tokens":', b'"cost":0.25,"prompt_tokens":')),
    edited(TEXT, "service-tier-unknown", every(b'"service_tier":"default"', b'"service_tier":"turbo"')),
    edited(TEXT, "service-tier-null", every(b'"service_tier":"default"', b'"service_tier":null')),
    edited(TEXT, "service-tier-absent", every(b'"service_tier":"default",', b"")),
    edited(TEXT, "fingerprint-null", every(b'"system_fingerprint":"fp_8f3a"', b'"system_fingerprint":null')),
    edited(TEXT, "fingerprint-absent", every(b'"system_fingerprint":"fp_8f3a",', b"")),
    edited(TEXT, "logprobs-absent", every(b'"logprobs":null,', b"")),
    edited(TEXT, "obfuscation", every(b'"choices":', b'"obfuscation":"","choices":')),
    edited(
        TEXT,
        "keys-in-another-order",
        every(
            b'"object":"chat.completion.chunk","created":1780000000,',
            b'"created":1780000000,"object":"chat.completion.chunk",',
        ),
    ),
    edited(COUNTED, "usage-null-left-out", every(b',"usage":null', b""), breaks="usage-null-elsewhere"),
    edited(TEXT, "usage-null-unasked", every(b'"choices":', b'"usage":null,"choices":')),
    edited(
        COUNTED,
        "usage-details-null",
        once(b'{"cached_tokens":2,"audio_tokens":0}', b"null"),
        once(
            b'{"reasoning_tokens":1,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}',
            b"null",
        ),
    ),
    edited(
        COUNTED,
        "usage-on-every-chunk-as-asked",
        every(b'"usage":null', b'"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}'),
        asks={**ASKS, "stream_options": {"include_usage": True, "continuous_usage_stats": True}},
    ),
    edited(TEXT, "request-unknown", asks=None),
    edited(COUNTED, "request-unknown-with-usage", asks=None),
    edited(LOGPROBS, "logprobs-bytes-null", _without_bytes),
    edited(
        LOGPROBS,
        "logprobs-content-null",
        once(b'"logprobs":{"content":[],"refusal":null}', b'"logprobs":{"content":null,"refusal":[]}'),
    ),
    Wire(
        id="logprobs-cut-inside-a-character",
        asks={**ASKS, "logprobs": True},
        body=chunk(choice(ROLE))
        + chunk(choice({"content": "a"}, logprobs=probable("a")))
        + chunk(
            choice(
                {"content": ""},
                "length",
                logprobs={"content": [{**probability("\\xc3"), "bytes": [0xC3]}], "refusal": None},
            )
        )
        + DONE,
    ),
    Wire(
        id="logprobs-cut-characters",
        asks={**ASKS, "logprobs": True},
        body=chunk(choice(ROLE))
        + chunk(
            choice(
                {"content": "é"},
                logprobs={
                    "content": [
                        {**probability("\\xc3"), "bytes": [0xC3]},
                        {**probability("\\xa9"), "bytes": [0xA9]},
                    ],
                    "refusal": None,
                },
            )
        )
        + chunk(choice({}, "stop"))
        + DONE,
    ),
)

LEGAL = (*TEXTS, *REASONINGS, *CALLS, *MANY, *KEYS)
