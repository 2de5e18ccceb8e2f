"""Requirements on the choices of a chat stream and on their roles."""

from collections.abc import Iterator
from itertools import islice, pairwise

from conformance.catalogue import Api, Family, Level, Violation, requirement
from conformance.requirements.common import (
    chat_of,
    each,
    has_choices,
    has_chunks,
    in_range,
    owned,
)
from conformance.sources import (
    API_REFERENCE,
    NODE_CHAT,
    PYTHON_CHAT,
    PYTHON_DELTAS,
    openapi,
)
from conformance.subject import Stream
from conformance.text import shown

_CHAT = Family.CHAT
_CHUNK = openapi("CreateChatCompletionStreamResponse")
_DELTA = openapi("ChatCompletionStreamResponseDelta")
_REQUEST = openapi("CreateChatCompletionRequest")
_NAMED = 128  # missing choices that are named one by one


@requirement(
    "choice-index",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "Every choice has an integer `index`.",
    hurts="openai-python's and openai-node's stream helpers raise.",
    sources=[_CHUNK, NODE_CHAT],
    when=lambda stream: bool(stream.choices),
    absent="no choice in the stream",
    shapes=["choices.*.index"],
)
def choice_index(stream: Stream) -> Iterator[Violation]:
    """It is what tells the choices of one chunk from another's."""
    yield from owned(stream, choice_index.shapes)


@requirement(
    "choice-index-range",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "`index` is one of 0 to n-1.",
    hurts="openai-node raises; raw loops spread one answer over many choices.",
    sources=[_CHUNK, _REQUEST],
    when=lambda stream: bool(stream.choices),
    absent="no choice in the stream",
    needs=["request"],
    reports=["microsoft/foundry-local#144", "BerriAI/litellm#3276"],
)
def choice_index_range(stream: Stream) -> Iterator[Violation]:
    """Some servers count tokens in it."""
    limit = stream.choices_asked - 1
    for choice in stream.choices:
        if not 0 <= choice.index <= limit:
            yield Violation(
                event=choice.event,
                place="choices.*.index",
                expected="0" if limit == 0 else f"0 to {limit}",
                observed=str(choice.index),
            )


@requirement(
    "choice-index-repeated",
    _CHAT,
    Level.SHOULD,
    Api.CHAT,
    "A chunk holds each choice at most once.",
    hurts="Clients that keep one delta per choice lose the other.",
    sources=[_CHUNK],
    when=lambda stream: bool(stream.choices),
    absent="no choice in the stream",
)
def choice_index_repeated(stream: Stream) -> Iterator[Violation]:
    """Two deltas of a choice belong into two chunks."""
    yield from each(chat_of(stream).repeated_index, "each index once in a chunk", "choices")


@requirement(
    "choice-delta",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "Every choice has a `delta` object.",
    hurts="Loops that read `choice.delta.content` raise; `message` in its place shows nothing.",
    sources=[_CHUNK],
    when=lambda stream: bool(stream.choices),
    absent="no choice in the stream",
    shapes=["choices.*.delta"],
    reports=["microsoft/autogen#6465", "langchain-ai/langchain#18977", "microsoft/foundry-local#144"],
)
def choice_delta(stream: Stream) -> Iterator[Violation]:
    """An empty object is fine."""
    yield from owned(stream, choice_delta.shapes)


@requirement(
    "choices-present",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "Every chunk has a `choices` array.",
    hurts="The official SDKs' users read `choices` of every chunk and raise, on a usage chunk too.",
    sources=[_CHUNK],
    when=has_chunks,
    absent="no chunk in the stream",
    shapes=["choices"],
    reports=["ROCm/ATOM#1711"],
)
def choices_present(stream: Stream) -> Iterator[Violation]:
    """OpenAI's own audio streams have a chunk without the key."""
    audio = chat_of(stream).audio
    for violation in owned(stream, choices_present.shapes):
        if not (audio and violation.observed == "no such key"):
            yield violation


@requirement(
    "choice-order",
    _CHAT,
    Level.INFO,
    Api.CHAT,
    "The choices of an answer begin in the order of their indexes.",
    hurts="openai-python's stream helper raises when choice 1 comes before choice 0.",
    sources=[PYTHON_CHAT],
    when=lambda stream: len(stream.choices) > 1,
    absent="fewer than two choices in the stream",
    promise="n",
)
def choice_order(stream: Stream) -> Iterator[Violation]:
    """Legal in any order; the client is at fault."""
    for before, choice in pairwise(stream.choices):
        if choice.event < before.event:
            yield Violation(
                event=choice.event,
                place="choices.*.index",
                expected=f"choice {before.index} first",
                observed=f"choice {choice.index}",
            )


@requirement(
    "choices-empty",
    _CHAT,
    Level.SHOULD,
    Api.CHAT,
    "`choices` is empty only on a chunk that says something else, such as usage.",
    hurts="Clients that index `choices[0]` raise.",
    sources=[_CHUNK],
    when=has_chunks,
    absent="no chunk in the stream",
    reports=["AgentOps-AI/agentops#176", "awslabs/llmeter#34", "pydantic/logfire#64"],
)
def choices_empty(stream: Stream) -> Iterator[Violation]:
    """Content filter results of a prompt are such a thing too, but id and model stay due."""
    for item in chat_of(stream).empty_choices:
        yield Violation(event=item.event, place="choices", expected="a choice", observed="choices: []")


@requirement(
    "n-honoured",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "Each of the n choices that were asked for appears.",
    hurts="The caller pays for one answer and waits for the others.",
    sources=[_REQUEST],
    when=lambda stream: stream.choices_asked > 1 and not chat_of(stream).errors,
    absent="one choice was asked for",
    promise="n",
    needs=["request", "end"],
    reports=["BerriAI/litellm#3276"],
)
def n_honoured(stream: Stream) -> Iterator[Violation]:
    """An endpoint without n refuses it; ignoring it silently is a violation."""
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


@requirement(
    "role-first",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "The role of a choice comes before anything that it says.",
    hurts="openai-node raises 'missing role for choice 0'; LangChain.js drops tool calls.",
    sources=[API_REFERENCE, NODE_CHAT, _DELTA],
    when=has_choices,
    absent="no choice in the stream",
    promise="chat",
    reports=["tensorzero/tensorzero#1265", "maximhq/bifrost#6523", "ggml-org/llama.cpp#13634"],
)
def role_first(stream: Stream) -> Iterator[Violation]:
    """Per choice, not per stream. An empty delta says nothing, nor does a choice beside an error."""
    failed = {event for event, _ in chat_of(stream).errors}
    for choice in in_range(stream):
        if choice.event in failed:
            continue
        if choice.before_role:
            first = choice.before_role[0]
            where = f"first in event {choice.roles[0].event}" if choice.roles else "in no event"
            yield Violation(
                event=first.event,
                place="choices.*.delta.role",
                expected=f"a role for choice {choice.index} by now",
                observed=f"{first.what}; a role {where}",
            )
        elif not choice.roles:
            yield Violation(
                event=choice.event,
                place="choices.*.delta.role",
                expected=f"a role for choice {choice.index}",
                observed="no delta has one",
            )


@requirement(
    "role-value",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "`role` is `assistant`.",
    hurts="@ai-sdk raises; message classes are chosen by it.",
    sources=[_DELTA],
    when=lambda stream: any(choice.roles for choice in stream.choices),
    absent="no role in the stream",
    promise="chat",
    shapes=["choices.*.delta.role"],
    reports=["MiniMax-AI/MiniMax-M2.5#2"],
)
def role_value(stream: Stream) -> Iterator[Violation]:
    """The output of a model has no other role."""
    for choice in stream.choices:
        for role in choice.roles:
            if role.what != "assistant":
                yield Violation(
                    event=role.event,
                    place="choices.*.delta.role",
                    expected='"assistant"',
                    observed=shown(role.what),
                )


@requirement(
    "role-repeated",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "`role` is sent once per choice.",
    hurts="openai-python's stream helper concatenates: the role becomes 'assistantassistant'.",
    sources=[PYTHON_DELTAS],
    when=lambda stream: any(choice.roles for choice in stream.choices) and not chat_of(stream).audio,
    absent="no role in the stream, or spoken output",
    promise="chat",
    reports=["mudler/LocalAI#340", "BerriAI/litellm#1571"],
)
def role_repeated(stream: Stream) -> Iterator[Violation]:
    """A null role is none. OpenAI's own audio streams repeat it."""
    for choice in stream.choices:
        if choice.role_again:
            expected = f"no role after event {choice.roles[0].event}"
            yield from each(choice.role_again, expected, "choices.*.delta.role")
