"""Errors in what `conformance record` is told."""

from dataclasses import dataclass
from pathlib import Path

from conformance.errors import ConformanceError

__all__ = ["RecordingThinnedError", "RecordingUnaskedError", "UpstreamUnusableError"]


@dataclass(eq=False)
class UpstreamUnusableError(ConformanceError):
    """Raised for an upstream that cannot be stood in front of; `upstream` has no credentials in it."""

    code = "upstream-unusable"

    upstream: str
    problem: str

    @property
    def message(self) -> str:
        return f"--upstream {self.upstream}: {self.problem}"

    @property
    def hint(self) -> str:
        return "name the base URL alone, such as https://host/v1; the application sends key and query itself"


@dataclass(eq=False)
class RecordingUnaskedError(ConformanceError):
    """Raised for the report of a recording without requests, where exchanges are found by their requests."""

    code = "recording-unasked"
    hint = "record without --drop-requests what is to be compared"

    path: Path

    @property
    def message(self) -> str:
        return f"{self.path} is a recording that holds no request, so nobody can say what belongs together"


@dataclass(eq=False)
class RecordingThinnedError(ConformanceError):
    """Raised for the report of a recording of very many exchanges, which holds not all that they kept."""

    code = "recording-thinned"
    hint = "judge it again by `pytest --replay`, and compare the report of that"

    path: Path
    exchanges: int

    @property
    def message(self) -> str:
        return f"{self.path} holds of {self.exchanges} recorded exchanges hardly more than what they break"
