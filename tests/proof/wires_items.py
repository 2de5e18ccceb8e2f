"""Broken wires: items of Responses streams and their parts."""

from tests.proof.responses_edits import (
    ADDED,
    DONE_ITEM,
    DONE_PART,
    DONE_TEXT,
    PART,
    counted,
    event,
    line,
    lost,
    onwards,
    within,
)
from tests.proof.responses_streams import (
    ASKS,
    CALL,
    MESSAGE,
    OPEN_REASONING,
    PARTS,
    REFUSAL,
    SEALED_REASONING,
    SUMMARY,
    TEXT,
    text_part,
)
from tests.proof.responses_tools import CITATION, CODE_INTERPRETER, MCP, WEB_SEARCH
from tests.proof.wire import (
    Wire,
    behind,
    compact,
    edited,
    every,
    nth,
    once,
    swapped,
    without,
)

UNANNOUNCED = "What was not announced is no item of the stream, so the final response has one too many."
ITEMS = (
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
    edited(TEXT, "item-id-absent", nth(0, b'"item_id":"msg_0",', b""), breaks="item-id-present"),
    edited(TEXT, "item-id-number", nth(3, b'"item_id":"msg_0"', b'"item_id":0'), breaks="item-id-present"),
    edited(
        TEXT, "item-id-other", nth(2, b'"item_id":"msg_0"', b'"item_id":"msg_7"'), breaks="item-id-matches"
    ),
    edited(
        WEB_SEARCH,
        "item-id-other-in-phase",
        nth(1, b'"item_id":"ws_0"', b'"item_id":"ws_1"'),
        breaks="item-id-matches",
    ),
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
    edited(
        TEXT,
        "output-index-float",
        nth(
            1, b'"output_index":0,"content_index":0,"delta"', b'"output_index":0.0,"content_index":0,"delta"'
        ),
        breaks="output-index-present",
    ),
    edited(TEXT, "item-never-ends", counted(without(DONE_ITEM)), breaks="item-done"),
    edited(WEB_SEARCH, "tool-never-ends", counted(lost(DONE_ITEM, 0)), breaks="item-done"),
    edited(TEXT, "item-ends-before-part", counted(swapped(DONE_PART, DONE_ITEM)), breaks="item-late"),
    edited(
        TEXT,
        "item-ends-twice",
        counted(behind(DONE_ITEM, event("response.output_item.done", output_index=0, item=MESSAGE))),
        breaks="item-late",
    ),
    edited(TEXT, "item-id-new-at-end", onwards(DONE_ITEM, b"msg_0", b"msg_9"), breaks="item-identity"),
    edited(CALL, "call-id-new-at-end", onwards(DONE_ITEM, b"call_a1", b"call_z9"), breaks="item-identity"),
    edited(
        CALL, "call-name-new-at-end", onwards(DONE_ITEM, b'"weather"', b'"climate"'), breaks="item-identity"
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
)


PIECES = (
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
    edited(TEXT, "part-never-ends", counted(without(DONE_PART)), breaks="part-done"),
    edited(TEXT, "text-never-ends", counted(without(DONE_TEXT)), breaks="text-done-present"),
    edited(
        OPEN_REASONING,
        "reasoning-text-never-ends",
        counted(without(line("response.reasoning_text.done"))),
        breaks="text-done-present",
    ),
)


SEARCHING, SEARCHED = line("response.web_search_call.searching"), line("response.web_search_call.completed")
INTERPRETING = "response.code_interpreter_call.interpreting"
STATES = (
    edited(
        TEXT,
        "created-with-output",
        nth(0, b'"output":[]', b'"output":[%s]' % compact(MESSAGE).encode()),
        breaks="response-created-empty",
    ),
    edited(
        TEXT, "done-in-progress", within(DONE_ITEM, b'"completed"', b'"in_progress"'), breaks="item-status"
    ),
    edited(
        CALL, "done-without-status", within(DONE_ITEM, b'"status":"completed",', b""), breaks="item-status"
    ),
    edited(
        WEB_SEARCH, "phases-out-of-order", counted(swapped(SEARCHING, SEARCHED)), breaks="hosted-tool-phases"
    ),
    edited(
        CODE_INTERPRETER,
        "phase-twice",
        counted(behind(line(INTERPRETING), event(INTERPRETING, item_id="ci_0", output_index=0))),
        breaks="hosted-tool-phases",
    ),
    edited(
        TEXT,
        "limit-reached-and-completed",
        breaks="response-length-status",
        asks={**ASKS, "max_output_tokens": 5},
        promises=("responses-length",),
    ),
    edited(
        WEB_SEARCH,
        "annotation-other",
        within(DONE_ITEM, b"https://example.com/weather", b"https://example.com/other"),
        breaks="annotations-agree",
    ),
    edited(
        WEB_SEARCH,
        "annotation-lost",
        within(DONE_ITEM, compact(CITATION).encode(), b""),
        breaks="annotations-agree",
    ),
    edited(
        REFUSAL,
        "refusal-in-text-part",
        within(PART, b'{"type":"refusal","refusal":""}', compact(text_part("")).encode()),
        breaks="part-type",
    ),
)

WIRES: tuple[Wire, ...] = (*ITEMS, *PIECES, *STATES)
