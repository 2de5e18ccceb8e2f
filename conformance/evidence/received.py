"""From what a program received to an exchange: bytes, pieces, or a response of httpx."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.evidence.errors import (
    HandedTypeError,
    ResponseConsumedError,
    ResponseUnreadError,
    UnknownApiError,
    UnknownExpectationError,
)
from conformance.evidence.foreign import api_of, expectation
from conformance.evidence.headers import address, address_secrets, header_secrets
from conformance.evidence.redact import Redactor
from conformance.exchange import Api, Ended, Exchange, Expects, Piece, Request
from conformance.text import slug

if TYPE_CHECKING:
    import httpx

__all__ = ["Body", "Headers", "received"]

Body = bytes | str | Iterable[bytes | Piece]
"""A body: its bytes or text as received, or the pieces of it in order, with or without times."""
Headers = Mapping[str, str] | Iterable[tuple[str, str]]

_PROVIDER = "endpoint"  # the name of one that nobody named
_ID = "stream"
_EXPECTED = tuple(item.value for item in Expects if item is not Expects.UNKNOWN)
_REQUEST = "the body of the request, as an object or as JSON text"
_BODY = (
    "bytes, pieces of bytes in order, or a response of httpx; of another library's response its body as "
    "bytes, with status, headers and request"
)
_RESPONSES_PATH = re.compile(r"/responses(/|$)")


def received(
    body: "Body | httpx.Response",
    *,
    api: str | None = None,
    request: Mapping[str, Any] | str | bytes | Request | None = None,
    status: int | None = None,
    headers: Headers | None = None,
    expects: str | None = None,
    provider: str = "",
) -> Exchange:
    """The exchange of one answer, redacted; the arguments are those of `judge_stream`.

    What is given beside a response of httpx takes the place of what the response says. Raises
    UnknownApiError, UnknownExpectationError, HandedTypeError, ResponseUnreadError and ResponseConsumedError.
    """
    if api is not None and api not in tuple(Api):
        raise UnknownApiError(api, tuple(Api))
    if expects is not None and expects not in _EXPECTED:
        raise UnknownExpectationError(expects, _EXPECTED)
    asked = None if request is None else _request(request)
    ended = Ended.UNKNOWN
    name = provider
    if _is_response(body):
        response: Any = body
        body, ended = _content(response), Ended.CLOSED
        status = response.status_code if status is None else status
        headers = response.headers.multi_items() if headers is None else headers
        if (sent := getattr(response, "_request", None)) is not None:
            asked = _sent(sent) if asked is None else asked
            name = name or _named(str(sent.url))
    pieces = _pieces(body)
    listed = tuple(headers.items() if isinstance(headers, Mapping) else headers or ())
    exchange = Exchange(
        id=_ID,
        api=Api(api) if api else _api(asked, pieces),
        provider=slug(name or _PROVIDER),
        request=asked,
        status=status,
        headers=listed,
        pieces=pieces,
        ended=ended,
    )
    found = expectation(exchange.asked) if asked is not None and asked.body else Expects.STREAM
    exchange = replace(
        exchange,
        model=str(exchange.asked.get("model") or ""),
        expects=Expects(expects) if expects else found,
    )
    return _redacted(exchange)


def _is_response(body: object) -> bool:
    # Whoever has a response of a library has imported it; nobody else waits for it.
    libraries = filter(None, map(sys.modules.get, ("httpx", "httpx2")))
    return any(isinstance(body, library.Response) for library in libraries)


def _content(response: Any) -> bytes:
    """The body of a response of httpx, read now where it has not been."""
    if hasattr(response, "_content"):
        content: bytes = response.content
        return content
    if response.is_stream_consumed:
        raise ResponseConsumedError
    try:
        content = response.read()
    except RuntimeError:  # it is closed, or its body is asynchronous
        raise ResponseUnreadError from None
    return content


def _sent(request: Any) -> Request:
    """A request of httpx; without its body where that was streamed."""
    content = request.content if hasattr(request, "_content") else b""
    return Request(
        method=request.method,
        url=str(request.url),
        headers=tuple(request.headers.multi_items()),
        body=content.decode(errors="replace"),
    )


def _request(request: Mapping[str, Any] | str | bytes | Request) -> Request:
    match request:
        case Request():
            return request
        case str():
            return Request(body=request)
        case bytes():
            return Request(body=request.decode(errors="replace"))
        case Mapping():
            return Request(body=json.dumps(dict(request), ensure_ascii=False))
        case _:
            raise HandedTypeError("request", type(request).__name__, _REQUEST)


def _pieces(body: object) -> tuple[Piece, ...]:
    match body:
        case str():
            return (Piece(data=body.encode()),) if body else ()
        case bytes() | bytearray() | memoryview():
            return (Piece(data=bytes(body)),) if body else ()
        case Iterable():
            return tuple(map(_piece, body))
        case _:
            raise HandedTypeError("body", type(body).__name__, _BODY)


def _piece(item: object) -> Piece:
    match item:
        case Piece():
            return item
        case bytes() | bytearray() | memoryview():
            return Piece(data=bytes(item))
        case str():
            return Piece(data=item.encode())
        case _:
            raise HandedTypeError("a piece of the body", type(item).__name__, "bytes, or a Piece")


def _named(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}-{port}" if parts.hostname else ""


def _api(asked: Request | None, pieces: tuple[Piece, ...]) -> Api:
    if asked is not None and asked.url:
        return Api.RESPONSES if _RESPONSES_PATH.search(urlsplit(asked.url).path) else Api.CHAT
    return api_of(pieces)


def _redacted(exchange: Exchange) -> Exchange:
    """The exchange without the credentials of its request, as its evidence would have it."""
    request = exchange.request
    secrets: tuple[str, ...] = ()
    if request is not None:
        secrets = header_secrets(request.headers) + address_secrets(request.url)
    # A short one is let pass: in tests of gateways the key is often a word.
    redactor = Redactor(secrets, loopback=True)
    pieces = [part for piece in exchange.pieces for part in redactor.feed(piece)] + redactor.flush()
    if request is not None:
        request = replace(
            request,
            url=redactor.text(address(request.url)),
            headers=tuple(redactor.headers(request.headers)),
            body=redactor.text(request.body),
        )
    return replace(
        exchange, request=request, headers=tuple(redactor.headers(exchange.headers)), pieces=tuple(pieces)
    )
