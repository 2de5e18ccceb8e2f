"""What changed since the run before, at every provider that was asked. Pure.

Tonight's reports are compared with what the runs before knew of each requirement last, so that a night on
which a provider did not answer hides nothing: what was broken before it is not new after it. What turned, and
what can be compared, is decided where the matrix has it from, in `dashboard.history`.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from conformance.catalogue import Level, Outcome
from conformance.dashboard.history import Changes, Results, Seen, Turn, broken, flaky, part_of, since, story
from conformance.gate import ExitCode
from conformance.nightly.records import Record
from conformance.report.findings import LEVELS
from conformance.report.records import Report
from conformance.report.summary import summarise
from conformance.requirements import by_id

__all__ = ["EXPIRING", "Expiry", "News", "NewsItem", "NightRun", "Past", "PastRun", "Silence", "news"]

EXPIRING = 14
"""Days before the last day of a listed deviation from which every night tells of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run of an earlier night. `started` is in UTC, RFC 3339; `suite` the version that judged it.

    `part` is what it judged in place of everything, as in `Seen`.
    """

    started: str
    suite: str
    results: Results
    part: str = ""

    @property
    def seen(self) -> Seen:
        """What it says of its endpoint, to be compared with other runs."""
        return Seen(results=self.results, part=self.part)


Past = Mapping[str, Sequence[PastRun]]
"""The runs of earlier nights by `Record.place`, each the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightRun:
    """A run of tonight: its record, and its report; None, with the reason in `problem`, if there is none."""

    record: Record
    report: Report | None = None
    problem: str = ""

    @property
    def provider(self) -> str:
        """The name of the provider."""
        return self.record.provider

    @property
    def model(self) -> str:
        """The model that its report names, or else that of its record; "" if neither does."""
        return self.report.header.model if self.report else self.record.model

    @property
    def answered(self) -> bool:
        """Whether any request of it was answered."""
        lines = self.report.exchanges if self.report else ()
        return any(line.status is not None or line.bytes for line in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsItem:
    """A requirement that turned at a run.

    `observed` is what was observed first where it is broken, or was broken. `because` is the requirement from
    which it follows, "" for a cause. `turned` is how often it turned of late; 0 unless it is flaky. `since`
    is when the run started since which it is broken, in UTC, "" unless it is still broken; `least` says that
    no run that is known kept it before. `before` is what was observed last where it is broken otherwise now.
    """

    run: NightRun
    requirement: str
    level: Level
    old: Outcome | None
    new: Outcome | None
    observed: str = ""
    because: str = ""
    turned: int = 0
    since: str = ""
    least: bool = False
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A run that says nothing of its endpoint, or not everything, and why."""

    run: NightRun
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """A listed deviation whose last day is near, or has passed: then `days` is below 0."""

    run: NightRun
    requirement: str
    until: date
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a night has to tell.

    `at` is when it ended and `since` when the newest run that it is compared with started, both in UTC, RFC
    3339; where nothing can be compared, that of the newest run of any night, "" if there is none. `new` are
    broken and were not before, or not as badly; `fixed` are kept again, `eased` broken less badly, `unjudged`
    no longer judged. What will not settle is in `flaky` and in none of these. `silent` did not answer or left
    no report, `partial` did not judge everything, and `first` have no comparable run before. `gone` are the
    places of runs of the last night that nobody asked for tonight. `notes` are remarks, such as what could
    not be read.
    """

    at: str
    since: str
    exit_code: ExitCode
    runs: tuple[NightRun, ...]
    new: tuple[NewsItem, ...] = ()
    fixed: tuple[NewsItem, ...] = ()
    eased: tuple[NewsItem, ...] = ()
    unjudged: tuple[NewsItem, ...] = ()
    flaky: tuple[NewsItem, ...] = ()
    silent: tuple[Silence, ...] = ()
    partial: tuple[Silence, ...] = ()
    expiring: tuple[Expiry, ...] = ()
    first: tuple[NightRun, ...] = ()
    back: tuple[NightRun, ...] = ()
    gone: tuple[str, ...] = ()
    still: tuple[NewsItem, ...] = ()
    suites: tuple[str, ...] = ()  # the versions before and now, where they differ
    notes: tuple[str, ...] = ()

    @property
    def night(self) -> str:
        """The day in UTC by which the dashboard calls it: that on which its newest run started."""
        started = [run.report.header.started for run in self.runs if run.report is not None]
        return max(started, default=self.at)[:10]

    @property
    def compared(self) -> bool:
        """Whether any run of it is compared with one of a night before."""
        return len(self.silent) + len(self.first) < len(self.runs)

    @property
    def shifted(self) -> tuple[NewsItem, ...]:
        """What is still broken, and otherwise than it was: perhaps another fault."""
        return tuple(item for item in self.still if item.before)

    @property
    def turned(self) -> bool:
        """Whether any verdict changed."""
        return bool(self.new or self.fixed or self.eased or self.unjudged or self.flaky)


def news(
    runs: Sequence[NightRun],
    past: Past,
    *,
    at: str,
    today: date,
    exit_code: ExitCode,
    expiring: int = EXPIRING,
    asked: Collection[str] = (),
    last: str = "",
    notes: Iterable[str] = (),
) -> News:
    """What the runs of a night say that the nights before did not.

    `expiring` is a number of days. `asked` are the places that a night is known to have asked.
    `last` is the time in UTC behind which runs are of the last night; where nobody knows, those of the last
    day are.
    """
    told: dict[str, list[NewsItem]] = {"new": [], "fixed": [], "eased": [], "unjudged": [], "flaky": []}
    silent: list[Silence] = []
    partial: list[Silence] = []
    first: list[NightRun] = []
    back: list[NightRun] = []
    still: list[NewsItem] = []
    before: list[PastRun] = []
    suites: dict[str, None] = {}
    for run in runs:
        nights = past.get(run.record.place, ())
        if run.report is None or not run.answered or _useless(run.report):
            silent.append(Silence(run=run, why=_why(run)))
            continue
        if nights and not nights[-1].seen.anything and _seen(run.report).anything:
            back.append(run)
        if run.report.footer.incomplete:
            partial.append(Silence(run=run, why=run.report.footer.incomplete))
        useful = [night for night in nights if night.seen.anything]
        if not useful:
            first.append(run)
            continue
        before.append(nights[-1])
        suites |= {useful[-1].suite: None, run.report.header.suite: None}
        turned = _told(run, run.report, useful)
        still += _still(run, run.report, useful, [item for items in turned.values() for item in items])
        for kind, items in turned.items():
            told[kind] += items
    return News(
        at=at,
        since=max((night.started for night in before or _every(past)), default=""),
        exit_code=exit_code,
        runs=tuple(runs),
        silent=tuple(silent),
        partial=tuple(partial),
        first=tuple(first),
        back=tuple(back),
        gone=_gone(runs, past, last, asked),
        still=tuple(sorted(still, key=lambda item: (LEVELS.index(item.level), item.since))),
        expiring=tuple(item for run in runs for item in _expiries(run, today, expiring)),
        suites=tuple(suites) if len(suites) > 1 else (),
        notes=tuple(notes),
        **{kind: tuple(items) for kind, items in told.items()},
    )


def _told(run: NightRun, report: Report, nights: Sequence[PastRun]) -> dict[str, list[NewsItem]]:
    tonight = _seen(report)
    seen = [*(night.seen for night in nights), tonight]
    turned = story(seen)[-1] or Changes()
    often = flaky(seen)
    kinds = {
        "new": [turn for turn in turned.new if not turn.known],  # a deviation that is listed is known
        "fixed": list(turned.fixed),
        "eased": _eased(turned),
        "unjudged": list(turned.removed),
    }
    settled = {
        kind: [_item(run, turn) for turn in turns if turn.requirement not in often]
        for kind, turns in kinds.items()
    }
    restless = [
        _item(run, turn, often[turn.requirement])
        for turn in (*kinds["new"], *kinds["fixed"])
        if turn.requirement in often
    ]
    return {**settled, "flaky": restless}


def _eased(turned: Changes) -> list[Turn]:
    fixed = {turn.requirement for turn in turned.fixed}
    return [turn for turn in turned.improved if turn.requirement not in fixed]


def _every(past: Past) -> Iterable[PastRun]:
    """All runs of earlier nights that judged anything, of whatever provider."""
    every = (night for nights in past.values() for night in nights)
    return (night for night in every if night.seen.anything)


def _gone(runs: Sequence[NightRun], past: Past, last: str, asked: Collection[str]) -> tuple[str, ...]:
    """The places of the last night's runs that are not among tonight's: nobody asked for them again.

    None if the last night was of others altogether, as where each provider has a night of its own. Somebody
    may have tried an endpoint once between two nights: where no night left a record, what was answered on one
    day alone is no night's. Neither is what was never answered.
    """
    places = {run.record.place for run in runs}
    answered = {place: [one.started for one in nights if one.seen.anything] for place, nights in past.items()}
    newest = {
        place: started[-1]
        for place, started in answered.items()
        if started and (place in places or place in asked or len({time[:10] for time in started}) > 1)
    }
    last = last or max(newest.values(), default="")[:10]
    then = [place for place, started in sorted(newest.items()) if started > last]
    unplaced = {run.record.folder for run in runs if not run.record.place}
    gone = [place for place in then if place not in places and place.partition("/")[0] not in unplaced]
    return tuple(gone) if len(gone) < len(then) else ()


def _item(run: NightRun, turn: Turn, turned: int = 0) -> NewsItem:
    return NewsItem(
        run=run,
        requirement=turn.requirement,
        level=turn.level,
        old=turn.old,
        new=turn.new,
        observed=turn.observed,
        because=turn.because,
        turned=turned,
    )


def _seen(report: Report) -> Seen:
    part = part_of(report.footer.incomplete, report.header.profile)
    return Seen(results=report.footer.results, part=part)


def _useless(report: Report) -> bool:
    """Whether errors left nothing to judge, as where the key is refused: that is no answer either."""
    return not _seen(report).anything and bool(summarise(report, by_id).cause)


def _still(
    run: NightRun, report: Report, nights: Sequence[PastRun], told: Sequence[NewsItem]
) -> Iterable[NewsItem]:
    """What tonight breaks and earlier nights broke already: the causes that no list of deviations names."""
    listed = {deviation.requirement for deviation in report.header.deviations}
    gone = {item.requirement for item in told}
    began = since([*(night.seen for night in nights), _seen(report)])
    for name, result in report.footer.results.items():
        excused = result.known and name in listed
        if broken(result) and not result.because and not excused and name not in gone:
            begin = began[name]
            yield NewsItem(
                run=run,
                requirement=name,
                level=result.level,
                old=result.outcome,
                new=result.outcome,
                observed=result.observed,
                since=nights[begin.run].started if begin.run < len(nights) else "",
                least=begin.least,
                before=_otherwise(name, result.observed, nights),
            )


# What differs from run to run of the same fault: what is quoted, if only in part, and words with a digit.
_VARIES = re.compile(r"\"[^\"]*(?:\"|\Z)|'[^']*'|`[^`]*`|[^\s\"'`]*\d\S*|[^\w\"'`]+")
_COMPARED = 400  # characters of what was observed; a report of this suite keeps fewer


def _otherwise(name: str, observed: str, nights: Sequence[PastRun]) -> str:
    """What was observed last of something that is broken, if it was another thing; else ""."""
    last = next((one for night in reversed(nights) if broken(one := night.results.get(name))), None)
    if last is None or not last.observed or not observed:
        return ""
    said, says = (_VARIES.sub(" ", text[:_COMPARED]) for text in (last.observed, observed))
    return "" if said == says else last.observed


def _why(run: NightRun) -> str:
    """Why a run says nothing of its endpoint, in few words."""
    return _reason(run).partition("; ")[0].removeprefix(f"{run.provider} ")


def _reason(run: NightRun) -> str:
    if run.report is None:
        left = "see the log of its job" if run.record.exit_code is None else "its process left no reason"
        return run.problem or run.record.why or f"no report was written, {left}"
    cause = summarise(run.report, by_id).cause
    return run.record.why or cause or run.report.footer.incomplete or "nothing was judged"


def _expiries(run: NightRun, today: date, days: int) -> Iterable[Expiry]:
    for deviation in run.report.header.deviations if run.report else ():
        if deviation.until is not None and (left := (deviation.until - today).days) <= days:
            yield Expiry(run=run, requirement=deviation.requirement, until=deviation.until, days=left)
