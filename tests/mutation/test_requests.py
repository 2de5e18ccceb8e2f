"""Each operator on a request asks for what the stream surely does not do."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.mutation.bases import bases
from tests.mutation.requests import REQUEST_OPERATORS, misasked
from tests.mutation.run import judged
from tests.mutation.stream import Base, body_of

BASES = {base.id: base for base in bases()}


def asked(name: str, operator: str) -> Any:
    """The changed request; None where the operator does not apply."""
    found = [one for one in misasked(BASES[name]) if one.operator == operator]
    return json.loads(found[0].request) if found else None


@pytest.mark.parametrize(
    ("name", "operator", "keys"),
    [
        ("made/chat-text", "request-more-choices", {"n": 2}),
        ("made/chat-text", "request-usage", {"stream_options": {"include_usage": True}}),
        ("made/chat-text", "request-logprobs", {"logprobs": True}),
        ("made/chat-text", "request-stop", None),
        ("reference/chat-text", "request-limit", {"max_completion_tokens": 1}),
        ("made/chat-usage", "request-usage", {"stream_options": None}),
        ("made/chat-tools", "request-one-call", {"parallel_tool_calls": False}),
        ("made/chat-tools", "request-form", None),
        ("made/responses-text", "request-more-choices", None),
        ("made/responses-resumed", "request-form", None),
        ("made/chat-refusal", "request-form", None),
    ],
)
def test_what_a_request_asks_for_besides(name: str, operator: str, keys: dict[str, Any] | None) -> None:
    """Nothing where the stream may do it, or says nothing of it."""
    found = asked(name, operator)
    if keys is None:
        assert found is None
    else:
        assert {key: found.get(key) for key in keys} == keys


def test_a_tool_has_another_name_and_a_call_is_forced_where_there_is_none() -> None:
    """In either API."""
    assert asked("made/chat-tools", "request-other-tools")["tools"][0]["function"]["name"] == "other_weather"
    for name in ("made/chat-text", "made/responses-text"):
        assert asked(name, "request-call")["tool_choice"] == "required"


def test_the_stream_stays_as_it_was() -> None:
    """Byte for byte; its request alone is another."""
    base = BASES["made/chat-text"]
    for mutant in misasked(base):
        assert mutant.body == body_of(base.blocks)
        assert base.answered(mutant.body, mutant.request).asked != base.asked


def test_every_operator_applies_somewhere() -> None:
    """Otherwise it proves nothing."""

    def operators(base: Base) -> set[str]:
        return {mutant.operator for mutant in misasked(base)}

    assert set().union(*map(operators, BASES.values())) == set(REQUEST_OPERATORS)


def test_a_request_that_is_ignored_is_told() -> None:
    """Each on a plain text is killed."""
    base = BASES["made/chat-text"]
    due = {mutant.operator for mutant in misasked(base)}
    found = {kind.operator: kind.fate for kind in judged(base, misasked)}
    assert found == dict.fromkeys(due, "killed")


def test_a_request_that_is_not_known_is_left_alone() -> None:
    """There is nothing to change."""
    base = BASES["made/chat-text"]
    unknown = replace(base, exchange=replace(base.exchange, request=None))
    assert list(misasked(unknown)) == []
