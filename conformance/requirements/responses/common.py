"""Triggers and steps that the checks of Responses streams share."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.course import Snapshot
from conformance.assemble.events import TERMINAL
from conformance.assemble.item import Item, Text
from conformance.catalogue import trigger
from conformance.requirements.common import fewest_tokens
from conformance.subject import ResponsesStream
from conformance.text import shown

IDENTITY = ("type", "id", "call_id", "name")
"""The keys that identify an item."""
ANSWER = ("output_text", "refusal")
"""The slots of the texts in a message: what the user is shown."""
PARTS = (*ANSWER, "reasoning_text")
"""The slots of the texts in the `content` of an item."""


# Triggers: what a stream must contain for a rule to apply


@trigger(absent="no event in the stream")
def has_events(stream: ResponsesStream) -> bool:
    return bool(stream.responses.events.count)


@trigger(absent="no response.created in the stream")
def has_created(stream: ResponsesStream) -> bool:
    return bool(stream.responses.lifecycle.of("response.created"))


@trigger(absent="no item in the stream")
def has_items(stream: ResponsesStream) -> bool:
    return bool(stream.items)


@trigger(absent="no part in the stream")
def has_texts(stream: ResponsesStream) -> bool:
    return any(text.index is not None for text in all_texts(stream))


@trigger(absent="no completed or incomplete response")
def ends_with_output(stream: ResponsesStream) -> bool:
    final = stream.responses.lifecycle.final
    return final is not None and meant(final) != "failed" and not was_cancelled(stream)


@trigger(absent="no completed response")
def has_completed(stream: ResponsesStream) -> bool:
    final = stream.responses.lifecycle.final
    return final is not None and meant(final) == "completed" and not was_cancelled(stream)


@trigger(absent="no usage in the final response")
def final_usage(stream: ResponsesStream) -> dict[str, Any]:
    """The usage of the final response; empty if it is missing or not an object."""
    usage = final_response(stream).get("usage")
    return usage if isinstance(usage, dict) else {}


# Exemptions: conditions under which a rule does not apply although its trigger fires


def failed(stream: ResponsesStream) -> bool:
    """Whether the response failed, was cancelled or has no terminal event."""
    ends = [meant(snapshot) for snapshot in stream.responses.lifecycle.terminals]
    return bool(stream.responses.errors.seen) or not ends or "failed" in ends or was_cancelled(stream)


def was_cut(stream: ResponsesStream) -> bool:
    """Whether the response ended before the model had finished: incomplete, by its event or by its status."""
    final = stream.responses.lifecycle.final
    return final is not None and meant(final) == "incomplete"


def was_withdrawn(stream: ResponsesStream) -> bool:
    """Whether a content filter cut the response. What was streamed may then be missing from its end."""
    details = final_response(stream).get("incomplete_details")
    return was_cut(stream) and isinstance(details, dict) and details.get("reason") == "content_filter"


def was_cancelled(stream: ResponsesStream) -> bool:
    """Whether the response has the status `cancelled`, for which there is no event."""
    return any(one.response.get("status") == "cancelled" for one in stream.responses.lifecycle.seen)


# Building blocks of checks


def is_of_program(item: Item) -> bool:
    """Whether a program that the model wrote makes this call, or is this item."""
    caller = item.added.value.get("caller") or item.done.value.get("caller")
    return item.type in ("program", "program_output") or (
        isinstance(caller, dict) and caller.get("type") == "program"
    )


def goes_on_with_program(stream: ResponsesStream) -> bool:
    """Whether this turn runs a program further, for which the model itself may spend no tokens."""
    return any(map(is_of_program, stream.items))


# The key of a response that says why it ended, by its status.
_WHY = {"incomplete": "incomplete_details", "failed": "error"}


def meant(snapshot: Snapshot) -> str:
    """The status that a terminal event means: completed, incomplete or failed.

    Where the type of the event and the status of its response disagree, one of them is wrong. Nobody writes
    `incomplete` or `failed` by default, so either counts more than `completed`; between the two, the reason
    that is given decides.
    """
    told, status = TERMINAL[snapshot.type], snapshot.response.get("status")
    if not isinstance(status, str) or status not in _WHY or status == told:
        return told
    reasons = {end: snapshot.response.get(key) is not None for end, key in _WHY.items()}
    by_status = told == "completed" or (reasons[status] and not reasons[told])
    return status if by_status else told


def all_texts(stream: ResponsesStream) -> Iterator[Text]:
    for item in stream.items:
        yield from item.texts.values()


def texts_of(stream: ResponsesStream, *slots: str) -> list[tuple[Item, Text]]:
    return stream.responses.output.texts(*slots)


def final_response(stream: ResponsesStream) -> dict[str, Any]:
    final = stream.responses.lifecycle.final
    return final.response if final is not None else {}


def final_output(stream: ResponsesStream) -> list[Any]:
    output = final_response(stream).get("output")
    return output if isinstance(output, list) else []


def fewest_output_tokens(stream: ResponsesStream) -> int:
    """How many tokens the text that came has at least, whatever the tokenizer; 0 without text."""
    return sum(fewest_tokens(text.deltas) for _, text in texts_of(stream, *ANSWER))


def item_text(item: dict[str, Any], *slots: str) -> str:
    # Concatenates the texts of these slots in the item's content; indexes are checked by other rules.
    parts = item.get("content")
    parts = parts if isinstance(parts, list) else []
    texts = [part.get("text", part.get("refusal")) for part in parts if is_known(part, *slots)]
    return "".join(text for text in texts if isinstance(text, str))


def is_known(part: Any, *slots: str) -> bool:
    """Whether a part has one of these types, or no type. Part types are an open set: others may be added."""
    return isinstance(part, dict) and (part.get("type") is None or part["type"] in slots)


def streamed_text(item: Item, *slots: str) -> tuple[str, bool]:
    # The concatenated deltas of the item's texts in these slots, and whether there was any delta.
    texts = [text for text in item.texts.values() if text.slot in slots]
    return "".join(text.text for text in texts), any(text.deltas.texts for text in texts)


def summary_text(item: dict[str, Any], index: Any) -> Any:
    parts = item.get("summary")
    if isinstance(parts, list) and type(index) is int and 0 <= index < len(parts):
        return parts[index].get("text") if isinstance(parts[index], dict) else None
    return None


def final_item(stream: ResponsesStream, item: Item) -> dict[str, Any]:
    """The item in the final response: at the item's index, or else the one with its id.

    Empty if the final response lacks it. If several items were announced with one index or id, only the
    newest of them counts, so that nothing in the final response is compared more than twice.
    """
    final, output = stream.responses.final_items, stream.responses.output
    index, place = item.output_index, dict[str, Any]()
    if type(index) is int and 0 <= index < len(final.ordered) and output.by_index[index] is item:
        place = final.ordered[index]
    if item.id and place.get("id") != item.id:
        known = isinstance(item.id, str) and output.by_id[item.id] is item
        if known and item.id in final.by_id:
            return final.by_id[item.id]
    return place if place.get("type") == item.type else {}


def misshapen(stream: ResponsesStream) -> frozenset[tuple[int, str]]:
    """Each place that the schema rule reports, with its event number; includes the paths above each place."""
    return frozenset(
        (error.event, ".".join(steps[:count]))
        for error in stream.assembled.data.misfits
        for steps in (error.path.split("."),)
        for count in range(1, len(steps) + 1)
    )


def value_shown(value: Any) -> str:
    """A compared value as a report shows it; "nothing" for None."""
    return "nothing" if value is None else shown(value)
