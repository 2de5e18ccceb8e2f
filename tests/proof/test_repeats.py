"""One request sent twice: what differs in form is told, what differs in words or numbers is not."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.catalogue import Outcome, Verdict
from conformance.exchange import Ended, Exchange, Piece
from conformance.judge import judge
from conformance.plan import plan
from tests.played import REFERENCE, answers, broken

RULE = "repeat-form"
FOUND = {exchange.id: exchange for _, exchange in answers(plan(REFERENCE, scenarios=["chat-repeat"]))}
FIRST, SECOND = FOUND["chat-text-no-usage"], FOUND["chat-repeat"]
Change = Callable[[Exchange], Exchange]


def body(change: Callable[[bytes], bytes]) -> Change:
    """Another body."""
    return lambda item: replace(item, pieces=(Piece(data=change(item.body), at=0.1),))


def sub(pattern: bytes, by: bytes) -> Change:
    """Something else in the body."""
    return body(lambda old: re.sub(pattern, by, old))


def said(text: str, *, parts: int) -> Change:
    """A text in so many deltas, between the first block and the last two."""

    def change(old: bytes) -> bytes:
        role, *_, finish, done, _ = old.split(b"\n\n")
        cut = -(-len(text) // parts)
        deltas = [
            re.sub(rb'"content":""', b'"content":' + json.dumps(text[at : at + cut]).encode(), role).replace(
                b'"role":"assistant",', b""
            )
            for at in range(0, len(text), cut)
        ]
        return b"\n\n".join([role, *deltas, finish, done, b""])

    return body(change)


def verdict(change: Change, first: Change = lambda item: item) -> Verdict:
    """The verdict on the two streams, the second one changed."""
    (found,) = [item for item in judge([first(FIRST), change(SECOND)]) if item.requirement == RULE]
    return found


SAME: dict[str, Change] = {
    "word-for-word": lambda item: replace(item, pieces=FIRST.pieces, headers=FIRST.headers),
    "another-id": sub(rb"chatcmpl-\w{4}", b"chatcmpl-zzzz"),
    "another-fingerprint": sub(rb"fp_\w+", b"fp_0000000000"),
    "another-time": sub(rb'"created":\d+', b'"created":1788000999'),
    "half-the-deltas": said("1-abcde 2-abcde 3-abcde 4-abcde 5-abcde", parts=8),
    "a-few-deltas": said("1-abcde 2-abcde 3-abcde 4-abcde 5-abcde", parts=3),
    "other-words": said("I would rather not count today, but I can tell a story.", parts=9),
    "a-short-refusal-at-once": said("I cannot.", parts=1),
    "usage-besides": sub(
        rb'"finish_reason":"stop"\}\]', b'"finish_reason":"stop"}],"usage":{"total_tokens":9}'
    ),
    "charset": lambda item: replace(item, headers=(("Content-Type", "text/event-stream"), *item.headers[1:])),
    "cache-headers": lambda item: replace(item, headers=(*item.headers, ("age", "3"), ("x-cache", "HIT"))),
    "a-comment": body(lambda old: b": cached\n\n" + old),
}
"""What a cache may do, and a model that is asked again."""

OTHER: dict[str, tuple[Change, str]] = {
    "as-json": (body(lambda _: b'{"id":"c","object":"chat.completion","choices":[]}'), "an event stream"),
    "refused": (lambda item: replace(item, status=400, pieces=(Piece(data=b"{}"),)), "an event stream"),
    "no-terminator": (sub(rb"data: \[DONE\]\n\n", b""), "[DONE]"),
    "no-role": (sub(rb'"role":"assistant",?', b""), "a role"),
    "no-finish": (sub(rb'"finish_reason":"stop"', b'"finish_reason":null'), "a finish_reason"),
    "type-of-a-text": (
        lambda item: replace(item, headers=(("content-type", "text/plain"),)),
        "Content-Type: text/event-stream",
    ),
    "no-type": (lambda item: replace(item, headers=(("server", "x"),)), "Content-Type: text/event-stream"),
    "at-once": (said("1-abcde 2-abcde 3-abcde 4-abcde 5-abcde", parts=1), "a text in pieces"),
    "at-once-in-two": (said("1-abcde 2-abcde 3-abcde 4-abcde 5-abcde", parts=2), "a text in pieces"),
}
"""What tells a cache, and the beginning of what was expected."""


def test_the_repetition_is_the_same_request() -> None:
    """Word for word, and after the first."""
    assert FIRST.request == SECOND.request
    assert FIRST.asked["max_tokens"] == 100


@pytest.mark.parametrize("name", SAME)
def test_what_may_differ_is_not_told(name: str) -> None:
    """Neither words nor numbers are a form."""
    assert verdict(SAME[name]).outcome is Outcome.PASS


@pytest.mark.parametrize("name", OTHER)
def test_another_form_is_told(name: str) -> None:
    """As a SHOULD, with the exchange that differs."""
    change, expected = OTHER[name]
    found = verdict(change)
    assert found.outcome is Outcome.WARN
    assert {item.place for item in found.violations} == {"chat-repeat"}
    assert found.violations[0].expected.startswith(expected)


def test_usage_that_came_unasked_is_missed_the_second_time() -> None:
    """A client that counts by it counts nothing then."""
    found = verdict(lambda item: item, first=SAME["usage-besides"])
    assert [item.expected for item in found.violations] == ["usage, as the first time"]


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        ({"status": 500}, {}, Outcome.NOT_APPLICABLE),
        ({}, {"status": 429}, Outcome.NOT_TESTABLE),
        ({}, {"status": None, "pieces": (), "ended": Ended.NO_CONNECTION}, Outcome.NOT_TESTABLE),
        ({}, {"ended": Ended.OVERTIME}, Outcome.NOT_TESTABLE),
    ],
    ids=["first-refused", "limited", "no-connection", "cut-by-us"],
)
def test_weather_is_no_other_form(
    first: dict[str, object], second: dict[str, object], outcome: Outcome
) -> None:
    """A rate limit, the network and our own deadline say nothing of a cache."""
    found = verdict(
        lambda item: replace(item, **second),  # type: ignore[arg-type]
        first=lambda item: replace(item, **first),  # type: ignore[arg-type]
    )
    assert found.outcome is outcome


def test_an_error_in_the_second_stream_is_no_other_form() -> None:
    """A limit that is reached in between is reported as an error, and says nothing of a cache."""
    error = {"message": "Rate limit reached", "type": "rate_limit_error", "code": None, "param": None}
    frame = b"data: " + json.dumps({"error": error}).encode() + b"\n\n"
    assert verdict(body(lambda _: frame)).outcome is Outcome.PASS


def test_a_cache_may_answer_one_request_with_one_id() -> None:
    """Two requests may not share it."""
    same = [FIRST, SAME["word-for-word"](SECOND)]
    assert "ids-unique" not in broken(judge(same))
    assert FIRST.request is not None
    other = replace(same[1], request=replace(FIRST.request, body='{"model":"other"}'))
    assert "ids-unique" in broken(judge([FIRST, other]))
