"""The signals that end a run as Ctrl-C does."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

__all__ = ["ENDING", "Stop", "handled"]

ENDING: Final = tuple(
    number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)
"""A supervisor or a closed terminal sends them. Windows has only the first."""


class Stop:
    """A handler of these signals: the first one raises KeyboardInterrupt, as Ctrl-C does; others do nothing.

    A terminal that is closed sends more than one, and so do supervisors, who have SIGKILL for what does not
    end. `stopped` says that the first one has come, here or where it was handled otherwise.
    """

    def __init__(self) -> None:
        self.stopped = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Stops what runs, unless it is ending already."""
        if not self.stopped:
            self.stopped = True
            signal.default_int_handler(number, frame)


@contextmanager
def handled(
    numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], Any]
) -> Iterator[None]:
    """Lets a handler have these signals for the time of a `with` statement. For the main thread alone."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, one in before.items():
            signal.signal(number, one)
