"""How an endpoint stands to a profile: kept, broken, not applicable or not testable. Pure.

A profile is a frozen list of requirements, and of the scenarios whose answers have to keep them. A report
speaks by profiles of the parts of an endpoint, so what is broken in one part takes no credit from another.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from conformance.capabilities import CAPABILITIES
from conformance.catalogue import Kind, Level, Outcome, Requirement, Verdict
from conformance.exchange import Api, Exchange, Expects
from conformance.gate import Ruling
from conformance.groups import groups
from conformance.requirements import CATALOGUE
from conformance.scenarios import SCENARIOS
from conformance.trouble import trouble
from conformance.verdict import applies

__all__ = [
    "Profile",
    "Stand",
    "Standing",
    "breaks",
    "declared",
    "gating",
    "holds",
    "not_applicable",
    "shows",
    "standings",
    "undated",
]

_BROKEN = (Outcome.FAIL, Outcome.WARN)
_NAMED = 4  # requirements or scenarios that a reason names
_WHOLE = (Kind.RUN, Kind.CONCURRENT)  # groups of all exchanges of a run, of whatever profile
_RULES = {rule.id: rule for rule in CATALOGUE}
_NEEDS = {scenario.name: scenario.needs for scenario in SCENARIOS}


class Stand(StrEnum):
    """What can be said of an endpoint by a profile."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "not_applicable"
    NOT_TESTABLE = "not_testable"

    @property
    def words(self) -> str:
        """As it is shown to people."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A named, dated, frozen list of requirements.

    `claims` are the capabilities that an endpoint must offer for the profile to apply. All of `scenarios`
    have to be answered for it to be kept; those of `optional` are judged where they were sent. `dialects` are
    those that the provider may declare without breaking it.
    """

    name: str
    date: date
    api: Api
    says: str
    claims: tuple[str, ...]
    scenarios: tuple[str, ...]
    requirements: tuple[str, ...]
    optional: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The name with the date, such as `chat-core-2026-11-26`: never used for another list."""
        return f"{self.name}-{self.date.isoformat()}"

    @property
    def sends(self) -> tuple[str, ...]:
        """Every scenario whose answers it judges."""
        return (*self.scenarios, *self.optional)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The verdict of a profile on a run.

    `reason` says why the profile is neither kept nor broken, "" otherwise. `kept` is the number of its
    requirements that passed and were broken nowhere. `broken` are those that break the profile; what only
    follows from another of them is left out. `known` are those of `broken` that a known deviation excuses
    wherever they are broken: such a profile is broken all the same. `dialects` are those that the provider
    declares, and that were seen where they were declared.
    """

    profile: str
    stand: Stand
    reason: str = ""
    kept: int = 0
    broken: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the profile without its date."""
        return undated(self.profile)

    @property
    def why(self) -> str:
        """The reason, or the first of the requirements that break it, in words; "" if it is kept."""
        if not self.broken:
            return self.reason
        return f"{_some(self.broken)}{', known' if self.known == self.broken else ''}"


def undated(profile: str) -> str:
    """The name of a profile by its id, which ends with a date."""
    return profile[: -len("-2026-01-31")]


def holds(profile: Profile, verdict: Verdict, exchanges: Mapping[str, Exchange]) -> bool:
    """Whether a verdict counts for a profile.

    `exchanges` are those of the run by id. One that no run has sent is held by its requirement alone. A
    verdict on exchanges of several profiles counts for each of them if they passed together, and otherwise
    for the profile whose exchange it tells of.
    """
    if verdict.requirement not in profile.requirements:
        return False
    inside = [name for name in verdict.exchanges if name in exchanges and _inside(profile, exchanges[name])]
    if len(inside) == len(verdict.exchanges) or not inside:
        return bool(inside)
    if verdict.outcome is Outcome.PASS:
        return True
    told = {violation.place for violation in verdict.violations} | {verdict.reason.partition(":")[0]}
    return not told.isdisjoint(inside)


def _inside(profile: Profile, exchange: Exchange) -> bool:
    return exchange.api is profile.api and exchange.scenario in ("", *profile.sends)


def breaks(profile: Profile, verdict: Verdict) -> bool:
    """Whether a verdict that a profile holds breaks it: unless by a dialect that is declared and admitted."""
    if verdict.outcome not in _BROKEN:
        return False
    return not declared(verdict) or not set(verdict.dialects) <= set(profile.dialects)


def declared(verdict: Verdict) -> bool:
    """Whether what a verdict tells is broken by a dialect alone that the provider declares."""
    # Only a dialect that the provider declares turns a MUST into a warning and leaves its level.
    return verdict.level is Level.MUST and verdict.outcome is Outcome.WARN


def not_applicable(profile: Profile, exchanges: Sequence[Exchange]) -> str:
    """The capability that a profile needs and the endpoint does not offer, with the reason; "" if none."""
    mine = [one for one in exchanges if one.api is profile.api and one.scenario]
    if not mine:
        return f"nothing was asked of the {_API[profile.api]} API"
    for name in profile.claims:
        tried = [one for one in mine if _tries(one, name)]
        if any(name not in one.unclaimed for one in tried or mine):
            continue
        if not tried:
            return f"{name} is not claimed, and nothing asked for it"
        if all(one.refused and not trouble(one) for one in tried):
            return f"{name} is not offered: it is not claimed, and every request for it was refused"
    return ""


_API = {Api.CHAT: "Chat Completions", Api.RESPONSES: "Responses"}


def _tries(exchange: Exchange, capability: str) -> bool:
    return capability in _NEEDS.get(exchange.scenario, ()) and _wants(exchange)


def _wants(exchange: Exchange) -> bool:
    return exchange.expects is not Expects.REFUSAL


def gating(
    profiles: Collection[Profile], exchanges: Sequence[Exchange], verdicts: Sequence[Verdict]
) -> Callable[[Verdict], bool] | None:
    """Decides which verdicts turn a run red that is held to these profiles; None if none of them applies.

    What breaks a profile does, whatever its level, and so does an error in what it holds. `verdicts` are all
    of the run, and tell what did not come.
    """
    by_id = {one.id: one for one in exchanges}
    strange = {one.api for one in exchanges if not one.scenario}

    def concerns(profile: Profile) -> bool:
        if profile.api in strange:
            return True
        return not not_applicable(profile, exchanges) and not _absent(profile, verdicts, by_id)

    found = [one for one in profiles if concerns(one)]

    def gates(verdict: Verdict) -> bool:
        mine = [profile for profile in found if holds(profile, verdict, by_id)]
        return any(verdict.outcome is Outcome.ERROR or breaks(profile, verdict) for profile in mine)

    return gates if found else None


def standings(
    profiles: Iterable[Profile],
    rulings: Sequence[Ruling],
    exchanges: Sequence[Exchange],
    *,
    every: bool = True,
) -> tuple[Standing, ...]:
    """How a run stands to each profile; empty if the exchanges are none that the suite sent.

    `rulings` are its verdicts with the deviations that are valid on the day, `exchanges` what they rest on.
    Without `every`, all was judged, but of the rulings that a profile holds alike only the first are given.
    """
    mine = [one for one in exchanges if one.scenario]
    by_id = {one.id: one for one in mine}
    planned = [item for item in rulings if set(item.verdict.exchanges) <= by_id.keys()]
    due = frozenset(_due(mine) if every else ())
    return tuple(_standing(profile, planned, by_id, due) for profile in profiles if mine)


def _standing(
    profile: Profile, rulings: Sequence[Ruling], exchanges: Mapping[str, Exchange], due: Collection["_Due"]
) -> Standing:
    if why := not_applicable(profile, tuple(exchanges.values())):
        return Standing(profile=profile.id, stand=Stand.NOT_APPLICABLE, reason=why)
    names = frozenset(profile.requirements)
    mine = [item for item in rulings if item.verdict.requirement in names]
    held = [item for item in mine if holds(profile, item.verdict, exchanges)]
    red = [item for item in held if breaks(profile, item.verdict)]
    open_ = {item.verdict.requirement for item in red if item.deviation is None}
    passed = {item.verdict.requirement for item in held if item.verdict.outcome is Outcome.PASS}
    broken = _causes(red)
    reason = "" if broken else _untested(profile, [item.verdict for item in held], exchanges, due)
    verdicts = [item.verdict for item in rulings]
    unshown = "" if broken or reason else _unshown(profile, verdicts, exchanges)
    absent = _absent(profile, verdicts, exchanges)
    if not absent and unshown and not _claims(unshown, exchanges):
        absent = unshown
    if absent:
        why = f"{absent} is not claimed, and nothing of it came"
        return Standing(profile=profile.id, stand=Stand.NOT_APPLICABLE, reason=why)
    reason = reason or (f"nothing of {unshown} came" if unshown else "")
    dialects = [name for item in held if declared(item.verdict) for name in item.verdict.dialects]
    return Standing(
        profile=profile.id,
        stand=Stand.BROKEN if broken else Stand.NOT_TESTABLE if reason else Stand.KEPT,
        reason=reason,
        kept=len(passed - {item.verdict.requirement for item in red}),
        broken=broken,
        known=tuple(name for name in broken if name not in open_),
        dialects=tuple(dict.fromkeys(dialects)),
    )


def _causes(red: Sequence[Ruling]) -> tuple[str, ...]:
    """The ids of what is broken, in the order of the rulings, without what follows from another of them."""
    names = {item.verdict.requirement for item in red}
    return tuple(
        dict.fromkeys(item.verdict.requirement for item in red if item.verdict.because not in names)
    ) or tuple(dict.fromkeys(item.verdict.requirement for item in red))


def _untested(
    profile: Profile, held: Sequence[Verdict], exchanges: Mapping[str, Exchange], due: Collection["_Due"]
) -> str:
    """Why nobody can say that a profile of which nothing is broken is kept; "" if it is."""
    sent = {one.scenario for one in exchanges.values()}
    if missing := [name for name in profile.scenarios if name not in sent]:
        return f"not asked: {_some(missing)}"
    failed = [verdict for verdict in held if verdict.outcome is Outcome.ERROR]
    if failed:
        return f"an error on {_some(name for verdict in failed for name in verdict.exchanges)}"
    mine = {name for name, one in exchanges.items() if _inside(profile, one)}
    wanted = {item[:2] for item in due if item[0] in profile.requirements and item[2] <= mine}
    judged = {(verdict.requirement, verdict.subject) for verdict in held}
    if left := sorted({name for name, _ in wanted - judged}):
        return f"not judged: {_some(left)}"
    silent = [verdict.requirement for verdict in held if verdict.outcome is Outcome.NOT_TESTABLE]
    if silent:
        return f"not testable: {_some(silent)}"
    # Nothing applies to an answer that was refused without having been claimed, so nothing is broken either.
    asked = [exchanges[name] for name in mine if exchanges[name].scenario in profile.scenarios]
    refused = sorted(one.id for one in asked if one.refused and _wants(one))
    return f"refused: {_some(refused)}" if refused else ""


def _unshown(profile: Profile, verdicts: Sequence[Verdict], exchanges: Mapping[str, Exchange]) -> str:
    """The first capability that a profile needs and of which no answer shows anything; "" if there is none.

    Nobody is sure that it shows where the provider has prompts of its own, or names no model that reasons.
    What broke the profile because the capability was there shows it as well as what was kept.
    """
    there = [
        item
        for item in verdicts
        if item.outcome is Outcome.PASS or (breaks(profile, item) and holds(profile, item, exchanges))
    ]

    def shown(capability: str) -> bool:
        return any(shows(_RULES[item.requirement], item.subject, capability) for item in there)

    return next((name for name in profile.claims if not shown(name)), "")


def _absent(profile: Profile, verdicts: Sequence[Verdict], exchanges: Mapping[str, Exchange]) -> str:
    """The first capability that a profile needs, that is not claimed and of which nothing came; "" if none.

    Everything that could have been judged because of it has to be not applicable: where nobody looked, or
    nobody can tell, it may have come. Whatever else is broken does not make the profile apply.
    """
    name = _unshown(profile, verdicts, exchanges)
    tried = name and any(_tries(one, name) for one in exchanges.values())
    if not tried or _claims(name, exchanges):
        return ""
    mine = [item for item in verdicts if item.requirement in profile.requirements]
    signs = {item.outcome for item in mine if shows(_RULES[item.requirement], item.subject, name)}
    return name if signs == {Outcome.NOT_APPLICABLE} else ""


def shows(rule: Requirement, subject: str, capability: str) -> bool:
    """Whether a requirement can only be kept by its subject because a capability was there."""
    row = CAPABILITIES[capability]
    if rule.kind is Kind.CLAIM:
        return subject.removeprefix("claim-") == capability
    root = capability == row.api.value  # the API itself, which every stream shows
    about = rule.capability == capability or (rule.promise is not None and rule.promise is row.promise)
    return about or (root and rule.api.hold(row.api) and rule.kind is Kind.STREAM)


def _claims(capability: str, exchanges: Mapping[str, Exchange]) -> bool:
    return any(_tries(one, capability) and capability not in one.unclaimed for one in exchanges.values())


_Due = tuple[str, str, frozenset[str]]
"""A verdict that a whole run has: the requirement, the subject, and the ids of the exchanges in it."""


def _due(exchanges: Sequence[Exchange]) -> Iterator[_Due]:
    """Every such verdict but those on all exchanges of a run, which are of several profiles."""
    ids = {one.id for one in exchanges}
    asked = [one for one in exchanges if one.again not in ids]
    for one in asked:
        for rule in CATALOGUE:
            if applies(rule, one.api, one.expects):
                yield rule.id, one.id, frozenset({one.id})
    for group in groups(asked):
        for rule in CATALOGUE:
            if rule.kind is group.kind and rule.kind not in _WHOLE:
                yield rule.id, group.name, frozenset(group.parts.values())


def _some(names: Iterable[str]) -> str:
    once = list(dict.fromkeys(names))
    more = f" and {len(once) - _NAMED} more" if len(once) > _NAMED else ""
    return f"{', '.join(once[:_NAMED])}{more}"
