"""The table of capabilities that an endpoint can claim: the keys of `claims` in providers.toml.

A claim is true (the capability must work), false (it is not tried) or absent (it is tried without being
promised: an answer is judged, a refusal is not applicable).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conformance.exchange import Api, Promise

__all__ = ["CAPABILITIES", "Capability"]


@dataclass(frozen=True, slots=True)
class Capability:
    """One row: the API, what a claim of it says, and the request keys that try it.

    `promise` is what the answers to requests that try it are promised to contain; None if only a rule on the
    request parameter can tell.
    """

    name: str
    api: Api
    says: str
    keys: tuple[str, ...] = ()
    promise: Promise | None = None


_ROWS = (
    Capability("chat", Api.CHAT, "POST /chat/completions answers `stream: true` with chunks"),
    Capability(
        "usage", Api.CHAT, "`stream_options.include_usage` brings the usage chunk", ("stream_options",)
    ),
    Capability(
        "max-tokens",
        Api.CHAT,
        "an answer is cut at the tokens asked for, with `finish_reason: length`",
        ("max_tokens", "max_completion_tokens"),
    ),
    Capability("tools", Api.CHAT, "the model may call functions", ("tools", "tool_choice"), Promise.TOOLS),
    Capability(
        "forced-tools", Api.CHAT, "`tool_choice` makes the model call a named function", ("tool_choice",)
    ),
    Capability(
        "parallel-tools",
        Api.CHAT,
        "one answer may hold several calls",
        ("tools", "parallel_tool_calls"),
        Promise.PARALLEL,
    ),
    Capability(
        "reasoning",
        Api.CHAT,
        "reasoning is streamed beside the content",
        ("reasoning_effort",),
        Promise.REASONING,
    ),
    Capability("stop", Api.CHAT, "an answer ends before a stop sequence", ("stop",)),
    Capability("n", Api.CHAT, "several choices for one request", ("n",)),
    Capability("logprobs", Api.CHAT, "log probabilities of the tokens", ("logprobs", "top_logprobs")),
    Capability(
        "structured-output", Api.CHAT, "`response_format` with a JSON schema is kept", ("response_format",)
    ),
    Capability("responses", Api.RESPONSES, "POST /responses answers `stream: true` with typed events"),
    Capability(
        "responses-max-tokens",
        Api.RESPONSES,
        "an answer is cut at the tokens asked for, with status `incomplete`",
        ("max_output_tokens",),
    ),
    Capability(
        "responses-tools",
        Api.RESPONSES,
        "the model may call functions",
        ("tools", "tool_choice"),
        Promise.RESPONSES_TOOLS,
    ),
    Capability(
        "responses-forced-tools",
        Api.RESPONSES,
        "`tool_choice` makes the model call a named function",
        ("tool_choice",),
    ),
    Capability(
        "responses-parallel-tools",
        Api.RESPONSES,
        "one response may hold several calls, and one only with `parallel_tool_calls: false`",
        ("parallel_tool_calls",),
    ),
    Capability(
        "responses-custom-tools",
        Api.RESPONSES,
        "the model may call tools that take plain text",
        ("tools",),
        Promise.RESPONSES_CUSTOM,
    ),
    Capability(
        "responses-allowed-tools",
        Api.RESPONSES,
        "`tool_choice` of type `allowed_tools` limits the tools that may be called",
        ("tool_choice",),
    ),
    Capability(
        "responses-previous-response",
        Api.RESPONSES,
        "`previous_response_id` continues a response that the endpoint has stored",
        ("previous_response_id",),
    ),
    Capability(
        "responses-structured-output", Api.RESPONSES, "`text.format` with a JSON schema is kept", ("text",)
    ),
    Capability(
        "responses-logprobs",
        Api.RESPONSES,
        "`include` brings log probabilities of the tokens",
        ("include", "top_logprobs"),
    ),
    Capability(
        "responses-reasoning",
        Api.RESPONSES,
        "reasoning comes as items of their own",
        ("reasoning",),
        Promise.RESPONSES_REASONING,
    ),
    Capability(
        "responses-encrypted-reasoning",
        Api.RESPONSES,
        "`include` brings the encrypted content of reasoning",
        ("include",),
    ),
)

CAPABILITIES: Mapping[str, Capability] = MappingProxyType({row.name: row for row in _ROWS})
"""Every capability by name, in the order in which they are listed for users."""
