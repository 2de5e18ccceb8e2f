"""The clients that the catalogue says to suffer from a violation, found in the words of `hurts`. Pure.

The catalogue says in one sentence who suffers, and names clients where they were tried or their code was
read. That a client is not named says nothing: it may break as well, or hide the violation.
"""

import re
from collections.abc import Iterable, Mapping

from conformance.catalogue import Requirement

__all__ = ["CLIENTS", "clients_of", "hurt"]

_BOTH = r"\bSDKs\b|\bBoth official\b"
_SDK_PYTHON = re.compile(rf"\bopenai-python\b|{_BOTH}")
_SDK_NODE = re.compile(rf"\bopenai-node\b|{_BOTH}")

CLIENTS: Mapping[str, re.Pattern[str]] = {
    "openai-python": _SDK_PYTHON,
    "openai-node": _SDK_NODE,
    "@ai-sdk": re.compile(r"@ai-sdk"),
    "Azure's .NET client": re.compile(r"Azure's \.NET client"),
    "Codex": re.compile(r"\bCodex\b"),
    "EventSource": re.compile(r"\bEventSource\b"),
    "LangChain": re.compile(r"\bLangChain\b(?!\.js)"),
    "LangChain.js": re.compile(r"\bLangChain\.js\b"),
    "LiteLLM": re.compile(r"\bLiteLLM\b"),
    "openai-agents": re.compile(r"\bopenai-agents\b"),
    "Open WebUI": re.compile(r"\bOpen WebUI\b"),
    "rig": re.compile(r"\brig\b"),
    "Spring AI": re.compile(r"\bSpring AI\b"),
}
"""How the catalogue names each client. Its "SDKs" are the official ones, openai-python and openai-node."""

# A sentence that speaks of every client speaks of each of them.
_EVERY = re.compile(r"\b(every (measured )?client|all eleven measured clients)\b", re.IGNORECASE)


def clients_of(rule: Requirement) -> tuple[str, ...]:
    """The clients that a violation of the requirement hurts, as far as the catalogue names them."""
    if _EVERY.search(rule.hurts):
        return tuple(CLIENTS)
    return tuple(name for name, words in CLIENTS.items() if words.search(rule.hurts))


def hurt(rules: Iterable[Requirement]) -> tuple[str, ...]:
    """The clients that at least one of the requirements names, in their order."""
    named = {name for rule in rules for name in clients_of(rule)}
    return tuple(name for name in CLIENTS if name in named)
