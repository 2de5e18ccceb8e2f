"""Legal Responses streams in the shapes that OpenAI has been recorded with: texts, reasoning, calls, ends."""

from dataclasses import replace

from tests.proof.wire import Json, Wire, named

URL = "https://example.com/v1/responses"
ASKS: Json = {"model": "gpt-5.2", "input": "Hi", "stream": True}
SERVER_ERROR: Json = {"code": "server_error", "message": "Overloaded"}
USAGE: Json = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 14,
}
SAID = ("Hel", "lo, ", "world!")


def response(status: str, output: tuple[Json, ...] = (), **more: object) -> Json:
    """A response object; its usage comes with its end."""
    ended = status in ("completed", "incomplete")
    return {
        "id": "resp_68af",
        "object": "response",
        "created_at": 1780000000,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "gpt-5.2",
        "output": list(output),
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": USAGE if ended else None,
        **more,
    }


def numbered(*events: Json, start: int = 0) -> bytes:
    """The events in order, each with its type first and its number last."""
    return b"".join(named({**event, "sequence_number": number}) for number, event in enumerate(events, start))


def lifecycle(kind: str, holder: Json) -> Json:
    """An event about the response as a whole."""
    return {"type": f"response.{kind}", "response": holder}


OPENING = (lifecycle("created", response("in_progress")), lifecycle("in_progress", response("in_progress")))


def completed(*output: Json) -> Json:
    """The event that ends a stream well."""
    return lifecycle("completed", response("completed", output))


def about(index: int, item: Json, kind: str, **fields: object) -> Json:
    """An event about something inside an item."""
    return {"type": f"response.{kind}", "item_id": item["id"], "output_index": index, **fields}


def item_events(index: int, added: Json, done: Json, *inside: Json) -> tuple[Json, ...]:
    """An item from its announcement to its end."""
    return (
        {"type": "response.output_item.added", "output_index": index, "item": added},
        *inside,
        {"type": "response.output_item.done", "output_index": index, "item": done},
    )


def text_part(text: str, *annotations: Json) -> Json:
    """A part with text."""
    return {"type": "output_text", "annotations": list(annotations), "logprobs": [], "text": text}


def part_events(index: int, item: Json, part: Json, place: int, *inside: Json) -> tuple[Json, ...]:
    """A part from its announcement to its end; text and refusals begin empty."""
    key = "refusal" if part["type"] == "refusal" else "text"
    empty = {**part, key: "", **({"annotations": []} if "annotations" in part else {})}
    return (
        about(index, item, "content_part.added", content_index=place, part=empty),
        *inside,
        about(index, item, "content_part.done", content_index=place, part=part),
    )


def text_events(index: int, item: Json, *said: str, place: int = 0) -> tuple[Json, ...]:
    """The deltas of a text and its done event."""
    where = {"content_index": place}
    deltas = (
        about(index, item, "output_text.delta", **where, delta=delta, logprobs=[], obfuscation="x7")
        for delta in said
    )
    return (*deltas, about(index, item, "output_text.done", **where, text="".join(said), logprobs=[]))


def message(identity: str, *parts: Json, status: str = "completed") -> Json:
    """A message item."""
    return {"id": identity, "type": "message", "status": status, "content": list(parts), "role": "assistant"}


def message_events(index: int, *said: str, status: str = "completed") -> tuple[tuple[Json, ...], Json]:
    """A whole message of one text, and the item that it becomes."""
    part = text_part("".join(said))
    done = message(f"msg_{index}", part, status=status)
    inside = part_events(index, done, part, 0, *text_events(index, done, *said))
    return item_events(index, message(f"msg_{index}", status="in_progress"), done, *inside), done


def call(arguments: str, status: str) -> Json:
    """A function call item."""
    return {
        "id": "fc_0",
        "type": "function_call",
        "status": status,
        "arguments": arguments,
        "call_id": "call_a1",
        "name": "weather",
    }


def wire(id: str, *events: Json, start: int = 0, **asks: object) -> Wire:
    """A legal wire of these events."""
    body = numbered(*events, start=start)
    return Wire(id=id, api="responses", url=URL, asks={**ASKS, **asks}, body=body)


MESSAGE_EVENTS, MESSAGE = message_events(0, *SAID)
TEXT = wire("responses-text", *OPENING, *MESSAGE_EVENTS, completed(MESSAGE))

CALLED = call('{"city":"Oslo"}', "completed")
CALL = wire(
    "responses-call",
    *OPENING,
    *item_events(
        0,
        call("", "in_progress"),
        CALLED,
        *(
            about(0, CALLED, "function_call_arguments.delta", delta=delta)
            for delta in ('{"ci', 'ty":"', 'Oslo"}')
        ),
        about(0, CALLED, "function_call_arguments.done", name="weather", arguments='{"city":"Oslo"}'),
    ),
    completed(CALLED),
)

SEALED = {"id": "rs_0", "type": "reasoning", "encrypted_content": "gAAAAABo", "summary": []}
AFTER_SEALED, SECOND = message_events(1, *SAID)
SEALED_REASONING = wire(
    "responses-reasoning-encrypted",
    *OPENING,
    *item_events(0, SEALED, SEALED),
    *AFTER_SEALED,
    completed(SEALED, SECOND),
)

THOUGHTS = {"id": "rs_0", "type": "reasoning", "summary": [{"type": "summary_text", "text": "I greet."}]}
SUMMARY = wire(
    "responses-summary",
    *OPENING,
    *item_events(
        0,
        {**THOUGHTS, "summary": []},
        THOUGHTS,
        about(
            0,
            THOUGHTS,
            "reasoning_summary_part.added",
            summary_index=0,
            part={"type": "summary_text", "text": ""},
        ),
        about(0, THOUGHTS, "reasoning_summary_text.delta", summary_index=0, delta="I gr"),
        about(0, THOUGHTS, "reasoning_summary_text.delta", summary_index=0, delta="eet."),
        about(0, THOUGHTS, "reasoning_summary_text.done", summary_index=0, text="I greet."),
        about(0, THOUGHTS, "reasoning_summary_part.done", summary_index=0, part=THOUGHTS["summary"][0]),
    ),
    *AFTER_SEALED,
    completed(THOUGHTS, SECOND),
)

OPEN_PART = {"type": "reasoning_text", "text": "They greet me."}
OPEN_THOUGHTS = {"id": "rs_0", "type": "reasoning", "summary": [], "content": [OPEN_PART]}
OPEN_REASONING = wire(
    "responses-reasoning-text",
    *OPENING,
    *item_events(
        0,
        {**OPEN_THOUGHTS, "content": []},
        OPEN_THOUGHTS,
        *part_events(
            0,
            OPEN_THOUGHTS,
            OPEN_PART,
            0,
            about(0, OPEN_THOUGHTS, "reasoning_text.delta", content_index=0, delta="They greet"),
            about(0, OPEN_THOUGHTS, "reasoning_text.delta", content_index=0, delta=" me."),
            about(0, OPEN_THOUGHTS, "reasoning_text.done", content_index=0, text="They greet me."),
        ),
    ),
    *AFTER_SEALED,
    completed(OPEN_THOUGHTS, SECOND),
)

REFUSED_PART = {"type": "refusal", "refusal": "I can't help."}
REFUSED = message("msg_0", REFUSED_PART)
REFUSAL = wire(
    "responses-refusal",
    *OPENING,
    *item_events(
        0,
        message("msg_0", status="in_progress"),
        REFUSED,
        *part_events(
            0,
            REFUSED,
            REFUSED_PART,
            0,
            about(0, REFUSED, "refusal.delta", content_index=0, delta="I can't"),
            about(0, REFUSED, "refusal.delta", content_index=0, delta=" help."),
            about(0, REFUSED, "refusal.done", content_index=0, refusal="I can't help."),
        ),
    ),
    completed(REFUSED),
)

CUT_EVENTS, CUT = message_events(0, "Hel", "lo", status="incomplete")
INCOMPLETE = wire(
    "responses-incomplete",
    *OPENING,
    *CUT_EVENTS,
    lifecycle(
        "incomplete",
        response("incomplete", (CUT,), incomplete_details={"reason": "max_output_tokens"}),
    ),
    max_output_tokens=16,
)
FAILED_END = lifecycle("failed", response("failed", error=SERVER_ERROR))
FAILED = wire(
    "responses-failed",
    *OPENING,
    {"type": "error", **SERVER_ERROR, "param": None},
    FAILED_END,
)
FAILED_NESTED = wire(
    "responses-failed-nested-error",
    *OPENING,
    {"type": "error", "error": {"type": "server_error", **SERVER_ERROR, "param": None}},
    FAILED_END,
)
FAILED_MIDWAY = wire("responses-failed-midway", *OPENING, *MESSAGE_EVENTS[:4], FAILED_END)
ERROR_ALONE = replace(
    wire("responses-error-alone", {"type": "error", **SERVER_ERROR, "param": None}),
    breaks=("error-before-stream",),
)
QUEUED = wire(
    "responses-background",
    lifecycle("created", response("queued", background=True)),
    lifecycle("queued", response("queued", background=True)),
    lifecycle("in_progress", response("in_progress", background=True)),
    *MESSAGE_EVENTS,
    lifecycle("completed", response("completed", (MESSAGE,), background=True)),
    background=True,
)
RESUMED = wire("responses-resumed", *MESSAGE_EVENTS[3:], completed(MESSAGE), start=5, starting_after=4)
KEEPALIVE = wire(
    "responses-keepalive",
    *OPENING,
    {"type": "keepalive"},
    *MESSAGE_EVENTS[:3],
    {"type": "keepalive"},
    *MESSAGE_EVENTS[3:],
    completed(MESSAGE),
)
TWO_PARTS = message("msg_0", text_part("One."), text_part("Two."))
PARTS = wire(
    "responses-two-parts",
    *OPENING,
    *item_events(
        0,
        message("msg_0", status="in_progress"),
        TWO_PARTS,
        *part_events(0, TWO_PARTS, text_part("One."), 0, *text_events(0, TWO_PARTS, "On", "e.")),
        *part_events(0, TWO_PARTS, text_part("Two."), 1, *text_events(0, TWO_PARTS, "Two", ".", place=1)),
    ),
    completed(TWO_PARTS),
)
EMPTY_EVENTS, EMPTY_MESSAGE = message_events(0)
EMPTY = wire("responses-empty-text", *OPENING, *EMPTY_EVENTS, completed(EMPTY_MESSAGE))

STREAMS = (
    *(TEXT, CALL, SEALED_REASONING, SUMMARY, OPEN_REASONING, REFUSAL, INCOMPLETE, FAILED, FAILED_NESTED),
    *(FAILED_MIDWAY, ERROR_ALONE, QUEUED, RESUMED, KEEPALIVE, PARTS, EMPTY),
)
