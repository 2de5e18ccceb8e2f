"""The places where a Responses stream repeats a streamed text, as a table, compared with the deltas.

A text is streamed in deltas and then repeated whole up to four times: in its own done event, in the closed
part, in the finished item and in the final response. Each repetition is compared with the deltas, because any
of them may be wrong alone. A resumed stream lacks deltas, so nothing is compared there.
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
    was_cut,
    was_withdrawn,
)
from conformance.subject import ResponsesStream
from conformance.text import same_but_redacted, shown

__all__ = [
    "ANSWERS",
    "CALL_ARGUMENTS",
    "COMMANDS",
    "PART_TEXTS",
    "REASONING",
    "SUMMARIES",
    "RepeatedText",
    "Repetition",
    "disagreements",
]


class Repetition(Enum):
    """A place that repeats a text."""

    DONE = auto()  # the done event of the text
    PART = auto()  # the part, in the event that closes it
    ITEM = auto()  # the finished item, in `response.output_item.done`
    FINAL = auto()  # the item in the final response


@dataclass(frozen=True, slots=True)
class _StreamedText:
    """The streamed texts of an item that are compared together: one text, or the texts of all its parts.

    `cut` says that the response is incomplete, and `withdrawn` that a content filter made it so.
    """

    item: Item
    texts: tuple[Text, ...]
    cut: bool
    withdrawn: bool

    @property
    def text(self) -> str:
        return "".join(text.text for text in self.texts)

    @property
    def begun(self) -> bool:
        # The announcement of a command may hold it whole.
        return any(text.deltas.texts or (text.slot == "command" and text.start) for text in self.texts)


def _nothing(_item: dict[str, Any], _streamed: _StreamedText) -> None:
    """The `held` of rows that are not compared with items."""


def _every(_item: Item, _text: Text) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedText:
    """A row of the table: a kind of streamed text, and the places that repeat it.

    `slots` are the kinds of texts, and `of` selects those to compare. `together` compares all parts of an
    item as one text, because part positions are checked by other rules. `held` returns the text that an item
    object holds, or None if there is nothing to compare. `places` are the paths that violations show;
    `{slot}` in a path stands for the slot of the text.
    """

    slots: tuple[str, ...]
    places: Mapping[Repetition, str]
    held: Callable[[dict[str, Any], _StreamedText], Any] = _nothing
    of: Callable[[Item, Text], bool] = _every
    together: bool = False


def disagreements(stream: ResponsesStream, row: RepeatedText, *places: Repetition) -> Iterator[Violation]:
    """One violation for each of these places whose text differs from the deltas."""
    if stream.resumed:
        return
    for streamed in _streamed(stream, row):
        text = streamed.text
        for place in places:
            event, told = _told(stream, row, streamed, place)
            if (
                event
                and told is not None
                and not _same(told, text)
                and not _taken_back(streamed, place, told)
            ):
                yield Violation(
                    event=event,
                    place=row.places[place].format(slot=streamed.texts[0].slot),
                    expected=f"{shown(text, 80)}, as streamed",
                    observed=shown(told, 80),
                )


def _same(told: Any, text: str) -> bool:
    return bool(told == text) or (isinstance(told, str) and same_but_redacted(told, text))


def _taken_back(streamed: _StreamedText, place: Repetition, told: Any) -> bool:
    # A content filter may leave out of what is kept some or all of what was shown.
    kept = place in (Repetition.ITEM, Repetition.FINAL)
    return streamed.withdrawn and kept and isinstance(told, str) and streamed.text.startswith(told)


def _streamed(stream: ResponsesStream, row: RepeatedText) -> Iterator[_StreamedText]:
    cut, withdrawn = was_cut(stream), was_withdrawn(stream)
    for item in stream.items:
        texts = tuple(text for text in item.texts.values() if text.slot in row.slots and row.of(item, text))
        units = [texts] if row.together else [(text,) for text in texts]
        for unit in units:
            streamed = _StreamedText(item, unit, cut, withdrawn)
            if streamed.begun:
                yield streamed


def _told(
    stream: ResponsesStream, row: RepeatedText, streamed: _StreamedText, place: Repetition
) -> tuple[int, Any]:
    """The event number of a place and the text there; the number is 0 if the stream has no such place."""
    item, text = streamed.item, streamed.texts[0]
    match place:
        case Repetition.DONE:
            return text.done.event, text.done.value
        case Repetition.PART:
            return text.closed.event, text.closed.text
        case Repetition.ITEM:
            return item.done.event, row.held(item.done.value, streamed)
        case Repetition.FINAL:
            final = stream.responses.lifecycle.final if ends_with_output(stream) else None
            entry = final_item(stream, item)
            return (final.event, row.held(entry, streamed)) if final is not None and entry else (0, None)


def _content(*slots: str) -> Callable[[dict[str, Any], _StreamedText], Any]:
    # A missing part counts as missing text.
    return lambda item, _streamed: item_text(item, *slots)


def _kept_reasoning(item: dict[str, Any], _streamed: _StreamedText) -> Any:
    # `content` is optional: streamed reasoning may be stored in encrypted form only.
    return item_text(item, "reasoning_text") if isinstance(item.get("content"), list) else None


def _kept_summary(item: dict[str, Any], streamed: _StreamedText) -> Any:
    # A missing part counts as missing text, except in an item or a response that was cut.
    kept = summary_text(item, streamed.texts[0].index)
    cut = streamed.cut or item.get("status") == "incomplete"
    return kept if kept is not None or cut else ""


def _argument(item: dict[str, Any], streamed: _StreamedText) -> Any:
    return ARGUMENTS[streamed.item.type].held(item)


def _command(item: dict[str, Any], streamed: _StreamedText) -> Any:
    action, index = item.get("action"), streamed.texts[0].index
    commands = action.get("commands") if isinstance(action, dict) else None
    if not isinstance(commands, list) or type(index) is not int:
        return None  # reported by the schema rules
    return commands[index] if 0 <= index < len(commands) else ""


PART_TEXTS = RepeatedText(
    slots=PARTS,
    places={Repetition.DONE: "text", Repetition.PART: "part.text"},
)
"""Output text, refusals and reasoning text, each part separately."""

ANSWERS = RepeatedText(
    slots=ANSWER,
    places={Repetition.ITEM: "item.content", Repetition.FINAL: "response.output"},
    held=_content(*ANSWER),
    together=True,
)
"""Output text and refusals, all parts of an item together."""

REASONING = RepeatedText(
    slots=("reasoning_text",),
    places={Repetition.ITEM: "item.content", Repetition.FINAL: "response.output.*.content"},
    held=_kept_reasoning,
    together=True,
)
"""Reasoning text, in items that have `content`."""

SUMMARIES = RepeatedText(
    slots=("summary_text",),
    places={
        Repetition.DONE: "text",
        Repetition.PART: "part.text",
        Repetition.ITEM: "item.summary",
        Repetition.FINAL: "response.output.*.summary",
    },
    held=_kept_summary,
    of=lambda _item, text: type(text.index) is int,
)
"""Reasoning summaries, matched by their index."""

CALL_ARGUMENTS = RepeatedText(
    slots=tuple(dict.fromkeys(argument.key for argument in ARGUMENTS.values())),
    places={
        Repetition.DONE: "{slot}",
        Repetition.ITEM: "item.{slot}",
        Repetition.FINAL: "response.output.*.{slot}",
    },
    held=_argument,
    of=lambda item, _text: item.type in ARGUMENTS,
)
"""The arguments of calls: JSON for functions, free text for custom tools, code, or the diff of a change."""

COMMANDS = RepeatedText(
    slots=("command",),
    places={
        Repetition.DONE: "command",
        Repetition.ITEM: "item.action.commands",
        Repetition.FINAL: "response.output.*.action.commands",
    },
    held=_command,
    of=lambda item, _text: item.type == "shell_call",
)
"""The commands of shell calls, matched by their index."""
