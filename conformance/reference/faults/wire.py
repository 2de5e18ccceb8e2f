"""Faults of HTTP and of the event stream's framing."""

import re
import zlib
from dataclasses import replace

from conformance.reference.answer import answer
from conformance.reference.faults.edit import (
    ANY,
    CHUNK,
    CONTENT,
    REASONING,
    TERMINAL,
    asked,
    chat,
    copied,
    documents,
    ended,
    every,
    first,
    headed,
    inserted,
    last,
    mapped,
    one_choice,
    responses,
    streams,
    sub,
    truncated,
)
from conformance.reference.faults.fault import Fault
from conformance.reference.wire import JSON_BODY, Ask, Frame, Reply, compact

PROBABLE = rb'"logprob":-?\d'
FIRST_ANSWER = "1-pv5gj 2-pv5gj"
"""From the answer to the first request of a run of this suite."""


def _improbable(data: bytes) -> bytes:
    """The chunk without its text, and the log probability of it NaN."""
    data = re.sub(rb'"content":"[^"]*"', b'"content":""', data, count=1)
    return re.sub(rb'"logprob":-?[\d.]+', b'"logprob":NaN', data, count=1)


def _streamed(ask: Ask, _: Reply) -> Reply:
    return answer(replace(ask, body=compact({**asked(ask), "stream": True}).encode()))


def _whole(ask: Ask, _: Reply) -> Reply:
    body = {key: value for key, value in asked(ask).items() if key not in ("stream", "stream_options")}
    return answer(replace(ask, body=compact(body).encode()))


def _numbered(_: Ask, reply: Reply) -> Reply:
    frames = (replace(frame, data=b"id: %d\n" % at + frame.data) for at, frame in enumerate(reply.frames))
    return replace(reply, frames=tuple(frames))


def _gzipped(_: Ask, reply: Reply) -> Reply:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    frames = (
        replace(frame, data=packer.compress(frame.data) + packer.flush(zlib.Z_SYNC_FLUSH))
        for frame in reply.frames
    )
    return replace(reply, frames=tuple(frames))


REFUSED = (
    b'{"error":{"message":"There is nothing at this address.",'
    b'"type":"invalid_request_error","param":null,"code":"not_found"}}'
)


def _refused(_: Ask, reply: Reply) -> Reply:
    headers = tuple((name, JSON_BODY if name == "content-type" else value) for name, value in reply.headers)
    return replace(reply, status=404, headers=headers, frames=(Frame(data=REFUSED),))


FAULTS = (
    Fault(
        id="key-twice",
        breaks=("json-keys-unique",),
        why="A key stands twice in the delta, and the first text is lost in most clients.",
        edit=chat(sub(first(CONTENT), rb'"content":"', b'"content":"","content":"')),
    ),
    Fault(
        id="content-type-plain-text",
        breaks=("content-type-event-stream",),
        why=(
            "The stream is labelled text/plain, so browsers and clients that choose a parser by type refuse "
            "it."
        ),
        edit=streams(headed("content-type", "text/plain; charset=utf-8")),
    ),
    Fault(
        id="stream-compressed",
        breaks=("content-coding",),
        why="The stream is gzip though none was asked for, and a client without it reads nothing.",
        edit=streams(_gzipped, headed("content-encoding", "gzip")),
    ),
    Fault(
        id="stream-ignored",
        breaks=("stream-honoured", "endpoint-streams"),
        cause="Where no request for a stream is answered with one, the whole run has none.",
        why="'stream': true is answered with one JSON body, in which SDKs that wait for events find none.",
        edit=streams(_whole),
    ),
    Fault(
        id="stream-unasked",
        breaks=("document-not-streamed",),
        why="A request without 'stream' is answered with events, which clients try to read as one document.",
        edit=documents(_streamed),
    ),
    Fault(
        id="answers-crossed",
        breaks=("streams-separate",),
        why="A piece of reasoning belongs to another request, so one user reads what another asked for.",
        edit=chat(
            sub(first(REASONING), rb'"reasoning_content":"', b'"reasoning_content":"' + FIRST_ANSWER.encode())
        ),
    ),
    Fault(
        id="ids-all-the-same",
        breaks=("ids-unique",),
        why="Every answer has the same id, so logs and traces take all of them for one.",
        edit=chat(sub(every(CHUNK), rb'"id":"chatcmpl-\w+"', b'"id":"chatcmpl-1"')),
    ),
    Fault(
        id="utf8-broken",
        breaks=("utf8-valid",),
        why="A byte that is never part of UTF-8 stands in the padding; strict decoders end the stream there.",
        edit=streams(sub(every(ANY), rb'"obfuscation":"', b'"obfuscation":"\xff')),
    ),
    Fault(
        id="json-cut-off",
        breaks=("event-json",),
        why="One event holds half a JSON document, and every SDK raises on it.",
        edit=chat(inserted(first(CONTENT), b'data: {"id":"chatcmpl-\n\n')),
    ),
    Fault(
        id="json-nan",
        breaks=("event-json",),
        why="A log probability is NaN, which is not JSON: clients in JavaScript, Go and Rust raise.",
        edit=chat(copied(first(PROBABLE), first(PROBABLE), _improbable)),
    ),
    Fault(
        id="data-empty",
        breaks=("event-data-nonempty",),
        why="An event has empty data, which clients hand to their JSON parser and fail.",
        edit=chat(inserted(first(CONTENT), b"data:\n\n")),
    ),
    Fault(
        id="retry-without-data",
        breaks=("event-without-data",),
        why=(
            "A block sets the retry time and has no data; openai-python dispatches it and fails on empty "
            "JSON."
        ),
        edit=chat(inserted(first(CONTENT), b"retry: 3000\n\n")),
    ),
    Fault(
        id="ping-event",
        breaks=("event-foreign",),
        why="A ping object of another API stands among the chunks; clients look for its choices and raise.",
        edit=chat(inserted(first(CONTENT), b'data: {"type":"ping"}\n\n')),
    ),
    Fault(
        id="event-name-message",
        breaks=("event-name-chat",),
        why=(
            "Chunks have an 'event:' line, though these streams are data only; hand-written parsers trip "
            "over it."
        ),
        edit=chat(mapped(every(ANY), lambda data: b"event: message\n" + data)),
    ),
    Fault(
        id="sse-field-invented",
        breaks=("sse-field-unknown",),
        why="A block has a field that the standard does not know, so what it says is lost on every parser.",
        edit=chat(mapped(first(CONTENT), lambda data: b"provider: reference\n" + data)),
    ),
    Fault(
        id="sse-bom-sent",
        breaks=("sse-bom",),
        why="The stream starts with a byte order mark, and the official SDKs lose the first event.",
        edit=streams(mapped(first(ANY), lambda data: b"\xef\xbb\xbf" + data)),
    ),
    Fault(
        id="sse-ids-sent",
        breaks=("sse-id",),
        why="Every block has an 'id:', which makes openai-python dispatch blocks that have no data.",
        edit=chat(_numbered),
    ),
    Fault(
        id="sse-comment-among-ids",
        breaks=("sse-comment-after-id", "sse-id"),
        cause="A comment can only follow an id where ids are sent.",
        why="Comments keep a stream alive that also sends ids; openai-python raises at the first of them.",
        edit=chat(_numbered, inserted(first(CONTENT), b": keep-alive\n\n")),
    ),
    Fault(
        id="sse-space-missing",
        breaks=("sse-space",),
        why="'data:' has no space after it: legal, but many hand-written clients look for 'data: '.",
        edit=streams(sub(every(ANY), rb"^data: ", b"data:"), sub(every(ANY), rb"\ndata: ", b"\ndata:")),
    ),
    Fault(
        id="sse-line-end-crlf",
        breaks=("sse-line-end",),
        why="Lines end with CR LF: legal, but hand-written clients that split at two LF find no event.",
        edit=streams(mapped(every(ANY), lambda data: data.replace(b"\n", b"\r\n"))),
    ),
    Fault(
        id="nothing-but-refusals",
        breaks=("status-ok", "endpoint-streams"),
        cause="Where every request is refused, none is answered with a stream.",
        why="Every request for a stream is refused, as behind a wrong address or for a wrong model.",
        edit=streams(_refused),
    ),
    Fault(
        id="last-block-open",
        breaks=("event-terminated",),
        why=(
            "The body ends without the blank line after its last event, so by the standard that event is "
            "dropped."
        ),
        edit=responses(sub(last(TERMINAL), rb"\n\n$", b"\n")),
    ),
    Fault(
        id="reset-at-the-end",
        breaks=("body-complete",),
        why=(
            "Everything is sent, but the connection drops before the body is complete, and clients raise at "
            "the end."
        ),
        edit=streams(ended("reset")),
    ),
    Fault(
        id="reset-in-the-middle",
        breaks=("body-complete", "finish-reason-present", "done-present", "answer-expected"),
        cause="What comes after the break is missing: the rest of the text, finish_reason and [DONE].",
        why="The connection drops in the middle of the answer.",
        edit=chat(one_choice(truncated(first(CONTENT), "reset"))),
    ),
)
