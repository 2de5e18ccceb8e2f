"""Why an exchange cannot be judged, and who is responsible then."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from conformance.catalogue import Outcome, Trigger, Verdict, Violation
from conformance.exchange import Ended, Exchange, Expects, Need, Piece, Promise
from conformance.judge import group_rules, judge, judge_exchange
from conformance.requirements import CATALOGUE
from conformance.subject import read
from conformance.verdict import _gathered
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
    """An exchange that was refused, of which everything is known."""
    wire = Wire(id="refused", body=REFUSED, status=status, headers=(("content-type", "application/json"),))
    return replace(exchange(wire), claim=claim, lacks=frozenset())


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
    assert found["status-ok"].outcome is (Outcome.PASS if ended is Ended.LEFT else Outcome.ERROR)


def test_what_a_source_lacks_is_not_guessed() -> None:
    """A recording without its request."""
    found = outcomes(replace(TEXT, request=None, lacks=frozenset({Need.REQUEST, Need.TIMING})))

    assert found["usage-present"].outcome is Outcome.NOT_TESTABLE
    assert found["usage-present"].reason == "the source holds no request"
    assert found["stream-incremental"].reason == "the source holds no timing"


@pytest.mark.parametrize("body", ["7", "[" * 100_000, '{"n":' + "9" * 5000 + "}", '{"model":'])
def test_a_request_that_nobody_can_read_is_as_good_as_none(body: str) -> None:
    """What was asked for is not known, so nothing was unasked."""
    whole = next(item for item in played() if item.id == "chat-text")
    assert whole.request is not None
    spoilt = replace(whole, request=replace(whole.request, body=body))

    outcomes = {verdict.requirement: verdict.outcome for verdict in judge([spoilt])}

    assert outcomes["usage-unasked"] is Outcome.NOT_TESTABLE
    assert Outcome.FAIL not in outcomes.values()
    assert spoilt.unknown == {Need.REQUEST}
    assert not replace(spoilt, expects=Expects.REFUSAL).unknown, "that may be spoilt on purpose"


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


def spelt(*changes: tuple[bytes, bytes]) -> Exchange:
    """The text with something changed wherever it is."""
    body = TEXT.body
    for old, new in changes:
        assert old in body
        body = body.replace(old, new)
    return replace(TEXT, pieces=(replace(TEXT.pieces[0], data=body),))


def objects(first: bytes, second: bytes) -> Exchange:
    """The text with another `object` on its second chunk, and on its third."""
    parts = TEXT.body.split(b'"object":"chat.completion.chunk"')
    kept = b'"object":"chat.completion.chunk"'
    body = parts[0] + kept + parts[1] + first + parts[2] + second + kept.join(parts[3:])
    return replace(TEXT, pieces=(replace(TEXT.pieces[0], data=body),))


def of(rule: str, item: Exchange, declared: Collection[str] = ()) -> Verdict:
    """The verdict of a rule on an exchange."""
    (found,) = [told for told in judge_exchange(item, declared) if told.requirement == rule]
    return found


def test_every_dialect_has_to_be_declared() -> None:
    """Where it takes two of them to explain what is broken."""
    text = TEXT.body.split(b"\n\n")
    prompt = b'data: {"id":"","object":"","created":0,"model":"","choices":[],"prompt_filter_results":[]}'
    end = text[2].replace(b"chat.completion.chunk", b"chat.completion.done")
    body = b"\n\n".join([prompt, *text[:2], end, *text[3:]])
    mixed = replace(TEXT, pieces=(replace(TEXT.pieces[0], data=body),))
    both = ("azure-prompt-filter", "object-of-its-own")

    assert of("chunk-object", mixed).dialects == both
    assert of("chunk-object", mixed, both[:1]).outcome is Outcome.FAIL
    assert of("chunk-object", mixed, both[1:]).outcome is Outcome.FAIL
    assert of("chunk-object", mixed, both).outcome is Outcome.WARN


def test_a_violation_that_no_dialect_explains_is_excused_by_none() -> None:
    """One is a vendor's known way, the other is not."""
    mixed = objects(b'"object":"chat.completion.done"', b'"object":"chunk"')
    plain = objects(b'"object":"chat.completion.done"', b'"object":"chat.completion.done"')

    assert of("chunk-object", plain, ["object-of-its-own"]).outcome is Outcome.WARN
    assert of("chunk-object", mixed, ["object-of-its-own"]).outcome is Outcome.FAIL
    assert of("chunk-object", mixed).dialects == ()


@pytest.mark.parametrize(
    ("expects", "carrier"),
    [
        ("stream", "status-ok"),
        ("", "status-ok"),
        ("document", "document-status"),
        ("refusal", "error-status"),
    ],
)
def test_one_rule_of_each_kind_of_exchange_carries_the_trouble(expects: str, carrier: str) -> None:
    """Whatever the request asks for, what is ours or the network's is told, and told once."""
    lost = replace(unanswered(Ended.NO_RESPONSE), expects=Expects(expects), promises=(Promise.MALFORMED,))
    found = outcomes(lost)

    assert [name for name, verdict in found.items() if verdict.outcome is Outcome.ERROR] == [carrier]
    assert {verdict.outcome for verdict in found.values()} == {Outcome.ERROR, Outcome.NOT_TESTABLE}


PAGE = b"<html>404 Not Found</html>"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_path_that_is_not_there_is_excused_unless_it_is_claimed(status: int) -> None:
    """The form in which a server says so is no matter of an API that it does not have."""
    page = replace(refused(status, claim=None), pieces=(Piece(data=PAGE),))

    assert of("error-envelope", page).outcome is Outcome.NOT_APPLICABLE
    assert of("error-envelope", replace(page, claim=True)).outcome is Outcome.FAIL
    assert of("error-envelope", replace(page, status=400)).outcome is Outcome.FAIL


def test_an_api_that_answers_404_is_there() -> None:
    """An error in OpenAI's form comes from the API itself; a web page from a server that lacks it."""
    provoked = replace(refused(404, claim=None), expects=Expects.REFUSAL, promises=(Promise.MALFORMED,))
    page = replace(provoked, pieces=(Piece(data=PAGE),))

    assert of("error-status", provoked).outcome is Outcome.PASS
    assert of("error-status", page).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("expects", [Expects.UNKNOWN, Expects.STREAM])
def test_a_recorded_refusal_is_judged(expects: Expects) -> None:
    """A key that an application got wrong is no trouble of ours, and none of the endpoint's."""
    recorded = replace(refused(401, claim=None), expects=expects, scenario="")

    assert Outcome.ERROR not in {verdict.outcome for verdict in outcomes(recorded).values()}
    assert of("error-envelope", recorded).outcome is Outcome.PASS


def test_trouble_with_one_request_does_not_hide_the_run() -> None:
    """A rate limit on one of them: that no other gave a stream is told all the same."""
    exchanges = [
        replace(item, status=429 if item.id == "chat-text" else 404, pieces=(Piece(data=REFUSED),))
        for item in played()
        if item.expects is Expects.STREAM
    ]
    (told,) = [item for item in judge(exchanges) if item.requirement == "endpoint-streams"]

    assert told.outcome is Outcome.FAIL
    assert "chat-text" not in told.exchanges


def test_a_group_promises_what_all_its_requests_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one of two asks for need not come to both."""
    never: Trigger[Any, bool] = Trigger(lambda _: False, absent="nothing of it")
    rules = [
        replace(rule, when=never, promise=Promise.USAGE) if rule.id == "twin-text" else rule
        for rule in CATALOGUE
    ]
    monkeypatch.setattr("conformance.judge.CATALOGUE", tuple(rules))
    text, twin = (item for item in played() if item.id in ("chat-text", "chat-twin"))

    def told(*pair: Exchange) -> Outcome:
        (found,) = [item.outcome for item in judge(pair) if item.requirement == "twin-text"]
        return found

    assert told(text, twin) is Outcome.NOT_APPLICABLE
    assert told(text, replace(twin, promises=text.promises)) is Outcome.NOT_TESTABLE


def test_what_was_asked_for_and_did_not_come_is_not_testable() -> None:
    """It counts as kept nowhere; what was not asked for is not applicable."""
    called = next(item for item in played() if item.id == "chat-tool")
    talking = replace(called, pieces=TEXT.pieces)

    assert of("tool-id-first", talking).outcome is Outcome.NOT_TESTABLE
    assert "though the request asks for it" in of("tool-id-first", talking).reason
    assert of("tool-id-first", TEXT).outcome is Outcome.NOT_APPLICABLE


def test_a_violation_in_an_event_has_its_bytes() -> None:
    """So that it is found in the evidence; one that names bytes itself keeps them."""
    (violation,) = of("role-value", spelt((b'"assistant"', b'"user"'))).violations
    assert violation.span is not None

    assert b'"user"' in spelt((b'"assistant"', b'"user"')).body[slice(*violation.span)]


def gathered(*violations: Violation) -> tuple[Violation, ...]:
    """What is kept of some violations."""
    return _gathered(violations, read(TEXT))


def test_no_more_violations_are_kept_than_can_be_read() -> None:
    """Forty different ones; the last stands for all that are left out as well."""
    kept = gathered(*(Violation(expected=f"{number}", observed="x") for number in range(50)))

    assert len(kept) == 40
    assert [item.times for item in kept] == [1] * 39 + [11]


def test_violations_that_stand_for_many_keep_their_number() -> None:
    """Whether they are alike, or left out."""
    alike = gathered(*(Violation(expected="e", observed="x", times=3) for _ in range(2)))
    many = gathered(*(Violation(expected=f"{number}", observed="x", times=3) for number in range(42)))

    assert [item.times for item in alike] == [6]
    assert many[-1].times == 9


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
