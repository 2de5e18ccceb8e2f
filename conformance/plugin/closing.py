"""What a session says last, behind everything that pytest says: the screen that a person reads."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from conformance.gate import ExitCode
from conformance.plugin.faults import TOLD, shown_fault
from conformance.plugin.github import tell_github
from conformance.plugin.log import pages
from conformance.plugin.selecting import nothing_selected
from conformance.report.terminal import MarkedLine, Screen, page_lines, verdict_lines
from conformance.run.conduct import Run

__all__ = ["Closing"]

_LINES = 4  # of a sentence about what was not selected


class Closing:
    """Prints the last screen: for each provider the result, what to fix first, and the path of the report."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config = config
        self._run = run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Prints it after the reporters of pytest, whatever they have to say."""
        try:
            yield
        finally:
            reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None:
                self._close(session, reporter)

    def _close(self, session: pytest.Session, reporter: Any) -> None:
        try:
            lines = list(self._lines(session, reporter))
        except Exception as error:  # noqa: BLE001 - too late for pytest to end the session by itself
            reporter.write_line(shown_fault(error, self._run.origin.secrets))
            reporter.write_line(f"error: {TOLD}", red=True)
            session.exitstatus = ExitCode.INTERNAL
            return
        if lines:
            reporter.section("conformance", sep="=", bold=True)
        for line, markup in lines:
            reporter.write_line(line, **markup)

    def _lines(self, session: pytest.Session, reporter: Any) -> Iterator[MarkedLine]:
        results = self._run.results
        width = reporter.isatty and self._config.get_terminal_writer().fullwidth - 1
        screen = Screen(width=width or None, providers=len(results))
        reports = {id(result): page for result, page in pages(self._run)}
        for line in tell_github(results, reports):
            yield line, {}
        for why in self._run.unwritten:
            yield f"error: {why}", {"red": True}
        for result in results:
            yield from verdict_lines(result.report, result.summary, result.run.judgement.streams, screen)
            if (page := reports.get(id(result))) is not None:
                for line in page_lines(result.report, page, screen):
                    yield line, {}
        option = self._config.option
        if not session.items and not results and (option.markexpr or option.keyword):
            for told in nothing_selected(self._run.items, option.markexpr, option.keyword):
                for line in screen.laid(told, "", most=_LINES):
                    yield line, {"yellow": True}
