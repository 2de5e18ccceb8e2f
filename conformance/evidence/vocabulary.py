"""The words of the protocols themselves, which are no credentials in whatever header they stand."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from conformance.paths import schema

__all__ = ["vocabulary"]

_SCHEMAS = ("chat.chunk", "chat.completion", "responses.events", "error")
_TYPES = ("application/json", "text/event-stream")


@cache
def vocabulary() -> frozenset[str]:
    """The keys and the fixed values of all shapes, and the types of content."""
    return frozenset((*_TYPES, *(word for name in _SCHEMAS for word in _words(schema(name)))))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, held in value.items():
            if key == "properties" and isinstance(held, dict):
                yield from held
            elif key in ("const", "enum"):
                yield from (word for word in (held if key == "enum" else [held]) if isinstance(word, str))
            yield from _words(held)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
