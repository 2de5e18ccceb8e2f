"""A table of the requests to Chat Completions."""

from dataclasses import replace

from conformance.exchange import Api, Expects, Promise
from conformance.scenarios.prompts import (
    AWKWARD,
    CALL,
    CALL_AWKWARD,
    ECHO,
    ECHO_AWKWARD,
    JSON,
    LINE,
    SCHEMA,
    TOOL,
    TWO_CITIES,
)
from conformance.scenarios.scenario import Addition, Pair, Scenario

__all__ = ["CHAT"]

_TOOLS = [{"type": "function", "function": dict(TOOL)}]
_USAGE = {"stream_options": {"include_usage": True}}
_NAMED = {"type": "function", "function": {"name": TOOL["name"]}}
_CALL = CALL_AWKWARD.replace("{line}", AWKWARD)
# A space follows each code word, so "6-" occurs in "6-CODE" only.
_STOP = Addition(capability="stop", why="up to a stop sequence", body={"stop": ["6-"]})
# Servers hold a text back where tools are offered.
_OFFER = Addition(
    capability="tools", why="with a tool that is not needed", body={"tools": _TOOLS}, role="tools"
)

_TEXT = Scenario(
    name="chat-text",
    api=Api.CHAT,
    why="a text, with usage asked for",
    needs=("chat", "usage"),
    promises=(Promise.CHAT, Promise.TEXT, Promise.USAGE),
    n=30,
    tokens=400,
    body=_USAGE,
    answer="count",
)
_NO_USAGE = Scenario(
    name="chat-text-no-usage",
    api=Api.CHAT,
    why="a text, without usage asked for",
    needs=("chat",),
    promises=(Promise.CHAT, Promise.TEXT),
    n=8,
    tokens=100,
    also=(_STOP, _OFFER),
    answer="count",
    alone=True,
)
_TOOL = Scenario(
    name="chat-tool",
    api=Api.CHAT,
    why="a tool call that the model chooses",
    needs=("chat", "tools"),
    promises=(Promise.CHAT, Promise.TOOLS),
    role="tools",
    prompt=CALL.replace("{cities}", "the city Paris"),
    body={"tools": _TOOLS},
    answer="calls",
)
_PARALLEL = Scenario(
    name="chat-tool-parallel",
    api=Api.CHAT,
    why="several tool calls in one answer, with arguments that are awkward to escape",
    needs=("chat", "tools", "parallel-tools"),
    promises=(Promise.CHAT, Promise.TOOLS, Promise.PARALLEL),
    role="tools",
    prompt=_CALL.replace("{cities}", TWO_CITIES),
    body={"tools": _TOOLS, **_USAGE},
    answer="calls",
)

CHAT: tuple[Scenario, ...] = (
    _TEXT,
    _NO_USAGE,
    Scenario(
        name="chat-length",
        api=Api.CHAT,
        why="a text cut by the token limit",
        needs=("chat", "max-tokens", "usage"),
        promises=(Promise.CHAT, Promise.LENGTH, Promise.USAGE),
        n=60,
        tokens=16,
        body=_USAGE,
    ),
    _TOOL,
    Scenario(
        name="chat-tool-forced",
        api=Api.CHAT,
        why="a tool call that the request forces, with arguments that are awkward to escape",
        needs=("chat", "tools", "forced-tools"),
        promises=(Promise.CHAT, Promise.TOOLS),
        role="tools",
        prompt=_CALL.replace("{cities}", "the city Paris"),
        body={"tools": _TOOLS, "tool_choice": _NAMED},
        also=(
            Addition(
                capability="parallel-tools",
                why="for two cities, with parallel calls switched off",
                body={"parallel_tool_calls": False},
                prompt=_CALL.replace("{cities}", TWO_CITIES),
            ),
        ),
        answer="calls",
    ),
    _PARALLEL,
    replace(
        _TOOL,
        name="chat-next-turn",
        why="the answer with the tool call sent back, with the tool's result",
        promises=(Promise.CHAT, Promise.NEXT_TURN),
        answer="",
        follows=_TOOL.name,
    ),
    Scenario(
        name="chat-reasoning",
        api=Api.CHAT,
        why="a model that reasons before it answers",
        needs=("chat", "reasoning"),
        promises=(Promise.CHAT, Promise.TEXT, Promise.REASONING),
        role="reasoning",
        tokens=2000,
        body=_USAGE,
        answer="count",
    ),
    Scenario(
        name="chat-n",
        api=Api.CHAT,
        why="two choices of one request",
        needs=("chat", "n"),
        promises=(Promise.CHAT, Promise.TEXT, Promise.N),
        n=8,
        tokens=100,
        body={"n": 2, **_USAGE},
        answer="count",
    ),
    Scenario(
        name="chat-logprobs",
        api=Api.CHAT,
        why="log probabilities of the tokens",
        needs=("chat", "logprobs"),
        promises=(Promise.CHAT, Promise.TEXT, Promise.LOGPROBS),
        prompt=ECHO.replace("{line}", LINE),
        body={"logprobs": True, "top_logprobs": 2},
        answer="line",
    ),
    Scenario(
        name="chat-json",
        api=Api.CHAT,
        why="an answer that has to fit a JSON schema",
        needs=("chat", "structured-output"),
        promises=(Promise.CHAT, Promise.TEXT, Promise.JSON),
        tokens=100,
        prompt=JSON,
        body={
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "place", "strict": True, "schema": SCHEMA},
            }
        },
    ),
    Scenario(
        name="chat-awkward",
        api=Api.CHAT,
        why="two lines that are awkward to encode and to escape",
        needs=("chat",),
        promises=(Promise.CHAT, Promise.TEXT),
        prompt=ECHO_AWKWARD.replace("{line}", AWKWARD),
        answer="line",
    ),
    replace(
        _NO_USAGE,
        name="chat-repeat",
        why="the request without usage a second time, word for word",
        alone=False,
        repeats=Pair(_NO_USAGE.name, group="chat-repeats"),
    ),
    Scenario(
        name="chat-cancel",
        api=Api.CHAT,
        why="a stream that the client leaves in the middle",
        needs=("chat",),
        promises=(Promise.CANCEL,),
        n=60,
        tokens=400,
        leaves_after=5,
    ),
    replace(
        _PARALLEL,
        name="chat-tool-parallel-twin",
        why="the request for several tool calls again, without streaming",
        promises=(),
        expects=Expects.DOCUMENT,
        body={"tools": _TOOLS},
        twin=Pair(_PARALLEL.name, group="chat-tool-twins"),
    ),
    replace(
        _TEXT,
        name="chat-twin",
        why="the first request again, without streaming, after a stream was left",
        needs=("chat",),
        promises=(),
        expects=Expects.DOCUMENT,
        body={},
        twin=Pair(_TEXT.name, group="chat-twins"),
        after=Pair("chat-cancel", group="chat-cancel-and-after"),
    ),
    Scenario(
        name="chat-unknown-model",
        api=Api.CHAT,
        why="a model that does not exist",
        needs=("chat",),
        promises=(Promise.UNKNOWN_MODEL,),
        expects=Expects.REFUSAL,
        tokens=16,
        body={"model": "no-such-model-conformance"},
    ),
    Scenario(
        name="chat-malformed",
        api=Api.CHAT,
        why="a body that is not JSON",
        needs=("chat",),
        promises=(Promise.MALFORMED,),
        expects=Expects.REFUSAL,
        tokens=16,
    ),
    Scenario(
        name="chat-bad-key",
        api=Api.CHAT,
        why="a key that nobody was given",
        needs=("chat",),
        promises=(Promise.BAD_KEY,),
        expects=Expects.REFUSAL,
        tokens=16,
    ),
    Scenario(
        name="chat-options-without-stream",
        api=Api.CHAT,
        why="`stream_options` without `stream`",
        needs=("chat", "usage"),
        promises=(Promise.OPTIONS,),
        expects=Expects.REFUSAL,
        tokens=16,
        body=_USAGE,
    ),
)
"""The scenarios of Chat Completions, in sending order."""
