"""Secrets out of texts and streams, in whatever encoding an endpoint echoes them.

A secret is looked for as it is, percent-encoded, JSON-escaped and as HTML entities (each character by itself,
so every mixture too), in UTF-16, in hexadecimal, and in base64 and base64url at each of the three alignments
that bytes before it can give it. Of base64 the characters that hold bits of the secret alone are looked for,
which is also why `Bearer <secret>` and `user:<secret>` need no form of their own. The first half of a
form, or more of it, is taken for the secret too: endpoints cut what they echo.
"""

import base64
import re
from collections.abc import Iterable
from functools import cache
from html import escape

from conformance.evidence.errors import SecretTooShortError
from conformance.evidence.headers import kept_headers
from conformance.exchange import Piece

__all__ = ["REPLACEMENT", "SHORTEST", "Redactor"]

REPLACEMENT = "[redacted]"
SHORTEST = 12  # characters; a shorter value would be found in ordinary text

_LEAD = 4  # bytes of a form that the quick search looks at
_ESCAPES = 3  # backslashes before an escape: JSON in JSON doubles them
_DEAD = 0
_START = 1

_Span = tuple[int, int]
_Encoding = tuple[bytes, ...]  # for each byte of it, the bytes that may stand there
_Unit = tuple[_Encoding, ...]  # one character in every encoding
_Place = tuple[int, int, int, int]  # form, unit, encoding, byte; encoding and byte are 0 between units


class Redactor:
    """Takes some secrets out of texts and out of one stream of pieces."""

    def __init__(self, secrets: Iterable[str] = (), *, loopback: bool = False) -> None:
        """`loopback` says that the secrets are for an endpoint on this machine: short ones are let pass.

        Raises SecretTooShortError elsewhere.
        """
        values = sorted({value for secret in secrets if (value := secret.strip())})
        short = [len(value) for value in values if len(value) < SHORTEST]
        if short and not loopback:
            raise SecretTooShortError(min(short), SHORTEST)
        self._forms = _Forms([value for value in values if len(value) >= SHORTEST])
        self._held: list[Piece] = []  # pieces not yet returned
        self._buffer = b""  # their bytes
        self._position = 0  # how much of the buffer is decided
        self._hits: list[_Span] = []  # secrets in the decided part; one may begin before the buffer

    def text(self, value: str) -> str:
        """A text with every secret in it replaced."""
        data = value.encode("utf-8", "surrogatepass")
        hits, _ = self._forms.scan(data, 0, final=True)
        return _replaced(data, 0, hits).decode("utf-8", "surrogatepass") if hits else value

    def headers(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Headers with the values that are on the list of those kept, and no secret in those."""
        return [(self.text(name), self.text(value)) for name, value in kept_headers(headers)]

    def feed(self, piece: Piece) -> list[Piece]:
        """Take the next piece of a stream; return the pieces that are decided by now, redacted.

        For every piece taken one is returned, in order and with its own `at`. It is held back only
        while it ends in what may be the beginning of a secret. The replacement stands in the piece in which
        the secret began, so a piece from the middle of a secret is returned empty.
        """
        self._held.append(piece)
        self._buffer += piece.data
        return self._decide(final=False)

    def flush(self) -> list[Piece]:
        """The stream has ended: return what is held back, and be ready for another stream."""
        return self._decide(final=True)

    def _decide(self, *, final: bool) -> list[Piece]:
        hits, self._position = self._forms.scan(self._buffer, self._position, final=final)
        self._hits += hits
        begin, released = 0, []
        for piece in self._held:
            if begin + len(piece.data) > self._position:
                break
            released.append(_redacted(piece, begin, self._hits))
            begin += len(piece.data)
        del self._held[: len(released)]
        self._buffer = self._buffer[begin:]
        self._position -= begin
        self._hits = [(start - begin, end - begin) for start, end in self._hits if end > begin]
        return released


class _Forms:
    """All forms of some secrets as one automaton over bytes, built as far as texts lead into it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = [form for secret in secrets for form in _secret_forms(secret)]
        # How much of each form is enough to be taken for it: half of it, and no less than a short secret.
        self._enough = [max(SHORTEST, (len(form) + 1) // 2) for form in self._forms]
        dead: frozenset[_Place] = frozenset()
        start = frozenset((form, 0, 0, 0) for form in range(len(self._forms)))
        self._places = [dead, start]
        self._numbers = {dead: _DEAD, start: _START}
        self._steps: list[dict[int, int]] = [{}, {}]
        self._ends = [False, False]  # whether enough of a form is there in a state
        self._lead = re.compile(self._lead_pattern(_START, _LEAD)) if self._forms else None

    def scan(self, data: bytes, position: int, *, final: bool) -> tuple[list[_Span], int]:
        """The secrets from a position on, the first and longest each, and up to where that is certain.

        Unless `final`, more may follow, and what may be the beginning of a secret is left undecided.
        """
        hits: list[_Span] = []
        if self._lead is None:
            return hits, len(data)
        while (lead := self._lead.search(data, position)) is not None:
            start = lead.start()
            end, open_ended = self._widest(data, start)
            if open_ended and not final:
                return hits, start
            if end is not None:
                hits.append((start, end))
            position = start + 1 if end is None else end
        return hits, len(data)

    def _widest(self, data: bytes, start: int) -> tuple[int | None, bool]:
        """Like `_longest`, and on to the end of what begins inside: a half may hide the whole behind it."""
        end, open_ended = self._longest(data, start)
        place = start + 1
        while end is not None and place < end:
            inner, more = self._longest(data, place)
            end, open_ended = max(end, inner or 0), open_ended or more
            place += 1
        return end, open_ended

    def _longest(self, data: bytes, start: int) -> tuple[int | None, bool]:
        """Where the longest form that begins at `start` ends, and whether more bytes could change that."""
        state, end = _START, None
        for position in range(start, len(data)):
            state = self._step(state, data[position])
            if state == _DEAD:
                return end, False
            if self._ends[state]:
                end = position + 1
        return end, any(unit < len(self._forms[form]) for form, unit, _, _ in self._places[state])

    def _step(self, state: int, byte: int) -> int:
        steps = self._steps[state]
        following = steps.get(byte)
        if following is None:
            following = steps[byte] = self._number(
                frozenset(
                    self._after(place, encoding)
                    for place in self._places[state]
                    for encoding, allowed in self._next(place)
                    if byte in allowed
                )
            )
        return following

    def _number(self, places: frozenset[_Place]) -> int:
        if (number := self._numbers.get(places)) is None:
            number = self._numbers[places] = len(self._places)
            self._places.append(places)
            self._steps.append({})
            self._ends.append(any(unit >= self._enough[form] for form, unit, _, _ in places))
        return number

    def _next(self, place: _Place) -> list[tuple[int, bytes]]:
        """The encodings that go on from a place, each with the bytes that it allows there."""
        form, unit, encoding, byte = place
        if unit == len(self._forms[form]):
            return []
        encodings = self._forms[form][unit]
        if byte:
            return [(encoding, encodings[encoding][byte])]
        return [(index, choice[0]) for index, choice in enumerate(encodings)]

    def _after(self, place: _Place, encoding: int) -> _Place:
        form, unit, _, byte = place
        if byte + 1 == len(self._forms[form][unit][encoding]):
            return form, unit + 1, 0, 0
        return form, unit, encoding, byte + 1

    def _lead_pattern(self, state: int, depth: int) -> bytes:
        # Every alternative begins with a literal byte: then `re` skips to the next candidate in C.
        allowed = {
            byte for place in self._places[state] for _, choice in self._next(place) for byte in choice
        }
        branches = []
        for byte in sorted(allowed):
            rest = self._lead_pattern(self._step(state, byte), depth - 1) if depth > 1 else b""
            branches.append(re.escape(bytes((byte,))) + (rb"(?:%b|\Z)" % rest if rest else b""))
        return b"|".join(branches)


def _secret_forms(secret: str) -> list[tuple[_Unit, ...]]:
    forms = [tuple(_unit(character) for character in secret)]
    data = secret.encode("utf-8", "surrogatepass")
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        first = (0, 2, 3)[before]  # the first character without a bit of the bytes before
        last = (before + len(data)) * 8 // 6  # the first one with a bit of the bytes after
        forms.append(tuple(_unit({"+": "+-", "/": "/_"}.get(one, one)) for one in encoded[first:last]))
    forms.append(tuple(_unit("".join({one, one.upper()})) for one in data.hex()))
    forms += [tuple((_plain(one, wide),) for one in secret) for wide in ("utf-16-le", "utf-16-be")]
    return forms


def _plain(character: str, encoding: str = "utf-8") -> _Encoding:
    return tuple(bytes((byte,)) for byte in character.encode(encoding, "surrogatepass"))


@cache
def _unit(characters: str) -> _Unit:
    """Any one of some characters, in every encoding."""
    encodings: dict[_Encoding, None] = {}
    for character in characters:
        plain = _plain(character)
        encodings[plain] = None
        for percent in ("%", "%25"):  # %25 is the percent sign, encoded once more
            hexed = "".join(f"{percent}{ord(byte):02x}" for byte in plain)
            encodings[_any_case(hexed)] = None
        for base in (f"{ord(character)}", f"x{ord(character):x}", f"X{ord(character):x}"):
            encodings[_any_case(f"&#{base};")] = None
        if (named := escape(character)) != character:
            encodings[tuple(bytes((byte,)) for byte in named.encode())] = None
        units = character.encode("utf-16-be", "surrogatepass").hex()
        for slashes in ("\\" * count for count in range(1, _ESCAPES + 1)):
            escaped = "".join(f"{slashes}u{units[place : place + 4]}" for place in range(0, len(units), 4))
            encodings[_any_case(escaped)] = None
            if character in '"/\\':
                encodings[_any_case(slashes + character)] = None
    return tuple(encodings)


def _any_case(text: str) -> _Encoding:
    """An escape, its hexadecimal digits in upper or lower case."""
    return tuple(f"{one}{one.upper()}".encode() if one in "abcdef" else one.encode() for one in text)


def _redacted(piece: Piece, begin: int, hits: list[_Span]) -> Piece:
    end = begin + len(piece.data)
    inside = [hit for hit in hits if hit[0] < end and begin < hit[1]]
    return Piece(data=_replaced(piece.data, begin, inside), at=piece.at) if inside else piece


def _replaced(data: bytes, begin: int, hits: list[_Span]) -> bytes:
    """Data that begins at `begin`, without the hits, which all overlap it; each replaced where it begins."""
    parts, position = [], 0
    for start, end in hits:
        if start >= begin:
            parts += [data[position : start - begin], REPLACEMENT.encode()]
        position = end - begin
    return b"".join([*parts, data[position:]])
