"""The head of an answer in a file beside that of its body, as `curl -D x.headers -o x.sse` writes them."""

from dataclasses import replace
from pathlib import Path

from conformance.evidence.errors import EvidenceError, NotARecordingError, NotAStreamError
from conformance.evidence.foreign import api_of
from conformance.evidence.headers import kept_headers
from conformance.evidence.imports.chunked import UNFRAMED, unframed
from conformance.evidence.imports.curl import Head, answered
from conformance.evidence.imports.entry import Entry, Found
from conformance.evidence.imports.errors import KnownForeignError
from conformance.evidence.imports.recognise import EXTENSIONS
from conformance.evidence.together import Credentials
from conformance.exchange import Ended, Exchange, Need, Piece

__all__ = ["answer", "headed", "is_bare", "is_body"]

_BODY = ".sse"  # the extension of a body with a head beside it


def is_bare(found: Found) -> bool:
    """Whether a file holds a single answer without its status."""
    return len(found) == 1 and isinstance(found[0], Exchange) and Need.STATUS in found[0].lacks


def is_body(path: Path, data: bytes, error: EvidenceError) -> bool:
    """Whether a file that is no exchange by itself may be the body of an answer, such as a refusal.

    Of two files with one name, that with the extension `.sse` is the body. Binary data are none.
    """
    extension = path.suffix.lower()
    if extension != _BODY and (extension in EXTENSIONS or path.with_suffix(_BODY).exists()):
        return False
    if isinstance(error, KnownForeignError):
        return error.body
    return isinstance(error, (NotAStreamError, NotARecordingError)) and b"\0" not in data


def headed(found: Found, head: Head, name: str) -> Found:
    """A single answer without its status, with the head in the file `name` beside it."""
    exchange = next(item for item in found if isinstance(item, Exchange))
    note = f"{exchange.note} {_told(name)}"
    lacks = exchange.lacks - {Need.STATUS, Need.HEADERS}
    headers = tuple(kept_headers(head.headers))
    one = replace(exchange, status=head.status, headers=headers, lacks=lacks, note=note)
    if (bare := unframed(one.body, head.headers)) is not None:
        pieces = (Piece(data=bare.body),)
        one = replace(one, pieces=pieces, api=api_of(pieces), note=f"{note} {UNFRAMED}")
        if bare.whole:
            one = replace(one, ended=Ended.CLOSED, lacks=lacks - {Need.ENDING})
    # `curl -v` writes the request into it too.
    return [Credentials(head.secrets), one] if head.secrets else [one]


def answer(body: bytes, source: str, head: Head, name: str) -> Found:
    """The exchange of a body that is none by itself, with the head in the file `name` beside it."""
    shown: Found = [Credentials(head.secrets)] if head.secrets else []
    return [*shown, *answered(Entry(), head, body, source, f"The body of an answer. {_told(name)}")]


def _told(name: str) -> str:
    return f"Status and headers are those in {name}."
