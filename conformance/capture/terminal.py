"""Shows progress on a terminal: one line for each provider, removed when the capture is over."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from conformance.exchange import Ended
from conformance.text import counted

__all__ = ["Terminal"]

_NAME = 18  # columns of a provider's name
_BAR = 10  # columns, so that on 80 of them the numbers beside it are seen
_REFRESH = 0.1  # minimum seconds between updates caused by pieces
_UNSENT = (Ended.NOT_SENT, Ended.UNBUILT, Ended.NO_CONNECTION)


@dataclass(slots=True)
class _Line:
    task: TaskID
    requests: int
    began: float
    events: dict[str, int] = field(default_factory=dict)  # by exchange id
    sizes: dict[str, int] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    waits: dict[str, float] = field(default_factory=dict)  # the end of the wait, by exchange id
    unsent: int = 0
    ended: int = 0
    shown: float = 0.0

    def words(self, now: float) -> str:
        parts = [f"{len(self.open)} open", counted(sum(self.events.values()), "event")]
        parts.append(_size(sum(self.sizes.values())))
        if pauses := [until - now for until in self.waits.values() if until > now]:
            parts.append(f"{len(pauses)} again in {min(pauses):.0f} s")
        if self.unsent:
            parts.append(f"{self.unsent} not sent")
        return ", ".join(parts)


class Terminal:
    """Shows a capture inside a `with` statement: live on a terminal, elsewhere one line at start and end.

    It shows names, counts and times only, and nothing that an endpoint sent.
    """

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console or _standard_error()
        self._clock = clock
        self._lines: dict[str, _Line] = {}
        self._bars = Progress(
            TextColumn(
                "{task.description}", markup=False, table_column=Column(no_wrap=True, max_width=_NAME)
            ),
            BarColumn(bar_width=_BAR),
            MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=5)),
            TextColumn("{task.fields[words]}", markup=False, table_column=Column(no_wrap=True)),
            TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begins(self, provider: str, requests: int) -> None:
        """Adds a line for the provider."""
        task = self._bars.add_task(provider, total=requests, words="")
        self._lines[provider] = _Line(task=task, requests=requests, began=self._clock())

    def sends(self, provider: str, exchange: str) -> None:
        """Counts one more open request."""
        line = self._lines[provider]
        line.open.add(exchange)
        line.waits.pop(exchange, None)
        self._show(line)

    def waits(self, provider: str, exchange: str, seconds: float, why: str) -> None:  # noqa: ARG002
        """Shows the wait; the server's reason is in the report."""
        line = self._lines[provider]
        line.waits[exchange] = self._clock() + seconds
        self._show(line)

    def receives(self, provider: str, exchange: str, size: int, events: int) -> None:
        """Updates the counts of bytes and events."""
        line = self._lines[provider]
        line.sizes[exchange], line.events[exchange] = size, events
        if self._clock() - line.shown >= _REFRESH:
            self._show(line)

    def ends(self, provider: str, exchange: str, ended: Ended) -> None:
        """Counts one more finished request; after a provider's last one, shows its totals."""
        line = self._lines[provider]
        line.open.discard(exchange)
        line.waits.pop(exchange, None)
        line.ended += 1
        line.unsent += ended in _UNSENT
        self._bars.advance(line.task)
        self._show(line)
        if line.ended == line.requests and not self._console.is_terminal:
            sent = f"{line.requests - line.unsent} of {counted(line.requests, 'request')} answered or tried"
            took = f"{self._clock() - line.began:.1f} s"
            self._console.print(
                Text(f"{provider}: {sent} in {took}, {line.words(self._clock())}"), soft_wrap=True
            )

    def _show(self, line: _Line) -> None:
        line.shown = self._clock()
        self._bars.update(line.task, words=line.words(line.shown))


def _standard_error() -> Console:
    """The console of the standard error; none that moves the cursor where that is a file or a pipe.

    Variables that force colours into the log of a CI job do not make it a terminal.
    """
    moves = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return Console(stderr=True, force_terminal=None if moves else False)


def _size(octets: int) -> str:
    return f"{octets / 1000:.0f} kB" if octets >= 1000 else counted(octets, "byte")
