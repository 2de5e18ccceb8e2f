"""What requirements judge: an exchange with its body decoded and assembled, or a group of them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance.assemble.chat import Chat, assemble_chat
from conformance.assemble.choice import Choice
from conformance.assemble.payload import Misfits, document
from conformance.assemble.responses import Responses, assemble_responses
from conformance.decode import Event, Oddity, Wire, decode
from conformance.exchange import Exchange

__all__ = ["Group", "Stream", "read"]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """An exchange with its body decoded and, where it is an event stream, assembled.

    For an event stream one of `chat` and `responses` is set. Otherwise `document` is the body as
    JSON, or None with what is wrong with it in `not_json`.
    """

    exchange: Exchange
    wire: Wire
    chat: Chat | None = None
    responses: Responses | None = None
    document: Any = None
    not_json: str = ""

    @property
    def id(self) -> str:
        """The exchange's id."""
        return self.exchange.id

    @property
    def streamed(self) -> bool:
        """Whether the answer is an event stream."""
        return self.chat is not None or self.responses is not None

    @property
    def misfits(self) -> Misfits:
        """Every schema error of the stream."""
        assembled = self.chat or self.responses
        return assembled.misfits if assembled is not None else Misfits()

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The body of the request as a JSON object; empty where it is not known."""
        return self.exchange.asked

    @property
    def usage_asked(self) -> bool:
        """Whether the request sets `stream_options.include_usage`."""
        options = self.asked.get("stream_options")
        return isinstance(options, dict) and options.get("include_usage") is True

    @property
    def choices_asked(self) -> int:
        """The `n` of the request, 1 where it has none."""
        n = self.asked.get("n")
        return n if type(n) is int and n > 0 else 1

    @property
    def call_forced(self) -> bool:
        """Whether `tool_choice` forces a call."""
        choice = self.asked.get("tool_choice")
        if not isinstance(choice, dict):
            return choice == "required"
        allowed = choice.get("allowed_tools")  # a choice among some of the tools, free or forced
        return not isinstance(allowed, dict) or allowed.get("mode") == "required"

    @property
    def resumed(self) -> bool:
        """Whether the stream goes on after an event of another, so that its begin is not due.

        The request says so; where it is not known, a first sequence number above 0 on an event
        that begins no response does.
        """
        request, found = self.exchange.request, self.responses
        if request is not None:
            return "starting_after" in request.url or "starting_after" in self.asked
        if found is None or found.first_number is None:
            return False
        return found.first_number > 0 and found.first[1] != "response.created"

    @property
    def choices(self) -> list[Choice]:
        """The choices of a chat stream, in order."""
        return self.chat.ordered if self.chat is not None else []

    def event(self, number: int | None) -> Event | None:
        """An event by its number."""
        if number is None or not 1 <= number <= len(self.wire.events):
            return None
        return self.wire.events[number - 1]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Streams that are judged together, by the part that each one plays."""

    id: str
    parts: dict[str, Stream] = field(default_factory=dict)


def read(exchange: Exchange) -> Stream:
    """Decode an exchange and assemble what it holds. Never raises."""
    wire = decode(exchange.pieces)
    body = exchange.body
    content_type = (exchange.header("content-type") or "").lower()
    looks_json = body.lstrip()[:1] in (b"{", b"[")
    # Any text has lines of unknown fields; only what an event stream is made of makes it one.
    signs = wire.events or wire.tail or wire.noted(Oddity.COMMENT, Oddity.ID, Oddity.RETRY)
    eventful = bool(signs) and not looks_json
    sse = eventful or (not looks_json and content_type.startswith("text/event-stream"))
    if exchange.refused or exchange.expects == "document" or not sse:
        value, wrong = document(body) if body.strip() else (None, "the body is empty")
        return Stream(exchange=exchange, wire=wire, document=value, not_json=wrong)
    if exchange.api == "responses":
        return Stream(exchange=exchange, wire=wire, responses=assemble_responses(wire))
    return Stream(exchange=exchange, wire=wire, chat=assemble_chat(wire))
