"""Faults of Responses events, items and the response object."""

from collections.abc import Callable

from conformance.reference.faults.edit import (
    ANY,
    DELTA,
    LIFECYCLE,
    TERMINAL,
    altered,
    chained,
    doubled,
    dropped,
    every,
    first,
    inserted,
    last,
    moved,
    of,
    renumbered,
    responses,
    sub,
)
from conformance.reference.faults.fault import Edit, Fault
from conformance.reference.wire import Json, compact, data_block, event_block

OTHER_ARGUMENTS = '{"other":true}'
WRONG = " (not what was streamed)"
TEXT_DELTA = of("response.output_text.delta")

KEEPALIVE = event_block("keepalive", compact({"type": "keepalive", "sequence_number": 0}))
INVENTED = event_block(
    "response.reasoning_part.added",
    compact({"type": "response.reasoning_part.added", "output_index": 0, "sequence_number": 0}),
)


def _without(name: str) -> Edit:
    """Events of one type never sent, the others numbered as if they had never been."""
    return responses(renumbered(dropped(every(of(name)))))


def _lacking(pattern: bytes, key: str) -> Edit:
    """A plain value missing from the events in which `pattern` is found."""
    return responses(sub(every(pattern), rb',"' + key.encode() + rb'":(\d+|"\w+")', b""))


def _item(event: Json) -> list[Json]:
    return [event["item"]]


def _output(event: Json) -> list[Json]:
    output: list[Json] = event["response"]["output"]
    return output


def _all(inside: Callable[[Json], list[Json]], change: Callable[[Json], object]) -> Callable[[Json], None]:
    def change_all(event: Json) -> None:
        for item in inside(event):
            change(item)

    return change_all


def _misquoted(item: Json) -> None:
    for part in item.get("content", ()):
        part["text"] += WRONG


def _miscalled(item: Json) -> None:
    if "arguments" in item:
        item["arguments"] = OTHER_ARGUMENTS


def _other_id(item: Json) -> None:
    item["id"] += "0"


def _other_call_id(item: Json) -> None:
    if "call_id" in item:
        item["call_id"] += "0"


def _wrong_text(event: Json) -> None:
    event["text"] += WRONG


def _wrong_part(event: Json) -> None:
    event["part"]["text"] += WRONG


def _wrong_total(event: Json) -> None:
    event["response"]["usage"]["total_tokens"] += 1


DONE_ITEM = of("response.output_item.done")

FAULTS = (
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
        id="response-in-progress-missing",
        breaks=("response-in-progress",),
        why="response.in_progress is never sent, so displays of progress stay at 'created'.",
        edit=_without("response.in_progress"),
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
        edit=responses(renumbered(inserted(last(TERMINAL), KEEPALIVE))),
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
        edit=_lacking(ANY, "sequence_number"),
    ),
    Fault(
        id="sequence-number-zero",
        breaks=("sequence-number-increasing", "sequence-number-contiguous"),
        cause="Numbers that stand still neither rise nor rise by one.",
        why="Every sequence_number is 0, so a stream that broke off cannot be resumed.",
        edit=responses(sub(every(ANY), rb'"sequence_number":\d+', b'"sequence_number":0')),
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
        id="output-index-missing",
        breaks=("output-index-present",),
        why="Deltas have no output_index, so clients cannot tell which item they belong to.",
        edit=_lacking(DELTA, "output_index"),
    ),
    Fault(
        id="output-index-from-one",
        breaks=("output-index-order",),
        why="The first item has output_index 1, and SDKs that build the output list raise.",
        edit=responses(
            sub(
                every(ANY),
                rb'"output_index":(\d+)',
                lambda match: b'"output_index":%d' % (int(match[1]) + 1),
            )
        ),
    ),
    Fault(
        id="item-id-missing",
        breaks=("item-id-present",),
        why="Deltas have no item_id, so clients that collect by item drop them.",
        edit=_lacking(DELTA, "item_id"),
    ),
    Fault(
        id="item-id-unknown",
        breaks=("item-id-matches",),
        why="Deltas name an item that was never announced, and the AI SDK raises.",
        edit=responses(sub(every(DELTA), rb'"item_id":"', b'"item_id":"other_')),
    ),
    Fault(
        id="item-never-added",
        breaks=("item-added-first",),
        why="response.output_item.added is never sent, and stream helpers raise on the first delta.",
        edit=_without("response.output_item.added"),
    ),
    Fault(
        id="item-never-done",
        breaks=("item-done",),
        why="response.output_item.done is never sent, so clients that act on finished items do nothing.",
        edit=_without("response.output_item.done"),
    ),
    Fault(
        id="item-id-changes-at-the-end",
        breaks=("item-identity",),
        why="Items have another id when they are done than when they were added, and openai-python raises.",
        edit=responses(
            chained(
                altered(every(DONE_ITEM), _all(_item, _other_id)),
                altered(every(TERMINAL), _all(_output, _other_id)),
            )
        ),
    ),
    Fault(
        id="call-id-changes-at-the-end",
        breaks=("item-identity",),
        why="A call has another call_id when it is done, so its result is sent back to the wrong one.",
        edit=responses(
            chained(
                altered(every(DONE_ITEM), _all(_item, _other_call_id)),
                altered(every(TERMINAL), _all(_output, _other_call_id)),
            )
        ),
    ),
    Fault(
        id="content-index-missing",
        breaks=("content-index-present",),
        why="Text deltas have no content_index, and stream helpers raise.",
        edit=_lacking(TEXT_DELTA, "content_index"),
    ),
    Fault(
        id="part-never-added",
        breaks=("part-added-first",),
        why="response.content_part.added is never sent, and stream helpers raise on the first delta.",
        edit=_without("response.content_part.added"),
    ),
    Fault(
        id="part-never-done",
        breaks=("part-done",),
        why="response.content_part.done is never sent, so parts stay open in clients that wait for it.",
        edit=_without("response.content_part.done"),
    ),
    Fault(
        id="text-never-done",
        breaks=("text-done-present",),
        why="response.output_text.done is never sent, so clients that take the whole text from it have none.",
        edit=_without("response.output_text.done"),
    ),
    Fault(
        id="text-done-differs",
        breaks=("text-done-agrees",),
        why="response.output_text.done has another text than the deltas, so two clients show two answers.",
        edit=responses(altered(every(of("response.output_text.done")), _wrong_text)),
    ),
    Fault(
        id="text-part-differs",
        breaks=("text-part-agrees",),
        why="The finished part has another text than the deltas.",
        edit=responses(altered(every(of("response.content_part.done")), _wrong_part)),
    ),
    Fault(
        id="text-item-differs",
        breaks=("text-item-agrees",),
        why="The finished item has another text than the deltas.",
        edit=responses(altered(every(DONE_ITEM), _all(_item, _misquoted))),
    ),
    Fault(
        id="text-final-differs",
        breaks=("text-final-agrees",),
        why="The final response has another text than the deltas, and it is the one that SDKs return.",
        edit=responses(altered(every(TERMINAL), _all(_output, _misquoted))),
    ),
    Fault(
        id="arguments-never-done",
        breaks=("arguments-done-present",),
        why="response.function_call_arguments.done is never sent, so clients that wait for it never call.",
        edit=_without("response.function_call_arguments.done"),
    ),
    Fault(
        id="arguments-done-differ",
        breaks=("arguments-done-agrees",),
        why="response.function_call_arguments.done has other arguments than the deltas.",
        edit=responses(
            altered(
                every(of("response.function_call_arguments.done")),
                lambda event: event.update(arguments=OTHER_ARGUMENTS),
            )
        ),
    ),
    Fault(
        id="arguments-item-differ",
        breaks=("arguments-item-agrees",),
        why="The finished call has other arguments than the deltas.",
        edit=responses(altered(every(DONE_ITEM), _all(_item, _miscalled))),
    ),
    Fault(
        id="arguments-final-differ",
        breaks=("arguments-final-agrees",),
        why="The final response has other arguments than the deltas, and they are the ones that SDKs return.",
        edit=responses(altered(every(TERMINAL), _all(_output, _miscalled))),
    ),
    Fault(
        id="summary-done-differs",
        breaks=("summary-done-agrees",),
        why="The finished summary of the reasoning has another text than its deltas.",
        edit=responses(altered(every(of("response.reasoning_summary_text.done")), _wrong_text)),
    ),
    Fault(
        id="response-status-in-progress",
        breaks=("response-status",),
        why="The final response says that it is still in progress, so clients poll for ever.",
        edit=responses(
            sub(every(TERMINAL), rb'"status":"\w+","background"', b'"status":"in_progress","background"')
        ),
    ),
    Fault(
        id="response-usage-null",
        breaks=("response-usage",),
        why="The final response has no usage, so nothing can be billed or counted.",
        edit=responses(altered(every(TERMINAL), lambda event: event["response"].update(usage=None))),
    ),
    Fault(
        id="response-usage-total-wrong",
        breaks=("response-usage-arithmetic",),
        why="total_tokens is not the sum of its parts, so two ways to bill give two results.",
        edit=responses(altered(every(TERMINAL), _wrong_total)),
    ),
    Fault(
        id="response-output-other-ids",
        breaks=("response-output-agrees",),
        why=(
            "The final response lists items with ids that were never streamed, so no item can be referred to."
        ),
        edit=responses(altered(every(TERMINAL), _all(_output, _other_id))),
    ),
    Fault(
        id="response-output-empty",
        breaks=("response-output-agrees", "text-final-agrees", "arguments-final-agrees"),
        cause="An output that lists nothing has neither the streamed items nor their text and arguments.",
        why="The final response has an empty output, and SDK helpers return nothing though all was streamed.",
        edit=responses(altered(every(TERMINAL), lambda event: event["response"].update(output=[]))),
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
        id="created-at-float",
        breaks=("created-at-integer",),
        why="created_at is written as 1788000001.0, and gateways in Go drop the whole stream.",
        edit=responses(sub(every(LIFECYCLE), rb'"created_at":(\d+)', rb'"created_at":\1.0')),
    ),
    Fault(
        id="responses-end-with-done",
        breaks=("responses-done-marker",),
        why="[DONE] follows the terminal event, which parsers of this API take for broken JSON.",
        edit=responses(inserted(last(TERMINAL), data_block("[DONE]"))),
    ),
)
