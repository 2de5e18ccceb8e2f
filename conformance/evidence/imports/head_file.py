"""The head of an answer in a file beside that of its body, as `curl -D x.headers -o x.sse` writes them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from conformance.evidence.errors import (
    CannotBeOpenedError,
    EvidenceError,
    NotARecordingError,
    NotAStreamError,
    Unreadable,
)
from conformance.evidence.foreign import api_of
from conformance.evidence.headers import kept_headers
from conformance.evidence.imports.chunked import UNFRAMED, unframed
from conformance.evidence.imports.curl import Head, answered, read_head
from conformance.evidence.imports.entry import Entry, Found
from conformance.evidence.imports.errors import KnownForeignError, SeveralAnswersError
from conformance.evidence.imports.recognise import EXTENSIONS
from conformance.evidence.together import Credentials
from conformance.exchange import Ended, Exchange, Need, Piece

__all__ = ["HEAD", "LARGEST_HEAD", "read_beside"]

HEAD = ".headers"
"""The extension of the head beside the body of an answer."""
LARGEST_HEAD = 2**20
"""Bytes of such a head."""
_BODY = ".sse"  # the extension of a body with a head beside it


def read_beside(
    data: bytes,
    source: str,
    read: Callable[[bytes, str], Found],
    beside: str,
    given: Callable[[], bytes],
    *,
    streamed: bool,
) -> Found:
    """What is in a file beside which there is `beside`, with the head of an answer.

    `read` reads the file alone, and `given` the head, only where it is needed. `streamed` says whether there
    is a file with the name of this one and the extension `.sse`: of the two, that is the body.
    Raises EvidenceError for the file; an error in its head is told.
    """
    found: Found = []
    failure: EvidenceError | None = None
    try:
        found = read(data, source)
    except EvidenceError as error:
        if not _is_body(source, data, error, streamed=streamed):
            raise
        failure = replace(error)
    if not (failure or _is_bare(found)):
        return found
    name = PurePath(beside).name
    try:
        head = read_head(given())
        return _answer(data, source, head, name) if failure else _headed(found, head, name)
    except SeveralAnswersError as error:
        return [Unreadable(beside, replace(error))]
    except EvidenceError as error:
        # A new error, because the traceback's frames hold the content of the file.
        told = Unreadable(beside, replace(error))
    except OSError as error:
        told = Unreadable(beside, CannotBeOpenedError(error.strerror or str(error)))
    return [Unreadable(source, failure) if failure else found[0], told]


def _is_bare(found: Found) -> bool:
    """Whether a file holds a single answer without its status."""
    return len(found) == 1 and isinstance(found[0], Exchange) and Need.STATUS in found[0].lacks


def _is_body(source: str, data: bytes, error: EvidenceError, *, streamed: bool) -> bool:
    """Whether a file that is no exchange by itself may be the body of an answer, such as a refusal.

    Binary data are none.
    """
    extension = PurePath(source).suffix.lower()
    if extension != _BODY and (extension in EXTENSIONS or streamed):
        return False
    if isinstance(error, KnownForeignError):
        return error.body
    return isinstance(error, (NotAStreamError, NotARecordingError)) and b"\0" not in data


def _headed(found: Found, head: Head, name: str) -> Found:
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


def _answer(body: bytes, source: str, head: Head, name: str) -> Found:
    """The exchange of a body that is none by itself, with the head in the file `name` beside it."""
    shown: Found = [Credentials(head.secrets)] if head.secrets else []
    return [*shown, *answered(Entry(), head, body, source, f"The body of an answer. {_told(name)}")]


def _told(name: str) -> str:
    return f"Status and headers are those in {name}."
