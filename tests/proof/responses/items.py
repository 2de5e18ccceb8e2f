"""What breaks and what keeps the requirements on the items and parts of a Responses stream."""

from tests.proof.responses.hosted import BEGUN
from tests.proof.streams.edits import (
    behind,
    counted,
    edited,
    every,
    lost,
    moved,
    swapped,
    within,
    without,
)
from tests.proof.streams.handmade import Json, Wire
from tests.proof.streams.hosted_tools import (
    CODE_INTERPRETER,
    MCP,
    PATCH_CALL,
    SHELL,
    SHELL_CALL,
    WEB_SEARCH,
    command_events,
)
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
        WEB_SEARCH,
        "phases-of-another-tool",
        every(b"response.web_search_call.", b"response.file_search_call."),
        breaks="item-event-type",
    ),
    edited(
        CODE_INTERPRETER,
        "phase-of-another-tool-once",
        every(b"response.code_interpreter_call.interpreting", b"response.web_search_call.searching"),
        breaks="item-event-type",
    ),
    edited(
        OPEN_REASONING,
        "text-part-in-reasoning",
        every(b'"type":"reasoning_text"', b'"type":"output_text","annotations":[]'),
        every(b"response.reasoning_text.", b"response.output_text."),
        breaks="item-event-type",
    ),
    wire(
        "shell-command-before-its-item",
        *OPENING,
        command_events(0, 0, "ls")[0],
        *item_events(0, SHELL, SHELL),
        completed(SHELL),
        breaks="item-added-first",
    ),
    wire(
        "shell-command-about-a-message",
        *OPENING,
        *MESSAGE_EVENTS[:-1],
        *command_events(0, 0, "ls"),
        MESSAGE_EVENTS[-1],
        completed(MESSAGE),
        breaks="item-event-type",
    ),
    edited(
        SHELL_CALL,
        "shell-commands-from-one",
        every(b'"command_index":1', b'"command_index":2'),
        every(b'"command_index":0', b'"command_index":1'),
        every(b'["ls -l","pwd"]', b'["","ls -l","pwd"]'),
        breaks="content-index-order",
    ),
    edited(
        SHELL_CALL,
        "shell-command-not-announced",
        counted(lost(line("response.shell_call_command.added"), 1)),
        breaks="part-added-first",
    ),
    edited(
        PATCH_CALL,
        "diff-of-a-search",
        every(b'"type":"apply_patch_call"', b'"type":"local_search_call"'),
        breaks="item-event-type",
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
    edited(TEXT, "item-never-ends", counted(without(DONE_ITEM)), breaks="item-done"),
    edited(WEB_SEARCH, "tool-never-ends", counted(lost(DONE_ITEM, 0)), breaks="item-done"),
    wire(
        "item-announced-again",
        *OPENING,
        MESSAGE_EVENTS[0],
        *MESSAGE_EVENTS,
        completed(MESSAGE),
        breaks=("output-index-unique", "item-done", "response-output-agrees"),
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
        breaks="output-index-unique",
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
    wire(
        "command-before-its-item",
        *OPENING,
        *command_events(0, 0, "ls ", "-l"),
        *item_events(0, BEGUN, SHELL, *command_events(0, 1, "pwd")),
        completed(SHELL),
        breaks=("item-added-first", "content-index-order"),
        cause="The first command is of no item, and so the second is counted as the first.",
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
    edited(
        TEXT,
        "output-index-with-a-gap",
        every(b'"output_index":0', b'"output_index":3'),
        breaks="output-index-order",
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
