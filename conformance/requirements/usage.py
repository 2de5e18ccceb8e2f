"""Requirements on usage in chat streams."""

from collections.abc import Iterator

from conformance.assemble.chat import UsageReport
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import fewest_tokens, late_usage, owned, prefilled, sum_differs
from conformance.requirements.declare import chat_rule
from conformance.sources import PYTHON_STREAMING, openapi
from conformance.subject import ChatStream
from conformance.text import shown

_OPTIONS = openapi("ChatCompletionStreamOptions")
_CHUNK = openapi("CreateChatCompletionStreamResponse")
_TOKENS = openapi("CompletionUsage")


@trigger(absent="usage was not asked for, or the stream was broken off")
def usage_due(stream: ChatStream) -> bool:
    # The API description allows an interrupted stream to lack the usage chunk.
    chat = stream.chat
    finished = bool(chat.choices.by_index) and all(choice.finish.seen for choice in chat.choices.ordered)
    whole = not late_usage(stream) and not chat.errors.seen and (bool(chat.done.seen) or finished)
    return stream.usage_asked and whole


@chat_rule(
    level=Level.MUST,
    statement="Usage is sent when `stream_options.include_usage` asks for it.",
    hurts="Metering, budgets and rate limits count nothing.",
    sources=[_OPTIONS],
    when=usage_due,
    promise=Promise.USAGE,
    capability="usage",
    needs=[Need.REQUEST, Need.END],
    reports=["ollama/ollama#4448", "BerriAI/litellm#3490", "abetlen/llama-cpp-python#1640"],
    rests_on=["body-complete"],
)
def usage_present(stream: ChatStream) -> Iterator[Violation]:
    """One usage that is not null is enough, even in an object without `choices` (see `event-foreign`)."""
    if not stream.chat.usage.seen:
        yield Violation(expected="a chunk with usage before [DONE]", observed="no usage in any chunk")


@trigger(absent="usage was asked for")
def usage_not_asked(stream: ChatStream) -> bool:
    return not stream.usage_asked


@chat_rule(
    level=Level.MUST,
    statement="Without `include_usage`, the `usage` of every chunk is absent or null.",
    hurts="Clients that index `choices[0]` of every chunk raise on a usage chunk they did not order.",
    sources=[_CHUNK],
    when=usage_not_asked,
    needs=[Need.REQUEST],
)
def usage_unasked(stream: ChatStream) -> Iterator[Violation]:
    """Judged in every chunk before `[DONE]`."""
    for seen in stream.chat.usage.seen:
        yield Violation(event=seen.event, place="usage", expected="no usage", observed=shown(seen.value))


@trigger(absent="no usage in the stream")
def usage_anywhere(stream: ChatStream) -> bool:
    return bool(stream.chat.usage.seen) or bool(late_usage(stream))


@chat_rule(
    level=Level.MUST,
    statement="Usage comes before `[DONE]`.",
    hurts="Both official SDKs stop reading at [DONE]: the usage is lost.",
    sources=[_OPTIONS, PYTHON_STREAMING],
    when=usage_anywhere,
    promise=Promise.USAGE,
    needs=[Need.WIRE],
)
def usage_before_done(stream: ChatStream) -> Iterator[Violation]:
    """Reports usage that was found after the terminator."""
    for event, usage in late_usage(stream).items():
        yield Violation(event=event, place="usage", expected="usage before [DONE]", observed=shown(usage))


@trigger(absent="no usage was asked for and sent")
def usage_asked_and_sent(stream: ChatStream) -> bool:
    return stream.usage_asked and bool(stream.chat.usage.seen)


@chat_rule(
    level=Level.SHOULD,
    statement="Usage comes on a chunk of its own, whose `choices` is empty.",
    hurts="Clients that wait for the usage chunk by its empty choices find none.",
    sources=[_OPTIONS],
    when=usage_asked_and_sent,
    promise=Promise.USAGE,
    needs=[Need.REQUEST],
    reports=["BerriAI/litellm#17136"],
    rests_on=["finish-reason-once"],
)
def usage_empty_choices(stream: ChatStream) -> Iterator[Violation]:
    """Judges the last usage of the stream."""
    seen = stream.chat.usage.seen[-1]
    if seen.beside_choices:
        yield Violation(
            event=seen.event,
            place="choices",
            expected="choices: []",
            observed="usage on a chunk with choices",
        )


@trigger(absent="no usage chunk with empty choices, or usage was not asked for")
def own_usage_chunk(stream: ChatStream) -> bool:
    asked = stream.usage_asked or not stream.asked
    return asked and any(not seen.beside_choices for seen in stream.chat.usage.seen)


@chat_rule(
    level=Level.SHOULD,
    statement="The usage chunk comes after every chunk with choices.",
    hurts="The stream helpers of openai-python and openai-node lose the usage.",
    sources=[_OPTIONS],
    when=own_usage_chunk,
    promise=Promise.USAGE,
)
def usage_position(stream: ChatStream) -> Iterator[Violation]:
    """Exempts OpenAI's audio streams, which end with one more chunk, saying when the audio expires.

    Where the request is unknown, usage that came counts as asked for.
    """
    chat = stream.chat
    own = next(seen for seen in chat.usage.seen if not seen.beside_choices)
    if chat.choices.last_event > own.event and not chat.audio:
        yield Violation(
            event=own.event,
            expected="no chunk with choices after the usage chunk",
            observed=f"event {chat.choices.last_event} has choices",
        )


@trigger(absent="no usage in the stream")
def has_usage(stream: ChatStream) -> bool:
    return bool(stream.chat.usage.seen)


@chat_rule(
    level=Level.SHOULD,
    statement="Usage is sent once.",
    hurts="Clients that add up usage bill twice; clients that take it as the end stop early.",
    sources=[_OPTIONS],
    when=has_usage,
    promise=Promise.USAGE,
    reports=["rashidrazak/opencode-cmd-provider#213"],
    rests_on=["usage-integers"],
)
def usage_once(stream: ChatStream) -> Iterator[Violation]:
    """Usage that is updated throughout the stream is an extension that the request has to ask for."""
    options = stream.asked.get("stream_options")
    if isinstance(options, dict) and options.get("continuous_usage_stats"):
        return
    first, *again = stream.chat.usage.seen
    for seen in again:
        yield Violation(
            event=seen.event,
            place="usage",
            expected="usage: null, or no such key",
            observed=f"a second one, after that of event {first.event}",
        )


@chat_rule(
    level=Level.INFO,
    statement="When usage was asked for, every other chunk carries `usage: null`.",
    hurts="Strictly typed clients that were promised the key do not find it.",
    sources=[_OPTIONS],
    when=usage_asked_and_sent,
    promise=Promise.USAGE,
    needs=[Need.REQUEST],
    reports=["BerriAI/litellm#9657"],
)
def usage_null_elsewhere(stream: ChatStream) -> Iterator[Violation]:
    """Many providers omit the key and no measured client minds, so the level is INFO."""
    missing = stream.chat.usage.missing
    if missing:
        yield Violation(
            event=missing[0],
            place="usage",
            expected="usage: null",
            observed="no such key",
            times=len(missing),
        )


@chat_rule(
    level=Level.MUST,
    statement="Token counts are integers of zero or more, and the three totals are there.",
    hurts="@ai-sdk and typed clients lose the usage or raise.",
    sources=[_TOKENS],
    when=has_usage,
    promise=Promise.USAGE,
    shapes=["usage", "usage.prompt_tokens", "usage.completion_tokens", "usage.total_tokens"],
)
def usage_integers(stream: ChatStream) -> Iterator[Violation]:
    """An empty object lacks all three totals."""
    yield from owned(stream, usage_integers.shapes)


@trigger(absent="no usage in the stream")
def counts(stream: ChatStream) -> list[UsageReport]:
    """Every usage that is an object and not empty."""
    return [seen for seen in stream.chat.usage.seen if isinstance(seen.value, dict) and seen.value]


@chat_rule(
    level=Level.MUST,
    statement="`total_tokens` is the sum of `prompt_tokens` and `completion_tokens`.",
    hurts="Bills and budgets disagree with each other.",
    sources=[_TOKENS],
    when=counts,
    promise=Promise.USAGE,
    reports=["vllm-project/vllm#9028"],
)
def usage_arithmetic(stream: ChatStream) -> Iterator[Violation]:
    """Reasoning tokens are already included in `completion_tokens`."""
    for seen in counts(stream):
        yield from sum_differs(seen.event, "usage", seen.value, ("prompt_tokens", "completion_tokens"))


@chat_rule(
    level=Level.SHOULD,
    statement="Cached tokens are part of the prompt's, reasoning tokens part of the completion's.",
    hurts="Cost computed from the details comes out negative or too high.",
    sources=[_TOKENS],
    when=counts,
    promise=Promise.USAGE,
)
def usage_details(stream: ChatStream) -> Iterator[Violation]:
    """Missing and null details are ignored."""
    parts = (
        ("prompt_tokens_details", "cached_tokens", "prompt_tokens"),
        ("completion_tokens_details", "reasoning_tokens", "completion_tokens"),
    )
    for seen in counts(stream):
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


@trigger(absent="no usage beside a text or a call")
def counts_beside_output(stream: ChatStream) -> bool:
    return bool(counts(stream)) and any(choice.content.text or choice.calls.made for choice in stream.choices)


@chat_rule(
    level=Level.SHOULD,
    statement="Usage counts the tokens of the prompt and of the text or the call that came.",
    hurts="Metering sees a free answer, or the bill has nothing to do with what was sent.",
    sources=[_TOKENS],
    when=counts_beside_output,
    promise=Promise.USAGE,
    reports=["mudler/LocalAI#1744"],
)
def usage_counts(stream: ChatStream) -> Iterator[Violation]:
    """No tokenizer needs fewer tokens than two for three words, and none of them needs none."""
    last = stream.chat.usage.seen[-1]
    usage = last.value if isinstance(last.value, dict) else {}
    said = 0 if prefilled(stream) else sum(fewest_tokens(choice.content) for choice in stream.choices)
    fewest = {"prompt_tokens": 1, "completion_tokens": max(1, said)}
    for name, least in fewest.items():
        count = usage.get(name)
        if type(count) is int and 0 <= count < least:
            yield Violation(
                event=last.event,
                place=f"usage.{name}",
                expected=f"{least} or more, for the text that came" if least > 1 else "more than 0",
                observed=str(count),
            )
