"""Requirements on the tool calls of a Responses stream."""

from collections.abc import Iterator

from conformance.assemble.events import ARGUMENTS
from conformance.assemble.item import Item, Text
from conformance.assemble.payload import parse
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import required_names
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import (
    ends_with_output,
    final_item,
    final_usage,
    has_completed,
    texts_of,
    value_shown,
    was_cut,
)
from conformance.requirements.responses.honoured import strict_calls
from conformance.requirements.responses.retold import CALL_ARGUMENTS, Repetition, disagreements
from conformance.requirements.tools.offered import Call, lost_arguments, made_calls, offered_tools
from conformance.sources import FUNCTION_CALLING, NODE_RESPONSES, PYTHON_RESPONSES, openapi
from conformance.subject import ResponsesStream
from conformance.text import shown

_EVENT = openapi("ResponseStreamEvent")
_FULL = openapi("Response")


@trigger(absent="no tool call in the stream")
def streamed_calls(stream: ResponsesStream) -> list[tuple[Item, Text]]:
    """The items whose arguments are streamed, each with its arguments."""
    texts = texts_of(stream, *CALL_ARGUMENTS.slots)
    return [(item, text) for item, text in texts if item.type in ARGUMENTS]


def _not_completed(stream: ResponsesStream) -> bool:
    return not has_completed(stream)


@responses_rule(
    level=Level.SHOULD,
    statement="Arguments of a call are completed by their done event.",
    hurts="Clients that run the tool at that event never run it.",
    sources=[_EVENT, FUNCTION_CALLING],
    when=streamed_calls.unless("it failed", _not_completed),
    promise=Promise.RESPONSES_TOOLS,
    needs=[Need.END],
    rests_on=["body-complete"],
)
def arguments_done_present(stream: ResponsesStream) -> Iterator[Violation]:
    """Function calls whose announcement already holds the arguments need a done event too."""
    for item, text in streamed_calls(stream):
        if not text.done.event and (text.deltas.texts or item.type == "function_call"):
            yield Violation(
                event=text.deltas.events[-1] if text.deltas.texts else item.added.event,
                expected="a done event with the arguments",
                observed=f"none for the call of {item.added.value.get('name') or item.type}",
            )


@trigger(absent="no done event with arguments")
def has_done_with_arguments(stream: ResponsesStream) -> bool:
    return any(text.done.value for _, text in streamed_calls(stream))


@responses_rule(
    level=Level.SHOULD,
    statement="Arguments of a call are streamed in deltas.",
    hurts="LangChain calls the tool with `{}`; clients that show arguments as they come show nothing.",
    sources=[FUNCTION_CALLING],
    when=has_done_with_arguments,
    promise=Promise.RESPONSES_TOOLS,
)
def arguments_deltas_present(stream: ResponsesStream) -> Iterator[Violation]:
    """LM Studio has been recorded without deltas."""
    for _, text in streamed_calls(stream):
        if text.done.value and not text.deltas.texts and not text.start:
            yield Violation(event=text.done.event, expected="deltas before it", observed="a done event alone")


@trigger(absent="no done event of arguments")
def has_done_arguments(stream: ResponsesStream) -> bool:
    return any(text.done.event for _, text in streamed_calls(stream))


@responses_rule(
    level=Level.MUST,
    statement="The arguments of the done event are the concatenation of the deltas.",
    hurts="Clients that collect deltas call the tool with other arguments than those that wait.",
    sources=[_EVENT, FUNCTION_CALLING],
    when=has_done_arguments,
    promise=Promise.RESPONSES_TOOLS,
    reports=["vllm-project/vllm#42683"],
    rests_on=["output-index-present", "item-added-first"],
)
def arguments_done_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Official clients append the deltas to the arguments of the announcement."""
    yield from disagreements(stream, CALL_ARGUMENTS, Repetition.DONE)


@trigger(absent="no closed item with arguments")
def has_arguments_of_closed_item(stream: ResponsesStream) -> bool:
    return any(item.done.event and text.deltas.texts for item, text in streamed_calls(stream))


@responses_rule(
    level=Level.MUST,
    statement="The item in `response.output_item.done` holds the arguments that were streamed.",
    hurts="Clients that take the finished item call the tool with other arguments.",
    sources=[_EVENT],
    when=has_arguments_of_closed_item,
    promise=Promise.RESPONSES_TOOLS,
    rests_on=["arguments-done-agrees"],
)
def arguments_item_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Items without the key are not compared."""
    yield from disagreements(stream, CALL_ARGUMENTS, Repetition.ITEM)


@trigger(absent="no final response with the item, or it failed")
def has_arguments_of_final_item(stream: ResponsesStream) -> bool:
    return ends_with_output(stream) and any(
        text.deltas.texts and final_item(stream, item) for item, text in streamed_calls(stream)
    )


@responses_rule(
    level=Level.MUST,
    statement="The final response holds the arguments that were streamed.",
    hurts="Clients that take the final response call the tool with other arguments.",
    sources=[_FULL],
    when=has_arguments_of_final_item,
    promise=Promise.RESPONSES_TOOLS,
    rests_on=["arguments-done-agrees"],
)
def arguments_final_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """An item missing from the final response is reported by `response-output-agrees`.

    Failed responses are not compared.
    """
    yield from disagreements(stream, CALL_ARGUMENTS, Repetition.FINAL)


@trigger(absent="no call of a function or an MCP tool that was completed")
def completed_calls(stream: ResponsesStream) -> list[tuple[Item, Text]]:
    if stream.resumed or not ends_with_output(stream):
        return []
    return [
        (item, text)
        for item, text in streamed_calls(stream)
        if item.type in ("function_call", "mcp_call")
        and text.text.strip()
        and item.done.event
        and item.done.value.get("status") != "incomplete"
    ]


def _cut(stream: ResponsesStream) -> str:
    """What cut the output of the response, in words; "" if nothing did."""
    usage = final_usage(stream).get("output_tokens")
    limit = stream.asked.get("max_output_tokens")
    if type(usage) is int and type(limit) is int and usage >= limit:
        return f"the limit of {limit} output tokens"
    return "the end of the incomplete response" if was_cut(stream) else ""


@responses_rule(
    level=Level.SHOULD,
    statement="Unless a call of a function or an MCP tool is incomplete, its arguments are one JSON object.",
    hurts="Clients raise when they parse the arguments: the tool cannot be run.",
    sources=[FUNCTION_CALLING, openapi("FunctionToolCall")],
    when=completed_calls,
    promise=Promise.RESPONSES_TOOLS,
    reports=["vllm-project/vllm#42683"],
    model=True,
    rests_on=["arguments-done-agrees", "response-call-cut"],
)
def arguments_json(stream: ResponsesStream) -> Iterator[Violation]:
    """Models may write invalid JSON, as the API description says; if the places differ, other rules say so.

    Custom tools take free text. A call that is incomplete need not parse. What a strict schema binds is
    reported by `response-arguments-strict`.
    """
    cut_off, bound = _cut(stream), {call.last for call, _ in strict_calls(stream)}
    for item, text in completed_calls(stream):
        value, wrong = parse(text.text)
        cut = cut_off if wrong else ""
        if item.done.event in bound and not cut:
            continue
        if cut:
            yield Violation(
                event=item.done.event,
                place="item.status",
                expected=f'"incomplete", since {cut} cut the arguments',
                observed=f"{value_shown(item.done.value.get('status'))}, arguments {shown(text.text, 60)}",
            )
        elif wrong or not isinstance(value, dict):
            yield Violation(
                event=text.done.event or item.added.event,
                place="arguments",
                expected="one JSON object",
                observed=wrong or shown(value),
            )


@trigger(absent="fewer than two calls in the stream")
def several_answered_calls(stream: ResponsesStream) -> bool:
    return len(_answered(stream)) > 1


@responses_rule(
    level=Level.MUST,
    statement="The calls of a response have different `call_id`s.",
    hurts="Both official SDKs raise for two calls of one type; results get mixed up.",
    sources=[openapi("FunctionToolCall"), FUNCTION_CALLING, PYTHON_RESPONSES, NODE_RESPONSES],
    when=several_answered_calls,
    rests_on=["output-index-unique"],
)
def response_call_id_unique(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares the calls that the client answers by `call_id`: of functions, shells, and the like."""
    seen: dict[str, int] = {}
    for item in _answered(stream):
        call = item.added.value.get("call_id") or item.done.value.get("call_id")
        if isinstance(call, str) and (first := seen.setdefault(call, item.added.event)) != item.added.event:
            yield Violation(
                event=item.added.event,
                place="item.call_id",
                expected=f"another call_id than that of the call in event {first}",
                observed=shown(call),
            )


def _answered(stream: ResponsesStream) -> list[Item]:
    return [item for item in stream.items if item.type in _ANSWERED]


_ANSWERED = (
    *("function_call", "custom_tool_call", "shell_call", "local_shell_call"),
    *("apply_patch_call", "computer_call"),
)


@trigger(absent="no offered function was called to the end")
def ended_calls(stream: ResponsesStream) -> list[tuple[Call, list[str]]]:
    """The completed calls of offered functions, each with the names of the arguments that it requires."""
    offered = {tool.name: tool for tool in offered_tools(stream)}
    return [
        (call, required_names(offered[call.name].schema))
        for call in made_calls(stream)
        if call.ended and call.kind == "function" and call.name in offered
    ]


@responses_rule(
    level=Level.SHOULD,
    statement="The arguments of a call are a JSON object, not empty where the function requires some.",
    hurts="The tool refuses the call, or runs without what it was to do; parsers raise on no text.",
    sources=[FUNCTION_CALLING, openapi("FunctionTool")],
    when=ended_calls,
    promise=Promise.RESPONSES_TOOLS,
    needs=[Need.REQUEST],
    reports=["sgl-project/sglang#37634", "vllm-project/vllm#54686"],
    model=True,
    rests_on=["arguments-done-agrees", "arguments-json"],
)
def response_call_arguments(stream: ResponsesStream) -> Iterator[Violation]:
    """`{}` is right for a function without required arguments, where OpenAI sends it. No text never is.

    Arguments that a strict schema binds are reported by `response-arguments-strict`.
    """
    bound = {call.last for call, _ in strict_calls(stream)}
    for call, required in ended_calls(stream):
        if call.last not in bound and lost_arguments(call.arguments, required):
            yield Violation(
                event=call.last,
                place="item.arguments",
                expected=f"{', '.join(required) or '{}'} for {call.name}",
                observed=shown(call.arguments) if call.arguments else "no text",
            )
