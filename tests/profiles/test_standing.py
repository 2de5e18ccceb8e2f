"""What is said of an endpoint by profile: kept, broken, not applicable, not testable."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest

from conformance.catalogue import Level, Outcome, Verdict, Violation
from conformance.exchange import Api, Ended, Exchange
from conformance.gate import Deviation, ExitCode, decide
from conformance.judge import judge
from conformance.profiles import profiles
from conformance.reference.faults import FAULTS
from conformance.requirements import by_id as rule
from conformance.standing import Stand, Standing, gating, shows, standings
from tests.played import played

TODAY = date(2026, 11, 26)
CHAT = ("chat-core", "chat-reasoning", "chat-structured", "chat-tools")
RESPONSES = ("responses-core", "responses-reasoning", "responses-tools")


@cache
def good() -> tuple[Verdict, ...]:
    """Every verdict on the reference."""
    return tuple(judge(played()))


def stands(
    verdicts: Sequence[Verdict],
    exchanges: Sequence[Exchange] | None = None,
    deviations: Sequence[Deviation] = (),
) -> Mapping[str, Standing]:
    """How they stand to each of the newest profiles, by name."""
    rulings = decide(verdicts, deviations, today=TODAY).rulings
    found = standings(profiles().newest, rulings, played() if exchanges is None else exchanges)
    return {item.name: item for item in found}


def changed(
    requirement: str,
    subject: str,
    outcome: Outcome,
    verdicts: Sequence[Verdict] | None = None,
    **fields: Any,
) -> list[Verdict]:
    """The verdicts with another outcome in one place."""
    before = good() if verdicts is None else verdicts
    told = (Violation(expected="a", observed="b"),) if outcome in (Outcome.FAIL, Outcome.WARN) else ()
    found = [
        replace(item, outcome=outcome, **{"violations": told, **fields})
        if (item.requirement, item.subject) == (requirement, subject)
        else item
        for item in before
    ]
    assert found != list(before)
    return found


def without(*scenarios: str) -> tuple[list[Exchange], list[Verdict]]:
    """The reference as if some scenarios had not been sent."""
    exchanges = [one for one in played() if one.scenario not in scenarios]
    return exchanges, judge(exchanges)


def test_the_reference_keeps_every_profile() -> None:
    """With nothing to say of any, and each requirement of it kept or not concerned."""
    found = stands(good())
    assert set(found) == {*CHAT, *RESPONSES}
    assert {item.stand for item in found.values()} == {Stand.KEPT}
    assert {item.why for item in found.values()} == {""}
    assert all(item.kept for item in found.values())


def test_a_broken_field_of_one_api_takes_no_credit_from_the_other() -> None:
    """Only the profile whose scenario broke it is broken."""
    found = stands(changed("response-id-constant", "responses-text", Outcome.FAIL))
    broken = {name for name, item in found.items() if item.stand is Stand.BROKEN}
    assert broken == {"responses-core"}
    assert found["responses-core"].broken == ("response-id-constant",)


def test_a_requirement_counts_where_it_was_broken() -> None:
    """A role that is missing on the forced call breaks the profile of tools, and not the core."""
    found = stands(changed("role-first", "chat-tool-forced", Outcome.FAIL))
    assert found["chat-tools"].stand is Stand.BROKEN
    assert found["chat-core"].stand is Stand.KEPT


def test_what_is_of_no_profile_breaks_none() -> None:
    """A SHOULD, and a capability that no profile is about."""
    verdicts = changed("usage-details", "chat-text", Outcome.WARN)
    verdicts = changed("n-honoured", "chat-n", Outcome.FAIL, verdicts)
    assert {item.stand for item in stands(verdicts).values()} == {Stand.KEPT}


def test_a_should_that_a_profile_lists_breaks_it() -> None:
    """Reasoning has no MUST, so its profile lists what makes it worth nothing."""
    found = stands(changed("reasoning-cumulative", "chat-reasoning", Outcome.WARN))
    assert found["chat-reasoning"].broken == ("reasoning-cumulative",)


def test_a_parameter_that_is_ignored_without_a_claim_breaks_the_profile_about_it() -> None:
    """Its level is then SHOULD, but the profile is about that very promise."""
    verdicts = changed("structured-output", "chat-json", Outcome.WARN, level=Level.SHOULD)
    assert stands(verdicts)["chat-structured"].broken == ("structured-output",)


@pytest.mark.parametrize(
    ("requirement", "dialects", "stand"),
    [
        ("finish-reason-key", ("finish-key-late",), Stand.KEPT),
        ("done-present", ("no-done",), Stand.BROKEN),
        ("finish-reason-key", ("finish-key-late", "no-done"), Stand.BROKEN),
    ],
)
def test_a_declared_dialect_breaks_a_profile_unless_it_admits_it(
    requirement: str, dialects: tuple[str, ...], stand: Stand
) -> None:
    """It is named in either case."""
    verdicts = changed(requirement, "chat-text", Outcome.WARN, dialects=dialects)
    found = stands(verdicts)["chat-core"]
    assert (found.stand, found.dialects) == (stand, dialects)


def test_a_dialect_that_is_not_declared_breaks_it() -> None:
    """Recognised alone is not declared."""
    verdicts = changed("finish-reason-key", "chat-text", Outcome.FAIL, dialects=("finish-key-late",))
    assert stands(verdicts)["chat-core"].stand is Stand.BROKEN


def test_a_known_deviation_leaves_a_profile_broken() -> None:
    """A list of one's own earns no credit; the standing says that it is known, until it expires."""
    verdicts = changed("role-first", "chat-text", Outcome.FAIL)
    listed = Deviation(requirement="role-first", reason="an old gateway", until=TODAY)
    found = stands(verdicts, deviations=[listed])["chat-core"]
    assert (found.stand, found.known, found.why) == (Stand.BROKEN, ("role-first",), "role-first, known")
    expired = replace(listed, until=date(2026, 11, 25))
    assert stands(verdicts, deviations=[expired])["chat-core"].known == ()


def test_what_only_follows_is_not_named() -> None:
    """Unless its cause is of no concern to the profile."""
    verdicts = changed("role-first", "chat-text", Outcome.FAIL)
    both = changed("content-string", "chat-text", Outcome.FAIL, verdicts, because="role-first")
    assert stands(both)["chat-core"].broken == ("role-first",)
    alone = changed("content-string", "chat-text", Outcome.FAIL, because="json-keys-unique")
    assert stands(alone)["chat-core"].broken == ("content-string",)


@pytest.mark.parametrize("outcome", [Outcome.NOT_TESTABLE, Outcome.ERROR])
def test_what_could_not_be_tested_is_never_kept(outcome: Outcome) -> None:
    """On one exchange of many is enough; the reason names it."""
    found = stands(changed("status-ok", "chat-length", outcome))["chat-core"]
    assert found.stand is Stand.NOT_TESTABLE
    assert found.why in ("not testable: status-ok", "an error on chat-length")


def test_what_is_broken_outweighs_what_could_not_be_tested() -> None:
    verdicts = changed("status-ok", "chat-length", Outcome.NOT_TESTABLE)
    verdicts = changed("role-first", "chat-text", Outcome.FAIL, verdicts)
    assert stands(verdicts)["chat-core"].stand is Stand.BROKEN


def test_a_scenario_that_was_not_sent_leaves_a_profile_untested() -> None:
    """It is claimed, so it should have been."""
    exchanges, verdicts = without("chat-length")
    found = stands(verdicts, exchanges)["chat-core"]
    assert (found.stand, found.why) == (Stand.NOT_TESTABLE, "not asked: chat-length")


def test_an_optional_scenario_may_be_left_out() -> None:
    """A bad key cannot be tried where none is taken."""
    exchanges, verdicts = without("chat-bad-key", "chat-tool-parallel", "chat-tool-parallel-twin")
    found = stands(verdicts, exchanges)
    assert (found["chat-core"].stand, found["chat-tools"].stand) == (Stand.KEPT, Stand.KEPT)


@pytest.mark.parametrize(
    "left",
    [
        lambda item: item.requirement == "role-first",
        lambda item: item.requirement == "completion-usage",
        lambda item: item.subject == "chat-length",
    ],
)
def test_verdicts_that_were_not_selected_leave_a_profile_untested(left: Callable[[Verdict], bool]) -> None:
    """As with -k: nobody looked."""
    found = stands([item for item in good() if not left(item)])["chat-core"]
    assert found.stand is Stand.NOT_TESTABLE
    assert found.why.startswith("not judged: ")


def test_an_api_that_nothing_was_asked_of_is_not_applicable() -> None:
    """As where the provider says that it has none."""
    exchanges = [one for one in played() if one.api is Api.CHAT]
    found = stands(judge(exchanges), exchanges)
    assert {found[name].stand for name in RESPONSES} == {Stand.NOT_APPLICABLE}
    assert found["responses-core"].why == "nothing was asked of the Responses API"
    assert {found[name].stand for name in CHAT} == {Stand.KEPT}


def unclaimed(capability: str, exchanges: Sequence[Exchange], **fields: Any) -> list[Exchange]:
    """The exchanges of a provider that does not claim a capability; those that try it changed."""
    return [
        replace(
            one,
            unclaimed=(*one.unclaimed, capability),
            **(fields if one.scenario == "chat-json" else {}),
        )
        for one in exchanges
    ]


REFUSED: dict[str, Any] = {"status": 400, "pieces": (), "ended": Ended.CLOSED, "claim": None}


def test_a_capability_that_is_refused_and_not_claimed_is_not_applicable() -> None:
    """Never kept, and nothing is broken."""
    exchanges = unclaimed("structured-output", played(), **REFUSED)
    found = stands(judge(exchanges), exchanges)["chat-structured"]
    assert found.stand is Stand.NOT_APPLICABLE
    assert found.why.startswith("structured-output is not offered")


def test_a_capability_that_is_refused_and_claimed_is_broken() -> None:
    fields = REFUSED | {"claim": True}
    exchanges = [replace(one, **fields) if one.scenario == "chat-json" else one for one in played()]
    found = stands(judge(exchanges), exchanges)["chat-structured"]
    assert (found.stand, found.broken) == (Stand.BROKEN, ("status-ok",))


def test_a_capability_that_is_answered_and_not_claimed_is_judged() -> None:
    exchanges = unclaimed("structured-output", played())
    assert stands(judge(exchanges), exchanges)["chat-structured"].stand is Stand.KEPT


def test_a_capability_that_nobody_claims_or_tries_is_not_applicable() -> None:
    exchanges = [one for one in unclaimed("reasoning", played()) if one.scenario != "chat-reasoning"]
    found = stands(judge(exchanges), exchanges)["chat-reasoning"]
    assert (found.stand, found.why) == (
        Stand.NOT_APPLICABLE,
        "reasoning is not claimed, and nothing asked for it",
    )


def test_a_capability_that_is_claimed_of_no_model_that_was_asked_is_not_kept() -> None:
    """Reasoning, of a provider that names no model for it: the one that was asked refuses."""
    fields = REFUSED | {"unclaimed": ("reasoning",)}
    exchanges = [replace(one, **fields) if one.scenario == "chat-reasoning" else one for one in played()]
    assert stands(judge(exchanges), exchanges)["chat-reasoning"].stand is Stand.NOT_APPLICABLE


def test_a_request_that_was_refused_without_a_claim_leaves_a_profile_untested() -> None:
    """One of many of the core: none of its verdicts applies, which is no reason to call it kept."""
    malformed = next(one for one in played() if one.id == "chat-malformed")
    fields = REFUSED | {"pieces": malformed.pieces, "headers": malformed.headers}
    exchanges = []
    for one in played():
        mine = replace(one, claim=None, unclaimed=("chat",)) if one.api is Api.CHAT else one
        exchanges.append(replace(mine, **fields) if one.id == "chat-cancel" else mine)
    verdicts = judge(exchanges)
    found = stands(verdicts, exchanges)["chat-core"]
    assert (found.stand, found.why) == (Stand.NOT_TESTABLE, "refused: chat-cancel")


def test_a_rate_limit_is_no_refusal() -> None:
    """Nobody knows then whether it is offered."""
    exchanges = unclaimed("structured-output", played(), **REFUSED | {"status": 429})
    assert stands(judge(exchanges), exchanges)["chat-structured"].stand is Stand.NOT_TESTABLE


def test_a_group_of_both_apis_is_broken_for_the_one_that_it_tells_of() -> None:
    """Streams that mix their texts: the place of the violation is an exchange."""
    told = (Violation(expected="nothing of another", observed="text", place="responses-text"),)
    found = stands(changed("streams-separate", "concurrent", Outcome.FAIL, violations=told))
    assert {name for name, item in found.items() if item.stand is Stand.BROKEN} == {"responses-core"}


def test_a_group_of_both_apis_is_untested_for_the_one_that_kept_it_from_being_judged() -> None:
    reason = "responses-text: connected, but no answer came"
    found = stands(changed("streams-separate", "concurrent", Outcome.NOT_TESTABLE, reason=reason))
    assert found["responses-core"].stand is Stand.NOT_TESTABLE
    assert found["chat-core"].stand is Stand.KEPT


def test_streams_that_no_run_sent_are_held_to_no_profile() -> None:
    """Unless one is named, and then what breaks it turns the run red all the same."""
    exchanges = [replace(one, scenario="") for one in played() if one.scenario == "chat-text"]
    assert stands(judge(exchanges), exchanges) == {}
    core = profiles().named("chat-core")
    gates = gating([core], exchanges, judge(exchanges))
    assert gates is not None
    broken = next(item for item in judge(exchanges) if item.requirement == "role-first")
    assert gates(replace(broken, outcome=Outcome.FAIL))
    assert not gates(broken)
    assert gating([profiles().named("responses-core")], exchanges, judge(exchanges)) is None


def test_a_run_that_is_held_to_a_profile_gates_only_what_it_holds() -> None:
    """What breaks it, whatever the level, and errors in it."""
    tools = profiles().named("chat-tools")
    gates = gating([tools], played(), good())

    def code(verdicts: Sequence[Verdict]) -> ExitCode:
        return decide(verdicts, today=TODAY, only=gates).exit_code

    assert code(good()) is ExitCode.CONFORMS
    assert code(changed("role-first", "chat-text", Outcome.FAIL)) is ExitCode.CONFORMS
    assert code(changed("status-ok", "chat-text", Outcome.ERROR)) is ExitCode.CONFORMS
    assert code(changed("role-first", "chat-tool", Outcome.FAIL)) is ExitCode.VIOLATION
    assert code(changed("status-ok", "chat-tool", Outcome.ERROR)) is ExitCode.ERROR
    assert (
        code(changed("tool-type-first", "chat-tool", Outcome.WARN, level=Level.SHOULD)) is ExitCode.VIOLATION
    )
    assert decide(good(), today=TODAY, idle=True).exit_code is ExitCode.NOTHING


def in_text(exchange: Exchange, **fields: Any) -> Exchange:
    """The exchange, if it was answered with a text and promised no more."""
    other = next(one for one in played() if one.id == f"{exchange.api.value}-text")
    return replace(exchange, pieces=other.pieces, promises=(), nonce="", expected_text="", **fields)


def unnamed(*, claimed: bool) -> list[Exchange]:
    """The run of a provider that names no model for reasoning: another is asked, and does not reason."""
    names = {"chat-reasoning": ("reasoning",), "responses-reasoning": ("responses-reasoning",)}
    return [
        in_text(one, unclaimed=() if claimed else names[one.scenario]) if one.scenario in names else one
        for one in played()
    ]


def test_reasoning_of_which_nothing_came_is_never_kept() -> None:
    """Nothing is broken either, where it is not claimed of the model that was asked."""
    exchanges = unnamed(claimed=False)
    found = stands(judge(exchanges), exchanges)
    assert (found["chat-reasoning"].stand, found["chat-reasoning"].why) == (
        Stand.NOT_APPLICABLE,
        "reasoning is not claimed, and nothing of it came",
    )
    assert found["responses-reasoning"].stand is Stand.NOT_APPLICABLE
    exchanges = unnamed(claimed=True)
    found = stands(judge(exchanges), exchanges)
    assert found["chat-reasoning"].stand is Stand.NOT_TESTABLE
    assert found["chat-reasoning"].why == "nothing of reasoning came"


@pytest.mark.parametrize("fault", [None, "role-missing", "done-missing", "id-changes"])
def test_what_is_broken_besides_makes_no_profile_apply(fault: str | None) -> None:
    """Nothing of reasoning came, and nobody claimed it: a role that is missing is no news about reasoning."""
    good_ones = {one.id: one for one in unnamed(claimed=False)}
    made = played(FAULTS[fault] if fault else None)
    other = next(item for item in made if item.id == "chat-text")
    exchanges = []
    for one in made:
        mine = good_ones[one.id]
        exchanges.append(replace(mine, pieces=other.pieces if one.id == "chat-reasoning" else one.pieces))
    verdicts = judge(exchanges)
    found = stands(verdicts, exchanges)
    assert (found["chat-core"].stand is Stand.BROKEN) is (fault is not None)
    assert (found["chat-reasoning"].stand, found["chat-reasoning"].why) == (
        Stand.NOT_APPLICABLE,
        "reasoning is not claimed, and nothing of it came",
    )
    assert gating([profiles().named("chat-reasoning")], exchanges, verdicts) is None
    # Where only some of it was looked at, nobody can say that nothing came.
    some = [item for item in verdicts if item.requirement in ("role-first", "done-present", "id-constant")]
    assert "nothing of it came" not in stands(some, exchanges)["chat-reasoning"].why


def test_reasoning_that_came_and_is_broken_applies_without_a_claim() -> None:
    """It came, or it could not be broken."""
    exchanges = [
        replace(one, unclaimed=("reasoning",)) if one.scenario == "chat-reasoning" else one
        for one in played()
    ]
    verdicts = [
        replace(item, outcome=Outcome.NOT_APPLICABLE)
        if item.outcome is Outcome.PASS and shows(rule(item.requirement), item.subject, "reasoning")
        else item
        for item in judge(exchanges)
    ]
    assert stands(verdicts, exchanges)["chat-reasoning"].stand is Stand.NOT_APPLICABLE
    verdicts = changed("reasoning-cumulative", "chat-reasoning", Outcome.WARN, verdicts)
    assert stands(verdicts, exchanges)["chat-reasoning"].broken == ("reasoning-cumulative",)
