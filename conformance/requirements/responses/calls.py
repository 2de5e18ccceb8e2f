"""Requirements on the tool calls of a Responses stream."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.events import ARGUMENTS
from conformance.assemble.item import Item, Text
from conformance.assemble.payload import parse
from conformance.catalogue import Apis, Family, Level, Violation, requirement
from conformance.requirements.common import required_names
from conformance.requirements.responses.common import (
    ends_with_output,
    final_item,
    has_completed,
    text_differs,
    texts_of,
)
from conformance.sources import FUNCTION_CALLING, PYTHON_RESPONSES, openapi
from conformance.subject import ResponsesStream
from conformance.text import shown

_RESPONSES = Family.RESPONSES
_EVENT = openapi("ResponseStreamEvent")
_FULL = openapi("Response")
_FIELDS = ("arguments", "input", "code")


def _calls(stream: ResponsesStream) -> list[tuple[Item, Text]]:
    return [(item, text) for item, text in texts_of(stream, *_FIELDS) if item.type in ARGUMENTS]


def _has_calls(stream: ResponsesStream) -> bool:
    return bool(_calls(stream))


@requirement(
    "arguments-done-present",
    _RESPONSES,
    Level.SHOULD,
    Apis.RESPONSES,
    "Arguments of a call are completed by their done event.",
    hurts="Clients that run the tool at that event never run it.",
    sources=[_EVENT, FUNCTION_CALLING],
    when=lambda stream: _has_calls(stream) and has_completed(stream),
    absent="no tool call in the stream, or it failed",
    promise="responses-tools",
    needs=["end"],
)
def arguments_done_present(stream: ResponsesStream) -> Iterator[Violation]:
    """Calls that come whole in their announcement too."""
    for item, text in _calls(stream):
        if not text.done and (text.deltas or item.type == "function_call"):
            yield Violation(
                event=text.delta_events[-1] if text.deltas else item.added,
                expected="a done event with the arguments",
                observed=f"none for the call of {item.at_added.get('name') or item.type}",
            )


@requirement(
    "arguments-deltas-present",
    _RESPONSES,
    Level.SHOULD,
    Apis.RESPONSES,
    "Arguments of a call are streamed in deltas.",
    hurts="Clients that show or parse arguments as they come see nothing until the end.",
    sources=[FUNCTION_CALLING],
    when=lambda stream: any(text.done_text for _, text in _calls(stream)),
    absent="no done event with arguments",
    promise="responses-tools",
)
def arguments_deltas_present(stream: ResponsesStream) -> Iterator[Violation]:
    """LM Studio has been recorded without."""
    for _, text in _calls(stream):
        if text.done_text and not text.deltas and not text.start:
            yield Violation(event=text.done, expected="deltas before it", observed="a done event alone")


@requirement(
    "arguments-done-agrees",
    _RESPONSES,
    Level.MUST,
    Apis.RESPONSES,
    "The arguments of the done event are the concatenation of the deltas.",
    hurts="Clients that collect deltas call the tool with other arguments than those that wait.",
    sources=[_EVENT, FUNCTION_CALLING],
    when=lambda stream: any(text.done for _, text in _calls(stream)),
    absent="no done event of arguments",
    promise="responses-tools",
    reports=["vllm-project/vllm#42683"],
)
def arguments_done_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Official clients append the deltas to what the announcement holds."""
    for _, text in _calls(stream):
        if text.done and text.deltas and not stream.resumed:
            yield from text_differs(text.done, text.slot, text.text, text.done_text)


@requirement(
    "arguments-item-agrees",
    _RESPONSES,
    Level.MUST,
    Apis.RESPONSES,
    "The item in `response.output_item.done` holds the arguments that were streamed.",
    hurts="Clients that take the finished item call the tool with other arguments.",
    sources=[_EVENT],
    when=lambda stream: any(item.done and text.deltas for item, text in _calls(stream)),
    absent="no closed item with arguments",
    promise="responses-tools",
)
def arguments_item_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Where the item has the key."""
    for item, text in _calls(stream):
        if item.done and text.deltas and not stream.resumed:
            told = item.at_done.get(ARGUMENTS[item.type])
            yield from text_differs(item.done, f"item.{text.slot}", text.text, told)


@requirement(
    "arguments-final-agrees",
    _RESPONSES,
    Level.MUST,
    Apis.RESPONSES,
    "The final response holds the arguments that were streamed.",
    hurts="Clients that take the final response call the tool with other arguments.",
    sources=[_FULL],
    when=lambda stream: (
        ends_with_output(stream)
        and any(text.deltas and final_item(stream, item) for item, text in _calls(stream))
    ),
    absent="no final response with the item, or it failed",
    promise="responses-tools",
)
def arguments_final_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """An item that is missing there is told by `response-output-agrees`. A failed response promises none."""
    final = stream.responses.final
    for item, text in _calls(stream):
        entry = final_item(stream, item)
        if final is not None and entry and text.deltas and not stream.resumed:
            told = entry.get(ARGUMENTS[item.type])
            yield from text_differs(final.event, f"response.output.*.{text.slot}", text.text, told)


@requirement(
    "arguments-json",
    _RESPONSES,
    Level.MUST,
    Apis.RESPONSES,
    "The arguments of a function call are one JSON object.",
    hurts="Clients raise when they parse the arguments: the tool cannot be run.",
    sources=[FUNCTION_CALLING, openapi("FunctionToolCall")],
    when=lambda stream: any(_whole(stream)),
    absent="no function call that was completed",
    promise="responses-tools",
    reports=["vllm-project/vllm#42683"],
)
def arguments_json(stream: ResponsesStream) -> Iterator[Violation]:
    """Custom tools take free text; a call cut by a limit need not parse."""
    for item, text in _whole(stream):
        value, wrong = parse(text.text)
        if wrong or not isinstance(value, dict):
            yield Violation(
                event=text.done or item.added,
                place="arguments",
                expected="one JSON object",
                observed=wrong or shown(value),
            )


def _whole(stream: ResponsesStream) -> Iterator[tuple[Item, Text]]:
    if has_completed(stream) and not stream.resumed:
        for item, text in _calls(stream):
            if (
                item.type == "function_call"
                and text.text.strip()
                and item.at_done.get("status") != "incomplete"
            ):
                yield item, text


@requirement(
    "response-call-id-unique",
    _RESPONSES,
    Level.MUST,
    Apis.RESPONSES,
    "The calls of a response have different `call_id`s.",
    hurts="openai-python raises 'conflicting output identities' for calls of one type; results get mixed up.",
    sources=[openapi("FunctionToolCall"), FUNCTION_CALLING, PYTHON_RESPONSES],
    when=lambda stream: len(_answered(stream)) > 1,
    absent="fewer than two calls in the stream",
)
def response_call_id_unique(stream: ResponsesStream) -> Iterator[Violation]:
    """Of functions and custom tools: the calls that the client answers."""
    seen: dict[str, int] = {}
    for item in _answered(stream):
        call = item.at_added.get("call_id") or item.at_done.get("call_id")
        if isinstance(call, str) and (first := seen.setdefault(call, item.added)) != item.added:
            yield Violation(
                event=item.added,
                place="item.call_id",
                expected=f"another call_id than that of the call in event {first}",
                observed=shown(call),
            )


def _answered(stream: ResponsesStream) -> list[Item]:
    kinds = ("function_call", "custom_tool_call")
    return [item for item in stream.responses.items if item.type in kinds]


@requirement(
    "response-call-arguments",
    _RESPONSES,
    Level.SHOULD,
    Apis.RESPONSES,
    "The arguments of a call are not empty where the function's schema requires some.",
    hurts="The tool refuses the call, or runs without what it was to do.",
    sources=[FUNCTION_CALLING, openapi("FunctionTool")],
    when=lambda stream: any(_demanding(stream)),
    absent="no function that requires arguments was called to the end",
    promise="responses-tools",
    needs=["request"],
    reports=["sgl-project/sglang#37634"],
)
def response_call_arguments(stream: ResponsesStream) -> Iterator[Violation]:
    """No text at all: servers lose it. An empty object is what the model wrote."""
    for item, required in _demanding(stream):
        told = item.at_done.get("arguments")
        if isinstance(told, str) and not told.strip():
            yield Violation(
                event=item.done,
                place="item.arguments",
                expected=f"{', '.join(required)} for {item.at_done.get('name')}",
                observed=shown(told),
            )


def _demanding(stream: ResponsesStream) -> Iterator[tuple[Item, list[str]]]:
    # The finished calls of functions that require arguments, and which these are.
    required = dict(_required(stream.asked.get("tools"))) if has_completed(stream) else {}
    for item in stream.responses.items:
        names = required.get(str(item.at_done.get("name")))
        if item.type == "function_call" and item.at_done.get("status") != "incomplete" and names:
            yield item, names


def _required(tools: Any) -> Iterator[tuple[str, list[str]]]:
    for tool in tools if isinstance(tools, list) else ():
        schema = tool.get("parameters") if isinstance(tool, dict) else None
        if (names := required_names(schema)) and tool.get("type") == "function":
            yield str(tool.get("name")), names
