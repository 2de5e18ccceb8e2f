"""Decides whether an exchange failed for a reason that is not the endpoint's: the suite's or the network's.

Pure.
"""

from conformance.exchange import Ended, Exchange, Expects, Promise
from conformance.text import clipped, unended

__all__ = ["because", "trouble"]

_UNANSWERED = {
    Ended.NO_CONNECTION: "no connection could be made",
    Ended.NO_RESPONSE: "connected, but no answer came",
    Ended.NOT_SENT: "the request was not sent",
    Ended.UNBUILT: "the request could not be made",
    Ended.INTERRUPTED: "the run was stopped before the answer",
}
_ACCOUNT = {
    401: "the endpoint does not accept the key",
    402: "the account has no credit",
    429: "the endpoint limits the rate",
}


_TOLD = 2_000  # characters of a detail, which every verdict repeats

_PROVOCATIONS = frozenset((Promise.MALFORMED, Promise.BAD_KEY, Promise.UNKNOWN_MODEL, Promise.OPTIONS))


def trouble(exchange: Exchange) -> str:
    """Why the endpoint cannot be judged by this exchange, in words; "" if it can."""
    if exchange.mistake:
        return clipped(exchange.detail, _TOLD) or f"the {exchange.mistake} is wrong"
    if not exchange.answered:
        why = _UNANSWERED.get(exchange.ended, f"nothing was received ({exchange.ended})")
        if exchange.ended is Ended.NOT_SENT:
            return because(exchange, why)
        return clipped(exchange.detail, _TOLD) or why  # the recorder's detail is more precise
    provocations = _PROVOCATIONS.intersection(exchange.promises)
    provoked = exchange.expects is Expects.REFUSAL and (exchange.status != 429 or not provocations)
    # Whose key and account it was that recorded traffic shows is not known, and a refusal is an answer.
    asked = exchange.expects and (exchange.scenario or exchange.claim is not None)
    if exchange.status in _ACCOUNT and asked and not provoked:
        return because(exchange, f"{_ACCOUNT[exchange.status]} (status {exchange.status})")
    return ""


def because(exchange: Exchange, why: str) -> str:
    """The reason, followed by the recorder's detail about how the exchange ended."""
    return why + (f" ({unended(clipped(exchange.detail, _TOLD))})" if exchange.detail else "")
