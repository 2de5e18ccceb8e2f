"""Validates JSON values against a schema, fast enough for every chunk.

jsonschema decides. Because most chunks of a stream have the same shape, each value is reduced to a signature
that keeps everything the schema can look at, and a signature that was valid once is not validated again.
Values with errors are always validated in full.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker, validators
from jsonschema.exceptions import ValidationError

from conformance.text import shown

__all__ = ["Shape", "ShapeError"]

_REMEMBERED = 20_000  # signatures; bounds the memory for streams whose shapes never repeat
_MOST = 5_000  # errors reported of one value
_LONG = 256  # items of a list; of a longer list each signature is validated once
# Keywords about properties that `properties` does not name.
_OPEN = frozenset(
    ("additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties")
)


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
        self._named = _named(document)
        self._valid: set[Hashable] = set()
        self._invalid: dict[Hashable, tuple[_Found, ...]] = {}

    def errors(self, value: Any) -> tuple[ShapeError, ...]:
        """Every violation, in the order of the schema; empty if the value is valid."""
        try:
            signature = self._signature(value, "")
        except RecursionError:
            return (ShapeError("", "depth", "a value of reasonable depth", "nesting too deep to examine"),)
        if signature in self._valid:
            return ()
        if (known := self._invalid.get(signature)) is not None:
            return tuple(error.shown_in(value) for error in known)
        thin, longest = self._thinned(value, "")
        found = _distinct(map(_found, islice(self._validator.iter_errors(thin), _MOST)))
        if not found and len(self._valid) < _REMEMBERED:
            self._valid.add(signature)
        # With several items in a list the signature does not tell which of them is wrong, nor how many.
        if found and longest <= 1 and len(self._invalid) < _REMEMBERED:
            self._invalid[signature] = found
        return tuple(item.error for item in found)

    def _thinned(self, value: Any, key: str) -> tuple[Any, int]:
        """The value, of long lists but one item of each signature; and the length of its longest list."""
        if isinstance(value, dict):
            named = self._named
            inner = {
                name: self._thinned(item, name) if named is None or name in named else (item, 0)
                for name, item in value.items()
            }
            most = max((length for _, length in inner.values()), default=0)
            return {name: item for name, (item, _) in inner.items()}, most
        if isinstance(value, list):
            items = value
            if len(value) > _LONG:
                items = list({self._signature(item, key): item for item in reversed(value)}.values())[::-1]
            thin = [self._thinned(item, key) for item in items]
            return [item for item, _ in thin], max((len(value), *(length for _, length in thin)))
        return value, 0

    def _signature(self, value: Any, key: str) -> Hashable:
        kind = type(value)
        if kind is str:
            return value if key in self._valued or not value else str
        if kind is dict:
            signature = self._signature
            if (named := self._named) is not None:
                return tuple([(name, signature(item, name)) for name, item in value.items() if name in named])
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


def _named(document: Any) -> frozenset[str] | None:
    """The names of all properties that a schema can look at; None where it can look at any."""
    names: set[str] = set()
    parts = [document]
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, dict):
            if _OPEN & part.keys():
                return None
            for keyword, child in part.items():
                if keyword in ("properties", "$defs") and isinstance(child, dict):
                    names |= child.keys()
                    parts += child.values()
                elif keyword == "required" and isinstance(child, list):
                    names.update(child)
                else:
                    parts.append(child)
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class _Found:
    """An error, and the steps to the value that it is about; None where that is not shown."""

    error: ShapeError
    steps: Sequence[str | int] | None

    def shown_in(self, value: Any) -> ShapeError:
        """The same error of another value of the same signature."""
        if self.steps is None:
            return self.error
        for step in self.steps:
            value = value[step]
        return replace(self.error, observed=shown(value))


def _distinct(errors: Iterable[_Found]) -> tuple[_Found, ...]:
    # A value of the wrong type is not also an unknown member of an enumeration.
    found = tuple(errors)
    typed = {item.error.path for item in found if item.error.rule == "type"}
    return tuple(item for item in found if item.error.rule != "enum" or item.error.path not in typed)


def _found(error: ValidationError) -> _Found:
    return _Found(_error(error), None if error.validator == "required" else tuple(error.absolute_path))


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
