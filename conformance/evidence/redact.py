"""Removes secrets from texts and streams, in whatever encoding an endpoint echoes them.

A secret is searched for as plain text, percent-encoded, JSON-escaped and as HTML entities (chosen for each
character separately, so mixtures match too), in UTF-16, in hexadecimal, and in base64 and base64url at all
three alignments that preceding bytes can cause. In base64, only the characters that hold bits of the secret
are searched for, so `Bearer <secret>` and `user:<secret>` need no forms of their own. The first half of a
form counts as the secret too, because endpoints truncate what they echo.
"""

import base64
import re
from collections.abc import Iterable
from functools import cache
from html import escape

from conformance.evidence.errors import SecretTooShortError
from conformance.evidence.headers import REPLACEMENT, SHORTEST, kept_headers
from conformance.exchange import Piece

__all__ = ["SHORTEST", "Redactor"]

_LEAD = 4  # bytes of a form that the quick search compares
_ESCAPES = 3  # backslashes before an escape, which JSON inside JSON doubles
_DEAD = 0
_START = 1

_Span = tuple[int, int]
_Encoding = tuple[bytes, ...]  # for each byte of the form, the bytes that match there
_Unit = tuple[_Encoding, ...]  # one character, in every encoding
_Place = tuple[int, int, int, int]  # form, unit, encoding, byte; encoding and byte are 0 between units


class Redactor:
    """Removes a set of secrets from texts and from one stream of pieces."""

    def __init__(self, secrets: Iterable[str] = (), *, loopback: bool = False) -> None:
        """Raises SecretTooShortError for a short secret, unless `loopback` is true.

        `loopback` says that the secrets are for an endpoint on this machine.
        """
        values = sorted({value for secret in secrets if (value := secret.strip())})
        short = [len(value) for value in values if len(value) < SHORTEST]
        if short and not loopback:
            raise SecretTooShortError(min(short), SHORTEST)
        self._forms = _Forms([value for value in values if len(value) >= SHORTEST])
        self._begin()

    def _begin(self) -> None:
        self._held: list[Piece] = []  # pieces that are not yet returned
        self._buffer = b""  # their bytes
        self._position = 0  # the length of the decided part of the buffer
        self._hits: list[_Span] = []  # secrets in the decided part; one may begin before the buffer

    def another(self) -> "Redactor":
        """One for another stream and the same secrets, without the milliseconds of preparing it.

        Both are for the same thread, because they share what they learn of the forms of the secrets.
        """
        one = Redactor()
        one._forms = self._forms
        return one

    def text(self, value: str) -> str:
        """A text with every secret replaced."""
        data = value.encode("utf-8", "surrogatepass")
        hits, _ = self._forms.scan(data, 0, final=True)
        return _replaced(data, 0, hits).decode("utf-8", "surrogatepass") if hits else value

    def headers(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """The headers, with values kept only for listed headers, and with secrets replaced."""
        return [(self.text(name), self.text(value)) for name, value in kept_headers(headers)]

    def feed(self, piece: Piece) -> list[Piece]:
        """Takes the next piece of a stream; returns the pieces that are decided, redacted.

        One piece is returned for every piece taken, in order and with its own `at`. A piece is held back only
        while it ends in a possible beginning of a secret. The replacement is in the piece where the secret
        began, so a piece from the middle of a secret is returned empty.
        """
        self._held.append(piece)
        self._buffer += piece.data
        return self._decide(final=False)

    def flush(self) -> list[Piece]:
        """Ends the stream: returns the pieces held back, and is ready for another stream."""
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
    """All forms of the secrets as one automaton over bytes, built as far as the texts require."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = [form for secret in secrets for form in _secret_forms(secret)]
        # The length of each form that counts as a match: half of it, and at least that of a short secret.
        self._enough = [max(SHORTEST, (len(form) + 1) // 2) for form in self._forms]
        dead: frozenset[_Place] = frozenset()
        start = frozenset((form, 0, 0, 0) for form in range(len(self._forms)))
        self._places = [dead, start]
        self._numbers = {dead: _DEAD, start: _START}
        self._steps: list[dict[int, int]] = [{}, {}]
        self._ends = [False, False]  # whether a state has matched enough of a form
        self._lead = re.compile(self._lead_pattern(_START, _LEAD)) if self._forms else None

    def scan(self, data: bytes, position: int, *, final: bool) -> tuple[list[_Span], int]:
        """The secrets from a position on, the first and longest each, and where the undecided part begins.

        Unless `final`, more bytes may follow, so a possible beginning of a secret is left undecided.
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
        """Like `_longest`, extended over matches that begin inside: a half may hide the whole behind it."""
        end, open_ended = self._longest(data, start)
        place = start + 1
        while end is not None and place < end:
            inner, more = self._longest(data, place)
            end, open_ended = max(end, inner or 0), open_ended or more
            place += 1
        return end, open_ended

    def _longest(self, data: bytes, start: int) -> tuple[int | None, bool]:
        """The end of the longest form that begins at `start`, and whether more bytes could change it."""
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
        """The encodings that can continue from a place, each with the bytes that it allows there."""
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
        # Every alternative begins with a literal byte, so that `re` skips to the next candidate in C.
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
        first = (0, 2, 3)[before]  # the first character without bits of the preceding bytes
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
