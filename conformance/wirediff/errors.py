"""Errors in what should be compared as the wire of a gateway and of its upstream."""

from dataclasses import dataclass

from conformance.errors import ConformanceError
from conformance.text import shown_models

__all__ = ["NothingInCommonError", "SeveralProvidersError", "WireSourceError"]


@dataclass(eq=False)
class WireSourceError(ConformanceError):
    """Raised where a source holds no exchange that can be read. `reason` says why, if anything is known."""

    code = "wire-source"
    hint = "name the folder of a run, or a file that docs/evidence.md lists"

    path: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.path}: there is no exchange to compare{f': {self.reason}' if self.reason else ''}"


@dataclass(eq=False)
class SeveralProvidersError(ConformanceError):
    """Raised where a source holds exchanges of several providers, of which one was asked through another."""

    code = "several-providers"
    hint = "name the folder of the run of one of them"

    path: str
    providers: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"{self.path} holds exchanges of several providers: {shown_models(self.providers)}"


@dataclass(eq=False)
class NothingInCommonError(ConformanceError):
    """Raised where no exchange of one run has a counterpart in the other."""

    code = "nothing-in-common"
    hint = "both have to send the same scenarios or, if they are recordings, the same requests"

    direct: str
    gateway: str

    @property
    def message(self) -> str:
        return f"{self.direct} and {self.gateway} have no exchange in common that was answered"
