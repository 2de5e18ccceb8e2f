"""Errors about a run that is to go on, with --resume."""

from dataclasses import dataclass
from pathlib import Path

from conformance.errors import ConformanceError

__all__ = [
    "NoRunError",
    "NothingToResumeError",
    "ResumeCompleteError",
    "ResumeDiffersError",
    "ResumeSeveralError",
    "RunUnderWayError",
]


@dataclass(eq=False)
class NoRunError(ConformanceError):
    """Raised for a --resume that names no folder of a run."""

    code = "resume-no-run"
    hint = "name a folder reports/PROVIDER/MODEL/STAMP, or `latest` for the newest one of what is asked"

    folder: Path

    @property
    def message(self) -> str:
        return f"--resume {self.folder}: there is no plan.json of a run"


@dataclass(eq=False)
class NothingToResumeError(ConformanceError):
    """Raised for `--resume latest` where there is no run; `folder` is where the first label's would be.

    `others` are the newest runs of other models of the same providers.
    """

    code = "resume-nothing"

    labels: tuple[str, ...]
    folder: Path
    others: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return f"--resume latest: there is no run of {', '.join(self.labels)}, such as below {self.folder}"

    @property
    def hint(self) -> str:
        if self.others:
            return (
                f"there are runs of other models: {', '.join(self.others)}; repeat the command of one, which "
                "is in its plan.json, with --resume and its folder"
            )
        return "leave --resume out to begin a run, or name the --report-dir of the one that was cut off"


@dataclass(eq=False)
class ResumeSeveralError(ConformanceError):
    """Raised for a --resume that names one run where several providers or models are asked."""

    code = "resume-several"
    hint = "name `latest` for all of them, or ask only what the run asked"

    folder: Path
    labels: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"--resume {self.folder}: it is one run, and {', '.join(self.labels)} are asked"


@dataclass(eq=False)
class ResumeDiffersError(ConformanceError):
    """Raised for a run with another plan than that of the options; `command` is what began it."""

    code = "resume-differs"

    folder: Path
    differences: tuple[str, ...]
    command: str

    @property
    def message(self) -> str:
        return f"{self.folder} is another run: {'; '.join(self.differences)}"

    @property
    def hint(self) -> str:
        return f"it was begun by `{self.command}`; repeat that with --resume, or begin a new run"


@dataclass(eq=False)
class ResumeCompleteError(ConformanceError):
    """Raised for a run of which everything was recorded and reported."""

    code = "resume-complete"
    hint = "leave --resume out to begin a new run"

    folder: Path

    @property
    def message(self) -> str:
        return f"{self.folder} is complete: there is nothing to go on with"


@dataclass(eq=False)
class RunUnderWayError(ConformanceError):
    """Raised for the folder of a run that another process still writes."""

    code = "resume-under-way"
    hint = "wait for it, or stop it first"

    folder: Path

    @property
    def message(self) -> str:
        return f"another process is at work on the run in {self.folder}"
