"""What a nightly run records about each provider, tested without running one."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

import pytest

from conformance.catalogue import Outcome
from conformance.gate import ExitCode
from conformance.report.jsonl import report_lines
from tests.report.conftest import report, verdict
from tools import nightly

Effect = Callable[[], int]


class Process:
    """A process that does something at once and ends; Ctrl-C comes so many times while it is waited for."""

    def __init__(self, code: int, interruptions: int = 0) -> None:
        self._code = code
        self._left = interruptions

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self) -> int:
        if self._left:
            self._left -= 1
            raise KeyboardInterrupt
        return self._code


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The commands that would have been started; each ends with exit code 0 and writes nothing."""
    return starting(monkeypatch, tmp_path, lambda: 0)


def starting(
    monkeypatch: pytest.MonkeyPatch, folder: Path, effect: Effect, interruptions: int = 0
) -> list[list[str]]:
    """Let every process have an effect that gives its exit code; the commands, as they are started."""
    commands: list[list[str]] = []

    def instead(command: list[str], **_: Any) -> Process:
        commands.append(command)
        return Process(effect(), interruptions)

    monkeypatch.chdir(folder)
    monkeypatch.setattr("tools.nightly.subprocess.Popen", instead)
    return commands


def written(folder: Path, stamp: str, name: str = "m") -> None:
    """A report of the reference provider, as a run leaves it."""
    place = folder / "out" / "reference" / name / stamp
    place.mkdir(parents=True)
    lines = report_lines(report([verdict("must-a", Outcome.PASS)]))
    (place / "report.jsonl").write_text("".join(f"{line}\n" for line in lines))


def run(*arguments: str) -> ExitCode:
    """A night of the reference provider."""
    return nightly.main(["run", "--provider", "reference", "--report-dir", "out", *arguments], {})


def record(folder: Path) -> dict[str, Any]:
    """What was recorded of it."""
    value: dict[str, Any] = json.loads((folder / "out/_nightly/reference.json").read_text())
    return value


def test_an_older_report_is_not_taken_for_this_nights(started: list[list[str]], tmp_path: Path) -> None:
    """A run that wrote none has none, whatever lies there."""
    written(tmp_path, "20261120T030000Z")

    assert run() is ExitCode.CONFORMS
    assert len(started) == 1
    assert record(tmp_path)["report"] == ""


def test_of_several_new_reports_the_newest_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An older one is passed over, also where it came last by its name."""
    written(tmp_path, "20261199T030000Z")

    def effect() -> int:
        written(tmp_path, "20261121T030000Z")
        written(tmp_path, "20261121T030000Z-2")
        return 0

    starting(monkeypatch, tmp_path, effect)
    run()
    assert record(tmp_path)["report"] == "reference/m/20261121T030000Z-2/report.jsonl"


def test_the_file_of_providers_is_passed_on(started: list[list[str]], tmp_path: Path) -> None:
    """The process looks a provider up where the night did."""
    (tmp_path / "mine.toml").write_text('[reference]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n')

    run("--providers", "mine.toml")
    run()
    with_file, without = started
    assert with_file[-2:] == ["--providers", "mine.toml"]
    assert with_file[:-2] == without
    assert without[:3] == [sys.executable, "-m", "pytest"]


def test_ctrl_c_is_left_to_the_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The night waits until it has kept what it has, however often the person asks, and takes its code."""
    starting(monkeypatch, tmp_path, lambda: 1, interruptions=3)

    assert run() is ExitCode.VIOLATION
    assert record(tmp_path)["exit_code"] == 1


@pytest.mark.parametrize(("code", "told"), [(0, 0), (1, 1), (6, 6), (-9, 3), (7, 3), (255, 3)])
def test_a_code_that_is_none_of_ours_is_a_fault(
    code: int, told: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As of a process that was killed."""
    starting(monkeypatch, tmp_path, lambda: code)

    assert int(run()) == told
    assert record(tmp_path)["exit_code"] == told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"exit_code": 99, "report": "", "why": ""}',
        '{"exit_code": null, "report": "", "why": ""}',
        '{"exit_code": 0, "report": ""}',
    ],
)
def test_a_record_that_is_none_is_told(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its path, as bad usage; it is no provider that conforms."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out" / "_nightly").mkdir(parents=True)
    (tmp_path / "out" / "_nightly" / "reference.json").write_text(text)

    assert nightly.main(["summary", "out"], {}) is ExitCode.USAGE
    assert "reference.json is no record of a nightly run" in capsys.readouterr().err


def cells(folder: Path, names: Iterable[str]) -> list[tuple[str, str, str]]:
    """The rows of the summary of some providers."""
    return nightly.table([nightly.Record.read(folder, name) for name in names], folder)


def test_what_an_endpoint_sent_is_made_visible(tmp_path: Path) -> None:
    """In the sentence of a report, and in the words about one that cannot be read."""
    hidden = report([verdict("must-a", Outcome.PASS)], incomplete="no\x1b[31m answer\u202e")
    lines = [f"{line}\n" for line in report_lines(hidden)]
    (tmp_path / "good.jsonl").write_text("".join(lines))
    (tmp_path / "a\u202eb.jsonl").write_text("{")
    for name, path in (("good", "good.jsonl"), ("bad", "a\u202eb.jsonl")):
        nightly.Record(provider=name, exit_code=ExitCode.ERROR, report=path).write(tmp_path)

    good, bad = (row[2] for row in cells(tmp_path, ("good", "bad")))
    assert "no⟨ESC⟩[31m answer⟨U+202E⟩" in good
    assert "a⟨U+202E⟩b.jsonl" in bad


def test_a_missing_record_has_no_exit_code(tmp_path: Path) -> None:
    """And does not stand for one that conforms."""
    nightly.Record(provider="kept", exit_code=ExitCode.USAGE, why="its key is not set").write(tmp_path)

    assert cells(tmp_path, ("kept", "gone")) == [
        ("kept", "4 usage", "No report was written: its key is not set"),
        ("gone", "-", "Nothing was recorded: its job ended before the run did, see the log"),
    ]


def test_a_missing_key_is_the_reason_only_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A run that wrote no report for another reason says that the log does."""
    starting(monkeypatch, tmp_path, lambda: 4)
    (tmp_path / "providers.toml").write_text(
        '[acme]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\napi_key_env = "ACME_KEY"\n'
    )
    for key, why in (("sk-of-nobody", ""), (" ", "ACME_KEY is not set"), ("", "ACME_KEY is not set")):
        nightly.main(["run", "--provider", "acme", "--report-dir", "out"], {"ACME_KEY": key})
        assert json.loads((tmp_path / "out/_nightly/acme.json").read_text())["why"] == why


MORE = """
[acme]
base_url = "http://127.0.0.1:9/v1"
models = { text = "a", tools = "t", more = ["b/large", "c"] }
"""


def nights(started: list[list[str]], monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> list[str]:
    """The models that the processes of a night are given, "" for those of the entry."""
    given: list[dict[str, str]] = []
    process: Any = nightly.__dict__["subprocess"].Popen

    def instead(command: list[str], **fields: Any) -> Any:
        given.append(fields["env"])
        return process(command, **fields)

    monkeypatch.setattr("tools.nightly.subprocess.Popen", instead)
    nightly.main(["run", "--provider", "acme", "--report-dir", "out"], variables)
    assert len(started) == len(given)
    assert all("ACME_MODEL_TOOLS" not in item for item in given if item.get("ACME_MODEL"))
    return [item.get("ACME_MODEL", "") for item in given]


def test_further_models_are_run_one_by_one(
    started: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each in a process and with a record of its own, and in a row of the summary."""
    (tmp_path / "providers.toml").write_text(MORE)

    assert nights(started, monkeypatch, {"ACME_MODEL_TOOLS": "u"}) == ["", "b/large", "c"]
    names = ["acme", "acme (b/large)", "acme (c)"]
    shown = capsys.readouterr().out
    assert [line[4:] for line in shown.splitlines() if line.startswith("==> ")] == [
        "acme",
        "acme b/large",
        "acme c",
    ]
    for arguments in (["summary", "out"], ["summary", "out", "--expected", '[{"provider":"acme"}]']):
        nightly.main(arguments, {})
        rows = capsys.readouterr().out.splitlines()[2:]
        assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == names


def test_a_model_of_the_environment_is_the_only_one(
    started: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever names one wants that one."""
    (tmp_path / "providers.toml").write_text(MORE)
    assert nights(started, monkeypatch, {"ACME_MODEL": "z"}) == ["z"]
