"""What is recorded of one output item of a Responses stream, and of the texts that are streamed into it."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from conformance.assemble.events import Scope
from conformance.assemble.payload import joined
from conformance.assemble.records import Deltas, Reading, Sighting, WrongIndex

__all__ = ["Annotation", "Item", "Misplaced", "PartialImage", "Phase", "Text", "Whole", "WrongPart"]


class Phase(Enum):
    """Where a text (a part, a summary part, the arguments of a call) is in its life."""

    ABSENT = auto()
    OPEN = auto()
    COMPLETE = auto()  # its DONE event came
    CLOSED = auto()


class Misplaced(Enum):
    """How an event can be out of place in the life of a text."""

    UNOPENED = auto()  # before anything announced the text
    REPEATED = auto()  # what it does was done before
    LATE = auto()  # after the text was complete, or closed


@dataclass(frozen=True, slots=True)
class Whole:
    """An item or a part as one event holds it whole; event 0 and {} where none did."""

    event: int = 0
    value: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> Any:
        """What a part has as its text, or its refusal; None for nothing."""
        return self.value.get("text", self.value.get("refusal"))


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation that was streamed, and the `annotation_index` of its event."""

    event: int
    index: Any
    value: Any


@dataclass(frozen=True, slots=True)
class PartialImage:
    """An event with a partial image, and its `partial_image_index`."""

    event: int
    index: Any


@dataclass(frozen=True, slots=True)
class WrongPart:
    """An event that speaks of a part of one type, where the part was opened as one of another."""

    event: int
    opened: str
    spoken: str


@dataclass(slots=True)
class Text:
    """A text that is streamed in deltas: of a part, a summary part, or an item itself."""

    slot: str  # output_text, refusal, reasoning_text, summary_text, arguments, input, code; "" unknown
    index: Any  # content_index or summary_index; None for a text of the item itself
    phase: Phase = Phase.ABSENT
    misplaced: dict[Misplaced, list[Sighting]] = field(
        default_factory=lambda: {kind: [] for kind in Misplaced}
    )
    opened: Whole = Whole()  # the part as it was announced; of a text of the item itself, the event alone
    start: str = ""  # the text that its opening already holds
    deltas: Deltas = field(default_factory=Deltas)
    annotations: list[Annotation] = field(default_factory=list)
    done: Reading = field(default_factory=Reading)  # the text as its done event holds it
    closed: Whole = Whole()  # the part as it was closed

    @property
    def text(self) -> str:
        """What a client holds that appends the deltas to the start."""
        return joined((self.start, *self.deltas.texts))


@dataclass(slots=True)
class References:
    """By which id and name the events about an item call it."""

    id: str = ""  # the first `item_id`; "" for none
    wrong_ids: list[Sighting] = field(default_factory=list)  # not the id that it was announced with
    names: list[Reading] = field(default_factory=list)  # of the function, beside the whole arguments


@dataclass(slots=True)
class Item:
    """One output item."""

    output_index: Any
    added: Whole  # as it was announced
    done: Whole = Whole()  # as it was finished
    references: References = field(default_factory=References)
    phases: list[Sighting] = field(default_factory=list)  # events about it while it runs, by their type
    images: list[PartialImage] = field(default_factory=list)
    texts: dict[tuple[Scope, Any], Text] = field(default_factory=dict)  # by scope and index
    misnumbered: list[WrongIndex] = field(default_factory=list)  # new parts, by their index
    mistyped: list[WrongPart] = field(default_factory=list)
    unfit: list[Sighting] = field(default_factory=list)  # events about the inside of another type of item
    late: list[Sighting] = field(default_factory=list)  # events after it was done, by their type
    counts: dict[Scope, int] = field(default_factory=dict)  # how many texts of a scope there are
    latest: dict[Scope, Text] = field(default_factory=dict)  # the one of them that came last

    def hold(self, key: tuple[Scope, Any], text: Text) -> None:
        """Take a text that was not there before."""
        self.texts[key] = text
        self.counts[key[0]] = self.counts.get(key[0], 0) + 1
        self.latest[key[0]] = text

    @property
    def type(self) -> str:
        """The item's type, from its announcement or else its end; "" if neither says."""
        return str(self.added.value.get("type") or self.done.value.get("type") or "")

    @property
    def id(self) -> Any:
        """The id it was announced with."""
        return self.added.value.get("id")

    def parts(self, scope: Scope) -> list[Text]:
        """Its parts of a scope, in the order of their index, or else of their coming."""
        found = {key: text for (kind, key), text in self.texts.items() if kind is scope}
        return [found[key] for key in sorted(found)]
