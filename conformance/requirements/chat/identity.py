"""Requirements on the shape of chat chunks and on what all chunks of a stream share."""

from collections.abc import Iterator

from conformance.catalogue import Api, Family, Level, Violation, requirement
from conformance.requirements.common import (
    chat_of,
    has_chunks,
    owned,
    unowned,
)
from conformance.sources import (
    PYTHON_CHAT,
    openapi,
)
from conformance.subject import Stream
from conformance.text import shown

_CHAT = Family.CHAT
_CHUNK = openapi("CreateChatCompletionStreamResponse")


@requirement(
    "chunk-schema",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "Every chunk has the shape of the API description, in all that no rule of its own speaks of.",
    hurts="Typed clients raise, untyped ones read undefined values.",
    sources=[_CHUNK],
    when=has_chunks,
    absent="no chunk in the stream",
    reports=["0xzr/freellmpool#92", "mudler/LocalAI#648", "ROCm/ATOM#1711"],
)
def chunk_schema(stream: Stream) -> Iterator[Violation]:
    """Audio streams of OpenAI end with a chunk without choices."""
    audio = chat_of(stream).audio
    for violation in unowned(stream):
        if not (audio and violation.place == "choices" and violation.observed == "no such key"):
            yield violation


@requirement(
    "chunk-object",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "`object` is `chat.completion.chunk` in every chunk.",
    hurts="openai-python's stream helper skips every other chunk, then raises.",
    sources=[_CHUNK, PYTHON_CHAT],
    when=has_chunks,
    absent="no chunk in the stream",
    shapes=["object"],
)
def chunk_object(stream: Stream) -> Iterator[Violation]:
    """Missing, empty and other values alike."""
    yield from owned(stream, chunk_object.shapes)


@requirement(
    "id-constant",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "Each chunk has the same `id`.",
    hurts="Tracing, logging and deduplication take one answer for several.",
    sources=[_CHUNK],
    when=lambda stream: bool(chat_of(stream).tracks["id"].event),
    absent="no chunk with an id",
    reports=["BerriAI/litellm#1571", "microsoft/foundry-local#144"],
)
def id_constant(stream: Stream) -> Iterator[Violation]:
    """Empty ids are told by another rule."""
    yield from _changes(stream, "id")


@requirement(
    "id-nonempty",
    _CHAT,
    Level.SHOULD,
    Api.CHAT,
    "`id` is not empty.",
    hurts="An answer cannot be named in a bug report or a log.",
    sources=[_CHUNK],
    when=has_chunks,
    absent="no chunk in the stream",
    reports=["AbanteAI/archive-old-cli-mentat#429"],
)
def id_nonempty(stream: Stream) -> Iterator[Violation]:
    """A missing id is a matter of shape."""
    for event in chat_of(stream).empty_ids:
        yield Violation(event=event, place="id", expected="an id", observed='""')


@requirement(
    "created-constant",
    _CHAT,
    Level.MUST,
    Api.CHAT,
    "Each chunk has the same `created`.",
    hurts="Clients that key answers by id and time see several.",
    sources=[_CHUNK],
    when=lambda stream: bool(chat_of(stream).tracks["created"].event),
    absent="no chunk with a time in `created`",
)
def created_constant(stream: Stream) -> Iterator[Violation]:
    """Values that are no Unix seconds are told by another rule."""
    yield from _changes(stream, "created")


@requirement(
    "created-seconds",
    _CHAT,
    Level.SHOULD,
    Api.CHAT,
    "`created` is a time in Unix seconds.",
    hurts="Milliseconds are read as a date tens of thousands of years ahead, 0 as 1970.",
    sources=[_CHUNK],
    when=has_chunks,
    absent="no chunk in the stream",
    reports=["EricLBuehler/mistral.rs#1805", "mlc-ai/web-llm#829", "Portkey-AI/gateway#1290"],
)
def created_seconds(stream: Stream) -> Iterator[Violation]:
    """Ten digits: from 2001 to 2286."""
    for event, value in chat_of(stream).odd_created:
        yield Violation(event=event, place="created", expected="Unix seconds", observed=shown(value))


@requirement(
    "model-constant",
    _CHAT,
    Level.SHOULD,
    Api.CHAT,
    "Each chunk names the same `model`.",
    hurts="Cost and quality are booked on the wrong model.",
    sources=[_CHUNK],
    when=lambda stream: bool(chat_of(stream).tracks["model"].event),
    absent="no chunk with a model",
)
def model_constant(stream: Stream) -> Iterator[Violation]:
    """The description states constancy of id and created only; OpenAI keeps this one too."""
    yield from _changes(stream, "model")


def _changes(stream: Stream, name: str) -> Iterator[Violation]:
    track = chat_of(stream).tracks[name]
    expected = f"{shown(track.value)}, as in event {track.event}"
    for event, value in track.changes:
        yield Violation(
            event=event,
            place=name,
            expected=expected,
            observed=shown(value),
        )
