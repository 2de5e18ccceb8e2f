"""The search for secrets as it would be written without a thought of its cost: what `Redactor` is held to."""

from conformance.evidence.forms import Unit, secret_forms
from conformance.evidence.headers import REPLACEMENT, SHORTEST
from conformance.exchange import Piece

Form = tuple[Unit, ...]
Place = tuple[int, int, int, int]  # form, unit, encoding, byte


class Plainly:
    """Removes secrets from one stream of pieces by walking on from each byte anew."""

    def __init__(self, secrets: list[str]) -> None:
        self.forms = [form for secret in secrets for form in secret_forms(secret)]
        self.held: list[Piece] = []
        self.returned = 0
        self.data = b""
        self.steps: dict[tuple[frozenset[Place], int], frozenset[Place]] = {}

    def feed(self, piece: Piece) -> list[Piece]:
        self.held.append(piece)
        self.data += piece.data
        return self.taken(final=False)

    def taken(self, *, final: bool) -> list[Piece]:
        spans, decided = self.scan(final=final)
        released: list[Piece] = []
        while self.held and self.returned + len(self.held[0].data) <= decided:
            piece = self.held.pop(0)
            data, place = b"", self.returned
            self.returned += len(piece.data)
            for start, end in [*spans, (len(self.data),) * 2]:
                data += self.data[place : max(place, min(start, self.returned))]
                data += REPLACEMENT.encode() if place <= start < min(end, self.returned) else b""
                place = min(max(place, end), self.returned)
            released.append(Piece(data=data, at=piece.at))
        return released

    def scan(self, *, final: bool) -> tuple[list[tuple[int, int]], int]:
        """The secrets, the first and longest each, and up to where that is sure."""
        spans: list[tuple[int, int]] = []
        start = 0
        while start < len(self.data):
            end, unsure = self.longest(start)
            inside = start + 1
            while end is not None and inside < end:  # a half may hide a whole behind it
                longer, more = self.longest(inside)
                end, unsure = max(end, longer or 0), unsure or more
                inside += 1
            if unsure and not final:
                return spans, start
            if end is not None:
                spans.append((start, end))
            start = end or start + 1
        return spans, len(self.data)

    def longest(self, start: int) -> tuple[int | None, bool]:
        """Where the longest form that begins here ends, and whether more bytes could change it."""
        places = frozenset((number, 0, 0, 0) for number in range(len(self.forms)))
        end = None
        for position in range(start, len(self.data)):
            places = self.step(places, self.data[position])
            if not places:
                return end, False
            if any(unit >= max(SHORTEST, (len(self.forms[form]) + 1) // 2) for form, unit, _, _ in places):
                end = position + 1
        return end, any(unit < len(self.forms[form]) for form, unit, _, _ in places)

    def step(self, places: frozenset[Place], byte: int) -> frozenset[Place]:
        if (known := self.steps.get((places, byte))) is None:
            known = frozenset(after for place in places for after in self.after(place, byte))
            self.steps[places, byte] = known
        return known

    def after(self, place: Place, byte: int) -> list[Place]:
        form, unit, encoding, done = place
        if unit == len(self.forms[form]):
            return []
        found = []
        for number, allowed in enumerate(self.forms[form][unit].encodings):
            if (done == 0 or number == encoding) and byte in allowed[done]:
                whole = done + 1 == len(allowed)
                found.append((form, unit + 1, 0, 0) if whole else (form, unit, number, done + 1))
        return found
