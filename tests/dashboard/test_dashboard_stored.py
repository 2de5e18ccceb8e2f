"""Which folders hold a stored run, and what is told of those that cannot be read."""

from datetime import date
from pathlib import Path

import pytest

from conformance.catalogue import Outcome
from conformance.dashboard.stored import stored_runs
from tests.dashboard.making import DAY, store

FINE = {"role-first": Outcome.PASS}


def test_every_run_is_found_in_the_order_of_the_folders(tmp_path: Path) -> None:
    """With what its report says of it, whatever the folders are called."""
    for provider in ("zeta", "Ålpha"):
        store(tmp_path, FINE, provider=provider)
        store(tmp_path, FINE, date(2026, 11, 21), provider=provider)
    found = stored_runs(tmp_path)
    assert [run.folder for run in found.runs] == [
        "lpha/acme-large/20261120T030000Z",
        "lpha/acme-large/20261121T030000Z",
        "zeta/acme-large/20261120T030000Z",
        "zeta/acme-large/20261121T030000Z",
    ]
    assert [run.header.provider for run in found.runs] == ["Ålpha", "Ålpha", "zeta", "zeta"]
    assert {run.night for run in found.runs} == {DAY, date(2026, 11, 21)}
    assert all(run.page and run.whole for run in found.runs)
    assert found.unread == ()


def test_a_run_of_which_only_the_report_was_kept_has_no_page(tmp_path: Path) -> None:
    """As in a history that keeps no more."""
    (store(tmp_path, FINE) / "index.html").unlink()
    assert [run.page for run in stored_runs(tmp_path).runs] == [False]


def test_a_run_that_judged_less_is_not_whole(tmp_path: Path) -> None:
    store(tmp_path, FINE, incomplete="interrupted")
    store(tmp_path, FINE, date(2026, 11, 21), profile="chat-core-2026-11-26")
    assert [run.whole for run in stored_runs(tmp_path).runs] == [False, False]


def test_nothing_that_cannot_be_read_is_dropped(tmp_path: Path) -> None:
    """Each folder is named with the reason, and with no path of the machine."""
    cut = store(tmp_path, FINE, provider="a") / "report.jsonl"
    cut.write_bytes(cut.read_bytes()[:-30])
    (store(tmp_path, FINE, provider="b") / "report.jsonl").unlink()
    (store(tmp_path, FINE, provider="c") / "report.jsonl").write_text("<html>")
    fine = store(tmp_path, FINE, provider="d")
    found = stored_runs(tmp_path)
    assert [run.folder for run in found.runs] == [fine.relative_to(tmp_path).as_posix()]
    told = {item.folder[0]: item.why for item in found.unread}
    assert "cut off before its end" in told["a"]
    assert "no report.jsonl" in told["b"]
    assert "does not begin with a header" in told["c"]
    assert not any(str(tmp_path) in why for why in told.values())
    assert {item.night for item in found.unread} == {DAY}


def test_a_report_that_the_system_refuses_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    store(tmp_path, FINE)
    monkeypatch.setattr("conformance.dashboard.stored.read_ends", refused)
    (item,) = stored_runs(tmp_path).unread
    assert item.why == "its report.jsonl cannot be read: Permission denied"


def test_what_is_no_run_is_passed_over(tmp_path: Path) -> None:
    """Logs of sessions, hidden folders, files, and folders that are named like nothing of ours."""
    run = store(tmp_path, FINE)
    (run.parent / "latest").write_text(f"{run.name}\n")
    for path in ("_sessions/x/20261120T030000Z", ".git/x/20261120T030000Z", "docs/pages/old"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "README.md").write_text("text")
    found = stored_runs(tmp_path)
    assert len(found.runs) == 1
    assert found.unread == ()


def test_a_folder_with_no_such_day_has_no_night(tmp_path: Path) -> None:
    (tmp_path / "a/b/20261399T030000Z").mkdir(parents=True)
    assert [item.night for item in stored_runs(tmp_path).unread] == [None]
