"""Makes text from an endpoint safe to display: every invisible character is replaced by a visible sign."""

import re
from dataclasses import dataclass

from conformance.text import clipped, ends, shown_line, unmarked

__all__ = ["Segment", "characters", "clip", "one_line", "segments", "signed", "visible"]

# C0 and C1 controls; soft hyphen; zero-width, bidi and invisible format characters; line and paragraph
# separators; fillers; BOM; tags; interlinear marks; lone surrogates; noncharacters. The variation
# selectors that emoji are made with are left alone.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
_UNSEEN_RUN = re.compile(f"{_UNSEEN.pattern}+")
_SLACK = 120
_CUT = re.compile(r" \(\d+ characters\)")  # the note in a clipped text
_DECODED = 100_000  # bytes that are decoded to be counted
_WITHIN = bytes(range(0x80, 0xC0))  # bytes that go on with a character
_PROSE = frozenset("\n\t")  # characters that prose may contain
# Names rather than Unicode's control pictures, for which many fonts have no glyph.
_NAMES = {
    0x00: "NUL",
    0x08: "BS",
    0x09: "TAB",
    0x0A: "LF",
    0x0B: "VT",
    0x0C: "FF",
    0x0D: "CR",
    0x1B: "ESC",
    0x7F: "DEL",
    0xFEFF: "BOM",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text. `sign` says that it stands for something invisible."""

    text: str
    sign: bool = False


def _sign(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return f"\\u{code:04x}"
    return f"⟨{_NAMES.get(code) or f'U+{code:04X}'}⟩"


def visible(text: str) -> str:
    """The text with a sign for every invisible character except line feed and tab.

    Bytes that are not UTF-8, as `surrogateescape` keeps them, are shown in hexadecimal.
    """
    return _UNSEEN.sub(lambda found: found[0] if found[0] in _PROSE else _sign(found[0]), text)


def one_line(text: str, limit: int, *, spaced: bool = False) -> str:
    """The text made visible, on one line of at most `limit` characters; a cut is marked once.

    If it is to be `spaced`, controls and white space are but spaces, as in `shown_line`.
    """
    part, length = ends(text, limit)
    told = shown_line(part) if spaced else part
    line = unmarked(visible(told).replace("\n", "\N{RETURN SYMBOL}").replace("\t", " "))
    return line if len(line) <= limit and not length else clipped(_CUT.sub("", line), limit, length)


def segments(data: bytes) -> tuple[Segment, ...]:
    """The bytes of one line as text, in which signs are told apart from text that looks like them."""
    return signed(data.decode(errors="surrogateescape"))


def signed(text: str) -> tuple[Segment, ...]:
    """The same of a text, of which every line end and tab is a sign too."""
    found: list[Segment] = []
    position = 0
    for match in _UNSEEN_RUN.finditer(text):
        if match.start() > position:
            found.append(Segment(text[position : match.start()]))
        found.append(Segment("".join(map(_sign, match[0])), sign=True))
        position = match.end()
    if position < len(text):
        found.append(Segment(text[position:]))
    return tuple(found)


def clip(data: bytes, limit: int) -> tuple[bytes, int, bytes]:
    """The head and the tail of a long line, and the number of characters left out between them.

    Cuts between characters. A line that is only a little longer than `limit` bytes is returned as the head
    alone, because the note about the cut would take as much room.
    """
    if len(data) <= limit + _SLACK:
        return data, 0, b""
    head = _back(data, limit * 3 // 4)
    tail = _back(data, len(data) - (limit - limit * 3 // 4))
    return data[:head], characters(data[head:tail]), data[tail:]


def characters(data: bytes) -> int:
    """How many characters bytes hold; of very many, only those that begin one are counted."""
    if len(data) <= _DECODED:
        return len(data.decode(errors="replace"))
    return len(data.translate(None, _WITHIN))


def _back(data: bytes, place: int) -> int:
    # Back to the start of the character; at most three bytes, whatever the data.
    for step in range(4):
        if place - step > 0 and data[place - step] & 0xC0 != 0x80:
            return place - step
    return place
