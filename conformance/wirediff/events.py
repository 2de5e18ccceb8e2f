"""The events of a stream in the parts that a gateway may put together or take apart. Pure.

A chunk that holds a role and a piece of text has two parts, each of which another server may send in an event
of its own. A part is found again on the other side by what it is and, if it carries text, by its place in the
whole text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.decode import Event
from conformance.text import clipped, shown
from conformance.wirediff.flat import parsed

__all__ = ["ANYWHERE", "DELTA", "LATE", "EventItem", "Part", "empty_delta", "items", "told"]

ANYWHERE = ""
"""The lane of what belongs to no choice."""

LATE = frozenset({"usage", "choices.*.finish_reason"})
"""Parts of which the last one counts, where a side sends more of them."""

DELTA = "choices.*.delta"
"""What a chunk is about that carries nothing for its choice."""

_QUOTED = 60  # characters of a value in an example
_LONGEST = 60  # characters of the name of an event that is no JSON object


@dataclass(frozen=True, slots=True)
class Part:
    """What one event says of one thing.

    `what` is its path in a chunk or the type of an event, `lane` the index of its choice, `call` that of its
    tool call. `text` is the piece of a text that it carries; None if it carries none.
    """

    what: str
    lane: str = ANYWHERE
    call: str = ""
    text: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """By which it is found again on the other side."""
        return self.what, self.lane, self.call


@dataclass(frozen=True, slots=True)
class EventItem:
    """An event of a stream. `sort` is what people call it, "" for a chunk; `json` says that it is JSON."""

    number: int
    name: str | None
    data: str
    json: bool
    sort: str
    parts: tuple[Part, ...]

    @property
    def chunk(self) -> bool:
        """Whether it is a chunk of Chat Completions."""
        return not self.sort

    @property
    def value(self) -> Any:
        """The data as JSON, read anew, because a long stream is held as its text alone."""
        return parsed(self.data)[1]


def items(events: tuple[Event, ...]) -> list[EventItem]:
    """The events of a stream, each with its parts."""
    return [_item(number, event) for number, event in enumerate(events)]


def empty_delta(item: EventItem, lane: str) -> dict[str, Any]:
    """The keys of a chunk's delta that carry nothing, such as a first text of no characters."""
    delta = _held(_numbered(_held(item.value, "choices"), lane), "delta")
    return {key: value for key, value in delta.items() if not value} if isinstance(delta, dict) else {}


def told(item: EventItem) -> str:
    """What an event says, part by part: a text in quotes, and anything else with its name."""
    if not item.chunk and item.parts[0].text is None:
        return item.sort
    return " + ".join(_told(item, part) for part in item.parts)


def _told(item: EventItem, part: Part) -> str:
    if part.text is not None:
        name = part.what.rpartition(".")[2]
        named = "" if name == "content" or not item.chunk else f"{name} "
        return f"{named}{shown(part.text, _QUOTED)}"
    value: Any = item.value
    indexes = iter((part.lane, part.call))  # of the choice, and of the tool call in it
    for key in part.what.split("."):
        value = _numbered(value, next(indexes, "")) if key == "*" else _held(value, key)
    name = part.what.removeprefix(f"{DELTA}.").removeprefix("choices.*.")
    return name if value is None or isinstance(value, dict | list) else f"{name} {shown(value, _QUOTED)}"


def _held(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _numbered(value: Any, index: str) -> Any:
    for place, one in enumerate(value if isinstance(value, list) else ()):
        number = one.get("index") if isinstance(one, dict) else None
        if str(number if type(number) is int else place) == index:
            return one
    return None


def _item(number: int, event: Event) -> EventItem:
    known, value = parsed(event.data)
    if known and isinstance(value, dict) and isinstance(value.get("choices"), list):
        return EventItem(number, event.name, event.data, True, "", tuple(_parts_of_chunk(value)))
    sort = clipped(event.data, _LONGEST)
    text = None
    if known and isinstance(value, dict):
        named = value.get("type")
        keys = clipped("{" + ", ".join(sorted(value)) + "}", _LONGEST)
        sort = named if isinstance(named, str) and named else event.name or keys
        delta = value.get("delta")
        text = delta if isinstance(delta, str) and delta else None
    return EventItem(number, event.name, event.data, known, sort, (Part(sort, text=text),))


def _parts_of_chunk(value: dict[str, Any]) -> Iterator[Part]:
    found: list[Part] = []
    empty: list[Part] = []
    for place, choice in enumerate(value["choices"]):
        if not isinstance(choice, dict):
            continue
        index = choice.get("index")
        lane = str(index if type(index) is int else place)
        parts = [*_parts_of_choice(choice, lane)]
        found += parts
        if not parts:
            empty.append(Part(DELTA, lane))
    found += [Part(key) for key in ("usage", "error") if value.get(key)]
    yield from found or empty or [Part("choices")]


def _parts_of_choice(choice: dict[str, Any], lane: str) -> Iterator[Part]:
    delta = choice.get("delta")
    for key, value in delta.items() if isinstance(delta, dict) else ():
        path = f"{DELTA}.{key}"
        if key == "tool_calls" and isinstance(value, list):
            for place, call in enumerate(value):
                yield from _parts_of_call(call, place, path, lane)
        elif isinstance(value, str) and value and key != "role":
            yield Part(path, lane, text=value)
        elif value:
            yield Part(path, lane)
    if choice.get("finish_reason") is not None:
        yield Part("choices.*.finish_reason", lane)


def _parts_of_call(call: Any, place: int, path: str, lane: str) -> Iterator[Part]:
    if not isinstance(call, dict):
        return
    number = call.get("index")
    index = str(number if type(number) is int else place)
    for kind, key in (("function", "arguments"), ("custom", "input")):
        inside = call.get(kind)
        if not isinstance(inside, dict):
            continue
        if call.get("id") or inside.get("name"):
            yield Part(f"{path}.*.{kind}.name", lane, index)
        text = inside.get(key)
        if isinstance(text, str) and text:
            yield Part(f"{path}.*.{kind}.{key}", lane, index, text)
