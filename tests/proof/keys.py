"""What breaks and what keeps the requirement that no JSON object has a key twice."""

from tests.proof.streams import chat, responses
from tests.proof.streams.edits import edited, once, within
from tests.proof.streams.handmade import Wire

TWICE = "json-keys-unique"

BROKEN: tuple[Wire, ...] = (
    edited(
        chat.TEXT,
        "key-twice-in-delta",
        once(b'{"content":"lo, "}', b'{"content":"","content":"lo, "}'),
        breaks=TWICE,
    ),
    edited(
        chat.TEXT,
        "key-twice-in-choice",
        once(chat.STOP, chat.STOP + b',"finish_reason":"stop"'),
        breaks=TWICE,
    ),
    edited(
        chat.TEXT,
        "key-twice-escaped",
        once(b'{"content":"lo, "}', b'{"c\\u006fntent":"lo, ","content":"lo, "}'),
        breaks=TWICE,
    ),
    edited(
        responses.TEXT,
        "key-twice-in-event",
        within(responses.DELTA, b'"logprobs":[]', b'"logprobs":[],"logprobs":[]'),
        breaks=TWICE,
    ),
    edited(
        responses.TEXT,
        "key-twice-in-response",
        within(responses.COMPLETED, b'"temperature":1.0', b'"temperature":1.0,"temperature":1.0'),
        breaks=TWICE,
    ),
)

LEGAL: tuple[Wire, ...] = (
    chat.wire("keys-in-text-twice", *chat.says('{"a":1,"a":2}', '"content":"x","content":"y"')),
    chat.wire("keys-in-several-objects", chat.ROLE, {"content": "Hi", "extra": {"content": "Hi", "id": 1}}),
    chat.calling(
        "keys-in-arguments-twice", chat.opens(0, "call_a", "weather", '{"city":"Oslo","city":"Rome"}')
    ),
)
