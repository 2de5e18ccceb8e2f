"""Events of the Responses API, assembled into items and parts.

Goes once through the events and records facts, each with its event number. It never raises,
whatever the bytes hold. Grammar: openai-openapi `ResponseStreamEvent` at commit f85dbe2 and the
streaming examples beside it.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from conformance.assemble.events import EVENTS, ITEM_OF, TERMINAL, Does, EventKind, Scope
from conformance.assemble.item import TRANSITIONS, Item, Phase, Text
from conformance.assemble.payload import At, Misfit, Misfits, Track, parse, stray_surrogate
from conformance.decode import Event, Wire
from conformance.paths import schema
from conformance.shapes import Shape
from conformance.text import clipped, shown

__all__ = ["Lifecycle", "Responses", "assemble_responses"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """An event about the response as a whole."""

    event: int
    type: str
    response: dict[str, Any]


@dataclass(slots=True)
class Responses:
    """A Responses stream, assembled."""

    events: int = 0  # with a JSON object
    first: tuple[int, str] = (0, "")  # the first event's number and type
    last: tuple[int, str] = (0, "")
    misfits: Misfits = field(default_factory=Misfits)
    not_json: list[At] = field(default_factory=list)
    foreign: list[At] = field(default_factory=list)  # JSON, but no object with a type
    unknown: list[At] = field(default_factory=list)
    unnamed: list[At] = field(default_factory=list)  # no `event:` line
    misnamed: list[At] = field(default_factory=list)  # an `event:` line that is not the type
    first_number: int | None = None  # the first sequence_number
    last_number: int = -1
    not_increasing: list[At] = field(default_factory=list)
    gaps: list[At] = field(default_factory=list)
    lifecycle: list[Lifecycle] = field(default_factory=list)
    response_id: Track = field(default_factory=Track)
    errors: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # `error` events
    after_error: list[At] = field(default_factory=list)  # but for response.failed
    terminals: list[Lifecycle] = field(default_factory=list)
    after_terminal: list[At] = field(default_factory=list)
    done: list[At] = field(default_factory=list)  # [DONE] markers
    after_done: list[At] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)  # in the order of their announcement
    index_order: list[tuple[int, Any, int]] = field(default_factory=list)  # event, output_index, due
    index_reused: list[At] = field(default_factory=list)
    orphans: list[At] = field(default_factory=list)  # events of items that were not announced
    surrogates: list[At] = field(default_factory=list)
    text_without_logprobs: list[int] = field(default_factory=list)
    by_index: dict[int, Item] = field(default_factory=dict)  # the last item of each output_index
    by_id: dict[str, Item] = field(default_factory=dict)  # the last item of each id
    # The objects in the output of the final response, in order, and by the first of each id.
    output: tuple[list[Json], dict[str, Json]] = field(default_factory=lambda: ([], {}))

    @property
    def final(self) -> Lifecycle | None:
        """The terminal event, the first if there are several."""
        return self.terminals[0] if self.terminals else None

    def of(self, kind: str) -> list[Lifecycle]:
        """The lifecycle events of a type."""
        return [life for life in self.lifecycle if life.type == kind]

    def texts(self, *slots: str) -> list[tuple[Item, Text]]:
        """Every streamed text of these slots, with its item."""
        return [(item, text) for item in self.items for text in item.texts.values() if text.slot in slots]


@cache
def _shape(kind: str) -> Shape:
    return Shape(schema("responses.events"), f"/$defs/{kind}")


def assemble_responses(wire: Wire) -> Responses:
    """Assemble the events of a body. Never raises."""
    found = Responses()
    for event in wire.events:
        _event(found, event)
    found.output = _output(found.final)
    return found


def _output(final: Lifecycle | None) -> tuple[list[Json], dict[str, Json]]:
    output = final.response.get("output") if final is not None else None
    items = [entry for entry in output if isinstance(entry, dict)] if isinstance(output, list) else []
    by_id: dict[str, Json] = {}
    for entry in items:
        if isinstance(identity := entry.get("id"), str):
            by_id.setdefault(identity, entry)
    return items, by_id


def _event(found: Responses, event: Event) -> None:
    number, data = event.number, event.data
    if data.startswith("[DONE]"):
        found.done.append(At(number, data))
        return
    if found.done:
        found.after_done.append(At(number, clipped(data, 80)))
    if not data:
        return
    value, wrong = parse(data)
    if wrong:
        found.not_json.append(At(number, wrong))
        return
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        found.foreign.append(At(number, clipped(data, 80)))
        return
    found.events += 1
    found.first = found.first if found.first[0] else (number, kind)
    found.last = (number, kind)
    if event.name is None:
        found.unnamed.append(At(number, kind))
    elif event.name != kind:
        found.misnamed.append(At(number, f"event: {event.name}, type: {kind}"))
    _sequence(found, number, value)
    row = EVENTS.get(kind)
    if row is None:
        found.unknown.append(At(number, kind))
    else:
        for error in _shape(kind).errors(value):
            found.misfits.append(Misfit(number, error.path, error.rule, error.expected, error.observed))
    if found.errors and kind not in ("error", "response.failed"):
        found.after_error.append(At(number, kind))
    if found.terminals:
        found.after_terminal.append(At(number, kind))
    if row is not None:
        _apply(found, number, kind, row, value)


def _sequence(found: Responses, number: int, value: dict[str, Any]) -> None:
    sequence = value.get("sequence_number")
    if type(sequence) is not int:
        return  # the schema says so
    if found.first_number is None:
        found.first_number = sequence
    elif sequence <= found.last_number:
        found.not_increasing.append(At(number, f"{sequence} after {found.last_number}"))
    elif sequence != found.last_number + 1:
        found.gaps.append(At(number, f"{sequence} after {found.last_number}"))
    found.last_number = sequence


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
        found.errors.append((number, value))
        return
    response = value.get("response")
    response = response if isinstance(response, dict) else {}
    life = Lifecycle(number, kind, response)
    found.lifecycle.append(life)
    if kind in TERMINAL:
        found.terminals.append(life)
    if identity := response.get("id"):
        found.response_id.see(number, identity)


def _added(found: Responses, number: int, value: dict[str, Any]) -> None:
    index = value.get("output_index")
    announced = value.get("item")
    item = Item(index, number, at_added=announced if isinstance(announced, dict) else {})
    if type(index) is int:
        due = len(found.items)
        if index in found.by_index:
            found.index_reused.append(At(number, f"output_index {index}"))
        elif index != due:
            found.index_order.append((number, index, due))
    key = {"function_call": "arguments", "mcp_call": "arguments", "custom_tool_call": "input"}.get(item.type)
    if key is not None:
        start = item.at_added.get(key)
        start = start if isinstance(start, str) else ""
        item.hold((Scope.FIELD, None), Text(key, None, Phase.OPEN, opened=number, start=start))
    elif item.type == "code_interpreter_call":
        item.hold((Scope.FIELD, None), Text("code", None, Phase.OPEN, opened=number))
    found.items.append(item)
    if type(index) is int:
        found.by_index[index] = item
    if isinstance(item.id, str) and item.id:
        found.by_id[item.id] = item


def _item(found: Responses, number: int, kind: str, value: dict[str, Any]) -> Item | None:
    # By output_index, as official clients do; where that is missing, by id, then the last one.
    index, identity = value.get("output_index"), value.get("item_id")
    if kind == "response.output_item.done" and isinstance(value.get("item"), dict):
        identity = value["item"].get("id")
    item = None
    if type(index) is int:
        item = found.by_index.get(index)
    elif found.items:
        item = (found.by_id.get(identity) if isinstance(identity, str) else None) or found.items[-1]
    if item is None:
        found.orphans.append(At(number, f"{kind} with output_index {shown(index)}"))
        return None
    given = value.get("item_id")
    if isinstance(given, str):
        item.given_id = item.given_id or given
    if isinstance(given, str) and isinstance(item.id, str) and given != item.id:
        item.wrong_ids.append(At(number, f"{clipped(given)}, announced as {clipped(item.id)}"))
    return item


def _closed(item: Item, number: int, value: dict[str, Any]) -> None:
    if item.done:
        item.late.append(At(number, "response.output_item.done"))
        return
    item.done = number
    final = value.get("item")
    item.at_done = final if isinstance(final, dict) else {}


def _child(
    found: Responses, item: Item, number: int, kind: str, row: EventKind, value: dict[str, Any]
) -> None:
    if item.done:
        item.late.append(At(number, kind))
    owners = ITEM_OF.get(kind.rpartition(".")[0])
    if owners and item.type and item.type not in owners:
        item.wrong_types.append(At(number, f"{kind} about an item of type {clipped(item.type)}"))
    if row.scope is Scope.ITEM:
        item.phases.append(At(number, kind))
        if "partial_image_index" in value:
            item.images.append((number, value["partial_image_index"]))
        return
    index = {Scope.PART: value.get("content_index"), Scope.SUMMARY: value.get("summary_index")}.get(row.scope)
    text = _text(item, number, row, index)
    if kind == "response.output_text.annotation.added":
        text.annotations.append((number, value.get("annotation_index"), value.get("annotation")))
    if kind == "response.function_call_arguments.done" and "name" in value:
        item.given_names.append((number, value["name"]))
    phase, misplaced = TRANSITIONS[text.phase, row.does]
    if misplaced:
        getattr(text, misplaced).append(At(number, kind))
    if misplaced != "repeated":
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
            item.part_order.append((number, index, known))
    if row.slot and not text.slot:
        text.slot = row.slot
    elif row.slot and row.slot != text.slot and row.scope is not Scope.FIELD:
        item.part_types.append((number, clipped(text.slot), row.slot))
    return text


def _fill(found: Responses, text: Text, number: int, row: EventKind, value: dict[str, Any]) -> None:
    part = value.get("part")
    part = part if isinstance(part, dict) else {}
    whole = part.get("text", part.get("refusal"))
    match row.does:
        case Does.OPEN:
            text.opened, text.opened_part = number, part
            text.slot = text.slot or str(part.get("type") or "")
            text.start = whole if isinstance(whole, str) else ""
        case Does.DELTA:
            delta = value.get("delta")
            if isinstance(delta, str):
                text.deltas.append(delta)
                text.delta_events.append(number)
                if delta:
                    text.growth.see(delta)
                if stray_surrogate(delta):
                    found.surrogates.append(At(number, ascii(delta)[:80]))
            if row.slot == "output_text" and "logprobs" not in value:
                found.text_without_logprobs.append(number)
        case Does.DONE:
            text.done, text.done_text = number, value.get(row.text)
            if row.slot == "output_text" and "logprobs" not in value:
                found.text_without_logprobs.append(number)
        case Does.CLOSE:
            text.closed, text.closed_text, text.closed_part = number, whole, part
        case Does.EXTRA:
            pass
