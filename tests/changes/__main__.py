"""`python -m tests.changes [WORD...]`: change the suite's own code, one place at a time, and see who notices.

Words choose the changes whose name or file they are a part of; without any, all are tried. The working tree
stays as it is: the changes are made in copies of it.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.changes.run import Fate, Found, Unfit, fates
from tests.changes.table import Change, changes, fault, named

__all__ = ["figures", "good", "main", "told_of"]

LEAST = 0.95
"""The share of all changes that has to be noticed."""
_MOST_PROCESSES = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the changes; 0 where enough are noticed, 1 otherwise, 2 where the person stopped it."""
    options = _options(arguments)
    rows = named(options.words, changes())
    if not rows:
        sys.stderr.write(
            f"No change is about {' or '.join(options.words)}; they stand in tests/changes/*.toml\n"
        )
        return 1
    if wrong := [told for row in rows if (told := fault(row))]:
        sys.stderr.writelines(f"{told}.\n" for told in wrong)
        return 1
    began = time.monotonic()
    try:
        found = asyncio.run(_tried(rows, options))
    except Unfit as error:
        sys.stderr.write(f"{error}\nThe tests fail with nothing changed: mend them first, or the table.\n")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write("stopped\n")
        return 2
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    _write("", *told_of(found), f"{figures(found)}; {minutes} min {seconds} s")
    return 0 if good(found) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.changes", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD", help="a part of names or files of changes")
    cores = min(os.cpu_count() or 1, _MOST_PROCESSES)
    parser.add_argument("--processes", type=int, default=cores, help="sessions of pytest at once")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for the tests of one change")
    return parser.parse_args(arguments)


async def _tried(rows: Sequence[Change], options: argparse.Namespace) -> list[Found]:
    if (task := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    _write(f"{len(rows)} changes; first their tests with nothing changed")
    return await fates(rows, processes=min(options.processes, len(rows)), seconds=options.timeout, tell=_tell)


def _tell(found: Found) -> None:
    source = found.change.source.removesuffix(".toml")
    _write(f"{found.fate:<9} {found.seconds:5.1f} s  {source}: {found.change.name}")


def told_of(found: Sequence[Found]) -> list[str]:
    """A line for each change that was not noticed, and for each whose tests could not be run."""
    return [
        f"{one.fate}: [{one.change.name}] in tests/changes/{one.change.source}: {one.change.means} "
        + (one.words or f"None of these fails: {' '.join(one.change.noticed_by)}")
        for one in found
        if one.fate is not Fate.NOTICED
    ]


def figures(found: Sequence[Found]) -> str:
    """How many changes came to what, in one line. Those that are argued count as not noticed."""
    counts = Counter(one.fate for one in found)
    told = ", ".join(f"{counts[fate]} {fate}" for fate in Fate)
    return f"{len(found)} changes: {told}; {_share(found):.1%} noticed, at least {LEAST:.0%} asked for"


def good(found: Sequence[Found]) -> bool:
    """Whether enough changes are noticed, and the tests of every one could be run."""
    return _share(found) >= LEAST and not any(one.fate is Fate.BROKEN for one in found)


def _share(found: Sequence[Found]) -> float:
    return sum(one.fate is Fate.NOTICED for one in found) / len(found)


def _write(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
