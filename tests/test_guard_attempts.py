"""The guard: no process of a test can bypass it, and no test can hide a refusal by swallowing it."""

import sys
from pathlib import Path

import pytest

from tests import home

ASKS = "import socket; socket.create_connection(('192.0.2.1', 443), 0.3)"


@pytest.mark.parametrize("checkout", [True, False])
def test_a_process_is_guarded_too(attempts: Path, request: pytest.FixtureRequest, *, checkout: bool) -> None:
    """It ends loudly, and names the test that started it."""
    done = home.run([sys.executable, "-c", ASKS], env=home.environment(checkout=checkout))
    assert done.returncode == 1
    assert "AwayError: A process of " in done.stderr
    (line,) = attempts.read_text().splitlines()
    assert f"process of {request.node.nodeid} (call)" in line
    assert "asked for 192.0.2.1 port 443, and was refused" in line


INSIDE = f"""
import os
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor

import pytest

from conformance.capture.run import capture
from tests import home
from tests.capture.hostile import endpoint, job

ASKS = {ASKS!r}
SWALLOWS = f"try:\\n    {{ASKS}}\\nexcept BaseException:\\n    pass\\n"


def swallow():
    exec(SWALLOWS, {{}})


def test_here():
    swallow()


def test_in_a_thread():
    thread = threading.Thread(target=swallow)
    thread.start()
    thread.join()


def test_in_a_process():
    assert home.run([sys.executable, "-c", SWALLOWS]).returncode == 0


def test_in_a_process_of_a_library():
    subprocess.run([sys.executable, "-c", SWALLOWS], check=True)


def test_in_a_process_that_forgets_its_environment():
    code = "import os; os.environ.clear()\\n" + SWALLOWS
    assert home.run([sys.executable, "-c", code]).returncode == 0


def test_in_a_pool():
    with ProcessPoolExecutor(1) as pool:
        pool.submit(swallow).result()


def test_of_the_capture(tmp_path):
    try:
        capture([job(endpoint("http://192.0.2.1/v1"), tmp_path)])
    except BaseException:
        pass


def test_of_the_capture_by_name(tmp_path):
    try:
        capture([job(endpoint("http://vendor.example/v1"), tmp_path)])
    except BaseException:
        pass


@pytest.fixture
def leaving():
    yield
    swallow()


def test_at_its_end(leaving):
    pass


@pytest.mark.xfail(strict=True)
def test_that_should_fail():
    exec(ASKS, {{}})


@pytest.fixture
def asking():
    yield
    exec(ASKS, {{}})


@pytest.mark.xfail
def test_that_should_fail_at_its_end(asking):
    pass


def test_in_a_session(tmp_path):
    done = home.session("--endpoint", "http://192.0.2.1/v1", "--model", "m", cwd=tmp_path)
    assert done.returncode


def test_innocent():
    assert home.run([sys.executable, "-c", ""]).returncode == 0
"""


def test_an_attempt_that_is_swallowed_fails_its_test(tmp_path: Path, attempts: Path) -> None:
    """Wherever it was made, and no other test; the capture of the project is one who might swallow it."""
    (tmp_path / "test_inside.py").write_text(INSIDE)
    done = home.session("-p", "tests.conftest", "-rE", "-q", cwd=tmp_path, fresh=True)
    names = [name for name in _defined(INSIDE) if name != "test_innocent"]
    assert done.returncode == 1, done.stdout + done.stderr
    for name in names:
        assert f"ERROR test_inside.py::{name} - " in done.stdout, done.stdout
        assert f"test_inside.py::{name} (" in attempts.read_text()
    assert "test_innocent" not in done.stdout
    assert f"{len(names)} errors" in done.stdout


@pytest.mark.parametrize("name", ["test_that_should_fail", "test_that_should_fail_at_its_end"])
def test_a_failure_that_is_expected_is_no_excuse(tmp_path: Path, attempts: Path, name: str) -> None:
    """Also where nothing else fails."""
    (tmp_path / "test_inside.py").write_text(INSIDE)
    done = home.session("-p", "tests.conftest", f"test_inside.py::{name}", cwd=tmp_path, fresh=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 error" in done.stdout
    assert attempts.exists()


def _defined(code: str) -> list[str]:
    return [line[4:].partition("(")[0] for line in code.splitlines() if line.startswith("def test_")]


def test_an_attempt_outside_of_tests_fails_the_session(tmp_path: Path, attempts: Path) -> None:
    """While a module is imported, say."""
    (tmp_path / "test_inside.py").write_text(
        f"try:\n    {ASKS}\nexcept BaseException:\n    pass\n\ndef test_one(): pass\n"
    )
    done = home.session("-p", "tests.conftest", "--collect-only", "-q", cwd=tmp_path, fresh=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "asked for 192.0.2.1" in done.stdout
    assert attempts.exists()


def test_a_worker_fails_its_own_test(tmp_path: Path, attempts: Path) -> None:
    """Where several run at once; what no test is to blame for fails the session that they belong to."""
    swallows = f"try:\n    {ASKS}\nexcept BaseException:\n    pass\n"
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(
            f"import time\n\nSWALLOWS = {swallows!r}\n\n"
            "def test_bad():\n    exec(SWALLOWS, {})\n\n"
            "def test_good():\n    time.sleep(0.1)\n"
        )
    several = ("-p", "tests.conftest", "-n", "2", "--dist", "loadfile", "-rE", "-q")
    done = home.session(*several, cwd=tmp_path, fresh=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "4 passed, 2 errors" in done.stdout

    for name in ("one", "two"):
        told = f"ERROR test_{name}.py::test_bad - test_{name}.py::test_bad (call), in a "
        assert done.stdout.count(told) == 1, done.stdout
    assert not attempts.exists()
    (tmp_path / "test_two.py").write_text(f"{swallows}\ndef test_one(): pass\n")
    done = home.session(*several, "test_two.py", cwd=tmp_path, fresh=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "asked for 192.0.2.1" in done.stdout
