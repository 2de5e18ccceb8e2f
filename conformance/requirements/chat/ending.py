"""Requirements on how a choice and a chat stream end."""

from collections.abc import Iterator

from conformance.assemble.choice import Choice, Misplaced
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.chat.cuts import cut_calls
from conformance.requirements.common import (
    choices_in_range,
    each,
    has_choices,
    owned,
    spoken_output,
)
from conformance.requirements.declare import chat_rule
from conformance.sources import (
    API_REFERENCE,
    FUNCTION_CALLING,
    NODE_CHAT,
    PYTHON_CHAT,
    openapi,
)
from conformance.subject import ChatStream
from conformance.text import counted, shown

_CHUNK = openapi("CreateChatCompletionStreamResponse")


@trigger(absent="no choice in the stream, spoken output, or an error in its place")
def choices_to_finish(stream: ChatStream) -> bool:
    return bool(choices_in_range(stream)) and not stream.chat.audio and not stream.chat.errors.seen


@chat_rule(
    level=Level.MUST,
    statement="Every choice gets a finish_reason.",
    hurts=(
        "openai-node's stream helper, @ai-sdk/openai-compatible and LiteLLM raise; the others take half an "
        "answer for a whole one."
    ),
    sources=[_CHUNK, NODE_CHAT],
    when=choices_to_finish,
    promise=Promise.CHAT,
    needs=[Need.END],
    reports=["earendil-works/pi#4558", "jakobdylanc/llmcord#84", "anomalyco/opencode#43379"],
    rests_on=[
        *("choices-present", "choice-delta", "choice-index", "finish-reason-key", "body-complete"),
        "done-last",
    ],
)
def finish_reason_present(stream: ChatStream) -> Iterator[Violation]:
    """OpenAI's own audio streams have no finish_reason and are exempt."""
    for choice in choices_in_range(stream):
        if not choice.finish.seen:
            yield Violation(
                event=stream.chat.choices.last_event,
                place="choices.*.finish_reason",
                expected=f"a finish_reason for choice {choice.index} by the last chunk with choices",
                observed="null or missing in every chunk",
            )


@trigger(absent="no finish_reason in the stream")
def has_finish(stream: ChatStream) -> bool:
    return any(choice.finish.seen for choice in stream.choices)


@chat_rule(
    level=Level.MUST,
    statement="Every choice gets one finish_reason.",
    hurts="LangChain reads 'stopstop'; clients that stop at the first lose what the second says.",
    sources=[_CHUNK],
    when=has_finish,
    promise=Promise.CHAT,
    reports=["langchain-ai/langchain#38226", "RayBytes/ChatMock#114"],
    rests_on=["finish-reason-value"],
)
def finish_reason_once(stream: ChatStream) -> Iterator[Violation]:
    """A second finish_reason is a violation whether it repeats the first or differs from it."""
    for choice in stream.choices:
        if again := choice.misplaced[Misplaced.FINISH_AGAIN]:
            expected = f"nothing after {shown(choice.finish.reason)} in event {choice.finish.event}"
            yield from each(again, expected, "choices.*.finish_reason")


@chat_rule(
    level=Level.SHOULD,
    statement="finish_reason is null or one of stop, length, tool_calls, content_filter, function_call.",
    hurts="Typed clients refuse the chunk; others cannot tell an end from a cut.",
    sources=[_CHUNK],
    when=has_choices,
    shapes=["choices.*.finish_reason:enum"],
    reports=["ollama/ollama#4357", "sgl-project/sglang#3912", "qualcomm/GenieX#1246"],
)
def finish_reason_value(stream: ChatStream) -> Iterator[Violation]:
    """OpenAI may add values, and the official SDKs read unknown ones, so the level is SHOULD.

    The empty string is not allowed. `error` beside an error object is not reported: it adds nothing to it.
    """
    failed = {error.event for error in stream.chat.errors.seen}
    for violation in owned(stream, finish_reason_value.shapes):
        told = violation.event in failed and violation.observed == '"error"'
        if violation.observed.startswith('"') and not told:
            yield violation


@chat_rule(
    level=Level.MUST,
    statement="Every choice has the key finish_reason, null until it ends.",
    hurts="Typed clients, in Rust or Go say, refuse the chunk.",
    sources=[_CHUNK],
    when=has_choices.unless("spoken output", spoken_output),
    shapes=["choices.*.finish_reason:required"],
    reports=["BerriAI/liteLLM-proxy#19", "vllm-project/vllm#19650", "danny-avila/LibreChat#5563"],
)
def finish_reason_key(stream: ChatStream) -> Iterator[Violation]:
    """OpenAI's API description requires the key and allows null."""
    yield from owned(stream, finish_reason_key.shapes)


@chat_rule(
    level=Level.MUST,
    statement="No text, refusal, reasoning or call of a choice comes after its finish_reason.",
    hurts="Clients that stop at the finish lose the rest; the others show it.",
    sources=[_CHUNK, API_REFERENCE],
    when=has_finish,
    promise=Promise.CHAT,
    reports=["open-webui/open-webui#16377", "BerriAI/litellm#376"],
    rests_on=["finish-reason-value", "finish-reason-once"],
)
def after_finish(stream: ChatStream) -> Iterator[Violation]:
    """Empty deltas after the finish_reason are allowed."""
    for choice in stream.choices:
        if late := choice.misplaced[Misplaced.AFTER_FINISH]:
            expected = f"nothing of choice {choice.index} after event {choice.finish.event}"
            yield from each(late, expected, "choices.*.delta")


@trigger(absent="no tool call in a choice that ends with stop or tool_calls")
def calls_before_the_end(stream: ChatStream) -> bool:
    return any(choice.calls.made and _ends_normally(choice) for choice in stream.choices)


@chat_rule(
    level=Level.SHOULD,
    statement="finish_reason is `tool_calls` when the choice calls tools.",
    hurts="Programs that branch on it take the turn for finished and leave the call unrun.",
    sources=[FUNCTION_CALLING, _CHUNK],
    when=calls_before_the_end,
    promise=Promise.TOOLS,
    reports=["BerriAI/litellm#12862", "ollama/ollama#7963", "Blaizzy/mlx-vlm#990"],
)
def finish_reason_tools(stream: ChatStream) -> Iterator[Violation]:
    """After a forced call OpenAI sends `stop`.

    Where the request is unknown, the call may have been forced, so `stop` is allowed. A call that the token
    limit cut is reported by `finish-reason-cut-call`.
    """
    forced = stream.call_forced or not stream.asked
    cut = {choice.index for choice in cut_calls(stream)}
    for choice in stream.choices:
        ended = choice.calls.made and choice.finish.reason == "stop" and choice.index not in cut
        if ended and not forced:
            yield Violation(
                event=choice.finish.event,
                place="choices.*.finish_reason",
                expected='"tool_calls"',
                observed=f'"stop" after {counted(len(choice.calls.made), "tool call")}',
            )


@trigger(absent="no finish_reason tool_calls or function_call in the stream")
def finish_for_tools(stream: ChatStream) -> bool:
    return any(choice.finish.reason in ("tool_calls", "function_call") for choice in stream.choices)


@chat_rule(
    level=Level.MUST,
    statement="finish_reason `tool_calls` or `function_call` comes only after such a call.",
    hurts="Agents wait for a call that never came, or end in a loop.",
    sources=[_CHUNK, FUNCTION_CALLING],
    when=finish_for_tools,
)
def finish_reason_without_calls(stream: ChatStream) -> Iterator[Violation]:
    """The usual cause is a gateway that drops the call and keeps the finish_reason."""
    for choice in stream.choices:
        made = {"tool_calls": choice.calls.made, "function_call": choice.function_call.event}
        reason = choice.finish.reason
        if isinstance(reason, str) and not made.get(reason, True):
            words = str(reason).removesuffix("s").replace("_", " ")
            yield Violation(
                event=choice.finish.event,
                place="choices.*.finish_reason",
                expected=f"a {words}, or another finish_reason",
                observed=f"{shown(reason)} without a {words}",
            )


def _ends_normally(choice: Choice) -> bool:
    return choice.finish.reason in ("stop", "tool_calls")


@chat_rule(
    level=Level.INFO,
    statement="finish_reason comes with an empty delta.",
    hurts="Accumulators that look at either the delta or the finish lose the other.",
    sources=[API_REFERENCE],
    when=has_finish,
    promise=Promise.CHAT,
    reports=["vllm-project/vllm#35705", "maximhq/bifrost#4963"],
    rests_on=["finish-reason-value", "finish-reason-once"],
)
def finish_reason_delta(stream: ChatStream) -> Iterator[Violation]:
    """The API description allows a delta with content here; OpenAI sends `{}`."""
    for choice in stream.choices:
        yield from each(choice.finish.with_delta, "an empty delta", "choices.*.delta")


@chat_rule(
    level=Level.MUST,
    statement="A stream holds an answer or an error.",
    hurts="Stream helpers raise, or show an empty answer as a success, and so does a raw loop.",
    sources=[_CHUNK, PYTHON_CHAT],
    needs=[Need.END],
    reports=["NousResearch/hermes-agent#111887"],
    rests_on=["choices-present", "done-last"],
)
def answer_present(stream: ChatStream) -> Iterator[Violation]:
    """One choice is enough; what the choice says is up to the model."""
    chat = stream.chat
    told = chat.errors.seen or chat.errors.misshapen or chat.data.not_json or chat.data.foreign
    if not chat.choices.by_index and not told:
        yield Violation(
            expected="a chunk with a choice, or an error",
            observed=f"{counted(len(stream.wire.events), 'event')} without either",
        )


@trigger(absent="the prompt asks for no certain text or call, or the answer was cut before it began")
def answer_asked(stream: ChatStream) -> bool:
    due = {Promise.TEXT, Promise.TOOLS} & {*stream.exchange.promises}
    begun = (choice.said.first or choice.finish.reason == "stop" for choice in choices_in_range(stream))
    return bool(due) and any(begun)


@chat_rule(
    level=Level.SHOULD,
    statement="An answer that ends well, and was asked to say something, says something.",
    hurts="Users see nothing, agents stop or ask again without end, and nobody is told why.",
    sources=[_CHUNK],
    when=answer_asked,
    promise=Promise.TEXT,
    model=True,
)
def answer_nonempty(stream: ChatStream) -> Iterator[Violation]:
    """Text, a refusal, audio or a call counts as an answer; reasoning alone does not.

    A model may choose to say nothing, so the level is SHOULD.
    """
    for choice in choices_in_range(stream):
        # `tool_calls` without a call is reported by `finish-reason-without-calls`.
        if choice.finish.reason == "stop" and not choice.said.first:
            yield Violation(
                event=choice.finish.event,
                place="choices.*.delta",
                expected="something said before the end",
                observed=f'nothing for choice {choice.index}, which ends with "stop"',
            )


@trigger(absent="no choice ends with stop, or another requirement says whether it has to say something")
def answer_ended(stream: ChatStream) -> list[Choice]:
    """The choices that end with `stop`, where neither the prompt nor `tool_choice` is known to ask for more.

    After an error nothing is due, and a stop sequence may end an answer at once.
    """
    if answer_asked(stream) or stream.call_forced or stream.chat.errors.seen or stream.asked.get("stop"):
        return []
    return [choice for choice in choices_in_range(stream) if choice.finish.reason == "stop"]


@chat_rule(
    level=Level.INFO,
    statement="An answer that ends with `stop` says something.",
    hurts="An answer that a filter or a fault withheld looks as if the model had nothing to say.",
    sources=[_CHUNK],
    when=answer_ended,
    reports=["BerriAI/litellm#20105"],
    model=True,
    rests_on=["answer-nonempty", "tool-markup"],
)
def answer_empty(stream: ChatStream) -> Iterator[Violation]:
    """A model may choose to say nothing: INFO. What a filter withheld ends with `content_filter`."""
    for choice in answer_ended(stream):
        if not choice.said.first:
            yield Violation(
                event=choice.finish.event,
                place="choices.*.delta",
                expected="something said before the end, or another finish_reason",
                observed=f'nothing for choice {choice.index}, which ends with "stop"',
            )
