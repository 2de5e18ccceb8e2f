"""Schemas and patterns that a stranger wrote are checked in a bounded number of steps, or not at all."""

import json
import re
from math import inf
from typing import Any

import pytest

from conformance.catalogue import Outcome, Verdict
from conformance.exchange import Api, Exchange, Piece, Request
from conformance.fitting import UnsaidError, allowance, schema_misfit
from conformance.judge import judge_exchange
from conformance.patterns import steps
from conformance.requirements import by_id

FEW = 1_000_000


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{4}-\d{2}-\d{2}$",
        r"^[A-Z][a-z]+$",
        r"^(red|green|blue)$",
        r"^(?:\+\d{1,3} )?\d{3,14}$",
        r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        r"^\s*[^\s]*$",
        r"[]a]+",
        r"[^]a-z\]]?",
        r"a|b|c",
        r"^(ab)*$",
        r"\.\/\\",
        "",
    ],
)
def test_ordinary_patterns_take_few_steps(pattern: str) -> None:
    re.compile(pattern)
    assert steps(pattern, 40) < FEW


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*$",
        "(a|a)*$",
        "(a|aa)+$",
        "(a?){50}a{50}",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        r"(\w*\s*)*$",
        "a*" * 12,
        "((a{1,90}){1,90}){1,90}",
        r"(a)\1+",
        "(?=a)b",
        "(?P<x>a)(?P=x)",
        "(?i)a",
        r"\x41",
        "a" * 2_000,
        "(" * 500,
        "(",
        "a)",
        "*",
    ],
)
def test_other_patterns_are_not_tried(pattern: str) -> None:
    """Those that can take for ever, and all that are not read for certain."""
    assert steps(pattern, 40) > FEW


def test_a_long_text_makes_a_pattern_long() -> None:
    assert steps("a*b", 50) < FEW < steps("a*b", 10_000)
    assert steps("^a*b", 500) < FEW
    assert steps("^a*b|c", 500) > steps("^(a*b|c)", 500)
    assert steps("(a+)+", 1) == inf


@pytest.mark.parametrize(
    ("schema", "value", "misfit"),
    [
        ({"pattern": "^a+$"}, "aab", "'aab' does not match '^a+$'"),
        ({"pattern": "^a+$"}, "aa", ""),
        ({"patternProperties": {"^x": {"type": "string"}}}, {"x1": 1}, "1 is not of type 'string'"),
        (
            {"patternProperties": {"^x": {}}, "additionalProperties": False},
            {"y": 1},
            "'y' does not match any of the regexes: '^x'",
        ),
        ({"multipleOf": 0.01}, 19.99, ""),
        ({"multipleOf": 0.01}, 19.995, "19.995 is not a multiple of 0.01"),
        ({"multipleOf": 0}, 5, ""),
        ({"multipleOf": 1e-300}, 1e300, ""),
        ({"uniqueItems": True}, [{}, {}], "[{}, {}] has non-unique elements"),
        (
            {"$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"},
            [[[]]],
            "",
        ),
        ({"$ref": "#"}, 1, ""),  # a loop, and so no schema
        ({"type": 5}, 1, ""),
        ({"pattern": "("}, 1, ""),
    ],
)
def test_what_is_within_bounds_is_checked(schema: dict[str, Any], value: Any, misfit: str) -> None:
    assert schema_misfit(value, schema) == misfit


def doubling(keyword: str) -> dict[str, Any]:
    """Every definition refers to the next one twice: 2 to the power of 60 steps."""
    levels = {f"d{at}": {keyword: [{"$ref": f"#/$defs/d{at + 1}"}] * 2} for at in range(60)}
    return {"$defs": {**levels, "d60": {"type": "integer"}}, "$ref": "#/$defs/d0"}


ENDLESS: dict[str, tuple[dict[str, Any], Any]] = {
    "pattern": ({"pattern": "(a+)+$"}, "a" * 60 + "b"),
    "pattern-of-keys": ({"patternProperties": {"(a+)+$": {}}}, {"a" * 60 + "b": 1}),
    "pattern-of-other-keys": (
        {"patternProperties": {"(a+)+$": {}}, "additionalProperties": False},
        {"a" * 60 + "b": 1},
    ),
    "allOf": (doubling("allOf"), 1),
    "anyOf": (doubling("anyOf"), "x"),
    "oneOf": (doubling("oneOf"), 1),
    "a-long-text-and-many-rules": ({"allOf": [{"type": "integer"}] * 5_000}, "x" * 1_000_000),
    "a-long-text-and-many-choices": ({"anyOf": [{"type": "integer"}] * 5_000}, "x" * 1_000_000),
    "a-deep-list-and-many-rules": ({"allOf": [{"type": "integer"}] * 1_000}, [["x" * 1_000_000]]),
    "unique-objects": ({"uniqueItems": True}, [{"a": at} for at in range(20_000)]),
    "a-long-enumeration": ({"items": {"enum": list(range(5_000))}}, ["x"] * 5_000),
    "names-of-many-parts": (
        {
            "allOf": [{"$ref": "#x"}] * 5_000,
            "$defs": {"a": {"$anchor": "x"}, **{f"d{at}": {} for at in range(5_000)}},
        },
        1,
    ),
    "unevaluated": ({"unevaluatedProperties": False}, {"a": 1}),
    "dynamic": ({"$dynamicRef": "#x"}, 1),
}


@pytest.mark.parametrize(("schema", "value"), ENDLESS.values(), ids=ENDLESS)
def test_of_what_takes_too_long_nothing_is_said(schema: dict[str, Any], value: Any) -> None:
    with pytest.raises(UnsaidError, match=r"of the request (takes too long|is not checked)"):
        schema_misfit(value, schema)


def test_many_values_share_an_allowance() -> None:
    """A file may hold a hundred thousand calls."""
    value, schema = list(range(5_000)), {"items": {"type": "integer"}}
    with allowance():
        for _ in range(10):
            assert schema_misfit(value, schema) == ""
        with pytest.raises(UnsaidError):
            {schema_misfit(value, schema) for _ in range(100)}
    assert schema_misfit(value, schema) == ""


def test_patterns_of_keys_are_counted() -> None:
    with pytest.raises(UnsaidError, match="the pattern '"):
        schema_misfit({"a": 1}, {"patternProperties": {"(?=a)a": {}}})
    assert schema_misfit({"a": 1}, {"patternProperties": {"^a$": {}}}) == ""


def answer(schema: dict[str, Any], *texts: str) -> list[Verdict]:
    """The verdicts on an answer with these texts, one for each choice, to a request with a schema."""
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    asked = Request(body=json.dumps({"stream": True, "n": len(texts), "response_format": form}))
    choices = [
        {"index": at, "delta": {"content": text}, "finish_reason": "stop"} for at, text in enumerate(texts)
    ]
    body = f"data: {json.dumps({'choices': choices})}\n\ndata: [DONE]\n\n".encode()
    return judge_exchange(
        Exchange(id="x", api=Api.CHAT, request=asked, status=200, pieces=(Piece(data=body, at=0.5),))
    )


def test_a_rule_that_cannot_tell_is_not_testable() -> None:
    """Neither a pass nor an error."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "(a+)+$"}}}
    (found,) = [item for item in answer(schema, '{"a": "aab"}') if item.requirement == "structured-output"]
    assert by_id("structured-output").level
    assert found.outcome is Outcome.NOT_TESTABLE
    assert found.reason == "the pattern '(a+)+$' of the request takes too long to check"


def test_what_was_found_before_counts() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "(a+)+$"}}}
    found = [
        item for item in answer(schema, "[1]", '{"a": "aab"}') if item.requirement == "structured-output"
    ]
    assert len(found[0].violations) == 1


def test_the_values_of_an_answer_share_an_allowance() -> None:
    """Each of them is short enough."""
    schema = {"type": "array", "items": {"type": "integer"}}
    text = json.dumps(list(range(20_000)))
    for number, outcome in ((1, Outcome.PASS), (20, Outcome.NOT_TESTABLE)):
        verdicts = answer(schema, *[text] * number)
        (found,) = [item for item in verdicts if item.requirement == "structured-output"]
        assert found.outcome is outcome
