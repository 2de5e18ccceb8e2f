"""What changed from one run of an endpoint to the next, requirement by requirement. Pure.

Works on `Footer.results`, which hold the gravest outcome of each requirement in a run, so a history of many
runs needs their footers alone. The words are those of `compare`, which goes into scenarios and samples.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from conformance.catalogue import Level, Outcome
from conformance.compare import Move, moved
from conformance.report.records import RequirementResult

__all__ = ["Changes", "Results", "Turn", "broken", "changes", "flaky", "judged", "since", "turning"]

Results = Mapping[str, RequirementResult]
"""What became of each requirement in a run, by its id: `Footer.results`."""

_BROKEN = (Outcome.FAIL, Outcome.WARN)
_JUDGED = (*_BROKEN, Outcome.INFO, Outcome.PASS)
_FLIPS = 2  # from kept to broken and back, or the other way round


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A requirement that turned from one run to the next.

    `old` and `new` are its outcomes, None if the run has no verdict on it. `level`, `because` and `known` are
    those of the newer run that has one. `observed` is what was observed where it is broken, in the newer run
    or, if it is no longer broken there, in the older one.
    """

    requirement: str
    level: Level
    old: Outcome | None
    new: Outcome | None
    move: Move
    observed: str = ""
    because: str = ""
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Every requirement that turned between two runs, in the order of the newer one.

    `regressed` were kept, or broken less badly; `improved` were broken worse than now. `added` are broken and
    were not judged before; `removed` were broken and are not judged now.
    """

    regressed: tuple[Turn, ...] = ()
    improved: tuple[Turn, ...] = ()
    added: tuple[Turn, ...] = ()
    removed: tuple[Turn, ...] = ()

    @property
    def new(self) -> tuple[Turn, ...]:
        """The new failures: broken now, and not before or not as badly."""
        return (*self.regressed, *self.added)

    @property
    def fixed(self) -> tuple[Turn, ...]:
        """Those that were broken and are kept now."""
        return tuple(turn for turn in self.improved if turn.new not in _BROKEN)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All of them: what is worse, what is better, and what nobody can say any more."""
        return (*self.new, *self.improved, *self.removed)

    def __bool__(self) -> bool:
        return bool(self.turns)


def changes(older: Results, newer: Results) -> Changes:
    """What turned from one run to another of the same endpoint.

    A requirement that was kept and is not judged now, or the other way round, has not turned.
    """
    pairs = ((name, older.get(name), newer.get(name)) for name in {**newer, **older})
    turns = [_turn(name, old, new) for name, old, new in pairs if broken(old) or broken(new)]

    def those(move: Move) -> tuple[Turn, ...]:
        return tuple(turn for turn in turns if turn.move is move)

    return Changes(
        regressed=those(Move.REGRESSED),
        improved=those(Move.IMPROVED),
        added=those(Move.ADDED),
        removed=those(Move.REMOVED),
    )


def turning(runs: Sequence[Results]) -> tuple[Changes, ...]:
    """What turned at each run but the first, against what those before it knew last. Oldest run first.

    What one could not judge, an earlier one may have: a run without an answer hides nothing, and what was
    broken before it is not new after it. What is no longer judged is told once.
    """
    known: dict[str, RequirementResult] = {}
    last: Results = {}  # the newest run so far that judged anything
    found: list[Changes] = []
    for index, run in enumerate(runs):
        if index:
            turned = changes(known, run)
            removed = tuple(turn for turn in turned.removed if judged(last.get(turn.requirement)))
            found.append(replace(turned, removed=removed))
        known |= {name: result for name, result in run.items() if judged(result) or name not in known}
        last = run if any(map(judged, run.values())) else last
    return tuple(found)


def broken(result: RequirementResult | None) -> bool:
    """Whether a run breaks the requirement, at MUST or SHOULD."""
    return result is not None and result.outcome in _BROKEN


def judged(result: RequirementResult | None) -> bool:
    """Whether a run says that the requirement was kept or that it was broken."""
    return result is not None and result.outcome in _JUDGED


def flaky(runs: Sequence[Results]) -> Mapping[str, int]:
    """The requirements that flipped at least twice between kept and broken, and how often. Oldest run first.

    A run that did not judge a requirement says nothing of it.
    """
    names = dict.fromkeys(name for run in reversed(runs) for name, result in run.items() if broken(result))
    counts = {name: _flips(run.get(name) for run in runs) for name in names}
    return {name: count for name, count in counts.items() if count >= _FLIPS}


def since(runs: Sequence[Results]) -> Mapping[str, int]:
    """For each requirement that the last run breaks: the index of the run since which it is broken.

    A run that did not judge it is passed over.
    """
    found: dict[str, int] = {}
    open_ = dict.fromkeys(name for name, result in (runs[-1].items() if runs else ()) if broken(result))
    for index in range(len(runs) - 1, -1, -1):
        for name in list(open_):
            result = runs[index].get(name)
            if broken(result):
                found[name] = index
            elif judged(result):
                del open_[name]
    return found


def _flips(results: Iterable[RequirementResult | None]) -> int:
    states = [broken(result) for result in results if judged(result)]
    return sum(one is not other for one, other in pairwise(states))


def _turn(name: str, old: RequirementResult | None, new: RequirementResult | None) -> Turn:
    last = new or old
    assert last is not None  # noqa: S101 - the name is from one of the runs
    told = next((one for one in (new, old) if one is not None and broken(one)), None)
    return Turn(
        requirement=name,
        level=last.level,
        old=old.outcome if old else None,
        new=new.outcome if new else None,
        move=moved(old.outcome if old else None, new.outcome if new else None),
        observed=told.observed if told else "",
        because=told.because if told else "",
        known=bool(told and told.known),
    )
