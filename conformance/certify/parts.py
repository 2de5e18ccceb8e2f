"""Digests of the parts of an evidence file, by which an edit is told for what it is."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from conformance.certify.forms import object_in
from conformance.evidence.format import Line

__all__ = ["PARTS", "differing", "parts_of"]

PARTS: Mapping[str, str] = {
    "identity": "which exchange it is: its name, scenario, sample, provider or time of day",
    "model": "the model",
    "expected": "what the suite expected of the answer",
    "request": "the request",
    "attempts": "the attempts to send the request",
    "status": "the status",
    "headers": "the headers of the answer",
    "body": "the body of the answer",
    "times": "the times of arrival",
    "ending": "how the answer ended",
}
"""The parts of an exchange that a certificate has a digest of, and what they are in words."""

_IDENTITY = ("id", "api", "provider", "scenario", "sample", "again", "started")
_APART = (*_IDENTITY, "line", "format", "version", "model", "request")
_SUMS = ("line", "digest", "sha256", "bytes", "pieces", "attempts")


def parts_of(data: bytes) -> dict[str, str]:
    """The SHA-256 of each part, whether or not the file is whole. Raises ValueError for one that is none."""
    head: dict[str, Any] = {}
    attempts: list[Any] = []
    answer: dict[str, Any] = {}
    body: list[bytes] = []
    times: list[Any] = []
    ending: dict[str, Any] = {}
    for text in data.splitlines(keepends=True):
        try:
            line = object_in(text)
        except ValueError:
            if text.endswith(b"\n"):
                raise
            break  # a line that was cut off, which the reader of evidence leaves out too
        match line.get("line"):
            case Line.HEAD:
                head = line
            case Line.ATTEMPT:
                attempts.append(line)
            case Line.RESPONSE:
                answer = line
            case Line.PIECE:
                body.append(_piece(line))
                times.append([len(body[-1]), line.get("at")])
            case Line.END:
                ending = {key: value for key, value in line.items() if key not in _SUMS}
    whole = b"".join(body)
    return {
        "identity": _digest({key: head.get(key) for key in _IDENTITY}),
        "model": _digest(head.get("model")),
        "expected": _digest({key: value for key, value in head.items() if key not in _APART}),
        "request": _digest(head.get("request")),
        "attempts": _digest(attempts),
        "status": _digest(answer.get("status")),
        "headers": _digest(answer.get("headers")),
        "body": hashlib.sha256(whole).hexdigest(),
        "times": _digest(times),
        "ending": _digest(ending),
    }


def differing(claimed: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """The parts of which two files of an exchange differ."""
    names = [name for name in PARTS if claimed.get(name) != found.get(name)]
    # The lengths of the pieces are among the times: another body alone changes both.
    return [name for name in names if name != "times" or "body" not in names]


def _piece(line: Mapping[str, Any]) -> bytes:
    if "text" in line:
        return str(line["text"]).encode("utf-8", "surrogatepass")
    return base64.b64decode(str(line.get("base64", "")))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
