"""Answers made by hand, as an endpoint and a gateway in front of it send them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.exchange import Api, Ended, Exchange, Piece
from conformance.wirediff import ChangeKind, WireChange, WireDifference, wire_difference

__all__ = [
    "DONE",
    "HEADERS",
    "answer",
    "chunk",
    "compared",
    "deltas",
    "document",
    "event",
    "only",
    "stream",
    "typed",
]

HEADERS = (("content-type", "text/event-stream"), ("x-request-id", "req_1"))
DONE = b"data: [DONE]\n\n"


def event(value: Any, name: str | None = None) -> bytes:
    line = b"" if name is None else f"event: {name}\n".encode()
    data = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return line + b"data: " + data + b"\n\n"


def chunk(
    delta: Mapping[str, Any] | None = None, *, choice: Any = None, index: int = 0, **keys: Any
) -> bytes:
    """A chunk of one choice; `choice` are further keys of it, `keys` of the chunk."""
    held = {"index": index, "delta": dict(delta or {}), "finish_reason": None} | dict(choice or {})
    return event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [held]} | keys)


def deltas(*texts: str, key: str = "content") -> list[bytes]:
    """A stream of some pieces of text, from the role to the terminator."""
    spoken = [chunk({key: text}) for text in texts]
    return [chunk({"role": "assistant"}), *spoken, chunk(choice={"finish_reason": "stop"}), DONE]


def typed(name: str, **keys: Any) -> bytes:
    """An event of Responses."""
    return event({"type": name} | keys, name)


def answer(frames: Sequence[bytes], name: str = "chat-text", **keys: Any) -> Exchange:
    """An exchange of a scenario whose body came in these pieces, 10 ms apart."""
    given: dict[str, Any] = {"status": 200, "headers": HEADERS, "ended": Ended.CLOSED, "scenario": name}
    given |= keys
    pieces = tuple(Piece(data=frame, at=number / 100) for number, frame in enumerate(frames, 1))
    return Exchange(id=name, api=Api.CHAT, pieces=pieces, ended_at=1.0, **given)


def document(value: Any, **keys: Any) -> Exchange:
    return answer([json.dumps(value).encode()], headers=(("content-type", "application/json"),), **keys)


def compared(direct: Sequence[bytes], gateway: Sequence[bytes]) -> WireDifference:
    """What differs between two streams."""
    return wire_difference([answer(direct)], [answer(gateway)])


def stream(direct: Sequence[bytes], gateway: Sequence[bytes]) -> list[tuple[str, str, int]]:
    """The same in short: kind, place and count of each change."""
    return [(row.kind.value, row.place, row.count) for row in compared(direct, gateway).changes]


def only(found: WireDifference, kind: ChangeKind) -> WireChange:
    """The only change that was found."""
    (row,) = found.changes
    assert row.kind is kind
    return row
