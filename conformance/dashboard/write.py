"""Writes the dashboard of a folder of stored runs. The only part of it that writes to the disk."""

import os
from dataclasses import dataclass
from pathlib import Path

from conformance.dashboard.document import document
from conformance.dashboard.errors import DashboardFolderError, NoStoredRunsError
from conformance.dashboard.matrix import Matrix, matrix_of
from conformance.dashboard.page import pages
from conformance.dashboard.stored import stored_runs
from conformance.evidence.whole import put_whole
from conformance.profiles import profiles
from conformance.requirements import CATALOGUE

__all__ = ["Dashboard", "write_dashboard"]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What was written: the matrix, and the path of its page."""

    matrix: Matrix
    page: Path


def write_dashboard(root: Path, out: Path | None = None) -> Dashboard:
    """Writes `index.html`, `history.html` and `index.json` into `out`, by default the root itself.

    Links go from there to the runs below the root. Raises DashboardFolderError, and NoStoredRunsError if
    there is nothing to show.
    """
    out = out or root
    try:
        found = stored_runs(root)
    except OSError as error:
        raise DashboardFolderError(root, f"cannot be listed: {error.strerror}") from None
    if not found.runs:
        raise NoStoredRunsError(root, len(found.unread), found.unread[0].why if found.unread else "")
    matrix = matrix_of(found, CATALOGUE, profiles().newest)
    way = "" if out.resolve() == root.resolve() else _way(out, root)
    files = pages(matrix, way) | {"index.json": document(matrix, way)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with put_whole(out / name) as neighbour:
                neighbour.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise DashboardFolderError(out, f"cannot be written: {error.strerror}") from None
    return Dashboard(matrix, out / "index.html")


def _way(out: Path, root: Path) -> str:
    """The path from one folder to another, with slashes."""
    return Path(os.path.relpath(root.resolve(), out.resolve())).as_posix()
