"""Plays the reference provider without a network: every request of a plan, answered and recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from conformance.capabilities import CAPABILITIES
from conformance.capture.body import Coding, Watch
from conformance.catalogue import Outcome, Verdict
from conformance.exchange import Ended, Exchange, Piece
from conformance.judge import judge_answers
from conformance.plan import Plan, PlannedRequest, plan
from conformance.providers import Provider
from conformance.reference import Pace, answer
from conformance.reference.direct import ask_of
from conformance.reference.faults import Fault
from conformance.reference.memory import Memory
from conformance.reference.wire import Reply
from conformance.scenarios import SCENARIOS
from conformance.subject import Answer, read
from conformance.turn import UnbuiltRequest, completed

ENDED = {"close": Ended.CLOSED, "reset": Ended.RESET, "hold": Ended.HELD_OPEN}
BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO, Outcome.ERROR)

BESIDE = "chat-json"
"""Another request was open beside this one, as where a run finds out how many an endpoint answers."""

REFERENCE = Provider(
    name="reference",
    base_url="http://127.0.0.1/v1",
    api_key_env="REFERENCE_API_KEY",
    models={"text": "reference", "tools": "reference", "reasoning": "reference-reasoning"},
    claims=dict.fromkeys(CAPABILITIES, True),
)


EVERYTHING = len(SCENARIOS)
"""The requests of a run where everything is claimed."""

BARE = sum(not item.only_claimed for item in SCENARIOS)
"""The requests of a run where nothing is claimed."""


def whole_plan(*without: str) -> Plan:
    """All that a default run sends to the reference provider, which is said to lack these capabilities."""
    return plan(replace(REFERENCE, claims={**REFERENCE.claims, **dict.fromkeys(without, False)}))


def recorded(planned: PlannedRequest, reply: Reply) -> Exchange:
    """The exchange with a reply as its answer, each frame a piece; left where the scenario says so."""
    limits = REFERENCE.limits
    coding = Coding(dict(reply.headers).get("content-encoding"), limits.bytes)
    watch = Watch(planned.exchange.api, limits)
    at, pieces, ended = 0.0, [], ENDED[reply.ending]
    for frame in reply.frames:
        at += frame.pause
        pieces.append(Piece(data=coding.plain(frame.data), at=at))
        watch.take(pieces[-1])
        if 0 < planned.scenario.leaves_after <= watch.events:
            ended = Ended.LEFT
            break
    return replace(
        planned.exchange,
        status=reply.status,
        headers=reply.headers,
        pieces=tuple(pieces),
        ended=ended,
        ended_at=at,
        beside=1 if planned.exchange.id == BESIDE else None,
    )


def played(fault: Fault | None = None, *without: str) -> list[Exchange]:
    """Every exchange of a default run against the reference provider, with a fault or without.

    It is said to lack the capabilities `without`, and is not asked for them.
    """
    return _answered(fault, *without) if fault or without else list(_good())


@cache
def _good() -> tuple[Exchange, ...]:
    return tuple(_answered(None))


def _answered(fault: Fault | None, *without: str) -> list[Exchange]:
    return [exchange for _, exchange in answers(whole_plan(*without), fault)]


def answers(whole: Plan, fault: Fault | None = None) -> Iterator[tuple[PlannedRequest, Exchange]]:
    """Each request of a plan as it is sent, and its exchange, in the order of the plan."""
    memory, exchanges = Memory(), dict[str, Exchange]()
    for serial, first in enumerate(whole.requests, 1):
        planned = completed(first, exchanges.get(first.awaits)) if first.awaits else first
        if isinstance(planned, UnbuiltRequest):
            exchanges[first.exchange.id] = replace(planned.exchange, ended=Ended.UNBUILT, detail=planned.why)
            yield first, exchanges[first.exchange.id]
            continue
        ask = ask_of(planned, serial, memory)
        reply = answer(ask, fault.pace if fault and fault.pace else Pace())
        left = {exchange.id for exchange in exchanges.values() if exchange.ended is Ended.LEFT}
        if fault is not None and (planned.after in left or not fault.once_left):
            reply = fault.edit(ask, reply)
        exchanges[planned.exchange.id] = recorded(planned, reply)
        yield planned, exchanges[planned.exchange.id]


def broken(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    """The verdicts that are neither kept nor inapplicable, by requirement."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.outcome in BROKEN:
            found.setdefault(verdict.requirement, []).append(verdict)
    return found


def judged(fault: Fault | None = None) -> list[Verdict]:
    """The verdicts on a default run against the reference. What a fault leaves alone is read once."""
    if fault is None:
        return list(_kept())
    good = _read()
    return judge_answers(
        [
            good[exchange.id] if good[exchange.id].exchange == exchange else read(exchange)
            for exchange in played(fault)
        ]
    )


@cache
def _read() -> dict[str, Answer]:
    return {exchange.id: read(exchange) for exchange in _good()}


@cache
def _kept() -> tuple[Verdict, ...]:
    return tuple(judge_answers(list(_read().values())))
