"""Requirements on whole tool calls: their ids, and calls that leak into the text."""

from collections.abc import Iterator

from conformance.assemble.choice import Choice, ToolCall
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import has_several_calls, spoken
from conformance.requirements.control import leaks, writes
from conformance.requirements.declare import chat_rule, stream_rule
from conformance.requirements.marks import bare_calls
from conformance.requirements.templates import Kind
from conformance.requirements.tools.offered import offered_tools, tool_choice
from conformance.sources import FUNCTION_CALLING, HARMONY, openapi
from conformance.subject import ChatStream, Stream
from conformance.text import shown

LONGEST_ID = 64
"""Characters. OpenAI refuses a longer `tool_call_id` in the next request."""
USUAL_ID = 40
"""Characters. The limit that OpenAI's API had before, and that others copied (archestra-ai/archestra#866)."""


@chat_rule(
    level=Level.MUST,
    statement="The tool calls of an answer have different ids.",
    hurts="The results that are sent back cannot be told apart.",
    sources=[FUNCTION_CALLING, openapi("ChatCompletionMessageToolCall")],
    when=has_several_calls,
    promise=Promise.PARALLEL,
)
def tool_id_unique(stream: ChatStream) -> Iterator[Violation]:
    """Compared within one choice, because only the calls of one choice are answered together."""
    for choice in stream.choices:
        seen: dict[str, int] = {}
        for call in choice.calls.made:
            if call.id and (first := seen.setdefault(call.id, call.event)) != call.event:
                yield Violation(
                    event=call.event,
                    place="choices.*.delta.tool_calls.*.id",
                    expected=f"another id than that of the call in event {first}",
                    observed=shown(call.id),
                )


@trigger(absent="fewer than two choices with tool calls")
def calling_choices(stream: ChatStream) -> list[Choice]:
    """The choices that make calls, if there are several."""
    calling = [choice for choice in stream.choices if choice.calls.made]
    return calling if len(calling) > 1 else []


@chat_rule(
    level=Level.SHOULD,
    statement="The tool calls of two choices have different ids.",
    hurts="Clients that file calls and results by id mix up the choices.",
    sources=[openapi("ChatCompletionMessageToolCall")],
    when=calling_choices,
)
def tool_id_choices(stream: ChatStream) -> Iterator[Violation]:
    """Calls of one choice are compared by `tool-id-unique`."""
    seen: dict[str, ToolCall] = {}
    for choice in calling_choices(stream):
        for call in choice.calls.made:
            if call.id in seen:
                yield Violation(
                    event=call.event,
                    place="choices.*.delta.tool_calls.*.id",
                    expected=f"another id than that of the call in event {seen[call.id].event}",
                    observed=f"{shown(call.id)} in choice {choice.index} too",
                )
        seen.update((call.id, call) for call in choice.calls.made if call.id)


@trigger(absent="no tool call with an id in the stream")
def has_call_id(stream: ChatStream) -> bool:
    return any(call.id for _, call in stream.chat.calls)


@chat_rule(
    level=Level.SHOULD,
    statement=f"The id of a tool call has at most {LONGEST_ID} characters.",
    hurts="Conversations that go on at OpenAI are refused.",
    sources=[FUNCTION_CALLING],
    when=has_call_id,
    promise=Promise.TOOLS,
    reports=["archestra-ai/archestra#866"],
)
def tool_id_length(stream: ChatStream) -> Iterator[Violation]:
    """Ids are otherwise opaque."""
    yield from _longer(stream, LONGEST_ID)


@chat_rule(
    level=Level.INFO,
    statement=f"The id of a tool call has at most {USUAL_ID} characters.",
    hurts="Services that kept the former limit of OpenAI refuse a conversation that goes on there.",
    sources=[FUNCTION_CALLING],
    when=has_call_id,
    promise=Promise.TOOLS,
    reports=["archestra-ai/archestra#866"],
)
def tool_id_portable(stream: ChatStream) -> Iterator[Violation]:
    """Ids that are too long for OpenAI itself are reported by `tool-id-length`."""
    yield from _longer(stream, USUAL_ID, LONGEST_ID)


def _longer(stream: ChatStream, limit: int, known: int | None = None) -> Iterator[Violation]:
    """A violation for each id of more than `limit` characters, up to `known`, beyond which another speaks."""
    for _, call in stream.chat.calls:
        if len(call.id) > limit and (known is None or len(call.id) <= known):
            yield Violation(
                event=call.event,
                place="choices.*.delta.tool_calls.*.id",
                expected=f"at most {limit} characters",
                observed=f"{len(call.id)} characters: {shown(call.id, 60)}",
            )


@stream_rule(
    level=Level.SHOULD,
    statement="A model's own markup of tool calls shows in no text, reasoning, arguments or name.",
    hurts="Users read it, and the tool is not called, or is called with it as data.",
    sources=[FUNCTION_CALLING, HARMONY],
    when=writes,
    reports=[
        *("vllm-project/vllm#36445", "vllm-project/vllm#40801", "vllm-project/vllm#53227"),
        *("raullenchai/Rapid-MLX#480", "ai-dynamo/dynamo#8589"),
    ],
    model=True,
)
def tool_markup(stream: Stream) -> Iterator[Violation]:
    """Looks for `<tool_call>`, `[TOOL_CALLS]` and others that the parsers of vLLM and SGLang know.

    Not for those that the request itself holds, nor where it asks about templates; not in backquotes.
    """
    for leak in leaks(stream):
        if mark := leak.first(Kind.CALL):
            yield leak.violation(mark, "a tool call, or text")


@trigger(absent="no tool was offered, or there is no text")
def spoken_beside_tools(stream: Stream) -> list[tuple[str, int]]:
    """The texts of an answer that could be calls, each with its last event."""
    if not offered_tools(stream) or tool_choice(stream).mode == "none":
        return []
    return [(deltas.text, deltas.events[-1]) for deltas in spoken(stream)]


@stream_rule(
    level=Level.INFO,
    statement="A text is not itself the call of an offered tool.",
    hurts="Users read JSON, or a line of code, and the tool is not called.",
    sources=[FUNCTION_CALLING],
    when=spoken_beside_tools,
    needs=[Need.REQUEST],
    reports=["vllm-project/vllm#36445"],
    model=True,
)
def tool_call_bare(stream: Stream) -> Iterator[Violation]:
    """The whole text, or all that a fence holds of it: JSON with a name and arguments, or `name(...)`.

    A person may have asked for just that, so the level is INFO.
    """
    names = {tool.name for tool in offered_tools(stream)}
    for text, event in spoken_beside_tools(stream):
        if named := names & set(bare_calls(text)):
            yield Violation(event=event, expected=f"a call of {named.pop()}", observed=shown(text, 100))
