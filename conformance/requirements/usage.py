"""Requirements on usage in chat streams."""

from collections.abc import Iterator

from conformance.assemble.chat import Chat
from conformance.catalogue import Apis, Family, Level, Violation, requirement
from conformance.requirements.common import late_usage, owned, sum_differs
from conformance.sources import PYTHON_STREAMING, openapi
from conformance.subject import ChatStream
from conformance.text import shown

_USAGE = Family.USAGE
_OPTIONS = openapi("ChatCompletionStreamOptions")
_CHUNK = openapi("CreateChatCompletionStreamResponse")
_TOKENS = openapi("CompletionUsage")


def _asked_and_whole(stream: ChatStream) -> bool:
    # An interrupted stream may lack the usage chunk: the description says so.
    chat = stream.chat
    late = bool(late_usage(stream))
    return stream.usage_asked and not late and not chat.errors and (bool(chat.done) or _finished(chat))


def _finished(chat: Chat) -> bool:
    return bool(chat.choices) and all(choice.finish for choice in chat.ordered)


def _has_usage(stream: ChatStream) -> bool:
    return any(isinstance(seen.value, dict) and seen.value for seen in stream.chat.usage)


@requirement(
    "usage-present",
    _USAGE,
    Level.MUST,
    Apis.CHAT,
    "Usage is sent when `stream_options.include_usage` asks for it.",
    hurts="Metering, budgets and rate limits count nothing.",
    sources=[_OPTIONS],
    when=_asked_and_whole,
    absent="usage was not asked for, or the stream was broken off",
    promise="usage",
    needs=["request", "end"],
    reports=["ollama/ollama#4448", "BerriAI/litellm#3490", "abetlen/llama-cpp-python#1640"],
)
def usage_present(stream: ChatStream) -> Iterator[Violation]:
    """One chunk with a usage that is not null."""
    if not stream.chat.usage:
        yield Violation(expected="a chunk with usage before [DONE]", observed="no usage in any chunk")


@requirement(
    "usage-unasked",
    _USAGE,
    Level.MUST,
    Apis.CHAT,
    "No usage is sent when it was not asked for.",
    hurts="Clients that index `choices[0]` of every chunk raise on a usage chunk they did not order.",
    sources=[_CHUNK],
    when=lambda stream: not stream.usage_asked,
    absent="usage was asked for",
    needs=["request"],
)
def usage_unasked(stream: ChatStream) -> Iterator[Violation]:
    """A null usage is no usage."""
    for seen in stream.chat.usage:
        yield Violation(event=seen.event, place="usage", expected="no usage", observed=shown(seen.value))


@requirement(
    "usage-before-done",
    _USAGE,
    Level.MUST,
    Apis.CHAT,
    "Usage comes before `[DONE]`.",
    hurts="Both official SDKs stop reading at [DONE]: the usage is lost.",
    sources=[_OPTIONS, PYTHON_STREAMING],
    when=lambda stream: bool(stream.chat.usage) or bool(late_usage(stream)),
    absent="no usage in the stream",
    promise="usage",
)
def usage_before_done(stream: ChatStream) -> Iterator[Violation]:
    """Looks behind the terminator."""
    for event, usage in late_usage(stream).items():
        yield Violation(event=event, place="usage", expected="usage before [DONE]", observed=shown(usage))


@requirement(
    "usage-empty-choices",
    _USAGE,
    Level.SHOULD,
    Apis.CHAT,
    "Usage comes on a chunk of its own, whose `choices` is empty.",
    hurts="Clients that wait for the usage chunk by its empty choices find none.",
    sources=[_OPTIONS],
    when=lambda stream: stream.usage_asked and bool(stream.chat.usage),
    absent="no usage was asked for and sent",
    promise="usage",
    needs=["request"],
    reports=["BerriAI/litellm#17136"],
)
def usage_empty_choices(stream: ChatStream) -> Iterator[Violation]:
    """The last usage of the stream counts."""
    seen = stream.chat.usage[-1]
    if seen.choices:
        yield Violation(
            event=seen.event,
            place="choices",
            expected="choices: []",
            observed="usage on a chunk with choices",
        )


@requirement(
    "usage-position",
    _USAGE,
    Level.SHOULD,
    Apis.CHAT,
    "The usage chunk comes after every chunk with choices.",
    hurts="Clients take usage as the end and drop what follows.",
    sources=[_OPTIONS],
    when=lambda stream: stream.usage_asked and any(not seen.choices for seen in stream.chat.usage),
    absent="no usage chunk with empty choices",
    promise="usage",
    needs=["request"],
)
def usage_position(stream: ChatStream) -> Iterator[Violation]:
    """OpenAI's audio streams end with one more chunk: it says when the audio expires."""
    chat = stream.chat
    own = next(seen for seen in chat.usage if not seen.choices)
    if chat.last_choice_event > own.event and not chat.audio:
        yield Violation(
            event=own.event,
            expected="no chunk with choices after the usage chunk",
            observed=f"event {chat.last_choice_event} has choices",
        )


@requirement(
    "usage-once",
    _USAGE,
    Level.SHOULD,
    Apis.CHAT,
    "Usage is sent once.",
    hurts="Clients that add up usage bill twice; clients that take it as the end stop early.",
    sources=[_OPTIONS],
    when=lambda stream: bool(stream.chat.usage),
    absent="no usage in the stream",
    promise="usage",
    reports=["rashidrazak/opencode-cmd-provider#213"],
)
def usage_once(stream: ChatStream) -> Iterator[Violation]:
    """Running usage is an extension that has to be asked for."""
    options = stream.asked.get("stream_options")
    if isinstance(options, dict) and options.get("continuous_usage_stats"):
        return
    first, *again = stream.chat.usage
    for seen in again:
        yield Violation(
            event=seen.event,
            place="usage",
            expected="usage: null, or no such key",
            observed=f"usage again, first at event {first.event}",
        )


@requirement(
    "usage-null-elsewhere",
    _USAGE,
    Level.INFO,
    Apis.CHAT,
    "When usage was asked for, every other chunk carries `usage: null`.",
    hurts="Strictly typed clients that were promised the key do not find it.",
    sources=[_OPTIONS],
    when=lambda stream: stream.usage_asked and bool(stream.chat.usage),
    absent="no usage was asked for and sent",
    promise="usage",
    needs=["request"],
    reports=["BerriAI/litellm#9657"],
)
def usage_null_elsewhere(stream: ChatStream) -> Iterator[Violation]:
    """Many leave it out, and no measured client minds."""
    missing = stream.chat.no_usage_key
    if missing:
        yield Violation(
            event=missing[0],
            place="usage",
            expected="usage: null",
            observed="no such key",
            times=len(missing),
        )


@requirement(
    "usage-integers",
    _USAGE,
    Level.MUST,
    Apis.CHAT,
    "Token counts are integers of zero or more, and the three totals are there.",
    hurts="@ai-sdk and typed clients lose the usage or raise.",
    sources=[_TOKENS],
    when=lambda stream: bool(stream.chat.usage),
    absent="no usage in the stream",
    promise="usage",
    shapes=["usage", "usage.prompt_tokens", "usage.completion_tokens", "usage.total_tokens"],
)
def usage_integers(stream: ChatStream) -> Iterator[Violation]:
    """An empty object lacks all three."""
    yield from owned(stream, usage_integers.shapes)


@requirement(
    "usage-arithmetic",
    _USAGE,
    Level.MUST,
    Apis.CHAT,
    "`total_tokens` is the sum of `prompt_tokens` and `completion_tokens`.",
    hurts="Bills and budgets disagree with each other.",
    sources=[_TOKENS],
    when=_has_usage,
    absent="no usage in the stream",
    promise="usage",
    reports=["vllm-project/vllm#9028"],
)
def usage_arithmetic(stream: ChatStream) -> Iterator[Violation]:
    """Reasoning tokens are part of completion_tokens."""
    for seen in stream.chat.usage:
        if isinstance(seen.value, dict):
            yield from sum_differs(seen.event, "usage", seen.value, ("prompt_tokens", "completion_tokens"))


@requirement(
    "usage-details",
    _USAGE,
    Level.SHOULD,
    Apis.CHAT,
    "Cached tokens are part of the prompt's, reasoning tokens part of the completion's.",
    hurts="Cost computed from the details comes out negative or too high.",
    sources=[_TOKENS],
    when=_has_usage,
    absent="no usage in the stream",
    promise="usage",
)
def usage_details(stream: ChatStream) -> Iterator[Violation]:
    """Details that are absent or null are not looked at."""
    parts = (
        ("prompt_tokens_details", "cached_tokens", "prompt_tokens"),
        ("completion_tokens_details", "reasoning_tokens", "completion_tokens"),
    )
    for seen in stream.chat.usage:
        if not isinstance(seen.value, dict):
            continue
        for details, part, whole in parts:
            inner = seen.value.get(details)
            some = inner.get(part) if isinstance(inner, dict) else None
            total = seen.value.get(whole)
            if type(some) is int and type(total) is int and some > total:
                yield Violation(
                    event=seen.event,
                    place=f"usage.{details}.{part}",
                    expected=f"at most {whole}, {total}",
                    observed=str(some),
                )


@requirement(
    "usage-counts",
    _USAGE,
    Level.SHOULD,
    Apis.CHAT,
    "Usage counts tokens when there was an answer.",
    hurts="Metering sees a free answer.",
    sources=[_TOKENS],
    when=lambda stream: _has_usage(stream) and any(choice.text for choice in stream.choices),
    absent="no usage beside a text",
    promise="usage",
    reports=["mudler/LocalAI#1744"],
)
def usage_counts(stream: ChatStream) -> Iterator[Violation]:
    """Zero prompt or completion tokens cannot be."""
    last = stream.chat.usage[-1]
    for name in ("prompt_tokens", "completion_tokens"):
        if isinstance(last.value, dict) and last.value.get(name) == 0:
            yield Violation(event=last.event, place=f"usage.{name}", expected="more than 0", observed="0")
