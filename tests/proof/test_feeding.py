"""However a body is split, and whatever it holds, the verdicts are the same and none is an error.

Wires with times are left out, because their pieces are fixed.
"""

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.catalogue import Outcome
from conformance.decode import decode
from conformance.exchange import Exchange, Piece
from conformance.judge import judge_exchange
from tests.proof.proving import BROKEN, LEGAL
from tests.proof.streams import chat, hosted_tools, responses
from tests.proof.streams.handmade import DONE, Wire, exchange

ALL = tuple(wire for wire in (*LEGAL, *BROKEN) if not wire.times)
STREAMS = (*chat.LEGAL, *responses.LEGAL, *hosted_tools.LEGAL)
EXAMPLES = int(os.environ.get("EXAMPLES", "100"))  # `make soak` tries many more
JUDGED = 1 if EXAMPLES >= 1_000 else 8  # every how many wires the verdicts are compared
STRIDE = 37  # bytes of each piece
AROUND = 16  # bytes on either side of a place that tell it from others
AFTER_THE_END = (
    *("done-last", "done-once", "terminal-event-last", "responses-done-last", "responses-done-marker"),
    *("utf8-valid", "sequence-number-contiguous", "sequence-number-increasing", "sequence-number-present"),
)
"""Rules, besides those about events and framing, that see what follows the terminator."""
JUNK = {
    "text": b"garbage",
    "text-block": b"garbage\n\n",
    "invalid-utf8": b"data: \xff\xfe\n\n",
    "not-json": b"data: {\n\n",
    "foreign": b'data: {"ping":1}\n\n',
    "empty-data": b"data:\n\n",
    "comment": b": bye\n\n",
    "numbered-comment": b"id: 9\n: bye\n\n",
    "no-data": b"event: bye\n\n",
    "blank-lines": b"\r\n\r\n\n",
    "done": DONE,
    "done-and-more": DONE + b"data: 1\n\n",
    "unended": b"data: {}",
    "keepalive": b'event: keepalive\ndata: {"type":"keepalive","sequence_number":90}\n\n',
    "nothing-but-nul": b"\0",
}


def outcomes(item: Exchange) -> list[tuple[Any, ...]]:
    """All that the verdicts say."""
    return [
        (verdict.requirement, verdict.outcome, verdict.violations, verdict.reason)
        for verdict in judge_exchange(item)
    ]


def fed(body: bytes, places: Iterable[int]) -> Any:
    """The body decoded in pieces."""
    cuts = [0, *places, len(body)]
    return decode([Piece(data=body[start:end]) for start, end in pairwise(cuts) if start < end])


PARTS = 24
a_part = pytest.mark.parametrize("wires", [ALL[part::PARTS] for part in range(PARTS)], ids=range(PARTS))
"""A share of all wires: an item of pytest for each of them would take longer than what it tests."""


@a_part
def test_verdicts_do_not_depend_on_the_pieces(wires: Sequence[Wire]) -> None:
    """Byte by byte, block by block and in pieces of a prime length the decoded events are the same.

    Verdicts rest on those and on the body as a whole; of every eighth wire they are compared themselves.
    """
    wrong = []
    for number, wire in enumerate(wires):
        body, size = wire.body, len(wire.body)
        blocks = [at + 2 for at in range(size) if body.startswith(b"\n\n", at)]
        whole, each = fed(body, []), range(1, min(size, 4000))
        if not fed(body, each) == fed(body, blocks) == fed(body, range(STRIDE, size, STRIDE)) == whole:
            wrong.append(wire.id)
        if number % JUDGED == 0 and outcomes(exchange(wire, each)) != outcomes(exchange(wire)):
            wrong.append(wire.id)
    assert wrong == []


@cache
def cuts() -> dict[str, list[int]]:
    """The places at which the body of each wire is cut.

    Most wires are made of few streams. Of all places with the same bytes around them, the first is one.
    """
    seen: set[bytes] = set()
    places: dict[str, list[int]] = {}
    for wire in ALL:
        found = set()
        for place in range(1, len(wire.body)):
            around = wire.body[max(place - AROUND, 0) : place + AROUND]
            if around not in seen:
                seen.add(around)
                found.add(place)
        places[wire.id] = sorted(found)
    return places


@a_part
def test_events_do_not_depend_on_where_a_body_is_cut(wires: Sequence[Wire]) -> None:
    """At one place after the other. Verdicts rest on the decoded events, and on the body as a whole."""
    wrong = {
        wire.id: places
        for wire in wires
        for whole in [fed(wire.body, [])]
        if (places := [place for place in cuts()[wire.id] if fed(wire.body, [place]) != whole])
    }
    assert wrong == {}


def ends(wire: Wire) -> bool:
    """Whether a wire ends with the terminator of its API."""
    return wire.body.endswith(DONE) if wire.api == "chat" else b"event: response.completed" in wire.body


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_what_follows_the_terminator_spoils_nothing_before_it(junk: bytes) -> None:
    """Only rules about what comes after the end, about events and framing say something else."""
    wrong = {}
    for wire in filter(ends, STREAMS):
        before, after = before_junk(wire.id), outcomes_by_name(replace(wire, body=wire.body + junk))
        changed = {name for name, outcome in after.items() if outcome is not before[name]}
        spoilt = {name for name in changed if not name.startswith(("event-", "sse-"))} - set(AFTER_THE_END)
        if spoilt:
            wrong[wire.id] = spoilt
    assert wrong == {}


@cache
def before_junk(name: str) -> dict[str, Outcome]:
    """What is said of a stream as it is."""
    return outcomes_by_name(next(wire for wire in STREAMS if wire.id == name))


def outcomes_by_name(wire: Wire) -> dict[str, Outcome]:
    """Each requirement with its outcome."""
    return {verdict.requirement: verdict.outcome for verdict in judge_exchange(exchange(wire))}


# Whatever comes, nothing raises and nothing is an error of ours.

KEYS = (
    *("id", "object", "created", "model", "choices", "usage", "index", "delta", "finish_reason", "logprobs"),
    *(
        "role",
        "content",
        "refusal",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "type",
        "error",
        "message",
    ),
    *("reasoning_content", "reasoning", "audio", "bytes", "token", "prompt_tokens", "completion_tokens"),
    *("total_tokens", "completion_tokens_details", "reasoning_tokens", "prompt_filter_results", "code"),
    *("response", "item", "part", "output", "output_index", "content_index", "summary_index", "item_id"),
    *("sequence_number", "text", "status", "annotations", "annotation", "summary", "call_id", "input"),
    *("input_tokens", "output_tokens", "incomplete_details", "reason", "created_at", "moderation"),
)
TYPES = sorted(
    {
        line.removeprefix(b"event: ").decode()
        for wire in STREAMS
        for line in wire.body.splitlines()
        if line.startswith(b"event: ")
    }
)
WORDS = (*TYPES, "chat.completion.chunk", "assistant", "stop", "length", "tool_calls", "completed", "message")
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=6)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)
typed = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.sampled_from(TYPES),
    st.dictionaries(st.sampled_from(KEYS), values, max_size=6),
)
chunklike = st.builds(
    lambda fields, choices: {**fields, "object": "chat.completion.chunk", "choices": choices},
    st.dictionaries(st.sampled_from(KEYS), values, max_size=4),
    st.lists(
        st.dictionaries(st.sampled_from(("index", "delta", "finish_reason", "logprobs")), values), max_size=3
    )
    | values,
)
steady = settings(max_examples=EXAMPLES, deadline=None, database=None)


def judged(body: bytes, wire: Wire) -> None:
    """The body in place of a wire's, as either API, with the request as one; fails on an error of ours."""
    asked = wire.asks if len(body) % 2 else None
    for api, asks in (("chat", asked), ("responses", wire.asks if asked is None else None)):
        item = exchange(replace(wire, body=body, api=api, asks=asks))
        wrong = [verdict for verdict in judge_exchange(item) if verdict.outcome is Outcome.ERROR]
        assert not wrong


@steady
@given(body=st.binary(max_size=400))
def test_no_bytes_raise(body: bytes) -> None:
    """Any bytes at all, alone and behind a good begin."""
    judged(body, chat.COUNTED)
    judged(b"data: " + body + b"\n\n" + DONE, chat.TEXT)


@steady
@given(events=st.lists(values | typed | chunklike, max_size=6))
def test_no_json_raises(events: list[Any]) -> None:
    """Any JSON as the data of events, of a whole answer and of a refusal."""
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    judged(body, chat.TWO)
    for status, expects in ((200, "document"), (404, "stream"), (400, "refusal")):
        for value in events[:1]:
            one = replace(chat.TEXT, body=json.dumps(value).encode(), status=status, expects=expects)
            assert not [
                verdict for verdict in judge_exchange(exchange(one)) if verdict.outcome is Outcome.ERROR
            ]


EXTREMES = {
    "huge-float": b"1e400",
    "minus-zero": b"-0",
    "whole-float": b"1.0",
    "huge-integer": b"9" * 4300,
    "unprintable-integer": b"9" * 5000,
    "deep-lists": b"[" * 900 + b"]" * 900,
    "too-deep-lists": b"[" * 20_000 + b"]" * 20_000,  # more than any Python reads
    "deep-objects": b'{"a":' * 900 + b"1" + b"}" * 900,
    "half-a-surrogate-pair": b'"\\ud800"',
    "nul": b'"\\u0000"',
    "key-twice": b'{"a":1,"a":2}',
    "true": b"true",
}
PLAIN = rb'(?:"(?:[^"\\]|\\.)*"|-?[\d.]+|null|true|false|\{\}|\[\])'


@pytest.mark.parametrize("value", EXTREMES.values(), ids=EXTREMES)
def test_no_extreme_value_raises(value: bytes) -> None:
    """Each key of an API in turn, at all its places in the first stream that has it."""
    seen: set[tuple[str, bytes]] = set()
    wires = (chat.TOOLS, chat.LOGPROBS, chat.COUNTED, responses.CALL, responses.SUMMARY, responses.FAILED)
    for wire in wires:
        for key in sorted(set(re.findall(rb'"([a-z_]+)":', wire.body))):
            if (wire.api, key) in seen:
                continue
            seen.add((wire.api, key))
            body = re.sub(
                rb'"%s":%s' % (key, PLAIN), rb'"%s":' % key + value.replace(b"\\", rb"\\"), wire.body
            )
            verdicts = judge_exchange(exchange(replace(wire, body=body)))
            assert not [verdict for verdict in verdicts if verdict.outcome is Outcome.ERROR], key


@steady
@given(data=st.data(), wire=st.sampled_from(STREAMS))
def test_no_mutated_stream_raises(data: st.DataObject, wire: Wire) -> None:
    """Good streams with a value replaced, a block moved, or bytes lost."""
    body = wire.body
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 60)))
        piece = data.draw(
            st.binary(max_size=4)
            | values.map(lambda value: json.dumps(value).encode())
            | st.sampled_from(wire.body.split(b"\n\n"))
        )
        body = body[:start] + piece + body[end:]
    judged(body, wire)


@steady
@given(data=st.data(), wire=st.sampled_from(STREAMS))
def test_no_event_with_another_value_raises(data: st.DataObject, wire: Wire) -> None:
    """Good streams in which one event has any value under some of its keys."""
    blocks = wire.body.split(b"\n\n")
    at = data.draw(st.integers(0, len(blocks) - 1))
    head, mark, text = blocks[at].partition(b"data: {")
    if mark:
        value = spoilt(json.loads(b"{" + text), data)
        blocks[at] = head + b"data: " + json.dumps(value).encode()
    judged(b"\n\n".join(blocks), wire)


def spoilt(value: Any, data: st.DataObject) -> Any:
    """A JSON value with something inside it replaced, left out or wrapped."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: spoilt(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        return [spoilt(value[0], data), *value[1:], *([] if data.draw(st.booleans()) else value)]
    return data.draw(values)
