"""Requirements to do what the request asks: limits, stop sequences, structured output, the model."""

import json
from collections.abc import Iterator
from itertools import accumulate
from operator import itemgetter
from typing import Any

from conformance.assemble.choice import Choice
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import (
    choices_in_range,
    fewest_tokens,
    prefilled,
    token_limit,
    tokens_spent,
)
from conformance.requirements.declare import chat_rule, stream_rule
from conformance.requirements.structured import asked_schema, misfit, repeated
from conformance.sources import STRUCTURED_OUTPUTS, openapi
from conformance.subject import ChatStream, Stream
from conformance.text import clipped, shown

_REQUEST = openapi("CreateChatCompletionRequest")


def _most_tokens(stream: ChatStream, choice: Choice) -> int:
    """What is sure of the number of a choice's tokens: those of its logprobs, or the fewest for its text."""
    said = 0 if prefilled(stream) else fewest_tokens(choice.content)
    return max(len(choice.logprobs.tokens), said)


def _longest(stream: ChatStream) -> tuple[int, Choice] | None:
    """The choice with the most tokens as far as the text tells, and their number; None without a choice."""
    counted = [(_most_tokens(stream, choice), choice) for choice in choices_in_range(stream)]
    return max(counted, key=itemgetter(0)) if counted else None


@trigger(absent="no token limit was asked for, or nothing tells how many tokens came")
def counted_limit(stream: ChatStream) -> bool:
    limit, longest = token_limit(stream), _longest(stream)
    if limit is None:
        return False
    told = longest is not None and (longest[0] > limit or bool(longest[1].logprobs.tokens))
    return told or tokens_spent(stream) is not None


@chat_rule(
    level=Level.MUST,
    statement="No choice has more tokens than the request allows.",
    hurts="Cost and length are not what the caller set.",
    sources=[_REQUEST],
    when=counted_limit,
    promise=Promise.LENGTH,
    capability="max-tokens",
    needs=[Need.REQUEST],
)
def max_tokens_honoured(stream: ChatStream) -> Iterator[Violation]:
    """Compares the limit with the endpoint's own token count and with the text that came.

    The limit applies to each choice separately, and tokens of a prediction that was rejected do not count.
    """
    limit, spent, longest = token_limit(stream), tokens_spent(stream), _longest(stream)
    if limit is None:
        return
    if spent is not None and spent > limit * stream.choices_asked:
        yield Violation(
            event=stream.chat.usage.seen[-1].event,
            place="usage.completion_tokens",
            expected=f"at most {limit * stream.choices_asked}",
            observed=str(spent),
        )
    elif longest is not None and longest[0] > limit:
        told = "" if spent is None else f", of which usage counts {spent}"
        yield Violation(
            event=longest[1].content.events[-1],
            place="choices.*.delta.content",
            expected=f"at most {limit} tokens",
            observed=f"a text of {longest[0]} tokens or more{told}",
        )


@trigger(absent="the prompt does not go beyond the token limit, or nothing tells how many tokens came")
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
    capability="max-tokens",
    needs=[Need.REQUEST],
    rests_on=["max-tokens-honoured"],
)
def finish_reason_length(stream: ChatStream) -> Iterator[Violation]:
    """Compares the limit with the endpoint's own token count and with the text that came.

    Judged only where the prompt asks for more output than the limit allows.
    """
    limit = token_limit(stream)
    choice = choices_in_range(stream)[0]
    used = max(tokens_spent(stream) or 0, _most_tokens(stream, choice))
    if limit is not None and used >= limit and choice.finish.reason == "stop":
        yield Violation(
            event=choice.finish.event,
            place="choices.*.finish_reason",
            expected=f'"length", since {used} of {limit} tokens were used',
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
    capability="stop",
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
    if prefilled(stream) or any(stream.asked.get(name) for name in _LETS_STOP_STAND):
        return []
    stop = stream.asked.get("stop")
    given = stop if isinstance(stop, list) else [stop]
    return [text for text in given if isinstance(text, str) and text]


@trigger(absent="no JSON was asked for, or the answer was cut or refused, or calls tools")
def schema_asked(stream: ChatStream) -> bool:
    return _schema(stream) is not None and bool(_finished_texts(stream))


@chat_rule(
    level=Level.MUST,
    statement=(
        "With `strict` the whole text is JSON that fits the schema of the request; without it, or in JSON "
        "mode, any JSON."
    ),
    hurts="Code that parses the answer raises.",
    sources=[STRUCTURED_OUTPUTS, openapi("ResponseFormatJsonSchema")],
    when=schema_asked,
    promise=Promise.JSON,
    capability="structured-output",
    needs=[Need.REQUEST],
    model=True,
)
def structured_output(stream: ChatStream) -> Iterator[Violation]:
    """An endpoint without structured output should refuse the request; answering in prose is a violation.

    A document that is repeated is reported by `structured-output-once`.
    """
    schema = _schema(stream)
    for event, text in _finished_texts(stream):
        if schema is not None and (wrong := misfit(text, schema)):
            yield Violation(
                event=event,
                place="choices.*.delta.content",
                expected="JSON that fits the schema of the request" if schema else "JSON",
                observed=wrong,
            )


@chat_rule(
    level=Level.SHOULD,
    statement="JSON that was asked for comes once.",
    hurts="Code that parses the answer raises, as the same document follows it.",
    sources=[STRUCTURED_OUTPUTS],
    when=schema_asked,
    promise=Promise.JSON,
    needs=[Need.REQUEST],
    model=True,
)
def structured_output_once(stream: ChatStream) -> Iterator[Violation]:
    """Real models of OpenAI have written the whole document twice, so the level is SHOULD."""
    for event, text in _finished_texts(stream):
        if again := repeated(text):
            yield Violation(
                event=event,
                place="choices.*.delta.content",
                expected="one JSON document",
                observed=f"the same document {len(again)} times: {clipped(text, 80)!r}",
            )


def _schema(stream: ChatStream) -> dict[str, Any] | None:
    form = stream.asked.get("response_format")
    if stream.asked.get("stop"):  # a stop sequence may cut the JSON
        return None
    return asked_schema(form, form.get("json_schema") if isinstance(form, dict) else None)


def _finished_texts(stream: ChatStream) -> list[tuple[int, str]]:
    return [
        (choice.content.events[-1], choice.content.text)
        for choice in stream.choices
        if choice.finish.reason == "stop"
        and choice.content.text
        and not (choice.refusal.texts or choice.calls.made or choice.function_call.event)
    ]


@trigger(absent="padding was not switched off")
def padding_off(stream: ChatStream) -> bool:
    options = stream.asked.get("stream_options")
    return isinstance(options, dict) and options.get("include_obfuscation") is False


@chat_rule(
    level=Level.SHOULD,
    statement="No chunk has an `obfuscation` where `include_obfuscation` is false.",
    hurts="Callers that trust their network pay for the bandwidth that they wanted to save.",
    sources=[openapi("ChatCompletionStreamOptions")],
    when=padding_off,
    needs=[Need.REQUEST],
)
def obfuscation_off(stream: ChatStream) -> Iterator[Violation]:
    """An empty string and null are no padding."""
    if found := stream.chat.obfuscated:
        yield Violation(
            event=found[0],
            place="obfuscation",
            expected="no such key",
            observed="padding",
            times=len(found),
        )


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
