"""Decides which failed attempts are repeated, and when."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from conformance.capture.repeats import ATTEMPTS, FULL, repeated
from conformance.exchange import Attempt, Ended, Malformed

__all__ = ["LONGEST_WAIT", "AttemptOutcome", "retrying", "wait_asked"]

LONGEST_WAIT = 30.0
"""Seconds. If an endpoint asks for a longer wait, the request is repeated after this time."""

_RECONNECT = 0.2  # seconds before the second attempt, doubled for each further one
_REPEAT = 1.0  # the same after a 429 or 5xx without Retry-After
_LOST = 2  # attempts whose connection is lost before any byte, after which the request is not repeated
_SECONDS = re.compile(r"\d{1,9}(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptOutcome:
    """One attempt and its outcome: a response whose body is not yet read, or the described failure."""

    attempt: Attempt
    response: httpx.Response | None = None
    ended: Ended = Ended.NO_RESPONSE
    detail: str = ""
    expired: bool = False  # whether a deadline ended the attempt
    malformed: Malformed = Malformed.NONE  # what in the HTTP of the head is
    lost: bool = False  # whether the connection was lost after the request was sent, before any byte came
    beside: int = 0  # how many others were open at most

    def again(self, *, refusal: bool) -> bool:
        """Whether the request may be repeated. `refusal` says that the scenario expects to be refused."""
        if self.response is None:
            return self.lost or (self.ended is Ended.NO_CONNECTION and not self.expired)
        return repeated(self.response.status_code, refusal=refusal, beside=self.beside)

    @property
    def crowded(self) -> bool:
        """Whether it may have failed for the others that were open: lost, or turned away for the load."""
        return self.lost or (self.response is not None and self.response.status_code in FULL)

    def wait(self, number: int) -> float:
        """Seconds until the next attempt. `number` is the number of this attempt, from 1."""
        if self.attempt.retry_after is not None:
            return min(self.attempt.retry_after, LONGEST_WAIT)
        first = _RECONNECT if self.response is None else _REPEAT
        return first * 2.0 ** (number - 1)


def retrying(
    *,
    refusal: bool,
    allowed: Callable[[float], bool],
    rest: Callable[[AttemptOutcome, float], Awaitable[None]],
) -> AsyncRetrying:
    """Repeats an attempt until there is an answer, and returns the outcome of the last one.

    `allowed` says whether another attempt may be made after so many seconds; `rest` waits for that time.
    """
    last: list[AttemptOutcome] = []
    lost = 0

    def wanted(tried: AttemptOutcome) -> bool:
        nonlocal lost
        last[:] = [tried]
        lost += tried.lost
        # Whether a request that was sent has been worked on, and billed, nobody knows: once more, not twice.
        return tried.again(refusal=refusal) and (not tried.lost or lost < _LOST)

    def wait(state: RetryCallState) -> float:
        return last[0].wait(state.attempt_number)

    def stop(state: RetryCallState) -> bool:
        return stop_after_attempt(ATTEMPTS)(state) or not allowed(wait(state))

    async def sleep(seconds: float) -> None:
        await rest(last[0], seconds)

    return AsyncRetrying(
        retry=retry_if_result(wanted),
        wait=wait,
        stop=stop,
        sleep=sleep,
        retry_error_callback=lambda _: last[0],
    )


def wait_asked(header: str | None, now: datetime | None = None) -> float | None:
    """The seconds that a Retry-After header, a number or an HTTP date, asks for; None if it is neither."""
    if header is None:
        return None
    text = header.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
        wait = when.replace(tzinfo=when.tzinfo or UTC) - (now or datetime.now(UTC))
        return max(wait.total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
