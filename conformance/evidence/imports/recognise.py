"""Recognises what a file is by its name and its first bytes, and hands it to the reader of its format."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from conformance.evidence.errors import EmptyFileError, NotARecordingError, NotAStreamError, Unreadable
from conformance.evidence.fields import field_secrets
from conformance.evidence.foreign import read_event_stream, recorded
from conformance.evidence.format import FORMAT, parsed
from conformance.evidence.imports.cassette import is_cassette, read_cassette, read_yaml
from conformance.evidence.imports.chunks import is_chunk, read_chunks
from conformance.evidence.imports.curl import (
    failed,
    is_dialogue,
    is_head,
    is_verbose,
    read_dialogue,
    read_included,
    read_verbose,
    without_command,
    without_failure,
)
from conformance.evidence.imports.cut import items_before_cut
from conformance.evidence.imports.entry import Found
from conformance.evidence.imports.errors import CutOffError, DamagedFileError, KnownForeignError
from conformance.evidence.imports.har import is_har, read_har
from conformance.evidence.imports.known import MARK, in_utf8, told
from conformance.evidence.imports.mitmproxy import is_flows, read_flows
from conformance.evidence.reader import evidence_in
from conformance.evidence.received import redacted
from conformance.evidence.together import Credentials
from conformance.exchange import Exchange
from conformance.text import counted, shown

__all__ = ["DEEPEST", "EVIDENCE", "EXTENSIONS", "INPUT", "REPORT", "is_evidence", "read_bytes"]

REPORT = "report.jsonl"
"""The report of a run, which is no exchange."""
EVIDENCE = "evidence"
"""The folder beside it, with the exchanges."""
DEEPEST = 50
"""How deep folders may be nested below the one that is named; runs write four levels."""
INPUT = "-"
"""The name of the standard input."""
_LONG = 2**24  # bytes of a first line that are looked at
_YAML = ("yaml", "yml")
_STREAM = re.compile(rb"[\r\n]*(?:(?:data|event|id|retry):|:)")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_ARRAY = (
    "write each chunk on a line of its own, as JSON lines (*.jsonl), and they are judged as the events of "
    "a stream"
)
_REQUEST = "name the answer, and this file by --request"
_DOCUMENT = (
    "an answer in one document is judged with its request and its status: record it with `curl -i`, or with "
    "its head beside it as x.sse and x.headers, or as a recording with the keys api, body, request, status"
)


def is_evidence(path: Path) -> bool:
    """Whether the first line of a file of JSON lines is that of evidence. Raises OSError."""
    with path.open("rb") as file:
        first = _first_line(file.readline(_LONG))
    return isinstance(first, dict) and first.get("format") == FORMAT


def read_bytes(data: bytes, source: str) -> Found:
    """What is in a file that is not a zip, by its name and its bytes. Raises EvidenceError."""
    if not data.strip():
        raise EmptyFileError
    data, failure = without_failure(without_command(in_utf8(data)))
    found = _read(data, source)
    return (
        [failed(item, failure) if isinstance(item, Exchange) else item for item in found]
        if failure
        else found
    )


def _read(data: bytes, source: str) -> Found:
    if not data.strip():
        raise EmptyFileError
    if (error := told(data)) is not None:
        raise error
    extension = source.rpartition(".")[2].lower() if "." in source else ""
    # What a text plainly is counts for more than its name.
    text = data.removeprefix(MARK)
    for sign, read in _SIGNED:
        if sign(text):
            return read(text, source)
    if _begins_as_stream(text) and not (extension in _YAML and b"interactions:" in data):
        # Who prints what a client reads line by line often leaves out the empty lines.
        printed = source != INPUT and extension != "sse" and not _EMPTY_LINE.search(text)
        if printed and b"\ndata:" in text:
            return read_chunks(text, source, printed=True)
        return [read_event_stream(data, source)]
    return _BY_EXTENSION.get(extension, _by_content)(data, source)


def _lines(data: bytes, source: str) -> Found:
    """JSON lines: evidence, or chunks."""
    first = _first_line(data)
    if is_chunk(first) or _is_error(first):
        return read_chunks(data, source)
    if isinstance(first, list):
        raise _array(first)
    if FORMAT.encode() in data[:_LONG] or (isinstance(first, dict) and "format" in first):
        return [evidence_in(BytesIO(data), source)]
    if isinstance(first, dict):
        raise KnownForeignError(f"its first line is JSON and no chunk: {shown(first, 60)}", _ARRAY)
    line = data.removeprefix(MARK).partition(b"\n")[0].decode(errors="replace")
    raise KnownForeignError(f"its first line is no JSON object: {shown(line, 60)}", _ARRAY)


def _begins_as_stream(data: bytes) -> bool:
    return _STREAM.match(data) is not None


def _json(data: bytes, source: str) -> Found:
    try:
        value = parsed(data)
    except ValueError as error:
        first = _first_line(data)
        if isinstance(first, dict):  # JSON lines with the extension of JSON
            return _lines(data, source)
        if found := _before_cut(data, source):
            return found
        if source.lower().endswith(".har"):
            raise DamagedFileError("an HTTP archive", str(error)) from None
        raise NotARecordingError(f"it is not JSON ({error})") from None
    if is_har(value):
        return read_har(value, source)
    if is_cassette(value):
        return read_cassette(value, source)
    if isinstance(value, dict) and value.get("format") == FORMAT:
        return [evidence_in(BytesIO(data), source)]
    if isinstance(value, list):
        raise _array(value)
    if isinstance(value, dict) and "api" not in value and (told := _document(value)):
        raise told
    exchange = recorded(value, source)
    values = field_secrets(exchange.asked)
    return [*([Credentials(values)] if values else []), redacted(exchange)]


def _by_content(data: bytes, source: str) -> Found:
    """A file whose name says nothing, or that it is a stream."""
    begin = data.removeprefix(MARK).lstrip()[:1]
    if is_flows(data):
        return read_flows(data, source)
    if begin in (b"{", b"[") and (found := _some_json(data, source)) is not None:
        return found
    if b"interactions:" in data:
        return read_yaml(data, source)
    if source != INPUT and not source.lower().endswith(".sse"):
        first = data.removeprefix(MARK).lstrip().partition(b"\n")[0].decode(errors="replace")
        raise NotAStreamError(f"its first line, {shown(first, 60)}, is none of an event stream")
    return [read_event_stream(data, source)]


def _some_json(data: bytes, source: str) -> Found | None:
    """What is in JSON or in JSON lines; None if it is neither."""
    if isinstance(_first_line(data), dict) and b"\n" in data.strip():
        return _lines(data, source)
    try:
        parsed(data)
    except ValueError:
        return _before_cut(data, source) or None
    return _json(data, source)


def _before_cut(data: bytes, source: str) -> Found:
    """What is in a document with a list of exchanges before the place where it was cut off or is damaged."""
    for what, path, read in _LISTS:
        if (cut := items_before_cut(data, path)) is not None:
            value: Any = cut.items
            for name in reversed(path):
                value = {name: value}
            number = len(cut.items) + 1
            error = CutOffError(what, number, cut.problem)
            return [*read(value, source, cut=True), Unreadable(f"{source}#{number}", error)]
    return []


def _first_line(data: bytes) -> Any:
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        return parsed(text.partition(b"\n")[0])
    except ValueError:
        return None


def _is_error(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"error"}


def _array(value: list[Any]) -> KnownForeignError:
    chunks = sum(map(is_chunk, value))
    what = f"{chunks} chunks of a stream" if chunks and chunks == len(value) else counted(len(value), "value")
    advice = _ARRAY if chunks else "name the file that a recorder wrote; docs/evidence.md lists what is read"
    # Some endpoints put an error into an array.
    return KnownForeignError(
        f"it is a JSON array of {what}, not the stream itself", advice, body=any(map(_is_error, value))
    )


def _document(value: dict[str, Any]) -> KnownForeignError | None:
    """What a JSON document of an API is, and what to do with it; None if it is none."""
    kind = value.get("object")
    if is_chunk(value):
        return KnownForeignError("it is a single chunk of a stream as JSON", _ARRAY)
    if kind in ("chat.completion", "response", "list"):
        what = f"it is a JSON document, `{kind}`: an answer without streaming"
        return KnownForeignError(what, _DOCUMENT, body=True)
    if "error" in value:
        what = "it is a JSON document, an error: the request was refused, and nothing was streamed"
        return KnownForeignError(what, _DOCUMENT, body=True)
    if "messages" in value or "input" in value:
        return KnownForeignError("it is the body of a request, not an answer", _REQUEST)
    return None


_SIGNED: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, str], Found]], ...] = (
    (is_head, read_included),
    (is_verbose, read_verbose),
    (is_dialogue, read_dialogue),
)
_LISTS: tuple[tuple[str, tuple[str, ...], Callable[..., Found]], ...] = (
    ("the HTTP archive", ("log", "entries"), read_har),
    ("the cassette", ("interactions",), read_cassette),
    ("the cassette", ("http_interactions",), read_cassette),
)
_BY_EXTENSION: dict[str, Callable[[bytes, str], Found]] = {
    "jsonl": _lines,
    "ndjson": _lines,
    "json": _json,
    "har": _json,
    "yaml": read_yaml,
    "yml": read_yaml,
    "mitm": read_flows,
    "flow": read_flows,
    "flows": read_flows,
    "sse": _by_content,
    "zip": _by_content,
}
EXTENSIONS = frozenset(f".{name}" for name in _BY_EXTENSION)
"""The extensions of the files that are read in a folder."""
