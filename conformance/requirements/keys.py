"""A requirement on the JSON of events in both APIs: no object has a key twice."""

from collections.abc import Iterator

from conformance.catalogue import Family, Level, Violation, trigger
from conformance.requirements.declare import stream_rule
from conformance.sources import RFC_8259
from conformance.subject import ChatStream, Stream
from conformance.text import shown


@trigger(absent="no event with JSON in the stream")
def has_json(stream: Stream) -> bool:
    if isinstance(stream, ChatStream):
        return bool(stream.chat.chunks or stream.chat.data.repeated)
    return bool(stream.responses.events.count)


@stream_rule(
    level=Level.SHOULD,
    statement="No JSON object of an event has the same key twice.",
    hurts="Parsers keep the last value or the first, or raise: clients read different events.",
    sources=[RFC_8259],
    when=has_json,
    family=Family.WIRE,
)
def json_keys_unique(stream: Stream) -> Iterator[Violation]:
    """Keys are compared after unescaping. JSON inside of a text, such as arguments, is not looked into."""
    for item in stream.assembled.data.repeated:
        yield Violation(
            event=item.event,
            expected="each key once in an object",
            observed=f"the key {shown(item.what)} more than once",
        )
