"""Streams to replay, made by hand."""

import json
from typing import Any


def chunk(choices: list[dict[str, Any]], **keys: Any) -> str:
    """One event of a chat stream, as the wire has it."""
    value = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": "m-1",
        "choices": choices,
        **keys,
    }
    return f"data: {json.dumps(value)}\n\n"


def choice(delta: dict[str, Any], finish: str | None = None) -> list[dict[str, Any]]:
    """The choices of a chunk that has one."""
    return [{"index": 0, "delta": delta, "finish_reason": finish}]


CLEAN = (
    chunk(choice({"role": "assistant", "content": ""}))
    + chunk(choice({"content": "Hello"}))
    + chunk(choice({}, "stop"))
    + "data: [DONE]\n\n"
)
NO_DONE = CLEAN.removesuffix("data: [DONE]\n\n")
USAGE_LATE = (  # usage beside choices: a SHOULD
    CLEAN.removesuffix("data: [DONE]\n\n").replace(
        '"finish_reason": "stop"}]',
        '"finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}',
    )
    + "data: [DONE]\n\n"
)
