"""Broken wires: usage, reasoning and errors in chat streams."""

from tests.proof.chat_streams import (
    ASKS,
    COUNTED,
    ERROR,
    HEAD,
    REASONING,
    SERVER_ERROR,
    TEXT,
    USAGE,
    choice,
    chunk,
)
from tests.proof.wire import DONE, Wire, behind, compact, data, edited, every, nth, once, swapped, without

STOP = b'"delta":{},"logprobs":null,"finish_reason":"stop"'


COUNT = b'"prompt_tokens":9,"completion_tokens":4,"total_tokens":13'


USAGES = (
    edited(COUNTED, "usage-absent", without(b'"usage":{'), breaks="usage-present"),
    edited(COUNTED, "usage-unasked", every(b',"usage":null', b""), breaks="usage-unasked", asks=ASKS),
    edited(
        TEXT,
        "usage-on-finish-unasked",
        nth(-1, b'"choices":', b'"usage":{' + COUNT + b'},"choices":'),
        breaks="usage-unasked",
    ),
    edited(
        COUNTED,
        "usage-behind-done",
        without(b'"usage":{'),
        behind(b"[DONE]", chunk(usage=USAGE)),
        breaks="usage-before-done",
    ),
    edited(
        COUNTED,
        "usage-with-choice",
        once(b'"choices":[],"usage":{', b'"choices":[{"index":0,"delta":{},"finish_reason":null}],"usage":{'),
        breaks="usage-empty-choices",
    ),
    edited(COUNTED, "usage-before-end", swapped(b'"usage":{', b'"stop"'), breaks="usage-position"),
    edited(COUNTED, "usage-two-times", behind(b'"usage":{', chunk(usage=USAGE)), breaks="usage-once"),
    edited(
        COUNTED, "usage-running", every(b'"usage":null', b'"usage":{' + COUNT + b"}"), breaks="usage-once"
    ),
    edited(COUNTED, "usage-null-absent-once", nth(0, b',"usage":null', b""), breaks="usage-null-elsewhere"),
    edited(
        COUNTED,
        "usage-empty",
        lambda body: body.split(b'"usage":{')[0] + b'"usage":{}}\n\n' + DONE,
        breaks="usage-integers",
    ),
    edited(
        COUNTED,
        "usage-text",
        once(b'"completion_tokens":4', b'"completion_tokens":"4"'),
        breaks="usage-integers",
    ),
    edited(
        COUNTED,
        "usage-whole-float",
        once(b'"completion_tokens":4', b'"completion_tokens":4.0'),
        breaks="usage-integers",
    ),
    edited(
        COUNTED, "usage-float", once(b'"total_tokens":13', b'"total_tokens":13.5'), breaks="usage-integers"
    ),
    edited(COUNTED, "usage-total-absent", once(b',"total_tokens":13', b""), breaks="usage-integers"),
    edited(
        COUNTED,
        "usage-list",
        lambda body: body.split(b'"usage":{')[0] + b'"usage":[]}\n\n' + DONE,
        breaks="usage-integers",
    ),
    edited(
        COUNTED,
        "usage-sum-wrong",
        once(b'"total_tokens":13', b'"total_tokens":12'),
        breaks="usage-arithmetic",
    ),
    edited(
        COUNTED,
        "usage-cached-exceeds",
        once(b'"cached_tokens":2', b'"cached_tokens":10'),
        breaks="usage-details",
    ),
    edited(
        COUNTED,
        "usage-prompt-zero",
        once(COUNT, COUNT.replace(b"9", b"0").replace(b"13", b"4")),
        once(b'"cached_tokens":2', b'"cached_tokens":0'),
        breaks="usage-counts",
    ),
    edited(
        COUNTED,
        "usage-all-zero",
        once(COUNT, b'"prompt_tokens":0,"completion_tokens":0,"total_tokens":0'),
        once(b'"cached_tokens":2', b'"cached_tokens":0'),
        once(b'"reasoning_tokens":1', b'"reasoning_tokens":0'),
        breaks="usage-counts",
    ),
    edited(
        COUNTED,
        "usage-detail-text",
        once(b'"cached_tokens":2', b'"cached_tokens":"2"'),
        breaks="chunk-schema",
    ),
)


REASONINGS = (
    edited(REASONING, "reasoning-list", nth(0, b'"Let me "', b'["Let me "]'), breaks="reasoning-string"),
    edited(
        REASONING,
        "reasoning-goes-on",
        behind(b'"Hello"', chunk(choice({"reasoning_content": "Or not."}))),
        breaks="reasoning-order",
    ),
    edited(
        REASONING,
        "reasoning-twice-unlike",
        once(b'"reasoning_content":"think."', b'"reasoning_content":"think.","reasoning":"rest."'),
        breaks="reasoning-fields-agree",
    ),
    edited(
        REASONING,
        "reasoning-half-in-other-field",
        once(b'"reasoning_content":"think."', b'"reasoning":"think."'),
        breaks="reasoning-fields-agree",
    ),
    edited(
        REASONING,
        "reasoning-grows",
        once(b'"think."', b'"Let me think"'),
        behind(b'"Let me think"', chunk(choice({"reasoning_content": "Let me think it over."}))),
        breaks="reasoning-cumulative",
    ),
    edited(
        REASONING,
        "reasoning-grows-in-other-field",
        once(b'"think."', b'"Let me think"'),
        behind(b'"Let me think"', chunk(choice({"reasoning_content": "Let me think it over."}))),
        every(b'"reasoning_content"', b'"reasoning"'),
        breaks=("reasoning-cumulative", "reasoning-field"),
        cause="The field is the other one too.",
    ),
    edited(REASONING, "reasoning-first", swapped(b'"role"', b'"Let me "'), breaks="reasoning-after-role"),
    edited(
        TEXT, "think-tag-cut", once(b'"Hel"', b'"<thi"'), once(b'"lo, "', b'"nk>Hm"'), breaks="think-leak"
    ),
    edited(TEXT, "think-end-alone", once(b'"wor"', b'"</think>wor"'), breaks="think-leak"),
)


ERRORS = (
    edited(
        ERROR,
        "error-text",
        once(
            b'"error":{"message":"Overloaded","type":"server_error","param":null,"code":null}',
            b'"error":"Overloaded"',
        ),
        breaks="error-inband-shape",
    ),
    edited(ERROR, "error-message-absent", once(b'"message":"Overloaded",', b""), breaks="error-inband-shape"),
    edited(
        ERROR,
        "error-message-object",
        once(b'"message":"Overloaded"', b'"message":{"text":"Overloaded"}'),
        breaks="error-inband-shape",
    ),
    edited(
        TEXT,
        "error-bare-message",
        behind(STOP, data({"message": "Overloaded", "type": "server_error"})),
        breaks="error-inband-shape",
    ),
    edited(
        ERROR,
        "error-then-text",
        behind(b'"error"', chunk(choice({"content": "lo"}), usage=None)),
        breaks="error-inband-last",
    ),
    edited(ERROR, "error-two-times", behind(b'"error"', data(SERVER_ERROR)), breaks="error-inband-last"),
    *(
        edited(
            ERROR,
            f"error-with-{reason}",
            once(
                compact(SERVER_ERROR).encode(),
                compact({**HEAD, "choices": [choice({}, reason)], **SERVER_ERROR}).encode(),
            ),
            breaks="error-inband-finish",
        )
        for reason in ("stop", "length")
    ),
    Wire(
        id="error-first-on-chunk-with-stop",
        asks=ASKS,
        body=chunk(choice({}, "stop"), **SERVER_ERROR) + DONE,
        breaks=("error-inband-finish", "error-before-stream"),
        cause="The error is the first that comes, and calls itself a good end.",
    ),
    edited(ERROR, "error-before-all", lambda _: data(SERVER_ERROR) + DONE, breaks="error-before-stream"),
    edited(ERROR, "error-and-no-done", once(DONE, b""), breaks="error-inband-done"),
    edited(
        TEXT, "error-null-once", nth(2, b'"choices":', b'"error":null,"choices":'), breaks="error-null-key"
    ),
    edited(TEXT, "error-false", nth(2, b'"choices":', b'"error":false,"choices":'), breaks="error-null-key"),
)


WIRES: tuple[Wire, ...] = (*USAGES, *REASONINGS, *ERRORS)
