"""What breaks and what keeps the requirements on the final response of a Responses stream."""

from tests.proof.responses.honoured import NUMBERS
from tests.proof.streams.echoed import answered
from tests.proof.streams.edits import edited, every, nth, once, within
from tests.proof.streams.handmade import (
    Json,
    Wire,
    compact,
)
from tests.proof.streams.responses import (
    CALL,
    COMPLETED,
    CREATED,
    CUT,
    CUT_EVENTS,
    FAILED,
    FAILED_MIDWAY,
    FIRST,
    FIRST_EVENTS,
    INCOMPLETE,
    MESSAGE,
    MESSAGE_EVENTS,
    OPENING,
    SEALED_REASONING,
    SECOND,
    SECOND_EVENTS,
    SUMMARY,
    TEXT,
    USAGE,
    call,
    call_events,
    completed,
    event,
    incomplete,
    item_events,
    lifecycle,
    line,
    response,
    text_part,
    wire,
)

SPENT = f'"usage":{compact(USAGE)}'.encode()


def _without_first_output(body: bytes) -> bytes:
    start = body.index(COMPLETED)
    return body[:start] + body[start:].replace(
        b'{"id":"rs_0","type":"reasoning","encrypted_content":"gAAAAABo","summary":[]},', b""
    )


CALLER: Json = {"type": "program", "caller_id": "call_p1"}
CALLED_BY_PROGRAM: Json = {**call('{"city":"Oslo"}', "in_progress"), "id": "fc_1", "caller": CALLER}
PROGRAM: Json = {
    "id": "prog_0",
    "type": "program",
    "call_id": "call_p1",
    "code": "await weather({city: 'Oslo'})",
    "fingerprint": "gAAAAABo",
}
ENCRYPTED_ANEW: Json = {**PROGRAM, "fingerprint": "gAAAAABp"}
NOTHING_SPENT: Json = {**USAGE, "input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
WITH_PROGRAM = response("completed", (ENCRYPTED_ANEW, CALLED_BY_PROGRAM), usage=NOTHING_SPENT)

BROKEN: tuple[Wire, ...] = (
    edited(
        INCOMPLETE,
        "incomplete-in-the-event-of-completed",
        every(b"response.incomplete", b"response.completed"),
        breaks="response-status",
        promises=("responses-length",),
    ),
    edited(
        INCOMPLETE,
        "incomplete-without-reason-in-the-event-of-completed",
        every(b"response.incomplete", b"response.completed"),
        every(b'"incomplete_details":{"reason":"max_output_tokens"}', b'"incomplete_details":null'),
        breaks="response-status",
    ),
    edited(
        FAILED,
        "failed-in-the-event-of-completed",
        every(b"response.failed", b"response.completed"),
        breaks=("response-status", "error-event-last"),
        cause="After an error only response.failed is due.",
    ),
    edited(
        FAILED_MIDWAY,
        "failed-in-the-event-of-incomplete",
        every(b"response.failed", b"response.incomplete"),
        breaks="response-status",
    ),
    edited(
        TEXT,
        "status-of-completed",
        nth(-1, b'"status":"completed","background"', b'"status":"in_progress","background"'),
        breaks="response-status",
    ),
    edited(
        TEXT,
        "status-absent",
        nth(-1, b'"status":"completed","background"', b'"background"'),
        breaks="response-status",
    ),
    edited(
        INCOMPLETE,
        "status-of-incomplete",
        once(b'"status":"incomplete","background"', b'"status":"completed","background"'),
        breaks="response-status",
    ),
    wire(
        "output-in-another-order-than-its-indexes",
        *OPENING,
        *FIRST_EVENTS,
        *SECOND_EVENTS,
        completed(SECOND, FIRST),
        breaks="response-output-agrees",
    ),
    edited(
        TEXT,
        "response-usage-absent",
        once(b"," + SPENT, b""),
        breaks="response-usage",
    ),
    edited(
        TEXT,
        "response-usage-zero",
        once(b'"output_tokens":5', b'"output_tokens":0'),
        once(b'"total_tokens":14', b'"total_tokens":9'),
        breaks="response-usage",
    ),
    edited(
        INCOMPLETE,
        "incomplete-without-usage",
        within(line("response.incomplete"), SPENT, b'"usage":null'),
        breaks="response-usage",
    ),
    edited(
        TEXT,
        "response-usage-text",
        once(b'"output_tokens":5', b'"output_tokens":"5"'),
        breaks="response-usage-integers",
    ),
    edited(
        TEXT,
        "response-usage-float",
        once(b'"output_tokens":5', b'"output_tokens":5.0'),
        breaks="response-usage-integers",
    ),
    edited(
        TEXT,
        "response-usage-negative",
        once(b'"output_tokens":5', b'"output_tokens":-5'),
        once(b'"total_tokens":14', b'"total_tokens":4'),
        breaks="response-usage-integers",
    ),
    edited(
        FAILED,
        "usage-text-before-failure",
        within(CREATED, b'"usage":null', b'"usage":"none"'),
        breaks="response-usage-integers",
    ),
    edited(
        TEXT,
        "response-usage-sum",
        once(b'"total_tokens":14', b'"total_tokens":15'),
        breaks="response-usage-arithmetic",
    ),
    edited(
        TEXT,
        "output-empty",
        lambda body: (
            body[: body.index(COMPLETED)]
            + event("response.completed", response=response("completed")).replace(
                b'"sequence_number":0', b'"sequence_number":10'
            )
        ),
        breaks="response-output-agrees",
    ),
    edited(
        CALL,
        "output-other-call-id",
        within(COMPLETED, b"call_a1", b"call_z9"),
        breaks="response-output-agrees",
    ),
    edited(
        CALL,
        "output-other-name",
        within(COMPLETED, b'"weather"', b'"climate"'),
        breaks="response-output-agrees",
    ),
    wire("output-of-unstreamed", *OPENING, completed(MESSAGE), breaks="response-output-agrees"),
    wire(
        "incomplete-without-streamed-text",
        *OPENING,
        *CUT_EVENTS,
        incomplete(),
        breaks="response-output-agrees",
    ),
    edited(
        TEXT, "output-other-id", nth(-1, b'"id":"msg_0"', b'"id":"msg_9"'), breaks="response-output-agrees"
    ),
    edited(
        SEALED_REASONING, "output-lacks-reasoning", _without_first_output, breaks="response-output-agrees"
    ),
    edited(
        INCOMPLETE,
        "incomplete-without-details",
        once(b'"incomplete_details":{"reason":"max_output_tokens"}', b'"incomplete_details":null'),
        breaks="response-incomplete-details",
    ),
    edited(
        INCOMPLETE,
        "incomplete-for-an-empty-reason",
        once(b'{"reason":"max_output_tokens"}', b'{"reason":""}'),
        breaks="response-incomplete-details",
    ),
    edited(
        INCOMPLETE,
        "incomplete-without-reason",
        once(b'{"reason":"max_output_tokens"}', b"{}"),
        breaks="response-incomplete-details",
    ),
    edited(
        FAILED,
        "failed-without-error",
        nth(-1, b'"error":{"code":"server_error","message":"Overloaded"}', b'"error":null'),
        breaks="response-failed-error",
    ),
    edited(
        FAILED,
        "failed-with-empty-message",
        nth(-1, b'"message":"Overloaded"', b'"message":""'),
        breaks="response-failed-error",
    ),
    edited(
        TEXT,
        "cached-more-than-input",
        once(b'"cached_tokens":0', b'"cached_tokens":10'),
        breaks="response-usage-details",
    ),
    edited(
        SUMMARY,
        "reasoning-more-than-output",
        once(b'"reasoning_tokens":0', b'"reasoning_tokens":6'),
        breaks="response-usage-details",
    ),
    wire(
        "completed-empty",
        *OPENING,
        completed(),
        breaks="response-output-nonempty",
        promises=("responses", "responses-text"),
    ),
    answered("one-token-for-thirty-numbers", {}, NUMBERS, spent=1, breaks="response-usage"),
)

LEGAL: tuple[Wire, ...] = (
    # What a content filter takes back
    wire(
        "text-withdrawn-from-the-end",
        *OPENING,
        *CUT_EVENTS,
        incomplete({**CUT, "content": []}, reason="content_filter"),
    ),
    wire(
        "text-withdrawn-in-part",
        *OPENING,
        *CUT_EVENTS,
        incomplete({**CUT, "content": [text_part("He")]}, reason="content_filter"),
    ),
    wire("message-withdrawn", *OPENING, *CUT_EVENTS, incomplete(reason="content_filter")),
    wire(
        "text-withdrawn-from-the-item",
        *OPENING,
        *CUT_EVENTS[:-1],
        {**CUT_EVENTS[-1], "item": {**CUT, "content": []}},
        incomplete({**CUT, "content": []}, reason="content_filter"),
    ),
    # Programs
    wire(
        "program-goes-on",
        *OPENING,
        *item_events(0, PROGRAM, PROGRAM),
        *call_events(1, CALLED_BY_PROGRAM, '{"city":"Oslo"}'),
        lifecycle("completed", WITH_PROGRAM),
    ),
    edited(
        TEXT,
        "response-cancelled",
        within(COMPLETED, b'"status":"completed","background"', b'"status":"cancelled","background"'),
    ),
    wire(
        "cancelled-in-the-middle",
        *OPENING,
        *MESSAGE_EVENTS[:4],
        lifecycle("completed", response("cancelled")),
    ),
    wire(
        "cancelled-and-said-to-be-incomplete",
        *OPENING,
        *MESSAGE_EVENTS[:4],
        lifecycle("incomplete", response("cancelled")),
    ),
    wire(
        "second-item-first",
        *OPENING,
        *SECOND_EVENTS,
        *FIRST_EVENTS,
        completed(FIRST, SECOND),
        breaks="output-index-order",
    ),
    wire(
        "incomplete-for-a-new-reason",
        *OPENING,
        *MESSAGE_EVENTS,
        incomplete(MESSAGE, reason="max_messages"),
    ),
    wire(
        "incomplete-by-filter",
        *OPENING,
        *MESSAGE_EVENTS,
        incomplete(MESSAGE, reason="content_filter"),
    ),
    wire(
        "incomplete-without-output",
        *OPENING,
        incomplete(),
    ),
    wire("completed-without-output", *OPENING, completed(), breaks="response-output-nonempty"),
    edited(INCOMPLETE, "incomplete-request-unknown", asks=None),
    edited(
        TEXT,
        "usage-null",
        once(
            SPENT,
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
    edited(TEXT, "details-are-the-whole", once(b'"cached_tokens":0', b'"cached_tokens":9')),
)
