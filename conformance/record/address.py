"""Who may use the recorder, and where it forwards to: its upstream, and nothing else. Pure."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote, urlsplit

from conformance.capture.served import HOST
from conformance.evidence.headers import address
from conformance.providers import host_and_port
from conformance.record.errors import UpstreamUnusableError

__all__ = ["MOUNT", "Upstream", "base_of", "end_to_end", "end_to_end_back", "refusal", "upgrades"]

MOUNT = "/v1"
"""The path that stands for the upstream's base URL."""

Pairs = list[tuple[bytes, bytes]]

_LOOPBACK = (HOST, "localhost")
_PAGES = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?")
# RFC 9110, 7.6.1. What `Expect` asks for, the recorder itself has answered.
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding", b"upgrade"}
)
_ANSWERED = frozenset({b"host", b"expect"})
_DECODED = 4  # times that a path is percent-decoded to see what a server might make of it


def base_of(port: int) -> str:
    """The base URL under which an application reaches a recorder on a port."""
    return f"http://{HOST}:{port}{MOUNT}"


def refusal(headers: Sequence[tuple[bytes, bytes]], port: int) -> str:
    """Why a request is not served, in words; "" if it is.

    A web page can make its own host name lead here, but its requests then name that host; and it can send
    requests here, but they name where it comes from, or `null` if it hides that in a frame of its own. Where
    they name nothing, as for an image, the browser says that they are from another site.
    """
    named = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
    there = {f"{host}:{port}" for host in _LOOPBACK} | ({*_LOOPBACK} if port == 80 else set())
    if len(named) != 1 or named[0] not in there:
        return f"its Host is {', '.join(named) or 'missing'}, not {HOST}:{port}"
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    for origin in origins:
        if origin.startswith(("http", "null")) and not _PAGES.fullmatch(origin):
            return f"it comes from a web page of {origin}"
    if not origins and (b"sec-fetch-site", b"cross-site") in headers:
        return "it comes from a web page of another site"
    return ""


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Pairs:
    """The headers of a request that go on to its upstream, in order; all but those of this connection."""
    return _without(headers, _HOP_BY_HOP | _ANSWERED)


def end_to_end_back(headers: Iterable[tuple[str, str]]) -> Pairs:
    """The headers of an answer that go back to the client, in order."""
    found = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return _without(found, _HOP_BY_HOP)


def _without(headers: Iterable[tuple[bytes, bytes]], left_out: frozenset[bytes]) -> Pairs:
    pairs = list(headers)
    named = {
        token.strip().lower()
        for name, value in pairs
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    if any(name.lower() == b"transfer-encoding" for name, _ in pairs):
        named.add(b"content-length")  # where both are there, the chunks count and the length does not
    return [(name, value) for name, value in pairs if name.lower() not in left_out | named]


def upgrades(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request asks to go on as a WebSocket."""
    return any(name == b"upgrade" and b"websocket" in value.lower() for name, value in headers)


class Upstream:
    """The base URL that everything is forwarded to."""

    def __init__(self, url: str) -> None:
        """Raises NotAnAddressError, and UpstreamUnusableError for a URL with more than a base."""
        self.host, self.port = host_and_port(url, "the upstream")
        parts = urlsplit(url)
        for problem, there in {
            "it has a user name or a password": "@" in parts.netloc,
            "it has a query": "?" in url,
            "it has a fragment": "#" in url,
        }.items():
            if there:
                raise UpstreamUnusableError(address(url, query=False), problem)
        self.url = url.rstrip("/")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._path = parts.path.rstrip("/")

    def target(self, path: bytes, query: bytes) -> str | None:
        """The URL that a request is forwarded to, given its path and query as sent.

        `/v1` stands for the base URL; an upstream without a path gets each path as it is. None for a path
        that does not stay below the base URL.
        """
        text = path.decode("latin-1")
        if not text.startswith("/") or "#" in text or _climbs(text):
            return None
        for mount in (self._path, MOUNT) if self._path else ():
            if text == mount or text.startswith(f"{mount}/"):
                text = text[len(mount) :]
                break
        asked = f"?{query.decode('latin-1')}" if query else ""
        return f"{self._origin}{self._path}{text}{asked}"


def _climbs(path: str) -> bool:
    """Whether a part of a path, percent-decoded or not, stands for another folder than its own."""
    for _ in range(_DECODED):
        parts = re.split(r"[/\\]", path)
        if any(part.partition(";")[0].strip() in (".", "..") for part in parts):
            return True
        decoded = unquote(path)
        if decoded == path:
            return False
        path = decoded
    return True
