"""What a server remembers from one request to the next, bounded in size."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

RESPONSES = 200
"""Responses that are held at most; the oldest go first."""

CHARACTERS = 4_000_000
"""Characters that they have at most, all together."""

BODIES = 2_000
"""Requests of which is known that they have been made."""


@dataclass(slots=True)
class Memory:
    """The conversations that stored responses end, by the id of the response, and the requests that came."""

    _held: OrderedDict[str, tuple[tuple[dict[str, Any], ...], int]] = field(default_factory=OrderedDict)
    _size: int = 0
    _bodies: OrderedDict[bytes, None] = field(default_factory=OrderedDict)

    def before(self, identity: str) -> tuple[dict[str, Any], ...] | None:
        """All items up to the end of a response; None if there is none with this id."""
        held = self._held.get(identity)
        return None if held is None else held[0]

    def keep(self, identity: str, items: Sequence[dict[str, Any]]) -> None:
        """Stores the items up to the end of a response, and forgets the oldest where there are too many."""
        if identity in self._held:
            self._size -= self._held.pop(identity)[1]
        size = len(json.dumps(items))
        self._held[identity] = tuple(items), size
        self._size += size
        while self._held and (len(self._held) > RESPONSES or self._size > CHARACTERS):
            _, (_, gone) = self._held.popitem(last=False)
            self._size -= gone

    def met(self, body: bytes) -> bool:
        """Whether a request has been made before, word for word; from now on it has."""
        digest = hashlib.blake2b(body).digest()
        known = digest in self._bodies
        self._bodies[digest] = None
        if len(self._bodies) > BODIES:
            self._bodies.popitem(last=False)
        return known
