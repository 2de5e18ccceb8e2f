"""The facts about a Responses stream, except those about the content of its items, grouped by subject."""

from dataclasses import dataclass, field
from typing import Any

from conformance.assemble.item import Item, Text
from conformance.assemble.records import Data, Done, Errors, Sighting, Track, WrongIndex

__all__ = ["FinalItems", "Lifecycle", "Numbers", "Output", "Responses", "Snapshot", "Spoken"]


@dataclass(slots=True)
class Events:
    """The events whose data is an object with a type; in sightings, `what` is that type."""

    count: int = 0
    first: Sighting = field(default_factory=Sighting)
    last: Sighting = field(default_factory=Sighting)
    unknown: list[Sighting] = field(default_factory=list)  # events of unknown type
    unnamed: list[Sighting] = field(default_factory=list)  # events without an `event:` line
    misnamed: list[Sighting] = field(default_factory=list)  # events whose `event:` line differs from the type
    padded: list[int] = field(default_factory=list)  # events whose `obfuscation` is not empty


@dataclass(slots=True)
class Numbers:
    """The sequence numbers that are integers."""

    first: int | None = None
    last: int = -1
    not_increasing: list[Sighting] = field(default_factory=list)
    gaps: list[Sighting] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The response object in one event, and the type of that event; {} if the event has no such object."""

    event: int
    type: str
    response: dict[str, Any]


@dataclass(slots=True)
class Lifecycle:
    """The events about the response as a whole, except `error`."""

    seen: list[Snapshot] = field(default_factory=list)
    id: Track = field(default_factory=Track)
    terminals: list[Snapshot] = field(default_factory=list)  # the events that end the response
    after_terminal: list[Sighting] = field(default_factory=list)  # the types of later events

    @property
    def final(self) -> Snapshot | None:
        """The first terminal event; None if there is none."""
        return self.terminals[0] if self.terminals else None

    def of(self, kind: str) -> list[Snapshot]:
        """The events of this type."""
        return [snapshot for snapshot in self.seen if snapshot.type == kind]


@dataclass(slots=True)
class Output:
    """The items of the response, and events that cannot be matched to an item."""

    items: list[Item] = field(default_factory=list)  # in the order of their announcement
    misnumbered: list[WrongIndex] = field(default_factory=list)  # the `output_index` is not the next one
    reused: list[Sighting] = field(default_factory=list)  # the `output_index` is already in use
    orphans: list[Sighting] = field(default_factory=list)  # events about items that were never announced
    by_index: dict[int, Item] = field(default_factory=dict)  # the newest item of each output_index
    by_id: dict[str, Item] = field(default_factory=dict)  # the newest item of each id

    def announce(self, item: Item) -> None:
        """Adds a new item."""
        self.items.append(item)
        if type(item.output_index) is int:
            self.by_index[item.output_index] = item
        if isinstance(item.id, str) and item.id:
            self.by_id[item.id] = item

    def texts(self, *slots: str) -> list[tuple[Item, Text]]:
        """Every streamed text in these slots, with its item."""
        return [(item, text) for item in self.items for text in item.texts.values() if text.slot in slots]


@dataclass(frozen=True, slots=True)
class Spoken:
    """An event about a spoken answer: a piece of the `audio` or of its `transcript`, or the end of either."""

    event: int
    what: str
    delta: Any
    done: bool


@dataclass(slots=True)
class FinalItems:
    """The objects in the output of the final response."""

    ordered: list[dict[str, Any]] = field(default_factory=list)
    by_id: dict[str, dict[str, Any]] = field(default_factory=dict)  # the first of each id

    @classmethod
    def of(cls, final: Snapshot | None) -> "FinalItems":
        """Those that a snapshot holds; none where there is no snapshot."""
        output = final.response.get("output") if final is not None else None
        entries = output if isinstance(output, list) else []
        found = cls([entry for entry in entries if isinstance(entry, dict)])
        for entry in found.ordered:
            if isinstance(identity := entry.get("id"), str):
                found.by_id.setdefault(identity, entry)
        return found


@dataclass(slots=True)
class Responses:
    """Everything recorded of a Responses stream, grouped by subject."""

    data: Data = field(default_factory=Data)  # data that is not an object with a type counts as foreign
    events: Events = field(default_factory=Events)
    numbers: Numbers = field(default_factory=Numbers)
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    errors: Errors = field(default_factory=Errors)  # `error` events; `after` excludes response.failed
    done: Done = field(default_factory=Done)
    output: Output = field(default_factory=Output)
    speech: list[Spoken] = field(default_factory=list)
    final_items: FinalItems = field(default_factory=FinalItems)
    surrogates: list[Sighting] = field(default_factory=list)  # deltas with one half of a surrogate pair
    without_logprobs: list[int] = field(default_factory=list)  # events about output text without `logprobs`
