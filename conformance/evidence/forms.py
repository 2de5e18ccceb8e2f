"""The forms in which a secret may be echoed: each a row of characters, each of those in every encoding."""

import base64
from dataclasses import dataclass
from functools import cache
from html import escape

__all__ = ["Unit", "secret_forms"]

_ESCAPES = 3  # backslashes before an escape, which JSON inside JSON doubles
_Encoding = tuple[bytes, ...]  # for each byte of the form, the bytes that match there


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One character, in every encoding: for each of its bytes, the bytes that match there.

    `beginning` gives the encodings that a byte may begin, by their places.
    """

    encodings: tuple[_Encoding, ...]
    beginning: dict[int, tuple[int, ...]]


def secret_forms(secret: str) -> list[tuple[Unit, ...]]:
    """Every form of a secret, which has one character at least."""
    forms = [tuple(map(_unit, secret))]
    data = secret.encode("utf-8", "surrogatepass")
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        first = (0, 2, 3)[before]  # the first character without bits of the preceding bytes
        last = (before + len(data)) * 8 // 6  # the first one with a bit of the bytes after
        forms.append(tuple(_unit({"+": "+-", "/": "/_"}.get(one, one)) for one in encoded[first:last]))
    forms.append(tuple(_unit("".join(sorted({one, one.upper()}))) for one in data.hex()))
    forms += [tuple(_wide(one, coding) for one in secret) for coding in ("utf-16-le", "utf-16-be")]
    return forms


def _plain(character: str, encoding: str = "utf-8") -> _Encoding:
    return tuple(bytes((byte,)) for byte in character.encode(encoding, "surrogatepass"))


@cache
def _wide(character: str, encoding: str) -> Unit:
    """A character in UTF-16."""
    return _united([_plain(character, encoding)])


@cache
def _unit(characters: str) -> Unit:
    """Any one of some characters, in every encoding."""
    encodings: dict[_Encoding, None] = {}
    for character in characters:
        plain = _plain(character)
        encodings[plain] = None
        for percent in ("%", "%25"):  # %25 is the percent sign, encoded once more
            hexed = "".join(f"{percent}{ord(byte):02x}" for byte in plain)
            encodings[_any_case(hexed)] = None
        for base in (f"{ord(character)}", f"x{ord(character):x}", f"X{ord(character):x}"):
            encodings[_any_case(f"&#{base};")] = None
        if (named := escape(character)) != character:
            encodings[tuple(bytes((byte,)) for byte in named.encode())] = None
        units = character.encode("utf-16-be", "surrogatepass").hex()
        for slashes in ("\\" * count for count in range(1, _ESCAPES + 1)):
            escaped = "".join(f"{slashes}u{units[place : place + 4]}" for place in range(0, len(units), 4))
            encodings[_any_case(escaped)] = None
            if character in '"/\\':
                encodings[_any_case(slashes + character)] = None
    return _united(encodings)


def _united(encodings: "dict[_Encoding, None] | list[_Encoding]") -> Unit:
    beginning: dict[int, tuple[int, ...]] = {}
    for place, encoding in enumerate(encodings):
        for byte in encoding[0]:
            beginning[byte] = (*beginning.get(byte, ()), place)
    return Unit(tuple(encodings), beginning)


def _any_case(text: str) -> _Encoding:
    """An escape, its hexadecimal digits in upper or lower case."""
    return tuple(f"{one}{one.upper()}".encode() if one in "abcdef" else one.encode() for one in text)
