"""Programs that are started here, waited for, and ended again."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from interop.errors import ServerEndedError, ServerSilentError

__all__ = ["Processes", "free_port", "tail"]

_PATIENCE = 5.0  # seconds that a program has to end by itself
_TAIL = 15  # lines of a log that are shown


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:])


class Processes:
    """Programs that run until the `with` block ends; each is ended by its own process group."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._running):
            _end(process)

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        url: str,
        seconds: float,
    ) -> None:
        """Start a program and wait until `url` answers. Raises ServerEndedError and ServerSilentError."""
        log = folder / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - the commands of the table of servers
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(process)
        deadline = time.monotonic() + seconds
        while not _answers(url):
            if process.poll() is not None:
                raise ServerEndedError(command[0], process.returncode, tail(log))
            if time.monotonic() > deadline:
                raise ServerSilentError(url, seconds, tail(log))
            time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=2.0, trust_env=False)
    except httpx.HTTPError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    # The group has the pid of the program that was started, and whatever that has started itself.
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            continue
