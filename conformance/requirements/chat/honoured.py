"""Requirements to do what the request asks: limits, stop sequences, structured output, the model."""

import json
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from conformance.assemble.payload import parse
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import choices_in_range, schema_misfit
from conformance.requirements.declare import chat_rule, stream_rule
from conformance.sources import STRUCTURED_OUTPUTS, openapi
from conformance.subject import ChatStream, Stream
from conformance.text import clipped, shown

_REQUEST = openapi("CreateChatCompletionRequest")


def _limit(stream: ChatStream) -> int | None:
    limits = [stream.asked.get(name) for name in ("max_completion_tokens", "max_tokens")]
    return next((limit for limit in limits if type(limit) is int and limit > 0), None)


def _spent(stream: ChatStream) -> int | None:
    usage = stream.chat.usage.seen
    value = usage[-1].value.get("completion_tokens") if usage and isinstance(usage[-1].value, dict) else None
    return value if type(value) is int else None


@trigger(absent="no token limit was asked for, or no usage tells of it")
def counted_limit(stream: ChatStream) -> bool:
    return _limit(stream) is not None and _spent(stream) is not None


@chat_rule(
    level=Level.SHOULD,
    statement="No choice has more tokens than the request allows.",
    hurts="Cost and length are not what the caller set.",
    sources=[_REQUEST],
    when=counted_limit,
    promise=Promise.LENGTH,
    needs=[Need.REQUEST],
)
def max_tokens_honoured(stream: ChatStream) -> Iterator[Violation]:
    """Compares the endpoint's own token count with the limit, which applies to each choice separately."""
    limit, spent = _limit(stream), _spent(stream)
    if limit is not None and spent is not None and spent > limit * stream.choices_asked:
        yield Violation(
            event=stream.chat.usage.seen[-1].event,
            place="usage.completion_tokens",
            expected=f"at most {limit * stream.choices_asked}",
            observed=str(spent),
        )


@trigger(absent="the prompt does not go beyond the token limit, or no usage tells of it")
def beyond_the_limit(stream: ChatStream) -> bool:
    due = Promise.LENGTH in stream.exchange.promises
    return due and counted_limit(stream) and bool(choices_in_range(stream))


@chat_rule(
    level=Level.SHOULD,
    statement="An answer that used up the token limit ends with finish_reason `length`.",
    hurts="A cut answer is taken for a whole one.",
    sources=[_REQUEST, openapi("CreateChatCompletionStreamResponse")],
    when=beyond_the_limit,
    promise=Promise.LENGTH,
    needs=[Need.REQUEST],
)
def finish_reason_length(stream: ChatStream) -> Iterator[Violation]:
    """Compares the endpoint's own token count with the limit.

    Judged only where the prompt asks for more output than the limit allows.
    """
    limit, spent = _limit(stream), _spent(stream)
    choice = choices_in_range(stream)[0]
    if limit is not None and spent is not None and spent >= limit and choice.finish.reason == "stop":
        yield Violation(
            event=choice.finish.event,
            place="choices.*.finish_reason",
            expected=f'"length", since {spent} of {limit} tokens were used',
            observed='"stop"',
        )


# Extensions of some servers that allow a stop sequence to appear in the text.
_LETS_STOP_STAND = ("include_stop_str_in_output", "no_stop_trim", "min_tokens", "echo")


@trigger(absent="no stop sequence was asked for, or there is no text")
def stop_asked(stream: ChatStream) -> bool:
    return bool(_stops(stream)) and any(choice.content.text for choice in stream.choices)


@chat_rule(
    level=Level.MUST,
    statement="The text holds none of the stop sequences that were asked for.",
    hurts="Callers that take the answer apart at the sequence read on into what they had cut off.",
    sources=[openapi("StopConfiguration"), _REQUEST],
    when=stop_asked,
    needs=[Need.REQUEST],
    reports=["mzau/mlx-knife#68", "jundot/omlx#1054"],
)
def stop_honoured(stream: ChatStream) -> Iterator[Violation]:
    """An endpoint without stop sequences should refuse them; ignoring them silently is a violation."""
    stops = _stops(stream)
    for choice in stream.choices:
        for start, text in choice.content.runs():
            found = [(text.index(stop), stop) for stop in stops if stop in text]
            if found:
                at, stop = min(found)
                # By their places: a copy of all that follows would be made for each of many runs.
                deltas = choice.content
                places = range(start, len(deltas.texts))
                ends = accumulate(len(deltas.texts[place]) for place in places)
                events = zip(places, ends, strict=True)
                yield Violation(
                    event=next(deltas.events[place] for place, end in events if end >= at + len(stop)),
                    place="choices.*.delta.content",
                    expected=f"an end before {shown(stop, 40)}",
                    observed=shown(text[max(0, at - 30) : at + len(stop) + 30], 80),
                )


def _stops(stream: ChatStream) -> list[str]:
    messages = stream.asked.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    if isinstance(last, dict) and last.get("role") == "assistant":
        return []  # a prefilled answer: some servers repeat it in the output
    if any(stream.asked.get(name) for name in _LETS_STOP_STAND):
        return []
    stop = stream.asked.get("stop")
    given = stop if isinstance(stop, list) else [stop]
    return [text for text in given if isinstance(text, str) and text]


@trigger(absent="no JSON was asked for, or the answer was cut or refused")
def schema_asked(stream: ChatStream) -> bool:
    return _schema(stream) is not None and bool(_finished_texts(stream))


@chat_rule(
    level=Level.MUST,
    statement="A text that a JSON schema was asked for is JSON that fits the schema.",
    hurts="Code that parses the answer raises.",
    sources=[STRUCTURED_OUTPUTS, openapi("ResponseFormatJsonSchema")],
    when=schema_asked,
    promise=Promise.JSON,
    needs=[Need.REQUEST],
)
def structured_output(stream: ChatStream) -> Iterator[Violation]:
    """An endpoint without structured output should refuse the request; answering in prose is a violation.

    The schema is binding only with `strict: true`; without it, any valid JSON is accepted.
    """
    schema = _schema(stream)
    for event, text in _finished_texts(stream):
        value, wrong = parse(text)
        if not wrong and schema:
            wrong = schema_misfit(value, schema)
        if wrong:
            yield Violation(
                event=event,
                place="choices.*.delta.content",
                expected="JSON that fits the schema of the request",
                observed=f"{clipped(text, 60)!r}: {wrong}",
            )


def _schema(stream: ChatStream) -> dict[str, Any] | None:
    # An empty schema means "any JSON": without `strict` the schema is not binding.
    form = stream.asked.get("response_format")
    if not isinstance(form, dict) or stream.asked.get("stop"):  # a stop sequence may cut the JSON
        return None
    if form.get("type") == "json_object":
        return {}
    inner = form.get("json_schema")
    if form.get("type") != "json_schema" or not isinstance(inner, dict):
        return None
    schema = inner.get("schema")
    if not isinstance(schema, dict):
        return None
    return schema if inner.get("strict") is True else {}


def _finished_texts(stream: ChatStream) -> list[tuple[int, str]]:
    return [
        (choice.content.events[-1], choice.content.text)
        for choice in stream.choices
        if choice.finish.reason == "stop" and choice.content.text and not choice.refusal.texts
    ]


@trigger(absent="no model in the request or in the stream")
def model_named(stream: Stream) -> bool:
    return bool(stream.asked.get("model")) and bool(_named(stream)[1])


@stream_rule(
    level=Level.INFO,
    statement="The model that answers bears the name of the model that was asked.",
    hurts="Nobody notices that another model answers.",
    sources=[openapi("CreateChatCompletionStreamResponse"), openapi("Response")],
    when=model_named,
    needs=[Need.REQUEST],
)
def model_as_asked(stream: Stream) -> Iterator[Violation]:
    """A date suffix, an alias that contains the name, and a vendor prefix are accepted."""
    event, name = _named(stream)
    asked, named = _plain(stream.asked["model"]), _plain(name)
    if asked not in named and named not in asked:
        yield Violation(
            event=event,
            place="model" if isinstance(stream, ChatStream) else "response.model",
            expected=shown(stream.asked["model"]),
            observed=shown(name),
        )


def _named(stream: Stream) -> tuple[int, Any]:
    """The first event that names a model, and that name; (0, None) if none does."""
    if isinstance(stream, ChatStream):
        track = stream.chat.identity.model
        return track.event, track.value
    named = ((snapshot.event, snapshot.response.get("model")) for snapshot in stream.responses.lifecycle.seen)
    return next(((event, name) for event, name in named if name), (0, None))


def _plain(name: Any) -> str:
    text = name if isinstance(name, str) else json.dumps(name)
    return text.rpartition("/")[2].partition(":")[0].lower().replace("_", "-").replace(".", "-")
