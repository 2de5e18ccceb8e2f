"""Requirements that tools are called as the request asks: which tools, how many, with what arguments."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.choice import Choice, ToolCall
from conformance.assemble.payload import parse
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import choices_in_range, has_calls, required_names, schema_misfit
from conformance.requirements.declare import chat_rule
from conformance.sources import FUNCTION_CALLING, openapi
from conformance.subject import ChatStream
from conformance.text import shown


@trigger(absent="no call was forced or forbidden, or the answer was cut")
def choice_obliged(stream: ChatStream) -> bool:
    obliged = stream.call_forced or stream.asked.get("tool_choice") == "none"
    return obliged and bool(_whole_choices(stream))


@chat_rule(
    level=Level.MUST,
    statement="`tool_choice` is obeyed: a forced call is made, of the tool that it names; `none` makes none.",
    hurts="Extraction and routing read an answer in prose where a call was certain.",
    sources=[FUNCTION_CALLING, openapi("ChatCompletionToolChoiceOption")],
    when=choice_obliged,
    needs=[Need.REQUEST],
)
def tool_choice_honoured(stream: ChatStream) -> Iterator[Violation]:
    """An endpoint without forced calls should refuse them; ignoring them silently is a violation."""
    choice = stream.asked["tool_choice"]
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    for answer in _whole_choices(stream):
        called = [call.name for call in answer.calls.made]
        if choice == "none":
            right, expected = not called, "no call"
        else:
            right = bool(called) and (not name or name in called)
            expected = f"a call of {name or 'some tool'}"
        if not right:
            yield Violation(
                event=answer.finish.event,
                place="choices.*.delta.tool_calls",
                expected=expected,
                observed=f"a call of {', '.join(called)}" if called else "no call",
            )


def _whole_choices(stream: ChatStream) -> list[Choice]:
    return [
        choice
        for choice in choices_in_range(stream)
        if choice.finish.reason in ("stop", "tool_calls") and not choice.refusal.texts
    ]


@trigger(absent="parallel calls were not switched off, or none was made")
def parallel_calls_off(stream: ChatStream) -> bool:
    return stream.asked.get("parallel_tool_calls") is False and has_calls(stream)


@chat_rule(
    level=Level.MUST,
    statement="An answer holds at most one tool call where `parallel_tool_calls` is false.",
    hurts="Callers that run one tool at a time run the first call and lose the others.",
    sources=[FUNCTION_CALLING, openapi("ParallelToolCalls")],
    when=parallel_calls_off,
    needs=[Need.REQUEST],
    reports=["sgl-project/sglang#9696"],
)
def parallel_calls_honoured(stream: ChatStream) -> Iterator[Violation]:
    """An endpoint that cannot switch them off should refuse; ignoring it silently is a violation."""
    for choice in stream.choices:
        if len(choice.calls.made) > 1:
            yield Violation(
                event=choice.calls.made[1].event,
                place="choices.*.delta.tool_calls",
                expected="one call",
                observed=f"calls of {', '.join(call.name or '?' for call in choice.calls.made)}",
            )


@trigger(absent="no function that requires arguments was called to the end")
def demanding_calls(stream: ChatStream) -> list[tuple[ToolCall, list[str]]]:
    """The completed calls of functions that require arguments, each with the names of those arguments."""
    offered = _offered(stream)
    found = []
    for choice, call in stream.chat.calls:
        # Arguments that are not strings are reported by `tool-arguments-string`.
        texts = all(part.arguments is None or isinstance(part.arguments, str) for part in call.fragments)
        required = required_names(offered.get(call.name))
        if required and texts and choice.finish.reason in ("stop", "tool_calls"):
            found.append((call, required))
    return found


@chat_rule(
    level=Level.SHOULD,
    statement="The arguments of a call are not empty where the function's schema requires some.",
    hurts="The tool refuses the call, or runs without what it was to do.",
    sources=[FUNCTION_CALLING, openapi("FunctionParameters")],
    when=demanding_calls,
    promise=Promise.TOOLS,
    needs=[Need.REQUEST],
    reports=["sgl-project/sglang#37634"],
)
def call_arguments_present(stream: ChatStream) -> Iterator[Violation]:
    """Reports only empty text, which servers cause by losing the arguments.

    An empty object comes from the model and is reported by `tool-arguments-schema`.
    """
    for call, required in demanding_calls(stream):
        if not call.arguments.strip():
            yield Violation(
                event=call.fragments[-1].event,
                place="choices.*.delta.tool_calls.*.function.arguments",
                expected=f"{', '.join(required)} for {call.name}",
                observed=shown(call.arguments) if call.arguments else "no text",
            )


@trigger(absent="no tool was offered and called")
def offered_and_called(stream: ChatStream) -> bool:
    return bool(_offered(stream)) and has_calls(stream)


@chat_rule(
    level=Level.INFO,
    statement="Calls are of tools that the request offers, with arguments that fit their schema.",
    hurts="The tool refuses the call.",
    sources=[FUNCTION_CALLING],
    when=offered_and_called,
    promise=Promise.TOOLS,
    needs=[Need.REQUEST],
    reports=["MoonshotAI/kimi-cli#2513"],
)
def tool_arguments_schema(stream: ChatStream) -> Iterator[Violation]:
    """How well a model fills in arguments does not break the protocol, so the level is INFO."""
    offered = _offered(stream)
    names = ", ".join(offered)
    for choice, call in stream.chat.calls:
        if choice.finish.reason not in ("stop", "tool_calls") or not call.name:
            continue
        if call.name not in offered:
            yield Violation(event=call.event, place="function.name", expected=names, observed=call.name)
            continue
        if not call.arguments.strip() and required_names(offered[call.name]):
            continue  # reported by `call-arguments-present`
        value, wrong = parse(call.arguments or "{}")
        # Arguments that are not an object are reported by `tool-arguments-object`.
        misfit = schema_misfit(value, offered[call.name]) if isinstance(value, dict) and not wrong else ""
        if misfit:
            yield Violation(
                event=call.fragments[-1].event,
                place="function.arguments",
                expected="arguments that fit the tool's schema",
                observed=misfit,
            )


def _offered(stream: ChatStream) -> dict[str, dict[str, Any]]:
    tools = stream.asked.get("tools")
    found: dict[str, dict[str, Any]] = {}
    for tool in tools if isinstance(tools, list) else ():
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            parameters = function.get("parameters")
            found[function["name"]] = parameters if isinstance(parameters, dict) else {}
    return found
