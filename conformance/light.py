"""A judged stream without what only its own rules look at, so that all streams of a run can be held.

Assembled facts take many times the bytes of a hostile body. Rules on several exchanges need the texts, the
ids and the calls; a page needs where the events lie.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast, overload

from conformance.assemble.chat import Chat
from conformance.assemble.choice import Calls, Choice, Fragment, ToolCall
from conformance.assemble.events import Scope
from conformance.assemble.item import Item, Text
from conformance.assemble.payload import Track
from conformance.assemble.responses import Responses
from conformance.decode import Event, Wire
from conformance.subject import Stream

__all__ = ["lightened"]

_BYTES = 250_000  # of a body; what is smaller is held as it is
_EVENTS = 5_000
_PIECES = 5_000
_DOCUMENT = 1_000_000  # bytes of an answer whose JSON is held
_CALLS = 1_000  # calls held of a choice, and items of a response


def lightened(stream: Stream, *, always: bool = False) -> Stream:
    """The stream, and of a long one, or `always`, no more than rules on groups and reports look at.

    Its events have no data, its notes are those that were kept, and of the facts there are the texts, the
    finish of each choice, the last usage, the ids, and the calls, of which at most a thousand.
    """
    exchange, wire = stream.exchange, stream.wire
    short = wire.size <= _BYTES and len(wire.events) <= _EVENTS and len(exchange.pieces) <= _PIECES
    if short and not always:
        return stream
    return replace(
        stream,
        wire=Wire(cast("tuple[Event, ...]", _Events(wire.events)), wire.notes, None, wire.size),
        chat=None if stream.chat is None else _chat(stream.chat),
        responses=None if stream.responses is None else _responses(stream.responses),
        document=stream.document if wire.size <= _DOCUMENT else None,
    )


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


def _texts(text: str) -> list[str]:
    return cast("list[str]", _Texts(text))


def _chat(chat: Chat) -> Chat:
    light = Chat(usage=chat.usage[-1:], done=chat.done[:1])
    light.tracks["id"] = _track(chat.tracks["id"])
    # Rules look at the first choice, and at what all of them say.
    for members in (chat.ordered[:1], chat.ordered[1:]):
        if members:
            light.choices[members[0].index] = _choice(members)
    return light


def _choice(members: Sequence[Choice]) -> Choice:
    """One choice that says what its members say, and is otherwise like the first of them."""
    model = members[0]
    light = Choice(model.index, model.event, said=model.said, finish=model.finish[:1])
    light.content = _texts("\n".join(choice.text for choice in members))
    light.refusal = _texts("\n".join("".join(choice.refusal) for choice in members))
    thoughts = (choice.reasoning_text(name) for choice in members for name in choice.reasoning)
    light.reasoning = {"reasoning": _texts("\n".join(thoughts))}
    light.calls = _calls([call for choice in members for call in choice.calls])
    return light


def _calls(calls: Sequence[ToolCall]) -> Calls:
    light = Calls()
    for call in calls[:_CALLS]:
        arguments = call.arguments
        part = Fragment(call.event, call.id, None, call.name, arguments, has_function=True)
        light.begin(ToolCall(call.index), part)
    return light


def _responses(found: Responses) -> Responses:
    light = Responses(orphans=found.orphans[:1])
    light.response_id = _track(found.response_id)
    for item in found.items[:_CALLS]:
        kept: dict[str, Any] = {
            key: item.at_added[key] for key in ("type", "call_id") if key in item.at_added
        }
        light.items.append(Item(item.output_index, item.added, at_added=kept))
    if light.items:
        said = "\n".join(text.text for item in found.items for text in item.texts.values())
        text = Text("output_text", 0, deltas=_texts(said), delta_events=[0])
        light.items[0].hold((Scope.PART, 0), text)
    return light


def _track(track: Track) -> Track:
    light = Track()
    light.value, light.event = track.value, track.event
    return light
