"""Assembles the events of the Responses API into items and texts.

Grammar: openai-openapi `ResponseStreamEvent` at commit f85dbe2 and the streaming examples beside it.

Theory of operation
===================

The assembler passes once over the events. Each event has one effect on one object: the table `EVENTS` has a
row for each event type, whose `scope` is the kind of object and whose `does` is the effect. Objects are
nested: a stream carries one response, a response has items, and an item has texts. A text is anything that is
streamed in deltas: a content part, a summary part, or a field of the item itself, such as the arguments of a
call.

No event stops the assembler. An event that does not fit is recorded, and applied as far as a lenient client
would apply it, so that one fault yields one fact and later events are judged independently. Whether a fact
breaks a rule is decided by the requirements.

**The response** is running until it has ended. The events in `TERMINAL` end it, and so does `error`; nothing
restarts it. Every event that carries the response is kept as a snapshot, in either state. An event after the
end still has its effect and is also recorded: after a terminal event in `lifecycle.after_terminal`; after
`error` in `errors.after`, except for another `error` and for `response.failed`, which OpenAI sends after an
error; after `[DONE]` in `done.after`.

**An item** is unknown, running or done. `response.output_item.added` always creates a new, running item; if
its `output_index` is already in use or is not the next one, that is recorded in `output.reused` or
`output.misnumbered`. Every other event finds its item by `output_index`, the newest one if several have it;
without an index by id; and failing that, it takes the newest item of all. An event that finds no item has no
effect and is recorded in `output.orphans`. `response.output_item.done` makes the item done. An event about an
item that is already done is recorded in `late`; a second done event changes nothing, any other event still
has its effect. Events about the item as a whole, such as the phases of a hosted tool, are kept in `phases`
and change no state.

**A text** is in one of the four states of `Phase`, and `_TRANSITIONS` gives the effect of each event in each:

    ABSENT --OPEN--> OPEN --DONE--> COMPLETE --CLOSE--> CLOSED

The first event about a text creates it, in state ABSENT. A part is opened by its own event, a field by the
announcement of its item, which may already hold its beginning. DELTA and EXTRA (an annotation, for example)
change no state. DONE holds the whole text and CLOSE the whole part. A part may be closed without a DONE; a
field has no CLOSE, so it stays COMPLETE. A DELTA for an ABSENT text leaves it ABSENT, because its
announcement may still come. If an event does not fit, its row says how, and it is recorded in `misplaced`:

* UNOPENED: nothing has announced the text. The event is applied: the deltas still form a text.
* REPEATED: an earlier event had the same effect. The event is not applied; the first one counts.
* LATE: the text is complete or closed. The event is applied, and a DONE replaces the previous one.

A part is found by its index within its item and scope. A new part whose index is not the next one is recorded
in `misnumbered`. An event without an index is about the newest part; if it opens a part, or there is none, it
begins the next one. Text of another type than that of its part is recorded in `mistyped`.

A command of a shell call is a text too, found by its `command_index`; its announcement may begin it.

Events about no item (`Scope.LOOSE`) and of unknown types have no effect.
"""

from functools import cache
from typing import Any, Final, NamedTuple

from conformance.assemble.course import FinalItems, Numbers, Responses, Snapshot, Spoken
from conformance.assemble.events import (
    ARGUMENTS,
    EVENTS,
    ITEM_OF,
    PART_OF,
    TERMINAL,
    Does,
    EventKind,
    Scope,
)
from conformance.assemble.foreign import described
from conformance.assemble.item import (
    Annotation,
    Item,
    PartialImage,
    Phase,
    Printed,
    Text,
    TextFault,
    Whole,
    WrongPart,
)
from conformance.assemble.payload import parse, stray_surrogate
from conformance.assemble.records import Misfit, Reading, Sighting, WrongIndex
from conformance.assemble.repeats import repeated_keys
from conformance.assemble.terminator import begins_done
from conformance.decode import Event, Wire
from conformance.paths import schema
from conformance.shapes import Shape
from conformance.text import clipped, shown

__all__ = ["assemble_responses"]


@cache
def _shape(kind: str) -> Shape:
    return Shape(schema("responses.events"), f"/$defs/{kind}")


def assemble_responses(wire: Wire) -> Responses:
    """The facts about the events of a body. Never raises."""
    found = Responses()
    for event in wire.events:
        _event(found, event)
    found.final_items = FinalItems.of(found.lifecycle.final)
    return found


def _event(found: Responses, event: Event) -> None:
    number, data = event.number, event.data
    if begins_done(data):
        found.done.seen.append(Sighting(number, data))
        return
    if found.done.seen:
        found.done.after.append(Sighting(number, clipped(data, 80)))
    if not data:
        return
    value, wrong = parse(data)
    if wrong:
        found.data.not_json.append(Sighting(number, wrong))
        return
    found.data.repeated += [Sighting(number, key) for key in repeated_keys(data)]
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        found.data.foreign.append(Sighting(number, described(value)))
        return
    events = found.events
    events.count += 1
    events.last = Sighting(number, kind)
    if events.count == 1:
        events.first = events.last
    if event.name is None:
        events.unnamed.append(events.last)
    elif event.name != kind:
        events.misnamed.append(
            Sighting(number, f"event: {event.name or shown(event.name)}, type: {kind or shown(kind)}")
        )
    _number(found.numbers, number, value)
    if value.get("obfuscation"):
        events.padded.append(number)
    row = EVENTS.get(kind)
    if row is None:
        events.unknown.append(events.last)
    else:
        for error in _shape(kind).errors(value):
            found.data.misfits.append(Misfit(number, error.path, error.rule, error.expected, error.observed))
    if found.errors.seen and kind not in ("error", "response.failed"):
        found.errors.after.append(events.last)
    if found.lifecycle.terminals:
        found.lifecycle.after_terminal.append(events.last)
    if row is not None:
        _apply(found, number, kind, row, value)


def _number(numbers: Numbers, number: int, value: dict[str, Any]) -> None:
    sequence = value.get("sequence_number")
    if type(sequence) is not int:
        return  # reported by the schema rule
    if numbers.first is None:
        numbers.first = sequence
    elif sequence <= numbers.last:
        numbers.not_increasing.append(Sighting(number, f"{sequence} after {numbers.last}"))
    elif sequence != numbers.last + 1:
        numbers.gaps.append(Sighting(number, f"{sequence} after {numbers.last}"))
    numbers.last = sequence


def _apply(found: Responses, number: int, kind: str, row: EventKind, value: dict[str, Any]) -> None:
    if row.scope is Scope.RESPONSE:
        _response(found, number, kind, value)
    elif row.scope is Scope.ITEM and row.does is Does.OPEN:
        _added(found, number, value)
    elif row.slot in ("audio", "transcript"):
        found.speech.append(Spoken(number, row.slot, value.get("delta"), row.does is Does.DONE))
    elif row.scope is not Scope.LOOSE:
        item = _item(found, number, kind, value)
        if item is None:
            return
        if row.scope is Scope.ITEM and row.does is Does.CLOSE:
            _closed(item, number, value)
        else:
            _child(found, item, number, kind, row, value)


def _response(found: Responses, number: int, kind: str, value: dict[str, Any]) -> None:
    if kind == "error":
        found.errors.seen.append(Reading(number, value))
        return
    response = value.get("response")
    response = response if isinstance(response, dict) else {}
    snapshot = Snapshot(number, kind, response)
    found.lifecycle.seen.append(snapshot)
    if kind in TERMINAL:
        found.lifecycle.terminals.append(snapshot)
    if identity := response.get("id"):
        found.lifecycle.id.see(number, identity)


def _added(found: Responses, number: int, value: dict[str, Any]) -> None:
    index = value.get("output_index")
    item = Item(index, _whole(number, value.get("item")))
    if type(index) is int:
        due = len(found.output.items)
        if index in found.output.by_index:
            found.output.reused.append(Sighting(number, f"output_index {index}"))
        elif index != due:
            found.output.misnumbered.append(WrongIndex(number, index, due, "output_index"))
    argument = ARGUMENTS.get(item.type)
    if argument is not None:
        start = argument.held(item.added.value) if argument.announced else None
        start = start if isinstance(start, str) else ""
        text = Text(argument.key, None, Phase.OPEN, opened=Whole(number), start=start)
        item.hold((Scope.FIELD, None), text)
    found.output.announce(item)


def _item(found: Responses, number: int, kind: str, value: dict[str, Any]) -> Item | None:
    # By output_index, like official clients; if it is missing, by id, or else the newest item.
    index, identity = value.get("output_index"), value.get("item_id")
    if kind == "response.output_item.done" and isinstance(value.get("item"), dict):
        identity = value["item"].get("id")
    item = None
    if type(index) is int:
        item = found.output.by_index.get(index)
    elif found.output.items:
        named = found.output.by_id.get(identity) if isinstance(identity, str) else None
        item = named or found.output.items[-1]
    if item is None:
        found.output.orphans.append(Sighting(number, f"{kind} with output_index {shown(index)}"))
        return None
    given = value.get("item_id")
    if isinstance(given, str):
        item.references.id = item.references.id or given
    if isinstance(given, str) and isinstance(item.id, str) and given != item.id:
        item.references.wrong_ids.append(Sighting(number, f"{shown(given)}, announced as {shown(item.id)}"))
    return item


def _closed(item: Item, number: int, value: dict[str, Any]) -> None:
    if item.done.event:
        item.late.append(Sighting(number, "response.output_item.done"))
        return
    item.done = _whole(number, value.get("item"))


class _Step(NamedTuple):
    """The effect of an event: the next phase, and how the event is out of order, None if it is not."""

    phase: Phase
    misplaced: TextFault | None = None


# The effect of each event in each phase.
_TRANSITIONS: Final[dict[tuple[Phase, Does], _Step]] = {
    (Phase.ABSENT, Does.OPEN): _Step(Phase.OPEN),
    (Phase.ABSENT, Does.DELTA): _Step(Phase.ABSENT, TextFault.UNOPENED),
    (Phase.ABSENT, Does.DONE): _Step(Phase.COMPLETE, TextFault.UNOPENED),
    (Phase.ABSENT, Does.CLOSE): _Step(Phase.CLOSED, TextFault.UNOPENED),
    (Phase.ABSENT, Does.EXTRA): _Step(Phase.ABSENT, TextFault.UNOPENED),
    (Phase.OPEN, Does.OPEN): _Step(Phase.OPEN, TextFault.REPEATED),
    (Phase.OPEN, Does.DELTA): _Step(Phase.OPEN),
    (Phase.OPEN, Does.DONE): _Step(Phase.COMPLETE),
    (Phase.OPEN, Does.CLOSE): _Step(Phase.CLOSED),
    (Phase.OPEN, Does.EXTRA): _Step(Phase.OPEN),
    (Phase.COMPLETE, Does.OPEN): _Step(Phase.COMPLETE, TextFault.REPEATED),
    (Phase.COMPLETE, Does.DELTA): _Step(Phase.COMPLETE, TextFault.LATE),
    (Phase.COMPLETE, Does.DONE): _Step(Phase.COMPLETE, TextFault.REPEATED),
    (Phase.COMPLETE, Does.CLOSE): _Step(Phase.CLOSED),
    (Phase.COMPLETE, Does.EXTRA): _Step(Phase.COMPLETE),
    (Phase.CLOSED, Does.OPEN): _Step(Phase.CLOSED, TextFault.REPEATED),
    (Phase.CLOSED, Does.DELTA): _Step(Phase.CLOSED, TextFault.LATE),
    (Phase.CLOSED, Does.DONE): _Step(Phase.CLOSED, TextFault.LATE),
    (Phase.CLOSED, Does.CLOSE): _Step(Phase.CLOSED, TextFault.REPEATED),
    (Phase.CLOSED, Does.EXTRA): _Step(Phase.CLOSED, TextFault.LATE),
}


def _child(
    found: Responses, item: Item, number: int, kind: str, row: EventKind, value: dict[str, Any]
) -> None:
    if item.done.event:
        item.late.append(Sighting(number, kind))
    _fitting(item, number, kind, value)
    if row.scope is Scope.ITEM:
        item.phases.append(Sighting(number, kind))
        if "partial_image_index" in value:
            item.images.append(
                PartialImage(number, value["partial_image_index"], value.get("partial_image_b64"))
            )
        if row.slot == "shell_call_output":
            done = kind.endswith(".done")
            wrote = value.get("output" if done else "delta")
            item.printed.append(Printed(number, value.get("command_index"), wrote, done))
        return
    text = _text(item, number, row, value)
    if kind == "response.output_text.annotation.added":
        text.annotations.append(Annotation(number, value.get("annotation_index"), value.get("annotation")))
    if kind == "response.function_call_arguments.done" and "name" in value:
        item.references.names.append(Reading(number, value["name"]))
    phase, misplaced = _TRANSITIONS[text.phase, row.does]
    if misplaced is not None:
        text.misplaced[misplaced].append(Sighting(number, kind))
    if misplaced is not TextFault.REPEATED:
        _fill(found, text, number, row, value)
    text.phase = phase


def _fitting(item: Item, number: int, kind: str, value: dict[str, Any]) -> None:
    # Records an event about an item of another type than its own.
    owner, what = ITEM_OF.get(kind.rpartition(".")[0]), kind
    part = value.get("part")
    if kind == "response.content_part.added" and isinstance(part, dict):
        kind = str(part.get("type"))
        owner, what = PART_OF.get(kind), f"a part of type {clipped(kind)}"
    if owner and item.type and item.type != owner:
        item.unfit.append(Sighting(number, f"{what} about an item of type {clipped(item.type)}"))


# The key of the index by which events find a text, by its scope.
_INDEX: Final = {
    Scope.PART: "content_index",
    Scope.SUMMARY: "summary_index",
    Scope.COMMAND: "command_index",
}


def _text(item: Item, number: int, row: EventKind, value: dict[str, Any]) -> Text:
    index = value.get(_INDEX[row.scope]) if row.scope in _INDEX else None
    key = (row.scope, index if type(index) is int else None)
    known = item.counts.get(row.scope, 0)
    if type(index) is not int and row.scope is not Scope.FIELD:
        if known and row.does is not Does.OPEN:
            return item.latest[row.scope]  # a missing index is a schema error; nothing else should follow
        key = (row.scope, known)
    text = item.texts.get(key)
    if text is None:
        text = Text(row.slot, index)
        item.hold(key, text)
        if type(index) is int and index != known:
            item.misnumbered.append(WrongIndex(number, index, known, _INDEX[row.scope]))
    if row.slot and not text.slot:
        text.slot = row.slot
    elif row.slot and row.slot != text.slot and row.scope is not Scope.FIELD:
        item.mistyped.append(WrongPart(number, clipped(text.slot), row.slot))
    return text


def _fill(found: Responses, text: Text, number: int, row: EventKind, value: dict[str, Any]) -> None:
    match row.does:
        case Does.OPEN if row.scope is Scope.COMMAND:
            text.opened, begun = Whole(number), value.get("command")
            text.start = begun if isinstance(begun, str) else ""
        case Does.OPEN:
            text.opened = _whole(number, value.get("part"))
            text.slot = text.slot or str(text.opened.value.get("type") or "")
            text.start = text.opened.text if isinstance(text.opened.text, str) else ""
        case Does.DELTA:
            delta = value.get("delta")
            if isinstance(delta, str):
                text.deltas.add(number, delta)
                if stray_surrogate(delta):
                    found.surrogates.append(Sighting(number, ascii(delta)[:80]))
            if row.slot == "output_text" and value.get("logprobs") is None:
                found.without_logprobs.append(number)
            elif row.slot == "output_text" and isinstance(value["logprobs"], list):
                text.logprobs.see_tokens(number, value["logprobs"])
                text.scored += value["logprobs"]
        case Does.DONE:
            text.done = Reading(number, value.get(row.text))
            text.done_scored = Reading(number, value.get("logprobs"))
            if row.slot == "output_text" and value.get("logprobs") is None:
                found.without_logprobs.append(number)
        case Does.CLOSE:
            text.closed = _whole(number, value.get("part"))
        case Does.EXTRA:
            pass


def _whole(number: int, value: Any) -> Whole:
    return Whole(number, value if isinstance(value, dict) else {})
