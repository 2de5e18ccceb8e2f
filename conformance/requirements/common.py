"""Small steps that many checks share."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from heapq import merge
from typing import Any, cast

from conformance.assemble.chat import Chat
from conformance.assemble.choice import Choice
from conformance.assemble.payload import At, parse
from conformance.assemble.responses import Responses
from conformance.catalogue import Violation
from conformance.decode import Note
from conformance.subject import Stream

__all__ = [
    "chat_of",
    "each",
    "has_calls",
    "has_choices",
    "has_chunks",
    "has_text",
    "in_range",
    "late_usage",
    "noted",
    "owned",
    "required_names",
    "responses_of",
    "spoken",
    "sum_differs",
    "unowned",
]


def chat_of(stream: Stream) -> Chat:
    """The chat stream; only rules of the chat API are asked about one."""
    return cast("Chat", stream.chat)


def responses_of(stream: Stream) -> Responses:
    """The Responses stream; only rules of that API are asked about one."""
    return cast("Responses", stream.responses)


def each(seen: Iterable[At], expected: str, place: str = "") -> Iterator[Violation]:
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


def in_range(stream: Stream) -> list[Choice]:
    """The choices whose index is one that was asked for; all where the request is not known."""
    if not stream.asked:
        return stream.choices
    return [choice for choice in stream.choices if 0 <= choice.index < stream.choices_asked]


def has_chunks(stream: Stream) -> bool:
    """Whether a chat stream holds a chunk at all."""
    return bool(chat_of(stream).chunks)


def has_choices(stream: Stream) -> bool:
    """Whether a chat stream holds a choice that was asked for."""
    return bool(in_range(stream))


def has_text(stream: Stream) -> bool:
    """Whether any choice of a chat stream has text."""
    return any(choice.text for choice in stream.choices)


def has_calls(stream: Stream) -> bool:
    """Whether any choice of a chat stream made a tool call."""
    return bool(chat_of(stream).calls)


def spoken(stream: Stream) -> list[tuple[list[int], list[str]]]:
    """Every text for the user, of either API: the events of its deltas, and the deltas."""
    if stream.chat is not None:
        return [(choice.content_events, choice.content) for choice in stream.choices if choice.content]
    found = stream.responses
    texts = found.texts("output_text") if found is not None else []
    return [(text.delta_events, text.deltas) for _, text in texts if text.deltas]


def late_usage(stream: Stream) -> dict[int, Any]:
    """Usage that came after the terminator on a chunk without choices, by event."""
    found = {}
    for item in chat_of(stream).after_done:
        value, _ = parse(item.what)
        if isinstance(value, dict) and value.get("usage") and not value.get("choices"):
            found[item.event] = value["usage"]
    return found


def owned(stream: Stream, shapes: Iterable[str]) -> Iterator[Violation]:
    """The schema errors at the given paths.

    A path may end in `:rule` to mean that rule only, or in `.*` to mean all that is below it.
    """
    wanted = frozenset(shapes)
    yield from _misfits(stream, lambda path, rule: _owns(wanted, path, rule))


def unowned(stream: Stream) -> Iterator[Violation]:
    """The schema errors that no rule of its own speaks of."""
    taken = _taken()
    yield from _misfits(stream, lambda path, rule: not _owns(taken, path, rule))


def _misfits(stream: Stream, wanted: Callable[[str, str], bool]) -> Iterator[Violation]:
    misfits = stream.misfits
    for place in merge(*(places for kind, places in misfits.kinds.items() if wanted(*kind))):
        error = misfits[place]
        yield Violation(event=error.event, place=error.path, expected=error.expected, observed=error.observed)


def _owns(paths: frozenset[str], place: str, rule: str) -> bool:
    if place in paths or f"{place}:{rule}" in paths:
        return True
    # `a.b.*` owns all that is below `a.b`, however deep.
    return any(path.endswith(".*") and place.startswith(path[:-1]) for path in paths)


@cache
def _taken() -> frozenset[str]:
    from conformance.requirements import CATALOGUE  # noqa: PLC0415  the catalogue imports this module

    return frozenset(path for rule in CATALOGUE for path in rule.shapes)


def required_names(schema: Any) -> list[str]:
    """The properties that a JSON Schema of an object requires; none where it is no such schema."""
    names = schema.get("required") if isinstance(schema, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


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
