"""Errors that keep a server from being tested are reported with the end of its output."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.gate import ExitCode
from interop import __main__ as module
from interop.errors import (
    CommandFailedError,
    NoReportError,
    ServerEndedError,
    ServerSilentError,
    SessionFailedError,
)
from interop.processes import Processes, free_port
from interop.servers import SERVERS, ServerRun


def test_a_misspelt_server_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert module.main(["aimok"]) is ExitCode.USAGE
    assert capsys.readouterr().err == ("interop: no server is named 'aimok'\nhint: did you mean aimock?\n")


def test_a_command_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORK", tmp_path)
    (tmp_path / "aimock").mkdir()
    with pytest.raises(CommandFailedError, match=r"(?s)^aimock: .* failed:\nno disk left$"):
        module._finish(
            SERVERS["aimock"], ("$python", "-c", "raise SystemExit('no disk left')"), tmp_path / "install.log"
        )


@pytest.mark.parametrize(
    ("program", "kind", "words"),
    [
        ("raise SystemExit('no model')", ServerEndedError, r"ended with 1:\nno model$"),
        ("import time; time.sleep(60)", ServerSilentError, r"^http://127.* did not answer in 1 s:\n$"),
    ],
)
def test_a_server_that_does_not_answer_is_told(
    program: str, kind: type[Exception], words: str, tmp_path: Path
) -> None:
    with Processes() as processes, pytest.raises(kind, match=words):
        processes.start(
            [sys.executable, "-c", program],
            folder=tmp_path,
            environment=os.environ,
            url=f"http://127.0.0.1:{free_port()}/",
            seconds=10.0 if kind is ServerEndedError else 1.0,
        )


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Try aimock by a pytest that writes no report and ends with some status."""
    monkeypatch.setattr(module, "WORK", tmp_path)
    monkeypatch.setattr(module, "REPORTS", tmp_path)
    (tmp_path / "aimock").mkdir()
    started = vars(module)["subprocess"].run

    def start(status: int) -> None:
        program = f"print('said', flush=True); raise SystemExit({status})"

        def instead(_: list[str], **options: Any) -> Any:
            return started([sys.executable, "-c", program], **options)

        monkeypatch.setattr("interop.__main__.subprocess.run", instead)
        list(module._run(SERVERS["aimock"], ServerRun(providers=("aimock",)), os.environ, {}))

    return start


def test_a_session_that_fails_is_told(session: Callable[[int], None]) -> None:
    with pytest.raises(SessionFailedError, match=r"^pytest ended with 4:\nsaid$"):
        session(4)


def test_a_session_without_a_report_is_told(session: Callable[[int], None]) -> None:
    with pytest.raises(NoReportError, match=r"^aimock: no report was written:\nsaid$"):
        session(0)
