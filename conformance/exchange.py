"""One request and everything that came back: the evidence that every verdict rests on.

An exchange is plain data without any judgement. Decoding, assembling and judging read it and never change it.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar, overload

from conformance.errors import did_you_mean

__all__ = [
    "Api",
    "Attempt",
    "Ended",
    "Exchange",
    "Expects",
    "Malformed",
    "Mistake",
    "Need",
    "Packed",
    "Piece",
    "Promise",
    "Request",
    "member",
    "members",
]


class Api(StrEnum):
    """The API that a request is made to."""

    CHAT = "chat"
    RESPONSES = "responses"


class Expects(StrEnum):
    """The answer that a scenario asks for."""

    UNKNOWN = ""  # the source does not tell
    STREAM = "stream"
    DOCUMENT = "document"
    REFUSAL = "refusal"


class Promise(StrEnum):
    """What the answer to a scenario is sure to contain."""

    CHAT = "chat"  # chunks with a choice
    TEXT = "text"
    USAGE = "usage"
    LENGTH = "length"  # an answer that reaches the token limit
    TOOLS = "tools"  # a tool call
    PARALLEL = "parallel"  # several tool calls in one choice
    REASONING = "reasoning"
    N = "n"  # several choices
    LOGPROBS = "logprobs"
    JSON = "json"  # a text for which the request gives a schema
    RESPONSES = "responses"  # a Responses stream with an output item
    RESPONSES_TEXT = "responses-text"
    RESPONSES_TOOLS = "responses-tools"
    RESPONSES_CUSTOM = "responses-custom"  # a call of a custom tool
    RESPONSES_REASONING = "responses-reasoning"
    RESPONSES_SUMMARY = "responses-summary"
    RESPONSES_LENGTH = "responses-length"
    RESPONSES_JSON = "responses-json"  # a text for which the request gives a schema
    NEXT_TURN = "next-turn"  # an answer to the result of a tool call
    CANCEL = "cancel"  # a stream that the suite abandons on purpose
    # Requests that the endpoint should refuse, and why.
    MALFORMED = "malformed"
    BAD_KEY = "bad-key"
    UNKNOWN_MODEL = "unknown-model"
    OPTIONS = "options"


class Need(StrEnum):
    """Data that a requirement needs of an exchange, and that its source may lack."""

    REQUEST = "request"
    STATUS = "status"
    HEADERS = "headers"
    TIMING = "timing"  # arrival times
    ENDING = "ending"  # how the connection ended
    WIRE = "wire"  # the bytes as received
    END = "end"  # the end of the stream: never in `lacks`, but missing if the recorder stopped early


E = TypeVar("E", bound=StrEnum)


def member(names: type[E], value: str, where: str) -> E:
    """The member of an enumeration with this value. Raises ValueError with a suggestion if there is none.

    `where` describes, for the error message, what the value was given for.
    """
    try:
        return names(value)
    except ValueError:
        hint = did_you_mean(str(value), [item.value for item in names if item.value])
        raise ValueError(f"{where}: there is no {value!r}, {hint}") from None


def members(names: type[E], values: Iterable[str], where: str) -> tuple[E, ...]:
    """Like `member`, for several values."""
    return tuple(member(names, value, where) for value in values)


class Ended(StrEnum):
    """How the body of an exchange ended, as the recorder saw it."""

    CLOSED = "closed"  # the server ended the body as HTTP prescribes
    RESET = "reset"  # the connection was lost before HTTP's own end of the body
    HELD_OPEN = "held-open"  # the terminator came, but the server kept the body open; the recorder closed it
    LEFT = "left"  # the recorder closed the connection on purpose, because the scenario says so
    NO_CONNECTION = "no-connection"  # no connection could be made
    NO_RESPONSE = "no-response"  # connected, but no response head before the deadline or the loss
    SILENCE = "silence"  # nothing came for longer than the silence deadline
    OVERTIME = "overtime"  # the stream did not end before the deadline of a stream
    CEILING = "ceiling"  # the body exceeded the recorder's byte or event ceiling
    INTERRUPTED = "interrupted"  # the person running the suite stopped it, or the time of the run was over
    NOT_SENT = "not-sent"  # the request was not sent: the provider had been given up, or the run was over
    UNBUILT = "unbuilt"  # the request was not sent, because the answer that it sends back has no call
    UNKNOWN = "unknown"  # the stored format does not say


class Mistake(StrEnum):
    """What is wrong in the user's configuration, as the first answer shows; then nothing else is sent."""

    NONE = ""
    SCHEME = "scheme"  # http where only https is answered
    PATH = "path"  # no API below the base URL
    PAGE = "page"  # a web page instead of an API
    KEY = "key"
    MODEL = "model"


class Malformed(StrEnum):
    """What in the HTTP of an answer breaks HTTP's own rules; its head or body may then not be readable."""

    NONE = ""
    STATUS_LINE = "status-line"
    HEADER = "header"  # a line without colon, with space before it, or with bytes that no header may have
    FOLDED = "folded-header"  # a header that goes on in a line that begins with white space
    LENGTH = "content-length"  # no number, negative, or two that differ
    CODING = "transfer-encoding"  # Transfer-Encoding more than once, of another kind, or in HTTP/1.0
    CHUNK = "chunk"  # a size that is none, or no line end behind a chunk
    SURPLUS = "surplus"  # bytes behind the end of the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of the body as the HTTP library delivered it.

    A piece is neither a network read nor an event: it may hold several events or end inside one. `at` is in
    seconds since the request was sent, None if the source keeps no times.
    """

    data: bytes
    at: float | None = None


class Packed(Sequence[Piece]):
    """Many pieces as one body and where each of them ends in it, 16 bytes for a piece.

    Objects of their own would take several times the bytes of a body that came byte by byte.
    """

    __slots__ = ("_ends", "_times", "body")

    def __init__(self, pieces: Iterable[Piece]) -> None:
        body = bytearray()
        self._ends, self._times = array("q", (0,)), array("d")
        for piece in pieces:
            body += piece.data
            self._ends.append(len(body))
            # NaN, which no recorder measures and no file holds, stands for a time that is not known.
            self._times.append(float("nan") if piece.at is None else piece.at)
        self.body = bytes(body)

    def __len__(self) -> int:
        return len(self._times)

    @overload
    def __getitem__(self, index: int) -> Piece: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Piece, ...]: ...
    def __getitem__(self, index: int | slice) -> Piece | tuple[Piece, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        place = range(len(self))[index]
        return self._piece(self._times[place], self._ends[place], self._ends[place + 1])

    def __iter__(self) -> Iterator[Piece]:
        for at, (start, end) in zip(self._times, pairwise(self._ends), strict=True):
            yield self._piece(at, start, end)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Packed | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def _piece(self, at: float, start: int, end: int) -> Piece:
        return Piece(data=self.body[start:end], at=at if at == at else None)  # noqa: PLR0124 - NaN alone differs


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The request as sent, redacted. `body` is its text, "" if it has none."""

    method: str = "POST"
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to send a request.

    Every attempt before the last one failed or was answered with 429 or 5xx.
    """

    started: float  # seconds since the first attempt began
    status: int | None = None  # None if no response head came
    error: str = ""  # what went wrong below HTTP; "" if nothing did
    retry_after: float | None = None  # seconds that the server asked to wait before the next attempt


class _Unstated(frozenset[Need]):
    """The default of `lacks`: it is then derived from the other fields."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Exchange:
    """One request and everything that came back.

    `id` is unique in a run: the scenario's name, with `.2`, `.3` ... for further samples, or the name of the
    file that it was read from. `lacks` names the data that the source does not hold: rules that need them are
    "not testable". Left out, it is derived from the fields that are missing.

    `api`, `expects`, `promises` and `lacks` also accept the values of their members, such as "chat". Raises
    ValueError for any other text.
    """

    id: str
    api: Api
    provider: str = ""
    model: str = ""
    scenario: str = ""
    sample: int = 1
    again: str = ""  # the id of the exchange that this one repeats, with nothing else open
    request: Request | None = None
    attempts: tuple[Attempt, ...] = ()
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    pieces: Sequence[Piece] = ()
    ended: Ended = Ended.UNKNOWN
    ended_at: float | None = None  # seconds since the request was sent
    detail: str = ""  # the recorder's description of how it ended
    mistake: Mistake = Mistake.NONE  # the user's mistake that this answer shows; `detail` describes it
    malformed: Malformed = Malformed.NONE  # what in the HTTP of the answer is; `detail` describes it
    beside: int | None = None  # the most other requests of the run that were open at the provider meanwhile
    started: str = ""  # UTC time of the first attempt, RFC 3339
    expects: Expects = Expects.UNKNOWN
    promises: tuple[Promise, ...] = ()
    claim: bool | None = None  # whether the provider claims what this exchange tries; None if unstated
    unclaimed: tuple[str, ...] = ()  # the capabilities of its API that the provider does not claim
    nonce: str = ""  # the code word in this exchange's prompt; "" if it has none
    expected_text: str = ""  # the text that a model writes if it follows the prompt; "" if unknown
    # The arguments of each call that the prompt asks for, as JSON, or the input of a custom tool.
    expected_arguments: tuple[str, ...] = ()
    source: str = ""  # the path that it was read from, as the user gave it
    whole: bool = False  # whether all others that its run had planned were read with it
    note: str = ""  # remarks on the source for readers of the verdicts
    lacks: frozenset[Need] = _Unstated()

    def __post_init__(self) -> None:
        named = {
            "api": member(Api, self.api, "the API of an exchange"),
            "expects": member(Expects, self.expects, "what an exchange expects"),
            "mistake": member(Mistake, self.mistake, "the mistake of an exchange"),
            "malformed": member(Malformed, self.malformed, "what is malformed in an exchange"),
            "promises": members(Promise, self.promises, "the promises of an exchange"),
            "lacks": self._missing()
            if isinstance(self.lacks, _Unstated)
            else frozenset(members(Need, self.lacks, "what an exchange lacks")),
        }
        if Need.END in named["lacks"]:
            raise ValueError("what an exchange lacks: no source lacks the end; `ended` says how it came")
        for name, value in named.items():
            object.__setattr__(self, name, value)

    def _missing(self) -> frozenset[Need]:
        """The data that this exchange does not hold.

        If it is known that no answer came, no part of the answer counts as missing.
        """
        unknown = self.ended is Ended.UNKNOWN
        came = unknown or bool(self.pieces)
        given = {
            # A POST has a body; if it is empty here, it was streamed and not kept.
            Need.REQUEST: self.request is not None
            and bool(self.request.body or self.request.method != "POST"),
            Need.STATUS: self.status is not None or not came,
            Need.HEADERS: bool(self.headers) or not (came or self.status is not None),
            Need.TIMING: any(piece.at is not None for piece in self.pieces) or not came,
            Need.ENDING: not unknown,
        }
        return frozenset(need for need, is_given in given.items() if not is_given)

    def __repr__(self) -> str:
        # Without the body, which would fill the screen of whoever's assertion failed.
        size = sum(len(piece.data) for piece in self.pieces)
        return f"<Exchange {self.id} of {self.api.value}: status {self.status}, {size} bytes, {self.ended}>"

    @cached_property
    def body(self) -> bytes:
        """The whole body."""
        if isinstance(self.pieces, Packed):
            return self.pieces.body
        return b"".join(piece.data for piece in self.pieces)

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The request body as a JSON object; empty if there is none or it is not an object."""
        return self._asked if isinstance(self._asked, dict) else {}

    @cached_property
    def _asked(self) -> Any:
        """The value of the request body; None if it is no JSON."""
        try:
            return json.loads(self.request.body) if self.request is not None else None
        except (ValueError, RecursionError):
            return None

    @cached_property
    def unknown(self) -> frozenset[Need]:
        """What this exchange lacks, and the request if its body is no JSON object, which says nothing.

        A request that is to be refused may be spoilt on purpose.
        """
        silent = self.request is not None and self.request.body and not isinstance(self._asked, dict)
        return self.lacks | {Need.REQUEST} if silent and self.expects is not Expects.REFUSAL else self.lacks

    def header(self, name: str) -> str | None:
        """The first value of a response header, in any case; None if it is absent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def answered(self) -> bool:
        """Whether a response head came; for sources without a status, whether there is a body."""
        return self.status is not None or bool(self.pieces)

    @cached_property
    def undisturbed(self) -> bool:
        """Whether an answer came whole that is no refusal, of which the source lacks nothing."""
        came = self.ended is Ended.CLOSED and self.status is not None and self.status < 400
        return came and not (self.mistake or self.malformed or self.unknown)

    @property
    def of_whole_run(self) -> bool:
        """Whether what did not come beside it did not come at all: its run is live, or is stored whole."""
        return self.whole or not self.source

    @property
    def refused(self) -> bool:
        """Whether the status is 400 or more."""
        return self.status is not None and self.status >= 400
