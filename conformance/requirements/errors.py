"""Requirements on refusals before a stream and on errors inside one."""

from collections.abc import Callable, Iterator

from conformance.catalogue import Apis, Family, Kind, Level, Violation, requirement
from conformance.exchange import Promise
from conformance.requirements.common import each
from conformance.sources import NODE_STREAMING, OPEN_RESPONSES, PYTHON_STREAMING, RFC_9110, openapi
from conformance.subject import Answer, ChatStream, Refusal, ResponsesStream, Stream
from conformance.text import clipped, shown

_ERRORS = Family.ERRORS
_ENVELOPE = openapi("ErrorResponse")


def _provoked_by(provocation: Promise) -> Callable[[Answer], bool]:
    return lambda answer: provocation in answer.exchange.promises


def _not_refused(answer: Answer, expected: str, *statuses: int) -> Iterator[Violation]:
    status = answer.exchange.status or 0
    if not (status in statuses if statuses else 400 <= status < 500):
        begin = clipped(answer.exchange.body.decode(errors="replace"), 120)
        yield Violation(expected=expected, observed=f"status {status}: {begin}")


@requirement(
    "error-status",
    _ERRORS,
    Level.MUST,
    Apis.BOTH,
    "A body that is not JSON is refused with a 4xx status before any stream begins.",
    kind=Kind.PROVOKED,
    hurts="Clients take the error for an answer; with 5xx they retry what can never succeed.",
    sources=[RFC_9110, _ENVELOPE],
    when=_provoked_by(Promise.MALFORMED),
    carries_trouble=True,
    absent="another refusal was provoked",
    needs=["status"],
    reports=["ggml-org/llama.cpp#14566", "huggingface/text-generation-inference#1896"],
)
def error_status(answer: Answer) -> Iterator[Violation]:
    """5xx would say that the server is at fault."""
    yield from _not_refused(answer, "a status from 400 to 499")


@requirement(
    "error-status-key",
    _ERRORS,
    Level.MUST,
    Apis.BOTH,
    "A key that nobody was given is refused with status 401 or 403.",
    kind=Kind.PROVOKED,
    hurts="Clients cannot tell a wrong key from a wrong request; a key that is not checked protects nothing.",
    sources=[RFC_9110, openapi("securitySchemes")],
    when=_provoked_by(Promise.BAD_KEY),
    absent="another refusal was provoked",
    needs=["status"],
)
def error_status_key(answer: Answer) -> Iterator[Violation]:
    """Vendors are divided between the two."""
    yield from _not_refused(answer, "status 401 or 403", 401, 403)


@requirement(
    "error-status-model",
    _ERRORS,
    Level.SHOULD,
    Apis.BOTH,
    "An unknown model is refused with a 4xx status.",
    kind=Kind.PROVOKED,
    hurts="A misspelt model is answered by another one, and nobody notices.",
    sources=[_ENVELOPE],
    when=_provoked_by(Promise.UNKNOWN_MODEL),
    absent="another refusal was provoked",
    needs=["status"],
)
def error_status_model(answer: Answer) -> Iterator[Violation]:
    """Servers of a single model answer whatever name they are given."""
    yield from _not_refused(answer, "a status from 400 to 499")


@requirement(
    "error-status-options",
    _ERRORS,
    Level.SHOULD,
    Apis.CHAT,
    "`stream_options` without `stream` is refused with a 4xx status.",
    kind=Kind.PROVOKED,
    hurts="A caller who forgot `stream` waits for events that never come.",
    sources=[openapi("CreateChatCompletionRequest")],
    when=_provoked_by(Promise.OPTIONS),
    absent="another refusal was provoked",
    needs=["status"],
)
def error_status_options(answer: Answer) -> Iterator[Violation]:
    """The description says: only set this when you set `stream: true`."""
    yield from _not_refused(answer, "a status from 400 to 499")


@requirement(
    "error-envelope",
    _ERRORS,
    Level.MUST,
    Apis.BOTH,
    'A refusal\'s body is `{"error": {...}}` with a `message` that is a string.',
    kind=Kind.REFUSAL,
    hurts="SDKs raise without saying why; users see 'Error code: 400'.",
    sources=[_ENVELOPE],
    reports=["zendev-sh/goai#110", "block/goose#8031"],
)
def error_envelope(refusal: Refusal) -> Iterator[Violation]:
    """Some frameworks answer `{"detail": ...}`."""
    error = refusal.error
    if not isinstance(error, dict):
        body = clipped(refusal.exchange.body.decode(errors="replace"), 120) or "an empty body"
        yield Violation(expected='{"error": {"message": ..., ...}}', observed=body)
    elif not isinstance(error.get("message"), str) or not error["message"]:
        yield Violation(
            place="error.message", expected="a string that is not empty", observed=shown(error.get("message"))
        )


@requirement(
    "error-fields",
    _ERRORS,
    Level.SHOULD,
    Apis.BOTH,
    "An error has `type` (a string), `param` and `code` (each a string or null).",
    kind=Kind.REFUSAL,
    hurts="Clients that branch on the code, to retry or to ask for a key, cannot.",
    sources=[_ENVELOPE, openapi("Error")],
    when=lambda refusal: isinstance(refusal.error, dict),
    absent="no error envelope",
    reports=["zendev-sh/goai#110"],
)
def error_fields(refusal: Refusal) -> Iterator[Violation]:
    """The description requires all four keys; official SDKs cope without these three."""
    error = refusal.error
    for key, nullable in (("type", False), ("param", True), ("code", True)):
        expected = "a string or null" if nullable else "a string"
        if key not in error:
            yield Violation(place=f"error.{key}", expected=expected, observed="no such key")
        elif not (isinstance(error[key], str) or (nullable and error[key] is None)):
            yield Violation(place=f"error.{key}", expected=expected, observed=shown(error[key]))


@requirement(
    "error-content-type",
    _ERRORS,
    Level.SHOULD,
    Apis.BOTH,
    "A refusal has the content type `application/json`.",
    kind=Kind.REFUSAL,
    hurts="SDKs parse the body by its type and show raw text, or a web page.",
    sources=[_ENVELOPE],
    needs=["headers"],
)
def error_content_type(refusal: Refusal) -> Iterator[Violation]:
    """An event stream is no refusal."""
    value = refusal.exchange.header("content-type")
    if (value or "").partition(";")[0].strip().lower() != "application/json":
        yield Violation(expected="Content-Type: application/json", observed=value or "no Content-Type")


@requirement(
    "error-inband-shape",
    _ERRORS,
    Level.MUST,
    Apis.CHAT,
    "An error inside a stream is an event with an `error` object whose `message` is a string.",
    hurts="SDKs do not recognise it: the stream ends silently, or with a TypeError about choices.",
    sources=[PYTHON_STREAMING, NODE_STREAMING],
    when=lambda stream: bool(stream.chat.errors or stream.chat.misshapen_errors),
    absent="no error in the stream",
    reports=["fox1245/NeoGraph#124", "block/goose#8031"],
)
def error_inband_shape(stream: ChatStream) -> Iterator[Violation]:
    """Not a string, not `{"object": "error"}`, not a bare message."""
    expected = '{"error": {"message": "..."}}'
    for event, error in stream.chat.errors:
        if not isinstance(error, dict):
            yield Violation(event=event, place="error", expected=expected, observed=shown(error))
        elif not isinstance(error.get("message"), str):
            yield Violation(
                event=event, place="error.message", expected="a string", observed=shown(error.get("message"))
            )
    yield from each(stream.chat.misshapen_errors, expected)


@requirement(
    "error-inband-last",
    _ERRORS,
    Level.MUST,
    Apis.CHAT,
    "After an error nothing but the terminator follows.",
    hurts="Clients show the error as a finished answer.",
    sources=[PYTHON_STREAMING],
    when=lambda stream: bool(stream.chat.errors or stream.chat.misshapen_errors),
    absent="no error in the stream",
    reports=["diegosouzapw/OmniRoute#8210", "damianvtran/local-operator#223"],
)
def error_inband_last(stream: ChatStream) -> Iterator[Violation]:
    """SDKs raise at the error and read no further."""
    yield from each(stream.chat.after_error, "[DONE], or the end")


@requirement(
    "error-inband-finish",
    _ERRORS,
    Level.MUST,
    Apis.CHAT,
    "An error does not come with a finish_reason that says that all is well.",
    hurts="Clients that look at the finish show the error as a finished answer.",
    sources=[PYTHON_STREAMING],
    when=lambda stream: bool(stream.chat.errors),
    absent="no error in the stream",
    reports=["diegosouzapw/OmniRoute#8210"],
)
def error_inband_finish(stream: ChatStream) -> Iterator[Violation]:
    """`error`, null or no choice at all."""
    yield from each(stream.chat.finished_errors, "no finish_reason, or `error`", "choices.*.finish_reason")


@requirement(
    "error-before-stream",
    _ERRORS,
    Level.SHOULD,
    Apis.BOTH,
    "An error before anything else of the answer is an HTTP status, not an event.",
    hurts="Clients and proxies that retry by the status take it for a success.",
    sources=[RFC_9110, _ENVELOPE],
    when=lambda stream: _begins(stream) > 0 and not stream.resumed,
    absent="nothing came that could be judged, or a resumed stream",
    reports=["ggml-org/llama.cpp#14566", "huggingface/text-generation-inference#1896"],
)
def error_before_stream(stream: Stream) -> Iterator[Violation]:
    """Once headers are sent there is no other way; before, there is."""
    first = _begins(stream)
    if any(event == first for event in _error_events(stream)):
        yield Violation(event=first, expected="a status of 400 or more", observed="status 200 and an error")


def _error_events(stream: Stream) -> list[int]:
    return [event for event, _ in stream.assembled.errors]


def _begins(stream: Stream) -> int:
    # The first event that says something; 0 for none.
    events = list(_error_events(stream))
    if isinstance(stream, ChatStream):
        events += [choice.event for choice in stream.choices]
    elif stream.responses.first[0]:
        events.append(stream.responses.first[0])
    return min(events, default=0)


@requirement(
    "error-event-last",
    _ERRORS,
    Level.MUST,
    Apis.RESPONSES,
    "After an `error` event only `response.failed` follows.",
    hurts="openai-python goes on and returns the answer as if nothing had happened.",
    sources=[openapi("ResponseErrorEvent"), OPEN_RESPONSES],
    when=lambda stream: bool(stream.responses.errors),
    absent="no error event in the stream",
)
def error_event_last(stream: ResponsesStream) -> Iterator[Violation]:
    """The error is the end."""
    yield from each(stream.responses.after_error, "response.failed, or the end", "type")


@requirement(
    "error-inband-done",
    _ERRORS,
    Level.SHOULD,
    Apis.CHAT,
    "After an error the stream is still ended by `[DONE]`.",
    hurts="Clients that do not know errors wait for the terminator.",
    sources=[openapi("CreateCompletionRequest")],
    when=lambda stream: bool(stream.chat.errors or stream.chat.misshapen_errors),
    absent="no error in the stream",
    needs=["end"],
    reports=["BerriAI/litellm#39748"],
)
def error_inband_done(stream: ChatStream) -> Iterator[Violation]:
    """No text says so for certain; gateways that forward errors do it."""
    chat = stream.chat
    if not chat.done:
        yield Violation(
            event=stream.wire.events[-1].number,
            expected="data: [DONE]",
            observed="the stream ends without it",
        )


@requirement(
    "error-null-key",
    _ERRORS,
    Level.SHOULD,
    Apis.CHAT,
    "Chunks without an error have no `error` key.",
    hurts="@ai-sdk/openai-compatible takes `error: null` for an error: no text is shown.",
    sources=[openapi("CreateChatCompletionStreamResponse")],
    when=lambda stream: bool(stream.chat.chunks),
    absent="no chunk in the stream",
    reports=["microsoft/foundry-local#144"],
)
def error_null_key(stream: ChatStream) -> Iterator[Violation]:
    """Null, false and empty alike."""
    for event in stream.chat.null_errors:
        yield Violation(event=event, place="error", expected="no such key", observed="error: null")


@requirement(
    "error-event-shape",
    _ERRORS,
    Level.SHOULD,
    Apis.RESPONSES,
    "An `error` event has a `message` that is a string, at its top level or in `error`.",
    hurts="Clients raise an error without a message.",
    sources=[openapi("ResponseErrorEvent")],
    when=lambda stream: bool(stream.responses.errors),
    absent="no error event in the stream",
    shapes=["message", "error", "error.message"],
)
def error_event_shape(stream: ResponsesStream) -> Iterator[Violation]:
    """OpenAI itself has been recorded with the three inside `error`, so that form is let pass."""
    for event, value in stream.responses.errors:
        nested = value.get("error")
        holder = nested if isinstance(nested, dict) else value
        if not isinstance(holder.get("message"), str):
            yield Violation(
                event=event, place="message", expected="a string", observed=shown(holder.get("message"))
            )


@requirement(
    "error-event-failed",
    _ERRORS,
    Level.SHOULD,
    Apis.RESPONSES,
    "An `error` event is followed by `response.failed`.",
    hurts="Clients that wait for a terminal event take the stream for cut.",
    sources=[OPEN_RESPONSES],
    when=lambda stream: bool(stream.responses.errors) and bool(stream.responses.lifecycle),
    absent="no error event in the stream",
    needs=["end"],
    reports=["router-for-me/CLIProxyAPI#4683"],
)
def error_event_failed(stream: ResponsesStream) -> Iterator[Violation]:
    """An error before `response.created` stands alone."""
    found = stream.responses
    if not any(life.type == "response.failed" for life in found.terminals):
        yield Violation(
            event=found.errors[-1][0], expected="response.failed", observed="the stream ends without it"
        )
