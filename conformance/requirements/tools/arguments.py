"""Requirements on the arguments of tool calls in chat streams."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.assemble.choice import Choice, ToolCall
from conformance.assemble.payload import parse
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.fitting import schema_misfit
from conformance.requirements.common import (
    has_calls,
    has_choices,
    limit_reached,
    owned,
)
from conformance.requirements.declare import chat_rule
from conformance.sources import FUNCTION_CALLING, PYTHON_CHAT, openapi
from conformance.subject import ChatStream
from conformance.text import shown

_FRAGMENT = openapi("ChatCompletionMessageToolCallChunk")
_PLACE = "choices.*.delta.tool_calls.*"
# What arguments rest on that are put together of their fragments.
_READ = ("choices-present", "choice-delta", "choice-index", "tool-function-present", "body-complete")
_ENDS = ("stop", "tool_calls", "function_call")


@dataclass(frozen=True, slots=True)
class Arguments:
    """The whole arguments of one call of a function, and where they end."""

    name: str
    text: str
    event: int
    place: str
    strict: dict[str, Any] | None = None  # the schema that binds them; None if none does


@chat_rule(
    level=Level.MUST,
    statement="`arguments` is a string.",
    hurts="Nine of eleven measured clients raise on an object.",
    sources=[_FRAGMENT],
    when=has_calls,
    promise=Promise.TOOLS,
    shapes=[
        f"{_PLACE}.{key}" for key in ("function.arguments", "function.name", "custom.input", "custom.name")
    ],
)
def tool_arguments_string(stream: ChatStream) -> Iterator[Violation]:
    """The string holds JSON; sending the object itself is the usual fault."""
    yield from owned(stream, tool_arguments_string.shapes)


@trigger(absent="no function call that was ended by the model")
def ended_calls(stream: ChatStream) -> list[Arguments]:
    """The arguments of the function calls that the model completed, where no schema binds them.

    Arguments that are not strings are left to `tool-arguments-string`, those of strict functions to
    `tool-arguments-strict`.
    """
    return [item for item in _ended(stream) if item.strict is None]


@trigger(absent="no call of a strict function that was ended by the model")
def strict_calls(stream: ChatStream) -> list[Arguments]:
    """The arguments of the completed calls of functions that the request declares `strict`."""
    return [item for item in _ended(stream) if item.strict is not None]


def _ended(stream: ChatStream) -> Iterator[Arguments]:
    schemas = _strict_schemas(stream)
    for choice in stream.choices:
        # Arguments that a length limit or a filter cut need not be JSON.
        if choice.finish.reason is None or choice.finish.reason in ("length", "content_filter"):
            continue
        for call in choice.calls.made:
            if call.textual and not call.custom:
                yield Arguments(
                    name=call.name,
                    text=call.arguments,
                    event=call.fragments[-1].event,
                    place=f"{_PLACE}.function.arguments",
                    strict=_binding(schemas, choice, call),
                )
        if choice.function_call.arguments.texts:
            yield Arguments(
                name=choice.function_call.name,
                text=choice.function_call.arguments.text,
                event=choice.function_call.arguments.events[-1],
                place="choices.*.delta.function_call.arguments",
            )


def _strict_schemas(stream: ChatStream) -> dict[str, dict[str, Any]]:
    tools = stream.asked.get("tools")
    found: dict[str, dict[str, Any]] = {}
    for tool in tools if isinstance(tools, list) else ():
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and function.get("strict") is True:
            parameters = function.get("parameters")
            found[str(function.get("name"))] = parameters if isinstance(parameters, dict) else {}
    return found


def _binding(schemas: dict[str, dict[str, Any]], choice: Choice, call: ToolCall) -> dict[str, Any] | None:
    # OpenAI's guide takes calls that are made in parallel out of what `strict` guarantees.
    normal = choice.finish.reason in _ENDS and len(choice.calls.made) == 1
    return schemas.get(call.name) if normal else None


@chat_rule(
    level=Level.SHOULD,
    statement="Unless cut or empty, the concatenated arguments of a call are one JSON document.",
    hurts="Clients raise when they parse the arguments: the tool cannot be run.",
    sources=[openapi("ChatCompletionMessageToolCall"), PYTHON_CHAT],
    when=ended_calls,
    promise=Promise.TOOLS,
    reports=["sgl-project/sglang#36339", "lidge-jun/opencodex#361", "sgl-project/sglang#37634"],
    model=True,
    rests_on=[*_READ, "finish-reason-cut-call"],
)
def tool_arguments_json(stream: ChatStream) -> Iterator[Violation]:
    """The API description says that a model does not always write valid JSON, so the level is SHOULD.

    Empty arguments are allowed, because some functions take none.
    """
    ended, cut = ended_calls(stream), _cut(stream)
    for item in ended:
        _, wrong = parse(item.text)
        if item.text.strip() and wrong:
            yield Violation(
                event=item.event,
                place=item.place,
                expected="one JSON document",
                observed=wrong + (cut if item is ended[-1] else ""),
            )


def _cut(stream: ChatStream) -> str:
    """That the token limit cut the answer, although its finish_reason does not say so; "" if it did not."""
    limit = limit_reached(stream)
    return f"; the limit of {limit} tokens cut the call, which finish_reason does not tell" if limit else ""


@chat_rule(
    level=Level.SHOULD,
    statement="The arguments of a call are a JSON object.",
    hurts=(
        "Arguments encoded twice reach the tool as one string; LangChain and openai-agents lose the call."
    ),
    sources=[FUNCTION_CALLING],
    when=ended_calls,
    promise=Promise.TOOLS,
    reports=["vllm-project/vllm#54964", "oracle/langchain-oracle#70"],
    model=True,
)
def tool_arguments_object(stream: ChatStream) -> Iterator[Violation]:
    """The usual fault is a JSON string that contains the JSON."""
    for item in ended_calls(stream):
        value, wrong = parse(item.text)
        if item.text.strip() and not wrong and not isinstance(value, dict):
            yield Violation(event=item.event, place=item.place, expected="an object", observed=shown(value))


@chat_rule(
    level=Level.MUST,
    statement="The arguments of a call of a `strict` function are JSON that fits its schema.",
    hurts="Callers rely on the guarantee and check nothing: the tool runs on what it cannot read.",
    sources=[FUNCTION_CALLING, openapi("FunctionObject")],
    when=strict_calls,
    capability="tools",
    needs=[Need.REQUEST],
    rests_on=_READ,
)
def tool_arguments_strict(stream: ChatStream) -> Iterator[Violation]:
    """An endpoint that cannot guarantee it should refuse `strict`; ignoring it silently is a violation.

    Parallel calls are exempt. Empty arguments count as an empty object.
    """
    cut = _cut(stream)
    for item in strict_calls(stream):
        schema = item.strict or {}
        value, wrong = parse(item.text.strip() or "{}")
        if not wrong:
            wrong = schema_misfit(value, schema)
        if wrong:
            yield Violation(
                event=item.event,
                place=item.place,
                expected=f"arguments that fit the strict schema of {shown(item.name)}",
                observed=f"{shown(item.text, 60)}: {wrong}{cut}",
            )


@chat_rule(
    level=Level.SHOULD,
    statement="A delta without a tool call has no `tool_calls`, not an empty array.",
    hurts="Clients close the text or the reasoning at each empty array.",
    sources=[_FRAGMENT],
    when=has_choices,
    reports=["vercel/ai#20203", "router-for-me/CLIProxyAPI#5333", "BerriAI/litellm#17425"],
)
def tool_calls_empty(stream: ChatStream) -> Iterator[Violation]:
    """`tool_calls: null` is allowed."""
    for choice in stream.choices:
        for item in choice.calls.empty:
            yield Violation(
                event=item.event,
                place="choices.*.delta.tool_calls",
                expected="no such key",
                observed="tool_calls: []",
            )
