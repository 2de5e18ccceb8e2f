"""Writes docs/hostile.md: what each hostile behaviour costs, measured.

`python -m tools.costs` runs the suite against each behaviour of the tests, in a process of its own, while the
endpoint is in another. Arguments are parts of names; then nothing is written.
"""

import multiprocessing
import resource
import sys
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.capture.hostile import Hostile
from tests.home import ROOT
from tests.hostile.asking import asked, hasty
from tests.hostile.behaviours import BEHAVIOURS, Behaviour

__all__ = ["main", "told"]

_PAGE = ROOT / "docs" / "hostile.md"
_HEAD = """# What hostile endpoints cost

One request to an endpoint that misbehaves: how the exchange ends, the exit code of the run, and what the run
took, in seconds of CPU and as the peak memory of the process. `python -m tools.costs` measures it anew, and
`tests/hostile/test_behaviours.py` holds each behaviour to its outcome. Bodies of shapes, at the end, have
30 kB; `make growth` measures them at up to 8 MB.

Deadlines are two seconds or less here, and a body may have 2 MB. The least is what the suite itself takes:
{least:.2f} s and {base:.0f} MB.

| behaviour | the exchange ends | exit code | CPU, s | peak, MB |
|---|---|---|---|---|
"""
_FORK = multiprocessing.get_context("fork")


def told(name: str, behaviour: Behaviour) -> tuple[str, str, str]:
    """The cells of a row that are not measured."""
    return name, str(behaviour.ended), f"{behaviour.code.value} {behaviour.code.name.lower()}"


def _serve(behaviour: Behaviour, ready: Connection) -> None:
    with Hostile([behaviour.script]) as server:
        ready.send(server.base_url)
        ready.recv()


def _ask(base_url: str, behaviour: Behaviour, done: Connection) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF)
    with TemporaryDirectory() as folder, hasty():
        asked(base_url, behaviour, Path(folder))
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    done.send((seconds, used.ru_maxrss / 1024))


def measured(behaviour: Behaviour) -> tuple[float, float]:
    """The seconds of CPU and the peak memory, in megabytes, of a run against a behaviour."""
    ready, serving = _FORK.Pipe()
    done, asking = _FORK.Pipe()
    server = _FORK.Process(target=_serve, args=(behaviour, serving))
    server.start()
    client = _FORK.Process(target=_ask, args=(ready.recv(), behaviour, asking))
    client.start()
    asking.close()
    found: tuple[float, float] = done.recv()
    client.join()
    ready.send(None)
    server.join()
    return found


def _rows(names: Sequence[str]) -> Iterator[tuple[tuple[str, str, str], float, float]]:
    for name in names:
        seconds, megabytes = measured(BEHAVIOURS[name])
        sys.stdout.write(f"{name:44}{seconds:8.2f} s{megabytes:8.0f} MB\n")
        sys.stdout.flush()
        yield told(name, BEHAVIOURS[name]), seconds, megabytes


def _named(name: str, parts: Sequence[str]) -> bool:
    return any(part in name for part in parts)


def _warm() -> None:
    """Loads what is loaded late, so that no behaviour pays for it."""
    behaviour = BEHAVIOURS["a document"]
    with TemporaryDirectory() as folder, hasty(), Hostile([behaviour.script]) as server:
        asked(server.base_url, behaviour, Path(folder))


def main(arguments: Sequence[str]) -> int:
    """Measure, print and write."""
    _warm()
    rows = list(_rows([name for name in BEHAVIOURS if not arguments or _named(name, arguments)]))
    if arguments:
        return 0
    head = _HEAD.format(
        least=min(seconds for _, seconds, _ in rows), base=min(megabytes for _, _, megabytes in rows)
    )
    lines = [f"| {' | '.join(cells)} | {seconds:.2f} | {peak:.0f} |" for cells, seconds, peak in rows]
    _PAGE.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
