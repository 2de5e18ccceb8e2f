"""Brings the reports of a night to those of the nights before, and keeps of old ones what a history needs."""

import shutil
from pathlib import Path

from conformance.evidence.whole import put_whole
from conformance.nightly.past import baseline_of, stored_in
from conformance.nightly.records import RECORDS

__all__ = ["gather", "thin"]

_APART = ("_", ".")


def gather(source: Path, root: Path) -> None:
    """Copies the runs and the records of a night into the folder of the reports. Raises OSError.

    What other jobs left is a stranger's: links are not followed, and nothing but folders of runs and of
    records is taken. The records of earlier nights are removed.
    """
    shutil.rmtree(root / RECORDS, ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    for folder in sorted(source.iterdir()):
        taken = folder.name == RECORDS or not folder.name.startswith(_APART)
        if taken and folder.is_dir() and not folder.is_symlink():
            shutil.copytree(folder, root / folder.name, ignore=_links, dirs_exist_ok=True)


def thin(root: Path, keep: int) -> None:
    """Keeps the newest `keep` runs of each model, and of most only the ends of their report. Raises OSError.

    Whole stay the newest run, with its page and evidence, and the report of the one that is the baseline of
    the next.
    """
    for runs in stored_in(root).values():
        newest = runs[-1]
        baseline = baseline_of(runs)
        kept = (*runs[-keep:], baseline)
        for run in runs:
            if run not in kept:
                shutil.rmtree(root / run.folder)
            elif run is not newest:
                _strip(root / run.folder, ends=run is not baseline)


def _strip(folder: Path, *, ends: bool) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != "report.jsonl":
            path.unlink()
    report = folder / "report.jsonl"
    if ends:
        lines = [line for line in report.read_text(encoding="utf-8").split("\n") if line.strip()]
        with put_whole(report) as neighbour:
            neighbour.write_text(f"{lines[0]}\n{lines[-1]}\n", encoding="utf-8", newline="\n")


def _links(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).is_symlink()]
