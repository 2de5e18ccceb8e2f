"""A value that fits a JSON Schema, made of the words of the prompt where a property's name asks for them."""

from collections.abc import Mapping
from typing import Any

from conformance.reference.wire import Json

DEEPEST = 8
"""Nesting after which only what a schema requires is built, so that recursive schemas come to an end."""


def specimen(schema: Json, hints: Mapping[str, Any]) -> Any:
    """A value for `schema`; a property whose name is in `hints` gets that value where its type allows it."""
    return _build(schema, schema, hints, "", 0)


def _build(schema: Any, root: Json, hints: Mapping[str, Any], name: str, depth: int) -> Any:
    if not isinstance(schema, dict):
        return "value"
    if "$ref" in schema and depth <= 2 * DEEPEST:
        return _build(_resolve(root, str(schema["$ref"])), root, hints, name, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return _build(schema[key][0], root, hints, name, depth + 1)
    if schema.get("allOf"):
        return _build(_merged(schema), root, hints, name, depth + 1)
    kind = _kind(schema)
    if name in hints and _fits(hints[name], kind):
        return hints[name]
    match kind:
        case "object":
            return _object(schema, root, hints, depth)
        case "array":
            if depth > DEEPEST:
                return []
            item = _build(schema.get("items", {}), root, hints, "", depth + 1)
            return [item] * max(1, schema.get("minItems", 1))
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return "value".ljust(schema.get("minLength", 0), "e")[: schema.get("maxLength", 1000)]


def _object(schema: Json, root: Json, hints: Mapping[str, Any], depth: int) -> Json:
    required = schema.get("required", ())
    return {
        key: _build(value, root, hints, key, depth + 1)
        for key, value in schema.get("properties", {}).items()
        if depth <= DEEPEST or key in required
    }


def _kind(schema: Json) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)


def _fits(hint: object, kind: str) -> bool:
    return isinstance(hint, list) if kind == "array" else isinstance(hint, str) and kind == "string"


def _merged(schema: Json) -> Json:
    merged: Json = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        for key, value in part.items():
            merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
    return merged


def _resolve(root: Json, pointer: str) -> Any:
    value: Any = root
    for key in pointer.removeprefix("#").strip("/").split("/"):
        if key:
            value = value.get(key) if isinstance(value, dict) else None
    return value
