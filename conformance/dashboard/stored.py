"""Finds the stored runs below a folder and reads the ends of their reports."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from conformance.dashboard.history import Seen, part_of
from conformance.report.ends import read_ends
from conformance.report.errors import ReportError
from conformance.report.records import Footer, Header

__all__ = ["Stored", "StoredRuns", "Unread", "stored_runs"]

_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)T\d{6}Z(-\d+)?")
_APART = ("_", ".")  # how folders begin that hold no runs: those of sessions, and hidden ones


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored run: its folder relative to the root, with slashes, and the ends of its report.

    `page` says whether the folder holds the page of the run.
    """

    folder: str
    header: Header
    footer: Footer
    page: bool

    @property
    def started(self) -> datetime:
        """When it started, in UTC."""
        return datetime.fromisoformat(self.header.started).astimezone(UTC)

    @property
    def night(self) -> date:
        """The day in UTC on which it started."""
        return self.started.date()

    @property
    def whole(self) -> bool:
        """Whether it judged everything, and is held to all requirements."""
        return self.footer.complete and self.header.profile is None

    @property
    def seen(self) -> Seen:
        """What it says of its endpoint, to be compared with other runs."""
        return Seen(results=self.footer.results, part=part_of(self.footer.incomplete, self.header.profile))


@dataclass(frozen=True, slots=True)
class Unread:
    """A stored run that cannot be read: its folder relative to the root, and why."""

    folder: str
    why: str

    @property
    def night(self) -> date | None:
        """The day in UTC that its folder is named after; None if it is named otherwise."""
        stamp = _STAMP.fullmatch(self.folder.rpartition("/")[2])
        try:
            return date(*map(int, stamp.groups()[:3])) if stamp else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class StoredRuns:
    """What is stored below a root, in the order of the folders."""

    runs: tuple[Stored, ...]
    unread: tuple[Unread, ...]


def stored_runs(root: Path, place: str = "") -> StoredRuns:
    """The runs in `root/<provider>/<model>/<stamp>`, and those folders whose report cannot be read.

    With `place`, a provider and a model as `<provider>/<model>`, those of it alone. Only header and footer of
    each report are read. Raises OSError if the root, or the place, cannot be listed.
    """
    runs: list[Stored] = []
    unread: list[Unread] = []
    for folder in _within(root / place) if place else _folders(root):
        name = folder.relative_to(root).as_posix()
        report = folder / "report.jsonl"
        if not report.is_file() and not _STAMP.fullmatch(folder.name):
            continue
        try:
            ends = read_ends(report, f"{name}/report.jsonl")
        except FileNotFoundError:
            unread.append(Unread(name, "it has no report.jsonl: the run was cut off, or is still going on"))
        except ReportError as error:
            unread.append(Unread(name, error.one_line))
        except OSError as error:
            unread.append(Unread(name, f"its report.jsonl cannot be read: {error.strerror}"))
        else:
            runs.append(Stored(name, ends.header, ends.footer, page=(folder / "index.html").is_file()))
    return StoredRuns(tuple(runs), tuple(unread))


def _folders(root: Path) -> Iterator[Path]:
    for provider in _within(root):
        for model in _within(provider):
            yield from _within(model)


def _within(folder: Path) -> Iterator[Path]:
    members = sorted(folder.iterdir(), key=lambda path: path.name)
    return (path for path in members if not path.name.startswith(_APART) and path.is_dir())
