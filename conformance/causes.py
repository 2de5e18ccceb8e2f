"""Marks violations that only follow from others: one fault on the wire can break many requirements.

A requirement names the ones that it rests on. Where one of these is broken too, it is asked whether the
violation follows from it, in one of two ways:

* The requirement that is rested on has a *mend*: it is mended in the bytes, and the other one judged again.
  What is kept then has followed from it.
* Otherwise it has a *tie*: the violations are compared, and each must be tied to one of the other.

In doubt a violation counts as a cause of its own. A violation never counts as the consequence of a milder
one, so whatever turns a run red has a cause that does. Pure.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from conformance.catalogue import Outcome, Verdict, Violation
from conformance.mends import MENDS, mended
from conformance.requirements import by_id
from conformance.subject import Answer

__all__ = ["TIES", "Judged", "Tie", "marked"]

_BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)  # the gravest first

Judged = tuple[Verdict, tuple[Violation, ...]]
"""A verdict, and its violations before similar ones were merged."""

Again = Callable[[Verdict, Mapping[str, Answer]], bool]
"""Whether a verdict's requirement is still broken with these answers, by id, in place of the judged ones."""

Tie = Callable[[Judged, Judged], bool]
"""Whether a violation, the second, follows from another, the first."""


def marked(judged: Sequence[Judged], answers: Iterable[Answer], again: Again) -> list[Verdict]:
    """The verdicts, those that only follow from others with their `because`."""
    broken = [item for item in judged if item[0].outcome in _BROKEN]
    search = _Search(broken, {answer.id: answer for answer in answers}, again)
    causes = {id(effect[0]): cause for effect in broken if (cause := search.cause(effect)) is not None}

    def root(verdict: Verdict) -> Verdict:
        found = causes.get(id(verdict))
        return verdict if found is None else root(found)

    verdicts = (verdict for verdict, _ in judged)
    return [
        replace(verdict, because=root(verdict).requirement) if id(verdict) in causes else verdict
        for verdict in verdicts
    ]


class _Search:
    """Looks for the cause of each violation among the others of a run."""

    def __init__(self, broken: Sequence[Judged], answers: Mapping[str, Answer], again: Again) -> None:
        self._answers = answers
        self._again = again
        self._broken: dict[str, list[Judged]] = {}
        self._mended: dict[tuple[str, tuple[str, ...]], Answer] = {}
        for item in broken:
            self._broken.setdefault(item[0].requirement, []).append(item)

    def cause(self, effect: Judged) -> Verdict | None:
        """The violation that explains this one; None if none does."""
        verdict = effect[0]
        rests_on = [name for name in by_id(verdict.requirement).rests_on if name in self._broken]
        near = {name: list(self._near(name, verdict)) for name in rests_on}
        for name in rests_on:
            if name in MENDS and near[name] and self._gone(verdict, {name: near[name]}):
                return near[name][0]
            if name in TIES and (tied := self._tied(name, effect)) is not None:
                return tied
        several = {name: causes for name, causes in near.items() if name in MENDS and causes}
        if len(several) > 1 and self._gone(verdict, several):
            return next(iter(several.values()))[0]
        return None

    def _near(self, name: str, effect: Verdict) -> Iterator[Verdict]:
        """The violations of a requirement that an effect may follow from: on its exchanges, and no milder."""
        for cause, _ in self._broken[name]:
            if _BROKEN.index(cause.outcome) <= _BROKEN.index(effect.outcome) and _shared(cause, effect):
                yield cause

    def _gone(self, effect: Verdict, causes: Mapping[str, Sequence[Verdict]]) -> bool:
        names: dict[str, list[str]] = {}
        for name in MENDS:  # in their order
            for cause in causes.get(name, ()):
                names.setdefault(cause.subject, []).append(name)
        mends = {subject: self._mend(subject, tuple(found)) for subject, found in names.items()}
        return not self._again(effect, mends)

    def _mend(self, subject: str, names: tuple[str, ...]) -> Answer:
        key = (subject, names)
        if key not in self._mended:
            self._mended[key] = mended(self._answers[subject], names)
        return self._mended[key]

    def _tied(self, name: str, effect: Judged) -> Verdict | None:
        tie = TIES[name]
        for cause in self._broken[name]:
            milder = _BROKEN.index(cause[0].outcome) > _BROKEN.index(effect[0].outcome)
            if not milder and tie(cause, effect):
                return cause[0]
        return None


def _shared(cause: Verdict, effect: Verdict) -> bool:
    return bool(set(cause.exchanges) & set(effect.exchanges))


# The ties


def _on_same_exchange(tied: Callable[[Violation, Violation], bool]) -> Tie:
    """Each violation of the effect is tied to one of the cause on an exchange that both rest on."""

    def tie(cause: Judged, effect: Judged) -> bool:
        return _shared(cause[0], effect[0]) and _each(tied, cause, effect)

    return tie


def _each(tied: Callable[[Violation, Violation], bool], cause: Judged, effect: Judged) -> bool:
    return all(any(tied(one, other) for one in cause[1]) for other in effect[1])


def _anyhow(_cause: Violation, _effect: Violation) -> bool:
    return True


def _in_same_event(cause: Violation, effect: Violation) -> bool:
    return cause.event is not None and cause.event == effect.event


def _in_next_event(cause: Violation, effect: Violation) -> bool:
    return cause.event is not None and effect.event == cause.event + 1


def _of_same_value(cause: Violation, effect: Violation) -> bool:
    return cause.observed == effect.observed


def _same_status(cause: Violation, effect: Violation) -> bool:
    """Whether both are errors, as their bodies say, that came with one status."""
    statuses = {found.observed.partition(":")[0] for found in (cause, effect)}
    return len(statuses) == 1 and all('"error"' in found.observed for found in (cause, effect))


def _by_no_event(_cause: Violation, effect: Violation) -> bool:
    return effect.event is None


def _names_exchange(cause: Judged, effect: Judged) -> bool:
    """Each violation of a group has the exchange of the cause as its place."""
    return all(violation.place == cause[0].subject for violation in effect[1])


def _of_one_dialect(cause: Judged, effect: Judged) -> bool:
    return cause[0].subject == effect[0].subject and bool(set(cause[0].dialects) & set(effect[0].dialects))


def _anywhere(tied: Callable[[Violation, Violation], bool]) -> Tie:
    """What a group or another exchange of the run shows is so in all of the run."""
    return lambda cause, effect: _each(tied, cause, effect)


TIES: Mapping[str, Tie] = MappingProxyType(
    {
        # What never came is missing, and so is all that comes at the end.
        "body-complete": _on_same_exchange(_anyhow),
        "answer-present": _on_same_exchange(_by_no_event),
        "answer-nonempty": _on_same_exchange(_anyhow),
        "endpoint-streams": _on_same_exchange(_anyhow),
        "finish-reason-without-calls": _on_same_exchange(_anyhow),
        "choice-index-range": _on_same_exchange(_anyhow),
        # A group names the exchange that it was seen on.
        "status-ok": _names_exchange,
        "stream-honoured": _names_exchange,
        "document-status": _names_exchange,
        "tool-id-unique": _names_exchange,
        # Two rules look at the same event, or at what it makes of the next.
        "event-schema": _on_same_exchange(_in_same_event),
        "after-finish": _on_same_exchange(_in_same_event),
        "finish-reason-once": _on_same_exchange(_in_same_event),
        "sequence-number-present": _on_same_exchange(_in_next_event),
        # The same value is wrong by two rules.
        "finish-reason-value": _on_same_exchange(_of_same_value),
        "error-status": _anywhere(_same_status),
        # A text that is spoilt is not the text that was asked for.
        "content-replacement": _on_same_exchange(_anyhow),
        "text-replacement": _on_same_exchange(_anyhow),
        "think-leak": _on_same_exchange(_anyhow),
        "tool-markup": _on_same_exchange(_anyhow),
        "stop-honoured": _on_same_exchange(_anyhow),
        "twin-text": _anywhere(_anyhow),
        # The graver of two words for one thing.
        "logprobs-agree": _on_same_exchange(_anyhow),
        "error-event-last": _on_same_exchange(_anyhow),
        "responses-done-last": _on_same_exchange(_anyhow),
        "sse-comment-after-id": _anywhere(_anyhow),
        "chunk-object": _of_one_dialect,
    }
)
"""The tie of each requirement that others rest on, where a mend cannot tell or there is none."""
