"""Ties: how a violation is seen to follow from another where no mend of the bytes can tell. Pure."""

import re
from collections.abc import Callable, Mapping
from math import nan
from types import MappingProxyType

from conformance.catalogue import Verdict, Violation
from conformance.text import shown

__all__ = ["FAR", "TIES", "Judged", "Tie", "shared"]

Judged = tuple[Verdict, tuple[Violation, ...]]
"""A verdict, and its violations before similar ones were merged."""

Tie = Callable[[Judged, Judged], bool]
"""Whether a violation, the second, follows from another, the first."""


def shared(cause: Verdict, effect: Verdict) -> bool:
    """Whether two verdicts rest on one exchange."""
    return bool(set(cause.exchanges) & set(effect.exchanges))


_Pair = Callable[[Violation, Violation], bool]


def _on_same_exchange(tied: _Pair) -> Tie:
    """Each violation of the effect is tied to one of the cause on an exchange that both rest on."""

    def tie(cause: Judged, effect: Judged) -> bool:
        return shared(cause[0], effect[0]) and _each(tied, cause, effect)

    return tie


def _anywhere(tied: _Pair) -> Tie:
    """What a group or another exchange of the run shows is so in all of the run."""
    return lambda cause, effect: _each(tied, cause, effect)


def _each(tied: _Pair, cause: Judged, effect: Judged) -> bool:
    ones, others = cause[1], effect[1]
    if len(ones) * len(others) > _MOST:  # then those that stand for similar ones are compared
        ones, others = cause[0].violations, effect[0].violations
    return all(any(tied(one, other) for one in ones) for other in others)


_MOST = 250_000  # pairs of violations


def _anyhow(_cause: Violation, _effect: Violation) -> bool:
    return True


def _before(cause: Violation, effect: Violation) -> bool:
    return _distance(cause, effect) >= 0


def _right_before(cause: Violation, effect: Violation) -> bool:
    return 0 <= _distance(cause, effect) <= 1


def _after(cause: Violation, effect: Violation) -> bool:
    return _distance(cause, effect) <= 0


def _up_to_next(cause: Violation, effect: Violation) -> bool:
    return _distance(cause, effect) >= -1


def _around(cause: Violation, effect: Violation) -> bool:
    return -1 <= _distance(cause, effect) <= 1


def _in_same_event(cause: Violation, effect: Violation) -> bool:
    return _distance(cause, effect) == 0


def _distance(cause: Violation, effect: Violation) -> float:
    """How many events the effect comes after the cause; not a number where one of them names no event."""
    if cause.event is None or effect.event is None:
        return nan
    return effect.event - cause.event


def _at_same_place(cause: Violation, effect: Violation) -> bool:
    """Whether both are about one value: the same, one and what it holds, or two keys that an object lacks.

    A value that is compared with the one of an earlier event is about that one too.
    """
    one, other = _steps(cause.place), _steps(effect.place)
    if compared := _COMPARED.search(effect.expected):
        return cause.event == int(compared[1]) and one[-1:] == other[-1:]
    lacking = cause.observed == effect.observed == _NO_KEY and one[:-1] == other[:-1]
    within = bool(one and other) and all(step == same for step, same in zip(one, other, strict=False))
    return _in_same_event(cause, effect) and (lacking or within)


_COMPARED = re.compile(r", as in event (\d+)\Z")
_NO_KEY = "no such key"


def _steps(place: str) -> list[str]:
    return ["*" if step.isdigit() else step for step in place.split(".") if step]


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
    return _in_same_event(cause, effect) and _of_same_value(cause, effect)


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
    return "tokens cut the call" in effect.observed and _distance(cause, effect) <= 0


def _of_a_call(_cause: Violation, effect: Violation) -> bool:
    return "call" in effect.expected


def _of_fewer_calls(cause: Violation, effect: Violation) -> bool:
    """Whether calls are missing that another answer of the run should have shown too."""
    fewer = effect.observed == "no call" or effect.expected.startswith(f"{effect.observed}, ")
    return fewer and "tool call" in cause.expected


def _of_an_item(cause: Violation, effect: Violation) -> bool:
    return cause.place.partition(".")[0] == "item" and _before(cause, effect)


def _of_lost_command(cause: Violation, effect: Violation) -> bool:
    """Whether a command is counted wrongly because one before it came without its item."""
    lost = cause.observed.startswith("response.shell_call_command") and _before(cause, effect)
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
        return _names_exchange(cause, effect) and _each(tied, cause, effect)

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
_LOST: Mapping[str, _Pair] = MappingProxyType(
    {
        "answer-expected": _anyhow,
        "answer-present": _anyhow,
        "finish-reason-present": _after,
        "finish-reason-without-calls": _before,
        "role-first": _right_before,
        "tool-id-first": _right_before,
        "tool-name-first": _right_before,
        "tool-type-first": _right_before,
        "tool-arguments-json": _up_to_next,
        "tool-arguments-object": _up_to_next,
        "text-done-present": _around,
        "item-added-first": _right_before,
        "part-added-first": _right_before,
        "text-deltas-present": _before,
        "response-created-first": _right_before,
        "response-output-agrees": _of_an_item,
        "sequence-number-start": _around,
        "sequence-number-contiguous": _right_before,
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
        held = _steps(one.place)
        held = held[:-1] if held and held[-1] in _KEYS else held
        places = _LOST_AT.get(name, (other.place,))
        return (
            where is not None and where(one, other) and any(_steps(at)[: len(held)] == held for at in places)
        )

    return where is not None and shared(cause[0], effect[0]) and _each(tied, cause, effect)


def _only(names: tuple[str, ...], tied: _Pair) -> Tie:
    """Violations of these requirements are tied so, and no others."""
    tie = _on_same_exchange(tied)
    return lambda cause, effect: effect[0].requirement in names and tie(cause, effect)


def _gap(tied: _Pair) -> Tie:
    """A gap in the sequence numbers is tied so, and no other violation."""
    return _only(("sequence-number-contiguous", "sequence-number-start"), tied)


def _ended_early(cause: Violation, effect: Violation) -> bool:
    """Whether a chunk with choices comes after the terminator, where the answer or its end was missing."""
    return '"finish_reason"' in cause.observed and (effect.event is None or _after(cause, effect))


def _number_lost(cause: Judged, effect: Judged) -> bool:
    """What is no event of the API says nothing of it; at most its number is missed, or the text."""
    return effect[0].requirement in ("sequence-number-contiguous", "answer-expected") and _lost(cause, effect)


def _spoilt(cause: Violation, effect: Violation) -> bool:
    """Whether a character that could not be read stands in what was observed, or in a missing key.

    Or in the text that was streamed, if that differs from the other one in nothing else.
    """
    seen = "\ufffd" in effect.observed or effect.observed == _NO_KEY
    there = seen and (effect.event is None or _in_same_event(cause, effect))
    return there or (_before(cause, effect) and _but_for_spoilt(effect))


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


_ANYHOW = _on_same_exchange(_anyhow)
_SAME_EVENT = _on_same_exchange(_in_same_event)
_SAME_PLACE = _on_same_exchange(_at_same_place)
_IN_GROUP = _on_same_exchange(_by_no_event)

TIES: Mapping[str, tuple[Tie, ...]] = MappingProxyType(
    {
        # What could not be read is missing.
        "event-terminated": (_lost,),
        "event-json": (_lost,),
        "event-foreign": (_number_lost,),
        "utf8-valid": (_on_same_exchange(_spoilt),),
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
        "http-framing": (_on_same_exchange(_of_a_chunk),),
        "body-complete": (_ANYHOW,),
        "answer-present": (_on_same_exchange(_by_no_event),),
        "done-present": (_lost, _of_form("[DONE]")),
        "role-first": (_of_form("a role"),),
        "finish-reason-present": (_of_form("a finish_reason"),),
        "content-type-event-stream": (_of_form("Content-Type"),),
        "terminal-event-present": (_lost,),
        "answer-nonempty": (_ANYHOW, _anywhere(_of_same_value)),
        "endpoint-streams": (_ANYHOW,),
        "finish-reason-without-calls": (_ANYHOW,),
        # A gap in the numbers is where an event is missing.
        "sequence-number-increasing": (_gap(_around),),
        "item-added-first": (_gap(_in_same_event), _lost, _on_same_exchange(_of_lost_command)),
        "part-added-first": (_gap(_in_same_event), _lost),
        "text-done-agrees": (_gap(_after), _lost),
        "arguments-done-agrees": (_gap(_after),),
        "summary-done-agrees": (_gap(_after),),
        "item-done": (_gap(_before),),
        "part-done": (_gap(_before),),
        "text-done-present": (_gap(_right_before),),
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
        "item-identity": (_on_same_exchange(_of_told_value),),
        "content-index-present": (_SAME_EVENT,),
        "response-created-first": (_SAME_EVENT,),
        "event-type-known": (_SAME_EVENT,),
        "sse-field-unknown": (_on_same_exchange(_in_span), _lost),
        "event-without-data": (_lost,),
        "choices-empty": (_lost,),
        # The same value is wrong by two rules.
        "finish-reason-value": (_on_same_exchange(_of_same_value),),
        "tool-result-accepted": (_SAME_EVENT,),
        "response-tool-result-accepted": (_SAME_EVENT,),
        "error-status": (_anywhere(_of_same_status),),
        "response-status": (_on_same_exchange(_of_value_there), _on_same_exchange(_of_value_in_group)),
        "status-known": (_anywhere(_of_same_value),),
        "finish-reason-length": (_SAME_PLACE,),
        "response-length-status": (_SAME_PLACE,),
        "tool-name-form": (_on_same_exchange(_of_value_there), _IN_GROUP),
        "tool-name-offered": (_IN_GROUP,),
        "tool-arguments-strict": (_IN_GROUP,),
        "response-arguments-strict": (_IN_GROUP,),
        "tool-arguments-object": (_on_same_exchange(_of_its_text),),
        "arguments-json": (_on_same_exchange(_of_its_text),),
        # What the limit did not cut goes on to its own end; what it cut is only half there.
        "max-tokens-honoured": (_on_same_exchange(_of_own_end), _on_same_exchange(_of_same_count)),
        "response-max-tokens": (_ANYHOW,),
        "finish-reason-cut-call": (_on_same_exchange(_cut_by_limit),),
        "response-call-cut": (_on_same_exchange(_of_same_arguments),),
        "usage-counts": (_anywhere(_of_same_count),),
        # Calls that do not come, or come as something else, keep no claim and are in no twin.
        "tool-kind": (_on_same_exchange(_of_a_call),),
        "claim-kept": (_on_same_exchange(_of_fewer_calls),),
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
            _only(("answer-expected",), _anyhow),
            _only(("done-once",), _before),
            _only(("answer-present", "finish-reason-present"), _ended_early),
        ),
        "twin-text": (_anywhere(_anyhow),),
        "twin-arguments": (_anywhere(_anyhow),),
        "twin-text-damaged": (_anywhere(_anyhow),),
        "twin-arguments-damaged": (_anywhere(_anyhow),),
        # The graver of two words for one thing.
        "logprobs-agree": (_ANYHOW,),
        "error-event-last": (_ANYHOW,),
        "done-exact": (_ANYHOW,),
        "done-terminated": (_ANYHOW,),
        "responses-done-last": (_ANYHOW,),
        "sse-comment-after-id": (_anywhere(_anyhow),),
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
