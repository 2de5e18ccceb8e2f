"""What breaks and what keeps the requirements on refusals before a stream and on errors inside one."""

from tests.proof.streams import responses
from tests.proof.streams.chat import (
    ASKS,
    ASKS_USAGE,
    ERROR,
    HEAD,
    ROLE,
    SERVER_ERROR,
    STOP,
    TEXT,
    choice,
    chunk,
    chunks,
    says,
)
from tests.proof.streams.documents import REFUSAL, REFUSED_TYPE
from tests.proof.streams.edits import Change, behind, edited, every, instead, nth, once, without
from tests.proof.streams.handmade import DONE, Json, Wire, compact, data


def _begun_after(events: int) -> Change:
    """The same stream without its first events."""
    return lambda body: b"\n\n".join(body.split(b"\n\n")[events:])


def midway(id: str, last: bytes, asks: Json = ASKS, breaks: str = "") -> Wire:
    """A text that has begun, and what ends it before the terminator."""
    broken = (breaks,) if breaks else ()
    return Wire(id=id, asks=asks, body=chunks(*says("Hi"), finish=None) + last + DONE, breaks=broken)


BROKEN: tuple[Wire, ...] = (
    midway(
        "error-with-type-null",
        data({"error": {"message": "Overloaded", "type": None, "param": None, "code": None}}),
        breaks="error-inband-fields",
    ),
    midway("error-with-message-alone", data({"error": {"message": "x"}}), breaks="error-inband-fields"),
    edited(REFUSAL, "refusal-empty", instead(b""), breaks="error-envelope"),
    edited(REFUSAL, "refusal-web-page", instead(b"<h1>Not found</h1>"), breaks="error-envelope"),
    edited(REFUSAL, "refusal-text", instead(b'{"error":"No such model."}'), breaks="error-envelope"),
    edited(REFUSAL, "refusal-flat", instead(b'{"message":"No such model."}'), breaks="error-envelope"),
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
        headers=(("content-type", "text/event-stream"), ("x-request-id", "req_8f3a")),
    ),
    edited(REFUSAL, "refusal-untyped", breaks="error-content-type", headers=REFUSED_TYPE[1:]),
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
    edited(ERROR, "error-before-all", instead(data(SERVER_ERROR) + DONE), breaks="error-before-stream"),
    responses.wire(
        "error-then-speech",
        *responses.OPENING,
        responses.ERROR,
        {"type": "response.audio.done"},
        responses.FAILED_END,
        breaks="error-event-last",
    ),
    responses.wire(
        "error-then-completed",
        *responses.OPENING,
        *responses.MESSAGE_EVENTS,
        responses.ERROR,
        responses.completed(responses.MESSAGE),
        breaks=("error-event-last", "error-event-failed"),
        cause="A response that completes after an error does not fail.",
    ),
    edited(ERROR, "error-and-no-done", once(DONE, b""), breaks="error-inband-done"),
    edited(
        TEXT, "error-null-once", nth(2, b'"choices":', b'"error":null,"choices":'), breaks="error-null-key"
    ),
    edited(TEXT, "error-false", nth(2, b'"choices":', b'"error":false,"choices":'), breaks="error-null-key"),
    edited(
        responses.FAILED,
        "error-message-null",
        nth(0, b'"message":"Overloaded"', b'"message":null'),
        breaks="error-event-shape",
    ),
    edited(
        responses.FAILED_NESTED,
        "error-nested-text",
        nth(
            0,
            b'"error":{"type":"server_error","code":"server_error","message":"Overloaded","param":null}',
            b'"error":"Overloaded"',
        ),
        breaks="error-event-shape",
    ),
    edited(
        responses.FAILED,
        "error-without-failed",
        without(responses.line("response.failed")),
        breaks="error-event-failed",
    ),
)

LEGAL: tuple[Wire, ...] = (
    responses.wire(
        "error-then-keepalive",
        *responses.OPENING,
        responses.ERROR,
        {"type": "keepalive"},
        responses.FAILED_END,
    ),
    edited(
        REFUSAL,
        "refusal-of-too-many-requests",
        status=429,
        expects="refusal",
        headers=(*REFUSED_TYPE, ("retry-after", "2"), ("x-ratelimit-remaining-requests", "0")),
    ),
    # Refusals
    edited(REFUSAL, "refusal-not-found", status=404),
    edited(REFUSAL, "refusal-unprocessable", status=422),
    edited(REFUSAL, "refusal-of-responses", api="responses", url=responses.URL),
    edited(
        REFUSAL,
        "refusal-with-charset",
        headers=(("Content-Type", "application/json; charset=utf-8"), *REFUSED_TYPE[1:]),
    ),
    edited(REFUSAL, "refusal-with-more-keys", once(b'"param"', b'"metadata":{},"param"')),
    edited(REFUSAL, "refusal-with-code", once(b'"code":null', b'"code":"model_not_found"')),
    edited(REFUSAL, "refusal-over-lines", every(b",", b",\n  ")),
    # Errors inside chat streams
    Wire(id="error-at-once", asks=ASKS, body=data(SERVER_ERROR) + DONE, breaks=("error-before-stream",)),
    Wire(
        id="error-at-once-without-done",
        asks=ASKS,
        body=data(SERVER_ERROR),
        breaks=("error-before-stream", "error-inband-done"),
        cause="All that comes is the error.",
    ),
    Wire(
        id="error-at-once-on-chunk",
        asks=ASKS,
        body=chunk(choice(ROLE, "error"), **SERVER_ERROR) + DONE,
        breaks=("error-before-stream",),
    ),
    Wire(
        id="error-at-once-on-chunk-without-role",
        asks=ASKS_USAGE,
        body=chunk(choice({"content": ""}, "error"), **SERVER_ERROR) + DONE,
        breaks=("error-before-stream",),
    ),
    midway("error-on-chunk-with-error-finish", chunk(choice({}, "error"), **SERVER_ERROR)),
    midway("error-on-chunk-without-finish", chunk(choice({}), **SERVER_ERROR)),
    midway(
        "error-with-number-as-code",
        data({"error": {"message": "Overloaded", "type": "server_error", "param": None, "code": 503}}),
        asks=ASKS_USAGE,
        breaks="error-inband-fields",
    ),
    edited(
        ERROR,
        "error-named",
        once(b'data: {"error"', b'event: error\ndata: {"error"'),
        breaks="event-name-chat",
    ),
    midway("error-on-chunk", data({**HEAD, "choices": [], **SERVER_ERROR})),
    # Responses that fail
    responses.wire(
        "failed-at-once",
        *responses.OPENING,
        responses.failed(error={"code": "rate_limit_exceeded", "message": "Slow down"}),
    ),
    edited(responses.FAILED, "failed-request-unknown", asks=None),
    responses.wire(
        "created-then-error",
        responses.OPENING[0],
        responses.ERROR,
        breaks="error-event-failed",
    ),
    edited(
        responses.FAILED, "failed-and-resumed", _begun_after(2), asks={**responses.ASKS, "starting_after": 1}
    ),
)
