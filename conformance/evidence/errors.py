"""Errors in files that should be read as exchanges, and in secrets that should be redacted.

A reader's errors do not name the file; `Unreadable` combines such an error with its source.
"""

from dataclasses import dataclass
from typing import Any

from conformance.errors import ConformanceError, UnknownNameError
from conformance.evidence.format import VERSION
from conformance.text import counted, shown, shown_line

__all__ = [
    "CannotBeOpenedError",
    "ChecksumError",
    "DamagedLineError",
    "EmptyFileError",
    "EmptyFolderError",
    "EvidenceError",
    "EvidenceVersionError",
    "FolderTooDeepError",
    "HalfSurrogateError",
    "MisplacedLineError",
    "NotAFileError",
    "NotARecordingError",
    "NotAStreamError",
    "NotEvidenceError",
    "NothingReadableError",
    "PathMissingError",
    "ReportNamedError",
    "SecretTooShortError",
    "SecretsRepeatError",
    "TooLargeError",
    "Unreadable",
]

_KINDS = "evidence (*.jsonl), recordings (*.json) or event streams (*.sse)"
_DAMAGED = "the file was edited or damaged: take it from where it was recorded, or record it again"


class EvidenceError(ConformanceError):
    """The base of errors about something that cannot be read as an exchange."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A source that the user named and that gave no exchange: its path, and the error."""

    source: str
    error: EvidenceError

    def __str__(self) -> str:
        source = self.source if self.source.isprintable() else shown_line(self.source)
        return f"{source}: {self.error.one_line}"


@dataclass(eq=False)
class NothingReadableError(ConformanceError):
    """Raised where sources were named and none of them could be read."""

    code = "nothing-readable"

    unreadable: tuple[Unreadable, ...]

    @property
    def message(self) -> str:
        return "\n".join(map(str, self.unreadable))


@dataclass(eq=False)
class SecretTooShortError(ConformanceError):
    """Raised for a secret too short to be removed from the evidence. It never shows the secret.

    `shortest` is the required number of characters; `where` says where the secret was found, "" if unknown.
    """

    code = "secret-too-short"

    length: int
    shortest: int
    where: str = ""

    @property
    def message(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return (
            f"{place}a secret of {counted(self.length, 'character')} cannot be redacted: so short a value "
            "would blot out ordinary text"
        )

    @property
    def hint(self) -> str:
        return (
            f"use a key of at least {self.shortest} characters, and look whether its variable holds what was "
            "meant; only endpoints on loopback may have shorter ones"
        )


@dataclass(eq=False)
class SecretsRepeatError(EvidenceError):
    """Raised for credentials that were made to be hard to find; no answer beside them is shown or judged."""

    code = "secrets-repeat"
    message = (
        "the credentials beside its request repeat themselves in too many ways to be sought in the answer"
    )
    hint = "take them out of the file, and judge it again"


# Paths


@dataclass(eq=False)
class PathMissingError(EvidenceError):
    """Raised for a path that does not exist."""

    code = "path-missing"
    message = "there is no such file or folder"
    hint = "look for a misspelt path"


@dataclass(eq=False)
class NotAFileError(EvidenceError):
    """Raised for a path that is a pipe, a device or the like."""

    code = "not-a-file"
    message = "it is neither a file nor a folder"
    hint = f"name {_KINDS}"


@dataclass(eq=False)
class CannotBeOpenedError(EvidenceError):
    """Told of a file or folder that the system does not open; `reason` is in the system's words."""

    code = "cannot-be-opened"
    hint = "look at the path and at its permissions"

    reason: str

    @property
    def message(self) -> str:
        return f"it cannot be opened ({self.reason})"


@dataclass(eq=False)
class FolderTooDeepError(EvidenceError):
    """Told of a folder that is nested deeper than `most` levels below the one that was named."""

    code = "folder-too-deep"
    hint = "name the folder in which the files are"

    most: int

    @property
    def message(self) -> str:
        return f"it is more than {self.most} folders below the one that was named"


@dataclass(eq=False)
class EmptyFolderError(EvidenceError):
    """Told of a folder in which there is nothing for us, or of a zip."""

    code = "folder-empty"
    hint = f"name a folder with {_KINDS}, or one file"

    what: str = "folder"

    @property
    def message(self) -> str:
        return f"there is nothing to read in this {self.what}"


@dataclass(eq=False)
class EmptyFileError(EvidenceError):
    """Raised for a file without content."""

    code = "file-empty"
    message = "it is empty"
    hint = "the recording was stopped before there was anything to write: record it again"


@dataclass(eq=False)
class TooLargeError(EvidenceError):
    """Raised for a file above the size limit. `size` is 0 where it was read no further than that."""

    code = "file-too-large"
    hint = "one exchange is far smaller; is it a log of many?"

    size: int
    largest: int

    @property
    def message(self) -> str:
        if not self.size:
            return f"it has more than {counted(self.largest, 'byte')}, and no more are read"
        return f"it has {counted(self.size, 'byte')}, more than the {self.largest} that are read"


@dataclass(eq=False)
class ReportNamedError(EvidenceError):
    """Raised for a run's report, named instead of its evidence."""

    code = "report-named"
    message = "it is the report of a run, which holds verdicts and no exchange"
    hint = "name the folder of the run, or `evidence` in it"


# Recordings of others


@dataclass(eq=False)
class NotARecordingError(EvidenceError):
    """Raised for a file that is not JSON, or not in the form of a recording."""

    code = "not-a-recording"
    hint = (
        "a recording is one JSON object with the keys api (chat or responses) and body (the text as "
        "received), and where known provider, model, request, status and content_type"
    )

    problem: str

    @property
    def message(self) -> str:
        return self.problem


@dataclass(eq=False)
class HalfSurrogateError(EvidenceError):
    """Raised for a recording with a lone surrogate: it has no UTF-8 form, so the bytes are unknown."""

    code = "half-surrogate"
    message = "it holds half a surrogate pair, which no UTF-8 body can"
    hint = "record the body as bytes, in an evidence file"


@dataclass(eq=False)
class NotAStreamError(EvidenceError):
    """Raised for a text or bytes that are not an event stream."""

    code = "not-a-stream"
    hint = "raw text must be a server-sent event stream as received, with lines such as `data: {...}`"

    problem: str

    @property
    def message(self) -> str:
        return self.problem


# Evidence


@dataclass(eq=False)
class NotEvidenceError(EvidenceError):
    """Raised for a file that is not JSON lines, or JSON lines of another kind."""

    code = "not-evidence"
    hint = "evidence is what a run writes into its folder `evidence`; docs/evidence.md describes it"

    problem: str

    @property
    def message(self) -> str:
        return self.problem


@dataclass(eq=False)
class EvidenceVersionError(EvidenceError):
    """Raised for evidence of a version that this installation does not support."""

    code = "evidence-version"
    hint = "update stream-conformance to the version that wrote the file, or to a later one"

    version: Any

    @property
    def message(self) -> str:
        return f"its format has version {shown(self.version)}, and this installation reads version {VERSION}"


@dataclass(eq=False)
class DamagedLineError(EvidenceError):
    """Raised for an invalid line of evidence. `key` is the place in it, "" for the whole line."""

    code = "line-damaged"
    hint = _DAMAGED

    number: int
    problem: str
    key: str = ""

    @property
    def message(self) -> str:
        place = f", `{self.key}`:" if self.key else ""
        return f"line {self.number}{place} {self.problem}"


@dataclass(eq=False)
class MisplacedLineError(EvidenceError):
    """Raised for a line of evidence in the wrong position; `where` says where its kind may be."""

    code = "line-misplaced"
    hint = _DAMAGED

    number: int
    line: str
    where: str

    @property
    def message(self) -> str:
        return f"line {self.number}, `{self.line}`, comes {self.where}"


@dataclass(eq=False)
class ChecksumError(EvidenceError):
    """Raised for evidence whose last line contradicts the others."""

    code = "checksum"
    hint = _DAMAGED

    key: str
    claim: int | str
    fact: int | str

    @property
    def message(self) -> str:
        return f"its last line says that `{self.key}` is {shown(self.claim)}, but it is {shown(self.fact)}"


# Arguments from a program


@dataclass(eq=False)
class UnknownApiError(UnknownNameError):
    """Raised for an API that is neither chat nor responses."""

    code = "api-unknown"
    what = "API"


@dataclass(eq=False)
class UnknownExpectationError(UnknownNameError):
    """Raised for an unknown value of `expects`."""

    code = "expectation-unknown"
    what = "expectation"


@dataclass(eq=False)
class UnknownEndingError(UnknownNameError):
    """Raised for an unknown value of `ended`."""

    code = "ending-unknown"
    what = "ending"


@dataclass(eq=False)
class HandedTypeError(ConformanceError):
    """Raised for an argument of a type or form that cannot be used; `wanted` says what can."""

    code = "handed-type"

    what: str
    given: str
    wanted: str

    @property
    def message(self) -> str:
        return f"{self.what}: it is {self.given}"

    @property
    def hint(self) -> str:
        return f"hand over {self.wanted}"


@dataclass(eq=False)
class ResponseUnreadError(ConformanceError):
    """Raised for an httpx response whose body was not read and cannot be read here."""

    code = "response-unread"
    message = "the body of the response was not read"
    hint = "read it while it is open: `response.read()`, or `await response.aread()`"


@dataclass(eq=False)
class ResponseConsumedError(ConformanceError):
    """Raised for an httpx response whose body was read piece by piece and not kept."""

    code = "response-consumed"
    message = "the body of the response was consumed and not kept"
    hint = "collect what iter_bytes gives, and hand over the list with request, status and headers"
