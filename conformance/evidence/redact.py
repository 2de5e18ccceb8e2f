"""Removes secrets from texts and streams, in whatever encoding an endpoint echoes them.

A secret is searched for as plain text, percent-encoded, JSON-escaped and as HTML entities (chosen for each
character separately, so mixtures match too), in UTF-16, in hexadecimal, and in base64 and base64url at all
three alignments that preceding bytes can cause. In base64, only the characters that hold bits of the secret
are searched for, so `Bearer <secret>` and `user:<secret>` need no forms of their own. The first half of a
form counts as the secret too, because endpoints truncate what they echo.
"""

from collections import deque
from collections.abc import Iterable

from conformance.evidence.automaton import Automaton, Search, Span
from conformance.evidence.errors import SecretTooShortError
from conformance.evidence.headers import REPLACEMENT, SHORTEST, kept_headers
from conformance.exchange import Piece

__all__ = ["SHORTEST", "Redactor"]


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
        self._automaton = Automaton(value for value in values if len(value) >= SHORTEST)
        self._begin()
        self.lost = False
        """Whether a text or stream was replaced from some place to its end.

        It is if secrets repeat themselves in so many ways that they cannot be told from what is around them.
        """

    def _begin(self) -> None:
        self._held: deque[Piece] = deque()  # pieces that are not yet returned
        self._returned = 0  # bytes before them
        self._search = Search(self._automaton)

    def another(self) -> "Redactor":
        """One for another stream and the same secrets, without the milliseconds of preparing it.

        Both are for the same thread, because they share what they learn of the forms of the secrets.
        """
        one = Redactor()
        one._automaton = self._automaton
        one._begin()
        return one

    def text(self, value: str) -> str:
        """A text with every secret replaced."""
        data = value.encode("utf-8", "surrogatepass")
        search = Search(self._automaton)
        search.feed(data)
        self.lost = self.lost or search.lost
        spans = search.spans
        return _replaced(data, 0, spans).decode("utf-8", "surrogatepass") if spans else value

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
        self._search.feed(piece.data)
        self.lost = self.lost or self._search.lost
        return self._taken(self._search.decided)

    def flush(self) -> list[Piece]:
        """Ends the stream: returns the pieces held back, and is ready for another stream."""
        taken = self._taken(None)
        self._begin()
        return taken

    def _taken(self, decided: int | None) -> list[Piece]:
        """The pieces that end before a place, or all."""
        spans, first = self._search.spans, 0
        released = []
        while self._held:
            begin, end = self._returned, self._returned + len(self._held[0].data)
            if decided is not None and end > decided:
                break
            while first < len(spans) and spans[first][1] <= begin:
                first += 1
            behind = first
            while behind < len(spans) and spans[behind][0] < end:
                behind += 1
            piece = self._held.popleft()
            released.append(_redacted(piece, begin, spans[first:behind]))
            self._returned = end
            first = max(first, behind - 1)
        del spans[:first]
        return released


def _redacted(piece: Piece, begin: int, spans: list[Span]) -> Piece:
    return Piece(data=_replaced(piece.data, begin, spans), at=piece.at) if spans and piece.data else piece


def _replaced(data: bytes, begin: int, spans: list[Span]) -> bytes:
    """Data that begins at `begin`, without the spans, which all overlap it; each replaced where it begins."""
    parts, position = [], 0
    for start, end in spans:
        if start >= begin:
            parts += [data[position : start - begin], REPLACEMENT.encode()]
        position = end - begin
    return b"".join([*parts, data[position:]])
