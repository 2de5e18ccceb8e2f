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

from conformance.catalogue import Outcome, Verdict
from conformance.causes.mends import MENDS, READ, mended
from conformance.causes.ties import TIES, Judged, shared
from conformance.requirements import by_id
from conformance.subject import Answer

__all__ = ["Again", "marked"]

_TOLD = ("event-json", "event-foreign")  # where a mend makes these kept, nothing is lost
_UNENDED = frozenset({"event-terminated"})
_BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)  # the gravest first

Again = Callable[[Verdict, Mapping[str, Answer]], Outcome]
"""The outcome of a verdict's requirement with these answers, by id, in place of the judged ones."""


def marked(judged: Sequence[Judged], answers: Iterable[Answer], again: Again) -> list[Verdict]:
    """The verdicts, those that only follow from others with their `because`."""
    broken = [item for item in judged if item[0].outcome in _BROKEN]
    search = _Search(broken, {answer.id: answer for answer in answers}, again)
    causes = {id(effect[0]): cause for effect in broken if (cause := search.safely(effect)) is not None}

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
        self._mended: dict[tuple[str, tuple[str, ...]], list[Answer]] = {}
        for item in broken:
            self._broken.setdefault(item[0].requirement, []).append(item)

    def safely(self, effect: Judged) -> Verdict | None:
        """Like `cause`, and None if looking for one fails: a fault of ours must not hide a verdict."""
        try:
            return self.cause(effect)
        except Exception:  # noqa: BLE001  in doubt it is a cause
            return None

    def cause(self, effect: Judged) -> Verdict | None:
        """The violation that explains this one; None if none does."""
        verdict = effect[0]
        rests_on = [name for name in by_id(verdict.requirement).rests_on if name in self._broken]
        near = {name: list(self._near(name, verdict)) for name in rests_on}
        for name in rests_on:
            if name in MENDS and near[name]:
                if self._gone(verdict, {name: near[name]}):
                    return near[name][0]
                if name in _TOLD and all(self._gone(cause, {name: [cause]}) for cause in near[name]):
                    continue  # nothing was lost that could explain it
            if name in TIES and (tied := self._tied(name, effect)) is not None:
                return tied
        several = {name: causes for name, causes in near.items() if name in MENDS and causes}
        if len(several) > 1 and self._gone(verdict, several):
            return next(iter(several.values()))[0]
        return None

    def _near(self, name: str, effect: Verdict) -> Iterator[Verdict]:
        """The violations of a requirement that an effect may follow from: on its exchanges, and no milder."""
        for cause, _ in self._broken[name]:
            if _BROKEN.index(cause.outcome) <= _BROKEN.index(effect.outcome) and shared(cause, effect):
                yield cause

    def _gone(self, effect: Verdict, causes: Mapping[str, Sequence[Verdict]]) -> bool:
        names: dict[str, list[str]] = {}
        for name in MENDS:  # in their order
            for cause in causes.get(name, ()):
                names.setdefault(cause.subject, []).append(name)
        ways = {subject: self._mend(subject, tuple(found)) for subject, found in names.items()}
        most = max(map(len, ways.values()))
        tried = ({name: found[min(at, len(found) - 1)] for name, found in ways.items()} for at in range(most))
        good = _good(causes)
        return any(self._again(effect, instead) in good for instead in tried)

    def _mend(self, subject: str, names: tuple[str, ...]) -> list[Answer]:
        key = (subject, names)
        if key not in self._mended:
            self._mended[key] = mended(self._answers[subject], names)
        return self._mended[key]

    def _tied(self, name: str, effect: Judged) -> Verdict | None:
        for cause in self._broken[name]:
            milder = _BROKEN.index(cause[0].outcome) > _BROKEN.index(effect[0].outcome)
            if not milder and any(tie(cause, effect) for tie in TIES[name]):
                return cause[0]
        return None


def _good(mended: Iterable[str]) -> tuple[Outcome, ...]:
    """The outcomes that show, once these requirements are mended, that a violation has followed from them.

    Only what makes events readable can show that a requirement does not apply at all; and only an error in
    the last block, which nobody read, that what should have come after it cannot be asked for.
    """
    names = {*mended}
    if names <= _UNENDED:
        return (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.NOT_TESTABLE)
    return (Outcome.PASS, Outcome.NOT_APPLICABLE) if names <= READ else (Outcome.PASS,)
