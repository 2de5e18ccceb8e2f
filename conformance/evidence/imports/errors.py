"""Errors in files that other programs wrote."""

from dataclasses import dataclass

from conformance.evidence.errors import EvidenceError
from conformance.text import counted

__all__ = [
    "BodyNotKeptError",
    "CodingDamagedError",
    "CodingUnknownError",
    "CutOffError",
    "DamagedFileError",
    "HeadAloneError",
    "KnownForeignError",
    "NestedZipError",
    "NoAnswerError",
    "NotAHeadError",
    "NothingOfOursError",
    "TooManyPartsError",
    "TooMuchTogetherError",
    "ZipMemberError",
]


@dataclass(eq=False)
class KnownForeignError(EvidenceError):
    """Raised for a file that is known, and is no exchange: what it is, and what to do with it.

    `body` says whether it may be the body of an answer, which is an exchange once its head is known.
    """

    code = "known-foreign"

    what: str
    advice: str
    body: bool = False

    @property
    def message(self) -> str:
        return self.what

    @property
    def hint(self) -> str:
        return self.advice


@dataclass(eq=False)
class NothingOfOursError(EvidenceError):
    """Raised for a file of exchanges of which none is judged; `asked` are some of those that it holds."""

    code = "nothing-of-ours"
    hint = "judged are POST requests to .../chat/completions and .../responses"

    entries: int
    asked: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        if not self.entries:
            return "it holds no exchange of HTTP"
        if self.entries == 1:
            return f"its only exchange, {', '.join(self.asked)}, asks neither Chat Completions nor Responses"
        some = f", such as {', '.join(self.asked)}" if self.asked else ""
        return f"none of its {counted(self.entries, 'exchange')} asks Chat Completions or Responses{some}"


@dataclass(eq=False)
class NoAnswerError(EvidenceError):
    """Told of a request that was not answered."""

    code = "no-answer"
    hint = "record it again, once the endpoint answers"

    trouble: str = ""

    @property
    def message(self) -> str:
        return f"it holds a request, and no answer{f' ({self.trouble})' if self.trouble else ''}"


@dataclass(eq=False)
class BodyNotKeptError(EvidenceError):
    """Told of an answer whose body is not in the file; `advice` says how to record it."""

    code = "body-not-kept"

    advice: str
    trouble: str = ""

    @property
    def hint(self) -> str:
        return self.advice

    @property
    def message(self) -> str:
        return f"it holds the answer without its body{f' ({self.trouble})' if self.trouble else ''}"


@dataclass(eq=False)
class RedirectLeftError(EvidenceError):
    """Told of a redirect without a body, after which nobody asked for the answer where it leads.

    Or of any redirect, where the file was `cut` off before such an entry may have come.
    """

    code = "redirect-left"
    hint = "record the request at the address that it leads to"

    status: str
    target: str
    cut: bool = False

    @property
    def message(self) -> str:
        if self.cut:
            return (
                f"it is a redirect (status {self.status}) to {self.target}, and the file is cut off before "
                "what may have followed it"
            )
        told = f"it is a redirect without a body (status {self.status}) to {self.target}"
        return f"{told}, which no later entry asks for an answer"


@dataclass(eq=False)
class DamagedFileError(EvidenceError):
    """Raised for a file that is damaged or was cut; `what` is the format, and `problem` says where."""

    code = "file-damaged"
    hint = "take it from where it was recorded, or record it again"

    what: str
    problem: str

    @property
    def message(self) -> str:
        return f"as {self.what} it cannot be read: {self.problem}"


@dataclass(eq=False)
class CutOffError(EvidenceError):
    """Told of a file that was cut off or is damaged in an entry; those before it are read."""

    code = "cut-off"
    hint = "take the whole file from where it was recorded, or record it again"

    what: str
    number: int
    problem: str

    @property
    def message(self) -> str:
        return (
            f"{self.what} is cut off, or damaged, in or before its entry {self.number} ({self.problem}); "
            "what comes before is read"
        )


@dataclass(eq=False)
class CodingUnknownError(EvidenceError):
    """Raised for a body in a content coding that cannot be taken off; `package` is what could, if any."""

    code = "coding-unknown"

    coding: str
    package: str = ""

    @property
    def message(self) -> str:
        return f"its body is compressed by {self.coding}, which is not read here"

    @property
    def hint(self) -> str:
        install = f"`pip install {self.package}`, or " if self.package else ""
        return f"{install}record it again with `Accept-Encoding: identity`"


@dataclass(eq=False)
class CodingDamagedError(EvidenceError):
    """Raised for a body that is not in the content coding that its header names."""

    code = "coding-damaged"
    hint = "record it again with `Accept-Encoding: identity`"

    coding: str
    problem: str

    @property
    def message(self) -> str:
        return f"its body is said to be compressed by {self.coding}, and is not ({self.problem})"


# curl


@dataclass(eq=False)
class HeadAloneError(EvidenceError):
    """Raised for the head of an answer without its body; `name` is what its file is called."""

    code = "head-alone"
    message = "it is the head of an answer without its body"

    name: str

    @property
    def hint(self) -> str:
        return (
            f"call it {self.name}.headers beside the body {self.name}.sse, and name that one; `curl -i` "
            "writes both into one file"
        )


@dataclass(eq=False)
class NotAHeadError(EvidenceError):
    """Raised for a file beside a body that should be the head of the answer."""

    code = "not-a-head"
    message = "it does not begin with a status line, such as `HTTP/1.1 200 OK`"
    hint = "`curl -D FILE` writes the head of an answer into FILE"


@dataclass(eq=False)
class SeveralAnswersError(EvidenceError):
    """Raised where the head of an answer is followed by another one, and nobody can say why.

    Two answers in one file, and one answer of an endpoint that sends a head inside its body, are the same
    bytes. Judged as two, such an endpoint might conform; judged as one, those of any other would not.
    """

    code = "several-answers"
    message = (
        "the head of a second answer follows the first: either it holds more than one answer, or the "
        "endpoint sent a head inside its body"
    )
    hint = (
        "record each answer in a file of its own, by a call of curl with one address and without --retry; "
        "if there was only one, record it by `curl -D x.headers -o x.sse`, which keeps its body apart"
    )


# Zips


@dataclass(eq=False)
class NestedZipError(EvidenceError):
    """Told of a zip inside a zip."""

    code = "zip-nested"
    message = "it is a zip inside a zip"
    hint = "unzip the outer one, and name the folder"


@dataclass(eq=False)
class TooManyPartsError(EvidenceError):
    """Raised for a file with more parts, such as the files of a zip, than are looked at."""

    code = "too-many-parts"
    hint = "keep the exchanges of one run in it"

    what: str
    count: int
    most: int

    @property
    def message(self) -> str:
        return f"it has {self.count} {self.what}, more than the {self.most} that are read"


@dataclass(eq=False)
class TooMuchTogetherError(EvidenceError):
    """Told of an exchange in a file of which too much was read already."""

    code = "too-much-together"
    hint = "keep the exchanges of one run in it"

    most: int

    @property
    def message(self) -> str:
        return f"the bodies before it in its file have {self.most} bytes, and more are not read"


@dataclass(eq=False)
class ZipMemberError(EvidenceError):
    """Told of a file in a zip that cannot be read."""

    code = "zip-member"
    hint = "zip the folder again, without a password and as `zip -r` does"

    problem: str

    @property
    def message(self) -> str:
        return self.problem
