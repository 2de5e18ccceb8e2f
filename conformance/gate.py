"""Decides what turns a run red. One pure function decides; everything else only displays its result."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum

from conformance.catalogue import Outcome, Verdict
from conformance.compare import Baseline, broken_before, pair_of

__all__ = ["Deviation", "ExitCode", "FailOn", "Gate", "Ruling", "Stale", "Staleness", "decide", "worst"]


class ExitCode(IntEnum):
    """The exit codes of a run, the same for the command line and for pytest."""

    CONFORMS = 0
    VIOLATION = 1
    INTERRUPTED = 2
    INTERNAL = 3
    USAGE = 4
    NOTHING = 5
    ERROR = 6


_BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)
# The order in which one exit code stands for several runs, the gravest first.
_GRAVEST = (
    ExitCode.INTERRUPTED,
    ExitCode.VIOLATION,
    ExitCode.INTERNAL,
    ExitCode.USAGE,
    ExitCode.ERROR,
    ExitCode.CONFORMS,
    ExitCode.NOTHING,
)


class FailOn(StrEnum):
    """The lowest level whose violations turn a run red."""

    MUST = "must"
    SHOULD = "should"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A known violation that a provider's entry lists, or that was there in the baseline of a run.

    `scenario` restricts it to one scenario; "" means all. `until` is the last day on which it excuses
    violations. `baseline` is the start of the earlier run that had it, "" for one that is listed.
    """

    requirement: str
    reason: str
    link: str = ""
    until: date | None = None
    scenario: str = ""
    baseline: str = ""

    def covers(self, verdict: Verdict) -> bool:
        """Whether the deviation is about a verdict's requirement and subject, whatever the outcome."""
        if verdict.requirement != self.requirement:
            return False
        names = (verdict.subject, *verdict.exchanges)
        return not self.scenario or any(name.partition(".")[0] == self.scenario for name in names)


class Staleness(StrEnum):
    """Why a listed deviation turns a run red itself."""

    FIXED = "fixed"  # the requirement passed everywhere
    EXPIRED = "expired"  # its last day has passed
    UNMATCHED = "unmatched"  # no verdict of the run matches it


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A verdict, whether it turns the run red, and the known deviation that excuses it, if any."""

    verdict: Verdict
    gates: bool
    deviation: Deviation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A deviation that must be removed from the list, and why."""

    deviation: Deviation
    why: Staleness

    @property
    def message(self) -> str:
        """What happened and what to do, in one sentence."""
        name = self.deviation.requirement
        match self.why:
            case Staleness.FIXED:
                return f"the known deviation {name} is fixed: it was kept everywhere; remove it from the list"
            case Staleness.EXPIRED:
                return (
                    f"the known deviation {name} expired on {self.deviation.until}: "
                    "fix it, or renew `until` with a reason"
                )
            case Staleness.UNMATCHED:
                return (
                    f"the known deviation {name} matches nothing that was judged: "
                    "look for a misspelt requirement or scenario"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The decision on the run of one provider."""

    rulings: tuple[Ruling, ...]
    stale: tuple[Stale, ...]
    mistaken: bool = False  # whether the configuration was wrong, so that nothing could be judged
    interrupted: bool = False  # whether the user stopped the run
    cut: bool = False  # whether not all was recorded or could be read, or nothing but refusals came
    idle: bool = False  # whether no profile applies to which the run is held

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of this run alone."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if not self.rulings:
            return ExitCode.NOTHING
        if self.stale or any(
            ruling.gates and ruling.verdict.outcome is not Outcome.ERROR for ruling in self.rulings
        ):
            return ExitCode.VIOLATION
        if self.mistaken:
            return ExitCode.USAGE
        if self.cut or any(ruling.gates for ruling in self.rulings):
            return ExitCode.ERROR
        return ExitCode.NOTHING if self.idle else ExitCode.CONFORMS


def decide(
    verdicts: Sequence[Verdict],
    deviations: Iterable[Deviation] = (),
    *,
    today: date,
    fail_on: FailOn = FailOn.MUST,
    whole: bool = True,
    mistaken: bool = False,
    interrupted: bool = False,
    cut: bool = False,
    only: Callable[[Verdict], bool] | None = None,
    idle: bool = False,
    baseline: Baseline | None = None,
) -> Gate:
    """Decides what turns the run red.

    `whole` says that the run judged everything it could. Only then is a deviation stale because its
    requirement passed or nothing matches it: a partial run did not look everywhere. `mistaken` says that the
    address, the key or the model of the run is wrong, `interrupted` that the user stopped the run, `cut` that
    it was killed, its time was over, a source of it could not be read, or nothing but refusals came. `only`
    decides in place of `fail_on` which verdicts turn a run red that is held to profiles; `idle` says that
    none of these applies, so that none does. What was broken in `baseline` is known.
    """
    listed = tuple(deviations)
    red = {Outcome.FAIL, Outcome.ERROR} | ({Outcome.WARN} if fail_on is FailOn.SHOULD else set())
    before = broken_before(baseline.verdicts, verdicts) if baseline is not None else frozenset()
    rulings = []
    excused: set[int] = set()
    for verdict in verdicts:
        matching = None
        if verdict.outcome in _BROKEN:
            matching = next((item for item in listed if item.covers(verdict)), None)
        if matching is not None:
            excused.add(id(matching))
        valid = matching is not None and (matching.until is None or today <= matching.until)
        known = matching if valid else None
        if known is None and baseline is not None and pair_of(verdict) in before:
            known = _before(verdict, baseline)
        gates = not idle and (verdict.outcome in red if only is None else only(verdict))
        rulings.append(Ruling(verdict=verdict, gates=gates and known is None, deviation=known))
    stale = [
        Stale(deviation=item, why=why)
        for item in listed
        if (why := _stale(item, verdicts, today, whole=whole, excused=id(item) in excused)) is not None
    ]
    return Gate(
        rulings=tuple(rulings),
        stale=tuple(stale),
        mistaken=mistaken,
        interrupted=interrupted,
        cut=cut,
        idle=idle,
    )


def _before(verdict: Verdict, baseline: Baseline) -> Deviation | None:
    """A violation of the baseline as a known one, the same for all scenarios; None for other outcomes."""
    if verdict.outcome not in (Outcome.FAIL, Outcome.WARN):
        return None
    reason = f"broken before, in the baseline run of {baseline.started}"
    return Deviation(requirement=verdict.requirement, reason=reason, baseline=baseline.started)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The exit code that stands for several runs; NOTHING if there are none."""
    return min(codes, key=_GRAVEST.index, default=ExitCode.NOTHING)


def _stale(
    item: Deviation, verdicts: Sequence[Verdict], today: date, *, whole: bool, excused: bool
) -> Staleness | None:
    if item.until is not None and today > item.until:
        return Staleness.EXPIRED
    if excused or not whole:
        return None
    outcomes = {verdict.outcome for verdict in verdicts if item.covers(verdict)}
    if not outcomes:
        return Staleness.UNMATCHED
    # Only a passed or failed check shows whether the deviation still exists.
    seen_everywhere = not outcomes & {Outcome.NOT_TESTABLE, Outcome.ERROR}
    return Staleness.FIXED if Outcome.PASS in outcomes and seen_everywhere else None
