"""Finds all forms of some secrets in bytes, in time that grows with the bytes and not with the secrets.

A search follows every place at which a form may have begun, all at once. Of a secret that repeats itself
there are thousands at a time, so they are no list that each byte goes through but a chain of nodes, made
once: a node is the state of the earliest beginning and, as `rest`, the node of all later ones. What a byte
makes of a node is made of what it makes of the rest, and learned once, like Aho and Corasick's failure links.
"""

import re
from array import array
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from conformance.evidence.forms import Unit, secret_forms
from conformance.evidence.headers import SHORTEST

__all__ = ["LEARNED", "Automaton", "Search", "Span"]

Span = tuple[int, int]
"""Where a secret begins and ends, in bytes."""
LEARNED = 1_000_000
"""Steps that an automaton learns, each some hundred bytes; of a key there are some thousand.

Only secrets that were made for it have more: they repeat themselves in another way in each of their parts.
"""
_LEAD = 4  # bytes of a form that the quick search compares
_SPENT = 1_024  # beginnings that are over, and spans that are taken, before a list is cut
_DEAD = 0
_START = 1
_NONE = -1

_Place = tuple[int, int, int, int]  # form, unit, encoding, byte; encoding and byte are 0 between units


class _LearnedTooMuchError(Exception):
    """Raised for a step beyond what is learned."""


@dataclass(slots=True, eq=False, repr=False)
class _Node:
    """The states of all beginnings that are followed; `accepted` and `open` are places in the chain.

    `accepted` is the earliest that has matched enough of a form, and `open` that which may match more.
    """

    number: int
    state: int
    rest: "_Node | None"
    size: int = 0
    accepted: int = _NONE
    open: int = _NONE


@dataclass(slots=True, eq=False, repr=False)
class _Move:
    """What a byte makes of a node: which beginnings are over, and whether one is new.

    The first `skip` of the chain go on, the next is over, and `after` is for those behind it.
    """

    target: _Node
    born: bool
    over: bool = False  # the first of the chain
    rest: "_Move | None" = None
    skip: int = 0
    after: "_Move | None" = None
    deaths: int = 0


class Automaton:
    """All forms of the secrets over bytes, built as far as the bytes require. For one thread."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms: list[tuple[Unit, ...]] = [form for one in secrets for form in secret_forms(one)]
        # The length of each form that counts as a match: half of it, and at least that of a short secret.
        self._enough = [max(SHORTEST, (len(form) + 1) // 2) for form in self._forms]
        dead: frozenset[_Place] = frozenset()
        start = frozenset((form, 0, 0, 0) for form in range(len(self._forms)))
        self._places = [dead, start]
        self._numbers = {dead: _DEAD, start: _START}
        self._steps: list[dict[int, int]] = [{}, {}]
        self._ends = [False, False]  # whether a state has matched enough of a form
        self._opens = [False, False]  # whether a state may match more
        self._left = LEARNED
        self.none: Final = _Node(0, _DEAD, None)
        self._nodes: dict[tuple[int, int], _Node] = {}  # by their state and the number of their rest
        self.moves: Final[dict[int, _Move]] = {}
        """What is learned: by the number of a node, times 256, and a byte."""
        self.lead = re.compile(self._lead_pattern(_START, _LEAD)) if self._forms else None

    def learned(self, node: _Node, byte: int) -> _Move:
        """What a byte makes of a node that has not met it. Raises _LearnedTooMuchError."""
        unmet: list[_Node] = []
        moves = self.moves
        while (move := moves.get(node.number << 8 | byte)) is None and node.rest is not None:
            unmet.append(node)
            node = node.rest
        if move is None:
            state = self._step(_START, byte)
            move = _Move(self._node(state, node) if state else node, born=bool(state))
            moves[node.number << 8 | byte] = move
        for one in reversed(unmet):
            self._pay(1 + len(self._places[one.state]) * (byte not in self._steps[one.state]))
            state = self._step(one.state, byte)
            if state and move.target.state == state:
                # Of two beginnings with one future, the earlier one tells all.
                move = self._without_first(move)
            move = self._going_on(state, move) if state else self._over(move)
            moves[one.number << 8 | byte] = move
        return move

    def _node(self, state: int, rest: _Node) -> _Node:
        if (known := self._nodes.get((state, rest.number))) is None:
            number = len(self._nodes) + 1
            accepted = 0 if self._ends[state] else rest.accepted + (rest.accepted != _NONE)
            opened = 0 if self._opens[state] else rest.open + (rest.open != _NONE)
            known = _Node(number, state, rest, rest.size + 1, accepted, opened)
            self._nodes[state, rest.number] = known
        return known

    def _over(self, rest: _Move) -> _Move:
        return _Move(rest.target, rest.born, over=True, rest=rest, after=rest, deaths=rest.deaths + 1)

    def _going_on(self, state: int, rest: _Move) -> _Move:
        target = self._node(state, rest.target)
        return _Move(target, rest.born, rest=rest, skip=rest.skip + 1, after=rest.after, deaths=rest.deaths)

    def _without_first(self, move: _Move) -> _Move:
        """The same without the first that goes on, which may be the one that is new."""
        over = 0
        while move.over and move.rest is not None:
            over += 1
            move = move.rest
        move = _Move(self.none, born=False) if move.rest is None else self._over(move.rest)
        self._pay(over)
        for _ in range(over):
            move = self._over(move)
        return move

    def _pay(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise _LearnedTooMuchError

    def _step(self, state: int, byte: int) -> int:
        steps = self._steps[state]
        following = steps.get(byte)
        if following is None:
            places = self._places[state]
            following = steps[byte] = self._number(
                frozenset(after for place in places for after in self._after(place, byte))
            )
        return following

    def _after(self, place: _Place, byte: int) -> Iterable[_Place]:
        """Where a byte leads from a place."""
        number, unit, encoding, done = place
        form = self._forms[number]
        if unit == len(form):
            return
        encodings = form[unit].encodings
        if done:
            chosen: tuple[int, ...] = (encoding,) if byte in encodings[encoding][done] else ()
        else:
            chosen = form[unit].beginning.get(byte, ())
        for one in chosen:
            whole = done + 1 == len(encodings[one])
            yield (number, unit + 1, 0, 0) if whole else (number, unit, one, done + 1)

    def _number(self, places: frozenset[_Place]) -> int:
        if (number := self._numbers.get(places)) is None:
            number = self._numbers[places] = len(self._places)
            self._places.append(places)
            self._steps.append({})
            self._ends.append(any(unit >= self._enough[form] for form, unit, _, _ in places))
            self._opens.append(any(unit < len(self._forms[form]) for form, unit, _, _ in places))
        return number

    def _lead_pattern(self, state: int, depth: int) -> bytes:
        # Every alternative begins with a literal byte, so that `re` skips to the next candidate in C.
        allowed: set[int] = set()
        for form, unit, encoding, done in self._places[state]:
            if unit < len(self._forms[form]):
                here = self._forms[form][unit]
                allowed.update(here.encodings[encoding][done] if done else here.beginning)
        branches = []
        for byte in sorted(allowed):
            rest = self._lead_pattern(self._step(state, byte), depth - 1) if depth > 1 else b""
            branches.append(re.escape(bytes((byte,))) + (rb"(?:%b|\Z)" % rest if rest else b""))
        return b"|".join(branches)


class Search:
    """The secrets in one stream of bytes.

    `spans` are those found, in order, the first and longest each. One that ends behind `decided` may still
    grow, or become part of an earlier one.
    """

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._node = automaton.none
        self._begun = array("q")  # where what is followed began, one for each of the chain
        self._spent = 0  # how many of these are over
        self._size = 0  # bytes taken
        self.spans: list[Span] = []
        self.lost = False
        """Whether the secrets were too many to follow, so that all from there on is taken for one."""

    def feed(self, data: bytes) -> None:
        """Takes the next bytes."""
        if self.lost or (lead := self._automaton.lead) is None:
            self._size += len(data)
            return
        before, place = self._size, 0
        none, node, moves = self._automaton.none, self._node, self._automaton.moves
        try:
            while place < len(data):
                if node is none:
                    candidate = lead.search(data, place)
                    if candidate is None:
                        break
                    place = candidate.start()
                byte = data[place]
                move = moves.get(node.number << 8 | byte) or self._automaton.learned(node, byte)
                if move.deaths:
                    self._end(move, node.size)
                if move.born:
                    self._begun.append(before + place)
                place += 1
                node = move.target
                if node.accepted != _NONE:
                    self._found(self._begun[self._spent + node.accepted], before + place)
        except _LearnedTooMuchError:
            self._node, self._size = node, before + place
            self._lose()
        self._node, self._size = node, before + len(data)

    @property
    def decided(self) -> int:
        """Up to where more bytes change nothing."""
        if self.lost or self._node.open == _NONE:
            return self._size
        begun = self._begun[self._spent + self._node.open]
        within = bisect(self.spans, begun, key=lambda span: span[0]) - 1
        return self.spans[within][0] if within >= 0 and begun < self.spans[within][1] else begun

    def _found(self, start: int, end: int) -> None:
        while self.spans and start < self.spans[-1][1]:
            start = min(start, self.spans.pop()[0])
        self.spans.append((start, end))

    def _end(self, move: _Move, size: int) -> None:
        """Takes out of the beginnings those that are over."""
        if move.deaths == size:
            del self._begun[:]
            self._spent = 0
            return
        one: _Move | None = move
        while one is not None and one.deaths and not one.skip:
            self._spent += 1
            one = one.after
        if one is not None and one.deaths:
            kept, place = array("q"), self._spent
            while one is not None and one.deaths:
                kept += self._begun[place : place + one.skip]
                place += one.skip + 1
                one = one.after
            self._begun, self._spent = kept + self._begun[place:], 0
        elif self._spent > max(_SPENT, len(self._begun) // 2):
            del self._begun[: self._spent]
            self._spent = 0

    def _lose(self) -> None:
        start = self.decided
        while self.spans and start < self.spans[-1][1]:
            self.spans.pop()
        self.spans.append((start, 2**62))
        self.lost = True
