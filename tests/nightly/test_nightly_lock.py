"""Two nights in one folder."""

import os
import signal
from pathlib import Path

import pytest

from conformance.dashboard.stored import stored_runs
from conformance.errors import ConformanceError
from conformance.nightly import lock
from conformance.nightly.lock import LOCK, alone


def test_a_second_night_in_a_folder_is_refused_and_others_are_not(tmp_path: Path) -> None:
    """In one sentence, until the first has ended; what is left of it is no run."""
    root = tmp_path / "reports"
    with alone(root):
        with pytest.raises(ConformanceError, match="another `conformance nightly` is under way") as caught:
            alone(root).__enter__()
        assert "--report-dir" in caught.value.hint
        with alone(tmp_path / "others"):
            pass
    with alone(root):
        pass
    assert [path.name for path in root.iterdir()] == [LOCK]
    assert (found := stored_runs(root)).runs == ()
    assert found.unread == ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked here")
def test_a_night_that_was_killed_keeps_nobody_out(tmp_path: Path) -> None:
    """The system gives the folder free, whatever file is left."""
    inner, outer = os.pipe()
    child = os.fork()
    if not child:
        with alone(tmp_path):
            os.write(outer, b"!")
            signal.pause()
        os._exit(0)
    try:
        assert os.read(inner, 1) == b"!"
        with pytest.raises(ConformanceError):
            alone(tmp_path).__enter__()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(inner)
        os.close(outer)
    with alone(tmp_path):
        pass


def test_a_file_system_without_locks_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(lock, "_lock", refuse)
    with alone(tmp_path), alone(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_an_error_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConformanceError, match="file"):
        alone(tmp_path / "file").__enter__()
