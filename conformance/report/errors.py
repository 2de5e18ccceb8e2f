"""What is wrong with a file that is to be read as the report of a run."""

from dataclasses import dataclass
from typing import Any

from conformance.errors import ConformanceError

__all__ = [
    "NotAReportError",
    "ReportCountsError",
    "ReportCutOffError",
    "ReportError",
    "ReportLineError",
    "ReportSchemaError",
    "ReportTextError",
    "ReportVersionError",
]

_AGAIN = "run it again, or judge its evidence folder with --replay"


@dataclass(eq=False)
class ReportError(ConformanceError):
    """The base of the errors about a file that is no whole report. `name` is what they call it."""

    name: str


@dataclass(eq=False)
class ReportTextError(ReportError):
    """Raised for a file that is no UTF-8 text; `byte` is the place of the first that is none."""

    code = "report-text"
    hint = "is it another file?"

    byte: int

    @property
    def message(self) -> str:
        return f"{self.name} is not UTF-8 text (byte {self.byte}), so it is no report"


@dataclass(eq=False)
class NotAReportError(ReportError):
    """Raised for a file that does not begin as a report does."""

    code = "not-a-report"
    hint = "is it another file, such as evidence?"

    format: str

    @property
    def message(self) -> str:
        return f"{self.name} does not begin with a header of {self.format}"


@dataclass(eq=False)
class ReportVersionError(ReportError):
    """Raised for a report of a version that this suite does not read; `readable` is the one that it does."""

    code = "report-version"
    hint = "read it with the suite that wrote it, or judge its evidence again"

    version: Any
    readable: int

    @property
    def message(self) -> str:
        return f"{self.name} is of version {self.version!r}, this suite reads version {self.readable}"


@dataclass(eq=False)
class ReportCutOffError(ReportError):
    """Raised for a report without its footer."""

    code = "report-cut-off"
    hint = _AGAIN

    lines: int

    @property
    def message(self) -> str:
        return f"{self.name} has no footer after its {self.lines} lines: the run was cut off before its end"


@dataclass(eq=False)
class ReportLineError(ReportError):
    """Raised for a line of a report that is no JSON object."""

    code = "report-line"
    hint = "the file was cut off or edited, or is no report"

    line: int
    problem: str

    @property
    def message(self) -> str:
        return f"{self.name}, line {self.line} {self.problem}"


@dataclass(eq=False)
class ReportSchemaError(ReportError):
    """Raised for a report whose lines break their schema."""

    code = "report-schema"
    hint = _AGAIN

    reason: str

    @property
    def message(self) -> str:
        return f"{self.name} breaks schemas/report.json: {self.reason}"


@dataclass(eq=False)
class ReportCountsError(ReportError):
    """Raised for a report whose footer counts other verdicts than its lines hold."""

    code = "report-counts"
    hint = "lines were lost or edited"

    footer: dict[str, int]
    lines: dict[str, int]

    @property
    def message(self) -> str:
        return f"{self.name} counts {self.footer} in its footer, but its lines make {self.lines}"
