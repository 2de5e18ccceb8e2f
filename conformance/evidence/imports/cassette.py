"""Cassettes of vcrpy, in YAML and in JSON, and those of betamax and of Ruby's VCR, which differ in a name."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from conformance.evidence.errors import NotARecordingError, TooLargeError, Unreadable
from conformance.evidence.imports.entry import MOST, Entry, Found, exchanges_of
from conformance.evidence.imports.errors import CutOffError, DamagedFileError, TooManyPartsError
from conformance.evidence.imports.plain_yaml import plain_value

__all__ = ["is_cassette", "read_cassette", "read_yaml"]

_NOTE = "An interaction of a cassette: the body as a whole."
_KEPT = "record it again without a filter that drops bodies"
_LISTS = ("interactions", "http_interactions")
# What programs write last of all, and what of an interaction: vcrpy in the response, others beside it.
_LAST = {"interactions": "version", "http_interactions": "recorded_with"}
_ENDS = frozenset({"status", "status_code", "recorded_at"})
_ITEM = b"\n- "  # how an interaction begins, as all that write them do
_HEADERS = 1_000  # that are read of a message
_LARGEST = 32 * 2**20  # bytes of YAML, which takes fifty times as long to read as JSON


def is_cassette(value: Any) -> bool:
    """Whether a value out of YAML or JSON is a cassette."""
    return isinstance(value, dict) and any(isinstance(value.get(name), list) for name in _LISTS)


def read_yaml(data: bytes, source: str) -> Found:
    """The exchanges in a cassette in YAML, of one that was cut off those before the last interaction.

    Raises EvidenceError for other YAML, and if there is none.
    """
    if len(data) > _LARGEST:
        raise TooLargeError(len(data), _LARGEST)
    try:
        value = plain_value(data)
    except ValueError as error:
        if found := _before_last(data, source, str(error)):
            return found
        raise DamagedFileError("YAML", str(error)) from None
    if not is_cassette(value):
        raise NotARecordingError("it is YAML, but no cassette: it has no list `interactions`")
    # In braces, as JSON has it, a document that was cut is no YAML.
    braced = data.lstrip().startswith(b"{")
    return (not braced and _before_end(value, source)) or read_cassette(value, source)


def _before_end(value: dict[str, Any], source: str) -> Found:
    """What is before the last interaction, where a cut left YAML and not all of that one; else nothing."""
    name = next(name for name in _LISTS if isinstance(value.get(name), list))
    number = len(value[name])
    if _LAST[name] in value or not number or _ends(value[name][-1], name):
        return []
    error = CutOffError("the cassette", number, "it ends without what its program writes last")
    found = read_cassette({name: value[name][:-1]}, source, cut=True) if number > 1 else []
    return [*found, Unreadable(f"{source}#{number}", error)]


def _ends(interaction: Any, name: str) -> bool:
    """Whether an interaction has what its program writes last of it, or was never one that was cut off."""
    request = interaction.get("request") if isinstance(interaction, dict) else interaction
    if not isinstance(request, dict):
        return not (request is None or isinstance(request, str))  # what a cut leaves of a name or a value
    response = interaction.get("response")
    ends = response if name == "interactions" and isinstance(response, dict) else interaction
    return not _ENDS.isdisjoint(ends)


def _before_last(data: bytes, source: str, problem: str) -> Found:
    """What is before the last interaction; nothing, if that is no cassette either."""
    try:
        value = plain_value(data[: max(0, data.rfind(_ITEM))])
    except ValueError:
        return []
    if not is_cassette(value):
        return []
    number = 1 + max(len(value[name]) for name in _LISTS if isinstance(value.get(name), list))
    error = CutOffError("the cassette", number, problem)
    return [*read_cassette(value, source, cut=True), Unreadable(f"{source}#{number}", error)]


def read_cassette(value: Mapping[str, Any], source: str, *, cut: bool = False) -> Found:
    """The exchanges in a cassette that is parsed. Raises EvidenceError if there is none.

    `cut` says that it had more.
    """
    interactions = next(value[name] for name in _LISTS if isinstance(value.get(name), list))
    if (count := len(interactions)) > MOST:
        raise TooManyPartsError("exchanges", count, MOST)
    entries = [
        _entry(item, number)
        for number, item in enumerate(interactions, 1)
        if isinstance(item, dict) and isinstance(item.get("request"), dict)
    ]
    return exchanges_of(entries, source, _NOTE, several=cut)


def _entry(item: dict[str, Any], number: int) -> Entry:
    request = item["request"]
    response = item.get("response")
    answer: dict[str, Any] = response if isinstance(response, dict) else {}
    status = answer.get("status", answer.get("status_code"))
    code = status.get("code") if isinstance(status, dict) else status
    content = answer.get("body", answer.get("content"))  # older versions keep `content` of httpx
    body = _bytes(content)
    return Entry(
        number=number,
        method=_text(request.get("method")).upper(),
        url=_text(request.get("uri")) or _text(request.get("url")),
        request_headers=_headers(request.get("headers")),
        sent=_bytes(request.get("body")),
        status=_number(code),
        headers=_answered(answer.get("headers")) if "headers" in answer else None,
        body=body,
        damage="its body is not base64" if body is None and _coded(content) else "",
        kept=_KEPT,
    )


def _headers(headers: Any) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for name, value in headers.items() if isinstance(headers, dict) else ():
        # A list may be of any length, and stand under any number of names by an alias.
        values = value[: max(0, _HEADERS - len(found))] if isinstance(value, list) else [value]
        found += [(str(name), _text(one)) for one in values]
    return tuple(found[:_HEADERS])


def _answered(headers: Any) -> tuple[tuple[str, str], ...]:
    # `decode_compressed_response` of vcrpy puts a length of its own, also beside a Transfer-Encoding.
    return tuple(pair for pair in _headers(headers) if pair[0].lower() != "content-length")


def _text(value: Any) -> str:
    # Never the text of a list: it may hold itself many times over.
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value) if isinstance(value, str | int) else ""


def _bytes(body: Any) -> bytes | None:
    match body:
        case {"base64_string": str(text)}:
            try:
                return base64.b64decode("".join(text.split()), validate=True)
            except (binascii.Error, ValueError):
                return None
        case {"string": text}:
            return _bytes(text)
        case bytes():
            return body
        case str():
            return body.encode("utf-8", "surrogatepass")
        case _:
            return None


def _coded(content: Any) -> bool:
    return isinstance(content, dict) and "base64_string" in content


def _number(value: Any) -> int | None:
    text = _text(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) == 3 else None
