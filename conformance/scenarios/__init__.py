"""A table of the requests of a run, one module for each API."""

from conformance.scenarios.chat import CHAT
from conformance.scenarios.prompts import CITIES, COUNT, TOOL
from conformance.scenarios.responses import RESPONSES
from conformance.scenarios.scenario import Addition, Pair, Scenario

__all__ = ["CITIES", "COUNT", "SCENARIOS", "SMOKE", "TOOL", "Addition", "Pair", "Scenario"]

SCENARIOS: tuple[Scenario, ...] = (*CHAT, *RESPONSES)
"""Every scenario, in sending order."""

SMOKE = ("chat-text", "chat-tool", "chat-malformed", "responses-text", "responses-tool")
"""The scenarios of a cheap run, `--scenarios smoke`."""
