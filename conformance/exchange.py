"""One request and all that came back: the evidence that every verdict rests on.

An exchange is plain data. It holds no opinion about the bytes: decoding, assembling and judging
come later and read it without changing it.
"""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

__all__ = ["Attempt", "Ended", "Exchange", "Piece", "Request"]


class Ended(StrEnum):
    """How the body of an exchange came to its end, as the recorder saw it."""

    CLOSED = "closed"  # the server ended the body as HTTP prescribes
    RESET = "reset"  # the connection was lost before HTTP's own end of the body
    HELD_OPEN = "held-open"  # terminator seen, but the server left the body open; the recorder left
    LEFT = "left"  # the recorder left on purpose, as the scenario says
    NO_CONNECTION = "no-connection"  # no connection could be made
    NO_RESPONSE = "no-response"  # connected, but no response head before the deadline or the loss
    SILENCE = "silence"  # nothing came for longer than the silence deadline
    OVERTIME = "overtime"  # the stream did not end before the stream or run deadline
    CEILING = "ceiling"  # the body exceeded the recorder's byte or event ceiling
    INTERRUPTED = "interrupted"  # the person running the suite stopped it
    NOT_SENT = "not-sent"  # the request was not sent (the provider was given up before)
    UNKNOWN = "unknown"  # the stored format does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of the body as the HTTP library delivered it.

    A piece is neither a network read nor an event: it may hold several events or end inside one.
    `at` is in seconds since the request was sent, or None where the source keeps no times.
    """

    data: bytes
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The request as sent, redacted. `body` is the text of the body, empty for none."""

    method: str = "POST"
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a request. Attempts before the last one were answered 429, 5xx or not at all."""

    started: float  # seconds since the first attempt began
    status: int | None = None  # None: no response head came
    error: str = ""  # what went wrong below HTTP, empty for nothing
    retry_after: float | None = None  # seconds that the server asked to wait


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and all that came back.

    `id` is unique in a run: the scenario's name, with `.2`, `.3` ... for further samples, or the
    name of the file it was read from. `lacks` names what the source does not hold, so that rules
    that need it are "not testable" instead of guessed: any of request, status, headers, timing,
    ending, wire.
    """

    id: str
    api: str  # "chat" or "responses"
    provider: str = ""
    model: str = ""
    scenario: str = ""
    sample: int = 1
    request: Request | None = None
    attempts: tuple[Attempt, ...] = ()
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    pieces: tuple[Piece, ...] = ()
    ended: Ended = Ended.UNKNOWN
    ended_at: float | None = None  # seconds since the request was sent
    detail: str = ""  # the recorder's words about how it ended
    started: str = ""  # UTC time of the first attempt, RFC 3339
    expects: str = ""  # what the scenario asks for: stream, document, refusal; "" where unknown
    promises: tuple[str, ...] = ()  # what the scenario is sure to bring out, when it is answered
    claim: bool | None = None  # whether the provider claims the capability that this exchange tries
    nonce: str = ""  # the code word of this exchange's prompt, when it has one
    expected_text: str = ""  # the text that a model which follows the prompt writes
    source: str = ""  # where it was read from, as the person named it
    note: str = ""  # what a reader of the verdicts must know about the source
    lacks: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(piece.data for piece in self.pieces)

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The request body as a JSON object; empty when there is none or it is not an object."""
        if self.request is None:
            return {}
        try:
            value = json.loads(self.request.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def header(self, name: str) -> str | None:
        """The first value of a response header, whatever its case; None when it is absent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def answered(self) -> bool:
        """Whether a response head came, or the source does not say but holds a body."""
        return self.status is not None or bool(self.pieces)

    @property
    def refused(self) -> bool:
        """Whether the status says that the request was not accepted."""
        return self.status is not None and self.status >= 400
