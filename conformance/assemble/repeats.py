"""Finds keys that one JSON object has twice. Which of the two values counts is for each parser to choose."""

import json
import re
from collections import Counter
from typing import Any, Final

__all__ = ["repeated_keys"]

# A string, and the colon that makes it a key. No part of a string is read twice, be it one that does not end.
_STRING: Final = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)(?:"(?:\s*+(:))?|\\?\Z)', re.DOTALL)


def repeated_keys(data: str) -> list[str]:
    """The keys that an object of this JSON document has more than once; [] for a text that is not JSON."""
    names = [name for name, colon in _STRING.findall(data) if colon]
    if len(names) == len(set(names)) and not any("\\" in name for name in names):
        return []  # no key is there twice, be it in one object or in several
    found: list[str] = []

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            times = Counter(key for key, _ in pairs)
            found.extend(key for key in value if times[key] > 1)
        return value

    try:
        json.JSONDecoder(object_pairs_hook=read).decode(data)
    except (ValueError, RecursionError):
        return []
    return found
