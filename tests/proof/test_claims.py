"""Claims of which nothing came: `claim-kept`, on all answers that a claim rests on."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.capabilities import CAPABILITIES
from conformance.catalogue import Kind, Level, Outcome, Verdict
from conformance.exchange import Ended, Exchange, Piece, Promise
from conformance.gate import Deviation
from conformance.groups import GROUPS
from conformance.judge import judge
from conformance.plan import plan
from conformance.providers import Limits
from conformance.requirements import by_id
from conformance.requirements.claims import SIGNS
from tests.played import REFERENCE, played
from tests.proof.streams.chat import ROLE, chunks, opens, says
from tests.proof.streams.handmade import DONE

FOUND: dict[str, Exchange] = {item.id: item for item in played()}
TOLD_BY = {
    "chat": "endpoint-streams",
    "responses": "endpoint-streams",
    "usage": "usage-present",
    "max-tokens": "max-tokens-honoured",
    "forced-tools": "tool-choice-honoured",
    "stop": "stop-honoured",
    "n": "n-honoured",
    "logprobs": "logprobs-present",
    "structured-output": "structured-output",
    "responses-max-tokens": "response-length-status",
    "responses-forced-tools": "response-tool-choice",
    "responses-allowed-tools": "response-tool-choice",
    "responses-parallel-tools": "response-parallel-calls",
    "responses-previous-response": "response-tool-result-accepted",
    "responses-structured-output": "response-structured-output",
    "responses-logprobs": "response-logprobs-present",
    "responses-encrypted-reasoning": "reasoning-encrypted",
}
"""The requirement that tells of a claim of which nothing comes, where it is not `claim-kept`."""
SHARED = {
    "responses-allowed-tools": "responses-forced-tools",
    "responses-previous-response": "responses-tools",
}
"""The claims whose requirement takes its level from another claim: both are tried by one request."""
PROSE = chunks(*says("I", " cannot."))
SIGN: dict[str, bytes] = {
    "a-call": chunks(ROLE, opens(0, "call_a", "get_weather", "{}"), finish="tool_calls"),
    "a-call-that-was-cut": chunks(ROLE, opens(0, "call_a", "get_weather", '{"ci'), finish="length"),
}
REASONING: dict[str, dict[str, object]] = {
    "reasoning_content": {"reasoning_content": "Hm."},
    "reasoning": {"reasoning": "Hm."},
    "a-list": {"reasoning_content": ["Hm."]},
    "details-alone": {"reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]},
    "content-blocks": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]},
}
SPENT = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1780000000,"model":"m","choices":[],'
    b'"usage":{"prompt_tokens":1,"completion_tokens":2000,"total_tokens":2001}}\n\n'
)
CUT: dict[str, Callable[[Exchange], Exchange]] = {
    "by-the-limit": lambda item: said(item, chunks(*says("Let me"), finish="length")),
    "by-a-filter": lambda item: said(item, chunks(*says("Let me"), finish="content_filter")),
    "by-the-limit-without-saying-so": lambda item: said(item, PROSE + SPENT),
    "by-an-error": lambda item: said(item, b'data: {"error":{"message":"Busy."}}\n\n'),
    "before-any-choice": lambda item: said(item, b""),
    "by-the-recorder": lambda item: replace(said(item, PROSE, b""), ended=Ended.OVERTIME),
    "by-a-lost-connection": lambda item: replace(said(item, PROSE, b""), ended=Ended.RESET),
    "refused": lambda item: replace(item, status=400, pieces=(Piece(data=b'{"error":{"message":"No."}}'),)),
    "without-credit": lambda item: replace(item, status=402, pieces=(Piece(data=b"{}"),)),
    "never-sent": lambda item: replace(item, status=None, headers=(), pieces=(), ended=Ended.NOT_SENT),
}


def said(item: Exchange, body: bytes, end: bytes = DONE) -> Exchange:
    """An exchange with another stream as its answer."""
    return replace(item, pieces=(Piece(data=body + end, at=0.1),))


def verdict(claim: str, *exchanges: Exchange) -> Verdict:
    """What becomes of one claim."""
    (found,) = [item for item in judge(exchanges) if item.subject == f"claim-{claim}"]
    assert found.requirement == "claim-kept"
    return found


def tried(claim: str) -> list[Exchange]:
    """The exchanges of a whole run that a claim rests on."""
    return [item for item in played() if CAPABILITIES[claim].promise in item.promises]


@pytest.mark.parametrize("claim", [row.name for row in CAPABILITIES.values() if row.promise])
def test_a_claim_that_is_kept_passes(claim: str) -> None:
    """As the reference answers; the verdict rests on every request that tried it."""
    told = verdict(claim, *played())
    assert (told.outcome, told.violations) == (Outcome.PASS, ())
    assert set(told.exchanges) == {item.id for item in tried(claim)}


@pytest.mark.parametrize("claim", ["tools", "parallel-tools", "reasoning"])
def test_a_claim_of_which_nothing_came_is_broken(claim: str) -> None:
    """It names every answer that it rests on, and the line that takes the claim back."""
    prose = [said(item, PROSE) for item in tried(claim)]
    told = verdict(claim, *prose)

    assert (told.outcome, told.level) == (Outcome.FAIL, Level.MUST)
    assert set(told.exchanges) == {item.id for item in prose}
    assert all(item.id in told.violations[0].observed for item in prose)
    assert f"`{claim}` is claimed" in told.violations[0].expected
    assert f"`{claim} = false`" in told.reason


@pytest.mark.parametrize("claim", ["responses-tools", "responses-reasoning"])
def test_a_claim_of_the_other_api_is_broken_by_a_mere_text(claim: str) -> None:
    """A whole response with a message and nothing else."""
    text = FOUND["responses-text"].pieces
    told = verdict(claim, *(replace(item, pieces=text) for item in tried(claim)))
    assert told.outcome is Outcome.FAIL


@pytest.mark.parametrize("name", ["chat-tool", "chat-tool-forced", "chat-tool-parallel"])
@pytest.mark.parametrize("sign", SIGN)
def test_one_answer_is_enough(name: str, sign: str) -> None:
    """Whichever it is, and also where the token limit cut it."""
    answers = [said(item, SIGN[sign] if item.id == name else PROSE) for item in tried("tools")]
    assert verdict("tools", *answers).outcome is Outcome.PASS


def test_one_sample_of_several_is_enough() -> None:
    """Each sample is an answer that the claim rests on."""
    first = FOUND["chat-reasoning"]
    again = replace(first, id="chat-reasoning.2", sample=2)
    assert verdict("reasoning", said(first, PROSE), again).outcome is Outcome.PASS
    told = verdict("reasoning", said(first, PROSE), said(again, PROSE))
    assert told.outcome is Outcome.FAIL
    assert "none in chat-reasoning, chat-reasoning.2" in told.violations[0].observed


def test_a_single_call_is_not_several() -> None:
    """In an answer that was asked for two."""
    told = verdict("parallel-tools", said(FOUND["chat-tool-parallel"], SIGN["a-call"]))
    assert told.outcome is Outcome.FAIL


@pytest.mark.parametrize("form", REASONING)
def test_reasoning_in_any_form_keeps_the_claim(form: str) -> None:
    """What the form breaks is told by the requirements on it."""
    body = chunks(ROLE, REASONING[form], {"content": "Hi"})
    assert verdict("reasoning", said(FOUND["chat-reasoning"], body)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "delta",
    [{"reasoning_content": ""}, {"reasoning": None}, {"reasoning_details": []}],
    ids=["an-empty-text", "null", "an-empty-list"],
)
def test_an_empty_field_is_no_reasoning(delta: dict[str, object]) -> None:
    """Some servers send the key with every delta."""
    body = chunks(ROLE, {**delta, "content": "Hi"})
    assert verdict("reasoning", said(FOUND["chat-reasoning"], body)).outcome is Outcome.FAIL


@pytest.mark.parametrize("why", CUT)
def test_an_answer_that_was_cut_proves_nothing(why: str) -> None:
    """Our own token limit above all; the reason says how to raise it."""
    cut = CUT[why](FOUND["chat-reasoning"])
    told = verdict("reasoning", cut)

    assert (told.outcome, told.violations) == (Outcome.NOT_TESTABLE, ())
    assert "limits.output_tokens" in told.reason
    whole = replace(said(FOUND["chat-reasoning"], PROSE), id="chat-reasoning.2", sample=2)
    other = verdict("reasoning", cut, whole)
    assert other.outcome is Outcome.FAIL
    assert "none in chat-reasoning.2; 1 further answer" in other.violations[0].observed


def test_an_incomplete_response_proves_nothing() -> None:
    """As `response.incomplete` says, and as a response that failed."""
    cut = replace(FOUND["responses-reasoning"], pieces=FOUND["responses-length"].pieces)
    assert verdict("responses-reasoning", cut).outcome is Outcome.NOT_TESTABLE


def test_what_is_not_claimed_or_not_planned_is_not_asked() -> None:
    """No claim, no verdict on it; neither for a recording, nor for prompts of the provider's own."""
    text = said(FOUND["chat-reasoning"], PROSE)
    for item in (
        replace(text, unclaimed=("reasoning",)),
        replace(text, scenario=""),
        replace(text, promises=()),
    ):
        assert [found for found in judge([item]) if found.requirement == "claim-kept"] == []


def test_reasoning_is_expected_only_of_a_model_that_is_named_for_it() -> None:
    """With one model for everything the request is sent and its answer judged, but nothing is promised."""
    one = replace(REFERENCE, models={}, model="m")
    sent = {item.exchange.id: item.exchange for item in plan(one).requests}

    for name, capability in (("chat-reasoning", "reasoning"), ("responses-reasoning", "responses-reasoning")):
        assert capability in sent[name].unclaimed
        assert not {Promise.REASONING, Promise.RESPONSES_REASONING} & {*sent[name].promises}
        assert {Promise.CHAT, Promise.RESPONSES} & {*sent[name].promises}
        assert sent[name].claim is None
    named = {item.exchange.id: item.exchange for item in plan(REFERENCE).requests}
    assert Promise.REASONING in named["chat-reasoning"].promises
    assert named["chat-reasoning"].claim is True


def test_an_entry_may_raise_the_token_limit() -> None:
    """Of every request but those that try the limit, and those that are to be refused."""
    raised = replace(REFERENCE, limits=Limits(output_tokens=1500))
    limits = {item.exchange.id: item.exchange.asked for item in plan(raised).requests}

    assert limits["chat-text"]["max_tokens"] == limits["responses-tool"]["max_output_tokens"] == 1500
    assert limits["chat-reasoning"]["max_tokens"] == 2000
    assert limits["chat-length"]["max_tokens"] == limits["responses-length"]["max_output_tokens"] == 16
    assert limits["chat-unknown-model"]["max_tokens"] == 16
    assert plan(raised).tokens > plan(REFERENCE).tokens


def test_every_claim_has_a_requirement_that_tells_when_nothing_comes_of_it() -> None:
    """Either `claim-kept`, or the requirement on the parameter that is ignored."""
    assert set(TOLD_BY) == {row.name for row in CAPABILITIES.values() if row.promise is None}
    assert set(SIGNS) == {row.promise for row in CAPABILITIES.values() if row.promise}
    for name, rule in TOLD_BY.items():
        assert by_id(rule).capability == SHARED.get(name, name) or rule == "endpoint-streams"


def test_a_claim_can_be_excused_by_its_name() -> None:
    """A known deviation names the claim as its scenario."""
    told = verdict("tools", *(said(item, PROSE) for item in tried("tools")))
    deviation = Deviation(requirement="claim-kept", scenario="claim-tools", reason="r")
    assert deviation.covers(told)
    assert "claim-tools" in GROUPS[Kind.CLAIM].names


def stored(*exchanges: Exchange) -> list[Exchange]:
    """The exchanges as their evidence is read."""
    return [replace(item, source=f"evidence/{item.id}.jsonl") for item in exchanges]


@pytest.mark.parametrize("name", ["chat-tool", "chat-tool-parallel"])
def test_a_part_of_a_run_cannot_say_that_nothing_came(name: str) -> None:
    """The answer with the call may be in a file that is not there."""
    alone = stored(said(FOUND[name], PROSE))
    told = verdict("tools", *alone)
    assert (told.outcome, told.violations) == (Outcome.NOT_TESTABLE, ())
    assert "a part of a run" in told.reason
    shown = stored(said(FOUND[name], SIGN["a-call"]))
    assert verdict("tools", *shown).outcome is Outcome.PASS


def test_the_evidence_of_a_whole_run_is_judged_as_the_run() -> None:
    """With every request that a claim is tried by; one that is not claimed in all it tries may be missing."""
    prose = stored(*(said(item, PROSE) for item in tried("tools")))
    assert verdict("tools", *prose).outcome is Outcome.FAIL
    assert verdict("tools", *prose[1:]).outcome is Outcome.NOT_TESTABLE
    fewer = [
        replace(item, unclaimed=("forced-tools",)) for item in prose if item.scenario != "chat-tool-forced"
    ]
    assert verdict("tools", *fewer).outcome is Outcome.FAIL
