"""The operators: each one changes a stream in one way, at every place where it can."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tests.mutation.stream import DONE, Base, Block, Headers, body_of, compact

__all__ = [
    "EVENT_OPERATORS",
    "PLACE_OPERATORS",
    "WIRE_OPERATORS",
    "Mutant",
    "Path",
    "inside",
    "mutants",
    "pattern",
    "recounted",
    "replaced",
    "under",
]

Path = tuple[str | int, ...]
ABSENT: Any = object()
"""Stands for a value that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A stream with one thing wrong.

    `at` is the number of the block, from 0, and `path` the place in its JSON, () for the event as a whole.
    `old` and `new` are the values at the place, ABSENT where there is none. `request` is the body of another
    request that the stream answers, "" for its own; `headers` are others than its own, None for these.
    """

    operator: str
    at: int
    label: str
    blocks: tuple[Block, ...]
    path: Path = ()
    old: Any = ABSENT
    new: Any = ABSENT
    request: str = ""
    headers: Headers | None = None
    parts: tuple["Mutant", ...] = ()
    """Of one that spoils a place in every event: what it does to each, as a mutant of its own."""

    @property
    def body(self) -> bytes:
        """The stream as bytes."""
        return body_of(self.blocks)

    @property
    def place(self) -> str:
        """The path with `*` for each place in a list, such as `choices.*.delta`."""
        return pattern(self.path)

    @property
    def values(self) -> tuple[Any, ...]:
        """The JSON of each block."""
        return tuple(block.value for block in self.blocks)


def pattern(path: Path) -> str:
    """A path as text, with `*` for each place in a list."""
    return ".".join("*" if isinstance(part, int) else part for part in path)


def under(steps: str, place: str) -> bool:
    """Whether a place fits a pattern, in which `*` is one step of the path and `**` any number of them."""
    return _compiled(steps).fullmatch(place) is not None


@cache
def _compiled(steps: str) -> re.Pattern[str]:
    parts = {"**": ".*", "*": "[^.]*", ".": r"\."}
    return re.compile("".join(parts.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*|\.)", steps)))


def mutants(base: Base) -> Iterator[Mutant]:
    """Every mutant of a stream, in a fixed order."""
    for at, block in enumerate(base.blocks):
        for name, spoil in WIRE_OPERATORS.items():
            wire = spoil(block)
            if wire is not None and wire != block.data:
                blocks = (*base.blocks[:at], replace(block, wire=wire), *base.blocks[at + 1 :])
                yield Mutant(operator=name, at=at, label=block.label, blocks=blocks)
        for name, rearrange in EVENT_OPERATORS.items():
            changed = rearrange(base.blocks, at)
            if changed is None or body_of(changed) == body_of(base.blocks):
                continue
            yield Mutant(operator=name, at=at, label=block.label, blocks=changed)
            anew = recounted(changed, base.blocks)
            if anew is not None and name not in ("event-cut", "event-cut-inside"):
                yield Mutant(operator=f"{name}-recounted", at=at, label=block.label, blocks=anew)
        if block.text != DONE:
            yield from inside(base, at, block)
    yield from _everywhere(base)


def _everywhere(base: Base) -> Iterator[Mutant]:
    """One key gone, renamed or of another type in all events that have it: faults are seldom in one alone."""
    places: dict[str, list[tuple[int, Path, Any]]] = {}
    for at, block in enumerate(base.blocks):
        for path, old in _places(block.value, ()) if block.text != DONE else ():
            if path and isinstance(path[-1], str):
                places.setdefault(pattern(path), []).append((at, path, old))
    for name in EVERYWHERE:
        for found in places.values():
            parts: list[Mutant] = []
            blocks = list(base.blocks)
            for at, path, old in found:
                for new, value in PLACE_OPERATORS[name](blocks[at].value, path, old):
                    blocks[at] = blocks[at].holding(value)
                    label = base.blocks[at].label
                    parts.append(
                        Mutant(operator=name, at=at, label=label, blocks=(), path=path, old=old, new=new)
                    )
            if len({part.at for part in parts}) > 1:
                first = parts[0]
                yield replace(first, operator=f"{name}-everywhere", blocks=tuple(blocks), parts=tuple(parts))


def inside(base: Base, at: int, block: Block) -> Iterator[Mutant]:
    """Every mutant of the places in a block's JSON."""
    for path, old in _places(block.value, ()):
        for name, change in PLACE_OPERATORS.items():
            for new, value in change(block.value, path, old):
                blocks = (*base.blocks[:at], block.holding(value), *base.blocks[at + 1 :])
                yield Mutant(
                    operator=name, at=at, label=block.label, blocks=blocks, path=path, old=old, new=new
                )


def _places(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _places(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _places(item, (*path, number))


def _edited(root: Any, path: Path, change: Callable[[Any, Any], Any]) -> Any:
    """The root with the container of a place replaced by what `change` makes of container and last step."""
    if len(path) == 1:
        return change(root, path[0])
    inner = _edited(root[path[0]], path[1:], change)
    return _put(root, path[0], inner)


def _put(container: Any, step: Any, value: Any) -> Any:
    if isinstance(container, dict):
        return {**container, step: value}
    return [*container[:step], value, *container[step + 1 :]]


def replaced(root: Any, path: Path, value: Any) -> Any:
    """The root with another value at a place."""
    return _edited(root, path, lambda container, step: _put(container, step, value)) if path else value


# Operators on places take the root, a path and the value there; they give the new value and the new root.
Change = Callable[[Any, Path, Any], Iterator[tuple[Any, Any]]]


def _drop(root: Any, path: Path, _old: Any) -> Iterator[tuple[Any, Any]]:
    def dropped(container: Any, step: Any) -> Any:
        if isinstance(container, dict):
            return {key: value for key, value in container.items() if key != step}
        return [*container[:step], *container[step + 1 :]]

    if path:
        yield ABSENT, _edited(root, path, dropped)


def _double(root: Any, path: Path, old: Any) -> Iterator[tuple[Any, Any]]:
    if path and isinstance(path[-1], int):
        yield old, _edited(root, path, lambda items, at: [*items[: at + 1], *items[at:]])


def _swap(root: Any, path: Path, _old: Any) -> Iterator[tuple[Any, Any]]:
    def swapped(items: list[Any], at: int) -> list[Any]:
        return [*items[:at], items[at + 1], items[at], *items[at + 2 :]]

    if path and isinstance(path[-1], int):
        items = root
        for step in path[:-1]:
            items = items[step]
        if path[-1] + 1 < len(items) and items[path[-1]] != items[path[-1] + 1]:
            yield items[path[-1] + 1], _edited(root, path, swapped)


def _rename(root: Any, path: Path, _old: Any) -> Iterator[tuple[Any, Any]]:
    def renamed(container: dict[str, Any], step: str) -> dict[str, Any]:
        return {f"{key}_" if key == step else key: value for key, value in container.items()}

    if path and isinstance(path[-1], str):
        yield ABSENT, _edited(root, path, renamed)


def _retype(to: type | None, make: Callable[[Any], Any]) -> Change:
    def retyped(root: Any, path: Path, old: Any) -> Iterator[tuple[Any, Any]]:
        kinds = (int, float) if to is int else (to,)
        same = old is None if to is None else type(old) in kinds
        if not same:
            new = make(old)
            yield new, replaced(root, path, new)

    return retyped


def _number(old: Any) -> int:
    return int(old) if isinstance(old, str) and old.isascii() and old.isdigit() else 7


def _string(old: Any) -> str:
    return compact(old)


def _renumber(by: int) -> Change:
    def renumbered(root: Any, path: Path, old: Any) -> Iterator[tuple[Any, Any]]:
        if type(old) in (int, float):
            yield old + by, replaced(root, path, old + by)

    return renumbered


def _change(root: Any, path: Path, old: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(old, str | bool):
        new = f"{old}x" if isinstance(old, str) else not old
        yield new, replaced(root, path, new)


def _cut(root: Any, path: Path, old: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(old, str) and old:
        yield old[:-1], replaced(root, path, old[:-1])


PLACE_OPERATORS: dict[str, Change] = {
    "drop": _drop,
    "double": _double,
    "swap": _swap,
    "rename": _rename,
    "retype-null": _retype(None, lambda _: None),
    "retype-string": _retype(str, _string),
    "retype-number": _retype(int, _number),
    "retype-object": _retype(dict, lambda old: {"value": old}),
    "retype-list": _retype(list, lambda old: [old]),
    "renumber-up": _renumber(1),
    "renumber-down": _renumber(-1),
    "change": _change,
    "cut": _cut,
}
"""Operators on every place of every event's JSON."""


EVERYWHERE = (
    *("drop", "rename", "retype-null", "retype-string", "retype-number", "retype-object", "retype-list"),
)
"""The operators on places that also spoil a key in all events at once; other values, alike, may be legal."""

Blocks = tuple[Block, ...]


def _event_swap(blocks: Blocks, at: int) -> Blocks | None:
    if at + 1 == len(blocks):
        return None
    return (*blocks[:at], blocks[at + 1], blocks[at], *blocks[at + 2 :])


def _event_cut_inside(blocks: Blocks, at: int) -> Blocks:
    half = blocks[at].data[: len(blocks[at].data) // 2]
    return (*blocks[:at], replace(blocks[at], wire=half))


EVENT_OPERATORS: dict[str, Callable[[Blocks, int], Blocks | None]] = {
    "event-drop": lambda blocks, at: (*blocks[:at], *blocks[at + 1 :]),
    "event-double": lambda blocks, at: (*blocks[: at + 1], *blocks[at:]),
    "event-swap": _event_swap,
    "event-first": lambda blocks, at: (blocks[at], *blocks[:at], *blocks[at + 1 :]),
    "event-last": lambda blocks, at: (*blocks[:at], *blocks[at + 1 :], blocks[at]),
    "event-cut": lambda blocks, at: blocks[: at + 1] if at + 1 < len(blocks) else None,
    "event-cut-inside": _event_cut_inside,
}
"""Operators on every event. Each that keeps later events comes a second time with the events counted anew."""


def recounted(blocks: Blocks, base: Blocks, *, escaped: bool = False) -> Blocks | None:
    """The events with `sequence_number` counted anew, from where the base begins; None where it has none."""
    numbers = [block.value["sequence_number"] for block in base if _numbered(block)]
    if not numbers:
        return None
    due, counted = min(numbers), []
    for block in blocks:
        if _numbered(block):
            value = {**block.value, "sequence_number": due}
            text = json.dumps(value, separators=(",", ":")) if escaped else compact(value)
            counted.append(replace(block, value=value, text=text))
            due += 1
        else:
            counted.append(block)
    return tuple(counted)


def _numbered(block: Block) -> bool:
    return isinstance(block.value, dict) and type(block.value.get("sequence_number")) is int


# Operators on the bytes of a block.


def _line(block: Block, data: str) -> bytes:
    named = f"event: {block.name}\n" if block.name is not None else ""
    return f"{named}{data}\n\n".encode()


def _json(block: Block) -> bool:
    return block.text != DONE


def _halved(block: Block, joint: str) -> bytes | None:
    # A comma between two keys is a place where white space is allowed.
    if not _json(block) or ',"' not in block.text:
        return None
    at = block.text.index(',"') + 1
    return _line(block, f"data: {block.text[:at]}{joint}{block.text[at:]}")


def _escaped(block: Block) -> bytes | None:
    if not _json(block):
        return None
    text = json.dumps(block.value, separators=(",", ":")).replace("/", "\\/")
    return _line(block, f"data: {text}")


def _spaced(block: Block) -> bytes | None:
    return _line(block, f"data: {json.dumps(block.value, ensure_ascii=False)}") if _json(block) else None


def _key_twice(block: Block) -> bytes | None:
    """The first key of the event a second time, with another value: which one counts is for each parser."""
    first = next(iter(block.value), None) if isinstance(block.value, dict) else None
    return _line(block, f"data: {block.text[:-1]},{compact(first)}:null}}") if first is not None else None


def _invalid(block: Block) -> bytes:
    data = block.data
    at = data.rindex(b'"') if b'"' in data else len(data) - 2
    return data[:at] + b"\xff" + data[at:]


WIRE_OPERATORS: dict[str, Callable[[Block], bytes | None]] = {
    "blank-line-drop": lambda block: block.data[:-1],
    "line-end-drop": lambda block: block.data[:-2],
    "data-field-drop": lambda block: _line(block, block.text),
    "data-field-rename": lambda block: _line(block, f"Data: {block.text}"),
    "json-over-lines": lambda block: _halved(block, "\n"),
    "json-twice": lambda block: _line(block, f"data: {compact(block.text)}"),
    "json-cut": lambda block: _line(block, f"data: {block.text[:-1]}"),
    "json-tail": lambda block: _line(block, f"data: {block.text}{block.text}"),
    "json-key-twice": _key_twice,
    "utf8-invalid": _invalid,
    "done-lower-case": lambda block: None if _json(block) else _line(block, "data: [done]"),
    "event-field-drop": lambda block: None if block.name is None else f"data: {block.text}\n\n".encode(),
    "event-field-change": lambda block: (
        None if block.name is None else f"event: {block.name}x\ndata: {block.text}\n\n".encode()
    ),
    "event-field-add": lambda block: (
        f"event: chunk\ndata: {block.text}\n\n".encode() if block.name is None else None
    ),
    "data-over-lines": lambda block: _halved(block, "\ndata: "),
    "data-no-space": lambda block: block.data.replace(b"data: ", b"data:", 1),
    "lines-crlf": lambda block: block.data.replace(b"\n", b"\r\n"),
    "comment-add": lambda block: b": wait\n\n" + block.data,
    "json-escaped": _escaped,
    "json-spaced": _spaced,
}
"""Operators on the framing of every event; the last six are other ways to write the same."""
