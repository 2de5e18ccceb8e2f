"""The requests that an endpoint refused in a run, in one line. Pure."""

from collections.abc import Iterable

from conformance.exchange import Api, Exchange, Expects
from conformance.report.advice import said
from conformance.report.visible import one_line
from conformance.scenarios import SCENARIOS
from conformance.subject import Answer
from conformance.text import shown_line
from conformance.trouble import trouble

__all__ = ["refusals"]

_SAID = 60  # characters of what the endpoint said
_NAMES = {Api.CHAT: "Chat Completions", Api.RESPONSES: "Responses"}
_NEEDS = {scenario.name: scenario.needs for scenario in SCENARIOS}
_FOLLOWING = {scenario.name for scenario in SCENARIOS if scenario.follows}


def refusals(streams: Iterable[Answer]) -> str:
    """The refusals as in `refused: n (400: unsupported), Responses (404)`; empty if there are none.

    Requests that should be refused do not count. An API that refused all requests is named as a whole.
    """
    asked = [stream.exchange for stream in streams if stream.exchange.scenario and not stream.exchange.again]
    asked = [exchange for exchange in asked if exchange.expects is not Expects.REFUSAL]
    whole = {
        api for api in Api if (mine := [item for item in asked if item.api is api]) and all(map(_no, mine))
    }
    parts: dict[str, None] = {}
    for exchange in filter(_no, asked):
        if exchange.api in whole:
            parts[f"{_NAMES[exchange.api]} ({exchange.status})"] = None
        else:
            words = one_line(shown_line(said(exchange)), _SAID)
            parts[f"{_tried(exchange)} ({exchange.status}{': ' if words else ''}{words})"] = None
    return f"refused: {', '.join(parts)}" if parts else ""


def _no(exchange: Exchange) -> bool:
    return exchange.refused and not trouble(exchange)


def _tried(exchange: Exchange) -> str:
    """The capability that a request tries; its scenario if it needs only the API, or sends an answer back."""
    needs = () if exchange.scenario in _FOLLOWING else _NEEDS.get(exchange.scenario, ())
    return needs[-1] if len(needs) > 1 else exchange.scenario
