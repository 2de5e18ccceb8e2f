"""A resolver that hangs for ever: its threads cannot be ended, and nothing may wait for them."""

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.capture.resolving import new_loop
from conformance.capture.run import capture, listed
from conformance.exchange import Ended
from conformance.plan import plan
from conformance.report.jsonl import read_report
from tests import home
from tests.capture.hostile import GOOD, PATIENCE, PATIENT, Hostile, endpoint, job

NAME = "hangs.example"
MANY = 100  # more than any standard pool has threads

# Another process, whose every look-up hangs, and nothing is there that could end one.
PROGRAM = """
import socket, sys, threading
socket.getaddrinfo = lambda *_, **__: threading.Event().wait()
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def over(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look-ups of the name hang until the test is over."""
    done, known = threading.Event(), socket.getaddrinfo

    def find(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in (NAME, NAME.encode()):
            return known(host, *arguments, **options)
        done.wait()
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", find)
    yield
    done.set()


def test_a_name_that_is_not_found_in_time_is_no_connection(tmp_path: Path) -> None:
    """Within the deadline for a connection, and the provider beside it is heard."""
    hangs = endpoint(f"http://{NAME}/v1", name="hangs", deadlines=replace(PATIENT, connect=0.2))
    with Hostile([GOOD]) as server:
        answers = endpoint(f"http://localhost:{server.port}/v1", name="answers")
        found = capture([job(hangs, tmp_path), job(answers, tmp_path)]).exchanges

    assert found["answers"][0].ended is Ended.CLOSED
    assert found["hangs"][0].ended is Ended.NO_CONNECTION
    assert found["hangs"][0].detail == "no connection was made within 0.2 s"


def test_nor_are_its_models() -> None:
    """The list is not waited for either."""
    hangs = endpoint(f"http://{NAME}/v1", deadlines=replace(PATIENT, run=0.2))
    found = listed(plan(hangs, scenarios=("chat-text",)), "k" * 20)
    assert found is not None
    assert (found.models, found.words) == ((), "was not answered in time, or not in HTTP")


def test_it_is_left_within_a_running_event_loop_too(tmp_path: Path) -> None:
    """There the capture has a thread, and a loop, of its own."""
    hangs = endpoint(f"http://{NAME}/v1", deadlines=replace(PATIENT, connect=0.2))

    async def within() -> Ended | None:
        return capture([job(hangs, tmp_path)]).exchanges["hostile"][0].ended

    assert asyncio.run(within()) is Ended.NO_CONNECTION


def test_however_many_hang_the_next_one_is_looked_up() -> None:
    """A name that hangs delays no other one, and an error of the resolver arrives."""

    async def look() -> None:
        loop = asyncio.get_running_loop()
        hung = [loop.create_task(loop.getaddrinfo(NAME, 80)) for _ in range(MANY)]
        async with asyncio.timeout(PATIENCE):
            assert await loop.getaddrinfo("localhost", 80)
            with pytest.raises(OSError):  # noqa: PT011 - whatever the system says
                await loop.getaddrinfo("127.0.0.1", 80, family=socket.AF_INET6)
        assert not any(task.done() for task in hung)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(look())


@pytest.mark.parametrize(
    ("options", "ended", "told"),
    [
        # A busy machine may not come to the request in that time.
        (
            ["--deadline", "2"],
            {Ended.INTERRUPTED, Ended.NOT_SENT},
            "the deadline of 2 s for the whole run was over",
        ),
        ([], {Ended.NO_CONNECTION, Ended.NOT_SENT}, "no connection was made within 0.4 s"),
    ],
    ids=["deadline", "connect"],
)
def test_the_process_ends_although_a_thread_of_it_hangs(
    options: list[str], ended: set[Ended], told: str, tmp_path: Path
) -> None:
    """With its report, and the exit code of a run that could not say anything."""
    entry = f'[hangs]\nbase_url = "http://{NAME}/v1"\nmodel = "m"\n[hangs.deadlines]\nconnect = '
    providers = tmp_path / "providers.toml"
    providers.write_text(entry + ("0.4\n" if not options else "60\n"))
    run = ["--provider", "hangs", "--providers", str(providers), "--report-dir", str(tmp_path / "reports")]
    done = home.run([sys.executable, "-c", PROGRAM, *run, *options, "-p", "no:cacheprovider"], cwd=tmp_path)

    assert done.returncode == 6, done.stdout + done.stderr
    (verdict,) = [line for line in done.stdout.splitlines() if line.startswith("  Cannot say: ")]
    assert told in verdict
    (path,) = (tmp_path / "reports").glob("hangs/**/report.jsonl")
    assert {Ended(line.ended) for line in read_report(path).exchanges} <= ended
