"""The records of a report: header, exchanges, rulings, stale deviations and footer. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.asked import request_digest
from conformance.catalogue import Level, Outcome, Violation
from conformance.compare import Asked
from conformance.gate import Deviation, ExitCode, Gate, Ruling, Stale
from conformance.report.findings import BROKEN, worst
from conformance.report.since import Since
from conformance.report.tokens import is_pattern
from conformance.standing import Standing
from conformance.subject import Answer
from conformance.text import clipped

__all__ = [
    "ExchangeLine",
    "Footer",
    "Header",
    "Report",
    "RequirementResult",
    "build",
    "count",
    "results",
    "unplanned",
]

_OBSERVED = 300  # characters of what was observed that a footer keeps
_BARE = re.compile(r'no such key|null|true|false|-?\d[\d.]*|"[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What was tested, with what, and how.

    `configuration` names the file or option that defines the provider. `base_url` has its credentials
    removed; "" for a replay. `profile` are the ids of the profiles to which the run is held, None if it is
    held to all requirements. `key_variable` names the environment variable of the key. `started` is in UTC,
    RFC 3339. `options` are those that change what is sent or judged. `notes` are remarks for readers.
    `recorded` says that the requests were those of an application and not of the suite. `log` is the path of
    pytest's own log, "" if there is none.
    """

    suite: str
    provider: str
    model: str
    started: str
    python: str
    command: str
    commit: str | None = None
    profile: str | None = None
    configuration: str = ""
    base_url: str = ""
    key_variable: str = ""
    options: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    dialects: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    replayed: bool = False
    recorded: bool = False
    notes: tuple[str, ...] = ()
    log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLine:
    """One exchange in the report's index: where its evidence is, and how it went.

    `evidence` is a path relative to the report, "" if none was written. `events` is None if the answer is not
    an event stream. `first_byte` and `duration` are in seconds since the request was sent, None if the source
    keeps no times. `asked` is the digest of a request that is of no scenario, "" if it is not known.
    """

    id: str
    api: str
    scenario: str = ""
    source: str = ""
    evidence: str = ""
    status: int | None = None
    events: int | None = None
    bytes: int = 0
    ended: str = "unknown"
    detail: str = ""
    attempts: int = 1
    first_byte: float | None = None
    duration: float | None = None
    lacks: tuple[str, ...] = ()
    note: str = ""
    asked: str = ""

    @classmethod
    def of(cls, stream: Answer, evidence: str = "") -> "ExchangeLine":
        """The index line of an answer whose evidence is at this path."""
        exchange = stream.exchange
        times = [piece.at for piece in exchange.pieces if piece.at is not None]
        last = exchange.ended_at if exchange.ended_at is not None else max(times, default=None)
        return cls(
            id=exchange.id,
            api=exchange.api,
            scenario=exchange.scenario,
            source=exchange.source,
            evidence=evidence,
            status=exchange.status,
            events=len(stream.wire.events) if stream.streamed else None,
            bytes=sum(len(piece.data) for piece in exchange.pieces),
            ended=exchange.ended.value,
            detail=exchange.detail,
            attempts=max(len(exchange.attempts), 1),
            first_byte=min(times, default=None),
            duration=last,
            lacks=tuple(sorted(exchange.lacks)),
            note=exchange.note,
            asked="" if exchange.scenario else request_digest(exchange),
        )


def unplanned(lines: Iterable[ExchangeLine]) -> list[Asked]:
    """What those exchanges asked that are of no scenario, in order."""
    return [Asked(line.id, line.asked) for line in lines if not line.scenario]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementResult:
    """What became of one requirement in the whole run.

    `outcome` is the gravest that it had, `level` that of the verdict which has it. `observed` is what that
    verdict observed first, a bare value with its key, or why it says nothing, in at most 300 characters; ""
    if it was kept. `because` is the requirement from which the violation follows, "" unless it follows
    wherever it was seen. `known` says that a deviation or a baseline excuses it wherever it is broken.
    """

    outcome: Outcome
    level: Level
    observed: str = ""
    because: str = ""
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """The totals of the run. `incomplete` says why the run did not judge everything; "" if it did.

    `outcomes` counts verdicts by outcome, `levels` by level and outcome, `following` those violations that
    only follow from others. `results` says by id what became of each requirement, in the order of the
    verdicts, so that a history of many runs reads the footers alone. `profiles` say how the run stands to
    each profile, or to those to which it is held; empty if nothing that the suite sent was judged.
    """

    outcomes: Mapping[str, int]
    levels: Mapping[str, Mapping[str, int]]
    following: int
    requirements: int
    exit_code: ExitCode
    incomplete: str
    ended: str
    results: Mapping[str, RequirementResult]
    profiles: tuple[Standing, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything that could be judged was."""
        return not self.incomplete


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The run of one provider and model, as `report.jsonl` holds it.

    `since` is what changed since the run before it; None if none is known.
    """

    header: Header
    exchanges: tuple[ExchangeLine, ...]
    rulings: tuple[Ruling, ...]
    stale: tuple[Stale, ...]
    footer: Footer
    since: Since | None = None


def build(
    header: Header,
    exchanges: Iterable[ExchangeLine],
    gate: Gate,
    *,
    ended: str,
    incomplete: str = "",
    exit_code: ExitCode | None = None,
    profiles: tuple[Standing, ...] = (),
) -> Report:
    """The report of a run.

    `ended` is in UTC, RFC 3339. `exit_code` is that of the gate unless something else ended the run, such as
    an interruption.
    """
    outcomes, levels = count(gate.rulings)
    return Report(
        header=header,
        exchanges=tuple(exchanges),
        rulings=gate.rulings,
        stale=gate.stale,
        footer=Footer(
            outcomes=outcomes,
            levels=levels,
            following=sum(bool(ruling.verdict.because) for ruling in gate.rulings),
            requirements=len({ruling.verdict.requirement for ruling in gate.rulings}),
            exit_code=gate.exit_code if exit_code is None else exit_code,
            incomplete=incomplete,
            ended=ended,
            results=results(gate.rulings),
            profiles=profiles,
        ),
    )


def count(rulings: Sequence[Ruling]) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """The number of verdicts by outcome, and by level and outcome."""
    pairs = Counter((ruling.verdict.level, ruling.verdict.outcome) for ruling in rulings)
    levels = {level.value: {item.value: pairs[level, item] for item in Outcome} for level in Level}
    return {item.value: sum(pairs[level, item] for level in Level) for item in Outcome}, levels


def results(rulings: Iterable[Ruling]) -> dict[str, RequirementResult]:
    """What became of each requirement, by its id, in the order of the rulings."""
    found: dict[str, list[Ruling]] = {}
    for ruling in rulings:
        found.setdefault(ruling.verdict.requirement, []).append(ruling)
    return {name: _result(members) for name, members in found.items()}


def _told(violation: Violation) -> str:
    """What was observed, a bare value with its key: far from its event, `112` says nothing."""
    if not (is_pattern(violation.place) and _BARE.fullmatch(violation.observed)):
        return violation.observed
    keys = [part for part in violation.place.split(".") if part != "*"]
    return f"{keys[-1]}: {violation.observed}"


def _result(rulings: Sequence[Ruling]) -> RequirementResult:
    # A cause stands for what follows, and what is not excused for what is.
    gravest = worst(ruling.verdict.outcome for ruling in rulings)
    alike = [ruling for ruling in rulings if ruling.verdict.outcome is gravest]
    first = min(alike, key=lambda item: (bool(item.verdict.because), item.deviation is not None))
    broken = [ruling for ruling in rulings if ruling.verdict.outcome in BROKEN]
    verdict = first.verdict
    if gravest in (Outcome.PASS, Outcome.NOT_APPLICABLE):
        observed = ""
    else:
        observed = _told(verdict.violations[0]) if verdict.violations else verdict.reason
    return RequirementResult(
        outcome=gravest,
        level=verdict.level,
        observed=clipped(observed, _OBSERVED),
        because=verdict.because,
        known=bool(broken) and all(ruling.deviation is not None for ruling in broken),
    )
