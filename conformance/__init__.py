"""The conformance suite for OpenAI-compatible streaming APIs.

    result = conformance.judge_stream(body, api="chat")
    result.assert_conforms()

The names below are the public API, stable by semantic versioning; docs/api.md describes them. Each is loaded
when it is first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.api import judge_exchanges, judge_stream, load, run_endpoint
    from conformance.catalogue import Level, Outcome, Verdict, Violation
    from conformance.errors import ConformanceError
    from conformance.exchange import Exchange, Piece, Request
    from conformance.run.result import Result

__all__ = [
    "ConformanceError",
    "Exchange",
    "Level",
    "Outcome",
    "Piece",
    "Request",
    "Result",
    "Verdict",
    "Violation",
    "judge_exchanges",
    "judge_stream",
    "load",
    "run_endpoint",
]

_HOMES = {
    "conformance.api": ("judge_exchanges", "judge_stream", "load", "run_endpoint"),
    "conformance.catalogue": ("Level", "Outcome", "Verdict", "Violation"),
    "conformance.errors": ("ConformanceError",),
    "conformance.exchange": ("Exchange", "Piece", "Request"),
    "conformance.run.result": ("Result",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if (module := _MODULES.get(name)) is None:
        raise AttributeError(f"module 'conformance' has no attribute {name!r}")
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
