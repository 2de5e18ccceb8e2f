"""The reports that other jobs left, and how much of old nights is kept."""

from pathlib import Path

import pytest

from conformance.dashboard.stored import stored_runs
from conformance.nightly.gather import gather, thin
from conformance.nightly.records import RECORDS
from conformance.report.jsonl import read_report
from tests.nightly.conftest import stored, tonight


def nights(root: Path, *marks: str, cut: int = -1) -> list[Path]:
    """A run for each night, the oldest first; one of them was cut off."""
    return [
        stored(
            root,
            tonight(
                must_a=mark,
                header={
                    "started": f"2026-10-0{number}T03:00:00Z",
                    "incomplete": "cut" if number == cut else "",
                },
            ),
            f"2026100{number}T030000Z",
        )
        for number, mark in enumerate(marks, 1)
    ]


def test_old_nights_keep_the_ends_of_their_reports(tmp_path: Path) -> None:
    """The newest run stays whole; beyond those that are kept there is nothing."""
    oldest, old, before, newest = nights(tmp_path, "+", "-", "+", "-")
    thin(tmp_path, 3)
    assert not oldest.exists()
    for folder in (old, before):
        assert [path.name for path in folder.iterdir()] == ["report.jsonl"]
    assert {path.name for path in newest.iterdir()} == {"report.jsonl", "index.html", "evidence"}
    assert read_report(newest / "report.jsonl").footer.results
    found = stored_runs(tmp_path)
    assert [run.footer.results["must-a"].outcome.value for run in found.runs] == ["fail", "pass", "fail"]
    assert not found.unread
    kept = [path.read_bytes() for path in sorted(tmp_path.rglob("report.jsonl"))]
    thin(tmp_path, 3)
    assert [path.read_bytes() for path in sorted(tmp_path.rglob("report.jsonl"))] == kept


def test_the_baseline_of_the_next_night_keeps_its_report(tmp_path: Path) -> None:
    """Also where it is older than what is kept."""
    first, second, third = nights(tmp_path, "+", "-", "-", cut=3)
    thin(tmp_path, 1)
    assert not first.exists()
    assert [path.name for path in second.iterdir()] == ["report.jsonl"]
    assert read_report(second / "report.jsonl").rulings
    assert (third / "index.html").exists()


def test_what_other_jobs_left_joins_the_nights_before(tmp_path: Path) -> None:
    """Runs and records, and nothing else; the records of the last night are gone."""
    source, root = tmp_path / "source", tmp_path / "root"
    nights(root, "+")
    (root / RECORDS).mkdir()
    (root / RECORDS / "old.json").write_text("{}")
    stored(source, tonight(must_a="-"))
    for name in (RECORDS, "_sessions", ".git"):
        (source / name).mkdir()
        (source / name / "a.json").write_text("{}")
    (source / "index.html").write_text("theirs")
    (source / "link").symlink_to(tmp_path)
    (source / "acme" / "m" / "secret").symlink_to("/etc/hostname")
    gather(source, root)
    assert sorted(path.name for path in root.iterdir()) == [RECORDS, "acme"]
    assert [path.name for path in (root / RECORDS).iterdir()] == ["a.json"]
    assert sorted(path.name for path in (root / "acme" / "m").iterdir()) == [
        "20261001T030000Z",
        "20261002T030000Z",
    ]


@pytest.mark.parametrize("keep", [1, 2, 9])
def test_a_single_night_stays_as_it_is(keep: int, tmp_path: Path) -> None:
    """It is the newest and the baseline."""
    (folder,) = nights(tmp_path, "+")
    thin(tmp_path, keep)
    assert len(list(folder.iterdir())) == 3
