"""The facts about one output item of a Responses stream, and about the texts streamed into it."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from conformance.assemble.events import Scope
from conformance.assemble.logprobs import Logprobs
from conformance.assemble.payload import joined
from conformance.assemble.records import Deltas, Reading, Sighting, WrongIndex

__all__ = [
    "Annotation",
    "Item",
    "PartialImage",
    "Phase",
    "Printed",
    "Text",
    "TextFault",
    "Whole",
    "WrongPart",
]


class Phase(Enum):
    """The state of a text: of a part, a summary part, or the arguments of a call."""

    ABSENT = auto()
    OPEN = auto()
    COMPLETE = auto()  # its DONE event came, but not its CLOSE
    CLOSED = auto()


class TextFault(Enum):
    """How an event can be out of order in the state of a text."""

    UNOPENED = auto()  # before the text was opened
    REPEATED = auto()  # a second event with the same effect
    LATE = auto()  # after the text was complete or closed


@dataclass(frozen=True, slots=True)
class Whole:
    """An item or a part as one event holds it; event 0 and {} if there is no such event."""

    event: int = 0
    value: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> Any:
        """The text or refusal of a part; None if it has neither."""
        return self.value.get("text", self.value.get("refusal"))


@dataclass(frozen=True, slots=True)
class Annotation:
    """A streamed annotation, and the `annotation_index` of its event."""

    event: int
    index: Any
    value: Any


@dataclass(frozen=True, slots=True)
class PartialImage:
    """An event with a partial image: its `partial_image_index`, and the image in base64."""

    event: int
    index: Any
    image: Any


@dataclass(frozen=True, slots=True)
class Printed:
    """What a shell command wrote: a piece, or if `done`, all of it. `index` is the `command_index`."""

    event: int
    index: Any
    value: Any
    done: bool


@dataclass(frozen=True, slots=True)
class WrongPart:
    """An event about a part of another type than the part was opened with."""

    event: int
    opened: str
    spoken: str


@dataclass(slots=True)
class Text:
    """A text that is streamed in deltas: that of a part, of a summary part, or of an item's own field."""

    # output_text, refusal, reasoning_text, summary_text, arguments, input, code, diff, command; "" if unknown
    slot: str
    index: Any  # content_index, summary_index or command_index; None for an item's own field
    phase: Phase = Phase.ABSENT
    misplaced: dict[TextFault, list[Sighting]] = field(
        default_factory=lambda: {kind: [] for kind in TextFault}
    )
    opened: Whole = Whole()  # the announced part; for an item's own field, the event alone
    start: str = ""  # the beginning that the announcement already holds
    deltas: Deltas = field(default_factory=Deltas)
    annotations: list[Annotation] = field(default_factory=list)
    logprobs: Logprobs = field(default_factory=Logprobs)  # of the deltas
    scored: list[Any] = field(default_factory=list)  # the entries of the deltas' `logprobs`, in order
    done: Reading = field(default_factory=Reading)  # the text in its done event
    done_scored: Reading = field(default_factory=Reading)  # the `logprobs` in its done event
    closed: Whole = Whole()  # the closed part

    @property
    def text(self) -> str:
        """The beginning and the deltas, concatenated, as a client holds them."""
        return joined((self.start, *self.deltas.texts))


@dataclass(slots=True)
class References:
    """The ids and names by which events refer to the item."""

    id: str = ""  # the first `item_id`; "" if there is none
    wrong_ids: list[Sighting] = field(default_factory=list)  # ids that differ from the announced one
    names: list[Reading] = field(default_factory=list)  # function names in done events of arguments


@dataclass(slots=True)
class Item:
    """One output item."""

    output_index: Any
    added: Whole  # the announced item
    done: Whole = Whole()  # the finished item
    references: References = field(default_factory=References)
    phases: list[Sighting] = field(default_factory=list)  # the types of events about its progress
    images: list[PartialImage] = field(default_factory=list)
    printed: list[Printed] = field(default_factory=list)
    texts: dict[tuple[Scope, Any], Text] = field(default_factory=dict)  # by scope and index
    misnumbered: list[WrongIndex] = field(default_factory=list)  # new parts whose index is not the next one
    mistyped: list[WrongPart] = field(default_factory=list)
    unfit: list[Sighting] = field(default_factory=list)  # events that do not fit the type of the item
    late: list[Sighting] = field(default_factory=list)  # the types of events after its done event
    counts: dict[Scope, int] = field(default_factory=dict)  # the number of texts of each scope
    latest: dict[Scope, Text] = field(default_factory=dict)  # the newest text of each scope

    def hold(self, key: tuple[Scope, Any], text: Text) -> None:
        """Adds a new text."""
        self.texts[key] = text
        self.counts[key[0]] = self.counts.get(key[0], 0) + 1
        self.latest[key[0]] = text

    @property
    def type(self) -> str:
        """The item's type from its announcement, or else from its done event; "" if neither has one."""
        return str(self.added.value.get("type") or self.done.value.get("type") or "")

    @property
    def id(self) -> Any:
        """The announced id; None if there is none."""
        return self.added.value.get("id")

    def parts(self, scope: Scope) -> list[Text]:
        """The item's parts in a scope, sorted by index; parts without one are numbered as they arrive."""
        found = {key: text for (kind, key), text in self.texts.items() if kind is scope}
        return [found[key] for key in sorted(found)]
