"""What breaks and what keeps the requirements on spoken answers in chat streams."""

from tests.proof.streams.chat import AUDIO
from tests.proof.streams.edits import edited, every, nth, once, without
from tests.proof.streams.handmade import Wire

EXPIRES = b'{"index":0,"delta":{"audio":{"expires_at":1780003600}}}'

BROKEN: tuple[Wire, ...] = (
    edited(AUDIO, "speech-never-ends", without(b'"expires_at"'), breaks="audio-end"),
    edited(
        AUDIO,
        "speech-expires-null",
        once(b'"expires_at":1780003600', b'"expires_at":null'),
        breaks="audio-end",
    ),
    edited(AUDIO, "speech-without-id", once(b'"id":"audio_6",', b""), breaks="audio-id"),
    edited(AUDIO, "speech-id-empty", once(b'"audio_6"', b'""'), breaks="audio-id"),
    edited(AUDIO, "speech-id-changes", once(b'"AAEC"', b'"AAEC","id":"audio_7"'), breaks="audio-id"),
    edited(AUDIO, "speech-of-other-letters", once(b'"AAEC"', b'"A!!C"'), breaks="audio-base64"),
    edited(AUDIO, "speech-cut-in-base64", once(b'"AwQF"', b'"AwQ"'), breaks="audio-base64"),
)

LEGAL: tuple[Wire, ...] = (
    edited(
        AUDIO,
        "speech-ends-with-finish",
        once(EXPIRES, b'{"index":0,"delta":{},"finish_reason":"stop"}'),
    ),
    edited(AUDIO, "speech-id-again", once(b'"AAEC"', b'"AAEC","id":"audio_6"')),
    edited(AUDIO, "speech-in-padded-pieces", once(b'"AAEC"', b'"AAE="')),
    edited(AUDIO, "speech-cut-between-pieces", once(b'"AAEC"', b'"AAECA"'), once(b'"AwQF"', b'"wQF"')),
    edited(AUDIO, "speech-nulls", every(b'"delta":{"audio":{', b'"delta":{"content":null,"audio":{')),
    edited(AUDIO, "speech-of-unknown-request", nth(0, b'"transcript"', b'"transcript"'), asks=None),
)
