"""Splits a line of the wire into the tokens of its JSON, each with the path of the value it belongs to. Pure.

It never fails: an endpoint may send anything, and what is no JSON is shown as it came.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Path", "Pattern", "Token", "indented", "is_pattern", "matches", "pattern", "tokens"]

Path = tuple[str, ...]
"""The keys and positions that lead to a value."""

Pattern = tuple[str, ...]
"""A path in which `*` stands for any position."""

# A string that is never closed takes the rest, so that no text is looked at twice. Nothing is kept of the way
# through a string, which would take a hundred times its bytes.
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))|(?P<number>-?\d[\d.eE+-]*)|(?P<sign>[{}\[\],:])|(?P<space>\s+)'
    r"|(?P<literal>[A-Za-z]+)|(?P<other>[^\s\w{}\[\],:\"-]+|.)",
    re.DOTALL,
)
_PATTERN = re.compile(r"[A-Za-z_][\w-]*(\.([\w-]+|\*))*")
_DEEP = 60  # levels, beyond which a line is split without paths


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a line.

    `kind` is `key`, `string`, `number`, `literal`, `open`, `close`, `sign`, `space` or `other`. `path` is
    that of the value which it is or belongs to; a key has the path of its value, a comma that of the value
    before it, a bracket that of its object or array.
    """

    text: str
    kind: str
    path: Path


def is_pattern(place: str) -> bool:
    """Whether the place of a violation can be a path into an event's JSON."""
    return bool(_PATTERN.fullmatch(place))


def pattern(place: str) -> Pattern:
    """The place of a violation, such as `choices.*.delta.role`, as a pattern."""
    return tuple(place.split("."))


def matches(path: Path, wanted: Pattern) -> bool:
    """Whether a path is one of a pattern."""
    return len(path) == len(wanted) and _fits(path, wanted)


def _fits(path: Sequence[str], wanted: Sequence[str]) -> bool:
    pairs = zip(path, wanted, strict=False)
    return all(part == want or (want == "*" and part.isdigit()) for part, want in pairs)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text, in order; joined they are the text."""
    places: list[str] = []  # the key or the position in each open object or array
    objects: list[bool] = []
    await_key = False
    deep = 0
    deepest: Path = ()
    for found in _TOKEN.finditer(text):
        kind, piece = found.lastgroup or "other", found[0]
        if deep or (kind == "sign" and piece in "{[" and len(places) >= _DEEP):
            # Too deep: nobody is told a path that nobody follows.
            deepest = deepest if deep else tuple(places)
            deep += (piece in "{[") - (piece in "}]") if kind == "sign" else 0
            yield Token(piece, kind, deepest)
            continue
        if kind == "string" and await_key:
            places[-1] = _key(piece)
            await_key = False
            yield Token(piece, "key", tuple(places))
        elif kind == "sign" and piece in "{[":
            yield Token(piece, "open", tuple(places))
            objects.append(piece == "{")
            places.append("" if piece == "{" else "0")
            await_key = piece == "{"
        elif kind == "sign" and piece in "}]":
            if objects:
                objects.pop()
                places.pop()
            await_key = False
            yield Token(piece, "close", tuple(places))
        elif piece == "," and kind == "sign" and objects:
            yield Token(piece, "sign", tuple(places))
            await_key = objects[-1]
            if not objects[-1]:
                places[-1] = str(int(places[-1]) + 1)
        else:
            yield Token(piece, kind, tuple(places))


def indented(text: str, limit: int) -> str:
    """JSON with a line for each value, at least its first `limit` characters, every token as it came.

    What is nested too deeply stays in one line.
    """
    parts: list[str] = []
    size = depth = 0
    before = ""
    for token in tokens(text):
        if token.kind == "space":
            continue
        depth -= token.kind == "close"
        begins = before == "open" and token.kind != "close"
        ends = token.kind == "close" and before != "open"
        lead = "\n" + "  " * max(depth, 0) if begins or ends or before == "," else ""
        depth += token.kind == "open"
        parts.append(f"{lead}{token.text}{' ' if (token.kind, token.text) == ('sign', ':') else ''}")
        size += len(parts[-1])
        if size > limit:
            break
        before = token.text if token.kind == "sign" else token.kind
    return "".join(parts)


def _key(text: str) -> str:
    return text[1:-1] if text.endswith('"') and len(text) > 1 else text[1:]
