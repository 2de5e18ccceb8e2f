"""What breaks and what keeps the requirements on the choices of a chat stream and on their roles."""

from tests.proof.streams.chat import (
    ASKS,
    ASKS_USAGE,
    AUDIO,
    CALLING,
    COUNTED,
    FUNCTION_CALL,
    HEAD,
    REFUSAL,
    ROLE,
    SAID,
    STOP,
    TEXT,
    TOOLS,
    TWO,
    choice,
    chunk,
    chunks,
    says,
    wire,
)
from tests.proof.streams.edits import behind, edited, every, nth, once, swapped
from tests.proof.streams.handmade import DONE, Wire, data

BROKEN: tuple[Wire, ...] = (
    edited(TEXT, "index-absent-once", nth(1, b'"index":0,', b""), breaks="choice-index"),
    edited(TEXT, "index-float", nth(1, b'"index":0', b'"index":0.0'), breaks="choice-index"),
    edited(TEXT, "index-text", nth(1, b'"index":0', b'"index":"0"'), breaks="choice-index"),
    edited(TEXT, "index-true", nth(1, b'"index":0', b'"index":true'), breaks="choice-index"),
    edited(TEXT, "index-null", every(b'"index":0', b'"index":null'), breaks="choice-index"),
    edited(
        TEXT,
        "index-absent-and-no-role",
        every(b'"index":0,', b""),
        once(b'"role":"assistant",', b""),
        breaks=("choice-index", "role-first"),
        cause="Two faults: mending the one leaves the other.",
    ),
    edited(TEXT, "index-seven", every(b'"index":0', b'"index":7'), breaks="choice-index-range"),
    edited(
        TWO,
        "index-two-of-two",
        every(b'"index":1', b'"index":2'),
        breaks=("choice-index-range", "n-honoured"),
        cause="The choice with a wrong index is missing under the right one.",
    ),
    edited(
        TEXT,
        "choice-twice-in-chunk",
        behind(b"wor", chunk(choice({}), choice({}))),
        breaks="choice-index-repeated",
    ),
    edited(
        TEXT,
        "delta-absent-once",
        behind(b"wor", data({**HEAD, "choices": [{"index": 0, "finish_reason": None}]})),
        breaks="choice-delta",
    ),
    edited(TEXT, "delta-null", nth(0, b'"delta":{},', b'"delta":null,'), breaks="choice-delta"),
    edited(TEXT, "delta-text", behind(b"wor", chunk(choice({}) | {"delta": "x"})), breaks="choice-delta"),
    Wire(
        id="choices-null-throughout",
        asks=ASKS,
        body=data({**HEAD, "choices": None}) * 3 + DONE,
        breaks=("choices-present", "answer-present"),
        cause="Without choices there is no answer.",
    ),
    edited(TEXT, "choices-absent-once", behind(b"wor", data({**HEAD})), breaks="choices-present"),
    edited(
        TEXT, "choices-null-once", behind(b"wor", data({**HEAD, "choices": None})), breaks="choices-present"
    ),
    edited(
        AUDIO,
        "choices-null-in-speech",
        once(b'"choices":[{"index":0,"delta":{"audio":{"data":"AAEC"}}}]', b'"choices":null'),
        breaks="choices-present",
    ),
    edited(TEXT, "choices-empty-at-first", lambda body: chunk() + body, breaks="choices-empty"),
    edited(TEXT, "choices-empty-with-null-cost", behind(b"ld!", chunk(cost=None)), breaks="choices-empty"),
    edited(
        TEXT,
        "choices-empty-with-no-moderation",
        behind(b"ld!", chunk(moderation=None)),
        breaks="choices-empty",
    ),
    edited(
        TEXT,
        "choices-empty-with-a-key-of-every-chunk",
        every(b'"choices":', b'"provider":"acme","choices":'),
        behind(b"ld!", chunk(provider="acme")),
        breaks="choices-empty",
    ),
    edited(TWO, "one-choice-of-three", breaks="n-honoured", asks={**ASKS_USAGE, "n": 3}),
    edited(TEXT, "one-choice-of-two", breaks="n-honoured", asks={**ASKS, "n": 2}),
    edited(TEXT, "role-absent", once(b'"role":"assistant",', b""), breaks="role-first"),
    wire(
        "role-absent-and-nothing-said",
        {"content": ""},
        {"content": None},
        finish="length",
        breaks="role-first",
    ),
    edited(TEXT, "role-null", once(b'"assistant"', b"null"), breaks="role-first"),
    edited(TWO, "role-of-one-choice-absent", nth(1, b'"role":"assistant",', b""), breaks="role-first"),
    edited(TEXT, "role-after-text", swapped(b'"role"', b'"Hel"'), breaks="role-first"),
    edited(REFUSAL, "role-after-refusal", swapped(b'"role"', b"I'm sorry"), breaks="role-first"),
    edited(TOOLS, "role-after-call", swapped(b'"role"', b'"call_a1"'), breaks="role-first"),
    edited(TEXT, "role-user", once(b'"assistant"', b'"user"'), breaks="role-value"),
    edited(TEXT, "role-empty", once(b'"assistant"', b'""'), breaks="role-value"),
    edited(
        TEXT,
        "role-again-at-the-end",
        once(STOP, STOP.replace(b"{}", b'{"role":"assistant"}')),
        breaks="role-repeated",
    ),
    edited(
        TEXT,
        "role-after-finish",
        behind(STOP, chunk(choice({"role": "assistant"}))),
        breaks="role-repeated",
    ),
    edited(
        TEXT,
        "role-twice",
        once(b'{"content":"Hel"}', b'{"role":"assistant","content":"Hel"}'),
        breaks="role-repeated",
    ),
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
    edited(
        FUNCTION_CALL,
        "role-after-function-call",
        swapped(b'"role"', b'"city'),
        breaks="role-first",
    ),
    edited(TEXT, "role-developer", once(b'"assistant"', b'"developer"'), breaks="role-value"),
    edited(
        TEXT, "choices-empty-with-padding", behind(b"wor", chunk(obfuscation="x")), breaks="choices-empty"
    ),
    edited(TEXT, "choices-empty-with-null", behind(b"wor", chunk(cost=None)), breaks="choices-empty"),
)

LEGAL: tuple[Wire, ...] = (
    edited(
        TEXT,
        "choices-empty-with-cost-at-the-end",
        behind(STOP, chunk(cost={"amount": 0.000008, "currency": "USD"})),
    ),
    edited(TEXT, "choices-empty-with-cost-at-first", lambda body: chunk(cost=0.1) + body),
    edited(TEXT, "choices-empty-with-filter-results", lambda body: chunk(prompt_filter_results=[{}]) + body),
    edited(
        COUNTED,
        "choices-empty-with-usage-and-cost",
        once(b'"choices":[],', b'"choices":[],"cost":{"amount":0.000008,"currency":"USD"},'),
    ),
    edited(
        TEXT,
        "choices-empty-with-queue",
        every(b'"choices":', b'"provider":"acme","choices":'),
        lambda body: chunk(provider="acme", queue={"position": 3}) + body,
    ),
    wire("role-with-null-content", CALLING, {"content": "Hi"}),
    wire("role-alone", {"role": "assistant"}, {"content": "Hi"}),
    wire("role-and-content", {"role": "assistant", "content": "Hi"}, {"content": " there"}),
    wire("role-null-later", ROLE, {"role": None, "content": "Hi"}, {"role": None, "content": "!"}),
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
    edited(TEXT, "choices-empty-with-cost", lambda body: chunk(cost={"usd": 0.1}) + body),
    edited(TEXT, "choices-empty-with-prompt-filter", lambda body: chunk(prompt_filter_results=[]) + body),
)
