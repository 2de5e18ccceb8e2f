"""Ties: how a violation is seen to follow from another where no mend of the bytes can tell. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from conformance.catalogue import Verdict, Violation
from conformance.causes import pairs

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


def _of_form(part: str) -> Tie:
    """The second answer to one request lacks a part that the first one has."""

    def tied(_cause: Violation, effect: Violation) -> bool:
        return effect.expected.startswith(part) and effect.expected.endswith("as the first time")

    def tie(cause: Judged, effect: Judged) -> bool:
        return _names_exchange(cause, effect) and _each(tied, cause, effect)

    return tie


def _names_exchange(cause: Judged, effect: Judged) -> bool:
    """Each violation of a group has the exchange of the cause as its place."""
    return all(violation.place == cause[0].subject for violation in effect[1])


def _of_one_dialect(cause: Judged, effect: Judged) -> bool:
    return cause[0].subject == effect[0].subject and bool(set(cause[0].dialects) & set(effect[0].dialects))


# Where something must have been lost for each of these to be broken: an event, or a part of it, that could
# not be read there explains it.
_LOST: Mapping[str, _Pair] = MappingProxyType(
    {
        "answer-expected": pairs.anyhow,
        "answer-present": pairs.anyhow,
        "finish-reason-present": pairs.after,
        "finish-reason-without-calls": pairs.before,
        "role-first": pairs.right_before,
        "tool-id-first": pairs.right_before,
        "tool-name-first": pairs.right_before,
        "tool-type-first": pairs.right_before,
        "tool-arguments-json": pairs.up_to_next,
        "tool-arguments-object": pairs.up_to_next,
        "text-done-present": pairs.around,
        "item-added-first": pairs.right_before,
        "part-added-first": pairs.right_before,
        "text-deltas-present": pairs.before,
        "response-created-first": pairs.right_before,
        "response-output-agrees": pairs.of_an_item,
        "sequence-number-start": pairs.around,
        "sequence-number-contiguous": pairs.right_before,
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
        held = pairs.steps(one.place)
        held = held[:-1] if held and held[-1] in _KEYS else held
        places = _LOST_AT.get(name, (other.place,))
        return (
            where is not None
            and where(one, other)
            and any(pairs.steps(at)[: len(held)] == held for at in places)
        )

    return where is not None and shared(cause[0], effect[0]) and _each(tied, cause, effect)


def _only(names: tuple[str, ...], tied: _Pair) -> Tie:
    """Violations of these requirements are tied so, and no others."""
    tie = _on_same_exchange(tied)
    return lambda cause, effect: effect[0].requirement in names and tie(cause, effect)


def _gap(tied: _Pair) -> Tie:
    """A gap in the sequence numbers is tied so, and no other violation."""
    return _only(("sequence-number-contiguous", "sequence-number-start"), tied)


def _number_lost(cause: Judged, effect: Judged) -> bool:
    """What is no event of the API says nothing of it; at most its number is missed, or the text."""
    return effect[0].requirement in ("sequence-number-contiguous", "answer-expected") and _lost(cause, effect)


_ANYHOW = _on_same_exchange(pairs.anyhow)
_SAME_EVENT = _on_same_exchange(pairs.in_same_event)
_SAME_PLACE = _on_same_exchange(pairs.at_same_place)
_IN_GROUP = _on_same_exchange(pairs.by_no_event)

TIES: Mapping[str, tuple[Tie, ...]] = MappingProxyType(
    {
        # What could not be read is missing.
        "event-terminated": (_lost,),
        "event-json": (_lost, _only(("sse-field-unknown",), pairs.in_same_event)),
        "event-foreign": (_number_lost,),
        "utf8-valid": (_on_same_exchange(pairs.spoilt),),
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
        "http-framing": (_on_same_exchange(pairs.of_a_chunk),),
        "body-complete": (_ANYHOW,),
        "answer-present": (_on_same_exchange(pairs.by_no_event),),
        "done-present": (_lost, _of_form("[DONE]")),
        "role-first": (_of_form("a role"),),
        "finish-reason-present": (_of_form("a finish_reason"),),
        "content-type-event-stream": (_of_form("Content-Type"),),
        "terminal-event-present": (_lost,),
        "answer-nonempty": (_ANYHOW, _anywhere(pairs.of_same_value)),
        "endpoint-streams": (_ANYHOW,),
        "finish-reason-without-calls": (_ANYHOW,),
        # A gap in the numbers is where an event is missing.
        "sequence-number-increasing": (_gap(pairs.around),),
        "item-added-first": (_gap(pairs.in_same_event), _lost, _on_same_exchange(pairs.of_lost_command)),
        "part-added-first": (_gap(pairs.in_same_event), _lost),
        "text-done-agrees": (_gap(pairs.after), _lost),
        "arguments-done-agrees": (_gap(pairs.after),),
        "summary-done-agrees": (_gap(pairs.after),),
        "item-done": (_gap(pairs.before),),
        "part-done": (_gap(pairs.before),),
        "text-done-present": (_gap(pairs.right_before),),
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
        "item-identity": (
            _on_same_exchange(pairs.of_told_value),
            _anywhere(pairs.of_refused_value),  # sent back as it came
        ),
        "response-id-constant": (_anywhere(pairs.of_refused_value),),
        "content-index-present": (_SAME_EVENT,),
        "response-created-first": (_SAME_EVENT,),
        "event-type-known": (_SAME_EVENT,),
        "sse-field-unknown": (_on_same_exchange(pairs.in_span), _lost),
        "event-without-data": (_lost,),
        "choices-empty": (_lost,),
        # The same value is wrong by two rules.
        "finish-reason-value": (_on_same_exchange(pairs.of_same_value),),
        "tool-result-accepted": (_SAME_EVENT,),
        "response-tool-result-accepted": (_SAME_EVENT,),
        "error-status": (_anywhere(pairs.of_same_status),),
        "response-status": (
            _on_same_exchange(pairs.of_value_there),
            _on_same_exchange(pairs.of_value_in_group),
        ),
        "status-known": (_anywhere(pairs.of_same_value),),
        "finish-reason-length": (_SAME_PLACE,),
        "response-length-status": (_SAME_PLACE,),
        "tool-name-form": (_on_same_exchange(pairs.of_value_there), _IN_GROUP),
        "tool-name-offered": (_IN_GROUP,),
        "tool-arguments-strict": (_IN_GROUP,),
        "response-arguments-strict": (_IN_GROUP,),
        "tool-arguments-object": (_on_same_exchange(pairs.of_its_text),),
        "arguments-json": (_on_same_exchange(pairs.of_its_text),),
        # What the limit did not cut goes on to its own end; what it cut is only half there.
        "max-tokens-honoured": (_on_same_exchange(pairs.of_own_end), _on_same_exchange(pairs.of_same_count)),
        "response-max-tokens": (_ANYHOW,),
        "finish-reason-cut-call": (_on_same_exchange(pairs.cut_by_limit),),
        "response-call-cut": (_on_same_exchange(pairs.of_same_arguments),),
        "usage-counts": (_anywhere(pairs.of_same_count),),
        # Calls that do not come, or come as something else, keep no claim and are in no twin.
        "tool-kind": (_on_same_exchange(pairs.of_a_call),),
        "claim-kept": (_on_same_exchange(pairs.of_fewer_calls),),
        # A text that is spoilt is not the text that was asked for.
        "answer-damaged": (_ANYHOW,),
        "answer-altered": (_ANYHOW,),
        "answer-composed": (_ANYHOW,),
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
            _only(("answer-expected",), pairs.anyhow),
            _only(("done-once",), pairs.before),
            _only(("answer-present", "finish-reason-present"), pairs.ended_early),
        ),
        "twin-text": (_anywhere(pairs.anyhow),),
        "twin-arguments": (_anywhere(pairs.anyhow),),
        "twin-text-damaged": (_anywhere(pairs.anyhow),),
        "twin-arguments-damaged": (_anywhere(pairs.anyhow),),
        # The graver of two words for one thing.
        "logprobs-agree": (_ANYHOW,),
        "error-event-last": (_ANYHOW,),
        "done-exact": (_ANYHOW,),
        "done-terminated": (_ANYHOW,),
        "responses-done-last": (_ANYHOW,),
        "sse-comment-after-id": (_anywhere(pairs.anyhow),),
        "chunk-object": (_of_one_dialect,),
    }
)
"""The ties of each requirement that others rest on, where a mend cannot tell or there is none."""

FAR = frozenset(
    {
        *("item-identity", "response-id-constant"),
        *("answer-nonempty", "error-status", "sse-comment-after-id", "status-known", "usage-counts"),
        *("twin-arguments", "twin-arguments-damaged", "twin-text", "twin-text-damaged"),
    }
)
"""The requirements of which a violation may explain one on another exchange; a test compares the ties."""
