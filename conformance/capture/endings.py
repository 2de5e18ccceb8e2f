"""How an exchange ends, and the deadlines that end it."""

from dataclasses import dataclass, replace

from conformance.exchange import Ended, Malformed
from conformance.requirements.timing import BURST_WAIT

__all__ = ["Due", "End", "slow"]


@dataclass(frozen=True, slots=True)
class End:
    """How an exchange ended, why in words, and what in its HTTP was malformed."""

    ended: Ended
    detail: str = ""
    malformed: Malformed = Malformed.NONE

    def seen(self, found: tuple[Malformed, str]) -> "End":
        """The same ending, with what was found besides, unless something worse is known."""
        kind, words = found
        if not kind or self.malformed:
            return self
        return replace(self, malformed=kind, detail="; ".join(filter(None, [self.detail, words])))


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline: its time on the monotonic clock, and what is reported when it passes.

    `words` is "" for the end of the run, which the endpoint describes.
    """

    at: float
    ended: Ended
    words: str = ""


def slow(ended: Ended, at: float | None, beside: int) -> bool:
    """Whether it took long enough to break a rule on timing while `beside` other requests were open."""
    late = (at or 0.0) >= BURST_WAIT or ended in (Ended.HELD_OPEN, Ended.SILENCE)
    return late and beside > 0
