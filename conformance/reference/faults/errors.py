"""Faults of refusals, and of errors inside a stream."""

from dataclasses import replace

from conformance.reference.answer import answer
from conformance.reference.faults.edit import (
    ANY,
    CHUNK,
    CONTENT,
    DONE,
    FINISH,
    USAGE,
    altered,
    asked,
    chat,
    documents,
    dropped,
    every,
    first,
    headed,
    inserted,
    last,
    mapped,
    refusals,
    stated,
    streams,
    sub,
    when,
)
from conformance.reference.faults.fault import Fault
from conformance.reference.wire import Ask, Reply, compact, data_block

FLAT_ERROR = data_block(compact({"object": "error", "message": "The engine is overloaded.", "code": 503}))
IN_BAND_ERROR = data_block(
    compact(
        {
            "error": {
                "message": "The engine is overloaded.",
                "type": "server_error",
                "param": None,
                "code": "overloaded",
            }
        }
    )
)


FINISHED_ERROR = {
    "error": {"message": "The engine is overloaded.", "type": "server_error", "param": None, "code": None}
}


def _answered(ask: Ask, **changes: object) -> Reply:
    body = {**asked(ask), **changes}
    return answer(replace(ask, body=compact(body).encode()))


def _whoever(ask: Ask, _: Reply) -> Reply:
    return answer(replace(ask, headers={}))


def _by_another_model(ask: Ask, _: Reply) -> Reply:
    return _answered(ask, model="reference")


def _without_options(ask: Ask, _: Reply) -> Reply:
    return _answered(ask, stream_options=None)


FAULTS = (
    Fault(
        id="refusal-without-request-id",
        breaks=("error-request-id",),
        why="A refusal does not say which request it was, so support cannot look it up.",
        edit=refusals(
            lambda _, reply: replace(
                reply, headers=tuple(pair for pair in reply.headers if pair[0] != "x-request-id")
            )
        ),
    ),
    Fault(
        id="status-accepted",
        breaks=("status-ok",),
        why="Good answers have status 202, which clients that wait for 200 treat as an error.",
        edit=streams(stated(202)),
    ),
    Fault(
        id="document-status-accepted",
        breaks=("document-status",),
        why="A whole answer has status 202, which clients that wait for 200 treat as an error.",
        edit=documents(stated(202)),
    ),
    Fault(
        id="document-object-wrong",
        breaks=("completion-schema",),
        why="A whole answer calls itself a chunk, and typed clients refuse it.",
        edit=documents(sub(every(ANY), rb'"chat\.completion"', b'"chat.completion.chunk"')),
    ),
    Fault(
        id="document-id-empty",
        breaks=("whole-answer-consistent",),
        why="A whole answer has an empty id, under which logs and follow-up requests find nothing.",
        edit=documents(sub(every(ANY), rb'"id": "chatcmpl-\w+"', b'"id": ""')),
    ),
    Fault(
        id="document-as-text",
        breaks=("document-not-streamed",),
        why="A whole answer is called text, and openai-node returns a string in place of the answer.",
        edit=documents(headed("content-type", "text/plain")),
    ),
    Fault(
        id="response-document-object-wrong",
        breaks=("whole-response-schema",),
        why="A whole response calls itself something else, and typed clients refuse it.",
        edit=sub(every(rb'^\{\s*"id": "resp_'), rb'"object": "response"', b'"object": "realtime.response"'),
    ),
    Fault(
        id="refusal-with-200",
        breaks=("error-status", "error-status-key", "error-status-model", "error-status-options"),
        cause="Each way to provoke a refusal has a rule of its own.",
        why=(
            "A refused request has status 200, so SDKs raise no error and look for an answer in the envelope."
        ),
        edit=refusals(stated(200)),
    ),
    Fault(
        id="malformed-as-server-error",
        breaks=("error-status",),
        why="A body that is no JSON is answered with status 500, and SDKs try again and again.",
        edit=when(lambda ask, reply: reply.status == 400 and not asked(ask), stated(500)),
    ),
    Fault(
        id="key-unchecked",
        breaks=("error-status-key",),
        why="Any key is let in, so whoever finds the address can use the account.",
        edit=when(lambda _, reply: reply.status == 401, _whoever),
    ),
    Fault(
        id="unknown-model-answered",
        breaks=("error-status-model",),
        why="A model that does not exist is answered by another one, and a misspelt name is never noticed.",
        edit=when(lambda ask, reply: reply.status == 404 and "model" in asked(ask), _by_another_model),
    ),
    Fault(
        id="options-without-stream-taken",
        breaks=("error-status-options",),
        why="'stream_options' without 'stream' is taken without a word, and the caller waits for events.",
        edit=when(
            lambda ask, _: "stream_options" in asked(ask) and not asked(ask).get("stream"), _without_options
        ),
    ),
    Fault(
        id="refusal-as-plain-text",
        breaks=("error-content-type",),
        why="A refusal is labelled text/plain, so SDKs that choose by type show its raw text.",
        edit=refusals(headed("content-type", "text/plain; charset=utf-8")),
    ),
    Fault(
        id="refusal-as-detail",
        breaks=("error-envelope",),
        why="A refusal is a bare 'detail', in which SDKs find no message, type or code.",
        edit=refusals(mapped(every(ANY), lambda _: b'{"detail":"The request was refused."}')),
    ),
    Fault(
        id="refusal-without-param-and-code",
        breaks=("error-fields",),
        why="The envelope has no param and no code, so clients cannot tell one refusal from another.",
        edit=refusals(sub(every(ANY), rb',\s*"param": .*?,\s*"code": (null|"\w+")', b"")),
    ),
    Fault(
        id="error-in-band-flat",
        breaks=("error-inband-shape",),
        why="An error in the stream is no 'error' object; SDKs do not recognise it and end in silence.",
        edit=chat(inserted(last(CHUNK), FLAT_ERROR)),
    ),
    Fault(
        id="error-in-band-then-more",
        breaks=("error-inband-last",),
        why="The answer goes on after an error in the stream, when SDKs have raised already.",
        edit=chat(inserted(first(CONTENT), IN_BAND_ERROR)),
    ),
    Fault(
        id="error-in-band-with-stop",
        breaks=("error-inband-finish",),
        why="The chunk with the error ends with 'stop', and clients that look there show a finished answer.",
        edit=chat(altered(last(FINISH), lambda chunk: chunk.update(FINISHED_ERROR)), dropped(every(USAGE))),
    ),
    Fault(
        id="error-in-band-without-done",
        breaks=("error-inband-done",),
        why="The stream ends with an error and no [DONE], and clients that know only [DONE] wait on.",
        edit=chat(inserted(last(CHUNK), IN_BAND_ERROR), dropped(every(DONE))),
    ),
    Fault(
        id="error-null-on-chunks",
        breaks=("error-null-key",),
        why="Every chunk has 'error': null, which the AI SDK takes for an error and shows nothing.",
        edit=chat(sub(every(CHUNK), rb"\}\n\n$", b',"error":null}\n\n')),
    ),
)
