"""Writes the evidence of one exchange while it happens."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from conformance.evidence.format import Line, Seal, dumped, head_line, header_list, piece_line
from conformance.evidence.headers import address
from conformance.evidence.redact import Redactor
from conformance.evidence.whole import put_whole
from conformance.exchange import Attempt, Ended, Exchange, Malformed, Mistake, Piece

__all__ = ["EvidenceWriter", "write_evidence"]


class EvidenceWriter:
    """The file of one exchange, redacted and on disk line by line.

        with EvidenceWriter(path, exchange, secrets=[key]) as writer:
            writer.attempt(...)
            writer.response(status, headers)
            writer.piece(...)  # each as it comes
            writer.end(Ended.CLOSED, at=2.5)

    Left without `end`, the file reads as a recording that was cut off.
    """

    def __init__(
        self,
        path: Path,
        exchange: Exchange,
        *,
        secrets: Iterable[str] | Redactor = (),
        loopback: bool = False,
    ) -> None:
        """Writes the head: the part of `exchange` that is known before the request is sent.

        `secrets` may be a redactor of them that has been used. The rest of `exchange` is ignored. Creates
        missing folders and replaces an existing file. Raises SecretTooShortError before anything is written,
        and OSError.
        """
        self.path = path
        if isinstance(secrets, Redactor):
            self._redactor = secrets.another()
        else:
            self._redactor = Redactor(secrets, loopback=loopback)
        self._attempts = self._pieces = self._bytes = 0
        self._digest = hashlib.sha256()
        self._seal = Seal()
        if (request := exchange.request) is not None:
            headers = tuple(self._redactor.headers(request.headers))
            exchange = replace(exchange, request=replace(request, url=address(request.url), headers=headers))
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._write(Line.HEAD, head_line(exchange))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._file.closed:
            self._write_pieces(self._redactor.flush())
            self._file.close()

    def attempt(self, attempt: Attempt) -> None:
        """Writes an attempt, once its outcome is known."""
        self._attempts += 1
        content = {
            "started": attempt.started,
            "status": attempt.status,
            "error": attempt.error,
            "retry_after": attempt.retry_after,
        }
        self._write(Line.ATTEMPT, content)

    def response(self, status: int | None, headers: Iterable[tuple[str, str]]) -> None:
        """Writes the head of the response that the following pieces belong to."""
        kept = self._redactor.headers(headers)
        self._write(Line.RESPONSE, {"status": status, "headers": header_list(kept)})

    def piece(self, piece: Piece) -> None:
        """Writes a piece of the body, decompressed: no secret can be found in compressed bytes."""
        self._write_pieces(self._redactor.feed(piece))

    def end(
        self,
        ended: Ended,
        *,
        at: float | None = None,
        detail: str = "",
        mistake: Mistake = Mistake.NONE,
        malformed: Malformed = Malformed.NONE,
        beside: int | None = None,
    ) -> None:
        """Writes how the exchange ended, `at` seconds after the request was sent, and closes the file.

        `mistake` is what the answer showed to be wrong in the user's configuration, `malformed` what in its
        HTTP is against the rules of HTTP. `beside` is the largest
        number of other requests of the run that were open at the same time, None if it is not known.
        """
        self._write_pieces(self._redactor.flush())
        content: dict[str, Any] = {
            "ended": ended,
            "ended_at": at,
            "detail": detail,
            "attempts": self._attempts,
            "pieces": self._pieces,
            "bytes": self._bytes,
            "sha256": self._digest.hexdigest(),
        }
        content |= {"mistake": mistake} if mistake else {}
        content |= {"malformed": malformed} if malformed else {}
        content |= {} if beside is None else {"beside": beside}
        content = {key: self._redacted(value) for key, value in content.items()}
        self._put(dumped(Line.END, content | {"digest": self._seal.digest({"line": Line.END, **content})}))
        self._file.close()

    def _write_pieces(self, pieces: list[Piece]) -> None:
        # The stream's redactor has already done this text; a second pass would cut it elsewhere.
        for piece in pieces:
            self._pieces += 1
            self._bytes += len(piece.data)
            self._digest.update(piece.data)
            self._put(dumped(Line.PIECE, piece_line(piece)))

    def _write(self, line: Line, content: dict[str, Any]) -> None:
        self._put(dumped(line, {key: self._redacted(value) for key, value in content.items()}))

    def _put(self, line: bytes) -> None:
        self._seal.add(line)
        self._file.write(line)
        self._file.flush()

    def _redacted(self, value: Any) -> Any:
        match value:
            case str():
                return self._redactor.text(value)
            case dict():
                return {key: self._redacted(item) for key, item in value.items()}
            case list():
                return [self._redacted(item) for item in value]
            case _:
                return value


def write_evidence(
    path: Path, exchange: Exchange, *, secrets: Iterable[str] = (), loopback: bool = False
) -> None:
    """Writes a complete exchange, in the place of an existing file; its `source` is not written.

    A process that is killed meanwhile leaves what was there.
    """
    with (
        put_whole(path) as neighbour,
        EvidenceWriter(neighbour, exchange, secrets=secrets, loopback=loopback) as writer,
    ):
        for attempt in exchange.attempts:
            writer.attempt(attempt)
        if exchange.status is not None or exchange.headers:
            writer.response(exchange.status, exchange.headers)
        for piece in exchange.pieces:
            writer.piece(piece)
        writer.end(
            exchange.ended,
            at=exchange.ended_at,
            detail=exchange.detail,
            mistake=exchange.mistake,
            malformed=exchange.malformed,
            beside=exchange.beside,
        )
