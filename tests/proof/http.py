"""What breaks and what keeps the requirements on the HTTP below an answer.

What the recorder makes of bytes is tested in `tests/capture/test_capture_framing.py`.
"""

from conformance.exchange import Ended, Malformed
from tests.proof.streams import responses
from tests.proof.streams.chat import TEXT
from tests.proof.streams.documents import DOCUMENT, JSON_TYPE, REFUSAL, REFUSED_TYPE
from tests.proof.streams.edits import edited, instead
from tests.proof.streams.handmade import EVENT_STREAM, Wire

_HEADS = (
    (Malformed.STATUS_LINE, "illegal status line: bytearray(b'HTTP/1.1 99 What')"),
    (Malformed.HEADER, "illegal header line: bytearray(b'nothing here')"),
    (Malformed.LENGTH, "bad Content-Length"),
    (Malformed.CODING, "multiple Transfer-Encoding headers"),
)
_LENGTH = ("Content-Length", "12")
_CHUNKED = ("transfer-encoding", "chunked")
_CUT = "the body could not be read on after event 3: illegal chunk header: bytearray(b'zz')"


def _unread(base: Wire, name: str, malformed: Malformed, error: str) -> Wire:
    """An answer of which the HTTP library could not read even the head."""
    return edited(
        base,
        name,
        instead(b""),
        breaks="http-framing",
        status=None,
        headers=(),
        ended=Ended.NO_RESPONSE,
        malformed=malformed,
        detail=f"the answer could not be read: {error}",
    )


BROKEN: tuple[Wire, ...] = (
    *(_unread(TEXT, f"head-{kind}", kind, error) for kind, error in _HEADS),
    _unread(DOCUMENT, "head-of-document", *_HEADS[1]),
    _unread(REFUSAL, "head-of-refusal", *_HEADS[2]),
    _unread(responses.TEXT, "head-of-responses", *_HEADS[3]),
    edited(
        TEXT,
        "header-folded",
        breaks="http-framing",
        malformed=Malformed.FOLDED,
        detail="a header line begins with white space: ' b'",
    ),
    edited(
        responses.TEXT,
        "bytes-behind-the-answer",
        breaks="http-framing",
        malformed=Malformed.SURPLUS,
        detail="4 bytes came behind the end of the answer: 'more'",
    ),
    edited(
        TEXT,
        "chunk-size-no-number",
        breaks=("http-framing", "body-complete"),
        cause="What cannot be read on is not complete.",
        ended=Ended.RESET,
        malformed=Malformed.CHUNK,
        detail=_CUT,
    ),
    edited(
        TEXT,
        "folded-and-lost",
        breaks=("http-framing", "body-complete"),
        cause="The body was lost besides.",
        ended=Ended.RESET,
        malformed=Malformed.FOLDED,
        detail="the body broke off after event 3: lost; a header line begins with white space: ' b'",
    ),
    edited(
        TEXT,
        "length-beside-chunks",
        breaks="content-length-chunked",
        headers=(*EVENT_STREAM, _CHUNKED, _LENGTH),
    ),
    edited(
        DOCUMENT,
        "length-beside-chunks-of-document",
        breaks="content-length-chunked",
        headers=(*JSON_TYPE, _LENGTH, ("Transfer-Encoding", "gzip, chunked")),
    ),
    edited(
        REFUSAL,
        "length-beside-chunks-of-refusal",
        breaks="content-length-chunked",
        headers=(*REFUSED_TYPE, _LENGTH, _CHUNKED),
    ),
)

LEGAL: tuple[Wire, ...] = (
    edited(TEXT, "chunked", headers=(*EVENT_STREAM, _CHUNKED)),
    edited(TEXT, "of-known-length", headers=(*EVENT_STREAM, _LENGTH)),
    edited(DOCUMENT, "document-chunked", headers=(*JSON_TYPE, _CHUNKED)),
    edited(REFUSAL, "refusal-of-known-length", headers=(*REFUSED_TYPE, _LENGTH)),
)
