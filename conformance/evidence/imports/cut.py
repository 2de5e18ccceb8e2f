"""Of a list in a JSON document that was cut off, or is damaged, the items before that place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.evidence.format import parsed_at

__all__ = ["Cut", "items_before_cut"]

_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Cut:
    """The whole items of a list, and what is wrong behind them."""

    items: list[Any]
    problem: str


def items_before_cut(data: bytes, path: Sequence[str]) -> Cut | None:
    """The items of the list at a path in a document that is no JSON as a whole; None if none is there.

    Each byte is read once, and no item is read in part.
    """
    problem = ""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text, problem = data[: error.start].decode("utf-8-sig"), f"byte {error.start} is no UTF-8"
    try:
        place = _list_at(text, path)
    except ValueError:
        return None
    items: list[Any] = []
    try:
        for item in _items(text, place):
            items.append(item)  # noqa: PERF402 - those before an error are kept
    except ValueError as error:
        problem = problem or str(error)
    return Cut(items, problem or "it does not end as JSON does") if items else None


def _list_at(text: str, path: Sequence[str]) -> int:
    """Where the first item of the list at a path is. Raises ValueError."""
    place = 0
    for name in path:
        place = _past(text, place, "{")
        while (found := parsed_at(text, _skipped(text, place)))[0] != name:
            _, place = parsed_at(text, _skipped(text, _past(text, found[1], ":")))
            place = _past(text, place, ",")
        place = _past(text, found[1], ":")
    return _past(text, place, "[")


def _items(text: str, place: int) -> Iterator[Any]:
    """The items of a list from the first one on. Raises ValueError behind the last that is whole."""
    if text.startswith("]", _skipped(text, place)):
        return
    while True:
        item, place = parsed_at(text, _skipped(text, place))
        yield item
        place = _skipped(text, place)
        if text.startswith("]", place):
            return
        place = _past(text, place, ",")


def _skipped(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _past(text: str, place: int, sign: str) -> int:
    place = _skipped(text, place)
    if not text.startswith(sign, place):
        raise ValueError(f"there is no {sign} at character {place}")
    return place + 1
