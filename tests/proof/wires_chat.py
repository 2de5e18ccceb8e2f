"""Broken wires: chat chunks, choices, roles, texts and how they end."""

from tests.proof.chat_streams import (
    ASKS,
    ASKS_USAGE,
    COUNTED,
    HEAD,
    LOGPROBS,
    ONE_TOOL,
    REASONING,
    REFUSAL,
    TEXT,
    TWO,
    USAGE,
    choice,
    chunk,
    chunks,
    opens,
    says,
)
from tests.proof.wire import DONE, Json, Wire, behind, data, edited, every, nth, once, swapped, without

AZURE = data(
    {
        "choices": [],
        "created": 0,
        "id": "",
        "model": "",
        "object": "",
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}],
    }
)


STOP = b'"delta":{},"logprobs":null,"finish_reason":"stop"'


IDENTITY = (
    edited(TEXT, "created-absent", every(b'"created":1780000000,', b""), breaks="chunk-schema"),
    edited(
        TEXT, "created-text", every(b'"created":1780000000', b'"created":"1780000000"'), breaks="chunk-schema"
    ),
    edited(TEXT, "model-absent", every(b'"model":"gpt-5.2",', b""), breaks="chunk-schema"),
    edited(TEXT, "id-null", every(b'"id":"chatcmpl-CkX4Qz"', b'"id":null'), breaks="chunk-schema"),
    edited(TEXT, "choices-absent-once", behind(b"wor", data({**HEAD})), breaks="choices-present"),
    edited(
        TEXT, "choices-null-once", behind(b"wor", data({**HEAD, "choices": None})), breaks="choices-present"
    ),
    edited(TEXT, "refusal-number", nth(0, b'"refusal":null', b'"refusal":0'), breaks="content-string"),
    edited(TEXT, "logprobs-text", nth(1, b'"logprobs":null', b'"logprobs":"none"'), breaks="logprobs-shape"),
    edited(TEXT, "object-absent", every(b'"object":"chat.completion.chunk",', b""), breaks="chunk-object"),
    edited(
        TEXT, "object-of-the-end", nth(-1, b"completion.chunk", b"completion.done"), breaks="chunk-object"
    ),
    edited(TEXT, "id-of-each-chunk", nth(2, b"chatcmpl-CkX4Qz", b"chatcmpl-Other"), breaks="id-constant"),
    edited(TEXT, "id-empty-once", nth(0, b"chatcmpl-CkX4Qz", b""), breaks="id-nonempty"),
    edited(TEXT, "created-later", nth(-1, b"1780000000", b"1780000001"), breaks="created-constant"),
    edited(TEXT, "created-zero", every(b"1780000000", b"0"), breaks="created-seconds"),
    edited(TEXT, "created-microseconds", every(b"1780000000", b"1780000000000000"), breaks="created-seconds"),
    edited(TEXT, "model-other", nth(-1, b"gpt-5.2", b"gpt-5.2-mini"), breaks="model-constant"),
    edited(
        TEXT,
        "azure-first-chunk",
        lambda body: AZURE + body,
        breaks=("chunk-object", "id-nonempty", "created-seconds"),
        cause="The chunk about the prompt's filter has all keys, and nothing in them.",
    ),
)


CHOICES = (
    edited(TEXT, "index-absent-once", nth(1, b'"index":0,', b""), breaks="choice-index"),
    edited(TEXT, "index-float", nth(1, b'"index":0', b'"index":0.0'), breaks="choice-index"),
    edited(TEXT, "index-text", nth(1, b'"index":0', b'"index":"0"'), breaks="choice-index"),
    edited(TEXT, "index-null", every(b'"index":0', b'"index":null'), breaks="choice-index"),
    edited(TEXT, "index-seven", every(b'"index":0', b'"index":7'), breaks="choice-index-range"),
    edited(
        TWO,
        "index-two-of-two",
        every(b'"index":1', b'"index":2'),
        breaks=("choice-index-range", "n-honoured"),
        cause="The choice with a wrong index is missing under the right one.",
    ),
    edited(TWO, "one-choice-of-three", breaks="n-honoured", asks={**(TWO.asks or {}), "n": 3}),
    edited(TEXT, "one-choice-of-two", breaks="n-honoured", asks={**ASKS, "n": 2}),
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
    edited(TEXT, "choices-empty-at-first", lambda body: chunk() + body, breaks="choices-empty"),
)


ROLES = (
    edited(TEXT, "role-absent", once(b'"role":"assistant",', b""), breaks="role-first"),
    edited(TEXT, "role-null", once(b'"assistant"', b"null"), breaks="role-first"),
    edited(TWO, "role-of-one-choice-absent", nth(1, b'"role":"assistant",', b""), breaks="role-first"),
    edited(TEXT, "role-after-text", swapped(b'"role"', b'"Hel"'), breaks="role-first"),
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
        "role-twice",
        once(b'{"content":"Hel"}', b'{"role":"assistant","content":"Hel"}'),
        breaks="role-repeated",
    ),
)


def said(id: str, *texts: str, breaks: str) -> Wire:
    """A broken wire of these texts."""
    return Wire(id=id, asks=ASKS, body=chunks(*says(*texts)) + DONE, breaks=(breaks,))


TEXTS = (
    edited(TEXT, "content-number", once(b'"wor"', b"5"), breaks="content-string"),
    edited(TEXT, "content-object", once(b'"wor"', b'{"text":"wor"}'), breaks="content-string"),
    edited(
        TEXT, "content-blocks", once(b'"wor"', b'[{"type":"text","text":"wor"}]'), breaks="content-string"
    ),
    edited(
        TEXT,
        "content-grows",
        once(b'"lo, "', b'"Hello, "'),
        once(b'"wor"', b'"Hello, wor"'),
        once(b'"ld!"', b'"Hello, world!"'),
        breaks="content-cumulative",
    ),
    said(
        "content-grows-in-three",
        *("Once upon", "Once upon a", "Once upon a time"),
        breaks="content-cumulative",
    ),
    said(
        "content-grows-and-ends-twice",
        *("Once", "Once upon", "Once upon a", "Once upon a time", "Once upon a time"),
        breaks="content-cumulative",
    ),
    edited(
        REFUSAL,
        "surrogate-cut-in-refusal",
        once(b"I'm sorry, ", b"I'm sorry \\ud83d"),
        once(b'"I can\'t."', b'"\\ude00"'),
        breaks="surrogates-paired",
    ),
    edited(
        REASONING,
        "surrogate-cut-in-reasoning",
        once(b"Let me ", b"Let me \\ud83d"),
        once(b'"think."', b'"\\ude00"'),
        breaks="surrogates-paired",
    ),
    edited(
        ONE_TOOL,
        "surrogate-cut-in-arguments",
        once(b'{\\"city\\":"', b'{\\"city\\":\\"\\ud83d"'),
        once(b'\\"Oslo', b"\\ude00"),
        breaks="surrogates-paired",
    ),
    edited(
        LOGPROBS,
        "logprobs-cut-and-stop",
        once(b'"bytes":[108,100,33]', b'"bytes":[108,100,33,195]'),
        breaks="logprobs-agree",
    ),
    edited(TEXT, "content-replaced", once(b"wor", "w\ufffdr".encode()), breaks="content-replacement"),
    edited(TEXT, "content-replaced-escaped", once(b"wor", b"w\\ufffdr"), breaks="content-replacement"),
    edited(TEXT, "surrogate-lone", once(b"wor", b"w\\ud83d"), breaks="surrogates-paired"),
    edited(
        TEXT,
        "surrogate-cut",
        once(b"wor", b"w\\ud83d"),
        once(b'"ld!"', b'"\\ude00"'),
        breaks="surrogates-paired",
    ),
    edited(LOGPROBS, "logprobs-null-throughout", lambda _: TEXT.body, breaks="logprobs-present"),
    edited(TEXT, "logprobs-ignored", breaks="logprobs-present", asks={**ASKS, "logprobs": True}),
    edited(
        LOGPROBS,
        "logprobs-of-another-token",
        once(
            b'"token":"wor","logprob":-0.25,"bytes":[119,111,114]',
            b'"token":"War","logprob":-0.25,"bytes":[87,97,114]',
        ),
        breaks="logprobs-agree",
    ),
    edited(
        LOGPROBS,
        "logprobs-token-lost",
        once(
            b'"logprobs":{"content":[{"token":"wor","logprob":-0.25,"bytes":[119,111,114],"top_logprobs":[]}],"refusal":null}',
            b'"logprobs":null',
        ),
        breaks="logprobs-agree",
    ),
    edited(LOGPROBS, "logprobs-without-top", nth(1, b',"top_logprobs":[]', b""), breaks="logprobs-shape"),
    edited(LOGPROBS, "logprobs-without-refusal", every(b'],"refusal":null}', b"]}"), breaks="logprobs-shape"),
    edited(
        LOGPROBS,
        "logprobs-of-older-api",
        nth(0, b'"logprobs":{"content":[],"refusal":null}', b'"logprobs":{"tokens":[],"token_logprobs":[]}'),
        breaks="logprobs-shape",
    ),
)


FINISHES = (
    edited(TEXT, "finish-absent", without(STOP), breaks="finish-reason-present"),
    edited(
        TWO,
        "finish-of-one-choice-absent",
        nth(0, b'"finish_reason":"stop"', b'"finish_reason":null'),
        breaks="finish-reason-present",
    ),
    edited(
        TEXT, "finish-again-length", behind(STOP, chunk(choice({}, "length"))), breaks="finish-reason-once"
    ),
    edited(
        COUNTED,
        "finish-on-usage-chunk-too",
        once(
            b'"choices":[],"usage":{', b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{'
        ),
        breaks=("finish-reason-once", "usage-empty-choices"),
        cause="The usage chunk repeats the end, so it is no longer a chunk of its own.",
    ),
    edited(
        TEXT,
        "finish-empty-text",
        nth(1, b'"finish_reason":null', b'"finish_reason":""'),
        breaks="finish-reason-value",
    ),
    edited(
        TEXT,
        "finish-empty-text-throughout",
        every(b'"finish_reason":null', b'"finish_reason":""'),
        breaks="finish-reason-value",
    ),
    edited(TEXT, "finish-invented", once(b'"stop"', b'"end_turn"'), breaks="finish-reason-value"),
    edited(TEXT, "finish-upper-case", once(b'"stop"', b'"STOP"'), breaks="finish-reason-value"),
    edited(TEXT, "finish-key-absent-once", nth(1, b',"finish_reason":null', b""), breaks="finish-reason-key"),
    edited(TEXT, "text-after-finish", behind(STOP, chunk(choice({"content": "."}))), breaks="after-finish"),
    edited(
        TEXT, "refusal-after-finish", behind(STOP, chunk(choice({"refusal": "No."}))), breaks="after-finish"
    ),
    edited(
        TEXT,
        "call-after-finish",
        behind(STOP, chunk(choice(opens(0, "call_a", "f", "{}")))),
        breaks=("after-finish", "finish-reason-tools"),
        cause="The call that comes too late was not announced either.",
    ),
    edited(
        TEXT,
        "finish-tools-without-call",
        once(b'"stop"', b'"tool_calls"'),
        breaks="finish-reason-without-calls",
    ),
)


def empty(id: str, body: bytes, *breaks: str, cause: str = "", asks: Json = ASKS) -> Wire:
    """A broken wire in which nobody says anything."""
    return Wire(id=id, asks=asks, body=body, breaks=breaks, cause=cause)


NOTHING = "There is nothing at all, not even an end."
EMPTY = (
    empty("answer-of-done-alone", DONE, "answer-present"),
    empty("answer-of-comments-and-done", b": wait\n\n: wait\n\n" + DONE, "answer-present"),
    empty("answer-of-usage-alone", chunk(usage=USAGE) + DONE, "answer-present", asks=ASKS_USAGE),
    empty("answer-of-nothing", b"", "answer-present", "done-present", cause=NOTHING),
    empty("answer-of-comments", b": wait\n\n", "answer-present", "done-present", cause=NOTHING),
)


WIRES: tuple[Wire, ...] = (*EMPTY, *IDENTITY, *CHOICES, *ROLES, *TEXTS, *FINISHES)
