"""Requirements on what a refusal says in its headers: when to try again, and which request it was."""

import re
from collections.abc import Iterator
from typing import Final

from conformance.catalogue import Family, Level, Violation, trigger
from conformance.exchange import Need
from conformance.requirements.declare import answer_rule, refusal_rule
from conformance.sources import DEBUGGING_REQUESTS, PYTHON_CLIENT, RATE_LIMITS, RFC_6585, RFC_9110_RETRY
from conformance.subject import Answer, Refusal
from conformance.text import shown

_LATER: Final = (429, 503)
_WHEN: Final = ("retry-after", "retry-after-ms")
_SECONDS: Final = re.compile(r"\d{1,9}(\.\d+)?")
_DATE: Final = re.compile(r"\w+, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")
# The headers that name a request, OpenAI's and those of well-known gateways.
_NAMES: Final = re.compile(
    r"(^|-)(request-?id|call-?id|trace-?id|traceparent|correlation-?id|cf-ray)$", re.IGNORECASE
)


@trigger(absent="no attempt was answered with status 429 or 503")
def put_off(answer: Answer) -> bool:
    """Whether any attempt was refused for now."""
    exchange = answer.exchange
    return exchange.status in _LATER or any(attempt.status in _LATER for attempt in exchange.attempts)


@answer_rule(
    family=Family.ERRORS,
    level=Level.INFO,
    statement="A refusal with status 429 or 503 says in `retry-after` when to try again.",
    hurts="Clients guess: they try again too early and are refused again, or wait longer than they need to.",
    sources=[RFC_6585, RFC_9110_RETRY, PYTHON_CLIENT],
    when=put_off,
    needs=[Need.HEADERS],
    bears_trouble=True,
)
def retry_after_present(answer: Answer) -> Iterator[Violation]:
    """Judges every attempt. The value is a number of seconds or a date; `retry-after-ms` is read too."""
    exchange = answer.exchange
    expected = "retry-after, with a number of seconds or a date"
    for attempt in exchange.attempts[:-1]:
        if attempt.status in _LATER and attempt.retry_after is None:
            yield Violation(expected=expected, observed=f"status {attempt.status} without it")
    if exchange.status not in _LATER:
        return
    value = next((found for name in _WHEN if (found := exchange.header(name)) is not None), None)
    if value is None:
        yield Violation(expected=expected, observed=f"status {exchange.status} without it")
    elif not (_SECONDS.fullmatch(value.strip()) or _DATE.fullmatch(value.strip())):
        yield Violation(expected=expected, observed=shown(value))


@trigger(absent="not refused with status 429")
def limited(answer: Answer) -> bool:
    return answer.exchange.status == 429


@answer_rule(
    family=Family.ERRORS,
    level=Level.INFO,
    statement="A refusal with status 429 says in `x-ratelimit-*` which limit was reached.",
    hurts="Programs cannot tell a limit on requests from one on tokens, and slow down at the wrong place.",
    sources=[RATE_LIMITS],
    when=limited,
    needs=[Need.HEADERS],
    bears_trouble=True,
)
def rate_limit_headers(answer: Answer) -> Iterator[Violation]:
    """OpenAI names limit, remainder and reset of requests and of tokens."""
    if not any(name.lower().startswith("x-ratelimit-") for name, _ in answer.exchange.headers):
        yield Violation(expected="headers x-ratelimit-*", observed="none of them")


@refusal_rule(
    family=Family.ERRORS,
    level=Level.INFO,
    statement="A refusal names its request in a header, such as `x-request-id`.",
    hurts="Nobody can look the refusal up: support asks for the id that the SDKs read from this header.",
    sources=[DEBUGGING_REQUESTS, PYTHON_CLIENT],
    needs=[Need.HEADERS],
)
def error_request_id(refusal: Refusal) -> Iterator[Violation]:
    """openai-python and openai-node read `x-request-id` alone; headers that say as much are accepted."""
    if not any(_NAMES.search(name) for name, _ in refusal.exchange.headers):
        yield Violation(expected="x-request-id", observed="no header that names the request")
