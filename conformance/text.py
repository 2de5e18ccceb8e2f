"""How values are shown to people: short, on one line, and never mistaken for something else; and slugs."""

import json
import re
from collections.abc import Sequence
from typing import Any

__all__ = ["clipped", "counted", "shown", "slug", "spanned"]

_UNSLUGGED = re.compile(r"[^a-z0-9.]+")

_LONG = 20_000  # characters; the same text may be shown beside each of many events


def clipped(text: str, limit: int = 120) -> str:
    """The text, cut in its middle to at most `limit` characters, with the cut told."""
    if len(text) <= limit:
        return text
    head = (limit - 12) * 2 // 3
    tail = limit - 12 - head
    return f"{text[:head]} … {text[len(text) - tail :]} ({len(text)} characters)"


def shown(value: Any, limit: int = 120) -> str:
    """A JSON value as it would stand on the wire, clipped; of a very long text only what is shown is read."""
    if isinstance(value, str) and len(value) > _LONG:
        head, tail = (json.dumps(part, ensure_ascii=False) for part in (value[:limit], value[-limit:]))
        whole = clipped(f"{head[:-1]}{tail[1:]}", limit).rpartition(" (")[0]
        return f"{whole} ({len(value)} characters)".encode(errors="replace").decode()
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = repr(type(value))
    return clipped(text.encode(errors="replace").decode(), limit)


def counted(number: int, noun: str) -> str:
    """`1 chunk`, `2 chunks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def slug(text: str) -> str:
    """The text in lower-case ASCII letters, digits, hyphens and dots; empty when nothing of it remains."""
    return _UNSLUGGED.sub("-", text.lower()).strip("-.")


def spanned(span: Sequence[int]) -> str:
    """The bytes from `span[0]` up to, without, `span[1]` by their first and last."""
    first, last = span[0], span[1] - 1
    return f"{first:,}\N{EN DASH}{last:,}" if last > first else f"{first:,}"
