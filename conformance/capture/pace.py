"""The number of requests that are open at one provider at once, adapted while it is asked."""

import asyncio
from dataclasses import dataclass

__all__ = ["Pace", "Turn", "Turns"]

_TWICE = 2.0  # how much longer the first byte may take than when asked alone
_NOISE = 0.25  # seconds by which a first byte may always be later, for a busy machine or network


class Pace:
    """How many requests may be open: 1, 2, 4, ... up to `most`, while answers begin as fast as for one alone.

    When an answer begins late, or a request is turned away, the limit goes back one step and never rises
    again. Further requests that are turned away take it further back: those that were sent together with the
    first show better than it what the server bears. `fixed` says that the user has chosen `most`, which then
    is the limit from the start.
    """

    def __init__(self, most: int, *, fixed: bool = False) -> None:
        self.most = most
        self.limit = most if fixed else 1
        self._fixed = self._settled = fixed
        self._first: float | None = None

    def alone(self, seconds: float) -> None:
        """Records after how many seconds the answer to the first request, which was sent alone, began."""
        if self._first is None:
            self._first = seconds
            if not self._settled:
                self.limit = min(2, self.most)

    def began(self, seconds: float, among: int) -> None:
        """Records after how many seconds an answer began; `among` requests were open when it was sent."""
        if self._settled or self._first is None:
            return
        if seconds > max(self._first * _TWICE, self._first + _NOISE):
            self.back(among)
        elif among * 2 > self.limit:  # more were open than the step before allowed
            self.limit = min(self.limit * 2, self.most)

    def back(self, among: int) -> None:
        """Records that a request, one of `among` open ones, was answered late or turned away."""
        if self._fixed or among < 2:
            return
        step = 1
        while step * 2 < among:
            step *= 2
        self.limit = min(self.limit, step)
        self._settled = True


@dataclass(slots=True)
class Turn:
    """An open request: `among` were open when it was sent, itself included; at most `beside` others since.

    `alone` says that it is to be the only one.
    """

    among: int = 1
    beside: int = 0
    alone: bool = False


class Turns:
    """The open requests of one provider, and those that wait for a turn, in order of arrival."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._open: list[Turn] = []
        self._lone = 0  # turns that are to be the only one, waiting or open
        self._free = asyncio.Condition()

    async def enter(self, turn: Turn, *, alone: bool = False) -> None:
        """Waits until the pace allows one more open request; if `alone`, until no other is open.

        Nothing enters before those that are to be alone have left. When cancelled, the request has not
        entered.
        """
        async with self._free:
            if alone:
                turn.alone = True
                self._lone += 1
                await self._free.wait_for(lambda: not self._open)
            else:
                await self._free.wait_for(lambda: not self._lone and len(self._open) < self.pace.limit)
            self._open.append(turn)
            turn.among = len(self._open)
            for one in self._open:
                one.beside = max(one.beside, turn.among - 1)

    async def leave(self, turn: Turn) -> None:
        """Ends a turn, whether or not it has begun."""
        self._open[:] = [one for one in self._open if one is not turn]
        if turn.alone:
            turn.alone = False
            self._lone -= 1
        await self.changed()

    async def changed(self) -> None:
        """Wakes the waiting requests, since the pace may allow more of them now."""
        async with self._free:
            self._free.notify_all()
