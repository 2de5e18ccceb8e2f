"""Where on the wire the violations of verdicts are, also of those on groups of exchanges. Pure."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.catalogue import Verdict, Violation
from conformance.decode import Event
from conformance.report.tokens import is_pattern
from conformance.subject import Answer

__all__ = ["Spot", "by_byte", "places", "spots"]

_EVENTS = 5_000  # events that are searched for what a verdict on a group speaks of
_LITERAL = re.compile(r'"[^"\s]{4,}"')
_INDEX = re.compile(r"\.\d+(?=\.|\Z)")


@dataclass(frozen=True, slots=True)
class Spot:
    """A byte in a row, the requirement that is broken there, and the path in the row's JSON; "" for none."""

    at: int
    requirement: str
    place: str


def spots(stream: Answer, verdicts: Iterable[Verdict]) -> Iterator[Spot]:
    """The spots of an event stream, as its verdicts come. A place that no event shows is left out."""
    for verdict in verdicts:
        for violation in verdict.violations:
            if verdict.exchanges == (stream.id,):
                event, place = stream.event(violation.event), violation.place
            elif stream.id in verdict.exchanges:
                event, place = _told(stream, verdict, violation)
            else:
                continue
            # The last byte of an event always belongs to it; the first may be a leftover blank line.
            at = event.end - 1 if event else violation.span[0] if violation.span else None
            if at is not None and (event or verdict.exchanges == (stream.id,)):
                yield Spot(at, verdict.requirement, place)


def by_byte(stream: Answer, verdicts: Iterable[Verdict]) -> dict[int, list[str]]:
    """The paths in the JSON of an event stream, by a byte within the row; none of any other answer."""
    found: dict[int, list[str]] = {}
    for spot in spots(stream, verdicts) if stream.streamed else ():
        found.setdefault(spot.at, []).append(spot.place)
    return found


def places(stream: Answer, verdicts: Iterable[Verdict]) -> list[str]:
    """The paths in the JSON of an answer that is no event stream."""
    found = [
        violation.place
        for verdict in verdicts
        if stream.id in verdict.exchanges
        for violation in verdict.violations
        if violation.place not in verdict.exchanges
    ]
    return list(dict.fromkeys(filter(is_pattern, found)))


def _told(stream: Answer, verdict: Verdict, violation: Violation) -> tuple[Event | None, str]:
    """The event in which a member of a group says what a verdict on it speaks of, and the path there."""
    if violation.place in verdict.exchanges:
        if violation.place == stream.id and violation.event:
            return stream.event(violation.event), ""
        named = stream.id == violation.place or re.search(
            rf"(?<!\S){re.escape(stream.id)}\b", violation.expected
        )
        return (_holding(stream, violation.observed) if named else None), ""
    if not is_pattern(violation.place):
        return None, ""
    for place in _candidates(violation.place):
        if event := _with(stream, place):
            return event, place
    return None, ""


def _candidates(place: str) -> Iterator[str]:
    """The paths at which a stream says what a document says at a place, or the end of a run's subject."""
    any_index = _INDEX.sub(".*", place)
    yield any_index
    yield f"response.{place}"
    if any_index.startswith("choices.*."):
        key = any_index.removeprefix("choices.*.").removeprefix("message.").partition(".")[0]
        yield f"choices.*.delta.{key}"
    if place == "output_text":
        yield "text"


def _with(stream: Answer, place: str) -> Event | None:
    """The last event that has a value at a path which is neither null nor empty."""
    keys = place.split(".")
    names = [f'"{key}"' for key in keys if key != "*"]
    for event in reversed(stream.wire.events[:_EVENTS]):
        if all(name in event.data for name in names) and _has(_json(event.data), keys):
            return event
    return None


def _has(value: Any, keys: list[str]) -> bool:
    if not keys:
        return value not in (None, "", [], {})
    if keys[0] == "*":
        return isinstance(value, list) and any(_has(item, keys[1:]) for item in value)
    return isinstance(value, dict) and keys[0] in value and _has(value[keys[0]], keys[1:])


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _holding(stream: Answer, observed: str) -> Event | None:
    """The first event that holds what was observed, if that is a text in quotes."""
    found = _LITERAL.search(observed)
    if not found:
        return None
    return next((event for event in stream.wire.events[:_EVENTS] if found[0] in event.data), None)
