"""Requirements on the response object, and on the events that carry it until it ends."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.course import Snapshot
from conformance.assemble.events import TERMINAL
from conformance.assemble.payload import differences
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import resumed
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import (
    failed,
    has_completed,
    has_created,
    meant,
    misshapen,
    value_shown,
)
from conformance.sources import API_REFERENCE, PYTHON_RESPONSES, openapi
from conformance.subject import ResponsesStream
from conformance.text import shown

_DEEPEST = 60  # steps into a value
_FULL = openapi("Response")

# The keys that never change within a response in OpenAI's recordings: its own data and its echo
# of the request. `id` has its own rule, `object` has one value, and `prompt` is in no recording.
# OpenAI changes status, output, usage, error, incomplete_details, completed_at and service_tier;
# moderation and tool_usage are added at the end and depend on the output.
_CONSTANT = (
    *("created_at", "model", "background", "conversation", "frequency_penalty", "instructions"),
    *("max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls", "presence_penalty"),
    *("previous_response_id", "prompt_cache_key", "prompt_cache_retention", "reasoning"),
    *("safety_identifier", "store", "temperature", "text", "tool_choice", "tools", "top_logprobs"),
    *("top_p", "truncation", "user"),
)


@trigger(absent="fewer than two events that carry the response")
def several_lifecycle_events(stream: ResponsesStream) -> bool:
    return len(stream.responses.lifecycle.seen) > 1


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "What a response says of itself and of its request is the same in each event that carries it, "
        "but for what its course changes: status, output, usage, reasons and times of its end, and "
        "`service_tier`."
    ),
    hurts="Under which settings, tools and model an answer is filed depends on the event that is read.",
    sources=[_FULL, API_REFERENCE],
    when=several_lifecycle_events,
    promise=Promise.RESPONSES,
)
def response_constant(stream: ResponsesStream) -> Iterator[Violation]:
    """Omitting a key is not a change, but replacing a value by null is one. Empty values count as null."""
    snapshots, told_of = stream.responses.lifecycle.seen, misshapen(stream)
    for key in _CONSTANT:
        place = f"response.{key}"
        told = [
            snapshot
            for snapshot in snapshots
            if key in snapshot.response and (snapshot.event, place) not in told_of
        ]
        first = _filled(_held(told[0], key)) if len(told) > 1 else None
        expected: dict[str, str] = {}  # by path: what is compared with every event is put in words once
        for snapshot in told[1:]:
            # One difference for each key is enough to act on.
            change = next(differences(first, _held(snapshot, key)), None)
            if change is not None:
                path, before, after = change
                if path not in expected:
                    if isinstance(before, dict):  # shown with the keys that hold nothing, as it came
                        before = next(differences(_held(told[0], key), _held(snapshot, key)))[1]
                    expected[path] = f"{value_shown(before)}, as in event {told[0].event}"
                yield Violation(
                    event=snapshot.event,
                    place=f"{place}.{path}" if path else place,
                    expected=expected[path],
                    observed=value_shown(after),
                )


def _held(snapshot: Snapshot, key: str) -> Any:
    value = snapshot.response[key]
    return None if value in ([], {}) else value


def _filled(value: Any, depth: int = 0) -> Any:
    """A value without the keys that stand for nothing: what is compared often is not gone through often."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        return value
    return {key: _filled(item, depth + 1) for key, item in value.items() if item is not None and item != []}


# The events before the end of a response, and the statuses that each may carry.
_BEGUN = {
    "response.created": ("in_progress", "queued"),
    "response.queued": ("queued",),
    "response.in_progress": ("in_progress",),
}


@trigger(absent="no event that begins a response")
def has_beginning(stream: ResponsesStream) -> bool:
    return any(snapshot.type in _BEGUN for snapshot in stream.responses.lifecycle.seen)


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "The response object in `response.created`, `response.queued` and `response.in_progress` has the "
        "matching status and `output: []`; only a background response is queued."
    ),
    hurts="Clients that start from it begin with an answer that is already there.",
    sources=[_FULL, API_REFERENCE],
    when=has_beginning,
    promise=Promise.RESPONSES,
)
def response_created_fresh(stream: ResponsesStream) -> Iterator[Violation]:
    """The output of `response.created` is reported by `response-created-empty`.

    Unknown statuses are `status-known`'s.
    """
    told_of = misshapen(stream)
    for snapshot in stream.responses.lifecycle.seen:
        if snapshot.type not in _BEGUN:
            continue
        status, output = snapshot.response.get("status"), snapshot.response.get("output")
        due = _BEGUN[snapshot.type]
        if snapshot.type == "response.created" and _in_foreground(stream, snapshot):
            due = due[:1]
        if snapshot.type == "response.queued" and _in_foreground(stream, snapshot):
            yield Violation(
                event=snapshot.event,
                place="type",
                expected="response.in_progress, since the response is not in the background",
                observed=snapshot.type,
            )
        elif status not in due and (snapshot.event, "response.status") not in told_of:
            yield Violation(
                event=snapshot.event,
                place="response.status",
                expected=" or ".join(due),
                observed="no such key" if status is None else shown(status),
            )
        if output and snapshot.type != "response.created":
            yield Violation(
                event=snapshot.event, place="response.output", expected="[]", observed=shown(output)
            )


def _in_foreground(stream: ResponsesStream, snapshot: Snapshot) -> bool:
    # Unless the response or its request says that it is in the background; if neither says anything, unknown.
    told = snapshot.response.get("background")
    if told is True or stream.asked.get("background") is True:
        return False
    return told is False or bool(stream.asked)


@responses_rule(
    level=Level.MUST,
    statement="The response in `response.created` has no output.",
    hurts="openai-python raises 'Duplicate response output index 0.' when the first item is announced.",
    sources=[PYTHON_RESPONSES, API_REFERENCE],
    when=has_created.unless("a resumed one", resumed),
    promise=Promise.RESPONSES,
)
def response_created_empty(stream: ResponsesStream) -> Iterator[Violation]:
    """Items come later, each with an event of its own."""
    for snapshot in stream.responses.lifecycle.of("response.created"):
        output = snapshot.response.get("output")
        if isinstance(output, list) and output:
            yield Violation(
                event=snapshot.event, place="response.output", expected="[]", observed=shown(output)
            )


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "`response.in_progress` follows `response.created`, once, before any output; `response.queued`, "
        "where there is one, comes once before it."
    ),
    hurts="Clients that show progress by it show none, or none after some.",
    sources=[API_REFERENCE],
    when=has_created,
    promise=Promise.RESPONSES,
)
def response_in_progress(stream: ResponsesStream) -> Iterator[Violation]:
    """In background mode `response.queued` may come between; a failure may come first."""
    life = stream.responses.lifecycle
    events = [snapshot.event for snapshot in life.of("response.in_progress")]
    queued = [snapshot.event for snapshot in life.of("response.queued")]
    output = min([item.added.event for item in stream.items], default=None)
    due = output is not None or not failed(stream)
    if (due and not events) or (output is not None and events[0] > output):
        yield Violation(
            event=life.of("response.created")[0].event,
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


# The keys that belong to one ending only, and the status of that ending.
_REASONS = (
    ("incomplete_details", "incomplete"),
    ("error", "failed"),
    ("completed_at", "completed"),
)


@trigger(absent="no event that carries the response")
def has_response(stream: ResponsesStream) -> bool:
    return any(snapshot.response for snapshot in stream.responses.lifecycle.seen)


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "`incomplete_details` is null unless the response is incomplete, `error` unless it failed, "
        "`completed_at` until it is completed."
    ),
    hurts="Clients that look at the reason alone report a failure, or a cut, that did not happen.",
    sources=[_FULL],
    when=has_response,
    promise=Promise.RESPONSES,
)
def response_reasons_null(stream: ResponsesStream) -> Iterator[Violation]:
    """Judged by the end that the event means; `response-status` reports a status that does not fit."""
    told_of = misshapen(stream)
    for snapshot in stream.responses.lifecycle.seen:
        for key, end in _REASONS:
            value, place = snapshot.response.get(key), f"response.{key}"
            due = snapshot.type in TERMINAL and meant(snapshot) == end
            if value is not None and not due and (snapshot.event, place) not in told_of:
                yield Violation(
                    event=snapshot.event,
                    place=place,
                    expected=f"null in {snapshot.type}",
                    observed=shown(value),
                )


@trigger(absent="no created_at in the stream")
def has_created_at(stream: ResponsesStream) -> bool:
    return any("created_at" in snapshot.response for snapshot in stream.responses.lifecycle.seen)


@responses_rule(
    level=Level.SHOULD,
    statement="`created_at` is an integer.",
    hurts="Typed gateways, in Go say, drop every event of the stream.",
    sources=[_FULL],
    when=has_created_at,
    promise=Promise.RESPONSES,
    needs=[Need.WIRE],
    reports=["sgl-project/sglang#34716"],
)
def created_at_integer(stream: ResponsesStream) -> Iterator[Violation]:
    """The API description says number; OpenAI sends integers."""
    for snapshot in stream.responses.lifecycle.seen:
        value = snapshot.response.get("created_at")
        if isinstance(value, float):
            yield Violation(
                event=snapshot.event,
                place="response.created_at",
                expected="an integer",
                observed=shown(value),
            )


@trigger(absent="no event of a completed response with the key `completed_at`")
def has_completion_time(stream: ResponsesStream) -> bool:
    seen, final = stream.responses.lifecycle.seen, stream.responses.lifecycle.final
    begun = any("completed_at" in one.response and one.response["completed_at"] is None for one in seen)
    return final is not None and has_completed(stream) and (begun or "completed_at" in final.response)


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "A response that has `completed_at` has a time there when it is completed, not before `created_at`."
    ),
    hurts="How long an answer took comes out negative, or not at all.",
    sources=[_FULL],
    when=has_completion_time,
)
def response_completed_at(stream: ResponsesStream) -> Iterator[Violation]:
    """OpenAI's older streams have no such key. Values that are not numbers are the schema rule's."""
    final = stream.responses.lifecycle.final
    if final is None:
        return
    begun, ended = (final.response.get(key) for key in ("created_at", "completed_at"))
    early = isinstance(begun, int | float) and isinstance(ended, int | float) and ended < begun
    if ended is None or early:
        yield Violation(
            event=final.event,
            place="response.completed_at",
            expected=f"a time, not before created_at, {value_shown(begun)}",
            observed=value_shown(ended),
        )
