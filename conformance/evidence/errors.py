"""What is wrong with files that are to be read as exchanges, and with secrets to be kept out of them.

A reader does not say which file it read; `Unreadable` is an error with the file that it is about.
"""

from dataclasses import dataclass
from typing import Any

from conformance.errors import ConformanceError, UnknownNameError
from conformance.evidence.format import VERSION
from conformance.text import counted, shown

__all__ = [
    "CannotBeOpenedError",
    "ChecksumError",
    "DamagedLineError",
    "EmptyFileError",
    "EmptyFolderError",
    "EvidenceError",
    "EvidenceVersionError",
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
    "TooLargeError",
    "Unreadable",
]

_KINDS = "evidence (*.jsonl), recordings (*.json) or event streams (*.sse)"
_DAMAGED = "the file was edited or damaged: take it from where it was recorded, or record it again"


class EvidenceError(ConformanceError):
    """The base of the errors about something that cannot be read as an exchange."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that a person named and that gave no exchange: where it is, and why it gave none."""

    source: str
    error: EvidenceError

    def __str__(self) -> str:
        return f"{self.source}: {self.error.one_line}"


@dataclass(eq=False)
class NothingReadableError(ConformanceError):
    """Raised where sources were named and not one of them could be read."""

    code = "nothing-readable"

    unreadable: tuple[Unreadable, ...]

    @property
    def message(self) -> str:
        return "\n".join(map(str, self.unreadable))


@dataclass(eq=False)
class SecretTooShortError(ConformanceError):
    """Raised for a secret that cannot be kept out of the evidence. The secret itself is not shown.

    `shortest` is how many characters it should have had; `where` says where it was found, and may be empty.
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


# Paths


@dataclass(eq=False)
class PathMissingError(EvidenceError):
    """Raised for a path at which there is nothing."""

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
class EmptyFolderError(EvidenceError):
    """Told of a folder in which there is nothing for us."""

    code = "folder-empty"
    message = "there is nothing to read in this folder"
    hint = f"name a folder with {_KINDS}, or one file"


@dataclass(eq=False)
class EmptyFileError(EvidenceError):
    """Raised for a file without content."""

    code = "file-empty"
    message = "it is empty"
    hint = "the recording was stopped before there was anything to write: record it again"


@dataclass(eq=False)
class TooLargeError(EvidenceError):
    """Raised for a file of more bytes than are read."""

    code = "file-too-large"
    hint = "one exchange is far smaller; is it a log of many?"

    size: int
    largest: int

    @property
    def message(self) -> str:
        return f"it has {counted(self.size, 'byte')}, more than the {self.largest} that are read"


@dataclass(eq=False)
class ReportNamedError(EvidenceError):
    """Raised for the report of a run, named in place of its evidence."""

    code = "report-named"
    message = "it is the report of a run, which holds verdicts and no exchange"
    hint = "name the folder of the run, or `evidence` in it"


# Recordings of others


@dataclass(eq=False)
class NotARecordingError(EvidenceError):
    """Raised for JSON that does not have the form of a recording, and for what is no JSON."""

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
    """Raised for a recording whose text has no UTF-8 form, so that its bytes are not known."""

    code = "half-surrogate"
    message = "it holds half a surrogate pair, which no UTF-8 body can"
    hint = "record the body as bytes, in an evidence file"


@dataclass(eq=False)
class NotAStreamError(EvidenceError):
    """Raised for raw text or bytes that are no event stream."""

    code = "not-a-stream"
    hint = "raw text must be a server-sent event stream as received, with lines such as `data: {...}`"

    problem: str

    @property
    def message(self) -> str:
        return self.problem


# Evidence


@dataclass(eq=False)
class NotEvidenceError(EvidenceError):
    """Raised for JSON lines of another kind, and for what is no JSON lines at all."""

    code = "not-evidence"
    hint = "evidence is what a run writes into its folder `evidence`; docs/evidence.md describes it"

    problem: str

    @property
    def message(self) -> str:
        return self.problem


@dataclass(eq=False)
class EvidenceVersionError(EvidenceError):
    """Raised for evidence of a version that this installation does not know."""

    code = "evidence-version"
    hint = "update stream-conformance to the version that wrote the file, or to a later one"

    version: Any

    @property
    def message(self) -> str:
        return f"its format has version {shown(self.version)}, and this installation reads version {VERSION}"


@dataclass(eq=False)
class DamagedLineError(EvidenceError):
    """Raised for a line of evidence that breaks its form; `key` is the place in it, empty for the whole."""

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
    """Raised for a line of evidence that stands where none of its kind may; `where` says where that is."""

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
    """Raised for evidence whose last line says something of the others that is not so."""

    code = "checksum"
    hint = _DAMAGED

    key: str
    claim: int | str
    fact: int | str

    @property
    def message(self) -> str:
        return f"its last line says that `{self.key}` is {shown(self.claim)}, but it is {shown(self.fact)}"


# What a program hands over


@dataclass(eq=False)
class UnknownApiError(UnknownNameError):
    """Raised for an API that is neither chat nor responses."""

    code = "api-unknown"
    what = "API"


@dataclass(eq=False)
class UnknownExpectationError(UnknownNameError):
    """Raised for something that no request asks for."""

    code = "expectation-unknown"
    what = "expectation"


@dataclass(eq=False)
class UnknownEndingError(UnknownNameError):
    """Raised for an ending that no recording has."""

    code = "ending-unknown"
    what = "ending"


@dataclass(eq=False)
class HandedTypeError(ConformanceError):
    """Raised for something handed over whose type or form says nothing; `wanted` says what will do."""

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
    """Raised for a response of httpx whose body was not read and cannot be read here."""

    code = "response-unread"
    message = "the body of the response was not read"
    hint = "read it while it is open: `response.read()`, or `await response.aread()`"


@dataclass(eq=False)
class ResponseConsumedError(ConformanceError):
    """Raised for a response of httpx whose body was read piece by piece and not kept."""

    code = "response-consumed"
    message = "the body of the response was consumed and not kept"
    hint = "collect what iter_bytes gives, and hand over the list with request, status and headers"
