"""Makes the matrix of stored runs: a column for each provider and model, a row for each requirement. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

from conformance.catalogue import Family, Outcome, Requirement
from conformance.dashboard.clients import clients_of
from conformance.dashboard.history import Changes, Seen, flaky, since, story
from conformance.dashboard.stored import Stored, StoredRuns, Unread
from conformance.report.records import RequirementResult
from conformance.standing import Profile

__all__ = [
    "NIGHTS",
    "OLD",
    "CellState",
    "Column",
    "FamilyRows",
    "Matrix",
    "Night",
    "Row",
    "Since",
    "matrix_of",
    "silent",
    "state_of",
]

NIGHTS = 30
"""How many nights the history goes back: those on which anything ran."""

OLD = timedelta(days=7)
"""How much older than the newest of all runs a run is that is marked as old."""

_TOLD = (Outcome.PASS, Outcome.FAIL, Outcome.WARN, Outcome.INFO)


class CellState(StrEnum):
    """What a night says of an endpoint as a whole."""

    BROKEN = "broken"  # a MUST is broken
    WARNED = "warned"  # a SHOULD is broken, and no MUST
    KNOWN = "known"  # all that is broken is listed as known
    KEPT = "kept"
    ERROR = "error"  # nothing is broken, but something failed that is not the endpoint's
    NOTHING = "nothing"  # nothing was judged
    SILENT = "silent"  # errors left nothing to judge: nobody answered, or the key is refused
    PARTIAL = "partial"  # nothing of what was judged is broken, or the run judged less than others do
    UNREAD = "unread"  # there is a run, and nobody can read its report
    MISSING = "missing"  # other endpoints ran, and this one had run before
    NONE = "none"  # nothing was to be expected: before its first run, or what is made from recordings


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One night of an endpoint.

    `run` stands for the night. `count` is how many requirements its state rests on, without those that follow
    from others; 0 for states that rest on none. `changes` are those at the run, None if no run before it can
    be compared with it.
    """

    night: date
    state: CellState
    count: int = 0
    run: Stored | None = None
    changes: Changes | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """The night since which something is broken; with `least` for longer, perhaps, than runs are stored."""

    night: date
    least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One provider and model, live or from recordings.

    `shown` is its newest run that judged everything, or the newest that there is. `newer` is a newer run that
    is not shown because it judged less. `nights` are those of the matrix, the newest first, and `story` holds
    all runs in them, the newest first, each with what turned at it; None where no run before can be compared.
    `since` names the night since which something that `shown` breaks is broken; it is empty where there is no
    run before. `flaky` counts the turns of what will not settle. `old` says that `shown` is
    old beside the newest of all runs, by `days`.
    """

    provider: str
    model: str
    recorded: bool
    shown: Stored
    newer: Stored | None
    nights: tuple[Night, ...]
    story: tuple[tuple[Stored, Changes | None], ...]
    since: Mapping[str, Since]
    flaky: Mapping[str, int]
    days: int
    old: bool

    @property
    def name(self) -> str:
        """Provider and model in one text."""
        return f"{self.provider} {self.model}".strip()

    @property
    def results(self) -> Mapping[str, RequirementResult]:
        """What became of each requirement in the run that is shown."""
        return self.shown.footer.results

    @property
    def latest(self) -> Changes | None:
        """What turned at the newest run; None if no run before can be compared with it."""
        return self.story[0][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A requirement. `rule` is None for one that the catalogue no longer has.

    `profiles` and `clients` are indices into those of the matrix. `differs` says that some of the endpoints
    that were judged by it keep it and others break it, or break it at another level.
    """

    id: str
    rule: Requirement | None
    profiles: tuple[int, ...]
    clients: tuple[int, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class FamilyRows:
    """The requirements of a family; `family` is None for those that the catalogue no longer has."""

    family: Family | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Everything that the pages say. `nights` are the newest first; `stored` counts all runs."""

    columns: tuple[Column, ...]
    groups: tuple[FamilyRows, ...]
    profiles: tuple[str, ...]
    clients: tuple[str, ...]
    nights: tuple[date, ...]
    unread: tuple[Unread, ...]
    stored: int


def matrix_of(found: StoredRuns, rules: Sequence[Requirement], profiles: Sequence[Profile]) -> Matrix:
    """The matrix of the runs, at least one; `rules` in the order of the rows, `profiles` the newest."""
    nights = _nights(found)
    newest = max(run.started for run in found.runs)
    live = {run.night for run in found.runs if not run.header.replayed}
    columns = []
    for runs in _by_endpoint(found.runs):
        gaps = {
            item.night
            for item in found.unread
            if _parent(item.folder) in {_parent(one.folder) for one in runs}
        }
        columns.append(_column(runs, nights, newest.date(), _Gaps({night for night in gaps if night}, live)))
    names = tuple(dict.fromkeys([*(one.name for one in profiles), *_standing(columns)]))
    clients = tuple(dict.fromkeys(name for rule in rules for name in clients_of(rule)))
    members = [one.requirements for one in profiles]
    asked = [rule for rule in rules if not rule.untestable]

    def row(name: str, rule: Requirement | None) -> Row:
        seen = {column.results[name].outcome for column in columns if name in column.results}
        return Row(
            id=name,
            rule=rule,
            profiles=tuple(index for index, ids in enumerate(members) if name in ids),
            clients=tuple(clients.index(client) for client in clients_of(rule)) if rule else (),
            differs=len(seen & {*_TOLD}) > 1,
        )

    groups = [
        FamilyRows(family, tuple(row(rule.id, rule) for rule in asked if rule.family is family))
        for family in Family
    ]
    known = {rule.id for rule in rules}
    gone = sorted({name for column in columns for name in column.results} - known)
    groups.append(FamilyRows(None, tuple(row(name, None) for name in gone)))
    return Matrix(
        columns=tuple(columns),
        groups=tuple(group for group in groups if group.rows),
        profiles=names,
        clients=clients,
        nights=nights,
        unread=found.unread,
        stored=len(found.runs) + len(found.unread),
    )


def state_of(run: Stored) -> tuple[CellState, int]:
    """What a run says as a whole, and on how many requirements that rests; causes alone are counted."""
    if silent(run):
        return CellState.SILENT, 0
    causes = [result for result in run.footer.results.values() if not result.because]
    for state, outcome, known in _STATES:
        count = sum(result.outcome is outcome and result.known is known for result in causes)
        if count:
            return state, count
    if any(result.outcome in (Outcome.PASS, Outcome.INFO) for result in causes):
        return CellState.KEPT if run.footer.complete else CellState.PARTIAL, 0
    return CellState.NOTHING, 0


def silent(run: Stored) -> bool:
    """Whether errors left a run nothing to judge; its footer then says why it is incomplete."""
    failed = any(result.outcome is Outcome.ERROR for result in run.footer.results.values())
    return failed and not run.footer.complete and not run.seen.anything


# The first that there is any of stands for the run. What is known is so at either level.
_STATES = (
    (CellState.BROKEN, Outcome.FAIL, False),
    (CellState.WARNED, Outcome.WARN, False),
    (CellState.ERROR, Outcome.ERROR, False),
    (CellState.KNOWN, Outcome.FAIL, True),
    (CellState.KNOWN, Outcome.WARN, True),
)


@dataclass(frozen=True, slots=True)
class _Gaps:
    """The nights of which a run cannot be read, and those on which a live run is to be expected."""

    unread: Collection[date]
    live: Collection[date]


def _nights(found: StoredRuns) -> tuple[date, ...]:
    every = {run.night for run in found.runs} | {item.night for item in found.unread if item.night}
    return tuple(sorted(every, reverse=True)[:NIGHTS])


def _by_endpoint(runs: Iterable[Stored]) -> Iterator[list[Stored]]:
    """The runs of each endpoint, the oldest first, in the order of the endpoints' names."""

    def key(run: Stored) -> tuple[str, str, str, str, bool]:
        header = run.header
        return (
            header.provider.casefold(),
            header.model.casefold(),
            header.provider,
            header.model,
            header.replayed,
        )

    ordered = sorted(runs, key=lambda run: (*key(run), run.started, run.folder))
    return (list(members) for _, members in groupby(ordered, key))


def _column(runs: Sequence[Stored], nights: Sequence[date], newest: date, gaps: "_Gaps") -> Column:
    shown = max(enumerate(runs), key=lambda item: (item[1].whole, item[1].footer.complete, item[0]))[1]
    by_night = {
        night: max(members, key=lambda run: (_alike(run, shown), run.started))
        for night, members in ((night, list(found)) for night, found in groupby(runs, lambda run: run.night))
    }
    told = [run for run in runs if run.night in nights] or [shown]
    seen = [run.seen for run in told]
    turned = tuple(zip(told, story(seen), strict=True))
    place = told.index(shown) + 1 if shown in told else 0
    until = seen[:place] if place else [shown.seen]
    age = newest - shown.night
    due = frozenset() if shown.header.replayed else {night for night in gaps.live if night > runs[0].night}
    return Column(
        provider=shown.header.provider,
        model=shown.header.model,
        recorded=shown.header.replayed,
        shown=shown,
        newer=runs[-1] if runs[-1] is not shown and runs[-1].started > shown.started else None,
        nights=tuple(
            _night(night, by_night.get(night), shown, turned, _Gaps(gaps.unread, due)) for night in nights
        ),
        story=turned[::-1],
        since=dict(_since(told[:place] or [shown], until)),
        flaky=flaky(seen),
        days=age.days,
        old=age > OLD,
    )


def _since(runs: Sequence[Stored], seen: Sequence[Seen]) -> Iterator[tuple[str, Since]]:
    """Since when the last of some runs breaks what it breaks, as far as any run before it can tell."""
    last = len(seen) - 1
    compared = any(run.anything for run in seen[:-1])
    for name, begin in since(seen).items():
        added = compared and begin.run == last
        if not begin.least or added or runs[begin.run].night != runs[last].night:
            yield name, Since(runs[begin.run].night, begin.least)


def _night(
    night: date,
    run: Stored | None,
    shown: Stored,
    turned: Iterable[tuple[Stored, Changes | None]],
    gaps: "_Gaps",
) -> Night:
    if run is None:
        state = (
            CellState.UNREAD
            if night in gaps.unread
            else CellState.MISSING
            if night in gaps.live
            else CellState.NONE
        )
        return Night(night=night, state=state)
    state, count = state_of(run) if _alike(run, shown) or silent(run) else (CellState.PARTIAL, 0)
    changes = next((changes for one, changes in turned if one is run), None)
    return Night(night=night, state=state, count=count, run=run, changes=changes)


def _alike(run: Stored, shown: Stored) -> bool:
    """Whether a run judged as much as the one that is shown, and can stand for a night beside it."""
    return run is shown or (run.footer.complete and run.header.profile == shown.header.profile)


def _standing(columns: Iterable[Column]) -> Iterator[str]:
    return (standing.name for column in columns for standing in column.shown.footer.profiles)


def _parent(folder: str) -> str:
    return folder.rpartition("/")[0]
