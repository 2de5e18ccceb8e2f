"""Legal Responses streams whose events do not say quite the same of the same thing, or of things alike."""

from dataclasses import replace

from tests.proof.legal_responses import TWO_SUMMARIES
from tests.proof.responses_edits import (
    COMPLETED,
    CREATED,
    DONE_ITEM,
    IN_PROGRESS,
    counted,
    line,
    lost,
    onwards,
    within,
)
from tests.proof.responses_streams import (
    INCOMPLETE,
    MESSAGE,
    MESSAGE_EVENTS,
    OPEN_REASONING,
    OPENING,
    SEALED_REASONING,
    SERVER_ERROR,
    TEXT,
    USAGE,
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
from tests.proof.wire import Json, edited, every, nth, once

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
EMPTY_EVENTS, EMPTY = function_call(0, "call_a1", "weather", "{}")
TIME_EVENTS, TIME = function_call(0, "call_a1", "clock", "{}")
UNSAID_EVENTS, UNSAID = function_call(0, "call_a1", "weather", "", "incomplete")
STATELESS = {key: value for key, value in UNSAID.items() if key != "status"}
CUT_CALLS = [function_call(place, f"call_a{place}", "weather", '{"ci', "incomplete")[0] for place in (0, 1)]
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
SEARCHED: Json = {**SEARCHING, "status": "completed", "arguments": {"goal": "weather"}}

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


TWO_CITED = wire(
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
)

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
    edited(
        TEXT,
        "details-of-one-vendor",
        once(b'"cached_tokens":0', b'"cached_tokens":0,"cache_ttl_seconds":300'),
        once(b'"reasoning_tokens":0', b'"reasoning_tokens":0,"tool_output_tokens":3000'),
    ),
    edited(TEXT, "response-metadata-null-at-first", within(CREATED, b'"metadata":{}', b'"metadata":null')),
    edited(
        TEXT, "response-without-instructions", within(CREATED, b'"instructions":null', b'"instructions":[]')
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
    wire("tool-search", *OPENING, *item_events(0, SEARCHING, SEARCHED), completed(SEARCHED)),
    wire(
        "tool-search-renamed",
        *OPENING,
        *item_events(0, SEARCHING, {**SEARCHED, "call_id": "call_t2"}),
        completed({**SEARCHED, "call_id": "call_t2"}),
    ),
    wire("call-of-empty-object", *OPENING, *EMPTY_EVENTS, completed(EMPTY), tools=[WEATHER]),
    replace(
        wire(
            "call-cut-without-status",
            *OPENING,
            *UNSAID_EVENTS[:-1],
            {**UNSAID_EVENTS[-1], "item": STATELESS},
            lifecycle("incomplete", response("incomplete", (STATELESS,), incomplete_details=LIMIT)),
            tools=[WEATHER],
        ),
        breaks=("item-status",),
    ),
    wire(
        "calls-cut-together",
        *OPENING,
        *(each for pair in zip(*CUT_CALLS, strict=True) for each in pair),
        lifecycle(
            "incomplete",
            response(
                "incomplete", tuple(events[-1]["item"] for events in CUT_CALLS), incomplete_details=LIMIT
            ),
        ),
    ),
    TWO_CITED,
    edited(
        TWO_CITED,
        "annotations-streamed-with-null",
        nth(0, b'"annotation":{', b'"annotation":{"file_id":null,'),
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

PARTLY = message("msg_0", text_part("Hel"), status="incomplete")
UNTOLD: Json = {"id": "rs_0", "type": "reasoning", "summary": []}
CUT_THOUGHTS: Json = {**UNTOLD, "status": "incomplete"}
BEGUN: Json = {"type": "summary_text", "text": "I gr"}
BROKEN_CALL = call('{"ci', "incomplete")
FAILURES = (
    wire(
        "failed-with-part-of-the-text",
        *OPENING,
        *MESSAGE_EVENTS[:4],
        lifecycle("failed", response("failed", (PARTLY,), error=SERVER_ERROR, usage=USAGE)),
    ),
    wire(
        "failed-without-the-summary",
        *OPENING,
        {"type": "response.output_item.added", "output_index": 0, "item": UNTOLD},
        about(
            0,
            UNTOLD,
            "reasoning_summary_part.added",
            summary_index=0,
            part={"type": "summary_text", "text": ""},
        ),
        about(0, UNTOLD, "reasoning_summary_text.delta", summary_index=0, delta="I gr"),
        lifecycle("failed", response("failed", (UNTOLD,), error=SERVER_ERROR)),
    ),
    wire(
        "cut-without-the-summary",
        *OPENING,
        {"type": "response.output_item.added", "output_index": 0, "item": UNTOLD},
        about(
            0,
            UNTOLD,
            "reasoning_summary_part.added",
            summary_index=0,
            part={"type": "summary_text", "text": ""},
        ),
        about(0, UNTOLD, "reasoning_summary_text.delta", summary_index=0, delta="I gr"),
        about(0, UNTOLD, "reasoning_summary_text.done", summary_index=0, text="I gr"),
        about(0, UNTOLD, "reasoning_summary_part.done", summary_index=0, part=BEGUN),
        {"type": "response.output_item.done", "output_index": 0, "item": CUT_THOUGHTS},
        lifecycle("incomplete", response("incomplete", (CUT_THOUGHTS,), incomplete_details=LIMIT)),
    ),
    wire(
        "failed-with-part-of-the-arguments",
        *OPENING,
        {"type": "response.output_item.added", "output_index": 0, "item": call("", "in_progress")},
        about(0, BROKEN_CALL, "function_call_arguments.delta", delta='{"ci'),
        about(0, BROKEN_CALL, "function_call_arguments.delta", delta="ty"),
        lifecycle("failed", response("failed", (BROKEN_CALL,), error=SERVER_ERROR)),
    ),
)

UNKNOWN_PART: Json = {"type": "output_note", "text": "Hello", "annotations": []}
NOTE = message("msg_0", UNKNOWN_PART)
SPOKEN = b',{"type":"output_audio","data":"AA","transcript":"Hello","text":"Hello"}'
UNSEALED = b'"summary":[],"content":[{"type":"reasoning_text","text":"They greet me."}]'
SEALED = b'"summary":[],"encrypted_content":"gAAA"'
PARTS = (
    wire(
        "part-unknown-and-whole",
        *OPENING,
        *item_events(
            0,
            message("msg_0", status="in_progress"),
            NOTE,
            about(0, NOTE, "content_part.added", content_index=0, part=UNKNOWN_PART),
            about(0, NOTE, "content_part.done", content_index=0, part=UNKNOWN_PART),
        ),
        completed(NOTE),
    ),
    wire(
        "part-unknown-and-whole-at-its-end",
        *OPENING,
        *item_events(
            0,
            message("msg_0", status="in_progress"),
            NOTE,
            about(0, NOTE, "content_part.added", content_index=0, part={**UNKNOWN_PART, "text": ""}),
            about(0, NOTE, "content_part.done", content_index=0, part=UNKNOWN_PART),
        ),
        completed(NOTE),
    ),
    edited(
        TEXT,
        "part-unknown-beside-the-text",
        onwards(DONE_ITEM, b'"text":"Hello, world!"}', b'"text":"Hello, world!"}' + SPOKEN),
    ),
    edited(
        TWO_SUMMARIES,
        "summary-partly-without-deltas",
        counted(lost(line("response.reasoning_summary_text.delta"), 1)),
    ),
    edited(OPEN_REASONING, "thoughts-sealed-when-done", onwards(DONE_ITEM, UNSEALED, SEALED)),
    edited(OPEN_REASONING, "thoughts-sealed-at-end", within(COMPLETED, UNSEALED, SEALED)),
)

ENDS = (
    edited(
        TEXT,
        "item-told-more-at-end",
        within(DONE_ITEM, b'"type":"message"', b'"type":"message","phase":null'),
        within(
            COMPLETED, b'"type":"message"', b'"type":"message","phase":"final_answer","created_by":"asst_1"'
        ),
    ),
    replace(
        wire(
            "text-filtered-after-its-end",
            *OPENING,
            *MESSAGE_EVENTS,
            lifecycle(
                "incomplete",
                response(
                    "incomplete",
                    ({**MESSAGE, "status": "incomplete"},),
                    incomplete_details={"reason": "content_filter"},
                ),
            ),
        ),
        breaks=("item-final-agrees",),
    ),
)

LEGAL = (*RESPONSE, *ITEMS, *FAILURES, *PARTS, *ENDS)
