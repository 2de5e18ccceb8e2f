"""A requirement on short texts that seem to be sent anew, whole, in each delta."""

from collections.abc import Iterator

from conformance.assemble.records import Deltas
from conformance.catalogue import Family, Level, Violation, trigger
from conformance.requirements.common import spoken
from conformance.requirements.declare import stream_rule
from conformance.sources import API_REFERENCE
from conformance.subject import Stream
from conformance.text import shown


@trigger(absent="fewer than three deltas with text")
def several_texts(stream: Stream) -> list[Deltas]:
    return [deltas for deltas in spoken(stream) if len(deltas.texts) > 2]


@stream_rule(
    level=Level.SHOULD,
    statement="The deltas of a short text are not the text so far, each with a little more.",
    hurts="Every client shows 'HeHelHello'.",
    sources=[API_REFERENCE],
    when=several_texts,
    family=Family.CHAT,
    rests_on=["event-terminated", "event-json", "event-foreign"],
)
def content_cumulative_short(stream: Stream) -> Iterator[Violation]:
    """A model may write such a row of letters. Longer texts are judged by the rules on cumulative text."""
    for deltas in several_texts(stream):
        if deltas.growth.seems_cumulative:
            yield Violation(
                event=deltas.events[-1],
                expected="what is new in each delta",
                observed=", ".join(shown(text, 30) for text in deltas.texts[-3:]),
            )
