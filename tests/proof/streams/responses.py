"""Legal Responses streams in the shapes that OpenAI has been recorded with: texts, reasoning, calls, ends."""

from typing import Any

from tests.proof.streams.handmade import Breaks, Json, Wire, compact, ids, named

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
WEATHER: Json = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SAID = ("Hel", "lo, ", "world!")
HELLO = b"Hello, world!"


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


def incomplete(*output: Json, reason: str = "max_output_tokens") -> Json:
    """The event that ends a stream that was cut."""
    return lifecycle("incomplete", response("incomplete", output, incomplete_details={"reason": reason}))


def failed(*output: Json, **more: object) -> Json:
    """The event that ends a stream badly."""
    return lifecycle("failed", response("failed", output, **{"error": SERVER_ERROR, **more}))


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


def said_events(index: int, item: Json, kind: str, key: str, *said: str) -> tuple[Json, ...]:
    """The deltas of a part that is no output text, and its done event, which holds the whole under `key`."""
    deltas = (about(index, item, f"{kind}.delta", content_index=0, delta=delta) for delta in said)
    return (*deltas, about(index, item, f"{kind}.done", content_index=0, **{key: "".join(said)}))


def summary_events(index: int, item: Json, place: int, *said: str) -> tuple[Json, ...]:
    """A part of a summary from its announcement to its end."""
    text, where = "".join(said), {"summary_index": place}
    part, begun = ({"type": "summary_text", "text": shown} for shown in (text, ""))
    return (
        about(index, item, "reasoning_summary_part.added", **where, part=begun),
        *(about(index, item, "reasoning_summary_text.delta", **where, delta=delta) for delta in said),
        about(index, item, "reasoning_summary_text.done", **where, text=text),
        about(index, item, "reasoning_summary_part.done", **where, part=part),
    )


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


def call_events(place: int, done: Json, *deltas: str, **more: str) -> tuple[Json, ...]:
    """A function call from its announcement to its end; `more` are further keys of the event that ends it."""
    kind = "function_call_arguments"
    return item_events(
        place,
        {**done, "status": "in_progress", "arguments": ""},
        done,
        *(about(place, done, f"{kind}.delta", delta=delta) for delta in deltas),
        about(place, done, f"{kind}.done", **more, arguments=done["arguments"]),
    )


def function_call(
    place: int, call_id: str, name: str, arguments: str, status: str = "completed"
) -> tuple[tuple[Json, ...], Json]:
    """A whole call of a function, in one delta if any, and the item that it becomes."""
    done: Json = {**call(arguments, status), "id": f"fc_{place}", "call_id": call_id, "name": name}
    return call_events(place, done, *([arguments] if arguments else [])), done


def wire(
    id: str,
    *events: Json,
    start: int = 0,
    asks: Json = ASKS,
    breaks: Breaks = (),
    cause: str = "",
    **fields: Any,
) -> Wire:
    """A stream of these events; `asks` is what its request says besides the usual."""
    return Wire(
        id=id,
        api="responses",
        url=URL,
        asks={**ASKS, **asks},
        body=numbered(*events, start=start),
        breaks=ids(breaks),
        cause=cause,
        **fields,
    )


def event(kind: str, **fields: object) -> bytes:
    """An event to be put among others."""
    return named({"type": kind, **fields, "sequence_number": 0})


def line(kind: str) -> bytes:
    """How the block of an event begins."""
    return f"event: {kind}\n".encode()


CREATED, IN_PROGRESS = line("response.created"), line("response.in_progress")
ADDED, DONE_ITEM = line("response.output_item.added"), line("response.output_item.done")
PART, DONE_PART = line("response.content_part.added"), line("response.content_part.done")
DELTA, DONE_TEXT = line("response.output_text.delta"), line("response.output_text.done")
COMPLETED = line("response.completed")

EMPTY_PART = compact(text_part("")).encode()
FIRST_EVENTS, FIRST = message_events(0, "One.")
SECOND_EVENTS, SECOND = message_events(1, "Two.")
MESSAGE_EVENTS, MESSAGE = message_events(0, *SAID)
TEXT = wire("responses-text", *OPENING, *MESSAGE_EVENTS, completed(MESSAGE))

CALLED = call('{"city":"Oslo"}', "completed")
CALL = wire(
    "responses-call",
    *OPENING,
    *call_events(0, CALLED, '{"ci', 'ty":"', 'Oslo"}', name="weather"),
    completed(CALLED),
)

SEALED = {"id": "rs_0", "type": "reasoning", "encrypted_content": "gAAAAABo", "summary": []}
AFTER_EVENTS, AFTER = message_events(1, *SAID)
SEALED_REASONING = wire(
    "responses-reasoning-encrypted",
    *OPENING,
    *item_events(0, SEALED, SEALED),
    *AFTER_EVENTS,
    completed(SEALED, AFTER),
)

THOUGHTS = {"id": "rs_0", "type": "reasoning", "summary": [{"type": "summary_text", "text": "I greet."}]}
SUMMARY = wire(
    "responses-summary",
    *OPENING,
    *item_events(0, {**THOUGHTS, "summary": []}, THOUGHTS, *summary_events(0, THOUGHTS, 0, "I gr", "eet.")),
    *AFTER_EVENTS,
    completed(THOUGHTS, AFTER),
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
            *said_events(0, OPEN_THOUGHTS, "reasoning_text", "text", "They greet", " me."),
        ),
    ),
    *AFTER_EVENTS,
    completed(OPEN_THOUGHTS, AFTER),
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
            *said_events(0, REFUSED, "refusal", "refusal", "I can't", " help."),
        ),
    ),
    completed(REFUSED),
)

CUT_EVENTS, CUT = message_events(0, "Hel", "lo", status="incomplete")
INCOMPLETE = wire(
    "responses-incomplete", *OPENING, *CUT_EVENTS, incomplete(CUT), asks={"max_output_tokens": 16}
)
ERROR: Json = {"type": "error", **SERVER_ERROR, "param": None}
FAILED_END = failed()
FAILED = wire(
    "responses-failed",
    *OPENING,
    ERROR,
    FAILED_END,
)
FAILED_NESTED = wire(
    "responses-failed-nested-error",
    *OPENING,
    {"type": "error", "error": {"type": "server_error", **SERVER_ERROR, "param": None}},
    FAILED_END,
)
FAILED_MIDWAY = wire("responses-failed-midway", *OPENING, *MESSAGE_EVENTS[:4], FAILED_END)
ERROR_ALONE = wire("responses-error-alone", ERROR, breaks="error-before-stream")
QUEUED = wire(
    "responses-background",
    lifecycle("created", response("queued", background=True)),
    lifecycle("queued", response("queued", background=True)),
    lifecycle("in_progress", response("in_progress", background=True)),
    *MESSAGE_EVENTS,
    lifecycle("completed", response("completed", (MESSAGE,), background=True)),
    asks={"background": True},
)
RESUMED = wire(
    "responses-resumed", *MESSAGE_EVENTS[3:], completed(MESSAGE), start=5, asks={"starting_after": 4}
)
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

LEGAL = (
    *(TEXT, CALL, SEALED_REASONING, SUMMARY, OPEN_REASONING, REFUSAL, INCOMPLETE, FAILED, FAILED_NESTED),
    *(FAILED_MIDWAY, ERROR_ALONE, QUEUED, RESUMED, KEEPALIVE, PARTS, EMPTY),
)
