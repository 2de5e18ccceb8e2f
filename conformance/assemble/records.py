"""The records that the facts about a stream are made of, alike for both APIs.

Events are numbered from 1 in the order of the stream, as `Event.number` has it; where a record holds the
number of an event that never came, it is 0. A list of records is in the order of the events.
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
    """Something seen in an event, in words or as on the wire; event 0 where nothing was."""

    event: int = 0
    what: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A JSON value that an event holds; event 0 and None where it never came."""

    event: int = 0
    value: Any = None


@dataclass(frozen=True, slots=True)
class WrongIndex:
    """An index that is not the one due: both count from 0."""

    event: int
    index: int
    due: int


@dataclass(frozen=True, slots=True)
class Misfit:
    """A schema error and the event it is in."""

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
        self.event = 0  # the event of the first value; 0 while none was seen
        self.changes: list[Reading] = []  # each value that differs from the first

    def see(self, event: int, value: Any) -> None:
        """Take the value that an event holds."""
        if not self.event:
            self.value, self.event = value, event
        elif value != self.value:
            self.changes.append(Reading(event, value))


class Growth:
    """Whether each text of a stream begins with the whole text before it: cumulative, not incremental."""

    __slots__ = ("alike", "grown", "last")

    def __init__(self) -> None:
        self.last = ""
        self.grown = 0  # texts that are longer than the one before, which they begin with
        self.alike = True  # whether every text so far begins with the one before

    def see(self, text: str) -> None:
        """Take the next text, which is not empty."""
        if self.alike:
            if not text.startswith(self.last):
                self.alike = False
            elif self.last and len(text) > len(self.last):
                self.grown += 1
            self.last = text

    @property
    def cumulative(self) -> bool:
        """Two longer texts in a row are no chance any more once they are long, three when they are short.

        Rows of dashes and dots, which tokens double by themselves, have few different characters.
        """
        enough = (self.grown >= 3 and len(self.last) >= 8) or (self.grown == 2 and len(self.last) >= 16)
        return self.alike and enough and len(set(self.last)) > 3


@dataclass(slots=True)
class Deltas:
    """The deltas of one text, in their order: `texts` and `events` are as long as each other."""

    texts: list[str] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    growth: Growth = field(default_factory=Growth)  # of those that are not empty

    def add(self, event: int, text: str) -> None:
        """Take the next delta."""
        self.texts.append(text)
        self.events.append(event)
        if text and self.growth.alike:
            self.growth.see(text)

    @property
    def text(self) -> str:
        """The deltas, concatenated."""
        return joined(self.texts)


# Groups of facts that streams of both APIs have


@dataclass(slots=True)
class Data:
    """How the data of events departs from JSON, from the API and from the schema."""

    not_json: list[Sighting] = field(default_factory=list)
    foreign: list[Sighting] = field(default_factory=list)  # JSON that is nothing of the API
    misfits: Misfits = field(default_factory=Misfits)


@dataclass(slots=True)
class Errors:
    """The errors inside a stream, as events hold them, and what follows the first."""

    seen: list[Reading] = field(default_factory=list)
    after: list[Sighting] = field(default_factory=list)


@dataclass(slots=True)
class Done:
    """Where `[DONE]` came, and the events behind the first."""

    seen: list[Sighting] = field(default_factory=list)
    after: list[Sighting] = field(default_factory=list)
