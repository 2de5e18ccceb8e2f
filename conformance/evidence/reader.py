"""Reads the evidence of one exchange back."""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.evidence.format import FORMAT, VERSION, EvidenceError, Line, parsed, shape
from conformance.exchange import Attempt, Ended, Exchange, Packed, Piece, Request
from conformance.text import counted, shown

__all__ = ["read_evidence"]

_DAMAGED = "the file was edited or damaged: take it from where it was recorded, or record it again"
_OTHER = "evidence is what a run writes into its folder `evidence`; docs/evidence.md describes it"
_MANY = 5_000  # pieces from which on they are packed
_LARGE = 250_000  # bytes from which on they are
_FIELDS = (
    "id",
    "api",
    "provider",
    "model",
    "scenario",
    "sample",
    "started",
    "expects",
    "claim",
    "nonce",
    "expected_text",
    "note",
)


def read_evidence(path: Path) -> Exchange:
    """The exchange in an evidence file; its `source` is the path.

    A file without its last line is an exchange that ended `interrupted` and lacks its ending: all that was
    written is in it. Raises EvidenceError for a file that is something else or damaged, and OSError.
    """
    lines = _lines(path)
    head = next(lines, None)
    if head is None:
        raise EvidenceError("empty", "it is empty", "the run was stopped before anything was sent")
    return _exchange(path, head[1], lines)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines with their numbers, each valid by its schema; a last line that was cut off is left out."""
    with path.open("rb") as file:
        for number, text in enumerate(file, start=1):
            try:
                value = parsed(text)
            except ValueError as error:
                if number == 1:
                    raise EvidenceError(
                        "not-evidence", "line 1 is not JSON, or was cut off", _OTHER
                    ) from None
                if not text.endswith(b"\n"):
                    return
                raise EvidenceError("bad-line", f"line {number} is not JSON ({error})", _DAMAGED) from None
            yield number, _valid(number, value)


def _valid(number: int, value: Any) -> dict[str, Any]:
    if number == 1:
        _recognised(value)
    if not isinstance(value, dict):
        raise EvidenceError("bad-line", f"line {number} is no JSON object", _DAMAGED)
    try:
        line = Line(str(value.get("line")))
    except ValueError:
        said = f"line {number}: `line` is {shown(value.get('line'), 60)}, not one of {', '.join(Line)}"
        raise EvidenceError("bad-line", said, _DAMAGED) from None
    if (line is Line.HEAD) != (number == 1):
        raise EvidenceError("bad-order", f"line {number} is `{line}`, but line 1 alone is `head`", _DAMAGED)
    if errors := shape(line).errors(value):
        error = errors[0]
        where = f"line {number}" + (f", `{error.path}`" if error.path else "")
        said = f"{where}: expected {error.expected}, found {error.observed}"
        raise EvidenceError("bad-line", said, _DAMAGED)
    return value


def _recognised(value: Any) -> None:
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise EvidenceError("not-evidence", f"line 1 does not say that its format is {FORMAT}", _OTHER)
    if type(version := value.get("version")) is not int or version != VERSION:
        raise EvidenceError(
            "unknown-version",
            f"its format has version {shown(version)}, and this installation reads version {VERSION}",
            "update stream-conformance to the version that wrote the file, or to a later one",
        )


def _exchange(path: Path, head: dict[str, Any], lines: Iterator[tuple[int, dict[str, Any]]]) -> Exchange:
    attempts: list[Attempt] = []
    pieces: list[Piece] = []
    response: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    for number, content in lines:
        line = Line(content["line"])
        if end is not None or (line is Line.RESPONSE and (response is not None or pieces)):
            what = "after the end" if end is not None else "after another one or a piece of the body"
            raise EvidenceError("bad-order", f"line {number}, `{line}`, comes {what}", _DAMAGED)
        match line:
            case Line.ATTEMPT:
                attempts.append(_attempt(number, content))
            case Line.RESPONSE:
                response = content
            case Line.PIECE:
                pieces.append(_piece(number, content))
            case _:
                end = content | {"ended_at": _seconds(number, content.get("ended_at"))}
    body = b"".join(piece.data for piece in pieces)
    lacks = frozenset(head.get("lacks", ()))
    known: dict[str, Any] = {name: head[name] for name in _FIELDS if name in head}
    if end is None:
        said = f"The recording was cut off: what came after its {counted(len(body), 'byte')} is not known."
        known["note"] = f"{known.get('note', '')} {said}".strip()
        lacks |= {"ending"}
    else:
        _check(end, len(attempts), len(pieces), body)
    return Exchange(
        **known,
        promises=tuple(head.get("promises", ())),
        request=_request(head["request"]),
        attempts=tuple(attempts),
        status=response["status"] if response else None,
        headers=_headers(response["headers"]) if response else (),
        pieces=Packed(pieces) if len(pieces) > _MANY or len(body) > _LARGE else tuple(pieces),
        ended=Ended(end["ended"]) if end else Ended.INTERRUPTED,
        ended_at=end["ended_at"] if end else None,
        detail=end.get("detail", "") if end else "",
        source=str(path),
        lacks=lacks,
    )


def _check(end: dict[str, Any], attempts: int, pieces: int, body: bytes) -> None:
    digest = hashlib.sha256(body).hexdigest()
    found = {"attempts": attempts, "pieces": pieces, "bytes": len(body), "sha256": digest}
    for name, value in found.items():
        if end[name] != value:
            said = f"its last line says that `{name}` is {shown(end[name])}, but it is {shown(value)}"
            raise EvidenceError("checksum", said, _DAMAGED)


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
        raise EvidenceError(
            "bad-line", f"line {number}, `text`: half a surrogate pair has no UTF-8 form", _DAMAGED
        ) from None
    except (binascii.Error, ValueError):
        raise EvidenceError("bad-line", f"line {number}, `base64`: not base64", _DAMAGED) from None
    return Piece(data=data, at=_seconds(number, content.get("at")))


def _seconds(number: int, value: float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError:
        raise EvidenceError(
            "bad-line", f"line {number} has a time too large for a number", _DAMAGED
        ) from None


def _headers(content: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((header["name"], header["value"]) for header in content)
