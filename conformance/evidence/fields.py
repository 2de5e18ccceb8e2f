"""Credentials in the body of a request: keys of other services that clients and tools hand over in it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.evidence.headers import (
    CREDENTIAL,
    REPLACEMENT,
    address_secrets,
    harmless,
    header_secrets,
    sought,
)

__all__ = ["field_secrets", "without_fields"]

# Such as `authorization` of an MCP server, or `api_key` of a client that speaks to a gateway. Not `token` or
# `key` alone, which are a piece of a text and a name.
_CREDENTIAL = re.compile(
    r"(?:\w+_)?(?:api_?key|secret|secret_(?:access_)?key|client_secret|private_key|passw(?:or)?d|credentials?"
    r"|(?:access|auth|bearer|refresh|session|ad|hf)_token|authorization)",
    re.IGNORECASE,
)
_HEADERS = re.compile(r"(?:\w+_)?headers", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:\w+_)?(?:url|uri|api_base)", re.IGNORECASE)
# Keys of a JSON Schema, as of the parameters of a tool, below which names are those of schemas.
_SCHEMAS = ("properties", "patternProperties", "$defs", "definitions")
# Each string of a JSON text from its start to its end, and if it is the name of a string, that one with it.
_TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'  # possessive, which takes no memory for each escape
_STRING = re.compile(rf"({_TEXT})(?:(\s*:\s*)({_TEXT}))?", re.DOTALL)
_LONGEST = 10_000  # characters of an address; longer ones hold a picture
_DEEPEST = 100


def field_secrets(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The values in the body of a request that are credentials, by the names of their fields.

    With them come those in the headers and addresses that it names for others, such as MCP servers. There are
    at most 200, none of them too short to be sought: those of names that say it come first, cookies and
    other headers last.
    """
    return sought(secret for _, _, found in sorted(_named(body), key=_vague) for secret in found)


def _vague(field: tuple[str, str, tuple[str, ...]]) -> bool:
    """Whether what `_named` gives is a header that is a cookie, or whose name does not say what it is."""
    name, value, _ = field
    return bool(value) and ("cookie" in name.lower() or not CREDENTIAL.search(name))


def without_fields(text: str, body: Mapping[str, Any]) -> str:
    """The text of a body without the values of such fields, however short they are; `body` is its value."""
    fields = {(name, value) for name, value, _ in _named(body) if name}
    names = {name for name, _ in fields}

    def without(found: re.Match[str]) -> str:
        name, colon, value = found.groups()
        if not colon or (plain := _plain(name)) not in names:
            return found[0]
        held = {(plain, ""), (plain, _plain(value))} & fields
        return f'{name}{colon}"{REPLACEMENT}"' if held else found[0]

    return _STRING.sub(without, text) if names else text


def _plain(text: str) -> Any:
    """What a JSON string says."""
    return json.loads(text, strict=False) if "\\" in text else text[1:-1]


def _named(value: Any, depth: int = 0) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each field that holds credentials: its name, its value, and the credentials.

    The value is "" where that of any field of the name is one; the name, where a part of the value is one.
    """
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _named(item, depth + 1)
    for name, held in value.items() if isinstance(value, dict) else ():
        if isinstance(held, dict) and name in _SCHEMAS:
            yield from _named([*held.values()], depth + 1)
        elif isinstance(held, dict) and _HEADERS.fullmatch(name):
            yield from _in_headers(held.items())
        elif isinstance(held, dict | list):
            yield from _named(held, depth + 1)
        elif not isinstance(held, str) or not held:
            continue
        elif _CREDENTIAL.fullmatch(name.replace("-", "_")):
            yield name, "", header_secrets([("authorization", held)])
        elif _ADDRESS.fullmatch(name) and len(held) < _LONGEST and (found := address_secrets(held)):
            yield "", "", found


def _in_headers(pairs: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for name, value in pairs:
        if isinstance(value, str) and value and not harmless(name):
            yield name, value, header_secrets([(name, value)])
