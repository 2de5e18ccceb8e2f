"""The reference provider asked without a network: a planned request as it would receive it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.exchange import Ended, Exchange, Piece
from conformance.plan import PlannedRequest
from conformance.reference.answer import REFUSED_KEY, answer
from conformance.reference.memory import Memory
from conformance.reference.wire import Ask, Pace, Reply
from conformance.turn import UnbuiltRequest, completed

__all__ = ["ask_of", "asked"]


def asked(
    requests: Iterable[PlannedRequest], pace: Pace | None = None
) -> Iterator[tuple[PlannedRequest, Ask, Reply]]:
    """Each planned request as the provider receives it, and its answer, in the order of the plan."""
    memory, exchanges = Memory(), dict[str, Exchange]()
    for serial, opening in enumerate(requests, 1):
        planned = completed(opening, exchanges.get(opening.awaits)) if opening.awaits else opening
        if isinstance(planned, UnbuiltRequest):
            continue
        ask = ask_of(planned, serial, memory)
        reply = answer(ask, pace)
        pieces = tuple(Piece(data=frame.data) for frame in reply.frames)
        exchanges[planned.exchange.id] = replace(
            planned.exchange, status=reply.status, headers=reply.headers, pieces=pieces, ended=Ended.CLOSED
        )
        yield planned, ask, reply


def ask_of(planned: PlannedRequest, serial: int, memory: Memory | None = None) -> Ask:
    """A planned request as the reference provider receives it; `serial` counts the requests of a run.

    `memory` is what the provider remembers of the run; None if nothing.
    """
    memory = memory or Memory()
    body = planned.request.body.encode()
    key = REFUSED_KEY if planned.key == "bad" else "a-key-of-the-reference"
    return Ask(
        method="POST",
        path="/v1" + planned.request.url.partition("/v1")[2],
        headers={"authorization": f"Bearer {key}"},
        body=body,
        serial=serial,
        memory=memory,
        again=memory.met(body),
    )
