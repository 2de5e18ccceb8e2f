"""From what a program received to an exchange: bytes, pieces, or a response of httpx."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.errors import UserError, meant
from conformance.evidence.ceiling import bounded
from conformance.evidence.foreign import api_of, expectation, slug
from conformance.evidence.headers import header_secrets
from conformance.evidence.redact import Redactor
from conformance.exchange import Ended, Exchange, Piece, Request

if TYPE_CHECKING:
    import httpx

__all__ = ["Body", "Headers", "received"]

Body = bytes | str | Iterable[bytes | Piece]
"""A body: its bytes or text as received, or the pieces of it in order, with or without times."""
Headers = Mapping[str, str] | Iterable[tuple[str, str]]

_PROVIDER = "endpoint"  # the name of one that nobody named
_ID = "stream"
_EXPECTED = ("stream", "document", "refusal")
_APIS = ("chat", "responses")
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

    What is given beside a response of httpx takes the place of what the response says. Raises UserError.
    """
    _check("api", api, _APIS)
    _check("expects", expects, _EXPECTED)
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
        api=api or _api(asked, pieces),
        provider=slug(name or _PROVIDER),
        request=asked,
        status=status,
        headers=listed,
        pieces=pieces,
        ended=ended,
    )
    exchange = replace(
        exchange,
        model=str(exchange.asked.get("model") or ""),
        expects=expects or (expectation(exchange.asked) if asked and asked.body else "stream"),
        lacks=_not_held(exchange),
    )
    return _redacted(bounded(exchange))


def _check(name: str, value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        hint = meant(str(value), known) or f"it is one of {', '.join(known)}"
        raise UserError(name, f"{name} is {value!r}", hint)


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
        raise UserError(
            "response",
            "the body of the response was consumed and not kept",
            "collect what iter_bytes gives, and hand over the list with request, status and headers",
        )
    try:
        content = response.read()
    except RuntimeError:  # it is closed, or its body is asynchronous
        hint = "read it while it is open: `response.read()`, or `await response.aread()`"
        raise UserError("response", "the body of the response was not read", hint) from None
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
            raise UserError(
                "request",
                f"request is of type {type(request).__name__}",
                "hand over the body of the request, as an object or as JSON text",
            )


def _pieces(body: object) -> tuple[Piece, ...]:
    match body:
        case str():
            return (Piece(data=body.encode()),) if body else ()
        case bytes() | bytearray() | memoryview():
            return (Piece(data=bytes(body)),) if body else ()
        case Iterable():
            return tuple(map(_piece, body))
        case _:
            raise UserError(
                "body",
                f"body is of type {type(body).__name__}",
                "hand over bytes, pieces of bytes in order, or a response of httpx; of another library's "
                "response its body as bytes, with status, headers and request",
            )


def _piece(item: object) -> Piece:
    match item:
        case Piece():
            return item
        case bytes() | bytearray() | memoryview():
            return Piece(data=bytes(item))
        case str():
            return Piece(data=item.encode())
        case _:
            raise UserError(
                "body", f"a piece of the body is of type {type(item).__name__}", "each is bytes or a Piece"
            )


def _named(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}-{port}" if parts.hostname else ""


def _api(asked: Request | None, pieces: tuple[Piece, ...]) -> str:
    if asked is not None and asked.url:
        return "responses" if _RESPONSES_PATH.search(urlsplit(asked.url).path) else "chat"
    return api_of(pieces)


def _not_held(exchange: Exchange) -> frozenset[str]:
    """What nobody gave."""
    held = {
        "request": exchange.request is not None and bool(exchange.request.body),
        "status": exchange.status is not None,
        "headers": bool(exchange.headers),
        "timing": any(piece.at is not None for piece in exchange.pieces),
        "ending": exchange.ended is not Ended.UNKNOWN,
    }
    return frozenset(name for name, is_held in held.items() if not is_held)


def _redacted(exchange: Exchange) -> Exchange:
    """The exchange without the credentials of its request, as its evidence would have it."""
    request = exchange.request
    secrets = header_secrets(request.headers) if request is not None else ()
    # A short one is let pass: in tests of gateways the key is often a word.
    redactor = Redactor(secrets, loopback=True)
    pieces = [part for piece in exchange.pieces for part in redactor.feed(piece)] + redactor.flush()
    if request is not None:
        request = replace(
            request,
            url=redactor.text(request.url),
            headers=tuple(redactor.headers(request.headers)),
            body=redactor.text(request.body),
        )
    return replace(
        exchange, request=request, headers=tuple(redactor.headers(exchange.headers)), pieces=tuple(pieces)
    )
