"""Legal Responses streams that differ from OpenAI's usual form."""

import re
from dataclasses import replace

from conformance.exchange import Ended
from tests.proof.responses_streams import (
    ASKS,
    CALL,
    FAILED,
    FAILED_END,
    INCOMPLETE,
    KEEPALIVE,
    MESSAGE,
    MESSAGE_EVENTS,
    OPENING,
    QUEUED,
    REFUSAL,
    RESUMED,
    SEALED_REASONING,
    SERVER_ERROR,
    SUMMARY,
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
from tests.proof.responses_tools import MCP
from tests.proof.wire import DONE, Change, Json, behind, edited, every, nth, once

FIRST_EVENTS, FIRST = message_events(0, "One.")
SECOND_EVENTS, SECOND = message_events(1, "Two.")


def _unnumbered_from_one(body: bytes) -> bytes:
    """The same stream counted from 1, as the examples of the description are."""
    for number in reversed(range(body.count(b'"sequence_number":'))):
        body = body.replace(b'"sequence_number":%d}' % number, b'"sequence_number":%d}' % (number + 1))
    return body


def _without_names(body: bytes) -> bytes:
    return re.sub(rb"(?m)^event: .*\n", b"", body)


def _interleaved(*blocks: tuple[Json, ...]) -> list[Json]:
    """The events of several items in turns."""
    longest = max(map(len, blocks))
    return [block[at] for at in range(longest) for block in blocks if at < len(block)]


def calls(arguments: str, *, status: str = "completed", deltas: tuple[str, ...] = ()) -> tuple[Json, ...]:
    """The events of one function call."""
    done = call(arguments, status)
    return item_events(
        0,
        call("", "in_progress"),
        done,
        *(about(0, done, "function_call_arguments.delta", delta=delta) for delta in deltas),
        about(0, done, "function_call_arguments.done", name="weather", arguments=arguments),
    )


def _begun_after(events: int) -> Change:
    """The same stream without its first events."""
    return lambda body: b"\n\n".join(body.split(b"\n\n")[events:])


QUEUED_EVENT = lifecycle("queued", response("queued"))
CUT_CALL = call('{"ci', "incomplete")
SEARCHED: Json = {"id": "x_0", "type": "new_tool_call", "status": "completed"}
CITATIONS = [
    {"type": "file_citation", "file_id": "file_1", "filename": "a.txt", "index": 3},
    {"type": "url_citation", "start_index": 0, "end_index": 4, "title": "T", "url": "https://example.com"},
]
CITED_PART = text_part("One.", *CITATIONS)
CITED = message("msg_0", CITED_PART)
TWO_THOUGHTS: Json = {
    "id": "rs_0",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "A."}, {"type": "summary_text", "text": "B."}],
}


def thought(place: int, text: str) -> tuple[Json, ...]:
    """One summary part of the reasoning."""
    where = {"summary_index": place}
    return (
        about(
            0,
            TWO_THOUGHTS,
            "reasoning_summary_part.added",
            **where,
            part={"type": "summary_text", "text": ""},
        ),
        about(0, TWO_THOUGHTS, "reasoning_summary_text.delta", **where, delta=text),
        about(0, TWO_THOUGHTS, "reasoning_summary_text.done", **where, text=text),
        about(
            0,
            TWO_THOUGHTS,
            "reasoning_summary_part.done",
            **where,
            part={"type": "summary_text", "text": text},
        ),
    )


TWO_SUMMARIES = wire(
    "two-summaries",
    *OPENING,
    *item_events(0, {**TWO_THOUGHTS, "summary": []}, TWO_THOUGHTS, *thought(0, "A."), *thought(1, "B.")),
    *SECOND_EVENTS,
    completed(TWO_THOUGHTS, SECOND),
)

COURSES = (
    edited(TEXT, "no-event-lines", _without_names, breaks="event-line-type"),
    edited(TEXT, "ends-with-done", behind(b"response.completed", DONE), breaks="responses-done-marker"),
    edited(TEXT, "numbers-from-one", _unnumbered_from_one, breaks="sequence-number-start"),
    edited(
        TEXT,
        "number-left-out",
        once(b'"sequence_number":10}', b'"sequence_number":12}'),
        breaks="sequence-number-contiguous",
    ),
    replace(
        wire("no-in-progress", OPENING[0], *MESSAGE_EVENTS, completed(MESSAGE)),
        breaks=("response-in-progress",),
    ),
    edited(
        TEXT,
        "created-at-fraction",
        every(b'"created_at":1780000000', b'"created_at":1780000000.5'),
        breaks="created-at-integer",
    ),
    edited(TEXT, "request-of-text-unknown", asks=None),
    edited(RESUMED, "resumed-request-unknown", asks=None),
    edited(
        RESUMED,
        "resumed-by-address",
        asks={},
        url="https://example.com/v1/responses/resp_68af?stream=true&starting_after=4",
    ),
    edited(FAILED, "failed-request-unknown", asks=None),
    replace(
        wire(
            "unknown-event",
            *OPENING,
            {"type": "response.mood.changed", "mood": "good"},
            *MESSAGE_EVENTS,
            completed(MESSAGE),
        ),
        breaks=("event-type-known",),
    ),
    wire(
        "failed-at-once",
        *OPENING,
        lifecycle(
            "failed", response("failed", error={"code": "rate_limit_exceeded", "message": "Slow down"})
        ),
    ),
    wire("created-then-failed", OPENING[0], FAILED_END),
    wire("queued-then-failed", lifecycle("created", response("queued")), QUEUED_EVENT, FAILED_END),
    replace(
        wire("created-then-error", OPENING[0], {"type": "error", **SERVER_ERROR, "param": None}),
        breaks=("error-event-failed",),
    ),
    replace(wire("left-after-created", OPENING[0]), ended=Ended.LEFT),
    edited(FAILED, "failed-and-resumed", _begun_after(2), asks={**ASKS, "starting_after": 1}),
    wire(
        "incomplete-for-a-new-reason",
        *OPENING,
        *MESSAGE_EVENTS,
        lifecycle(
            "incomplete", response("incomplete", (MESSAGE,), incomplete_details={"reason": "max_messages"})
        ),
    ),
    wire(
        "incomplete-by-filter",
        *OPENING,
        *MESSAGE_EVENTS,
        lifecycle(
            "incomplete", response("incomplete", (MESSAGE,), incomplete_details={"reason": "content_filter"})
        ),
    ),
    wire(
        "incomplete-without-output",
        *OPENING,
        lifecycle("incomplete", response("incomplete", incomplete_details={"reason": "max_output_tokens"})),
    ),
    replace(
        wire("completed-without-output", *OPENING, completed()),
        breaks=("response-output-nonempty",),
    ),
    wire(
        "queued-then-output",
        lifecycle("created", response("queued")),
        QUEUED_EVENT,
        lifecycle("in_progress", response("in_progress")),
        *MESSAGE_EVENTS,
        completed(MESSAGE),
    ),
)
ITEMS = (
    wire(
        "added-already-completed",
        *OPENING,
        *item_events(0, message("msg_0"), MESSAGE, *MESSAGE_EVENTS[1:-1]),
        completed(MESSAGE),
    ),
    wire("two-messages", *OPENING, *FIRST_EVENTS, *SECOND_EVENTS, completed(FIRST, SECOND)),
    wire("items-overlap", *OPENING, *_interleaved(FIRST_EVENTS, SECOND_EVENTS), completed(FIRST, SECOND)),
    wire(
        "unknown-item",
        *OPENING,
        *item_events(0, {**SEARCHED, "status": "in_progress"}, SEARCHED),
        *SECOND_EVENTS,
        completed(SEARCHED, SECOND),
    ),
    wire(
        "message-with-phase",
        *OPENING,
        *item_events(
            0,
            {**message("msg_0", status="in_progress"), "phase": None},
            {**MESSAGE, "phase": "final_answer"},
            *MESSAGE_EVENTS[1:-1],
        ),
        completed({**MESSAGE, "phase": "final_answer"}),
    ),
    wire(
        "message-without-parts",
        *OPENING,
        *item_events(0, message("msg_0", status="in_progress"), message("msg_0")),
        completed(message("msg_0")),
    ),
    TWO_SUMMARIES,
    wire(
        "annotations",
        *OPENING,
        *item_events(
            0,
            message("msg_0", status="in_progress"),
            CITED,
            *part_events(
                0,
                CITED,
                CITED_PART,
                0,
                *text_events(0, CITED, "One.")[:1],
                *(
                    about(
                        0,
                        CITED,
                        "output_text.annotation.added",
                        content_index=0,
                        annotation_index=at,
                        annotation=note,
                    )
                    for at, note in enumerate(CITATIONS)
                ),
                *text_events(0, CITED, "One.")[1:],
            ),
        ),
        completed(CITED),
    ),
)
TEXTS = (
    edited(
        TEXT,
        "deltas-without-logprobs",
        every(b',"logprobs":[],"obfuscation":"x7"', b""),
        breaks="text-logprobs",
    ),
    edited(TEXT, "deltas-without-padding", every(b',"obfuscation":"x7"', b"")),
    edited(TEXT, "text-escaped-astral", every(b"Hel", b"\\ud83d\\ude00")),
    edited(TEXT, "text-of-many-bytes", every(b"Hel", "東京👋🏽".encode())),
    edited(TEXT, "text-says-done", every(b"Hel", b"[DONE]")),
    edited(
        TEXT, "empty-delta", nth(0, b'"delta":"Hel"', b'"delta":""'), every(b"Hello, world!", b"lo, world!")
    ),
    edited(
        TEXT,
        "unknown-keys-on-events",
        every(
            b'{"type":"response.output_text.delta",', b'{"type":"response.output_text.delta","agent":null,'
        ),
    ),
    edited(TEXT, "unknown-keys-on-parts", every(b'"annotations":[]', b'"annotations":[],"signature":"x"')),
    edited(
        TEXT, "unknown-keys-on-items", every(b'"type":"message"', b'"type":"message","agent":{"name":"a"}')
    ),
    edited(
        TEXT,
        "unknown-keys-on-responses",
        every(b'"object":"response"', b'"object":"response","cost":{"usd":0.1}'),
    ),
    edited(
        TEXT,
        "usage-null",
        once(
            b'"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":14}',
            b'"usage":null',
        ),
        breaks="response-usage",
    ),
    edited(
        TEXT,
        "usage-before-the-end",
        nth(
            0,
            b'"usage":null',
            b'"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":0},"output_tokens":0,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":9}',
        ),
    ),
    edited(REFUSAL, "refusal-of-many-bytes", every(b"can't", "kännï".encode())),
    edited(
        SUMMARY,
        "summary-with-status",
        every(b'"type":"reasoning"', b'"type":"reasoning","status":"completed"'),
    ),
    edited(
        SEALED_REASONING, "sealed-later", nth(0, b'"encrypted_content":"gAAAAABo"', b'"encrypted_content":""')
    ),
    edited(KEEPALIVE, "keepalive-commented", every(b"event: keepalive", b": a keepalive\nevent: keepalive")),
    edited(QUEUED, "background-request-unknown", asks=None),
    edited(INCOMPLETE, "incomplete-request-unknown", asks=None),
)
CALLS = (
    wire("call-without-deltas-or-arguments", *OPENING, *calls(""), completed(call("", "completed"))),
    wire(
        "call-with-empty-object", *OPENING, *calls("{}", deltas=("{}",)), completed(call("{}", "completed"))
    ),
    replace(
        wire("call-in-done-alone", *OPENING, *calls("{}"), completed(call("{}", "completed"))),
        breaks=("arguments-deltas-present",),
    ),
    wire(
        "call-cut",
        *OPENING,
        *calls('{"ci', status="incomplete", deltas=('{"ci',)),
        lifecycle(
            "incomplete",
            response("incomplete", (CUT_CALL,), incomplete_details={"reason": "max_output_tokens"}),
        ),
    ),
    edited(
        CALL,
        "call-done-without-name",
        once(
            b'"name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}","sequence',
            b'"arguments":"{\\"city\\":\\"Oslo\\"}","sequence',
        ),
    ),
    edited(
        MCP,
        "mcp-failed",
        every(b'"status":"completed","approval', b'"status":"failed","approval'),
        every(b"response.mcp_call.completed", b"response.mcp_call.failed"),
    ),
)

LEGAL = (*COURSES, *ITEMS, *TEXTS, *CALLS)
