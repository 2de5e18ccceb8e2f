"""Compares the verdicts of two runs, pair by pair of a requirement and a scenario. Pure.

`conformance diff` shows the comparison, and `--baseline` excuses what was broken before.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from conformance.asked import without_model
from conformance.catalogue import Level, Outcome, Verdict

__all__ = [
    "Asked",
    "Baseline",
    "Change",
    "Move",
    "Pair",
    "broken_before",
    "called_alike",
    "compare",
    "moved",
    "pair_of",
]

Pair = tuple[str, str]
"""A requirement and the scenario, or the group of exchanges, on which it was judged."""

_SAMPLE = re.compile(r"([a-z0-9-]+)\.[1-9]\d*")  # the id of a further sample, with that of the first in it
_NUMBERED = re.compile(r"(?:chat|responses)-\d{4,}")  # the id of an exchange that `conformance record` wrote
# How badly a requirement is broken. The others outcomes say nothing about the endpoint.
_SEVERITY = {Outcome.PASS: 0, Outcome.INFO: 0, Outcome.WARN: 1, Outcome.FAIL: 2}


class Move(StrEnum):
    """What became of a pair from one run to the next."""

    REGRESSED = "regressed"  # broken, or worse than before
    IMPROVED = "improved"  # kept, or better than before
    ADDED = "added"  # judged in the new run alone
    REMOVED = "removed"  # judged in the old run alone
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An earlier run whose violations are known: its verdicts, and when it started."""

    verdicts: tuple[Verdict, ...]
    started: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A pair in two runs.

    `old` and `new` are the outcomes that stand for all samples, None if the run has no verdict on the pair.
    `flaky` says that samples of one of the runs differ: some kept the requirement and some broke it.
    `because` is the requirement from which the violation of the new run follows, "" for a cause. `observed`
    is what it was told to be.
    """

    requirement: str
    scenario: str
    level: Level
    old: Outcome | None
    new: Outcome | None
    move: Move
    flaky: bool = False
    because: str = ""
    observed: str = ""

    @property
    def broken(self) -> bool:
        """Whether it is broken in the new run."""
        return self.new in (Outcome.WARN, Outcome.FAIL)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an exchange of a run asked: its id, and the digest of its request, "" if that is not known."""

    id: str
    request: str


def pair_of(verdict: Verdict, called: Mapping[str, str] = MappingProxyType({})) -> Pair:
    """The requirement and the scenario of a verdict, whichever sample it is on.

    `called` says what subjects stand for that are no samples of a scenario.
    """
    if (name := called.get(verdict.subject)) is not None:
        return verdict.requirement, name
    sample = _SAMPLE.fullmatch(verdict.subject)
    return verdict.requirement, sample[1] if sample else verdict.subject


_KEYS: tuple[Callable[[Asked], str], ...] = (
    lambda one: one.request,
    lambda one: without_model(one.request),
)


def called_alike(old: Iterable[Asked], new: Iterable[Asked]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What the exchanges of two runs are called that are of no scenario, so that equal names belong together.

    Their ids may be numbers that say nothing of what was asked. Those of the same request belong together, in
    their order where it was sent several times; then those that differ in the name of the model alone; and by
    their ids those of which a request is not known, but for the numbers of a recorder, which say nothing of
    what was asked. They are called as in the new run.
    """
    before, after = list(old), list(new)
    partners: dict[str, str] = {}
    taken: set[str] = set()
    for key in _KEYS:
        waiting: dict[str, list[str]] = defaultdict(list)
        for one in reversed(after):
            if one.id not in taken:
                waiting[key(one)].append(one.id)
        for one in before:
            if one.id not in partners and key(one) and waiting.get(key(one)):
                partners[one.id] = waiting[key(one)].pop()
        taken = {*partners.values()}
    left = {one.id: one for one in after if one.id not in taken}
    for one in before:
        same = left.get(one.id)
        unknown = same is not None and not (one.request and same.request)
        if one.id not in partners and unknown and not _NUMBERED.fullmatch(one.id):
            partners[one.id] = one.id
    names = {one.id for one in after}
    alone = {one.id: f"{one.id} (old)" if one.id in names else one.id for one in before}
    return alone | partners, {name: name for name in names}


def compare(
    old: Iterable[Verdict],
    new: Iterable[Verdict],
    called: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
    *,
    whole: bool = True,
) -> tuple[Change, ...]:
    """Every pair that one of two runs has judged at least, in the order of the new run.

    `called` is what the subjects of each run stand for, as `called_alike` gives it. `whole` says that the new
    run judged everything: otherwise a pair of which it judged fewer samples has not improved.
    """
    before, after = _by_pair(old, called[0]), _by_pair(new, called[1])
    if not whole:
        after = {pair: found for pair, found in after.items() if not _partly(before.get(pair, ()), found)}
    changes = (_change(pair, before.get(pair, ()), after.get(pair, ())) for pair in {**after, **before})
    return tuple(change for change in changes if {change.old, change.new} & _SEVERITY.keys())


def broken_before(baseline: Iterable[Verdict], verdicts: Sequence[Verdict]) -> frozenset[Pair]:
    """The pairs that are broken, and were broken before at least as badly."""
    return frozenset(
        (change.requirement, change.scenario)
        for change in compare(baseline, verdicts)
        if change.broken and change.move in (Move.UNCHANGED, Move.IMPROVED)
    )


def moved(old: Outcome | None, new: Outcome | None) -> Move:
    """What became of something from one outcome to another; None stands for no verdict."""
    was = _SEVERITY.get(old) if old is not None else None
    now = _SEVERITY.get(new) if new is not None else None
    if was is None or now is None:
        return Move.UNCHANGED if was is now else Move.ADDED if was is None else Move.REMOVED
    return Move.REGRESSED if now > was else Move.IMPROVED if now < was else Move.UNCHANGED


def _by_pair(verdicts: Iterable[Verdict], called: Mapping[str, str]) -> Mapping[Pair, list[Verdict]]:
    found: dict[Pair, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(pair_of(verdict, called), []).append(verdict)
    return found


def _change(pair: Pair, old: Sequence[Verdict], new: Sequence[Verdict]) -> Change:
    was, now = _worst(old), _worst(new)
    last = now or was
    assert last is not None  # noqa: S101 - a pair is of one of the runs
    told = now.violations if now is not None else ()
    return Change(
        requirement=pair[0],
        scenario=pair[1],
        level=last.level,
        old=was.outcome if was else None,
        new=now.outcome if now else None,
        move=moved(was.outcome if was else None, now.outcome if now else None),
        flaky=_differ(old) or _differ(new),
        because=now.because if now is not None else "",
        observed=told[0].observed if told else "",
    )


def _partly(old: Sequence[Verdict], new: Sequence[Verdict]) -> bool:
    """Whether a pair looks better only with fewer samples."""
    judged = [[item for item in side if item.outcome in _SEVERITY] for side in (old, new)]
    was, now = (max((_SEVERITY[item.outcome] for item in side), default=0) for side in judged)
    return len(judged[1]) < len(judged[0]) and now < was


def _worst(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The verdict that stands for all samples: the gravest, a cause before what follows."""
    return max(verdicts, key=lambda item: (_SEVERITY.get(item.outcome, -1), not item.because), default=None)


def _differ(verdicts: Sequence[Verdict]) -> bool:
    return len({_SEVERITY[item.outcome] > 0 for item in verdicts if item.outcome in _SEVERITY}) > 1
