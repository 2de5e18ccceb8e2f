"""Events of the Responses API, assembled into items and texts.

Grammar: openai-openapi `ResponseStreamEvent` at commit f85dbe2 and the streaming examples beside it.

Theory of operation
===================

The assembler goes once through the events. Each event does one thing to one object: `EVENTS` has a row for
each type of event, whose `scope` is the kind of the object and whose `does` is what happens to it. Objects
lie inside each other: a stream tells of one response, a response has items, and an item has texts. A text is
whatever is streamed in deltas: a content part, a summary part, or a field of the item itself, such as the
arguments of a call.

No event stops the assembler. One that does not fit is recorded, and taken as far as a lenient client would
take it, so that one fault shows as one fact and what comes later is judged by itself. Whether a fact breaks a
rule is for the requirements to say.

**The response** runs, and then it has ended. The events of `TERMINAL` end it, and so does `error`; nothing
begins it anew. Each event that carries the response is kept as a snapshot in any state. An event after the
end still does what it does, and is recorded besides: after a terminal event in `lifecycle.after_terminal`;
after `error` in `errors.after`, but for another `error` and for `response.failed`, with which OpenAI follows
one; after `[DONE]` in `done.after`.

**An item** is unknown, running or done. `response.output_item.added` always makes a new item, which runs;
where its `output_index` is in use or not the next one, that is recorded in `output.reused` or
`output.misnumbered`. Every other event finds its item by `output_index`, the newest of those that have it;
without an index it finds it by id, or else takes the newest of all. What finds none does nothing and is
recorded in `output.orphans`. `response.output_item.done` makes the item done. An event about an item that is
done is recorded in `late`; a second done changes nothing more, anything else is still taken. Events about
the item as a whole, such as the phases of a hosted tool, are kept in `phases` and change no state.

**A text** is in one of the four states of `Phase`, and `_TRANSITIONS` says what each event does in each:

    ABSENT --OPEN--> OPEN --DONE--> COMPLETE --CLOSE--> CLOSED

The first event that speaks of a text makes it, ABSENT. A part is opened by its own event, a field by the
announcement of its item, which may hold its beginning already. DELTA and EXTRA, an annotation say, change no
state. DONE holds the text whole and CLOSE the part whole. A part may be closed without a DONE; a field has no
CLOSE, so it stays COMPLETE. A DELTA for an ABSENT text leaves it ABSENT, so that its announcement may still
come. Where an event does not fit, its row says how, and it is recorded in `misplaced`:

* UNOPENED: nothing has announced the text. The event is taken: the deltas still make a text.
* REPEATED: what it does has been done before. The event is not taken, and the first one stands.
* LATE: the text is complete or closed. The event is taken, and a DONE replaces the one before.

A part is found by its index within its item and scope. A new one whose index is not the next is recorded in
`misnumbered`. An event without an index speaks of the newest part, or begins the next one where it opens a
part or there is none. Text of another type than the part has is recorded in `mistyped`.

Events of no item (`Scope.LOOSE`) and of unknown types change nothing.
"""

from functools import cache
from typing import Any, Final, NamedTuple

from conformance.assemble.course import FinalItems, Numbers, Responses, Snapshot
from conformance.assemble.events import ARGUMENTS, EVENTS, ITEM_OF, TERMINAL, Does, EventKind, Scope
from conformance.assemble.item import Annotation, Item, Misplaced, PartialImage, Phase, Text, Whole, WrongPart
from conformance.assemble.payload import parse, stray_surrogate
from conformance.assemble.records import Misfit, Reading, Sighting, WrongIndex
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
    """Assemble the events of a body. Never raises."""
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
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        found.data.foreign.append(Sighting(number, clipped(data, 80)))
        return
    events = found.events
    events.count += 1
    events.last = Sighting(number, kind)
    if events.count == 1:
        events.first = events.last
    if event.name is None:
        events.unnamed.append(events.last)
    elif event.name != kind:
        events.misnamed.append(Sighting(number, f"event: {event.name}, type: {kind}"))
    _number(found.numbers, number, value)
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
        return  # the schema says so
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
            found.output.misnumbered.append(WrongIndex(number, index, due))
    argument = ARGUMENTS.get(item.type)
    if argument is not None:
        start = item.added.value.get(argument.key) if argument.announced else None
        start = start if isinstance(start, str) else ""
        text = Text(argument.key, None, Phase.OPEN, opened=Whole(number), start=start)
        item.hold((Scope.FIELD, None), text)
    found.output.announce(item)


def _item(found: Responses, number: int, kind: str, value: dict[str, Any]) -> Item | None:
    # By output_index, as official clients do; where that is missing, by id, then the last one.
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
        item.references.wrong_ids.append(
            Sighting(number, f"{clipped(given)}, announced as {clipped(item.id)}")
        )
    return item


def _closed(item: Item, number: int, value: dict[str, Any]) -> None:
    if item.done.event:
        item.late.append(Sighting(number, "response.output_item.done"))
        return
    item.done = _whole(number, value.get("item"))


class _Step(NamedTuple):
    """What an event does to a text: the phase that follows, and how it is out of place, if it is."""

    phase: Phase
    misplaced: Misplaced | None = None


# What each event does in each phase.
_TRANSITIONS: Final[dict[tuple[Phase, Does], _Step]] = {
    (Phase.ABSENT, Does.OPEN): _Step(Phase.OPEN),
    (Phase.ABSENT, Does.DELTA): _Step(Phase.ABSENT, Misplaced.UNOPENED),
    (Phase.ABSENT, Does.DONE): _Step(Phase.COMPLETE, Misplaced.UNOPENED),
    (Phase.ABSENT, Does.CLOSE): _Step(Phase.CLOSED, Misplaced.UNOPENED),
    (Phase.ABSENT, Does.EXTRA): _Step(Phase.ABSENT, Misplaced.UNOPENED),
    (Phase.OPEN, Does.OPEN): _Step(Phase.OPEN, Misplaced.REPEATED),
    (Phase.OPEN, Does.DELTA): _Step(Phase.OPEN),
    (Phase.OPEN, Does.DONE): _Step(Phase.COMPLETE),
    (Phase.OPEN, Does.CLOSE): _Step(Phase.CLOSED),
    (Phase.OPEN, Does.EXTRA): _Step(Phase.OPEN),
    (Phase.COMPLETE, Does.OPEN): _Step(Phase.COMPLETE, Misplaced.REPEATED),
    (Phase.COMPLETE, Does.DELTA): _Step(Phase.COMPLETE, Misplaced.LATE),
    (Phase.COMPLETE, Does.DONE): _Step(Phase.COMPLETE, Misplaced.REPEATED),
    (Phase.COMPLETE, Does.CLOSE): _Step(Phase.CLOSED),
    (Phase.COMPLETE, Does.EXTRA): _Step(Phase.COMPLETE),
    (Phase.CLOSED, Does.OPEN): _Step(Phase.CLOSED, Misplaced.REPEATED),
    (Phase.CLOSED, Does.DELTA): _Step(Phase.CLOSED, Misplaced.LATE),
    (Phase.CLOSED, Does.DONE): _Step(Phase.CLOSED, Misplaced.LATE),
    (Phase.CLOSED, Does.CLOSE): _Step(Phase.CLOSED, Misplaced.REPEATED),
    (Phase.CLOSED, Does.EXTRA): _Step(Phase.CLOSED, Misplaced.LATE),
}


def _child(
    found: Responses, item: Item, number: int, kind: str, row: EventKind, value: dict[str, Any]
) -> None:
    if item.done.event:
        item.late.append(Sighting(number, kind))
    owners = ITEM_OF.get(kind.rpartition(".")[0])
    if owners and item.type and item.type not in owners:
        item.unfit.append(Sighting(number, f"{kind} about an item of type {clipped(item.type)}"))
    if row.scope is Scope.ITEM:
        item.phases.append(Sighting(number, kind))
        if "partial_image_index" in value:
            item.images.append(PartialImage(number, value["partial_image_index"]))
        return
    index = {Scope.PART: value.get("content_index"), Scope.SUMMARY: value.get("summary_index")}.get(row.scope)
    text = _text(item, number, row, index)
    if kind == "response.output_text.annotation.added":
        text.annotations.append(Annotation(number, value.get("annotation_index"), value.get("annotation")))
    if kind == "response.function_call_arguments.done" and "name" in value:
        item.references.names.append(Reading(number, value["name"]))
    phase, misplaced = _TRANSITIONS[text.phase, row.does]
    if misplaced is not None:
        text.misplaced[misplaced].append(Sighting(number, kind))
    if misplaced is not Misplaced.REPEATED:
        _fill(found, text, number, row, value)
    text.phase = phase


def _text(item: Item, number: int, row: EventKind, index: Any) -> Text:
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
            item.misnumbered.append(WrongIndex(number, index, known))
    if row.slot and not text.slot:
        text.slot = row.slot
    elif row.slot and row.slot != text.slot and row.scope is not Scope.FIELD:
        item.mistyped.append(WrongPart(number, clipped(text.slot), row.slot))
    return text


def _fill(found: Responses, text: Text, number: int, row: EventKind, value: dict[str, Any]) -> None:
    match row.does:
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
            if row.slot == "output_text" and "logprobs" not in value:
                found.without_logprobs.append(number)
        case Does.DONE:
            text.done = Reading(number, value.get(row.text))
            if row.slot == "output_text" and "logprobs" not in value:
                found.without_logprobs.append(number)
        case Does.CLOSE:
            text.closed = _whole(number, value.get("part"))
        case Does.EXTRA:
            pass


def _whole(number: int, value: Any) -> Whole:
    return Whole(number, value if isinstance(value, dict) else {})
