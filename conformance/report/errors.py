"""Errors in a file that should be read as the report of a run."""

from dataclasses import dataclass
from typing import Any

from conformance.errors import ConformanceError

__all__ = [
    "NotAReportError",
    "ReportCountsError",
    "ReportCutOffError",
    "ReportError",
    "ReportLineError",
    "ReportMissingError",
    "ReportNotLatestError",
    "ReportRecordedError",
    "ReportResultsError",
    "ReportSchemaError",
    "ReportTextError",
    "ReportVersionError",
]

_RUNS = 5  # runs that a message names
_AGAIN = "run it again, or judge its evidence folder with --replay"


@dataclass(eq=False)
class ReportError(ConformanceError):
    """The base of errors about a file that is not a complete report.

    `name` is the file's name in messages.
    """

    name: str


@dataclass(eq=False)
class ReportMissingError(ReportError):
    """Raised where there is no report to compare with."""

    code = "report-missing"
    hint = "name the folder of a run, its report.jsonl, or the folder of a model, whose latest run it is"

    @property
    def message(self) -> str:
        return f"{self.name}: there is no report"


@dataclass(eq=False)
class ReportNotLatestError(ReportError):
    """Raised for the folder of a model without a `latest` run; `runs` are the stamps, newest first."""

    code = "report-not-latest"
    hint = "name the folder of one of them; recordings, and runs held to a profile, are never `latest`"

    runs: tuple[str, ...]

    @property
    def message(self) -> str:
        more = f" and {len(self.runs) - _RUNS} more" if len(self.runs) > _RUNS else ""
        return f"{self.name}: none of its runs is `latest`: {', '.join(self.runs[:_RUNS])}{more}"


@dataclass(eq=False)
class ReportRecordedError(ReportError):
    """Raised for a report of an application's own requests, where verdicts of scenarios are compared."""

    code = "report-recorded"
    hint = (
        "judge each again by `pytest --replay` and compare those reports, or compare what came by "
        "`conformance diff --wire`: both find exchanges by their requests"
    )

    @property
    def message(self) -> str:
        return f"{self.name} is of recorded requests, whose numbers do not say what was asked"


@dataclass(eq=False)
class ReportTextError(ReportError):
    """Raised for a file that is not UTF-8 text; `byte` is the offset of the first invalid byte."""

    code = "report-text"
    hint = "`conformance diff --wire` compares recordings, and `pytest --replay` judges them"

    byte: int

    @property
    def message(self) -> str:
        return f"{self.name} is not UTF-8 text (byte {self.byte}), so it is no report"


@dataclass(eq=False)
class NotAReportError(ReportError):
    """Raised for a file that does not begin like a report."""

    code = "not-a-report"
    hint = "`conformance diff --wire` compares evidence and recordings, and `pytest --replay` judges them"

    format: str

    @property
    def message(self) -> str:
        return f"{self.name} does not begin with a header of {self.format}"


@dataclass(eq=False)
class ReportVersionError(ReportError):
    """Raised for a report of an unsupported version; `readable` is the supported one."""

    code = "report-version"
    hint = "read it with the suite that wrote it, or judge its evidence again"

    version: Any
    readable: int

    @property
    def message(self) -> str:
        return f"{self.name} is of version {self.version!r}, this suite reads version {self.readable}"


@dataclass(eq=False)
class ReportCutOffError(ReportError):
    """Raised for a report without a footer."""

    code = "report-cut-off"
    hint = _AGAIN

    lines: int

    @property
    def message(self) -> str:
        return f"{self.name} has no footer after its {self.lines} lines: the run was cut off before its end"


@dataclass(eq=False)
class ReportLineError(ReportError):
    """Raised for a line of a report that is not a JSON object."""

    code = "report-line"
    hint = "the file was cut off or edited, or is no report"

    line: int
    problem: str

    @property
    def message(self) -> str:
        return f"{self.name}, line {self.line} {self.problem}"


@dataclass(eq=False)
class ReportSchemaError(ReportError):
    """Raised for a report whose lines do not match their schema."""

    code = "report-schema"
    hint = _AGAIN

    reason: str

    @property
    def message(self) -> str:
        return f"{self.name} breaks schemas/report.json: {self.reason}"


@dataclass(eq=False)
class ReportCountsError(ReportError):
    """Raised for a report whose footer counts differ from its verdicts."""

    code = "report-counts"
    hint = "lines were lost or edited"

    footer: dict[str, int]
    lines: dict[str, int]

    @property
    def message(self) -> str:
        return f"{self.name} counts {self.footer} in its footer, but its lines make {self.lines}"


@dataclass(eq=False)
class ReportResultsError(ReportError):
    """Raised for a report whose footer says other of a requirement than its verdicts."""

    code = "report-results"
    hint = "lines were lost or edited"

    requirement: str

    @property
    def message(self) -> str:
        return f"{self.name} says of {self.requirement} in its footer what its verdicts do not"
