"""What refused attempts say of the next one, also where the request was answered in the end."""

from dataclasses import replace

import pytest

from conformance.catalogue import Outcome
from conformance.exchange import Attempt, Exchange
from conformance.judge import judge_exchange
from tests.played import played

TEXT = next(item for item in played() if item.id == "chat-text")
ID = ("x-request-id", "req_1")


def outcome(rule: str, item: Exchange) -> Outcome:
    """What becomes of a requirement."""
    (found,) = [verdict.outcome for verdict in judge_exchange(item) if verdict.requirement == rule]
    return found


def after(status: int, seconds: float | None) -> Exchange:
    """An answer to the second attempt."""
    first = Attempt(started=0.0, status=status, retry_after=seconds)
    return replace(TEXT, attempts=(first, Attempt(started=1.0, status=200)))


@pytest.mark.parametrize("status", [429, 503])
def test_an_attempt_that_was_put_off_says_until_when(status: int) -> None:
    """The last attempt was answered, so nothing else tells of it."""
    assert outcome("retry-after-present", after(status, None)) is Outcome.INFO
    assert outcome("retry-after-present", after(status, 0.5)) is Outcome.PASS


def test_other_attempts_need_not_say_it() -> None:
    """A server that failed knows of no better time."""
    assert outcome("retry-after-present", after(500, None)) is Outcome.NOT_APPLICABLE
    assert outcome("retry-after-present", TEXT) is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("headers", "when", "which"),
    [
        ((ID,), Outcome.INFO, Outcome.INFO),
        ((ID, ("Retry-After", "3")), Outcome.PASS, Outcome.INFO),
        ((ID, ("retry-after", "3"), ("X-RateLimit-Limit-Requests", "3")), Outcome.PASS, Outcome.PASS),
        ((ID, ("retry-after", "soon")), Outcome.INFO, Outcome.INFO),
    ],
)
def test_a_request_that_is_limited_to_the_end_is_judged_too(
    headers: tuple[tuple[str, str], ...], when: Outcome, which: Outcome
) -> None:
    """Although nothing else can be said of the endpoint then."""
    limited = replace(
        TEXT, status=429, pieces=(), headers=headers, attempts=(Attempt(started=0, status=429),)
    )
    assert outcome("retry-after-present", limited) is when
    assert outcome("rate-limit-headers", limited) is which
    assert outcome("status-ok", limited) is Outcome.ERROR
