"""Faults of the items of a Responses stream and of their parts."""

from conformance.reference.faults.edit import (
    ANY,
    ARGUMENTS_DELTA,
    ARGUMENTS_DONE,
    DELTA,
    DONE_ITEM,
    TERMINAL,
    TEXT_DELTA,
    altered,
    chained,
    doubled,
    each,
    every,
    first,
    item,
    lacking,
    last,
    moved,
    of,
    output,
    renumbered,
    responses,
    sub,
    without,
)
from conformance.reference.faults.fault import Fault
from conformance.reference.wire import Json

DONE_PART = of("response.content_part.done")


def _other_id(entry: Json) -> None:
    entry["id"] += "0"


def _other_call_id(entry: Json) -> None:
    if "call_id" in entry:
        entry["call_id"] += "0"


FAULTS = (
    Fault(
        id="output-index-missing",
        breaks=("output-index-present",),
        why="Deltas have no output_index, so clients cannot tell which item they belong to.",
        edit=lacking(DELTA, "output_index"),
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
        id="output-index-zero",
        breaks=("output-index-unique",),
        why="Every item has output_index 0, and both SDKs raise at the second.",
        edit=responses(sub(every(ANY), rb'"output_index":\d+', b'"output_index":0')),
    ),
    Fault(
        id="item-ids-empty",
        breaks=("item-id-nonempty",),
        why="Items and the events about them have an empty id; openai-node raises.",
        edit=responses(sub(every(ANY), rb'("(?:item_)?id":)"(?!resp_)[^"]+"', rb'\1""')),
    ),
    Fault(
        id="call-ids-empty",
        breaks=("item-id-nonempty",),
        why="Calls have an empty call_id, so that no result can be sent back.",
        edit=responses(sub(every(ANY), rb'"call_id":"[^"]+"', b'"call_id":""')),
    ),
    Fault(
        id="item-status-of-its-own",
        breaks=("status-known", "item-status"),
        cause="The schema says nothing of the status of a call of a custom tool.",
        why="Items that are done have a status that nobody else knows; strictly typed clients refuse them.",
        edit=responses(
            sub(every(DONE_ITEM), rb'"status":"\w+"', b'"status":"finished"'),
        ),
    ),
    Fault(
        id="item-id-missing",
        breaks=("item-id-present",),
        why="Deltas have no item_id, so clients that collect by item drop them.",
        edit=lacking(DELTA, "item_id"),
    ),
    Fault(
        id="item-id-unknown",
        breaks=("item-id-matches",),
        why="Deltas name an item that was never announced, and the AI SDK raises.",
        edit=responses(sub(every(DELTA), rb'"item_id":"', b'"item_id":"other_')),
    ),
    Fault(
        id="item-never-added",
        breaks=(
            *("item-added-first", "response-output-agrees", "reasoning-item"),
            *("twin-text", "twin-tool-calls"),
        ),
        cause=(
            "What was not announced is no item of the stream, reasoning included. Without streaming all is "
            "there."
        ),
        why="response.output_item.added is never sent, and stream helpers raise on the first delta.",
        edit=without("response.output_item.added"),
    ),
    Fault(
        id="item-never-done",
        breaks=("item-done",),
        why="response.output_item.done is never sent, so clients that act on finished items do nothing.",
        edit=without("response.output_item.done"),
    ),
    Fault(
        id="item-id-changes-at-the-end",
        breaks=("item-identity",),
        why="Items have another id when they are done than when they were added, and openai-python raises.",
        edit=responses(
            chained(
                altered(every(DONE_ITEM), each(item, _other_id)),
                altered(every(TERMINAL), each(output, _other_id)),
            )
        ),
    ),
    Fault(
        id="call-id-changes-at-the-end",
        breaks=("item-identity",),
        why="A call has another call_id when it is done, so its result is sent back to the wrong one.",
        edit=responses(
            chained(
                altered(every(DONE_ITEM), each(item, _other_call_id)),
                altered(every(TERMINAL), each(output, _other_call_id)),
            )
        ),
    ),
    Fault(
        id="content-index-missing",
        breaks=("content-index-present",),
        why="Text deltas have no content_index, and stream helpers raise.",
        edit=lacking(TEXT_DELTA, "content_index"),
    ),
    Fault(
        id="part-never-added",
        breaks=("part-added-first",),
        why="response.content_part.added is never sent, and stream helpers raise on the first delta.",
        edit=without("response.content_part.added"),
    ),
    Fault(
        id="part-never-done",
        breaks=("part-done",),
        why="response.content_part.done is never sent, so parts stay open in clients that wait for it.",
        edit=without("response.content_part.done"),
    ),
    Fault(
        id="text-never-done",
        breaks=("text-done-present",),
        why="response.output_text.done is never sent, so clients that take the whole text from it have none.",
        edit=without("response.output_text.done"),
    ),
    Fault(
        id="item-done-early",
        breaks=("item-late",),
        why="The item is declared done before its part is, and clients that have put it away raise.",
        edit=responses(renumbered(moved(last(DONE_PART), last(DONE_ITEM)))),
    ),
    Fault(
        id="item-status-in-progress",
        breaks=("item-status",),
        why="Items that are done say that they are in progress, so clients wait on for them.",
        edit=responses(sub(every(DONE_ITEM), rb'"status":"\w+"', b'"status":"in_progress"')),
    ),
    Fault(
        id="part-of-another-type",
        breaks=("part-type", "twin-text"),
        cause="The stream has a refusal where its twin has a text.",
        why="A part is announced as a refusal and then filled with text; openai-node raises.",
        edit=responses(
            sub(
                every(of("response.content_part.added")),
                rb'\{"type":"output_text".*?"text":""\}',
                b'{"type":"refusal","refusal":""}',
            )
        ),
    ),
    Fault(
        id="item-events-of-another-kind",
        breaks=("item-event-type",),
        why="The arguments of a function call come in events of MCP calls; openai-node raises.",
        edit=responses(
            sub(
                every(ARGUMENTS_DELTA + rb"|" + ARGUMENTS_DONE),
                rb"response\.function_call_arguments",
                b"response.mcp_call_arguments",
            )
        ),
    ),
    Fault(
        id="content-index-from-one",
        breaks=("content-index-order",),
        why="The only part has content_index 1, and clients that look for part 0 raise.",
        edit=responses(sub(every(ANY), rb'"content_index":0', b'"content_index":1')),
    ),
    Fault(
        id="part-added-twice",
        breaks=("part-added-once",),
        why="response.content_part.added comes twice, and openai-node keeps an empty part beside the text.",
        edit=responses(renumbered(doubled(first(of("response.content_part.added"))))),
    ),
)
