"""The rows for documents: what of an answer without streaming may be left out, or be another.

Beside a twin that is known, what the prompt dictates stays as it is.
"""

from typing import Any

from tests.mutation.operators import PLACE_OPERATORS, Mutant
from tests.mutation.rows import Row, empty, holder, not_early, some
from tests.mutation.stream import Base

__all__ = ["FREE_IN_DOCUMENTS", "OPTIONAL_IN_DOCUMENTS"]

_NOT_REQUIRED = (
    *("background", "completed_at", "conversation", "frequency_penalty", "max_output_tokens"),
    *("max_tool_calls", "moderation", "presence_penalty", "previous_response_id", "prompt_cache_key"),
    *("prompt_cache_retention", "reasoning", "safety_identifier", "service_tier", "store", "text"),
    *("tool_usage", "top_logprobs", "truncation", "usage", "user"),
)
_ECHO = (
    *("background", "frequency_penalty", "instructions", "max_output_tokens", "max_tool_calls"),
    *("parallel_tool_calls", "presence_penalty", "previous_response_id", "prompt_cache_key"),
    *("prompt_cache_retention", "safety_identifier", "service_tier", "store", "temperature", "tool_choice"),
    *("top_logprobs", "top_p", "truncation", "user"),
)


def _dictated(base: Base) -> bool:
    return bool(base.exchange.expected_text or base.exchange.expected_arguments)


def _unsaid(base: Base, _: Mutant) -> bool:
    return not _dictated(base)


def _null(_base: Base, mutant: Mutant) -> bool:
    return mutant.old is None


def _within(base: Base, mutant: Mutant) -> bool:
    """A part of a count stays from 0 to its whole."""
    kind = str(mutant.path[-2]).removesuffix("_details")
    return bool(0 <= mutant.new <= base.blocks[0].value["usage"][kind])


def _not_late(base: Base, mutant: Mutant) -> bool:
    ended = base.blocks[0].value.get("completed_at")
    return bool(ended is None or mutant.new <= ended)


def _in(*names: str) -> Any:
    return lambda _base, mutant: mutant.path[-1] in names


def _allowed(base: Base, mutant: Mutant) -> bool:
    """Another value than is asked for contradicts the request; a count is never below 0."""
    key = str(mutant.path[0])
    negative = isinstance(mutant.new, int | float) and mutant.new < 0
    return base.asked.get(key) is None and not (negative and key in ("max_output_tokens", "top_logprobs"))


def _of_call(base: Base, mutant: Mutant) -> bool:
    return bool(holder(base, mutant).get("type") == "function_call")


OPTIONAL_IN_DOCUMENTS = (
    Row(event="completion", place="usage", why="usage is optional", null=True),
    Row(event="completion", place="usage.*_details", why="details are optional", null=True),
    Row(event="completion", place="usage.*_details.*", why="details are optional", null=True),
    Row(
        event="completion",
        place="*",
        why="not among what the description requires of an answer",
        null=True,
        when=_in("service_tier", "system_fingerprint"),
    ),
    Row(event="completion", place="choices.*.logprobs", why="null where they were not asked for", when=_null),
    Row(
        event="completion",
        place="choices.*.message.*",
        why="null or empty where there is none",
        null=True,
        when=lambda base, mutant: mutant.path[-1] in ("refusal", "annotations") and empty(base, mutant),
    ),
    Row(
        event="response",
        place="*",
        why="not among what the description requires of a response",
        when=_in(*_NOT_REQUIRED),
    ),
    Row(
        event="response",
        place="*",
        why="null where the request does not set it",
        operators=("retype-null",),
        when=lambda base, mutant: (
            mutant.path[-1] in _NOT_REQUIRED and base.asked.get(str(mutant.path[-1])) is None
        ),
    ),
    Row(
        event="response",
        place="*",
        why="the description allows null",
        operators=("retype-null",),
        when=_in("instructions", "temperature", "top_p"),
    ),
    Row(
        event="response",
        place="metadata",
        why="no pairs, in another way",
        operators=("retype-null",),
        when=lambda _, mutant: not mutant.old,
    ),
    Row(event="response", place="reasoning.*", why="no key of the settings is required", null=True),
    Row(event="response", place="text.*", why="no key of the settings is required", null=True),
    Row(
        event="response",
        place="output.*.content.*.logprobs",
        why="recordings of OpenAI leave the empty list out",
        null=True,
        when=empty,
    ),
    Row(
        event="response",
        place="output.*.id",
        why="not among what the description requires of a call",
        when=_of_call,
    ),
    Row(
        event="response",
        place="output.*.status",
        why="not among what the description requires of a call",
        null=True,
        when=_of_call,
    ),
    Row(
        event="response",
        place="usage.input_tokens_details.cache_write_tokens",
        why="most recordings of OpenAI have no such key",
        null=True,
    ),
)

FREE_IN_DOCUMENTS = (
    Row(event="completion", place="id", why="an opaque id", when=some),
    Row(event="completion", place="created", why="a time"),
    Row(event="completion", place="model", why="a name"),
    Row(event="completion", place="service_tier", why="a label"),
    Row(event="completion", place="system_fingerprint", why="a label"),
    Row(event="completion", place="usage.*_details.*", why="any count within its whole", when=_within),
    Row(event="completion", place="choices.*.message.content", why="other words", when=_unsaid),
    Row(event="completion", place="choices.*.message.refusal", why="other words", when=_unsaid),
    Row(event="completion", place="choices.*.message.tool_calls.*.id", why="an opaque id", when=some),
    Row(event="response", place="id", why="an opaque id", when=some),
    Row(event="response", place="model", why="a name"),
    Row(event="response", place="created_at", why="a time, not after the end", when=_not_late),
    Row(event="response", place="completed_at", why="a time, not before the beginning", when=not_early),
    Row(
        event="response",
        place="*",
        why="an echo of the request",
        when=lambda base, mutant: mutant.path[-1] in _ECHO and _allowed(base, mutant),
    ),
    Row(event="response", place="text.**", why="an echo of the request", when=_allowed),
    Row(
        event="response",
        place="tool_usage.**",
        why="an addition that no client depends on: the schemas leave it open",
        operators=tuple(PLACE_OPERATORS),
    ),
    Row(event="response", place="usage.*_details.*", why="any count within its whole", when=_within),
    Row(event="response", place="output.*.id", why="an opaque id", when=some),
    Row(event="response", place="output.*.call_id", why="an opaque id", when=some),
    Row(event="response", place="output.*.content.*.text", why="other words", when=_unsaid),
    Row(event="response", place="output.*.summary.*.text", why="thoughts"),
    Row(event="response", place="incomplete_details.reason", why="an open set of names", when=some),
    Row(event="response", place="error.message", why="words for people", when=some),
    Row(event="response", place="error.code", why="an open set of names", when=some),
)
