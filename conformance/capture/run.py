"""All requests of a run, of all providers at once."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import httpx

from conformance.capture.asking import Asking
from conformance.capture.endpoint import Endpoint
from conformance.capture.progress import Progress, Silent
from conformance.capture.recorder import ours
from conformance.exchange import Exchange
from conformance.plan import Plan

__all__ = ["CaptureResult", "Job", "capture", "listed"]


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is sent to one provider, with which key, and the folder that takes the evidence.

    Each exchange gets a file there, named after its id.
    """

    plan: Plan
    evidence: Path
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureResult:
    """The exchanges of each provider, one for every planned request, in the order of its plan.

    Behind them are those that were asked again, with nothing else open, for their timing.
    `interrupted` says that the person stopped the run.
    """

    exchanges: Mapping[str, tuple[Exchange, ...]]
    interrupted: bool = False


def capture(jobs: Sequence[Job], *, progress: Progress | None = None) -> CaptureResult:
    """Send every planned request once and return what came of each, redacted, as its evidence file has it.

    A first Ctrl-C ends what is under way and keeps it; a second one raises KeyboardInterrupt at once. Before
    anything is sent, raises ConformanceError for what the person can put right, OSError where no evidence can
    be written, and ValueError for two jobs of one provider. Nothing that an endpoint does raises anything.
    """
    names = [job.plan.provider.name for job in jobs]
    if len(set(names)) < len(names):
        raise ValueError(f"two jobs of one provider among {', '.join(names)}")
    endpoints = [(Endpoint(job.plan, job.key), job.evidence) for job in jobs]
    for job in jobs:
        job.evidence.mkdir(parents=True, exist_ok=True)
    with _discreet():
        try:
            return _completed(_capture(endpoints, progress or Silent()))
        except KeyboardInterrupt:
            # Without the frames below, whose variables hold requests with their keys.
            raise KeyboardInterrupt from None


def listed(plan: Plan, key: str | None) -> tuple[str, ...]:
    """The models that the provider of a plan lists, by one request; empty where it lists none.

    Raises ConformanceError for what the person can put right.
    """
    endpoint = Endpoint(plan, key)

    async def ask() -> tuple[str, ...]:
        async with endpoint.open(httpx.create_ssl_context):
            return await endpoint.models()

    with _discreet():
        return _completed(ask())


def _completed(work: Coroutine[Any, Any, T]) -> T:
    """What comes of a coroutine, also where an event loop is running already: then in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        with asyncio.Runner() as runner:
            return runner.run(work)
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()

    async def run() -> T:
        task = asyncio.create_task(work)
        started.set_result((asyncio.get_running_loop(), task))
        return await task

    # A daemon, so that a second Ctrl-C does not wait for it.
    done: Future[T] = Future()
    Thread(target=_fulfil, args=(done, run), name="capture", daemon=True).start()
    try:
        return done.result()
    except KeyboardInterrupt:
        loop, task = started.result()
        loop.call_soon_threadsafe(task.cancel)
        return done.result()


def _fulfil(done: Future[T], work: Callable[[], Coroutine[Any, Any, T]]) -> None:
    try:
        done.set_result(asyncio.run(work()))
    except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
        done.set_exception(error)


async def _capture(endpoints: Sequence[tuple[Endpoint, Path]], progress: Progress) -> CaptureResult:
    asked = [Asking(endpoint, evidence, progress) for endpoint, evidence in endpoints]
    async with AsyncExitStack() as stack:
        trust = cache(httpx.create_ssl_context)
        for endpoint, _ in endpoints:
            await stack.enter_async_context(endpoint.open(trust))
            progress.begins(endpoint.provider.name, len(endpoint.plan.requests))
        work = {one: asyncio.create_task(one.run()) for one in asked}
        interrupted = await _all(list(work.values()))
    for one, task in work.items():
        fault = None if task.cancelled() else task.exception()
        for recorder in one.recorders:
            if recorder.ended is None:  # before its first step: it has not even said that it sent nothing
                recorder.withhold(ours(fault) if fault else "the run was stopped before its turn")
    # Read now and not before: no stream has waited for it.
    exchanges = {one.provider: tuple(item.exchange() for item in one.recorders) for one in asked}
    return CaptureResult(exchanges=exchanges, interrupted=interrupted)


async def _all(tasks: list[asyncio.Task[None]]) -> bool:
    """Wait for all tasks; True when Ctrl-C, which asyncio turns into a cancellation, came before."""
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
            # A second Ctrl-C ends one of them; asyncio would print where.
            if task.done() and not task.cancelled():
                task.exception()
    return False


@contextmanager
def _discreet() -> Iterator[None]:
    """Silences the logs of the HTTP libraries, which would leak URLs and headers."""
    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
