"""A stream taken apart into its blocks, so that each of them can be changed."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from conformance.exchange import Exchange, Need, Piece

__all__ = [
    "DOCUMENTS",
    "DONE",
    "Base",
    "Block",
    "Headers",
    "Sheet",
    "body_of",
    "compact",
    "read_whole",
    "taken_apart",
]

DONE = "[DONE]"
DOCUMENTS = ("completion", "response")
"""What the documents of each API are called."""
Headers = tuple[tuple[str, str], ...]
_FRAMED = re.compile(rb"(?:(?:event: [^\r\n]+\n)?data: [^\r\n]+\n\n)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One event as it stands on the wire: its `event:` line or None, and the text of its one `data:` line.

    `value` is the text as JSON, None for the terminator. `wire` is set where the block was spoilt below its
    JSON; it then stands for all of the block.
    """

    name: str | None
    text: str
    value: Any = None
    wire: bytes | None = None

    @property
    def data(self) -> bytes:
        """The block as bytes."""
        if self.wire is not None:
            return self.wire
        named = f"event: {self.name}\n" if self.name is not None else ""
        return f"{named}data: {self.text}\n\n".encode(errors="surrogatepass")

    @property
    def label(self) -> str:
        """What the block is called: the type of its event, `chunk`, or `[DONE]`."""
        if self.text == DONE:
            return DONE
        kind = self.value.get("type") if isinstance(self.value, dict) else None
        return kind if isinstance(kind, str) else "chunk"

    def holding(self, value: Any) -> "Block":
        """The block with another value in it."""
        return replace(self, value=value, text=compact(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Block):
    """A document as it stands on the wire: it is all of the body."""

    @property
    def data(self) -> bytes:
        """The document as bytes."""
        return self.wire if self.wire is not None else self.text.encode(errors="surrogatepass")

    @property
    def label(self) -> str:
        """What the document is: `response`, or `completion` in Chat Completions."""
        return DOCUMENTS["output" in self.value]


@dataclass(frozen=True, kw_only=True)
class Base:
    """A stream to mutate, or a document: then it has one block.

    `origin` is reference, real or made; the exchange has everything but the body. `twin` is the same request
    answered in the other form, the one without streaming for a stream; None if it is not known.
    """

    origin: str
    name: str
    exchange: Exchange
    blocks: tuple[Block, ...]
    twin: Exchange | None = None

    @property
    def id(self) -> str:
        """Unique among the bases."""
        return f"{self.origin}/{self.name}"

    @property
    def api(self) -> str:
        """The API of the exchange."""
        return self.exchange.api

    @cached_property
    def values(self) -> tuple[Any, ...]:
        """The JSON of each block, None for the terminator."""
        return tuple(block.value for block in self.blocks)

    @property
    def document(self) -> bool:
        """Whether it is a document."""
        return isinstance(self.blocks[0], Sheet)

    @property
    def asked(self) -> dict[str, Any]:
        """The request, empty where it is not known."""
        return self.exchange.asked

    def answered(self, body: bytes, asked: str = "", headers: Headers | None = None) -> Exchange:
        """The exchange with this body, and with another request or other headers if they are given.

        Its times are not known.
        """
        lacks = self.exchange.lacks | {Need.TIMING}
        known = self.exchange.request
        request = replace(known, body=asked) if asked and known is not None else known
        heads = self.exchange.headers if headers is None else headers
        return replace(self.exchange, request=request, headers=heads, pieces=(Piece(data=body),), lacks=lacks)


def compact(value: Any) -> str:
    """JSON as it stands on the wire."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def body_of(blocks: Iterable[Block]) -> bytes:
    """The blocks in a row."""
    return b"".join(block.data for block in blocks)


def taken_apart(origin: str, name: str, exchange: Exchange) -> Base:
    """The base of a recorded stream.

    Raises ValueError for a stream whose framing is not the plain one (an optional `event:` line, one `data:`
    line, a blank line): what is spoilt there could not be told from what was odd before.
    """
    body = exchange.body
    if not _FRAMED.fullmatch(body):
        raise ValueError(f"{exchange.id}: the stream is framed in an unusual way, so it makes no base.")
    blocks = tuple(_block(text) for text in body.decode().split("\n\n")[:-1])
    return Base(origin=origin, name=name, exchange=replace(exchange, pieces=()), blocks=blocks)


def read_whole(origin: str, name: str, exchange: Exchange) -> Base:
    """The base of an answer without streaming. Its white space is left out."""
    value = json.loads(exchange.body)
    sheet = Sheet(name=None, text=compact(value), value=value)
    return Base(origin=origin, name=name, exchange=replace(exchange, pieces=()), blocks=(sheet,))


def _block(text: str) -> Block:
    first, line_end, rest = text.partition("\n")
    name = first.removeprefix("event: ") if line_end else None
    data = (rest if line_end else first).removeprefix("data: ")
    return Block(name=name, text=data, value=None if data == DONE else json.loads(data))
