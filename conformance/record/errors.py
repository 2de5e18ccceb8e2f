"""Errors in what `conformance record` is told."""

from dataclasses import dataclass

from conformance.errors import ConformanceError

__all__ = ["UpstreamUnusableError"]


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
