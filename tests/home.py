"""The environment of the tests: what the session and the processes that it starts inherit from the user's.

Keys, addresses, models and proxies that the user exported are for real endpoints, so no test sees them. Every
process of the tests is started here; tests/test_home.py checks that no other module starts one.
"""

import asyncio
import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import current_thread, main_thread
from types import MappingProxyType
from typing import Any

from tests.guard import sitecustomize as guard

__all__ = [
    "PLUGIN",
    "ROOT",
    "Attempts",
    "Finished",
    "Process",
    "attended",
    "declared",
    "environment",
    "leads_away",
    "run",
    "session",
    "settle",
    "start",
]

ROOT = Path(__file__).parents[1]

PLUGIN = () if entry_points(group="pytest11", name="conformance") else ("-p", "conformance.plugin")
"""Names the plugin by hand, in an environment where the package is not installed."""

Finished = subprocess.CompletedProcess[str]
Process = subprocess.Popen[str]

# After which a process is taken for one that hangs, on the busiest machine.
_SECONDS = 600

# How the names of variables end that say whom to ask, for what, with which key, and by which way.
_AWAY = ("_KEY", "_BASE_URL", "_MODEL", "_MODEL_TOOLS", "_MODEL_REASONING", "_PROXY")
# How those begin that are of this interpreter, this session and its coverage, or of a CI job, which would
# show what a test breaks on purpose.
_OURS = ("PY", "COV", "GITHUB_")
_NONE: Mapping[str, str] = MappingProxyType({})


class Attempts:
    """The file that the guards of all processes write into, as far as it is not read yet.

    `outside` is that of the session around this one; where there is none, the same.
    """

    def __init__(self, path: Path, outside: Path) -> None:
        self.path = path
        self.outside = outside
        self._read = self.path.stat().st_size if self.path.exists() else 0

    def new(self) -> list[str]:
        """What was refused since the last time."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        self._read += len(text)
        return text.decode().splitlines()

    def pass_on(self, lines: list[str]) -> None:
        """Tell the session outside of what no test of this one is to blame for."""
        if lines and self.outside != self.path:
            with self.outside.open("a") as file:
                file.writelines(f"{line}\n" for line in lines)


def settle() -> Attempts:
    """Clean the environment of this process and guard it, with the processes that libraries start in it.

    A session inside a test writes into the file of the one outside, which then fails as well. A worker of
    pytest-xdist has a file of its own: in a common one, no worker could tell whose test is to blame.
    """
    for name in [name for name in os.environ if leads_away(name)]:
        del os.environ[name]
    if not os.environ.get(guard.ATTEMPTS):
        folder = tempfile.mkdtemp(prefix="tests-at-home-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ[guard.ATTEMPTS] = str(Path(folder) / "attempts")
    outside = os.environ[guard.ATTEMPTS]
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ[guard.ATTEMPTS] = f"{outside}-{worker}"
    os.environ["PYTHONPATH"] = _search(checkout=False)
    guard.install()
    return Attempts(Path(os.environ[guard.ATTEMPTS]), Path(outside))


def leads_away(name: str, keys: Sequence[str] | None = None) -> bool:
    """Whether a variable of this name leads a run of the suite to somebody's endpoint.

    `keys` are the variables that entries name for their keys, by default those of `providers.toml`.
    """
    return name.upper().endswith(_AWAY) or name in (declared() if keys is None else keys)


def environment(variables: Mapping[str, str] = _NONE, *, checkout: bool = True) -> dict[str, str]:
    """The environment of a process of the tests, with some variables of its own.

    Without `checkout` it does not find the modules of this checkout, as where a wheel is installed.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not leads_away(name) and not name.startswith(_OURS)
    }
    by = os.environ.get("PYTEST_CURRENT_TEST") or os.environ.get(guard.TEST) or "no test"
    return {**kept, guard.TEST: by, "PYTHONPATH": _search(checkout=checkout), **variables}


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    timeout: float = _SECONDS,
) -> Finished:
    """Run a command to its end, in the environment above or one made of it."""
    with start(command, cwd=cwd, env=env) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return Finished(process.args, process.returncode, out, err)


def session(
    *arguments: str | Path, cwd: Path, variables: Mapping[str, str] = _NONE, fresh: bool = False
) -> Finished:
    """Run a session of pytest in a folder, with the plugin of the suite and some variables.

    In a fork of a process that has imported what it needs, unless it has to be a `fresh` one.
    """
    given = [*PLUGIN, *map(str, arguments)]
    if fresh or not hasattr(os, "fork"):
        return run([sys.executable, "-m", "pytest", *given], cwd=cwd, env=environment(variables))
    return _forked(given, cwd, environment(variables))


def _forked(arguments: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Finished:
    """Let the process of `tests/sessions.py` run a session."""
    process = _sessions()
    with TemporaryDirectory(prefix="tests-at-home-") as own:
        out, err = Path(own) / "out", Path(own) / "err"
        asked = {
            "arguments": arguments,
            "folder": str(folder),
            "environment": variables,
            "out": str(out),
            "err": str(err),
            "seconds": _SECONDS,
        }
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, "the process of tests/sessions.py ended"
        code = json.loads(answer)["code"]
        return Finished(["pytest", *arguments], code, out.read_text(), err.read_text())


@cache
def _sessions() -> Process:
    """The process that sessions are forks of; it ends with this one."""
    with _stoppable():
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.sessions"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    atexit.register(_end, process)
    return process


def _end(process: Process) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait(_SECONDS)


@contextmanager
def start(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    told: bool = False,
) -> Iterator[Process]:
    """A process that is under way; its output is read by the test, which writes its input if it is `told`."""
    with _stoppable():
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment() if env is None else env,
            stdin=subprocess.PIPE if told else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    with process:
        yield process


async def attended(
    command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], seconds: float
) -> tuple[int | None, str]:
    """Run a command beside others: its exit code, None where it took too long, and what it said.

    It has a session of the system to itself, so that whatever it started is stopped with it: at its end, when
    its time is over, and when whoever waits for it is cancelled.
    """
    with tempfile.TemporaryFile() as output:
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code: int | None = None
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    code = await process.wait()
        finally:
            with suppress(ProcessLookupError):  # nothing of its session is left
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        output.seek(0)
        return code, output.read().decode(errors="replace")


_STOPPING: Mapping[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGHUP: signal.SIG_DFL,
}


@contextmanager
def _stoppable() -> Iterator[None]:
    """What is started here hears Ctrl-C and the end of its terminal.

    A shell lets what it starts in the background ignore the first, nohup the second. A process hands on to
    those that it starts what it ignores; a handler it does not hand on.
    """
    ignored: list[signal.Signals] = []
    if current_thread() is main_thread():
        ignored = [number for number in _STOPPING if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, _STOPPING[number])
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


@cache
def declared() -> tuple[str, ...]:
    """The variables that entries of `providers.toml` name for their keys."""
    entries = tomllib.loads((ROOT / "providers.toml").read_text(encoding="utf-8")).values()
    return tuple(entry["api_key_env"] for entry in entries if "api_key_env" in entry)


def _search(*, checkout: bool) -> str:
    folders = [ROOT / "tests" / "guard", *([ROOT] if checkout else [])]
    return os.pathsep.join(map(str, folders))
