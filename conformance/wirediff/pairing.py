"""Which events of two streams belong together: by their parts, never by comparing all with all. Pure.

Costs grow with the number of events and the length of the text, whatever is in them.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.wirediff.events import ANYWHERE, DELTA, LATE, EventItem, Part, empty_delta
from conformance.wirediff.texts import Relation, edges, in_units, related, whole

__all__ = ["PairedText", "Pairing", "paired", "reordered"]

_Key = tuple[str, str, str]
_Parts = Mapping[_Key, list[tuple[int, Part]]]
_FAITHFUL = frozenset(
    {
        Relation.SAME,
        Relation.CUT,
        Relation.LONGER,
        Relation.LOST,
        Relation.GAINED,
        Relation.SHUFFLED,
    }
)
"""Relations in which a piece of a text is known to be that piece of the other."""


@dataclass(frozen=True, slots=True)
class PairedText:
    """A text that both sides have in pieces, and what became of it."""

    what: str
    relation: Relation
    direct: str
    gateway: str
    pieces: tuple[int, int]


@dataclass(slots=True)
class Pairing:
    """The events of one side by those of the other.

    `back` lists for each event of the gateway its partners, `forth` for each of the upstream. `parts` names
    for each pair of events the parts by which they belong together; a pair without is only guessed, as those
    of two different texts are. `renamed` are the paths of a text that has another path behind the gateway.
    """

    back: list[list[int]]
    forth: list[list[int]]
    parts: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    texts: list[PairedText] = field(default_factory=list)

    def join(self, direct: int, gateway: int, part: str = "") -> None:
        """Note that two events belong together, by a part or for want of anything better."""
        pair = direct, gateway
        if pair not in self.parts:
            self.parts[pair] = []
            self.back[gateway].append(direct)
            self.forth[direct].append(gateway)
        if part and part not in self.parts[pair]:
            self.parts[pair].append(part)

    def sure(self, direct: int, gateway: int) -> bool:
        """Whether two events belong together by a part."""
        return bool(self.parts.get((direct, gateway)))


def paired(direct: Sequence[EventItem], gateway: Sequence[EventItem]) -> Pairing:
    """The events that belong together."""
    found = Pairing([[] for _ in gateway], [[] for _ in direct])
    before, after = _by_key(direct), _by_key(gateway)
    pairs = [(key, key) for key in before if key in after] + _renamed(before, after)
    guessed: list[tuple[int, int]] = []
    # Parts with a text first: what they are part of is the first partner of an event.
    for one, two in sorted(pairs, key=lambda pair: before[pair[0]][0][1].text is None):
        if one != two and one[0].startswith("choices."):
            found.renamed[one[0]] = two[0]
        guessed += _join(found, before[one], after[two])
    for one_place, two_place in guessed:
        if not (found.back[two_place] and found.forth[one_place]):
            found.join(one_place, two_place)
    for mine, partner, part in _taken_out(gateway, found.back, direct):
        found.join(partner, mine, part)
    for mine, partner, part in _taken_out(direct, found.forth, gateway):
        found.join(mine, partner, part)
    _neighbours(found, direct, gateway)
    return found


def _by_key(side: Sequence[EventItem]) -> _Parts:
    found: dict[_Key, list[tuple[int, Part]]] = defaultdict(list)
    for item in side:
        for part in item.parts:
            found[part.key].append((item.number, part))
    return dict(found)


def _renamed(before: _Parts, after: _Parts) -> list[tuple[_Key, _Key]]:
    """Texts that only one side has by this name, and the other by another."""
    by_text: dict[tuple[str, str, str], _Key] = {}
    for key, parts in after.items():
        if key not in before and (text := _joined(parts)):
            by_text.setdefault((key[1], key[2], text), key)
    return [
        (key, by_text.pop(same))
        for key, parts in before.items()
        if key not in after and (same := (key[1], key[2], _joined(parts))) in by_text
    ]


def _joined(parts: Sequence[tuple[int, Part]]) -> str:
    return "".join(part.text or "" for _, part in parts)


def _join(
    found: Pairing, before: Sequence[tuple[int, Part]], after: Sequence[tuple[int, Part]]
) -> Iterator[tuple[int, int]]:
    """Joins the events of one part; yields pairs of events that it cannot be sure of."""
    what = before[0][1].what
    one_text, other_text = in_units(*([part.text or "" for _, part in side] for side in (before, after)))
    if any(one_text) and any(other_text):
        relation = related(one_text, other_text)
        sizes = (len(before), len(after))
        found.texts.append(PairedText(what, relation, whole(one_text), whole(other_text), sizes))
        sure = relation in _FAITHFUL
        for one, two in edges(one_text, other_text, relation):
            pair = before[one][0], after[two][0]
            if sure:
                found.join(*pair, what)
            else:
                yield pair
        return
    # Of what is sent again and again it is the first that counts, of an end the last.
    late = max(0, len(before) - len(after)), max(0, len(after) - len(before))
    skipped = late if what in LATE else (0, 0)
    for (one, _), (two, _) in zip(before[skipped[0] :], after[skipped[1] :], strict=False):
        found.join(one, two, what)


def _taken_out(
    side: Sequence[EventItem], partners: Sequence[Sequence[int]], others: Sequence[EventItem]
) -> Iterator[tuple[int, int, str]]:
    """The chunks that carry nothing but what the partner of a neighbour has, and the neighbour has not.

    Such as the empty text of a first chunk, which one side has with the role and the other in an event of its
    own. Each with that partner, and the path of what was taken out.
    """
    for item in side:
        if not item.chunk or partners[item.number] or item.parts[0].what != DELTA:
            continue
        lane = item.parts[0].lane
        mine = empty_delta(item, lane)
        for number in (item.number - 1, item.number + 1):
            if not mine or not 0 <= number < len(side) or not partners[number]:
                continue
            partner = partners[number][0]
            theirs, beside = empty_delta(others[partner], lane), empty_delta(side[number], lane)
            if mine.items() <= theirs.items() and mine.keys().isdisjoint(beside):
                yield item.number, partner, f"{DELTA}.{next(iter(mine))}"
                break


def _neighbours(found: Pairing, direct: Sequence[EventItem], gateway: Sequence[EventItem]) -> None:
    """Joins the chunks that are left over between the same two others, in their order."""
    gaps: dict[int, list[int]] = defaultdict(list)
    last = -1
    for item in direct:
        if found.forth[item.number]:
            last = item.number
        elif item.chunk:
            gaps[last].append(item.number)
    last = -1
    taken: dict[int, int] = defaultdict(int)
    for item in gateway:
        if partners := found.back[item.number]:
            last = max(partners)
        elif item.chunk:
            place = taken[last]
            if place < len(gaps.get(last, ())):
                found.join(gaps[last][place], item.number)
                taken[last] += 1


def reordered(found: Pairing, gateway: Sequence[EventItem]) -> list[tuple[int, int]]:
    """The events of the gateway that stand elsewhere among those of their choice, with their partners.

    They are the fewest that would have to be moved. Choices are not compared with one another: each answer
    mixes them anew.
    """
    lanes: dict[str, list[tuple[int, int]]] = defaultdict(list)
    everywhere: list[tuple[int, int]] = []
    for item in gateway:
        partner = next((one for one in found.back[item.number] if found.sure(one, item.number)), None)
        if partner is None:
            continue
        own = {part.lane for part in item.parts} - {ANYWHERE}
        for lane in own:
            lanes[lane].append((item.number, partner))
        if not own:
            everywhere.append((item.number, partner))
    moved: dict[int, int] = {}
    for pairs in lanes.values() if lanes else [[]]:
        moved |= _off_course(sorted([*pairs, *(everywhere if len(lanes) <= _FEW else [])]))
    return sorted(moved.items())


_FEW = 32  # choices with each of which the events of no choice are put in order


def _off_course(pairs: Sequence[tuple[int, int]]) -> dict[int, int]:
    """What is left of some pairs without the longest course in which both numbers rise."""
    ends: list[int] = []  # the smallest partner that ends a course of each length
    holders: list[int] = []
    before: list[int] = []
    for place, (_, partner) in enumerate(pairs):
        length = bisect_left(ends, partner + 1)  # equal partners, of a split event, are in order
        before.append(holders[length - 1] if length else -1)
        if length == len(ends):
            ends.append(partner)
            holders.append(place)
        else:
            ends[length], holders[length] = partner, place
    kept = set()
    place = holders[-1] if holders else -1
    while place >= 0:
        kept.add(place)
        place = before[place]
    return {number: partner for place, (number, partner) in enumerate(pairs) if place not in kept}
