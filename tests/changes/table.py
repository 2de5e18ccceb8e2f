"""The table of changes: small changes to the suite's own code, each of which some test has to notice.

The files `*.toml` beside this one hold it, by the part of the code that is changed.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

__all__ = ["HERE", "ROOT", "Change", "changed", "changes", "fault", "named", "unknown_tests"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One small change: in `file` the text `old`, which is there once, becomes `new`.

    `name` is that of its table in `source`, a file beside this one. `means` says what the change would do to
    somebody who uses the suite. `noticed_by` are the tests that should fail, as pytest takes them.
    `why_unnoticed` argues that no test can notice it; empty where one should.
    """

    name: str
    source: str
    file: str
    old: str
    new: str
    means: str
    noticed_by: tuple[str, ...]
    why_unnoticed: str = ""


def changes(folder: Path = HERE) -> tuple[Change, ...]:
    """Every change of every file. Raises ValueError for a row that is not whole."""
    return tuple(
        _change(name, path.name, row)
        for path in sorted(folder.glob("*.toml"))
        for name, row in tomllib.loads(path.read_text(encoding="utf-8")).items()
    )


def _change(name: str, source: str, row: dict[str, Any]) -> Change:
    keys = {field.name for field in fields(Change)} - {"name", "source"}
    if wrong := (row.keys() - keys) | (keys - row.keys() - {"why_unnoticed"}):
        raise ValueError(f"[{name}] in {source}: there is no such key, or it is missing: {sorted(wrong)}")
    return Change(name=name, source=source, **{**row, "noticed_by": tuple(row["noticed_by"])})


def named(words: Sequence[str], rows: Sequence[Change]) -> list[Change]:
    """The changes that one of some words is about: a part of their name or of their files; all for none."""
    return [
        row
        for row in rows
        if not words or any(word in text for word in words for text in (row.name, row.source, row.file))
    ]


def changed(change: Change, root: Path) -> str:
    """The text of the file with the change in it. Raises ValueError, which says what to do, for a misfit."""
    where = f"[{change.name}] in tests/changes/{change.source}"
    path = root / change.file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if (times := text.count(change.old)) != 1:
        raise ValueError(
            f"{where}: its old text is in {change.file} {times} times, not once. The code has moved on: "
            "write the text as it stands now, with enough around it to be the only one; or remove the row, "
            "where there is nothing left to change"
        )
    new = text.replace(change.old, change.new)
    if new == text:
        raise ValueError(f"{where}: old and new text are the same; write what is changed")
    return new


def fault(change: Change, root: Path = ROOT) -> str:
    """What is wrong with a row, and what to do; empty where nothing is."""
    where = f"[{change.name}] in tests/changes/{change.source}"
    try:
        changed(change, root)
    except ValueError as error:
        return str(error)
    if missing := unknown_tests(change, root):
        return f"{where}: there is no test {missing[0]}; name the test that notices the change"
    return ""


def unknown_tests(change: Change, root: Path = ROOT) -> list[str]:
    """The tests that it names and that are not there, by their file and function."""
    return [name for name in change.noticed_by if not _is_there(name, root)]


def _is_there(name: str, root: Path) -> bool:
    file, _, function = name.partition("[")[0].partition("::")
    path = root / file
    return bool(function) and path.is_file() and f"\ndef {function}(" in path.read_text(encoding="utf-8")
