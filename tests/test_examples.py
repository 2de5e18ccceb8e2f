"""The examples: always the same bytes, small, and those that the code of today writes."""

import json
import re
from pathlib import Path

import pytest

from tools.examples import EXAMPLES, NIGHTS, write_examples

LARGEST = 300_000  # bytes of a file
ALL = 1_500_000  # bytes of all of them


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples as they are written today."""
    root = tmp_path_factory.mktemp("examples")
    write_examples(root)
    return root


def contents(root: Path) -> dict[str, bytes]:
    """The files of a folder by their path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_the_same_code_writes_the_same_bytes(written: Path, tmp_path: Path) -> None:
    """Whenever, and wherever."""
    write_examples(tmp_path)
    assert contents(tmp_path) == contents(written)


def test_the_examples_are_those_of_today(written: Path) -> None:
    """`make examples` writes them anew."""
    if not EXAMPLES.is_dir():
        pytest.skip("examples/ is not written yet")
    today, there = contents(written), contents(EXAMPLES)
    there.pop("README.md")
    assert sorted(there) == sorted(today), "run `make examples`"
    differing = [name for name in today if today[name] != there[name]]
    assert not differing, "run `make examples`"


def test_the_examples_are_small_and_of_nobody(written: Path) -> None:
    """No path of a machine is in them, and no key."""
    files = contents(written)
    assert max(map(len, files.values())) <= LARGEST
    assert sum(map(len, files.values())) <= ALL
    for name, data in files.items():
        assert str(written).encode() not in data, name
        assert not re.search(rb"sk-a-key|/tmp/|/home/|/root/", data), name


def test_the_examples_tell_what_changed(written: Path) -> None:
    """Each night something, and a deviation that expires."""
    night = json.loads((written / "nights" / "night.json").read_text())
    told = [entry["paragraph"] for entry in night["nights"]]
    assert len(told) == len(NIGHTS)
    assert "New at east: `content-string`" in told[0]
    assert "Fixed at east: `event-json`" in told[0]
    assert "`finish-reason-key` of south expires on 2026-12-05" in told[0]
    assert "New at east: `event-json`" in told[1]
    assert told[2].startswith("This is the first night")
