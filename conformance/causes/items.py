"""Mends of the items and parts of a Responses stream: their announcements and their indexes. Pure."""

import json
from collections.abc import Iterator
from typing import Any

from conformance.assemble.events import Scope
from conformance.assemble.item import TextFault
from conformance.assemble.payload import parse
from conformance.causes.documents import blocks
from conformance.causes.edits import Edit, changed, data_of, events_of
from conformance.decode import Event
from conformance.subject import Answer, ResponsesStream

__all__ = ["item_added_first", "output_index_present", "output_index_unique", "part_added_first"]


def part_added_first(answer: Answer) -> Iterator[Edit]:
    """The index of the one part of the item that was announced."""
    new: dict[int, int] = {}
    for item in answer.items if isinstance(answer, ResponsesStream) else ():
        parts: dict[Scope, list[int]] = {}
        for (scope, _), text in item.texts.items():
            if text.opened.event:
                parts.setdefault(scope, []).append(text.index)
        for (scope, _), text in item.texts.items():
            announced = parts.get(scope, [])
            if not text.opened.event and len(announced) == 1:
                seen = text.misplaced[TextFault.UNOPENED]
                new |= {sighting.event: announced[0] for sighting in seen}

    def change(number: int, value: Any) -> None:
        value["content_index" if "content_index" in value else "summary_index"] = new[number]

    yield from changed(answer, sorted(new), change)


def output_index_present(answer: Answer) -> Iterator[Edit]:
    """The index of the item whose id the event names; a new item has the next one."""
    ids: dict[str, int] = {}
    wrong = {item.event for item in data_of(answer).misfits if item.path == "output_index"}
    new: dict[int, int] = {}
    for event in answer.wire.events if wrong else ():
        value = parse(event.data)[0]
        if not isinstance(value, dict):
            continue
        item = value.get("item")
        name = str(item.get("id") if isinstance(item, dict) else value.get("item_id"))
        if value.get("type") == "response.output_item.added":
            ids.setdefault(name, len(ids))
        if event.number in wrong and name in ids:
            new[event.number] = ids[name]

    def change(number: int, value: Any) -> None:
        value["output_index"] = new[number]

    yield from changed(answer, sorted(new), change)


def item_added_first(answer: Answer) -> Iterator[Edit]:
    if not isinstance(answer, ResponsesStream):
        return
    ids = {item.id: item.output_index for item in answer.items if item.id}
    strays: dict[int, Any] = {}
    first: dict[Any, Event] = {}
    items: dict[Any, Any] = {}
    for event in events_of(answer, answer.responses.output.orphans):
        value = parse(event.data)[0]
        if value.get("item_id") in ids:  # announced under another index
            strays[event.number] = ids[value["item_id"]]
            continue
        first.setdefault(value.get("output_index"), event)
        if isinstance(value.get("item"), dict):
            items[value.get("output_index")] = value["item"]
    final = answer.responses.lifecycle.final
    told = final.response.get("output") if final is not None else None
    for index, event in first.items():
        whole = items.get(index)
        if whole is None and isinstance(told, list) and type(index) is int and 0 <= index < len(told):
            whole = told[index]
        if isinstance(whole, dict):
            kept = {key: whole[key] for key in ("type", "id", "call_id", "name") if key in whole}
            added = {"type": "response.output_item.added", "output_index": index, "item": kept}
            yield Edit(event.start, event.start, blocks([json.dumps(added)], named=event.name is not None))

    def change(number: int, value: Any) -> None:
        value["output_index"] = strays[number]

    yield from changed(answer, sorted(strays), change)


def output_index_unique(answer: Answer) -> Iterator[Edit]:
    reused = answer.responses.output.reused if isinstance(answer, ResponsesStream) else ()
    yield from (Edit(event.start, event.end, b"") for event in events_of(answer, reused))
