"""What breaks and what keeps the requirements on HTTP and on the framing of events."""

import json
import re

from conformance.exchange import Ended
from tests.proof.responses.text import AGREEING, OTHER
from tests.proof.streams import responses
from tests.proof.streams.chat import COUNTED, TEXT, USAGE
from tests.proof.streams.documents import JSON_TYPE, REFUSAL
from tests.proof.streams.edits import behind, edited, every, instead, nth, once, within, without
from tests.proof.streams.handmade import Json, Wire, compact, data
from tests.proof.streams.responses import DONE_TEXT, HELLO
from tests.proof.streams.responses import TEXT as RESPONSES_TEXT

WHOLE = {
    "id": "chatcmpl-CkX4Qz",
    "object": "chat.completion",
    "created": 1780000000,
    "model": "gpt-5.2",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
}
WHOLE_BODY = compact(WHOLE).encode()
MISSING: tuple[tuple[str, bytes, Json], ...] = (
    ("detail", b'{"detail":"Not Found"}', {"claim": False}),
    ("web-page", b"<h1>Not here</h1>", {"headers": (("content-type", "text/html"),)}),
    ("empty", b"", {"headers": (), "api": "responses", "url": responses.URL}),
    ("provoked", b'{"detail":"Not Found"}', {"expects": "refusal", "promises": ("malformed",)}),
)
NO_PATH = tuple(
    edited(REFUSAL, f"no-path-{status}-{name}", instead(body), status=status, **fields)
    for status in (404, 405, 501)
    for name, body, fields in MISSING
)
"""Answers of a framework where the endpoint has no such path, and nobody claimed that it has."""
CLAIMED: Json = {"status": 404, "claim": True}


def _pretty(body: bytes) -> bytes:
    """Every JSON document over many lines, each with its own `data:`."""

    def lines(match: re.Match[bytes]) -> bytes:
        text = json.dumps(json.loads(match[1]), indent=2, ensure_ascii=False)
        return b"\n".join(b"data: " + line.encode() for line in text.splitlines())

    return re.sub(rb"(?m)^data: (\{.*\})$", lines, body)


def _mixed(body: bytes) -> bytes:
    """Lines that end by LF, CR and CR LF in turn."""
    ends = (b"\n", b"\r\n", b"\r")
    lines = body.split(b"\n")[:-1]
    # A CR and an LF that meet would be one line end.
    return b"".join(line + ends[at // 2 % 3] for at, line in enumerate(lines))


def _framed(name: str, base: Wire) -> list[Wire]:
    """One stream in every framing that the standard allows."""
    return [
        edited(base, f"{name}-crlf", lambda body: body.replace(b"\n", b"\r\n"), breaks="sse-line-end"),
        edited(base, f"{name}-cr", lambda body: body.replace(b"\n", b"\r"), breaks="sse-line-end"),
        edited(base, f"{name}-mixed-line-ends", _mixed, breaks="sse-line-end"),
        edited(base, f"{name}-comments-between", lambda body: body.replace(b"\n\n", b"\n\n: wait\n\n")),
        edited(base, f"{name}-comments-inside", lambda body: body.replace(b"data: {", b": wait\ndata: {")),
        edited(base, f"{name}-bare-colons", lambda body: b":\n\n" + body.replace(b"\n\n", b"\n\n:\n\n")),
        edited(base, f"{name}-byte-order-mark", lambda body: b"\xef\xbb\xbf" + body, breaks="sse-bom"),
        edited(base, f"{name}-pretty-json", _pretty),
        edited(base, f"{name}-no-space", lambda body: body.replace(b"data: ", b"data:"), breaks="sse-space"),
        edited(base, f"{name}-more-blank-lines", lambda body: b"\n\n" + body.replace(b"\n\n", b"\n\n\n\n\n")),
        edited(base, f"{name}-spaces-around-json", lambda body: body.replace(b"data: {", b"data:   {")),
        edited(
            base,
            f"{name}-numbered",
            lambda body: re.sub(rb"(?m)^data: \{", b"id: 7\ndata: {", body),
            breaks="sse-id",
        ),
        edited(
            base,
            f"{name}-retry-beside-data",
            lambda body: body.replace(b"data: {", b"retry: 2000\ndata: {", 1),
            breaks="sse-id",
        ),
    ]


def _headed(name: str, *headers: tuple[str, str]) -> Wire:
    return edited(TEXT, f"headers-{name}", headers=headers)


def bare(body: bytes, key: bytes) -> bytes:
    """The last block that holds a key, with nothing but the key left in its object."""
    start = body.rindex(b"data: ", 0, body.rindex(key)) + len(b"data: ")
    return body[:start] + b"{" + body[body.rindex(key) :]


BROKEN: tuple[Wire, ...] = (
    edited(
        TEXT,
        "field-json-behind-done",
        lambda body: body + b'{"error":{"message":"x"}}\n\n',
        breaks="sse-field-unknown",
    ),
    edited(
        TEXT,
        "field-page-in-the-middle",
        behind(b"wor", b"<html>\n<body>502 Bad Gateway</body>\n</html>\n\n"),
        breaks="sse-field-unknown",
    ),
    edited(
        TEXT,
        "field-behind-a-second-mark",
        behind(b"wor", b'\xef\xbb\xbfdata: {"choices":[]}\n\n'),
        breaks="sse-field-unknown",
    ),
    edited(
        responses.TEXT,
        "tail-is-error",
        lambda body: (
            body[: body.index(b"event: response.completed")] + b'data: {"type":"error","message":"x"}\n'
        ),
        breaks="event-terminated",
    ),
    edited(
        TEXT,
        "tail-is-error-of-chat",
        lambda body: (
            body[: body.rindex(b"data: ", 0, body.index(b'"stop"'))]
            + b'data: {"error":{"message":"x","type":"server_error","param":null,"code":null}}'
        ),
        breaks=("event-terminated", "finish-reason-present", "done-present"),
        cause="Of a stream that an error breaks off neither is asked, and here the error is lost.",
        promises=("chat", "text"),
    ),
    edited(
        responses.TEXT,
        "tail-is-half-of-completed",
        lambda body: body[: body.index(b"event: response.completed") + 300],
        breaks="event-terminated",
    ),
    edited(TEXT, "status-201", breaks="status-ok", status=201),
    edited(TEXT, "status-206", breaks="status-ok", status=206),
    edited(
        REFUSAL,
        "refusal-detail-of-claimed",
        instead(b'{"detail":"Not Found"}'),
        breaks=("status-ok", "error-envelope"),
        cause="A path that is claimed has to be there, and to refuse in OpenAI's form.",
        **CLAIMED,
    ),
    edited(REFUSAL, "refusal-of-claimed", breaks="status-ok", **CLAIMED),
    edited(TEXT, "stream-as-json", instead(WHOLE_BODY), breaks="stream-honoured", headers=JSON_TYPE),
    edited(
        TEXT,
        "stream-as-json-over-lines",
        instead(b"[\n" + WHOLE_BODY + b"\n]"),
        breaks="stream-honoured",
        headers=JSON_TYPE,
    ),
    edited(
        TEXT,
        "stream-as-web-page",
        instead(b"<html><body>Welcome</body></html>"),
        breaks="stream-honoured",
        headers=(("content-type", "text/html"),),
    ),
    edited(TEXT, "stream-empty-and-untyped", instead(b""), breaks="stream-honoured", headers=()),
    edited(
        responses.TEXT,
        "responses-as-json",
        instead(b'{"object":"response"}'),
        breaks="stream-honoured",
        headers=JSON_TYPE,
    ),
    edited(TEXT, "type-json", breaks="content-type-event-stream", headers=JSON_TYPE),
    edited(TEXT, "type-absent", breaks="content-type-event-stream", headers=()),
    edited(
        TEXT,
        "type-ndjson",
        breaks="content-type-event-stream",
        headers=(("content-type", "application/x-ndjson"),),
    ),
    edited(
        TEXT,
        "type-prefix-only",
        breaks="content-type-event-stream",
        headers=(("content-type", "text/event-streams"),),
    ),
    edited(TEXT, "utf8-lone-byte", once(b"wor", b"w\xf6r"), breaks="utf8-valid"),
    edited(TEXT, "utf8-cut-character", once(b"wor", b"w\xf0\x9f\x91"), breaks="utf8-valid"),
    edited(TEXT, "utf8-overlong", once(b"wor", b"w\xc0\xaf"), breaks="utf8-valid"),
    edited(TEXT, "utf8-surrogate", once(b"wor", b"w\xed\xa0\xbd"), breaks="utf8-valid"),
    edited(TEXT, "utf8-in-comment", lambda body: b": \xff\n\n" + body, breaks="utf8-valid"),
    edited(responses.TEXT, "utf8-lone-byte-in-responses", nth(0, b'"x7"', b'"x\xff"'), breaks="utf8-valid"),
    edited(TEXT, "json-cut", behind(b"wor", b'data: {"id":\n\n'), breaks="event-json"),
    edited(TEXT, "json-text", behind(b"wor", b"data: wait\n\n"), breaks="event-json"),
    edited(TEXT, "json-keepalive-as-data", behind(b"wor", b"data: : keep-alive\n\n"), breaks="event-json"),
    edited(
        TEXT, "json-infinity", behind(b"wor", b'data: {"choices":[],"x":Infinity}\n\n'), breaks="event-json"
    ),
    edited(
        TEXT,
        "json-minus-infinity",
        behind(b"wor", b'data: {"choices":[],"x":-Infinity}\n\n'),
        breaks="event-json",
    ),
    edited(TEXT, "json-single-quotes", behind(b"wor", b"data: {'choices':[]}\n\n"), breaks="event-json"),
    edited(TEXT, "json-two-documents", behind(b"wor", b"data: {}{}\n\n"), breaks="event-json"),
    edited(
        TEXT, "json-two-lines-of-documents", behind(b"wor", b"data: {}\ndata: {}\n\n"), breaks="event-json"
    ),
    edited(TEXT, "json-raw-newline", behind(b"wor", b'data: {"x":"a\ndata: b"}\n\n'), breaks="event-json"),
    edited(
        responses.TEXT,
        "json-cut-in-responses",
        behind(b"in_progress\n", b'event: x\ndata: {"type":\n\n'),
        breaks="event-json",
    ),
    edited(
        TEXT,
        "json-broken-over-lines",
        behind(b"wor", b'data: {"choices":\n[]}\n\n'),
        breaks=("event-json", "sse-field-unknown"),
        cause="The lines after the first are no data, and half a document is left.",
    ),
    edited(TEXT, "empty-data", behind(b"wor", b"data: \n\n"), breaks="event-data-nonempty"),
    edited(TEXT, "empty-data-without-colon", behind(b"wor", b"data\n\n"), breaks="event-data-nonempty"),
    edited(
        responses.TEXT,
        "empty-data-in-responses",
        behind(b"in_progress\n", b"data:\n\n"),
        breaks="event-data-nonempty",
    ),
    edited(TEXT, "block-of-event-alone", behind(b"wor", b"event: ping\n\n"), breaks="event-without-data"),
    edited(TEXT, "block-of-id-alone", behind(b"wor", b"id: 4\n\n"), breaks="event-without-data"),
    edited(TEXT, "block-of-retry-alone", lambda body: b"retry: 3000\n\n" + body, breaks="event-without-data"),
    edited(TEXT, "foreign-ping", behind(b"wor", data({"type": "ping"})), breaks="event-foreign"),
    edited(TEXT, "foreign-number", behind(b"wor", b"data: 7\n\n"), breaks="event-foreign"),
    edited(COUNTED, "foreign-usage", lambda body: bare(body, b'"usage":{'), breaks="event-foreign"),
    edited(
        COUNTED,
        "foreign-usage-with-id",
        lambda body: bare(body, b'"usage":{').replace(b'data: {"usage":{', b'data: {"id":"c","usage":{'),
        breaks="event-foreign",
    ),
    edited(TEXT, "foreign-null", behind(b"wor", b"data: null\n\n"), breaks="event-foreign"),
    edited(TEXT, "foreign-list", behind(b"wor", b"data: []\n\n"), breaks="event-foreign"),
    edited(TEXT, "foreign-empty-object", behind(b"wor", b"data: {}\n\n"), breaks="event-foreign"),
    edited(
        responses.TEXT,
        "foreign-chunk-in-responses",
        behind(b"in_progress\n", data({"choices": []})),
        breaks="event-foreign",
    ),
    edited(
        responses.TEXT,
        "foreign-text-in-responses",
        behind(b"in_progress\n", b'data: "wait"\n\n'),
        breaks="event-foreign",
    ),
    edited(TEXT, "named-chunks", every(b"data: {", b"event: completion\ndata: {"), breaks="event-name-chat"),
    edited(TEXT, "named-done", once(b"data: [DONE]", b"event: done\ndata: [DONE]"), breaks="event-name-chat"),
    edited(TEXT, "field-error", behind(b"wor", b'error: {"message":"x"}\n\n'), breaks="sse-field-unknown"),
    edited(TEXT, "field-upper-case", behind(b"wor", b"Data: {}\n\n"), breaks="sse-field-unknown"),
    edited(TEXT, "field-json-bare", behind(b"wor", b'{"choices":[]}\n\n'), breaks="sse-field-unknown"),
    edited(TEXT, "field-indented", behind(b"wor", b' data: {"choices":[]}\n\n'), breaks="sse-field-unknown"),
    edited(TEXT, "tail-after-done", lambda body: body + b'data: {"choices":[]}\n', breaks="event-terminated"),
    edited(
        TEXT, "tail-without-line-end", lambda body: body + b'data: {"choices":[]}', breaks="event-terminated"
    ),
    edited(
        responses.TEXT, "tail-after-completed", lambda body: body + b"data: {}", breaks="event-terminated"
    ),
    edited(
        responses.TEXT,
        "tail-is-completed",
        lambda body: body[:-1],
        breaks="event-terminated",
    ),
    edited(TEXT, "lost-after-done", breaks="body-complete", ended=Ended.RESET),
    edited(responses.TEXT, "lost-after-completed", breaks="body-complete", ended=Ended.RESET),
    edited(
        TEXT,
        "coding-gzip",
        breaks="content-coding",
        headers=(("content-type", "text/event-stream"), ("Content-Encoding", "gzip")),
    ),
    edited(
        responses.TEXT,
        "coding-deflate",
        breaks="content-coding",
        headers=(("content-encoding", "Deflate"), ("content-type", "text/event-stream")),
    ),
    edited(
        TEXT,
        "comment-after-id",
        lambda body: b"id: 1\n" + body.replace(b"\n\n", b"\n\n: wait\n\n", 1),
        breaks=("sse-comment-after-id", "sse-id"),
        cause="A comment can only follow an id where ids are sent.",
    ),
    edited(TEXT, "no-space-once", nth(0, b"data: ", b"data:"), breaks="sse-space"),
    edited(TEXT, "crlf-once", nth(0, b"\n\n", b"\r\n\r\n"), breaks="sse-line-end"),
    edited(
        COUNTED,
        "usage-without-a-chunk",
        without(b'"usage":{'),
        behind(b'"stop"', data({"usage": USAGE})),
        breaks="event-foreign",
    ),
    edited(
        RESPONSES_TEXT,
        "line-break-unescaped-when-done",
        within(DONE_TEXT, HELLO, b"Hello,\n world!"),
        breaks=("event-json", "sse-field-unknown", "sequence-number-contiguous", "text-done-present"),
        cause="The line ends inside the JSON, and its rest is no field.",
    ),
    edited(
        RESPONSES_TEXT,
        "delta-of-broken-bytes",
        nth(0, b'"delta":"Hel"', b'"delta":"H\xe6l"'),
        breaks=("utf8-valid", *AGREEING),
        cause="The letter that is lost in the delta is there in all that repeats the text.",
    ),
    edited(
        RESPONSES_TEXT,
        "delta-of-broken-bytes-and-another-text",
        nth(0, b'"delta":"Hel"', b'"delta":"H\xe6l"'),
        every(HELLO, OTHER),
        breaks=("utf8-valid", *AGREEING),
        cause="A letter is lost in a delta, and all that repeats the text says something else.",
    ),
)

LEGAL: tuple[Wire, ...] = (
    # Paths that are not there, and that nobody claimed
    *NO_PATH,
    # Framing
    *_framed("chat", COUNTED),
    *_framed("responses", responses.TEXT),
    # Headers
    _headed("no-charset", ("content-type", "text/event-stream")),
    _headed("charset-upper-case", ("content-type", "text/event-stream;charset=UTF-8")),
    _headed("type-mixed-case", ("Content-Type", "Text/Event-Stream")),
    _headed("name-upper-case", ("CONTENT-TYPE", "text/event-stream; charset=utf-8")),
    _headed("coding-identity", ("content-type", "text/event-stream"), ("content-encoding", "identity")),
    _headed("coding-empty", ("content-type", "text/event-stream"), ("Content-Encoding", "")),
    _headed("more", ("x-request-id", "7"), ("content-type", "text/event-stream"), ("server", "x")),
)
