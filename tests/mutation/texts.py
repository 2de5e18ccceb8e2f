"""Operators on whole texts: what a server does to all that a model says, in each event that holds it.

A text is what the deltas of one place make together. Where later events repeat it, they repeat what it has
become, as with a server that spoils it before it writes the stream; only of deltas that hold the text so far
the rest stays right.
"""

import html
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, permutations
from typing import Any

from tests.mutation.operators import Mutant, Path, recounted, replaced
from tests.mutation.stream import Base, Block

__all__ = ["CHOICE_OPERATORS", "DAMAGES", "ITEM_OPERATORS", "TEXT_OPERATORS", "damaged"]

_SHORTEST = 4  # characters of a text that is repeated or spoilt
_WRITTEN = ("message", "function_call", "custom_tool_call", "reasoning")
_SAID = ("content", "reasoning_content", "reasoning", "refusal")
_DELTAS = (
    *("response.output_text.delta", "response.refusal.delta", "response.reasoning_text.delta"),
    *("response.reasoning_summary_text.delta", "response.function_call_arguments.delta"),
    "response.custom_tool_call_input.delta",
)

Blocks = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a stream: whether it is arguments or an answer, and where each of its deltas stands."""

    arguments: bool
    answer: bool
    places: tuple[tuple[int, Path], ...]
    parts: tuple[str, ...]

    @property
    def whole(self) -> str:
        """All deltas together."""
        return "".join(self.parts)


def texts(base: Base) -> list[Text]:
    """Every text that comes in deltas which are not all empty."""
    found: dict[tuple[Any, ...], list[tuple[int, Path, str]]] = {}
    for at, block in enumerate(base.blocks):
        for key, path, part in _deltas(block.value):
            found.setdefault(key, []).append((at, path, part))
    return [
        Text(
            arguments=key[0] == "arguments",
            answer=key[0] in ("content", "response.output_text.delta"),
            places=tuple((at, path) for at, path, _ in deltas),
            parts=tuple(part for _, _, part in deltas),
        )
        for key, deltas in found.items()
        if any(part for _, _, part in deltas)
    ]


def _deltas(value: Any) -> Iterator[tuple[tuple[Any, ...], Path, str]]:
    """The pieces of text in an event: what tells its text from others, its place, and itself."""
    if not isinstance(value, dict):
        return
    if value.get("type") in _DELTAS:
        kind = "arguments" if "arguments" in value["type"] else value["type"]
        where = (value.get("item_id"), value.get("content_index"), value.get("summary_index"))
        yield (kind, *where), ("delta",), value["delta"]
    for place, choice in enumerate(value.get("choices") or ()):
        delta = choice.get("delta") or {}
        for name in _SAID:
            if isinstance(part := delta.get(name), str):
                yield (name, choice["index"]), ("choices", place, "delta", name), part
        for number, call in enumerate(delta.get("tool_calls") or ()):
            if isinstance(part := (call.get("function") or {}).get("arguments"), str):
                path = ("choices", place, "delta", "tool_calls", number, "function", "arguments")
                yield ("arguments", choice["index"], call.get("index")), path, part


def _with(base: Base, text: Text, parts: tuple[str, ...], whole: str | None = None) -> Blocks:
    """The events with other deltas; with a `whole`, it stands wherever the text stood whole."""
    blocks = list(base.blocks)
    if whole is not None:
        blocks = [
            block if block.value is None else block.holding(_instead(block.value, text.whole, whole))
            for block in blocks
        ]
    for (at, path), part in zip(text.places, parts, strict=True):
        blocks[at] = blocks[at].holding(replaced(blocks[at].value, path, part))
    return tuple(blocks)


def _instead(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _instead(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_instead(item, old, new) for item in value]
    return new if value == old else value


# Operators on a text: None where it cannot be spoilt so.


def _so_far(base: Base, text: Text) -> Blocks | None:
    grown = tuple("".join(text.parts[: place + 1]) for place in range(len(text.parts)))
    return _with(base, text, grown) if len([part for part in text.parts if part]) > 2 else None


def _repeated(base: Base, text: Text) -> Blocks | None:
    if text.arguments or len(text.whole) < _SHORTEST or len(text.parts) < 2:
        return None
    return _with(base, text, (*text.parts[:-1], text.parts[-1] + text.whole), text.whole * 2)


def _each(change: Callable[[str], str]) -> Callable[[Base, Text], Blocks | None]:
    """The change of each delta, which then is that of the whole."""

    def spoilt(base: Base, text: Text) -> Blocks | None:
        if change(text.whole) == text.whole:
            return None
        return _with(base, text, tuple(map(change, text.parts)), change(text.whole))

    return spoilt


def _mojibake(text: str) -> str:
    return text.encode(errors="surrogatepass").decode("latin-1")


def _letter_lost(base: Base, text: Text) -> Blocks | None:
    letters = sorted({letter for letter in text.whole if letter.isalpha() and letter.isascii()})
    if not text.arguments or not letters:
        return None
    lost = "r" if "r" in letters else letters[0]
    return _with(
        base, text, tuple(part.replace(lost, "") for part in text.parts), text.whole.replace(lost, "")
    )


def _emptied(left: str) -> Callable[[Base, Text], Blocks | None]:
    """Nothing but this of the arguments."""

    def spoilt(base: Base, text: Text) -> Blocks | None:
        if not text.arguments or text.whole == left:
            return None
        return _with(base, text, (left, *("" for _ in text.parts[1:])), left)

    return spoilt


def _halved(base: Base, text: Text) -> Blocks | None:
    """A character beyond the BMP in two deltas, half of its surrogate pair in each."""
    for (at, path), part in zip(text.places, text.parts, strict=True):
        place = next((number for number, letter in enumerate(part) if ord(letter) > 0xFFFF), None)
        if place is not None:
            high, low = (json.loads(f'"{half}"') for half in _halves(part[place]))
            pieces = (part[:place] + high, low + part[place + 1 :])
            block = base.blocks[at]
            values = [replaced(block.value, path, piece) for piece in pieces]
            halves = [
                replace(block, value=value, text=json.dumps(value, separators=(",", ":"))) for value in values
            ]
            blocks = (*base.blocks[:at], *halves, *base.blocks[at + 1 :])
            return recounted(blocks, base.blocks, escaped=True) or blocks
    return None


def _halves(letter: str) -> tuple[str, str]:
    pair = json.dumps(letter)[1:-1]
    return pair[:6], pair[6:]


TEXT_OPERATORS: dict[str, Callable[[Base, Text], Blocks | None]] = {
    "text-so-far": _so_far,
    "text-repeated": _repeated,
    "text-mojibake": _each(_mojibake),
    "text-entities": _each(html.escape),
    "text-halved": _halved,
    "arguments-letter-lost": _letter_lost,
    "arguments-emptied": _emptied("{}"),
    "arguments-gone": _emptied(""),
}
"""Operators on every text."""


# Operators on choices and on items.


def _ids_exchanged(base: Base) -> Iterator[tuple[int, Blocks]]:
    """The calls of one choice under the ids of another's."""
    ids: dict[int, list[str]] = {}
    for block in base.blocks:
        for index, _, identity in _ids(block.value):
            ids.setdefault(index, []).append(identity)
    for (index, own), (_, others) in permutations(ids.items(), 2):
        new = dict(zip(own, others, strict=False))
        blocks, changed = list(base.blocks), []
        for at, block in enumerate(base.blocks):
            for owner, path, identity in _ids(block.value):
                if owner == index and identity in new:
                    blocks[at] = blocks[at].holding(replaced(blocks[at].value, path, new[identity]))
                    changed.append(at)
        yield changed[0], tuple(blocks)


def _ids(value: Any) -> Iterator[tuple[int, Path, str]]:
    for place, choice in enumerate(value.get("choices") or ()) if isinstance(value, dict) else ():
        for number, call in enumerate((choice.get("delta") or {}).get("tool_calls") or ()):
            if isinstance(call.get("id"), str):
                yield choice["index"], ("choices", place, "delta", "tool_calls", number, "id"), call["id"]


CHOICE_OPERATORS: dict[str, Callable[[Base], Iterator[tuple[int, Blocks]]]] = {
    "call-ids-exchanged": _ids_exchanged
}
"""Operators on the choices of a chat stream: where it begins, and the events."""


def _items(base: Base) -> Iterator[tuple[int, int, int]]:
    """Where the events of an item begin, where those of the next one do, and where these end.

    Of two that the model itself writes: hosted tools may run side by side.
    """
    spans: dict[int, list[int]] = {}
    written = set()
    for at, block in enumerate(base.blocks):
        value = block.value if isinstance(block.value, dict) else {}
        if isinstance(index := value.get("output_index"), int):
            spans.setdefault(index, []).append(at)
            if (value.get("item") or {}).get("type") in _WRITTEN:
                written.add(index)
    found = [(min(places), max(places) + 1) for index, places in spans.items() if index in written]
    for (start, middle), (after, end) in pairwise(found):
        if middle == after:
            yield start, middle, end


def _swapped(base: Base) -> Iterator[tuple[int, Blocks]]:
    for start, middle, end in _items(base):
        blocks = base.blocks
        changed = (*blocks[:start], *blocks[middle:end], *blocks[start:middle], *blocks[end:])
        yield start, recounted(changed, blocks) or changed


def _overlapping(base: Base) -> Iterator[tuple[int, Blocks]]:
    """The end of one item behind the beginning of the next."""
    for start, middle, end in _items(base):
        blocks = base.blocks
        if end - middle > 1 and middle - start > 1:
            late, early = blocks[middle - 1], blocks[middle]
            changed = (*blocks[: middle - 1], early, late, *blocks[middle + 1 :])
            yield middle, recounted(changed, blocks) or changed


ITEM_OPERATORS: dict[str, Callable[[Base], Iterator[tuple[int, Blocks]]]] = {
    "items-swapped": _swapped,
    "items-overlapping": _overlapping,
}
"""Operators on the items of a response that follow each other: where it begins, and the events."""

DAMAGES = (*TEXT_OPERATORS, *CHOICE_OPERATORS, *ITEM_OPERATORS)
"""All of them. Each is a known fault of servers, so no rule of equivalence is asked."""


def damaged(base: Base) -> Iterator[Mutant]:
    """Every mutant that these operators make of a stream."""
    for text in texts(base):
        at, path = text.places[0]
        for name, spoil in TEXT_OPERATORS.items():
            blocks = spoil(base, text)
            if blocks is not None:
                yield Mutant(
                    operator=name,
                    at=at,
                    label=base.blocks[at].label,
                    blocks=blocks,
                    path=path,
                    old=text.whole,
                )
    for name, change in (*CHOICE_OPERATORS.items(), *ITEM_OPERATORS.items()):
        for at, blocks in change(base):
            yield Mutant(operator=name, at=at, label=base.blocks[at].label, blocks=blocks)
