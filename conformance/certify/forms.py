"""Reads the JSON of a bundle, which may be anybody's."""

from typing import Any

from conformance.evidence.format import parsed

__all__ = ["object_in"]

_DEEPEST = 100
"""How deep values may be nested: twice what a request may be."""


def object_in(text: bytes) -> dict[str, Any]:
    """The JSON object in a text. Raises ValueError for anything else, and for one that is nested too deep."""
    value = parsed(text)
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - the file is wrong, not the caller
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        if not level:
            break
        level = [item for part in level for item in (part.values() if isinstance(part, dict) else part)]
        level = [item for item in level if isinstance(item, dict | list)]
    if level:
        raise ValueError(f"it is nested deeper than {_DEEPEST} levels")
    return value
