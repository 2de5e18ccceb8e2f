"""Draws the rows of a wire log for the page: JSON in colours, the guilty key marked, absent keys shown. Pure.

An event that differs from the one shown before it in a few values alone is shortened to these.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import groupby, islice

from conformance.report.tokens import Path, Pattern, Token, is_pattern, matches, pattern, tokens
from conformance.report.visible import Segment, signed
from conformance.report.wirelog import Fold, WireRow

__all__ = ["Ink", "PaintedLine", "PaintedText", "paint", "painted_text", "size_of"]

_READ = 20_000  # characters of a line that are looked at
_TOKENS = 20_000  # tokens of a document that are looked at; the rest is in one colour
_PLAIN, _GUILTY = 320, 1_200  # characters shown of a line, and of one with a guilty key
_LINES = 100  # lines of an event up to which it is looked into
_STRING = 220  # characters shown of one string that is not guilty
_TAIL = 60
_FEW = 5  # values, in which events may differ to be shortened to these
_GAIN = 60  # characters that shortening has to save
_NOISE = "obfuscation"  # the key of a random text that makes events as long as others
_DATA = re.compile(r"(data: ?)(?=[\[{])")
_INKS = {"key": "key", "string": "string", "number": "number", "literal": "number"}


@dataclass(frozen=True, slots=True)
class Ink:
    """A stretch of a line in one colour.

    `kind` is "" for plain text, or `key`, `string`, `number`; `sign` for what cannot be seen, `cut` for a
    note of what is left out, and `ghost` for a key that is not there.
    """

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class PaintedLine:
    """A line as stretches of inks, each with whether it is what a violation is about."""

    parts: tuple[tuple[bool, tuple[Ink, ...]], ...]


@dataclass(frozen=True, slots=True)
class PaintedText:
    """A row with the lines to be shown. `short` says that what is as in the event before is left out."""

    row: WireRow
    lines: tuple[PaintedLine, ...]
    short: bool = False


def paint(
    rows: Iterable[WireRow | Fold],
    body: bytes,
    places: Mapping[int, Sequence[str]],
    beside: int | None = None,
) -> tuple[PaintedText | Fold, ...]:
    """The rows of an event stream with this body; `places` are those of violations, by a byte within the row.

    Rows without a violation that have more than `beside` bytes are not looked into, unless it is None. Rows
    of which more than one line has data are coloured line by line and never shortened.
    """
    drawn: list[PaintedText | Fold] = []
    before: list[Token] = []
    for row in rows:
        if isinstance(row, Fold):
            drawn.append(row)
            before = []
            continue
        text = _one_document(body[slice(*row.span)])
        guilty = _patterns(row, places)
        large = beside is not None and not row.rules and row.span[1] - row.span[0] > beside
        if row.number is None or not text or large:
            drawn.append(
                PaintedText(row, tuple(_plain(line.head, line.hidden, line.tail) for line in row.lines))
            )
            before = []
            continue
        head, document = text
        found = list(tokens(document[:_READ]))
        told = [] if row.rules else _shortened(before, found)
        inks = told or _drawn(found, guilty)
        rest = len(document) - _READ
        inks += [(False, Ink(f"… {rest:,} characters not shown …", "cut"))] if rest > 0 else []
        lines = [line for line in head.split("\n") if line]
        names = tuple(map(_name, lines[:-1]))
        drawn.append(PaintedText(row, (*names, _line([(False, Ink(lines[-1])), *inks])), short=bool(told)))
        before = found if rest <= 0 else []
    return tuple(drawn)


def painted_text(text: str, places: Sequence[str] = ()) -> PaintedLine:
    """A document that is no event stream, in colours; its line ends stay as they are."""
    wanted = [pattern(place) for place in places if is_pattern(place)]
    found = list(islice(tokens(text), _TOKENS)) if text[:1] in "{[" else []
    rest = text[sum(len(token.text) for token in found) :]
    return _line([*_marked(found, wanted), *([(False, Ink(rest))] if rest else [])], split=False)


def size_of(rows: Iterable[PaintedText | Fold]) -> int:
    """The approximate number of characters that rows take on a page."""
    total = 0
    for row in rows:
        total += 200
        if isinstance(row, PaintedText):
            inks = [ink for line in row.lines for _, group in line.parts for ink in group]
            total += 60 * len(row.lines) + sum(len(ink.text) + (13 if ink.kind else 0) for ink in inks)
    return total


def _one_document(block: bytes) -> tuple[str, str] | None:
    """What stands before the JSON of an event with one data line, and the JSON; None for other blocks."""
    if block.strip(b"\r\n").count(b"\n") > _LINES:
        return None
    lines = [line for line in block.decode(errors="surrogateescape").split("\n") if line.strip("\r")]
    found = _DATA.match(lines[-1]) if lines else None
    if not found or any(line.startswith("data") for line in lines[:-1]):
        return None
    return "\n".join([*lines[:-1], found[1]]), lines[-1][found.end() :]


def _name(line: str) -> PaintedLine:
    """A line in front of that with the data, such as the event's name."""
    left = len(line) - _GUILTY
    if left <= 0:
        return _line([(False, Ink(line))])
    cut = Ink(f"… {left:,} characters not shown …", "cut")
    return _line([(False, Ink(line[: _GUILTY - _TAIL])), (False, cut), (False, Ink(line[-_TAIL:]))])


def _patterns(row: WireRow, places: Mapping[int, Sequence[str]]) -> list[Pattern]:
    start, end = row.span
    named = [name for at, names in places.items() if start <= at < end for name in names]
    return [pattern(name) for name in dict.fromkeys(named) if is_pattern(name)]


def _plain(head: Sequence[Segment], hidden: int, tail: Sequence[Segment]) -> PaintedLine:
    inks = [Ink(part.text, "sign" if part.sign else "") for part in head]
    if hidden:
        inks.append(Ink(f"… {hidden:,} characters not shown …", "cut"))
    inks += [Ink(part.text, "sign" if part.sign else "") for part in tail]
    return PaintedLine(((False, tuple(inks)),))


_Inked = list[tuple[bool, Ink]]
"""Inks, each with whether it is what a violation is about."""


def _line(inks: Iterable[tuple[bool, Ink]], *, split: bool = True) -> PaintedLine:
    """Neighbours of one colour are one, and what cannot be seen gets signs of its own unless it has them."""
    told = [(guilty, part) for guilty, ink in inks for part in (_signs(ink) if split else (ink,))]
    parts = []
    for guilty, members in groupby(told, key=lambda item: item[0]):
        merged: list[Ink] = []
        for _, ink in members:
            if merged and merged[-1].kind == ink.kind and ink.kind in ("", "sign"):
                merged[-1] = replace(ink, text=merged[-1].text + ink.text)
            else:
                merged.append(ink)
        parts.append((guilty, tuple(merged)))
    return PaintedLine(tuple(parts))


def _signs(ink: Ink) -> Iterator[Ink]:
    for part in signed(ink.text):
        yield Ink(part.text, "sign") if part.sign else Ink(part.text, ink.kind)


def _shortened(before: Sequence[Token], found: Sequence[Token]) -> _Inked:
    """What differs from the event before, with the keys around it; empty if that saves nothing."""
    old, new = _leaves(before), _leaves(found)
    if not before or old.keys() != new.keys():
        return []
    differing = {path for path, text in new.items() if old[path] != text and path[-1:] != (_NOISE,)}
    if not differing or len(differing) > _FEW:
        return []
    kept = {path[:length] for path in differing for length in range(len(path) + 1)}
    inks: _Inked = []
    left_out = 0
    for token in found:
        if token.kind == "space":  # between what is shown, it is nothing that is left out
            continue
        if token.path not in kept:
            left_out += len(token.text)
            continue
        if left_out and (token.text != "," or token.kind != "sign"):
            inks.append((False, Ink("…", "cut")))
            left_out = 0
        if not left_out:
            inks.append((False, _ink(token)))
    if left_out:
        inks.append((False, Ink("…", "cut")))
    saved = sum(len(token.text) for token in found) - sum(len(ink.text) for _, ink in inks)
    return [(mark, _clipped(ink)) for mark, ink in inks] if saved >= _GAIN else []


def _leaves(found: Iterable[Token]) -> dict[Path, str]:
    values = (token for token in found if token.kind in ("string", "number", "literal", "other", "open"))
    return {token.path: "" if token.kind == "open" else token.text for token in values}


def _drawn(found: Sequence[Token], guilty: Sequence[Pattern]) -> _Inked:
    """The whole line, as long as it may be, with all that is guilty."""
    inks = _marked(found, guilty)
    limit = _GUILTY if any(mark for mark, _ in inks) else _PLAIN
    inks = [(mark, ink if mark else _clipped(ink)) for mark, ink in inks]
    total = sum(len(ink.text) for _, ink in inks)
    if total <= limit + 80:
        return inks
    shown: _Inked = []
    position = hidden = 0
    for index, (mark, ink) in enumerate(inks):
        near = any(other for other, _ in inks[max(index - 6, 0) : index + 7])
        if near or position < limit * 3 // 4 or position > total - limit // 4:
            if hidden:
                shown.append((False, Ink(f"… {hidden:,} characters not shown …", "cut")))
                hidden = 0
            shown.append((mark, ink))
        else:
            hidden += len(ink.text)
        position += len(ink.text)
    return shown


def _marked(found: Sequence[Token], guilty: Sequence[Pattern]) -> _Inked:
    """The tokens with what is guilty marked, and the keys that are absent."""
    culprits: set[Path] = set()
    absent: dict[int, dict[str, None]] = {}
    for wanted in guilty:
        known = _known(found, wanted)
        end = next(
            (at for at, token in enumerate(found) if token.kind == "close" and token.path in known), None
        )
        depth = len(min(known, default=()))
        if depth < len(wanted) and end is not None and found[end].text == "}" and wanted[depth] != "*":
            absent.setdefault(end, {})[wanted[depth]] = None
        else:
            culprits |= known - {()}
    inks: _Inked = []
    for at, (token, mark) in enumerate(zip(found, _within(found, culprits), strict=True)):
        inks += [(True, Ink(f'"{name}" is missing', "ghost")) for name in absent.get(at, ())]
        inks.append((mark, _ink(token)))
    return inks


def _within(found: Sequence[Token], culprits: AbstractSet[Path]) -> list[bool]:
    """Which tokens are of these paths: white space only between two that are, and no comma behind a value."""
    # Each token is looked up by the beginnings of its path: there may be as many culprits as tokens.
    lengths = sorted({len(path) for path in culprits})
    marks = [token.kind != "space" and _is_of(token, culprits, lengths) for token in found]
    for at, token in enumerate(found):
        # No white space stands beside other white space.
        marks[at] |= token.kind == "space" and 0 < at < len(found) - 1 and marks[at - 1] and marks[at + 1]
    return marks


def _is_of(token: Token, culprits: AbstractSet[Path], lengths: Iterable[int]) -> bool:
    depth = len(token.path)
    return any(
        token.path[:length] in culprits and (length < depth or token.text != ",")
        for length in lengths
        if length <= depth
    )


def _known(found: Sequence[Token], wanted: Pattern) -> set[Path]:
    """The paths that a pattern leads to, as far as there is anything."""
    for length in range(len(wanted), -1, -1):
        if known := {token.path for token in found if matches(token.path, wanted[:length])}:
            return known
    return set()


def _ink(token: Token) -> Ink:
    return Ink(token.text, _INKS.get(token.kind, ""))


def _clipped(ink: Ink) -> Ink:
    if ink.kind != "string" or len(ink.text) <= _STRING + 40:
        return ink
    left = len(ink.text) - _STRING
    return replace(ink, text=f"{ink.text[: _STRING - _TAIL]}⋯{left:,} characters⋯{ink.text[-_TAIL:]}")
