"""How two texts that came in pieces are related, and which pieces of them belong together. Pure, linear."""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from enum import StrEnum

__all__ = ["Relation", "edges", "in_units", "related", "related_whole", "whole"]

_HALF = re.compile("[\ud800-\udfff]")
_PAIRED = re.compile("[\U00010000-\U0010ffff]")
_ALIKE = 0.5  # the share of a text that is the same at its start and its end, where it was changed in between


class Relation(StrEnum):
    """What became of a text."""

    SAME = "same"
    CUT = "cut"  # the end is missing
    LONGER = "longer"  # more follows
    LOST = "lost"  # pieces are missing
    GAINED = "gained"  # pieces were added
    SHUFFLED = "shuffled"  # the same pieces in another order
    CHANGED = "changed"  # mostly the same
    OTHER = "other"  # another text, as models write when they are asked twice


def in_units(*sides: Sequence[str]) -> list[list[str]]:
    """The pieces of both sides; where one is cut inside a surrogate pair, all in halves of such pairs."""
    if not any(_HALF.search(piece) for side in sides for piece in side):
        return [list(side) for side in sides]
    return [[_PAIRED.sub(_halves, piece) for piece in side] for side in sides]


def whole(pieces: Sequence[str]) -> str:
    """A text out of its pieces, halves of a character put together."""
    return "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _halves(found: re.Match[str]) -> str:
    data = found[0].encode("utf-16-be")
    return "".join(chr(int.from_bytes(data[place : place + 2])) for place in (0, 2))


def related(direct: Sequence[str], gateway: Sequence[str]) -> Relation:
    """What became of a text that came in pieces."""
    before, after = "".join(direct), "".join(gateway)
    if before == after:
        return Relation.SAME
    if before.startswith(after):
        return Relation.CUT
    if after.startswith(before):
        return Relation.LONGER
    if len(gateway) < len(direct) and _within(gateway, direct):
        return Relation.LOST
    if len(direct) < len(gateway) and _within(direct, gateway):
        return Relation.GAINED
    if len(direct) == len(gateway) and Counter(direct) == Counter(gateway):
        return Relation.SHUFFLED
    return related_whole(before, after)


def related_whole(before: str, after: str) -> Relation:
    """What became of a text, whatever the pieces in which it came."""
    if before == after:
        return Relation.SAME
    shorter = min(len(before), len(after))
    head = _common(before, after, shorter)
    tail = _common(before[::-1], after[::-1], shorter - head)
    return Relation.CHANGED if head + tail >= _ALIKE * max(len(before), len(after)) else Relation.OTHER


def edges(direct: Sequence[str], gateway: Sequence[str], relation: Relation) -> Iterator[tuple[int, int]]:
    """The pieces that belong together, by their places in both lists."""
    match relation:
        case Relation.SAME | Relation.CUT | Relation.LONGER:
            yield from _overlaps(direct, gateway)
        case Relation.LOST:
            yield from ((place, one) for one, place in _greedy(gateway, direct))
        case Relation.GAINED:
            yield from _greedy(direct, gateway)
        case Relation.SHUFFLED:
            places: dict[str, deque[int]] = defaultdict(deque)
            for place, piece in enumerate(direct):
                places[piece].append(place)
            for place, piece in enumerate(gateway):
                yield places[piece].popleft(), place
        case _:
            for place in range(max(len(direct), len(gateway))):
                yield min(place, len(direct) - 1), min(place, len(gateway) - 1)


def _overlaps(direct: Sequence[str], gateway: Sequence[str]) -> Iterator[tuple[int, int]]:
    one = two = 0
    end_one = len(direct[0]) if direct else 0
    end_two = len(gateway[0]) if gateway else 0
    while one < len(direct) and two < len(gateway):
        yield one, two
        step_one, step_two = end_one <= end_two, end_two <= end_one
        if step_one:
            one += 1
            end_one += len(direct[one]) if one < len(direct) else 0
        if step_two:
            two += 1
            end_two += len(gateway[two]) if two < len(gateway) else 0


def _within(few: Sequence[str], many: Sequence[str]) -> bool:
    rest = iter(many)
    return all(piece in rest for piece in few)


def _greedy(few: Sequence[str], many: Sequence[str]) -> Iterator[tuple[int, int]]:
    place = 0
    for one, piece in enumerate(few):
        while many[place] != piece:
            place += 1
        yield one, place
        place += 1


def _common(before: str, after: str, most: int) -> int:
    """How many characters two texts have in common at their start, at most `most`."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if before[low:middle] == after[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
