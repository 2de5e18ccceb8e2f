"""Requirements on the tool calls of a Responses stream."""

from collections.abc import Iterator
from typing import Any

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
    has_completed,
    texts_of,
)
from conformance.requirements.responses.retold import CALL_ARGUMENTS, Repetition, disagreements
from conformance.sources import FUNCTION_CALLING, PYTHON_RESPONSES, openapi
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
    hurts="Clients that show or parse arguments as they come see nothing until the end.",
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


@trigger(absent="no function call that was completed")
def completed_calls(stream: ResponsesStream) -> list[tuple[Item, Text]]:
    if stream.resumed or not has_completed(stream):
        return []
    return [
        (item, text)
        for item, text in streamed_calls(stream)
        if item.type == "function_call"
        and text.text.strip()
        and item.done.value.get("status") != "incomplete"
    ]


@responses_rule(
    level=Level.MUST,
    statement="The arguments of a function call are one JSON object.",
    hurts="Clients raise when they parse the arguments: the tool cannot be run.",
    sources=[FUNCTION_CALLING, openapi("FunctionToolCall")],
    when=completed_calls,
    promise=Promise.RESPONSES_TOOLS,
    reports=["vllm-project/vllm#42683"],
    rests_on=["arguments-done-agrees"],
)
def arguments_json(stream: ResponsesStream) -> Iterator[Violation]:
    """Custom tools take free text, and a truncated call need not parse, so both are exempt."""
    for item, text in completed_calls(stream):
        value, wrong = parse(text.text)
        if wrong or not isinstance(value, dict):
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
    hurts="openai-python raises 'conflicting output identities' for calls of one type; results get mixed up.",
    sources=[openapi("FunctionToolCall"), FUNCTION_CALLING, PYTHON_RESPONSES],
    when=several_answered_calls,
)
def response_call_id_unique(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares calls of functions and of custom tools, which the client answers by `call_id`."""
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
    kinds = ("function_call", "custom_tool_call")
    return [item for item in stream.items if item.type in kinds]


@trigger(absent="no function that requires arguments was called to the end")
def demanding_calls(stream: ResponsesStream) -> list[tuple[Item, list[str]]]:
    """The completed calls of functions that require arguments, each with the names of those arguments."""
    required = dict(_required(stream.asked.get("tools"))) if has_completed(stream) else {}
    return [
        (item, names)
        for item in stream.items
        if (names := required.get(str(item.done.value.get("name"))))
        and item.type == "function_call"
        and item.done.value.get("status") != "incomplete"
    ]


@responses_rule(
    level=Level.SHOULD,
    statement="The arguments of a call are not empty where the function's schema requires some.",
    hurts="The tool refuses the call, or runs without what it was to do.",
    sources=[FUNCTION_CALLING, openapi("FunctionTool")],
    when=demanding_calls,
    promise=Promise.RESPONSES_TOOLS,
    needs=[Need.REQUEST],
    reports=["sgl-project/sglang#37634"],
)
def response_call_arguments(stream: ResponsesStream) -> Iterator[Violation]:
    """Reports only empty text, which servers cause by losing the arguments.

    An empty object comes from the model.
    """
    for item, required in demanding_calls(stream):
        told = item.done.value.get("arguments")
        if isinstance(told, str) and not told.strip():
            yield Violation(
                event=item.done.event,
                place="item.arguments",
                expected=f"{', '.join(required)} for {item.done.value.get('name')}",
                observed=shown(told),
            )


def _required(tools: Any) -> Iterator[tuple[str, list[str]]]:
    for tool in tools if isinstance(tools, list) else ():
        schema = tool.get("parameters") if isinstance(tool, dict) else None
        if (names := required_names(schema)) and tool.get("type") == "function":
            yield str(tool.get("name")), names
