"""The reference provider asked without a network: a planned request as it would receive it."""

from conformance.plan import Planned
from conformance.reference.answer import REFUSED_KEY
from conformance.reference.wire import Ask

__all__ = ["ask_of"]


def ask_of(planned: Planned, serial: int) -> Ask:
    """A planned request as the reference provider receives it; `serial` counts the requests of a run."""
    key = REFUSED_KEY if planned.key == "bad" else "a-key-of-the-reference"
    return Ask(
        method="POST",
        path="/v1" + planned.request.url.partition("/v1")[2],
        headers={"authorization": f"Bearer {key}"},
        body=planned.request.body.encode(),
        serial=serial,
    )
