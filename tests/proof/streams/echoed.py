"""Responses streams whose response repeats its request, as OpenAI's do."""

from typing import Any

from tests.proof.streams.handmade import Breaks, Json, Wire
from tests.proof.streams.responses import USAGE, item_events, lifecycle, response, wire

PLACE: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER: Json = {"type": "function", "name": "weather", "parameters": PLACE}
CLOCK: Json = {"type": "function", "name": "clock", "parameters": {"type": "object", "properties": {}}}
NOTE: Json = {"type": "custom", "name": "note", "description": "Keeps a note."}
CRM: Json = {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [WEATHER]}


def tool_told(tool: Json) -> Json:
    """A tool as OpenAI's response has it: what the request leaves out is filled in."""
    if tool["type"] == "function":
        return {"description": None, **tool, "strict": tool.get("strict", True)}
    return tool


def echo_of(asks: Json) -> Json:
    """What the response repeats of a request."""
    kept = ("instructions", "max_output_tokens", "metadata", "parallel_tool_calls", "previous_response_id")
    more = ("reasoning", "store", "temperature", "text", "tool_choice", "top_p", "truncation")
    told = {key: asks[key] for key in (*kept, *more) if asks.get(key) is not None}
    return {**told, "tools": [tool_told(tool) for tool in asks.get("tools", ())]}


def answered(
    id: str,
    asks: Json,
    *items: tuple[tuple[Json, ...], Json],
    end: str = "completed",
    spent: int = 5,
    told: Json | None = None,
    breaks: Breaks = (),
    cause: str = "",
    **fields: Any,
) -> Wire:
    """A stream of these items; `told` are the keys of the response that say something else."""
    echo = {**echo_of(asks), **(told or {})}
    output = tuple(item for _, item in items)
    usage = {**USAGE, "output_tokens": spent, "total_tokens": USAGE["input_tokens"] + spent}
    more = {"incomplete_details": {"reason": "max_output_tokens"}} if end == "incomplete" else {}
    return wire(
        id,
        lifecycle("created", response("in_progress", **echo)),
        lifecycle("in_progress", response("in_progress", **echo)),
        *(event for events, _ in items for event in events),
        lifecycle(end, response(end, output, **{**echo, "usage": usage, **more})),
        asks=asks,
        breaks=breaks,
        cause=cause,
        **fields,
    )


def note_call(place: int, text: str, *deltas: str, done: bool = True) -> tuple[tuple[Json, ...], Json]:
    """A call of a custom tool and the item that it becomes, its input in these deltas."""
    item: Json = {
        "id": f"ctc_{place}",
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": f"call_n{place}",
        "name": "note",
        "input": text,
    }
    about = {"item_id": item["id"], "output_index": place}
    kind = "response.custom_tool_call_input"
    inside = [{"type": f"{kind}.delta", **about, "delta": delta} for delta in deltas]
    if done:
        inside.append({"type": f"{kind}.done", **about, "input": text})
    return item_events(place, {**item, "status": "in_progress", "input": ""}, item, *inside), item


def changed(
    made: tuple[tuple[Json, ...], Json], added: Json | None = None, done: Json | None = None
) -> tuple[tuple[Json, ...], Json]:
    """An item with other keys where it is announced, and where it is done and in the response."""
    events, item = made
    first, *inside, last = events
    told = {**item, **(done if done is not None else added or {})}
    begun = {**first, "item": {**first["item"], **(added or {})}}
    return (begun, *inside, {**last, "item": told}), told
