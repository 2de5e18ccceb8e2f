"""Errors of a nightly run that the user can put right."""

from dataclasses import dataclass
from pathlib import Path

from conformance.errors import ConformanceError

__all__ = ["FolderMissingError", "NightUnderWayError", "NotARecordError", "NotifyAddressError"]


@dataclass(eq=False)
class FolderMissingError(ConformanceError):
    """Raised where the folder of a night that is only to be told of is not there."""

    code = "folder-missing"
    hint = "name what --report-dir of the night was"

    folder: Path

    @property
    def message(self) -> str:
        return f"{self.folder}: there is no such folder"


@dataclass(eq=False)
class NightUnderWayError(ConformanceError):
    """Raised where another night writes into the same folder."""

    code = "night-under-way"
    hint = "wait for its end, or name another folder with --report-dir"

    folder: Path

    @property
    def message(self) -> str:
        return f"{self.folder}: another `conformance nightly` is under way in this folder"


@dataclass(eq=False)
class NotARecordError(ConformanceError):
    """Raised for a file beside the reports that no nightly run wrote so."""

    code = "not-a-record"
    hint = "it was edited, or written by another version: run the provider again"

    path: Path
    reason: str

    @property
    def message(self) -> str:
        return f"{self.path} is no record of a nightly run: {self.reason}"


@dataclass(eq=False)
class NotifyAddressError(ConformanceError):
    """Raised for a webhook without a usable address. It never shows the address, which is a secret."""

    code = "notify-address"
    hint = "look at its beginning, and for a space or a line end that was copied with it"

    where: str

    @property
    def message(self) -> str:
        return f"{self.where} names no http or https address"
