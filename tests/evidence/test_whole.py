"""Files that are put in place whole."""

from pathlib import Path

import pytest

from conformance.evidence.whole import put_whole


def test_two_who_write_one_file_at_once_leave_it_whole(tmp_path: Path) -> None:
    """That of whoever ends last, as two dashboards of one folder."""
    path = tmp_path / "index.html"
    with put_whole(path) as first:
        first.write_text("of the first")
        with put_whole(path) as second:
            second.write_text("half of the sec")
            assert first.read_text() == "of the first"
            second.write_text("of the second")
        assert path.read_text() == "of the second"
    assert path.read_text() == "of the first"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_exception_the_file_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), put_whole(path) as neighbour:
        neighbour.write_text(str(1 / 0))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
