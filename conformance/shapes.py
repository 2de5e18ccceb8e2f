"""Validates JSON values against a schema, fast enough for every chunk.

jsonschema decides. Because most chunks of a stream have the same shape, each value is reduced to a signature
that keeps everything the schema can look at, and a signature that was valid once is not validated again.
Values with errors are always validated in full.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker, validators
from jsonschema.exceptions import ValidationError

from conformance.text import shown

__all__ = ["Shape", "ShapeError"]

_REMEMBERED = 20_000  # signatures; bounds the memory for streams whose shapes never repeat


@dataclass(frozen=True, slots=True)
class ShapeError:
    """One violation of a schema.

    `path` is the place, with `*` for each array index: `choices.*.delta.role`. For a missing key it includes
    the key itself. `rule` is the schema keyword that was violated.
    """

    path: str
    rule: str
    expected: str
    observed: str


def _integer(_checker: TypeChecker, value: Any) -> bool:
    return type(value) is int


# JSON Schema accepts 1.0 as an integer; clients in Python, Go and Rust do not.
_Validator: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _integer)
)


class Shape:
    """A schema, prepared for validating many values."""

    def __init__(self, document: dict[str, Any], pointer: str = "") -> None:
        """`pointer` is a JSON pointer into the document, such as `/$defs/Response`."""
        if pointer:
            document = {"$defs": document.get("$defs", {}), "$ref": f"#{pointer}"}
        self._validator = _Validator(document)
        self._valued = frozenset(_valued_keys(document))
        self._valid: set[Hashable] = set()

    def errors(self, value: Any) -> tuple[ShapeError, ...]:
        """Every violation, in the order of the schema; empty if the value is valid."""
        try:
            signature = self._signature(value, "")
        except RecursionError:
            return (ShapeError("", "depth", "a value of reasonable depth", "nesting too deep to examine"),)
        if signature in self._valid:
            return ()
        errors = _distinct(_error(error) for error in self._validator.iter_errors(value))
        if not errors and len(self._valid) < _REMEMBERED:
            self._valid.add(signature)
        return errors

    def _signature(self, value: Any, key: str) -> Hashable:
        kind = type(value)
        if kind is str:
            return value if key in self._valued or not value else str
        if kind is dict:
            signature = self._signature
            return tuple([(name, signature(item, name)) for name, item in value.items()])
        if kind is int:
            return int if value >= 0 else -1
        if value is None:
            return None
        if kind is list:
            return frozenset([self._signature(item, key) for item in value])
        if isinstance(value, float):
            return (float, value >= 0)
        return bool


def _valued_keys(node: Any, key: str = "") -> Iterator[str]:
    # The names of properties whose values, not only types, the schema checks.
    if isinstance(node, dict):
        if "enum" in node or "const" in node:
            yield key
        for keyword, child in node.items():
            if keyword in ("properties", "$defs") and isinstance(child, dict):
                for name, part in child.items():
                    yield from _valued_keys(part, name)
            else:
                yield from _valued_keys(child, key)
    elif isinstance(node, list):
        for child in node:
            yield from _valued_keys(child, key)


def _distinct(errors: Iterable[ShapeError]) -> tuple[ShapeError, ...]:
    # A value of the wrong type is not also an unknown member of an enumeration.
    found = tuple(errors)
    typed = {error.path for error in found if error.rule == "type"}
    return tuple(error for error in found if error.rule != "enum" or error.path not in typed)


def _error(error: ValidationError) -> ShapeError:
    path = ["*" if isinstance(part, int) else str(part) for part in error.absolute_path]
    rule = str(error.validator)
    if rule == "required":
        # jsonschema reports one error for each missing key and names it only in the message.
        required: list[str] = list(error.schema["required"])  # type: ignore[index]
        missing = next(key for key in required if error.message.startswith(f"{key!r} "))
        return ShapeError(".".join([*path, missing]), rule, f"the key `{missing}`", "no such key")
    return ShapeError(".".join(path), rule, _expected(rule, error.validator_value), shown(error.instance))


def _expected(rule: str, value: Any) -> str:
    match rule:
        case "type":
            return " or ".join(value) if isinstance(value, list) else str(value)
        case "enum":
            return "one of " + ", ".join(shown(item) for item in value)
        case "const":
            return shown(value)
        case "minimum":
            return f"at least {value}"
        case "minLength":
            return "a string that is not empty" if value == 1 else f"at least {value} characters"
        case _:
            return f"{rule} {shown(value)}"
