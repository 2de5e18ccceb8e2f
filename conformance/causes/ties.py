"""Ties: how a violation is seen to follow from another where no mend of the bytes can tell. Pure."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from conformance.catalogue import Violation
from conformance.causes.pairs import (
    NO_KEY,
    Judged,
    Pair,
    Tie,
    after,
    anyhow,
    anywhere,
    around,
    at_same_place,
    before,
    distance,
    each,
    in_same_event,
    on_same_exchange,
    right_before,
    shared,
    steps,
    up_to_next,
)
from conformance.text import shown

__all__ = ["FAR", "TIES"]


def _of_same_value(cause: Violation, effect: Violation) -> bool:
    return cause.observed == effect.observed


def _of_told_value(cause: Violation, effect: Violation) -> bool:
    """Whether the effect names the wrong value too."""
    told = cause.observed.strip('"')
    return bool(told) and (told in effect.observed or told in effect.expected)


def _in_span(cause: Violation, effect: Violation) -> bool:
    if cause.span is None or effect.span is None:
        return False
    return effect.span[0] <= cause.span[0] and cause.span[1] <= effect.span[1]


def _of_value_there(cause: Violation, effect: Violation) -> bool:
    """Whether both are about one value of one event, which they show in the same way."""
    return in_same_event(cause, effect) and _of_same_value(cause, effect)


def _of_value_in_group(cause: Violation, effect: Violation) -> bool:
    """Whether a group shows the same value, which stands in no one event of it."""
    return effect.event is None and _of_same_value(cause, effect)


def _of_same_count(cause: Violation, effect: Violation) -> bool:
    """Whether the effect is about the number that the cause shows, with words after it."""
    return effect.observed.partition(",")[0] == cause.observed


def _of_same_arguments(cause: Violation, effect: Violation) -> bool:
    """Whether both quote the same arguments of a call at their end."""
    one, other = (found.observed.partition("arguments ")[2] for found in (cause, effect))
    return one == other != ""


def _of_its_text(cause: Violation, effect: Violation) -> bool:
    """Whether the effect shows the JSON text whose value the cause shows."""
    return effect.observed == shown(cause.observed)


def _of_own_end(_cause: Violation, effect: Violation) -> bool:
    return effect.place.endswith("finish_reason")


def _cut_by_limit(cause: Violation, effect: Violation) -> bool:
    """Whether the effect says that the token limit cut the arguments, and the cause comes after them."""
    return "tokens cut the call" in effect.observed and distance(cause, effect) <= 0


def _of_a_call(_cause: Violation, effect: Violation) -> bool:
    return "call" in effect.expected


def _of_fewer_calls(cause: Violation, effect: Violation) -> bool:
    """Whether calls are missing that another answer of the run should have shown too."""
    fewer = effect.observed == "no call" or effect.expected.startswith(f"{effect.observed}, ")
    return fewer and "tool call" in cause.expected


def _of_an_item(cause: Violation, effect: Violation) -> bool:
    return cause.place.partition(".")[0] == "item" and before(cause, effect)


def _of_lost_command(cause: Violation, effect: Violation) -> bool:
    """Whether a command is counted wrongly because one before it came without its item."""
    lost = cause.observed.startswith("response.shell_call_command") and before(cause, effect)
    return lost and effect.place == "command_index"


def _of_same_status(cause: Violation, effect: Violation) -> bool:
    """Whether both are errors, as their bodies say, that came with one status."""
    statuses = {found.observed.partition(":")[0] for found in (cause, effect)}
    return len(statuses) == 1 and all('"error"' in found.observed for found in (cause, effect))


def _of_form(part: str) -> Tie:
    """The second answer to one request lacks a part that the first one has."""

    def tied(_cause: Violation, effect: Violation) -> bool:
        return effect.expected.startswith(part) and effect.expected.endswith("as the first time")

    def tie(cause: Judged, effect: Judged) -> bool:
        return _names_exchange(cause, effect) and each(tied, cause, effect)

    return tie


def _of_a_chunk(cause: Violation, effect: Violation) -> bool:
    """Whether the body could not be read on for what is malformed in it, and was not lost besides."""
    return "chunk" in cause.expected and cause.observed == effect.observed


def _by_no_event(_cause: Violation, effect: Violation) -> bool:
    return effect.event is None


def _names_exchange(cause: Judged, effect: Judged) -> bool:
    """Each violation of a group has the exchange of the cause as its place."""
    return all(violation.place == cause[0].subject for violation in effect[1])


def _of_one_dialect(cause: Judged, effect: Judged) -> bool:
    return cause[0].subject == effect[0].subject and bool(set(cause[0].dialects) & set(effect[0].dialects))


# Where something must have been lost for each of these to be broken: an event, or a part of it, that could
# not be read there explains it.
_LOST: Mapping[str, Pair] = MappingProxyType(
    {
        "answer-expected": anyhow,
        "answer-present": anyhow,
        "finish-reason-present": after,
        "finish-reason-without-calls": before,
        "role-first": right_before,
        "tool-id-first": right_before,
        "tool-name-first": right_before,
        "tool-type-first": right_before,
        "tool-arguments-json": up_to_next,
        "tool-arguments-object": up_to_next,
        "text-done-present": around,
        "item-added-first": right_before,
        "part-added-first": right_before,
        "text-deltas-present": before,
        "response-created-first": right_before,
        "response-output-agrees": _of_an_item,
        "sequence-number-start": around,
        "sequence-number-contiguous": right_before,
    }
)


# The place of what was lost, where a violation does not name it.
_LOST_AT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "answer-expected": ("choices.*.delta.content", "delta"),
        "answer-present": ("", "choices"),
        "finish-reason-without-calls": ("", "choices.*.delta.tool_calls"),
        "text-deltas-present": ("delta",),
    }
)
_KEYS = ("index", "output_index", "content_index", "summary_index", "type")
"""The keys by which a value is found: where one is wrong, the whole of what it stands in is lost."""


def _lost(cause: Judged, effect: Judged) -> bool:
    name = effect[0].requirement
    where = _LOST.get(name)

    def tied(one: Violation, other: Violation) -> bool:
        held = steps(one.place)
        held = held[:-1] if held and held[-1] in _KEYS else held
        places = _LOST_AT.get(name, (other.place,))
        return (
            where is not None and where(one, other) and any(steps(at)[: len(held)] == held for at in places)
        )

    return where is not None and shared(cause[0], effect[0]) and each(tied, cause, effect)


def _only(names: tuple[str, ...], tied: Pair) -> Tie:
    """Violations of these requirements are tied so, and no others."""
    tie = on_same_exchange(tied)
    return lambda cause, effect: effect[0].requirement in names and tie(cause, effect)


def _gap(tied: Pair) -> Tie:
    """A gap in the sequence numbers is tied so, and no other violation."""
    return _only(("sequence-number-contiguous", "sequence-number-start"), tied)


def _ended_early(cause: Violation, effect: Violation) -> bool:
    """Whether a chunk with choices comes after the terminator, where the answer or its end was missing."""
    return '"finish_reason"' in cause.observed and (effect.event is None or after(cause, effect))


def _number_lost(cause: Judged, effect: Judged) -> bool:
    """What is no event of the API says nothing of it; at most its number is missed, or the text."""
    return effect[0].requirement in ("sequence-number-contiguous", "answer-expected") and _lost(cause, effect)


def _spoilt(cause: Violation, effect: Violation) -> bool:
    """Whether a character that could not be read stands in what was observed, or in a missing key.

    Or in the text that was streamed, if that differs from the other one in nothing else.
    """
    seen = "\ufffd" in effect.observed or effect.observed == NO_KEY
    there = seen and (effect.event is None or in_same_event(cause, effect))
    return there or (before(cause, effect) and _but_for_spoilt(effect))


def _but_for_spoilt(effect: Violation) -> bool:
    streamed, mark, _ = effect.expected.partition(", as streamed")
    first, *pieces = re.split("\ufffd+", streamed)
    if not mark or not pieces or not effect.observed.startswith(first):
        return False
    at = len(first)
    for piece in pieces[:-1]:
        at = effect.observed.find(piece, at) + len(piece)
        if at < len(piece):
            return False
    return effect.observed.endswith(pieces[-1]) and at + len(pieces[-1]) <= len(effect.observed)


_ANYHOW = on_same_exchange(anyhow)
_SAME_EVENT = on_same_exchange(in_same_event)
_SAME_PLACE = on_same_exchange(at_same_place)
_IN_GROUP = on_same_exchange(_by_no_event)

TIES: Mapping[str, tuple[Tie, ...]] = MappingProxyType(
    {
        # What could not be read is missing.
        "event-terminated": (_lost,),
        "event-json": (_lost,),
        "event-foreign": (_number_lost,),
        "utf8-valid": (on_same_exchange(_spoilt),),
        "event-schema": (_SAME_PLACE, _lost),
        "chunk-schema": (_SAME_PLACE, _lost),
        "choices-present": (_lost,),
        "choice-delta": (_lost,),
        "content-string": (_lost,),
        "tool-function-present": (_lost,),
        "logprobs-shape": (_ANYHOW,),
        "output-index-present": (_lost,),
        "sequence-number-present": (_lost,),
        # What never came is missing, and so is all that comes at the end.
        "http-framing": (on_same_exchange(_of_a_chunk),),
        "body-complete": (_ANYHOW,),
        "answer-present": (on_same_exchange(_by_no_event),),
        "done-present": (_lost, _of_form("[DONE]")),
        "role-first": (_of_form("a role"),),
        "finish-reason-present": (_of_form("a finish_reason"),),
        "content-type-event-stream": (_of_form("Content-Type"),),
        "terminal-event-present": (_lost,),
        "answer-nonempty": (_ANYHOW, anywhere(_of_same_value)),
        "endpoint-streams": (_ANYHOW,),
        "finish-reason-without-calls": (_ANYHOW,),
        # A gap in the numbers is where an event is missing.
        "sequence-number-increasing": (_gap(around),),
        "item-added-first": (_gap(in_same_event), _lost, on_same_exchange(_of_lost_command)),
        "part-added-first": (_gap(in_same_event), _lost),
        "text-done-agrees": (_gap(after), _lost),
        "arguments-done-agrees": (_gap(after),),
        "summary-done-agrees": (_gap(after),),
        "item-done": (_gap(before),),
        "part-done": (_gap(before),),
        "text-done-present": (_gap(right_before),),
        # A group names the exchange that it was seen on.
        "status-ok": (_names_exchange,),
        "stream-honoured": (_names_exchange,),
        "document-status": (_names_exchange,),
        "tool-id-unique": (_names_exchange,),
        "stream-incremental": (_names_exchange,),
        # Two rules look at one event.
        "after-finish": (_SAME_EVENT,),
        "finish-reason-once": (_SAME_EVENT,),
        "finish-reason-key": (_SAME_EVENT,),
        "usage-integers": (_SAME_EVENT,),
        "item-late": (_SAME_EVENT,),
        "choice-index-range": (_ANYHOW,),
        "choice-index-repeated": (_lost,),
        "item-identity": (on_same_exchange(_of_told_value),),
        "content-index-present": (_SAME_EVENT,),
        "response-created-first": (_SAME_EVENT,),
        "event-type-known": (_SAME_EVENT,),
        "sse-field-unknown": (on_same_exchange(_in_span), _lost),
        "event-without-data": (_lost,),
        "choices-empty": (_lost,),
        # The same value is wrong by two rules.
        "finish-reason-value": (on_same_exchange(_of_same_value),),
        "tool-result-accepted": (_SAME_EVENT,),
        "response-tool-result-accepted": (_SAME_EVENT,),
        "error-status": (anywhere(_of_same_status),),
        "response-status": (on_same_exchange(_of_value_there), on_same_exchange(_of_value_in_group)),
        "status-known": (anywhere(_of_same_value),),
        "finish-reason-length": (_SAME_PLACE,),
        "response-length-status": (_SAME_PLACE,),
        "tool-name-form": (on_same_exchange(_of_value_there), _IN_GROUP),
        "tool-name-offered": (_IN_GROUP,),
        "tool-arguments-strict": (_IN_GROUP,),
        "response-arguments-strict": (_IN_GROUP,),
        "tool-arguments-object": (on_same_exchange(_of_its_text),),
        "arguments-json": (on_same_exchange(_of_its_text),),
        # What the limit did not cut goes on to its own end; what it cut is only half there.
        "max-tokens-honoured": (on_same_exchange(_of_own_end), on_same_exchange(_of_same_count)),
        "response-max-tokens": (_ANYHOW,),
        "finish-reason-cut-call": (on_same_exchange(_cut_by_limit),),
        "response-call-cut": (on_same_exchange(_of_same_arguments),),
        "usage-counts": (anywhere(_of_same_count),),
        # Calls that do not come, or come as something else, keep no claim and are in no twin.
        "tool-kind": (on_same_exchange(_of_a_call),),
        "claim-kept": (on_same_exchange(_of_fewer_calls),),
        # A text that is spoilt is not the text that was asked for.
        "answer-damaged": (_ANYHOW,),
        "answer-altered": (_ANYHOW,),
        "text-repeated": (_ANYHOW,),
        "text-repeats-thoughts": (_ANYHOW,),
        "part-type": (_IN_GROUP,),
        "text-deltas-present": (_IN_GROUP,),
        "content-replacement": (_ANYHOW,),
        "text-replacement": (_ANYHOW,),
        "text-surrogates-paired": (_ANYHOW,),
        "think-leak": (_ANYHOW,),
        "tool-markup": (_ANYHOW,),
        "control-text": (_ANYHOW,),
        "control-text-cut": (_ANYHOW,),
        "stop-honoured": (_ANYHOW,),
        "done-last": (
            _only(("answer-expected",), anyhow),
            _only(("done-once",), before),
            _only(("answer-present", "finish-reason-present"), _ended_early),
        ),
        "twin-text": (anywhere(anyhow),),
        "twin-arguments": (anywhere(anyhow),),
        "twin-text-damaged": (anywhere(anyhow),),
        "twin-arguments-damaged": (anywhere(anyhow),),
        # The graver of two words for one thing.
        "logprobs-agree": (_ANYHOW,),
        "error-event-last": (_ANYHOW,),
        "done-exact": (_ANYHOW,),
        "done-terminated": (_ANYHOW,),
        "responses-done-last": (_ANYHOW,),
        "sse-comment-after-id": (anywhere(anyhow),),
        "chunk-object": (_of_one_dialect,),
    }
)
"""The ties of each requirement that others rest on, where a mend cannot tell or there is none."""

FAR = frozenset(
    {
        "answer-nonempty",
        "error-status",
        "sse-comment-after-id",
        "status-known",
        "twin-arguments",
        "twin-arguments-damaged",
        "twin-text",
        "twin-text-damaged",
        "usage-counts",
    }
)
"""The requirements of which a violation may explain one on another exchange; a test compares the ties."""
