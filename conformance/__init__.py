"""The conformance suite for OpenAI-compatible streaming APIs.

    result = conformance.judge_stream(body, api="chat")
    result.assert_conforms()

The names below are the public API, stable by semantic versioning; docs/api.md describes them. Each is loaded
when it is first used, so that importing the package costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.api import Conforming, Exchanges, judge_exchanges, judge_stream, load, run_endpoint
    from conformance.catalogue import Level, Outcome, Verdict, Violation
    from conformance.errors import ConformanceError
    from conformance.evidence.errors import Unreadable
    from conformance.exchange import Api, Attempt, Ended, Exchange, Expects, Need, Piece, Request
    from conformance.gate import ExitCode
    from conformance.run.result import Result

__all__ = [
    "Api",
    "Attempt",
    "ConformanceError",
    "Conforming",
    "Ended",
    "Exchange",
    "Exchanges",
    "ExitCode",
    "Expects",
    "Level",
    "Need",
    "Outcome",
    "Piece",
    "Request",
    "Result",
    "Unreadable",
    "Verdict",
    "Violation",
    "judge_exchanges",
    "judge_stream",
    "load",
    "run_endpoint",
]

_HOMES = {
    "conformance.api": (
        "Conforming",
        "Exchanges",
        "judge_exchanges",
        "judge_stream",
        "load",
        "run_endpoint",
    ),
    "conformance.catalogue": ("Level", "Outcome", "Verdict", "Violation"),
    "conformance.errors": ("ConformanceError",),
    "conformance.evidence.errors": ("Unreadable",),
    "conformance.exchange": ("Api", "Attempt", "Ended", "Exchange", "Expects", "Need", "Piece", "Request"),
    "conformance.gate": ("ExitCode",),
    "conformance.run.result": ("Result",),
}

if not TYPE_CHECKING:  # a type checker sees the names above, and no others

    def __getattr__(name: str) -> object:
        from importlib import import_module  # noqa: PLC0415 - nothing stands among the public names

        for module, names in _HOMES.items():
            if name in names:
                return getattr(import_module(module), name)
        raise AttributeError(f"module 'conformance' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
