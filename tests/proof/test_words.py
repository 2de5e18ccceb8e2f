"""What violations say where another cause than the rule's own is known: people act on these words."""

from dataclasses import replace

import pytest

from conformance.catalogue import Violation
from conformance.judge import judge_exchange
from tests.proof.chat.honoured.limits import sixty
from tests.proof.streams.chat import ASKS_USAGE, CALLING, TEXT, chunk, chunks, goes_on, opens
from tests.proof.streams.edits import edited, every
from tests.proof.streams.handmade import DONE, Json, Wire, exchange
from tests.proof.tools.arguments import STRICT
from tests.proof.tools.fragments import BROKEN


def said(wire: Wire, rule: str) -> Violation:
    """The first violation of a requirement."""
    (found,) = [verdict for verdict in judge_exchange(exchange(wire)) if verdict.requirement == rule]
    return found.violations[0]


def cut(tokens: int, *, tools: list[Json], limit: int = 16) -> Wire:
    """A call whose arguments are half there, though the answer ends as if it were whole."""
    usage = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    deltas = (CALLING, opens(0, "call_a", "weather"), goes_on(0, '{"city":"Os'))
    return Wire(
        id="cut",
        asks={**ASKS_USAGE, "max_tokens": limit, "tools": tools},
        body=chunks(*deltas, finish="tool_calls", usage=None) + chunk(usage=usage) + DONE,
    )


@pytest.mark.parametrize(
    ("uncut", "tools"), [("tool-arguments-json", []), ("tool-arguments-strict", [STRICT])]
)
def test_arguments_that_the_limit_cut_are_told_so(uncut: str, tools: list[Json]) -> None:
    """The model is not to blame, nor the gateway's concatenation, nor what `strict` guarantees."""
    words = "; the limit of 16 tokens cut the call, which finish_reason does not tell"
    assert said(cut(16, tools=tools), "tool-arguments-json").observed.endswith(words)
    assert words not in said(cut(12, tools=tools), uncut).observed


def test_a_text_beyond_the_limit_is_told_beside_what_usage_counts() -> None:
    """The two disagree, and both figures are needed to see it."""
    found = said(sixty("limit", 0), "max-tokens-honoured")
    assert found.expected == "at most 16 tokens"
    assert found.observed == "a text of 40 tokens or more, of which usage counts 0"


@pytest.mark.parametrize(
    ("old", "number", "rule"),
    [
        (b'"created":1780000000', "10e-8172", "created-seconds"),
        (b'"created":1780000000', "10e-8172", "chunk-schema"),
        (b'"index":0', "-2E-999", "choice-index"),
        (b'"index":0', "1e9999", "choice-index"),
        (b'"index":0', "0.0", "choice-index"),
    ],
)
def test_a_number_that_no_float_can_hold_is_told_as_it_was_sent(old: bytes, number: str, rule: str) -> None:
    """Nobody finds `0.0` in their own log."""
    key = old.partition(b":")[0]
    assert said(edited(TEXT, "number", every(old, key + b": " + number.encode())), rule).observed == number


def test_usage_that_is_too_low_is_told_what_the_text_needs() -> None:
    """Not only that it is no zero."""
    found = said(sixty("limit", 1), "usage-counts")
    assert (found.expected, found.observed) == ("40 or more, for the text that came", "1")


@pytest.mark.parametrize("key", ["id", "type", "name"])
def test_a_key_of_a_call_that_is_null_is_told_apart_from_one_that_is_not_there(key: str) -> None:
    """So that the heading, the observation and the mark on the wire agree."""
    wires = {item.id: item for item in BROKEN}
    part = {"id": "call_a", "type": "function", "function": {"name": "f", "arguments": ""}}
    table = part["function"] if key == "name" else part
    assert isinstance(table, dict)
    for value, observed in ((None, "null"), (..., "no such key")):
        changed = {name: item for name, item in table.items() if name != key}
        changed |= {} if value is ... else {key: value}
        sent = {**part, "function": changed} if key == "name" else changed
        body = chunks({"tool_calls": [{"index": 0, **sent}]}, goes_on(0, "{}"), finish="tool_calls")
        wire = replace(wires["call-id-null"], id=f"{key}-{observed}", body=body + DONE)
        assert said(wire, f"tool-{key}-first").observed == observed
