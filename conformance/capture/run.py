"""Sends all requests of a run, to all providers at the same time."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Thread, current_thread, main_thread
from typing import Any, TypeVar

import httpx

from conformance.capture.asking import Asking
from conformance.capture.deadline import Deadline
from conformance.capture.discretion import DISCREET
from conformance.capture.endpoint import Endpoint
from conformance.capture.failures import ours
from conformance.capture.progress import Progress, Silent
from conformance.capture.resolving import new_loop
from conformance.capture.scout import ModelList
from conformance.capture.signals import ENDING, Stop
from conformance.exchange import Exchange
from conformance.plan import Plan

__all__ = ["CaptureResult", "Job", "capture", "listed"]


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is sent to one provider, with which key, and the folder for its evidence.

    Each exchange gets a file in the folder, named after its id. `kept` are the ids of exchanges whose
    evidence is there already, repetitions among them: they are not sent. `deadline` is that of the whole run.
    """

    plan: Plan
    evidence: Path
    key: str | None = field(default=None, repr=False)
    kept: frozenset[str] = frozenset()
    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureResult:
    """The exchanges of each provider, one for every planned request, in plan order.

    Behind them are the repetitions that were sent alone to check a timing violation.
    `interrupted` says that the user stopped the run. `late` says of each provider whose time was over before
    everything was asked and heard, which time that was.
    """

    exchanges: Mapping[str, tuple[Exchange, ...]]
    interrupted: bool = False
    late: Mapping[str, str] = field(default_factory=dict)


def capture(jobs: Sequence[Job], *, progress: Progress | None = None) -> CaptureResult:
    """Sends every planned request once, unless its evidence is there; returns the exchanges.

    They are redacted like their evidence files.

    A first Ctrl-C, SIGTERM or SIGHUP ends the open exchanges and keeps what they have; a second Ctrl-C raises
    KeyboardInterrupt at once. Before anything is sent, raises ConformanceError for mistakes of the user,
    OSError if no evidence can be written, and ValueError for two jobs of one provider. Nothing that an
    endpoint does raises an exception.
    """
    names = [job.plan.provider.name for job in jobs]
    if len(set(names)) < len(names):
        raise ValueError(f"two jobs of one provider among {', '.join(names)}")
    endpoints = [(Endpoint(job.plan, job.key, job.deadline), job) for job in jobs]
    for job in jobs:
        job.evidence.mkdir(parents=True, exist_ok=True)
    with DISCREET:
        try:
            return _completed(_capture(endpoints, progress or Silent()))
        except KeyboardInterrupt:
            # Drops the frames below, whose variables hold requests with their keys.
            raise KeyboardInterrupt from None


def listed(plan: Plan, key: str | None, deadline: Deadline | None = None) -> ModelList | None:
    """What the provider of a plan says to `GET /models`, asked for by one request.

    None if no connection can be made. Raises ConformanceError for what the user can correct.
    """
    endpoint = Endpoint(plan, key, deadline)

    async def ask() -> ModelList | None:
        async with endpoint.open(httpx.create_ssl_context):
            try:
                return await endpoint.models()
            except httpx.ConnectError:
                return None

    with DISCREET:
        return _completed(ask())


def _completed(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine; if an event loop is already running, it runs in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(work)
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()

    async def run() -> T:
        task = asyncio.create_task(work)
        started.set_result((asyncio.get_running_loop(), task))
        return await task

    # A daemon thread, so that a second Ctrl-C does not wait for it.
    done: Future[T] = Future()
    Thread(target=_fulfil, args=(done, run), name="capture", daemon=True).start()
    with _interruptible():
        try:
            return done.result()
        except KeyboardInterrupt:
            loop, task = started.result()
            loop.call_soon_threadsafe(task.cancel)
            return done.result()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Makes Ctrl-C raise KeyboardInterrupt here; the blocked loop would only set a flag."""
    if current_thread() is not main_thread() or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _terminable() -> Iterator[None]:
    """Makes SIGTERM and SIGHUP end the capture as Ctrl-C does. Further ones change nothing: see `Stop`.

    A signal that the process ignores, as SIGHUP below nohup, stays ignored.
    """
    task = asyncio.current_task()
    if current_thread() is not main_thread() or task is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def ends() -> None:
        if not task.cancelling():
            task.cancel()

    before = {}
    with suppress(NotImplementedError):  # on Windows, where the process ends at once
        for number in ENDING:
            if (handler := signal.getsignal(number)) is not signal.SIG_IGN:
                loop.add_signal_handler(number, ends)
                before[number] = handler
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
            if isinstance(handler, Stop) and task.cancelling():
                handler.stopped = True


def _fulfil(done: Future[T], work: Callable[[], Coroutine[Any, Any, T]]) -> None:
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            done.set_result(runner.run(work()))
    except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
        done.set_exception(error)


async def _capture(endpoints: Sequence[tuple[Endpoint, Job]], progress: Progress) -> CaptureResult:
    asked = [Asking(endpoint, job.evidence, progress, job.kept) for endpoint, job in endpoints]
    async with AsyncExitStack() as stack:
        trust = cache(httpx.create_ssl_context)
        for endpoint, job in endpoints:
            await stack.enter_async_context(endpoint.open(trust))
            unsent = [item for item in job.plan.requests if item.exchange.id not in job.kept]
            progress.begins(endpoint.provider.name, len(unsent))
        work = {one: asyncio.create_task(one.run()) for one in asked}
        with _terminable():
            interrupted = await _all(list(work.values()))
    for one, task in work.items():
        fault = None if task.cancelled() else task.exception()
        for recorder in one.recorders:
            if recorder.ended is None:  # cancelled before its first step, so nothing was recorded
                recorder.withhold(ours(fault) if fault else "the run was stopped before its turn")
    # Read only now, so that no stream had to wait.
    exchanges = {one.provider: tuple(item.exchange() for item in one.recorders) for one in asked}
    late = {endpoint.provider.name: endpoint.late for endpoint, _ in endpoints if endpoint.late}
    return CaptureResult(exchanges=exchanges, interrupted=interrupted, late=late)


async def _all(tasks: list[asyncio.Task[None]]) -> bool:
    """Waits for all tasks; returns True if Ctrl-C, which asyncio turns into a cancellation, came first."""
    if not tasks:
        return False
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return True
    finally:
        for task in tasks:
            # A second Ctrl-C ends one of the tasks; asyncio would print its traceback.
            if task.done() and not task.cancelled():
                task.exception()
    return False
