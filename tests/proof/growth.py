"""What breaks and what keeps the requirement on short texts that seem to be sent anew in each delta."""

from tests.proof.streams import responses
from tests.proof.streams.chat import says, wire
from tests.proof.streams.handmade import Wire

SHORT = "content-cumulative-short"
GREETING, GREETED = responses.message_events(0, "He", "Hel", "Hello")

BROKEN: tuple[Wire, ...] = (
    wire("short-text-so-far", *says("He", "Hel", "Hello"), breaks=SHORT),
    wire("short-text-so-far-by-letters", *says("H", "Hi", "Hi!", "Hi! A"), breaks=SHORT),
    wire("short-text-so-far-twice", *says("Oslo", "Oslo", "Oslo i", "Oslo is"), breaks=SHORT),
    responses.wire(
        "short-text-so-far-in-responses",
        *responses.OPENING,
        *GREETING,
        responses.completed(GREETED),
        breaks=SHORT,
    ),
)

LEGAL: tuple[Wire, ...] = (
    wire("short-words-that-grow-once", *says("a", "an", "and")[:3], {"content": " so on"}),
    wire("short-text-in-pieces", *says("He", "l", "lo")),
    wire("short-numbers-that-grow", *says("1", "10", "100", "1000")),
    wire("short-numbers-with-spaces", *says("1", " 12", " 123", " 1234")),
)
