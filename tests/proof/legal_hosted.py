"""Legal Responses streams whose hosted tools begin, go on or end as few do."""

from tests.proof.responses_edits import ADDED, DONE_ITEM, line, onwards, within
from tests.proof.responses_streams import OPENING, about, completed, item_events, wire
from tests.proof.responses_tools import (
    ANSWER,
    ANSWER_EVENTS,
    CODE_INTERPRETER,
    CUSTOM_TOOL,
    FILE_SEARCH,
    IMAGE_GENERATION,
    LISTED,
    MCP,
    WEB_SEARCH,
    phases,
)
from tests.proof.wire import Change, Json, compact, edited

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


def command(kind: str, **fields: object) -> Json:
    """An event about a command of the shell."""
    return {"type": f"response.shell_call_command.{kind}", "output_index": 0, "command_index": 0, **fields}


def printed(kind: str, **fields: object) -> Json:
    """An event about what a command printed."""
    return about(1, PRINTED, f"shell_call_output_content.{kind}", command_index=0, **fields)


def _cut(kind: str) -> Change:
    """The hosted tool incomplete at its end, before an answer that is complete."""
    return onwards(
        DONE_ITEM,
        b'"type":"%s","status":"completed"' % kind.encode(),
        b'"type":"%s","status":"incomplete"' % kind.encode(),
    )


EVENTS = (
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
    edited(
        MCP,
        "mcp-arguments-done-with-a-name",
        within(line("response.mcp_call_arguments.done"), b'"arguments":', b'"name":"main.py","arguments":'),
    ),
)
BEGUN = b'"status":"in_progress"'
STATES = (
    edited(CODE_INTERPRETER, "code-interpreter-cut", _cut("code_interpreter_call")),
    edited(FILE_SEARCH, "file-search-cut", _cut("file_search_call")),
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
        within(ADDED, b'"status":"in_progress",', b"", 1),
        onwards(DONE_ITEM, b'"type":"mcp_call","status":"completed",', b'"type":"mcp_call",'),
    ),
    edited(
        CUSTOM_TOOL,
        "custom-tool-without-status",
        within(ADDED, b'"status":"in_progress",', b""),
        onwards(DONE_ITEM, b'"type":"custom_tool_call","status":"completed",', b'"type":"custom_tool_call",'),
    ),
)

LEGAL = (*EVENTS, *STATES)
