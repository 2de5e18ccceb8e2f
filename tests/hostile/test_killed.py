"""A run that is killed at any moment: nothing cut looks whole, and `--resume` ends as a run at once would.

`EXAMPLES` in the environment says how often, at most 50 times; `make soak` sets many.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.catalogue import Family
from conformance.evidence import load
from conformance.exchange import Ended, Need
from conformance.reference import Pace
from conformance.reference.server import Reference
from conformance.report.jsonl import read_report
from conformance.requirements import by_id
from tests import home
from tests.capture.hostile import PATIENCE

KEY = "sk-canary/7h3+Key=0f-n0b0dy"
SEEDS = range(min(max(int(os.environ.get("EXAMPLES", "40")) // 400, 2), 50))
ASKED = ("--provider", "reference", "--scenarios", "smoke,chat-n,chat-json,responses-tool")
Told = set[tuple[str, str, str]]


@pytest.fixture(scope="module")
def server() -> Iterator[Reference]:
    """The reference, at a pace at which a run takes a second or two."""
    with Reference(pace=Pace(first_pause=0.05, token_pause=0.01)) as running:
        yield running


def variables(server: Reference) -> dict[str, str]:
    """Those that lead a run to it."""
    return {"REFERENCE_BASE_URL": server.base_url, "REFERENCE_API_KEY": KEY, "COLUMNS": "200"}


def told(folder: Path) -> Told:
    """The verdicts of a report that no busy machine changes."""
    report = read_report(folder / "report.jsonl")
    return {
        (item.verdict.subject, item.verdict.requirement, item.verdict.outcome.value)
        for item in report.rulings
        if by_id(item.verdict.requirement).family is not Family.TIMING
    }


def the_run(folder: Path) -> Path | None:
    """The only run below a folder; None where there is none yet."""
    found = list(folder.glob("reports/reference/*/2*"))
    assert len(found) <= 1
    return found[0] if found else None


def written(folder: Path) -> int:
    """Bytes of evidence below a folder."""
    return sum(path.stat().st_size for path in folder.glob("reports/*/*/2*/evidence/*.jsonl"))


@pytest.fixture(scope="module")
def undisturbed(server: Reference, tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, int]:
    """The verdicts of a run that nobody killed, and the bytes of its evidence."""
    folder = tmp_path_factory.mktemp("whole")
    done = home.session(*ASKED, cwd=folder, variables=variables(server))
    assert done.returncode == 0, done.stdout
    run = the_run(folder)
    assert run is not None
    return told(run), written(folder)


def kill(folder: Path, server: Reference, rest: random.Random, size: int) -> None:
    """Start a run and kill it when a part of its evidence is written, or a moment after all of it is."""
    enough = rest.uniform(0.0, 1.15) * size
    later = rest.uniform(0.0, 1.5) if enough > size * 0.97 else rest.uniform(0.0, 0.02)
    command = [sys.executable, "-m", "pytest", *home.PLUGIN, *ASKED]
    with home.start(command, cwd=folder, env=home.environment(variables(server))) as process:
        until = time.monotonic() + PATIENCE
        while written(folder) < min(enough, size * 0.97) and time.monotonic() < until:
            if process.poll() is not None:
                break
            time.sleep(0.005)
        time.sleep(later)  # any moment will do
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_run_loses_nothing_and_goes_on(
    seed: int, server: Reference, undisturbed: tuple[Told, int], tmp_path: Path
) -> None:
    """What is whole is kept and not asked for again; what is cut is told, and never taken for whole."""
    whole, size = undisturbed
    kill(tmp_path, server, random.Random(seed), size)  # noqa: S311 - not cryptography
    run = the_run(tmp_path)
    if run is None or not (run / "plan.json").is_file():
        return  # nothing had been sent
    planned = json.loads((run / "plan.json").read_text())["requests"]
    kept = assert_honest(run, planned)
    files = {name: (run / "evidence" / f"{name}.jsonl").read_bytes() for name in kept}
    finished = (run / "report.jsonl").is_file()
    judged = home.run([sys.executable, "-m", "conformance", "judge", str(run)], cwd=tmp_path)
    if len(kept) < len(planned):
        assert judged.returncode in (4, 6), judged.stdout + judged.stderr
        assert "the run is incomplete (" in judged.stdout or "have no evidence" in judged.stderr

    before = server.requests
    done = home.session(*ASKED, "--resume", "latest", cwd=tmp_path, variables=variables(server))

    repeated = len(list((run / "evidence").glob("*.again.jsonl")))
    assert server.requests - before <= len(planned) - len(kept) + repeated
    assert done.returncode == 0, done.stdout + done.stderr
    assert told(run) == whole
    assert {name: (run / "evidence" / f"{name}.jsonl").read_bytes() for name in kept} == files
    assert not finished or len(kept) == len(planned)
    assert KEY not in "".join(path.read_text(errors="replace") for path in run.rglob("*") if path.is_file())


def assert_honest(run: Path, planned: dict[str, str]) -> set[str]:
    """Hold every file of a killed run to what it says; the exchanges that are whole."""
    exchanges, unreadable = load([run])
    cut = {item.id for item in exchanges if item.ended is Ended.INTERRUPTED}
    assert all(Need.ENDING in item.lacks for item in exchanges if item.id in cut)
    whole = {item.id for item in exchanges} - cut
    for name in whole:
        assert (run / "evidence" / f"{name}.jsonl").read_bytes().rstrip().endswith(b"}")
    missing = planned.keys() - {item.id for item in exchanges}
    assert bool(missing) <= bool(unreadable)
    report = run / "report.jsonl"
    if report.exists():
        read_report(report)  # a report is there whole or not at all
    assert not (run / "index.html").exists() or report.exists()
    return whole & planned.keys()
