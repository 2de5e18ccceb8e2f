"""The course of a stream in time, as the shapes of a small picture and in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from conformance.exchange import Ended
from conformance.report.figures import first_token
from conformance.subject import Answer
from conformance.text import counted

__all__ = ["WIDTH", "Timeline", "timeline"]

WIDTH = 240  # the columns of the picture
_SILENCE = 1.0  # seconds, from which on a gap may be a silence
_TIMES = 5  # the usual gap, which a silence is longer than
_SILENCES = 6  # silences that are drawn

# How a body ended that the endpoint did not end, in the words that stand before the time.
_LASTS = {
    Ended.RESET: "the connection lost",
    Ended.HELD_OPEN: "the body still open",
    Ended.LEFT: "left on purpose",
    Ended.SILENCE: "given up in silence",
    Ended.OVERTIME: "cut off at the deadline",
    Ended.CEILING: "cut off at the most that is read",
    Ended.INTERRUPTED: "stopped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A stream from its request on; places are columns of the picture.

    `arrivals` is the path of a line at each column in which an event came. `silences` are beginnings and
    widths. `first` is the first token, None if there is none, `end` the end of the body. `words` say it all.
    """

    arrivals: str
    silences: tuple[tuple[int, int], ...]
    first: int | None
    end: int
    words: str


def timeline(stream: Answer) -> Timeline | None:
    """The course of a stream; None for other answers, and where no times are known."""
    if not stream.streamed:
        return None
    times = [event.at for event in stream.wire.events if event.at is not None]
    ended = stream.exchange.ended_at
    if not times:
        return None
    end = max(ended or 0.0, times[-1])
    if end <= 0:
        return None
    silences = _silences(times)
    first = first_token(stream)

    def column(at: float) -> int:
        return min(max(round(at / end * WIDTH), 0), WIDTH)

    columns = sorted(set(map(column, times)))
    return Timeline(
        arrivals="".join(f"M{at} 3v12" for at in columns),
        silences=tuple((column(begin), max(column(stop) - column(begin), 1)) for begin, stop in silences),
        first=None if first is None else column(first),
        end=column(end),
        words=_words(stream, times, silences, first, end),
    )


def _silences(times: Sequence[float]) -> list[tuple[float, float]]:
    gaps = [(after - before, before, after) for before, after in pairwise(times)]
    if not gaps:
        return []
    least = max(_SILENCE, _TIMES * median(gap for gap, _, _ in gaps))
    found = sorted((item for item in gaps if item[0] >= least), reverse=True)[:_SILENCES]
    return sorted((begin, stop) for _, begin, stop in found)


def _words(
    stream: Answer,
    times: Sequence[float],
    silences: Sequence[tuple[float, float]],
    first: float | None,
    end: float,
) -> str:
    parts = [
        f"{counted(len(stream.wire.events), 'event')} in {counted(len(stream.exchange.pieces), 'piece')}",
        f"the first after {_seconds(times[0])}",
    ]
    if first is not None:
        parts.append(f"the first token after {_seconds(first)}")
    if len(times) > 1:
        gaps = [after - before for before, after in pairwise(times)]
        parts.append(f"the longest gap {_seconds(max(gaps))} before event {gaps.index(max(gaps)) + 2}")
    if silences:
        parts.append(counted(len(silences), "silence"))
    last = _LASTS.get(stream.exchange.ended, "the end")
    parts.append(f"{last} after {_seconds(end)}")
    return ", ".join(parts)


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
