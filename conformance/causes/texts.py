"""Mends of streamed texts: what is new in each delta, and what a delta that was lost must have said. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from conformance.assemble.events import EVENTS, Scope
from conformance.assemble.item import Item, Text
from conformance.assemble.payload import parse
from conformance.assemble.records import Deltas
from conformance.causes.edits import Edit, changed, data_of
from conformance.subject import Answer, ResponsesStream

__all__ = [
    "arguments_done_agrees",
    "filled",
    "filled_cut",
    "fresh_texts",
    "text_cumulative",
    "text_done_agrees",
]

_FEW = 20  # deltas that are no text


def text_cumulative(answer: Answer) -> Iterator[Edit]:
    items = answer.items if isinstance(answer, ResponsesStream) else []
    texts = [found for item in items for found in item.texts.values()]
    fresh = {event: text for found in texts for event, text in fresh_texts(found.deltas)}

    def change(number: int, value: Any) -> None:
        value["delta"] = fresh[number]

    yield from changed(answer, sorted(fresh), change)


def fresh_texts(deltas: Deltas) -> Iterator[tuple[int, str]]:
    """What is new in each delta of a text whose deltas hold the text so far, with its event."""
    if deltas.growth.cumulative:
        for event, (before, text) in zip(deltas.events, pairwise(["", *deltas.texts]), strict=True):
            yield event, text.removeprefix(before)


def filled(answer: Answer) -> Iterator[Edit]:
    """What is missing in a delta that is no text, where its done event tells the whole."""
    yield from _filled(answer, lambda _delta: True)


def filled_cut(answer: Answer) -> Iterator[Edit]:
    """The same for deltas that were cut off alone, which `documents` reads as null."""
    yield from _filled(answer, lambda delta: delta is None)


def _filled(answer: Answer, chosen: Callable[[Any], bool]) -> Iterator[Edit]:
    lost: dict[int, str] = {}
    kinds = data_of(answer).misfits.kinds
    if sum(len(places) for (path, _), places in kinds.items() if path == "delta") > _FEW:
        return  # with so many of them missing, nothing tells what each of them said
    unread = list(_unread(answer, chosen))
    for item in answer.items if unread and isinstance(answer, ResponsesStream) else ():
        for (scope, index), text in item.texts.items():
            whole = text.done.value
            found = [one.event for one in unread if one.may_be_of(item, scope, index)]
            for number in found if isinstance(whole, str) else ():
                pairs = list(zip(text.deltas.events, text.deltas.texts, strict=True))
                before = text.start + "".join(delta for event, delta in pairs if event < number)
                after = "".join(delta for event, delta in pairs if event > number)
                whole_of = whole.startswith(before) and whole.endswith(after)
                if whole_of and len(whole) >= len(before) + len(after):
                    lost[number] = whole[len(before) : len(whole) - len(after)]

    def change(number: int, value: Any) -> None:
        value["delta"] = lost[number]

    yield from changed(answer, sorted(lost), change)


@dataclass(frozen=True, slots=True)
class _Unread:
    """An event whose delta is no string."""

    event: int
    scope: Scope
    value: dict[str, Any]

    def may_be_of(self, item: Item, scope: Scope, index: Any) -> bool:
        """Whether it is about this text, or names no other one."""
        at = self.value.get("output_index", item.output_index), self.value.get(_INDEX.get(scope, ""), index)
        return self.scope is scope and at == (item.output_index, index)


_INDEX = {Scope.PART: "content_index", Scope.SUMMARY: "summary_index"}


def _unread(answer: Answer, chosen: Callable[[Any], bool]) -> Iterator[_Unread]:
    for misfit in data_of(answer).misfits:
        event = answer.event(misfit.event) if misfit.path == "delta" else None
        value = parse(event.data)[0] if event is not None else {}
        row = EVENTS.get(str(value.get("type")))
        if row is not None and chosen(value.get("delta")):
            yield _Unread(misfit.event, row.scope, value)


def text_done_agrees(answer: Answer) -> Iterator[Edit]:
    yield from _as_done(answer, lambda text: text.index is not None)


def arguments_done_agrees(answer: Answer) -> Iterator[Edit]:
    yield from _as_done(answer, lambda text: text.index is None)


def _as_done(answer: Answer, chosen: Callable[[Text], bool]) -> Iterator[Edit]:
    """The deltas of a text as its done event tells it: the first holds all of it, the others nothing."""
    new: dict[int, str] = {}
    for item in answer.items if isinstance(answer, ResponsesStream) else ():
        for text in filter(chosen, item.texts.values()):
            if isinstance(text.done.value, str) and text.deltas.events and text.text != text.done.value:
                new |= dict.fromkeys(text.deltas.events, "")
                new[text.deltas.events[0]] = text.done.value
                new |= {text.opened.event: text.slot} if text.start else {}

    def change(number: int, value: Any) -> None:
        if "delta" in value:
            value["delta"] = new[number]
        elif "part" in value:
            value["part"]["text"] = ""
        else:
            value["item"][new[number]] = ""

    yield from changed(answer, sorted(new), change)
