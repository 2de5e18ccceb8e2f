"""Where a Responses stream tells a streamed text again, as a table; every place says what the deltas made.

A text is streamed in deltas, and then told whole up to four times: by its own done event, by the closed
part, by the finished item and by the final response. The deltas are the measure: each place may be wrong by
itself. A resumed stream lacks deltas, so nothing is held against it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from conformance.assemble.events import ARGUMENTS
from conformance.assemble.item import Item, Text
from conformance.catalogue import Violation
from conformance.requirements.responses.common import (
    ANSWER,
    PARTS,
    ends_with_output,
    final_item,
    item_text,
    summary_text,
)
from conformance.subject import ResponsesStream
from conformance.text import shown

__all__ = [
    "ANSWERS",
    "CALL_ARGUMENTS",
    "PART_TEXTS",
    "REASONING",
    "SUMMARIES",
    "Again",
    "Retold",
    "disagreements",
]


class Again(Enum):
    """A place that tells a text again."""

    DONE = auto()  # the done event of the text
    PART = auto()  # the part, in the event that closes it
    ITEM = auto()  # the finished item, in `response.output_item.done`
    FINAL = auto()  # the item in the final response


@dataclass(frozen=True, slots=True)
class _Streamed:
    """What was streamed of an item, and is compared as one: one text, or all the texts of its parts."""

    item: Item
    texts: tuple[Text, ...]

    @property
    def text(self) -> str:
        return "".join(text.text for text in self.texts)

    @property
    def any_delta(self) -> bool:
        return any(text.deltas.texts for text in self.texts)


def _nothing(_item: dict[str, Any], _streamed: _Streamed) -> None:
    """What an item holds of texts that are not compared with items."""


def _every(_item: Item, _text: Text) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """A row: a kind of streamed text, and the places that tell it again.

    `slots` are what its events fill, and `of` leaves out texts that no rule compares. `together` says that
    the parts of an item are compared as one text: where each stands is another rule's matter. `held` is what
    an item object holds of it, None for nothing that could be compared. `places` are the paths of
    violations; `{slot}` in one stands for the slot of the text.
    """

    slots: tuple[str, ...]
    places: Mapping[Again, str]
    held: Callable[[dict[str, Any], _Streamed], Any] = _nothing
    of: Callable[[Item, Text], bool] = _every
    together: bool = False


def disagreements(stream: ResponsesStream, row: Retold, *places: Again) -> Iterator[Violation]:
    """A violation for each of these places that tells another text than was streamed."""
    if stream.resumed:
        return
    for streamed in _streamed(stream, row):
        text = streamed.text
        for place in places:
            event, told = _told(stream, row, streamed, place)
            if event and told is not None and told != text:
                yield Violation(
                    event=event,
                    place=row.places[place].format(slot=streamed.texts[0].slot),
                    expected=f"{shown(text, 80)}, as streamed",
                    observed=shown(told, 80),
                )


def _streamed(stream: ResponsesStream, row: Retold) -> Iterator[_Streamed]:
    for item in stream.items:
        texts = tuple(text for text in item.texts.values() if text.slot in row.slots and row.of(item, text))
        units = [texts] if row.together else [(text,) for text in texts]
        for unit in units:
            streamed = _Streamed(item, unit)
            if streamed.any_delta:
                yield streamed


def _told(stream: ResponsesStream, row: Retold, streamed: _Streamed, place: Again) -> tuple[int, Any]:
    """The event of a place, 0 where the stream has none, and what it tells."""
    item, text = streamed.item, streamed.texts[0]
    match place:
        case Again.DONE:
            return text.done.event, text.done.value
        case Again.PART:
            return text.closed.event, text.closed.text
        case Again.ITEM:
            return item.done.event, row.held(item.done.value, streamed)
        case Again.FINAL:
            final = stream.responses.lifecycle.final if ends_with_output(stream) else None
            entry = final_item(stream, item)
            return (final.event, row.held(entry, streamed)) if final is not None and entry else (0, None)


def _content(*slots: str) -> Callable[[dict[str, Any], _Streamed], Any]:
    # A part that is not there counts as missing text.
    return lambda item, _streamed: item_text(item, *slots)


def _kept_reasoning(item: dict[str, Any], _streamed: _Streamed) -> Any:
    # `content` is optional: reasoning may be shown, and kept encrypted alone.
    return item_text(item, "reasoning_text") if isinstance(item.get("content"), list) else None


def _kept_summary(item: dict[str, Any], streamed: _Streamed) -> Any:
    # A part that is lost counts as missing text, but an item that was cut need not have it.
    kept = summary_text(item, streamed.texts[0].index)
    return kept if kept is not None or item.get("status") == "incomplete" else ""


def _argument(item: dict[str, Any], streamed: _Streamed) -> Any:
    return item.get(ARGUMENTS[streamed.item.type].key)


PART_TEXTS = Retold(
    slots=PARTS,
    places={Again.DONE: "text", Again.PART: "part.text"},
)
"""Text, refusals and reasoning text, part by part."""

ANSWERS = Retold(
    slots=ANSWER,
    places={Again.ITEM: "item.content", Again.FINAL: "response.output"},
    held=_content(*ANSWER),
    together=True,
)
"""Text and refusals, all parts of an item together."""

REASONING = Retold(
    slots=("reasoning_text",),
    places={Again.ITEM: "item.content", Again.FINAL: "response.output.*.content"},
    held=_kept_reasoning,
    together=True,
)
"""Reasoning text, where an item keeps it."""

SUMMARIES = Retold(
    slots=("summary_text",),
    places={
        Again.DONE: "text",
        Again.PART: "part.text",
        Again.ITEM: "item.summary",
        Again.FINAL: "response.output.*.summary",
    },
    held=_kept_summary,
    of=lambda _item, text: type(text.index) is int,
)
"""Reasoning summaries; where a part of one stands is by its index."""

CALL_ARGUMENTS = Retold(
    slots=tuple(dict.fromkeys(argument.key for argument in ARGUMENTS.values())),
    places={Again.DONE: "{slot}", Again.ITEM: "item.{slot}", Again.FINAL: "response.output.*.{slot}"},
    held=_argument,
    of=lambda item, _text: item.type in ARGUMENTS,
)
"""The arguments of calls: JSON of functions, free text of custom tools, code of the interpreter."""
