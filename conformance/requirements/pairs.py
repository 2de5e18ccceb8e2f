"""A stream and the same request answered without streaming, side by side: what the rules on twins compare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.catalogue import trigger
from conformance.exchange import Api
from conformance.requirements.told import AnswerContent, told
from conformance.subject import Twins

__all__ = ["Pair", "both_told", "held_at", "side_by_side"]

_PLACES: Mapping[Api, Mapping[str, str]] = {
    Api.CHAT: {
        "text": "choices.0.delta.content",
        "end": "choices.0.finish_reason",
        "calls": "choices.0.tool_calls",
        "prompt": "usage.prompt_tokens",
        "completion": "usage.completion_tokens",
    },
    Api.RESPONSES: {
        "text": "output_text",
        "end": "response.status",
        "calls": "output",
        "prompt": "usage.input_tokens",
        "completion": "usage.output_tokens",
    },
}
"""Where the streams of each API hold what is compared."""
_WHOLE: Mapping[Api, Mapping[str, str]] = {
    Api.CHAT: {"text": "choices.0.message.content", "calls": "choices.0.message.tool_calls"},
    Api.RESPONSES: {"text": "output", "calls": "output"},
}
"""Where the answers without streaming hold it."""


def held_at(twins: Twins, what: str, *, streamed: bool = True) -> str:
    """Where the stream, or its twin, holds what is compared: a key of the tables above."""
    api = twins.stream.exchange.api
    return _PLACES[api][what] if streamed else _WHOLE[api][what]


@trigger(absent="the stream or its twin holds no answer")
def both_told(twins: Twins) -> tuple[AnswerContent, AnswerContent] | None:
    """What the stream and its twin say; None if either says nothing."""
    streamed, whole = told(twins.stream), told(twins.plain)
    return (streamed, whole) if streamed is not None and whole is not None else None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one request: one that is as it is due, and the other, which is judged by it."""

    right: AnswerContent
    other: AnswerContent
    streamed: bool  # whether the other is the stream

    @property
    def words(self) -> str:
        """How the one differs that is right."""
        return "as without streaming" if self.streamed else "as in the stream"


def side_by_side(twins: Twins, right: Callable[[AnswerContent], bool]) -> Pair | None:
    """The stream beside a twin that is right, or else the twin beside a stream that is; None for neither."""
    both = both_told(twins)
    if both is None:
        return None
    streamed, whole = both
    if right(whole):
        return Pair(whole, streamed, True)
    return Pair(streamed, whole, False) if right(streamed) else None
