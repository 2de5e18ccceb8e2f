"""What breaks and what keeps the requirements on the response object until it ends."""

from tests.proof.streams.edits import behind, counted, edited, every, lost, nth, within, without
from tests.proof.streams.handmade import Wire, compact
from tests.proof.streams.responses import (
    COMPLETED,
    CREATED,
    FAILED_END,
    IN_PROGRESS,
    MESSAGE,
    MESSAGE_EVENTS,
    OPENING,
    QUEUED,
    TEXT,
    completed,
    event,
    failed,
    lifecycle,
    line,
    response,
    wire,
)

TOOLS = (
    b'"tools":[{"type":"function","name":"f","parameters":{"type":"object","required":["a"]},"strict":true}]'
)
QUEUE = line("response.queued")
QUEUED_AGAIN = event("response.queued", response=response("queued", background=True))
QUEUED_EVENT = lifecycle("queued", response("queued", background=True))
TOOLS_OF_NULL = b'"tools":[{"type":"function","name":"f","parameters":null,"strict":true}]'


def _changed(id: str, old: bytes, new: bytes, head: bytes = COMPLETED) -> Wire:
    """A key of the response that is another one in one event."""
    return edited(TEXT, id, within(head, old, new), breaks="response-constant")


BROKEN: tuple[Wire, ...] = (
    edited(
        TEXT,
        "queued-in-the-foreground",
        within(CREATED, b'"status":"in_progress"', b'"status":"queued"'),
        breaks="response-created-fresh",
    ),
    wire(
        "queued-event-in-the-foreground",
        OPENING[0],
        lifecycle("queued", response("queued")),
        OPENING[1],
        *MESSAGE_EVENTS,
        completed(MESSAGE),
        breaks="response-created-fresh",
    ),
    edited(
        TEXT,
        "completed-before-it-was-created",
        every(b'"error":null', b'"error":null,"completed_at":null'),
        within(COMPLETED, b'"completed_at":null', b'"completed_at":1779999999'),
        breaks="response-completed-at",
    ),
    edited(
        TEXT,
        "completed-and-no-time",
        every(b'"error":null', b'"error":null,"completed_at":null'),
        breaks="response-completed-at",
    ),
    _changed("created-at-later", b'"created_at":1780000000', b'"created_at":1780000007'),
    _changed("model-other-at-end", b'"model":"gpt-5.2"', b'"model":"gpt-5.2-mini"'),
    _changed("instructions-lost", b'"instructions":null', b'"instructions":"Be brief."', CREATED),
    _changed("metadata-other", b'"metadata":{}', b'"metadata":{"user":"7"}', IN_PROGRESS),
    _changed("temperature-null", b'"temperature":1.0', b'"temperature":null'),
    _changed("parallel-calls-off", b'"parallel_tool_calls":true', b'"parallel_tool_calls":false'),
    _changed("tools-in-one-event", b'"tools":[]', TOOLS, CREATED),
    edited(
        TEXT,
        "tools-other-inside",
        every(b'"tools":[]', TOOLS),
        within(IN_PROGRESS, b'"required":["a"]', b'"required":["b"]'),
        breaks="response-constant",
    ),
    edited(
        QUEUED,
        "queued-in-progress",
        within(QUEUE, b'"status":"queued"', b'"status":"in_progress"'),
        breaks="response-created-fresh",
    ),
    edited(
        TEXT,
        "created-without-status",
        within(CREATED, b'"status":"in_progress",', b""),
        breaks="response-created-fresh",
    ),
    edited(
        TEXT,
        "in-progress-completed",
        within(IN_PROGRESS, b'"status":"in_progress"', b'"status":"completed"'),
        breaks="response-created-fresh",
    ),
    edited(
        TEXT,
        "created-with-output",
        nth(0, b'"output":[]', b'"output":[%s]' % compact(MESSAGE).encode()),
        breaks="response-created-empty",
    ),
    edited(TEXT, "in-progress-absent", counted(without(IN_PROGRESS)), breaks="response-in-progress"),
    edited(
        QUEUED,
        "queued-again",
        counted(behind(QUEUE, QUEUED_AGAIN)),
        breaks="response-in-progress",
    ),
    edited(
        QUEUED,
        "queued-late",
        counted(lost(QUEUE, 0), behind(IN_PROGRESS, QUEUED_AGAIN)),
        breaks="response-in-progress",
    ),
    edited(
        TEXT,
        "in-progress-again",
        counted(behind(IN_PROGRESS, event("response.in_progress", response=response("in_progress")))),
        breaks="response-in-progress",
    ),
    edited(
        TEXT,
        "incomplete-details-at-begin",
        within(CREATED, b'"incomplete_details":null', b'"incomplete_details":{}'),
        breaks="response-reasons-null",
    ),
    edited(
        TEXT,
        "incomplete-details-of-whole",
        within(
            COMPLETED, b'"incomplete_details":null', b'"incomplete_details":{"reason":"max_output_tokens"}'
        ),
        breaks="response-reasons-null",
    ),
    edited(
        TEXT,
        "error-of-completed",
        within(COMPLETED, b'"error":null', b'"error":{"code":"server_error","message":"None"}'),
        breaks="response-reasons-null",
    ),
    edited(
        TEXT,
        "completed-at-begin",
        within(CREATED, b'"error":null', b'"error":null,"completed_at":1780000009'),
        breaks="response-reasons-null",
    ),
    edited(
        TEXT,
        "created-at-exponent",
        every(b'"created_at":1780000000', b'"created_at":1.78e9'),
        breaks="created-at-integer",
    ),
)

LEGAL: tuple[Wire, ...] = (
    edited(
        TEXT,
        "completed-in-the-second-of-its-creation",
        every(b'"error":null', b'"error":null,"completed_at":null'),
        within(COMPLETED, b'"completed_at":null', b'"completed_at":1780000000'),
    ),
    edited(
        TEXT,
        "queued-and-nothing-known-of-the-background",
        every(b'"background":false,', b""),
        within(CREATED, b'"status":"in_progress"', b'"status":"queued"'),
        asks=None,
    ),
    wire("no-in-progress", OPENING[0], *MESSAGE_EVENTS, completed(MESSAGE), breaks="response-in-progress"),
    edited(
        TEXT,
        "created-at-fraction",
        every(b'"created_at":1780000000', b'"created_at":1780000000.5'),
        breaks="created-at-integer",
    ),
    wire("created-then-failed", OPENING[0], FAILED_END),
    wire(
        "queued-then-failed",
        lifecycle("created", response("queued", background=True)),
        QUEUED_EVENT,
        failed(background=True),
    ),
    wire(
        "queued-then-output",
        lifecycle("created", response("queued", background=True)),
        QUEUED_EVENT,
        lifecycle("in_progress", response("in_progress", background=True)),
        *MESSAGE_EVENTS,
        lifecycle("completed", response("completed", (MESSAGE,), background=True)),
    ),
    edited(QUEUED, "background-request-unknown", asks=None),
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
        every(b'"tools":[]', TOOLS_OF_NULL),
        within(IN_PROGRESS, b'"strict":true', b'"strict":true,"description":null'),
    ),
    edited(TEXT, "response-metadata-null-at-first", within(CREATED, b'"metadata":{}', b'"metadata":null')),
    edited(
        TEXT, "response-without-instructions", within(CREATED, b'"instructions":null', b'"instructions":[]')
    ),
)
