"""Requirements on the response object, and on the events that carry it until it ends."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.payload import differences
from conformance.assemble.responses import Lifecycle
from conformance.catalogue import Api, Family, Level, Violation, requirement
from conformance.requirements.common import responses_of
from conformance.requirements.responses.common import ended_well, misshapen, value_shown
from conformance.sources import API_REFERENCE, PYTHON_RESPONSES, openapi
from conformance.subject import Stream
from conformance.text import shown

_RESPONSES = Family.RESPONSES
_DEEPEST = 60  # steps into a value
_FULL = openapi("Response")

# What no recording of OpenAI changes while a response goes on: what it says of itself and what it
# echoes of the request. `id` has a rule of its own and `object` one value; `prompt` is in no recording.
# OpenAI does change status, output, usage, error, incomplete_details, completed_at and service_tier;
# moderation and tool_usage are additions that tell of the output.
_CONSTANT = (
    *("created_at", "model", "background", "conversation", "frequency_penalty", "instructions"),
    *("max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls", "presence_penalty"),
    *("previous_response_id", "prompt_cache_key", "prompt_cache_retention", "reasoning"),
    *("safety_identifier", "store", "temperature", "text", "tool_choice", "tools", "top_logprobs"),
    *("top_p", "truncation", "user"),
)


@requirement(
    "response-constant",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "What a response says of itself and of its request is the same in each event that carries it, but for "
    "what its course changes: status, output, usage, reasons and times of its end, and `service_tier`.",
    hurts="Under which settings, tools and model an answer is filed depends on the event that is read.",
    sources=[_FULL, API_REFERENCE],
    when=lambda stream: len(responses_of(stream).lifecycle) > 1,
    absent="fewer than two events that carry the response",
    promise="responses",
)
def response_constant(stream: Stream) -> Iterator[Violation]:
    """A key that an event leaves out is no change; null instead of a value is one. Empty is like null."""
    lives, told_of = responses_of(stream).lifecycle, misshapen(stream)
    for key in _CONSTANT:
        place = f"response.{key}"
        told = [life for life in lives if key in life.response and (life.event, place) not in told_of]
        first = _filled(_held(told[0], key)) if len(told) > 1 else None
        expected: dict[str, str] = {}  # by path: what is compared with every event is put in words once
        for life in told[1:]:
            # One difference of a key is enough to look at it.
            change = next(differences(first, _held(life, key)), None)
            if change is not None:
                path, before, after = change
                if path not in expected:
                    if isinstance(before, dict):  # as it was, with what stands for nothing
                        before = next(differences(_held(told[0], key), _held(life, key)))[1]
                    expected[path] = f"{value_shown(before)}, as in event {told[0].event}"
                yield Violation(
                    event=life.event,
                    place=f"{place}.{path}" if path else place,
                    expected=expected[path],
                    observed=value_shown(after),
                )


def _held(life: Lifecycle, key: str) -> Any:
    value = life.response[key]
    return None if value in ([], {}) else value


def _filled(value: Any, depth: int = 0) -> Any:
    """A value without the keys that stand for nothing: what is compared often is not gone through often."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        return value
    return {key: _filled(item, depth + 1) for key, item in value.items() if item is not None and item != []}


# Events of a response that has not ended, and the statuses that they may tell of.
_BEGUN = {
    "response.created": ("in_progress", "queued"),
    "response.queued": ("queued",),
    "response.in_progress": ("in_progress",),
}


@requirement(
    "response-created-fresh",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "Until a response ends it is in progress or queued, as its events say, and without output.",
    hurts="Clients that start from it begin with an answer that is already there.",
    sources=[_FULL, API_REFERENCE],
    when=lambda stream: any(life.type in _BEGUN for life in responses_of(stream).lifecycle),
    absent="no event that begins a response",
    promise="responses",
)
def response_created_fresh(stream: Stream) -> Iterator[Violation]:
    """OpenAI always sends it so. The output of `response.created` is told by `response-created-empty`."""
    for life in responses_of(stream).lifecycle:
        if life.type not in _BEGUN:
            continue
        status, output = life.response.get("status"), life.response.get("output")
        if status not in _BEGUN[life.type]:
            yield Violation(
                event=life.event,
                place="response.status",
                expected=" or ".join(_BEGUN[life.type]),
                observed="no such key" if status is None else shown(status),
            )
        if output and life.type != "response.created":
            yield Violation(event=life.event, place="response.output", expected="[]", observed=shown(output))


@requirement(
    "response-created-empty",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "The response in `response.created` has no output.",
    hurts="openai-python raises 'Duplicate response output index 0.' when the first item is announced.",
    sources=[PYTHON_RESPONSES, API_REFERENCE],
    when=lambda stream: not stream.resumed and bool(responses_of(stream).of("response.created")),
    absent="no response.created in the stream, or a resumed one",
    promise="responses",
)
def response_created_empty(stream: Stream) -> Iterator[Violation]:
    """Items come after it, each with an event of its own."""
    for life in responses_of(stream).of("response.created"):
        output = life.response.get("output")
        if isinstance(output, list) and output:
            yield Violation(event=life.event, place="response.output", expected="[]", observed=shown(output))


@requirement(
    "response-in-progress",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "`response.in_progress` follows `response.created`, once, before any output; `response.queued`, "
    "where there is one, comes once before it.",
    hurts="Clients that show progress by it show none, or none after some.",
    sources=[API_REFERENCE],
    when=lambda stream: bool(responses_of(stream).of("response.created")),
    absent="no response.created in the stream",
    promise="responses",
)
def response_in_progress(stream: Stream) -> Iterator[Violation]:
    """OpenAI does; in background mode `response.queued` comes between. A failure may come before."""
    found = responses_of(stream)
    events = [life.event for life in found.of("response.in_progress")]
    queued = [life.event for life in found.of("response.queued")]
    output = min([item.added for item in found.items], default=None)
    due = output is not None or ended_well(stream)
    if (due and not events) or (output is not None and events[0] > output):
        yield Violation(
            event=found.of("response.created")[0].event,
            expected="response.in_progress next",
            observed=f"in event {events[0]}, after the first output" if events else "none in the stream",
        )
    for event in events[1:]:
        yield Violation(
            event=event, expected=f"no second one after event {events[0]}", observed="response.in_progress"
        )
    for event in queued:
        if event != queued[0] or (events and event > events[0]):
            yield Violation(
                event=event, expected="it before response.in_progress, once", observed="response.queued"
            )


# What a response says of one end only: the key, and the status of that end.
_REASONS = (
    ("incomplete_details", "incomplete"),
    ("error", "failed"),
    ("completed_at", "completed"),
)


@requirement(
    "response-reasons-null",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "`incomplete_details` is null unless the response is incomplete, `error` unless it failed, "
    "`completed_at` until it is completed.",
    hurts="Clients that look at the reason alone report a failure, or a cut, that did not happen.",
    sources=[_FULL],
    when=lambda stream: any(life.response for life in responses_of(stream).lifecycle),
    absent="no event that carries the response",
    promise="responses",
)
def response_reasons_null(stream: Stream) -> Iterator[Violation]:
    """By the type of the event: a status that is not its own is told by other rules."""
    told_of = misshapen(stream)
    for life in responses_of(stream).lifecycle:
        for key, end in _REASONS:
            value, place = life.response.get(key), f"response.{key}"
            due = life.type == f"response.{end}"
            if value is not None and not due and (life.event, place) not in told_of:
                yield Violation(
                    event=life.event,
                    place=place,
                    expected=f"null in {life.type}",
                    observed=shown(value),
                )


@requirement(
    "created-at-integer",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "`created_at` is an integer.",
    hurts="Typed gateways, in Go say, drop every event of the stream.",
    sources=[_FULL],
    when=lambda stream: any("created_at" in life.response for life in responses_of(stream).lifecycle),
    absent="no created_at in the stream",
    promise="responses",
    reports=["sgl-project/sglang#34716"],
)
def created_at_integer(stream: Stream) -> Iterator[Violation]:
    """The description says number; OpenAI sends integers."""
    for life in responses_of(stream).lifecycle:
        value = life.response.get("created_at")
        if isinstance(value, float):
            yield Violation(
                event=life.event, place="response.created_at", expected="an integer", observed=shown(value)
            )
