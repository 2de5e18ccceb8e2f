"""Requirements on the choices of a chat stream and on their roles."""

from collections.abc import Iterator
from itertools import islice, pairwise

from conformance.assemble.choice import Misplaced
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import (
    choices_in_range,
    each,
    has_choices,
    has_chunks,
    owned,
    spoken_output,
)
from conformance.requirements.declare import chat_rule
from conformance.sources import API_REFERENCE, NODE_CHAT, PYTHON_CHAT, PYTHON_DELTAS, openapi
from conformance.subject import ChatStream
from conformance.text import shown

_CHUNK = openapi("CreateChatCompletionStreamResponse")
_DELTA = openapi("ChatCompletionStreamResponseDelta")
_REQUEST = openapi("CreateChatCompletionRequest")
_NAMED = 128  # missing choices that are named one by one


@chat_rule(
    level=Level.MUST,
    statement="Every choice has an integer `index`.",
    hurts="openai-python's and openai-node's stream helpers raise.",
    sources=[_CHUNK, NODE_CHAT],
    when=has_choices,
    shapes=["choices.*.index"],
)
def choice_index(stream: ChatStream) -> Iterator[Violation]:
    """The index tells apart the choices of one stream."""
    yield from owned(stream, choice_index.shapes)


@chat_rule(
    level=Level.MUST,
    statement="`index` is one of 0 to n-1.",
    hurts=(
        "Both official stream helpers raise, LiteLLM and openai-agents show nothing, raw loops spread one "
        "answer over many choices."
    ),
    sources=[_CHUNK, _REQUEST],
    when=has_choices,
    needs=[Need.REQUEST],
    reports=["microsoft/foundry-local#144", "BerriAI/litellm#3276"],
    rests_on=["choice-index"],
)
def choice_index_range(stream: ChatStream) -> Iterator[Violation]:
    """Some servers put a token counter into `index`."""
    limit = stream.choices_asked - 1
    for choice in stream.choices:
        if not 0 <= choice.index <= limit:
            yield Violation(
                event=choice.event,
                place="choices.*.index",
                expected="0" if limit == 0 else f"0 to {limit}",
                observed=str(choice.index),
            )


@chat_rule(
    level=Level.SHOULD,
    statement="A chunk holds each choice at most once.",
    hurts="Clients that keep one delta per choice lose the other.",
    sources=[_CHUNK],
    when=has_choices,
)
def choice_index_repeated(stream: ChatStream) -> Iterator[Violation]:
    """Two deltas of the same choice belong in two chunks."""
    yield from each(stream.chat.choices.repeated, "each index once in a chunk", "choices")


@chat_rule(
    level=Level.MUST,
    statement="Every choice has a `delta` object.",
    hurts="Loops that read `choice.delta.content` raise; `message` in its place shows nothing.",
    sources=[_CHUNK],
    when=has_choices,
    shapes=["choices.*.delta"],
    reports=["microsoft/autogen#6465", "langchain-ai/langchain#18977", "microsoft/foundry-local#144"],
)
def choice_delta(stream: ChatStream) -> Iterator[Violation]:
    """An empty `delta` object is valid."""
    yield from owned(stream, choice_delta.shapes)


@chat_rule(
    level=Level.MUST,
    statement="Every chunk has a `choices` array.",
    hurts="The official SDKs' users read `choices` of every chunk and raise, on a usage chunk too.",
    sources=[_CHUNK],
    when=has_chunks,
    shapes=["choices"],
    reports=["ROCm/ATOM#1711"],
)
def choices_present(stream: ChatStream) -> Iterator[Violation]:
    """Exempts OpenAI's own audio streams, which end with a chunk without the key."""
    audio = stream.chat.audio
    for violation in owned(stream, choices_present.shapes):
        if not (audio and violation.observed == "no such key"):
            yield violation


@trigger(absent="fewer than two choices in the stream")
def several_choices(stream: ChatStream) -> bool:
    return len(stream.choices) > 1


@chat_rule(
    level=Level.MUST,
    statement="The choices of an answer begin in the order of their indexes.",
    hurts="openai-python's stream helper raises an IndexError when choice 1 comes before choice 0.",
    sources=[PYTHON_CHAT],
    when=several_choices,
    promise=Promise.N,
    rests_on=["choice-index", "choice-index-range"],
)
def choice_order(stream: ChatStream) -> Iterator[Violation]:
    """The API description states no order, but OpenAI keeps it, and an official SDK raises without it."""
    for before, choice in pairwise(stream.choices):
        if choice.event < before.event:
            yield Violation(
                event=choice.event,
                place="choices.*.index",
                expected=f"choice {before.index} first",
                observed=f"choice {choice.index}",
            )


@chat_rule(
    level=Level.SHOULD,
    statement=(
        "`choices: []` comes only on a chunk that says something else: usage, moderation, an error, filter "
        "results or a further key."
    ),
    hurts="Clients that index `choices[0]` raise.",
    sources=[_CHUNK],
    when=has_chunks,
    reports=["AgentOps-AI/agentops#176", "awslabs/llmeter#34", "pydantic/logfire#64"],
)
def choices_empty(stream: ChatStream) -> Iterator[Violation]:
    """Such a chunk still needs id and model. Null says nothing, nor does `obfuscation`.

    A key of the vendor's own says something, such as a cost, unless chunks with choices have it too.
    """
    for event in stream.chat.choices.empty:
        yield Violation(event=event, place="choices", expected="a choice", observed="choices: []")


@trigger(absent="one choice was asked for")
def several_choices_asked(stream: ChatStream) -> bool:
    return stream.choices_asked > 1 and not stream.chat.errors.seen


@chat_rule(
    level=Level.MUST,
    statement="Each of the n choices that were asked for appears.",
    hurts="The caller pays for one answer and waits for the others.",
    sources=[_REQUEST],
    when=several_choices_asked,
    promise=Promise.N,
    capability="n",
    needs=[Need.REQUEST, Need.END],
    reports=["BerriAI/litellm#3276"],
    rests_on=["choice-index-range", "body-complete"],
)
def n_honoured(stream: ChatStream) -> Iterator[Violation]:
    """An endpoint that does not support `n` should refuse it; ignoring it silently is a violation."""
    present = {choice.index for choice in stream.choices}
    # The number is the request's: it sizes nothing.
    absent = (index for index in range(stream.choices_asked) if index not in present)
    missing = list(islice(absent, _NAMED + 1))
    if missing:
        more = " and more" if len(missing) > _NAMED else ""
        yield Violation(
            place="choices",
            expected=f"choices 0 to {stream.choices_asked - 1}",
            observed=f"no choice {', '.join(map(str, missing[:_NAMED]))}{more}",
        )


@chat_rule(
    level=Level.MUST,
    statement="The role of a choice comes before anything that it says.",
    hurts="openai-node raises 'missing role for choice 0'; LangChain.js drops tool calls.",
    sources=[API_REFERENCE, NODE_CHAT, _DELTA],
    when=choices_in_range,
    promise=Promise.CHAT,
    reports=["tensorzero/tensorzero#1265", "maximhq/bifrost#6523", "ggml-org/llama.cpp#13634"],
    rests_on=["choices-present", "choice-delta", "choice-index"],
)
def role_first(stream: ChatStream) -> Iterator[Violation]:
    """Judged for each choice, not once per stream.

    Empty deltas and choices beside an error are exempt: they say nothing.
    """
    failed = {error.event for error in stream.chat.errors.seen}
    for choice in choices_in_range(stream):
        if choice.event in failed:
            continue
        if early := choice.misplaced[Misplaced.BEFORE_ROLE]:
            later = (
                f"the first comes in event {choice.roles[0].event}" if choice.roles else "none comes later"
            )
            yield Violation(
                event=early[0].event,
                place="choices.*.delta.role",
                expected=f"a role for choice {choice.index} by now",
                observed=f"no role before {early[0].what}, and {later}",
            )
        elif not choice.roles:
            yield Violation(
                event=choice.event,
                place="choices.*.delta.role",
                expected=f"a role for choice {choice.index}",
                observed="no delta has one",
            )


@trigger(absent="no role in the stream")
def has_role(stream: ChatStream) -> bool:
    return any(choice.roles for choice in stream.choices)


@chat_rule(
    level=Level.MUST,
    statement="`role` is `assistant`.",
    hurts="openai-node's stream helper and both @ai-sdk providers raise; LangChain.js loses tool calls.",
    sources=[_DELTA, NODE_CHAT],
    when=has_role,
    promise=Promise.CHAT,
    shapes=["choices.*.delta.role"],
    reports=["MiniMax-AI/MiniMax-M2.5#2"],
)
def role_value(stream: ChatStream) -> Iterator[Violation]:
    """A model's output never has another role, so this enumeration is not one that OpenAI extends."""
    for choice in stream.choices:
        for role in choice.roles:
            if role.what != "assistant":
                yield Violation(
                    event=role.event,
                    place="choices.*.delta.role",
                    expected='"assistant"',
                    observed=shown(role.what),
                )


@chat_rule(
    level=Level.MUST,
    statement="`role` is sent once per choice.",
    hurts="openai-python's stream helper concatenates: the role becomes 'assistantassistant'.",
    sources=[PYTHON_DELTAS],
    when=has_role.unless("spoken output", spoken_output),
    promise=Promise.CHAT,
    reports=["mudler/LocalAI#340", "BerriAI/litellm#1571"],
)
def role_repeated(stream: ChatStream) -> Iterator[Violation]:
    """A null role does not count. OpenAI's own audio streams repeat the role and are exempt."""
    for choice in stream.choices:
        if again := choice.misplaced[Misplaced.ROLE_AGAIN]:
            expected = f"no role after event {choice.roles[0].event}"
            yield from each(again, expected, "choices.*.delta.role")
