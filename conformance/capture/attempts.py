"""Which failed attempts are tried again, and when."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from conformance.exchange import Attempt, Ended

__all__ = ["ATTEMPTS", "LONGEST_WAIT", "Tried", "retrying", "wait_asked"]

ATTEMPTS = 3
LONGEST_WAIT = 30.0
"""Seconds: an endpoint that asks for a longer wait is tried again after these."""

_RECONNECT = 0.2  # seconds before the second attempt, doubled for each further one
_REPEAT = 1.0  # the same after a 429 or 5xx that asks for no wait
_LOST = 2  # connections that are lost before any byte, until it is no accident
_NEVER = (501, 505)  # what the server cannot do now it cannot do in a second either
_SECONDS = re.compile(r"\d{1,9}(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One attempt and its outcome: a response whose body is not yet read, or how it failed, with words."""

    attempt: Attempt
    response: httpx.Response | None = None
    ended: Ended = Ended.NO_RESPONSE
    detail: str = ""
    expired: bool = False  # whether a deadline ended it
    lost: bool = False  # whether the connection went after the request, before any byte of an answer

    def again(self, *, refusal: bool) -> bool:
        """Whether it may be tried again. `refusal` says that the scenario asks to be refused."""
        if self.response is None:
            return self.lost or (self.ended is Ended.NO_CONNECTION and not self.expired)
        status = self.response.status_code
        return not refusal and (status == 429 or (500 <= status < 600 and status not in _NEVER))

    @property
    def crowded(self) -> bool:
        """Whether it may have failed for the others that were open: lost, or refused for the rate."""
        return self.lost or (self.response is not None and self.response.status_code == 429)

    def wait(self, number: int) -> float:
        """Seconds until the next attempt, this being the attempt of that number."""
        if self.attempt.retry_after is not None:
            return min(self.attempt.retry_after, LONGEST_WAIT)
        first = _RECONNECT if self.response is None else _REPEAT
        return first * 2.0 ** (number - 1)


def retrying(
    *,
    refusal: bool,
    allowed: Callable[[float], bool],
    rest: Callable[[Tried, float], Awaitable[None]],
) -> AsyncRetrying:
    """What calls a function that returns `Tried` until there is an answer; returns the last one.

    `allowed` says whether there may be another attempt after so many seconds; `rest` waits that long.
    """
    last: list[Tried] = []
    lost = 0

    def wanted(tried: Tried) -> bool:
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
    """The seconds that a Retry-After header asks for, as a number or an HTTP date; None where it does not."""
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
