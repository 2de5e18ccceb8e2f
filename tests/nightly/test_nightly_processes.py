"""Commands side by side: the limit, the deadline, and a person who stops them."""

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.nightly import processes
from conformance.nightly.processes import Command, Ending, ProcessEnd, side_by_side

FAR = 600.0
ASKS = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(2)); "
"""Ends by itself, with a code of its own, when it is asked to."""

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="processes meet at a named pipe here")


def python(code: str, log: Path) -> Command:
    """A small program."""
    return Command(arguments=(sys.executable, "-S", "-c", code), environment=dict(os.environ), log=log)


def stopping(index: int, number: int = signal.SIGINT) -> Callable[[int, Ending], None]:
    """Stop the night as soon as the command of an index has ended."""

    def stop(other: int, _: Ending) -> None:
        if other == index:
            os.kill(os.getpid(), number)

    return stop


def met(folder: Path) -> tuple[str, str]:
    """What two programs do to go on together: neither passes before the other is there."""
    os.mkfifo(folder / "pipe")
    return f"open({str(folder / 'pipe')!r}, 'w').close(); ", f"open({str(folder / 'pipe')!r}).close(); "


def test_each_ends_with_its_code_and_its_output(tmp_path: Path) -> None:
    """In the order of the commands, whichever ended first."""
    ended: list[tuple[int, Ending]] = []
    commands = [
        python(
            f"print('out', {code}, flush=True); import sys; print('err', file=sys.stderr); sys.exit({code})",
            tmp_path / f"logs/{code}",
        )
        for code in (3, 0, 1)
    ]
    endings = side_by_side(commands, jobs=2, seconds=FAR, ended=lambda *told: ended.append(told))
    assert [(item.end, item.code) for item in endings] == [(ProcessEnd.BY_ITSELF, code) for code in (3, 0, 1)]
    assert sorted(ended, key=lambda item: item[0]) == list(enumerate(endings))
    assert (tmp_path / "logs/3").read_text() == "out 3\nerr\n"


def test_they_run_side_by_side(tmp_path: Path) -> None:
    """Two that wait for each other both end."""
    one, other = met(tmp_path)
    endings = side_by_side([python(one, tmp_path / "1"), python(other, tmp_path / "2")], jobs=2, seconds=FAR)
    assert [item.code for item in endings] == [0, 0]


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_no_more_than_the_limit_are_under_way(
    jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen by how many are waited for at once."""
    under_way, most = 0, 0

    async def instead(*_: object) -> Ending:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _turn in range(20):
            await asyncio.sleep(0)
        under_way -= 1
        return Ending(end=ProcessEnd.BY_ITSELF, code=0)

    monkeypatch.setattr(processes, "_run", instead)
    side_by_side([python("", tmp_path / "log")] * 6, jobs=jobs, seconds=FAR)
    assert most == jobs


def test_one_that_hangs_is_asked_to_end(tmp_path: Path) -> None:
    """It has time to write what it has. The others are not touched."""
    hangs = python("import signal; signal.pause()", tmp_path / "1")
    (ending,) = side_by_side([hangs], jobs=1, seconds=0.05)
    assert ending == Ending(end=ProcessEnd.OVERDUE, code=-signal.SIGTERM)


def test_what_a_process_has_started_is_killed_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that only the child of a deaf process holds open comes to its end."""
    monkeypatch.setattr(processes, "GRACE", 0.0)
    one, other = met(tmp_path)
    os.mkfifo(tmp_path / "held")
    reader = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    holds = f"import os, signal; signal.alarm(120); os.open({str(tmp_path / 'held')!r}, os.O_WRONLY); "
    child = f"{holds}{one}signal.pause()"
    deaf = python(
        "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"subprocess.run([sys.executable, '-S', '-c', {child!r}])",
        tmp_path / "1",
    )
    # The person stops the night only once the child is there.
    endings = side_by_side([deaf, python(other, tmp_path / "2")], jobs=2, seconds=FAR, ended=stopping(1))
    assert endings[0] == Ending(end=ProcessEnd.STOPPED, code=-signal.SIGKILL)
    try:
        assert select.select([reader], [], [], 30.0)[0] == [reader]
    finally:
        os.close(reader)


def test_one_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time to write."""
    monkeypatch.setattr(processes, "GRACE", 0.05)
    one, other = met(tmp_path)
    deaf = python(
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {one} signal.pause()", tmp_path / "1"
    )
    # The person stops the night only once the other is deaf.
    quick = python(other, tmp_path / "2")
    endings = side_by_side(
        [deaf, quick],
        jobs=2,
        seconds=FAR,
        ended=stopping(1),
    )
    assert endings[0] == Ending(end=ProcessEnd.STOPPED, code=-signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_person_who_stops_the_night_stops_all(number: int, tmp_path: Path) -> None:
    """What is under way is asked to end, once, by its id; what is not, never begins; all of it is told."""
    one, other = met(tmp_path)
    under_way = python(f"{ASKS}{one}signal.pause()", tmp_path / "1")
    quick = python(other, tmp_path / "2")
    late = python("raise SystemExit(7)", tmp_path / "3")
    before = signal.getsignal(number)
    endings = side_by_side(
        [under_way, quick, late],
        jobs=2,
        seconds=FAR,
        ended=stopping(1, number),
    )
    assert [(item.end, item.code) for item in endings] == [
        (ProcessEnd.STOPPED, 2),
        (ProcessEnd.BY_ITSELF, 0),
        (ProcessEnd.NOT_STARTED, None),
    ]
    assert not (tmp_path / "3").exists()
    assert signal.getsignal(number) == before


def test_a_person_who_insists_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second Ctrl-C kills what does not listen to the first."""
    one, other = met(tmp_path)
    deaf = python(
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {one} signal.pause()", tmp_path / "1"
    )
    quick = python(other, tmp_path / "2")

    def twice(index: int, _: Ending) -> None:
        if index == 1:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(processes, "GRACE", FAR)
    assert side_by_side([deaf, quick], jobs=2, seconds=FAR, ended=twice)[0].code == -signal.SIGKILL


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    """As an error of ours, after the others have ended."""
    missing = Command(arguments=(str(tmp_path / "nothing"),), environment={}, log=tmp_path / "1")
    hangs = python("import signal; signal.pause()", tmp_path / "2")
    with pytest.raises(ExceptionGroup) as caught:
        side_by_side([hangs, missing], jobs=2, seconds=FAR)
    assert caught.group_contains(FileNotFoundError)
