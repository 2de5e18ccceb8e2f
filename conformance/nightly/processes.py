"""Runs commands side by side under a limit, ends those that hang, and ends all of them if the person asks to.

A command has a session of the terminal to itself, so that Ctrl-C reaches this process alone, which passes it
on: each process that is under way is asked to end, once, by its id, and has time to write what it has.
"""

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from conformance.capture.signals import ENDING, handled

__all__ = ["Command", "Ending", "ProcessEnd", "side_by_side"]

GRACE = 60.0
"""Seconds that a process has to write its report after it was asked to end."""


class ProcessEnd(StrEnum):
    """How a command ended."""

    BY_ITSELF = "by itself"
    OVERDUE = "overdue"  # it was ended, since its time was over
    STOPPED = "stopped"  # it was ended, since the person stopped the night
    NOT_STARTED = "not started"  # the person stopped the night before its turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run: the arguments with the program first, and the whole environment.

    `log` is the file that takes what it prints; None leaves that to the terminal.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ended, and its exit code; None if it was not started."""

    end: ProcessEnd
    code: int | None = None


class _Stop:
    """Whether the person asked for an end: `asked` after the first time, `insisted` after the second."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.asked = asyncio.Event()
        self.insisted = asyncio.Event()
        self._loop = loop

    def heard(self, *_: object) -> None:
        """Handles a signal."""
        self._loop.call_soon_threadsafe(self._note)

    def _note(self) -> None:
        (self.insisted if self.asked.is_set() else self.asked).set()


def side_by_side(
    commands: Sequence[Command],
    *,
    jobs: int,
    seconds: float,
    ended: Callable[[int, Ending], None] = lambda _index, _ending: None,
) -> tuple[Ending, ...]:
    """Runs every command, at most `jobs` at once, each for at most `seconds`; returns how each ended.

    `ended` is called with the index of a command as soon as it ended. Raises OSError if a log cannot be
    written or a process cannot be started, after all that were under way have ended.
    """
    return asyncio.run(_all(commands, jobs, seconds, ended))


async def _all(
    commands: Sequence[Command], jobs: int, seconds: float, ended: Callable[[int, Ending], None]
) -> tuple[Ending, ...]:
    stop = _Stop(asyncio.get_running_loop())
    turns = asyncio.Semaphore(jobs)

    async def one(index: int, command: Command) -> Ending:
        async with turns:
            ending = Ending(end=ProcessEnd.NOT_STARTED)
            if not stop.asked.is_set():
                ending = await _run(command, seconds, stop)
            ended(index, ending)
            return ending

    with _listening(stop):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(index, command)) for index, command in enumerate(commands)]
    return tuple(task.result() for task in tasks)


async def _run(command: Command, seconds: float, stop: _Stop) -> Ending:
    with _output(command.log) as output:
        process = await asyncio.create_subprocess_exec(
            *command.arguments,
            env=command.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            start_new_session=True,
        )
        over = asyncio.ensure_future(process.wait())
        end = ProcessEnd.BY_ITSELF
        try:
            if not await _within(over, seconds, stop.asked):
                end = ProcessEnd.STOPPED if stop.asked.is_set() else ProcessEnd.OVERDUE
                process.terminate()
                await _within(over, GRACE, stop.insisted)
        finally:
            if not over.done():
                _kill(process)
            code = await over
        return Ending(end=end, code=code)


def _kill(process: asyncio.subprocess.Process) -> None:
    """Ends a process that is under way, with all that it has started: it leads a session of its own."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


async def _within(over: "asyncio.Future[int]", seconds: float, unless: asyncio.Event) -> bool:
    """Waits for the end of a process, for so many seconds or until an event; returns whether it came."""
    other = asyncio.ensure_future(unless.wait())
    waited: set[asyncio.Future[Any]] = {over, other}
    try:
        await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        other.cancel()
    return over.done()


@contextmanager
def _output(log: Path | None) -> Iterator[IO[bytes] | None]:
    if log is None:
        yield None
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        yield file


@contextmanager
def _listening(stop: _Stop) -> Iterator[None]:
    """Lets signals stop the night. Only the main thread of a program may handle them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with handled((signal.SIGINT, *ENDING), stop.heard):
        yield
