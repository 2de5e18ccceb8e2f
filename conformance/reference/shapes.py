"""Checks of a request body against tables of what each parameter may be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.reference.errors import RefusedError
from conformance.reference.wire import Json

KINDS: Mapping[str, Callable[[Any], bool]] = {
    "a boolean": lambda value: isinstance(value, bool),
    "an integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "a number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "a string": lambda value: isinstance(value, str),
    "an array": lambda value: isinstance(value, list),
    "an object": lambda value: isinstance(value, dict),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """What one parameter may be: any of `kinds`, from `low` to `high`, one of `among` when that is given."""

    kinds: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    among: tuple[str, ...] = ()
    required: bool = False
    nonempty: bool = False


FLAG = Parameter(("a boolean",))
TEXT = Parameter(("a string",))
OBJECT = Parameter(("an object",))
LIST = Parameter(("an array",))
EFFORT = Parameter(("a string",), among=("none", "minimal", "low", "medium", "high", "xhigh"))
PENALTY = Parameter(("a number",), low=-2, high=2)

SHARED: Mapping[str, Parameter] = {
    "model": Parameter(("a string",), required=True, nonempty=True),
    "stream": FLAG,
    "stream_options": OBJECT,
    "stream_options.include_usage": FLAG,
    "stream_options.include_obfuscation": FLAG,
    "temperature": Parameter(("a number",), low=0, high=2),
    "top_p": Parameter(("a number",), low=0, high=1),
    "top_logprobs": Parameter(("an integer",), low=0, high=20),
    "tools": LIST,
    "tool_choice": Parameter(("a string", "an object")),
    "parallel_tool_calls": FLAG,
    "metadata": OBJECT,
    "store": FLAG,
    "user": TEXT,
    "service_tier": TEXT,
}

CHAT: Mapping[str, Parameter] = {
    **SHARED,
    "messages": Parameter(("an array",), required=True, nonempty=True),
    "n": Parameter(("an integer",), low=1, high=128),
    "max_tokens": Parameter(("an integer",), low=1),
    "max_completion_tokens": Parameter(("an integer",), low=1),
    "stop": Parameter(("a string", "an array")),
    "presence_penalty": PENALTY,
    "frequency_penalty": PENALTY,
    "logprobs": FLAG,
    "seed": Parameter(("an integer",)),
    "response_format": OBJECT,
    "reasoning_effort": EFFORT,
}

RESPONSES: Mapping[str, Parameter] = {
    **SHARED,
    "input": Parameter(("a string", "an array"), required=True, nonempty=True),
    "instructions": TEXT,
    "previous_response_id": TEXT,
    "background": FLAG,
    # OpenAI refuses fewer than 16.
    "max_output_tokens": Parameter(("an integer",), low=16),
    "include": LIST,
    "text": OBJECT,
    "text.format": OBJECT,
    "reasoning": OBJECT,
    "reasoning.effort": EFFORT,
    "reasoning.summary": Parameter(("a string",), among=("auto", "concise", "detailed")),
}


def check(body: Json, shapes: Mapping[str, Parameter]) -> None:
    """Raise `RefusedError` at the first parameter that is not what its shape says; null means absent."""
    for name, shape in shapes.items():
        value = _at(body, name)
        if value is None:
            if shape.required:
                raise RefusedError(
                    400,
                    f"The required parameter '{name}' is missing. Add it to the JSON body of the request.",
                    param=name,
                    code="missing_required_parameter",
                )
            continue
        _check_value(name, value, shape)


def _check_value(name: str, value: Any, shape: Parameter) -> None:
    if not any(KINDS[kind](value) for kind in shape.kinds):
        wanted = " or ".join(shape.kinds)
        raise RefusedError(
            400, f"'{name}' must be {wanted}, but {_kind(value)} was given.", param=name, code="invalid_type"
        )
    if shape.nonempty and not value:
        raise RefusedError(
            400, f"'{name}' is empty; at least one is needed.", param=name, code="invalid_value"
        )
    if shape.low is not None and value < shape.low:
        raise RefusedError(
            400, f"'{name}' must be at least {shape.low:g}; got {value}.", param=name, code="below_min_value"
        )
    if shape.high is not None and value > shape.high:
        raise RefusedError(
            400, f"'{name}' must be at most {shape.high:g}; got {value}.", param=name, code="above_max_value"
        )
    if shape.among and value not in shape.among:
        known = ", ".join(shape.among)
        raise RefusedError(400, f"'{name}' must be one of: {known}.", param=name, code="invalid_value")


def _kind(value: Any) -> str:
    return next((kind for kind, fits in KINDS.items() if fits(value)), "null")


def _at(body: Json, name: str) -> Any:
    value: Any = body
    for key in name.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
