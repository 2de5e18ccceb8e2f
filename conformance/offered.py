"""The APIs that an endpoint does not offer, as the exchanges of a run show. Pure."""

from collections.abc import Iterable

from conformance.exchange import Api, Ended, Exchange
from conformance.trouble import trouble

__all__ = ["not_offered"]


def not_offered(exchanges: Iterable[Exchange]) -> frozenset[Api]:
    """The APIs that are not claimed and of which every request was refused, whatever the status.

    None if no API was answered: then the run has to report that.
    """
    asked: dict[Api, list[Exchange]] = {}
    for exchange in exchanges:
        if exchange.scenario and exchange.ended is not Ended.UNBUILT:
            asked.setdefault(exchange.api, []).append(exchange)
    refused = {api for api, members in asked.items() if all(map(_refused, members))}
    return frozenset(refused) if len(refused) < len(asked) else frozenset()


def _refused(exchange: Exchange) -> bool:
    return exchange.refused and exchange.claim is not True and not trouble(exchange)
