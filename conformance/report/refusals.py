"""The requests that an endpoint refused in a run, in one line. Pure."""

from collections.abc import Iterable

from conformance.exchange import Api, Exchange, Expects
from conformance.report.advice import said
from conformance.report.visible import one_line
from conformance.scenarios import SCENARIOS
from conformance.subject import Answer
from conformance.text import unended
from conformance.trouble import trouble

__all__ = ["quoted", "refusals"]

_SAID = 160  # characters of what the endpoint said, where nobody has less room
_QUOTED = 300  # characters of the same where it stands alone
_NAMES = {Api.CHAT: "Chat Completions", Api.RESPONSES: "Responses"}
_NEEDS = {scenario.name: scenario.needs for scenario in SCENARIOS}
_FOLLOWING = {scenario.name for scenario in SCENARIOS if scenario.follows}


def refusals(streams: Iterable[Answer], said_at_most: int = _SAID) -> str:
    """The refusals as in `refused: n, stop (400: unsupported), Responses (404)`; empty if there are none.

    Of what the endpoint said to each, at most so many characters are told. Requests that should be refused do
    not count, and none that was never sent, was lost, or was turned away for the account's sake. An API that
    refused all others is named as a whole.
    """
    asked = [
        exchange
        for stream in streams
        if (exchange := stream.exchange).scenario and not exchange.again
        if exchange.expects is not Expects.REFUSAL and not trouble(exchange)
    ]
    answered = {exchange.api for exchange in asked if not exchange.refused}
    parts: dict[str, dict[str, None]] = {}  # what was refused, by the words of the refusal
    for exchange in (exchange for exchange in asked if exchange.refused):
        if exchange.api not in answered:
            parts.setdefault(f"{exchange.status}", {})[_NAMES[exchange.api]] = None
        else:
            words = unended(one_line(said(exchange), said_at_most, spaced=True))
            told = f"{exchange.status}{': ' if words else ''}{words}"
            parts.setdefault(told, {})[_tried(exchange)] = None
    groups = [f"{', '.join(names)} ({words})" for words, names in parts.items()]
    return f"refused: {', '.join(groups)}" if groups else ""


def quoted(exchanges: Iterable[Exchange]) -> str:
    """What the endpoint said when it refused the first of these that was refused; "" if it refused none."""
    for exchange in exchanges:
        if exchange.refused and exchange.expects is not Expects.REFUSAL:
            words = one_line(said(exchange), _QUOTED, spaced=True)
            return f"{exchange.id}: status {exchange.status}{': ' if words else ''}{words}"
    return ""


def _tried(exchange: Exchange) -> str:
    """The capability that a request tries; its scenario if it needs only the API, or sends an answer back."""
    needs = () if exchange.scenario in _FOLLOWING else _NEEDS.get(exchange.scenario, ())
    return needs[-1] if len(needs) > 1 else exchange.scenario
