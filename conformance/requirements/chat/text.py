"""Requirements on the text of a chat stream and its log probabilities."""

from codecs import getincrementaldecoder
from collections.abc import Iterator

from conformance.catalogue import Api, Family, Level, Violation, requirement
from conformance.requirements.common import (
    each,
    has_text,
    owned,
)
from conformance.sources import (
    API_REFERENCE,
    RFC_8259,
    WHATWG_INTERPRET,
    openapi,
)
from conformance.subject import Stream
from conformance.text import counted, shown

_CHAT = Family.CHAT
_DELTA = openapi("ChatCompletionStreamResponseDelta")
_LOGPROB = openapi("ChatCompletionTokenLogprob")
_REQUEST = openapi("CreateChatCompletionRequest")


@requirement(
    "content-string",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "`content` is a string or null.",
    hurts="Clients that concatenate raise, or show '[object Object]'.",
    sources=[_DELTA],
    when=lambda stream: bool(stream.choices),
    absent="no choice in the stream",
    shapes=["choices.*.delta.content", "choices.*.delta.refusal"],
    reports=["symfony/ai#2422", "openclaw/openclaw#68418", "simonw/llm-mistral#38"],
)
def content_string(stream: Stream) -> Iterator[Violation]:
    """Typed blocks belong to another API."""
    yield from owned(stream, content_string.shapes)


@requirement(
    "content-cumulative",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "A delta holds what is new, not the text so far.",
    hurts="Every client shows 'HelloHello worldHello world!'.",
    sources=[API_REFERENCE, _DELTA],
    when=lambda stream: any(len(choice.content) > 2 for choice in stream.choices),
    absent="fewer than three deltas with text",
    promise="text",
)
def content_cumulative(stream: Stream) -> Iterator[Violation]:
    """Each delta begins with the whole delta before it."""
    for choice in stream.choices:
        if choice.growth.cumulative:
            yield Violation(
                event=choice.content_events[1],
                place="choices.*.delta.content",
                expected=f"what comes after {shown(choice.content[0], 40)}",
                observed=f"{shown(choice.content[1], 60)}, and so on",
            )


@requirement(
    "content-replacement",
    _CHAT,
    Level.SHOULD,
    Api.CHAT,
    "Texts hold no replacement character U+FFFD.",
    hurts="Letters and emoji cut by a tokenizer or a gateway are lost for good.",
    sources=[WHATWG_INTERPRET],
    when=has_text,
    absent="no text in the stream",
    promise="text",
    reports=["mattn/tensai#110", "librefang/librefang#3448", "api7/aisix#111"],
)
def content_replacement(stream: Stream) -> Iterator[Violation]:
    """Invalid bytes on the wire are another rule's; a model may quote the character, hence SHOULD."""
    invalid = {note.event for note in stream.wire.notes if note.oddity.value == "invalid-utf8"}
    for choice in stream.choices:
        for event, text in zip(choice.content_events, choice.content, strict=True):
            if "\ufffd" in text and event not in invalid:
                yield Violation(
                    event=event,
                    place="choices.*.delta.content",
                    expected="whole characters",
                    observed=shown(text, 60),
                )


@requirement(
    "surrogates-paired",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "A character beyond U+FFFF is not cut into two deltas.",
    hurts="openai-python hands out text that cannot be encoded: printing or storing it raises.",
    sources=[RFC_8259],
    when=lambda stream: any(
        choice.text or choice.refusal or choice.reasoning or choice.calls for choice in stream.choices
    ),
    absent="no text, reasoning or call in the stream",
    promise="text",
)
def surrogates_paired(stream: Stream) -> Iterator[Violation]:
    r"""`"\ud83d"` in one delta and `"\ude00"` in the next."""
    for choice in stream.choices:
        yield from each(choice.surrogates, "whole characters", "choices.*.delta")


@requirement(
    "logprobs-present",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "Logprobs come with the text when they were asked for.",
    hurts="Confidence scores and evaluations read nothing, without an error.",
    sources=[_REQUEST],
    when=lambda stream: stream.asked.get("logprobs") is True and has_text(stream),
    absent="logprobs were not asked for, or there is no text",
    promise="logprobs",
    needs=["request"],
    reports=["ml-explore/mlx-lm#1630", "abetlen/llama-cpp-python#197", "sgl-project/sglang#28456"],
)
def logprobs_present(stream: Stream) -> Iterator[Violation]:
    """An endpoint without logprobs refuses them; ignoring them silently is a violation."""
    for choice in stream.choices:
        if choice.text and not choice.logprob_events:
            yield Violation(
                event=choice.content_events[0],
                place="choices.*.logprobs",
                expected="logprobs with content",
                observed=f"none for choice {choice.index}",
            )


@requirement(
    "logprobs-shape",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "Logprobs have `content` and `refusal`, each an array of tokens with their log probability, or null.",
    hurts="Typed clients raise; others read the form of an older API and find nothing.",
    sources=[_LOGPROB],
    when=lambda stream: any(choice.has_logprobs for choice in stream.choices),
    absent="no logprobs in the stream",
    promise="logprobs",
    shapes=["choices.*.logprobs", "choices.*.logprobs.*"],
    reports=["vllm-project/vllm#3179"],
)
def logprobs_shape(stream: Stream) -> Iterator[Violation]:
    """Everything below `logprobs`."""
    yield from owned(stream, logprobs_shape.shapes)


@requirement(
    "logprobs-agree",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "The tokens of the logprobs concatenate to the text.",
    hurts="Scores are laid over the wrong words.",
    sources=[_LOGPROB],
    when=lambda stream: any(choice.logprob_events and choice.text for choice in stream.choices),
    absent="no logprobs in the stream",
    promise="logprobs",
    reports=["vllm-project/vllm#37737", "sgl-project/sglang#26778"],
)
def logprobs_agree(stream: Stream) -> Iterator[Violation]:
    """By bytes where every token has them: a token may be part of a character."""
    for choice in stream.choices:
        if not (choice.logprob_events and choice.text):
            continue
        if choice.token_bytes:
            # A cut may leave the last token's character unfinished; what is whole must agree.
            decoder = getincrementaldecoder("utf-8")("replace")
            tokens = decoder.decode(bytes(choice.token_bytes), final=choice.finish_reason == "stop")
        else:
            tokens = "".join(choice.tokens)
        if tokens != choice.text:
            yield Violation(
                event=(choice.without_logprobs or choice.content_events)[0],
                place="choices.*.logprobs.content",
                expected=f"the text {shown(choice.text, 80)}",
                observed=f"{counted(len(choice.tokens), 'token')} that make {shown(tokens, 80)}",
            )
