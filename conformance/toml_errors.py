"""Errors in a TOML file: `providers.toml`, or one of the project's own tables.

`place` describes the location: file, table and key.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import ConformanceError, did_you_mean
from conformance.text import shown

__all__ = [
    "NotADateError",
    "NotTomlError",
    "ProvidersFileMissingError",
    "ProvidersFileUnreadableError",
    "TableKeyMissingError",
    "TooDeepError",
    "UnknownEntryError",
    "UnknownTableKeyError",
    "WrongValueError",
]


@dataclass(eq=False)
class ProvidersFileMissingError(ConformanceError):
    """Raised where the file that --providers names does not exist."""

    code = "providers-file-missing"
    hint = "look for a misspelt path"

    path: Path

    @property
    def message(self) -> str:
        return f"--providers {self.path}: there is no such file"


@dataclass(eq=False)
class ProvidersFileUnreadableError(ConformanceError):
    """Raised for a providers.toml that cannot be opened or is not UTF-8 text."""

    code = "providers-file-unreadable"

    file: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.file} cannot be read: {self.reason}"


@dataclass(eq=False)
class NotTomlError(ConformanceError):
    """Raised for a file with a TOML syntax error; `reason` names the line."""

    code = "not-toml"

    file: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.file} is not TOML: {self.reason}"


@dataclass(eq=False)
class TooDeepError(ConformanceError):
    """Raised where tables or lists are nested deeper than `most`, which no request needs."""

    code = "table-too-deep"
    hint = "look for a value that was made by a program, and for brackets that are not closed"

    place: str
    most: int

    @property
    def message(self) -> str:
        return f"{self.place}: tables and lists are nested more than {self.most} deep"


@dataclass(eq=False)
class UnknownTableKeyError(ConformanceError):
    """Raised for a key that does not exist."""

    code = "table-key-unknown"

    place: str
    key: str
    choices: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"{self.place}: there is no key `{self.key}`"

    @property
    def hint(self) -> str:
        return did_you_mean(self.key, self.choices)


@dataclass(eq=False)
class TableKeyMissingError(ConformanceError):
    """Raised for a table that lacks a required key."""

    code = "table-key-missing"

    place: str
    key: str

    @property
    def message(self) -> str:
        return f"{self.place}: the key `{self.key}` is missing"


@dataclass(eq=False)
class UnknownEntryError(ConformanceError):
    """Raised for an unknown name in a table; `what` says what it should name."""

    code = "table-entry-unknown"

    place: str
    what: str
    name: str
    choices: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"{self.place}: there is no {self.what} {self.name!r}"

    @property
    def hint(self) -> str:
        return did_you_mean(self.name, self.choices)


@dataclass(eq=False)
class WrongValueError(ConformanceError):
    """Raised for an invalid value of a key; `rule` says what is valid."""

    code = "table-value-wrong"

    place: str
    value: Any
    rule: str

    @property
    def message(self) -> str:
        return f"{self.place}: {shown(self.value)} will not do"

    @property
    def hint(self) -> str:
        return self.rule


@dataclass(eq=False)
class NotADateError(ConformanceError):
    """Raised for a date in another form, or one that does not exist."""

    code = "not-a-date"
    hint = "a date such as 2027-03-31"

    place: str
    value: Any

    @property
    def message(self) -> str:
        return f"{self.place}: {shown(self.value)} is no date of the calendar"
