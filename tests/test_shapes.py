"""Schema checks by signature: the cache must always give the same result as jsonschema."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.paths import schema
from conformance.shapes import Shape, ShapeError

CHUNK = schema("chat.chunk")
KEYS = ["id", "object", "created", "model", "choices", "index", "delta", "finish_reason", "role", "content"]
KEYS += ["usage", "prompt_tokens", "completion_tokens", "total_tokens", "tool_calls", "function", "name"]
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(
        [None, True, 0, 1, -1, 1.0, 1.5, -2.0, "", "stop", "assistant", "chat.completion.chunk", "function"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=14,
)


@given(st.lists(VALUES, min_size=1, max_size=8))
def test_a_remembered_shape_is_judged_like_a_new_one(values: list[Any]) -> None:
    """One Shape asked many times agrees with jsonschema asked afresh."""
    shape, validator = Shape(CHUNK), Draft202012Validator(CHUNK)

    for value in values:
        assert bool(shape.errors(value)) == (not validator.is_valid(value))


def test_errors_say_where_what_was_due_and_what_was_there() -> None:
    """Array indexes become stars; a missing key is named."""
    value = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": -1}]}

    assert set(Shape(CHUNK).errors(value)) == {
        ShapeError("object", "const", '"chat.completion.chunk"', '"chat.completion"'),
        ShapeError("choices.*.delta", "required", "the key `delta`", "no such key"),
        ShapeError("choices.*.finish_reason", "required", "the key `finish_reason`", "no such key"),
        ShapeError("choices.*.index", "minimum", "at least 0", "-1"),
    }


def test_a_value_nested_too_deep_is_an_error_and_no_exception() -> None:
    """Nesting beyond the recursion limit."""
    value: Any = {}
    for _ in range(5000):
        value = {"choices": [value]}

    assert [error.rule for error in Shape(CHUNK).errors(value)] == ["depth"]


def test_a_pointer_picks_one_definition() -> None:
    """Events of the Responses API each have their own."""
    shape = Shape(schema("responses.events"), "/$defs/response.output_text.delta")

    assert shape.errors({"type": "response.output_text.delta"})
