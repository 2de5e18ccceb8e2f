"""Credentials of files that are read together: one that stands in a file is removed from all of them.

A key that one file shows is often echoed in another one: the recording of a request, and beside it the answer
that was saved to a file of its own. Only when all files were read is it known which credentials there are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TypeVar

from conformance.errors import ConformanceError
from conformance.evidence.errors import SecretsRepeatError, Unreadable
from conformance.evidence.headers import sought
from conformance.evidence.redact import Redactor
from conformance.exchange import Exchange, Packed, Piece

__all__ = ["EACH", "Credentials", "Together"]

EACH = 20
"""Credentials of one file that are sought in others: there is mostly one."""
_MOST = 1_000  # credentials of all files that are sought
_CHARACTERS = 500_000  # of these together
_LONGEST = 8_192  # characters of one: servers take no longer header

_Error = TypeVar("_Error", bound=ConformanceError)


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """The credentials that stand in a file beside its exchanges, those that are most likely so first."""

    values: tuple[str, ...]


class Together:
    """The credentials of all files that were read, and what is left of these without them.

    Never pickled with what it holds.
    """

    def __init__(self) -> None:
        # By their place in their file, since the first ones are named as such: no file's cookies keep out the
        # key of another one.
        self._ranks: list[dict[str, None]] = [{} for _ in range(EACH)]
        self._known: set[str] = set()
        self._characters = 0

    def __reduce__(self) -> tuple[type["Together"], tuple[()]]:
        return Together, ()

    def __bool__(self) -> bool:
        return bool(self._known)

    def add(self, credentials: Credentials) -> None:
        """Takes those of a file, which are sought in all."""
        for rank, value in zip(self._ranks, sought(credentials.values), strict=False):
            if value not in self._known and len(value) <= _LONGEST:
                rank[value] = None
                self._known.add(value)
                self._characters += len(value)
        while len(self._known) > _MOST or self._characters > _CHARACTERS:
            value, _ = next(filter(None, reversed(self._ranks))).popitem()
            self._known.remove(value)
            self._characters -= len(value)

    @cached_property
    def _redactor(self) -> Redactor:
        return Redactor(self._known, loopback=True)

    def without(self, exchange: Exchange) -> Exchange | Unreadable:
        """An exchange without any of the credentials."""
        redactor = self._redactor.another()
        clean = redactor.text
        request = exchange.request
        held = Packed if isinstance(exchange.pieces, Packed) else tuple
        found = replace(
            exchange,
            model=clean(exchange.model),
            request=request
            and replace(
                request,
                url=clean(request.url),
                headers=_clean(redactor, request.headers),
                body=clean(request.body),
            ),
            headers=_clean(redactor, exchange.headers),
            pieces=held(_fed(redactor, exchange.pieces)),
            detail=clean(exchange.detail),
            note=clean(exchange.note),
        )
        return Unreadable(exchange.source, SecretsRepeatError()) if redactor.lost else found

    def told(self, unreadable: Unreadable) -> Unreadable:
        """What could not be read, without any of the credentials in what is said of it."""
        return replace(unreadable, error=_said(self._redactor.another(), unreadable.error))


def _said(redactor: Redactor, error: _Error) -> _Error:
    """An error without secrets in its texts."""
    changed: dict[str, str | tuple[str, ...]] = {}
    for field in fields(error):
        match getattr(error, field.name):
            case str(text):
                changed[field.name] = redactor.text(text)
            case tuple(texts) if all(isinstance(text, str) for text in texts):
                changed[field.name] = tuple(map(redactor.text, texts))
    return replace(error, **changed)


def _clean(redactor: Redactor, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((redactor.text(name), redactor.text(value)) for name, value in headers)


def _fed(redactor: Redactor, pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        yield from redactor.feed(piece)
    yield from redactor.flush()
