"""A table of the requests to Responses."""

from dataclasses import replace

from conformance.exchange import Api, Expects, Promise
from conformance.scenarios.prompts import (
    AWKWARD,
    CALL,
    CALL_AWKWARD,
    ECHO_AWKWARD,
    JSON,
    LINE,
    SCHEMA,
    TOOL,
    TWO_CITIES,
)
from conformance.scenarios.scenario import Addition, Pair, Scenario

__all__ = ["RESPONSES"]

_CALL = CALL_AWKWARD.replace("{line}", AWKWARD)
_STRICT_TOOL = {"type": "function", **TOOL, "strict": True}
_NOTE = {"type": "custom", "name": "write_note", "description": "Keeps a note. Takes its text."}
_NOTES = "Call write_note with exactly the line between the quotation marks, without the marks: «{line}»"

_TEXT = Scenario(
    name="responses-text",
    api=Api.RESPONSES,
    why="a text for a string as input",
    needs=("responses",),
    promises=(Promise.RESPONSES, Promise.RESPONSES_TEXT),
    n=30,
    tokens=400,
    answer="count",
)
_TOOL = Scenario(
    name="responses-tool",
    api=Api.RESPONSES,
    why="a function call",
    needs=("responses", "responses-tools"),
    promises=(Promise.RESPONSES, Promise.RESPONSES_TOOLS),
    role="tools",
    prompt=CALL.replace("{cities}", "the city Paris"),
    body={"tools": [_STRICT_TOOL]},
    answer="calls",
)

RESPONSES: tuple[Scenario, ...] = (
    _TEXT,
    Scenario(
        name="responses-messages",
        api=Api.RESPONSES,
        why="two lines that are awkward to encode and to escape, for a list of messages as input",
        needs=("responses",),
        promises=(Promise.RESPONSES, Promise.RESPONSES_TEXT),
        prompt=ECHO_AWKWARD.replace("{line}", AWKWARD),
        body={
            "instructions": "Do what the user asks, without comment.",
            "metadata": {"suite": "stream-conformance"},
            "store": False,
        },
        also=(
            Addition(
                capability="responses-logprobs",
                why="with log probabilities of the tokens",
                body={"include": ["message.output_text.logprobs"], "top_logprobs": 2},
            ),
        ),
        answer="line",
        messages=True,
    ),
    _TOOL,
    Scenario(
        name="responses-tool-forced",
        api=Api.RESPONSES,
        why="a function call that the request forces, with arguments that are awkward to escape",
        needs=("responses", "responses-tools", "responses-forced-tools"),
        promises=(Promise.RESPONSES, Promise.RESPONSES_TOOLS),
        role="tools",
        prompt=_CALL.replace("{cities}", "the city Paris"),
        body={"tools": [_STRICT_TOOL], "tool_choice": {"type": "function", "name": TOOL["name"]}},
        also=(
            Addition(
                capability="responses-parallel-tools",
                why="for two cities, with parallel calls switched off",
                body={"parallel_tool_calls": False},
                prompt=_CALL.replace("{cities}", TWO_CITIES),
            ),
        ),
        answer="calls",
    ),
    Scenario(
        name="responses-custom-tool",
        api=Api.RESPONSES,
        why="a call of a tool that takes plain text",
        needs=("responses", "responses-tools", "responses-custom-tools"),
        promises=(Promise.RESPONSES, Promise.RESPONSES_CUSTOM),
        role="tools",
        prompt=_NOTES.replace("{line}", LINE),
        body={"tools": [_NOTE, _STRICT_TOOL]},
        also=(
            Addition(
                capability="responses-allowed-tools",
                why="the only one that is allowed",
                body={
                    "tool_choice": {
                        "type": "allowed_tools",
                        "mode": "required",
                        "tools": [{"type": "custom", "name": _NOTE["name"]}],
                    }
                },
            ),
        ),
        answer="input",
        only_claimed=True,
    ),
    replace(
        _TOOL,
        name="responses-next-turn",
        why="the answer with the function call sent back, with the function's result",
        promises=(Promise.RESPONSES, Promise.NEXT_TURN),
        also=(
            Addition(
                capability="responses-previous-response",
                why="the answer named by its id",
                body={"previous_response_id": ""},
            ),
        ),
        answer="",
        messages=True,
        follows=_TOOL.name,
    ),
    Scenario(
        name="responses-json",
        api=Api.RESPONSES,
        why="an answer that has to fit a JSON schema",
        needs=("responses", "responses-structured-output"),
        promises=(Promise.RESPONSES, Promise.RESPONSES_TEXT, Promise.RESPONSES_JSON),
        tokens=100,
        prompt=JSON,
        body={"text": {"format": {"type": "json_schema", "name": "place", "strict": True, "schema": SCHEMA}}},
    ),
    Scenario(
        name="responses-reasoning",
        api=Api.RESPONSES,
        why="a model that reasons before it answers",
        needs=("responses", "responses-reasoning"),
        promises=(Promise.RESPONSES, Promise.RESPONSES_TEXT, Promise.RESPONSES_REASONING),
        role="reasoning",
        tokens=2000,
        body={"reasoning": {"effort": "low", "summary": "auto"}},
        also=(
            Addition(
                capability="responses-encrypted-reasoning",
                why="with its encrypted content, and without storing",
                body={"include": ["reasoning.encrypted_content"], "store": False},
            ),
        ),
        answer="count",
    ),
    Scenario(
        name="responses-length",
        api=Api.RESPONSES,
        why="a text cut by the token limit",
        needs=("responses", "responses-max-tokens"),
        promises=(Promise.RESPONSES, Promise.RESPONSES_LENGTH),
        n=60,
        tokens=16,
    ),
    replace(
        _TEXT,
        name="responses-text-twin",
        why="the first request again, without streaming",
        promises=(),
        expects=Expects.DOCUMENT,
        twin=Pair(_TEXT.name, group="responses-twins"),
        only_claimed=True,
    ),
    replace(
        _TOOL,
        name="responses-tool-twin",
        why="the request for a function call again, without streaming",
        promises=(),
        expects=Expects.DOCUMENT,
        twin=Pair(_TOOL.name, group="responses-tool-twins"),
        only_claimed=True,
    ),
    Scenario(
        name="responses-unknown-model",
        api=Api.RESPONSES,
        why="a model that does not exist",
        needs=("responses",),
        promises=(Promise.UNKNOWN_MODEL,),
        expects=Expects.REFUSAL,
        tokens=16,
        body={"model": "no-such-model-conformance"},
    ),
)
"""The scenarios of Responses, in sending order."""
