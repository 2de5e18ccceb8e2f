"""The chunked coding of HTTP/1.1, which `curl --raw` leaves around a body. Source: RFC 9112, section 7.1."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["UNFRAMED", "Unframed", "unframed"]

UNFRAMED = (
    "The sizes of its chunks were taken off, which `curl --raw` keeps; if it was recorded without --raw, the "
    "endpoint sent them twice, and no client can read its streams."
)
"""What is said of an exchange whose body had them."""
# Editors and terminals make one character of the two that end a line.
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_BEGUN = re.compile(rb"[0-9A-Fa-f]{0,8}[ \t]*(?:;[^\r\n]*)?\r?\Z")  # the line of a size, cut off
_BREAK = re.compile(rb"\r?\n")
_TRAILERS = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*\r?\n)*\r?\n\s*\Z")


@dataclass(frozen=True, slots=True)
class Unframed:
    """A body without its framing, and whether the framing was there to its end."""

    body: bytes
    whole: bool


def unframed(body: bytes, headers: Iterable[tuple[str, str]]) -> Unframed | None:
    """A body without the sizes of its chunks; None if it has none, as nearly every program stores it.

    It has them if its head names the coding, and if each size is that of what follows, up to the last chunk
    or, behind at least one chunk, to where the body was cut off.
    """
    codings = ",".join(value for name, value in headers if name.lower() == "transfer-encoding")
    if codings.rpartition(",")[2].strip().lower() != "chunked":
        return None
    parts: list[bytes] = []
    place = 0
    while size := _SIZE.match(body, place):
        length, begin = int(size[1], 16), size.end()
        if not length:
            whole = _TRAILERS.match(body, begin) is not None
            cut = bool(parts) and body[begin:] in (b"", b"\r")
            return Unframed(b"".join(parts), whole) if whole or cut else None
        end = _BREAK.match(body, begin + length)
        parts.append(body[begin : begin + length])
        if end is None:
            cut = len(parts) > 1 and body[begin + length :] in (b"", b"\r")
            return Unframed(b"".join(parts), whole=False) if cut else None
        place = end.end()
    return Unframed(b"".join(parts), whole=False) if parts and _BEGUN.match(body, place) else None
