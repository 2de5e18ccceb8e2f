"""The deadline of a whole run: what it cuts off, what it keeps from being sent, and what is said of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import conformance
from conformance.capture import run as capturing
from conformance.capture.progress import Progress
from conformance.capture.run import CaptureResult, Job
from conformance.errors import ConformanceError
from conformance.exchange import Ended
from conformance.gate import ExitCode
from conformance.providers import Limits, Provider, Providers
from conformance.reference import Pace
from conformance.reference.server import Reference
from conformance.report.jsonl import read_report
from conformance.run.conduct import Run
from conformance.run.live import Live
from conformance.run.options import Options, origin_of, seconds
from conformance.run.selection import Selection
from tests.capture.hostile import FOREVER, GOOD, PATIENCE, PATIENT, Hostile, endpoint, says
from tests.played import REFERENCE
from tests.run.conftest import Conducted, settings

STREAMS = ("chat-text", "chat-length", "chat-n")


def went(folder: Path, *providers: Provider, deadline: float, scenarios: tuple[str, ...] = STREAMS) -> Run:
    """A run that had so many seconds."""
    how = settings(folder)
    chosen = Selection(scenarios=scenarios)
    live = Live(
        providers, how, selection=chosen, environment={"HOSTILE_API_KEY": "k" * 20}, deadline=deadline
    )
    run = Run(live, how)
    run.execute()
    return run


def test_what_is_open_is_cut_off_and_what_is_left_is_not_sent(tmp_path: Path) -> None:
    """An endpoint that does everything right, but slowly, has broken nothing; the report is not complete."""
    with Reference(pace=Pace(first_pause=0.0, token_pause=FOREVER)) as slow:
        provider = endpoint(slow.base_url, model="reference", limits=Limits(concurrency=1))
        (result,) = went(tmp_path, provider, deadline=2.0).results

    over = "the deadline of 2 s for the whole run was over"
    first, *others = result.exchanges
    assert {item.ended for item in result.exchanges} == {Ended.INTERRUPTED, Ended.NOT_SENT}
    (cut,) = [item for item in result.exchanges if item.ended is Ended.INTERRUPTED]
    assert cut.detail.startswith(f"{over} after event ")
    assert {item.detail for item in (first, *others) if item is not cut} == {f"{over} before its turn"}
    assert result.exit_code is ExitCode.ERROR
    assert result.run.folder is not None
    footer = read_report(result.run.folder / "report.jsonl").footer
    assert not footer.complete
    assert footer.exit_code is ExitCode.ERROR
    assert footer.incomplete.startswith(f"{over}: 2 requests not sent, 1 answer cut off")


def test_a_request_without_an_answer_is_interrupted(tmp_path: Path) -> None:
    """That none came is not held against the endpoint."""
    with Hostile([says(FOREVER)]) as server:
        (result,) = went(tmp_path, endpoint(server.base_url), deadline=2.0, scenarios=("chat-text",)).results

    (exchange,) = result.exchanges
    assert exchange.ended is Ended.INTERRUPTED
    assert exchange.detail == "the deadline of 2 s for the whole run was over before the answer"
    assert result.exit_code is ExitCode.ERROR


def test_it_is_the_deadline_of_all_models_together(tmp_path: Path) -> None:
    """Of the second model nothing is sent when the first one took the time."""
    with Hostile([says(FOREVER)]) as server:
        one = endpoint(server.base_url)
        run = went(tmp_path, one, replace(one, model="n"), deadline=2.0, scenarios=("chat-text",))
        assert len(server.asked) == 1

    assert [item.exchanges[0].ended for item in run.results] == [Ended.INTERRUPTED, Ended.NOT_SENT]
    assert all("the deadline of 2 s" in item.report.footer.incomplete for item in run.results)


def test_it_cuts_nobody_off_who_was_done(tmp_path: Path) -> None:
    """A provider that hangs makes the report of no other incomplete."""
    with Hostile([GOOD]) as fast, Hostile([says(FOREVER)]) as hangs:
        providers = [endpoint(server.base_url, name=name) for name, server in (("a", fast), ("b", hangs))]
        done, cut = went(tmp_path, *providers, deadline=3.0, scenarios=("chat-text",)).results

    assert done.exchanges[0].ended is Ended.CLOSED
    assert "deadline" not in done.report.footer.incomplete
    assert "the deadline of 3 s" in cut.report.footer.incomplete


def test_a_shorter_run_of_the_entry_stays(tmp_path: Path) -> None:
    """The nearest of both ends it, and is named."""
    with Hostile([says(FOREVER)]) as server:
        provider = endpoint(server.base_url, deadlines=replace(PATIENT, run=2.0))
        (result,) = went(tmp_path, provider, deadline=PATIENCE, scenarios=("chat-text",)).results

    assert result.exchanges[0].detail == "the 2 s of the whole run were over before the answer"
    assert result.report.footer.incomplete.startswith("the 2 s of the whole run were over: ")


def test_a_run_whose_time_was_over_never_conforms(
    conducted: Conducted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though all that was heard is as it should be."""
    run = conducted()
    whole = capturing.capture

    def cut(jobs: Sequence[Job], *, progress: Progress | None = None) -> CaptureResult:
        return replace(whole(jobs, progress=progress), late={"reference": "the deadline was over"})

    monkeypatch.setattr(capturing, "capture", cut)
    run.execute()

    (result,) = run.results
    assert result.exit_code is ExitCode.ERROR
    assert result.report.footer.incomplete == "the deadline was over: 0 requests not sent, 0 answers cut off"


def test_it_is_an_argument_in_python() -> None:
    """Which takes a number."""
    with Hostile([says(FOREVER)]) as server:
        result = conformance.run_endpoint(server.base_url, model="m", scenarios="chat-text", deadline=0.4)
    assert not result.complete
    assert result.exit_code is ExitCode.ERROR
    with pytest.raises(ConformanceError, match="deadline '0' is no time"):
        conformance.run_endpoint("http://127.0.0.1:9/v1", model="m", deadline=0)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon", "1e999"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ConformanceError, match=r"--deadline .* is no time"):
        origin_of(Options(deadline=text), Providers({"reference": REFERENCE}), settings(None), {})


@pytest.mark.parametrize("value", [True, None, [], "1 s"])
def test_only_numbers_are_times(value: Any) -> None:
    """And texts that hold one."""
    with pytest.raises(ConformanceError, match="is no time"):
        seconds("deadline", value)
    assert seconds("deadline", "1.5") == 1.5
