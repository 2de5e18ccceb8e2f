"""Requirements on the text of a chat stream and its log probabilities."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator

from conformance.assemble.choice import Choice
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
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*\\ufffd", re.IGNORECASE)


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
    "Texts, reasoning and arguments hold no replacement character U+FFFD.",
    hurts="Letters and emoji cut by a tokenizer or a gateway are lost for good.",
    sources=[WHATWG_INTERPRET],
    when=lambda stream: _says(stream) and not _asked_for_replacement(stream),
    absent="no text, reasoning or call in the stream, or the request has the character itself",
    promise="text",
    reports=["mattn/tensai#110", "librefang/librefang#3448", "api7/aisix#111"],
)
def content_replacement(stream: Stream) -> Iterator[Violation]:
    """Invalid bytes on the wire are another rule's; a model may quote the character, hence SHOULD."""
    invalid = stream.wire.mangled
    for choice in stream.choices:
        # A limit may end the answer within a character.
        cut = choice.last_said if choice.finish_reason not in ("stop", "tool_calls") else 0
        for name, item in choice.replaced:
            at_end = item.event == cut and item.what.find("\ufffd") == len(item.what) - 1
            if item.event not in invalid and not at_end:
                yield _cut(item.event, name, item.what)
        for call in choice.calls:  # the character as JSON writes it in ASCII
            match = _ESCAPED.search(call.arguments)
            if match and not (cut and match.end() == len(call.arguments)):
                around = call.arguments[max(0, match.start() - 20) : match.end() + 20]
                yield _cut(call.fragments[-1].event, "tool_calls", around)


def _cut(event: int, name: str, text: str) -> Violation:
    return Violation(
        event=event, place=f"choices.*.delta.{name}", expected="whole characters", observed=shown(text, 60)
    )


def _asked_for_replacement(stream: Stream) -> bool:
    request = stream.exchange.request
    return request is not None and ("\ufffd" in request.body or "\\ufffd" in request.body.lower())


def _says(stream: Stream) -> bool:
    return any(choice.text or choice.refusal or choice.reasoning or choice.calls for choice in stream.choices)


@requirement(
    "surrogates-paired",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "A character beyond U+FFFF is not cut into two deltas.",
    hurts="openai-python hands out text that cannot be encoded: printing or storing it raises.",
    sources=[RFC_8259],
    when=_says,
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
        if choice.text and not choice.logprobs.arrays:
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
    when=lambda stream: any(map(_scored, stream.choices)),
    absent="no logprobs in the stream",
    promise="logprobs",
    reports=["vllm-project/vllm#37737", "sgl-project/sglang#26778"],
)
def logprobs_agree(stream: Stream) -> Iterator[Violation]:
    """By bytes where every token has them: a token may be part of a character."""
    for choice in stream.choices:
        if not _scored(choice):
            continue
        if choice.logprobs.octets:
            # A cut may leave the last token's character unfinished; what is whole must agree.
            decoder = getincrementaldecoder("utf-8")("replace")
            tokens = decoder.decode(bytes(choice.logprobs.octets), final=choice.finish_reason == "stop")
        else:
            tokens = "".join(choice.logprobs.tokens)
        if tokens != choice.text:
            yield Violation(
                event=(choice.without_logprobs or choice.content_events or [choice.logprobs.event])[0],
                place="choices.*.logprobs.content",
                expected=f"the text {shown(choice.text, 80)}",
                observed=f"{counted(len(choice.logprobs.tokens), 'token')} that make {shown(tokens, 80)}",
            )


def _scored(choice: Choice) -> bool:
    """Whether there are a text and its logprobs, or logprobs of a text that is nowhere."""
    return bool(choice.logprobs.arrays if choice.text else choice.logprobs.tokens and not choice.said)


@requirement(
    "logprobs-nonpositive",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "Log probabilities are 0 or less.",
    hurts="Perplexity, confidence and evaluations come out wrong, without an error.",
    sources=[_LOGPROB],
    when=lambda stream: any(choice.logprobs.event for choice in stream.choices),
    absent="no logprobs in the stream",
    promise="logprobs",
    reports=["togethercomputer/openapi#5"],
)
def logprobs_nonpositive(stream: Stream) -> Iterator[Violation]:
    """Of tokens and of alternatives; a probability as it is, not its logarithm, is the usual fault."""
    for choice in stream.choices:
        yield from each(choice.logprobs.positive, "0 or less", "choices.*.logprobs.content.*.logprob")


@requirement(
    "logprobs-bytes",
    _CHAT,
    Level.SHOULD,
    Api.CHAT,
    "The bytes of a logprob, where there are any, are those of its token in UTF-8.",
    hurts="Clients that put characters together by their bytes show other letters than the text has.",
    sources=[_LOGPROB],
    when=lambda stream: any(choice.logprobs.event for choice in stream.choices),
    absent="no logprobs in the stream",
    promise="logprobs",
)
def logprobs_bytes(stream: Stream) -> Iterator[Violation]:
    """Of tokens and of alternatives; a token that is a part of a character has no text to compare."""
    for choice in stream.choices:
        yield from each(
            choice.logprobs.misspelt, "the token's text in UTF-8", "choices.*.logprobs.content.*.bytes"
        )


def _top(stream: Stream) -> int:
    asked = stream.asked.get("top_logprobs")
    return asked if type(asked) is int and stream.asked.get("logprobs") is True else 0


@requirement(
    "logprobs-top-honoured",
    _CHAT,
    Level.SHOULD,
    Api.CHAT,
    "Tokens have alternatives where `top_logprobs` asks for them, no more than it says, and each once.",
    hurts="What a classifier reads off the alternatives is not there, or counts twice.",
    sources=[_REQUEST, _LOGPROB],
    when=lambda stream: _top(stream) > 0 and any(choice.logprobs.event for choice in stream.choices),
    absent="no alternatives were asked for, or there are no logprobs",
    promise="logprobs",
    needs=["request"],
)
def logprobs_top_honoured(stream: Stream) -> Iterator[Violation]:
    """A token may have fewer, by the description; none throughout is another matter."""
    asked, place = _top(stream), "choices.*.logprobs.content.*.top_logprobs"
    for choice in stream.choices:
        most, event = choice.logprobs.alternatives
        if most > asked:
            yield Violation(event=event, place=place, expected=f"at most {asked}", observed=str(most))
        elif choice.logprobs.event and not most:
            yield Violation(
                event=choice.logprobs.event,
                place=place,
                expected=counted(asked, "alternative"),
                observed="none for any token",
            )
        if (
            len(choice.logprobs.repeated) > 1
        ):  # one tie proves nothing: tokens of different ids may look alike
            yield from each(choice.logprobs.repeated, "each alternative once", place)
