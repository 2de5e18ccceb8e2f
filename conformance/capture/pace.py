"""How many requests are open at one provider at once, found out while it is asked."""

import asyncio
from dataclasses import dataclass

__all__ = ["Pace", "Turn", "Turns"]

_TWICE = 2.0  # how much longer the first byte may take than when asked alone
_NOISE = (
    0.25  # seconds that a first byte may always take longer: a busy machine, a slow moment of the network
)


class Pace:
    """How many may be open: 1, 2, 4, ... up to `most`, while answers begin as fast as when asked alone.

    Where they do not, or a connection is lost, it goes back one step and stays there. `fixed` says that
    `most` is what the person wants, and nothing is found out.
    """

    def __init__(self, most: int, *, fixed: bool = False) -> None:
        self.most = most
        self.limit = most if fixed else 1
        self._settled = fixed
        self._first: float | None = None

    def alone(self, seconds: float) -> None:
        """The answer to the first request, which was asked alone, began after so many seconds."""
        if self._first is None:
            self._first = seconds
            if not self._settled:
                self.limit = min(2, self.most)

    def began(self, seconds: float, among: int) -> None:
        """An answer began after so many seconds; its request was sent as one of `among` open ones."""
        if self._settled or self._first is None:
            return
        if seconds > max(self._first * _TWICE, self._first + _NOISE):
            self.back(among)
        elif among * 2 > self.limit:  # more than at the step before; not every answer tells of its wait
            self.limit = min(self.limit * 2, self.most)

    def back(self, among: int) -> None:
        """A request that was one of `among` open ones was answered late, or its connection was lost."""
        if self._settled or among < 2:
            return
        step = 1
        while step * 2 < among:
            step *= 2
        self.limit = min(self.limit, step)
        self._settled = True


@dataclass(slots=True)
class Turn:
    """A request while it is open: one of how many it was when it was sent, and the most others beside it."""

    among: int = 1
    beside: int = 0


class Turns:
    """The requests of one provider that are open, and those that wait, in the order in which they came."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._open: list[Turn] = []
        self._free = asyncio.Condition()

    async def enter(self, turn: Turn) -> None:
        """Wait until the pace allows one more. Cancelled, it has not entered."""
        async with self._free:
            await self._free.wait_for(lambda: len(self._open) < self.pace.limit)
            self._open.append(turn)
            turn.among = len(self._open)
            for one in self._open:
                one.beside = max(one.beside, turn.among - 1)

    async def leave(self, turn: Turn) -> None:
        """It is over, whether or not it had entered."""
        self._open[:] = [one for one in self._open if one is not turn]
        await self.changed()

    async def changed(self) -> None:
        """The pace may allow more than before."""
        async with self._free:
            self._free.notify_all()
