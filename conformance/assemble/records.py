"""The record types for facts about a stream, shared by both APIs.

Events are numbered from 1 in stream order, like `Event.number`; 0 stands for an event that never came. Lists
of records are in event order.
"""

from dataclasses import dataclass, field
from typing import Any

from conformance.assemble.payload import joined

__all__ = [
    "Data",
    "Deltas",
    "Done",
    "Errors",
    "Growth",
    "Misfit",
    "Misfits",
    "Reading",
    "Sighting",
    "Track",
    "WrongIndex",
]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something seen in an event, described in words or quoted; event 0 if it was not seen."""

    event: int = 0
    what: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A JSON value in an event; event 0 and None if it never came."""

    event: int = 0
    value: Any = None


@dataclass(frozen=True, slots=True)
class WrongIndex:
    """An index that is not the expected one. Both count from 0. `key` is its name in the event."""

    event: int
    index: int
    due: int
    key: str = "index"


@dataclass(frozen=True, slots=True)
class Misfit:
    """A schema error, and the number of its event."""

    event: int
    path: str
    rule: str
    expected: str
    observed: str


class Misfits(list[Misfit]):
    """Schema errors in the order of their coming.

    `kinds` has the places in the list of each path and rule: dozens of rules look for a few of them.
    """

    __slots__ = ("kinds",)

    def __init__(self) -> None:
        super().__init__()
        self.kinds: dict[tuple[str, str], list[int]] = {}

    def append(self, misfit: Misfit) -> None:
        """Add an error."""
        self.kinds.setdefault((misfit.path, misfit.rule), []).append(len(self))
        super().append(misfit)


class Track:
    """A field that should keep its value over a stream."""

    __slots__ = ("changes", "event", "value")

    def __init__(self) -> None:
        self.value: Any = None  # the first value
        self.event = 0  # the event of the first value; 0 until then
        self.changes: list[Reading] = []  # values that differ from the first

    def see(self, event: int, value: Any) -> None:
        """Records the value of the field in an event."""
        if not self.event:
            self.value, self.event = value, event
        elif value != self.value:
            self.changes.append(Reading(event, value))


class Growth:
    """Detects texts that are cumulative: each begins with the whole previous one."""

    __slots__ = ("alike", "grown", "last")

    def __init__(self) -> None:
        self.last = ""
        self.grown = 0  # texts that begin with the previous one and are longer
        self.alike = True  # whether every text so far begins with the previous one

    def see(self, text: str) -> None:
        """Records the next text, which is not empty."""
        if self.alike:
            if not text.startswith(self.last):
                self.alike = False
            elif self.last and len(text) > len(self.last):
                self.grown += 1
            self.last = text

    @property
    def cumulative(self) -> bool:
        """Whether the texts are cumulative rather than alike by chance.

        Two longer texts in a row are enough if they are long, three if they are short. Rows of dashes or
        dots, which tokens double by themselves, are recognised by their few different characters.
        """
        enough = (self.grown >= 3 and len(self.last) >= 8) or (self.grown == 2 and len(self.last) >= 16)
        return self.alike and enough and len(set(self.last)) > 3

    @property
    def seems_cumulative(self) -> bool:
        """Whether the texts are too short to be certain of it, but look cumulative."""
        return self.alike and self.grown >= 2 and len(set(self.last)) > 3 and not self.cumulative


@dataclass(slots=True)
class Deltas:
    """The deltas of one text, in order. `texts` and `events` have the same length."""

    texts: list[str] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    growth: Growth = field(default_factory=Growth)  # over the deltas that are not empty

    def add(self, event: int, text: str) -> None:
        """Records the next delta."""
        self.texts.append(text)
        self.events.append(event)
        if text and self.growth.alike:
            self.growth.see(text)

    @property
    def text(self) -> str:
        """The deltas, concatenated."""
        return joined(self.texts)


# Groups of facts that exist for both APIs


@dataclass(slots=True)
class Data:
    """Event data that is not JSON, not of the API, or against the schema."""

    not_json: list[Sighting] = field(default_factory=list)
    foreign: list[Sighting] = field(default_factory=list)  # JSON that does not belong to the API
    misfits: Misfits = field(default_factory=Misfits)
    repeated: list[Sighting] = field(default_factory=list)  # keys that one object of an event has twice


@dataclass(slots=True)
class Errors:
    """The errors inside a stream as sent, and the events after the first one."""

    seen: list[Reading] = field(default_factory=list)
    after: list[Sighting] = field(default_factory=list)


@dataclass(slots=True)
class Done:
    """The `[DONE]` events, and the events after the first one."""

    seen: list[Sighting] = field(default_factory=list)
    after: list[Sighting] = field(default_factory=list)
