"""Tagged netstrings, the format in which mitmproxy writes its flows.

A value is its length in digits, a colon, that many bytes, and a tag: `5:hello,` is bytes, `5:hello;` text,
`2:42#` an integer, `4:3.14^` a float, `4:true!` a boolean, `0:~` null, `]` a list and `}` a dictionary.
"""

from collections.abc import Iterator
from typing import Any

__all__ = ["MOST", "values"]

_DEEPEST = 40
MOST = 2_000_000
"""How many values are read of a file; a flow has some hundred."""
_DIGITS = 12  # of a length
_LONG = 40  # digits of a number


def values(data: bytes) -> Iterator[Any]:
    """The values that follow each other in a file. Raises ValueError where there is none."""
    place = 0
    left = iter(range(MOST))
    while place < len(data):
        value, place = _value(data, place, len(data), 0, left)
        yield value


def _value(data: bytes, start: int, end: int, depth: int, left: Iterator[int]) -> tuple[Any, int]:
    """The value at `start`, and where the next one begins; it must end before `end`."""
    if next(left, None) is None:
        raise ValueError(f"it has more than {MOST} values")
    colon = data.find(b":", start, start + _DIGITS + 1)
    digits = data[start:colon] if colon >= 0 else b""
    if not digits.isdigit():
        raise ValueError(f"there is no length at byte {start}")
    first = colon + 1
    last = first + int(digits)
    if last >= end:
        raise ValueError(f"it ends before the value at byte {start} does")
    try:
        return _tagged(data, first, last, depth, left), last + 1
    except UnicodeDecodeError:
        raise ValueError(f"the text at byte {start} is no UTF-8") from None


def _tagged(data: bytes, first: int, last: int, depth: int, left: Iterator[int]) -> Any:
    if depth > _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} values are inside each other at byte {first}")
    match data[last : last + 1]:
        case b",":
            return data[first:last]
        case b";":
            return data[first:last].decode()
        case b"#" | b"^" as tag if last - first <= _LONG:
            return (int if tag == b"#" else float)(data[first:last])
        case b"!" if data[first:last] in (b"true", b"false"):
            return data[first:last] == b"true"
        case b"~" if first == last:
            return None
        case b"]":
            return list(_inside(data, first, last, depth, left))
        case b"}":
            flat = list(_inside(data, first, last, depth, left))
            if len(flat) % 2 or not all(isinstance(key, str | bytes) for key in flat[::2]):
                raise ValueError(f"the dictionary at byte {first} has no pairs of a name and a value")
            names = [key if isinstance(key, str) else key.decode() for key in flat[::2]]
            return dict(zip(names, flat[1::2], strict=True))
        case tag:
            raise ValueError(f"there is no value with the tag {tag!r} at byte {last}")


def _inside(data: bytes, first: int, last: int, depth: int, left: Iterator[int]) -> Iterator[Any]:
    while first < last:
        value, first = _value(data, first, last, depth + 1, left)
        yield value
