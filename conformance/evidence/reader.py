"""Reads the evidence of one exchange."""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from conformance.evidence.errors import (
    ChecksumError,
    DamagedLineError,
    EmptyFileError,
    EvidenceVersionError,
    MisplacedLineError,
    NotEvidenceError,
)
from conformance.evidence.format import FORMAT, VERSION, Line, Seal, parsed, shape
from conformance.exchange import (
    Attempt,
    Ended,
    Exchange,
    Malformed,
    Mistake,
    Need,
    Packed,
    Piece,
    Promise,
    Request,
)
from conformance.text import counted, shown

__all__ = ["evidence_in", "read_evidence"]

_PROMISES = {item.value: item for item in Promise}
_MANY = 5_000  # pieces from which on they are packed
_LARGE = 250_000  # bytes from which on they are
_FIELDS = (
    "id",
    "api",
    "provider",
    "model",
    "scenario",
    "sample",
    "again",
    "started",
    "expects",
    "claim",
    "nonce",
    "expected_text",
    "note",
)


def read_evidence(path: Path) -> Exchange:
    """The exchange in an evidence file; its `source` is the path.

    A file without its last line is an exchange that ended `interrupted` and lacks its ending; everything that
    was written is in it. Raises EvidenceError for a file that is damaged or of another kind, and OSError.
    """
    with path.open("rb") as file:
        return evidence_in(file, str(path))


def evidence_in(file: BinaryIO, source: str) -> Exchange:
    """Like `read_evidence`, of a file that is open; `source` says what it is."""
    seal = Seal()
    lines = _lines(file, seal)
    head = next(lines, None)
    if head is None:
        raise EmptyFileError
    return _exchange(source, head[1], lines, seal)


def _lines(file: BinaryIO, seal: Seal) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines with their numbers, each valid by its schema; a last line that was cut off is left out.

    All but the end are added to `seal`.
    """
    for number, text in enumerate(file, start=1):
        try:
            value = parsed(text)
        except ValueError as error:
            if number == 1:
                raise NotEvidenceError("line 1 is not JSON, or was cut off") from None
            if not text.endswith(b"\n"):
                return
            raise DamagedLineError(number, f"is not JSON ({error})") from None
        content = _valid(number, value)
        if content["line"] != Line.END:
            seal.add(text)
        yield number, content


def _valid(number: int, value: Any) -> dict[str, Any]:
    if number == 1:
        _recognised(value)
    if not isinstance(value, dict):
        raise DamagedLineError(number, "is no JSON object")
    try:
        line = Line(str(value.get("line")))
    except ValueError:
        said = f"{shown(value.get('line'), 60)} is not one of {', '.join(Line)}"
        raise DamagedLineError(number, said, "line") from None
    if (line is Line.HEAD) != (number == 1):
        raise MisplacedLineError(number, line, "before the head" if number == 1 else "after another one")
    if errors := shape(line).errors(value):
        error = errors[0]
        said = f"expected {error.expected}, found {error.observed}"
        raise DamagedLineError(number, said if error.path else f"breaks its schema: {said}", error.path)
    return value


def _recognised(value: Any) -> None:
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise NotEvidenceError(f"line 1 does not say that its format is {FORMAT}")
    if type(version := value.get("version")) is not int or version != VERSION:
        raise EvidenceVersionError(version)


def _exchange(
    source: str, head: dict[str, Any], lines: Iterator[tuple[int, dict[str, Any]]], seal: Seal
) -> Exchange:
    attempts: list[Attempt] = []
    pieces: list[Piece] = []
    response: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    digest = ""
    for number, content in lines:
        line = Line(content["line"])
        if end is not None or (line is Line.RESPONSE and (response is not None or pieces)):
            where = "after the end" if end is not None else "after another one or a piece of the body"
            raise MisplacedLineError(number, line, where)
        match line:
            case Line.ATTEMPT:
                attempts.append(_attempt(number, content))
            case Line.RESPONSE:
                response = content
            case Line.PIECE:
                pieces.append(_piece(number, content))
            case _:
                digest = seal.digest(content)
                end = content | {"ended_at": _seconds(number, content.get("ended_at"))}
    body = b"".join(piece.data for piece in pieces)
    lacks = frozenset(head.get("lacks", ()))
    known: dict[str, Any] = {name: head[name] for name in _FIELDS if name in head}
    if end is None:
        said = f"The recording was cut off: what came after its {counted(len(body), 'byte')} is not known."
        known["note"] = f"{known.get('note', '')} {said}".strip()
        lacks |= {Need.ENDING}
    else:
        _check(end, len(attempts), len(pieces), body, digest)
    return Exchange(
        **known,
        unclaimed=tuple(head.get("unclaimed", ())),
        expected_arguments=tuple(head.get("expected_arguments", ())),
        # Another version of the suite may have other promises; no rule of this one uses them.
        promises=tuple(_PROMISES[name] for name in head.get("promises", ()) if name in _PROMISES),
        request=_request(head["request"]),
        attempts=tuple(attempts),
        status=response["status"] if response else None,
        headers=_headers(response["headers"]) if response else (),
        pieces=Packed(pieces) if len(pieces) > _MANY or len(body) > _LARGE else tuple(pieces),
        ended=Ended(end["ended"]) if end else Ended.INTERRUPTED,
        ended_at=end["ended_at"] if end else None,
        detail=end.get("detail", "") if end else "",
        mistake=Mistake(end.get("mistake", "")) if end else Mistake.NONE,
        malformed=Malformed(end.get("malformed", "")) if end else Malformed.NONE,
        beside=end.get("beside") if end else None,
        source=source,
        lacks=lacks,
    )


def _check(end: dict[str, Any], attempts: int, pieces: int, body: bytes, digest: str) -> None:
    facts: dict[str, int | str] = {
        "attempts": attempts,
        "pieces": pieces,
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "digest": digest,
    }
    for name, value in facts.items():
        if end[name] != value:
            raise ChecksumError(name, claim=end[name], fact=value)


def _request(content: dict[str, Any] | None) -> Request | None:
    if content is None:
        return None
    return Request(
        method=content["method"],
        url=content["url"],
        headers=_headers(content["headers"]),
        body=content["body"],
    )


def _attempt(number: int, content: dict[str, Any]) -> Attempt:
    return Attempt(
        started=_seconds(number, content["started"]) or 0.0,
        status=content.get("status"),
        error=content.get("error", ""),
        retry_after=_seconds(number, content.get("retry_after")),
    )


def _piece(number: int, content: dict[str, Any]) -> Piece:
    text, coded = content.get("text"), content.get("base64")
    try:
        data = text.encode() if text is not None else base64.b64decode(coded or "", validate=True)
    except UnicodeEncodeError:
        raise DamagedLineError(number, "half a surrogate pair has no UTF-8 form", "text") from None
    except (binascii.Error, ValueError):
        raise DamagedLineError(number, "not base64", "base64") from None
    return Piece(data=data, at=_seconds(number, content.get("at")))


def _seconds(number: int, value: float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError:
        raise DamagedLineError(number, "has a time too large for a number") from None


def _headers(content: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((header["name"], header["value"]) for header in content)
