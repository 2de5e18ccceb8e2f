"""The end of the time that a whole run may take, whatever the settings of its providers allow."""

import time
from dataclasses import dataclass
from typing import Self

__all__ = ["Deadline"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """`seconds` were given to the run; they end at `at`, by the monotonic clock, which never jumps."""

    seconds: float
    at: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        """The deadline of a run that begins now."""
        return cls(seconds, time.monotonic() + seconds)

    @property
    def words(self) -> str:
        """What is over when it has passed, as the beginning of a sentence."""
        return f"the deadline of {self.seconds:g} s for the whole run was over"
