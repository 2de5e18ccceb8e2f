"""Refusals and whole answers, legal and broken."""

from tests.proof.chat_streams import ASKS, USAGE
from tests.proof.responses_streams import URL
from tests.proof.wire import Change, Json, Wire, compact, edited, every, once

JSON_TYPE = (("content-type", "application/json"),)
ERROR: Json = {
    "error": {"message": "No such model.", "type": "invalid_request_error", "param": None, "code": None}
}
WHOLE: Json = {
    "id": "chatcmpl-CkX4Qz",
    "object": "chat.completion",
    "created": 1780000000,
    "model": "gpt-5.2",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hi", "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": USAGE,
}

REFUSAL = Wire(id="refusal", asks=ASKS, status=400, headers=JSON_TYPE, body=compact(ERROR).encode())
DOCUMENT = Wire(
    id="document",
    asks={key: value for key, value in ASKS.items() if key != "stream"},
    headers=JSON_TYPE,
    body=compact(WHOLE).encode(),
    expects="document",
)


def _all(new: bytes) -> Change:
    return lambda _: new


MISSING: tuple[tuple[str, bytes, Json], ...] = (
    ("detail", b'{"detail":"Not Found"}', {"claim": False}),
    ("web-page", b"<h1>Not here</h1>", {"headers": (("content-type", "text/html"),)}),
    ("empty", b"", {"headers": (), "api": "responses", "url": URL}),
    ("provoked", b'{"detail":"Not Found"}', {"expects": "refusal", "promises": ("malformed",)}),
)
NO_PATH = tuple(
    edited(REFUSAL, f"no-path-{status}-{name}", _all(body), status=status, **fields)
    for status in (404, 405, 501)
    for name, body, fields in MISSING
)
"""Answers of a framework where the endpoint has no such path, and nobody claimed that it has."""

LEGAL = (
    *NO_PATH,
    edited(REFUSAL, "refusal-not-found", status=404),
    edited(REFUSAL, "refusal-unprocessable", status=422),
    REFUSAL,
    edited(REFUSAL, "refusal-of-responses", api="responses", url=URL),
    edited(REFUSAL, "refusal-with-charset", headers=(("Content-Type", "application/json; charset=utf-8"),)),
    edited(REFUSAL, "refusal-with-more-keys", once(b'"param"', b'"metadata":{},"param"')),
    edited(REFUSAL, "refusal-with-code", once(b'"code":null', b'"code":"model_not_found"')),
    edited(REFUSAL, "refusal-over-lines", every(b",", b",\n  ")),
    DOCUMENT,
    edited(DOCUMENT, "document-over-lines", every(b",", b",\n  ")),
    edited(DOCUMENT, "document-without-usage", lambda body: body[: body.index(b',"usage"')] + b"}"),
    edited(DOCUMENT, "document-with-more-keys", once(b'"model"', b'"provider":"x","model"')),
)

CLAIMED: Json = {"status": 404, "claim": True}
WIRES = (
    edited(
        REFUSAL,
        "refusal-detail-of-claimed",
        lambda _: b'{"detail":"Not Found"}',
        breaks=("status-ok", "error-envelope"),
        cause="A path that is claimed has to be there, and to refuse in OpenAI's form.",
        **CLAIMED,
    ),
    edited(REFUSAL, "refusal-of-claimed", breaks="status-ok", **CLAIMED),
    edited(REFUSAL, "refusal-empty", lambda _: b"", breaks="error-envelope"),
    edited(REFUSAL, "refusal-web-page", lambda _: b"<h1>Not found</h1>", breaks="error-envelope"),
    edited(REFUSAL, "refusal-text", lambda _: b'{"error":"No such model."}', breaks="error-envelope"),
    edited(REFUSAL, "refusal-flat", lambda _: b'{"message":"No such model."}', breaks="error-envelope"),
    edited(REFUSAL, "refusal-in-list", lambda body: b"[" + body + b"]", breaks="error-envelope"),
    edited(REFUSAL, "refusal-message-empty", once(b"No such model.", b""), breaks="error-envelope"),
    edited(REFUSAL, "refusal-message-null", once(b'"No such model."', b"null"), breaks="error-envelope"),
    edited(
        REFUSAL, "refusal-without-type", once(b'"type":"invalid_request_error",', b""), breaks="error-fields"
    ),
    edited(REFUSAL, "refusal-code-number", once(b'"code":null', b'"code":404'), breaks="error-fields"),
    edited(REFUSAL, "refusal-type-null", once(b'"invalid_request_error"', b"null"), breaks="error-fields"),
    edited(
        REFUSAL,
        "refusal-as-event-stream",
        breaks="error-content-type",
        headers=(("content-type", "text/event-stream"),),
    ),
    edited(REFUSAL, "refusal-untyped", breaks="error-content-type", headers=()),
    edited(DOCUMENT, "document-status-206", breaks="document-status", status=206),
    edited(
        DOCUMENT,
        "document-as-events",
        lambda body: b"data: " + body + b"\n\n",
        breaks="document-not-streamed",
    ),
    edited(DOCUMENT, "document-empty", lambda _: b"", breaks="document-not-streamed"),
    edited(DOCUMENT, "document-cut", lambda body: body[:-1], breaks="document-not-streamed"),
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
)
