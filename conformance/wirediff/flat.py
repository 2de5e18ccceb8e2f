"""A JSON value as the leaves at each of its paths, so that two values are compared in one pass. Pure."""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from conformance.text import clipped

__all__ = ["FlatValue", "Leaf", "beneath", "flat", "parent_in", "parsed", "sort_of", "topmost"]

MOST = 10_000
"""Leaves of one value that are compared, those near its top first."""
_DEEPEST = 64  # values inside each other: a path is as long as it is deep, and its parents are looked for
_KEY = 100  # characters of a key in a path: a path holds those of all that it is in


@dataclass(frozen=True, slots=True)
class Leaf:
    """The JSON type at a path, and its value: of an array its length, of an object nothing."""

    sort: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class FlatValue:
    """The leaves of a value by path, and the order of the keys of its objects."""

    leaves: Mapping[str, list[Leaf]]
    orders: Mapping[str, tuple[str, ...]]


class _Number(str):
    """NaN or an infinity, which JSON does not have and Python reads; equal to itself, unlike NaN."""

    __slots__ = ()


def parsed(text: str) -> tuple[bool, Any]:
    """Whether a text is JSON, and its value."""
    try:
        return True, json.loads(text, parse_constant=_Number)
    except (ValueError, RecursionError):
        return False, None


def sort_of(value: Any) -> str:
    """The JSON type of a value; integers are told from other numbers, as clients in Go and Rust do."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case _Number() | float():
            return "number"
        case int():
            return "integer"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def flat(value: Any, name: str | None = None) -> FlatValue:
    """The leaves of a value. `name` is that of its event, which is held as the path `event:`."""
    leaves: dict[str, list[Leaf]] = {}
    orders: dict[str, tuple[str, ...]] = {}
    if name is not None:
        leaves["event:"] = [Leaf("string", name)]
    todo: deque[tuple[str, Any, int]] = deque([("", value, 0)])
    count = 0
    while todo and count < MOST:
        path, item, depth = todo.popleft()
        count += 1
        if path or not isinstance(item, dict):
            held = len(item) if isinstance(item, list) else None if isinstance(item, dict) else item
            leaves.setdefault(path, []).append(Leaf(sort_of(item), held))
        if isinstance(item, dict):
            orders.setdefault(path, tuple(item))
        if depth < _DEEPEST:
            todo += ((inside, held, depth + 1) for inside, held in islice(_children(path, item), MOST))
    return FlatValue(leaves, orders)


def _children(path: str, item: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(item, dict):
        for name, value in item.items():
            key = clipped(name, _KEY)
            yield f"{path}.{key}" if path else key, value
    elif isinstance(item, list):
        for value in _in_order(item):
            yield f"{path}.*" if path else "*", value


def _in_order(items: list[Any]) -> list[Any]:
    """Choices and calls by their index, whatever their order; anything else as it stands."""
    numbered = [
        (item["index"], place)
        for place, item in enumerate(items)
        if isinstance(item, dict) and type(item.get("index")) is int
    ]
    return [items[place] for _, place in sorted(numbered)] if len(numbered) == len(items) else items


def topmost(paths: Iterable[str]) -> list[str]:
    """Those of some paths of which none of the others is a parent, in their order."""
    known = dict.fromkeys(paths)
    return [path for path in known if not parent_in(path, known)]


def beneath(path: str, parents: Mapping[str, Any]) -> bool:
    """Whether a path is one of some others, or inside one."""
    return path in parents or parent_in(path, parents) != ""


def parent_in(path: str, known: Mapping[str, Any]) -> str:
    """The nearest of some paths that a path is inside; "" if it is in none."""
    end = path.rfind(".") if known else 0
    while end > 0:
        if path[:end] in known:
            return path[:end]
        end = path.rfind(".", 0, end)
    return ""
