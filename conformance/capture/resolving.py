"""An event loop that waits for no name: a look-up that hangs can be left, though it cannot be ended."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any, ParamSpec, TypeVar

__all__ = ["new_loop"]

P = ParamSpec("P")
T = TypeVar("T")


class _Detached(ThreadPoolExecutor):
    """Runs each call in a daemon thread of its own, for which nobody waits.

    The system's resolver may hang for ever, and no thread in it can be stopped. The threads of the standard
    pool are few, and are joined when the loop closes and again when the interpreter exits: those that hang
    would delay the look-ups of all other providers, and then keep the process from its end.

    It is a ThreadPoolExecutor because event loops take nothing else as their own.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begins the call at once, however many others have not ended."""
        future: Future[T] = Future()
        Thread(target=_fulfil, args=(future, fn, args, kwargs), name="resolver", daemon=True).start()
        return future

    def shutdown(self, *_: object, **__: object) -> None:
        """Waits for nothing, whatever is asked."""


def _fulfil(future: Future[Any], work: Callable[..., Any], args: Any, kwargs: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work(*args, **kwargs))
    except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
        future.set_exception(error)


def new_loop() -> asyncio.AbstractEventLoop:
    """An event loop that leaves the look-ups of names behind when it closes."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Detached())
    return loop
