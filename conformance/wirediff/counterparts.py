"""Which exchange of one run belongs to which of the other: by its scenario, or by its request. Pure."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence

from conformance.exchange import Exchange

__all__ = ["counterparts"]


def counterparts(direct: Sequence[Exchange], gateway: Sequence[Exchange]) -> list[tuple[Exchange, Exchange]]:
    """Two exchanges of the same scenario; of what is left, those of the same request, in their order.

    A name that is no scenario's, such as the number of a recording, says nothing of what was asked. The
    request is taken as it is, and then without the name of the model, which a gateway has its own for. Two
    that are alone on their sides belong together where their requests are not known.
    """
    found: dict[int, Exchange] = {}
    free = list(gateway)
    names: tuple[Callable[[Exchange], str], ...] = (_scenario, _asked, _asked_of_any_model)
    for name in names:
        by_name: dict[str, list[Exchange]] = defaultdict(list)
        for two in reversed(free):
            by_name[name(two)].append(two)
        for place, one in enumerate(direct):
            if place not in found and name(one) and by_name.get(name(one)):
                found[place] = by_name[name(one)].pop()
        taken = {id(two) for two in found.values()}
        free = [two for two in free if id(two) not in taken]
    if not found and len(direct) == len(gateway) == 1 and not (_known(direct[0]) and _known(gateway[0])):
        return [(direct[0], gateway[0])]
    return [(direct[place], found[place]) for place in sorted(found)]


def _scenario(exchange: Exchange) -> str:
    """The name of an exchange, in which its sample is, if the suite itself has asked."""
    return exchange.id if exchange.scenario else ""


def _known(exchange: Exchange) -> bool:
    return bool(exchange.scenario or _asked(exchange))


def _asked(exchange: Exchange) -> str:
    """The request, whatever the order of its keys; "" if it is not known."""
    body = exchange.request.body if exchange.request else ""
    return f"{exchange.api} {_normal(exchange.asked) or body}" if body else ""


def _asked_of_any_model(exchange: Exchange) -> str:
    asked = {key: value for key, value in exchange.asked.items() if key != "model"}
    return f"{exchange.api} {_normal(asked)}" if asked else ""


def _normal(asked: dict[str, object]) -> str:
    try:
        return json.dumps(asked, sort_keys=True) if asked else ""
    except RecursionError:  # nested more deeply than it was read
        return ""
