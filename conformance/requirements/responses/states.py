"""Requirements on the states of items, of their parts and of hosted tools."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.item import Item
from conformance.catalogue import Api, Family, Level, Violation, requirement
from conformance.requirements.common import responses_of
from conformance.requirements.responses.common import (
    PARTS,
    all_texts,
    ended_well,
    final_response,
    has_items,
    misshapen,
    value_shown,
)
from conformance.sources import API_REFERENCE, OPEN_RESPONSES, openapi
from conformance.subject import Stream
from conformance.text import shown

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
    """A response that completed has no incomplete message or call of the client's."""
    completed = bool(responses_of(stream).of("response.completed"))
    for item in _stateful(stream):
        status = item.at_done.get("status")
        allowed = ["completed"] if completed else ["completed", "incomplete"]
        if item.type not in ("message", "function_call", "custom_tool_call"):
            # A hosted tool may fail, or be cut, and the answer go on without it.
            allowed = ["completed", "incomplete", "failed"]
        if status is None and item.type in _STATELESS:
            continue
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
# Of these the description asks for no status, and the types of official SDKs have none, or an optional one.
_STATELESS = ("custom_tool_call", "mcp_call")


def _stateful(stream: Stream) -> Iterator[Item]:
    for item in responses_of(stream).items if ended_well(stream) else ():
        if item.done and item.type in _STATEFUL:
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
    when=lambda stream: any(
        _phase(phase.what)[1] for item in responses_of(stream).items for phase in item.phases
    ),
    absent="no hosted tool with phases in the stream",
)
def hosted_tool_phases(stream: Stream) -> Iterator[Violation]:
    """A phase may be left out; partial images repeat."""
    for item in responses_of(stream).items:
        last = -1
        for phase in item.phases:
            name, order = _phase(phase.what)
            if name not in order:
                continue
            place = order.index(name)
            if place < last or (place == last and name != "partial_image"):
                yield Violation(
                    event=phase.event,
                    place="type",
                    expected=f"a phase after {order[last]}",
                    observed=phase.what,
                )
            last = max(last, place)


def _phase(kind: str) -> tuple[str, tuple[str, ...]]:
    # The phase that a type of event names, and the order that it stands in; none for other events.
    tool, _, name = kind.removeprefix("response.").rpartition(".")
    return name, _PHASES.get(tool, ())


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


@requirement(
    "part-added-empty",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "A part is announced without text, annotations and logprobs: they come after it.",
    hurts="Clients that build the text of deltas alone lose its begin; others show it twice.",
    sources=[openapi("ResponseContentPartAddedEvent"), API_REFERENCE],
    when=lambda stream: any(text.opened for text in all_texts(stream) if text.index is not None),
    absent="no part was announced",
    promise="responses-text",
)
def part_added_empty(stream: Stream) -> Iterator[Violation]:
    """Parts of content and of summaries, of the types that events fill: others may come whole."""
    told_of = misshapen(stream)
    for text in all_texts(stream):
        for key in ("text", "refusal", "annotations", "logprobs") if text.slot in _STREAMED else ():
            value = text.opened_part.get(key)
            if value and (text.opened, f"part.{key}") not in told_of:
                yield Violation(
                    event=text.opened,
                    place=f"part.{key}",
                    expected="[]" if isinstance(value, list) else '""',
                    observed=shown(value),
                )


_STREAMED = (*PARTS, "summary_text")
# What events fill an item with after its announcement, by its type; what no event fills may come with it.
_FILLED = {
    "message": ("content",),
    "reasoning": ("summary", "content"),
    "function_call": ("arguments",),
    "custom_tool_call": ("input",),
    "mcp_call": ("arguments",),
    "code_interpreter_call": ("code",),
}
# Statuses of an item that was cut: none has one when it is announced.
_CUT = ("incomplete", "failed")


@requirement(
    "item-added-fresh",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "An item is announced with its id and its status, and empty: what it holds comes after it.",
    hurts="Clients that build an item of its events lose what came before them, or have it twice.",
    sources=[openapi("ResponseOutputItemAddedEvent"), API_REFERENCE],
    when=has_items,
    absent="no item was announced",
    promise="responses",
)
def item_added_fresh(stream: Stream) -> Iterator[Violation]:
    """In progress in the words of its type, or completed at once, as OpenAI has been recorded with."""
    told_of = misshapen(stream)
    for item in responses_of(stream).items:
        status, named = item.at_added.get("status"), item.given_id or item.at_done.get("id")
        wrong: list[tuple[str, str, Any]] = []  # key, what is expected, what is there
        if status in _CUT or (status is None and item.type in _STATEFUL and item.type not in _STATELESS):
            wrong.append(("status", "in_progress", status))
        if named and not item.id:
            wrong.append(("id", f"{shown(named)}, as in later events", item.id))
        held = ((key, item.at_added.get(key)) for key in _FILLED.get(item.type, ()))
        wrong += [(key, '""' if isinstance(value, str) else "[]", value) for key, value in held if value]
        for key, expected, value in wrong:
            if (item.added, f"item.{key}") not in told_of:
                yield Violation(
                    event=item.added, place=f"item.{key}", expected=expected, observed=value_shown(value)
                )


# Items that the model writes itself.
_GENERATED = ("message", "function_call", "custom_tool_call", "reasoning")


@requirement(
    "item-incomplete-last",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "After a message, a call or reasoning that is incomplete no item begins: what cuts it ends the response.",
    hurts="Clients stop at the item that was cut, and lose the ones after it.",
    sources=[openapi("OutputMessage"), OPEN_RESPONSES],
    when=lambda stream: any(_cut(stream)),
    absent="no message, call or reasoning that is incomplete in the stream",
)
def item_incomplete_last(stream: Stream) -> Iterator[Violation]:
    """Items that overlap are cut together; a hosted tool that is cut ends nothing."""
    last = max((item.added for item in responses_of(stream).items), default=0)
    for item in _cut(stream):
        if last > item.done:
            yield Violation(
                event=item.done,
                place="item.status",
                expected="completed, since another item follows",
                observed=shown("incomplete"),
            )


def _cut(stream: Stream) -> Iterator[Item]:
    for item in responses_of(stream).items:
        if item.type in _GENERATED and item.at_done.get("status") == "incomplete":
            yield item


@requirement(
    "partial-image-index",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "Partial images of an item are counted 0, 1, 2.",
    hurts="Clients that show the image of the highest index keep showing an older one.",
    sources=[openapi("ResponseImageGenCallPartialImageEvent")],
    when=lambda stream: not stream.resumed and any(item.images for item in responses_of(stream).items),
    absent="no partial image in the stream, or a resumed one",
)
def partial_image_index(stream: Stream) -> Iterator[Violation]:
    """In the order of their coming."""
    for item in responses_of(stream).items:
        for due, (event, index) in enumerate(item.images):
            if index != due and type(index) is int:  # the schema tells of other types
                yield Violation(
                    event=event, place="partial_image_index", expected=str(due), observed=shown(index)
                )
