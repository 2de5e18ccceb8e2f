"""What breaks and what keeps the requirements on the shape of chat chunks and on what all of them share."""

from tests.proof.streams.chat import COUNTED, TEXT, TOOLS, calling
from tests.proof.streams.edits import edited, every, nth, once
from tests.proof.streams.handmade import Wire, data

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

BROKEN: tuple[Wire, ...] = (
    edited(TEXT, "created-absent", every(b'"created":1780000000,', b""), breaks="chunk-schema"),
    edited(
        TEXT, "created-text", every(b'"created":1780000000', b'"created":"1780000000"'), breaks="chunk-schema"
    ),
    edited(TEXT, "created-true", every(b'"created":1780000000', b'"created":true'), breaks="chunk-schema"),
    edited(TEXT, "model-absent", every(b'"model":"gpt-5.2",', b""), breaks="chunk-schema"),
    edited(TEXT, "id-null", every(b'"id":"chatcmpl-CkX4Qz"', b'"id":null'), breaks="chunk-schema"),
    edited(
        COUNTED,
        "usage-detail-text",
        once(b'"cached_tokens":2', b'"cached_tokens":"2"'),
        breaks="chunk-schema",
    ),
    calling(
        "calls-object", {"tool_calls": {"index": 0}}, {"content": "Hi"}, breaks="chunk-schema", finish="stop"
    ),
    edited(TEXT, "object-absent", every(b'"object":"chat.completion.chunk",', b""), breaks="chunk-object"),
    edited(
        TEXT, "object-of-the-end", nth(-1, b"completion.chunk", b"completion.done"), breaks="chunk-object"
    ),
    edited(
        TEXT,
        "azure-first-chunk",
        lambda body: AZURE + body,
        breaks=("chunk-object", "id-nonempty", "created-seconds"),
        cause="The chunk about the prompt's filter has all keys, and nothing in them.",
    ),
    edited(TEXT, "id-of-each-chunk", nth(2, b"chatcmpl-CkX4Qz", b"chatcmpl-Other"), breaks="id-constant"),
    edited(TEXT, "id-empty-once", nth(0, b"chatcmpl-CkX4Qz", b""), breaks="id-nonempty"),
    edited(TEXT, "created-later", nth(-1, b"1780000000", b"1780000001"), breaks="created-constant"),
    edited(TEXT, "created-zero", every(b"1780000000", b"0"), breaks="created-seconds"),
    edited(TEXT, "created-microseconds", every(b"1780000000", b"1780000000000000"), breaks="created-seconds"),
    edited(TEXT, "model-other", nth(-1, b"gpt-5.2", b"gpt-5.2-mini"), breaks="model-constant"),
    edited(
        TEXT, "finish-number", once(b'"finish_reason":"stop"', b'"finish_reason":7'), breaks="chunk-schema"
    ),
    calling(
        "calls-as-an-object",
        {"tool_calls": {"index": 0, "id": "call_a", "function": {"name": "f", "arguments": "{}"}}},
        breaks=("chunk-schema", "finish-reason-without-calls"),
        cause="No call can be read of what is no array.",
    ),
)

LEGAL: tuple[Wire, ...] = (
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
    edited(TEXT, "obfuscation", every(b'"choices":', b'"obfuscation":"","choices":')),
    edited(
        TEXT,
        "keys-in-another-order",
        every(
            b'"object":"chat.completion.chunk","created":1780000000,',
            b'"created":1780000000,"object":"chat.completion.chunk",',
        ),
    ),
    edited(TEXT, "request-unknown", asks=None),
    edited(TEXT, "obfuscation-null", every(b'"choices":', b'"obfuscation":null,"choices":')),
)
