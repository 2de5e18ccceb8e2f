"""Broken wires: HTTP and the framing of events."""

from conformance.exchange import Ended
from tests.proof.chat_streams import COUNTED, TEXT, USAGE, choice, chunk
from tests.proof.responses_streams import TEXT as WORDS
from tests.proof.wire import DONE, Wire, behind, compact, data, edited, every, nth, once

WHOLE = {
    "id": "chatcmpl-CkX4Qz",
    "object": "chat.completion",
    "created": 1780000000,
    "model": "gpt-5.2",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
}
WHOLE_BODY = compact(WHOLE).encode()
JSON_TYPE = (("content-type", "application/json"),)

HTTP = (
    edited(
        TEXT,
        "coding-gzip",
        breaks="content-coding",
        headers=(("content-type", "text/event-stream"), ("Content-Encoding", "gzip")),
    ),
    edited(
        WORDS,
        "coding-deflate",
        breaks="content-coding",
        headers=(("content-encoding", "Deflate"), ("content-type", "text/event-stream")),
    ),
    edited(TEXT, "status-201", breaks="status-ok", status=201),
    edited(TEXT, "status-206", breaks="status-ok", status=206),
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
    edited(TEXT, "stream-as-json", lambda _: WHOLE_BODY, breaks="stream-honoured", headers=JSON_TYPE),
    edited(
        TEXT,
        "stream-as-json-over-lines",
        lambda _: b"[\n" + WHOLE_BODY + b"\n]",
        breaks="stream-honoured",
        headers=JSON_TYPE,
    ),
    edited(
        TEXT,
        "stream-as-web-page",
        lambda _: b"<html><body>Welcome</body></html>",
        breaks="stream-honoured",
        headers=(("content-type", "text/html"),),
    ),
    edited(TEXT, "stream-empty-and-untyped", lambda _: b"", breaks="stream-honoured", headers=()),
    edited(
        WORDS,
        "responses-as-json",
        lambda _: b'{"object":"response"}',
        breaks="stream-honoured",
        headers=JSON_TYPE,
    ),
    edited(TEXT, "lost-after-done", breaks="body-complete", ended=Ended.RESET),
    edited(WORDS, "lost-after-completed", breaks="body-complete", ended=Ended.RESET),
    edited(TEXT, "left-open", breaks="connection-closed", ended=Ended.HELD_OPEN),
)

BYTES = (
    edited(TEXT, "utf8-lone-byte", once(b"wor", b"w\xf6r"), breaks="utf8-valid"),
    edited(TEXT, "utf8-cut-character", once(b"wor", b"w\xf0\x9f\x91"), breaks="utf8-valid"),
    edited(TEXT, "utf8-overlong", once(b"wor", b"w\xc0\xaf"), breaks="utf8-valid"),
    edited(TEXT, "utf8-surrogate", once(b"wor", b"w\xed\xa0\xbd"), breaks="utf8-valid"),
    edited(TEXT, "utf8-in-comment", lambda body: b": \xff\n\n" + body, breaks="utf8-valid"),
    edited(WORDS, "utf8-lone-byte-in-responses", nth(0, b'"x7"', b'"x\xff"'), breaks="utf8-valid"),
)

JSONS = (
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
        WORDS,
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
)

BLOCKS = (
    edited(TEXT, "empty-data", behind(b"wor", b"data: \n\n"), breaks="event-data-nonempty"),
    edited(TEXT, "empty-data-without-colon", behind(b"wor", b"data\n\n"), breaks="event-data-nonempty"),
    edited(
        WORDS, "empty-data-in-responses", behind(b"in_progress\n", b"data:\n\n"), breaks="event-data-nonempty"
    ),
    edited(TEXT, "block-of-event-alone", behind(b"wor", b"event: ping\n\n"), breaks="event-without-data"),
    edited(TEXT, "block-of-id-alone", behind(b"wor", b"id: 4\n\n"), breaks="event-without-data"),
    edited(TEXT, "block-of-retry-alone", lambda body: b"retry: 3000\n\n" + body, breaks="event-without-data"),
    edited(TEXT, "foreign-ping", behind(b"wor", data({"type": "ping"})), breaks="event-foreign"),
    edited(TEXT, "foreign-number", behind(b"wor", b"data: 7\n\n"), breaks="event-foreign"),
    edited(TEXT, "foreign-null", behind(b"wor", b"data: null\n\n"), breaks="event-foreign"),
    edited(TEXT, "foreign-list", behind(b"wor", b"data: []\n\n"), breaks="event-foreign"),
    edited(TEXT, "foreign-empty-object", behind(b"wor", b"data: {}\n\n"), breaks="event-foreign"),
    edited(
        WORDS,
        "foreign-chunk-in-responses",
        behind(b"in_progress\n", data({"choices": []})),
        breaks="event-foreign",
    ),
    edited(
        WORDS,
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
    edited(
        TEXT,
        "comment-after-id",
        lambda body: b"id: 1\n" + body.replace(b"\n\n", b"\n\n: wait\n\n", 1),
        breaks=("sse-comment-after-id", "sse-id"),
        cause="A comment can only follow an id where ids are sent.",
    ),
    edited(TEXT, "crlf-once", nth(0, b"\n\n", b"\r\n\r\n"), breaks="sse-line-end"),
    edited(TEXT, "no-space-once", nth(0, b"data: ", b"data:"), breaks="sse-space"),
    edited(TEXT, "tail-after-done", lambda body: body + b'data: {"choices":[]}\n', breaks="event-terminated"),
    edited(
        TEXT, "tail-without-line-end", lambda body: body + b'data: {"choices":[]}', breaks="event-terminated"
    ),
    edited(WORDS, "tail-after-completed", lambda body: body + b"data: {}", breaks="event-terminated"),
    edited(
        WORDS,
        "tail-is-completed",
        lambda body: body[:-1],
        breaks=("event-terminated", "terminal-event-present"),
        cause="The event that is dropped is the terminal one.",
    ),
)

TERMINATORS = (
    edited(TEXT, "done-absent", once(DONE, b""), breaks="done-present"),
    edited(TEXT, "done-never-comes", once(DONE, b""), breaks="done-present", ended=Ended.SILENCE),
    edited(COUNTED, "done-absent-after-usage", once(DONE, b""), breaks="done-present"),
    edited(TEXT, "done-without-blank-line", once(DONE, b"data: [DONE]\n"), breaks="done-terminated"),
    edited(TEXT, "done-without-line-end", once(DONE, b"data: [DONE]"), breaks="done-terminated"),
    edited(TEXT, "done-quoted", once(b"[DONE]", b'"[DONE]"'), breaks="done-exact"),
    edited(TEXT, "done-mixed-case", once(b"[DONE]", b"[Done]"), breaks="done-exact"),
    edited(TEXT, "done-without-brackets", once(b"[DONE]", b"DONE"), breaks="done-exact"),
    edited(TEXT, "done-three-times", once(DONE, DONE * 3), breaks="done-once"),
    edited(TEXT, "done-before-text", behind(b"[DONE]", data({"choices": []})), breaks="done-last"),
    edited(
        TEXT,
        "done-before-text-and-no-usage",
        behind(b"[DONE]", chunk(choice({"content": "."}), usage={})),
        breaks="done-last",
    ),
    edited(
        COUNTED,
        "done-before-text-and-usage",
        behind(b"[DONE]", chunk(choice({"content": "."}), usage=USAGE)),
        breaks="done-last",
    ),
    edited(TEXT, "done-then-wait", behind(b"[DONE]", b"data: wait\n\n"), breaks="done-last"),
)

WIRES: tuple[Wire, ...] = (*HTTP, *BYTES, *JSONS, *BLOCKS, *TERMINATORS)
