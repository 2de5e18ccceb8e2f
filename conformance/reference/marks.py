"""What a real service draws at random or reads off a clock, made from the serial of the request."""

import hashlib
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
EPOCH = 1_788_000_000
"""Unix seconds that the first request of a server would have been answered at (August 2026)."""
WIDEST_PADDING = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The ids, time stamps and padding of one answer."""

    serial: int

    @property
    def created(self) -> int:
        """Unix seconds."""
        return EPOCH + self.serial

    @property
    def request(self) -> str:
        """The value of `x-request-id`."""
        return "req_" + self._hex("request", 32)

    @property
    def completion(self) -> str:
        """The id of a chat completion."""
        return "chatcmpl-" + self._letters("completion", 29)

    @property
    def response(self) -> str:
        """The id of a response."""
        return "resp_" + self._hex("response", 50)

    def call(self, choice: int, number: int) -> str:
        """The id of a tool call, unique among the choices of the answer."""
        return "call_" + self._letters(f"call {choice} {number}", 24)

    def item(self, prefix: str, output_index: int) -> str:
        """The id of an output item of Responses."""
        return f"{prefix}_" + self._hex(f"item {output_index}", 50)

    def padding(self, number: int) -> str:
        """The `obfuscation` of event `number`: up to 15 letters, sometimes none."""
        return self._letters(f"padding {number}", self._digest(f"width {number}")[0] % WIDEST_PADDING)

    def sealed(self, output_index: int) -> str:
        """What stands for the encrypted content of a reasoning item."""
        return "gAAAAA" + self._letters(f"sealed {output_index}", 60)

    def _digest(self, label: str) -> bytes:
        return hashlib.blake2b(f"{self.serial} {label}".encode(), digest_size=64).digest()

    def _letters(self, label: str, length: int) -> str:
        return "".join(ALPHABET[byte % len(ALPHABET)] for byte in self._digest(label)[:length])

    def _hex(self, label: str, length: int) -> str:
        return self._digest(label).hex()[:length]
