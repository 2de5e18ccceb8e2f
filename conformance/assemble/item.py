"""One output item of a Responses stream, and the texts that are streamed into it."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from conformance.assemble.events import Does, Scope
from conformance.assemble.payload import At, Growth, joined

__all__ = ["TRANSITIONS", "Item", "Phase", "Text"]


class Phase(Enum):
    """Where a text (a part, a summary part, the arguments of a call) is in its life."""

    ABSENT = auto()
    OPEN = auto()
    COMPLETE = auto()  # its DONE event came
    CLOSED = auto()


# phase and what an event does -> next phase, and the list of `Text` that records it as out of place.
TRANSITIONS: dict[tuple[Phase, Does], tuple[Phase, str]] = {
    (Phase.ABSENT, Does.OPEN): (Phase.OPEN, ""),
    (Phase.ABSENT, Does.DELTA): (Phase.ABSENT, "unopened"),
    (Phase.ABSENT, Does.DONE): (Phase.COMPLETE, "unopened"),
    (Phase.ABSENT, Does.CLOSE): (Phase.CLOSED, "unopened"),
    (Phase.ABSENT, Does.EXTRA): (Phase.ABSENT, "unopened"),
    (Phase.OPEN, Does.OPEN): (Phase.OPEN, "repeated"),
    (Phase.OPEN, Does.DELTA): (Phase.OPEN, ""),
    (Phase.OPEN, Does.DONE): (Phase.COMPLETE, ""),
    (Phase.OPEN, Does.CLOSE): (Phase.CLOSED, ""),
    (Phase.OPEN, Does.EXTRA): (Phase.OPEN, ""),
    (Phase.COMPLETE, Does.OPEN): (Phase.COMPLETE, "repeated"),
    (Phase.COMPLETE, Does.DELTA): (Phase.COMPLETE, "late"),
    (Phase.COMPLETE, Does.DONE): (Phase.COMPLETE, "repeated"),
    (Phase.COMPLETE, Does.CLOSE): (Phase.CLOSED, ""),
    (Phase.COMPLETE, Does.EXTRA): (Phase.COMPLETE, ""),
    (Phase.CLOSED, Does.OPEN): (Phase.CLOSED, "repeated"),
    (Phase.CLOSED, Does.DELTA): (Phase.CLOSED, "late"),
    (Phase.CLOSED, Does.DONE): (Phase.CLOSED, "late"),
    (Phase.CLOSED, Does.CLOSE): (Phase.CLOSED, "repeated"),
    (Phase.CLOSED, Does.EXTRA): (Phase.CLOSED, "late"),
}


@dataclass(slots=True)
class Text:
    """A text that is streamed in deltas: of a part, a summary part, or an item itself."""

    slot: str  # output_text, refusal, reasoning_text, summary_text, arguments, input, code; "" unknown
    index: Any  # content_index or summary_index; None for a text of the item itself
    phase: Phase = Phase.ABSENT
    opened: int = 0  # event numbers; 0 where it never happened
    done: int = 0
    closed: int = 0
    start: str = ""  # the text that its opening already holds
    deltas: list[str] = field(default_factory=list)
    delta_events: list[int] = field(default_factory=list)
    growth: Growth = field(default_factory=Growth)
    done_text: Any = None
    closed_text: Any = None
    opened_part: dict[str, Any] = field(default_factory=dict)
    closed_part: dict[str, Any] = field(default_factory=dict)
    annotations: list[tuple[int, Any, Any]] = field(default_factory=list)  # event, annotation_index, value
    unopened: list[At] = field(default_factory=list)
    repeated: list[At] = field(default_factory=list)
    late: list[At] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What a client holds that appends the deltas to the start."""
        return joined((self.start, *self.deltas))


@dataclass(slots=True)
class Item:
    """One output item."""

    output_index: Any
    added: int = 0  # event numbers; 0 where it never happened
    done: int = 0
    at_added: dict[str, Any] = field(default_factory=dict)
    at_done: dict[str, Any] = field(default_factory=dict)
    texts: dict[tuple[Scope, Any], Text] = field(default_factory=dict)
    phases: list[At] = field(default_factory=list)  # events about it as a whole while it runs, by their type
    wrong_ids: list[At] = field(default_factory=list)
    wrong_types: list[At] = field(default_factory=list)
    late: list[At] = field(default_factory=list)  # child events after the item was done
    part_order: list[tuple[int, Any, int]] = field(default_factory=list)  # event, content_index, due
    part_types: list[tuple[int, str, str]] = field(default_factory=list)  # event, type opened, type spoken of
    given_id: str = ""  # the first item_id that an event about it has
    given_names: list[tuple[int, Any]] = field(
        default_factory=list
    )  # event, name of the function beside whole arguments
    images: list[tuple[int, Any]] = field(default_factory=list)  # event, partial_image_index
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
        return str(self.at_added.get("type") or self.at_done.get("type") or "")

    @property
    def id(self) -> Any:
        """The id it was announced with."""
        return self.at_added.get("id")

    def parts(self, scope: Scope) -> list[Text]:
        """Its parts of a scope, in the order of their index, or else of their coming."""
        found = {key: text for (kind, key), text in self.texts.items() if kind is scope}
        return [found[key] for key in sorted(found)]
