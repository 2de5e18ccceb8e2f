"""Describes in words JSON that came where a chunk or an event was due, so that a person sees what it is."""

from typing import Any

from conformance.assemble.payload import parse
from conformance.text import clipped, shown

__all__ = ["described"]

_QUOTED = 80  # characters of the JSON that are quoted

# What an object is, by its value of `object`.
_OBJECTS = {
    "chat.completion.chunk": "a chat chunk",
    "chat.completion": "a whole chat completion",
    "text_completion": "a chunk of the older Completions API",
    "response": "a whole response object, in no event",
    "error": "an error that is not in an `error` object",
}


def described(value: Any) -> str:
    """What a JSON value is, and the value itself, clipped."""
    return f"{_words(value)}: {shown(value, _QUOTED)}"


def _words(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        inside = next((item for item in value if isinstance(item, dict)), None)
        return f"an array with {_object(inside)}" if inside else "an array"
    if isinstance(value, dict):
        return _object(value)
    return "null" if value is None else "true or false" if isinstance(value, bool) else "a number"


def _text(value: str) -> str:
    """A JSON string: often a document that was encoded twice."""
    inside, wrong = parse(value)
    if not wrong and isinstance(inside, dict | list):
        return f"JSON encoded twice, a string with {_words(inside)}"
    return "a JSON string"


def _object(value: dict[str, Any]) -> str:
    kind, name = value.get("type"), value.get("object")
    if isinstance(name, str) and name in _OBJECTS:
        return _OBJECTS[name]
    if "choices" in value:
        return "a chat chunk without `object`" if _has_delta(value) else "a chat completion without `object`"
    if value.get("error"):
        return "an error"
    if isinstance(kind, str) and kind:
        what = "an event" if kind.startswith("response.") else "an object"
        return f"{what} of type {clipped(kind, _QUOTED)}"
    if "type" in value:
        return "an object whose `type` is not a string"
    if isinstance(value.get("usage"), dict):
        missing = [key for key in ("id", "object", "choices") if key not in value]
        return f"a usage chunk without {' and '.join(filter(None, [', '.join(missing[:-1]), missing[-1]]))}"
    if "detail" in value:
        return "an error in a framework's form, `detail`"
    return "an object of no known kind" if value else "an empty object"


def _has_delta(value: dict[str, Any]) -> bool:
    choices = value["choices"]
    if not isinstance(choices, list) or not choices:
        return True
    return any(isinstance(item, dict) and "delta" in item for item in choices)
