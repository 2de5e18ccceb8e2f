"""Responses in the shapes that recordings of api.openai.com have: the events and the response object."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.reference.logprobs import logprob
from conformance.reference.marks import Marks
from conformance.reference.order import Order
from conformance.reference.speech import Call, Speech, prompt_tokens
from conformance.reference.wire import Frame, Json, Pace, compact, event_block

DELTAS = frozenset(
    {
        "response.output_text.delta",
        "response.function_call_arguments.delta",
        "response.custom_tool_call_input.delta",
        "response.reasoning_summary_text.delta",
    }
)
"""The events that carry a token: they take time, and are padded."""

NO_TOOL_USAGE = {
    "image_gen": {
        "input_tokens": 0,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        "total_tokens": 0,
    },
    "web_search": {"num_requests": 0},
}

Event = tuple[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An output item's life: how it opens, the events while it is open, how it is when done."""

    added: Json
    body: tuple[Event, ...]
    done: Json


def stream(order: Order, speech: Speech, marks: Marks, pace: Pace) -> tuple[Frame, ...]:
    """The frames of a streamed answer; the terminal event is the last, and nothing follows it."""
    frames = []
    for number, (name, fields) in enumerate(_events(order, speech, marks)):
        padding = {"obfuscation": marks.padding(number)} if name in DELTAS and order.obfuscated else {}
        ordered = sorted({**fields, **padding, "sequence_number": number}.items())
        pause = pace.first_pause if number == 0 else pace.token_pause if name in DELTAS else 0.0
        data = event_block(name, compact({"type": name, **dict(ordered)}))
        frames.append(Frame(data=data, pause=pause))
    return tuple(frames)


def whole(order: Order, speech: Speech, marks: Marks) -> Json:
    """The response object at its end: the body of the non-streaming twin, and of the terminal event."""
    output = [block.done for block in _blocks(order, speech, marks)]
    response = _response(order, marks, "incomplete" if speech.cut else "completed")
    return {**response, "output": output, "service_tier": "default", "usage": usage(order, speech)}


def usage(order: Order, speech: Speech) -> Json:
    """Token counts of the whole answer."""
    spent, taken = speech.spent, prompt_tokens(order)
    return {
        "input_tokens": taken,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens": spent,
        "output_tokens_details": {"reasoning_tokens": len(speech.reasoning)},
        "total_tokens": taken + spent,
    }


def _events(order: Order, speech: Speech, marks: Marks) -> Iterator[Event]:
    opened = _response(order, marks, "in_progress")
    yield "response.created", {"response": opened}
    yield "response.in_progress", {"response": opened}
    for index, block in enumerate(_blocks(order, speech, marks)):
        yield "response.output_item.added", {"item": block.added, "output_index": index}
        for name, fields in block.body:
            yield name, {**fields, "item_id": block.added["id"], "output_index": index}
        yield "response.output_item.done", {"item": block.done, "output_index": index}
    yield f"response.{'incomplete' if speech.cut else 'completed'}", {"response": whole(order, speech, marks)}


def _blocks(order: Order, speech: Speech, marks: Marks) -> list[Block]:
    blocks: list[Block] = []
    if order.reasons:
        blocks.append(_reasoning_block(order, speech, marks, len(blocks)))
    for number, call in enumerate(speech.calls):
        cut = speech.cut and number == len(speech.calls) - 1
        blocks.append(_call_block(call, marks, len(blocks), cut=cut))
    if speech.tokens or not (speech.calls or speech.cut):
        blocks.append(_message_block(order, speech, marks, len(blocks)))
    return blocks


def _message_block(order: Order, speech: Speech, marks: Marks, index: int) -> Block:
    probabilities = [logprob(token, order.top_logprobs) for token in speech.tokens] if order.logprobs else []
    empty = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    part = {**empty, "logprobs": probabilities, "text": speech.text}
    deltas = [
        ("response.output_text.delta", {"delta": token, "logprobs": probabilities[number : number + 1]})
        for number, token in enumerate(speech.tokens)
    ]
    body: list[Event] = [
        ("response.content_part.added", {"part": empty}),
        *deltas,
        ("response.output_text.done", {"text": speech.text, "logprobs": probabilities}),
        ("response.content_part.done", {"part": part}),
    ]
    item = {"id": marks.item("msg", index), "type": "message", "status": "in_progress", "content": []}
    added = {**item, "role": "assistant"}
    if order.card.reasons:  # as the recorded models that reason have it
        added["phase"] = "final_answer"
    return Block(
        added=added,
        body=tuple((name, {"content_index": 0, **fields}) for name, fields in body),
        done={**added, "status": "incomplete" if speech.cut else "completed", "content": [part]},
    )


def _custom_block(call: Call, marks: Marks, index: int, *, cut: bool) -> Block:
    added = {
        "id": marks.item("ctc", index),
        "type": "custom_tool_call",
        "status": "in_progress",
        "call_id": marks.call(0, index),
        "input": "",
        "name": call.name,
    }
    deltas = [("response.custom_tool_call_input.delta", {"delta": token}) for token in call.tokens]
    return Block(
        added=added,
        body=(*deltas, ("response.custom_tool_call_input.done", {"input": call.arguments})),
        done={**added, "status": "incomplete" if cut else "completed", "input": call.arguments},
    )


def _call_block(call: Call, marks: Marks, index: int, *, cut: bool) -> Block:
    if call.custom:
        return _custom_block(call, marks, index, cut=cut)
    added = {
        "id": marks.item("fc", index),
        "type": "function_call",
        "status": "in_progress",
        "arguments": "",
        "call_id": marks.call(0, index),
        "name": call.name,
    }
    deltas = [("response.function_call_arguments.delta", {"delta": token}) for token in call.tokens]
    return Block(
        added=added,
        body=(*deltas, ("response.function_call_arguments.done", {"arguments": call.arguments})),
        done={**added, "status": "incomplete" if cut else "completed", "arguments": call.arguments},
    )


def _reasoning_block(order: Order, speech: Speech, marks: Marks, index: int) -> Block:
    added: Json = {"id": marks.item("rs", index), "type": "reasoning", "content": [], "summary": []}
    if "reasoning.encrypted_content" in (order.body.get("include") or ()):
        added["encrypted_content"] = marks.sealed(index)
    if not _settings(order).get("summary"):
        return Block(added=added, body=(), done=added)
    text = "".join(speech.reasoning)
    part = {"type": "summary_text", "text": text}
    deltas = [("response.reasoning_summary_text.delta", {"delta": token}) for token in speech.reasoning]
    body: list[Event] = [
        ("response.reasoning_summary_part.added", {"part": {**part, "text": ""}}),
        *deltas,
        ("response.reasoning_summary_text.done", {"text": text}),
        ("response.reasoning_summary_part.done", {"part": part}),
    ]
    return Block(
        added=added,
        body=tuple((name, {"summary_index": 0, **fields}) for name, fields in body),
        done={**added, "summary": [part]},
    )


def _response(order: Order, marks: Marks, status: str) -> Json:
    """The response object with nothing in it yet."""
    asked = order.body
    finished = marks.created + 1 if status == "completed" else None
    return {
        "id": marks.response,
        "object": "response",
        "created_at": marks.created,
        "status": status,
        "background": False,
        "completed_at": finished,
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": asked.get("max_tool_calls"),
        "model": order.card.snapshot,
        "moderation": None,
        "output": [],
        "parallel_tool_calls": order.parallel,
        "presence_penalty": 0.0,
        "previous_response_id": asked.get("previous_response_id"),
        "prompt_cache_key": asked.get("prompt_cache_key"),
        "prompt_cache_retention": "in_memory",
        "reasoning": _reasoning(order),
        "safety_identifier": asked.get("safety_identifier"),
        "service_tier": "auto",
        "store": _given(asked, "store", True),
        "temperature": float(_given(asked, "temperature", 1.0)),
        "text": {"format": _format(order), "verbosity": "medium"},
        "tool_choice": _given(asked, "tool_choice", "auto"),
        "tool_usage": NO_TOOL_USAGE,
        "tools": [_tool(tool) for tool in asked.get("tools") or ()],
        "top_logprobs": order.top_logprobs,
        "top_p": float(_given(asked, "top_p", 1.0)),
        "truncation": _given(asked, "truncation", "disabled"),
        "usage": None,
        "user": asked.get("user"),
        "metadata": _given(asked, "metadata", {}),
    }


def _given(asked: Json, name: str, default: Any) -> Any:
    value = asked.get(name)
    return default if value is None else value


def _settings(order: Order) -> Json:
    settings: Json = order.body.get("reasoning") or {}
    return settings


def _reasoning(order: Order) -> Json:
    if not order.card.reasons:
        return {"context": None, "effort": None, "summary": None}
    return {
        "context": "current_turn",
        "effort": order.effort or "medium",
        "summary": _settings(order).get("summary"),
    }


def _format(order: Order) -> Json:
    given: Json = (order.body.get("text") or {}).get("format") or {"type": "text"}
    if given["type"] != "json_schema":
        return {"type": given["type"]}
    return {
        "type": "json_schema",
        "description": given.get("description"),
        "name": given["name"],
        "schema": given["schema"],
        "strict": _given(given, "strict", True),
    }


def _tool(tool: Json) -> Json:
    if tool["type"] == "custom":
        return {
            "type": "custom",
            "description": tool.get("description"),
            "format": _given(tool, "format", {"type": "text"}),
            "name": tool["name"],
        }
    return {
        "type": "function",
        "description": tool.get("description"),
        "name": tool["name"],
        "parameters": tool.get("parameters"),
        "strict": _given(tool, "strict", True),
    }
