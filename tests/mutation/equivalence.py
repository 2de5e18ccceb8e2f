"""Which mutants are equivalent: they mean the same as the stream they came from.

No requirement may tell of them.

It is decided for each mutant before it is judged, by the first of these rules that holds:

1. `framing`: the operator writes the same events in another way that the standards allow (WHATWG: several
   `data:` lines, no space after the colon, CR LF, comments; RFC 8259: white space and escapes).
2. `optional`: a key of the table `OPTIONAL` is dropped, renamed (to an unknown name) or, where that is
   allowed, made null: the API description does not require it, and nothing else in the stream speaks of it.
3. `free`: a value of the table `FREE` is another one of the same kind, and no other event holds it: an opaque
   id, a label, a number that nothing else bounds.
4. `metadata`, `blank`, `order`, `text`: the streams have the same normal form down to that step; see
   `tests.mutation.normal`.

What the operators of `tests.mutation.texts` and `tests.mutation.requests` do is never equivalent: each is a
known fault of servers.

A document has no normal form: of it the tables say all.

What is not equivalent by these rules has to be killed, or is listed among the survivors with its reason.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from tests.mutation.document_rows import FREE_IN_DOCUMENTS, OPTIONAL_IN_DOCUMENTS
from tests.mutation.documents import HARMS, LEGAL_FORMS
from tests.mutation.normal import Normal
from tests.mutation.operators import PLACE_OPERATORS, Mutant, under
from tests.mutation.rows import (
    CHANGED,
    LEFT_OUT,
    Row,
    bounded,
    empty,
    holder,
    likely,
    not_early,
    some,
)
from tests.mutation.stream import Base
from tests.mutation.texts import DAMAGES

__all__ = ["FREE", "LEGAL_FRAMING", "OPTIONAL", "Row", "equivalent", "row_of"]

LEGAL_FRAMING = (
    *("data-over-lines", "data-no-space", "lines-crlf", "comment-add"),
    *("json-escaped", "json-spaced"),
)


def _without_end(base: Base, mutant: Mutant) -> bool:
    """No event said that the time is still to come, or the key is gone from all: then it may be missing."""
    begun = any(_time_of_end(value, 0) is None for value in base.values[: mutant.at])
    everywhere = not mutant.blocks and mutant.operator != "retype-null"
    return mutant.label != "response.completed" or not begun or everywhere


def _time_of_end(value: Any, absent: Any) -> Any:
    response = value.get("response") if isinstance(value, dict) else None
    return response.get("completed_at", absent) if isinstance(response, dict) else absent


def _of_reasoning(base: Base, mutant: Mutant) -> bool:
    """A reasoning item that is told by its summary, or not at all: it has no text of its own."""
    return bool(holder(base, mutant).get("type") == "reasoning") and not mutant.old


def _never_told(base: Base, mutant: Mutant) -> bool:
    """No event tells the setting, and the request does not make it."""
    return not mutant.blocks and base.asked.get(str(mutant.path[-1])) is None


_NOT_REQUIRED = (
    *("background", "conversation", "frequency_penalty", "max_output_tokens"),
    *("max_tool_calls", "presence_penalty", "previous_response_id", "prompt_cache_key"),
    *("prompt_cache_retention", "reasoning", "safety_identifier", "service_tier", "store", "text"),
    *("top_logprobs", "truncation", "user"),
)

OPTIONAL = (
    Row(
        event="response.output_text.*",
        place="logprobs.*.bytes",
        why="not among the keys of a token in an event of text, `ResponseLogProb`",
        null=True,
    ),
    Row(
        event="response.output_text.*",
        place="logprobs.*.top_logprobs",
        why="not among what the description requires of a token in an event of text",
        null=True,
    ),
    Row(
        event="response.output_text.*",
        place="logprobs.*.top_logprobs.*.*",
        why="the description requires no key of an alternative in an event of text",
        null=True,
    ),
    Row(
        event="chunk",
        place="**.bytes",
        why="null where a token has no bytes",
        operators=("retype-null",),
    ),
    Row(
        event="chunk",
        place="**.top_logprobs.*",
        why="fewer alternatives may come than were asked for",
        operators=("drop",),
    ),
    Row(
        event="response.*",
        place="response.tool_usage",
        why="an addition that the schemas leave open",
        null=True,
    ),
    Row(
        event="response.*",
        place="response.*",
        why="not among what the description requires of a response",
        when=lambda _, mutant: mutant.path[-1] in _NOT_REQUIRED,
    ),
    Row(
        event="response.*",
        place="response.completed_at",
        why="not among what the description requires of a response, and null until it ends",
        null=True,
        when=_without_end,
    ),
    Row(
        event="response.*",
        place="response.*",
        why="null in all events of a response whose request does not set it",
        operators=("retype-null",),
        when=lambda base, mutant: (
            mutant.path[-1] in (*_NOT_REQUIRED, "temperature", "top_p") and _never_told(base, mutant)
        ),
    ),
    Row(
        event="response.*",
        place="response.metadata",
        why="no pairs, in another way",
        operators=("retype-null",),
        when=lambda _, mutant: not mutant.old,
    ),
    Row(
        event="response.output_item.done",
        place="item.status",
        why="not among what the description has, or requires, of these calls",
        operators=("drop", "retype-null"),
        when=lambda base, mutant: holder(base, mutant).get("type") in ("custom_tool_call", "mcp_call"),
    ),
    Row(
        event="response.function_call_arguments.done",
        place="name",
        why="recordings of OpenAI leave it out",
    ),
    Row(
        event="response.*",
        place="item.content",
        why="not among what the description requires of reasoning",
        null=True,
        when=_of_reasoning,
    ),
    Row(
        event="response.*",
        place="response.output.*.content",
        why="not among what the description requires of reasoning",
        null=True,
        when=_of_reasoning,
    ),
    Row(event="response.*", place="item.error", why="not among what the description requires of a call"),
    Row(
        event="response.*",
        place="response.output.*.error",
        why="not among what the description requires of a call",
    ),
    Row(event="chunk", place="usage.*_tokens_details", why="details are optional", null=True),
    Row(event="chunk", place="usage.*_tokens_details.*", why="details are optional", null=True),
    Row(
        event="chunk",
        place="choices.*.delta.audio.*",
        why="each piece of speech has some of the keys; its id comes once, and the time when it expires",
        null=True,
        when=lambda _, mutant: mutant.path[-1] in ("data", "transcript"),
    ),
    Row(event="chunk", place="moderation.*.results.*.categor*.*", why="categories vary with the model"),
    Row(
        event="response.*",
        place="response.usage.input_tokens_details.cache_write_tokens",
        why="most recordings of OpenAI have no such key",
        null=True,
    ),
    Row(
        event="*",
        place="part.logprobs",
        why="recordings of OpenAI leave the empty list out",
        null=True,
        when=empty,
    ),
    Row(
        event="*",
        place="item.content.*.logprobs",
        why="recordings of OpenAI leave the empty list out",
        null=True,
        when=empty,
    ),
    Row(
        event="*",
        place="response.output.*.content.*.logprobs",
        why="recordings of OpenAI leave the empty list out",
        null=True,
        when=empty,
    ),
    *OPTIONAL_IN_DOCUMENTS,
)

FREE = (
    Row(event="chunk", place="choices.*.delta.tool_calls.*.id", why="an opaque id", when=some),
    Row(event="chunk", place="usage.*_tokens_details.*", why="any count within its whole", when=bounded),
    Row(event="chunk", place="**.logprob", why="any log probability", when=likely, echoed=False),
    Row(event="chunk", place="choices.*.delta.audio.id", why="an opaque id", when=some),
    Row(event="chunk", place="choices.*.delta.audio.transcript", why="speech"),
    Row(event="chunk", place="choices.*.delta.audio.expires_at", why="a time"),
    Row(event="chunk", place="error.message", why="words for people"),
    Row(event="chunk", place="error.type", why="an open set of names", when=some),
    Row(event="chunk", place="moderation.**.model", why="an open set of names"),
    Row(event="chunk", place="moderation.**.categor*.*", why="what the moderation model says"),
    Row(event="error", place="**message", why="words for people"),
    Row(event="error", place="**code", why="an open set of names"),
    Row(event="error", place="error.type", why="an open set of names"),
    Row(
        event="response.*",
        place="response.usage.*_tokens_details.*",
        why="any count within its whole",
        when=bounded,
    ),
    Row(
        event="response.*",
        place="response.completed_at",
        why="a time, not before the response began",
        when=not_early,
    ),
    Row(
        event="response.*",
        place="response.service_tier",
        why="a label that OpenAI itself changes from event to event",
        operators=(*CHANGED, "drop", "rename", "retype-null"),
        echoed=False,
    ),
    Row(
        event="response.*",
        place="response.tool_usage.**",
        why="an addition that no client of a stream depends on: the schemas leave it open",
        operators=tuple(PLACE_OPERATORS),
        echoed=False,
    ),
    Row(
        event="response.incomplete",
        place="response.incomplete_details.reason",
        why="an open set of names",
        when=some,
    ),
    Row(event="response.*", place="response.error.message", why="words for people"),
    Row(event="response.*", place="response.error.code", why="an open set of names"),
    Row(event="response.audio.transcript.delta", place="delta", why="speech"),
    Row(event="response.*", place="response.created_at", why="a time"),
    Row(event="response.*", place="response.model", why="a name"),
    Row(event="response.*", place="response.id", why="an opaque id"),
    Row(event="response.*", place="response.temperature", why="an echo of the request"),
    Row(event="response.*", place="response.top_p", why="an echo of the request"),
    Row(event="response.*", place="response.tool_choice", why="an echo of the request"),
    Row(event="response.*", place="response.background", why="an echo of the request"),
    Row(event="response.*", place="response.parallel_tool_calls", why="an echo of the request"),
    *FREE_IN_DOCUMENTS,
)


def equivalent(base: Base, normal: Normal, mutant: Mutant) -> str:
    """The name of the rule by which a mutant is equivalent; "" when it is not."""
    if mutant.operator in (*DAMAGES, *HARMS) or mutant.request:
        return ""
    if mutant.operator in (*LEGAL_FRAMING, *LEGAL_FORMS):
        return "framing"
    if (row := row_of(base, mutant)) is not None:
        return "optional" if row in OPTIONAL else "free"
    step = None if base.document else normal.step(mutant.blocks)
    return step.name.lower() if step is not None else ""


def row_of(base: Base, mutant: Mutant) -> Row | None:
    """The row of OPTIONAL or FREE that a mutant of a place fits; None for none.

    Of a place that is spoilt in every event, each has to fit one.
    """
    if mutant.parts:
        rows = [row_of(base, part) for part in mutant.parts]
        return rows[0] if all(rows) else None
    if not mutant.path:
        return None
    for row in OPTIONAL:
        if mutant.operator in _left_out(row) and _fits(row, base, mutant):
            return row
    for row in FREE:
        fits = mutant.operator in (row.operators or CHANGED) and _fits(row, base, mutant)
        if fits and not (row.echoed and _repeated(base, mutant)):
            return row
    return None


def _left_out(row: Row) -> tuple[str, ...]:
    return row.operators or (*LEFT_OUT, *(("retype-null",) if row.null else ()))


def _fits(row: Row, base: Base, mutant: Mutant) -> bool:
    return fnmatchcase(mutant.label, row.event) and under(row.place, mutant.place) and row.when(base, mutant)


def _repeated(base: Base, mutant: Mutant) -> bool:
    """Whether another event holds the same value at the same place."""
    return any(
        mutant.old in _at(value, mutant.path)
        for at, value in enumerate(base.values)
        if at != mutant.at and value is not None
    )


def _at(value: Any, path: tuple[str | int, ...]) -> Iterator[Any]:
    for step in path:
        try:
            value = value[step]
        except (TypeError, KeyError, IndexError):
            return
    yield value
