"""Which failures are not blamed on the endpoint, and which are: silence, rate limits, refused keys."""

import pytest

from conformance.catalogue import Outcome
from conformance.exchange import Ended
from conformance.judge import judge_exchange
from conformance.requirements import by_id
from tests.played import broken
from tests.proof.streams.chat import TEXT, TWO
from tests.proof.streams.documents import DOCUMENT, REFUSAL
from tests.proof.streams.edits import edited, instead, once
from tests.proof.streams.handmade import DONE, Json, Wire, exchange
from tests.proof.streams.responses import TEXT as WORDS

PROVOKED = ("malformed", "bad-key", "unknown-model", "options")
BEGUN = (
    edited(TEXT, "chat", lambda body: body[: body.index(b"wor")].rpartition(b"\n\n")[0] + b"\n\n"),
    edited(WORDS, "responses", lambda body: body[: body.index(b"world")].rpartition(b"\n\n")[0] + b"\n\n"),
)


def outcomes(wire: Wire) -> dict[str, Outcome]:
    """The outcome of each requirement."""
    return {verdict.requirement: verdict.outcome for verdict in judge_exchange(exchange(wire))}


@pytest.mark.parametrize("wire", [DOCUMENT, REFUSAL], ids=lambda wire: wire.id)
@pytest.mark.parametrize("kept", [0, 20], ids=["head", "half"])
def test_half_a_document_that_this_side_stopped_breaks_nothing(wire: Wire, kept: int) -> None:
    """The run was over, or the person stopped it, between the head and the end of the body."""
    stopped = edited(wire, "stopped", lambda body: body[:kept], ended=Ended.INTERRUPTED)
    assert not {Outcome.FAIL, Outcome.WARN, Outcome.INFO} & {*outcomes(stopped).values()}


@pytest.mark.parametrize("wire", BEGUN, ids=lambda wire: wire.id)
def test_silence_in_the_middle_leaves_the_end_untested(wire: Wire) -> None:
    """Nobody knows what would have come; that nothing came is advised against, and nothing else."""
    silent = edited(wire, "silent", ended=Ended.SILENCE, times=(0.5,))
    found = outcomes(silent)
    ends = [name for name in found if "end" in by_id(name).needs]
    assert ends
    assert {found[name] for name in ends} == {Outcome.NOT_TESTABLE}
    assert set(broken(judge_exchange(exchange(silent)))) == {"stream-silence"}


def test_silence_after_every_finish_still_lacks_the_terminator() -> None:
    """All was said but the end: that it did not come is no cut."""
    silent = edited(TEXT, "silent", once(DONE, b""), ended=Ended.SILENCE, times=(0.5,))
    assert set(broken(judge_exchange(exchange(silent)))) == {"done-present", "stream-silence"}


def test_silence_after_one_finish_of_two_leaves_the_end_untested() -> None:
    """The other choice may have had more to say."""
    body = TWO.body[: TWO.body.index(b'"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"')]
    begun = body.rpartition(b"\n\n")[0] + b"\n\n"
    found = outcomes(edited(TWO, "silent", instead(begun), ended=Ended.SILENCE, times=(0.5,)))
    assert found["finish-reason-value"] is Outcome.PASS
    assert found["done-present"] is Outcome.NOT_TESTABLE


def test_a_server_error_is_no_refusal_of_what_was_provoked() -> None:
    """Whatever it says, the server is at fault; any refusal will do."""
    told = {
        status: outcomes(edited(REFUSAL, "x", status=status, expects="refusal", promises=("malformed",)))
        for status in (400, 422, 499, 500, 503)
    }
    assert [told[status]["error-status"] for status in (400, 422, 499)] == [Outcome.PASS] * 3
    assert [told[status]["error-status"] for status in (500, 503)] == [Outcome.FAIL] * 2


@pytest.mark.parametrize("promise", PROVOKED)
def test_a_rate_limit_is_no_refusal_of_what_was_provoked(promise: str) -> None:
    """It is an error of the run, told once, and nothing is a pass or a failure by it."""
    limited = edited(REFUSAL, "limited", status=429, expects="refusal", promises=(promise,))
    found = outcomes(limited)
    assert found.pop("error-status") is Outcome.ERROR
    assert set(found.values()) == {Outcome.NOT_TESTABLE}


@pytest.mark.parametrize("status", [401, 402])
def test_a_refused_key_is_what_was_provoked(status: int) -> None:
    """Without a provocation the same status is a matter of the account."""
    fields: Json = {"expects": "refusal", "promises": ("malformed",)}
    assert outcomes(edited(REFUSAL, "provoked", status=status, **fields))["error-status"] is Outcome.PASS
    asked = edited(REFUSAL, "asked", status=status, claim=True)
    assert outcomes(asked)["status-ok"] is Outcome.ERROR
