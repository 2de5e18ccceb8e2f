"""How a session ends that is stopped from outside, or that finds no place for its reports."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import home
from tests.capture.hostile import FOREVER, HEAD, PATIENCE, Hostile, chunk, event, says
from tests.plugin.conftest import Ran

Run = Callable[..., Ran]
OPEN = says(HEAD, chunk(event(1)), FOREVER)
LIMITED = """
import resource, signal, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def lines(folder: Path) -> list[dict[str, Any]]:
    """The lines of the only report below a folder."""
    (path,) = folder.glob("reports/*/*/*/report.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    "numbers",
    [
        (signal.SIGINT,),
        (signal.SIGTERM, signal.SIGTERM, signal.SIGHUP),
        (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM),
    ],
    ids=["ctrl-c", "supervisor", "closed-terminal"],
)
def test_a_signal_ends_a_run_with_its_report(numbers: Sequence[signal.Signals], tmp_path: Path) -> None:
    """What was captured is judged and reported, and the report names the exit code of the process.

    A terminal that is closed, and many a supervisor, send more than one signal.
    """
    with Hostile([OPEN]) as server:
        asks = [sys.executable, "-m", "pytest", *home.PLUGIN, "--endpoint", server.base_url, "--model", "m"]
        with home.start([*asks, "--scenarios", "chat-text,chat-n"], cwd=tmp_path) as process:
            until = time.monotonic() + PATIENCE
            while len(server.asked) < 2 and time.monotonic() < until:
                time.sleep(0.05)
            for number in numbers:
                process.send_signal(number)
            out, err = process.communicate(timeout=2 * PATIENCE)

    assert process.returncode == 2, out + err
    *_, footer = lines(tmp_path)
    assert footer["exit_code"] == 2
    assert footer["complete"] is False
    assert "compliance report of " in out


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """As SIGHUP is below nohup."""
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "os.execv(sys.executable, [sys.executable, '-m', 'pytest', *sys.argv[1:]])"
    )
    with Hostile([says(HEAD, chunk(event(1)), 2.0, chunk(b"data: [DONE]\n\n"), b"0\r\n\r\n")]) as server:
        asks = ["--endpoint", server.base_url, "--model", "m", "--scenarios", "chat-text"]
        with home.start([sys.executable, "-c", ignoring, *home.PLUGIN, *asks], cwd=tmp_path) as process:
            until = time.monotonic() + PATIENCE
            while not server.asked and time.monotonic() < until:
                time.sleep(0.05)
            process.send_signal(signal.SIGHUP)
            process.communicate(timeout=2 * PATIENCE)

    *_, footer = lines(tmp_path)
    assert process.returncode == footer["exit_code"] == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_finds_no_room_ends_no_run(tmp_path: Path) -> None:
    """The report is whole, and the exit code is that of what could not be written, not of a violation."""
    command = [sys.executable, "-m", "pytest", *home.PLUGIN, "--provider", "reference"]
    full = ["sh", "-c", 'exec "$@" > /dev/full', "sh"]
    with home.start([*full, *command, "--scenarios", "chat-text"], cwd=tmp_path) as process:
        _, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 6, err
    assert "Traceback" not in err
    *_, footer = lines(tmp_path)
    assert footer["exit_code"] == 0


def test_a_file_in_place_of_the_report_folder_is_told(run: Run) -> None:
    """With exit code 4, and nothing is asked."""
    ran = run("--provider", "reference", "--scenarios", "smoke")
    assert ran.code == 0
    (ran.folder / "taken").write_text("")
    ran = run("--provider", "reference", "--scenarios", "smoke", "--report-dir", "taken")

    assert ran.code == 4
    assert "the report folder " in ran.text
    assert "cannot be written (" in ran.text
    assert "Traceback" not in ran.text
    assert "INTERNALERROR" not in ran.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    """With exit code 4, and nothing is asked."""
    (tmp_path / "closed").mkdir(mode=0o500)
    ran = run("--provider", "reference", "--scenarios", "smoke", "--report-dir", "closed")

    assert ran.code == 4
    assert "cannot be written (Permission denied)" in ran.text


@pytest.mark.parametrize("size", [3_000, 40_000])
def test_a_disk_that_fills_up_is_told(size: int, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: evidence, report or page do not fit.

    One sentence each and exit code 6; what is on the disk does not look whole.
    """
    script = LIMITED.format(size=size)
    command = [
        sys.executable,
        "-c",
        script,
        *home.PLUGIN,
        "--provider",
        "reference",
        "--scenarios",
        "chat-text",
    ]
    done = home.run(command, cwd=tmp_path)

    text = done.stdout + done.stderr
    assert done.returncode == 6, text
    assert "Traceback" not in text
    assert "could not be written" in text
    assert not list(tmp_path.glob("reports/*/*/latest"))
    assert not list(tmp_path.rglob("*.part"))
