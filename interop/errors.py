"""What keeps the servers of others from being tried."""

from dataclasses import dataclass

from conformance.errors import ConformanceError, UnknownNameError

__all__ = [
    "CommandFailedError",
    "NoReportError",
    "ServerEndedError",
    "ServerSilentError",
    "SessionFailedError",
    "UnknownServerError",
]


@dataclass(eq=False)
class UnknownServerError(UnknownNameError):
    """Raised for the name of a server that is not in the table."""

    code = "server-unknown"
    what = "server"


@dataclass(eq=False)
class CommandFailedError(ConformanceError):
    """Raised where a command that installs or prepares a server fails; `log` is the end of what it said."""

    code = "command-failed"

    server: str
    command: str
    log: str

    @property
    def message(self) -> str:
        return f"{self.server}: {self.command} failed:\n{self.log}"


@dataclass(eq=False)
class ServerEndedError(ConformanceError):
    """Raised where a server ends before it answers; `log` is the end of what it said."""

    code = "server-ended"

    program: str
    status: int
    log: str

    @property
    def message(self) -> str:
        return f"{self.program} ended with {self.status}:\n{self.log}"


@dataclass(eq=False)
class ServerSilentError(ConformanceError):
    """Raised where a server runs and does not answer in its time; `log` is the end of what it said."""

    code = "server-silent"

    url: str
    seconds: float
    log: str

    @property
    def message(self) -> str:
        return f"{self.url} did not answer in {self.seconds:.0f} s:\n{self.log}"


@dataclass(eq=False)
class SessionFailedError(ConformanceError):
    """Raised where pytest did not come to its end; `log` is the end of what it said."""

    code = "session-failed"

    status: int
    log: str

    @property
    def message(self) -> str:
        return f"pytest ended with {self.status}:\n{self.log}"


@dataclass(eq=False)
class NoReportError(ConformanceError):
    """Raised where pytest wrote no report of a provider; `log` is the end of what it said."""

    code = "no-report"

    provider: str
    log: str

    @property
    def message(self) -> str:
        return f"{self.provider}: no report was written:\n{self.log}"
