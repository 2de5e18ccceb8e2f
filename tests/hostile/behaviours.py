"""Hostile and failing endpoints: what each of them does, and the outcome that a run against it must have.

The shapes of `tools.hostile` are behaviours too: bodies that could cost more than their bytes.
"""

import asyncio
import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from conformance.exchange import Api, Ended
from conformance.gate import ExitCode
from tests.capture.hostile import END, FOREVER, HEAD, Asked, Script, chunk, event, says, whole
from tools.hostile import SHAPES

__all__ = ["BEHAVIOURS", "Behaviour"]

_SIZE = 30_000  # bytes of a body of a shape
_LENIENT = (
    *("text", "text in wide characters", "text and thoughts", "bad UTF-8 in text", "documents in a text"),
    *("calls of old", "calls with new indexes"),
)
"""Shapes whose streams break no MUST: a limit that no claim promises to keep is a SHOULD."""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What an endpoint does, and how the exchange and the run must end.

    `short` are the deadlines that are short, in seconds, by the name of their setting. `words` are in the
    detail of the exchange. `breaks` is the rule on HTTP that is broken, "" if none is.
    """

    script: Script = field(repr=False)
    ended: Ended
    code: ExitCode
    status: int | None = 200
    words: str = ""
    breaks: str = ""
    api: Api = Api.CHAT
    short: Mapping[str, float] = field(default_factory=dict)


def _endless(*parts: bytes | float, head: bytes = HEAD) -> Script:
    async def script(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            for part in parts:
                if isinstance(part, bytes):
                    writer.write(part)
                    await writer.drain()
                else:
                    await asyncio.sleep(part)

    return script


def _echo(place: Callable[[Asked], bytes]) -> Script:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await says(place(asked))(asked, writer)

    return script


def _seen(asked: Asked) -> str:
    """All that a request said."""
    return " ".join([asked.line, *asked.headers.values(), asked.body.decode()])


def _coded(coding: str, body: bytes) -> Script:
    head = HEAD[:-2] + f"content-encoding: {coding}\r\n\r\n".encode()
    pieces = [chunk(body[at : at + 10_000]) for at in range(0, len(body), 10_000)]
    return says(head, *pieces, END)


def _refused(
    status: str, body: bytes = b'{"error":{"message":"no","type":"x","param":null,"code":null}}'
) -> Script:
    return whole(status, body)


def _plain(body: bytes, *headers: str) -> Script:
    return whole("200 OK", body, *headers, kind="text/event-stream")


DONE = b"data: [DONE]\n\n"
_BOMB = gzip.compress(b"\0" * 30_000_000, 9)
_OK = b"HTTP/1.1 200 OK\r\n"
_GOOD = HEAD + chunk(event(1) + DONE) + END

BEHAVIOURS: dict[str, Behaviour] = {
    # The connection.
    "closes at once": Behaviour(
        script=says(),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer came: Server disconnected without send",
    ),
    "resets at once": Behaviour(
        script=says(reset=True),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer came: Server disconnected without send",
    ),
    "never answers": Behaviour(
        script=says(FOREVER),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer began within 0.4 s",
        short={"first_byte": 0.4},
    ),
    "speaks mail": Behaviour(
        script=says(b"220 mail ready\r\n\r\n"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer came: illegal status line: bytearray(b",
    ),
    "speaks TLS": Behaviour(
        script=says(b"\x15\x03\x01\x00\x02\x02\x46"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer came: illegal request line",
    ),
    "speaks HTTP/2": Behaviour(
        script=says(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer came: illegal status line: bytearray(b",
    ),
    "sends a body without a head": Behaviour(
        script=says(b"data: hello\n\n"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer came: illegal status line: bytearray(b",
    ),
    # The head.
    "interim answers without end": Behaviour(
        script=_endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 50, 0.01, head=b""),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer began within 0.5 s",
        short={"first_byte": 0.5},
    ),
    "an interim answer, then a good one": Behaviour(
        script=says(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", 0.05, _GOOD),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "a head that drips": Behaviour(
        script=_endless(b"x: y\r\n", 0.05, head=_OK),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer began within 0.5 s",
        short={"first_byte": 0.5},
    ),
    "headers without end": Behaviour(
        script=_endless(b"x: y\r\n" * 100, head=_OK),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer came: Receive buffer too long",
    ),
    "ten thousand headers": Behaviour(
        script=says(_OK + b"x: y\r\n" * 10_000 + b"content-length: 0\r\n\r\n"),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "a header of 10 MB": Behaviour(
        script=says(_OK + b"x: " + b"y" * 10_000_000 + b"\r\ncontent-length: 0\r\n\r\n"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer came: Receive buffer too long",
    ),
    "status 999": Behaviour(
        script=_refused("999 What"), ended=Ended.CLOSED, code=ExitCode.VIOLATION, status=999
    ),
    "status 99": Behaviour(
        script=_refused("99 What"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.VIOLATION,
        status=None,
        words="the answer could not be read: illegal status line: bytearray(b",
        breaks="http-framing",
    ),
    "no reason": Behaviour(
        script=says(b"HTTP/1.1 200\r\ncontent-type: text/event-stream\r\n\r\n" + DONE),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "a negative length": Behaviour(
        script=says(_OK + b"content-length: -1\r\n\r\n{}"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.VIOLATION,
        status=None,
        words="the answer could not be read: bad Content-Length",
        breaks="http-framing",
    ),
    "a length that is no number": Behaviour(
        script=says(_OK + b"content-length: many\r\n\r\n{}"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.VIOLATION,
        status=None,
        words="the answer could not be read: bad Content-Length",
        breaks="http-framing",
    ),
    "two lengths": Behaviour(
        script=says(_OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.VIOLATION,
        status=None,
        words="the answer could not be read: conflicting Content-Length heade",
        breaks="http-framing",
    ),
    "a length beside chunks": Behaviour(
        script=says(HEAD[:-2] + b"content-length: 5\r\n\r\n", chunk(event(1)), END),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
        breaks="content-length-chunked",
    ),
    "a header line without colon": Behaviour(
        script=says(_OK + b"nothing here\r\ncontent-length: 2\r\n\r\n{}"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.VIOLATION,
        status=None,
        words="the answer could not be read: illegal header line: bytearray(b",
        breaks="http-framing",
    ),
    "a header with NUL": Behaviour(
        script=says(_OK + b"x: a\x00b\r\ncontent-length: 2\r\n\r\n{}"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.VIOLATION,
        status=None,
        words="the answer could not be read: illegal header line: bytearray(b",
        breaks="http-framing",
    ),
    "a folded header": Behaviour(
        script=says(_OK + b"x: a\r\n b\r\ncontent-length: 2\r\n\r\n{}"),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
        breaks="http-framing",
    ),
    "another protocol": Behaviour(
        script=says(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer came: Received server _SWITCH_UPGRADE ",
        short={"first_byte": 0.5},
    ),
    "no content": Behaviour(
        script=says(b"HTTP/1.1 204 No Content\r\n\r\n"),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
        status=204,
    ),
    "half a head": Behaviour(
        script=says(b"HTTP/1.1 200 OK\r\ncontent-ty"),
        ended=Ended.NO_RESPONSE,
        code=ExitCode.ERROR,
        status=None,
        words="no answer came: Server disconnected without send",
    ),
    # The framing of the body.
    "a chunk size that is none": Behaviour(
        script=says(HEAD, b"zzz\r\n"),
        ended=Ended.RESET,
        code=ExitCode.VIOLATION,
        words="the body could not be read on after the head of the answer:",
        breaks="http-framing",
    ),
    "a negative chunk size": Behaviour(
        script=says(HEAD, b"-1\r\nx\r\n"),
        ended=Ended.RESET,
        code=ExitCode.VIOLATION,
        words="the body could not be read on after the head of the answer:",
        breaks="http-framing",
    ),
    "a huge chunk size": Behaviour(
        script=says(HEAD, b"fffffffffffffff\r\nx"),
        ended=Ended.RESET,
        code=ExitCode.VIOLATION,
        words="the body broke off after 1 byte without a comple",
    ),
    "a chunk size without end": Behaviour(
        script=_endless(b"0" * 1_000),
        ended=Ended.RESET,
        code=ExitCode.VIOLATION,
        words="the body broke off after the head of the answer:",
        short={"silence": 1.0},
    ),
    "extensions of chunks without end": Behaviour(
        script=_endless(b"1;" + b"x" * 10_000),
        ended=Ended.RESET,
        code=ExitCode.VIOLATION,
        words="the body broke off after the head of the answer:",
        short={"silence": 1.0},
    ),
    "trailers": Behaviour(
        script=says(HEAD, chunk(event(1)), b"0\r\nx: y\r\n\r\n"), ended=Ended.CLOSED, code=ExitCode.VIOLATION
    ),
    "trailers without end": Behaviour(
        script=says(HEAD, chunk(event(1)), b"0\r\n", *[b"x: y\r\n" * 1_000] * 200),
        ended=Ended.RESET,
        code=ExitCode.VIOLATION,
        words="the body broke off after event 1: Receive buffer",
    ),
    "no last chunk": Behaviour(
        script=says(HEAD, chunk(event(1))),
        ended=Ended.RESET,
        code=ExitCode.VIOLATION,
        words="the body broke off after event 1: peer closed co",
    ),
    "shorter than it says": Behaviour(
        script=says(_OK + b"content-length: 99\r\n\r\n{}"),
        ended=Ended.RESET,
        code=ExitCode.VIOLATION,
        words="the body broke off after 2 bytes without a compl",
    ),
    "longer than it says": Behaviour(
        script=says(_OK + b"content-length: 2\r\n\r\n{}" + b"x" * 100),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
        breaks="http-framing",
    ),
    "half an event, then the end": Behaviour(
        script=says(HEAD, chunk(event(1)[:20]), END), ended=Ended.CLOSED, code=ExitCode.VIOLATION
    ),
    "half an event, then a reset": Behaviour(
        script=says(HEAD, chunk(event(1)[:20]), reset=True),
        ended=Ended.RESET,
        code=ExitCode.VIOLATION,
        words="the body broke off after 20 bytes without a comp",
    ),
    # Codings that were not asked for.
    "gzip": Behaviour(
        script=_coded("gzip", gzip.compress(event(1) + DONE)), ended=Ended.CLOSED, code=ExitCode.VIOLATION
    ),
    "a gzip bomb": Behaviour(
        script=_coded("gzip", _BOMB),
        ended=Ended.CEILING,
        code=ExitCode.VIOLATION,
        words="the body is larger than 2000000 bytes",
    ),
    "a deflate bomb": Behaviour(
        script=_coded("deflate", zlib.compress(b"\0" * 30_000_000, 9)),
        ended=Ended.CEILING,
        code=ExitCode.VIOLATION,
        words="the body is larger than 2000000 bytes",
    ),
    "gzip that is none": Behaviour(
        script=_coded("gzip", b"hello"), ended=Ended.CLOSED, code=ExitCode.VIOLATION
    ),
    "gzip cut short": Behaviour(
        script=_coded("gzip", gzip.compress(event(1) * 100)[:40]), ended=Ended.CLOSED, code=ExitCode.VIOLATION
    ),
    "gzip twice": Behaviour(
        script=_coded("gzip, gzip", gzip.compress(gzip.compress(event(1)))),
        ended=Ended.LEFT,
        code=ExitCode.VIOLATION,
        words="the body is in the content coding 'gzip, gzip', ",
    ),
    "brotli": Behaviour(
        script=_coded("br", b"\x8b\x02\x80"),
        ended=Ended.LEFT,
        code=ExitCode.VIOLATION,
        words="the body is in the content coding 'br', which wa",
    ),
    "zstandard": Behaviour(
        script=_coded("zstd", b"\x28\xb5\x2f\xfd"),
        ended=Ended.LEFT,
        code=ExitCode.VIOLATION,
        words="the body is in the content coding 'zstd', which ",
    ),
    # Time.
    "silent after the head": Behaviour(
        script=says(HEAD, FOREVER),
        ended=Ended.SILENCE,
        code=ExitCode.VIOLATION,
        words="nothing came for 2.0 s after the head of the ans",
        short={"first_byte": 2.0, "silence": 0.3},
    ),
    "silent after an event": Behaviour(
        script=says(HEAD, chunk(event(1)), FOREVER),
        ended=Ended.SILENCE,
        code=ExitCode.VIOLATION,
        words="nothing came for 0.3 s after event 1",
        short={"silence": 0.3},
    ),
    "silent within an event": Behaviour(
        script=says(HEAD, chunk(b"data: {"), FOREVER),
        ended=Ended.SILENCE,
        code=ExitCode.VIOLATION,
        words="nothing came for 0.3 s after 7 bytes without a c",
        short={"silence": 0.3},
    ),
    "one byte after another": Behaviour(
        script=_endless(chunk(b"x"), 0.1),
        ended=Ended.OVERTIME,
        code=ExitCode.VIOLATION,
        words="the answer was not over after 2 s, after ",
        short={"stream": 2.0},
    ),
    "comments without end": Behaviour(
        script=_endless(chunk(b": ping\n\n"), 0.1),
        ended=Ended.OVERTIME,
        code=ExitCode.VIOLATION,
        words="the answer was not over after 2 s, after ",
        short={"stream": 2.0},
    ),
    "events without end": Behaviour(
        script=_endless(chunk(event(1) * 500)),
        ended=Ended.CEILING,
        code=ExitCode.VIOLATION,
        words="the stream has more than 20000 events",
    ),
    "bytes without end": Behaviour(
        script=_endless(chunk(b"x" * 100_000)),
        ended=Ended.CEILING,
        code=ExitCode.VIOLATION,
        words="the body is larger than 2000000 bytes",
    ),
    "open after the terminator": Behaviour(
        script=says(HEAD, chunk(event(1) + DONE), FOREVER),
        ended=Ended.HELD_OPEN,
        code=ExitCode.VIOLATION,
        words="the body was still open 0.3 s after [DONE]",
    ),
    "talking after the terminator": Behaviour(
        script=says(HEAD, chunk(DONE), *(part for _ in range(400) for part in (0.1, chunk(b": x\n\n")))),
        ended=Ended.HELD_OPEN,
        code=ExitCode.VIOLATION,
        words="the body was still open 0.3 s after [DONE]",
    ),
    "a run without time": Behaviour(
        script=says(HEAD, chunk(event(1)), FOREVER),
        ended=Ended.INTERRUPTED,
        code=ExitCode.VIOLATION,
        words="the 2 s of the whole run were over after event",
        short={"run": 2.0},
    ),
    # Refusals.
    "a redirect": Behaviour(
        script=whole("307 Temporary Redirect", b"", "location: https://other.example/v1"),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
        status=307,
    ),
    "a redirect to a script": Behaviour(
        script=whole("302 Found", b"", "location: javascript:alert(1)"),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
        status=302,
    ),
    "a redirect to no address": Behaviour(
        script=whole("301 Moved Permanently", b"", "location: http://[::1/"),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
        status=301,
    ),
    "a redirect without address": Behaviour(
        script=whole("308 Permanent Redirect", b""), ended=Ended.CLOSED, code=ExitCode.VIOLATION, status=308
    ),
    "a redirect to itself": Behaviour(
        script=_echo(
            lambda asked: (
                b"HTTP/1.1 302 Found\r\nlocation: %b\r\ncontent-length: 0\r\n\r\n"
                % asked.line.split()[1].encode()
            )
        ),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
        status=302,
    ),
    "400": Behaviour(
        script=_refused("400 Bad Request"), ended=Ended.CLOSED, code=ExitCode.VIOLATION, status=400
    ),
    "401": Behaviour(
        script=_refused("401 Unauthorized"),
        ended=Ended.CLOSED,
        code=ExitCode.USAGE,
        status=401,
        words="hostile refuses the key in HOSTILE_API_KEY (stat",
    ),
    "402": Behaviour(
        script=_refused("402 Payment Required"), ended=Ended.CLOSED, code=ExitCode.ERROR, status=402
    ),
    "403": Behaviour(
        script=_refused("403 Forbidden"),
        ended=Ended.CLOSED,
        code=ExitCode.USAGE,
        status=403,
        words="hostile refuses the key in HOSTILE_API_KEY (stat",
    ),
    "404": Behaviour(
        script=_refused("404 Not Found"),
        ended=Ended.CLOSED,
        code=ExitCode.USAGE,
        status=404,
        words="there is no API at ",
    ),
    "405": Behaviour(
        script=_refused("405 Method Not Allowed"),
        ended=Ended.CLOSED,
        code=ExitCode.USAGE,
        status=405,
        words="there is no API at ",
    ),
    "413": Behaviour(
        script=_refused("413 Content Too Large"), ended=Ended.CLOSED, code=ExitCode.VIOLATION, status=413
    ),
    "422": Behaviour(
        script=_refused("422 Unprocessable Content"), ended=Ended.CLOSED, code=ExitCode.VIOLATION, status=422
    ),
    "429 at once": Behaviour(
        script=whole("429 Too Many Requests", b"{}", "retry-after: 0"),
        ended=Ended.CLOSED,
        code=ExitCode.ERROR,
        status=429,
    ),
    "429 and a wait that is no time": Behaviour(
        script=whole("429 Too Many Requests", b"{}", "retry-after: tomorrow"),
        ended=Ended.CLOSED,
        code=ExitCode.ERROR,
        status=429,
    ),
    "429 and a negative wait": Behaviour(
        script=whole("429 Too Many Requests", b"{}", "retry-after: -5"),
        ended=Ended.CLOSED,
        code=ExitCode.ERROR,
        status=429,
    ),
    "429 and a wait of years": Behaviour(
        script=whole("429 Too Many Requests", b"{}", "retry-after: 99999999"),
        ended=Ended.CLOSED,
        code=ExitCode.ERROR,
        status=429,
        short={"run": 2.0},
    ),
    "429 and a wait until the past": Behaviour(
        script=whole("429 Too Many Requests", b"{}", "retry-after: Wed, 21 Oct 2015 07:28:00 GMT"),
        ended=Ended.CLOSED,
        code=ExitCode.ERROR,
        status=429,
    ),
    "500": Behaviour(
        script=_refused("500 Internal Server Error"), ended=Ended.CLOSED, code=ExitCode.VIOLATION, status=500
    ),
    "501": Behaviour(
        script=_refused("501 Not Implemented"),
        ended=Ended.CLOSED,
        code=ExitCode.USAGE,
        status=501,
        words="there is no API at ",
    ),
    "502 as a web page": Behaviour(
        script=whole("502 Bad Gateway", b"<html>bad</html>", kind="text/html"),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
        status=502,
    ),
    "503 without words": Behaviour(
        script=whole("503 Service Unavailable", b""), ended=Ended.CLOSED, code=ExitCode.VIOLATION, status=503
    ),
    "529": Behaviour(
        script=_refused("529 Overloaded"), ended=Ended.CLOSED, code=ExitCode.VIOLATION, status=529
    ),
    # The body.
    "nothing": Behaviour(script=_plain(b""), ended=Ended.CLOSED, code=ExitCode.VIOLATION),
    "a web page": Behaviour(
        script=whole("200 OK", b"<!doctype html><script>alert(1)</script>", kind="text/html"),
        ended=Ended.CLOSED,
        code=ExitCode.USAGE,
    ),
    "a document": Behaviour(
        script=whole("200 OK", b'{"object":"chat.completion","choices":[]}'),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "JSON 100,000 deep": Behaviour(
        script=whole("200 OK", b"[" * 100_000), ended=Ended.CLOSED, code=ExitCode.VIOLATION
    ),
    "an error in the stream": Behaviour(
        script=_plain(b'data: {"error":{"message":"no"}}\n\n'), ended=Ended.CLOSED, code=ExitCode.VIOLATION
    ),
    "events without their type": Behaviour(
        script=whole("200 OK", event(1) + DONE, kind="text/plain"),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "any bytes": Behaviour(
        script=_plain(bytes(range(256)) * 400), ended=Ended.CLOSED, code=ExitCode.VIOLATION
    ),
    "UTF-16": Behaviour(
        script=_plain((event(1) + DONE).decode().encode("utf-16")),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "a byte order mark": Behaviour(
        script=_plain(b"\xef\xbb\xbf" + event(1) + DONE), ended=Ended.CLOSED, code=ExitCode.VIOLATION
    ),
    "commands of CI runners": Behaviour(
        script=_plain(b":::add-mask::a\n::set-output name=a::b\n##vso[task.complete]\n\n" + event(1)),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "escapes of terminals": Behaviour(
        script=_plain(b"data: \x1b]0;title\x07\x1b[2J\x9b31m\n\n" + event(1)),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "markup": Behaviour(
        script=_plain(b'data: {"id":"</script><img src=x onerror=alert(1)>"}\n\n'),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "line ends in texts": Behaviour(
        script=_plain(b'data: {"id":"a\\n{\\"line\\":\\"footer\\"}\\u2028"}\n\n'),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "the request, said again": Behaviour(
        script=_echo(lambda asked: HEAD + chunk(f"data: {_seen(asked)}\n\n".encode()) + END),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
    ),
    "the request, said again in a refusal": Behaviour(
        script=_echo(
            lambda asked: (
                b"HTTP/1.1 400 Bad Request\r\nx-seen: %b\r\nconnection: close\r\n\r\n%b"
                % (asked.headers["authorization"].encode(), _seen(asked).encode())
            )
        ),
        ended=Ended.CLOSED,
        code=ExitCode.VIOLATION,
        status=400,
    ),
    # Bodies that could cost more than their bytes.
    **{
        f"shape: {shape.name}": Behaviour(
            script=_plain(shape.make(_SIZE)),
            ended=Ended.CLOSED,
            code=ExitCode.CONFORMS if shape.name in _LENIENT else ExitCode.VIOLATION,
            api=shape.api,
        )
        for shape in SHAPES
    },
}
"""Every behaviour by its name."""
