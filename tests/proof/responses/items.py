"""What breaks and what keeps the requirements on the items and parts of a Responses stream."""

from tests.proof.responses.calls import TWO_CALLS
from tests.proof.streams.edits import (
    behind,
    counted,
    edited,
    every,
    lost,
    moved,
    nth,
    onwards,
    swapped,
    within,
    without,
)
from tests.proof.streams.handmade import Json, Wire
from tests.proof.streams.hosted_tools import MCP, WEB_SEARCH
from tests.proof.streams.responses import (
    ADDED,
    CALL,
    DONE_ITEM,
    DONE_PART,
    DONE_TEXT,
    FIRST,
    FIRST_EVENTS,
    MESSAGE,
    MESSAGE_EVENTS,
    OPEN_REASONING,
    OPENING,
    PART,
    PARTS,
    REFUSAL,
    SEALED_REASONING,
    SECOND,
    SECOND_EVENTS,
    SUMMARY,
    TEXT,
    completed,
    event,
    item_events,
    line,
    message,
    text_part,
    wire,
)

UNANNOUNCED = "What was not announced is no item of the stream, so the final response has one too many."
NEW_ITEM: Json = {"id": "x_0", "type": "new_tool_call", "status": "completed"}
SEARCHING: Json = {
    "id": "tsc_0",
    "type": "tool_search_call",
    "status": "in_progress",
    "arguments": {},
    "call_id": "call_t1",
    "execution": "client",
}
SEARCHED: Json = {**SEARCHING, "status": "completed", "arguments": {"goal": "weather"}}
TWO_MESSAGES = wire("two-messages", *OPENING, *FIRST_EVENTS, *SECOND_EVENTS, completed(FIRST, SECOND))


def _interleaved(*blocks: tuple[Json, ...]) -> list[Json]:
    """The events of several items in turns."""
    longest = max(map(len, blocks))
    return [block[at] for at in range(longest) for block in blocks if at < len(block)]


BROKEN: tuple[Wire, ...] = (
    edited(
        TEXT,
        "item-unannounced",
        counted(without(ADDED)),
        breaks=("item-added-first", "response-output-agrees"),
        cause=UNANNOUNCED,
    ),
    edited(
        CALL,
        "call-unannounced",
        counted(without(ADDED)),
        breaks=("item-added-first", "response-output-agrees"),
        cause=UNANNOUNCED,
    ),
    edited(
        WEB_SEARCH,
        "tool-announced-late",
        counted(
            swapped(
                b'"type":"web_search_call","status":"in_progress"',
                line("response.web_search_call.in_progress"),
            )
        ),
        breaks="item-added-first",
    ),
    edited(TEXT, "item-never-ends", counted(without(DONE_ITEM)), breaks="item-done"),
    edited(WEB_SEARCH, "tool-never-ends", counted(lost(DONE_ITEM, 0)), breaks="item-done"),
    wire(
        "item-announced-again",
        *OPENING,
        MESSAGE_EVENTS[0],
        *MESSAGE_EVENTS,
        completed(MESSAGE),
        breaks=("item-done", "output-index-order", "response-output-agrees"),
        cause="Of the two that were announced one is left open, and is not in the final response.",
    ),
    edited(TEXT, "item-ends-before-part", counted(swapped(DONE_PART, DONE_ITEM)), breaks="item-late"),
    edited(
        TEXT,
        "item-ends-twice",
        counted(behind(DONE_ITEM, event("response.output_item.done", output_index=0, item=MESSAGE))),
        breaks="item-late",
    ),
    edited(
        TEXT, "output-index-one", every(b'"output_index":0', b'"output_index":1'), breaks="output-index-order"
    ),
    edited(
        SEALED_REASONING,
        "output-index-skips",
        every(b'"output_index":1', b'"output_index":2'),
        breaks="output-index-order",
    ),
    edited(
        SEALED_REASONING,
        "output-index-shared",
        every(b'"output_index":1', b'"output_index":0'),
        breaks="output-index-order",
    ),
    edited(
        TEXT,
        "content-index-one",
        every(b'"content_index":0', b'"content_index":1'),
        breaks="content-index-order",
    ),
    edited(
        PARTS,
        "content-index-skips",
        every(b'"content_index":1', b'"content_index":2'),
        breaks="content-index-order",
    ),
    edited(
        TEXT, "item-id-other", nth(2, b'"item_id":"msg_0"', b'"item_id":"msg_7"'), breaks="item-id-matches"
    ),
    edited(
        WEB_SEARCH,
        "item-id-other-in-phase",
        nth(1, b'"item_id":"ws_0"', b'"item_id":"ws_1"'),
        breaks="item-id-matches",
    ),
    edited(TEXT, "item-id-new-at-end", onwards(DONE_ITEM, b"msg_0", b"msg_9"), breaks="item-identity"),
    edited(CALL, "call-id-new-at-end", onwards(DONE_ITEM, b"call_a1", b"call_z9"), breaks="item-identity"),
    edited(
        CALL, "call-name-new-at-end", onwards(DONE_ITEM, b'"weather"', b'"climate"'), breaks="item-identity"
    ),
    edited(
        CALL,
        "arguments-of-another-name",
        within(line("response.function_call_arguments.done"), b'"weather"', b'"climate"'),
        breaks="item-identity",
    ),
    edited(
        TWO_MESSAGES,
        "item-id-twice",
        every(b'"msg_1"', b'"msg_0"'),
        breaks="item-id-unique",
    ),
    edited(TWO_CALLS, "call-item-id-twice", every(b'"fc_1"', b'"fc_0"'), breaks="item-id-unique"),
    edited(
        TWO_CALLS,
        "call-item-id-twice-when-done",
        every(b'"fc_1"', b'"fc_0"'),
        within(ADDED, b'"id":"fc_0",', b"", 0),
        within(ADDED, b'"id":"fc_0",', b"", 1),
        breaks=("item-id-unique", "item-added-fresh"),
        cause="Ids that are told late are not there at first.",
    ),
    edited(
        CALL,
        "call-as-custom-tool",
        every(b"function_call_arguments", b"custom_tool_call_input"),
        every(
            b'"type":"response.custom_tool_call_input.done","item_id":"fc_0","output_index":0,"name":"weather","arguments"',
            b'"type":"response.custom_tool_call_input.done","item_id":"fc_0","output_index":0,"input"',
        ),
        breaks="item-event-type",
    ),
    edited(
        MCP,
        "mcp-as-function",
        every(b"response.mcp_call_arguments", b"response.function_call_arguments"),
        every(
            b'"arguments":"{\\"dice\\":\\"2d4\\"}","sequence',
            b'"name":"roll","arguments":"{\\"dice\\":\\"2d4\\"}","sequence',
        ),
        breaks="item-event-type",
    ),
    edited(TEXT, "part-unannounced", counted(without(PART)), breaks="part-added-first"),
    edited(REFUSAL, "refusal-unannounced", counted(without(PART)), breaks="part-added-first"),
    edited(
        SUMMARY,
        "summary-unannounced",
        counted(without(line("response.reasoning_summary_part.added"))),
        breaks="part-added-first",
    ),
    edited(
        TEXT,
        "part-announced-twice",
        counted(
            behind(
                PART,
                event(
                    "response.content_part.added",
                    item_id="msg_0",
                    output_index=0,
                    content_index=0,
                    part=text_part(""),
                ),
            )
        ),
        breaks="part-added-once",
    ),
    edited(
        TEXT,
        "text-done-twice",
        counted(
            behind(
                DONE_TEXT,
                event(
                    "response.output_text.done",
                    item_id="msg_0",
                    output_index=0,
                    content_index=0,
                    text="Hello, world!",
                    logprobs=[],
                ),
            )
        ),
        breaks="part-added-once",
    ),
    edited(
        TEXT,
        "delta-empty-and-late",
        counted(
            behind(
                DONE_TEXT,
                event(
                    "response.output_text.delta",
                    item_id="msg_0",
                    output_index=0,
                    content_index=0,
                    delta="",
                    logprobs=[],
                ),
            )
        ),
        breaks="part-added-once",
    ),
    edited(
        WEB_SEARCH,
        "annotation-after-its-part",
        counted(moved(b'"annotation_index":0', DONE_PART)),
        breaks="part-added-once",
    ),
    edited(TEXT, "part-never-ends", counted(without(DONE_PART)), breaks="part-done"),
    edited(TEXT, "text-never-ends", counted(without(DONE_TEXT)), breaks="text-done-present"),
    edited(
        OPEN_REASONING,
        "reasoning-text-never-ends",
        counted(without(line("response.reasoning_text.done"))),
        breaks="text-done-present",
    ),
)

LEGAL: tuple[Wire, ...] = (
    TWO_MESSAGES,
    wire(
        "items-overlap",
        *OPENING,
        *_interleaved(FIRST_EVENTS, SECOND_EVENTS),
        completed(FIRST, SECOND),
        breaks="items-overlap",
    ),
    wire(
        "unknown-item",
        *OPENING,
        *item_events(0, {**NEW_ITEM, "status": "in_progress"}, NEW_ITEM),
        *SECOND_EVENTS,
        completed(NEW_ITEM, SECOND),
    ),
    wire(
        "message-with-phase",
        *OPENING,
        *item_events(
            0,
            {**message("msg_0", status="in_progress"), "phase": "final_answer"},
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
    wire("tool-search", *OPENING, *item_events(0, SEARCHING, SEARCHED), completed(SEARCHED)),
    wire(
        "tool-search-renamed",
        *OPENING,
        *item_events(0, SEARCHING, {**SEARCHED, "call_id": "call_t2"}),
        completed({**SEARCHED, "call_id": "call_t2"}),
    ),
    edited(
        MCP,
        "mcp-arguments-done-with-a-name",
        within(line("response.mcp_call_arguments.done"), b'"arguments":', b'"name":"main.py","arguments":'),
    ),
)
