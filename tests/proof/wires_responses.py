"""Broken wires: the course of a Responses stream and how it ends."""

import re
from dataclasses import replace

from tests.proof.responses_edits import (
    COMPLETED,
    CREATED,
    IN_PROGRESS,
    counted,
    event,
    line,
    within,
)
from tests.proof.responses_streams import (
    CALL,
    CUT_EVENTS,
    FAILED,
    FAILED_END,
    FAILED_NESTED,
    INCOMPLETE,
    KEEPALIVE,
    MESSAGE,
    MESSAGE_EVENTS,
    OPENING,
    SEALED_REASONING,
    SERVER_ERROR,
    TEXT,
    completed,
    lifecycle,
    response,
    wire,
)
from tests.proof.responses_tools import IMAGE_GENERATION, WEB_SEARCH
from tests.proof.wire import (
    DONE,
    Wire,
    behind,
    edited,
    every,
    nth,
    once,
    swapped,
    without,
)


def _without_first_output(body: bytes) -> bytes:
    start = body.index(COMPLETED)
    return body[:start] + body[start:].replace(
        b'{"id":"rs_0","type":"reasoning","encrypted_content":"gAAAAABo","summary":[]},', b""
    )


COURSES = (
    edited(
        TEXT, "created-not-first", counted(swapped(CREATED, IN_PROGRESS)), breaks="response-created-first"
    ),
    edited(
        TEXT,
        "created-again",
        counted(behind(IN_PROGRESS, event("response.created", response=response("in_progress")))),
        breaks="response-created-once",
    ),
    edited(TEXT, "in-progress-absent", counted(without(IN_PROGRESS)), breaks="response-in-progress"),
    edited(TEXT, "completed-absent", without(COMPLETED), breaks="terminal-event-present"),
    edited(
        TEXT,
        "completed-again",
        counted(behind(COMPLETED, event("response.completed", response=response("completed", (MESSAGE,))))),
        breaks="terminal-event-once",
    ),
    edited(
        TEXT,
        "incomplete-after-completed",
        counted(
            behind(
                COMPLETED,
                event(
                    "response.incomplete",
                    response=response(
                        "incomplete", (MESSAGE,), incomplete_details={"reason": "content_filter"}
                    ),
                ),
            )
        ),
        breaks="terminal-event-once",
    ),
    edited(
        TEXT,
        "keepalive-after-completed",
        counted(behind(COMPLETED, event("keepalive"))),
        breaks="terminal-event-last",
    ),
    edited(
        TEXT,
        "response-id-other",
        nth(-1, b'"id":"resp_68af"', b'"id":"resp_0000"'),
        breaks="response-id-constant",
    ),
    edited(
        TEXT,
        "number-absent",
        lambda body: re.sub(rb',"sequence_number":\d+', b"", body),
        breaks="sequence-number-present",
    ),
    edited(
        TEXT,
        "number-text",
        lambda body: re.sub(rb'"sequence_number":(\d+)', rb'"sequence_number":"\1"', body),
        breaks="sequence-number-present",
    ),
    edited(
        TEXT,
        "number-float",
        lambda body: re.sub(rb'"sequence_number":(\d+)', rb'"sequence_number":\1.0', body),
        breaks="sequence-number-present",
    ),
    edited(
        TEXT,
        "number-again",
        once(b'"sequence_number":10}', b'"sequence_number":9}'),
        breaks="sequence-number-increasing",
    ),
    edited(
        TEXT,
        "number-falls",
        once(b'"sequence_number":10}', b'"sequence_number":0}'),
        breaks="sequence-number-increasing",
    ),
    edited(
        KEEPALIVE,
        "keepalive-uncounted",
        lambda body: re.sub(rb'(?<="type":"keepalive"),"sequence_number":\d+', b"", body),
        breaks=("sequence-number-present", "sequence-number-contiguous"),
        cause="Where a number is left out there is a gap.",
    ),
    edited(
        TEXT,
        "number-jumps",
        once(b'"sequence_number":10}', b'"sequence_number":100}'),
        breaks="sequence-number-contiguous",
    ),
    edited(TEXT, "event-line-absent-once", once(COMPLETED, b""), breaks="event-line-type"),
    edited(TEXT, "event-line-other", once(COMPLETED, line("response.done")), breaks="event-line-type"),
    edited(
        TEXT,
        "event-unknown",
        counted(behind(IN_PROGRESS, event("response.reasoning_part.added"))),
        breaks="event-type-known",
    ),
    edited(TEXT, "done-marker", behind(COMPLETED, DONE), breaks="responses-done-marker"),
    edited(
        TEXT,
        "done-marker-then-more",
        behind(COMPLETED, DONE + DONE),
        breaks=("responses-done-marker", "responses-done-last"),
        cause="Only a stream that sends [DONE] can go on after it.",
    ),
    edited(
        TEXT,
        "created-at-exponent",
        every(b'"created_at":1780000000', b'"created_at":1.78e9'),
        breaks="created-at-integer",
    ),
    edited(TEXT, "schema-response-model-absent", every(b'"model":"gpt-5.2",', b""), breaks="event-schema"),
    edited(
        TEXT,
        "schema-response-object",
        every(b'"object":"response"', b'"object":"chat.completion"'),
        breaks="event-schema",
    ),
    edited(
        TEXT,
        "schema-delta-number",
        nth(0, b'"delta":"Hel"', b'"delta":7'),
        breaks=(
            "event-schema",
            "text-done-agrees",
            "text-part-agrees",
            "text-item-agrees",
            "text-final-agrees",
        ),
        cause="A delta that is no text is missing from the text.",
    ),
    edited(TEXT, "schema-part-without-annotations", nth(0, b'"annotations":[],', b""), breaks="event-schema"),
    edited(TEXT, "schema-item-role", every(b'"role":"assistant"', b'"role":"tool"'), breaks="event-schema"),
    edited(CALL, "schema-call-without-name", nth(0, b',"name":"weather"', b""), breaks="event-schema"),
    edited(
        WEB_SEARCH,
        "schema-citation-without-url",
        every(b',"url":"https://example.com/weather"', b""),
        breaks="event-schema",
    ),
    edited(
        IMAGE_GENERATION,
        "schema-image-without-data",
        nth(0, b',"partial_image_b64":"iVBORw0KGgo="', b""),
        breaks="event-schema",
    ),
    edited(
        FAILED,
        "error-code-absent",
        once(b'"type":"error","code":"server_error"', b'"type":"error"'),
        breaks="event-schema",
    ),
)


ENDS = (
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
    edited(
        TEXT,
        "response-usage-absent",
        lambda body: re.sub(rb',"usage":\{.*\}(?=\},"sequence)', b"", body),
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
    replace(wire("output-of-unstreamed", *OPENING, completed(MESSAGE)), breaks=("response-output-agrees",)),
    replace(
        wire(
            "incomplete-without-streamed-text",
            *OPENING,
            *CUT_EVENTS,
            lifecycle(
                "incomplete",
                response("incomplete", incomplete_details={"reason": "max_output_tokens"}),
            ),
        ),
        breaks=("response-output-agrees",),
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
        FAILED,
        "error-message-null",
        nth(0, b'"message":"Overloaded"', b'"message":null'),
        breaks="error-event-shape",
    ),
    edited(
        FAILED_NESTED,
        "error-nested-text",
        nth(
            0,
            b'"error":{"type":"server_error","code":"server_error","message":"Overloaded","param":null}',
            b'"error":"Overloaded"',
        ),
        breaks="error-event-shape",
    ),
    replace(
        wire(
            "error-then-keepalive",
            *OPENING,
            {"type": "error", **SERVER_ERROR, "param": None},
            {"type": "keepalive"},
            FAILED_END,
        ),
        breaks=("error-event-last",),
    ),
    replace(
        wire(
            "error-then-completed",
            *OPENING,
            *MESSAGE_EVENTS,
            {"type": "error", **SERVER_ERROR, "param": None},
            completed(MESSAGE),
        ),
        breaks=("error-event-last", "error-event-failed"),
        cause="A response that completes after an error does not fail.",
    ),
    edited(
        TEXT,
        "reasoning-counted-without-item",
        once(b'"reasoning_tokens":0', b'"reasoning_tokens":3'),
        breaks="reasoning-item",
    ),
    edited(FAILED, "error-without-failed", without(line("response.failed")), breaks="error-event-failed"),
)


EMPTY = (
    edited(TEXT, "events-none", lambda _: b"", breaks="terminal-event-present"),
    edited(TEXT, "events-none-but-comments", lambda _: b": wait\n\n" * 3, breaks="terminal-event-present"),
    edited(TEXT, "events-none-but-done", lambda _: DONE, breaks="terminal-event-present"),
)


WIRES: tuple[Wire, ...] = (*COURSES, *ENDS, *EMPTY)
