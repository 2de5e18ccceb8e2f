"""`conformance record` as it is typed: its first words, and its end by a signal."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance import cli
from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from tests import home
from tests.record.front import CHAT, KEY, post

COMMAND = [sys.executable, "-m", "conformance", "record"]


@contextmanager
def started(
    folder: Path, *arguments: str, within: tuple[str, ...] = ()
) -> Iterator[tuple[home.Process, str, list[str]]]:
    """The command under way in a folder: its process, the base URL that it names, and its first lines."""
    with home.start([*within, *COMMAND, *arguments], cwd=folder, env=home.environment()) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while "Ctrl-C" not in (lines[-1] if lines else ""):
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            lines.append(line.rstrip("\n"))
        (told,) = (line for line in lines if "OPENAI_BASE_URL=" in line)
        try:
            yield process, told.split()[0].partition("=")[2], lines
        finally:
            process.kill()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "fault", "code"), [(signal.SIGINT, None, 0), (signal.SIGTERM, "done-missing", 1)]
)
def test_a_signal_ends_it_with_the_report_and_the_exit_code_of_the_gate(
    number: signal.Signals, fault: str | None, code: int, tmp_path: Path
) -> None:
    """What it says at its start and at its end."""
    with (
        Reference(FAULTS[fault] if fault else None) as server,
        started(tmp_path, "--upstream", server.base_url) as (process, base_url, lines),
    ):
        post(base_url, "/chat/completions", CHAT)
        process.send_signal(number)
        out, err = process.communicate(timeout=600)
    assert process.returncode == code, err
    provider = server_name(server_url=lines[0])
    said = "\n".join(lines)
    assert f"  OPENAI_BASE_URL={base_url} YOUR-PROGRAM" in lines
    assert "The prompts and the answers" in said
    assert f"are being stored in reports{os.sep}{provider}{os.sep}" in said
    (page,) = (tmp_path / "reports" / provider / "reference").glob("*/index.html")
    assert out.splitlines()[-1] == f"report of {provider} (reference): {page.as_uri()}"
    assert ("fail MUST done-present" in out) is bool(fault)
    header = json.loads((page.parent / "report.jsonl").read_text().splitlines()[0])
    assert header["provider"] == provider
    assert KEY not in out + err


def server_name(server_url: str) -> str:
    """What the upstream is called that the first line names."""
    address = next(word for word in server_url.split() if word.startswith("http://"))
    return address.removeprefix("http://").removesuffix("/v1").replace(":", "-")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_nothing_recorded_is_its_own_exit_code_and_leaves_no_folder(tmp_path: Path) -> None:
    """With what went through, counted; also where a shell without job control has it ignore SIGINT."""
    deaf = ("sh", "-c", 'trap "" INT TERM; exec "$@"', "sh")
    with (
        Reference() as server,
        started(tmp_path, "--upstream", server.base_url, "--drop-requests", within=deaf) as (
            process,
            base_url,
            lines,
        ),
    ):
        post(base_url, "/embeddings", {})
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    assert process.returncode == 5, err
    assert "The answers of whoever uses the application are being stored" in "\n".join(lines)
    assert "nothing was recorded" in out
    assert out.splitlines()[-1] == "1 other request passed through, not recorded and not judged"
    assert not list((tmp_path / "reports").iterdir())


def ended(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["conformance", "record", *arguments])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert isinstance(raised.value.code, int)
    return raised.value.code


@pytest.mark.parametrize(
    ("upstream", "said"),
    [
        ("host/v1", "'host/v1' is no http or https address"),
        ("https://me:canary-of-mine@host/v1", "--upstream https://host/v1: it has a user name or a password"),
        ("https://host/v1?key=canary-of-mine", "--upstream https://host/v1: it has a query"),
    ],
)
def test_a_wrong_upstream_is_told_before_anything_is_opened(
    upstream: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without its credentials."""
    monkeypatch.chdir(tmp_path)
    assert ended(["--upstream", upstream], monkeypatch) == 4
    out, err = capsys.readouterr()
    assert said in err
    assert "canary" not in out + err
    assert not list(tmp_path.iterdir())


def test_ports_that_cannot_be_used_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that is taken, and that of the upstream, which would be the recorder itself."""
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert ended(["--upstream", "http://127.0.0.1:9/v1", "--port", str(port)], monkeypatch) == 4
    assert f"cannot listen on port {port}" in capsys.readouterr().err
    assert ended(["--upstream", f"http://localhost:{port}/v1", "--port", str(port)], monkeypatch) == 4
    assert "it is the recorder itself" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before an application is started that would be recorded nowhere."""
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    arguments = ["--upstream", "http://127.0.0.1:9/v1", "--report-dir", str(tmp_path / "file" / "reports")]
    assert ended(arguments, monkeypatch) == 4
    assert "file" in capsys.readouterr().err
