"""Compares the verdicts of two runs, pair by pair of a requirement and a scenario. Pure.

`conformance diff` shows the comparison, and `--baseline` excuses what was broken before.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from conformance.catalogue import Level, Outcome, Verdict

__all__ = ["Baseline", "Change", "Move", "Pair", "broken_before", "compare", "moved", "pair_of"]

Pair = tuple[str, str]
"""A requirement and the scenario, or the group of exchanges, on which it was judged."""

_SAMPLE = re.compile(r"([a-z0-9-]+)\.[1-9]\d*")  # the id of a further sample, with that of the first in it
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


def pair_of(verdict: Verdict) -> Pair:
    """The requirement and the scenario of a verdict, whichever sample it is on."""
    sample = _SAMPLE.fullmatch(verdict.subject)
    return verdict.requirement, sample[1] if sample else verdict.subject


def compare(old: Iterable[Verdict], new: Iterable[Verdict]) -> tuple[Change, ...]:
    """Every pair that one of two runs has judged at least, in the order of the new run."""
    before, after = _by_pair(old), _by_pair(new)
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


def _by_pair(verdicts: Iterable[Verdict]) -> Mapping[Pair, list[Verdict]]:
    found: dict[Pair, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(pair_of(verdict), []).append(verdict)
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


def _worst(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The verdict that stands for all samples: the gravest, a cause before what follows."""
    return max(verdicts, key=lambda item: (_SEVERITY.get(item.outcome, -1), not item.because), default=None)


def _differ(verdicts: Sequence[Verdict]) -> bool:
    return len({_SEVERITY[item.outcome] > 0 for item in verdicts if item.outcome in _SEVERITY}) > 1
