"""A judged answer without what only its own rules look at, so that all answers of a run can be held.

Assembled facts take many times the bytes of a hostile body. Rules on several exchanges need the texts, the
ids and the calls; a page needs where the events lie.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast, overload

from conformance.assemble.chat import Chat, ChatDone, ChatErrors, Identity, Usage
from conformance.assemble.choice import Calls, Choice, Content, Finish, Fragment, Reasoning, ToolCall
from conformance.assemble.course import Lifecycle, Output, Responses, Snapshot
from conformance.assemble.events import ARGUMENTS, Scope
from conformance.assemble.item import Item, Text, Whole
from conformance.assemble.payload import joined
from conformance.assemble.records import Deltas, Errors, Reading, Track
from conformance.decode import Event, Wire
from conformance.subject import Answer, ChatStream, Document, ResponsesStream

__all__ = ["lightened"]

_BYTES = 250_000  # of a body; what is smaller is held as it is
_EVENTS = 5_000
_PIECES = 5_000
_DOCUMENT = 1_000_000  # bytes of an answer whose JSON is held
_CALLS = 1_000  # calls held of a choice, and items of a response
_CHOICES = 100  # choices held one by one
_ENDS = 10  # events held that end a response
_COUNTS = ("input_tokens", "output_tokens")
_WHY = ("error", "incomplete_details")


def lightened(answer: Answer, *, always: bool = False) -> Answer:
    """The answer, and of a long one, or `always`, no more than rules on groups and reports look at.

    Its events have no data, its notes are those that were kept, and of the facts there are the texts, the
    first role and the finish of each choice, the end of the response, the first error, the last usage, the
    ids, and the calls, of which at most a thousand.
    """
    exchange, wire = answer.exchange, answer.wire
    short = wire.size <= _BYTES and len(wire.events) <= _EVENTS and len(exchange.pieces) <= _PIECES
    if short and not always:
        return answer
    light = Wire(cast("tuple[Event, ...]", _Events(wire.events)), wire.notes, None, wire.size)
    match answer:
        case ChatStream():
            return replace(answer, wire=light, chat=_chat(answer.chat))
        case ResponsesStream():
            return replace(answer, wire=light, responses=_responses(answer.responses))
        case Document() if wire.size > _DOCUMENT and answer.document is not None:
            return replace(answer, wire=light, document=None, not_json="too long to be held")
        case _:
            return replace(answer, wire=light)


class _Events(Sequence[Event]):
    """Events without their data, 24 bytes each."""

    __slots__ = ("_ends", "_starts", "_times")

    def __init__(self, events: Iterable[Event]) -> None:
        self._starts, self._ends, self._times = array("q"), array("q"), array("d")
        for event in events:
            self._starts.append(event.start)
            self._ends.append(event.end)
            self._times.append(float("nan") if event.at is None else event.at)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Event, ...]: ...
    def __getitem__(self, index: int | slice) -> Event | tuple[Event, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        place = range(len(self))[index]
        at = self._times[place]
        known = at if at == at else None  # noqa: PLR0124 - NaN alone differs from itself
        return Event(place + 1, "", None, self._starts[place], self._ends[place], known)


class _Texts(Sequence[str]):
    """A text in one part, held as bytes: a single character may make Python take four for each."""

    __slots__ = ("_data",)

    def __init__(self, text: str) -> None:
        self._data = text.encode("utf-8", "surrogatepass")

    def __len__(self) -> int:
        return 1 if self._data else 0

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return tuple(self)[index]

    def __iter__(self) -> Iterator[str]:
        if self._data:
            yield self._data.decode("utf-8", "surrogatepass")


def _deltas(texts: Iterable[str], event: int) -> Deltas:
    """Some texts, each in a line of its own, as one delta."""
    held = _Texts("\n".join(texts))
    return Deltas(cast("list[str]", held), [event] * len(held))


def _chat(chat: Chat) -> Chat:
    light = Chat(
        identity=Identity(id=_track(chat.identity.id)),
        usage=Usage(seen=chat.usage.seen[-1:]),
        errors=ChatErrors(seen=[Reading(error.event) for error in chat.errors.seen[:1]]),
        done=ChatDone(seen=chat.done.seen[:1]),
        thinking=chat.thinking,
    )
    # Of very many choices the last ones are held as one that says what all of them say.
    ordered = chat.choices.ordered
    for members in (*([one] for one in ordered[:_CHOICES]), ordered[_CHOICES:]):
        if members:
            light.choices.by_index[members[0].index] = _choice(members)
    return light


def _choice(members: Sequence[Choice]) -> Choice:
    """One choice that says what its members say, and is otherwise like the first of them."""
    model = members[0]
    content = _deltas((choice.content.text for choice in members), model.event)
    thoughts = (choice.reasoning.text(name) for choice in members for name in choice.reasoning.fields)
    return Choice(
        model.index,
        model.event,
        said=model.said,
        roles=model.roles[:1],
        content=Content(content.texts, content.events),
        refusal=_deltas((choice.refusal.text for choice in members), model.event),
        reasoning=Reasoning(
            fields={"reasoning": _deltas(thoughts, model.event)},
            event=max(choice.reasoning.event for choice in members),
            not_text=[seen for choice in members for seen in choice.reasoning.not_text[:1]][:1],
        ),
        calls=_calls([call for choice in members for call in choice.calls.made]),
        finish=Finish(seen=model.finish.seen[:1]),
    )


def _calls(calls: Sequence[ToolCall]) -> Calls:
    light = Calls()
    for call in calls[:_CALLS]:
        part = Fragment(
            call.event,
            call.id,
            call.type or None,
            call.name,
            call.arguments,
            "custom" if call.custom else "function",
        )
        light.begin(ToolCall(call.index), part)
    return light


def _responses(found: Responses) -> Responses:
    output = Output(orphans=found.output.orphans[:1])
    for item in found.output.items[:_CALLS]:
        output.announce(_item(item))
    if output.items:
        first, event = output.items[0], output.items[0].added.event
        texts = [text for item in found.output.items for text in item.texts.values()]
        said = [joined(text.text for text in texts if text.slot == "output_text")]
        others = [text.text for text in texts if text.slot != "output_text"]
        first.hold((Scope.PART, 0), Text("output_text", 0, deltas=_deltas(said, event)))
        first.hold((Scope.PART, 1), Text("", 1, deltas=_deltas(others, event)))
    lifecycle = Lifecycle(
        id=_track(found.lifecycle.id), terminals=[_end(one) for one in found.lifecycle.terminals[:_ENDS]]
    )
    errors = Errors(seen=[Reading(error.event) for error in found.errors.seen[:1]])
    return Responses(lifecycle=lifecycle, output=output, errors=errors)


def _item(item: Item) -> Item:
    """An item without its texts, but for the arguments of a call."""
    told = {**item.added.value, **item.done.value}
    kept: dict[str, Any] = {key: told[key] for key in ("name", "call_id") if isinstance(told.get(key), str)}
    light = Item(item.output_index, Whole(item.added.event, {"type": item.type, **kept}))
    if item.type in ARGUMENTS:
        key = ARGUMENTS[item.type].key
        streamed = [text.text for text in item.texts.values() if text.slot == key and text.deltas.texts]
        whole = streamed[0] if streamed else told.get(key)
        if isinstance(whole, str):
            held = Text(key, None, deltas=_deltas([whole], item.added.event))
            light.hold((Scope.FIELD, None), held)
    return light


def _end(found: Snapshot) -> Snapshot:
    """The end of a response: its status, why it ended so, and the counts of its usage."""
    response, usage = found.response, found.response.get("usage")
    light: dict[str, Any] = {key: {} for key in _WHY if response.get(key) is not None}
    if isinstance(status := response.get("status"), str):
        light["status"] = status
    if isinstance(usage, dict):
        details = usage.get("output_tokens_details")
        thought = details.get("reasoning_tokens") if isinstance(details, dict) else None
        counts = {key: usage[key] for key in _COUNTS if type(usage.get(key)) is int}
        if isinstance(usage.get("cost"), int | float):
            counts["cost"] = usage["cost"]
        light["usage"] = {**counts, "output_tokens_details": {"reasoning_tokens": thought}}
    return Snapshot(found.event, found.type, light)


def _track(track: Track) -> Track:
    light = Track()
    light.value, light.event = track.value, track.event
    return light
