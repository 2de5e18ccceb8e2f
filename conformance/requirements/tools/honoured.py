"""Requirements that tools are called as the request asks: which tools, how many, with what arguments."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.choice import Choice
from conformance.assemble.payload import parse
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.fitting import schema_misfit
from conformance.requirements.common import choices_in_range, has_calls, required_names
from conformance.requirements.declare import chat_rule
from conformance.requirements.tools.arguments import strict_calls
from conformance.requirements.tools.offered import (
    Call,
    lost_arguments,
    made_calls,
    offered_tools,
    tool_choice,
)
from conformance.sources import FUNCTION_CALLING, openapi
from conformance.subject import ChatStream
from conformance.text import shown


@trigger(absent="the choice of tools was left to the model, or the answer was cut")
def choice_obliged(stream: ChatStream) -> bool:
    return tool_choice(stream).obliges and bool(_whole_choices(stream))


@chat_rule(
    level=Level.MUST,
    statement=(
        "`tool_choice` is obeyed: a forced call is made, of the tool that it names; `none` makes none; "
        "`allowed_tools` are the only ones that are called."
    ),
    hurts="Extraction and routing read an answer in prose where a call was certain.",
    sources=[FUNCTION_CALLING, openapi("ChatCompletionToolChoiceOption")],
    when=choice_obliged,
    capability="forced-tools",
    needs=[Need.REQUEST],
    model=True,
)
def tool_choice_honoured(stream: ChatStream) -> Iterator[Violation]:
    """An endpoint without forced calls should refuse them; ignoring them silently is a violation."""
    choice = tool_choice(stream)
    allowed = f"calls of {' or '.join(sorted(choice.allowed or ()))} only"
    for answer in _whole_choices(stream):
        called = [call.name for call in answer.calls.made]
        wrong, expected = False, ""
        if choice.mode == "none":
            wrong, expected = bool(called), "no call"
        elif choice.mode == "required":
            wrong = choice.named not in called if choice.named else not called
            expected = f"a call of {choice.named or 'some tool'}"
        if not wrong and choice.allowed is not None and not choice.allowed.issuperset(called):
            wrong, expected = True, allowed
        if wrong:
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
    capability="parallel-tools",
    needs=[Need.REQUEST],
    reports=["sgl-project/sglang#9696"],
    model=True,
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


@trigger(absent="no offered function was called to the end")
def ended_calls(stream: ChatStream) -> list[tuple[Call, list[str]]]:
    """The completed calls of offered functions, each with the names of the arguments that it requires.

    Those that a strict schema binds are left to `tool-arguments-strict`.
    """
    offered = {tool.name: tool for tool in offered_tools(stream)}
    bound = {item.event for item in strict_calls(stream)}
    return [
        (call, required_names(offered[call.name].schema))
        for call in made_calls(stream)
        # Arguments that are not strings are reported by `tool-arguments-string`.
        if call.ended and call.kind == "function" and call.arguments is not None and call.name in offered
        if call.last not in bound
    ]


@chat_rule(
    level=Level.SHOULD,
    statement="The arguments of a call are a JSON object, not empty where the function requires some.",
    hurts="The tool refuses the call, or runs without what it was to do; parsers raise on no text.",
    sources=[FUNCTION_CALLING, openapi("FunctionParameters")],
    when=ended_calls,
    promise=Promise.TOOLS,
    needs=[Need.REQUEST],
    reports=["sgl-project/sglang#37634"],
    model=True,
    rests_on=["tool-arguments-object"],
)
def call_arguments_present(stream: ChatStream) -> Iterator[Violation]:
    """`{}` is right for a function without required arguments, where OpenAI sends it. No text never is."""
    for call, required in ended_calls(stream):
        if lost_arguments(call.arguments, required):
            yield Violation(
                event=call.last,
                place="choices.*.delta.tool_calls.*.function.arguments",
                expected=f"{call.name} with {' and '.join(required)}"
                if required
                else f"{call.name} with {{}}",
                observed=shown(call.arguments) if call.arguments else "no text",
            )


@trigger(absent="no tool was offered and called")
def offered_and_called(stream: ChatStream) -> bool:
    return bool(_offered(stream)) and has_calls(stream)


@chat_rule(
    level=Level.INFO,
    statement="The arguments of a call fit the schema of its function.",
    hurts="The tool refuses the call.",
    sources=[FUNCTION_CALLING],
    when=offered_and_called,
    promise=Promise.TOOLS,
    needs=[Need.REQUEST],
    model=True,
    rests_on=["twin-arguments"],
)
def tool_arguments_schema(stream: ChatStream) -> Iterator[Violation]:
    """How well a model fills in arguments does not break the protocol, so the level is INFO."""
    offered = _offered(stream)
    bound = {item.event for item in strict_calls(stream)}
    for choice, call in stream.chat.calls:
        # Names that are not offered are reported by `tool-name-offered`.
        if choice.finish.reason not in ("stop", "tool_calls") or call.name not in offered:
            continue
        if call.custom or lost_arguments(call.arguments, required_names(offered[call.name])):
            continue  # reported by `call-arguments-present`; the input of a custom tool is any text
        value, wrong = parse(call.arguments)
        # Arguments that are not an object are reported by `tool-arguments-object`, and those that a strict
        # schema binds by `tool-arguments-strict`.
        judged = isinstance(value, dict) and not wrong and call.fragments[-1].event not in bound
        misfit = schema_misfit(value, offered[call.name]) if judged else ""
        if misfit:
            yield Violation(
                event=call.fragments[-1].event,
                place="function.arguments",
                expected="arguments that fit the tool's schema",
                observed=misfit,
            )


def _offered(stream: ChatStream) -> dict[str, dict[str, Any]]:
    return {tool.name: tool.schema for tool in offered_tools(stream) if tool.kind == "function"}
