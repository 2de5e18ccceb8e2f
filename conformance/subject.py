"""The subjects that requirements judge: one decoded and assembled answer, or a group of answers.

An `Answer` is a `ChatStream` or a `ResponsesStream` if an event stream came, a `Refusal` if the status is 400
or more, and a `Document` otherwise. Each kind of group has its own type.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from conformance.assemble.chat import Chat, assemble_chat
from conformance.assemble.choice import Choice
from conformance.assemble.course import Responses
from conformance.assemble.item import Item
from conformance.assemble.payload import document
from conformance.assemble.responses import assemble_responses
from conformance.decode import Event, Oddity, Wire, decode
from conformance.exchange import Api, Exchange, Expects

__all__ = [
    "Answer",
    "ChatStream",
    "Claim",
    "ConcurrentStreams",
    "Document",
    "Group",
    "Leaving",
    "PacedStreams",
    "Refusal",
    "Repeats",
    "ResponsesStream",
    "RunAnswers",
    "Stream",
    "Twins",
    "read",
]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Everything that came back for one request: the exchange, and its body decoded into events."""

    exchange: Exchange
    wire: Wire
    streamed: ClassVar[bool] = False  # whether the body is an event stream

    @property
    def id(self) -> str:
        """The exchange's id."""
        return self.exchange.id

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The request body as a JSON object; empty if it is unknown or not an object."""
        return self.exchange.asked

    @property
    def resumed(self) -> bool:
        """Whether this stream resumes an earlier one, so its opening events are not required."""
        request = self.exchange.request
        return request is not None and ("starting_after" in request.url or "starting_after" in self.asked)

    def event(self, number: int | None) -> Event | None:
        """The event with this number; None if there is no such event."""
        if number is None or not 1 <= number <= len(self.wire.events):
            return None
        return self.wire.events[number - 1]


@dataclass(frozen=True, kw_only=True)
class ChatStream(Answer):
    """An event stream of Chat Completions."""

    chat: Chat
    streamed: ClassVar[bool] = True

    @property
    def assembled(self) -> Chat:
        """The same as `chat`, under the name that streams of both APIs share."""
        return self.chat

    @property
    def choices(self) -> list[Choice]:
        """The choices, sorted by index."""
        return self.chat.choices.ordered

    @property
    def usage_asked(self) -> bool:
        """Whether the request sets `stream_options.include_usage`."""
        options = self.asked.get("stream_options")
        return isinstance(options, dict) and options.get("include_usage") is True

    @property
    def choices_asked(self) -> int:
        """The `n` of the request; 1 if the request has none."""
        n = self.asked.get("n")
        return n if type(n) is int and n > 0 else 1

    @property
    def call_forced(self) -> bool:
        """Whether `tool_choice` forces the model to call a tool."""
        choice = self.asked.get("tool_choice")
        if not isinstance(choice, dict):
            return choice == "required"
        allowed = choice.get("allowed_tools")  # its mode says whether a call is forced
        return not isinstance(allowed, dict) or allowed.get("mode") == "required"


@dataclass(frozen=True, kw_only=True)
class ResponsesStream(Answer):
    """An event stream of the Responses API."""

    responses: Responses
    streamed: ClassVar[bool] = True

    @property
    def assembled(self) -> Responses:
        """The same as `responses`, under the name that streams of both APIs share."""
        return self.responses

    @property
    def items(self) -> list[Item]:
        """The items in the order in which they were announced."""
        return self.responses.output.items

    @property
    def resumed(self) -> bool:
        """Whether this stream resumes an earlier one, so its opening events are not required.

        The request decides. If it is unknown, the stream counts as resumed if its first sequence number is
        above 0 and its first event does not begin a response.
        """
        if self.exchange.request is not None:
            return super().resumed
        number = self.responses.numbers.first
        return number is not None and number > 0 and self.responses.events.first.what != "response.created"


@dataclass(frozen=True, kw_only=True)
class Document(Answer):
    """An answer that is not an event stream.

    `document` is its body as JSON, None if the body is not JSON; `not_json` then says why, and is ""
    otherwise.
    """

    document: Any = None
    not_json: str = ""


@dataclass(frozen=True, kw_only=True)
class Refusal(Document):
    """An answer with a status of 400 or more."""

    @property
    def error(self) -> Any:
        """The value of `error` in the body; None if there is none."""
        return self.document.get("error") if isinstance(self.document, dict) else None


Stream = ChatStream | ResponsesStream
"""An event stream of either API."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Answers that are judged together; each kind of group is a subclass."""

    id: str

    @property
    def members(self) -> tuple[Answer, ...]:
        """The answers of the group, each once."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Twins(Group):
    """The answers to a request for a stream, and to the same request without `stream`."""

    stream: Answer
    plain: Answer

    @property
    def members(self) -> tuple[Answer, ...]:
        """The streamed answer, then the plain one."""
        return self.stream, self.plain


@dataclass(frozen=True, kw_only=True)
class Repeats(Group):
    """The answers to a request for a stream, and to the same request word for word after it was answered."""

    first: Answer
    second: Answer

    @property
    def members(self) -> tuple[Answer, ...]:
        """The two answers, in the order of their requests."""
        return self.first, self.second


@dataclass(frozen=True, kw_only=True)
class Leaving(Group):
    """An answer that the client left in the middle, and the answer to the next request."""

    left: Answer
    next: Answer

    @property
    def members(self) -> tuple[Answer, ...]:
        """The answer that was left, then the next one."""
        return self.left, self.next


@dataclass(frozen=True, kw_only=True)
class RunAnswers(Group):
    """The answers to all stream requests of a run, by exchange id.

    Exchanges that failed through no fault of the endpoint are left out. `barred` are the APIs of which every
    answer was left out so, for the key, the credit or the rate of the account.
    """

    answers: Mapping[str, Answer]
    barred: frozenset[Api] = frozenset()

    @property
    def live(self) -> bool:
        """Whether this is all of a run: it has just been made, or was stored whole with its plan."""
        return all(answer.exchange.of_whole_run for answer in self.answers.values())

    @property
    def members(self) -> tuple[Answer, ...]:
        """All answers of the group."""
        return tuple(self.answers.values())


@dataclass(frozen=True, kw_only=True)
class PacedStreams(Group):
    """The answers of a run whose times are compared, by exchange id.

    `twins` are the ids of streams and of the same requests without `stream`; `left` is the stream that the
    client left, with the request after it. Exchanges that failed through no fault of the endpoint are left
    out.
    """

    answers: Mapping[str, Answer]
    twins: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]

    @property
    def members(self) -> tuple[Answer, ...]:
        """All answers of the group."""
        return tuple(self.answers.values())


@dataclass(frozen=True, kw_only=True)
class Claim(Group):
    """The answers to all requests of a run that try a capability that the provider claims, by exchange id.

    `whole` says that no such request is missing; of stored exchanges some may be.
    """

    capability: str
    answers: Mapping[str, Answer]
    whole: bool

    @property
    def members(self) -> tuple[Answer, ...]:
        """All answers of the group."""
        return tuple(self.answers.values())


@dataclass(frozen=True, kw_only=True)
class ConcurrentStreams(Group):
    """The streams of a run that were open at the same time, by exchange id."""

    streams: Mapping[str, Stream]

    @property
    def members(self) -> tuple[Answer, ...]:
        """All streams of the group."""
        return tuple(self.streams.values())


def read(exchange: Exchange) -> Answer:
    """The exchange, decoded and assembled. Never raises."""
    wire = decode(exchange.pieces)
    body = exchange.body
    content_type = (exchange.header("content-type") or "").lower()
    looks_json = body.lstrip()[:1] in (b"{", b"[")
    # Any text parses as unknown fields; only known fields or comments make it an event stream.
    signs = wire.events or wire.tail or wire.noted(Oddity.COMMENT, Oddity.ID, Oddity.RETRY)
    eventful = bool(signs) and not looks_json
    sse = eventful or (not looks_json and content_type.startswith("text/event-stream"))
    if exchange.refused or exchange.expects is Expects.DOCUMENT or not sse:
        value, wrong = document(body) if body.strip() else (None, "the body is empty")
        kind = Refusal if exchange.refused else Document
        return kind(exchange=exchange, wire=wire, document=value, not_json=wrong)
    if exchange.api is Api.RESPONSES:
        return ResponsesStream(exchange=exchange, wire=wire, responses=assemble_responses(wire))
    return ChatStream(exchange=exchange, wire=wire, chat=assemble_chat(wire))
