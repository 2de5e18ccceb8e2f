"""Requirements on reasoning in chat streams.

OpenAI's chat API has no field for it; vendors have two. So no rule here is above SHOULD.
"""

import re
from collections.abc import Iterator

from conformance.assemble.choice import REASONING_FIELDS
from conformance.catalogue import Api, Family, Level, Source, Violation, requirement
from conformance.requirements.common import each
from conformance.sources import openapi
from conformance.subject import Stream
from conformance.text import shown

_REASONING = Family.REASONING
_DEEPSEEK = Source("DeepSeek, reasoning model guide", "https://api-docs.deepseek.com/guides/reasoning_model")
_VLLM = Source("vLLM, reasoning outputs", "https://docs.vllm.ai/en/latest/features/reasoning_outputs.html")
_TAG = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)


def _reasons(stream: Stream) -> bool:
    return any(choice.reasoning for choice in stream.choices)


@requirement(
    "reasoning-string",
    _REASONING,
    Level.SHOULD,
    Api.CHAT,
    "Reasoning deltas (`reasoning_content` or `reasoning`) are strings or null.",
    hurts="Clients that concatenate raise, or show '[object Object]'.",
    sources=[_DEEPSEEK, _VLLM],
    when=lambda stream: any(choice.reasoning or choice.reasoning_misfits for choice in stream.choices),
    absent="no reasoning in the stream",
    promise="reasoning",
)
def reasoning_string(stream: Stream) -> Iterator[Violation]:
    """Structured reasoning has a field of its own, `reasoning_details`."""
    for choice in stream.choices:
        yield from each(choice.reasoning_misfits, "a string", "choices.*.delta")


@requirement(
    "reasoning-order",
    _REASONING,
    Level.SHOULD,
    Api.CHAT,
    "Reasoning comes before the text that it leads to.",
    hurts="Clients close the reasoning at the first text and show the rest of it as text, or not at all.",
    sources=[_DEEPSEEK],
    when=_reasons,
    absent="no reasoning in the stream",
    promise="reasoning",
)
def reasoning_order(stream: Stream) -> Iterator[Violation]:
    """Empty reasoning deltas are let pass anywhere."""
    for choice in stream.choices:
        yield from each(choice.reasoning_after_content, "no reasoning after text", "choices.*.delta")


@requirement(
    "reasoning-fields-agree",
    _REASONING,
    Level.SHOULD,
    Api.CHAT,
    "Where `reasoning` and `reasoning_content` are both sent, they say the same.",
    hurts="What a user reads depends on which field the client knows.",
    sources=[_VLLM],
    when=_reasons,
    absent="no reasoning in the stream",
    promise="reasoning",
    reports=["vllm-project/vllm#50624", "BerriAI/litellm#20246"],
)
def reasoning_fields_agree(stream: Stream) -> Iterator[Violation]:
    """Within each delta, and in the whole."""
    for choice in stream.choices:
        yield from each(choice.reasoning_differs, "the same text in both", "choices.*.delta")
        texts = [choice.reasoning_text(name) for name in REASONING_FIELDS if choice.reasoning_text(name)]
        if not choice.reasoning_differs and len(texts) == 2 and texts[0] != texts[1]:
            yield Violation(
                event=choice.reasoning_event,
                place="choices.*.delta",
                expected="the same text in both, over the whole stream",
                observed=f"{shown(texts[0], 50)} and {shown(texts[1], 50)}",
            )


@requirement(
    "reasoning-after-role",
    _REASONING,
    Level.SHOULD,
    Api.CHAT,
    "The role comes before the reasoning.",
    hurts="LangChain.js types the message by its first delta and loses what the role says later.",
    sources=[openapi("ChatCompletionStreamResponseDelta")],
    when=_reasons,
    absent="no reasoning in the stream",
    promise="reasoning",
    reports=["langchain-ai/langchainjs#11157"],
)
def reasoning_after_role(stream: Stream) -> Iterator[Violation]:
    """Some vendors open with the reasoning; official SDKs cope as long as a role comes before the text."""
    for choice in stream.choices:
        if choice.roles:
            yield from each(choice.reasoning_before_role[:1], "a role first", "choices.*.delta.role")


@requirement(
    "think-leak",
    _REASONING,
    Level.SHOULD,
    Api.CHAT,
    "Text holds no `<think>` tags.",
    hurts="Users read the model's thoughts as its answer; JSON answers do not parse.",
    sources=[_VLLM],
    when=lambda stream: any(choice.text for choice in stream.choices),
    absent="no text in the stream",
    promise="text",
    reports=["QwenLM/qwen-code#6007", "QwenLM/qwen-code#6666", "nbramia/LifeOS#568"],
)
def think_leak(stream: Stream) -> Iterator[Violation]:
    """Also a lone closing tag, and tags cut into several deltas."""
    for choice in stream.choices:
        text = choice.text
        if match := _TAG.search(text):
            # The delta that completes the tag.
            length, event = 0, choice.content_events[-1]
            for number, part in zip(choice.content_events, choice.content, strict=True):
                length += len(part)
                if length >= match.end():
                    event = number
                    break
            yield Violation(
                event=event,
                place="choices.*.delta.content",
                expected="thoughts in a reasoning field, or none",
                observed=shown(text[max(0, match.start() - 20) : match.end() + 20]),
            )
