"""Triggers and steps that the checks of several families share."""

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
"""Schema paths that a rule owns.

A path that ends in `:rule` means errors of that JSON Schema keyword only (`choices.*.finish_reason:enum`);
one that ends in `.*` means everything below it.
"""

NOBODY: Owned = frozenset()
"""The empty set of paths: the default until the catalogue passes the paths that other rules own."""


# Triggers: what a stream must contain for a rule to apply


@trigger(absent="no chunk in the stream")
def has_chunks(stream: ChatStream) -> bool:
    return bool(stream.chat.chunks)


@trigger(absent="no choice in the stream")
def has_choices(stream: ChatStream) -> bool:
    return bool(stream.chat.choices.by_index)


@trigger(absent="no choice in the stream")
def choices_in_range(stream: ChatStream) -> list[Choice]:
    """The choices whose index is below the requested `n`; all choices if the request is unknown."""
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
    """Every text that is shown to the user, in either API."""
    if isinstance(stream, ChatStream):
        return [choice.content for choice in stream.choices if choice.content.texts]
    texts = stream.responses.output.texts("output_text")
    return [text.deltas for _, text in texts if text.deltas.texts]


# Exemptions: conditions under which a rule does not apply although its trigger fires


def spoken_output(stream: ChatStream) -> bool:
    """Whether the answer is audio. OpenAI's own audio streams break some rules, which exempt them."""
    return stream.chat.audio


def resumed(answer: Answer) -> bool:
    """Whether this stream resumes an earlier one, so its opening events are not required."""
    return answer.resumed


# Building blocks of checks


def each(seen: Iterable[Sighting], expected: str, place: str = "") -> Iterator[Violation]:
    """One violation for each sighting, at the given place; what was seen is reported as observed."""
    for item in seen:
        yield Violation(event=item.event, expected=expected, observed=item.what, place=place)


def noted(notes: Iterable[Note], expected: str) -> Iterator[Violation]:
    """One violation for each framing oddity; the decoder's description of it is reported as observed."""
    for note in notes:
        yield Violation(
            event=note.event if note.dispatched else None,
            span=(note.start, note.end),
            expected=expected,
            observed=note.text or note.oddity.value,
            times=note.times,
        )


def unended_done(answer: Answer) -> Event | None:
    """The `[DONE]` at the very end of the body that no blank line terminates; None if there is none."""
    tail = answer.wire.tail
    return tail if tail is not None and begins_done(tail.data) else None


def late_usage(stream: ChatStream) -> dict[int, Any]:
    """The usage of chunks without choices after the terminator, by event number; empty if there is none."""
    found = {}
    for item in stream.chat.done.after:
        value, _ = parse(item.what)
        if isinstance(value, dict) and value.get("usage") and not value.get("choices"):
            found[item.event] = value["usage"]
    return found


def owned(stream: Stream, shapes: Iterable[str]) -> Iterator[Violation]:
    """One violation for each schema error at the given paths."""
    mine = frozenset(shapes)
    return _misfits(stream, lambda path, rule: _owns(mine, path, rule))


def unowned(stream: Stream, others: Owned) -> Iterator[Violation]:
    """One violation for each schema error at a path that no other rule owns."""
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
    """The names in a JSON Schema's `required`; empty if the schema is not an object schema."""
    names = schema.get("required") if isinstance(schema, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def schema_misfit(value: Any, schema: dict[str, Any]) -> str:
    """Why a value does not match a JSON Schema of the request; "" if it matches."""
    try:
        error = best_match(Draft202012Validator(schema).iter_errors(value))
    except Exception:  # noqa: BLE001
        return ""  # an invalid schema is the request's fault, not the answer's
    return clipped(error.message, 80) if error is not None else ""


def sum_differs(
    event: int | None, place: str, usage: Mapping[str, Any], names: tuple[str, str]
) -> Iterator[Violation]:
    """One violation if `total_tokens` is not the sum of the two named counts.

    None if one of the three is not an integer.
    """
    first, second, total = (usage.get(name) for name in (*names, "total_tokens"))
    if type(first) is int and type(second) is int and type(total) is int and first + second != total:
        yield Violation(
            event=event,
            place=f"{place}.total_tokens",
            expected=f"{first} + {second} = {first + second}",
            observed=str(total),
        )
