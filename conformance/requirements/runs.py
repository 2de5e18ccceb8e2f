"""Requirements on a run as a whole, and on streams that were open at the same time."""

from collections.abc import Iterator
from typing import Any

from conformance.catalogue import Family, Level, Violation, trigger
from conformance.exchange import Api, Ended
from conformance.requirements.declare import concurrent_rule, leaving_rule, run_rule, stream_rule
from conformance.sources import API_REFERENCE, RFC_9112, openapi
from conformance.subject import (
    Answer,
    ChatStream,
    ConcurrentStreams,
    Leaving,
    ResponsesStream,
    RunAnswers,
    Stream,
)
from conformance.text import clipped, counted, ends, shown


@trigger(absent="no stream was left, or no request was sent after it")
def left_and_next_sent(leaving: Leaving) -> bool:
    left, following = leaving.left.exchange, leaving.next.exchange
    return left.ended is Ended.LEFT and following.ended not in (Ended.NOT_SENT, Ended.INTERRUPTED)


@leaving_rule(
    family=Family.TIMING,
    level=Level.SHOULD,
    statement="After a client has left a stream in the middle, the endpoint answers the next request.",
    hurts="One user who closes a window stops the service for the others.",
    sources=[RFC_9112],
    when=left_and_next_sent,
    rests_on=["document-status"],
)
def cancel_survived(leaving: Leaving) -> Iterator[Violation]:
    """Judges the request that is sent after the client disconnected."""
    following = leaving.next.exchange
    status = following.status or 0
    if not following.answered or status >= 500:
        yield Violation(
            place=following.id,
            expected="an answer",
            observed=f"status {status}" if following.answered else following.detail or following.ended.value,
        )


# The run


@trigger(absent="no request was answered at all")
def reached(run: RunAnswers) -> bool:
    return bool(run.answers)


@trigger(
    absent="what there is holds no answer, or none of a claimed API, and may be a part of a run: only a run "
    "that was not stopped, and whose account has no trouble, or all of its evidence, can say what that means"
)
def live_or_answered(run: RunAnswers) -> bool:
    answered, claimed = _apis(run)
    silent, stopped = claimed - answered, _stopped(run)
    if not answered:
        return run.live and not stopped and not run.barred
    return not silent or (run.live and bool(silent - stopped))


def _stopped(run: RunAnswers) -> set[Api]:
    """The APIs of which an answer had begun when the run was stopped."""
    return {answer.exchange.api for answer in run.members if answer.exchange.ended is Ended.INTERRUPTED}


def _apis(run: RunAnswers) -> tuple[set[Api], set[Api]]:
    """The APIs that answered, and those that the provider claims."""
    answered = {answer.exchange.api for answer in run.members if _says_something(answer)}
    return answered, {answer.exchange.api for answer in run.members if answer.exchange.claim is True}


@run_rule(
    family=Family.WIRE,
    level=Level.MUST,
    statement="Requests of a run for a stream are answered: one at all, and one of each API that is claimed.",
    hurts="Nothing else was looked at: a wrong address or model refuses everything, and breaks nothing.",
    sources=[openapi("CreateChatCompletionRequest")],
    when=reached,
    testable=live_or_answered,
    before_all=True,
    rests_on=["status-ok", "stream-honoured"],
)
def endpoint_streams(run: RunAnswers) -> Iterator[Violation]:
    """One violation for each claimed API without an answer, or a single one if no API answered.

    Stored exchanges may be a part of a run, so only a live one, or one that is stored with its plan and all
    that it planned, is judged by what did not come. The usual
    cause is a wrong base URL or model.
    """
    answered, claimed = _apis(run)
    for api in sorted(claimed - answered - _stopped(run)) if answered else [None]:
        asked = [answer for answer in run.members if api in (None, answer.exchange.api)]
        first = asked[0].exchange
        part, length = ends(first.body.decode(errors="replace"))
        body = clipped(" ".join(part.split()), 120, length)
        yield Violation(
            place=first.id,
            expected=f"an answer to one of {counted(len(asked), 'request')} for a stream",
            observed=f"no answer; {first.id}: status {first.status}{': ' if body else ''}{body}",
        )


def _says_something(answer: Answer) -> bool:
    if isinstance(answer, ChatStream):
        return bool(answer.chat.choices.by_index)
    # An item that was never announced is an answer too; `item-added-first` reports it.
    return isinstance(answer, ResponsesStream) and bool(answer.items or answer.responses.output.orphans)


# Streams that were open at the same time


def _said(stream: Stream) -> str:
    """Everything that the model said in a stream, one piece per line: texts, reasoning and call arguments."""
    if isinstance(stream, ChatStream):
        parts = [choice.content.text + "".join(choice.refusal.texts) for choice in stream.choices]
        thoughts = [deltas for choice in stream.choices for deltas in choice.reasoning.fields.values()]
        parts += [text for deltas in thoughts for text in deltas.texts]
        parts += [call.arguments for _, call in stream.chat.calls]
    else:
        parts = [text.text for item in stream.items for text in item.texts.values()]
    return "\n".join(parts)


@trigger(absent="fewer than two streams were answered")
def several_streams(concurrent: ConcurrentStreams) -> bool:
    return len(concurrent.streams) > 1


@concurrent_rule(
    family=Family.WIRE,
    level=Level.MUST,
    statement="What one stream says never appears in another.",
    hurts="One user reads another's answer.",
    sources=[API_REFERENCE],
    when=several_streams,
)
def streams_separate(concurrent: ConcurrentStreams) -> Iterator[Violation]:
    """Each prompt has its own code word, which may appear only in the answer to that prompt."""
    for name, stream in concurrent.streams.items():
        said = _said(stream)
        for other_name, other in concurrent.streams.items():
            code = other.exchange.nonce
            if code != stream.exchange.nonce and code in said:
                place = said.index(code)
                yield Violation(
                    place=name,
                    expected=f"nothing of {other_name}, whose code word is {code}",
                    observed=shown(said[max(0, place - 40) : place + 40]),
                )


@concurrent_rule(
    family=Family.WIRE,
    level=Level.MUST,
    statement="Each answer has an id of its own.",
    hurts="Logs, traces and stored responses of two answers are taken for one.",
    sources=[openapi("CreateChatCompletionStreamResponse"), openapi("Response")],
    when=several_streams,
)
def ids_unique(concurrent: ConcurrentStreams) -> Iterator[Violation]:
    """Empty and missing ids are reported by other rules. A cache may answer one request with one id."""
    seen: dict[Any, str] = {}
    for name, stream in concurrent.streams.items():
        if isinstance(stream, ChatStream):
            identity = stream.chat.identity.id.value
        else:
            identity = stream.responses.lifecycle.id.value
        if not identity or (other := seen.setdefault(shown(identity), name)) == name:
            continue
        if not stream.asked or stream.asked != concurrent.streams[other].asked:
            yield Violation(place=name, expected=f"another id than that of {other}", observed=shown(identity))


@trigger(absent="fewer than two tool calls in the run")
def several_call_ids(concurrent: ConcurrentStreams) -> bool:
    return len(list(_call_ids(concurrent))) > 1


@concurrent_rule(
    family=Family.TOOLS,
    level=Level.SHOULD,
    statement="Each tool call has an id of its own, also between answers.",
    hurts="Agents that run several conversations give a result to the wrong call.",
    sources=[openapi("ChatCompletionMessageToolCall"), openapi("FunctionToolCall")],
    when=several_call_ids,
    rests_on=["tool-id-unique"],
)
def call_ids_unique(concurrent: ConcurrentStreams) -> Iterator[Violation]:
    """Also reports an id that repeats within one answer, which is worse."""
    seen: dict[str, str] = {}
    for name, identity in _call_ids(concurrent):
        if identity in seen:
            yield Violation(
                place=name,
                expected=f"another id than that of a call in {seen[identity]}",
                observed=f"{shown(identity)} again",
            )
        seen.setdefault(identity, name)


def _call_ids(concurrent: ConcurrentStreams) -> Iterator[tuple[str, str]]:
    for name, stream in concurrent.streams.items():
        if isinstance(stream, ChatStream):
            yield from ((name, call.id) for _, call in stream.chat.calls if call.id)
        else:
            ids = (item.added.value.get("call_id") for item in stream.items)
            yield from ((name, identity) for identity in ids if isinstance(identity, str) and identity)


# What the model answered to the prompt


@trigger(absent="the prompt asks for no certain text, or there is no text")
def text_expected(stream: Stream) -> bool:
    return bool(stream.exchange.expected_text) and any(_answers(stream))


@stream_rule(
    family=Family.WIRE,
    level=Level.INFO,
    statement="The answer is the sequence that the prompt asks for.",
    hurts="A lost, doubled or moved delta would show here; so does a model that does not obey.",
    sources=[API_REFERENCE],
    when=text_expected,
    model=True,
    rests_on=[
        "sse-field-unknown",
        "event-without-data",
        "choices-empty",
        "event-terminated",
        "event-json",
        "event-foreign",
        "utf8-valid",
        "chunk-schema",
        "event-schema",
        "body-complete",
        "choices-present",
        "choice-delta",
        "choice-index",
        "choice-index-range",
        "choice-index-repeated",
        "content-string",
        "content-cumulative",
        "content-replacement",
        "logprobs-agree",
        "answer-damaged",
        "answer-altered",
        "answer-composed",
        "text-repeated",
        "text-repeats-thoughts",
        "done-last",
        "done-present",
        "think-leak",
        "tool-markup",
        "control-text",
        "control-text-cut",
        "stop-honoured",
        "twin-text",
        "terminal-event-present",
        "sequence-number-increasing",
        "output-index-present",
        "item-added-first",
        "part-added-first",
        "text-cumulative",
        "text-done-agrees",
        "text-replacement",
    ],
)
def answer_expected(stream: Stream) -> Iterator[Violation]:
    """A wrong answer alone does not break the protocol."""
    wanted = stream.exchange.expected_text
    for text in _answers(stream):
        if text.strip() != wanted:
            same = next(
                (i for i, pair in enumerate(zip(text, wanted, strict=False)) if len({*pair}) > 1), None
            )
            place = min(len(text), len(wanted)) if same is None else same
            yield Violation(
                expected=f"… {shown(wanted[max(0, place - 12) : place + 24])}",
                observed=f"… {shown(text[max(0, place - 12) : place + 24])} (at character {place})",
            )


def _answers(stream: Stream) -> list[str]:
    if isinstance(stream, ChatStream):
        return [choice.content.text for choice in stream.choices]
    return ["".join(text.text for _, text in stream.responses.output.texts("output_text"))]
