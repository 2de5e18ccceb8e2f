"""Requirements on the states of items, of hosted tools and of the response itself."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.responses import Item
from conformance.catalogue import Api, Family, Level, Violation, requirement
from conformance.requirements.common import responses_of
from conformance.requirements.responses.common import ended_well, final_response, has_items
from conformance.sources import API_REFERENCE, OPEN_RESPONSES, openapi
from conformance.subject import Stream
from conformance.text import counted, shown

_RESPONSES = Family.RESPONSES
_FULL = openapi("Response")

# The phases of hosted tools, in their order; the last one ends the tool.
_PHASES = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "image_generation_call": ("in_progress", "generating", "partial_image", "completed"),
    "mcp_call": ("in_progress", "completed", "failed"),
    "mcp_list_tools": ("in_progress", "completed", "failed"),
}


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
    "Until a response ends it is in progress or queued, as its events say, and begins without output.",
    hurts="Clients that start from it begin with an answer that is already there.",
    sources=[_FULL, API_REFERENCE],
    when=lambda stream: any(life.type in _BEGUN for life in responses_of(stream).lifecycle),
    absent="no event that begins a response",
    promise="responses",
)
def response_created_fresh(stream: Stream) -> Iterator[Violation]:
    """OpenAI always sends it so."""
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
        if output:
            yield Violation(event=life.event, place="response.output", expected="[]", observed=shown(output))


@requirement(
    "item-status",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "A message or a call that is done has the status completed or incomplete.",
    hurts="Clients that wait for the item by its status wait on.",
    sources=[openapi("OutputMessage"), OPEN_RESPONSES],
    when=lambda stream: any(_stateful(stream)),
    absent="no message or call that was closed",
    promise="responses",
)
def item_status(stream: Stream) -> Iterator[Violation]:
    """A response that completed has no incomplete item."""
    completed = bool(responses_of(stream).of("response.completed"))
    for item in _stateful(stream):
        status = item.at_done.get("status")
        allowed = ("completed",) if completed else ("completed", "incomplete")
        if item.type not in ("message", "function_call", "custom_tool_call"):
            allowed = (*allowed, "failed")  # a hosted tool may fail, and the answer go on without it
        if status not in allowed:
            yield Violation(
                event=item.done,
                place="item.status",
                expected=" or ".join(allowed),
                observed="no such key" if status is None else shown(status),
            )


# Pictures are left out: OpenAI's own have been seen done while "generating". So is mcp_list_tools,
# which has no status.
_STATEFUL = (
    *("message", "function_call", "custom_tool_call"),
    *("web_search_call", "file_search_call", "code_interpreter_call", "mcp_call"),
)


def _stateful(stream: Stream) -> Iterator[Item]:
    for item in responses_of(stream).items:
        if item.done and item.type in _STATEFUL and ended_well(stream):
            yield item


@requirement(
    "reasoning-item",
    Family.REASONING,
    Level.INFO,
    Api.RESPONSES,
    "A response that counts reasoning tokens has a reasoning item.",
    hurts="Clients that hand the reasoning back in the next request have none to hand back.",
    sources=[openapi("ReasoningItem"), openapi("ResponseUsage")],
    when=lambda stream: _reasoning_tokens(stream) > 0 and not stream.resumed,
    absent="usage counts no reasoning tokens",
    promise="responses-reasoning",
)
def reasoning_item(stream: Stream) -> Iterator[Violation]:
    """Its summary may be empty, its content encrypted. OpenAI itself has been recorded without."""
    found = responses_of(stream)
    if found.final is not None and not any(item.type == "reasoning" for item in found.items):
        yield Violation(
            event=found.final.event,
            place="response.usage.output_tokens_details.reasoning_tokens",
            expected="an item of type reasoning",
            observed=f"none, for {_reasoning_tokens(stream)} tokens",
        )


def _reasoning_tokens(stream: Stream) -> int:
    usage: Any = final_response(stream).get("usage")
    details = usage.get("output_tokens_details") if isinstance(usage, dict) else None
    count = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return count if type(count) is int else 0


@requirement(
    "hosted-tool-phases",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "A hosted tool goes through its phases in their order.",
    hurts="Clients that show what the tool does show it wrongly, or never as done.",
    sources=[openapi("ResponseStreamEvent")],
    when=lambda stream: any(item.phases for item in responses_of(stream).items),
    absent="no hosted tool in the stream",
)
def hosted_tool_phases(stream: Stream) -> Iterator[Violation]:
    """A phase may be left out; partial images repeat."""
    for item in responses_of(stream).items:
        last = -1
        for phase in item.phases:
            tool, _, name = phase.what.removeprefix("response.").rpartition(".")
            order = _PHASES.get(tool, ())
            place = order.index(name) if name in order else last
            if place < last or (place == last and name != "partial_image"):
                yield Violation(
                    event=phase.event,
                    place="type",
                    expected=f"a phase after {order[last]}",
                    observed=phase.what,
                )
            last = max(last, place)


@requirement(
    "response-length-status",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "A response that used up `max_output_tokens` is incomplete.",
    hurts="A cut answer is taken for a whole one.",
    sources=[_FULL],
    when=lambda stream: (
        "responses-length" in stream.exchange.promises
        and _limit(stream) is not None
        and _spent(stream) is not None
    ),
    absent="the prompt does not go beyond the token limit, or no usage tells of it",
    promise="responses-length",
    needs=["request"],
)
def response_length_status(stream: Stream) -> Iterator[Violation]:
    """By the endpoint's own count, where the prompt asks for more than the limit allows."""
    final, limit, spent = responses_of(stream).final, _limit(stream), _spent(stream)
    if final is None or limit is None or spent is None:
        return
    if spent >= limit and final.type == "response.completed":
        yield Violation(
            event=final.event,
            place="response.status",
            expected=f"incomplete, since {spent} of {limit} tokens were used",
            observed="completed",
        )


def _limit(stream: Stream) -> int | None:
    limit = stream.asked.get("max_output_tokens")
    return limit if type(limit) is int else None


def _spent(stream: Stream) -> int | None:
    usage: Any = final_response(stream).get("usage")
    spent = usage.get("output_tokens") if isinstance(usage, dict) else None
    return spent if type(spent) is int else None


@requirement(
    "annotations-agree",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "Annotations that are streamed are those of the finished item.",
    hurts="Citations that were shown are gone from the answer that is kept.",
    sources=[openapi("ResponseOutputTextAnnotationAddedEvent")],
    when=lambda stream: any(item.annotations for item in responses_of(stream).items if item.done),
    absent="no annotation in the stream",
)
def annotations_agree(stream: Stream) -> Iterator[Violation]:
    """By number, order and value."""
    for item in responses_of(stream).items:
        parts = item.at_done.get("content")
        lists = (
            [part.get("annotations") for part in parts if isinstance(part, dict)]
            if isinstance(parts, list)
            else []
        )
        told = [annotation for found in lists if isinstance(found, list) for annotation in found]
        if item.done and item.annotations and item.annotations != told:
            yield Violation(
                event=item.done,
                place="item.content.*.annotations",
                expected=f"{counted(len(item.annotations), 'annotation')}, as streamed: "
                f"{shown(item.annotations)}",
                observed=f"{counted(len(told), 'annotation')}: {shown(told)}",
            )


@requirement(
    "part-type",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "A part is of the type that its text events speak of.",
    hurts="openai-node raises: it adds text to a part that holds none.",
    sources=[openapi("ResponseContentPartAddedEvent")],
    when=has_items,
    absent="no item in the stream",
    promise="responses-text",
    reports=["vllm-project/vllm#35184"],
)
def part_type(stream: Stream) -> Iterator[Violation]:
    """An output_text part gets output_text, a refusal part refusals."""
    for item in responses_of(stream).items:
        for event, opened, spoken in item.part_types:
            yield Violation(
                event=event, place="type", expected=f"events of a part of type {opened}", observed=spoken
            )
