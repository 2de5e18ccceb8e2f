"""Steps that the checks of Responses streams share."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.item import Item, Text
from conformance.catalogue import Violation
from conformance.requirements.common import (
    responses_of,
)
from conformance.subject import Stream
from conformance.text import shown

IDENTITY = ("type", "id", "call_id", "name")
"""The keys that say which item one is."""
ANSWER = ("output_text", "refusal")
"""The slots of the texts that a message holds: what the user is told."""
PARTS = (*ANSWER, "reasoning_text")
"""The slots of the texts that stand in an item's content."""


def eventful(stream: Stream) -> bool:
    return bool(responses_of(stream).events)


def has_items(stream: Stream) -> bool:
    return bool(responses_of(stream).items)


def has_texts(stream: Stream) -> bool:
    return any(text.index is not None for text in all_texts(stream))


def all_texts(stream: Stream) -> Iterator[Text]:
    for item in responses_of(stream).items:
        yield from item.texts.values()


def texts_of(stream: Stream, *slots: str) -> list[tuple[Item, Text]]:
    return responses_of(stream).texts(*slots)


def final_response(stream: Stream) -> dict[str, Any]:
    life = responses_of(stream).final
    return life.response if life is not None else {}


def final_output(stream: Stream) -> list[Any]:
    output = final_response(stream).get("output")
    return output if isinstance(output, list) else []


def text_differs(event: int, place: str, deltas: str, told: Any) -> Iterator[Violation]:
    if told is not None and told != deltas:
        yield Violation(
            event=event, place=place, expected=f"{shown(deltas, 80)}, as streamed", observed=shown(told, 80)
        )


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
    return "".join(text.text for text in texts), any(text.deltas for text in texts)


def summary_text(item: dict[str, Any], index: Any) -> Any:
    parts = item.get("summary")
    if isinstance(parts, list) and type(index) is int and 0 <= index < len(parts):
        return parts[index].get("text") if isinstance(parts[index], dict) else None
    return None


def final_item(stream: Stream, item: Item) -> dict[str, Any]:
    """The item in the final response: at its place, or else the one with its id."""
    output, by_id = responses_of(stream).output
    index = item.output_index
    place = output[index] if type(index) is int and 0 <= index < len(output) else {}
    if item.id and place.get("id") != item.id:
        named = by_id.get(item.id) if isinstance(item.id, str) else None
        if named is not None:
            return named
    return place if place.get("type") == item.type else {}


def ends_with_output(stream: Stream) -> bool:
    final = responses_of(stream).final
    return final is not None and final.type in ("response.completed", "response.incomplete")


def ended_well(stream: Stream) -> bool:
    found = responses_of(stream)
    return not found.errors and not found.of("response.failed") and bool(found.terminals)


def has_completed(stream: Stream) -> bool:
    final = responses_of(stream).final
    return final is not None and final.type == "response.completed"


def misshapen(stream: Stream) -> frozenset[tuple[int, str]]:
    """Each event and place of which the schema tells already, with the places that hold it."""
    return frozenset(
        (error.event, ".".join(steps[:count]))
        for error in stream.misfits
        for steps in (error.path.split("."),)
        for count in range(1, len(steps) + 1)
    )


def value_shown(value: Any) -> str:
    """A value of two that are compared."""
    return "nothing" if value is None else shown(value)
