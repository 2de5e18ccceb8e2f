"""Requirements on the schema of chat chunks, and on the values that all chunks of a stream share."""

from collections.abc import Iterator

from conformance.assemble.records import Track
from conformance.catalogue import Level, Violation, trigger
from conformance.requirements.common import NOBODY, Owned, has_chunks, owned, unowned
from conformance.requirements.declare import chat_rule
from conformance.sources import PYTHON_CHAT, openapi
from conformance.subject import ChatStream
from conformance.text import shown

_CHUNK = openapi("CreateChatCompletionStreamResponse")


@chat_rule(
    level=Level.MUST,
    statement="Every chunk has the shape of the API description, in all that no rule of its own speaks of.",
    hurts="Typed clients raise, untyped ones read undefined values.",
    sources=[_CHUNK],
    when=has_chunks,
    reports=["0xzr/freellmpool#92", "mudler/LocalAI#648", "ROCm/ATOM#1711"],
    rest=True,
)
def chunk_schema(stream: ChatStream, others: Owned = NOBODY) -> Iterator[Violation]:
    """Reports schema errors at places not owned by a more specific rule."""
    audio = stream.chat.audio
    for violation in unowned(stream, others):
        if not (audio and violation.place == "choices" and violation.observed == "no such key"):
            yield violation


@chat_rule(
    level=Level.MUST,
    statement="`object` is `chat.completion.chunk` in every chunk.",
    hurts="openai-python's stream helpers skip such a chunk: they raise, or the answer is empty.",
    sources=[_CHUNK, PYTHON_CHAT],
    when=has_chunks,
    shapes=["object"],
)
def chunk_object(stream: ChatStream) -> Iterator[Violation]:
    """Missing, empty and different values are all violations."""
    yield from owned(stream, chunk_object.shapes)


@trigger(absent="no chunk with an id")
def has_id(stream: ChatStream) -> bool:
    return bool(stream.chat.identity.id.event)


@chat_rule(
    level=Level.MUST,
    statement="Each chunk has the same `id`.",
    hurts="Tracing, logging and deduplication take one answer for several.",
    sources=[_CHUNK],
    when=has_id,
    reports=["BerriAI/litellm#1571", "microsoft/foundry-local#144"],
)
def id_constant(stream: ChatStream) -> Iterator[Violation]:
    """Empty ids are reported by `id-nonempty`."""
    yield from _changes("id", stream.chat.identity.id)


@chat_rule(
    level=Level.SHOULD,
    statement="`id` is not empty.",
    hurts="An answer cannot be named in a bug report or a log.",
    sources=[_CHUNK],
    when=has_chunks,
    reports=["AbanteAI/archive-old-cli-mentat#429"],
    rests_on=["chunk-object"],
)
def id_nonempty(stream: ChatStream) -> Iterator[Violation]:
    """A missing id is reported by `chunk-schema`."""
    for event in stream.chat.identity.empty_ids:
        yield Violation(event=event, place="id", expected="an id", observed='""')


@trigger(absent="no chunk with a time in `created`")
def has_created(stream: ChatStream) -> bool:
    return bool(stream.chat.identity.created.event)


@chat_rule(
    level=Level.MUST,
    statement="Each chunk has the same `created`.",
    hurts="Clients that key answers by id and time see several.",
    sources=[_CHUNK],
    when=has_created,
)
def created_constant(stream: ChatStream) -> Iterator[Violation]:
    """Values that are not Unix seconds are reported by `created-seconds`."""
    yield from _changes("created", stream.chat.identity.created)


@chat_rule(
    level=Level.SHOULD,
    statement="`created` is a time in Unix seconds.",
    hurts="Milliseconds are read as a date tens of thousands of years ahead, 0 as 1970.",
    sources=[_CHUNK],
    when=has_chunks,
    reports=["EricLBuehler/mistral.rs#1805", "mlc-ai/web-llm#829", "Portkey-AI/gateway#1290"],
    rests_on=["chunk-object"],
)
def created_seconds(stream: ChatStream) -> Iterator[Violation]:
    """Accepts ten digits, which covers the years 2001 to 2286."""
    for odd in stream.chat.identity.odd_created:
        yield Violation(event=odd.event, place="created", expected="Unix seconds", observed=shown(odd.value))


@trigger(absent="no chunk with a model")
def has_model(stream: ChatStream) -> bool:
    return bool(stream.chat.identity.model.event)


@chat_rule(
    level=Level.SHOULD,
    statement="Each chunk names the same `model`.",
    hurts="Cost and quality are booked on the wrong model.",
    sources=[_CHUNK],
    when=has_model,
)
def model_constant(stream: ChatStream) -> Iterator[Violation]:
    """The API description states this of `id` and `created` only; OpenAI keeps it for `model` as well."""
    yield from _changes("model", stream.chat.identity.model)


def _changes(name: str, track: Track) -> Iterator[Violation]:
    expected = f"{shown(track.value)}, as in event {track.event}"
    for change in track.changes:
        yield Violation(
            event=change.event,
            place=name,
            expected=expected,
            observed=shown(change.value),
        )
