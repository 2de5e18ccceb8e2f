"""Nothing that an endpoint sends is a command for the runner of a CI job."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli import command
from conformance.text import unmarked
from tests.plugin.conftest import Run

MARKS = (
    "::add-mask::a",
    "::error file=a::b",
    "##[group]a",
    "##vso[task.setvariable variable=a]b",
    "##VSO[task.complete]",
    "##teamcity[testStarted name='a']",
)
_COMMAND = re.compile(r"^\s*::|##\[|##vso\[|##teamcity\[", re.IGNORECASE | re.MULTILINE)


def hostile(folder: Path) -> Path:
    """A stream with the marks in comments, unknown fields, names, data, and texts."""
    chunk = {"id": "\n".join(MARKS), "object": "x", "created": 1, "model": MARKS[0], "choices": [{}]}
    lines = [line for mark in MARKS for line in (f":{mark}", mark, f"event: {mark}", f"data: {mark}", "")]
    path = folder / "stream.sse"
    path.write_text("\n".join([*lines, f"data: {json.dumps(chunk)}", "", *MARKS, ""]))
    return path


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("lead", ["", "  ", "\t", "a line\n   "])
def test_a_mark_is_broken_by_a_space(mark: str, lead: str) -> None:
    """At the start of a line, or wherever a runner looks for it; other text stays."""
    broken = unmarked(lead + mark)
    assert _COMMAND.search(lead + mark)
    assert not _COMMAND.search(broken)
    assert broken.replace(" ", "") == (lead + mark).replace(" ", "")


@pytest.mark.parametrize("text", ["a::b", "std::vector", "# # a", "## Heading", "#[a]", ": : a"])
def test_other_text_is_left_alone(text: str) -> None:
    """A mark is one only in its place."""
    assert unmarked(text) == text


def test_empty_lines_are_each_looked_at_once() -> None:
    """And not each with all behind it, which takes a quarter of an hour."""
    assert unmarked("\n" * 1_000_000 + "::add-mask::a").endswith(": :add-mask::a")


def test_no_mark_reaches_the_terminal(run: Run, tmp_path: Path) -> None:
    """Neither in bug reports nor in skips, summaries or JSON lines."""
    path = hostile(tmp_path)
    ran = run("--replay", path, "-rA", "-v")
    assert "::" in ran.text
    assert not _COMMAND.search(ran.text)
    for given in ([], ["--json"]):
        told = CliRunner().invoke(command, ["judge", *given, str(path)]).output
        assert told
        assert not _COMMAND.search(told)
    value = json.loads(told.splitlines()[0])
    assert "##" in json.dumps(value)


def test_the_name_of_a_file_begins_no_line(tmp_path: Path) -> None:
    """It may hold a line end."""
    path = tmp_path / "a\n::add-mask::a.json"
    path.write_text("{")
    told = CliRunner().invoke(command, ["judge", str(path)])
    assert not _COMMAND.search(f"{told.output}{told.exception}")
