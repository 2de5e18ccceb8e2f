"""What breaks and what keeps the requirements on hosted tools, on shells, and on how often tools are used."""

from tests.proof.streams.edits import Change, counted, edited, every, lost, nth, onwards, within, without
from tests.proof.streams.handmade import Json, Wire
from tests.proof.streams.hosted_tools import (
    IMAGE_GENERATION,
    MCP,
    SHELL,
    SHELL_CALL,
    SPEECH,
    WEB_SEARCH,
    command_events,
)
from tests.proof.streams.responses import (
    ASKS,
    COMPLETED,
    DONE_ITEM,
    OPENING,
    TEXT,
    about,
    completed,
    incomplete,
    item_events,
    line,
    wire,
)

COMMAND_DONE = line("response.shell_call_command.done")
RESULT = b'"result":"iVBORw0KGgo="'
BEGUN: Json = {**SHELL, "status": "in_progress", "action": {**SHELL["action"], "commands": []}}
WHOLE: Json = {**SHELL, "action": {**SHELL["action"], "commands": ["ls"]}}
CUT: Json = {**SHELL, "status": "incomplete", "action": {**SHELL["action"], "commands": ["ls -"]}}
LONE: Json = {"stream_options": {"include_obfuscation": False}}

EXIT: Json = {"type": "exit", "exit_code": 0}
PRINTED: Json = {
    "id": "sho_1",
    "type": "shell_call_output",
    "call_id": "call_s1",
    "status": "completed",
    "max_output_length": None,
    "output": [
        {"stdout": "a.txt", "stderr": "", "outcome": EXIT},
        {"stdout": "", "stderr": "no home", "outcome": EXIT},
    ],
}


def printed(place: int, *pieces: Json) -> tuple[Json, ...]:
    """What a command prints, in pieces, and then whole."""
    kind, where = "shell_call_output_content", {"command_index": place}
    deltas = (about(1, PRINTED, f"{kind}.delta", **where, delta=piece) for piece in pieces)
    return (*deltas, about(1, PRINTED, f"{kind}.done", **where, output=[PRINTED["output"][place]]))


PRINTING = wire(
    "responses-shell-output",
    *OPENING,
    *item_events(0, SHELL, SHELL),
    *item_events(
        1,
        {**PRINTED, "status": "in_progress", "output": []},
        PRINTED,
        *printed(0, {"stdout": "a."}, {"stdout": "txt", "stderr": None}),
        *printed(1, {"stderr": "no home"}),
    ),
    completed(SHELL, PRINTED),
)
PRINTED_DONE = line("response.shell_call_output_content.done")
SPOKEN_TEXT = line("response.audio.transcript.delta")
SPEECH_ENDS, TRANSCRIPT_ENDS = line("response.audio.done"), line("response.audio.transcript.done")


def _unpadded(body: bytes) -> bytes:
    return body.replace(b',"obfuscation":"x7"', b"")


def _finished(old: bytes, new: bytes) -> Change:
    """Something else in the finished image and in the final response."""
    return onwards(DONE_ITEM, old, new)


BROKEN: tuple[Wire, ...] = (
    edited(
        PRINTING,
        "output-done-other",
        within(PRINTED_DONE, b'"stdout":"a.txt"', b'"stdout":"b.txt"', 0),
        breaks="shell-output-agrees",
    ),
    edited(
        PRINTING,
        "output-of-item-other",
        within(DONE_ITEM, b'"stderr":"no home"', b'"stderr":""'),
        within(COMPLETED, b'"stderr":"no home"', b'"stderr":""'),
        breaks="shell-output-agrees",
    ),
    edited(
        PRINTING,
        "output-of-commands-exchanged",
        every(b'"command_index":0,"delta"', b'"command_index":2,"delta"'),
        every(b'"command_index":1,"delta"', b'"command_index":0,"delta"'),
        every(b'"command_index":2,"delta"', b'"command_index":1,"delta"'),
        breaks="shell-output-agrees",
    ),
    edited(SPEECH, "speech-without-end", counted(without(SPEECH_ENDS)), breaks="response-audio"),
    edited(SPEECH, "transcript-without-end", counted(without(TRANSCRIPT_ENDS)), breaks="response-audio"),
    edited(
        SPEECH, "speech-as-text", every(b'"delta":"AAEC"', b'"delta":"A\\u00e4"'), breaks="response-audio"
    ),
    edited(
        SHELL_CALL,
        "command-done-other",
        within(COMMAND_DONE, b'"command":"pwd"', b'"command":"rm"'),
        breaks="shell-command-agrees",
    ),
    edited(
        SHELL_CALL,
        "command-of-item-other",
        within(DONE_ITEM, b'"pwd"', b'"rm"'),
        breaks="shell-command-agrees",
    ),
    edited(
        SHELL_CALL,
        "command-lost-from-item",
        onwards(DONE_ITEM, b',"pwd"]', b"]"),
        breaks="shell-command-agrees",
    ),
    edited(
        SHELL_CALL,
        "commands-in-another-order",
        onwards(DONE_ITEM, b'["ls -l","pwd"]', b'["pwd","ls -l"]'),
        breaks="shell-command-agrees",
    ),
    edited(IMAGE_GENERATION, "image-empty", _finished(RESULT, b'"result":""'), breaks="image-result"),
    edited(IMAGE_GENERATION, "image-null", _finished(RESULT, b'"result":null'), breaks="image-result"),
    edited(IMAGE_GENERATION, "image-absent", _finished(RESULT + b",", b""), breaks="image-result"),
    edited(
        IMAGE_GENERATION,
        "image-as-data-url",
        _finished(RESULT, b'"result":"data:image/png;base64,iVBORw0KGgo="'),
        breaks="image-base64",
    ),
    edited(
        IMAGE_GENERATION,
        "image-unpadded",
        _finished(RESULT, b'"result":"iVBORw0KGgo"'),
        breaks="image-base64",
    ),
    edited(
        IMAGE_GENERATION,
        "partial-image-for-urls",
        nth(1, b'"partial_image_b64":"iVBORw0KGgo="', b'"partial_image_b64":"iVBO-w0K_go="'),
        breaks="image-base64",
    ),
    edited(
        MCP,
        "tools-called-too-often",
        every(b'"type":"mcp_list_tools"', b'"type":"mcp_call","name":"f","arguments":""'),
        every(b"response.mcp_list_tools.", b"response.mcp_call."),
        asks={**ASKS, "max_tool_calls": 1},
        breaks="max-tool-calls-honoured",
    ),
    edited(TEXT, "padded-although-not-asked", asks={**ASKS, **LONE}, breaks="response-obfuscation-off"),
)

LEGAL: tuple[Wire, ...] = (
    # What shells print
    PRINTING,
    edited(
        PRINTING,
        "output-in-its-done-event-alone",
        counted(*(lost(line("response.shell_call_output_content.delta"), 0),) * 3),
    ),
    edited(SPEECH, "speech-without-a-transcript", counted(without(TRANSCRIPT_ENDS), without(SPOKEN_TEXT))),
    # Shells
    wire(
        "command-whole-when-announced",
        *OPENING,
        *item_events(
            0,
            BEGUN,
            WHOLE,
            {**command_events(0, 0, "ls")[0], "command": "ls"},
            command_events(0, 0, "ls")[-1],
        ),
        completed(WHOLE),
    ),
    wire("command-without-events", *OPENING, *item_events(0, WHOLE, WHOLE), completed(WHOLE)),
    wire(
        "command-cut",
        *OPENING,
        *item_events(0, BEGUN, CUT, *command_events(0, 0, "ls ", "-")),
        incomplete(CUT),
    ),
    # Images
    edited(
        IMAGE_GENERATION,
        "image-failed",
        _finished(
            b'"ig_0","type":"image_generation_call","status":"completed"',
            b'"ig_0","type":"image_generation_call","status":"failed"',
        ),
        _finished(RESULT, b'"result":null'),
    ),
    edited(
        IMAGE_GENERATION,
        "image-done-while-generating",
        _finished(
            b'"ig_0","type":"image_generation_call","status":"completed"',
            b'"ig_0","type":"image_generation_call","status":"generating"',
        ),
    ),
    edited(
        IMAGE_GENERATION,
        "image-in-longer-base64",
        every(b"iVBORw0KGgo=", b"iVBORw0KGgoAAAANSUhEUg+/"),
    ),
    # What the request limits
    edited(WEB_SEARCH, "tools-called-as-often-as-allowed", asks={**ASKS, "max_tool_calls": 1}),
    edited(TEXT, "limit-of-calls-and-none-made", asks={**ASKS, "max_tool_calls": 3}),
    edited(TEXT, "unpadded-as-asked", _unpadded, asks={**ASKS, **LONE}),
    edited(TEXT, "padded-as-asked", asks={**ASKS, "stream_options": {"include_obfuscation": True}}),
)
