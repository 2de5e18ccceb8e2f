"""What became of each capability that the run tried, for the strip under the verdict. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from conformance.capabilities import CAPABILITIES, Capability
from conformance.catalogue import Kind, Outcome, Verdict
from conformance.exchange import Ended, Exchange, Expects
from conformance.gate import Ruling
from conformance.profiles import profiles
from conformance.report.findings import Lookup, rule_of
from conformance.scenarios import SCENARIOS
from conformance.standing import Stand, Standing, declared, shows
from conformance.subject import Answer
from conformance.trouble import trouble

__all__ = ["ClaimLine", "ClaimState", "claims"]

_SCENARIOS = {scenario.name: scenario for scenario in SCENARIOS}
_BROKEN = (Outcome.FAIL, Outcome.WARN)
_SHOWN = (*_BROKEN, Outcome.INFO, Outcome.PASS)
_STREAMS = (Expects.STREAM, Expects.UNKNOWN)
_UNASKED = {Ended.NOT_SENT: "not sent", Ended.UNBUILT: "not sent: it needs an answer that did not come"}


class ClaimState(StrEnum):
    """What became of a capability, in the order in which a reader needs it.

    It is broken by a MUST that is about it, and answered with faults if another MUST is broken on its
    answers, a SHOULD that is about it, or what breaks a profile. It is never called so where the profiles
    that need it are kept: what is broken then is beyond them.
    """

    BROKEN = "broken"
    UNJUDGED = "not judged"
    UNSEEN = "not shown"
    FAULTY = "answered, with faults"
    BEYOND = "kept by profile, with faults beyond"
    KEPT = "kept"
    UNCLAIMED = "works, though not claimed"
    ABSENT = "not claimed, and nothing of it came"
    REFUSED = "not offered"
    UNTRIED = "not tried"

    @property
    def outcome(self) -> Outcome:
        """The outcome whose sign and colour it has."""
        return _LIKE[self]


_LIKE = {
    ClaimState.BROKEN: Outcome.FAIL,
    ClaimState.UNJUDGED: Outcome.ERROR,
    ClaimState.UNSEEN: Outcome.NOT_TESTABLE,
    ClaimState.FAULTY: Outcome.WARN,
    ClaimState.BEYOND: Outcome.WARN,
    ClaimState.KEPT: Outcome.PASS,
    ClaimState.UNCLAIMED: Outcome.PASS,
    ClaimState.ABSENT: Outcome.NOT_APPLICABLE,
    ClaimState.REFUSED: Outcome.NOT_APPLICABLE,
    ClaimState.UNTRIED: Outcome.NOT_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A capability with what became of it.

    `note` has the status of a refusal, what breaks it, or why it was not judged.
    """

    name: str
    says: str
    state: ClaimState
    note: str = ""


def claims(
    rulings: Sequence[Ruling], streams: Iterable[Answer], lookup: Lookup, standings: Iterable[Standing] = ()
) -> tuple[tuple[ClaimState, tuple[ClaimLine, ...]], ...]:
    """The capabilities by what became of them; empty where the suite sent nothing.

    `standings` are the verdicts on profiles beside which they are told.
    """
    asked = [stream.exchange for stream in streams if stream.exchange.scenario and not stream.exchange.again]
    if not asked:
        return ()
    verdicts: dict[str, list[Verdict]] = {}
    signs: dict[str, set[Outcome]] = {}  # the outcomes of what is only judged where the capability is there
    for ruling in rulings:
        for name in _about(ruling.verdict, lookup):
            verdicts.setdefault(name, []).append(ruling.verdict)
        for name in _shown_by(ruling.verdict, lookup):
            signs.setdefault(name, set()).add(ruling.verdict.outcome)
    told = list(standings)
    breaking = {name for item in told for name in item.broken}
    faulty = {
        name
        for item in rulings
        if item.verdict.outcome is Outcome.FAIL
        or (item.verdict.outcome is Outcome.WARN and item.verdict.requirement in breaking)
        for name in item.verdict.exchanges
    }
    kept = _kept(told)
    found = [
        _beyond(_claim(row, asked, verdicts.get(name, ()), signs.get(name, ()), faulty), kept)
        for name, row in CAPABILITIES.items()
    ]
    groups = ((state, tuple(item for item in found if item.state is state)) for state in ClaimState)
    return tuple((state, members) for state, members in groups if members)


def _kept(standings: Iterable[Standing]) -> set[str]:
    """The capabilities that profiles need of which some are kept and none is broken."""
    needed: dict[str, set[Stand]] = {}
    for item in standings:
        profile = profiles().get(item.profile)
        for name in profile.claims if profile else ():
            needed.setdefault(name, set()).add(item.stand)
    return {name for name, stands in needed.items() if Stand.KEPT in stands and Stand.BROKEN not in stands}


def _beyond(claim: ClaimLine, kept: Collection[str]) -> ClaimLine:
    if claim.name in kept and claim.state in (ClaimState.BROKEN, ClaimState.FAULTY):
        return replace(claim, state=ClaimState.BEYOND)
    return claim


def _about(verdict: Verdict, lookup: Lookup) -> Iterable[str]:
    """The capabilities that a verdict speaks of."""
    rule = rule_of(verdict.requirement, lookup)
    if rule is None:
        return ()
    if rule.kind is Kind.CLAIM:
        return (verdict.subject.removeprefix("claim-"),)
    return (rule.capability,) if rule.capability else ()


def _shown_by(verdict: Verdict, lookup: Lookup) -> Iterable[str]:
    """The capabilities that a verdict shows to be there, unless it says that it did not apply."""
    rule = rule_of(verdict.requirement, lookup)
    return [name for name in CAPABILITIES if rule is not None and shows(rule, verdict.subject, name)]


def _tries(exchange: Exchange, capability: str) -> bool:
    """Whether a request is about a capability, or has its parameters because the provider claims it."""
    scenario = _SCENARIOS.get(exchange.scenario)
    if scenario is None or capability in scenario.needs:
        return scenario is not None
    added = [item for item in scenario.also if item.capability == capability]
    return any(item.body.keys() <= exchange.asked.keys() for item in added)


def _claim(
    row: Capability,
    asked: Sequence[Exchange],
    verdicts: Sequence[Verdict],
    signs: Collection[Outcome],
    faulty: Collection[str],
) -> ClaimLine:
    tried = [one for one in asked if one.expects in _STREAMS and _tries(one, row.name)]
    if not tried:
        return ClaimLine(row.name, row.says, ClaimState.UNTRIED)
    claimed = any(row.name not in one.unclaimed for one in tried)
    if all(trouble(one) for one in tried):
        return ClaimLine(row.name, row.says, ClaimState.UNJUDGED, _UNASKED.get(tried[0].ended, ""))
    if all(one.refused or trouble(one) for one in tried):
        status = next(one.status for one in tried if one.refused)
        state = ClaimState.BROKEN if claimed else ClaimState.REFUSED
        return ClaimLine(row.name, row.says, state, str(status))
    if broken := [verdict for verdict in verdicts if verdict.outcome in _BROKEN and not declared(verdict)]:
        first = min(broken, key=lambda verdict: (bool(verdict.because), _BROKEN.index(verdict.outcome)))
        state = (
            ClaimState.BROKEN
            if any(verdict.outcome is Outcome.FAIL for verdict in broken)
            else ClaimState.FAULTY
        )
        why = f"because of {first.because}" if first.because else first.requirement
        return ClaimLine(row.name, row.says, state, why)
    if signs and not any(outcome in signs for outcome in _SHOWN):
        absent = not claimed and set(signs) == {Outcome.NOT_APPLICABLE}
        return ClaimLine(row.name, row.says, ClaimState.ABSENT if absent else ClaimState.UNSEEN)
    if any(one.id in faulty for one in tried):
        return ClaimLine(row.name, row.says, ClaimState.FAULTY)
    return ClaimLine(row.name, row.says, ClaimState.KEPT if claimed else ClaimState.UNCLAIMED)
