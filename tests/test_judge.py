"""What keeps an exchange from being judged, and whose fault it is then."""

from dataclasses import replace
from typing import NoReturn

import pytest

from conformance.catalogue import Outcome, Trigger, Verdict
from conformance.exchange import Ended, Exchange, Need
from conformance.judge import group_rules, judge, judge_exchange
from conformance.requirements import CATALOGUE
from tests.played import REFERENCE, played
from tests.proof.streams.handmade import Wire, exchange

TEXT = next(item for item in played() if item.id == "chat-text")
REFUSED = b'{"error":{"message":"No.","type":"invalid_request_error","param":null,"code":null}}'


def outcomes(item: Exchange) -> dict[str, Verdict]:
    """The verdicts on an exchange, by requirement."""
    return {verdict.requirement: verdict for verdict in judge_exchange(item)}


def unanswered(ended: Ended) -> Exchange:
    """An exchange to which nothing came back."""
    return replace(TEXT, status=None, headers=(), pieces=(), ended=ended, detail="it was told why")


def refused(status: int, *, claim: bool | None) -> Exchange:
    """An exchange that was refused."""
    wire = Wire(id="refused", body=REFUSED, status=status, headers=(("content-type", "application/json"),))
    return replace(exchange(wire), claim=claim)


@pytest.mark.parametrize(
    "ended", [Ended.NO_CONNECTION, Ended.NO_RESPONSE, Ended.NOT_SENT, Ended.INTERRUPTED, Ended.SILENCE]
)
def test_without_an_answer_one_rule_carries_the_error(ended: Ended) -> None:
    """The others say that they saw nothing; none of them is green."""
    found = outcomes(unanswered(ended))

    assert [name for name, verdict in found.items() if verdict.outcome is Outcome.ERROR] == ["status-ok"]
    assert {verdict.outcome for verdict in found.values()} == {Outcome.ERROR, Outcome.NOT_TESTABLE}
    assert "it was told why" in found["status-ok"].reason


@pytest.mark.parametrize("status", [401, 402, 429])
def test_trouble_with_the_account_is_no_verdict_on_the_endpoint(status: int) -> None:
    """A wrong key, no credit, a rate limit."""
    found = outcomes(refused(status, claim=True))

    assert found["status-ok"].outcome is Outcome.ERROR
    assert str(status) in found["status-ok"].reason


@pytest.mark.parametrize("status", [400, 403, 404, 405, 422, 501])
def test_what_is_claimed_must_not_be_refused(status: int) -> None:
    """And what is not claimed may be."""
    assert outcomes(refused(status, claim=True))["status-ok"].outcome is Outcome.FAIL
    assert outcomes(refused(status, claim=None))["status-ok"].outcome is Outcome.NOT_APPLICABLE


def test_a_server_error_is_no_refusal() -> None:
    """5xx is a fault of the server, claimed or not."""
    assert outcomes(refused(500, claim=None))["status-ok"].outcome is Outcome.FAIL


@pytest.mark.parametrize("ended", [Ended.OVERTIME, Ended.CEILING, Ended.INTERRUPTED, Ended.LEFT])
def test_where_the_recorder_stopped_nothing_is_said_of_the_end(ended: Ended) -> None:
    """Half of a good stream breaks no rule."""
    half = replace(TEXT, pieces=TEXT.pieces[: len(TEXT.pieces) // 2], ended=ended)
    found = outcomes(half)

    assert found["done-present"].outcome is Outcome.NOT_TESTABLE
    assert found["role-first"].outcome is Outcome.PASS
    assert not [name for name, verdict in found.items() if verdict.outcome is Outcome.FAIL]
    too_much = ended in (Ended.OVERTIME, Ended.CEILING)
    assert found["status-ok"].outcome is (Outcome.ERROR if too_much else Outcome.PASS)


def test_what_a_source_lacks_is_not_guessed() -> None:
    """A recording without its request."""
    found = outcomes(replace(TEXT, request=None, lacks=frozenset({Need.REQUEST, Need.TIMING})))

    assert found["usage-present"].outcome is Outcome.NOT_TESTABLE
    assert found["usage-present"].reason == "the source holds no request"
    assert found["stream-incremental"].reason == "the source holds no timing"


def test_a_fault_of_a_check_is_ours_and_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error that names itself; the other verdicts stand."""

    def broken(_subject: object) -> NoReturn:
        raise ZeroDivisionError("a slip")

    spoilt = Trigger(broken, absent="nothing")
    rules = [replace(rule, when=spoilt) if rule.id == "role-first" else rule for rule in CATALOGUE]
    monkeypatch.setattr("conformance.judge.CATALOGUE", tuple(rules))
    found = outcomes(TEXT)

    assert found["role-first"].outcome is Outcome.ERROR
    assert "a slip" in found["role-first"].reason
    assert found["role-value"].outcome is Outcome.PASS


def test_a_declared_dialect_turns_a_failure_into_a_warning() -> None:
    """The violation stays, and names the dialect; one that is not declared explains and excuses nothing."""
    body = TEXT.body.replace(b'"delta":{"content"', b'"delta":{"role":"assistant","content"')
    spoken = replace(TEXT, pieces=(replace(TEXT.pieces[0], data=body),))

    (plain,) = [item for item in judge_exchange(spoken) if item.requirement == "role-repeated"]
    (declared,) = [
        item
        for item in judge_exchange(spoken, declared={"role-in-every-delta"})
        if item.requirement == "role-repeated"
    ]
    assert (plain.outcome, plain.dialects) == (Outcome.FAIL, ("role-in-every-delta",))
    assert (declared.outcome, declared.violations) == (Outcome.WARN, plain.violations)


def test_alike_violations_are_counted_as_one() -> None:
    """With the place of the first, so that a long stream makes no long report."""
    body = TEXT.body.replace(b'"object":"chat.completion.chunk"', b'"object":"chunk"')
    found = outcomes(replace(TEXT, pieces=(replace(TEXT.pieces[0], data=body),)))["chunk-object"]

    (violation,) = found.violations
    assert violation.event == 1
    assert violation.times == body.count(b'"object":"chunk"')


def test_groups_are_planned_before_anything_is_sent() -> None:
    """The same names and members before as after."""
    exchanges = played()
    planned = {(name, rule.id) for name, rule, _ in group_rules(exchanges)}
    ids = {item.id for item in exchanges}

    assert planned == {
        (verdict.subject, verdict.requirement) for verdict in judge(exchanges) if verdict.subject not in ids
    }
    assert ("concurrent", "streams-separate") in planned
    assert ("run", "endpoint-streams") in planned


def test_one_dead_stream_does_not_hide_the_others() -> None:
    """Those that were answered bear witness of each other."""
    exchanges = [unanswered(Ended.NO_RESPONSE) if item.id == "chat-text" else item for item in played()]
    found = {verdict.requirement: verdict for verdict in judge(exchanges) if verdict.subject == "concurrent"}

    assert found["streams-separate"].outcome is Outcome.PASS
    assert "chat-text" not in found["streams-separate"].exchanges
    assert REFERENCE.name == TEXT.provider
