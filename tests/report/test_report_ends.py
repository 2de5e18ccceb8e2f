"""The ends of report.jsonl: header and footer are read without what lies between them."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.report.ends import Ends, read_ends
from conformance.report.errors import (
    NotAReportError,
    ReportCutOffError,
    ReportError,
    ReportSchemaError,
    ReportTextError,
    ReportVersionError,
)
from conformance.report.jsonl import report_lines
from conformance.report.records import Report


@pytest.fixture
def report(make: SimpleNamespace) -> Report:
    """A report with one verdict that is broken."""
    made: Report = make.report([make.verdict("must-a"), make.verdict("must-b", subject="x")])
    return made


@pytest.fixture
def text(report: Report) -> str:
    """Its file."""
    return "".join(f"{line}\n" for line in report_lines(report))


def stored(folder: Path, content: str | bytes) -> Path:
    path = folder / "report.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("end", ["", "\n", "\n\n  \n"], ids=["none", "one", "blank"])
def test_the_ends_are_those_of_the_whole_report(report: Report, text: str, end: str, tmp_path: Path) -> None:
    """Whatever ends the file."""
    assert read_ends(stored(tmp_path, text.rstrip("\n") + end)) == Ends(report.header, report.footer)


def test_what_lies_between_is_not_read(report: Report, text: str, tmp_path: Path) -> None:
    """However long it is, and whatever it is: only its length counts."""
    first, *_, last = text.splitlines()
    between = b"\n".join([b"\xff" * 200_000, b"{"] * 3)
    path = stored(tmp_path, first.encode() + b"\n" + between + b"\n" + last.encode() + b"\n")
    assert read_ends(path) == Ends(report.header, report.footer)


def test_a_footer_longer_than_a_block_is_read_whole(text: str, tmp_path: Path) -> None:
    """It names every requirement of the catalogue."""
    *lines, last = text.splitlines()
    footer = json.loads(last)
    (result, *_) = footer["results"].values()
    footer["results"] = {f"rule-{number}": result for number in range(5000)}
    path = stored(tmp_path, "\n".join([*lines, json.dumps(footer)]))
    assert len(read_ends(path).footer.results) == 5000


def first(change: Callable[[dict[str, Any]], Any]) -> Callable[[str], str]:
    """Changes the header."""
    return lambda text: _changed(text, 0, change)


def last(change: Callable[[dict[str, Any]], Any]) -> Callable[[str], str]:
    """Changes the footer."""
    return lambda text: _changed(text, -1, change)


def _changed(text: str, index: int, change: Callable[[dict[str, Any]], Any]) -> str:
    lines = text.splitlines()
    record = json.loads(lines[index])
    change(record)
    lines[index] = json.dumps(record)
    return "\n".join(lines)


UNREADABLE: dict[str, tuple[Callable[[str], str | bytes], type[ReportError], str]] = {
    "empty": (lambda _: "", NotAReportError, "does not begin with a header"),
    "page": (lambda _: "<!doctype html>\n", NotAReportError, "does not begin with a header"),
    "list": (lambda _: "[1]\n", NotAReportError, "does not begin with a header"),
    "deep": (lambda _: "[" * 100_000, NotAReportError, "does not begin with a header"),
    "evidence": (lambda _: '{"kind":"header","format":"other"}', NotAReportError, "does not begin"),
    "binary": (lambda _: b"\x89PNG\xff\n\n", ReportTextError, r"is not UTF-8 text \(byte 0\)"),
    "newer": (first(lambda record: record.update(version=9)), ReportVersionError, "is of version 9"),
    "header-alone": (lambda text: text.split("\n")[0], ReportCutOffError, "after its 1 lines"),
    "no-footer": (lambda text: text[: text.rindex('{"kind":"footer"')], ReportCutOffError, "cut off"),
    "half-a-footer": (lambda text: text[:-40], ReportCutOffError, "cut off before its end"),
    "half-a-letter": (lambda text: text[:-9].encode() + b"\xc3", ReportCutOffError, "cut off"),
    "no-results": (last(lambda record: record.pop("results")), ReportSchemaError, "results"),
    "results-list": (last(lambda record: record.update(results=[])), ReportSchemaError, "items"),
    "number": (last(lambda record: record.update(incomplete=1)), ReportSchemaError, "incomplete is no text"),
    "outcome": (
        last(lambda record: record["results"]["must-a"].update(outcome="great")),
        ReportSchemaError,
        "great",
    ),
    "provider": (
        first(lambda record: record.update(provider=None)),
        ReportSchemaError,
        "provider is no text",
    ),
    "replayed": (first(lambda record: record.update(replayed="x")), ReportSchemaError, "replayed is neither"),
    "time": (first(lambda record: record.update(started="yesterday")), ReportSchemaError, "yesterday"),
    "zone": (
        first(lambda record: record.update(started="2026-10-01T00:00:00")),
        ReportSchemaError,
        "no time in",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_refused_with_the_reason(name: str, text: str, tmp_path: Path) -> None:
    """Under the name that the reader gave."""
    spoil, error, words = UNREADABLE[name]
    with pytest.raises(error, match=words) as caught:
        read_ends(stored(tmp_path, spoil(text)), "a/b/report.jsonl")
    assert caught.value.message.startswith("a/b/report.jsonl")


def test_the_name_is_the_path_unless_one_is_given(tmp_path: Path) -> None:
    with pytest.raises(NotAReportError) as caught:
        read_ends(stored(tmp_path, ""))
    assert caught.value.name == str(tmp_path / "report.jsonl")
