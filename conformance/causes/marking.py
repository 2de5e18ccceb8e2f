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
from conformance.causes.mends import MENDS, READ, Mending
from conformance.causes.ties import FAR, TIES, Judged, shared
from conformance.requirements import by_id
from conformance.subject import Answer

__all__ = ["Again", "Marks"]

_TOLD = ("event-json", "event-foreign")  # where a mend makes these kept, nothing is lost
_UNENDED = frozenset({"event-terminated"})
_BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)  # the gravest first
_HELD = 100  # violations of a verdict that are held one by one until the end of a run
_FAR = 64  # violations of a requirement on other exchanges that are compared

Again = Callable[[Verdict, Mapping[str, Answer]], Outcome]
"""The outcome of a verdict's requirement with these answers, by id, in place of the judged ones."""

_Found = tuple[int, Verdict]
"""A cause, and the place of its requirement among those that the effect rests on: the first counts."""


class Marks:
    """The verdicts of a run, each marked if it only follows from others.

    Causes on the same exchange are looked for while its answer is there; those on other exchanges, and those
    of what groups break, at the end.
    """

    def __init__(self, keep: Callable[[Verdict], bool] = lambda _: True) -> None:
        """`keep` says whether a verdict on an exchange is among those that `end` returns.

        It is true for every violation.
        """
        self._keep = keep
        self._judged: list[Judged] = []
        self._found: dict[int, _Found] = {}  # by the identity of the verdict

    def add(self, judged: Iterable[Judged]) -> None:
        """Adds verdicts on an exchange."""
        self._add(item for item in judged if self._keep(item[0]))

    def _add(self, judged: Iterable[Judged]) -> None:
        self._judged += [
            (verdict, violations if len(violations) <= _HELD else verdict.violations)
            for verdict, violations in judged
        ]

    def see(self, judged: Sequence[Judged], answer: Answer, again: Again) -> bool:
        """Adds the verdicts on an answer; returns whether no other exchange can explain one of them.

        Then `marked` gives them as they are at the end, if the answer is in no group.
        """
        self.add(judged)
        broken = _broken(judged)
        search = _Search(broken, Mending({answer.id: answer}), again)
        for effect in broken:
            if (found := _safely(search.cause, effect)) is not None:
                self._found[id(effect[0])] = found
        return not any(FAR.intersection(self._before(effect[0])) for effect in broken)

    def _before(self, verdict: Verdict) -> tuple[str, ...]:
        """The requirements that count before the cause which a verdict is known to have."""
        found = self._found.get(id(verdict))
        return by_id(verdict.requirement).rests_on[: None if found is None else found[0]]

    def marked(self, verdicts: Iterable[Verdict]) -> list[Verdict]:
        """Verdicts, each marked if it is known to follow from another."""
        return [
            replace(verdict, because=self._root(verdict).requirement)
            if id(verdict) in self._found
            else verdict
            for verdict in verdicts
        ]

    def end(self, judged: Sequence[Judged], answers: Mapping[str, Answer], again: Again) -> list[Verdict]:
        """Adds the verdicts on groups, and returns all verdicts.

        The answers may be lightened; those that are mended are read once more.
        """
        own = _broken(self._judged)
        self._add(judged)
        together = _broken(judged)
        search = _Search([*own, *together], Mending(answers, light=True), again)
        for effect in own:
            if (found := _safely(search.elsewhere, effect, self._found.get(id(effect[0])))) is not None:
                self._found[id(effect[0])] = found
        for effect in together:
            if (found := _safely(search.cause, effect)) is not None:
                self._found[id(effect[0])] = found
        return self.marked(verdict for verdict, _ in self._judged)

    def _root(self, verdict: Verdict) -> Verdict:
        while (found := self._found.get(id(verdict))) is not None:
            verdict = found[1]
        return verdict


def _broken(judged: Iterable[Judged]) -> list[Judged]:
    return [item for item in judged if item[0].outcome in _BROKEN]


def _safely(look: Callable[..., _Found | None], *of: object) -> _Found | None:
    """The cause that is found, and None if looking for it fails: a fault of ours must not hide a verdict."""
    try:
        return look(*of)
    except Exception:  # noqa: BLE001  in doubt it is a cause
        return None


class _Search:
    """Looks for the cause of each violation among others."""

    def __init__(self, broken: Sequence[Judged], mending: Mending, again: Again) -> None:
        self._mending = mending
        self._again = again
        self._broken: dict[str, list[Judged]] = {}
        self._on: dict[tuple[str, str], list[Judged]] = {}  # by requirement and exchange
        self._place = {id(item[0]): place for place, item in enumerate(broken)}
        for item in broken:
            name = item[0].requirement
            self._broken.setdefault(name, []).append(item)
            for exchange in dict.fromkeys(item[0].exchanges):
                self._on.setdefault((name, exchange), []).append(item)

    def cause(self, effect: Judged) -> _Found | None:
        """The violation that explains this one; None if none does."""
        verdict = effect[0]
        order = by_id(verdict.requirement).rests_on
        near = {name: list(self._near(name, verdict)) for name in order if name in self._broken}
        for place, name in enumerate(order):
            if name not in near:
                continue
            if name in MENDS and near[name]:
                if self._gone(verdict, {name: near[name]}):
                    return place, near[name][0]
                if name in _TOLD and all(self._gone(cause, {name: [cause]}) for cause in near[name]):
                    continue  # nothing was lost that could explain it
            if name in TIES and (tied := self._tied(name, effect)) is not None:
                return place, tied
        several = {name: causes for name, causes in near.items() if name in MENDS and causes}
        if len(several) > 1 and self._gone(verdict, several):
            return len(order), next(iter(several.values()))[0]
        return None

    def elsewhere(self, effect: Judged, found: _Found | None) -> _Found | None:
        """The violation of a group or on another exchange that explains one on an exchange.

        `found` is its cause on the same exchange: only what the requirement names before that one counts.
        """
        order = by_id(effect[0].requirement).rests_on
        for place, name in enumerate(order[: found[0]] if found is not None else order):
            if name in TIES and name in self._broken:
                tied = self._tied(name, effect, besides=effect[0].subject)
                if tied is not None:
                    return place, tied
        return None

    def _near(self, name: str, effect: Verdict) -> Iterator[Verdict]:
        """The violations of a requirement that an effect may follow from: on its exchanges, and no milder."""
        for cause, _ in self._among(name, effect.exchanges):
            if not _milder(cause, effect) and shared(cause, effect):
                yield cause

    def _among(self, name: str, exchanges: Iterable[str], far: int = 0) -> list[Judged]:
        """The violations of a requirement on these exchanges and the first ones of the run, in order."""
        found = {id(item[0]): item for item in self._broken[name][:far]}
        for exchange in exchanges:
            found |= {id(item[0]): item for item in self._on.get((name, exchange), ())}
        return sorted(found.values(), key=lambda item: self._place[id(item[0])])

    def _gone(self, effect: Verdict, causes: Mapping[str, Sequence[Verdict]]) -> bool:
        names: dict[str, list[str]] = {}
        for name in MENDS:  # in their order
            for cause in causes.get(name, ()):
                names.setdefault(cause.subject, []).append(name)
        ways = {subject: self._mending.of(subject, tuple(found)) for subject, found in names.items()}
        if not all(ways.values()):
            return False  # too long to be mended
        most = max(map(len, ways.values()))
        tried = ({name: found[min(at, len(found) - 1)] for name, found in ways.items()} for at in range(most))
        good = _good(causes)
        return any(
            self._again(effect, instead) in good
            for instead in tried
            if self._mending.judges(instead.values())
        )

    def _tied(self, name: str, effect: Judged, besides: str = "") -> Verdict | None:
        for cause in self._among(name, effect[0].exchanges, _FAR):
            if cause[0].subject == besides or _milder(cause[0], effect[0]):
                continue
            if any(tie(cause, effect) for tie in TIES[name]):
                return cause[0]
        return None


def _milder(cause: Verdict, effect: Verdict) -> bool:
    return _BROKEN.index(cause.outcome) > _BROKEN.index(effect.outcome)


def _good(mended: Iterable[str]) -> tuple[Outcome, ...]:
    """The outcomes that show, once these requirements are mended, that a violation has followed from them.

    Only what makes events readable can show that a requirement does not apply at all; and only an error in
    the last block, which nobody read, that what should have come after it cannot be asked for.
    """
    names = {*mended}
    if names <= _UNENDED:
        return (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.NOT_TESTABLE)
    return (Outcome.PASS, Outcome.NOT_APPLICABLE) if names <= READ else (Outcome.PASS,)
