"""Several endpoints at once, errors of the suite itself, and Ctrl-C."""

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.capture import asking
from conformance.capture.progress import Silent
from conformance.capture.run import CaptureResult, Job, capture
from conformance.errors import ProxyUnusableError
from conformance.evidence import EvidenceWriter, load, read_evidence
from conformance.exchange import Ended, Exchange, Malformed, Piece
from conformance.plan import plan
from conformance.providers import Deadlines, Limits, Provider
from conformance.reference.server import Reference
from conformance.reference.wire import Pace
from tests import home
from tests.capture.hostile import (
    FOREVER,
    GOOD,
    HEAD,
    KEY,
    PATIENCE,
    Hostile,
    captured,
    chunk,
    endpoint,
    event,
    job,
    says,
)
from tests.played import REFERENCE

SLOW = Pace(first_pause=0.3, token_pause=0.01)
FAR = Deadlines(connect=FOREVER, first_byte=FOREVER, silence=FOREVER, stream=FOREVER, run=FOREVER)


def healthy(reference: Reference, name: str) -> Provider:
    """The reference provider under a name."""
    claims, models = REFERENCE.claims, REFERENCE.models
    settings = {"claims": claims, "models": models, "limits": Limits(concurrency=24)}
    return endpoint(reference.base_url, name=name, deadlines=FAR, **settings)


HANGING = ("silent", "endless")


class Hurry(Silent):
    """Puts the clock on past every deadline when all exchanges are over that do not wait for one."""

    def __init__(self, exchanges: int) -> None:
        self.ended: list[str] = []  # the provider of each exchange that is over
        self.passed = 0.0
        self._exchanges = exchanges

    def ends(self, provider: str, exchange: str, ended: Ended) -> None:
        assert provider != exchange, ended
        self.ended.append(provider)
        if sum(name not in HANGING for name in self.ended) == self._exchanges:
            self.passed = 2 * FOREVER


def test_endpoints_that_hang_hold_no_other_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four healthy providers and four that are down, silent, endless and breaking, all at once.

    Nothing that hangs is over before all the others are.
    """
    with ExitStack() as stack:
        references = [stack.enter_context(Reference(pace=SLOW)) for _ in range(4)]
        scripts = [
            says(FOREVER),
            says(HEAD, *(part for _ in range(9000) for part in (chunk(event(1)), 0.1))),
            says(HEAD + chunk(event(1)), reset=True),
        ]
        servers = [stack.enter_context(Hostile([script])) for script in scripts]
        addresses = {"silent": servers[0], "endless": servers[1], "breaking": servers[2]}
        bad = [endpoint(server.base_url, name=name, deadlines=FAR) for name, server in addresses.items()]
        bad.append(endpoint("http://127.0.0.1:9/v1", name="down"))
        good = [healthy(reference, f"good-{number}") for number, reference in enumerate(references)]
        jobs = [Job(plan=plan(one), key=KEY, evidence=tmp_path / one.name) for one in good + bad]
        sent = {job.plan.provider.name: len(job.plan.requests) for job in jobs}
        others = sum(number for name, number in sent.items() if name not in HANGING)
        hurry, clock = Hurry(others), time.monotonic

        # On a busy machine timing may be broken, and repetitions have tests of their own.
        monkeypatch.setattr(asking, "AGAIN", 0)
        # The event loop looks at it, too, so that what waits for a deadline wakes up.
        monkeypatch.setattr(time, "monotonic", lambda: clock() + hurry.passed)
        result = capture(jobs, progress=hurry)

    assert not {*HANGING} & {*hurry.ended[:others]}
    whole = [exchange for one in good for exchange in result.exchanges[one.name]]
    assert len(whole) == sum(sent[one.name] for one in good)
    assert {exchange.ended for exchange in whole} == {Ended.CLOSED, Ended.LEFT}
    assert [exchange.scenario for exchange in whole if exchange.ended is Ended.LEFT] == ["chat-cancel"] * 4
    assert all(exchange.body.endswith(b"data: [DONE]\n\n") for exchange in whole if is_chat(exchange))
    endings = {one.name: {item.ended for item in result.exchanges[one.name]} for one in bad}
    assert endings == {
        # The run is over before they are.
        "silent": {Ended.INTERRUPTED, Ended.NOT_SENT},
        "endless": {Ended.INTERRUPTED, Ended.NOT_SENT},
        "breaking": {Ended.RESET, Ended.UNBUILT},
        "down": {Ended.NO_CONNECTION, Ended.NOT_SENT},
    }
    for one in good + bad:
        assert len(result.exchanges[one.name]) == sent[one.name]
        exchanges, unreadable = load([tmp_path / one.name])
        assert not unreadable
        stored = {replace(item, source="") for item in exchanges}  # a live exchange has no file as its source
        assert stored <= set(result.exchanges[one.name])


def is_chat(exchange: Exchange) -> bool:
    """Whether it is a chat stream that was read to its end."""
    return exchange.api == "chat" and exchange.expects == "stream" and exchange.ended is not Ended.LEFT


def test_no_more_requests_are_open_than_the_provider_allows(tmp_path: Path) -> None:
    class Count(Silent):
        open = most = 0

        def sends(self, provider: str, exchange: str) -> None:
            assert provider != exchange
            self.open += 1
            self.most = max(self.most, self.open)

        def ends(self, provider: str, exchange: str, ended: Ended) -> None:
            assert ended is (Ended.LEFT if exchange == "chat-cancel" else Ended.CLOSED), (provider, exchange)
            self.open -= 1

    count = Count()
    with Reference() as reference:
        provider = endpoint(
            reference.base_url,
            limits=Limits(concurrency=3),
            deadlines=Deadlines(),
            models=REFERENCE.models,
        )
        exchanges = capture([job(provider, tmp_path, ())], progress=count).exchanges["hostile"]

    assert {exchange.ended for exchange in exchanges} == {Ended.CLOSED, Ended.LEFT}
    assert count.most == 3


def test_a_fault_of_ours_ends_one_exchange_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = EvidenceWriter.piece

    def faulty(self: EvidenceWriter, piece: Piece) -> None:
        if self.path.stem == "chat-length":
            raise RuntimeError(f"no more room for {KEY}")
        real(self, piece)

    monkeypatch.setattr(EvidenceWriter, "piece", faulty)

    exchanges, _ = captured(GOOD, tmp_path, ["chat-text", "chat-length", "chat-awkward"])

    endings = {exchange.id: exchange.ended for exchange in exchanges}
    assert endings == {
        "chat-text": Ended.CLOSED,
        "chat-length": Ended.INTERRUPTED,
        "chat-awkward": Ended.CLOSED,
    }
    detail = next(exchange.detail for exchange in exchanges if exchange.id == "chat-length")
    assert (
        detail == "the recorder itself failed: RuntimeError: no more room for [redacted]; please report this"
    )


def test_evidence_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    """A folder stands where the file should be."""
    (tmp_path / "hostile" / "chat-length.jsonl").mkdir(parents=True)

    exchanges, asked = captured(GOOD, tmp_path, ["chat-text", "chat-length"], headers={"x-key": KEY})

    good, bad = exchanges
    assert good.ended is Ended.CLOSED
    assert bad.ended is Ended.NOT_SENT
    assert bad.detail == "the evidence could not be written: Is a directory"
    assert KEY not in repr(bad)
    assert len(asked) == 1


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "hostile").write_text("a file")

    with Hostile([GOOD]) as server:
        with pytest.raises(OSError, match="hostile"):
            capture([job(endpoint(server.base_url), tmp_path)])
        assert not server.asked


def test_progress_that_fails_harms_nothing_but_the_show(tmp_path: Path) -> None:
    class Faulty(Silent):
        def ends(self, provider: str, exchange: str, ended: Ended) -> None:
            raise RuntimeError(provider, exchange, ended)

    (exchange,), _ = captured(GOOD, tmp_path, progress=Faulty())

    assert exchange.ended is Ended.CLOSED


def test_one_provider_has_one_job(tmp_path: Path) -> None:
    work = job(endpoint("http://127.0.0.1:9/v1"), tmp_path)

    with pytest.raises(ValueError, match="two jobs of one provider"):
        capture([work, work])


def test_nothing_to_send_is_no_fault(tmp_path: Path) -> None:
    empty = Job(plan=plan(endpoint("http://127.0.0.1:9/v1"), budget=0), key=KEY, evidence=tmp_path)

    assert capture([]) == CaptureResult(exchanges={})
    assert capture([empty]) == CaptureResult(exchanges={"hostile": ()})


def test_proxies_of_the_environment_are_for_other_machines_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hostile([says(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")]) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base_url.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        (here,), _ = captured(GOOD, tmp_path)
        assert not proxy.asked
        assert here.status == 200

        away = endpoint("http://api.example/v1", name="away")
        (there,) = capture([job(away, tmp_path)]).exchanges["away"]

        assert there.status == 502
        assert proxy.asked[0].line == "POST http://api.example/v1/chat/completions HTTP/1.1"


def test_the_http_of_a_proxy_is_held_against_no_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses the connection by a head that is none of the endpoint's."""
    with Hostile([says(b"HTTP/1.1 503 no\ncontent-length: 0\n\n")]) as proxy:
        for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base_url.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        away = endpoint("https://api.example/v1", name="away")
        (exchange,) = capture([job(away, tmp_path)]).exchanges["away"]

    assert proxy.asked[0].line == "CONNECT api.example:443 HTTP/1.1"
    assert (exchange.ended, exchange.malformed) == (Ended.NO_CONNECTION, Malformed.NONE)


def test_a_proxy_that_is_none_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "gopher://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:9")

    with pytest.raises(ProxyUnusableError, match="proxy"):
        capture([job(endpoint("https://api.example/v1"), tmp_path)])


CHILD = """
import sys, time
from pathlib import Path
from conformance.capture import recorder
from conformance.capture.progress import Silent
from conformance.capture.run import capture
from conformance.providers import Deadlines, Limits
from tests.capture.hostile import endpoint, job

address, folder, stubborn, *scenarios = sys.argv[1:]
told = []

class Loud(Silent):
    def receives(self, provider, exchange, size, events):
        print("received", flush=True)

def end(*args, real=recorder.EvidenceWriter.end, **details):
    if stubborn == "stubborn" and not told:
        told.append("ending")
        print("ending", flush=True)
        time.sleep(600)
    real(*args, **details)

recorder.EvidenceWriter.end = end
provider = endpoint(address, limits=Limits(concurrency=2), deadlines=Deadlines())
work = job(provider, Path(folder), scenarios)
captured = capture([work], progress=Loud())
print("interrupted", captured.interrupted, flush=True)
for exchange in captured.exchanges["hostile"]:
    print(exchange.id, exchange.ended, exchange.body.count(b"data:"), exchange.detail, sep="|", flush=True)
"""
THREE = ("chat-text", "chat-length", "chat-n")
PAUSING = says(HEAD, chunk(event(1)), 0.05, chunk(event(2)), FOREVER)


@contextmanager
def child(
    base_url: str, folder: Path, how: str = "", scenarios: Sequence[str] = THREE, under_way: int = 2
) -> Iterator[home.Process]:
    """A capture in a process of its own, some of its requests under way."""
    with home.start([sys.executable, "-c", CHILD, base_url, folder, how, *scenarios]) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2 * under_way)] == ["received\n"] * 2 * under_way
        yield process


def test_ctrl_c_keeps_what_was_captured(tmp_path: Path) -> None:
    """What is under way ends with its pieces, the rest is not sent, and all of it is on disk."""
    with Hostile([PAUSING]) as server, child(server.base_url, tmp_path) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, err
    assert out.splitlines() == [
        "interrupted True",
        "chat-text|interrupted|2|the run was stopped after event 2",
        "chat-length|not-sent|0|the run was stopped before its turn",
        "chat-n|interrupted|2|the run was stopped after event 2",
    ]
    stored = {file.stem: read_evidence(file) for file in (tmp_path / "hostile").iterdir()}
    assert {name: exchange.ended for name, exchange in stored.items()} == {
        "chat-text": Ended.INTERRUPTED,
        "chat-length": Ended.NOT_SENT,
        "chat-n": Ended.INTERRUPTED,
    }
    assert not any(exchange.lacks for exchange in stored.values())


def test_ctrl_c_ends_what_waits_for_another_request(tmp_path: Path) -> None:
    """A request whose turn had not come is not sent, and is on disk as such."""
    leaving = ("chat-cancel", "chat-twin")
    with (
        Hostile([PAUSING]) as server,
        child(server.base_url, tmp_path, scenarios=leaving, under_way=1) as process,
    ):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        assert len(server.asked) == 1

    assert process.returncode == 0, err
    assert out.splitlines() == [
        "interrupted True",
        "chat-cancel|interrupted|2|the run was stopped after event 2",
        "chat-twin|not-sent|0|the run was stopped before its turn",
    ]
    stored = read_evidence(tmp_path / "hostile" / "chat-twin.jsonl")
    assert stored.ended is Ended.NOT_SENT


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    """Also then what came is on disk, as a recording that was cut off; no traceback shows what was sent."""
    with Hostile([PAUSING]) as server, child(server.base_url, tmp_path, "stubborn") as process:
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert process.stdout.readline() == "ending\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode != 0
    assert out == ""
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert "recorder" not in err
    stored = {file.stem: read_evidence(file) for file in (tmp_path / "hostile").iterdir()}
    assert sum("ending" in exchange.lacks for exchange in stored.values()) == 1
    assert stored["chat-text"].body == stored["chat-n"].body == event(1) + event(2)
