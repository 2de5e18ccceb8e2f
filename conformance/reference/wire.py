"""What goes in and what comes out of the reference provider: plain values, no sockets and no clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.reference.memory import Memory

Json = dict[str, Any]
Ending = Literal["close", "reset", "hold"]

EVENT_STREAM = "text/event-stream; charset=utf-8"
JSON_BODY = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. `headers` has lower-case names; `serial` counts requests, and all ids come from it.

    `memory` is what the server remembers of earlier ones, and `again` says that this one is known word for
    word.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    serial: int
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Bytes written at once, `pause` seconds after the frame before: one SSE block, or a JSON body."""

    data: bytes
    pause: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """All that is sent back.

    `ending` says what follows the last frame: "close" ends the body as HTTP asks, "reset" drops the
    connection before the body is complete, "hold" leaves it open until the client goes.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    frames: tuple[Frame, ...]
    ending: Ending = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds before the first frame of an answer, and before each frame that carries a further token."""

    first_pause: float = 0.02
    token_pause: float = 0.002


def compact(value: object) -> str:
    """JSON as it stands in one `data:` line: no spaces, no escapes that UTF-8 does not need."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pretty(value: object) -> str:
    """JSON as OpenAI sends it in a body that is not a stream."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def data_block(text: str) -> bytes:
    """A block with nothing but data, as Chat Completions sends them."""
    return f"data: {text}\n\n".encode()


def event_block(name: str, text: str) -> bytes:
    """A block with an `event:` line, as Responses sends them."""
    return f"event: {name}\ndata: {text}\n\n".encode()
