"""Mends of what keeps the events of a stream from being read, or spoils a text that others are compared with.

A violation follows from another if it is gone once that one is mended. A mend changes what its requirement
speaks of and nothing else, as far as the bytes tell what they were meant to be: two JSON documents in one
event become two events. What the bytes do not tell is left as it is. Pure.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import Any

from conformance.assemble.events import EVENTS, Scope
from conformance.assemble.item import Item, Text
from conformance.assemble.payload import parse
from conformance.assemble.records import Data, Deltas
from conformance.assemble.terminator import DONE
from conformance.decode import Event
from conformance.exchange import Piece
from conformance.subject import Answer, ChatStream, ResponsesStream, read

__all__ = ["MENDS", "Edit", "Mend", "documents", "edited", "mended"]

_LINE_END = re.compile(r"\r\n|\r|\n")
_FILLING = re.compile(r"(?:\s|,|data:|\ufeff)*")  # what may stand between two documents
_ASIDE = ("event:", "id:", "retry:", ":")  # the beginnings of lines that hold no data
_TRIED = 8  # places, from the end, at which a document that is cut off is completed
_decoder = json.JSONDecoder(parse_constant=lambda _: None)  # NaN stands for no number


@dataclass(frozen=True, slots=True)
class Edit:
    """New bytes in place of those from `start` up to `end` of a body."""

    start: int
    end: int
    data: bytes


Mend = Callable[[Answer], Iterator[Edit]]
"""One step of a mend: the edits of a body, none overlapping another."""


def mended(answer: Answer, names: Iterable[str]) -> Answer:
    """The answer with these requirements mended one after the other, as far as each can be."""
    for name in names:
        for step in MENDS[name]:
            if edits := list(step(answer)):
                pieces = edited(answer.exchange.pieces, edits)
                answer = read(replace(answer.exchange, pieces=pieces))
    return answer


def edited(pieces: Sequence[Piece], edits: Iterable[Edit]) -> tuple[Piece, ...]:
    """The pieces of a body with edits applied; new bytes arrive when the last of the old ones did."""
    ends = list(accumulate(len(piece.data) for piece in pieces))
    found = [bytearray(piece.data) for piece in pieces]
    for edit in sorted(edits, key=lambda item: item.start, reverse=True):
        last = next((at for at, end in enumerate(ends) if end >= edit.end), len(found) - 1)
        for at in range(last, -1, -1):
            begin = ends[at] - len(pieces[at].data)
            if at == last:
                inside = slice(max(edit.start - begin, 0), edit.end - begin)
                found[at][inside] = edit.data
            elif ends[at] > edit.start:
                del found[at][max(edit.start - begin, 0) :]
    return tuple(replace(piece, data=bytes(data)) for piece, data in zip(pieces, found, strict=True) if data)


def documents(text: str) -> list[str]:
    """The JSON documents and terminators that a text holds one after the other.

    The last one is completed if it is cut off; whatever is no document ends the list.
    """
    found: list[str] = []
    position = 0
    while True:
        filling = _FILLING.match(text, position)
        position = filling.end() if filling else position
        if text.startswith(DONE, position):
            found.append(DONE)
            position += len(DONE)
        elif text[position : position + 1] in ("{", "["):
            try:
                value, position = _decoder.raw_decode(text, position)
            except (ValueError, RecursionError):
                return [*found, *_completed(text[position:])]
            found.append(json.dumps(value))
        else:
            return found


def _completed(text: str) -> list[str]:
    """A JSON document that is cut off, with what is open in it closed; empty if it is none."""
    open_: list[str] = []
    places: list[tuple[int, str]] = []  # the commas, each with what closes the document there
    string = escaped = False
    for at, character in enumerate(text):
        if string:
            string = escaped or character != '"'
            escaped = not escaped and character == "\\"
        elif character == '"':
            string = True
        elif character in "{[":
            open_.append("}" if character == "{" else "]")
        elif character in "}]":
            if not open_ or open_.pop() != character:
                break
        elif character == ",":
            places.append((at, "".join(reversed(open_))))
    closing = "".join(reversed(open_))
    whole = text[:-1] if escaped else text
    tried = [f'{whole}"{closing}' if string else whole + closing, f"{whole}null{closing}"]
    tried += [text[:at] + closed for at, closed in reversed(places[-_TRIED:])]
    for candidate in tried:
        try:
            value = _decoder.decode(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and str(value.get("type")).endswith(".delta"):
            value["delta"] = None  # it is cut off too: what is missing of it may stand elsewhere
        return [json.dumps(value)]
    return []


def _blocks(texts: Iterable[str], *, named: bool) -> bytes:
    """One event for each of these documents, with an `event:` line if the events of the stream are named."""
    parts = []
    for text in texts:
        value, _ = parse(text)
        kind = value.get("type") if isinstance(value, dict) else None
        line = f"event: {kind}\n" if named and isinstance(kind, str) else ""
        parts.append(f"{line}data: {text}\n\n")
    return "".join(parts).encode()


def _held(block: bytes) -> list[str]:
    """The documents in a block, whether or not each of its lines says `data:`."""
    lines = _LINE_END.split(block.decode(errors="replace"))
    return documents("\n".join(line.removeprefix("data:") for line in lines if not line.startswith(_ASIDE)))


# The mends


def _event_json(answer: Answer) -> Iterator[Edit]:
    body = answer.exchange.body
    for event in _events(answer, _data(answer).not_json):
        if texts := _held(body[event.start : event.end]):
            yield Edit(event.start, event.end, _blocks(texts, named=event.name is not None))


def _event_foreign(answer: Answer) -> Iterator[Edit]:
    for event in _events(answer, _data(answer).foreign):
        if texts := _wrapped(parse(event.data)[0]):
            yield Edit(event.start, event.end, _blocks(texts, named=event.name is not None))


def _wrapped(value: Any) -> list[str]:
    """The documents in a text that is JSON once more, in a list, or in an object that wraps one of them."""
    if isinstance(value, str):
        return documents(value)
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    found = [item for item in inner if isinstance(item, dict) and ("choices" in item or "type" in item)]
    return [json.dumps(item) for item in found] if isinstance(value, list) or len(found) == 1 else []


def _event_terminated(answer: Answer) -> Iterator[Edit]:
    tail = answer.wire.tail
    if tail is not None:
        texts = _held(answer.exchange.body[tail.start : tail.end])
        if texts and parse(tail.data)[1] and tail.data != DONE:
            yield Edit(tail.start, tail.end, _blocks(texts, named=tail.name is not None))
        else:
            yield Edit(tail.end, tail.end, b"\n\n")


def _content_cumulative(answer: Answer) -> Iterator[Edit]:
    fresh: dict[int, dict[int, str]] = {}
    for choice in answer.choices if isinstance(answer, ChatStream) else ():
        for event, text in _fresh(choice.content):
            fresh.setdefault(event, {})[choice.index] = text

    def change(number: int, value: Any) -> None:
        for item in value["choices"]:
            if item.get("index", 0) in fresh[number] and (item.get("delta") or {}).get("content"):
                item["delta"]["content"] = fresh[number][item.get("index", 0)]

    yield from _changed(answer, sorted(fresh), change)


def _text_cumulative(answer: Answer) -> Iterator[Edit]:
    items = answer.items if isinstance(answer, ResponsesStream) else []
    texts = [found for item in items for found in item.texts.values()]
    fresh = {event: text for found in texts for event, text in _fresh(found.deltas)}

    def change(number: int, value: Any) -> None:
        value["delta"] = fresh[number]

    yield from _changed(answer, sorted(fresh), change)


def _fresh(deltas: Deltas) -> Iterator[tuple[int, str]]:
    """What is new in each delta of a text whose deltas hold the text so far, with its event."""
    if deltas.growth.cumulative:
        for event, (before, text) in zip(deltas.events, pairwise(["", *deltas.texts]), strict=True):
            yield event, text.removeprefix(before)


def _content_string(answer: Answer) -> Iterator[Edit]:
    def change(_number: int, value: Any) -> None:
        for item in value["choices"]:
            content = item["delta"]["content"]
            if isinstance(content, list):
                parts = [part.get("text") for part in content if isinstance(part, dict)]
                item["delta"]["content"] = "".join(part for part in parts if isinstance(part, str))

    listed = {item.event for item in _data(answer).misfits if item.path == "choices.*.delta.content"}
    yield from _changed(answer, sorted(listed), change)


def _filled(answer: Answer) -> Iterator[Edit]:
    """What is missing in a delta that is no text, where its done event tells the whole."""
    lost: dict[int, str] = {}
    for item in answer.items if isinstance(answer, ResponsesStream) else ():
        for (scope, index), text in item.texts.items():
            whole = text.done.value
            for number in _unread(answer, item, scope, index) if isinstance(whole, str) else ():
                pairs = list(zip(text.deltas.events, text.deltas.texts, strict=True))
                before = text.start + "".join(delta for event, delta in pairs if event < number)
                after = "".join(delta for event, delta in pairs if event > number)
                whole_of = whole.startswith(before) and whole.endswith(after)
                if whole_of and len(whole) >= len(before) + len(after):
                    lost[number] = whole[len(before) : len(whole) - len(after)]

    def change(number: int, value: Any) -> None:
        value["delta"] = lost[number]

    yield from _changed(answer, sorted(lost), change)


def _unread(answer: Answer, item: Item, scope: Scope, index: Any) -> Iterator[int]:
    """The events with a delta of this text that is no string."""
    key = {Scope.PART: "content_index", Scope.SUMMARY: "summary_index"}.get(scope)
    for misfit in _data(answer).misfits:
        event = answer.event(misfit.event) if misfit.path == "delta" else None
        value = parse(event.data)[0] if event is not None else {}
        if value.get("output_index") == item.output_index and (key is None or value.get(key) == index):
            row = EVENTS.get(str(value.get("type")))
            if row is not None and row.scope is scope:
                yield misfit.event


def _text_done_agrees(answer: Answer) -> Iterator[Edit]:
    yield from _as_done(answer, lambda text: text.index is not None)


def _arguments_done_agrees(answer: Answer) -> Iterator[Edit]:
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

    yield from _changed(answer, sorted(new), change)


def _item_added_first(answer: Answer) -> Iterator[Edit]:
    if not isinstance(answer, ResponsesStream):
        return
    first: dict[Any, Event] = {}
    items: dict[Any, Any] = {}
    for event in _events(answer, answer.responses.output.orphans):
        value = parse(event.data)[0]
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
            yield Edit(event.start, event.start, _blocks([json.dumps(added)], named=event.name is not None))


def _output_index_order(answer: Answer) -> Iterator[Edit]:
    reused = answer.responses.output.reused if isinstance(answer, ResponsesStream) else ()
    yield from (Edit(event.start, event.end, b"") for event in _events(answer, reused))


def _finish_reason_tools(answer: Answer) -> Iterator[Edit]:
    choices = answer.choices if isinstance(answer, ChatStream) else []
    wrong = {
        choice.finish.event: choice.index
        for choice in choices
        if choice.calls.made and choice.finish.reason == "stop"
    }

    def change(number: int, value: Any) -> None:
        for item in value["choices"]:
            if item.get("index", 0) == wrong[number]:
                item["finish_reason"] = "tool_calls"

    yield from _changed(answer, sorted(wrong), change)


# Steps


def _data(answer: Answer) -> Data:
    return answer.assembled.data if isinstance(answer, ChatStream | ResponsesStream) else Data()


def _changed(answer: Answer, numbers: Iterable[int], change: Callable[[int, Any], None]) -> Iterator[Edit]:
    """The events with these numbers, their JSON changed; an event that has not the shape is left as it is."""
    for number in numbers:
        event = answer.event(number)
        value, wrong = parse(event.data) if event is not None else (None, "none")
        if event is None or wrong:
            continue
        try:
            change(number, value)
        except (KeyError, TypeError, AttributeError):
            continue
        line = f"event: {event.name}\n" if event.name is not None else ""
        yield Edit(event.start, event.end, f"{line}data: {json.dumps(value)}\n\n".encode())


def _events(answer: Answer, seen: Iterable[Any]) -> Iterator[Event]:
    for sighting in seen:
        if (event := answer.event(sighting.event)) is not None:
            yield event


MENDS: Mapping[str, tuple[Mend, ...]] = MappingProxyType(
    {
        "event-terminated": (_event_terminated, _filled),
        "event-json": (_event_json, _filled),
        "event-foreign": (_event_foreign,),
        "event-schema": (_filled,),
        "item-added-first": (_item_added_first,),
        "output-index-order": (_output_index_order,),
        "content-string": (_content_string,),
        "content-cumulative": (_content_cumulative,),
        "text-cumulative": (_text_cumulative,),
        "text-done-agrees": (_text_done_agrees,),
        "arguments-done-agrees": (_arguments_done_agrees,),
        "finish-reason-tools": (_finish_reason_tools,),
    }
)
"""The mend of each requirement that has one, step by step, in the order in which several are applied."""
