"""The rows of the table of changes fit the code, and the program that applies them reports correctly."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from socket import create_server
from typing import Any

import pytest

from tests import home
from tests.changes import run as running
from tests.changes.__main__ import figures, good, main, told_of
from tests.changes.run import Fate, Found, Unfit, applied, copied, fate, fates, unspoilt
from tests.changes.table import Change, changed, changes, fault, named
from tests.proof.proving import BROKEN, LEGAL

ROWS = changes()
ROW = Change(
    name="a-row",
    source="some.toml",
    file="conformance/some.py",
    old="a < b",
    new="a <= b",
    means="Somebody suffers.",
    noticed_by=("tests/test_some.py::test_it",),
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree that the row fits."""
    for name, text in (
        (ROW.file, "def less(a, b):\n    return a < b\n"),
        ("tests/test_some.py", "X = 1\n\ndef test_it():\n    assert X\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


# The table.


def test_every_row_fits_the_code() -> None:
    """Its old text is there once, and its tests are there."""
    told = [words for row in ROWS if (words := fault(row))]
    assert not told, "\n".join(told)


def test_every_row_has_a_name_of_its_own_and_a_sentence() -> None:
    """By which it can be asked for, and which says what a user would suffer."""
    names = Counter(row.name for row in ROWS)
    assert [name for name, times in names.items() if times > 1] == []
    assert [row.name for row in ROWS if not (row.means[:1].isupper() or row.means[:1] == "`")] == []
    assert [row.name for row in ROWS if not row.means.endswith(".")] == []
    assert [row.name for row in ROWS if not row.noticed_by] == []


def test_every_wire_that_a_row_names_is_there() -> None:
    """A renamed one shows here, and not only when the changes are tried."""
    known = {
        "test_every_broken_wire_breaks_what_it_declares_and_nothing_else": {wire.id for wire in BROKEN},
        "test_no_legal_wire_fails": {wire.id for wire in LEGAL},
    }
    asked = [name.partition("::")[2].rstrip("]").partition("[") for row in ROWS for name in row.noticed_by]
    assert [wire for test, _, wire in asked if test in known and wire not in known[test]] == []


def test_the_table_is_of_a_size_that_says_something() -> None:
    """In files that can be read."""
    assert len(ROWS) >= 100
    for path in Path(__file__).parent.glob("*.toml"):
        assert len(path.read_text().splitlines()) <= 400


def test_rows_are_chosen_by_words() -> None:
    """Of their name, of the file they stand in, and of the file that they change."""
    other = replace(ROW, name="other", source="gate.toml", file="conformance/gate.py")
    assert named([], [ROW, other]) == [ROW, other]
    assert [named([word], [ROW, other]) for word in ("a-r", "gate", "some.py", "none")] == [
        [ROW],
        [other],
        [ROW],
        [],
    ]


@pytest.mark.parametrize(
    ("changes_", "words"),
    [
        ({}, ""),
        ({"old": "a > b"}, "its old text is in conformance/some.py 0 times, not once. The code has moved on"),
        ({"old": "a"}, "its old text is in conformance/some.py 2 times, not once."),
        ({"file": "conformance/none.py"}, "its old text is in conformance/none.py 0 times"),
        ({"new": "a < b"}, "old and new text are the same"),
        (
            {"noticed_by": ("tests/test_some.py::test_other",)},
            "there is no test tests/test_some.py::test_oth",
        ),
        ({"noticed_by": ("tests/test_some.py",)}, "there is no test tests/test_some.py"),
        ({"noticed_by": ("tests/test_some.py::test_it[x]",)}, ""),
    ],
)
def test_a_row_that_does_not_fit_says_what_to_do(changes_: dict[str, Any], words: str, tree: Path) -> None:
    """With its name and the file that it stands in."""
    told = fault(replace(ROW, **changes_), tree)
    assert words in told
    assert bool(told) is bool(words)
    assert not told or told.startswith("[a-row] in tests/changes/some.toml: ")


def test_a_row_with_a_wrong_key_is_refused(tmp_path: Path) -> None:
    """Rather than read without it."""
    rows = 'file = "f"\nold = "o"\nnew = "n"\nmeans = "m"\nnoticed_by = ["t"]\n'
    (tmp_path / "some.toml").write_text(f"[one]\n{rows}[two]\n{rows}why_unnoticed = 'w'\n")
    assert [(row.name, row.why_unnoticed) for row in changes(tmp_path)] == [("one", ""), ("two", "w")]
    (tmp_path / "some.toml").write_text(f"[one]\n{rows}why = 'w'\n")
    with pytest.raises(ValueError, match=r"\[one\] in some.toml: .*\['why'\]"):
        changes(tmp_path)
    (tmp_path / "some.toml").write_text('[one]\nfile = "f"\n')
    with pytest.raises(ValueError, match="means"):
        changes(tmp_path)


# Trying them.


def test_a_change_is_there_for_its_time_alone(tree: Path) -> None:
    """Whatever happens meanwhile; what was compiled of the file is out of date while it is changed."""
    path = tree / ROW.file
    before, stat, new = path.read_text(), path.stat(), changed(ROW, tree)
    assert new == before.replace(ROW.old, ROW.new)
    seen = []
    with suppress(ZeroDivisionError), applied(ROW, tree):
        seen = [path.read_text(), path.stat().st_mtime > stat.st_mtime + 1]
        raise ZeroDivisionError
    assert seen == [new, True]
    assert path.read_text() == before
    assert path.stat().st_mtime_ns == stat.st_mtime_ns


def test_the_files_of_the_project_are_copied(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Those that are not committed yet too; neither what is ignored nor what was removed."""
    assert home.run(["git", "init", "--quiet"], cwd=tree).returncode == 0
    (tree / ".gitignore").write_text("*.log\n")
    (tree / "gone.txt").write_text("x")
    assert home.run(["git", "add", "gone.txt"], cwd=tree).returncode == 0
    (tree / "gone.txt").unlink()
    (tree / "x.log").write_text("x")
    target = tmp_path_factory.mktemp("copy")
    copied(target, tree)
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert found == [".gitignore", ROW.file, "tests/test_some.py"]


class Sessions:
    """Sessions that end with these codes, the last one again and again; what each was asked."""

    def __init__(self, *codes: int | None) -> None:
        self.codes = list(codes)
        self.asked: list[tuple[str, ...]] = []

    async def __call__(
        self, copy: Path, arguments: Sequence[str], seconds: float, *, compiled: bool = False
    ) -> tuple[int | None, str]:
        assert copy.name
        assert seconds > 0
        self.asked.append((*arguments, *(["compiled"] if compiled else [])))
        return (self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]), "what pytest said"


@pytest.mark.parametrize(
    ("code", "why", "due", "words"),
    [
        (1, "", Fate.NOTICED, ""),
        (0, "", Fate.UNNOTICED, ""),
        (None, "", Fate.NOTICED, "the tests took longer than 5 s"),
        (2, "", Fate.BROKEN, "its tests could not be run, pytest ended with 2:\nwhat pytest said"),
        (5, "it is so", Fate.BROKEN, "its tests could not be run, pytest ended with 5:\nwhat pytest said"),
        (0, "it is so", Fate.ARGUED, "it is so"),
        (1, "it is so", Fate.BROKEN, "it is noticed after all: remove its `why_unnoticed`"),
    ],
)
def test_the_end_of_the_session_is_the_fate_of_the_change(
    code: int | None, why: str, due: Fate, words: str, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that fails notices it, or one that does not end; tests that cannot be run notice nothing."""
    sessions = Sessions(code)
    monkeypatch.setattr(running, "session", sessions)
    found = asyncio.run(fate(replace(ROW, why_unnoticed=why), tree, 5.0))
    assert (found.fate, found.words) == (due, words)
    assert sessions.asked == [("--exitfirst", "tests/test_some.py::test_it")]


def test_tests_that_fail_anyway_notice_nothing(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that are named are run first, with nothing changed: each once, a share of them in every copy."""
    other = replace(ROW, name="other", noticed_by=("tests/b.py::b", *ROW.noticed_by))
    sessions = Sessions(0, 1)
    monkeypatch.setattr(running, "session", sessions)
    with pytest.raises(Unfit, match="what pytest said"):
        asyncio.run(unspoilt([ROW, other], [tree, tree], 5.0))
    assert sorted(sessions.asked) == [
        ("tests/b.py::b", "compiled"),
        ("tests/test_some.py::test_it", "compiled"),
    ]


def test_every_change_is_tried_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """In copies of the tree that are gone afterwards, never in the tree itself."""
    rows = ROWS[:3]
    before = [(home.ROOT / row.file).read_bytes() for row in rows]
    copies: set[Path] = set()

    async def told(copy: Path, arguments: Sequence[str], *_: Any, **__: Any) -> tuple[int, str]:
        assert arguments
        copies.add(copy)
        await asyncio.sleep(0)
        assert [(home.ROOT / row.file).read_bytes() for row in rows] == before
        return int("--exitfirst" in arguments), ""

    seen: list[Found] = []
    monkeypatch.setattr(running, "session", told)
    found = asyncio.run(fates(rows, processes=2, seconds=5.0, tell=seen.append))
    assert [one.change for one in found] == list(rows)
    assert {one.fate for one in found} == {Fate.NOTICED}
    assert sorted(one.change.name for one in seen) == sorted(row.name for row in rows)
    assert len(copies) == 2
    assert not any(copy.exists() for copy in copies)


CHILD = "import socket, sys, time\nheld = socket.create_connection(('127.0.0.1', {port}))\ntime.sleep(900)\n"
PARENT = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\n"


def test_what_a_command_started_is_stopped_with_it(tmp_path: Path) -> None:
    """A process of a process of it: its connection is closed when whoever waits is cancelled."""
    with create_server(("127.0.0.1", 0)) as server:
        server.settimeout(600)
        child = CHILD.format(port=server.getsockname()[1])
        command = [sys.executable, "-c", PARENT.format(child=child)]

        async def attend() -> bytes:
            ended = asyncio.create_task(
                home.attended(command, cwd=tmp_path, env=home.environment(), seconds=600)
            )
            connection, _ = await asyncio.to_thread(server.accept)
            connection.settimeout(600)
            ended.cancel()
            await asyncio.wait([ended])
            with connection:
                return await asyncio.to_thread(connection.recv, 1)

        assert asyncio.run(attend()) == b""


def test_a_command_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """It has no exit code then."""
    command = [sys.executable, "-c", "import time; time.sleep(900)"]
    ended = asyncio.run(home.attended(command, cwd=tmp_path, env=home.environment(), seconds=0.3))
    assert ended == (None, "")


def test_a_command_tells_its_code_and_what_it_said(tmp_path: Path) -> None:
    """Both streams, as they come."""
    said = "import os, sys; print(os.getcwd(), flush=True); sys.stderr.write('e'); sys.exit(3)"
    command = [sys.executable, "-c", said]
    ended = asyncio.run(home.attended(command, cwd=tmp_path, env=home.environment(), seconds=600))
    assert ended == (3, f"{os.path.realpath(tmp_path)}\ne")


# What is told.


def several(*fates_: Fate) -> list[Found]:
    """A change for each fate."""
    return [Found(ROW, one, 1.0, "because" if one is Fate.ARGUED else "") for one in fates_]


@pytest.mark.parametrize(
    ("found", "enough"),
    [
        ([Fate.NOTICED] * 20, True),
        ([Fate.NOTICED] * 19 + [Fate.UNNOTICED], True),
        ([Fate.NOTICED] * 19 + [Fate.ARGUED], True),
        ([Fate.NOTICED] * 18 + [Fate.UNNOTICED, Fate.ARGUED], False),
        ([Fate.NOTICED] * 99 + [Fate.BROKEN], False),
    ],
)
def test_enough_are_noticed(found: Iterable[Fate], *, enough: bool) -> None:
    """An argued change is not; and the tests of every one can be run."""
    assert good(several(*found)) is enough


def test_what_is_not_noticed_is_told_with_its_tests_or_its_reason() -> None:
    """And the last line has the figures."""
    found = several(Fate.NOTICED, Fate.UNNOTICED, Fate.ARGUED, Fate.NOTICED)
    place = "[a-row] in tests/changes/some.toml: Somebody suffers."
    assert told_of(found) == [
        f"unnoticed: {place} None of these fails: tests/test_some.py::test_it",
        f"argued: {place} because",
    ]
    assert figures(found) == (
        "4 changes: 2 noticed, 1 unnoticed, 1 argued, 0 broken; 50.0% noticed, at least 95% asked for"
    )


def test_a_word_that_no_change_has_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is tried then."""
    assert main(["no-such-word"]) == 1
    assert "No change is about no-such-word" in capsys.readouterr().err


def test_a_row_that_does_not_fit_stops_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is copied."""
    monkeypatch.setattr("tests.changes.__main__.changes", lambda: (replace(ROWS[0], old="not there"),))
    assert main([]) == 1
    assert "0 times, not once. The code has moved on" in capsys.readouterr().err
