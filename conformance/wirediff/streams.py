"""Compares two event streams: which events became of which, and what is in them. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from conformance.decode import Oddity, Wire
from conformance.text import counted, shown
from conformance.wirediff.collect import EXAMPLE, Collector, generated
from conformance.wirediff.events import EventItem, items, told
from conformance.wirediff.flat import FlatValue, flat
from conformance.wirediff.pairing import Pairing, paired, reordered
from conformance.wirediff.records import ChangeKind
from conformance.wirediff.texts import Relation
from conformance.wirediff.values import Course, FlatValueCache, compare_one, compare_several

__all__ = ["compare_streams"]

DONE = "[DONE]"
_NUMBER = "sequence_number"
_PIECES = 3  # events of which an example quotes the text
_SPOKEN = frozenset({"delta"})


def compare_streams(collector: Collector, before: Wire, after: Wire) -> None:
    """Tells the collector of everything that differs in the events of two streams."""
    direct, gateway = items(before.events), items(after.events)
    found = paired(direct, gateway)
    course = Course(
        collector,
        spoken=_SPOKEN
        | ({_NUMBER} if _numbered_alike(direct, gateway) else frozenset())
        | {part.what for side in (direct, gateway) for item in side for part in item.parts if part.text},
        renamed=found.renamed,
    )
    _texts(course, found)
    _alone(collector, ChangeKind.DROPPED, direct, found.forth)
    _alone(collector, ChangeKind.INSERTED, gateway, found.back)
    _terminators(collector, before, after)
    _joints(collector, found, direct, gateway)
    for number, partner in reordered(found, gateway):
        item = gateway[number]
        places = (
            f"event {partner + 1} of {counted(len(direct), 'event')}",
            f"event {number + 1} of {len(gateway)}",
        )
        collector.change(ChangeKind.REORDERED, _place(item), *places, event=item.sort, words=True)
    _insides(course, found, direct, gateway)
    _constancy(collector, direct, gateway)


def _numbered_alike(*sides: Sequence[EventItem]) -> bool:
    """Whether both sides count their events from the same number, so that other numbers tell nothing more."""
    starts = set()
    for side in sides:
        values = (item.value for item in side if item.json and _NUMBER in item.data)
        numbers = [value[_NUMBER] for value in values if isinstance(value, dict) and _NUMBER in value]
        if not numbers or not all(type(number) is int for number in numbers):
            return False
        if any(later != earlier + 1 for earlier, later in pairwise(numbers)):
            return False
        starts.add(numbers[0])
    return len(starts) == 1


def _texts(course: Course, found: Pairing) -> None:
    course.one_answer = bool(found.texts) and all(text.relation is Relation.SAME for text in found.texts)
    for text in found.texts:
        what = text.what if text.what.startswith("choices.") else f"delta of {text.what}"
        if text.relation is Relation.OTHER:
            course.retold = True
            course.collector.per_request(what, text.direct, text.gateway)
        elif text.relation is Relation.CHANGED:
            course.collector.change(ChangeKind.CHANGED, what, text.direct, text.gateway)
        elif text.relation not in (Relation.SAME, Relation.SHUFFLED):
            course.collector.change(
                ChangeKind.CHANGED, f"{what}: text {text.relation}", text.direct, text.gateway
            )


def _place(item: EventItem) -> str:
    """What people call an event: its type, or what its first part is about."""
    return item.sort or " + ".join(dict.fromkeys(part.what for part in item.parts))


def _alone(
    collector: Collector, kind: ChangeKind, side: Sequence[EventItem], partners: Sequence[Sequence[int]]
) -> None:
    for item in side:
        if partners[item.number] or item.data == DONE:
            continue
        text = shown(item.value, EXAMPLE) if item.json else item.data[:EXAMPLE]
        sides = (text, "absent") if kind is ChangeKind.DROPPED else ("absent", text)
        collector.change(kind, _place(item), *sides, event=item.sort, words=True)


def _terminators(collector: Collector, before: Wire, after: Wire) -> None:
    """How often a stream says that it is over; one without its blank line is told as such."""
    sent = [
        sum(event.data == DONE for event in wire.events)
        + sum(note.text == DONE for note in wire.noted(Oddity.UNTERMINATED))
        for wire in (before, after)
    ]
    if sent[0] != sent[1]:
        if min(sent):
            words = [f"{DONE} {counted(count, 'time')}" for count in sent]
        else:
            words = [DONE if count else "absent" for count in sent]
        collector.change(ChangeKind.FRAMING, "the terminator [DONE]", *words, words=True)


def _joints(
    collector: Collector, found: Pairing, direct: Sequence[EventItem], gateway: Sequence[EventItem]
) -> None:
    """Events that were put together, and events that were taken apart."""
    for item in gateway:
        those = [one for one in found.back[item.number] if found.sure(one, item.number)]
        if len(those) > 1:
            parts = _parts(found, [(one, item.number) for one in those])
            sides = _quoted([direct[one] for one in sorted(those)]), _quoted([item])
            collector.change(ChangeKind.MERGED, parts, *sides, event=item.sort, words=True)
    for item in direct:
        those = [one for one in found.forth[item.number] if found.sure(item.number, one)]
        if len(those) > 1:
            parts = _parts(found, [(item.number, one) for one in those])
            sides = _quoted([item]), _quoted([gateway[one] for one in sorted(those)])
            collector.change(ChangeKind.SPLIT, parts, *sides, event=item.sort, words=True)


def _parts(found: Pairing, pairs: Sequence[tuple[int, int]]) -> str:
    return " + ".join(dict.fromkeys(part for pair in pairs for part in found.parts[pair]))


def _quoted(members: Sequence[EventItem]) -> str:
    """What some events say, one after the other."""
    more = f", … ({len(members)} events)" if len(members) > _PIECES else ""
    return ", ".join(map(told, members[:_PIECES])) + more


def _insides(
    course: Course, found: Pairing, direct: Sequence[EventItem], gateway: Sequence[EventItem]
) -> None:
    """The keys and values of every two events that belong together."""
    before, after = FlatValueCache(_flat_of(direct)), FlatValueCache(_flat_of(gateway))
    for item in gateway:
        those = found.back[item.number]
        if not those:
            continue
        if len(those) == len(found.forth[those[0]]) == 1:
            compare_one(course, before[those[0]], after[item.number], item.sort)
            continue
        others = [before[one] for one in those]
        compare_several(course, after[item.number], others, ChangeKind.KEY_ADDED, item.sort, values=True)
    for item in direct:
        those = found.forth[item.number]
        if those and not len(those) == len(found.back[those[0]]) == 1:
            others = [after[one] for one in those]
            compare_several(course, before[item.number], others, ChangeKind.KEY_DROPPED, item.sort)


class _flat_of:  # noqa: N801 - a function with a list
    def __init__(self, side: Sequence[EventItem]) -> None:
        self._side = side

    def __call__(self, number: int) -> FlatValue:
        item = self._side[number]
        return flat(item.value if item.json else item.data, item.name)


def _constancy(collector: Collector, direct: Sequence[EventItem], gateway: Sequence[EventItem]) -> None:
    """Values that are the same in a whole stream on one side, and not on the other."""
    before, after = _distinct(direct), _distinct(gateway)
    for key, (times, values) in before.items():
        others = after.get(key)
        if others is None or min(times, others[0]) < 2 or len(values) == len(others[1]):
            continue
        if 1 in (len(values), len(others[1])):
            sides = _kept_words(times, len(values)), _kept_words(others[0], len(others[1]))
            collector.change(ChangeKind.CHANGED, f"the sameness of {key}", *sides, words=True)


def _distinct(side: Sequence[EventItem]) -> dict[str, tuple[int, set[str]]]:
    """By key of the events themselves: how often it is there, and its values."""
    found: dict[str, tuple[int, set[str]]] = {}
    for item in side:
        value = item.value if item.json else None
        for key, held in value.items() if isinstance(value, dict) else ():
            if generated(key) and key != "obfuscation" and isinstance(held, str | int):
                times, values = found.get(key, (0, set()))
                values.add(shown(held))
                found[key] = times + 1, values
    return found


def _kept_words(times: int, distinct: int) -> str:
    return f"one in {times} events" if distinct == 1 else f"{distinct} in {times} events"
