"""Requirements on doing what the request says: limits, forced tools, structured output, the model."""

import json
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from conformance.assemble.choice import ToolCall
from conformance.assemble.payload import parse
from conformance.catalogue import Api, Family, Level, Violation, requirement
from conformance.requirements.common import chat_of, has_calls, has_choices, in_range, required_names
from conformance.sources import FUNCTION_CALLING, STRUCTURED_OUTPUTS, openapi
from conformance.subject import Stream
from conformance.text import clipped, shown

_REQUEST = openapi("CreateChatCompletionRequest")


def _limit(stream: Stream) -> int | None:
    limits = [stream.asked.get(name) for name in ("max_completion_tokens", "max_tokens")]
    return next((limit for limit in limits if type(limit) is int and limit > 0), None)


def _spent(stream: Stream) -> int | None:
    usage = chat_of(stream).usage
    value = usage[-1].value.get("completion_tokens") if usage and isinstance(usage[-1].value, dict) else None
    return value if type(value) is int else None


def _counted_limit(stream: Stream) -> bool:
    return _limit(stream) is not None and _spent(stream) is not None


@requirement(
    "max-tokens-honoured",
    Family.CHAT,
    Level.SHOULD,
    Api.CHAT,
    "No choice has more tokens than the request allows.",
    hurts="Cost and length are not what the caller set.",
    sources=[_REQUEST],
    when=_counted_limit,
    absent="no token limit was asked for, or no usage tells of it",
    promise="length",
    needs=["request"],
)
def max_tokens_honoured(stream: Stream) -> Iterator[Violation]:
    """By the endpoint's own count; the limit is for each choice."""
    limit, spent = _limit(stream), _spent(stream)
    if limit is not None and spent is not None and spent > limit * stream.choices_asked:
        yield Violation(
            event=chat_of(stream).usage[-1].event,
            place="usage.completion_tokens",
            expected=f"at most {limit * stream.choices_asked}",
            observed=str(spent),
        )


@requirement(
    "finish-reason-length",
    Family.CHAT,
    Level.SHOULD,
    Api.CHAT,
    "An answer that used up the token limit ends with finish_reason `length`.",
    hurts="A cut answer is taken for a whole one.",
    sources=[_REQUEST, openapi("CreateChatCompletionStreamResponse")],
    when=lambda stream: (
        "length" in stream.exchange.promises and _counted_limit(stream) and has_choices(stream)
    ),
    absent="the prompt does not go beyond the token limit, or no usage tells of it",
    promise="length",
    needs=["request"],
)
def finish_reason_length(stream: Stream) -> Iterator[Violation]:
    """By the endpoint's own count, where the prompt asks for more than the limit allows."""
    limit, spent = _limit(stream), _spent(stream)
    choice = in_range(stream)[0]
    if limit is not None and spent is not None and spent >= limit and choice.finish_reason == "stop":
        yield Violation(
            event=choice.finish[0][0],
            place="choices.*.finish_reason",
            expected=f'"length", since {spent} of {limit} tokens were used',
            observed='"stop"',
        )


@requirement(
    "tool-choice-honoured",
    Family.TOOLS,
    Level.MUST,
    Api.CHAT,
    "`tool_choice` is obeyed: a forced call is made, of the tool that it names; `none` makes none.",
    hurts="Extraction and routing read an answer in prose where a call was certain.",
    sources=[FUNCTION_CALLING, openapi("ChatCompletionToolChoiceOption")],
    when=lambda stream: (
        (stream.call_forced or stream.asked.get("tool_choice") == "none") and any(_whole(stream))
    ),
    absent="no call was forced or forbidden, or the answer was cut",
    needs=["request"],
)
def tool_choice_honoured(stream: Stream) -> Iterator[Violation]:
    """An endpoint without forced calls refuses them; ignoring them silently is a violation."""
    choice = stream.asked["tool_choice"]
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    for answer in _whole(stream):
        called = [call.name for call in answer.calls]
        if choice == "none":
            right, expected = not called, "no call"
        else:
            right = bool(called) and (not name or name in called)
            expected = f"a call of {name or 'some tool'}"
        if not right:
            yield Violation(
                event=answer.finish[0][0],
                place="choices.*.delta.tool_calls",
                expected=expected,
                observed=f"a call of {', '.join(called)}" if called else "no call",
            )


def _whole(stream: Stream) -> Iterator[Any]:
    for choice in in_range(stream):
        if choice.finish_reason in ("stop", "tool_calls") and not choice.refusal:
            yield choice


@requirement(
    "parallel-calls-honoured",
    Family.TOOLS,
    Level.MUST,
    Api.CHAT,
    "An answer holds at most one tool call where `parallel_tool_calls` is false.",
    hurts="Callers that run one tool at a time run the first call and lose the others.",
    sources=[FUNCTION_CALLING, openapi("ParallelToolCalls")],
    when=lambda stream: stream.asked.get("parallel_tool_calls") is False and has_calls(stream),
    absent="parallel calls were not switched off, or none was made",
    needs=["request"],
    reports=["sgl-project/sglang#9696"],
)
def parallel_calls_honoured(stream: Stream) -> Iterator[Violation]:
    """An endpoint that cannot switch them off refuses it; ignoring it silently is a violation."""
    for choice in stream.choices:
        if len(choice.calls) > 1:
            yield Violation(
                event=choice.calls[1].event,
                place="choices.*.delta.tool_calls",
                expected="one call",
                observed=f"calls of {', '.join(call.name or '?' for call in choice.calls)}",
            )


# What servers have beside OpenAI's parameters to let a stop sequence stand in the text.
_LETS_STOP_STAND = ("include_stop_str_in_output", "no_stop_trim", "min_tokens", "echo")


@requirement(
    "stop-honoured",
    Family.CHAT,
    Level.MUST,
    Api.CHAT,
    "The text holds none of the stop sequences that were asked for.",
    hurts="Callers that take the answer apart at the sequence read on into what they had cut off.",
    sources=[openapi("StopConfiguration"), _REQUEST],
    when=lambda stream: bool(_stops(stream)) and any(choice.text for choice in stream.choices),
    absent="no stop sequence was asked for, or there is no text",
    needs=["request"],
    reports=["mzau/mlx-knife#68", "jundot/omlx#1054"],
)
def stop_honoured(stream: Stream) -> Iterator[Violation]:
    """An endpoint without stop sequences refuses them; ignoring them silently is a violation."""
    stops = _stops(stream)
    for choice in stream.choices:
        for start, text in choice.runs():
            found = [(text.index(stop), stop) for stop in stops if stop in text]
            if found:
                at, stop = min(found)
                # By their places: a copy of all that follows would be made for each of many runs.
                places = range(start, len(choice.content))
                ends = accumulate(len(choice.content[place]) for place in places)
                events = zip(places, ends, strict=True)
                yield Violation(
                    event=next(
                        choice.content_events[place] for place, end in events if end >= at + len(stop)
                    ),
                    place="choices.*.delta.content",
                    expected=f"an end before {shown(stop, 40)}",
                    observed=shown(text[max(0, at - 30) : at + len(stop) + 30], 80),
                )


def _stops(stream: Stream) -> list[str]:
    messages = stream.asked.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    if isinstance(last, dict) and last.get("role") == "assistant":
        return []  # some servers repeat the beginning of the answer that they were given
    if any(stream.asked.get(name) for name in _LETS_STOP_STAND):
        return []
    stop = stream.asked.get("stop")
    given = stop if isinstance(stop, list) else [stop]
    return [text for text in given if isinstance(text, str) and text]


@requirement(
    "structured-output",
    Family.CHAT,
    Level.MUST,
    Api.CHAT,
    "A text that a JSON schema was asked for is JSON that fits the schema.",
    hurts="Code that parses the answer raises.",
    sources=[STRUCTURED_OUTPUTS, openapi("ResponseFormatJsonSchema")],
    when=lambda stream: _schema(stream) is not None and any(_finished_texts(stream)),
    absent="no JSON was asked for, or the answer was cut or refused",
    promise="json",
    needs=["request"],
)
def structured_output(stream: Stream) -> Iterator[Violation]:
    """An endpoint without structured output refuses it; prose in its place is a violation.

    The schema binds only with `strict`; without it any JSON will do.
    """
    schema = _schema(stream)
    for event, text in _finished_texts(stream):
        value, wrong = parse(text)
        if not wrong and schema:
            wrong = _misfit(value, schema)
        if wrong:
            yield Violation(
                event=event,
                place="choices.*.delta.content",
                expected="JSON that fits the schema of the request",
                observed=f"{clipped(text, 60)!r}: {wrong}",
            )


def _schema(stream: Stream) -> dict[str, Any] | None:
    # An empty schema stands for "any JSON": without `strict` a schema is no more than a wish.
    form = stream.asked.get("response_format")
    if not isinstance(form, dict) or stream.asked.get("stop"):  # a stop sequence cuts JSON too
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


def _finished_texts(stream: Stream) -> Iterator[tuple[int, str]]:
    for choice in stream.choices:
        if choice.finish_reason == "stop" and choice.text and not choice.refusal:
            yield choice.content_events[-1], choice.text


def _misfit(value: Any, schema: dict[str, Any]) -> str:
    try:
        error = best_match(Draft202012Validator(schema).iter_errors(value))
    except Exception:  # noqa: BLE001
        return ""  # a schema that is none, in whichever way, cannot be held against the answer
    return clipped(error.message, 80) if error is not None else ""


@requirement(
    "call-arguments-present",
    Family.TOOLS,
    Level.SHOULD,
    Api.CHAT,
    "The arguments of a call are not empty where the function's schema requires some.",
    hurts="The tool refuses the call, or runs without what it was to do.",
    sources=[FUNCTION_CALLING, openapi("FunctionParameters")],
    when=lambda stream: any(_demanding(stream)),
    absent="no function that requires arguments was called to the end",
    promise="tools",
    needs=["request"],
    reports=["sgl-project/sglang#37634"],
)
def call_arguments_present(stream: Stream) -> Iterator[Violation]:
    """No text at all: servers lose them. An empty object is the model's, as `tool-arguments-schema` tells."""
    for call, required in _demanding(stream):
        if not call.arguments.strip():
            yield Violation(
                event=call.fragments[-1].event,
                place="choices.*.delta.tool_calls.*.function.arguments",
                expected=f"{', '.join(required)} for {call.name}",
                observed=shown(call.arguments) if call.arguments else "no text",
            )


def _demanding(stream: Stream) -> Iterator[tuple[ToolCall, list[str]]]:
    """The calls, made to the end, of functions that require arguments, and which these are."""
    offered = _offered(stream)
    for choice, call in chat_of(stream).calls:
        # Arguments of another type are told by `tool-arguments-string`.
        texts = all(part.arguments is None or isinstance(part.arguments, str) for part in call.fragments)
        required = required_names(offered.get(call.name))
        if required and texts and choice.finish_reason in ("stop", "tool_calls"):
            yield call, required


@requirement(
    "tool-arguments-schema",
    Family.TOOLS,
    Level.INFO,
    Api.CHAT,
    "Calls are of tools that the request offers, with arguments that fit their schema.",
    hurts="The tool refuses the call.",
    sources=[FUNCTION_CALLING],
    when=lambda stream: bool(_offered(stream)) and has_calls(stream),
    absent="no tool was offered and called",
    promise="tools",
    needs=["request"],
    reports=["MoonshotAI/kimi-cli#2513"],
)
def tool_arguments_schema(stream: Stream) -> Iterator[Violation]:
    """How well a model calls is no matter of the protocol."""
    offered = _offered(stream)
    names = ", ".join(offered)
    for choice, call in chat_of(stream).calls:
        if choice.finish_reason not in ("stop", "tool_calls") or not call.name:
            continue
        if call.name not in offered:
            yield Violation(event=call.event, place="function.name", expected=names, observed=call.name)
            continue
        if not call.arguments.strip() and required_names(offered[call.name]):
            continue  # told by `call-arguments-present`
        value, wrong = parse(call.arguments or "{}")
        # What is no object is told by `tool-arguments-object`.
        misfit = _misfit(value, offered[call.name]) if isinstance(value, dict) and not wrong else ""
        if misfit:
            yield Violation(
                event=call.fragments[-1].event,
                place="function.arguments",
                expected="arguments that fit the tool's schema",
                observed=misfit,
            )


def _offered(stream: Stream) -> dict[str, dict[str, Any]]:
    tools = stream.asked.get("tools")
    found: dict[str, dict[str, Any]] = {}
    for tool in tools if isinstance(tools, list) else ():
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            parameters = function.get("parameters")
            found[function["name"]] = parameters if isinstance(parameters, dict) else {}
    return found


@requirement(
    "model-as-asked",
    Family.CHAT,
    Level.INFO,
    Api.BOTH,
    "The model that answers bears the name of the model that was asked.",
    hurts="Nobody notices that another model answers.",
    sources=[openapi("CreateChatCompletionStreamResponse"), openapi("Response")],
    when=lambda stream: bool(stream.asked.get("model")) and bool(_named(stream)[1]),
    absent="no model in the request or in the stream",
    needs=["request"],
)
def model_as_asked(stream: Stream) -> Iterator[Violation]:
    """A dated name, an alias or a vendor's prefix are let pass."""
    event, name = _named(stream)
    asked, named = _plain(stream.asked["model"]), _plain(name)
    if asked not in named and named not in asked:
        yield Violation(
            event=event,
            place="response.model" if stream.responses is not None else "model",
            expected=shown(stream.asked["model"]),
            observed=shown(name),
        )


def _named(stream: Stream) -> tuple[int, Any]:
    """The event that names a model first, and the name."""
    if stream.responses is None:
        track = chat_of(stream).tracks["model"]
        return track.event, track.value
    named = ((life.event, life.response.get("model")) for life in stream.responses.lifecycle)
    return next(((event, name) for event, name in named if name), (0, None))


def _plain(name: Any) -> str:
    text = name if isinstance(name, str) else json.dumps(name)
    return text.rpartition("/")[2].partition(":")[0].lower().replace("_", "-").replace(".", "-")
