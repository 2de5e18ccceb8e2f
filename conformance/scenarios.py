"""The requests of a run, as a table. Their prompts are fixed, public and harmless.

Prompts check themselves: the answer is a counted sequence with a code word of its own, so that
lost, doubled, reordered or crossed deltas show.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["COUNT", "SCENARIOS", "SMOKE", "TOOL", "Addition", "Scenario"]

COUNT = "Write the numbers 1 to {n}, in digits and in order, each followed by a hyphen and the code {code}, "
COUNT += "with single spaces between them, like 1-{code} 2-{code}. Write nothing else."
_ECHO = "Repeat the line between the quotation marks exactly, without the marks: «{line}»"
_LINE = "Grüße aus Zürich, 東京 и Київ 👋🏽 {code}"
_CALL = "Call get_weather for {cities}, with the code {code}. Do not write any text."
_TWO_CITIES = "Paris and for Rome, both in this answer"
_JSON = "Give a JSON object with the city Paris and the code {code}."

TOOL: Mapping[str, Any] = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "code": {"type": "string"}},
        "required": ["city", "code"],
        "additionalProperties": False,
    },
}
_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "code": {"type": "string"}},
    "required": ["city", "code"],
    "additionalProperties": False,
}
_TOOLS = [{"type": "function", "function": dict(TOOL)}]
_USAGE = {"stream_options": {"include_usage": True}}
_NAMED = {"type": "function", "function": {"name": TOOL["name"]}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What a scenario asks for besides, where a provider claims one more capability.

    `why` goes on from the scenario's. `body` are keys of the request; `prompt` stands in place of the
    scenario's, "" for the same.
    """

    capability: str
    why: str
    body: Mapping[str, Any]
    prompt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One request, and why it is made.

    `needs` are the capabilities that it tries; `promises` what is sure to come when it is answered;
    `also` what rides on it, so that it needs no request of its own.
    `tokens` is the ceiling of its output; `answer` the text that a model which obeys writes.
    """

    name: str
    api: str
    why: str
    needs: tuple[str, ...]
    promises: tuple[str, ...] = ()
    expects: str = "stream"
    role: str = "text"  # which of the provider's models is asked
    prompt: str = COUNT
    n: int = 12
    tokens: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Addition, ...] = ()
    answer: str = ""  # "count", "line" or "" for an answer that is not compared
    twin: str = ""  # the scenario whose prompt and code word it shares
    messages: bool = False  # Responses: the input as a list of messages
    leaves_after: int = 0  # events after which the suite leaves the stream; 0 for never
    after: str = ""  # the scenario that has to be over before this one is sent


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="chat-text",
        api="chat",
        why="a text, with usage asked for",
        needs=("chat", "usage"),
        promises=("chat", "text", "usage"),
        n=30,
        tokens=400,
        body=_USAGE,
        answer="count",
    ),
    Scenario(
        name="chat-text-no-usage",
        api="chat",
        why="a text, without usage asked for",
        needs=("chat",),
        promises=("chat", "text"),
        n=8,
        # A code stands behind a hyphen and before a space: none can hold this.
        also=(Addition(capability="stop", why="up to a stop sequence", body={"stop": ["6-"]}),),
        answer="count",
    ),
    Scenario(
        name="chat-length",
        api="chat",
        why="a text cut by the token limit",
        needs=("chat", "max-tokens", "usage"),
        promises=("chat", "length", "usage"),
        n=60,
        tokens=16,
        body=_USAGE,
    ),
    Scenario(
        name="chat-tool",
        api="chat",
        why="a tool call that the model chooses",
        needs=("chat", "tools"),
        promises=("chat", "tools"),
        role="tools",
        prompt=_CALL.replace("{cities}", "the city Paris"),
        body={"tools": _TOOLS},
    ),
    Scenario(
        name="chat-tool-forced",
        api="chat",
        why="a tool call that the request forces",
        needs=("chat", "tools", "forced-tools"),
        promises=("chat", "tools"),
        role="tools",
        prompt=_CALL.replace("{cities}", "the city Paris"),
        body={"tools": _TOOLS, "tool_choice": _NAMED},
        also=(
            Addition(
                capability="parallel-tools",
                why="for two cities, with parallel calls switched off",
                body={"parallel_tool_calls": False},
                prompt=_CALL.replace("{cities}", _TWO_CITIES),
            ),
        ),
    ),
    Scenario(
        name="chat-tool-parallel",
        api="chat",
        why="several tool calls in one answer",
        needs=("chat", "tools", "parallel-tools"),
        promises=("chat", "tools", "parallel"),
        role="tools",
        prompt=_CALL.replace("{cities}", _TWO_CITIES),
        body={"tools": _TOOLS, **_USAGE},
    ),
    Scenario(
        name="chat-reasoning",
        api="chat",
        why="a model that reasons before it answers",
        needs=("chat", "reasoning"),
        promises=("chat", "text", "reasoning"),
        role="reasoning",
        tokens=2000,
        body=_USAGE,
        answer="count",
    ),
    Scenario(
        name="chat-n",
        api="chat",
        why="two choices of one request",
        needs=("chat", "n"),
        promises=("chat", "text", "n"),
        n=8,
        tokens=100,
        body={"n": 2, **_USAGE},
        answer="count",
    ),
    Scenario(
        name="chat-logprobs",
        api="chat",
        why="log probabilities of the tokens",
        needs=("chat", "logprobs"),
        promises=("chat", "text", "logprobs"),
        prompt=_ECHO.replace("{line}", _LINE),
        body={"logprobs": True, "top_logprobs": 2},
        answer="line",
    ),
    Scenario(
        name="chat-json",
        api="chat",
        why="an answer that has to fit a JSON schema",
        needs=("chat", "structured-output"),
        promises=("chat", "text", "json"),
        prompt=_JSON,
        body={
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "place", "strict": True, "schema": _SCHEMA},
            }
        },
    ),
    Scenario(
        name="chat-multibyte",
        api="chat",
        why="letters and emoji of several bytes",
        needs=("chat",),
        promises=("chat", "text"),
        prompt=_ECHO.replace("{line}", _LINE),
        answer="line",
    ),
    Scenario(
        name="chat-cancel",
        api="chat",
        why="a stream that the client leaves in the middle",
        needs=("chat",),
        promises=("cancel",),
        n=60,
        tokens=400,
        leaves_after=5,
    ),
    Scenario(
        name="chat-tool-parallel-twin",
        api="chat",
        why="the request for several tool calls again, without streaming",
        needs=("chat", "tools", "parallel-tools"),
        expects="document",
        role="tools",
        prompt=_CALL.replace("{cities}", _TWO_CITIES),
        body={"tools": _TOOLS},
        twin="chat-tool-parallel",
    ),
    Scenario(
        name="chat-twin",
        api="chat",
        why="the first request again, without streaming, after a stream was left",
        needs=("chat",),
        expects="document",
        n=30,
        tokens=400,
        answer="count",
        twin="chat-text",
        after="chat-cancel",
    ),
    Scenario(
        name="chat-unknown-model",
        api="chat",
        why="a model that does not exist",
        needs=("chat",),
        promises=("unknown-model",),
        expects="refusal",
        tokens=16,
        body={"model": "no-such-model-conformance"},
    ),
    Scenario(
        name="chat-malformed",
        api="chat",
        why="a body that is not JSON",
        needs=("chat",),
        promises=("malformed",),
        expects="refusal",
        tokens=16,
    ),
    Scenario(
        name="chat-bad-key",
        api="chat",
        why="a key that nobody was given",
        needs=("chat",),
        promises=("bad-key",),
        expects="refusal",
        tokens=16,
    ),
    Scenario(
        name="chat-options-without-stream",
        api="chat",
        why="`stream_options` without `stream`",
        needs=("chat", "usage"),
        promises=("options",),
        expects="refusal",
        tokens=16,
        body=_USAGE,
    ),
    Scenario(
        name="responses-text",
        api="responses",
        why="a text for a string as input",
        needs=("responses",),
        promises=("responses", "responses-text"),
        n=30,
        tokens=400,
        answer="count",
    ),
    Scenario(
        name="responses-messages",
        api="responses",
        why="a text for a list of messages as input",
        needs=("responses",),
        promises=("responses", "responses-text"),
        prompt=_ECHO.replace("{line}", _LINE),
        answer="line",
        messages=True,
    ),
    Scenario(
        name="responses-tool",
        api="responses",
        why="a function call",
        needs=("responses", "responses-tools"),
        promises=("responses", "responses-tools"),
        role="tools",
        prompt=_CALL.replace("{cities}", "the city Paris"),
        body={"tools": [{"type": "function", **TOOL, "strict": True}]},
    ),
    Scenario(
        name="responses-reasoning",
        api="responses",
        why="a model that reasons before it answers",
        needs=("responses", "responses-reasoning"),
        promises=("responses", "responses-text", "responses-reasoning"),
        role="reasoning",
        tokens=2000,
        body={"reasoning": {"effort": "low", "summary": "auto"}},
        answer="count",
    ),
    Scenario(
        name="responses-length",
        api="responses",
        why="a text cut by the token limit",
        needs=("responses", "responses-max-tokens"),
        promises=("responses", "responses-length"),
        n=60,
        tokens=16,
    ),
    Scenario(
        name="responses-unknown-model",
        api="responses",
        why="a model that does not exist",
        needs=("responses",),
        promises=("unknown-model",),
        expects="refusal",
        tokens=16,
        body={"model": "no-such-model-conformance"},
    ),
)
"""Every scenario, in the order in which they are sent."""

SMOKE = ("chat-text", "chat-tool", "chat-malformed", "responses-text", "responses-tool")
"""The scenarios of a cheap run."""
