"""Legal Responses streams with the tools that the endpoint runs itself, custom tools, and speech."""

from tests.proof.streams.handmade import Json
from tests.proof.streams.responses import (
    OPENING,
    about,
    completed,
    item_events,
    message,
    message_events,
    part_events,
    text_events,
    text_part,
    wire,
)

ANSWER_EVENTS, ANSWER = message_events(1, "It is ", "cold.")


def phases(index: int, item: Json, *names: str) -> tuple[Json, ...]:
    """The phases of a hosted tool."""
    return tuple(about(index, item, f"{item['type']}.{name}") for name in names)


CUSTOM: Json = {
    "id": "ctc_0",
    "type": "custom_tool_call",
    "status": "completed",
    "call_id": "call_c3",
    "input": "SELECT city\nFROM places",
    "name": "sql",
}
CUSTOM_TOOL = wire(
    "responses-custom-tool",
    *OPENING,
    *item_events(
        0,
        {**CUSTOM, "status": "in_progress", "input": ""},
        CUSTOM,
        about(0, CUSTOM, "custom_tool_call_input.delta", delta="SELECT city\n"),
        about(0, CUSTOM, "custom_tool_call_input.delta", delta="FROM places"),
        about(0, CUSTOM, "custom_tool_call_input.done", input="SELECT city\nFROM places"),
    ),
    completed(CUSTOM),
)

SEARCH: Json = {
    "id": "ws_0",
    "type": "web_search_call",
    "status": "completed",
    "action": {"type": "search", "query": "weather in Oslo"},
}
CITATION = {
    "type": "url_citation",
    "start_index": 0,
    "end_index": 10,
    "title": "Weather",
    "url": "https://example.com/weather",
}
CITED_PART = text_part("It is cold.", CITATION)
CITED = message("msg_1", CITED_PART)
WEB_SEARCH = wire(
    "responses-web-search",
    *OPENING,
    *item_events(
        0,
        {"id": "ws_0", "type": "web_search_call", "status": "in_progress"},
        SEARCH,
        *phases(0, SEARCH, "in_progress", "searching", "completed"),
    ),
    *item_events(
        1,
        message("msg_1", status="in_progress"),
        CITED,
        *part_events(
            1,
            CITED,
            CITED_PART,
            0,
            *text_events(1, CITED, "It is ", "cold.")[:2],
            about(
                1,
                CITED,
                "output_text.annotation.added",
                content_index=0,
                annotation_index=0,
                annotation=CITATION,
            ),
            *text_events(1, CITED, "It is ", "cold.")[2:],
        ),
    ),
    completed(SEARCH, CITED),
)

FILES: Json = {
    "id": "fs_0",
    "type": "file_search_call",
    "status": "completed",
    "queries": ["weather"],
    "results": None,
}
FILE_SEARCH = wire(
    "responses-file-search",
    *OPENING,
    *item_events(
        0,
        {**FILES, "status": "in_progress", "queries": []},
        FILES,
        *phases(0, FILES, "in_progress", "searching", "completed"),
    ),
    *ANSWER_EVENTS,
    completed(FILES, ANSWER),
)

CODE: Json = {
    "id": "ci_0",
    "type": "code_interpreter_call",
    "status": "completed",
    "code": "print(6*7)",
    "container_id": "cntr_1",
    "outputs": [{"type": "logs", "logs": "42\n"}],
}
CODE_INTERPRETER = wire(
    "responses-code-interpreter",
    *OPENING,
    *item_events(
        0,
        {**CODE, "status": "in_progress", "code": "", "outputs": None},
        CODE,
        *phases(0, CODE, "in_progress"),
        about(0, CODE, "code_interpreter_call_code.delta", delta="print("),
        about(0, CODE, "code_interpreter_call_code.delta", delta="6*7)"),
        about(0, CODE, "code_interpreter_call_code.done", code="print(6*7)"),
        *phases(0, CODE, "interpreting", "completed"),
    ),
    *ANSWER_EVENTS,
    completed(CODE, ANSWER),
)

LISTED: Json = {
    "id": "mcpl_0",
    "type": "mcp_list_tools",
    "server_label": "dice",
    "tools": [{"name": "roll", "description": "Rolls dice.", "annotations": None, "input_schema": {}}],
}
ROLLED: Json = {
    "id": "mcp_1",
    "type": "mcp_call",
    "status": "completed",
    "approval_request_id": None,
    "arguments": '{"dice":"2d4"}',
    "error": None,
    "name": "roll",
    "output": "6",
    "server_label": "dice",
}
LAST_EVENTS, LAST = message_events(2, "You rolled ", "6.")
MCP = wire(
    "responses-mcp",
    *OPENING,
    *item_events(0, {**LISTED, "tools": []}, LISTED, *phases(0, LISTED, "in_progress", "completed")),
    *item_events(
        1,
        {**ROLLED, "status": "in_progress", "arguments": "", "output": None},
        ROLLED,
        *phases(1, ROLLED, "in_progress"),
        about(1, ROLLED, "mcp_call_arguments.delta", delta='{"dice":"2d4"}'),
        about(1, ROLLED, "mcp_call_arguments.done", arguments='{"dice":"2d4"}'),
        *phases(1, ROLLED, "completed"),
    ),
    *LAST_EVENTS,
    completed(LISTED, ROLLED, LAST),
)

IMAGE: Json = {
    "id": "ig_0",
    "type": "image_generation_call",
    "status": "completed",
    "background": "opaque",
    "output_format": "png",
    "quality": "low",
    "result": "iVBORw0KGgo=",
    "revised_prompt": "A cat.",
    "size": "1024x1024",
}
IMAGE_GENERATION = wire(
    "responses-image",
    *OPENING,
    *item_events(
        0,
        {"id": "ig_0", "type": "image_generation_call", "status": "in_progress"},
        IMAGE,
        *phases(0, IMAGE, "in_progress", "generating"),
        *(
            about(
                0,
                IMAGE,
                "image_generation_call.partial_image",
                partial_image_index=number,
                partial_image_b64="iVBORw0KGgo=",
            )
            for number in (0, 1)
        ),
        *phases(0, IMAGE, "completed"),
    ),
    *ANSWER_EVENTS,
    completed(IMAGE, ANSWER),
)
SHELL: Json = {
    "id": "sh_0",
    "type": "shell_call",
    "status": "completed",
    "call_id": "call_s1",
    "action": {"commands": ["ls -l", "pwd"], "timeout_ms": None, "max_output_length": None},
    "environment": None,
}


def command_events(index: int, place: int, *said: str) -> tuple[Json, ...]:
    """A command of a shell call from its announcement to its end; its events name no item."""
    where = {"output_index": index, "command_index": place}
    kind = "response.shell_call_command"
    return (
        {"type": f"{kind}.added", **where, "command": ""},
        *({"type": f"{kind}.delta", **where, "delta": delta} for delta in said),
        {"type": f"{kind}.done", **where, "command": "".join(said)},
    )


SHELL_CALL = wire(
    "responses-shell",
    *OPENING,
    *item_events(
        0,
        {**SHELL, "status": "in_progress", "action": {**SHELL["action"], "commands": []}},
        SHELL,
        *command_events(0, 0, "ls ", "-l"),
        *command_events(0, 1, "pwd"),
    ),
    completed(SHELL),
)

PATCH: Json = {
    "id": "apc_0",
    "type": "apply_patch_call",
    "status": "completed",
    "call_id": "call_p1",
    "operation": {"type": "update_file", "path": "a.txt", "diff": "@@\n-one\n+two\n"},
}
PATCH_CALL = wire(
    "responses-apply-patch",
    *OPENING,
    *item_events(
        0,
        {**PATCH, "status": "in_progress", "operation": {**PATCH["operation"], "diff": ""}},
        PATCH,
        about(0, PATCH, "apply_patch_call_operation_diff.delta", delta="@@\n-one\n", obfuscation="k3"),
        about(0, PATCH, "apply_patch_call_operation_diff.delta", delta="+two\n", obfuscation="k"),
        about(0, PATCH, "apply_patch_call_operation_diff.done", diff="@@\n-one\n+two\n"),
    ),
    completed(PATCH),
)

SPOKEN_EVENTS, SPOKEN = message_events(0, "Hel", "lo")
SPEECH = wire(
    "responses-speech",
    *OPENING,
    *SPOKEN_EVENTS,
    {"type": "response.audio.delta", "delta": "AAEC"},
    {"type": "response.audio.transcript.delta", "delta": "Hello"},
    {"type": "response.audio.done"},
    {"type": "response.audio.transcript.done"},
    completed(SPOKEN),
)

LEGAL = (
    *(CUSTOM_TOOL, WEB_SEARCH, FILE_SEARCH, CODE_INTERPRETER, MCP, IMAGE_GENERATION, SPEECH),
    *(SHELL_CALL, PATCH_CALL),
)
