"""Faults of the course of a Responses stream: its events, their numbers, how it ends."""

from conformance.reference.faults.edit import (
    ANY,
    DONE_ITEM,
    LIFECYCLE,
    TERMINAL,
    altered,
    chained,
    doubled,
    dropped,
    every,
    first,
    inserted,
    lacking,
    last,
    mapped,
    moved,
    of,
    recast,
    renumbered,
    responses,
    sub,
    without,
)
from conformance.reference.faults.fault import Fault
from conformance.reference.wire import Json, compact, data_block, event_block

OVERLOADED = "The engine is overloaded."
COMPLETED = of("response.completed")
FAILED = of("response.failed")


def _event(name: str, **fields: object) -> bytes:
    """An event to put among others; `renumbered` gives it its number."""
    return event_block(name, compact({"type": name, **fields, "sequence_number": 0}))


SPEECH_END = _event("response.audio.done")
INVENTED = _event("response.reasoning_part.added", output_index=0)
ERROR = _event("error", code="server_error", message=OVERLOADED, param=None)
BARE_ERROR = _event("error", error=OVERLOADED)


def _completed(event: Json) -> None:
    response = event["response"]
    response.update(status="completed", incomplete_details=None, completed_at=response["created_at"] + 1)
    for entry in event["response"]["output"]:
        if "status" in entry:
            entry["status"] = "completed"


def _failed(event: Json) -> None:
    event["type"] = "response.failed"
    event["response"].update(
        status="failed", completed_at=None, error={"code": "server_error", "message": OVERLOADED}
    )


def _failed_without_reason(event: Json) -> None:
    _failed(event)
    event["response"]["error"] = None


def _as_failed(data: bytes) -> bytes:
    return recast(_failed)(data).replace(b"event: response.completed\n", b"event: response.failed\n")


def _nothing(event: Json) -> None:
    event["response"]["output"] = []
    if usage := event["response"]["usage"]:
        usage["output_tokens_details"]["reasoning_tokens"] = 0


FAULTS = (
    Fault(
        id="response-without-items",
        breaks=(
            *("endpoint-streams", "response-output-nonempty", "claim-kept"),
            *("twin-text", "twin-tool-calls"),
        ),
        cause=(
            "What a run never shows is missing in each of its responses, and calls are claimed. Without "
            "streaming all is there."
        ),
        why="Every response begins and ends well with nothing in between, so nobody gets an answer.",
        edit=responses(
            renumbered(dropped(every(rb'\ndata: \{"type":"response\.\w+\.'))),
            altered(every(TERMINAL), _nothing),
        ),
    ),
    Fault(
        id="response-created-second",
        breaks=("response-created-first",),
        why=(
            "The stream starts with response.in_progress, and stream helpers raise before they have a "
            "response."
        ),
        edit=responses(renumbered(moved(first(of("response.created")), first(of("response.in_progress"))))),
    ),
    Fault(
        id="response-created-twice",
        breaks=("response-created-once",),
        why="The response is created twice, and clients show two messages.",
        edit=responses(renumbered(doubled(first(of("response.created"))))),
    ),
    Fault(
        id="response-created-completed",
        breaks=("response-created-fresh",),
        why="The response is completed when it is created, and clients take it for the whole answer.",
        edit=responses(
            sub(first(of("response.created")), rb'"status":"in_progress"', b'"status":"completed"', count=1)
        ),
    ),
    Fault(
        id="response-in-progress-missing",
        breaks=("response-in-progress",),
        why="response.in_progress is never sent, so displays of progress stay at 'created'.",
        edit=without("response.in_progress"),
    ),
    Fault(
        id="terminal-event-missing",
        breaks=("terminal-event-present",),
        why="No response.completed comes, so there is no final response and no usage.",
        edit=responses(dropped(every(TERMINAL))),
    ),
    Fault(
        id="terminal-event-twice",
        breaks=("terminal-event-once",),
        why="response.completed comes twice, and clients finish the message twice.",
        edit=responses(renumbered(doubled(last(TERMINAL)))),
    ),
    Fault(
        id="event-after-terminal",
        breaks=("terminal-event-last",),
        why="An event follows the terminal one, when clients have stopped reading.",
        edit=responses(renumbered(inserted(last(TERMINAL), SPEECH_END))),
    ),
    Fault(
        id="response-id-changes",
        breaks=("response-id-constant",),
        why="The final response has another id, so it cannot be continued; openai-python raises.",
        edit=responses(sub(every(TERMINAL), rb'"id":"resp_', b'"id":"resp_0')),
    ),
    Fault(
        id="sequence-number-missing",
        breaks=("sequence-number-present",),
        why="Events have no sequence_number, and typed clients refuse to decode them.",
        edit=lacking(ANY, "sequence_number"),
    ),
    Fault(
        id="sequence-number-zero",
        breaks=("sequence-number-increasing",),
        why="Every sequence_number is 0, so a stream that broke off cannot be resumed.",
        edit=responses(sub(every(ANY), rb'"sequence_number":\d+', b'"sequence_number":0')),
    ),
    Fault(
        id="sequence-number-from-one",
        breaks=("sequence-number-start",),
        why="Numbers begin at 1, and clients that count from 0 believe that an event was lost.",
        edit=responses(
            sub(
                every(ANY),
                rb'"sequence_number":(\d+)',
                lambda match: b'"sequence_number":%d' % (int(match[1]) + 1),
            )
        ),
    ),
    Fault(
        id="sequence-number-skips",
        breaks=("sequence-number-contiguous",),
        why="A sequence_number is left out, so careful clients believe that an event was lost.",
        edit=responses(
            sub(
                every(TERMINAL),
                rb'"sequence_number":(\d+)',
                lambda match: b'"sequence_number":%d' % (int(match[1]) + 1),
            )
        ),
    ),
    Fault(
        id="event-line-missing",
        breaks=("event-line-type",),
        why="Events have no 'event:' line, and clients that listen by name hear nothing.",
        edit=responses(sub(every(ANY), rb"^event: [^\n]+\n", b"")),
    ),
    Fault(
        id="event-line-message",
        breaks=("event-line-type",),
        why=(
            "Every 'event:' line says 'message' instead of the type, and clients that listen by name hear "
            "nothing."
        ),
        edit=responses(sub(every(ANY), rb"^event: [^\n]+\n", b"event: message\n")),
    ),
    Fault(
        id="response-field-missing",
        breaks=("event-schema",),
        why=(
            "The response object lacks parallel_tool_calls, which the schema requires; typed clients refuse "
            "it."
        ),
        edit=responses(sub(every(LIFECYCLE), rb',"parallel_tool_calls":(true|false)', b"")),
    ),
    Fault(
        id="event-type-invented",
        breaks=("event-type-known",),
        why="An event has a type that OpenAI does not have; openai-node's stream helper raises.",
        edit=responses(renumbered(inserted(first(of("response.output_item.added")), INVENTED))),
    ),
    Fault(
        id="created-at-float",
        breaks=("created-at-integer",),
        why="created_at is written as 1788000001.0, and gateways in Go drop the whole stream.",
        edit=responses(sub(every(LIFECYCLE), rb'"created_at":(\d+)', rb'"created_at":\1.0')),
    ),
    Fault(
        id="response-status-in-progress",
        breaks=("response-status", "twin-finish-reason"),
        cause="Without streaming the status is right.",
        why="The final response says that it is still in progress, so clients poll for ever.",
        edit=responses(
            sub(every(TERMINAL), rb'"status":"\w+","background"', b'"status":"in_progress","background"')
        ),
    ),
    Fault(
        id="incomplete-in-the-event-of-completed",
        breaks=("response-status",),
        why="A response that is incomplete comes in response.completed; openai-python takes it for whole.",
        edit=responses(
            sub(every(of("response.incomplete")), rb"response\.incomplete", b"response.completed")
        ),
    ),
    Fault(
        id="response-queued-in-the-foreground",
        breaks=("response-created-fresh",),
        why="The response is queued although nobody asked for the background, so clients begin to poll.",
        edit=responses(
            sub(first(of("response.created")), rb'"status":"in_progress"', b'"status":"queued"', count=1)
        ),
    ),
    Fault(
        id="length-as-completed",
        breaks=("response-length-status",),
        why="An answer that was cut by the token limit is said to be completed, and taken for whole.",
        edit=responses(
            sub(every(of("response.incomplete")), rb"response\.incomplete", b"response.completed"),
            altered(every(COMPLETED), _completed),
            sub(every(DONE_ITEM), rb'"status":"incomplete"', b'"status":"completed"'),
        ),
    ),
    Fault(
        id="incomplete-details-null",
        breaks=("response-incomplete-details",),
        why="A response is incomplete and does not say why.",
        edit=responses(
            altered(
                every(of("response.incomplete")),
                lambda event: event["response"].update(incomplete_details=None),
            )
        ),
    ),
    Fault(
        id="responses-end-with-done",
        breaks=("responses-done-marker",),
        why="[DONE] follows the terminal event, which parsers of this API take for broken JSON.",
        edit=responses(inserted(last(TERMINAL), data_block("[DONE]"))),
    ),
    Fault(
        id="responses-done-twice",
        breaks=("responses-done-last", "responses-done-marker"),
        cause="Only a stream that sends [DONE] can go on after it.",
        why="[DONE] comes twice, and clients that read on after the first fail at the second.",
        edit=responses(inserted(last(TERMINAL), data_block("[DONE]") * 2)),
    ),
    Fault(
        id="response-failed-without-reason",
        breaks=("response-failed-error",),
        why="A response fails and its 'error' is null, so users see a failure that nobody explains.",
        edit=responses(mapped(last(COMPLETED), _as_failed), altered(last(FAILED), _failed_without_reason)),
    ),
    Fault(
        id="error-event-alone",
        breaks=("error-event-failed",),
        why="The stream breaks off with an error event, and clients that wait for response.failed wait on.",
        edit=responses(renumbered(chained(inserted(last(TERMINAL), ERROR), dropped(every(TERMINAL))))),
    ),
    Fault(
        id="error-event-bare",
        breaks=("error-event-shape",),
        why="The error of an error event is a bare string, and SDKs raise an error without a message.",
        edit=responses(
            mapped(last(COMPLETED), _as_failed),
            renumbered(chained(inserted(last(FAILED), BARE_ERROR), moved(last(FAILED), last(of("error"))))),
        ),
    ),
)
