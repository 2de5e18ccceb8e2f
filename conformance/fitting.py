"""Whether a value fits a JSON Schema that a stranger wrote, within a bounded number of steps. Pure.

The schema of a request in a file may be made to take for ever: by its patterns, by references that double, by
lists of thousands of rules. Then nothing is said.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry

from conformance.patterns import steps
from conformance.text import clipped

__all__ = ["UnsaidError", "allowance", "schema_misfit"]

_STEPS = 300_000  # of one rule on one answer: a second or two
_LOCAL = 100  # steps that it costs to follow a reference to a place in the schema,
_NAMED = 30_000  # and to a name, for which the whole schema is searched
_PATTERN = 1_000_000  # steps of the engine for one pattern and one text
_CHARACTERS = 64  # that cost as much as a step
_Rule = Callable[[Any, Any, Any, dict[str, Any]], Iterator[ValidationError] | None]
_LEFT: ContextVar[list[int] | None] = ContextVar("_LEFT", default=None)


class UnsaidError(Exception):
    """Raised where a check cannot tell; its text says why. It never reaches the user, but as a verdict."""


@contextmanager
def allowance() -> Iterator[None]:
    """The context in which all values together may take as many steps as one takes outside of it."""
    token = _LEFT.set([_STEPS])
    try:
        yield
    finally:
        _LEFT.reset(token)


def schema_misfit(value: Any, schema: dict[str, Any]) -> str:
    """Why a value does not match a JSON Schema of the request; "" if it matches, or if the schema is none.

    Raises UnsaidError if it would take too long to tell.
    """
    if _LEFT.get() is None:
        with allowance():
            return schema_misfit(value, schema)
    try:
        # Without a registry of its own, the validator would fetch what the schema refers to.
        error = best_match(_told(_Validator(schema, registry=Registry()).iter_errors(value)))
    except UnsaidError:
        raise
    except Exception:  # noqa: BLE001
        return ""  # an invalid schema is the request's fault, not the answer's
    return clipped(error.message, 80) if error is not None else ""


def _told(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    """The errors, each paid for: its message quotes the value."""
    for error in errors:
        _spend(len(error.message) // _CHARACTERS)
        yield error


def _spend(cost: int) -> None:
    left = _LEFT.get()
    if left is not None:
        left[0] -= cost
        if left[0] < 0:
            raise UnsaidError("the schema of the request takes too long to check")


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value) // _CHARACTERS
    return len(value) if isinstance(value, list | dict) else 0


def _counted(rule: _Rule) -> _Rule:
    def counted(validator: Any, told: Any, value: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
        _spend(1 + _size(told) + _size(value))
        return _told(rule(validator, told, value, schema) or iter(()))

    return counted


def _multiple_of(
    _validator: Any, divisor: float, value: Any, _schema: dict[str, Any]
) -> Iterator[ValidationError]:
    # In decimal, as JSON is written: in binary, 19.99 is no multiple of 0.01.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and (Fraction(str(value)) / Fraction(str(divisor))).denominator != 1:
        yield ValidationError(f"{value} is not a multiple of {divisor}")


def _referred(validator: Any, place: Any, value: Any, schema: dict[str, Any]) -> Any:
    local = isinstance(place, str) and (place == "#" or place.startswith("#/"))
    _spend(_LOCAL if local else _NAMED)
    return _RULES["$ref"](validator, place, value, schema)


def _sought(pattern: Any, text: str) -> None:
    cost = steps(pattern, len(text)) if isinstance(pattern, str) else 0
    if cost > _PATTERN:
        raise UnsaidError(f"the pattern {clipped(str(pattern), 60)!r} of the request takes too long to check")
    _spend(int(cost) // _CHARACTERS)


def _pattern(validator: Any, pattern: Any, value: Any, schema: dict[str, Any]) -> Any:
    if isinstance(value, str):
        _sought(pattern, value)
    return _RULES["pattern"](validator, pattern, value, schema)


def _of_patterns(name: str) -> _Rule:
    """A rule that looks for the keys of a value that match the patterns of its schema."""

    def rule(validator: Any, told: Any, value: Any, schema: dict[str, Any]) -> Any:
        patterns = schema.get("patternProperties")
        if isinstance(value, dict) and isinstance(patterns, dict):
            for pattern in patterns:
                for key in value:
                    _sought(pattern, key)
        return _RULES[name](validator, told, value, schema)

    return rule


def _unique(validator: Any, told: Any, value: Any, schema: dict[str, Any]) -> Any:
    if isinstance(value, list):
        _spend(len(value) ** 2 // _CHARACTERS)  # what has no order is compared pair by pair
    return _RULES["uniqueItems"](validator, told, value, schema)


def _unsaid(name: str) -> _Rule:
    def rule(_validator: Any, _told: Any, _value: Any, _schema: dict[str, Any]) -> Any:
        raise UnsaidError(f"`{name}` in the schema of the request is not checked")

    return rule


_RULES: dict[str, Any] = Draft202012Validator.VALIDATORS
_OWN: dict[str, _Rule] = {
    "$ref": _referred,
    "multipleOf": _multiple_of,
    "pattern": _pattern,
    "uniqueItems": _unique,
    **{name: _of_patterns(name) for name in ("patternProperties", "additionalProperties")},
    # They follow references by themselves, uncounted.
    **{name: _unsaid(name) for name in ("unevaluatedItems", "unevaluatedProperties", "$dynamicRef")},
}
_Validator: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {name: _counted(rule) for name, rule in {**_RULES, **_OWN}.items()}
)
