"""Legal wires: what a compliant endpoint may send, however seldom one does.

`breaks` of a legal wire names what is advised against; a MUST is never among it.
"""

import json
import re

from tests.proof import (
    chat_streams,
    honoured,
    legal_agree,
    legal_chat,
    legal_errors,
    legal_hosted,
    legal_responses,
    responses_streams,
    responses_tools,
    timed,
    wires_documents,
    wires_honoured,
)
from tests.proof.chat_streams import COUNTED, TEXT
from tests.proof.wire import Wire, edited

WORDS = responses_streams.TEXT


def _pretty(body: bytes) -> bytes:
    """Every JSON document over many lines, each with its own `data:`."""

    def lines(match: re.Match[bytes]) -> bytes:
        text = json.dumps(json.loads(match[1]), indent=2, ensure_ascii=False)
        return b"\n".join(b"data: " + line.encode() for line in text.splitlines())

    return re.sub(rb"(?m)^data: (\{.*\})$", lines, body)


def _mixed(body: bytes) -> bytes:
    """Lines that end by LF, CR and CR LF in turn."""
    ends = (b"\n", b"\r\n", b"\r")
    lines = body.split(b"\n")[:-1]
    # A CR and an LF that meet would be one line end.
    return b"".join(line + ends[at // 2 % 3] for at, line in enumerate(lines))


def _framed(name: str, base: Wire) -> list[Wire]:
    """One stream in every framing that the standard allows."""
    return [
        edited(base, f"{name}-crlf", lambda body: body.replace(b"\n", b"\r\n"), breaks="sse-line-end"),
        edited(base, f"{name}-cr", lambda body: body.replace(b"\n", b"\r"), breaks="sse-line-end"),
        edited(base, f"{name}-mixed-line-ends", _mixed, breaks="sse-line-end"),
        edited(base, f"{name}-comments-between", lambda body: body.replace(b"\n\n", b"\n\n: wait\n\n")),
        edited(base, f"{name}-comments-inside", lambda body: body.replace(b"data: {", b": wait\ndata: {")),
        edited(base, f"{name}-bare-colons", lambda body: b":\n\n" + body.replace(b"\n\n", b"\n\n:\n\n")),
        edited(base, f"{name}-byte-order-mark", lambda body: b"\xef\xbb\xbf" + body, breaks="sse-bom"),
        edited(base, f"{name}-pretty-json", _pretty),
        edited(base, f"{name}-no-space", lambda body: body.replace(b"data: ", b"data:"), breaks="sse-space"),
        edited(base, f"{name}-more-blank-lines", lambda body: b"\n\n" + body.replace(b"\n\n", b"\n\n\n\n\n")),
        edited(base, f"{name}-spaces-around-json", lambda body: body.replace(b"data: {", b"data:   {")),
        edited(
            base,
            f"{name}-numbered",
            lambda body: re.sub(rb"(?m)^data: \{", b"id: 7\ndata: {", body),
            breaks="sse-id",
        ),
        edited(
            base,
            f"{name}-retry-beside-data",
            lambda body: body.replace(b"data: {", b"retry: 2000\ndata: {", 1),
            breaks="sse-id",
        ),
    ]


def _headed(name: str, *headers: tuple[str, str]) -> Wire:
    return edited(TEXT, f"headers-{name}", headers=headers)


HEADERS = [
    _headed("no-charset", ("content-type", "text/event-stream")),
    _headed("charset-upper-case", ("content-type", "text/event-stream;charset=UTF-8")),
    _headed("type-mixed-case", ("Content-Type", "Text/Event-Stream")),
    _headed("name-upper-case", ("CONTENT-TYPE", "text/event-stream; charset=utf-8")),
    _headed("coding-identity", ("content-type", "text/event-stream"), ("content-encoding", "identity")),
    _headed("coding-empty", ("content-type", "text/event-stream"), ("Content-Encoding", "")),
    _headed("more", ("x-request-id", "7"), ("content-type", "text/event-stream"), ("server", "x")),
]

LEGAL: tuple[Wire, ...] = (
    *chat_streams.STREAMS,
    *responses_streams.STREAMS,
    *responses_tools.STREAMS,
    *_framed("chat", COUNTED),
    *_framed("responses", WORDS),
    *HEADERS,
    *legal_chat.LEGAL,
    *legal_errors.LEGAL,
    *legal_responses.LEGAL,
    *legal_agree.LEGAL,
    *legal_hosted.LEGAL,
    *wires_documents.LEGAL,
    *honoured.LEGAL,
    *wires_honoured.LEGAL,
    *timed.LEGAL,
)
