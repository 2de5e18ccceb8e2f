"""Profiles and the difference of runs, from the command line and from Python."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance import cli
from conformance.evidence import write_evidence
from conformance.plan import plan
from conformance.profiles import profiles
from conformance.providers import Providers
from conformance.reference.faults import FAULTS
from conformance.run.conduct import Run
from conformance.run.errors import NothingOfProfileError
from conformance.run.options import named_profiles
from conformance.run.origin import Settings
from conformance.run.selection import Selection
from conformance.run.stored import StoredRun
from tests.played import REFERENCE, played

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def conformance(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["conformance", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        out, err = capsys.readouterr()
        return ended.value.code, out + err

    return run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of a run of the reference, and of one with a fault."""
    folder = tmp_path_factory.mktemp("runs")
    found = []
    for name, fault in (("good", None), ("bad", FAULTS["role-missing"])):
        for exchange in played(fault):
            write_evidence(folder / name / f"{exchange.id}.jsonl", exchange)
        settings = Settings(report_dir=None, started=datetime(2026, 11, 26, tzinfo=UTC), command="pytest")
        run = Run(StoredRun([folder / name], Providers({}), settings), settings)
        run.execute()
        run.results[0].write(folder / f"{name}-report")
        found.append(folder / f"{name}-report")
    return found[0], found[1]


def test_diff_tells_what_regressed(conformance: Command, runs: tuple[Path, Path]) -> None:
    """By its text, in Markdown and in JSON, with exit code 1; 0 the other way."""
    good, bad = runs
    code, told = conformance("diff", good, bad)
    assert code == 1
    assert "\nRegressed\n  MUST   role-first: pass → fail on " in told
    assert "chat-core-2026-11-26: kept → broken" in told
    code, told = conformance("diff", good, bad / "report.jsonl", "--markdown")
    assert (code, "| MUST | `role-first` |" in told) == (1, True)
    code, told = conformance("diff", good, bad, "--json")
    assert (code, json.loads(told)["regression"]) == (1, True)
    code, told = conformance("diff", bad, good)
    assert (code, "\nImproved\n  MUST   role-first: fail → pass" in told) == (0, True)
    assert conformance("diff", good, good)[0] == 0


def test_diff_of_what_is_no_run_is_bad_usage(conformance: Command, runs: tuple[Path, Path]) -> None:
    code, told = conformance("diff", runs[0], "nowhere")
    assert (code, told.startswith("error: nowhere: there is no report\nhint: ")) == (4, True)


def test_judge_gates_what_a_profile_holds(conformance: Command, runs: tuple[Path, Path]) -> None:
    """By the evidence of a run."""
    evidence = runs[1] / "evidence"
    code, told = conformance("judge", evidence, "--profile", "responses-core")
    assert (code, "Conforms to responses-core-2026-11-26" in told) == (0, True)
    assert "  profiles kept: responses-core\n" in told
    assert conformance("judge", evidence, "--profile", "chat-tools")[0] == 1


def test_plan_sends_what_a_profile_needs(conformance: Command) -> None:
    code, told = conformance("plan", "--provider", "reference", "--profile", "chat-structured")
    assert (code, told.splitlines()[0].split()[0]) == (0, "chat-json")
    assert "\n1 request to " in told


@pytest.mark.parametrize("name", [profile.name for profile in profiles().newest])
def test_what_a_profile_needs_is_sent(name: str) -> None:
    """Its scenarios and no others, to an endpoint that claims everything."""
    (profile,) = named_profiles([name])
    sent = Selection(profiles=(profile,)).plan(REFERENCE)
    assert {item.scenario.name for item in sent.requests} == set(profile.sends)
    assert len(sent.requests) < len(plan(REFERENCE).requests)


def test_scenarios_narrow_a_profile() -> None:
    """And none that is not of it."""
    core = named_profiles(["chat-core, chat-tools", "chat-core"])
    assert [profile.name for profile in core] == ["chat-core", "chat-tools"]
    sent = Selection(profiles=core, scenarios=("smoke",)).plan(REFERENCE)
    assert [item.scenario.name for item in sent.requests] == ["chat-text", "chat-tool", "chat-malformed"]
    with pytest.raises(NothingOfProfileError, match="none is in it"):
        Selection(profiles=core, scenarios=("responses-text",)).plan(REFERENCE)
