"""The reference provider played without a network: every request of a plan, answered and recorded."""

from collections.abc import Sequence
from dataclasses import replace

from conformance.capabilities import CAPABILITIES
from conformance.catalogue import Outcome, Verdict
from conformance.exchange import Ended, Exchange, Piece
from conformance.judge import judge
from conformance.plan import Plan, Planned, plan
from conformance.providers import Provider
from conformance.reference import Ask, Pace, answer
from conformance.reference.answer import REFUSED_KEY
from conformance.reference.faults import Fault
from conformance.reference.wire import Reply

ENDED = {"close": Ended.CLOSED, "reset": Ended.RESET, "hold": Ended.HELD_OPEN}
BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO, Outcome.ERROR)

REFERENCE = Provider(
    name="reference",
    base_url="http://127.0.0.1/v1",
    api_key_env="REFERENCE_API_KEY",
    models={"text": "reference", "tools": "reference", "reasoning": "reference-reasoning"},
    claims=dict.fromkeys(CAPABILITIES, True),
)


def whole_plan() -> Plan:
    """All that a default run sends to the reference provider."""
    return plan(REFERENCE)


def ask_of(planned: Planned, serial: int) -> Ask:
    """A planned request as the reference provider receives it."""
    key = REFUSED_KEY if planned.key == "bad" else "a-key-of-the-reference"
    return Ask(
        method="POST",
        path="/v1" + planned.request.url.partition("/v1")[2],
        headers={"authorization": f"Bearer {key}"},
        body=planned.request.body.encode(),
        serial=serial,
    )


def recorded(exchange: Exchange, reply: Reply) -> Exchange:
    """The exchange with a reply as its answer, each frame a piece."""
    at, pieces = 0.0, []
    for frame in reply.frames:
        at += frame.pause
        pieces.append(Piece(data=frame.data, at=at))
    return replace(
        exchange,
        status=reply.status,
        headers=reply.headers,
        pieces=tuple(pieces),
        ended=ENDED[reply.ending],
        ended_at=at,
    )


def played(fault: Fault | None = None) -> list[Exchange]:
    """Every exchange of a default run against the reference provider, with a fault or without."""
    exchanges = []
    for serial, planned in enumerate(whole_plan().requests, 1):
        ask = ask_of(planned, serial)
        reply = answer(ask, fault.pace if fault and fault.pace else Pace())
        if fault is not None:
            reply = fault.edit(ask, reply)
        exchanges.append(recorded(planned.exchange, reply))
    return exchanges


def broken(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    """The verdicts that are neither kept nor inapplicable, by requirement."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.outcome in BROKEN:
            found.setdefault(verdict.requirement, []).append(verdict)
    return found


def judged(fault: Fault | None = None) -> list[Verdict]:
    """The verdicts on a default run against the reference provider."""
    return judge(played(fault))
