"""Finds out whether keys are missing because an endpoint leaves out every key whose value is null.

Servers do so that serialise with `exclude_none` or its like. It is one fault, however many objects lack keys.
Pure, but for the schemas of the package.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from conformance.exchange import Api
from conformance.paths import schema
from conformance.report.findings import Finding
from conformance.report.tokens import tokens
from conformance.subject import Answer

__all__ = ["leaves_out_nulls"]

_SCHEMAS = {Api.CHAT: "chat.chunk", Api.RESPONSES: "responses.events"}
_EVENTS = 200  # events of a stream that are looked at
_READ = 20_000  # characters of an event that are looked at


def leaves_out_nulls(finding: Finding, keys: Iterable[str], streams: Mapping[str, Answer]) -> bool:
    """Whether all of these keys, which a finding misses, may be null, and its first answer has no null."""
    stream = next((streams[name] for name in finding.exchanges if name in streams), None)
    if stream is None or not stream.streamed:
        return False
    return set(keys) <= _nullable(stream.exchange.api) and not _has_null(stream)


def _has_null(stream: Answer) -> bool:
    return any(
        token.kind == "literal" and token.text == "null"
        for event in stream.wire.events[:_EVENTS]
        if "null" in event.data
        for token in tokens(event.data[:_READ])
    )


@cache
def _nullable(api: Api) -> frozenset[str]:
    """The names of keys that may be null in an object of the API's streams that requires them."""
    document = schema(_SCHEMAS[api])
    return frozenset(
        name
        for part in _parts(document)
        for name, value in part.get("properties", {}).items()
        if name in part.get("required", ()) and _takes_null(value, document)
    )


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a schema."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(inner)


def _takes_null(part: Any, document: dict[str, Any]) -> bool:
    if not isinstance(part, dict):
        return False
    kinds = part.get("type", ())
    if "null" in ([kinds] if isinstance(kinds, str) else kinds) or None in part.get("enum", ()):
        return True
    if reference := part.get("$ref"):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found.get(step, {})
        return _takes_null(found, document)
    return any(_takes_null(inner, document) for key in ("anyOf", "oneOf") for inner in part.get(key, ()))
