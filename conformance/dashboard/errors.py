"""Errors in what a dashboard should be made of."""

from dataclasses import dataclass
from pathlib import Path

from conformance.errors import ConformanceError

__all__ = ["DashboardFolderError", "NoStoredRunsError"]


@dataclass(eq=False)
class DashboardFolderError(ConformanceError):
    """Raised where the folder of the runs cannot be listed, or that of the pages cannot be written."""

    code = "dashboard-folder"
    hint = "name the folder that --report-dir was, and with --out one that can be written"

    folder: Path
    reason: str

    @property
    def message(self) -> str:
        return f"{self.folder}: {self.reason}"


@dataclass(eq=False)
class NoStoredRunsError(ConformanceError):
    """Raised where no stored run below a folder can be read; `first` says why the first one cannot."""

    code = "no-stored-runs"

    folder: Path
    unread: int
    first: str

    @property
    def message(self) -> str:
        if self.unread:
            return (
                f"{self.folder}: none of its {self.unread} stored runs can be read; the first: {self.first}"
            )
        return f"{self.folder}: there is no stored run"

    @property
    def hint(self) -> str:
        return "runs lie in DIR/<provider>/<model>/<stamp>/, where DIR is what --report-dir was"
