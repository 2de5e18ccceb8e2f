"""What breaks and what keeps the requirements on the states of items, of parts and of hosted tools."""

from tests.proof.responses.calls import UNSAID, UNSAID_EVENTS
from tests.proof.streams.edits import (
    Change,
    behind,
    counted,
    edited,
    every,
    lost,
    nth,
    onwards,
    swapped,
    within,
)
from tests.proof.streams.handmade import Json, Wire, compact
from tests.proof.streams.hosted_tools import (
    CITATION,
    CODE_INTERPRETER,
    CUSTOM_TOOL,
    FILE_SEARCH,
    IMAGE_GENERATION,
    LISTED,
    MCP,
    PATCH,
    WEB_SEARCH,
)
from tests.proof.streams.responses import (
    ADDED,
    ASKS,
    CALL,
    DELTA,
    DONE_ITEM,
    EMPTY_PART,
    FIRST,
    FIRST_EVENTS,
    HELLO,
    MESSAGE,
    MESSAGE_EVENTS,
    OPENING,
    PART,
    REFUSAL,
    SEALED_REASONING,
    SUMMARY,
    TEXT,
    WEATHER,
    about,
    completed,
    event,
    function_call,
    incomplete,
    item_events,
    line,
    message,
    message_events,
    wire,
)

SEARCHING, SEARCHED = line("response.web_search_call.searching"), line("response.web_search_call.completed")
SEARCH_BEGUN = "response.web_search_call.in_progress"
MCP_CALLED = line("response.mcp_call.completed")
DELETION: Json = {**PATCH, "status": "in_progress", "operation": {"type": "delete_file", "path": "a.txt"}}
CUT_DELETION: Json = {**DELETION, "status": "incomplete"}
INTERPRETING = "response.code_interpreter_call.interpreting"
CUT_FIRST = b'"msg_0","type":"message","status":"incomplete"'
BEGUN = b'"status":"in_progress"'
WITHOUT_STATUS = {key: value for key, value in UNSAID.items() if key != "status"}
CUT_CALLS = [function_call(place, f"call_a{place}", "weather", '{"ci', "incomplete") for place in (0, 1)]
CUT_EVENTS, CUT = message_events(1, "Two", status="incomplete")
CUT_SECOND = wire("second-message-cut", *OPENING, *FIRST_EVENTS, *CUT_EVENTS, incomplete(FIRST, CUT))
UNKNOWN_PART: Json = {"type": "output_note", "text": "Hello", "annotations": []}
NOTE = message("msg_0", UNKNOWN_PART)


def noted(id: str, begun: Json) -> Wire:
    """A message of a part that nobody knows, which is announced like this."""
    told = about(0, NOTE, "content_part.added", content_index=0, part=begun)
    done = about(0, NOTE, "content_part.done", content_index=0, part=UNKNOWN_PART)
    events = item_events(0, message("msg_0", status="in_progress"), NOTE, told, done)
    return wire(id, *OPENING, *events, completed(NOTE))


def _cut(kind: str) -> Change:
    """The hosted tool incomplete at its end, before an answer that is complete."""
    return onwards(
        DONE_ITEM,
        b'"type":"%s","status":"completed"' % kind.encode(),
        b'"type":"%s","status":"incomplete"' % kind.encode(),
    )


BROKEN: tuple[Wire, ...] = (
    edited(
        WEB_SEARCH,
        "phase-begins-again",
        counted(
            behind(SEARCHING, event("response.web_search_call.in_progress", item_id="ws_0", output_index=0))
        ),
        breaks="hosted-tool-phases",
    ),
    edited(
        MCP,
        "mcp-call-begins-after-its-end",
        counted(behind(MCP_CALLED, event("response.mcp_call.in_progress", item_id="mcp_1", output_index=1))),
        breaks="hosted-tool-phases",
    ),
    edited(
        TEXT, "done-in-progress", within(DONE_ITEM, b'"completed"', b'"in_progress"'), breaks="item-status"
    ),
    edited(
        CALL, "done-without-status", within(DONE_ITEM, b'"status":"completed",', b""), breaks="item-status"
    ),
    edited(
        WEB_SEARCH,
        "search-done-in-progress",
        within(DONE_ITEM, b'"status":"completed"', b'"status":"searching"', 0),
        breaks="item-status",
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
        REFUSAL,
        "refusal-in-text-part",
        within(PART, b'{"type":"refusal","refusal":""}', EMPTY_PART),
        breaks="part-type",
    ),
    edited(
        TEXT,
        "part-added-with-text",
        counted(lost(DELTA, 0)),
        within(PART, b'"text":""', b'"text":"Hel"'),
        breaks="part-added-empty",
    ),
    edited(
        WEB_SEARCH,
        "part-added-with-annotation",
        within(PART, b'"annotations":[]', b'"annotations":[%s]' % compact(CITATION).encode()),
        breaks="part-added-empty",
    ),
    edited(
        SUMMARY,
        "summary-part-added-with-text",
        counted(lost(line("response.reasoning_summary_text.delta"), 0)),
        within(line("response.reasoning_summary_part.added"), b'"text":""', b'"text":"I gr"'),
        breaks="part-added-empty",
    ),
    edited(
        TEXT,
        "part-added-with-mojibake",
        counted(lost(DELTA, 0)),
        within(PART, b'"text":""', '"text":"\ufffdHel"'.encode()),
        every(HELLO, "\ufffdHello, world!".encode()),
        breaks=("part-added-empty", "text-replacement"),
        cause="A text that begins in its announcement is none that comes after it.",
    ),
    edited(
        CALL,
        "call-added-without-status",
        within(ADDED, BEGUN + b",", b""),
        breaks="item-added-fresh",
    ),
    edited(CALL, "call-added-without-id", within(ADDED, b'"id":"fc_0",', b""), breaks="item-added-fresh"),
    edited(
        TEXT,
        "message-added-with-content",
        within(ADDED, b'"content":[]', b'"content":[%s]' % EMPTY_PART),
        breaks="item-added-fresh",
    ),
    edited(
        CALL,
        "call-added-with-arguments",
        counted(lost(line("response.function_call_arguments.delta"), 0)),
        within(ADDED, b'"arguments":""', b'"arguments":"{\\"ci"'),
        breaks="item-added-fresh",
    ),
    edited(
        CUSTOM_TOOL,
        "custom-tool-added-incomplete",
        within(ADDED, b'"in_progress"', b'"incomplete"'),
        breaks="item-added-fresh",
    ),
    edited(
        SUMMARY,
        "reasoning-added-with-summary",
        within(ADDED, b'"summary":[]', b'"summary":[{"type":"summary_text","text":"I greet."}]', 0),
        breaks="item-added-fresh",
    ),
    edited(
        CUT_SECOND,
        "first-message-cut",
        onwards(DONE_ITEM, b'"msg_0","type":"message","status":"completed"', CUT_FIRST),
        breaks="item-incomplete-last",
    ),
    edited(
        IMAGE_GENERATION,
        "partial-images-from-one",
        every(b'"partial_image_index":1', b'"partial_image_index":2'),
        every(b'"partial_image_index":0', b'"partial_image_index":1'),
        breaks="partial-image-index",
    ),
    edited(
        IMAGE_GENERATION,
        "partial-images-alike",
        every(b'"partial_image_index":1', b'"partial_image_index":0'),
        breaks="partial-image-index",
    ),
)

LEGAL: tuple[Wire, ...] = (
    edited(
        MCP,
        "mcp-call-in-progress-twice",
        counted(
            behind(
                line("response.mcp_call_arguments.done"),
                event("response.mcp_call.in_progress", item_id="mcp_1", output_index=1),
            )
        ),
    ),
    wire("patch-cut", *OPENING, *item_events(0, DELETION, CUT_DELETION), incomplete(CUT_DELETION)),
    # Items as they are announced
    wire(
        "added-already-completed",
        *OPENING,
        *item_events(0, message("msg_0"), MESSAGE, *MESSAGE_EVENTS[1:-1]),
        completed(MESSAGE),
    ),
    edited(
        SEALED_REASONING, "sealed-later", nth(0, b'"encrypted_content":"gAAAAABo"', b'"encrypted_content":""')
    ),
    noted("part-unknown-and-whole", UNKNOWN_PART),
    noted("part-unknown-and-whole-at-its-end", {**UNKNOWN_PART, "text": ""}),
    edited(WEB_SEARCH, "web-search-at-once", within(ADDED, BEGUN, b'"status":"searching"', 0)),
    edited(CODE_INTERPRETER, "code-interpreter-at-once", within(ADDED, BEGUN, b'"status":"interpreting"', 0)),
    edited(IMAGE_GENERATION, "image-at-once", within(ADDED, BEGUN, b'"status":"generating"', 0)),
    edited(MCP, "mcp-at-once", within(ADDED, BEGUN, b'"status":"calling"', 1)),
    edited(
        MCP,
        "mcp-tools-known",
        within(ADDED, b'"tools":[]', b'"tools":%s' % compact(LISTED["tools"]).encode(), 0),
    ),
    edited(
        MCP,
        "mcp-without-status",
        within(ADDED, BEGUN + b",", b"", 1),
        onwards(DONE_ITEM, b'"type":"mcp_call","status":"completed",', b'"type":"mcp_call",'),
    ),
    edited(
        CUSTOM_TOOL,
        "custom-tool-without-status",
        within(ADDED, BEGUN + b",", b""),
        onwards(DONE_ITEM, b'"type":"custom_tool_call","status":"completed",', b'"type":"custom_tool_call",'),
    ),
    # Items as they end
    edited(
        SUMMARY,
        "summary-with-status",
        every(b'"type":"reasoning"', b'"type":"reasoning","status":"completed"'),
    ),
    edited(
        MCP,
        "mcp-failed",
        every(b'"status":"completed","approval', b'"status":"failed","approval'),
        every(b"response.mcp_call.completed", b"response.mcp_call.failed"),
    ),
    CUT_SECOND,
    wire(
        "call-cut-without-status",
        *OPENING,
        *UNSAID_EVENTS[:-1],
        {**UNSAID_EVENTS[-1], "item": WITHOUT_STATUS},
        incomplete(WITHOUT_STATUS),
        asks={"tools": [WEATHER]},
        breaks=("item-status", "response-tools-listed"),
        cause="The response lists no tools, as no hand-made one does.",
    ),
    wire(
        "calls-cut-together",
        *OPENING,
        *(event for pair in zip(*(events for events, _ in CUT_CALLS), strict=True) for event in pair),
        incomplete(*(item for _, item in CUT_CALLS)),
        breaks="items-overlap",
    ),
    edited(CODE_INTERPRETER, "code-interpreter-cut", _cut("code_interpreter_call")),
    edited(FILE_SEARCH, "file-search-cut", _cut("file_search_call")),
)
