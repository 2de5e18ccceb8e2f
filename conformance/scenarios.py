"""A table of the requests of a run. Their prompts are fixed, public and harmless.

The prompts make answers checkable: the answer is a numbered sequence with a code word of its own, so lost,
doubled, reordered and mixed-up deltas show.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.capabilities import CAPABILITIES
from conformance.errors import did_you_mean
from conformance.exchange import Api, Expects, Promise

__all__ = ["COUNT", "SCENARIOS", "SMOKE", "TOOL", "Addition", "Pair", "Scenario"]

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
_STRICT_TOOL = {"type": "function", **TOOL, "strict": True}
_NOTE = {"type": "custom", "name": "write_note", "description": "Keeps a note. Takes its text."}
_NOTES = "Call write_note with exactly the line between the quotation marks, without the marks: «{line}»"
_NAMED = {"type": "function", "function": {"name": TOOL["name"]}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Optional parameters of a scenario, sent if the provider claims one more capability.

    `why` continues the scenario's `why`. `body` holds keys of the request. `prompt` replaces the scenario's
    prompt; "" keeps it.
    """

    capability: str
    why: str
    body: Mapping[str, Any]
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Names the scenario that this one is judged together with, and the group that they form."""

    scenario: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One request, and why it is made.

    `needs` are the capabilities that it tries; `promises` what its answer is sure to contain; `also` the
    optional parameters that it carries, so that they need no request of their own. `tokens` is the limit of
    its output; `answer` the kind of text that a model writes if it follows the prompt. `twin` is the streamed
    scenario that it repeats without streaming, with the same prompt and code word; `after` the scenario that
    must be over before it is sent. With `only_claimed` it is sent to providers that claim all that it needs,
    and not to those that say nothing of it.
    """

    name: str
    api: Api
    why: str
    needs: tuple[str, ...]
    promises: tuple[Promise, ...] = ()
    expects: Expects = Expects.STREAM
    role: str = "text"  # which of the provider's models is used
    prompt: str = COUNT
    n: int = 12
    tokens: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Addition, ...] = ()
    answer: str = ""  # "count", "line", or "" if the answer is not compared
    twin: Pair | None = None
    after: Pair | None = None
    messages: bool = False  # Responses: the input as a list of messages
    only_claimed: bool = False
    leaves_after: int = 0  # events after which the suite closes the connection; 0 for never

    def __post_init__(self) -> None:
        for name in (*self.needs, *(item.capability for item in self.also)):
            if name not in CAPABILITIES:
                hint = did_you_mean(name, tuple(CAPABILITIES))
                raise ValueError(f"scenario {self.name}: there is no capability {name!r}, {hint}")

    @property
    def original(self) -> str:
        """The name of the scenario whose prompt and code word it uses: its twin's, or its own."""
        return self.twin.scenario if self.twin else self.name


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="chat-text",
        api=Api.CHAT,
        why="a text, with usage asked for",
        needs=("chat", "usage"),
        promises=(Promise.CHAT, Promise.TEXT, Promise.USAGE),
        n=30,
        tokens=400,
        body=_USAGE,
        answer="count",
    ),
    Scenario(
        name="chat-text-no-usage",
        api=Api.CHAT,
        why="a text, without usage asked for",
        needs=("chat",),
        promises=(Promise.CHAT, Promise.TEXT),
        n=8,
        # A space follows each code word, so "6-" occurs in "6-CODE" only.
        also=(Addition(capability="stop", why="up to a stop sequence", body={"stop": ["6-"]}),),
        answer="count",
    ),
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
    Scenario(
        name="chat-tool",
        api=Api.CHAT,
        why="a tool call that the model chooses",
        needs=("chat", "tools"),
        promises=(Promise.CHAT, Promise.TOOLS),
        role="tools",
        prompt=_CALL.replace("{cities}", "the city Paris"),
        body={"tools": _TOOLS},
    ),
    Scenario(
        name="chat-tool-forced",
        api=Api.CHAT,
        why="a tool call that the request forces",
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
                prompt=_CALL.replace("{cities}", _TWO_CITIES),
            ),
        ),
    ),
    Scenario(
        name="chat-tool-parallel",
        api=Api.CHAT,
        why="several tool calls in one answer",
        needs=("chat", "tools", "parallel-tools"),
        promises=(Promise.CHAT, Promise.TOOLS, Promise.PARALLEL),
        role="tools",
        prompt=_CALL.replace("{cities}", _TWO_CITIES),
        body={"tools": _TOOLS, **_USAGE},
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
        prompt=_ECHO.replace("{line}", _LINE),
        body={"logprobs": True, "top_logprobs": 2},
        answer="line",
    ),
    Scenario(
        name="chat-json",
        api=Api.CHAT,
        why="an answer that has to fit a JSON schema",
        needs=("chat", "structured-output"),
        promises=(Promise.CHAT, Promise.TEXT, Promise.JSON),
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
        api=Api.CHAT,
        why="letters and emoji of several bytes",
        needs=("chat",),
        promises=(Promise.CHAT, Promise.TEXT),
        prompt=_ECHO.replace("{line}", _LINE),
        answer="line",
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
    Scenario(
        name="chat-tool-parallel-twin",
        api=Api.CHAT,
        why="the request for several tool calls again, without streaming",
        needs=("chat", "tools", "parallel-tools"),
        expects=Expects.DOCUMENT,
        role="tools",
        prompt=_CALL.replace("{cities}", _TWO_CITIES),
        body={"tools": _TOOLS},
        twin=Pair("chat-tool-parallel", group="chat-tool-twins"),
    ),
    Scenario(
        name="chat-twin",
        api=Api.CHAT,
        why="the first request again, without streaming, after a stream was left",
        needs=("chat",),
        expects=Expects.DOCUMENT,
        n=30,
        tokens=400,
        answer="count",
        twin=Pair("chat-text", group="chat-twins"),
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
    Scenario(
        name="responses-text",
        api=Api.RESPONSES,
        why="a text for a string as input",
        needs=("responses",),
        promises=(Promise.RESPONSES, Promise.RESPONSES_TEXT),
        n=30,
        tokens=400,
        answer="count",
    ),
    Scenario(
        name="responses-messages",
        api=Api.RESPONSES,
        why="a text for a list of messages as input",
        needs=("responses",),
        promises=(Promise.RESPONSES, Promise.RESPONSES_TEXT),
        prompt=_ECHO.replace("{line}", _LINE),
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
    Scenario(
        name="responses-tool",
        api=Api.RESPONSES,
        why="a function call",
        needs=("responses", "responses-tools"),
        promises=(Promise.RESPONSES, Promise.RESPONSES_TOOLS),
        role="tools",
        prompt=_CALL.replace("{cities}", "the city Paris"),
        body={"tools": [_STRICT_TOOL]},
    ),
    Scenario(
        name="responses-tool-forced",
        api=Api.RESPONSES,
        why="a function call that the request forces",
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
                prompt=_CALL.replace("{cities}", _TWO_CITIES),
            ),
        ),
    ),
    Scenario(
        name="responses-custom-tool",
        api=Api.RESPONSES,
        why="a call of a tool that takes plain text",
        needs=("responses", "responses-tools", "responses-custom-tools"),
        promises=(Promise.RESPONSES, Promise.RESPONSES_CUSTOM),
        role="tools",
        prompt=_NOTES.replace("{line}", _LINE),
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
        only_claimed=True,
    ),
    Scenario(
        name="responses-json",
        api=Api.RESPONSES,
        why="an answer that has to fit a JSON schema",
        needs=("responses", "responses-structured-output"),
        promises=(Promise.RESPONSES, Promise.RESPONSES_TEXT, Promise.RESPONSES_JSON),
        prompt=_JSON,
        body={
            "text": {"format": {"type": "json_schema", "name": "place", "strict": True, "schema": _SCHEMA}}
        },
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
"""Every scenario, in sending order."""

SMOKE = ("chat-text", "chat-tool", "chat-malformed", "responses-text", "responses-tool")
"""The scenarios of a cheap run, `--scenarios smoke`."""
