"""How many requests are open at once: found out, held, told; the same verdicts whatever a server bears."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.capture import pace
from conformance.capture.pace import Pace, Turn, Turns
from conformance.capture.progress import Silent
from conformance.capture.run import Job, capture
from conformance.exchange import Ended, Exchange
from conformance.judge import judge
from conformance.plan import plan
from conformance.providers import Limits
from conformance.reference import answer
from conformance.reference import wire as reference
from conformance.reference.server import Reference
from tests.capture.hostile import (
    END,
    FOREVER,
    GOOD,
    HEAD,
    KEY,
    PATIENT,
    Asked,
    Hostile,
    captured,
    chunk,
    event,
    says,
    whole,
)
from tests.played import REFERENCE

FAST = reference.Pace(first_pause=0.0, token_pause=0.0)


def paced(most: int, *steps: tuple[float, int]) -> int:
    """How many may be open after a first answer that began after 1 s, and further ones."""
    found = Pace(most)
    found.alone(1.0)
    for seconds, among in steps:
        found.began(seconds, among)
    return found.limit


def test_before_the_first_answer_one_is_open() -> None:
    """And none is too late to be the first."""
    found = Pace(24)
    found.began(9.0, 1)
    assert found.limit == 1


def test_twice_as_many_are_open_while_answers_begin_as_fast_as_alone() -> None:
    """One step at a time."""
    assert paced(24) == 2
    assert paced(24, (1.0, 2)) == 4
    assert paced(24, (2.0, 2), (2.0, 4)) == 8
    assert paced(24, (1.0, 2), (1.0, 4), (1.0, 8), (1.0, 16)) == 24
    assert paced(8, (1.0, 2), (1.0, 4), (1.0, 8)) == 8
    assert paced(3) == 2
    assert paced(3, (1.0, 2)) == 3
    assert paced(1) == 1


def test_as_many_as_the_step_before_allowed_say_nothing() -> None:
    """One of two that were open tells nothing of four; one of three does."""
    assert paced(24, (1.0, 2), (1.0, 2), (1.0, 1)) == 4
    assert paced(24, (1.0, 2), (1.0, 3)) == 8


def test_a_late_answer_goes_back_one_step_for_good() -> None:
    """From the level at which its request was sent."""
    assert paced(24, (2.1, 2)) == 1
    assert paced(24, (1.0, 2), (2.1, 4)) == 2
    assert paced(24, (1.0, 2), (1.0, 4), (2.1, 5)) == 4
    assert paced(24, (1.0, 2), (1.0, 4), (2.1, 8), (1.0, 4), (9.0, 2)) == 4
    assert paced(24, (1.0, 2), (1.0, 4), (9.0, 2)) == 1


def test_a_short_wait_is_noise() -> None:
    """On this machine an answer begins within a millisecond, and twice that is nothing."""
    found = Pace(24)
    found.alone(0.001)
    found.began(0.2, 2)
    assert found.limit == 4


def test_a_crowd_that_is_turned_away_shows_how_many_are_borne() -> None:
    """By the request that found the fewest open, also if it is not the first to come back."""
    found = Pace(24)
    found.alone(0.001)
    for among in (2, 4, 8):
        found.began(0.001, among)
    for among in (16, 9, 6, 11):
        found.back(among)
    assert found.limit == 4
    found.began(0.001, 4)
    assert found.limit == 4, "it never rises again"


def test_a_number_that_was_asked_for_stays() -> None:
    """Whatever answers do."""
    found = Pace(5, fixed=True)
    found.alone(1.0)
    found.began(9.0, 5)
    found.back(5)
    assert found.limit == 5


def test_turns_come_in_order_and_know_what_is_beside_them() -> None:
    """The third waits for the first."""

    async def play() -> list[Turn]:
        turns = Turns(Pace(2, fixed=True))
        made = [Turn(), Turn(), Turn()]
        await turns.enter(made[0])
        await turns.enter(made[1])
        third = asyncio.create_task(turns.enter(made[2]))
        await asyncio.sleep(0)
        assert not third.done()
        await turns.leave(made[0])
        await third
        await turns.leave(made[1])
        return made

    first, second, third = asyncio.run(play())
    assert (first.among, first.beside) == (1, 1)
    assert (second.among, second.beside) == (2, 1)
    assert (third.among, third.beside) == (2, 1)


def test_a_turn_alone_waits_for_all_and_all_wait_for_it() -> None:
    """Also where the pace would allow more, and if the one that waits is cancelled."""

    async def play() -> list[str]:
        turns, order = Turns(Pace(9, fixed=True)), list[str]()
        first, lone, last = Turn(), Turn(), Turn()

        async def enters(name: str, turn: Turn, *, alone: bool = False) -> None:
            try:
                await turns.enter(turn, alone=alone)
                order.append(name)
            except asyncio.CancelledError:
                await turns.leave(turn)
                raise

        await enters("first", first)
        tasks = [asyncio.create_task(enters("lone", lone, alone=True))]
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(enters("last", last)))
        await asyncio.sleep(0)
        await turns.leave(first)
        await tasks[0]
        assert order == ["first", "lone"]
        await turns.leave(lone)
        await tasks[1]
        cancelled = asyncio.create_task(enters("never", Turn(), alone=True))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        await enters("after", Turn())
        return order

    assert asyncio.run(play()) == ["first", "lone", "last", "after"]


class FullError(Exception):
    """Raised where a request is to be answered with 503."""


class Engine:
    """The reference provider behind something that bears only so much. `most` and `names` are what it saw."""

    def __init__(self, wait: Callable[["Engine"], Awaitable[bool]]) -> None:
        self.open = self.most = self.asked = 0
        self.alone: list[bool] = []
        self._wait = wait
        self.lock = asyncio.Lock()
        self.full = asyncio.Event()

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """Answer one request, unless the wait says that its connection is to be reset."""
        self.asked += 1
        serial = self.asked
        self.open += 1
        self.most = max(self.most, self.open)
        self.alone.append(self.open == 1)
        try:
            try:
                lost = await self._wait(self)
            except FullError:
                await whole("503 Service Unavailable", b"{}", "retry-after: 0")(asked, writer)
                return
            if lost:
                writer.transport.abort()
                return
            path = asked.line.split()[1]
            reply = answer(
                reference.Ask(
                    method="POST", path=path, headers=asked.headers, body=asked.body, serial=serial
                ),
                FAST,
            )
            lines = [f"HTTP/1.1 {reply.status} X", *(f"{name}: {value}" for name, value in reply.headers)]
            writer.write("\r\n".join([*lines, "transfer-encoding: chunked"]).encode() + b"\r\n\r\n")
            for frame in reply.frames[:BEGUN]:
                writer.write(chunk(frame.data))
            await writer.drain()
            await self.hold()
            for frame in reply.frames[BEGUN:]:
                writer.write(chunk(frame.data))
            writer.write(END)
            await writer.drain()
        finally:
            self.open -= 1

    async def hold(self) -> None:
        """In the middle of the body: until no more requests come, so that those that are sent meet."""
        seen = 0
        while seen < self.asked:
            seen = self.asked
            await asyncio.sleep(0.3)


class Patient(Engine):
    """Ends its answers when so many are open as are sent at once at all."""

    async def hold(self) -> None:
        if self.open == CROWD:
            self.full.set()
        if self.asked <= CROWD:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.full.wait(), BUSY)


SOME = (
    "chat-text",
    "chat-text-no-usage",
    "chat-length",
    "chat-n",
    "chat-json",
    "chat-awkward",
    "chat-cancel",
)
BUSY = 20.0  # seconds that a busy machine may take to answer
BEGUN = 6  # frames after which the first words of an answer are out
CROWD = 24  # as many as `auto` opens at most on loopback


class Single(Engine):
    """Works on one answer at a time; the others wait."""

    async def hold(self) -> None:
        await asyncio.sleep(1.0)
        self.lock.release()


async def one_at_a_time(engine: Engine) -> bool:
    """Begins when the one before has ended."""
    await engine.lock.acquire()
    return False


async def slow_beyond_four(engine: Engine) -> bool:
    """A fifth makes everything slow."""
    await asyncio.sleep(2.0 if engine.open > 4 else 0.02)
    return False


async def resets_beyond_five(engine: Engine) -> bool:
    """A sixth is not let in."""
    full = engine.open > 5
    await asyncio.sleep(0.02)
    return full


async def borne_before(engine: Engine) -> bool:
    """Bears many at first, and then one alone: what was borne before says nothing."""
    crowd = engine.asked > 4 and engine.open > 1
    await asyncio.sleep(0.02)
    return crowd


async def full_beyond_two(engine: Engine) -> bool:
    """A third is told to come back."""
    full = engine.open > 2
    await asyncio.sleep(0.02)
    if full:
        raise FullError
    return False


async def at_once(_: Engine) -> bool:
    """As fast for many as for one."""
    return False


def run(engine: Engine, folder: Path, names: Sequence[str] = (), **limits: int) -> list[Exchange]:
    """The exchanges of a run against an engine, a whole one where nothing is named."""
    with Hostile([engine]) as server:
        provider = replace(REFERENCE, base_url=server.base_url, limits=Limits(**limits), deadlines=PATIENT)
        done = capture([Job(plan=plan(provider, scenarios=names), key=KEY, evidence=folder)])
    return list(done.exchanges[provider.name])


def outcomes(exchanges: list[Exchange]) -> dict[tuple[str, str], str]:
    """What became of every rule, but for those that are asked only of a server that answers one at a time."""
    single = ("cancel-frees", "cancel-undelayed")
    found = {(item.subject, item.requirement): item.outcome.value for item in judge(exchanges)}
    return {key: outcome for key, outcome in found.items() if key[1] not in single}


@pytest.fixture
def limits_found(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """How many were open when an answer was late or lost, and how many may be open since.

    The answer that came alone is taken for a fast one, so that what slows others is seen on a busy machine.
    """
    alone, back, found = Pace.alone, Pace.back, list[tuple[int, int]]()

    def told(self: Pace, among: int) -> None:
        back(self, among)
        found.append((among, self.limit))

    monkeypatch.setattr(Pace, "alone", lambda self, seconds: alone(self, min(seconds, 0.02)))
    monkeypatch.setattr(Pace, "back", told)
    return found


@pytest.mark.parametrize(
    ("kind", "wait"), [(Single, one_at_a_time), (Engine, slow_beyond_four), (Engine, resets_beyond_five)]
)
def test_verdicts_are_those_of_one_at_a_time_whatever_a_server_bears(
    kind: type[Engine],
    wait: Callable[[Engine], Awaitable[bool]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limits_found: list[tuple[int, int]],
) -> None:
    """And how many were open stands in the evidence.

    How far the number grows before a server shows what it bears is a matter of the machine.
    """
    # What counts as noise elsewhere is what the slow ones take; a busy machine is not what resets.
    monkeypatch.setattr(pace, "_NOISE", BUSY if wait is resets_beyond_five else 0.15)
    names = SOME if kind is Single else ()
    found = run(kind(wait), tmp_path / "auto", names)
    among, limit = limits_found[0]
    single = run(kind(wait), tmp_path / "one", names, concurrency=1)

    assert max(item.beside or 0 for item in found) >= 1
    assert limit < among
    assert {item.ended for item in found} == {Ended.CLOSED, Ended.LEFT}
    assert outcomes(found) == outcomes(single)
    assert {item.beside for item in single} == {0}
    resets = [attempt for item in found for attempt in item.attempts if attempt.status is None]
    assert bool(resets) == (wait is resets_beyond_five)
    assert all(len(item.attempts) <= 2 for item in found)


def test_a_request_that_was_lost_in_a_crowd_is_sent_again_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent only once more, so others that are open shall not be the reason again."""
    monkeypatch.setattr(pace, "_NOISE", BUSY)
    found = run(Engine(borne_before), tmp_path, SOME)

    assert {item.ended for item in found} <= {Ended.CLOSED, Ended.LEFT}
    assert any(attempt.status is None for item in found for attempt in item.attempts)


def test_a_full_server_is_asked_with_fewer_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal for the load is held against nobody, also where a refusal is due."""
    monkeypatch.setattr(pace, "_NOISE", BUSY)
    names = (*SOME, "chat-unknown-model", "chat-malformed", "chat-bad-key")
    found = run(Engine(full_beyond_two), tmp_path / "auto", names)

    assert 503 not in {item.status for item in found}
    assert 503 in {attempt.status for item in found for attempt in item.attempts}


def test_a_server_that_scales_is_asked_with_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the first request, and the two that are sent alone at the end."""
    monkeypatch.setattr(pace, "_NOISE", BUSY)
    engine = Patient(at_once)
    found = run(engine, tmp_path)

    assert engine.most == CROWD
    assert engine.alone[:CROWD] == [True] + [False] * (CROWD - 1)
    assert engine.alone[-2:] == [True] * 2
    assert {"chat-cancel", "chat-twin"} <= {item.scenario for item in found if item.beside == 0}


def test_how_many_were_open_stands_in_the_words_of_a_failure(tmp_path: Path) -> None:
    """Where that may be the reason."""
    hang = says(HEAD, chunk(event(1)), FOREVER)
    exchanges, _ = captured(
        [GOOD, hang],
        tmp_path,
        ("chat-text", "chat-length", "chat-n"),
        limits=Limits(concurrency=2),
        deadlines=replace(PATIENT, silence=0.5),
    )

    assert [item.ended for item in exchanges[:3]] == [Ended.CLOSED, Ended.SILENCE, Ended.SILENCE]
    assert exchanges[1].detail == "nothing came for 0.5 s after event 1 (1 other request open beside it)"


class Sends(Silent):
    """The ids of the exchanges in the order in which their requests are sent."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def sends(self, provider: str, exchange: str) -> None:
        assert provider == "reference"
        self.order.append(exchange)


def test_what_may_take_longest_is_sent_first(tmp_path: Path) -> None:
    """After the plainest one; the run does not end with it, also where few requests may be open at once."""
    sends = Sends()
    with Reference(pace=FAST) as server:
        provider = replace(REFERENCE, base_url=server.base_url, limits=Limits(concurrency=1))
        capture([Job(plan=plan(provider), key=KEY, evidence=tmp_path)], progress=sends)
    order = sends.order

    assert order[0] == "chat-awkward"
    assert set(order[1:5]) == {"chat-text", "chat-reasoning", "responses-text", "responses-reasoning"}
    assert order.index("chat-tool") < order.index("chat-tool-forced") < order.index("chat-length")
