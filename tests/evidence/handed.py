"""Recordings of other programs, made in memory and handed to the reader."""

import io
import json
import zipfile
from typing import Any

from conformance.evidence import load
from conformance.evidence.errors import EvidenceError
from conformance.evidence.load import Handed
from conformance.exchange import Exchange

__all__ = [
    "ASKED",
    "CHUNK",
    "HEAD",
    "KEY",
    "STREAM",
    "TYPE",
    "URL",
    "VERBOSE",
    "cassette",
    "entry",
    "flow",
    "handed",
    "har",
    "netstring",
    "one",
    "wrong",
    "zipped",
]

CHUNK = '{"object":"chat.completion.chunk","choices":[]}'
STREAM = f"data: {CHUNK}\n\ndata: [DONE]\n\n".encode()
KEY = "sk-0123456789abcdef"
URL = "https://api.example.com/v1/chat/completions"
ASKED = '{"model":"m","stream":true,"messages":[]}'
TYPE = ("Content-Type", "text/event-stream")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: a=b\r\n\r\n"
VERBOSE = (
    b"*   Trying 127.0.0.1:80...\n* Connected to api.example.com\n* ALPN: server accepted h2\n"
    b"> POST /v1/chat/completions HTTP/2\r\n> Host: api.example.com\r\n> Authorization: Bearer "
    + KEY.encode()
    + b"\r\n> \r\n"
    b"} [10 bytes data]\n< HTTP/2 200 \r\n< content-type: text/event-stream\r\n< \r\n{ [20 bytes data]\n"
)


def handed(
    data: bytes, name: str = "in/file", request: str = ""
) -> tuple[list[Exchange], list[EvidenceError]]:
    """What is in a file: its exchanges, and why others gave none."""
    exchanges, unreadable = load([Handed(name, data)], request=request)
    return exchanges, [item.error for item in unreadable]


def one(data: bytes, name: str = "in/file", request: str = "") -> Exchange:
    """The only exchange of a file."""
    (exchange,), errors = handed(data, name, request)
    assert errors == []
    return exchange


def wrong(data: bytes, name: str = "in/file") -> EvidenceError:
    """The only error of a file without exchanges."""
    exchanges, (error,) = handed(data, name)
    assert exchanges == []
    assert error.hint
    return error


def har(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def entry(url: str = URL, method: str = "POST", status: int = 200, **content: Any) -> dict[str, Any]:
    request = {
        "method": method,
        "url": url,
        "headers": [
            {"name": ":method", "value": "POST"},
            {"name": "Authorization", "value": f"Bearer {KEY}"},
        ],
        "postData": {"mimeType": "application/json", "text": ASKED},
    }
    headers = [{"name": "content-type", "value": "text/event-stream"}]
    return {"request": request, "response": {"status": status, "headers": headers, "content": content}}


def cassette(body: Any, *, headers: dict[str, Any] | None = None, **response: Any) -> dict[str, Any]:
    request = {"method": "POST", "uri": URL, "body": ASKED, "headers": {"authorization": [f"Bearer {KEY}"]}}
    answer = {"status": {"code": 200, "message": "OK"}, "headers": headers or dict([TYPE]), "body": body}
    return {"version": 1, "interactions": [{"request": request, "response": answer | response}]}


def zipped(files: dict[str, bytes], way: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", way) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def netstring(value: Any) -> bytes:
    """A value as mitmproxy writes it."""
    match value:
        case bytes():
            data, tag = value, b","
        case str():
            data, tag = value.encode(), b";"
        case bool():
            data, tag = str(value).lower().encode(), b"!"
        case int():
            data, tag = str(value).encode(), b"#"
        case float():
            data, tag = repr(value).encode(), b"^"
        case None:
            data, tag = b"", b"~"
        case list():
            data, tag = b"".join(map(netstring, value)), b"]"
        case _:
            data, tag = b"".join(netstring(item) for pair in value.items() for item in pair), b"}"
    return str(len(data)).encode() + b":" + data + tag


def flow(**changes: Any) -> bytes:
    request = {
        "host": "api.example.com",
        "port": 443,
        "scheme": b"https",
        "method": b"POST",
        "path": b"/v1/chat/completions",
        "headers": [[b"Authorization", f"Bearer {KEY}".encode()]],
        "content": ASKED.encode(),
        "timestamp_start": 1788000000.25,
    }
    response = {
        "status_code": 200,
        "headers": [[b"Content-Type", b"text/event-stream"]],
        "content": STREAM,
        "timestamp_end": 1788000001.5,
    }
    return netstring(
        {"version": 21, "type": "http", "request": request, "response": response, "error": None, **changes}
    )
