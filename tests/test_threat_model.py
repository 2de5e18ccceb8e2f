"""The tests that the threat model names are there."""

import re

import pytest

from tests.home import ROOT

PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE)))


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_shows_a_promise_is_there(name: str) -> None:
    """And holds tests."""
    assert "def test_" in (ROOT / name).read_text(encoding="utf-8")


def test_every_promise_names_what_shows_it() -> None:
    """In the last column of its row."""
    table = PAGE.partition("## What is promised")[2].partition("## What is not")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 10
    assert all(re.search(r"`tests/|`make ", row.split("|")[3]) for row in rows)


def test_security_leads_to_the_threat_model() -> None:
    """Which says what counts as a vulnerability."""
    assert "docs/threat-model.md" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
