"""The facts about log probabilities: their tokens, and what is wrong with them."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from conformance.assemble.payload import frozen
from conformance.assemble.records import Sighting
from conformance.text import shown

__all__ = ["Logprobs"]

_ROUNDING: Final = 0.05
"""The highest logarithm that rounding in half precision may produce for a probability of 1."""
_FLOOR: Final = -9000
"""Values below this mean "very unlikely"; the API description itself uses -9999.0."""
_ID: Final = re.compile(r"token_id:\d+")  # the form of tokens that servers give by number on request
_OCTET: Final = re.compile(r"<0x([0-9A-Fa-f]{2})>")


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The number of alternatives of a token, and its event."""

    count: int = 0
    event: int = 0


@dataclass(slots=True)
class Logprobs:
    """The facts about the log probabilities of one text: of a choice, or of a part of a message.

    `tokens` and `octets` are those of the text; everything else includes the refusal.
    """

    given: bool = False  # whether any `logprobs` was not null
    missing: list[int] = field(default_factory=list)  # events with content but without logprobs for it
    arrays: int = 0  # the number of arrays for the text, empty ones included
    tokens: list[str] = field(default_factory=list)
    octets: list[int] | None = field(default_factory=list)  # None if any token had no bytes
    positive: list[Sighting] = field(default_factory=list)  # log probabilities above 0
    misspelt: list[Sighting] = field(default_factory=list)  # bytes that differ from the token's text
    event: int = 0  # the event of the first token; 0 if there is none
    alternatives: Alternatives = Alternatives()  # the highest number, and the first token with so many
    repeated: list[Sighting] = field(default_factory=list)  # tokens with a duplicate alternative
    # The length of the text that the tokens make up to an event: in characters, and in bytes.
    reached: list[tuple[int, int, int]] = field(default_factory=list)
    _marked: int = 0  # the number of tokens that `reached` counts

    def mark(self, number: int) -> None:
        """Records how far the tokens have come by an event."""
        _, characters, octets = self.reached[-1] if self.reached else (0, 0, 0)
        new = self.tokens[self._marked :]
        self._marked = len(self.tokens)
        octets = len(self.octets) if self.octets is not None else octets
        self.reached.append((number, characters + sum(map(len, new)), octets))

    def see(self, number: int, value: Any) -> None:
        """Records the `logprobs` of a choice in one chunk, whatever its value, if it is not null."""
        self.given = True
        if not isinstance(value, dict):
            return
        content, refusal = value.get("content"), value.get("refusal")
        if isinstance(content, list):
            self.see_tokens(number, content)
        for token in refusal if isinstance(refusal, list) else ():
            if isinstance(token, dict):
                self._token(number, token)

    def see_tokens(self, number: int, tokens: list[Any]) -> None:
        """Records the tokens of the text in one event."""
        self.arrays += 1
        for token in tokens:
            if isinstance(token, dict):
                self._spell(token)
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
            value, known = entry.get("logprob"), frozen(entry)
            # Tokens with different ids may look alike if they are parts of characters or at the floor.
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


def _spells(octets: list[Any], text: str) -> bool:
    """Whether bytes match a token's text, as far as a text can tell.

    A token that is a part of a character has no text of its own: it is written with an escape, with U+FFFD,
    or without the incomplete character. Some servers write tokens as their vocabulary does: with U+2581 for a
    space, as `<0x0A>`, or in GPT-2's alphabet for bytes. Values that are not bytes are reported by
    `logprobs-shape`.
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
    # Text of visible letters only may also be code points instead of UTF-8.
    return data if max(text) >= "\u0100" or data.decode(errors="ignore").encode() == data else None


@cache
def _byte_alphabet() -> dict[str, int]:
    """The letters that byte-level BPE uses for the 256 bytes: visible Latin-1, and others from U+0100 on."""
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [octet for octet in range(256) if octet not in visible]
    return {chr(octet): octet for octet in visible} | {
        chr(0x100 + place): octet for place, octet in enumerate(others)
    }
