"""Legal Responses streams whose events do not say quite the same of the same thing, or of things alike."""

from tests.proof.responses_edits import COMPLETED, CREATED, DONE_ITEM, IN_PROGRESS, onwards, within
from tests.proof.responses_streams import (
    INCOMPLETE,
    OPENING,
    SEALED_REASONING,
    TEXT,
    about,
    call,
    completed,
    item_events,
    lifecycle,
    message,
    message_events,
    part_events,
    response,
    text_events,
    text_part,
    wire,
)
from tests.proof.wire import Json, edited, every, once

WEATHER: Json = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK: Json = {"type": "function", "name": "clock", "parameters": {"type": "object", "properties": {}}}
LIMIT: Json = {"reason": "max_output_tokens"}


def function_call(
    place: int, call_id: str, name: str, arguments: str, status: str = "completed"
) -> tuple[tuple[Json, ...], Json]:
    """A whole call of a function, in one delta if any, and the item that it becomes."""
    done: Json = {**call(arguments, status), "id": f"fc_{place}", "call_id": call_id, "name": name}
    delta = about(place, done, "function_call_arguments.delta", delta=arguments)
    events = item_events(
        place,
        {**done, "status": "in_progress", "arguments": ""},
        done,
        *([delta] if arguments else []),
        about(place, done, "function_call_arguments.done", arguments=arguments),
    )
    return events, done


OSLO_EVENTS, OSLO = function_call(0, "call_a1", "weather", '{"city":"Oslo"}')
ROME_EVENTS, ROME = function_call(1, "call_a2", "weather", '{"city":"Rome"}')
TIME_EVENTS, TIME = function_call(0, "call_a1", "clock", "{}")
UNSAID_EVENTS, UNSAID = function_call(0, "call_a1", "weather", "", "incomplete")
TWO_CALLS = wire("two-calls", *OPENING, *OSLO_EVENTS, *ROME_EVENTS, completed(OSLO, ROME))

FIRST_EVENTS, FIRST = message_events(0, "One.")
CUT_EVENTS, CUT = message_events(1, "Two", status="incomplete")
CUT_SECOND = wire(
    "second-message-cut",
    *OPENING,
    *FIRST_EVENTS,
    *CUT_EVENTS,
    lifecycle("incomplete", response("incomplete", (FIRST, CUT), incomplete_details=LIMIT)),
)

SEARCHING: Json = {
    "id": "tsc_0",
    "type": "tool_search_call",
    "status": "in_progress",
    "arguments": {},
    "call_id": "call_t1",
    "execution": "client",
}
SEARCHED: Json = {**SEARCHING, "status": "completed", "arguments": {"goal": "weather"}, "call_id": "call_t2"}

CITATIONS = tuple(
    {"type": "url_citation", "start_index": 0, "end_index": 4, "title": name, "url": "https://example.com"}
    for name in ("A", "B")
)
CITED_PARTS = (text_part("One.", CITATIONS[0]), text_part("Two.", CITATIONS[1]))
CITED = message("msg_0", *CITED_PARTS)


def cited_part(place: int, said: str) -> tuple[Json, ...]:
    """The events of a part with one citation."""
    *deltas, end = text_events(0, CITED, said, place=place)
    where = {"content_index": place, "annotation_index": 0}
    note = about(0, CITED, "output_text.annotation.added", **where, annotation=CITATIONS[place])
    return part_events(0, CITED, CITED_PARTS[place], place, *deltas, note, end)


TOOLS = b'"tools":[{"type":"function","name":"f","parameters":null,"strict":true}]'
RESPONSE = (
    edited(
        TEXT,
        "response-told-more-at-its-end",
        within(CREATED, b'"background":false', b'"background":false,"service_tier":"auto"'),
        within(
            COMPLETED,
            b'"background":false',
            b'"background":false,"completed_at":1780000009,"service_tier":"default","store":true,"cost":1',
        ),
    ),
    edited(
        TEXT,
        "response-null-as-absent",
        every(b'"tools":[]', TOOLS),
        within(IN_PROGRESS, b'"strict":true', b'"strict":true,"description":null'),
    ),
    edited(TEXT, "response-model-dated", every(b'"model":"gpt-5.2"', b'"model":"gpt-5.2-2025-12-11"')),
    edited(
        INCOMPLETE,
        "incomplete-counted-as-nothing",
        every(b'"input_tokens":9', b'"input_tokens":0'),
        every(b'"output_tokens":5', b'"output_tokens":0'),
        every(b'"total_tokens":14', b'"total_tokens":0'),
    ),
    edited(TEXT, "details-are-the-whole", once(b'"cached_tokens":0', b'"cached_tokens":9')),
)
ITEMS = (
    TWO_CALLS,
    CUT_SECOND,
    wire("call-without-required", *OPENING, *TIME_EVENTS, completed(TIME), tools=[WEATHER, CLOCK]),
    wire(
        "call-cut-before-its-arguments",
        *OPENING,
        *UNSAID_EVENTS,
        lifecycle("incomplete", response("incomplete", (UNSAID,), incomplete_details=LIMIT)),
        tools=[WEATHER],
    ),
    wire("tool-search-renamed", *OPENING, *item_events(0, SEARCHING, SEARCHED), completed(SEARCHED)),
    wire(
        "annotations-of-two-parts",
        *OPENING,
        *item_events(
            0,
            message("msg_0", status="in_progress"),
            CITED,
            *cited_part(0, "One."),
            *cited_part(1, "Two."),
        ),
        completed(CITED),
    ),
    edited(
        SEALED_REASONING,
        "sealed-anew",
        within(COMPLETED, b'"encrypted_content":"gAAAAABo"', b'"encrypted_content":"gAAAAABp"'),
    ),
    edited(
        TEXT,
        "item-without-logprobs",
        onwards(DONE_ITEM, b'"annotations":[],"logprobs":[]', b'"annotations":[]'),
    ),
)

LEGAL = (*RESPONSE, *ITEMS)
