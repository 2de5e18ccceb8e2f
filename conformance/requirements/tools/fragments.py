"""Requirements on the fragments of tool calls: index, id, type and name."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.choice import ToolCall
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.common import has_calls, has_several_calls, owned
from conformance.requirements.declare import chat_rule
from conformance.sources import FUNCTION_CALLING, NODE_CHAT, PYTHON_CHAT, PYTHON_DELTAS, openapi
from conformance.subject import ChatStream
from conformance.text import shown

_FRAGMENT = openapi("ChatCompletionMessageToolCallChunk")
_PLACE = "choices.*.delta.tool_calls.*"


def _calls(stream: ChatStream) -> list[ToolCall]:
    return [call for _, call in stream.chat.calls]


@trigger(absent="no tool call of several fragments")
def has_later_fragments(stream: ChatStream) -> bool:
    return any(len(call.fragments) > 1 for call in _calls(stream))


@chat_rule(
    level=Level.MUST,
    statement="Every tool call fragment has an integer `index`.",
    hurts=(
        "openai-python's stream helpers and @ai-sdk/openai raise, openai-node's loses the call, LangChain "
        "joins parallel calls into one."
    ),
    sources=[_FRAGMENT, PYTHON_DELTAS],
    when=has_calls,
    promise=Promise.TOOLS,
    shapes=[f"{_PLACE}.index"],
    reports=["ollama/ollama#7881", "openai/openai-python#2806", "Lightning-AI/LitServe#349"],
)
def tool_index_present(stream: ChatStream) -> Iterator[Violation]:
    """Missing, null and string values are all violations."""
    yield from owned(stream, tool_index_present.shapes)


@chat_rule(
    level=Level.MUST,
    statement="Tool call indexes begin at 0 and rise by one with each new call of a choice.",
    hurts="Both official stream helpers raise, or show an empty phantom call.",
    sources=[_FRAGMENT, PYTHON_DELTAS],
    when=has_calls,
    promise=Promise.TOOLS,
    reports=["pipecat-ai/pipecat#4987", "BerriAI/litellm#11407"],
)
def tool_index_contiguous(stream: ChatStream) -> Iterator[Violation]:
    """The index counts tool calls, not content blocks."""
    for choice in stream.choices:
        for wrong in choice.calls.misnumbered:
            yield Violation(
                event=wrong.event,
                place=f"{_PLACE}.index",
                expected=f"index {wrong.due}",
                observed=f"index {wrong.index}",
            )


@chat_rule(
    level=Level.MUST,
    statement="Each tool call has an index of its own.",
    hurts="Clients join two calls: names and arguments run into each other.",
    sources=[_FRAGMENT, PYTHON_DELTAS],
    when=has_several_calls,
    promise=Promise.PARALLEL,
    reports=["ollama/ollama#15457", "ai-dynamo/dynamo#4723", "mcowger/plexus#691"],
)
def tool_index_reused(stream: ChatStream) -> Iterator[Violation]:
    """A new id with a name, on an index already in use, begins another call."""
    for call in _calls(stream):
        if call.reused:
            yield Violation(
                event=call.reused.event,
                place=f"{_PLACE}.index",
                expected="a new index for a new call",
                observed=call.reused.what,
            )


@chat_rule(
    level=Level.MUST,
    statement="The first fragment of a tool call carries its id.",
    hurts=(
        "The result cannot be sent back under the call's id: LiteLLM and LangChain.js lose the call, "
        "openai-agents raises, others invent an id."
    ),
    sources=[FUNCTION_CALLING, openapi("ChatCompletionMessageToolCall")],
    when=has_calls,
    promise=Promise.TOOLS,
    reports=["vllm-project/vllm#18412", "continuedev/continue#13225", "binaricat/Netcatty#1007"],
    rests_on=["choices-present", "choice-delta", "choice-index"],
)
def tool_id_first(stream: ChatStream) -> Iterator[Violation]:
    """Missing, null and empty ids are all violations."""
    for call in _calls(stream):
        first = call.fragments[0]
        if not isinstance(first.id, str) or not first.id:
            yield _first(call, "id", "an id that is not empty", first.id)


@chat_rule(
    level=Level.MUST,
    statement="The first fragment of a tool call carries its `type`.",
    hurts="openai-node's stream helper raises 'tool call snapshot missing `type`'.",
    sources=[_FRAGMENT, NODE_CHAT],
    when=has_calls,
    promise=Promise.TOOLS,
    shapes=[f"{_PLACE}.type:type"],
    rests_on=["choices-present", "choice-delta", "choice-index"],
)
def tool_type_first(stream: ChatStream) -> Iterator[Violation]:
    """Missing, null and empty types are all violations; unknown ones are left to `tool-type-value`."""
    for call in _calls(stream):
        if not isinstance(call.fragments[0].type, str) or not call.fragments[0].type:
            yield _first(call, "type", '"function" or "custom"', call.fragments[0].type)
    seen = {call.event for call in _calls(stream)}
    yield from (item for item in owned(stream, tool_type_first.shapes) if item.event not in seen)


@chat_rule(
    level=Level.SHOULD,
    statement="The `type` of a tool call is `function` or `custom`.",
    hurts="Clients that choose by the type skip the call, and typed ones refuse the chunk.",
    sources=[_FRAGMENT, openapi("ChatCompletionMessageToolCalls")],
    when=has_calls,
    promise=Promise.TOOLS,
    shapes=[f"{_PLACE}.type:enum"],
)
def tool_type_value(stream: ChatStream) -> Iterator[Violation]:
    """A type that is no string, or that is empty in the first fragment, is reported by `tool-type-first`."""
    first = {call.event for call in _calls(stream)}
    for violation in owned(stream, tool_type_value.shapes):
        empty = violation.observed == '""' and violation.event in first
        if violation.observed.startswith('"') and not empty:
            yield violation


@chat_rule(
    level=Level.MUST,
    statement="The first fragment of a tool call carries the name of the function or custom tool.",
    hurts="@ai-sdk/openai raises; others announce a call before they know what is called.",
    sources=[FUNCTION_CALLING, openapi("ChatCompletionMessageToolCall")],
    when=has_calls,
    promise=Promise.TOOLS,
    reports=["jjang-ai/vmlx#244", "vllm-project/vllm#31438"],
    rests_on=["choices-present", "choice-delta", "choice-index"],
)
def tool_name_first(stream: ChatStream) -> Iterator[Violation]:
    """A late name is a violation: clients start the call with the first fragment."""
    for call in _calls(stream):
        first = call.fragments[0]
        if first.holds and (not isinstance(first.name, str) or not first.name):
            yield _first(call, f"{first.holds}.name", "a name that is not empty", first.name)


def _first(call: ToolCall, key: str, expected: str, observed: Any) -> Violation:
    absent = observed is None and key.rpartition(".")[2] not in call.fragments[0].nulls
    return Violation(
        event=call.event,
        place=f"{_PLACE}.{key}",
        expected=expected,
        observed="no such key" if absent else shown(observed),
    )


@chat_rule(
    level=Level.MUST,
    statement="A tool call keeps its id.",
    hurts="The result is sent back under an id that the endpoint does not know.",
    sources=[_FRAGMENT, PYTHON_DELTAS],
    when=has_later_fragments,
    reports=["poolsideai/pool#9"],
)
def tool_id_stable(stream: ChatStream) -> Iterator[Violation]:
    """A second call on the same index is reported by `tool-index-reused`."""
    for call in _calls(stream):
        for part in call.fragments[1:]:
            if part.id and call.id and part.id != call.id:
                yield Violation(
                    event=part.event, place=f"{_PLACE}.id", expected=shown(call.id), observed=shown(part.id)
                )


@chat_rule(
    level=Level.MUST,
    statement="The id of a tool call is sent once.",
    hurts="openai-python's stream helper concatenates: 'call_1call_1'; the next request is refused.",
    sources=[PYTHON_DELTAS],
    when=has_later_fragments,
    reports=["archestra-ai/archestra#866"],
)
def tool_id_repeated(stream: ChatStream) -> Iterator[Violation]:
    """Later fragments need only the index and the arguments."""
    for call in _calls(stream):
        for part in call.fragments[1:]:
            if part.id and part.id == call.id:
                yield Violation(
                    event=part.event,
                    place=f"{_PLACE}.id",
                    expected=f"no id after event {call.event}",
                    observed=shown(part.id),
                )


@chat_rule(
    level=Level.MUST,
    statement="The name of a tool call is sent once.",
    hurts="openai-python's stream helper and LangChain concatenate: 'get_weatherget_weather'.",
    sources=[PYTHON_DELTAS],
    when=has_later_fragments,
    reports=["vllm-project/vllm#18412"],
)
def tool_name_repeated(stream: ChatStream) -> Iterator[Violation]:
    """A second name is a violation whether it repeats the first or differs from it.

    A name that comes late is reported by `tool-name-first`.
    """
    for call in _calls(stream):
        named = False
        for part in call.fragments:
            if part.name and named:
                yield Violation(
                    event=part.event,
                    place=f"{_PLACE}.function.name",
                    expected="no second name",
                    observed=shown(part.name),
                )
            named = named or bool(part.name)


@chat_rule(
    level=Level.SHOULD,
    statement="Later fragments leave id and name out instead of sending them empty.",
    hurts="Spring AI, rig, Codex and others take an empty id or name for a new call.",
    sources=[_FRAGMENT],
    when=has_later_fragments,
    reports=["spring-projects/spring-ai#6369", "symfony/ai#2220", "0xPlaygrounds/rig#442"],
)
def tool_empty_continuation(stream: ChatStream) -> Iterator[Violation]:
    """Null values are allowed."""
    for call in _calls(stream):
        for part in call.fragments[1:]:
            for key, value in (("id", part.id), ("function.name", part.name)):
                if value == "":
                    yield Violation(
                        event=part.event, place=f"{_PLACE}.{key}", expected="no such key", observed='""'
                    )


@chat_rule(
    level=Level.MUST,
    statement="Every tool call fragment has a `function` object, or a `custom` object for a custom tool.",
    hurts="openai-python's and openai-node's stream helpers, @ai-sdk and LangChain raise.",
    sources=[PYTHON_CHAT, NODE_CHAT, _FRAGMENT],
    when=has_calls,
    promise=Promise.TOOLS,
    shapes=[f"{_PLACE}.function", f"{_PLACE}.custom"],
)
def tool_function_present(stream: ChatStream) -> Iterator[Violation]:
    """Later fragments carry the next piece of the arguments in `function`, of the input in `custom`."""
    for call in _calls(stream):
        due = "custom" if call.custom else "function"
        for part in call.fragments:
            if part.holds != due:
                yield Violation(
                    event=part.event,
                    place=f"{_PLACE}.{due}",
                    expected=f"an object, since the type is {shown(call.type)}" if call.type else "an object",
                    observed=f"`{part.holds}` in its place" if part.holds else "none",
                )
