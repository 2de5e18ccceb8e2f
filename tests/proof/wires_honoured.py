"""Broken wires: requests that are ignored, log probabilities that are none, and what gets lost."""

from tests.proof.chat_streams import (
    ASKS,
    LOGPROBS,
    ONE_TOOL,
    REASONING,
    REFUSAL,
    ROLE,
    TEXT,
    TWO,
    choice,
    chunk,
    chunks,
    goes_on,
    opens,
    probability,
    says,
)
from tests.proof.honoured import CALLING, SCHEMA, WEATHER, said
from tests.proof.legal_chat import whole_call
from tests.proof.wire import DONE, Json, Wire, edited, nth, once

# Stop sequences

STOPPED = (
    said("stop-ignored", {"stop": "lo"}, *says("Hel", "lo, ", "world!"), breaks="stop-honoured"),
    said("stop-second-ignored", {"stop": ["#", "wor"]}, *says("Hello, ", "world!"), breaks="stop-honoured"),
    said(
        "stop-over-deltas", {"stop": ["lo, wo"]}, *says("Hel", "lo, ", "wor", "ld!"), breaks="stop-honoured"
    ),
    said("stop-passed-on", {"stop": "!"}, *says("Hello", "!"), breaks="stop-honoured"),
    said("stop-passed-on-and-cut", {"stop": "!"}, *says("Hello!"), finish="length", breaks="stop-honoured"),
    said(
        "stop-after-refusal",
        {"stop": "wor"},
        *(ROLE, {"content": "Hel"}, {"refusal": "No."}, {"content": "lo, wor"}, {"content": "ld"}),
        breaks="stop-honoured",
    ),
    said("stop-of-a-line", {"stop": ["\n\n"]}, *says("Hello\n", "\nworld"), breaks="stop-honoured"),
    edited(TWO, "stop-in-one-choice", asks={**(TWO.asks or {}), "stop": ["three"]}, breaks="stop-honoured"),
)
UNSTOPPED = (
    said("stop-before", {"stop": ["wor"]}, *says("Hel", "lo, ")),
    said("stop-never-reached", {"stop": ["#", "END"]}, *says("Hello, ", "world!")),
    said("stop-in-other-case", {"stop": "WORLD"}, *says("Hello, ", "world!")),
    said("stop-begun-and-cut", {"stop": "world"}, *says("Hello, ", "wor"), finish="length"),
    said("stop-null", {"stop": None}, *says("Hello")),
    said("stop-none", {"stop": []}, *says("Hello")),
    said("stop-empty", {"stop": ["", None]}, *says("Hello")),
    said("stop-at-once", {"stop": "Hello"}, *says()),
    said("stop-kept-as-asked", {"stop": "!", "include_stop_str_in_output": True}, *says("Hello", "!")),
    said("stop-after-fewest-tokens", {"stop": "!", "min_tokens": 8}, *says("Oh!", " Hello")),
    said("stop-in-thoughts", {"stop": "\n"}, ROLE, {"reasoning_content": "Hm.\nWell."}, {"content": "Hello"}),
    said(
        "stop-around-call",
        {"stop": ["\n\n"], "tools": [WEATHER]},
        *says("Let me look.\n"),
        opens(0, "call_a", "weather", '{"city":"Oslo"}'),
        {"content": "\n"},
        finish="tool_calls",
    ),
    said(
        "stop-around-refusal",
        {"stop": ["\n\n"]},
        *(ROLE, {"content": "\n"}, {"refusal": "No."}, {"content": "\nYes"}),
    ),
    said(
        "stop-in-given-beginning",
        {
            "stop": ["def"],
            "messages": [
                {"role": "user", "content": "Go on."},
                {"role": "assistant", "content": "def f", "prefix": True},
            ],
        },
        *says("def f", "(x):"),
    ),
    said(
        "stop-in-arguments",
        {"stop": "Oslo", "tools": [WEATHER]},
        CALLING,
        opens(0, "call_a", "weather", '{"city":"Oslo"}'),
        finish="tool_calls",
    ),
)

# One call at a time

SINGLE: Json = {"tools": [WEATHER], "parallel_tool_calls": False}


def city(index: int, name: str) -> Json:
    """A call for one city."""
    return opens(index, f"call_{index}", "weather", f'{{"city":"{name}"}}')


def in_choices(id: str, asks: Json, *deltas: tuple[int, Json], breaks: str = "") -> Wire:
    """Two choices of calls: the deltas with the index of their choice."""
    body = b"".join(chunk(choice(CALLING, index=index)) for index in (0, 1))
    body += b"".join(chunk(choice(delta, index=index)) for index, delta in deltas)
    body += b"".join(chunk(choice({}, "tool_calls", index=index)) for index in (0, 1))
    return Wire(id=id, asks={**ASKS, **asks, "n": 2}, body=body + DONE, breaks=(breaks,) if breaks else ())


PARALLEL = (
    said(
        "parallel-anyway",
        SINGLE,
        *(CALLING, city(0, "Oslo"), city(1, "Rome")),
        finish="tool_calls",
        breaks="parallel-calls-honoured",
    ),
    said(
        "parallel-in-one-delta",
        SINGLE,
        {**CALLING, "tool_calls": [whole_call(0, "call_a"), whole_call(1, "call_b")]},
        finish="tool_calls",
        breaks="parallel-calls-honoured",
    ),
    said(
        "parallel-though-forced",
        {**SINGLE, "tool_choice": "required"},
        *(CALLING, city(0, "Oslo"), city(1, "Rome"), city(2, "Bern")),
        breaks="parallel-calls-honoured",
    ),
    in_choices(
        "parallel-in-one-choice",
        SINGLE,
        *((0, city(0, "Oslo")), (1, city(0, "Oslo")), (1, opens(1, "call_c", "weather", '{"city":"Rome"}'))),
        breaks="parallel-calls-honoured",
    ),
)
IN_TURN = (
    said("single-as-asked", SINGLE, CALLING, city(0, "Oslo"), finish="tool_calls"),
    said("single-asked-and-none", SINGLE, *says("It rains.")),
    said(
        "parallel-as-asked",
        {**SINGLE, "parallel_tool_calls": True},
        *(CALLING, city(0, "Oslo"), city(1, "Rome")),
        finish="tool_calls",
    ),
    said(
        "parallel-by-default",
        {**SINGLE, "parallel_tool_calls": None},
        *(CALLING, city(0, "Oslo"), city(1, "Rome")),
        finish="tool_calls",
    ),
    in_choices("single-in-each-choice", SINGLE, (0, city(0, "Oslo")), (1, city(0, "Oslo"))),
)

# Arguments that are due


def tool(name: str, parameters: object) -> Json:
    """A tool with such parameters."""
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def calls(
    id: str, *deltas: Json, parameters: object = SCHEMA, finish: str = "tool_calls", breaks: str = ""
) -> Wire:
    """Calls of a function with such parameters."""
    asks = {"tools": [tool("weather", parameters)]}
    return said(id, asks, CALLING, *deltas, finish=finish, breaks=breaks)


LOST = (
    calls("arguments-none", opens(0, "call_a", "weather"), breaks="call-arguments-present"),
    calls("arguments-empty-object", opens(0, "call_a", "weather", "{}"), breaks="tool-arguments-schema"),
    calls(
        "arguments-empty-in-pieces",
        *(opens(0, "call_a", "weather"), goes_on(0, "{"), goes_on(0, " }\n")),
        breaks="tool-arguments-schema",
    ),
    calls("arguments-white-space", opens(0, "call_a", "weather", " "), breaks="call-arguments-present"),
    calls(
        "arguments-of-second-call-none",
        *(city(0, "Oslo"), opens(1, "call_b", "weather")),
        breaks="call-arguments-present",
    ),
    said(
        "arguments-of-forced-call-none",
        {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "weather"}}},
        *(CALLING, opens(0, "call_a", "weather")),
        breaks="call-arguments-present",
    ),
)
NOT_DUE = (
    calls("arguments-cut-at-once", opens(0, "call_a", "weather"), finish="length"),
    calls("arguments-filtered-at-once", opens(0, "call_a", "weather"), finish="content_filter"),
    calls("arguments-not-required", opens(0, "call_a", "weather", "{}"), parameters={"type": "object"}),
    calls(
        "arguments-all-optional",
        opens(0, "call_a", "weather", "{}"),
        parameters={**SCHEMA, "required": []},
    ),
    calls("arguments-of-no-schema", opens(0, "call_a", "weather"), parameters=None),
    calls(
        "arguments-required-by-no-list",
        opens(0, "call_a", "weather"),
        parameters={"type": "object", "required": None},
    ),
)

# Answers that say nothing

EMPTY = "answer-nonempty"
TEXT_DUE: Json = {"promises": ("chat", "text")}


def due(id: str, *deltas: Json, finish: str = "stop", promise: str = "text", breaks: str = "") -> Wire:
    """The answer to a prompt that asks for a text, or for a call."""
    broken = (breaks,) if breaks else ()
    body = chunks(*deltas, finish=finish) + DONE
    return Wire(id=id, asks=ASKS, body=body, promises=("chat", promise), breaks=broken)


SILENT = (
    due("answer-of-role-alone", ROLE, breaks=EMPTY),
    due("answer-of-empty-deltas", ROLE, {}, {"content": ""}, {"content": None}, breaks=EMPTY),
    due("answer-of-empty-thoughts", ROLE, {"reasoning_content": ""}, {"content": ""}, breaks=EMPTY),
    due("answer-of-thoughts-alone", ROLE, {"reasoning_content": "Hm."}, breaks=EMPTY),
    due("call-due-and-nothing", CALLING, promise="tools", breaks=EMPTY),
    edited(
        TWO,
        "answer-of-second-choice-empty",
        *(
            once(b'"index":1,"delta":{"content":"%s"}' % word, b'"index":1,"delta":{"content":""}')
            for word in (b"one ", b"two ", b"three ", b"four")
        ),
        breaks=EMPTY,
        **TEXT_DUE,
    ),
)
SPOKEN = (
    due("due-text", *says("Hello")),
    due("due-and-cut", ROLE, finish="length"),
    due("due-and-filtered", ROLE, finish="content_filter"),
    due("due-and-refused", ROLE, {"refusal": "I can't."}),
    due("due-and-only-thought-and-cut", ROLE, {"reasoning_content": "Hm."}, finish="length"),
    due("due-and-spoken", ROLE, {"audio": {"id": "audio_a", "transcript": "Hi"}}),
    due("call-due-and-text", *says("It rains."), promise="tools"),
    due("text-due-and-called", CALLING, opens(0, "call_a", "now", "{}"), finish="tool_calls"),
    edited(ONE_TOOL, "call-due-and-called", promises=("chat", "tools")),
    due("white-space-alone", ROLE, {"content": " "}),
)

# Replacement characters

REPLACED = (
    said(
        "replaced-before-limit", {}, *says("Hi \ufffd", "wor"), finish="length", breaks="content-replacement"
    ),
    said("replaced-at-end", {}, *says("Hi ", "wor\ufffd"), breaks="content-replacement"),
    edited(
        REASONING, "reasoning-replaced", once(b"think.", "th\ufffdnk.".encode()), breaks="content-replacement"
    ),
    edited(
        REFUSAL, "refusal-replaced", once(b"I can't.", "I can\ufffdt.".encode()), breaks="content-replacement"
    ),
    edited(ONE_TOOL, "arguments-replaced", once(b"Oslo", "\ufffdslo".encode()), breaks="content-replacement"),
    edited(
        ONE_TOOL, "arguments-replaced-escaped", once(b"Oslo", b"\\\\ufffdslo"), breaks="content-replacement"
    ),
    edited(
        ONE_TOOL,
        "arguments-replaced-escaped-in-pieces",
        once(b'{\\"city\\":"', b'{\\"city\\":\\"\\\\uF"'),
        once(b'\\"Oslo\\"}', b'FFDslo\\"}'),
        breaks="content-replacement",
    ),
)


def about(wire: Wire, content: str) -> Json:
    """The request of a wire with another prompt."""
    return {**(wire.asks or {}), "messages": [{"role": "user", "content": content}]}


QUOTED = (
    edited(
        TEXT, "replacement-as-asked", once(b"wor", "\ufffd".encode()), asks=about(TEXT, "What is \ufffd?")
    ),
    edited(
        ONE_TOOL,
        "replacement-as-asked-in-arguments",
        once(b"Oslo", b"\\\\ufffd"),
        asks=about(ONE_TOOL, "The weather in \ufffd"),
    ),
    said("replacement-at-limit", {}, *says("Hi ", "wor\ufffd"), finish="length"),
    said("replacement-in-thoughts-at-limit", {}, ROLE, {"reasoning_content": "Hm\ufffd"}, finish="length"),
    said(
        "replacement-in-arguments-at-limit",
        {"tools": [WEATHER]},
        *(CALLING, opens(0, "call_a", "weather", '{"city":"\ufffd')),
        finish="length",
    ),
    said(
        "replacement-escaped-at-limit",
        {"tools": [WEATHER]},
        *(CALLING, opens(0, "call_a", "weather", '{"city":"\\ufffd')),
        finish="length",
    ),
    edited(ONE_TOOL, "replacement-spelt-out", once(b"Oslo", b"\\\\\\\\ufffd")),
)

# Log probabilities

TOPPED: Json = {**ASKS, "logprobs": True, "top_logprobs": 2}


def alternative(token: str, logprob: float = -1.5, octets: list[int] | None = None) -> Json:
    """One entry of the alternatives; the bytes are those of the token where no others are given."""
    return {"token": token, "logprob": logprob, "bytes": list(token.encode()) if octets is None else octets}


def topped(
    id: str, *top: Json, of: str = "wor", times: int = 1, asks: Json = TOPPED, breaks: str = ""
) -> Wire:
    """A text of which one token has these alternatives, the others themselves so many times."""
    entries = {text: [alternative(text, -0.25)] * times for text in ("Hel", "lo, ", "wor", "ld!")} | {
        of: [*top]
    }
    body = chunk(choice(ROLE)) + b"".join(
        chunk(
            choice(
                {"content": text},
                logprobs={"content": [{**probability(text), "top_logprobs": tops}], "refusal": None},
            )
        )
        for text, tops in entries.items()
    )
    broken = (breaks,) if breaks else ()
    return Wire(id=id, asks=asks, body=body + chunk(choice({}, "stop")) + DONE, breaks=broken)


def refused(id: str, *entries: Json, breaks: str = "") -> Wire:
    """A refusal whose tokens have these log probabilities."""
    content = [{**entry, "top_logprobs": []} for entry in entries]
    body = chunk(choice(ROLE)) + chunk(
        choice({"refusal": "No."}, logprobs={"content": None, "refusal": content})
    )
    broken = (breaks,) if breaks else ()
    return Wire(
        id=id, asks={**ASKS, "logprobs": True}, body=body + chunk(choice({}, "stop")) + DONE, breaks=broken
    )


WORD = alternative("wor", -0.25)
IMPROBABLE = (
    edited(
        LOGPROBS,
        "logprob-positive",
        nth(2, b'"logprob":-0.25', b'"logprob":0.25'),
        breaks="logprobs-nonpositive",
    ),
    edited(
        LOGPROBS, "logprob-one", nth(0, b'"logprob":-0.25', b'"logprob":1'), breaks="logprobs-nonpositive"
    ),
    topped("logprob-of-alternative-positive", WORD, alternative("war", 0.5), breaks="logprobs-nonpositive"),
    refused("logprob-of-refusal-positive", alternative("No.", 0.3), breaks="logprobs-nonpositive"),
    topped(
        "bytes-of-alternative-another-token",
        WORD,
        alternative("war", octets=[119, 111, 114]),
        breaks="logprobs-bytes",
    ),
    topped(
        "bytes-are-code-points", WORD, alternative("wör", octets=[119, 0x2019, 114]), breaks="logprobs-bytes"
    ),
    topped("bytes-without-space", WORD, alternative(" war", octets=[119, 97, 114]), breaks="logprobs-bytes"),
    topped("bytes-of-latin-1", WORD, alternative("ü", octets=[0xFC]), breaks="logprobs-bytes"),
    refused("bytes-of-refusal-other", alternative("No.", octets=[78]), breaks="logprobs-bytes"),
    edited(
        LOGPROBS,
        "bytes-of-token-other",
        once(b'"bytes":[119,111,114]', b'"bytes":[87,79,82]'),
        breaks=("logprobs-bytes", "logprobs-agree"),
        cause="The bytes are what is put together to the text.",
    ),
    topped(
        "alternatives-more",
        *(WORD, alternative("war"), alternative("was", -2.5)),
        breaks="logprobs-top-honoured",
    ),
    topped("alternatives-twice", WORD, WORD, times=2, breaks="logprobs-top-honoured"),
    edited(LOGPROBS, "alternatives-none", asks=TOPPED, breaks="logprobs-top-honoured"),
)
PROBABLE = (
    *(
        edited(LOGPROBS, f"logprob-{name}", nth(1, b'"logprob":-0.25', b'"logprob":' + value))
        for name, value in (
            ("zero", b"0"),
            ("minus-zero", b"-0.0"),
            ("rounded", b"1.1920928955078125e-07"),
            ("unlikely", b"-9999.0"),
            ("tiny", b"-3.4121115e-6"),
        )
    ),
    topped("alternatives-as-asked", WORD, alternative("war")),
    topped("alternatives-fewer", WORD),
    topped("alternatives-none-of-one-token"),
    topped("alternatives-zero-and-one", WORD, asks={**TOPPED, "top_logprobs": 0}),
    topped("alternatives-not-asked-for", WORD, alternative("war"), asks={**ASKS, "logprobs": True}),
    topped("alternatives-without-the-token", alternative("war"), alternative("was")),
    topped("alternatives-alike-once", WORD, WORD),
    topped("alternatives-at-floor", *[alternative("the", -9999.0)] * 2),
    topped("alternatives-look-alike", alternative("wor", -0.25), alternative("wor", -7.5)),
    topped(
        "alternatives-parts-of-characters",
        *(alternative("\ufffd", -9.5, [0xE2]), alternative("\ufffd", -9.5, [0xE3])),
    ),
    topped("alternatives-without-text", alternative("", -9.5, [0xE2]), alternative("", -9.5, [0xE3])),
    topped(
        "bytes-escaped",
        alternative("\\xe2\\x80", octets=[0xE2, 0x80]),
        alternative("bytes:\\xf0", octets=[0xF0]),
    ),
    topped("bytes-of-begun-character", alternative("a", octets=[0x61, 0xE2]), WORD),
    topped("bytes-of-many", alternative("ö", -0.5), alternative("👋🏽")),
    topped("bytes-empty", WORD, alternative("war", octets=[])),
    topped("bytes-of-sentence-piece", WORD, alternative("\u2581war", octets=[*b" war"])),
    topped("bytes-of-one", WORD, alternative("<0x0A>", octets=[10])),
    topped("bytes-of-byte-alphabet", WORD, alternative("\u0120war", octets=[*b" war"])),
    topped("bytes-of-letters-in-byte-alphabet", WORD, alternative("\u00c3\u00a9", octets=[0xC3, 0xA9])),
    topped("bytes-of-numbered-token", WORD, alternative("token_id:123", octets=[*b"war"])),
    topped("bytes-null", {**alternative("<|end|>"), "bytes": None}, WORD),
    refused("bytes-of-refusal", alternative("No"), alternative(".")),
)

WIRES: tuple[Wire, ...] = (*STOPPED, *PARALLEL, *LOST, *SILENT, *REPLACED, *IMPROBABLE)
LEGAL: tuple[Wire, ...] = (*UNSTOPPED, *IN_TURN, *NOT_DUE, *SPOKEN, *QUOTED, *PROBABLE)
