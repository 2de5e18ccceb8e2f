"""Steps that the checks of Responses streams share."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.item import Item, Text
from conformance.catalogue import trigger
from conformance.subject import ResponsesStream
from conformance.text import shown

IDENTITY = ("type", "id", "call_id", "name")
"""The keys that say which item one is."""
ANSWER = ("output_text", "refusal")
"""The slots of the texts that a message holds: what the user is told."""
PARTS = (*ANSWER, "reasoning_text")
"""The slots of the texts that stand in an item's content."""


# What a stream holds: triggers of rules


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
    return final is not None and final.type in ("response.completed", "response.incomplete")


@trigger(absent="no completed response")
def has_completed(stream: ResponsesStream) -> bool:
    final = stream.responses.lifecycle.final
    return final is not None and final.type == "response.completed"


@trigger(absent="no usage in the final response")
def final_usage(stream: ResponsesStream) -> dict[str, Any]:
    """The usage of the final response; empty where it is no object."""
    usage = final_response(stream).get("usage")
    return usage if isinstance(usage, dict) else {}


# What keeps a rule from being asked although its trigger is there


def failed(stream: ResponsesStream) -> bool:
    """Whether the response failed, or did not end."""
    life = stream.responses.lifecycle
    return bool(stream.responses.errors.seen or life.of("response.failed")) or not life.terminals


# Steps of checks


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


def item_text(item: dict[str, Any], *slots: str) -> str:
    # The texts of these slots in an item object's content, in order: their indexes are another rule's matter.
    parts = item.get("content")
    parts = parts if isinstance(parts, list) else []
    texts = [part.get("text", part.get("refusal")) for part in parts if is_known(part, *slots)]
    return "".join(text for text in texts if isinstance(text, str))


def is_known(part: Any, *slots: str) -> bool:
    """Whether a part is of one of these types, or of none: the types of parts are an open set."""
    return isinstance(part, dict) and (part.get("type") is None or part["type"] in slots)


def streamed_text(item: Item, *slots: str) -> tuple[str, bool]:
    # What the deltas of an item's parts of these slots make, and whether there was any.
    texts = [text for text in item.texts.values() if text.slot in slots]
    return "".join(text.text for text in texts), any(text.deltas.texts for text in texts)


def summary_text(item: dict[str, Any], index: Any) -> Any:
    parts = item.get("summary")
    if isinstance(parts, list) and type(index) is int and 0 <= index < len(parts):
        return parts[index].get("text") if isinstance(parts[index], dict) else None
    return None


def final_item(stream: ResponsesStream, item: Item) -> dict[str, Any]:
    """The item in the final response: at its place, or else the one with its id.

    Place and id belong to the newest item that was announced with them, so that nothing in the final response
    is compared more than twice.
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
    """Each event and place of which the schema tells already, with the places that hold it."""
    return frozenset(
        (error.event, ".".join(steps[:count]))
        for error in stream.assembled.data.misfits
        for steps in (error.path.split("."),)
        for count in range(1, len(steps) + 1)
    )


def value_shown(value: Any) -> str:
    """A value of two that are compared."""
    return "nothing" if value is None else shown(value)
