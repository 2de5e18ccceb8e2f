"""The order in which the requests of one provider are sent: one alone, then many at once, then some alone."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import httpx

from conformance import turn
from conformance.capture import scout
from conformance.capture.endpoint import Endpoint
from conformance.capture.progress import Progress
from conformance.capture.recorder import Recorder
from conformance.exchange import Ended, Mistake
from conformance.judge import hurried
from conformance.plan import AGAIN, PlannedRequest, again
from conformance.text import shown_models

__all__ = ["Asking"]


class Asking:
    """All requests of one provider, from the first to the last. Used once.

    `recorders` holds one recorder for each planned request, in plan order, and then those of the repetitions.
    """

    def __init__(
        self, endpoint: Endpoint, evidence: Path, progress: Progress, kept: frozenset[str] = frozenset()
    ) -> None:
        """`kept` are the ids of exchanges whose evidence is there, and which are not made."""
        self.provider = endpoint.provider.name
        self._endpoint = endpoint
        self._evidence = evidence
        self._progress = progress
        self.recorders = [self._recorder(planned) for planned in endpoint.plan.requests]
        repeated = [again(one) for one in endpoint.plan.requests if again(one).exchange.id in kept]
        self.recorders += map(self._recorder, repeated)
        self._kept = [recorder for recorder in self.recorders if recorder.id in kept]
        for recorder in self._kept:
            recorder.keep()
        self._tasks: dict[Recorder, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Sends all of them. When cancelled, ends the open exchanges and keeps what they have."""
        try:
            await self._scout()
            if any(recorder.planned.scenario.alone for recorder in self._tasks):
                await self._over()
            left = [item for item in self.recorders if item not in self._tasks and item not in self._kept]
            lone = self._lone(left)
            for recorder in _longest_first([recorder for recorder in left if recorder not in lone]):
                self._start(recorder)
            await self._over()
            for recorder in lone:
                self._start(recorder)
                await self._over()
            await self._repeat()
        except asyncio.CancelledError:
            for task in self._tasks.values():
                task.cancel()
            await self._over()
            raise
        finally:
            for task in self._tasks.values():
                # A second Ctrl-C ends one of them; asyncio would print where.
                if task.done() and not task.cancelled():
                    task.exception()

    async def _scout(self) -> None:
        """Sends the plainest request of an API alone until its head has come.

        If the path of that API is missing, the plainest request of the next API follows, alone too. An answer
        that is kept may have shown already that address, key and model are right.
        """
        if any(recorder.opens for recorder in self._kept):
            return
        by_id = {item.id: item for item in self.recorders if item not in self._kept}
        missing: list[tuple[Recorder, scout.UserMistake]] = []
        for planned in scout.plainest([item.planned for item in by_id.values()]):
            recorder = by_id[planned.exchange.id]
            self._start(recorder)
            await recorder.headed.wait()
            found = None if recorder.opens else await self._found(recorder)
            if found is None:
                return
            if found.mistake is not Mistake.PATH:
                await self._mistaken([(recorder, found)])
                return
            missing.append((recorder, found))
        await self._mistaken(missing)

    async def _repeat(self) -> None:
        """Repeats, one by one, the requests whose timing other open requests may have spoilt."""
        there = {recorder.id for recorder in self.recorders}
        for recorder in tuple(self.recorders):
            if len(self.recorders) - len(self._endpoint.plan.requests) >= AGAIN or self._endpoint.over:
                return
            if not recorder.slow or again(recorder.planned).exchange.id in there:
                continue
            # Assembling takes time while streams of other providers are being timed, so it runs in a thread.
            if await asyncio.to_thread(_hurried, recorder):
                repetition = self._recorder(again(recorder.planned))
                self.recorders.append(repetition)
                self._start(repetition)
                await self._over()

    def _recorder(self, planned: PlannedRequest) -> Recorder:
        return Recorder(
            self._endpoint, planned, self._evidence / f"{planned.exchange.id}.jsonl", self._progress
        )

    async def _found(self, recorder: Recorder) -> scout.UserMistake | None:
        """The mistake that an unsuccessful answer shows, once it is complete; None if it shows none."""
        await self._over()
        exchange, provider = recorder.exchange(), self._endpoint.provider
        if why := scout.unanswered(provider, exchange):
            if why != exchange.detail:
                recorder.tell(why)
            self._endpoint.give_up(why)
            return None
        return scout.found(provider, exchange)

    async def _mistaken(self, found: Sequence[tuple[Recorder, scout.UserMistake]]) -> None:
        """Sends nothing else, and puts the first sentence into the evidence of every exchange."""
        if not found:
            return
        words = found[0][1].words
        if found[0][1].mistake is Mistake.MODEL:
            with suppress(httpx.ConnectError):
                listed = await self._endpoint.models()
                shown = f"lists {shown_models(listed.models)}" if listed.models else listed.words
                words += f"; GET /models {shown}"
        for recorder, one in found:
            recorder.tell(words, one.mistake)
        self._endpoint.give_up(words)

    def _start(self, recorder: Recorder) -> None:
        self._tasks[recorder] = asyncio.create_task(self._one(recorder))

    async def _one(self, recorder: Recorder) -> None:
        try:
            ended = await self._unbuilt(recorder) or await recorder.record()
        except asyncio.CancelledError:
            ended = recorder.withhold("the run was stopped before its turn")
        if recorder.head_after is not None:
            self._endpoint.turns.pace.alone(recorder.head_after)  # if no first byte has set it
            await self._endpoint.turns.changed()
        with suppress(Exception):  # a failing progress display does not stop the capture
            self._progress.ends(recorder.provider, recorder.id, ended)

    async def _unbuilt(self, recorder: Recorder) -> Ended | None:
        """Waits for the exchange that comes before, and completes a request that sends its answer back.

        Returns how the exchange ended if its request cannot be completed.
        """
        there = (item for item in (*self._tasks, *self._kept) if item.id == recorder.planned.after)
        before = next(there, None)
        if before in self._tasks:
            await asyncio.wait([self._tasks[before]])
        if not recorder.planned.awaits or self._endpoint.over:
            return None
        # In a thread, as it reads and assembles an answer while streams are being timed.
        made = await asyncio.to_thread(
            lambda: turn.completed(recorder.planned, before.exchange() if before is not None else None)
        )
        if isinstance(made, PlannedRequest):
            recorder.planned = made
            return None
        recorder.planned = replace(recorder.planned, exchange=made.exchange)
        return recorder.withhold(made.why, Ended.UNBUILT)

    def _lone(self, left: Sequence[Recorder]) -> list[Recorder]:
        """Those that run alone: what is timed or left in the middle, and what comes after one of them."""
        lone: dict[str, Recorder] = {}
        for recorder in left:
            scenario = recorder.planned.scenario
            if scenario.leaves_after or scenario.after or scenario.alone or recorder.planned.after in lone:
                lone[recorder.id] = recorder
        return list(lone.values())

    async def _over(self) -> None:
        """Waits until no request is open."""
        if under_way := [task for task in self._tasks.values() if not task.done()]:
            await asyncio.wait(under_way)


def _longest_first(recorders: Sequence[Recorder]) -> list[Recorder]:
    """The order in which they are sent: what may take longest first, so that the run does not end with it.

    The more tokens an answer may have, the longer it takes; the next turn, which waits for it, counts too.
    Every other request is one whose answer shows the load, as long as there are any, so that more may soon be
    open at once.
    """
    own = {recorder.id: recorder.planned.scenario.tokens for recorder in recorders}
    whole = dict(own)
    for recorder in recorders:
        if recorder.planned.after in own:
            whole[recorder.planned.after] += own[recorder.id]
    longest = sorted(recorders, key=lambda recorder: (whole[recorder.id], own[recorder.id]), reverse=True)
    kinds = [[one for one in longest if one.shows_load is shows] for shows in (True, False)]
    return [one for pair in zip_longest(*kinds) for one in pair if one is not None]


def _hurried(recorder: Recorder) -> bool:
    return hurried(recorder.exchange())
