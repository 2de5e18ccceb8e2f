"""Log probabilities: the tokens that they are of, and what is odd about them."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from conformance.assemble.records import Sighting
from conformance.text import shown

__all__ = ["Logprobs"]

_ROUNDING: Final = 0.05
"""How far above 0 rounding may carry the logarithm of a probability of 1, in half precision."""
_FLOOR: Final = -9000
"""Below it stands for "very unlikely": the description's own value is -9999.0."""
_ID: Final = re.compile(r"token_id:\d+")  # servers that name tokens by number on request
_OCTET: Final = re.compile(r"<0x([0-9A-Fa-f]{2})>")


@dataclass(frozen=True, slots=True)
class Alternatives:
    """How many alternatives a token has, and its event."""

    count: int = 0
    event: int = 0


@dataclass(slots=True)
class Logprobs:
    """What the log probabilities of one choice hold, token by token.

    `tokens` and `octets` are those of the text; all else is of the refusal too.
    """

    given: bool = False  # whether any `logprobs` is not null
    missing: list[int] = field(default_factory=list)  # events with content but no logprobs of it
    arrays: int = 0  # how many arrays came for the text, empty ones included
    tokens: list[str] = field(default_factory=list)
    octets: list[int] | None = field(default_factory=list)  # None once a token had no bytes
    positive: list[Sighting] = field(default_factory=list)  # log probabilities above 0
    misspelt: list[Sighting] = field(default_factory=list)  # bytes that are not those of the token's text
    event: int = 0  # of the first token
    alternatives: Alternatives = Alternatives()  # the most of any token, of the first that has so many
    repeated: list[Sighting] = field(default_factory=list)  # tokens that have one alternative twice

    def see(self, number: int, value: Any) -> None:
        """Take the `logprobs` of a choice in one chunk, whatever is in it but null."""
        self.given = True
        if not isinstance(value, dict):
            return
        content, refusal = value.get("content"), value.get("refusal")
        if isinstance(content, list):
            self.arrays += 1
            for token in content:
                if isinstance(token, dict):
                    self._spell(token)
                    self._token(number, token)
        for token in refusal if isinstance(refusal, list) else ():
            if isinstance(token, dict):
                self._token(number, token)

    def _spell(self, token: dict[str, Any]) -> None:
        if not isinstance(token.get("token"), str):
            return
        self.tokens.append(token["token"])
        octets = token.get("bytes")
        if isinstance(octets, list) and self.octets is not None:
            self.octets.extend(octet for octet in octets if type(octet) is int and 0 <= octet < 256)
        else:
            self.octets = None

    def _token(self, number: int, token: dict[str, Any]) -> None:
        self.event = self.event or number
        self._entry(number, token)
        top = token.get("top_logprobs")
        entries = [item for item in top if isinstance(item, dict)] if isinstance(top, list) else []
        if len(entries) > self.alternatives.count:
            self.alternatives = Alternatives(len(entries), number)
        seen: set[Hashable] = set()
        for entry in entries:
            self._entry(number, entry)
            value, known = entry.get("logprob"), _frozen(entry)
            # Tokens of different ids may look alike where they are parts of characters, or at the floor.
            plain = isinstance(entry.get("token"), str) and entry["token"].strip("\ufffd")
            if plain and isinstance(value, int | float) and value > _FLOOR and known in seen:
                self.repeated.append(Sighting(number, f"{shown(entry['token'], 40)} twice, with {value}"))
                break
            seen.add(known)

    def _entry(self, number: int, entry: dict[str, Any]) -> None:
        value, text, octets = entry.get("logprob"), entry.get("token"), entry.get("bytes")
        if isinstance(value, int | float) and value is not True and value > _ROUNDING:
            self.positive.append(Sighting(number, f"{value} for {shown(text, 40)}"))
        if isinstance(text, str) and isinstance(octets, list) and octets and not _spells(octets, text):
            self.misspelt.append(Sighting(number, f"{shown(octets, 60)} for {shown(text, 40)}"))


def _frozen(value: Any) -> Hashable:
    """A JSON value as one that can be looked up: equal where the values are."""
    if isinstance(value, dict):
        return frozenset((key, _frozen(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    known: Hashable = value
    return known


def _spells(octets: list[Any], text: str) -> bool:
    """Whether bytes are those of a token's text, as far as a text can tell.

    A token that is a part of a character has no text: it is written with an escape, with U+FFFD, or
    without what is not whole. Some servers write a token as its vocabulary does: with U+2581 for a space,
    as `<0x0A>`, or in the alphabet that GPT-2 gave to bytes. What are no bytes at all is told by the rule
    about the shape.
    """
    if "\ufffd" in text or "\\x" in text or _ID.fullmatch(text):
        return True
    try:
        data = bytes(octets)
    except TypeError:
        return True
    except ValueError:
        return False
    if data.decode(errors="ignore") in (text, text.replace("\u2581", " ")):
        return True
    octet = _OCTET.fullmatch(text)
    return data == (bytes.fromhex(octet[1]) if octet else _in_byte_alphabet(text))


def _in_byte_alphabet(text: str) -> bytes | None:
    known = _byte_alphabet()
    if not text or not known.keys() >= {*text}:
        return None
    data = bytes(map(known.__getitem__, text))
    # Visible letters alone may as well be code points in place of UTF-8.
    return data if max(text) >= "\u0100" or data.decode(errors="ignore").encode() == data else None


@cache
def _byte_alphabet() -> dict[str, int]:
    """The letters of byte-level BPE for the 256 bytes: visible Latin-1 as it is, others from U+0100 on."""
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [octet for octet in range(256) if octet not in visible]
    return {chr(octet): octet for octet in visible} | {
        chr(0x100 + place): octet for place, octet in enumerate(others)
    }
