"""A whole run against the reference provider, live."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.capture.run import CaptureResult, Job, capture
from conformance.catalogue import Outcome, Verdict
from conformance.evidence import read_evidence
from conformance.exchange import Ended
from conformance.judge import judge
from conformance.plan import BAD_KEY, plan
from conformance.reference.answer import REFUSED_KEY
from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from tests.capture.hostile import PATIENCE
from tests.played import EVERYTHING, REFERENCE, broken, judged

KEY = "a-key-of-the-reference"


class Log:
    """Progress that is written down."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, ...]] = []
        self.counts: dict[str, tuple[int, int]] = {}

    def begins(self, provider: str, requests: int) -> None:
        self.lines.append(("begins", provider, str(requests)))

    def sends(self, provider: str, exchange: str) -> None:
        self.lines.append(("sends", provider, exchange))

    def waits(self, provider: str, exchange: str, seconds: float, why: str) -> None:
        self.lines.append(("waits", provider, exchange, f"{seconds:g}", why))

    def receives(self, provider: str, exchange: str, size: int, events: int) -> None:
        assert provider
        self.counts[exchange] = (size, events)

    def ends(self, provider: str, exchange: str, ended: Ended) -> None:
        self.lines.append(("ends", provider, exchange, ended))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[CaptureResult, Log, int, Path]:
    """One whole run, what was told of it, how many requests came in, and its evidence."""
    folder, log = tmp_path_factory.mktemp("run"), Log()
    with Reference() as reference:
        job = Job(plan=plan(REFERENCE, base_url=reference.base_url), key=KEY, evidence=folder)
        captured = capture([job], progress=log)
        return captured, log, reference.requests, folder


def outcomes(verdicts: list[Verdict]) -> dict[tuple[str, str], Outcome]:
    """What became of each rule on each subject, but for those on what only a connection and a clock have."""
    return {
        (verdict.subject, verdict.requirement): verdict.outcome
        for verdict in verdicts
        if verdict.subject != "pace" and verdict.requirement != "content-length-chunked"
    }


def test_each_planned_request_is_sent_once_and_comes_back_in_order(
    run: tuple[CaptureResult, Log, int, Path],
) -> None:
    captured, _, requests, _ = run
    planned = [item.exchange.id for item in plan(REFERENCE).requests]

    assert not captured.interrupted
    assert [exchange.id for exchange in captured.exchanges["reference"]] == planned
    assert requests == len(planned) == EVERYTHING
    endings = {exchange.id: exchange.ended for exchange in captured.exchanges["reference"]}
    assert endings.pop("chat-cancel") is Ended.LEFT
    assert set(endings.values()) == {Ended.CLOSED}


def test_the_reference_provider_keeps_every_rule_live(run: tuple[CaptureResult, Log, int, Path]) -> None:
    verdicts = judge(run[0].exchanges["reference"])

    assert {verdict.outcome for verdict in verdicts} == {Outcome.PASS, Outcome.NOT_APPLICABLE}
    assert outcomes(verdicts) == outcomes(judged())


def test_what_is_returned_is_what_the_evidence_says(run: tuple[CaptureResult, Log, int, Path]) -> None:
    captured, _, _, folder = run

    for exchange in captured.exchanges["reference"]:
        stored = read_evidence(folder / f"{exchange.id}.jsonl")
        assert replace(stored, source="") == exchange  # a live exchange has no file as its source
        assert "ending" not in exchange.lacks


def test_a_stream_is_left_after_its_events(run: tuple[CaptureResult, Log, int, Path]) -> None:
    """The pieces until then are kept; nobody waited for the rest, and only then the next request went out."""
    captured, log, _, _ = run
    left = next(item for item in captured.exchanges["reference"] if item.id == "chat-cancel")

    assert left.ended is Ended.LEFT
    assert (
        left.detail
        == f"the suite left the stream after event {log.counts['chat-cancel'][1]}, as the scenario says"
    )
    assert 5 <= log.counts["chat-cancel"][1] < 60
    assert left.body.count(b"data: {") == log.counts["chat-cancel"][1]
    assert b"[DONE]" not in left.body
    over = log.lines.index(("ends", "reference", "chat-cancel", Ended.LEFT))
    assert over < log.lines.index(("sends", "reference", "chat-twin"))


@pytest.mark.parametrize("name", ["client-gone-server-gone", "stream-compressed"])
def test_a_fault_of_the_connection_shows_live_as_it_does_played(name: str, tmp_path: Path) -> None:
    """A server that breaks once it was left, and a body that has to be unpacked."""
    fault = FAULTS[name]
    with Reference(fault) as reference:
        job = Job(plan=plan(REFERENCE, base_url=reference.base_url), key=KEY, evidence=tmp_path)
        verdicts = judge(capture([job]).exchanges["reference"])

    assert set(broken(verdicts)) == set(fault.breaks)
    assert outcomes(verdicts) == outcomes(judged(fault))


def test_an_exchange_holds_its_request_and_its_times(run: tuple[CaptureResult, Log, int, Path]) -> None:
    exchange = run[0].exchanges["reference"][0]
    headers = {name.lower(): value for name, value in exchange.request.headers} if exchange.request else {}

    assert headers["content-type"] == headers["accept"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"].startswith("stream-conformance/")
    assert KEY not in headers["authorization"]
    assert exchange.started.endswith("Z")
    times = [piece.at for piece in exchange.pieces if piece.at is not None]
    assert times == sorted(times)
    assert len(times) > 30
    assert 0 < times[0] < times[-1] <= (exchange.ended_at or 0) < PATIENCE
    assert [(item.started, item.status, item.error) for item in exchange.attempts] == [(0.0, 200, "")]


def test_progress_tells_of_every_request(run: tuple[CaptureResult, Log, int, Path]) -> None:
    captured, log, requests, _ = run

    assert log.lines[0] == ("begins", "reference", str(EVERYTHING))
    assert Counter(line[0] for line in log.lines) == {"begins": 1, "sends": requests, "ends": requests}
    for exchange in captured.exchanges["reference"]:
        assert log.counts[exchange.id][0] == len(exchange.body)


def test_the_key_that_is_sent_to_be_refused_is_the_one_that_the_reference_refuses() -> None:
    assert BAD_KEY == REFUSED_KEY
