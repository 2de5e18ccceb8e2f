"""Requirements on spoken answers in chat streams."""

import binascii
from base64 import b64decode
from collections.abc import Iterator

from conformance.assemble.choice import Choice
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need
from conformance.requirements.declare import chat_rule
from conformance.sources import NODE_CHAT, openapi
from conformance.subject import ChatStream
from conformance.text import shown

_AUDIO = openapi("ChatCompletionResponseMessage")
_PLACE = "choices.*.delta.audio"


@trigger(absent="no audio in the stream")
def spoken_choices(stream: ChatStream) -> list[Choice]:
    """The choices with audio."""
    return [choice for choice in stream.choices if choice.audio.event]


@trigger(absent="no audio in the stream, or an error in its place")
def speech_to_end(stream: ChatStream) -> list[Choice]:
    """The choices with audio in a stream without an error."""
    return [] if stream.chat.errors.seen else spoken_choices(stream)


@chat_rule(
    level=Level.MUST,
    statement="A spoken choice ends with the `expires_at` of its audio, or with a finish_reason.",
    hurts="openai-node's stream helper raises 'missing finish_reason for choice 0'.",
    sources=[NODE_CHAT, _AUDIO],
    when=speech_to_end,
    needs=[Need.END],
)
def audio_end(stream: ChatStream) -> Iterator[Violation]:
    """OpenAI's own audio streams have no finish_reason; the last delta says when the audio expires."""
    for choice in speech_to_end(stream):
        if not choice.audio.expires and not choice.finish.seen:
            yield Violation(
                event=stream.chat.choices.last_event,
                place=f"{_PLACE}.expires_at",
                expected="the time when the audio expires, or a finish_reason, by the last choice",
                observed="neither in any chunk",
            )


@chat_rule(
    level=Level.MUST,
    statement="The audio of a choice has one `id`.",
    hurts="openai-node's stream helper raises without one; the next turn cannot refer to the audio.",
    sources=[NODE_CHAT, _AUDIO],
    when=speech_to_end,
    needs=[Need.END],
)
def audio_id(stream: ChatStream) -> Iterator[Violation]:
    """One delta with the id is enough; a second, different one is a violation."""
    for choice in speech_to_end(stream):
        track = choice.audio.id
        if not track.event:
            yield Violation(
                event=choice.audio.event, place=f"{_PLACE}.id", expected="an id", observed="none in any delta"
            )
        expected = f"{shown(track.value)}, as in event {track.event}"
        for change in track.changes:
            yield Violation(
                event=change.event,
                place=f"{_PLACE}.id",
                expected=expected,
                observed=shown(change.value),
            )


@trigger(absent="no audio data in the stream")
def audio_data(stream: ChatStream) -> list[Choice]:
    """The choices with audio data."""
    return [choice for choice in stream.choices if choice.audio.data.texts]


@chat_rule(
    level=Level.SHOULD,
    statement="The `data` of audio is base64.",
    hurts="Players raise when they decode it, or play noise.",
    sources=[_AUDIO],
    when=audio_data,
)
def audio_base64(stream: ChatStream) -> Iterator[Violation]:
    """Each piece may be base64 by itself, or all of them together."""
    for choice in audio_data(stream):
        data = choice.audio.data
        wrong = [
            (event, text) for event, text in zip(data.events, data.texts, strict=True) if not _base64(text)
        ]
        if wrong and not _base64(data.text):
            yield Violation(
                event=wrong[0][0],
                place=f"{_PLACE}.data",
                expected="base64",
                observed=shown(wrong[0][1], 80),
                times=len(wrong),
            )


def _base64(text: str) -> bool:
    try:
        b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
