"""Requirements on refusals before a stream and on errors inside a stream."""

from collections.abc import Iterator
from typing import Any

from conformance.catalogue import Level, Trigger, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import answered_with, each, has_chunks, resumed
from conformance.requirements.declare import (
    chat_rule,
    provoked_chat_rule,
    provoked_rule,
    refusal_rule,
    responses_rule,
    stream_rule,
)
from conformance.requirements.responses.common import meant
from conformance.sources import NODE_STREAMING, OPEN_RESPONSES, PYTHON_STREAMING, RFC_9110, openapi
from conformance.subject import Answer, ChatStream, Refusal, ResponsesStream, Stream
from conformance.text import clipped, shown

_ENVELOPE = openapi("ErrorResponse")


def provoked_by(provocation: Promise) -> Trigger[Answer, bool]:
    """The trigger of a rule on one kind of request that the endpoint should refuse."""
    return Trigger(
        lambda answer: provocation in answer.exchange.promises, absent="another refusal was provoked"
    )


def _not_refused(answer: Answer, expected: str, *statuses: int) -> Iterator[Violation]:
    status = answer.exchange.status or 0
    if not (status in statuses if statuses else 400 <= status < 500):
        yield Violation(expected=expected, observed=answered_with(answer.exchange))


@provoked_rule(
    level=Level.MUST,
    statement="A body that is not JSON is refused with a 4xx status before any stream begins.",
    hurts="Clients take the error for an answer; with 5xx they retry what can never succeed.",
    sources=[RFC_9110, _ENVELOPE],
    when=provoked_by(Promise.MALFORMED),
    needs=[Need.STATUS],
    reports=["ggml-org/llama.cpp#14566", "huggingface/text-generation-inference#1896"],
    carries_trouble=True,
)
def error_status(answer: Answer) -> Iterator[Violation]:
    """A 5xx status would blame the server for the client's mistake."""
    yield from _not_refused(answer, "a status from 400 to 499")


@provoked_rule(
    level=Level.MUST,
    statement="A key that nobody was given is refused with status 401 or 403.",
    hurts="Clients cannot tell a wrong key from a wrong request; a key that is not checked protects nothing.",
    sources=[RFC_9110, openapi("securitySchemes")],
    when=provoked_by(Promise.BAD_KEY),
    needs=[Need.STATUS],
    rests_on=["error-status"],
)
def error_status_key(answer: Answer) -> Iterator[Violation]:
    """Vendors disagree on which of the two to send, so both are accepted."""
    yield from _not_refused(answer, "status 401 or 403", 401, 403)


@provoked_rule(
    level=Level.SHOULD,
    statement="An unknown model is refused with a 4xx status.",
    hurts="A misspelt model is answered by another one, and nobody notices.",
    sources=[_ENVELOPE],
    when=provoked_by(Promise.UNKNOWN_MODEL),
    needs=[Need.STATUS],
    rests_on=["error-status"],
)
def error_status_model(answer: Answer) -> Iterator[Violation]:
    """Servers of a single model accept any name, so the level is SHOULD."""
    yield from _not_refused(answer, "a status from 400 to 499")


@provoked_chat_rule(
    level=Level.SHOULD,
    statement="`stream_options` without `stream` is refused with a 4xx status.",
    hurts="A caller who forgot `stream` waits for events that never come.",
    sources=[openapi("CreateChatCompletionRequest")],
    when=provoked_by(Promise.OPTIONS),
    capability="usage",
    needs=[Need.STATUS],
    rests_on=["error-status"],
)
def error_status_options(answer: Answer) -> Iterator[Violation]:
    """The API description of `stream_options`: only set this when you set `stream: true`."""
    yield from _not_refused(answer, "a status from 400 to 499")


@refusal_rule(
    level=Level.MUST,
    statement='A refusal\'s body is `{"error": {...}}` with a `message` that is a string.',
    hurts="SDKs raise without the reason: users see the status, or the raw body.",
    sources=[_ENVELOPE],
    reports=["zendev-sh/goai#110", "block/goose#8031"],
)
def error_envelope(refusal: Refusal) -> Iterator[Violation]:
    """Some frameworks answer `{"detail": ...}` instead."""
    error = refusal.error
    if not isinstance(error, dict):
        body = clipped(refusal.exchange.body.decode(errors="replace"), 120) or "an empty body"
        yield Violation(expected='{"error": {"message": ..., ...}}', observed=body)
    elif not isinstance(error.get("message"), str) or not error["message"]:
        yield Violation(
            place="error.message", expected="a string that is not empty", observed=shown(error.get("message"))
        )


@trigger(absent="no error envelope")
def has_envelope(refusal: Refusal) -> bool:
    return isinstance(refusal.error, dict)


@refusal_rule(
    level=Level.SHOULD,
    statement="An error has `type` (a string), `param` and `code` (each a string or null).",
    hurts="Clients that branch on the code, to retry or to ask for a key, cannot.",
    sources=[_ENVELOPE, openapi("Error")],
    when=has_envelope,
    reports=["zendev-sh/goai#110"],
)
def error_fields(refusal: Refusal) -> Iterator[Violation]:
    """The API description requires these keys too; the official SDKs need only `message`."""
    yield from _ill_fielded(refusal.error, None)


def _ill_fielded(error: dict[str, Any], event: int | None) -> Iterator[Violation]:
    # One violation for each key of an error object that is missing or of another type than described.
    for key, nullable in (("type", False), ("param", True), ("code", True)):
        expected = "a string or null" if nullable else "a string"
        if key not in error:
            yield Violation(event=event, place=f"error.{key}", expected=expected, observed="no such key")
        elif not (isinstance(error[key], str) or (nullable and error[key] is None)):
            yield Violation(event=event, place=f"error.{key}", expected=expected, observed=shown(error[key]))


@refusal_rule(
    level=Level.SHOULD,
    statement="A refusal has the content type `application/json`.",
    hurts="SDKs parse the body by its type and show raw text, or a web page.",
    sources=[_ENVELOPE],
    needs=[Need.HEADERS],
)
def error_content_type(refusal: Refusal) -> Iterator[Violation]:
    """An event stream is not a refusal."""
    value = refusal.exchange.header("content-type")
    if (value or "").partition(";")[0].strip().lower() != "application/json":
        yield Violation(
            expected="Content-Type: application/json", observed=f"Content-Type: {value or 'none'}"
        )


@trigger(absent="no error in the stream")
def has_any_error(stream: ChatStream) -> bool:
    return bool(stream.chat.errors.seen or stream.chat.errors.misshapen)


@chat_rule(
    level=Level.MUST,
    statement="An error inside a stream is an event with an `error` object whose `message` is a string.",
    hurts="SDKs do not recognise it: the stream ends silently, or with a TypeError about choices.",
    sources=[PYTHON_STREAMING, NODE_STREAMING],
    when=has_any_error,
    reports=["fox1245/NeoGraph#124", "block/goose#8031"],
)
def error_inband_shape(stream: ChatStream) -> Iterator[Violation]:
    """Violations are a string, `{"object": "error"}`, and a bare message without `error`."""
    expected = '{"error": {"message": "..."}}'
    for seen in stream.chat.errors.seen:
        error = seen.value
        if not isinstance(error, dict):
            yield Violation(event=seen.event, place="error", expected=expected, observed=shown(error))
        elif not isinstance(error.get("message"), str):
            yield Violation(
                event=seen.event,
                place="error.message",
                expected="a string",
                observed=shown(error.get("message")),
            )
    yield from each(stream.chat.errors.misshapen, expected)


@trigger(absent="no error object in the stream")
def error_objects(stream: ChatStream) -> list[tuple[int, dict[str, Any]]]:
    """Each error that is an object, with the number of its event."""
    seen = stream.chat.errors.seen
    return [(error.event, error.value) for error in seen if isinstance(error.value, dict)]


@chat_rule(
    level=Level.SHOULD,
    statement=(
        "An error inside a stream has `type` (a string), `param` and `code` (each a string or null), as a "
        "refusal has."
    ),
    hurts="Clients that branch on type or code, to retry or to ask for credit, cannot.",
    sources=[_ENVELOPE, openapi("Error")],
    when=error_objects,
)
def error_inband_fields(stream: ChatStream) -> Iterator[Violation]:
    """The API description requires these keys; the official SDKs need only `message`."""
    for event, error in error_objects(stream):
        yield from _ill_fielded(error, event)


@chat_rule(
    level=Level.MUST,
    statement="After an error nothing but the terminator follows.",
    hurts="Clients that raise at the error lose what follows; those that read on show a finished answer.",
    sources=[PYTHON_STREAMING],
    when=has_any_error,
    reports=["diegosouzapw/OmniRoute#8210", "damianvtran/local-operator#223"],
)
def error_inband_last(stream: ChatStream) -> Iterator[Violation]:
    """SDKs raise at the error and do not read further."""
    yield from each(stream.chat.errors.after, "[DONE], or the end")


@trigger(absent="no error in the stream")
def has_error(stream: ChatStream) -> bool:
    return bool(stream.chat.errors.seen)


@chat_rule(
    level=Level.MUST,
    statement="An error does not come with a finish_reason that says that all is well.",
    hurts="Clients that look at the finish show the error as a finished answer.",
    sources=[PYTHON_STREAMING],
    when=has_error,
    reports=["diegosouzapw/OmniRoute#8210"],
)
def error_inband_finish(stream: ChatStream) -> Iterator[Violation]:
    """`error`, null and no choice at all are accepted."""
    yield from each(stream.chat.errors.finished, "no finish_reason, or `error`", "choices.*.finish_reason")


def _error_events(stream: Stream) -> list[int]:
    return [error.event for error in stream.assembled.errors.seen]


@trigger(absent="nothing came that could be judged")
def begins(stream: Stream) -> int:
    """The number of the first event that holds an error or a part of the answer; 0 if there is none."""
    events = list(_error_events(stream))
    if isinstance(stream, ChatStream):
        events += [choice.event for choice in stream.choices]
    elif stream.responses.events.first.event:
        events.append(stream.responses.events.first.event)
    return min(events, default=0)


@stream_rule(
    level=Level.SHOULD,
    statement="An error before anything else of the answer is an HTTP status, not an event.",
    hurts="Clients and proxies that retry by the status take it for a success.",
    sources=[RFC_9110, _ENVELOPE],
    when=begins.unless("a resumed stream", resumed),
    reports=["ggml-org/llama.cpp#14566", "huggingface/text-generation-inference#1896"],
    rests_on=["tool-result-accepted", "response-tool-result-accepted"],
)
def error_before_stream(stream: Stream) -> Iterator[Violation]:
    """Once the headers are sent, an event is the only way to report an error; before that, a status is."""
    first = begins(stream)
    if any(event == first for event in _error_events(stream)):
        yield Violation(event=first, expected="a status of 400 or more", observed="status 200 and an error")


@trigger(absent="no error event in the stream")
def has_error_event(stream: ResponsesStream) -> bool:
    return bool(stream.responses.errors.seen)


@responses_rule(
    level=Level.MUST,
    statement="After an `error` event only `response.failed` follows.",
    hurts="openai-python goes on and returns the answer as if nothing had happened.",
    sources=[openapi("ResponseErrorEvent"), OPEN_RESPONSES],
    when=has_error_event,
    rests_on=["response-status"],
)
def error_event_last(stream: ResponsesStream) -> Iterator[Violation]:
    """The error ends the stream. Keepalives may follow, as no client minds them."""
    after = [item for item in stream.responses.errors.after if item.what != "keepalive"]
    yield from each(after, "response.failed, or the end", "type")


@chat_rule(
    level=Level.SHOULD,
    statement="After an error the stream is still ended by `[DONE]`.",
    hurts="Clients that do not know errors wait for the terminator.",
    sources=[openapi("CreateCompletionRequest")],
    when=has_any_error,
    needs=[Need.END, Need.WIRE],
    reports=["BerriAI/litellm#39748"],
    rests_on=["done-exact", "done-terminated"],
)
def error_inband_done(stream: ChatStream) -> Iterator[Violation]:
    """No specification states this; gateways that forward errors do it, so the level is SHOULD."""
    chat = stream.chat
    if not chat.done.seen:
        yield Violation(
            event=stream.wire.events[-1].number,
            expected="data: [DONE]",
            observed="the stream ends without it",
        )


@chat_rule(
    level=Level.SHOULD,
    statement="Chunks without an error have no `error` key.",
    hurts="@ai-sdk/openai-compatible takes `error: null` for an error: no text is shown.",
    sources=[openapi("CreateChatCompletionStreamResponse")],
    when=has_chunks,
    reports=["microsoft/foundry-local#144"],
)
def error_null_key(stream: ChatStream) -> Iterator[Violation]:
    """Null, false and empty values are all violations."""
    for event in stream.chat.errors.null:
        yield Violation(event=event, place="error", expected="no such key", observed="error: null")


@responses_rule(
    level=Level.SHOULD,
    statement="An `error` event has a `message` that is a string, at its top level or in `error`.",
    hurts="Clients raise an error without a message.",
    sources=[openapi("ResponseErrorEvent")],
    when=has_error_event,
    shapes=["message", "error", "error.message"],
)
def error_event_shape(stream: ResponsesStream) -> Iterator[Violation]:
    """OpenAI itself has been recorded with the fields nested in `error`, so that form is accepted."""
    for error in stream.responses.errors.seen:
        nested = error.value.get("error")
        holder = nested if isinstance(nested, dict) else error.value
        if not isinstance(holder.get("message"), str):
            yield Violation(
                event=error.event, place="message", expected="a string", observed=shown(holder.get("message"))
            )


@trigger(absent="no error event in the stream")
def has_error_of_response(stream: ResponsesStream) -> bool:
    return bool(stream.responses.errors.seen) and bool(stream.responses.lifecycle.seen)


@responses_rule(
    level=Level.SHOULD,
    statement="An `error` event is followed by `response.failed`.",
    hurts="Clients that wait for a terminal event take the stream for cut.",
    sources=[OPEN_RESPONSES],
    when=has_error_of_response,
    needs=[Need.END],
    reports=["router-for-me/CLIProxyAPI#4683"],
    rests_on=["error-event-last"],
)
def error_event_failed(stream: ResponsesStream) -> Iterator[Violation]:
    """Does not apply to an error before `response.created`, which stands alone."""
    found = stream.responses
    if "failed" not in [meant(snapshot) for snapshot in found.lifecycle.terminals]:
        yield Violation(
            event=found.errors.seen[-1].event,
            expected="response.failed",
            observed="the stream ends without it",
        )
