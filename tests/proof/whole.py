"""What breaks and what keeps the requirements on whole answers, without streaming."""

from dataclasses import replace

from tests.proof.streams import responses
from tests.proof.streams.documents import DOCUMENT, RESPONSE
from tests.proof.streams.edits import edited, every, instead, once
from tests.proof.streams.handmade import Wire, compact

_TYPES = {
    "as-text": (("content-type", "text/plain; charset=utf-8"),),
    "as-events": (("content-type", "text/event-stream"),),
    "not-at-all": (("x-request-id", "req_8f3a"),),
}

BROKEN: tuple[Wire, ...] = (
    edited(DOCUMENT, "document-status-206", breaks="document-status", status=206),
    edited(
        DOCUMENT,
        "document-as-events",
        lambda body: b"data: " + body + b"\n\n",
        breaks="document-not-streamed",
    ),
    replace(
        responses.TEXT,
        id="response-as-events",
        asks={"model": "gpt-5.2", "input": "Hi"},
        expects="document",
        breaks=("document-not-streamed",),
    ),
    edited(DOCUMENT, "document-empty", instead(b""), breaks="document-not-streamed"),
    edited(DOCUMENT, "document-cut", lambda body: body[:-1], breaks="document-not-streamed"),
    *(
        edited(DOCUMENT, f"document-typed-{name}", headers=headers, breaks="document-not-streamed")
        for name, headers in _TYPES.items()
    ),
    edited(
        RESPONSE,
        "response-of-a-chat",
        once(b'"response"', b'"chat.completion"'),
        breaks="whole-response-schema",
    ),
    edited(
        RESPONSE,
        "response-without-output",
        every(b'"output":', b'"outputs":'),
        breaks="whole-response-schema",
    ),
    edited(
        RESPONSE,
        "response-tokens-text",
        once(b'"total_tokens":', b'"total_tokens":"x","tokens":'),
        breaks="whole-response-schema",
    ),
    edited(DOCUMENT, "document-of-a-chunk", once(b'"message"', b'"delta"'), breaks="completion-schema"),
    edited(
        DOCUMENT, "document-without-id", once(b'"id":"chatcmpl-CkX4Qz",', b""), breaks="completion-schema"
    ),
    edited(
        DOCUMENT,
        "document-sum-wrong",
        once(b'"total_tokens":13', b'"total_tokens":14'),
        breaks="completion-usage",
    ),
    edited(DOCUMENT, "document-finish-unknown", once(b'"stop"', b'"end_turn"'), breaks="completion-values"),
    edited(DOCUMENT, "document-role-unknown", once(b'"assistant"', b'"bot"'), breaks="completion-values"),
    edited(DOCUMENT, "document-finish-null", once(b'"stop"', b"null"), breaks="completion-schema"),
    edited(DOCUMENT, "document-role-absent", once(b'"role":"assistant",', b""), breaks="completion-schema"),
)

LEGAL: tuple[Wire, ...] = (
    edited(
        DOCUMENT,
        "response-document",
        instead(compact(responses.response("completed", (responses.MESSAGE,))).encode()),
        api="responses",
        url=responses.URL,
        asks={"model": "gpt-5.2", "input": "Hi"},
    ),
    edited(DOCUMENT, "document-charset", headers=(("Content-Type", "application/json;charset=UTF-8"),)),
    edited(DOCUMENT, "document-json-of-a-kind", headers=(("content-type", "application/vnd.chat+json"),)),
    edited(DOCUMENT, "document-headers-unknown", headers=()),
    edited(DOCUMENT, "document-over-lines", every(b",", b",\n  ")),
    edited(DOCUMENT, "document-without-usage", lambda body: body[: body.index(b',"usage"')] + b"}"),
    edited(DOCUMENT, "document-with-more-keys", once(b'"model"', b'"provider":"x","model"')),
    edited(DOCUMENT, "document-details-null-inside", once(b'"cached_tokens":2', b'"cached_tokens":null')),
)
