"""The environment of the tests: what the session and the processes that it starts inherit from the user's.

Keys, addresses, models and proxies that the user exported are for real endpoints, so no test sees them. Every
process of the tests is started here; tests/test_home.py checks that no other module starts one.
"""

import asyncio
import atexit
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
from types import MappingProxyType

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

# How the names of variables end that say whom to ask, for what, with which key, and by which way.
_AWAY = ("_KEY", "_BASE_URL", "_MODEL", "_PROXY")
# How those begin that are of this interpreter, this session, and its coverage.
_OURS = ("PY", "COV")
_NONE: Mapping[str, str] = MappingProxyType({})


class Attempts:
    """The file that the guards of all processes write into, as far as it is not read yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
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


def settle() -> Attempts:
    """Clean the environment of this process and guard it, with the processes that libraries start in it.

    A session inside a test writes into the file of the one outside, which then fails as well.
    """
    for name in [name for name in os.environ if leads_away(name)]:
        del os.environ[name]
    if not os.environ.get(guard.ATTEMPTS):
        folder = tempfile.mkdtemp(prefix="tests-at-home-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ[guard.ATTEMPTS] = str(Path(folder) / "attempts")
    os.environ["PYTHONPATH"] = _search(checkout=False)
    guard.install()
    return Attempts(Path(os.environ[guard.ATTEMPTS]))


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
    timeout: float = 120,
) -> Finished:
    """Run a command to its end, in the environment above or one made of it."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment() if env is None else env,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def session(
    *arguments: str | Path, cwd: Path, plugin: bool = True, variables: Mapping[str, str] = _NONE
) -> Finished:
    """Run a session of pytest in a folder, with the plugin of the suite and some variables."""
    command = [sys.executable, "-m", "pytest", *(PLUGIN if plugin else ()), *arguments]
    return run(command, cwd=cwd, env=environment(variables))


@contextmanager
def start(command: Sequence[str | Path], *, cwd: Path = ROOT) -> Iterator[Process]:
    """A process that is under way; its output is read by the test."""
    with subprocess.Popen(
        command, cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
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


@cache
def declared() -> tuple[str, ...]:
    """The variables that entries of `providers.toml` name for their keys."""
    entries = tomllib.loads((ROOT / "providers.toml").read_text(encoding="utf-8")).values()
    return tuple(entry["api_key_env"] for entry in entries if "api_key_env" in entry)


def _search(*, checkout: bool) -> str:
    folders = [ROOT / "tests" / "guard", *([ROOT] if checkout else [])]
    return os.pathsep.join(map(str, folders))
