"""Requirements on reasoning.

OpenAI's chat API has no field for reasoning and vendors use two different ones, so no rule here is above
SHOULD.
"""

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from conformance.assemble.choice import REASONING_FIELDS, Misplaced
from conformance.catalogue import Level, Source, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.common import each, request_holds, spoken
from conformance.requirements.declare import chat_rule, responses_rule, stream_rule
from conformance.requirements.responses.common import final_usage
from conformance.sources import openapi
from conformance.subject import ChatStream, ResponsesStream, Stream
from conformance.text import shown

_DEEPSEEK = Source("DeepSeek, reasoning model guide", "https://api-docs.deepseek.com/guides/reasoning_model")
_VLLM = Source("vLLM, reasoning outputs", "https://docs.vllm.ai/en/latest/features/reasoning_outputs.html")
_TAG = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)


@trigger(absent="no reasoning in the stream")
def has_reasoning(stream: ChatStream) -> bool:
    return any(choice.reasoning.fields for choice in stream.choices)


@trigger(absent="no reasoning in the stream")
def has_reasoning_field(stream: ChatStream) -> bool:
    return any(choice.reasoning.fields or choice.reasoning.not_text for choice in stream.choices)


@chat_rule(
    level=Level.SHOULD,
    statement="Reasoning deltas (`reasoning_content` or `reasoning`) are strings or null.",
    hurts="Clients that concatenate raise, or show '[object Object]'.",
    sources=[_DEEPSEEK, _VLLM],
    when=has_reasoning_field,
    promise=Promise.REASONING,
)
def reasoning_string(stream: ChatStream) -> Iterator[Violation]:
    """Structured reasoning has a field of its own, `reasoning_details`."""
    for choice in stream.choices:
        yield from each(choice.reasoning.not_text, "a string", "choices.*.delta")


@chat_rule(
    level=Level.SHOULD,
    statement="Reasoning comes before the text that it leads to.",
    hurts="Clients close the reasoning at the first text and show the rest of it as text, or not at all.",
    sources=[_DEEPSEEK],
    when=has_reasoning,
    promise=Promise.REASONING,
    model=True,
    rests_on=["after-finish", "text-repeats-thoughts"],
)
def reasoning_order(stream: ChatStream) -> Iterator[Violation]:
    """Empty reasoning deltas are allowed anywhere, and white space is no text that reasoning leads to."""
    for choice in stream.choices:
        yield from each(choice.reasoning.after_content, "no reasoning after text", "choices.*.delta")


@chat_rule(
    level=Level.SHOULD,
    statement="Where `reasoning` and `reasoning_content` are both sent, they say the same.",
    hurts="What a user reads depends on which field the client knows.",
    sources=[_VLLM],
    when=has_reasoning,
    promise=Promise.REASONING,
    reports=["vllm-project/vllm#50624", "BerriAI/litellm#20246"],
)
def reasoning_fields_agree(stream: ChatStream) -> Iterator[Violation]:
    """Compares the two fields within each delta, and the whole texts."""
    for choice in stream.choices:
        yield from each(choice.reasoning.differing, "the same text in both", "choices.*.delta")
        texts = [choice.reasoning.text(name) for name in REASONING_FIELDS if choice.reasoning.text(name)]
        if not choice.reasoning.differing and len(texts) == 2 and texts[0] != texts[1]:
            yield Violation(
                event=choice.reasoning.event,
                place="choices.*.delta",
                expected="the same text in both, over the whole stream",
                observed=", ".join(
                    f"{name}: {shown(text, 50)}" for name, text in zip(REASONING_FIELDS, texts, strict=True)
                ),
            )


@chat_rule(
    level=Level.SHOULD,
    statement="A reasoning delta holds what is new, not the thoughts so far.",
    hurts="Clients show every thought many times.",
    sources=[_DEEPSEEK],
    when=has_reasoning,
    promise=Promise.REASONING,
)
def reasoning_cumulative(stream: ChatStream) -> Iterator[Violation]:
    """Reports reasoning in which each delta begins with the whole previous delta."""
    for choice in stream.choices:
        for name, deltas in choice.reasoning.fields.items():
            if deltas.growth.cumulative:
                yield Violation(
                    event=choice.reasoning.event,
                    place=f"choices.*.delta.{name}",
                    expected="what comes after the delta before",
                    observed=f"{shown(deltas.growth.last, 60)} at last, all of it again",
                )


@chat_rule(
    level=Level.SHOULD,
    statement="The role comes before the reasoning.",
    hurts="LangChain.js types the message by its first delta and loses what the role says later.",
    sources=[openapi("ChatCompletionStreamResponseDelta")],
    when=has_reasoning,
    promise=Promise.REASONING,
    reports=["langchain-ai/langchainjs#11157"],
)
def reasoning_after_role(stream: ChatStream) -> Iterator[Violation]:
    """Some vendors send reasoning first; official SDKs cope as long as a role comes before the text."""
    for choice in stream.choices:
        if choice.roles:
            early = choice.misplaced[Misplaced.REASONING_BEFORE_ROLE]
            yield from each(early[:1], "a role first", "choices.*.delta.role")


def _asked_about_tags(stream: Stream) -> bool:
    return request_holds(stream, _TAG)


@stream_rule(
    level=Level.SHOULD,
    statement="Text holds no `<think>` tags.",
    hurts="Users read the model's thoughts as its answer; JSON answers do not parse.",
    sources=[_VLLM],
    when=spoken.unless("the request itself holds such a tag", _asked_about_tags),
    promise=Promise.TEXT,
    reports=["QwenLM/qwen-code#6007", "QwenLM/qwen-code#6666", "nbramia/LifeOS#568"],
    model=True,
)
def think_leak(stream: Stream) -> Iterator[Violation]:
    """Also reports a closing tag without an opening one, and tags split over several deltas."""
    for deltas in spoken(stream):
        text = "".join(deltas.texts)
        if match := _TAG.search(text):
            # Report the event of the delta that completes the tag.
            ends = zip(deltas.events, accumulate(map(len, deltas.texts)), strict=True)
            event = next(number for number, end in ends if end >= match.end())
            yield Violation(
                event=event,
                expected="thoughts in a field or an item of their own, or none",
                observed=shown(text[max(0, match.start() - 20) : match.end() + 20]),
            )


@chat_rule(
    level=Level.INFO,
    statement="Reasoning comes in `reasoning_content`, the field that most clients read.",
    hurts="Clients that know one field only show no thoughts.",
    sources=[_DEEPSEEK, _VLLM],
    when=has_reasoning,
    promise=Promise.REASONING,
    reports=["vllm-project/vllm#50624", "strands-agents/harness-sdk#2182", "azrtydxb/Fastllm-proxy#23"],
)
def reasoning_field(stream: ChatStream) -> Iterator[Violation]:
    """Some vendors send `reasoning` instead; sending both fields serves every client."""
    for choice in stream.choices:
        if choice.reasoning.fields and REASONING_FIELDS[0] not in choice.reasoning.fields:
            yield Violation(
                event=choice.reasoning.event or choice.event,
                place="choices.*.delta",
                expected=REASONING_FIELDS[0],
                observed=f"{', '.join(choice.reasoning.fields)} alone",
            )


def reasoning_tokens(usage: Any, details: str) -> int:
    """The reasoning tokens that a usage counts in its details of this name; 0 if it counts none."""
    inner = usage.get(details) if isinstance(usage, dict) else None
    count = inner.get("reasoning_tokens") if isinstance(inner, dict) else None
    return count if type(count) is int else 0


def thinks(stream: Stream) -> bool:
    """Whether the model reasons before it answers: by the request, by what came, or by its usage."""
    promised = {Promise.REASONING, Promise.RESPONSES_REASONING} & {*stream.exchange.promises}
    if promised or stream.asked.get("reasoning") or stream.asked.get("reasoning_effort"):
        return True
    if isinstance(stream, ChatStream):
        usage = stream.chat.usage.seen[-1].value if stream.chat.usage.seen else None
        thoughts = any(choice.reasoning.event or choice.reasoning.not_text for choice in stream.choices)
        return thoughts or reasoning_tokens(usage, "completion_tokens_details") > 0
    return any(item.type == "reasoning" for item in stream.items) or _response_tokens(stream) > 0


@trigger(absent="usage counts no reasoning tokens")
def reasoning_counted(stream: ResponsesStream) -> bool:
    return _response_tokens(stream) > 0 and not stream.resumed


@responses_rule(
    level=Level.INFO,
    statement="A response that counts reasoning tokens has a reasoning item.",
    hurts="Clients that hand the reasoning back in the next request have none to hand back.",
    sources=[openapi("ReasoningItem"), openapi("ResponseUsage")],
    when=reasoning_counted,
    promise=Promise.RESPONSES_REASONING,
    rests_on=["item-added-first"],
)
def reasoning_item(stream: ResponsesStream) -> Iterator[Violation]:
    """The summary may be empty and the content encrypted.

    OpenAI itself has been recorded without an item, so the level is INFO.
    """
    final = stream.responses.lifecycle.final
    if final is not None and not any(item.type == "reasoning" for item in stream.items):
        yield Violation(
            event=final.event,
            place="response.usage.output_tokens_details.reasoning_tokens",
            expected="an item of type reasoning",
            observed=f"none, for {_response_tokens(stream)} tokens",
        )


def _response_tokens(stream: ResponsesStream) -> int:
    return reasoning_tokens(final_usage(stream), "output_tokens_details")
