"""HTTP archives (HAR 1.2), as browsers, Playwright, mitmproxy and others export them."""

import base64
import binascii
from collections.abc import Mapping
from itertools import chain
from typing import Any

from conformance.evidence.errors import NotARecordingError, Unreadable
from conformance.evidence.format import parsed
from conformance.evidence.headers import address
from conformance.evidence.imports.entry import Entry, Found, exchanges_of, shown_in
from conformance.evidence.imports.errors import RedirectLeftError
from conformance.evidence.imports.redirects import answers_in
from conformance.exchange import Ended

__all__ = ["ARCHIVE", "is_har", "read_attached", "read_har"]

_NOTE = (
    "An entry of an HTTP archive: the body as one text, in which a browser may have replaced bytes that are "
    "no UTF-8."
)
ARCHIVE = "har.har"
"""The archive in a zip of Playwright's."""
_MARK = 3  # bytes of a byte order mark
_BYTES = "latin-1"  # the encoding that stands for the bytes of a file beside the archive
_KEPT = "export the archive with content: in Playwright `record_har_content='embed'`, in mitmproxy `hardump`"


def is_har(value: Any) -> bool:
    """Whether a JSON value is an HTTP archive."""
    return isinstance(value, dict) and isinstance(value.get("log"), dict) and "entries" in value["log"]


def read_har(value: Any, source: str, *, cut: bool = False) -> Found:
    """The exchanges in an HTTP archive. Raises EvidenceError if there is none.

    `cut` says that these are not all of its entries, so nobody knows whether a redirect was followed.
    """
    entries = value["log"]["entries"]
    if not isinstance(entries, list) or not entries:
        raise NotARecordingError("it is an HTTP archive without entries")
    read = [_entry(entry, number) for number, entry in enumerate(entries, 1)]
    locations = [_text(_part(entry, "response").get("redirectURL")) for entry in entries]
    answers = answers_in(read, locations)
    led = [answer for answer in answers if cut and answer.led]
    told: Found = [
        Unreadable(
            f"{source}#{one.number}",
            RedirectLeftError(str(one.status), address(one.led, query=False), cut=True),
        )
        for one in led
    ]
    answers = [answer for answer in answers if not (cut and answer.led)]
    if not answers:
        return [*chain.from_iterable(map(shown_in, read)), *told]
    return exchanges_of(answers, source, _NOTE, read, several=cut) + told


def read_attached(files: Mapping[str, bytes], source: str) -> Found:
    """The exchanges in an archive whose bodies are in files beside it, as Playwright writes it into a zip.

    Raises EvidenceError.
    """
    try:
        value = parsed(files[ARCHIVE])
    except ValueError as error:
        raise NotARecordingError(f"its {ARCHIVE} is not JSON ({error})") from None
    if not is_har(value) or not isinstance(value["log"]["entries"], list):
        raise NotARecordingError(f"its {ARCHIVE} is no HTTP archive")
    for entry in value["log"]["entries"]:
        content, posted = (
            _part(_part(entry, "response"), "content"),
            _part(_part(entry, "request"), "postData"),
        )
        for part in (content, posted):
            if isinstance(name := part.get("_file"), str) and name in files:
                part["text"], part["encoding"] = files[name].decode("latin-1"), _BYTES
    return read_har(value, source)


def _entry(entry: Any, number: int) -> Entry:
    request, response = _part(entry, "request"), _part(entry, "response")
    content, posted = _part(response, "content"), _part(request, "postData")
    status = response.get("status")
    if isinstance(status, str) and status.isascii() and status.isdigit() and len(status) == 3:
        status = int(status)
    trouble = response.get("_error")
    body = _body(content)
    size = _size(content)
    held = len(body) if body is not None else 0
    # A browser keeps so much of a body, and says how long it was; a byte order mark may be left out.
    cut = 0 < held < size - _MARK
    return Entry(
        number=number,
        method=str(request.get("method", "")).upper(),
        url=str(request.get("url", "")),
        request_headers=_headers(request) or (),
        sent=_body(posted),
        # A request that was blocked, or never answered, has the status 0 or -1.
        status=status if type(status) is int and status > 0 else None,
        headers=_headers(response),
        body=body,
        started=str(entry.get("startedDateTime", "")) if isinstance(entry, dict) else "",
        trouble=f"{held} of the {size} bytes of the body were kept" if cut else _text(trouble),
        damage="its body is not base64" if body is None and content.get("text") else "",
        kept=_KEPT,
        ended=Ended.INTERRUPTED if cut else Ended.UNKNOWN,
    )


def _size(content: dict[str, Any]) -> int:
    """The bytes of a body as it was decoded; 0 if that is not told.

    mitmproxy writes the compressed size, and what compression saved. That is below 0 for a short body, which
    is smaller than is written.
    """
    size, saved = content.get("size"), content.get("compression")
    return size + min(saved if type(saved) is int else 0, 0) if type(size) is int else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _part(value: Any, name: str) -> dict[str, Any]:
    part = value.get(name) if isinstance(value, dict) else None
    return part if isinstance(part, dict) else {}


def _headers(message: dict[str, Any]) -> tuple[tuple[str, str], ...] | None:
    """The headers of a message; None if they are not kept."""
    headers = message.get("headers")
    if isinstance(headers, dict):  # not as the standard has them, but as many programs do
        headers = [{"name": name, "value": value} for name, value in headers.items()]
    if not isinstance(headers, list):
        return None
    pairs: list[Any] = headers
    return tuple(
        (pair["name"], pair["value"])
        for pair in pairs
        if isinstance(pair, dict)
        and isinstance(pair.get("name"), str)
        and isinstance(pair.get("value"), str)
        and not pair["name"].startswith(":")  # HTTP/2 has the method and the path among its headers
    )


def _body(content: dict[str, Any]) -> bytes | None:
    text = content.get("text")
    # An empty text is what exporters write for a body that they did not keep.
    if not isinstance(text, str) or not text:
        return None
    if content.get("encoding") == _BYTES:
        return text.encode("latin-1", "replace")
    if str(content.get("encoding")).lower() != "base64":
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
