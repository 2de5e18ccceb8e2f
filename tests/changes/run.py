"""Applies changes to copies of the tree, and runs the tests that should notice them."""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import home
from tests.changes.table import ROOT, Change, changed

__all__ = ["Fate", "Found", "Unfit", "applied", "copied", "fates", "session", "unspoilt"]

PASSED, FAILED = 0, 1  # exit codes of pytest; with any other one it did not come to run the tests
_PYTEST = (sys.executable, "-m", "pytest", "--quiet", "--no-header", "-p", "no:cacheprovider")
_LATER = 1000  # seconds by which a changed file is newer, so that what was compiled of it is out of date


class Fate(StrEnum):
    """What became of a change."""

    NOTICED = "noticed"
    UNNOTICED = "unnoticed"
    ARGUED = "argued"  # unnoticed, with a reason in the table
    BROKEN = "broken"  # the tests could not be run, or an argued change was noticed after all


@dataclass(frozen=True, slots=True)
class Found:
    """The fate of a change, in how many seconds, and what else is to be said."""

    change: Change
    fate: Fate
    seconds: float
    words: str = ""


class Unfit(Exception):  # noqa: N818 - not an error of the program, but what a person is to read
    """The tests fail without any change, so they notice nothing."""


def copied(target: Path, root: Path = ROOT) -> None:
    """Copy the files of the project that are not ignored, committed or not."""
    listed = home.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=root)
    if listed.returncode:
        raise OSError(f"git cannot say which files are of the project: {listed.stderr.strip()}")
    names = listed.stdout
    for name in filter(None, names.split("\0")):
        if (path := root / name).is_file():  # one that was removed is still in the index
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target / name)


@contextmanager
def applied(change: Change, copy: Path) -> Iterator[None]:
    """The change in a copy, for the time of a `with` statement. Raises ValueError where it does not fit."""
    path = copy / change.file
    text = changed(change, copy)
    before, times = path.read_bytes(), path.stat()
    try:
        path.write_text(text, encoding="utf-8")
        os.utime(path, (times.st_atime, times.st_mtime + _LATER))
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


async def session(
    copy: Path, arguments: Sequence[str], seconds: float, *, compiled: bool = False
) -> tuple[int | None, str]:
    """Run pytest in a copy: its exit code, None where it took too long, and what it said.

    `compiled` keeps what Python compiles for later sessions.
    """
    variables = {
        "PYTHONPATH": os.pathsep.join([str(copy / "tests" / "guard"), str(copy)]),
        # Plugins of other projects cost more time than the tests, none of which is in need of one.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **({} if compiled else {"PYTHONDONTWRITEBYTECODE": "1"}),
    }
    env = home.environment(variables)
    return await home.attended([*_PYTEST, *arguments], cwd=copy, env=env, seconds=seconds)


async def unspoilt(changes: Iterable[Change], copies: Sequence[Path], seconds: float) -> None:
    """Run every test that is named, with nothing changed. Raises Unfit where one fails or is not there."""
    names = sorted({name for change in changes for name in change.noticed_by})
    shares = [(copy, names[place :: len(copies)]) for place, copy in enumerate(copies)]
    ran = await asyncio.gather(
        *(session(copy, share, seconds, compiled=True) for copy, share in shares if share)
    )
    if told := [text for code, text in ran if code != PASSED]:
        raise Unfit("\n".join(told))


async def fates(
    changes: Sequence[Change], *, processes: int, seconds: float, tell: Callable[[Found], None]
) -> list[Found]:
    """What becomes of each change. Raises Unfit and ValueError.

    `processes` sessions work at it, each in a copy of its own. `seconds` is how long the tests of one change
    may take. `tell` is told what became of a change as soon as it is known.
    """
    free: asyncio.Queue[Path] = asyncio.Queue()

    async def tried(change: Change) -> Found:
        copy = await free.get()
        try:
            found = await fate(change, copy, seconds)
        finally:
            free.put_nowait(copy)
        tell(found)
        return found

    with TemporaryDirectory(prefix="changes-") as folder:
        copies = [Path(folder, str(name)) for name in range(processes)]
        for copy in copies:
            copied(copy)
            free.put_nowait(copy)
        await unspoilt(changes, copies, seconds * 10)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(tried(change)) for change in changes]
        return [task.result() for task in tasks]


async def fate(change: Change, copy: Path, seconds: float) -> Found:
    """What becomes of one change in a copy."""
    began = time.monotonic()
    with applied(change, copy):
        code, text = await session(copy, ["--exitfirst", *change.noticed_by], seconds)
    took = time.monotonic() - began
    if code not in (PASSED, FAILED, None):
        return Found(change, Fate.BROKEN, took, f"its tests could not be run:\n{text}")
    noticed = code != PASSED
    if change.why_unnoticed:
        if noticed:
            return Found(change, Fate.BROKEN, took, "it is noticed after all: remove its `why_unnoticed`")
        return Found(change, Fate.ARGUED, took, change.why_unnoticed)
    words = f"the tests took longer than {seconds:g} s" if code is None else ""
    return Found(change, Fate.NOTICED if noticed else Fate.UNNOTICED, took, words)
