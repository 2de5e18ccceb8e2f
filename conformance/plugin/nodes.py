"""The pytest items: one for each requirement on each exchange, and one for each known deviation.

The items come from the run and not from test functions, so they are the same in every project, whatever its
configuration calls a test and whatever fixtures it applies to all tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from conformance.catalogue import Outcome
from conformance.plugin.faults import TOLD, shown_fault
from conformance.report.bugreport import headline, stale_report
from conformance.report.terminal import Screen, block_lines
from conformance.report.visible import visible
from conformance.run.conduct import Run
from conformance.run.items import ListedDeviation, PlannedVerdict
from conformance.text import unmarked

__all__ = ["ASIDE", "PROPERTY", "DeviationItem", "NotKept", "RequirementItem", "SuiteFolder", "SuiteItem"]

_MODULE = "test_conformance.py"  # the name of the suite's folder

PROPERTY = "conformance"
"""The property of an item's report, and of its case in junit.xml, that holds the outcome."""

ASIDE = "conformance-aside"
"""The property of an item that failed and is told under another: `alike` or `following`."""


class NotKept(Exception):  # noqa: N818 - not an error of the program, but what a person is to read
    """Raised for a requirement that was not kept; carries the report shown instead of a traceback.

    `text` is the report and `line` its first line.
    """

    def __init__(self, text: str, line: str) -> None:
        super().__init__(text)
        self.text = text
        self.line = line


@dataclass(frozen=True, slots=True)
class _Crash:
    message: str


@dataclass(frozen=True, slots=True)
class _Report:
    """What pytest prints for a failure. pytest reads `reprcrash` for the line in its summary."""

    text: str
    reprcrash: _Crash
    terminal: bool

    def toterminal(self, writer: Any) -> None:
        screen = Screen(width=writer.fullwidth - 1 if self.terminal else None)
        first, *rest = block_lines(self.text, screen)
        writer.line(first, red=True, bold=True)
        for line in rest:
            writer.line(line, bold=line.startswith("  > "))

    def __str__(self) -> str:
        return self.text


class SuiteFolder(pytest.Directory):
    """The suite's folder in pytest's collection, whatever the project calls its tests."""

    run: Run

    @classmethod
    def of(cls, parent: pytest.Collector, run: Run, *, path: Path) -> Self:
        """The folder, for a run."""
        folder = cls.from_parent(parent, path=path)
        folder.run = run
        return folder

    def collect(self) -> Iterator[pytest.Collector]:
        """Yields the only module of the suite."""
        suite = Suite.from_parent(self, path=self.path / _MODULE)
        suite.run = self.run
        yield suite


class Suite(pytest.File):
    """The suite's module in pytest's collection."""

    run: Run

    def collect(self) -> Iterator[pytest.Item]:
        """Yields everything that can be selected."""
        for item in self.run.items:
            match item:
                case PlannedVerdict():
                    yield RequirementItem.of(self, item)
                case ListedDeviation():
                    yield DeviationItem.of(self, item)


class SuiteItem(pytest.Item):
    """The base of both kinds of items."""

    run: Run

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any) -> Any:
        if isinstance(excinfo.value, NotKept):
            return _Report(excinfo.value.text, _Crash(excinfo.value.line), self._terminal())
        if isinstance(excinfo.value, Exception):
            text = shown_fault(excinfo.value, self.run.origin.secrets)
            return _Report(text, _Crash(TOLD), terminal=False)
        return super().repr_failure(excinfo, *args)

    def _terminal(self) -> bool:
        """Whether pytest's output is a terminal, and no file or pipe."""
        reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        return reporter is not None and bool(reporter.isatty)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, None, self.name


class RequirementItem(SuiteItem):
    """A requirement judged on a subject."""

    planned: PlannedVerdict
    aside: str

    @classmethod
    def of(cls, parent: Suite, planned: PlannedVerdict) -> Self:
        """The item of a planned verdict."""
        item = cls.from_parent(parent, name=f"test_requirement[{planned.id}]")
        item.run, item.planned, item.aside = parent.run, planned, ""
        for mark in planned.marks:
            item.add_marker(mark)
        return item

    def runtest(self) -> None:
        """Reports the ruling. All judging is done before the first item runs."""
        ruling, result = self.run.ruling(self.planned)
        outcome = ruling.verdict.outcome
        self.user_properties.append((PROPERTY, "known" if ruling.deviation else outcome.value))
        if outcome in (Outcome.NOT_TESTABLE, Outcome.NOT_APPLICABLE):
            pytest.skip(f"{outcome.words}: {unmarked(visible(ruling.verdict.reason))}")
        if outcome is Outcome.PASS:
            return
        text = result.bug_report(ruling.verdict)
        if ruling.gates:
            if self.aside:
                self.user_properties.append((ASIDE, self.aside))
            raise NotKept(text, headline(ruling))
        self.add_report_section("call", "conformance", text)


class DeviationItem(SuiteItem):
    """A known deviation, which must still exist."""

    listed: ListedDeviation

    @classmethod
    def of(cls, parent: Suite, listed: ListedDeviation) -> Self:
        """The item of a listed deviation."""
        item = cls.from_parent(parent, name=f"test_deviation[{listed.id}]")
        item.run, item.listed = parent.run, listed
        return item

    def runtest(self) -> None:
        """Fails if the deviation must be removed from the list."""
        if (stale := self.run.stale(self.listed)) is not None:
            raise NotKept(stale_report(stale, f"{self.listed.provider} in providers.toml"), stale.message)
