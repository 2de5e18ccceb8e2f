"""Isolates the tests: none sees the user's keys, and one that connects to anything but loopback fails."""

import gc
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

# A worker of pytest-xdist has the guard already, which Python imported at its start under another name.
_AT_START = sys.modules.get("sitecustomize")
if _AT_START is not None and (Path(__file__).parent / "guard") in Path(str(_AT_START.__file__)).parents:
    sys.modules["tests.guard.sitecustomize"] = _AT_START

# Where this file is loaded for a run of the suite, as below, and the suite is installed without `-e`, nothing
# has put the folder of the checkout on the path. At its end, it hides nothing that is installed.
if (_CHECKOUT := str(Path(__file__).parents[1])) not in sys.path:
    sys.path.append(_CHECKOUT)

from tests import home  # noqa: E402 - behind the name of the guard
from tests.guard.sitecustomize import ATTEMPTS  # noqa: E402

_ATTEMPTS = pytest.StashKey[home.Attempts]()
_LATE = pytest.StashKey[list[str]]()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Settle before modules of tests are imported, which may read the environment.

    pytest loads this file also for a run of the suite in this folder, where an option names a file or folder
    outside of it: such a run asks an endpoint, with the key of its user.
    """
    if not config.pluginmanager.has_plugin("conformance-run"):
        config.stash[_ATTEMPTS] = home.settle()
        if config.rootpath == home.ROOT:
            _try_the_same()


def _try_the_same() -> None:
    """Have hypothesis try the same inputs in each run: what it finds by chance, `make soak` is to find."""
    from hypothesis import settings  # noqa: PLC0415 - sessions in other folders do without it

    settings.register_profile("project", derandomize="EXAMPLES" not in os.environ)
    settings.load_profile("project")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep what was collected from the garbage collector, which would look through it again and again."""
    if _ATTEMPTS in session.config.stash:
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test for what the guard refused, although somebody swallowed that or expected a failure."""
    report = yield
    attempts = item.config.stash.get(_ATTEMPTS, None)
    if call.when == "teardown" and attempts is not None and (refused := attempts.new()):
        report.outcome = "failed"
        report.longrepr = "\n".join([*refused, str(report.longrepr or "")]).strip()
        vars(report).pop("wasxfail", None)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session for what was refused outside of its tests, and that of which it is a worker."""
    if (attempts := session.config.stash.get(_ATTEMPTS, None)) is None:
        return
    session.config.stash[_LATE] = late = attempts.new()
    attempts.pass_on(late)
    if late:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell of it."""
    for line in config.stash.get(_LATE, []):
        terminalreporter.write_line(line, red=True)


@pytest.fixture
def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that takes what a test here asks for on purpose, so that it does not fail of it."""
    path = tmp_path / "attempts"
    monkeypatch.setenv(ATTEMPTS, str(path))
    return path
