"""What is ours or the network's, and not the endpoint's: why an exchange cannot be held against it. Pure."""

from conformance.exchange import Ended, Exchange, Expects

__all__ = ["because", "trouble"]

_UNANSWERED = {
    Ended.NO_CONNECTION: "no connection could be made",
    Ended.NO_RESPONSE: "connected, but no answer came",
    Ended.NOT_SENT: "the request was not sent",
    Ended.INTERRUPTED: "the run was stopped before the answer",
}
_ACCOUNT = {
    401: "the endpoint does not accept the key",
    402: "the account has no credit",
    429: "the endpoint limits the rate",
}


def trouble(exchange: Exchange) -> str:
    """What kept the endpoint from being judged, in words; "" for nothing."""
    if exchange.mistake:
        return exchange.detail or f"the {exchange.mistake} is wrong"
    if not exchange.answered:
        why = _UNANSWERED.get(exchange.ended, f"nothing was received ({exchange.ended})")
        if exchange.ended is Ended.NOT_SENT:
            return because(exchange, why)
        return exchange.detail or why  # the recorder's words say the same, and more
    provoked = exchange.expects is Expects.REFUSAL and exchange.status != 429
    if exchange.status in _ACCOUNT and exchange.expects and not provoked:
        return because(exchange, f"{_ACCOUNT[exchange.status]} (status {exchange.status})")
    return ""


def because(exchange: Exchange, why: str) -> str:
    """The reason with the recorder's words about how the exchange ended."""
    return why + (f" ({exchange.detail})" if exchange.detail else "")
