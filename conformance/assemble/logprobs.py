"""Log probabilities: the tokens that they are of, and what is odd about them."""

from dataclasses import dataclass, field
from typing import Any, Final

from conformance.assemble.payload import At
from conformance.text import shown

__all__ = ["Logprobs"]

_ROUNDING: Final = 1e-4
"""How far above 0 rounding may carry the logarithm of a probability of 1."""


@dataclass(slots=True)
class Logprobs:
    """What the log probabilities of one choice hold, token by token.

    `tokens` and `octets` are those of the text; all else is of the refusal too.
    """

    arrays: int = 0  # how many arrays came for the text, empty ones included
    tokens: list[str] = field(default_factory=list)
    octets: list[int] | None = field(default_factory=list)  # None once a token had no bytes
    positive: list[At] = field(default_factory=list)  # log probabilities above 0
    misspelt: list[At] = field(default_factory=list)  # bytes that are not those of the token's text
    event: int = 0  # of the first token
    alternatives: tuple[int, int] = (0, 0)  # the most of a token, and their event
    repeated: list[At] = field(default_factory=list)  # alternatives that a token has twice

    def see(self, number: int, value: Any) -> None:
        """Take the `logprobs` of a choice in one chunk, whatever is in it."""
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
        if len(entries) > self.alternatives[0]:
            self.alternatives = len(entries), number
        seen: set[tuple[str, float]] = set()
        for entry in entries:
            self._entry(number, entry)
            text, value = entry.get("token"), entry.get("logprob")
            # Parts of characters look alike, and so do tokens that differ in a space before them.
            if isinstance(text, str) and text.strip("\ufffd") and isinstance(value, int | float):
                if (text, value) in seen:
                    self.repeated.append(At(number, f"{shown(text, 40)} twice, with {value}"))
                seen.add((text, value))

    def _entry(self, number: int, entry: dict[str, Any]) -> None:
        value, text, octets = entry.get("logprob"), entry.get("token"), entry.get("bytes")
        if isinstance(value, int | float) and value is not True and value > _ROUNDING:
            self.positive.append(At(number, f"{value} for {shown(text, 40)}"))
        if isinstance(text, str) and isinstance(octets, list) and not _spells(octets, text):
            self.misspelt.append(At(number, f"{shown(octets, 60)} for {shown(text, 40)}"))


def _spells(octets: list[Any], text: str) -> bool:
    """Whether bytes are those of a token's text, as far as a text can tell.

    A token that is a part of a character has no text: it is written with an escape or U+FFFD, or
    left out. What are no bytes at all is told by the rule about the shape.
    """
    if "\ufffd" in text or "\\x" in text:
        return True
    try:
        return bytes(octets).decode() == text
    except (UnicodeDecodeError, TypeError):
        return True
    except ValueError:
        return False
