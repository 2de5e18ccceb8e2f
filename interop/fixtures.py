"""What aimock answers, made from what the suite asks, so that prompts and answers never drift. Pure."""

import json
from typing import Any

from conformance.plan import Plan, PlannedRequest
from conformance.scenarios import CITIES, TOOL

__all__ = ["fixtures"]

_GREETING = "Hello."
_THOUGHT = "The request asks for a counted sequence."
_CUT_AT = 3  # chunks
_CUT_LATENCY = 30  # ms, without which the connection is gone before the first chunk


def fixtures(whole: Plan, cut: Plan) -> dict[str, Any]:
    """The fixture file: an answer to each prompt of `whole`, and streams cut short for the model of `cut`.

    Of fixtures that match, aimock takes the first.
    """
    short: list[dict[str, Any]] = [
        {
            "match": {"userMessage": _prompt(item), "model": item.exchange.model},
            "response": {"content": _sentence(item)},
            "truncateAfterChunks": _CUT_AT,
            "latency": _CUT_LATENCY,
        }
        for item in _distinct(cut)
    ]
    full: list[dict[str, Any]] = [
        {"match": {"userMessage": _prompt(item)}, "response": _response(item)} for item in _distinct(whole)
    ]
    return {"fixtures": [*short, *full]}


def _distinct(plan: Plan) -> list[PlannedRequest]:
    return list({_prompt(item): item for item in reversed(plan.requests) if _prompt(item)}.values())


def _prompt(item: PlannedRequest) -> str:
    asked = item.exchange.asked
    messages = asked.get("messages") or asked.get("input") or ""
    return messages if isinstance(messages, str) else str(messages[-1]["content"])


def _sentence(item: PlannedRequest) -> str:
    return item.exchange.expected_text or _GREETING


def _response(item: PlannedRequest) -> dict[str, Any]:
    exchange = item.exchange
    promised = set(exchange.promises)
    if promised & {"tools", "responses-tools"}:
        name = str(TOOL["name"])
        return {"toolCalls": [{"name": name, "arguments": text} for text in exchange.expected_arguments]}
    if promised & {"length", "responses-length"}:
        return {"content": f"1-{exchange.nonce} 2-{exchange.nonce} 3-", "finishReason": "length"}
    if promised & {"json", "responses-json"}:
        return {"content": json.dumps({"city": CITIES[0], "code": exchange.nonce})}
    if promised & {"reasoning", "responses-reasoning"}:
        return {"content": _sentence(item), "reasoning": _THOUGHT}
    return {"content": _sentence(item)}
