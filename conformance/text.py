"""Formats values for people, short and on one line, and makes slugs."""

import json
import re
from collections.abc import Sequence
from typing import Any, Self

__all__ = [
    "REDACTED",
    "Literal",
    "brief_line",
    "clipped",
    "counted",
    "ended",
    "ends",
    "fits",
    "same_but_redacted",
    "shown",
    "shown_line",
    "shown_models",
    "slug",
    "spanned",
    "unended",
    "unmarked",
]

REDACTED = "[redacted]"
"""What stands in place of a secret."""

_LEAST = 12  # characters of the shortest text that is redacted in an answer
_LISTED = 12  # models that are named

# What makes a line of a log a command for the runner of a CI job: GitHub, Azure Pipelines and TeamCity.
_MARKS = re.compile(r"^([^\S\n]*:)(?=:)|(#)(?=#(?:\[|vso\[|teamcity\[))", re.MULTILINE | re.IGNORECASE)
_UNSLUGGED = re.compile(r"[^a-z0-9.]+")
_ENDED = re.compile(r"[.!?…][)\]\"']*\Z")
_LITERAL = re.compile(r'"\\u0000([-+.0-9eE]*)\\u0000"')
_LONG = 20_000  # characters; the same text may be shown beside each of many events


class Literal(float):
    """A JSON number that no float can hold, such as 1e999, with the text in which it was written."""

    __slots__ = ("text",)

    def __new__(cls, text: str) -> Self:
        """The nearest float, zero or infinity. Raises ValueError if the text is not a number."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str


def ends(text: str, limit: int = 0) -> tuple[str, int]:
    """A very long text without its middle, and how long it is; any other text as it is, and 0.

    What is left suffices for `clipped` with this limit: who shows an excerpt need not work on the rest.
    """
    most = max(_LONG, limit)
    return (f"{text[:most]}{text[-most:]}", len(text)) if len(text) > 2 * most else (text, 0)


def clipped(text: str, limit: int = 120, length: int = 0) -> str:
    """The text cut in its middle to at most `limit` characters; the cut says how much is missing.

    `length` is that of the whole text, if `text` are but its ends.
    """
    if len(text) <= limit - 12 * bool(length):
        return f"{text} … ({length} characters)" if length else text
    head = (limit - 12) * 2 // 3
    tail = limit - 12 - head
    return f"{text[:head]} … {text[len(text) - tail :]} ({length or len(text)} characters)"


def shown(value: Any, limit: int = 120) -> str:
    """A value as JSON, clipped to `limit` characters. Numbers are shown as they were written.

    Of a very long text, only what is shown is encoded.
    """
    if isinstance(value, str) and len(value) > _LONG:
        head, tail = (json.dumps(part, ensure_ascii=False) for part in (value[:limit], value[-limit:]))
        whole = clipped(f"{head[:-1]}{tail[1:]}", limit).rpartition(" (")[0]
        return f"{whole} ({len(value)} characters)".encode(errors="replace").decode()
    try:
        # Only what holds such a number is copied: copies of deep values keep the garbage collector busy.
        text = json.dumps(value, ensure_ascii=False) if not _literal(value) else _spelt(value)
    except (TypeError, ValueError, RecursionError):
        text = repr(type(value))
    return clipped(text.encode(errors="replace").decode(), limit)


def shown_models(models: Sequence[str]) -> str:
    """Some names of models, as a sentence says them: the first dozen, none of them long."""
    more = f" and {len(models) - _LISTED} more" if len(models) > _LISTED else ""
    return ", ".join(brief_line(name, 80) for name in models[:_LISTED]) + more


def brief_line(text: str, limit: int) -> str:
    """The beginning and the end of a text on one line, as `shown_line` and `clipped` make them."""
    part, length = ends(text, limit)
    return clipped(shown_line(part), limit, length)


def shown_line(text: str) -> str:
    """A text on one line, without control characters and without marks of CI runners."""
    return unmarked(" ".join("".join(letter if letter.isprintable() else " " for letter in text).split()))


def unmarked(text: str) -> str:
    """The text with a space inside every mark by which a CI runner takes a line of a log for a command."""
    return _MARKS.sub(lambda found: f"{found[0]} ", text)


def _literal(value: Any) -> bool:
    """Whether a value holds a number that json would write differently."""
    if isinstance(value, Literal):
        return True
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return False
    for item in value:  # noqa: SIM110 - no generator for each level
        if _literal(item):
            return True
    return False


def _spelt(value: Any) -> str:
    return _LITERAL.sub(r"\1", json.dumps(_written(value), ensure_ascii=False))


def _written(value: Any) -> Any:
    # The value with marked strings in place of the numbers that json would write differently.
    if isinstance(value, Literal):
        return f"\0{value.text}\0"
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    return [_written(item) for item in value] if isinstance(value, list) else value


def counted(number: int, noun: str) -> str:
    """A number and its noun: `1 chunk`, `2 chunks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def ended(text: str) -> str:
    """The text as a sentence: with a full stop at its end, unless it ends as a sentence already."""
    text = text.rstrip()
    return text if not text or _ENDED.search(text) else f"{text}."


def unended(text: str) -> str:
    """The text without the full stop at its end, so that it can stand in brackets, or more can follow."""
    return text.rstrip(" .")


def slug(text: str) -> str:
    """The text reduced to lower-case ASCII letters, digits, hyphens and dots; "" if nothing remains."""
    return _UNSLUGGED.sub("-", text.lower()).strip("-.")


def spanned(span: Sequence[int]) -> str:
    """A byte range in words: its first and its last byte. `span[1]` is exclusive."""
    first, last = span[0], span[1] - 1
    return f"{first:,}\N{EN DASH}{last:,}" if last > first else f"{first:,}"


def fits(told: str, true: str, least: int = 0) -> bool:
    """Whether a text is another one, of which parts of at least so many characters may be redacted."""
    if REDACTED not in told:
        return told == true
    first, *parts = told.split(REDACTED)
    if not true.startswith(first):
        return False
    place = len(first)
    for number, part in enumerate(parts, start=1):
        place += len(REDACTED) if true.startswith(REDACTED, place) else least
        found = true.find(part, place) if number < len(parts) else len(true) - len(part)
        if found < place or not true.endswith(part, place, found + len(part)):
            return False
        place = found + len(part)
    return True


def same_but_redacted(one: str, other: str) -> bool:
    """Whether two texts of an answer are the same but for a secret that is redacted in one of them alone.

    It is where it stands in one event; in pieces of a few letters nobody can find it.
    """
    return fits(one, other, _LEAST) or fits(other, one, _LEAST)
