"""Requirements on the states of items, of their parts and of hosted tools."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.events import ARGUMENTS, PHASES
from conformance.assemble.item import Item
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import resumed
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import (
    PARTS,
    all_texts,
    failed,
    fewest_output_tokens,
    final_usage,
    has_completed,
    has_items,
    is_of_program,
    meant,
    misshapen,
    value_shown,
)
from conformance.sources import API_REFERENCE, OPEN_RESPONSES, openapi
from conformance.subject import ResponsesStream
from conformance.text import shown

_FULL = openapi("Response")

# Image generation is left out, because OpenAI's own items were recorded done with the status
# "generating"; so is mcp_list_tools, which has no status.
_STATEFUL = (
    *("message", "function_call", "custom_tool_call"),
    *("web_search_call", "file_search_call", "code_interpreter_call", "mcp_call"),
)
# The API description requires no status of these; the official SDKs' types have none or an optional one.
_STATELESS = ("custom_tool_call", "mcp_call")


@trigger(absent="no message or call that was closed")
def stateful_items(stream: ResponsesStream) -> list[Item]:
    """The finished items of a type that has a status; empty if the response failed."""
    done = [item for item in stream.items if item.done.event and item.type in _STATEFUL]
    return [] if failed(stream) else done


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "Messages and the client's calls end `completed`, or `incomplete` if the response is; hosted tools "
        "end `completed`, `incomplete` or `failed`."
    ),
    hurts="Clients that wait for the item by its status wait on.",
    sources=[openapi("OutputMessage"), OPEN_RESPONSES],
    when=stateful_items,
    promise=Promise.RESPONSES,
    rests_on=["status-known"],
)
def item_status(stream: ResponsesStream) -> Iterator[Violation]:
    """A call of a program may be in progress when it is done. Unknown values are `status-known`'s."""
    completed, told_of = has_completed(stream), misshapen(stream)
    for item in stateful_items(stream):
        status = item.done.value.get("status")
        if (item.done.event, "item.status") in told_of:
            continue
        allowed = ["completed"] if completed else ["completed", "incomplete"]
        if item.type not in ("message", "function_call", "custom_tool_call"):
            # A hosted tool may fail or be truncated, and the answer continues without it.
            allowed = ["completed", "incomplete", "failed"]
        if (status is None and item.type in _STATELESS) or (status == "in_progress" and is_of_program(item)):
            continue
        if status not in allowed:
            yield Violation(
                event=item.done.event,
                place="item.status",
                expected=" or ".join(allowed),
                observed="no such key" if status is None else shown(status),
            )


@trigger(absent="no hosted tool with phases in the stream")
def has_phases(stream: ResponsesStream) -> bool:
    return any(_phase(phase.what)[1] for item in stream.items for phase in item.phases)


@responses_rule(
    level=Level.SHOULD,
    statement="A hosted tool goes through its phases in their order.",
    hurts="Clients that show what the tool does show it wrongly, or never as done.",
    sources=[openapi("ResponseStreamEvent")],
    when=has_phases,
)
def hosted_tool_phases(stream: ResponsesStream) -> Iterator[Violation]:
    """Phases may be omitted, partial images may repeat, and OpenAI says twice that an MCP call is running."""
    for item in stream.items:
        last = -1
        for phase in item.phases:
            name, order = _phase(phase.what)
            if name not in order:
                continue
            place = order.index(name)
            again = name == "partial_image" or phase.what == "response.mcp_call.in_progress"
            if place < last or (place == last and not again):
                yield Violation(
                    event=phase.event,
                    place="type",
                    expected=f"a phase after {order[last]}",
                    observed=phase.what,
                )
            last = max(last, place)


def _phase(kind: str) -> tuple[str, tuple[str, ...]]:
    # The phase named by an event type, and all phases of that tool in order; empty for other events.
    tool, _, name = kind.removeprefix("response.").rpartition(".")
    return name, PHASES.get(tool, ())


@trigger(absent="the prompt does not go beyond the token limit, or nothing tells how many tokens came")
def beyond_the_limit(stream: ResponsesStream) -> bool:
    due, limit = Promise.RESPONSES_LENGTH in stream.exchange.promises, _limit(stream)
    told = limit is not None and (_spent(stream) is not None or fewest_output_tokens(stream) > limit)
    return due and told


@responses_rule(
    level=Level.SHOULD,
    statement="A response that used up `max_output_tokens` is incomplete.",
    hurts="A cut answer is taken for a whole one.",
    sources=[_FULL],
    when=beyond_the_limit,
    promise=Promise.RESPONSES_LENGTH,
    capability="responses-max-tokens",
    needs=[Need.REQUEST],
    rests_on=["response-max-tokens"],
)
def response_length_status(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares the limit with the endpoint's own token count and with the text that came.

    Judged only where the prompt asks for more output than the limit allows.
    """
    final, limit = stream.responses.lifecycle.final, _limit(stream)
    used = max(_spent(stream) or 0, fewest_output_tokens(stream))
    if final is None or limit is None:
        return
    if used >= limit and meant(final) == "completed":
        yield Violation(
            event=final.event,
            place="response.status",
            expected=f"incomplete, since {used} of {limit} tokens were used",
            observed="completed",
        )


def _limit(stream: ResponsesStream) -> int | None:
    limit = stream.asked.get("max_output_tokens")
    return limit if type(limit) is int else None


def _spent(stream: ResponsesStream) -> int | None:
    spent = final_usage(stream).get("output_tokens")
    return spent if type(spent) is int else None


@responses_rule(
    level=Level.MUST,
    statement="A part is of the type that its text events speak of.",
    hurts="Both official SDKs raise: they add text to a part that holds none.",
    sources=[openapi("ResponseContentPartAddedEvent")],
    when=has_items,
    promise=Promise.RESPONSES_TEXT,
    reports=["vllm-project/vllm#35184"],
)
def part_type(stream: ResponsesStream) -> Iterator[Violation]:
    """A part of type output_text gets output text; a part of type refusal gets refusal text."""
    for item in stream.items:
        for wrong in item.mistyped:
            yield Violation(
                event=wrong.event,
                place="type",
                expected=f"events of a part of type {wrong.opened}",
                observed=wrong.spoken,
            )


@trigger(absent="no part was announced")
def has_announced_parts(stream: ResponsesStream) -> bool:
    return any(text.opened.event for text in all_texts(stream) if text.index is not None)


@responses_rule(
    level=Level.SHOULD,
    statement="A part is announced without text, annotations and logprobs: they come after it.",
    hurts="Clients that build the text of deltas alone lose its begin; others show it twice.",
    sources=[openapi("ResponseContentPartAddedEvent"), API_REFERENCE],
    when=has_announced_parts,
    promise=Promise.RESPONSES_TEXT,
)
def part_added_empty(stream: ResponsesStream) -> Iterator[Violation]:
    """Applies to parts that later events fill; parts of other types may be announced complete."""
    told_of = misshapen(stream)
    for text in all_texts(stream):
        for key in ("text", "refusal", "annotations", "logprobs") if text.slot in _STREAMED else ():
            value = text.opened.value.get(key)
            if value and (text.opened.event, f"part.{key}") not in told_of:
                yield Violation(
                    event=text.opened.event,
                    place=f"part.{key}",
                    expected="[]" if isinstance(value, list) else '""',
                    observed=shown(value),
                )


_STREAMED = (*PARTS, "summary_text")
# The keys that later events fill, by item type; other keys may be complete in the announcement.
_FILLED = {
    "message": ("content",),
    "reasoning": ("summary", "content"),
    **{item: (argument.path,) for item, argument in ARGUMENTS.items()},
}
# The statuses of an item that did not complete: no item is announced with one.
_CUT = ("incomplete", "failed")


@trigger(absent="no item was announced")
def announced_items(stream: ResponsesStream) -> list[Item]:
    return stream.items


@responses_rule(
    level=Level.SHOULD,
    statement="An item is announced with its id and its status, and empty: what it holds comes after it.",
    hurts="Clients that build an item of its events lose what came before them, or have it twice.",
    sources=[openapi("ResponseOutputItemAddedEvent"), API_REFERENCE],
    when=announced_items,
    promise=Promise.RESPONSES,
    rests_on=["arguments-done-agrees"],
)
def item_added_fresh(stream: ResponsesStream) -> Iterator[Violation]:
    """The status may be any that means in progress, or completed, as recorded from OpenAI."""
    told_of = misshapen(stream)
    for item in announced_items(stream):
        status, named = item.added.value.get("status"), item.references.id or item.done.value.get("id")
        wrong: list[tuple[str, str, Any]] = []  # key, expected, observed
        if status in _CUT or (status is None and item.type in _STATEFUL and item.type not in _STATELESS):
            wrong.append(("status", "in_progress", status))
        if named and not item.id:
            wrong.append(("id", f"{shown(named)}, as in later events", item.id))
        held = ((key, _at(item.added.value, key)) for key in _FILLED.get(item.type, ()))
        wrong += [(key, '""' if isinstance(value, str) else "[]", value) for key, value in held if value]
        for key, expected, value in wrong:
            if (item.added.event, f"item.{key}") not in told_of:
                yield Violation(
                    event=item.added.event,
                    place=f"item.{key}",
                    expected=expected,
                    observed=value_shown(value),
                )


def _at(item: dict[str, Any], path: str) -> Any:
    holder, _, key = path.rpartition(".")
    inside = item.get(holder) if holder else item
    return inside.get(key) if isinstance(inside, dict) else None


# The items that the model itself generates.
_GENERATED = ("message", "function_call", "custom_tool_call", "reasoning")


@trigger(absent="no message, call or reasoning that is incomplete in the stream")
def cut_items(stream: ResponsesStream) -> list[Item]:
    made = [item for item in stream.items if item.type in _GENERATED]
    return [item for item in made if item.done.value.get("status") == "incomplete"]


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "After a message, a call or reasoning that is incomplete no item begins: what cuts it ends the "
        "response."
    ),
    hurts="Clients stop at the item that was cut, and lose the ones after it.",
    sources=[openapi("OutputMessage"), OPEN_RESPONSES],
    when=cut_items,
)
def item_incomplete_last(stream: ResponsesStream) -> Iterator[Violation]:
    """Items that overlap are truncated together.

    A hosted tool that is truncated does not end the response.
    """
    last = max((item.added.event for item in stream.items), default=0)
    for item in cut_items(stream):
        if last > item.done.event:
            yield Violation(
                event=item.done.event,
                place="item.status",
                expected="completed, since another item follows",
                observed=shown("incomplete"),
            )


@trigger(absent="no partial image in the stream")
def has_partial_images(stream: ResponsesStream) -> bool:
    return any(item.images for item in stream.items)


@responses_rule(
    level=Level.SHOULD,
    statement="Partial images of an item are counted 0, 1, 2.",
    hurts="Clients that show the image of the highest index keep showing an older one.",
    sources=[openapi("ResponseImageGenCallPartialImageEvent")],
    when=has_partial_images.unless("a resumed one", resumed),
)
def partial_image_index(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares the index of each image with its position in the stream."""
    for item in stream.items:
        for due, image in enumerate(item.images):
            if image.index != due and type(image.index) is int:  # the schema rule reports others
                yield Violation(
                    event=image.event,
                    place="partial_image_index",
                    expected=str(due),
                    observed=shown(image.index),
                )
