"""What changed from one run of an endpoint to the next, requirement by requirement. Pure.

Works on `Footer.results`, which hold the gravest outcome of each requirement in a run, so a history of many
runs needs their footers alone. The words are those of `compare`, which goes into scenarios and samples.

The matrix and the night ask the same functions what can be compared: a run that judged a requirement can be
compared on it with the last one before it that did, however much else either of them judged. Only where a run
in part does better than one that judged more or something else is nothing said: the exchange that broke the
requirement may not have been sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from conformance.catalogue import Level, Outcome
from conformance.compare import Move, moved
from conformance.report.records import RequirementResult

__all__ = [
    "RECENT",
    "TURNS",
    "Begin",
    "Changes",
    "Results",
    "Seen",
    "Turn",
    "broken",
    "changes",
    "flaky",
    "judged",
    "part_of",
    "since",
    "story",
]

Results = Mapping[str, RequirementResult]
"""What became of each requirement in a run, by its id: `Footer.results`."""

_BROKEN = (Outcome.FAIL, Outcome.WARN)
_JUDGED = (*_BROKEN, Outcome.INFO, Outcome.PASS)

RECENT = 7
"""Over so many of the newest runs a requirement is looked at that will not settle."""
TURNS = 3
"""So often it turned in them if it is flaky: broken, fixed, and broken again, or the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a run says of its endpoint. `part` says what it judged in place of everything, "" for everything.

    Of two runs with the same `part`, each judged what the other did.
    """

    results: Results
    part: str = ""

    @property
    def anything(self) -> bool:
        """Whether any requirement was judged."""
        return any(map(judged, self.results.values()))


def part_of(incomplete: str, profile: str | None) -> str:
    """The part of everything that a run judged, from its footer and its header; "" for everything."""
    return "; ".join(filter(None, [incomplete, profile and f"held to {profile}"]))


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


def broken(result: RequirementResult | None) -> bool:
    """Whether a run breaks the requirement, at MUST or SHOULD."""
    return result is not None and result.outcome in _BROKEN


def judged(result: RequirementResult | None) -> bool:
    """Whether a run says that the requirement was kept or that it was broken."""
    return result is not None and result.outcome in _JUDGED


def story(runs: Sequence[Seen]) -> tuple[Changes | None, ...]:
    """For each run, the oldest first, what turned at it; None if no run before it judged anything.

    What is broken or kept is compared with what the runs before knew of it last. What was broken and is not
    judged is told where the last run that is as large still judged it.
    """
    known = _Known()
    return tuple(known.after(run) for run in runs)


def flaky(runs: Sequence[Seen]) -> Mapping[str, int]:
    """The requirements that are flaky, and how often they turned of late. Oldest run first.

    They turned between kept and broken `TURNS` times or more within the `RECENT` newest runs. A run that did
    not judge a requirement says nothing of it.
    """
    recent = runs[-RECENT:]
    names = dict.fromkeys(
        name for run in reversed(recent) for name, result in run.results.items() if broken(result)
    )
    counts = {
        name: sum(broken(one) is not broken(other) for (_, one), (_, other) in pairwise(_line(name, recent)))
        for name in names
    }
    return {name: count for name, count in counts.items() if count >= TURNS}


@dataclass(frozen=True, slots=True)
class Begin:
    """The index of the run since which something is broken.

    `least` says that no run before it kept the requirement, so that it may have been broken for longer.
    """

    run: int
    least: bool


def since(runs: Sequence[Seen]) -> Mapping[str, Begin]:
    """For each requirement that the last run breaks: since which run it is broken.

    A run that did not judge it is passed over.
    """
    found: dict[str, Begin] = {}
    for name, result in runs[-1].results.items() if runs else ():
        if broken(result):
            line = list(_line(name, runs))
            kept = next((at for at in range(len(line) - 1, -1, -1) if not broken(line[at][1])), -1)
            found[name] = Begin(line[kept + 1][0], least=kept < 0)
    return found


def _line(name: str, runs: Sequence[Seen]) -> Iterator[tuple[int, RequirementResult]]:
    """What the runs say of a requirement, each with the index of its run."""
    last: tuple[RequirementResult, str] | None = None
    for index, run in enumerate(runs):
        result = run.results.get(name)
        if result is not None and judged(result) and _comparable(last, result, run.part):
            last = (result, run.part)
            yield index, result


def _comparable(last: tuple[RequirementResult, str] | None, result: RequirementResult, part: str) -> bool:
    """Whether a result says something against the last before it, which has the part of its run."""
    if last is None or part in ("", last[1]):
        return True
    return moved(last[0].outcome, result.outcome) is not Move.IMPROVED


class _Known:
    """What the runs so far knew of each requirement last, with the part of the run that did."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[RequirementResult, str]] = {}
        self._runs: dict[str, Seen] = {}  # the last of each part that judged anything

    def after(self, run: Seen) -> Changes | None:
        """What turned at a further run, which is then known as well."""
        turned = self._turned(run) if self._last else None
        for name, result in run.results.items():
            if judged(result) and _comparable(self._last.get(name), result, run.part):
                self._last[name] = (result, run.part)
        if run.anything:
            self._runs.pop(run.part, None)
            self._runs[run.part] = run
        return turned

    def _turned(self, run: Seen) -> Changes:
        before = [part for part in self._runs if part in ("", run.part)]
        alike = self._runs[before[-1]].results if before else {}
        older: dict[str, RequirementResult] = {}
        for name, (result, part) in self._last.items():
            here = run.results.get(name)
            if here is not None and judged(here):
                if _comparable((result, part), here, run.part):
                    older[name] = result
            elif run.part in ("", part) and judged(alike.get(name)):
                older[name] = result
        newer = {
            name: result
            for name, result in run.results.items()
            if name in older or (judged(result) and name not in self._last)
        }
        return changes(older, newer)


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
