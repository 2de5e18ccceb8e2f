"""What many requirements look at, and small steps that many checks share."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import merge
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from conformance.assemble.choice import Choice
from conformance.assemble.payload import parse
from conformance.assemble.records import Deltas, Sighting
from conformance.assemble.terminator import begins_done
from conformance.catalogue import Violation, trigger
from conformance.decode import Event, Note
from conformance.subject import Answer, ChatStream, Stream
from conformance.text import clipped

__all__ = [
    "NOBODY",
    "Owned",
    "choices_in_range",
    "each",
    "has_calls",
    "has_choices",
    "has_chunks",
    "has_several_calls",
    "late_usage",
    "noted",
    "owned",
    "required_names",
    "resumed",
    "schema_misfit",
    "spoken",
    "spoken_output",
    "sum_differs",
    "unended_done",
    "unowned",
]

Owned = frozenset[str]
"""Paths into a schema: one may end in `:rule` to mean that rule only, or in `.*` to mean all below it."""

NOBODY: Owned = frozenset()
"""The paths that other rules own, as long as nobody has told a rule of them."""


# What a stream holds: triggers of rules


@trigger(absent="no chunk in the stream")
def has_chunks(stream: ChatStream) -> bool:
    return bool(stream.chat.chunks)


@trigger(absent="no choice in the stream")
def has_choices(stream: ChatStream) -> bool:
    return bool(stream.chat.choices.by_index)


@trigger(absent="no choice in the stream")
def choices_in_range(stream: ChatStream) -> list[Choice]:
    """The choices whose index is one that was asked for; all where the request is not known."""
    if not stream.asked:
        return stream.choices
    return [choice for choice in stream.choices if 0 <= choice.index < stream.choices_asked]


@trigger(absent="no tool call in the stream")
def has_calls(stream: ChatStream) -> bool:
    return bool(stream.chat.calls)


@trigger(absent="fewer than two tool calls in a choice")
def has_several_calls(stream: ChatStream) -> bool:
    return any(len(choice.calls.made) > 1 for choice in stream.choices)


@trigger(absent="no text in the stream")
def spoken(stream: Stream) -> list[Deltas]:
    """Every text for the user."""
    if isinstance(stream, ChatStream):
        return [choice.content for choice in stream.choices if choice.content.texts]
    texts = stream.responses.output.texts("output_text")
    return [text.deltas for _, text in texts if text.deltas.texts]


# What keeps a rule from being asked although its trigger is there


def spoken_output(stream: ChatStream) -> bool:
    """Whether the answer is spoken: OpenAI's own audio streams break some rules."""
    return stream.chat.audio


def resumed(answer: Answer) -> bool:
    """Whether it resumes an earlier stream."""
    return answer.resumed


# Steps of checks


def each(seen: Iterable[Sighting], expected: str, place: str = "") -> Iterator[Violation]:
    """A violation for each thing seen."""
    for item in seen:
        yield Violation(event=item.event, expected=expected, observed=item.what, place=place)


def noted(notes: Iterable[Note], expected: str) -> Iterator[Violation]:
    """A violation for each oddity of the framing."""
    for note in notes:
        yield Violation(
            event=note.event if note.dispatched else None,
            span=(note.start, note.end),
            expected=expected,
            observed=note.text or note.oddity.value,
            times=note.times,
        )


def unended_done(answer: Answer) -> Event | None:
    """The terminator at the end of the body, where no blank line ends it; None for none."""
    tail = answer.wire.tail
    return tail if tail is not None and begins_done(tail.data) else None


def late_usage(stream: ChatStream) -> dict[int, Any]:
    """Usage that came after the terminator on a chunk without choices, by event."""
    found = {}
    for item in stream.chat.done.after:
        value, _ = parse(item.what)
        if isinstance(value, dict) and value.get("usage") and not value.get("choices"):
            found[item.event] = value["usage"]
    return found


def owned(stream: Stream, shapes: Iterable[str]) -> Iterator[Violation]:
    """The schema errors at the given paths."""
    mine = frozenset(shapes)
    return _misfits(stream, lambda path, rule: _owns(mine, path, rule))


def unowned(stream: Stream, others: Owned) -> Iterator[Violation]:
    """The schema errors at all paths but those that other rules own."""
    return _misfits(stream, lambda path, rule: not _owns(others, path, rule))


def _misfits(stream: Stream, wanted: Callable[[str, str], bool]) -> Iterator[Violation]:
    misfits = stream.assembled.data.misfits
    for place in merge(*(places for kind, places in misfits.kinds.items() if wanted(*kind))):
        error = misfits[place]
        yield Violation(event=error.event, place=error.path, expected=error.expected, observed=error.observed)


def _owns(paths: Owned, place: str, rule: str) -> bool:
    if place in paths or f"{place}:{rule}" in paths:
        return True
    return any(path.endswith(".*") and place.startswith(path[:-1]) for path in paths)


def required_names(schema: Any) -> list[str]:
    """The properties that a JSON Schema of an object requires; none where it is no such schema."""
    names = schema.get("required") if isinstance(schema, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def schema_misfit(value: Any, schema: dict[str, Any]) -> str:
    """Why a value does not fit a JSON Schema of the request, "" where it does."""
    try:
        error = best_match(Draft202012Validator(schema).iter_errors(value))
    except Exception:  # noqa: BLE001
        return ""  # a schema that is none, in whichever way, cannot be held against the answer
    return clipped(error.message, 80) if error is not None else ""


def sum_differs(
    event: int | None, place: str, usage: Mapping[str, Any], names: tuple[str, str]
) -> Iterator[Violation]:
    """The violation of a `total_tokens` that is not the sum of two other counts."""
    first, second, total = (usage.get(name) for name in (*names, "total_tokens"))
    if type(first) is int and type(second) is int and type(total) is int and first + second != total:
        yield Violation(
            event=event,
            place=f"{place}.total_tokens",
            expected=f"{first} + {second} = {first + second}",
            observed=str(total),
        )
