"""pytest's own logs of the session, pytest-html and junit.xml: where they lie, and what stands in the first.

The log has a row for whatever was not kept, and one line an exchange for what was. Evidence and bug reports
are in the compliance report, to which each row leads.
"""

import os
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from conformance.plugin.nodes import DeviationItem, RequirementItem
from conformance.plugin.status import status
from conformance.report.bugreport import headline
from conformance.report.terminal import title
from conformance.report.visible import one_line
from conformance.report.write import stamped
from conformance.run.conduct import Run
from conformance.run.result import Result
from conformance.text import counted

__all__ = ["Log", "pages"]

_SESSIONS = "_sessions"
_LINE = 240  # characters of what is said of an item
# The filters of pytest-html, of which there are no others, and the statuses of pytest that each is for.
_FILTERS: Mapping[str, tuple[str, ...]] = {
    "failed": ("failed", "alike", "following"),
    "passed": ("passed",),
    "skipped": ("skipped",),
    "xfailed": ("warned", "noted", "known", "outside", "xfailed"),
    "xpassed": ("xpassed",),
    "error": ("error",),
}
_SPELT = {"xfailed": "XFailed", "xpassed": "XPassed"}
# pytest-html counts only some of its statuses as tests, and shows filters that filter nothing and empty logs.
_STYLE = """<style>.run-count, .filters input:disabled, .filters input:disabled + span,
.extras-row:not(:has(.log)) { display: none }</style>"""
_HEADER = (
    '<th class="sortable" data-column-type="result">Result</th>',
    '<th class="sortable" data-column-type="testId">Requirement</th>',
    '<th class="sortable" data-column-type="level">Level</th>',
    "<th>What</th>",
    "<th>Links</th>",
)


def pages(run: Run) -> Iterator[tuple[Result, Path]]:
    """Each result that is written, with the absolute path of its compliance report."""
    for result in run.results:
        if result.run.folder is not None:
            yield result, (result.run.folder / "index.html").resolve()


class Log:
    """The logs of one session. What the user named with --html or --junitxml goes there."""

    def __init__(self, config: pytest.Config, run: Run, report_dir: Path) -> None:
        """Names the logs, before pytest-html and junitxml are configured. Raises OSError."""
        self._config = config
        self._run = run
        self._report_dir = report_dir
        self._folder: Path | None = None  # the folder of the logs that nobody named
        self._ours: list[str] = []
        self._report: Any = None  # what pytest-html makes its page of
        self._items: dict[str, RequirementItem | DeviationItem] = {}
        self._kept: Counter[str] = Counter()
        self._words: dict[str, str] = {}
        if config.option.collectonly:
            return
        for option, name in (("htmlpath", "pytest.html"), ("xmlpath", "junit.xml")):
            if getattr(config.option, option, None) is None:
                if self._folder is None:
                    self._folder = stamped(report_dir / _SESSIONS, run.settings.started)
                setattr(config.option, option, str(self._folder / name))
                self._ours.append(option)
                if option == "htmlpath":
                    config.option.self_contained_html = True
        run.log = Path(config.option.htmlpath)

    def expect(self, items: Iterable[pytest.Item]) -> None:
        """Learns what will be reported, after everything was judged."""
        mine = [item for item in items if isinstance(item, RequirementItem | DeviationItem)]
        self._items = {item.nodeid: item for item in mine}
        self._kept = Counter(
            self._subject(item)
            for item in mine
            if isinstance(item, RequirementItem)
            and self._run.ruling(item.planned)[0].verdict.outcome == "pass"
        )

    def withdraw(self) -> None:
        """Writes no log that nobody asked for: the session never began, or has nothing to tell."""
        from _pytest.junitxml import xml_key  # noqa: PLC0415 - where pytest keeps it; there is no other way
        from pytest_html.basereport import (  # type: ignore[import-untyped]  # noqa: PLC0415
            BaseReport,
        )

        manager = self._config.pluginmanager
        if "htmlpath" in self._ours:
            for plugin in manager.get_plugins():
                if isinstance(plugin, BaseReport):
                    manager.unregister(plugin)
        if "xmlpath" in self._ours and (log := self._config.stash.get(xml_key, None)) is not None:
            manager.unregister(log)
            del self._config.stash[xml_key]

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Removes the folders that nothing was written into."""
        for folder in (self._folder, self._folder and self._folder.parent, self._report_dir):
            if folder is not None:
                with suppress(OSError):  # the folder is not empty
                    folder.rmdir()

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Sets the title of the page."""
        report.title = "Conformance: pytest's log"
        self._report = report

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """The columns: no item takes any time, since all were judged before the first."""
        cells[:] = _HEADER

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """The row of an item; none for one that passed, but the first of its exchange."""
        item = self._items.get(report.nodeid)
        if item is None:
            if cells:  # a test of somebody else's
                cells[1:] = [*_named(str(report.nodeid), "", ""), cells[-1]]
            return
        del cells[:]
        if report.when != "call" and report.passed:
            return
        told = status(report)
        word = told[0] if told else report.outcome
        if word != "passed":
            group = next((name for name, words in _FILTERS.items() if word in words), "failed")
            self._words[report.nodeid] = word if word != group else ""
            cells += self._row(_SPELT.get(group, group.capitalize()), item, self._said(item))
        elif isinstance(item, DeviationItem):
            cells += self._row("Passed", item, "still there")
        elif number := self._kept.pop(self._subject(item), 0):
            kept = f"{counted(number, 'requirement')} kept"
            cells += _row("Passed", _named(self._subject(item), "", kept), self._link(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, None, None]:
        """Makes an error in junit.xml of an item that could not be judged, as it is one in the terminal."""
        yield
        told = status(report)
        if told is not None and told[0] == "error":
            _as_error(self._config, report)

    def _row(self, result: str, item: RequirementItem | DeviationItem, said: str) -> list[str]:
        if isinstance(item, DeviationItem):
            return _row(result, _named(f"known deviation {item.listed.id}", "", said), "")
        level = self._run.ruling(item.planned)[0].verdict.level
        name = f"{self._subject(item)}/{item.planned.requirement.id}"
        return _row(result, _named(name, level, said), self._link(item))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        """No text below the row of an item: what is said of it stands in the row."""
        if report.nodeid in self._items and report.when == "call":
            del data[:]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str], session: pytest.Session) -> None:
        """Links to the compliance reports, and the numbers that the terminal says.

        pytest-html does not escape this text.
        """
        folder = self._log_folder()
        prefix.append(_STYLE)
        for result, page in pages(self._run):
            sentence = escape(one_line(result.summary.sentence, 4 * _LINE))
            prefix.append(
                f"<p>Compliance report of {_link(page, folder, title(result.report))}: {sentence}</p>"
            )
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and self._report is not None:
            self._count(reporter.stats)
        for nodeid, word in self._words.items():
            for test in self._report.data["tests"].get(nodeid, ()) if word else ():
                test["resultsTableRow"][0] = _cell("result", word.capitalize())

    def _count(self, stats: Mapping[str, list[Any]]) -> None:
        """Puts the numbers of the terminal beside the filters, each with its word."""
        for name, words in _FILTERS.items():
            numbers = {
                word: sum(getattr(item, "count_towards_summary", True) for item in stats.get(word, ()))
                for word in words
            }
            shown = [(word, number) for word, number in numbers.items() if number] or [(name, 0)]
            (first, number), *rest = shown
            label = ", ".join([first, *(f"{more} {word}" for word, more in rest)])
            self._report.outcomes[name] = {"label": label, "value": number}

    def _subject(self, item: RequirementItem) -> str:
        """What the item is about, with its provider where there are several."""
        alone = len(self._run.results) == 1
        return item.planned.subject if alone else f"{item.planned.provider}/{item.planned.subject}"

    def _said(self, item: RequirementItem | DeviationItem) -> str:
        if isinstance(item, DeviationItem):
            stale = self._run.stale(item.listed)
            return stale.message if stale else ""
        ruling, _ = self._run.ruling(item.planned)
        return headline(ruling) if ruling.verdict.violations else one_line(ruling.verdict.reason, _LINE)

    def _link(self, item: RequirementItem) -> str:
        """The link to what the compliance report says of an item, or to the report."""
        ruling, result = self._run.ruling(item.planned)
        if result.run.folder is None:
            return ""
        finding = result.finding(ruling)
        anchor = f"#r-{finding.id}" if finding else ""
        return _link((result.run.folder / "index.html").resolve(), self._log_folder(), "report", anchor)

    def _log_folder(self) -> Path:
        return Path(self._config.option.htmlpath).parent


def _as_error(config: pytest.Config, report: pytest.TestReport) -> None:
    """Turns the failure of a case of junit.xml into an error."""
    from _pytest.junitxml import xml_key  # noqa: PLC0415 - where pytest keeps it; there is no other way

    log = config.stash.get(xml_key, None)
    if log is None:
        return
    for node in log.node_reporter(report).nodes:
        if node.tag == "failure":
            node.tag = "error"
            log.stats["failure"] -= 1
            log.add_stats(node.tag)


def _row(result: str, named: list[str], link: str) -> list[str]:
    return [_cell("result", result), *named, f'<td class="col-links">{link}</td>']


def _named(name: str, level: str, said: str) -> list[str]:
    cells = {"testId": name, "level": level, "what": said}
    return [_cell(column, text) for column, text in cells.items()]


def _cell(column: str, text: str) -> str:
    return f'<td class="col-{column}">{escape(text)}</td>'


def _link(page: Path, folder: Path, text: str, anchor: str = "") -> str:
    path = quote(Path(os.path.relpath(page, folder)).as_posix())
    return f'<a href="{escape(path + anchor)}">{escape(text)}</a>'
