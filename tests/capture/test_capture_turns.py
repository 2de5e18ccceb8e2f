"""Requests that wait for the answer to another one: the next turn, and the same request again."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.capture.run import Job, capture
from conformance.catalogue import Level, Outcome, Verdict
from conformance.evidence import load
from conformance.exchange import Ended, Exchange
from conformance.judge import judge
from conformance.plan import plan
from conformance.providers import Limits, Provider
from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from tests.capture.hostile import (
    END,
    HEAD,
    KEY,
    Asked,
    Script,
    captured,
    chunk,
    endpoint,
    event,
    job,
    says,
    stream,
    whole,
)
from tests.played import REFERENCE, broken
from tests.proof.streams.chat import CALLING, chunks, opens
from tests.proof.streams.chat import says as spoken
from tests.proof.streams.handmade import DONE, Json

TURN = ("chat-next-turn",)
RULE = "tool-result-accepted"
CALL = stream(chunks(CALLING, opens(0, "call_a", "get_weather", "{}"), finish="tool_calls") + DONE)
TEXT = stream(chunks(*spoken("Hi", " there."), finish="stop") + DONE)
SORRY = whole("400 Bad Request", b'{"error": {"message": "No such call: call_a."}}')
BROKEN = whole("500 Internal Server Error", b'{"error": {"message": "sorry"}}')
TOOLS = {"chat": True, "tools": True}


def by_turn(first: Script, then: Script) -> Script:
    """One answer to a request without a tool's result, and another to one with it."""

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        last = json.loads(asked.body)["messages"][-1]
        await (then if last["role"] == "tool" else first)(asked, writer)

    return script


def told(exchanges: list[Exchange], rule: str = RULE) -> Verdict:
    """The verdict on the next turn."""
    (found,) = [item for item in judge(exchanges) if item.requirement == rule and "next" in item.subject]
    return found


def stored(folder: Path) -> list[Exchange]:
    """The exchanges as their evidence has them."""
    exchanges, unreadable = load([folder])
    assert not unreadable
    return exchanges


def outcomes(exchanges: list[Exchange]) -> Mapping[tuple[str, str], tuple[Outcome, str]]:
    """What became of each rule on each subject, and why."""
    return {(item.subject, item.requirement): (item.outcome, item.reason) for item in judge(exchanges)}


def test_the_answer_is_sent_back_once_it_has_come(tmp_path: Path) -> None:
    """The scenario alone brings the one before it; the evidence holds what was sent."""
    exchanges, asked = captured(by_turn(CALL, TEXT), tmp_path, TURN, claims=TOOLS)

    assert [item.id for item in exchanges] == ["chat-tool", "chat-next-turn"]
    first, second = (json.loads(item.body) for item in asked)
    assert second["messages"][:1] == first["messages"]
    assert second["messages"][1]["tool_calls"][0]["id"] == "call_a"
    assert second["messages"][2]["tool_call_id"] == "call_a"
    assert exchanges[1].asked == second
    assert told(exchanges).outcome is Outcome.PASS
    assert outcomes(stored(tmp_path)) == outcomes(exchanges)


@pytest.mark.parametrize("refusal", [SORRY, BROKEN], ids=["400", "500"])
@pytest.mark.parametrize(
    ("claims", "outcome", "level"),
    [(TOOLS, Outcome.FAIL, Level.MUST), ({"chat": True}, Outcome.WARN, Level.SHOULD)],
    ids=["claimed", "unclaimed"],
)
def test_a_refused_result_is_told_with_the_words_of_the_refusal(
    refusal: Script, claims: Json, outcome: Outcome, level: Level, tmp_path: Path, quick: None
) -> None:
    """And told once: no other rule on the status speaks of it."""
    assert quick is None
    exchanges, _ = captured(by_turn(CALL, refusal), tmp_path, TURN, claims=claims)
    found = told(exchanges)

    assert (found.outcome, found.level) == (outcome, level)
    assert f"status {exchanges[1].status}" in found.violations[0].observed
    assert json.loads(exchanges[1].body)["error"]["message"] in found.violations[0].observed
    assert told(exchanges, "status-ok").outcome is Outcome.NOT_APPLICABLE
    assert outcomes(stored(tmp_path)) == outcomes(exchanges)


def test_without_a_call_the_next_turn_is_not_testable(tmp_path: Path) -> None:
    """The requirement says why; nothing is sent, nothing else is asked of it, and nothing is an error."""
    exchanges, asked = captured(by_turn(TEXT, BROKEN), tmp_path, TURN, claims={"chat": True})
    turn = exchanges[1]

    assert len(asked) == 1
    assert turn.ended is Ended.UNBUILT
    assert turn.status is None
    found = {item.requirement: item for item in judge(exchanges) if item.subject == turn.id}
    assert found[RULE].outcome is Outcome.NOT_TESTABLE
    assert found[RULE].reason == (
        "the next turn was not asked for: chat-tool was answered without a tool call"
    )
    assert {item.outcome for name, item in found.items() if name != RULE} == {Outcome.NOT_APPLICABLE}
    assert outcomes(stored(tmp_path)) == outcomes(exchanges)


def test_an_endpoint_without_tools_need_not_take_their_results(tmp_path: Path) -> None:
    """Refused and not claimed is not applicable, here as there."""
    exchanges, asked = captured(SORRY, tmp_path, TURN, claims={"chat": True})

    assert len(asked) == 1
    assert told(exchanges).outcome is Outcome.NOT_APPLICABLE
    assert "was refused with status 400" in told(exchanges).reason


def test_an_api_of_which_all_is_refused_is_still_not_offered(tmp_path: Path, quick: None) -> None:
    """Whatever the status; the request that was never made is no sign of it."""
    assert quick is None

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await (BROKEN if "/responses" in asked.line else by_turn(CALL, TEXT))(asked, writer)

    names = (*TURN, "responses-text", "responses-next-turn")
    exchanges, _ = captured(script, tmp_path, names, claims={"chat": True})
    assert [item.status for item in exchanges if item.id == "responses-text"] == [500]
    responses = {item.outcome for item in judge(exchanges) if item.subject.startswith("responses")}
    assert responses == {Outcome.NOT_APPLICABLE}


def test_a_result_that_comes_too_often_is_no_refusal(tmp_path: Path, quick: None) -> None:
    """A limit on the rate is the network's weather."""
    assert quick is None
    limited = whole("429 Too Many Requests", b"{}", "retry-after: 0")
    exchanges, _ = captured(by_turn(CALL, limited), tmp_path, TURN, claims=TOOLS)
    assert told(exchanges).outcome is Outcome.NOT_TESTABLE


def test_each_sample_sends_its_own_answer_back(tmp_path: Path) -> None:
    """With one request open at a time as with many."""
    for number in (1, 8):
        with Reference() as reference:
            provider = replace(REFERENCE, base_url=reference.base_url, limits=Limits(concurrency=number))
            work = Job(
                plan=plan(provider, scenarios=TURN, samples=2), key=KEY, evidence=tmp_path / str(number)
            )
            exchanges = {item.id: item for item in capture([work]).exchanges["reference"]}

        for sample in ("", ".2"):
            opening, turn = exchanges[f"chat-tool{sample}"].asked, exchanges[f"chat-next-turn{sample}"].asked
            assert turn["messages"][0] == opening["messages"][0]
            assert len(turn["messages"]) == 3


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between attempts."""
    monkeypatch.setattr("conformance.capture.attempts._REPEAT", 0.0)


def test_a_second_request_goes_out_after_the_first_answer(tmp_path: Path) -> None:
    """Word for word, else no cache is met."""
    order: list[str] = []
    another = asyncio.Event()

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        order.append("in")
        if order.count("in") > 1:
            another.set()
        else:
            writer.write(HEAD + chunk(event(1)))
            with suppress(TimeoutError):
                await asyncio.wait_for(another.wait(), 0.3)
        rest = () if len(order) == 1 else (HEAD, chunk(event(1)))
        await says(*rest, chunk(b"data: [DONE]\n\n"), END)(asked, writer)
        order.append("out")

    exchanges, asked = captured(script, tmp_path, ("chat-repeat",))
    assert [item.id for item in exchanges] == ["chat-text-no-usage", "chat-repeat"]
    assert order == ["in", "out"] * 2
    assert asked[0].body == asked[1].body


def test_what_waits_for_an_answer_is_not_sent_when_the_provider_is_down(tmp_path: Path) -> None:
    """It is over with all the rest."""
    exchanges = capture([job(endpoint("http://127.0.0.1:9/v1"), tmp_path, TURN)]).exchanges["hostile"]
    assert [item.ended for item in exchanges] == [Ended.NO_CONNECTION, Ended.NOT_SENT]


@pytest.mark.parametrize("name", ["tool-result-refused", "previous-response-forgotten", "repeat-as-json"])
def test_a_fault_of_the_next_turn_shows_live_as_it_does_played(
    name: str, tmp_path: Path, quick: None
) -> None:
    """And in the replay of its evidence."""
    assert quick is None
    names = ("chat-next-turn", "responses-next-turn", "chat-repeat")
    fault = FAULTS[name]
    with Reference(fault) as reference:
        provider: Provider = replace(REFERENCE, base_url=reference.base_url)
        work = Job(plan=plan(provider, scenarios=names), key=KEY, evidence=tmp_path)
        exchanges = list(capture([work]).exchanges["reference"])

    assert set(broken(judge(exchanges))) == set(fault.breaks)
    assert outcomes(stored(tmp_path)) == outcomes(exchanges)


def test_what_waits_for_an_answer_that_never_comes_is_not_sent(tmp_path: Path) -> None:
    """The first request of a run found nobody who answers."""
    (first, turn), asked = captured(says(b""), tmp_path, TURN)
    assert first.ended is Ended.NO_RESPONSE
    assert turn.ended is Ended.NOT_SENT
    assert {json.loads(item.body)["messages"][-1]["role"] for item in asked} == {"user"}
    assert told([first, turn]).outcome is Outcome.NOT_TESTABLE
