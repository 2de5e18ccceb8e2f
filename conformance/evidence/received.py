"""Makes an exchange from what a program received: bytes, pieces, or an httpx response."""

import json
import re
import sys
from collections.abc import AsyncIterable, Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.evidence.ceiling import bounded
from conformance.evidence.errors import (
    HandedTypeError,
    ResponseConsumedError,
    ResponseUnreadError,
    SecretsRepeatError,
    UnknownApiError,
    UnknownEndingError,
    UnknownExpectationError,
)
from conformance.evidence.fields import field_secrets, without_fields
from conformance.evidence.foreign import api_of, expectation
from conformance.evidence.headers import address, address_secrets, header_secrets, kept_headers
from conformance.evidence.redact import Redactor
from conformance.exchange import Api, Ended, Exchange, Expects, Need, Packed, Piece, Request
from conformance.text import slug

if TYPE_CHECKING:
    import httpx

__all__ = ["Body", "Headers", "named_by", "received", "redacted", "request_of"]

Body = bytes | str | Iterable[bytes | Piece]
"""A body: its bytes or text as received, or its pieces in order, with or without times."""
Headers = Mapping[str, str] | Iterable[tuple[str, str]]

_PROVIDER = "endpoint"  # the name of an exchange that was given none
_ID = "stream"
_EXPECTED = tuple(item.value for item in Expects if item is not Expects.UNKNOWN)
_REQUEST = "the body of the request, as an object or as JSON text"
_BODY = (
    "bytes, pieces of bytes in order, or a response of httpx; of another library's response its body as "
    "bytes, with status, headers and request"
)
_HEADERS = "names and values, as an object or as pairs"
_PATHS = {Api.RESPONSES: re.compile(r"/responses(/|$)"), Api.CHAT: re.compile(r"/chat/completions$")}


def received(
    body: "Body | httpx.Response",
    *,
    api: str | None = None,
    request: Mapping[str, Any] | str | bytes | Request | None = None,
    status: int | None = None,
    headers: Headers | None = None,
    ended: str | None = None,
    expects: str | None = None,
    provider: str = "",
    also: Iterable[str] = (),
) -> Exchange:
    """The exchange of one answer, redacted; the arguments are those of `judge_stream`.

    `also` are credentials that are removed besides those of the request. Arguments given besides an httpx
    response replace what the response says. Raises UnknownApiError, UnknownEndingError,
    UnknownExpectationError, HandedTypeError, ResponseUnreadError, ResponseConsumedError and
    SecretsRepeatError.
    """
    if api is not None and api not in tuple(Api):
        raise UnknownApiError(api, tuple(Api))
    if ended is not None and ended not in tuple(Ended):
        raise UnknownEndingError(ended, tuple(Ended))
    if expects is not None and expects not in _EXPECTED:
        raise UnknownExpectationError(expects, _EXPECTED)
    if status is not None and type(status) is not int:
        raise HandedTypeError("status", type(status).__name__, "the status as a number")
    asked = None if request is None else request_of(request)
    end = Ended(ended) if ended else Ended.UNKNOWN
    name = provider
    if (library := _library_of(body)) is not None:
        response: Any = body
        body, came = _content(response, library)
        end = Ended(ended) if ended else came
        status = response.status_code if status is None else status
        headers = response.headers.multi_items() if headers is None else headers
        if (sent := getattr(response, "_request", None)) is not None:
            asked = _sent(sent) if asked is None else asked
            name = name or named_by(str(sent.url))
    pieces = _pieces(body)
    lacks = {
        Need.REQUEST: asked is None or not (asked.body or asked.method != "POST"),
        Need.STATUS: status is None,
        Need.HEADERS: headers is None,
        Need.TIMING: not any(piece.at is not None for piece in pieces),
        Need.ENDING: end is Ended.UNKNOWN,
    }
    exchange = Exchange(
        id=_ID,
        api=Api(api) if api else _api(asked, pieces),
        provider=slug(name) or _PROVIDER,
        request=asked,
        status=status,
        headers=_headers(headers),
        pieces=pieces,
        ended=end,
        lacks=frozenset(need for need, is_lacking in lacks.items() if is_lacking),
    )
    found = expectation(exchange.asked) if asked is not None and asked.body else Expects.STREAM
    exchange = replace(
        exchange,
        model=str(exchange.asked.get("model") or ""),
        expects=Expects(expects) if expects else found,
    )
    return redacted(bounded(exchange), also)


def redacted(exchange: Exchange, also: Iterable[str] = ()) -> Exchange:
    """The exchange without the credentials of its request, and without others, as its evidence would have it.

    A credential of fewer than 12 characters is removed from the request only, because in a body it cannot be
    told from ordinary text. Raises SecretsRepeatError.
    """
    request = exchange.request
    if request is None:
        return replace(exchange, headers=tuple(kept_headers(exchange.headers)))
    secrets = (
        *header_secrets(request.headers),
        *address_secrets(request.url),
        *field_secrets(exchange.asked),
        *also,
    )
    redactor = Redactor(secrets, loopback=True)
    held = Packed if isinstance(exchange.pieces, Packed) else tuple
    pieces = held(_fed(redactor, exchange.pieces))
    clean = replace(
        request,
        url=redactor.text(address(request.url)),
        headers=tuple(redactor.headers(request.headers)),
        body=redactor.text(without_fields(request.body, exchange.asked)),
    )
    headers = tuple(redactor.headers(exchange.headers))
    if redactor.lost:
        raise SecretsRepeatError
    return replace(exchange, request=clean, headers=headers, pieces=pieces)


def _fed(redactor: Redactor, pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        yield from redactor.feed(piece)
    yield from redactor.flush()


def _library_of(body: object) -> Any:
    """The library that a response belongs to; None if it is not an httpx response."""
    # A caller with a response has imported its library, so it is not imported for others.
    libraries = filter(None, map(sys.modules.get, ("httpx", "httpx2")))
    return next((library for library in libraries if isinstance(body, library.Response)), None)


def _content(response: Any, library: Any) -> tuple[Sequence[bytes], Ended]:
    """The body of an httpx response, read now if it has not been, and how it ended."""
    if hasattr(response, "_content"):
        return [response.content], Ended.CLOSED
    if response.is_stream_consumed:
        raise ResponseConsumedError
    parts: list[bytes] = []
    try:
        parts.extend(response.iter_bytes())
    except library.TransportError:
        return parts, Ended.RESET
    except RuntimeError:  # the response is closed, or its body is asynchronous
        raise ResponseUnreadError from None
    return parts, Ended.CLOSED


def _sent(request: Any) -> Request:
    """The request of an httpx response; without its body if that was streamed."""
    content = request.content if hasattr(request, "_content") else b""
    return Request(
        method=request.method,
        url=str(request.url),
        headers=tuple(request.headers.multi_items()),
        body=content.decode(errors="replace"),
    )


def request_of(request: object) -> Request:
    """The request, given as an object or as JSON text. Raises HandedTypeError."""
    match request:
        case Request():
            return request
        case str() | bytes():
            text = request if isinstance(request, str) else request.decode(errors="replace")
            if not text:
                return Request()
            try:
                is_object = isinstance(json.loads(text), dict)
            except (ValueError, RecursionError):
                is_object = False
            if not is_object:
                raise HandedTypeError("request", "text that is no JSON object", _REQUEST)
            return Request(body=text)
        case Mapping():
            try:
                return Request(body=json.dumps(dict(request), ensure_ascii=False, allow_nan=False))
            except (TypeError, ValueError, RecursionError) as error:
                raise HandedTypeError("request", f"an object that is no JSON ({error})", _REQUEST) from None
        case _:
            raise HandedTypeError("request", type(request).__name__, _REQUEST)


def _headers(headers: object) -> tuple[tuple[str, str], ...]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    try:
        return tuple((_text(name), _text(value)) for name, value in pairs)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise HandedTypeError("headers", type(headers).__name__, _HEADERS) from None


def _text(value: object) -> str:
    if isinstance(value, bytes):  # the form of headers in ASGI
        return value.decode("latin-1")
    if isinstance(value, str):
        return value
    raise TypeError


def _pieces(body: object) -> tuple[Piece, ...]:
    match body:
        case str() | bytes() | bytearray() | memoryview():
            piece = _piece(body)
            return (piece,) if piece.data else ()
        case list() | tuple() | Iterator():
            return tuple(map(_piece, body))
        case Awaitable() | AsyncIterable():
            wanted = "what `await` gives of it, or a list of its pieces: `[piece async for piece in body]`"
            raise HandedTypeError("body", type(body).__name__, wanted)
        case _:  # other iterables are not bodies: mappings, sets, responses
            raise HandedTypeError("body", type(body).__name__, _BODY)


def _piece(item: object) -> Piece:
    match item:
        case Piece():
            return item
        case bytes() | bytearray() | memoryview():
            return Piece(data=bytes(item))
        case str():
            try:
                return Piece(data=item.encode())
            except UnicodeEncodeError:
                raise HandedTypeError("body", "text with half a surrogate pair", "the bytes") from None
        case _:
            raise HandedTypeError("a piece of the body", type(item).__name__, "bytes, or a Piece")


def named_by(url: str) -> str:
    """What a provider is called that is in no file: its host and port; "" for an address without a host."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return ""
    return f"{parts.hostname}-{port}" if parts.hostname else ""


def _api(asked: Request | None, pieces: tuple[Piece, ...]) -> Api:
    try:
        path = urlsplit(asked.url).path if asked is not None else ""
    except ValueError:
        path = ""
    return next((api for api, form in _PATHS.items() if form.search(path)), None) or api_of(pieces)
