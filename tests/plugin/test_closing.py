"""The last lines of a session: on a terminal, in a pipe, and in a job of GitHub."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import home
from tests.plugin.conftest import Ran
from tests.plugin.streams import CLEAN, NO_DONE, choice, chunk

Run = Callable[..., Ran]
Recording = Callable[..., Path]
LONGEST = 25  # lines of the last screen
# Five causes, one of them with a long text.
BROKEN = (
    chunk(choice({"content": "A long text that is told before anybody has said who speaks it. " * 3}), id="")
    + chunk(choice({"role": "assistant", "content": "x"}), id="other", created=1767225600000, model="m-2")
    + chunk(choice({}, "STOP"), object="chat.completion")
)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
@pytest.mark.parametrize("columns", [80, 100])
def test_the_last_screen_on_a_terminal(columns: int, recording: Recording, tmp_path: Path) -> None:
    """At most 25 lines of its width; ids and the path of the report are whole."""
    source = recording(BROKEN)
    command = [sys.executable, "-m", "pytest", *home.PLUGIN, "--replay", str(source)]
    spawns = f"import pty, sys; sys.exit(pty.spawn({command!r}) >> 8)"
    variables = home.environment({"COLUMNS": str(columns), "LINES": "24", "TERM": "xterm"})
    done = home.run([sys.executable, "-c", spawns], cwd=tmp_path, env=variables)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "\x1b[31m" in done.stdout
    text = re.sub(r"\x1b\[[\d;]*m", "", done.stdout).replace("\r", "")
    *_, screen = re.split(r"^=+ conformance =+$", text, flags=re.MULTILINE)
    assert "\x1b" not in screen  # but the colours
    lines = screen.strip("\n").split("\n")
    assert len(lines) + 1 <= LONGEST
    (page,) = tmp_path.glob("reports/*/*/*/index.html")
    shown = lines[-1].removeprefix("compliance report: ")
    assert shown in {page.as_uri(), str(page.relative_to(tmp_path))}
    assert max(map(len, lines[:-1])) < columns
    told = [line.split()[1] for line in lines if re.match(r"  (MUST|SHOULD) ", line)]
    assert len(told) >= 3
    assert "role-first:" in told


@pytest.mark.parametrize(
    "more", [(), ("-ra",), ("-v",), ("-q", "-rA"), ("--no-summary",), ("--color", "yes")]
)
def test_nothing_is_said_behind_it(more: tuple[str, ...], run: Run, recording: Recording) -> None:
    """Whatever else pytest is asked to print, the address of the report is the last line."""
    done = run("--replay", recording(NO_DONE), *more)
    (page,) = done.folder.glob("reports/acme/m-1/*/index.html")
    *_, last = done.text.splitlines()
    assert last == f"compliance report of acme (m-1): {page.as_uri()}"
    assert ("short test summary info" in done.text) is (more[-1:] in {("-ra",), ("-rA",)})
    assert ("\x1b" in done.text) is ("--color" in more)


def test_what_passed_is_no_letter(run: Run, recording: Recording) -> None:
    """All is judged before the first item is shown, so dots would show nothing but their number."""
    done = run("--replay", recording(NO_DONE))
    (line,) = re.findall(r"^test_conformance\.py (.*?) +\[100%\]", done.text, re.MULTILINE)
    assert set(line) <= set("Fsi")
    assert "F" in line


def test_no_job_is_told_where_there_is_none(run: Run, recording: Recording) -> None:
    """Without their variables, neither a file nor a command of a runner."""
    done = run("--replay", recording(NO_DONE), GITHUB_ACTIONS="")
    assert "::error" not in done.text
    assert {path.name for path in done.folder.iterdir()} <= {"stored", "reports", ".pytest_cache"}


def test_a_job_is_told(run: Run, recording: Recording, tmp_path: Path) -> None:
    """A summary behind those that are there, with the path of the report, and an annotation."""
    summary = tmp_path / "summary.md"
    summary.write_text("# Mine\n")
    done = run("--replay", recording(NO_DONE), "-q", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 1
    (page,) = done.folder.glob("reports/acme/m-1/*/index.html")
    text = summary.read_text()
    assert text.startswith("# Mine\n\n### ❌ `acme (m-1)`\n")
    assert f"Report: `{page.relative_to(done.folder)}`" in text
    (line,) = re.findall(r"^::error .*", done.text, re.MULTILINE)
    assert line.startswith("::error title=acme (m-1)%3A done-present::MUST: The last event is ")


def test_a_job_that_went_well_has_no_annotation(run: Run, recording: Recording, tmp_path: Path) -> None:
    """But its summary says so."""
    summary = tmp_path / "summary.md"
    done = run("--replay", recording(CLEAN), GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 0
    assert "::error" not in done.text
    assert summary.read_text().startswith(
        "### ✅ `acme (m-1)`\n\n**Nothing broken in 1 recorded exchange:** "
    )


@pytest.mark.parametrize("there", ["a" * (2**20 - 100), "a folder"])
def test_a_summary_that_finds_no_room_is_no_failure(
    there: str, run: Run, recording: Recording, tmp_path: Path
) -> None:
    """GitHub shows none above 1 MiB; one that cannot be written is told, and changes no exit code."""
    summary = tmp_path / "summary.md"
    if there == "a folder":
        summary.mkdir()
    else:
        summary.write_text(there)
    done = run("--replay", recording(CLEAN), GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 0, done.text
    assert ("the summary of the job could not be written: " in done.text) is summary.is_dir()
    assert summary.is_dir() or summary.read_text() == there
