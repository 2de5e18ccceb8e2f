"""Requirements on timing. None is above SHOULD, because the network between may cause the delay."""

from collections.abc import Iterator
from math import inf

from conformance.catalogue import Level, Source, Violation, trigger
from conformance.exchange import Ended, Need, Promise
from conformance.requirements.common import spoken
from conformance.requirements.declare import stream_rule
from conformance.requirements.reasoning import thinks
from conformance.sources import PYTHON_STREAMING, WHATWG_NOTES
from conformance.subject import ChatStream, Stream

_LLAMA = Source("llama.cpp, proxies that buffer", "https://github.com/ggml-org/llama.cpp/pull/24774")
_ZENMUX = Source("zenmux-doc, a stream sent in one burst", "https://github.com/ZenMux/zenmux-doc/issues/274")

# The slots of the texts in a Responses stream that are no reasoning.
_ANSWER = ("output_text", "refusal", "arguments", "input", "code", "diff", "command")

BURST_EVENTS = 8
"""Deltas. Fewer than these say nothing about how they were sent."""

BURST_WAIT = 2.0
"""Seconds before the first delta. An answer that takes less is simply fast, even over a slow link."""

BURST_SPREAD = 0.002
"""Seconds between the first and the last delta.

What is flushed at once arrives in one or two pieces; a gateway measured right after a cold start spread 16
deltas over 8 ms.
"""

BURST_RATE = 5000.0
"""Deltas per second that no engine generates for one answer; the fastest vendors claim 3,000 tokens."""

BURST_LONG = 40
"""Deltas. From this number on, the measured rate is not a matter of chance."""


def deltas(stream: Stream) -> list[int]:
    """The numbers of the events that carry output of the model."""
    if isinstance(stream, ChatStream):
        events = [number for choice in stream.choices for number in choice.content.events]
        events += [part.event for _, call in stream.chat.calls for part in call.fragments]
    else:
        slots = (*_ANSWER, "reasoning_text", "summary_text")
        events = [
            number for _, text in stream.responses.output.texts(*slots) for number in text.deltas.events
        ]
    return sorted(events)


@trigger(absent=f"fewer than {BURST_EVENTS} deltas")
def several_deltas(stream: Stream) -> bool:
    return len(deltas(stream)) >= BURST_EVENTS


@stream_rule(
    level=Level.SHOULD,
    statement="Deltas are sent as they arise, not all at once when the answer is finished.",
    hurts="Users look at nothing for the whole time that streaming is there to shorten.",
    sources=[_ZENMUX, _LLAMA],
    when=several_deltas,
    needs=[Need.TIMING],
    reports=["ZenMux/zenmux-doc#274", "seaavey/SRouter#104", "lm-sys/FastChat#2337"],
)
def stream_incremental(stream: Stream) -> Iterator[Violation]:
    """Reports a long wait followed by all deltas in one piece, or faster than any engine generates."""
    events = deltas(stream)
    first, last = stream.event(events[0]), stream.event(events[-1])
    if first is None or last is None or first.at is None or last.at is None:
        return
    spread = last.at - first.at
    flushed = spread <= BURST_SPREAD or (len(events) >= BURST_LONG and len(events) >= spread * BURST_RATE)
    if first.at >= BURST_WAIT and flushed:
        yield Violation(
            event=first.number,
            expected="deltas spread over the time of the answer",
            observed=f"nothing for {first.at:.2f} s, then {len(events)} deltas within {spread:.3f} s",
        )


@stream_rule(
    level=Level.SHOULD,
    statement="The body ends soon after the terminator.",
    hurts="Clients that read to the end of the body hang, and connections run out.",
    sources=[PYTHON_STREAMING],
    needs=[Need.ENDING, Need.END],
    reports=["vastsa/PI-Desktop#217", "diegosouzapw/OmniRoute#6777"],
)
def connection_closed(stream: Stream) -> Iterator[Violation]:
    """The recorder waits one second for the end of the body after the terminator."""
    if stream.exchange.ended is Ended.HELD_OPEN:
        yield Violation(
            expected="the end of the body within a second of the terminator",
            observed=stream.exchange.detail or "the body stayed open",
        )


SILENCE = 30.0
"""Seconds. Proxies commonly drop a connection that was idle for 60 seconds."""


@stream_rule(
    level=Level.SHOULD,
    statement=f"Something comes at least every {SILENCE:.0f} seconds, if only a comment.",
    hurts="Proxies and clients with an idle timeout drop the connection.",
    sources=[WHATWG_NOTES],
    needs=[Need.TIMING],
)
def stream_silence(stream: Stream) -> Iterator[Violation]:
    """Measures before the first piece and between any two pieces.

    A model that reasons may be silent until its answer begins: OpenAI's chat API sends nothing meanwhile. An
    answer that is held back and then sent at once is reported by `stream-incremental`.
    """
    before, answer = 0.0, _answer_begins(stream)
    for piece in stream.exchange.pieces:
        if piece.at is not None:
            if piece.at - before > SILENCE and before >= answer:
                yield Violation(
                    expected="an event or a comment meanwhile",
                    observed=f"nothing from {before:.1f} s to {piece.at:.1f} s",
                )
            before = piece.at
    ended = stream.exchange
    if ended.ended is Ended.SILENCE and before >= answer:
        yield Violation(
            expected="an event or a comment meanwhile", observed=ended.detail or "silence to the end"
        )


def _answer_begins(stream: Stream) -> float:
    """When the answer of a model that reasons begins, in seconds; 0 for other models.

    Infinite if it thinks to the end.
    """
    if not thinks(stream):
        return 0.0
    events = _said(stream)
    first = stream.event(min(events)) if events else None
    return inf if first is None else first.at or 0.0


def _said(stream: Stream) -> list[int]:
    # The events that carry the answer itself, without the reasoning before it.
    if isinstance(stream, ChatStream):
        return deltas(stream)
    return [number for _, text in stream.responses.output.texts(*_ANSWER) for number in text.deltas.events]


LONG_DELTA = 200
"""Characters. The longest text delta in OpenAI's recordings, an inline citation, has 86."""


@stream_rule(
    level=Level.INFO,
    statement="A text is streamed in small deltas.",
    hurts="An answer in one piece is no stream: users wait for the whole of it.",
    sources=[_LLAMA],
    when=spoken,
    promise=Promise.TEXT,
    reports=["lmstudio-ai/lmstudio-bug-tracker#1868", "ollama/ollama#9092"],
    rests_on=[
        *("event-terminated", "event-json", "event-foreign"),
        *("content-cumulative", "text-cumulative", "text-repeated"),
    ],
)
def delta_small(stream: Stream) -> Iterator[Violation]:
    """Deltas of any size are legal, so the level is INFO."""
    for event, text in _pieces(stream):
        if len(text) > LONG_DELTA:
            yield Violation(
                event=event, expected=f"at most {LONG_DELTA} characters", observed=f"{len(text)} characters"
            )


def _pieces(stream: Stream) -> list[tuple[int, str]]:
    return [pair for text in spoken(stream) for pair in zip(text.events, text.texts, strict=True)]
