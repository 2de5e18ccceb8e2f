"""What breaks and what keeps the requirements on the course of a Responses stream."""

import re

from conformance.exchange import Ended
from tests.proof.streams.edits import (
    behind,
    counted,
    edited,
    every,
    instead,
    nth,
    once,
    onwards,
    swapped,
    within,
    without,
)
from tests.proof.streams.handmade import DONE, Json, Wire
from tests.proof.streams.hosted_tools import ANSWER, ANSWER_EVENTS, IMAGE_GENERATION, WEB_SEARCH, phases
from tests.proof.streams.responses import (
    ASKS,
    CALL,
    COMPLETED,
    CREATED,
    DONE_ITEM,
    FAILED,
    IN_PROGRESS,
    KEEPALIVE,
    MESSAGE,
    MESSAGE_EVENTS,
    OPENING,
    PART,
    RESUMED,
    SUMMARY,
    TEXT,
    about,
    completed,
    event,
    item_events,
    lifecycle,
    line,
    response,
    wire,
)

COMPACTED: Json = {"id": "cmp_0", "type": "compaction", "encrypted_content": "gAAAAABo"}
SHELL: Json = {
    "id": "sh_0",
    "type": "shell_call",
    "call_id": "call_s1",
    "status": "completed",
    "action": {"commands": ["ls"], "timeout_ms": None, "max_output_length": None},
    "environment": None,
}
PRINTED: Json = {
    "id": "sho_1",
    "type": "shell_call_output",
    "call_id": "call_s1",
    "status": "completed",
    "output": [{"stdout": "ab", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
    "max_output_length": None,
}
FINISHED_MESSAGE = b'"type":"message","status":"finished"'
DONE_MESSAGE = b'"type":"message","status":"completed"'


def _unnumbered_from_one(body: bytes) -> bytes:
    """The same stream counted from 1, as the examples of the description are."""
    for number in reversed(range(body.count(b'"sequence_number":'))):
        body = body.replace(b'"sequence_number":%d}' % number, b'"sequence_number":%d}' % (number + 1))
    return body


def _without_names(body: bytes) -> bytes:
    return re.sub(rb"(?m)^event: .*\n", b"", body)


def command(kind: str, **fields: object) -> Json:
    """An event about a command of the shell."""
    return {"type": f"response.shell_call_command.{kind}", "output_index": 0, "command_index": 0, **fields}


def printed(kind: str, **fields: object) -> Json:
    """An event about what a command printed."""
    return about(1, PRINTED, f"shell_call_output_content.{kind}", command_index=0, **fields)


BROKEN: tuple[Wire, ...] = (
    edited(
        TEXT,
        "item-status-unknown",
        onwards(DONE_ITEM, DONE_MESSAGE, FINISHED_MESSAGE),
        breaks="status-known",
    ),
    edited(
        TEXT,
        "response-status-unknown",
        within(IN_PROGRESS, b'"status":"in_progress"', b'"status":"running"'),
        breaks="status-known",
    ),
    edited(
        TEXT,
        "item-status-number",
        onwards(DONE_ITEM, DONE_MESSAGE, b'"type":"message","status":1'),
        breaks="event-schema",
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
    edited(
        TEXT,
        "part-added-with-annotations-as-text",
        within(PART, b'"annotations":[]', b'"annotations":"none"'),
        breaks="event-schema",
    ),
    edited(
        TEXT,
        "event-unknown",
        counted(behind(IN_PROGRESS, event("response.reasoning_part.added"))),
        breaks="event-type-known",
    ),
    edited(TEXT, "event-line-absent-once", once(COMPLETED, b""), breaks="event-line-type"),
    edited(TEXT, "event-line-other", once(COMPLETED, line("response.done")), breaks="event-line-type"),
    edited(TEXT, "done-marker", behind(COMPLETED, DONE), breaks="responses-done-marker"),
    edited(
        TEXT,
        "done-marker-then-more",
        behind(COMPLETED, DONE + DONE),
        breaks=("responses-done-marker", "responses-done-last"),
        cause="Only a stream that sends [DONE] can go on after it.",
    ),
    edited(
        TEXT, "created-not-first", counted(swapped(CREATED, IN_PROGRESS)), breaks="response-created-first"
    ),
    edited(
        TEXT,
        "created-again",
        counted(behind(IN_PROGRESS, event("response.created", response=response("in_progress")))),
        breaks="response-created-once",
    ),
    edited(TEXT, "completed-absent", without(COMPLETED), breaks="terminal-event-present"),
    edited(TEXT, "events-none", instead(b""), breaks="terminal-event-present"),
    edited(TEXT, "events-none-but-comments", instead(b": wait\n\n" * 3), breaks="terminal-event-present"),
    edited(TEXT, "events-none-but-done", instead(DONE), breaks="terminal-event-present"),
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
        "speech-after-completed",
        counted(behind(COMPLETED, event("response.audio.done"))),
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
        "number-true",
        once(b'"sequence_number":1}', b'"sequence_number":true}'),
        breaks=("sequence-number-present", "sequence-number-contiguous"),
        cause="What is no number leaves a gap.",
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
        "output-index-absent",
        nth(0, b'"output_index":0,"content_index":0,"delta"', b'"content_index":0,"delta"'),
        breaks="output-index-present",
    ),
    edited(
        TEXT,
        "output-index-text",
        nth(
            1, b'"output_index":0,"content_index":0,"delta"', b'"output_index":"0","content_index":0,"delta"'
        ),
        breaks="output-index-present",
    ),
    edited(
        TEXT,
        "output-index-float",
        nth(
            1, b'"output_index":0,"content_index":0,"delta"', b'"output_index":0.0,"content_index":0,"delta"'
        ),
        breaks="output-index-present",
    ),
    edited(
        TEXT,
        "content-index-absent",
        nth(0, b'"content_index":0,"delta"', b'"delta"'),
        breaks="content-index-present",
    ),
    edited(
        TEXT,
        "content-index-null",
        nth(0, b'"content_index":0,"delta"', b'"content_index":null,"delta"'),
        breaks="content-index-present",
    ),
    edited(
        SUMMARY, "summary-index-absent", nth(1, b'"summary_index":0,', b""), breaks="content-index-present"
    ),
    edited(
        WEB_SEARCH,
        "annotation-index-absent",
        once(b'"annotation_index":0,', b""),
        breaks="content-index-present",
    ),
    edited(
        SUMMARY,
        "summary-index-nowhere",
        every(b'"summary_index":0,', b""),
        breaks="content-index-present",
    ),
    edited(TEXT, "item-id-absent", nth(0, b'"item_id":"msg_0",', b""), breaks="item-id-present"),
    edited(TEXT, "item-id-number", nth(3, b'"item_id":"msg_0"', b'"item_id":0'), breaks="item-id-present"),
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
        TEXT,
        "number-jumps",
        once(b'"sequence_number":10}', b'"sequence_number":100}'),
        breaks="sequence-number-contiguous",
    ),
)

LEGAL: tuple[Wire, ...] = (
    edited(TEXT, "keepalive-after-the-end", counted(behind(COMPLETED, event("keepalive")))),
    edited(TEXT, "resumed-behind-its-end", instead(b""), asks={**ASKS, "starting_after": 99}),
    edited(
        TEXT,
        "resumed-behind-its-end-and-untyped",
        instead(b""),
        asks={**ASKS, "starting_after": 99},
        headers=(),
    ),
    wire(
        "cancelled-and-over",
        lifecycle("created", response("in_progress", background=True)),
        lifecycle("in_progress", response("cancelled", background=True)),
        asks={"background": True},
        breaks="response-created-fresh",
    ),
    edited(TEXT, "no-event-lines", _without_names, breaks="event-line-type"),
    edited(TEXT, "ends-with-done", behind(b"response.completed", DONE), breaks="responses-done-marker"),
    edited(TEXT, "numbers-from-one", _unnumbered_from_one, breaks="sequence-number-start"),
    edited(
        TEXT,
        "number-left-out",
        once(b'"sequence_number":10}', b'"sequence_number":12}'),
        breaks="sequence-number-contiguous",
    ),
    edited(TEXT, "request-of-text-unknown", asks=None),
    edited(RESUMED, "resumed-request-unknown", asks=None),
    edited(
        RESUMED,
        "resumed-by-address",
        asks={},
        url="https://example.com/v1/responses/resp_68af?stream=true&starting_after=4",
    ),
    wire(
        "unknown-event",
        *OPENING,
        {"type": "response.mood.changed", "mood": "good"},
        *MESSAGE_EVENTS,
        completed(MESSAGE),
        breaks="event-type-known",
    ),
    wire("left-after-created", OPENING[0], ended=Ended.LEFT),
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
    edited(KEEPALIVE, "keepalive-commented", every(b"event: keepalive", b": a keepalive\nevent: keepalive")),
    wire(
        "compaction",
        *OPENING,
        *item_events(
            0, {**COMPACTED, "encrypted_content": ""}, COMPACTED, *phases(0, COMPACTED, "compacting")
        ),
        *ANSWER_EVENTS,
        completed(COMPACTED, ANSWER),
    ),
    wire(
        "shell",
        *OPENING,
        *item_events(
            0,
            {**SHELL, "status": "in_progress"},
            SHELL,
            command("added", command=""),
            command("delta", delta="ls"),
            command("done", command="ls"),
        ),
        *item_events(
            1,
            {**PRINTED, "status": "in_progress", "output": []},
            PRINTED,
            printed("delta", delta={"stdout": "a"}),
            printed("delta", delta={"stdout": "b"}),
            printed("done", output=PRINTED["output"]),
        ),
        completed(SHELL, PRINTED),
    ),
)
