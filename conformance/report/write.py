"""Writes the report of a run. The only part of the report code that touches the disk."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from conformance.evidence.whole import put_whole
from conformance.report.findings import Lookup
from conformance.report.jsonl import report_lines
from conformance.report.records import Report
from conformance.requirements import by_id
from conformance.subject import Answer
from conformance.text import slug

__all__ = [
    "evidence_path",
    "folder_name",
    "latest",
    "model_folder",
    "point_latest",
    "run_folder",
    "stamped",
    "write_report",
]

_LENGTH = 80
# Names that Windows reserves for devices, with or without a suffix.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def folder_name(text: str) -> str:
    """A slug of the text that every file system accepts: short, not empty, and not a device name."""
    name = slug(text)[:_LENGTH].rstrip("-.")
    if not name:
        return "unnamed"
    return f"{name}-" if _RESERVED.fullmatch(name) else name


def run_folder(root: Path, provider: str, model: str, started: datetime) -> Path:
    """Creates and returns the folder of a run, `root/provider/model/<UTC stamp>`. Raises like `stamped`."""
    return stamped(model_folder(root, provider, model), started)


def model_folder(root: Path, provider: str, model: str) -> Path:
    """The folder that holds the runs of a model of a provider."""
    return root / folder_name(provider) / folder_name(model)


def stamped(parent: Path, started: datetime) -> Path:
    """Creates and returns a folder named after the time in UTC.

    An existing folder is never reused: a second run in the same second gets `-2` behind its stamp. Raises
    ValueError for a time without a zone, and OSError if the folder cannot be created.
    """
    if started.tzinfo is None:
        raise ValueError("the start of a run needs a time zone: its stamp is in UTC")
    parent.mkdir(parents=True, exist_ok=True)
    stamp = started.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    count = 1
    while True:
        folder = parent / (stamp if count == 1 else f"{stamp}-{count}")
        try:
            folder.mkdir()
        except FileExistsError:
            count += 1
        else:
            return folder


def evidence_path(folder: Path, exchange: str) -> Path:
    """The path of an exchange's evidence in the folder of a run. `exchange` is its id."""
    return folder / "evidence" / f"{exchange}.jsonl"


def point_latest(folder: Path) -> Path:
    """Makes `latest` beside a run's folder point to it; returns the path of the text file."""
    pointer = folder.parent / "latest"
    _replace(pointer, f"{folder.name}\n")
    return pointer


def latest(parent: Path) -> Path | None:
    """The newest run in a model's folder, according to `latest`; None if there is none."""
    try:
        name = (parent / "latest").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    folder = parent / name
    return folder if name and "/" not in name and folder.is_dir() else None


def write_report(
    directory: Path, report: Report, streams: Iterable[Answer], *, lookup: Lookup = by_id
) -> Path:
    """Writes `report.jsonl` and `index.html` into a run's folder; returns the path of the page.

    `report.jsonl` is written first, so that an error in the page cannot lose it.
    """
    from conformance.report.page import render  # noqa: PLC0415 - who writes no page waits for no templates

    _replace(directory / "report.jsonl", "".join(f"{line}\n" for line in report_lines(report)))
    page = directory / "index.html"
    _replace(page, render(report, streams, lookup))
    return page


def _replace(path: Path, text: str) -> None:
    with put_whole(path) as neighbour:
        neighbour.write_text(text, encoding="utf-8", newline="\n")
