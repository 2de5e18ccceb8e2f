"""Requirements on arguments that a strict function's schema binds."""

from collections.abc import Iterator

from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need
from conformance.requirements.declare import stream_rule
from conformance.requirements.structured import misfit
from conformance.requirements.tools.offered import Call, Tool, made_calls, offered_tools
from conformance.sources import FUNCTION_CALLING, STRUCTURED_OUTPUTS
from conformance.subject import ChatStream, Stream


@trigger(absent="no strict function was called to the end")
def strict_calls(stream: Stream) -> list[tuple[Call, Tool]]:
    """The completed calls of functions that the request says are strict.

    OpenAI does not keep to the schema in parallel calls, so several calls count only where these are off.
    """
    strict = {(tool.name, tool.namespace): tool for tool in offered_tools(stream) if tool.strict}
    serial = stream.asked.get("parallel_tool_calls") is False
    return [
        (call, strict[call.name, call.namespace])
        for call in made_calls(stream)
        if call.ended
        and call.arguments is not None
        and call.kind == "function"
        and (call.alone or serial)
        and (call.name, call.namespace) in strict
    ]


@stream_rule(
    level=Level.MUST,
    statement="The arguments of a strict function fit its schema.",
    hurts="Code that relies on the schema raises, or runs the tool with something else.",
    sources=[STRUCTURED_OUTPUTS, FUNCTION_CALLING],
    when=strict_calls,
    needs=[Need.REQUEST],
)
def tool_arguments_strict(stream: Stream) -> Iterator[Violation]:
    """Only where the request itself has `strict: true`; an endpoint that cannot do it should refuse."""
    chat = isinstance(stream, ChatStream)
    for call, tool in strict_calls(stream):
        if wrong := misfit(call.arguments or "", tool.schema):
            yield Violation(
                event=call.last,
                place="choices.*.delta.tool_calls.*.function.arguments" if chat else "item.arguments",
                expected=f"arguments that fit the strict schema of {call.name}",
                observed=wrong,
            )
