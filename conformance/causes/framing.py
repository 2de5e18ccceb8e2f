"""Mends of what keeps events from being read: their framing, their JSON, and their order. Pure."""

import json
from collections.abc import Iterator
from typing import Any

from conformance.assemble.events import EVENTS
from conformance.assemble.payload import parse
from conformance.assemble.terminator import DONE, begins_done
from conformance.causes.documents import blocks, documents, held
from conformance.causes.edits import Edit, data_of, events_of
from conformance.decode import Event
from conformance.subject import Answer, ChatStream, ResponsesStream

__all__ = [
    "cut_off",
    "event_foreign",
    "event_json",
    "event_json_once",
    "event_terminated",
    "sequence_number_increasing",
]


def event_json(answer: Answer) -> Iterator[Edit]:
    """Each document an event of its own; one that cannot be read stands after a document that is cut off."""
    for event, texts, whole in _unread(answer):
        cut = b"" if whole else b"data: {\n\n"
        yield Edit(event.start, event.end, blocks(texts, named=event.name is not None) + cut)


def event_json_once(answer: Answer) -> Iterator[Edit]:
    """A document that is said twice in one event is meant once."""
    found = list(_unread(answer))
    if any(len({*texts}) < len(texts) for _, texts, _ in found):
        for event, texts, _ in found:
            yield Edit(event.start, event.end, blocks(dict.fromkeys(texts), named=event.name is not None))


def _unread(answer: Answer) -> Iterator[tuple[Event, list[str], bool]]:
    """The events that are not JSON, with the documents that they hold, and whether these are whole."""
    for event in events_of(answer, data_of(answer).not_json):
        texts, whole = held(answer.exchange.body[event.start : event.end])
        if texts:
            yield event, texts, whole


def event_foreign(answer: Answer) -> Iterator[Edit]:
    for event in events_of(answer, data_of(answer).foreign):
        value = parse(event.data)[0]
        texts = _wrapped(value)
        if not texts and isinstance(value, dict) and event.name in EVENTS:
            texts = [json.dumps({**value, "type": event.name})]
        if texts:
            yield Edit(event.start, event.end, blocks(texts, named=event.name is not None))


def _wrapped(value: Any) -> list[str]:
    """The documents in a text that is JSON once more, in a list, or in an object that wraps one of them."""
    if isinstance(value, str):
        return documents(value)
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    found = [item for item in inner if isinstance(item, dict) and ("choices" in item or "type" in item)]
    return [json.dumps(item) for item in found] if isinstance(value, list) or len(found) == 1 else []


def event_terminated(answer: Answer) -> Iterator[Edit]:
    tail = answer.wire.tail
    if tail is not None:
        texts, _ = held(answer.exchange.body[tail.start : tail.end])
        if texts and parse(tail.data)[1] and tail.data != DONE:
            yield Edit(tail.start, tail.end, blocks(texts, named=tail.name is not None))
        else:
            yield Edit(tail.end, tail.end, b"\n\n")


def cut_off(answer: Answer) -> Iterator[Edit]:
    """Where the body ends inside a document, so that the rest is lost: some end in place of it."""
    tail = answer.wire.tail
    if tail is None or not parse(tail.data)[1] or begins_done(tail.data):
        return
    texts, _ = held(answer.exchange.body[tail.start : tail.end])
    if isinstance(answer, ChatStream):
        open_ = [choice.index for choice in answer.choices if not choice.finish.seen]
        ends = [{"index": index, "delta": {}, "finish_reason": "stop"} for index in open_]
        texts = [*texts, json.dumps({"object": "chat.completion.chunk", "choices": ends}), DONE]
    else:
        texts = [*texts, json.dumps({"type": "response.failed", "response": {}})]
    yield Edit(tail.start, tail.end, blocks(texts, named=tail.name is not None))


def sequence_number_increasing(answer: Answer) -> Iterator[Edit]:
    """The events in the order of their numbers, and what came twice once."""
    if not isinstance(answer, ResponsesStream):
        return
    body, events = answer.exchange.body, answer.wire.events
    numbers: list[int] = []
    for event in events:  # one without a number keeps to the one before it
        number = _sequence(event)
        numbers.append(number if number is not None else numbers[-1] if numbers else 0)
    # The numbers are the endpoint's: they size nothing.
    if len({*numbers}) != max(numbers, default=-1) - min(numbers, default=0) + 1:
        return  # a number is wrong rather than the order
    pairs = sorted(zip(numbers, events, strict=True), key=lambda pair: (pair[0], pair[1].number))
    once = {(number, event.data): event for number, event in reversed(pairs)}
    due = [*reversed(once.values()), *[None] * (len(pairs) - len(once))]
    for event, other in zip(events, due, strict=True):
        if other is not event:
            yield Edit(event.start, event.end, body[other.start : other.end] if other else b"")


def _sequence(event: Event) -> int | None:
    value = parse(event.data)[0]
    number = value.get("sequence_number") if isinstance(value, dict) else None
    return number if type(number) is int else None
