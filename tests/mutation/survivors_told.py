"""Survivors of streams that are reported, though at a level that kills nothing."""

from tests.mutation.survivor import Survivor, Why

__all__ = ["TOLD"]

_PIECE = "a piece of a text lost, doubled or changed: a model may err (in a run, the twin tells of a loss)"
_FITS = "a call that does not fit the tool: the model's matter, so it is INFO"
_NULL_USAGE = "`usage: null` left out: no client minds, so it is INFO"

TOLD = (
    Survivor(
        times=504,
        why=Why.INFO,
        told="answer-expected",
        event="chunk",
        place="choices.*.delta.content",
        reason=_PIECE,
    ),
    Survivor(
        times=31,
        why=Why.INFO,
        told="answer-expected",
        event="chunk",
        place="choices.*.index",
        operator="renumber-*",
        reason=_PIECE,
    ),
    Survivor(
        times=308,
        why=Why.INFO,
        told="answer-expected",
        event="chunk",
        place="",
        operator="event-*",
        reason=_PIECE,
    ),
    Survivor(
        times=444,
        why=Why.INFO,
        told="usage-null-elsewhere",
        event="chunk",
        place="usage",
        reason=_NULL_USAGE,
    ),
    Survivor(
        times=37,
        why=Why.INFO,
        told="tool-arguments-schema",
        event="chunk",
        place="choices.*.delta.tool_calls**",
        reason=_FITS,
    ),
    Survivor(
        times=10,
        why=Why.INFO,
        told="tool-arguments-schema",
        event="chunk",
        place="",
        operator="event-*",
        reason=_FITS,
    ),
    Survivor(
        times=26,
        why=Why.INFO,
        told="reasoning-item",
        event="response.*",
        place="response.usage.output_tokens_details.reasoning_tokens",
        reason="reasoning tokens without an item: OpenAI has been recorded so, so it is INFO",
    ),
    Survivor(
        times=1,
        why=Why.INFO,
        told="sequence-number-start",
        event="error",
        place="sequence_number",
        operator="renumber-up",
        reason="the only event of a stream is numbered 1: a start is INFO",
    ),
)
