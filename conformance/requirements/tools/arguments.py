"""Requirements on the arguments of tool calls in chat streams."""

from collections.abc import Iterator

from conformance.assemble.choice import ToolCall
from conformance.assemble.payload import parse
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.common import has_calls, has_choices, owned
from conformance.requirements.declare import chat_rule
from conformance.sources import FUNCTION_CALLING, PYTHON_CHAT, openapi
from conformance.subject import ChatStream
from conformance.text import shown

_FRAGMENT = openapi("ChatCompletionMessageToolCallChunk")
_PLACE = "choices.*.delta.tool_calls.*"


@chat_rule(
    level=Level.MUST,
    statement="`arguments` is a string.",
    hurts="Nine of eleven measured clients raise on an object.",
    sources=[_FRAGMENT],
    when=has_calls,
    promise=Promise.TOOLS,
    shapes=[f"{_PLACE}.function.arguments", f"{_PLACE}.function.name"],
)
def tool_arguments_string(stream: ChatStream) -> Iterator[Violation]:
    """The string holds JSON; sending the object itself is the usual fault."""
    yield from owned(stream, tool_arguments_string.shapes)


@trigger(absent="no tool call that was ended by the model")
def ended_calls(stream: ChatStream) -> list[tuple[ToolCall, str]]:
    """The calls that the model completed, with their arguments.

    Arguments that are not strings are left to `tool-arguments-string`.
    """
    return [
        (call, call.arguments)
        for choice, call in stream.chat.calls
        # Arguments truncated by a length limit or a filter need not be JSON.
        if choice.finish.reason not in (None, "length", "content_filter")
        and all(part.arguments is None or isinstance(part.arguments, str) for part in call.fragments)
    ]


@chat_rule(
    level=Level.MUST,
    statement="The arguments of a call concatenate to one JSON document.",
    hurts="Clients raise when they parse the arguments: the tool cannot be run.",
    sources=[openapi("ChatCompletionMessageToolCall"), PYTHON_CHAT],
    when=ended_calls,
    promise=Promise.TOOLS,
    reports=["sgl-project/sglang#36339", "lidge-jun/opencodex#361", "sgl-project/sglang#37634"],
    rests_on=["choices-present", "choice-delta", "choice-index", "tool-function-present", "body-complete"],
)
def tool_arguments_json(stream: ChatStream) -> Iterator[Violation]:
    """Empty arguments are allowed, because some functions take none."""
    for call, text in ended_calls(stream):
        _, wrong = parse(text)
        if text.strip() and wrong:
            yield Violation(
                event=call.fragments[-1].event,
                place=f"{_PLACE}.function.arguments",
                expected="one JSON document",
                observed=wrong,
            )


@chat_rule(
    level=Level.MUST,
    statement="The arguments of a call are a JSON object.",
    hurts="Arguments encoded twice reach the tool as one string, in all eleven measured clients.",
    sources=[FUNCTION_CALLING],
    when=ended_calls,
    promise=Promise.TOOLS,
    reports=["vllm-project/vllm#54964", "oracle/langchain-oracle#70"],
)
def tool_arguments_object(stream: ChatStream) -> Iterator[Violation]:
    """The usual fault is a JSON string that contains the JSON."""
    for call, text in ended_calls(stream):
        value, wrong = parse(text)
        if text.strip() and not wrong and not isinstance(value, dict):
            yield Violation(
                event=call.fragments[-1].event,
                place=f"{_PLACE}.function.arguments",
                expected="an object",
                observed=shown(value),
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
