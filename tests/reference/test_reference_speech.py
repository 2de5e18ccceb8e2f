"""The words of the model: its tokens, and values made from schemas."""

import json
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.reference import answer
from conformance.reference.specimen import specimen
from conformance.reference.speech import tokenised

TREE: dict[str, Any] = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["name", "children"],
        }
    },
}


@given(st.text())
def test_tokens_concatenate_to_the_text(text: str) -> None:
    """No character is lost, doubled or empty, whatever the text."""
    tokens = tokenised(text)
    assert "".join(tokens) == text
    assert all(tokens)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"code": {"type": "string"}, "ok": {"type": "boolean"}}},
        {"type": "object", "properties": {"code": {"type": "integer"}, "numbers": {"type": "string"}}},
        {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2},
        {"anyOf": [{"type": "null"}, {"type": "string"}]},
        {"type": ["null", "integer"], "minimum": 7},
        {
            "allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"const": 4}}}],
            "required": ["b"],
        },
        {"type": "string", "minLength": 9, "maxLength": 9},
        {"properties": {"x": {"type": "number"}}, "required": ["x"]},
        {"items": {"type": "integer"}},
        {"type": "null"},
        {"type": "array", "items": True},
        TREE,
    ],
    ids=lambda schema: next(iter(schema)),
)
def test_a_specimen_fits_its_schema(schema: dict[str, Any]) -> None:
    """What is built is valid by jsonschema, recursion included; hints never break the type."""
    jsonschema.validate(specimen(schema, {"code": "k7", "numbers": [1, 2], "city": "Oslo"}), schema)


def test_structured_output_is_made_of_the_prompt(lab: SimpleNamespace) -> None:
    """The code and the numbers of the prompt stand in the properties of those names."""
    form = {"type": "json_schema", "json_schema": {"name": "count", "schema": lab.form, "strict": True}}
    text = lab.said(answer(lab.chat(response_format=form)))
    assert json.loads(text) == {"code": "q7x", "numbers": list(range(1, 13)), "mood": "calm"}


def test_an_echo_is_exact(lab: SimpleNamespace) -> None:
    """Text between the marks comes back character by character, spaces included, no code point split."""
    text = '  Grüße,\t世界! 👩‍👩‍👧 "quoted" \\ naïve\n'
    reply = answer(lab.chat(f"Repeat «{text}» please"))
    assert lab.said(reply) == text
    assert all(frame.data.decode() for frame in reply.frames)


def test_anything_else_is_greeted(lab: SimpleNamespace) -> None:
    """A prompt without one of the known forms gets the greeting, and so does one in parts."""
    parts = [
        {"role": "user", "content": [{"type": "text", "text": "What is "}, {"type": "text", "text": "up?"}]}
    ]
    assert lab.said(answer(lab.chat(messages=parts))) == "Hello! How can I help you today?"
