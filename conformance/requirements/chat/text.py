"""Requirements on the text of a chat stream and its log probabilities."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator

from conformance.assemble.choice import Choice
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import asked_for_replacement, each, has_choices, owned
from conformance.requirements.declare import chat_rule
from conformance.sources import API_REFERENCE, RFC_8259, WHATWG_INTERPRET, openapi
from conformance.subject import ChatStream
from conformance.text import counted, shown

_DELTA = openapi("ChatCompletionStreamResponseDelta")
_LOGPROB = openapi("ChatCompletionTokenLogprob")
_REQUEST = openapi("CreateChatCompletionRequest")
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*+\\ufffd", re.IGNORECASE)


@chat_rule(
    level=Level.MUST,
    statement="`content` is a string or null.",
    hurts="Clients that concatenate raise, or show '[object Object]'.",
    sources=[_DELTA],
    when=has_choices,
    shapes=["choices.*.delta.content", "choices.*.delta.refusal"],
    reports=["symfony/ai#2422", "openclaw/openclaw#68418", "simonw/llm-mistral#38"],
)
def content_string(stream: ChatStream) -> Iterator[Violation]:
    """Arrays of typed content blocks belong to other APIs."""
    yield from owned(stream, content_string.shapes)


@trigger(absent="fewer than three deltas with text")
def several_texts(stream: ChatStream) -> bool:
    return any(len(choice.content.texts) > 2 for choice in stream.choices)


@chat_rule(
    level=Level.MUST,
    statement="A delta holds what is new, not the text so far.",
    hurts="Every client shows 'HelloHello worldHello world!'.",
    sources=[API_REFERENCE, _DELTA],
    when=several_texts,
    promise=Promise.TEXT,
)
def content_cumulative(stream: ChatStream) -> Iterator[Violation]:
    """Reports texts in which each delta begins with the whole previous delta."""
    for choice in stream.choices:
        if choice.content.growth.cumulative:
            yield Violation(
                event=choice.content.events[1],
                place="choices.*.delta.content",
                expected=f"what comes after {shown(choice.content.texts[0], 40)}",
                observed=f"{shown(choice.content.texts[1], 60)}, and so on",
            )


@trigger(absent="no text, reasoning or call in the stream")
def says_something(stream: ChatStream) -> bool:
    return any(
        choice.content.text or choice.refusal.texts or choice.reasoning.fields or choice.calls.made
        for choice in stream.choices
    )


@chat_rule(
    level=Level.SHOULD,
    statement="Texts, reasoning and arguments hold no replacement character U+FFFD.",
    hurts="Letters and emoji cut by a tokenizer or a gateway are lost for good.",
    sources=[WHATWG_INTERPRET],
    when=says_something.unless("the request has the character itself", asked_for_replacement),
    promise=Promise.TEXT,
    reports=["mattn/tensai#110", "librefang/librefang#3448", "api7/aisix#111"],
    model=True,
    rests_on=["answer-damaged"],
)
def content_replacement(stream: ChatStream) -> Iterator[Violation]:
    """Invalid bytes on the wire are reported by `utf8-valid`.

    A model may quote the character itself, and may fail to write one of its own, for which its engine has no
    other, so the level is SHOULD. `answer-damaged` reports a dictated text of which every letter beyond ASCII
    is gone.
    """
    invalid = stream.wire.mangled
    for choice in stream.choices:
        # A token limit may end the answer in the middle of a character.
        cut = choice.said.last if choice.finish.reason not in ("stop", "tool_calls") else 0
        for item in choice.characters.replaced:
            at_end = item.event == cut and item.text.find("\ufffd") == len(item.text) - 1
            if item.event not in invalid and not at_end:
                yield _cut(item.event, item.field, item.text)
        for call in choice.calls.made:  # arguments are JSON, which may hold it as \ufffd
            if call.custom:
                continue  # its input is any text, which was looked at above
            match = _ESCAPED.search(call.arguments)
            if match and not (cut and match.end() == len(call.arguments)):
                around = call.arguments[max(0, match.start() - 20) : match.end() + 20]
                yield _cut(call.fragments[-1].event, "tool_calls", around)


def _cut(event: int, name: str, text: str) -> Violation:
    return Violation(
        event=event, place=f"choices.*.delta.{name}", expected="whole characters", observed=shown(text, 60)
    )


@chat_rule(
    level=Level.MUST,
    statement="A character beyond U+FFFF is not cut into two deltas.",
    hurts="openai-python hands out text that cannot be encoded: printing or storing it raises.",
    sources=[RFC_8259],
    when=says_something,
    promise=Promise.TEXT,
)
def surrogates_paired(stream: ChatStream) -> Iterator[Violation]:
    r"""`"\ud83d"` in one delta and `"\ude00"` in the next."""
    for choice in stream.choices:
        yield from each(choice.characters.surrogates, "whole characters", "choices.*.delta")


@trigger(absent="logprobs were not asked for, or there is no text")
def logprobs_asked(stream: ChatStream) -> bool:
    return stream.asked.get("logprobs") is True and any(choice.content.text for choice in stream.choices)


@chat_rule(
    level=Level.MUST,
    statement="Logprobs come with the text when they were asked for.",
    hurts="Confidence scores and evaluations read nothing, without an error.",
    sources=[_REQUEST],
    when=logprobs_asked,
    promise=Promise.LOGPROBS,
    capability="logprobs",
    needs=[Need.REQUEST],
    reports=["ml-explore/mlx-lm#1630", "abetlen/llama-cpp-python#197", "sgl-project/sglang#28456"],
)
def logprobs_present(stream: ChatStream) -> Iterator[Violation]:
    """An endpoint without logprobs should refuse the request; ignoring it silently is a violation."""
    for choice in stream.choices:
        if choice.content.text and not choice.logprobs.arrays:
            yield Violation(
                event=choice.content.events[0],
                place="choices.*.logprobs",
                expected="logprobs with content",
                observed=f"none for choice {choice.index}",
            )


@trigger(absent="no logprobs in the stream")
def has_logprobs(stream: ChatStream) -> bool:
    return any(choice.logprobs.given for choice in stream.choices)


@chat_rule(
    level=Level.MUST,
    statement=(
        "Logprobs have `content` and `refusal`, each an array of tokens with their log probability, or null."
    ),
    hurts="Typed clients raise; others read the form of an older API and find nothing.",
    sources=[_LOGPROB],
    when=has_logprobs,
    promise=Promise.LOGPROBS,
    shapes=["choices.*.logprobs", "choices.*.logprobs.*"],
    reports=["vllm-project/vllm#3179"],
)
def logprobs_shape(stream: ChatStream) -> Iterator[Violation]:
    """Reports every schema error in `logprobs` and below it."""
    yield from owned(stream, logprobs_shape.shapes)


@trigger(absent="no logprobs in the stream")
def scored_choices(stream: ChatStream) -> list[Choice]:
    """The choices that have text and its logprobs, or logprobs without any text."""
    return [
        choice
        for choice in stream.choices
        if (
            choice.logprobs.arrays
            if choice.content.text
            else choice.logprobs.tokens and not choice.said.first
        )
    ]


def _stop_asked(stream: ChatStream) -> bool:
    return bool(stream.asked.get("stop"))


@chat_rule(
    level=Level.MUST,
    statement="The tokens of the logprobs concatenate to the text.",
    hurts="Scores are laid over the wrong words.",
    sources=[_LOGPROB],
    when=scored_choices.unless("a stop sequence was asked for, which cuts tokens", _stop_asked),
    promise=Promise.LOGPROBS,
    reports=["vllm-project/vllm#37737", "sgl-project/sglang#26778"],
    rests_on=["logprobs-shape", "text-repeated"],
)
def logprobs_agree(stream: ChatStream) -> Iterator[Violation]:
    """Compares bytes where every token has `bytes`, because a token may be a part of a character.

    Where a stop sequence may cut the last tokens, `logprobs-agree-stop` compares.
    """
    for choice in scored_choices(stream):
        tokens = _scored_text(choice)
        if tokens != choice.content.text:
            yield _other_tokens(choice, tokens)


@trigger(absent="no logprobs in the stream, or no stop sequence was asked for")
def scored_up_to_a_stop(stream: ChatStream) -> list[Choice]:
    return scored_choices(stream) if _stop_asked(stream) else []


@chat_rule(
    level=Level.SHOULD,
    statement="Before a stop sequence, the tokens of the logprobs concatenate to the text.",
    hurts="Scores are laid over the wrong words.",
    sources=[_LOGPROB, openapi("StopConfiguration")],
    when=scored_up_to_a_stop,
    needs=[Need.REQUEST],
)
def logprobs_agree_stop(stream: ChatStream) -> Iterator[Violation]:
    """After the text, the tokens may go on with the stop sequence, and with the rest of its last token."""
    for choice in scored_up_to_a_stop(stream):
        tokens, text = _scored_text(choice), choice.content.text
        last = choice.logprobs.tokens[-1] if choice.logprobs.tokens else ""
        most = len(text) + _longest_stop(stream) + len(last)
        if not tokens.startswith(text) or len(tokens) > most:
            yield _other_tokens(choice, tokens)


def _longest_stop(stream: ChatStream) -> int:
    stop = stream.asked.get("stop")
    given = stop if isinstance(stop, list) else [stop]
    return max((len(text) for text in given if isinstance(text, str)), default=0)


def _scored_text(choice: Choice) -> str:
    """The tokens of the logprobs as one text, from their bytes where every token has them."""
    if not choice.logprobs.octets:
        return "".join(choice.logprobs.tokens)
    # A truncated answer may end in an incomplete character; only the complete ones are compared.
    decoder = getincrementaldecoder("utf-8")("replace")
    return decoder.decode(bytes(choice.logprobs.octets), final=choice.finish.reason == "stop")


def _other_tokens(choice: Choice, tokens: str) -> Violation:
    return Violation(
        event=(choice.logprobs.missing or choice.content.events or [choice.logprobs.event])[0],
        place="choices.*.logprobs.content",
        expected=f"the text {shown(choice.content.text, 80)}",
        observed=f"{counted(len(choice.logprobs.tokens), 'token')} that make {shown(tokens, 80)}",
    )


@trigger(absent="no logprobs in the stream")
def has_scores(stream: ChatStream) -> bool:
    return any(choice.logprobs.event for choice in stream.choices)


@chat_rule(
    level=Level.MUST,
    statement="Log probabilities are 0 or less.",
    hurts="Perplexity, confidence and evaluations come out wrong, without an error.",
    sources=[_LOGPROB],
    when=has_scores,
    promise=Promise.LOGPROBS,
    reports=["togethercomputer/openapi#5"],
)
def logprobs_nonpositive(stream: ChatStream) -> Iterator[Violation]:
    """Applies to the tokens and to their alternatives.

    The usual fault is to send the probability instead of its logarithm.
    """
    for choice in stream.choices:
        yield from each(choice.logprobs.positive, "0 or less", "choices.*.logprobs.content.*.logprob")


@chat_rule(
    level=Level.SHOULD,
    statement="The bytes of a logprob, where there are any, are those of its token in UTF-8.",
    hurts="Clients that put characters together by their bytes show other letters than the text has.",
    sources=[_LOGPROB],
    when=has_scores,
    promise=Promise.LOGPROBS,
    rests_on=["logprobs-agree"],
)
def logprobs_bytes(stream: ChatStream) -> Iterator[Violation]:
    """Applies to the tokens and to their alternatives.

    A token that is a part of a character has no text to compare with.
    """
    for choice in stream.choices:
        yield from each(
            choice.logprobs.misspelt, "the token's text in UTF-8", "choices.*.logprobs.content.*.bytes"
        )


def _top(stream: ChatStream) -> int:
    asked = stream.asked.get("top_logprobs")
    return asked if type(asked) is int and stream.asked.get("logprobs") is True else 0


@trigger(absent="no alternatives were asked for, or there are no logprobs")
def alternatives_asked(stream: ChatStream) -> bool:
    return _top(stream) > 0 and has_scores(stream)


@chat_rule(
    level=Level.SHOULD,
    statement=(
        "Tokens have alternatives where `top_logprobs` asks for them, no more than it says, and each once."
    ),
    hurts="What a classifier reads off the alternatives is not there, or counts twice.",
    sources=[_REQUEST, _LOGPROB],
    when=alternatives_asked,
    promise=Promise.LOGPROBS,
    capability="logprobs",
    needs=[Need.REQUEST],
)
def logprobs_top_honoured(stream: ChatStream) -> Iterator[Violation]:
    """A violation where every token has none; the API description allows a token to have fewer."""
    asked, place = _top(stream), "choices.*.logprobs.content.*.top_logprobs"
    for choice in stream.choices:
        most = choice.logprobs.alternatives
        if most.count > asked:
            yield Violation(
                event=most.event, place=place, expected=f"at most {asked}", observed=str(most.count)
            )
        elif choice.logprobs.event and not most.count:
            yield Violation(
                event=choice.logprobs.event,
                place=place,
                expected=counted(asked, "alternative"),
                observed="none for any token",
            )
        # One duplicate proves nothing: tokens with different ids may have the same text.
        if len(choice.logprobs.repeated) > 1:
            yield from each(choice.logprobs.repeated, "each alternative once", place)
