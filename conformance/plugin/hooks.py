"""The pytest hooks of a session in which the suite is active."""

import os
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from html import escape
from operator import itemgetter
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any
from urllib.parse import quote

import pytest

from conformance.capture.progress import Progress, Silent
from conformance.capture.secrets import shown_command
from conformance.capture.signals import ENDING
from conformance.catalogue import Family, Level, Outcome
from conformance.errors import ConformanceError
from conformance.gate import ExitCode, FailOn, worst
from conformance.paths import near
from conformance.plugin.asked import origin
from conformance.plugin.certifying import Certifying, certifying
from conformance.plugin.faults import TOLD, faults_told, shown_fault
from conformance.plugin.nodes import (
    ASIDE,
    PROPERTY,
    DeviationItem,
    NotKept,
    RequirementItem,
    SuiteFolder,
    SuiteItem,
)
from conformance.report.stored import Baselines
from conformance.report.terminal import title, verdict_lines
from conformance.report.write import stamped
from conformance.run.conduct import Run
from conformance.run.errors import FolderUnusableError, SeveralProcessesError, SuiteLeftOutError
from conformance.run.options import named_profiles
from conformance.run.origin import Settings
from conformance.run.result import Result
from conformance.suite import FOLDER

__all__ = ["Hooks", "activate"]

_WHAT = {"--replay", "--provider", "--endpoint", "--resume"}  # the options that say what to judge
_SESSIONS = "_sessions"
_REPORTED = "fE"  # pytest's default of -r
# How pytest shows outcomes that it has no word for: category, letter, word and colour.
_STATUS = {
    "known": ("known", "k", ("KNOWN", {"yellow": True})),
    Outcome.FAIL.value: ("outside", "o", ("OUTSIDE", {"yellow": True})),  # of the profiles that are named
    Outcome.WARN.value: ("warned", "W", ("WARNED", {"yellow": True})),
    Outcome.INFO.value: ("noted", "i", ("NOTED", {"cyan": True})),
    Outcome.ERROR.value: ("error", "E", ("ERROR", {"red": True})),
}


def activate(config: pytest.Config, options: dict[str, Any]) -> None:
    """Activates the suite for this session. `options` maps the names of the given options to their values."""
    try:
        if not _collect_suite(config, options):
            return
        _refuse_workers(config)
        certifies = certifying(config, options)
        started = datetime.now(UTC)
        folder = Path(config.invocation_params.dir, options.get("--report-dir") or "reports")
        settings = Settings(
            report_dir=folder,
            started=started,
            command=shown_command("pytest", map(str, config.invocation_params.args)),
            fail_on=FailOn(options.get("--fail-on") or FailOn.MUST),
            profiles=(certifies,) if certifies else named_profiles(options.get("--profile") or ()),
            baselines=Baselines.at(
                Path(config.invocation_params.dir, path) for path in options.get("--baseline") or ()
            ),
        )
        run = Run(origin(config, options, settings), settings)
        bundles = [Certifying(run, certifies, options["--samples"])] if certifies else []
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from None
    for name, what in _MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {what}")
    try:
        config.pluginmanager.register(Hooks(config, run, folder), "conformance-run")
        for plugin in bundles:
            config.pluginmanager.register(plugin, "conformance-certify")
    except OSError as error:
        raise pytest.UsageError(str(FolderUnusableError(folder, error.strerror or str(error)))) from None


_MARKERS = {
    **{family.value: f"requirements about {family.value}" for family in Family},
    **{level.value.lower(): f"requirements of level {level.value}" for level in Level},
}


def _refuse_workers(config: pytest.Config) -> None:
    workers = config.getoption("numprocesses", None) or config.getoption("tx", None)
    if workers or hasattr(config, "workerinput"):
        raise SeveralProcessesError


def _collect_suite(config: pytest.Config, options: dict[str, Any]) -> bool:
    """Whether the suite is collected: if no path was given, or one that names it."""
    here = config.invocation_params.dir
    if here != config.rootpath and config.rootpath not in here.parents:
        # pytest learns about the options too late to know that their values are not test paths, and
        # would put its cache into the folder of the evidence.
        config._rootpath = here  # noqa: SLF001
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(FOLDER)]
        return True
    paths = [Path(here, argument.partition("::")[0]).resolve() for argument in config.args]
    if any(path == FOLDER or FOLDER in path.parents for path in paths):
        return True
    if not options.keys() & _WHAT:  # the others may be in addopts: they say how to judge, not what
        return False
    raise SuiteLeftOutError(tuple(config.args))


class Hooks:
    """The plugin object of one session."""

    def __init__(self, config: pytest.Config, run: Run, report_dir: Path) -> None:
        self.run = run
        self._report_dir = report_dir
        self._foreign_failures = 0
        self._broken = False
        self._logs: list[Path] = []
        self._folder: Path | None = None  # the folder of pytest's logs if the suite created it
        self._session: pytest.Session | None = None
        self._signals: dict[
            int, Any
        ] = {}  # the handlers of the signals that end the run, as they were before
        if not config.option.collectonly:
            self._keep_logs(config)
            self._heed_signals()
        if config.option.reportchars == _REPORTED:
            config.option.reportchars = ""  # the plugin's own summary lists each rule once

    def _heed_signals(self) -> None:
        if current_thread() is not main_thread():
            return
        for number in ENDING:
            if (handler := signal.getsignal(number)) is signal.SIG_DFL:
                self._signals[number] = handler
                signal.signal(number, signal.default_int_handler)

    def _keep_logs(self, config: pytest.Config) -> None:
        # Runs before pytest-html and junitxml are configured; options that the user gave take precedence.
        for option, name in (("htmlpath", "pytest.html"), ("xmlpath", "junit.xml")):
            if getattr(config.option, option, None) is None:
                if self._folder is None:
                    self._folder = stamped(self._report_dir / _SESSIONS, self.run.settings.started)
                setattr(config.option, option, str(self._folder / name))
                if option == "htmlpath":
                    config.option.self_contained_html = True
            self._logs.append(Path(getattr(config.option, option)))
        self.run.log = Path(config.option.htmlpath)

    def pytest_report_header(self) -> str:
        """The line that says what this run does."""
        return f"conformance: {self.run.origin.words}"

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Plans the run, so that mistakes are reported before anything else."""
        self._session = session
        try:
            with self._faults_told():
                self.run.items  # noqa: B018 - a cached property: this is the planning
        except ConformanceError as error:
            raise pytest.UsageError(str(error)) from None

    def _faults_told(self) -> AbstractContextManager[None]:
        return faults_told(lambda text: sys.stderr.write(f"{text}\n"), lambda: self.run.origin.secrets)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> SuiteFolder | None:
        """Collects the suite's items from the run."""
        return SuiteFolder.of(parent, self.run, path=path) if path == FOLDER else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Captures and judges, once, the items that are left after selection."""
        if session.config.option.collectonly:
            return
        selected = [item.planned for item in session.items if isinstance(item, RequirementItem)]
        listed = [item.listed for item in session.items if isinstance(item, DeviationItem)]
        try:
            with _seen(session.config) as progress, self._faults_told():
                self.run.execute([*selected, *listed], progress)
        except ConformanceError as error:
            raise pytest.UsageError(str(error)) from None
        session.items[:] = _worth_showing(session.items, self.run)
        _tell_once(session.items, self.run)
        if self.run.interrupted:
            raise KeyboardInterrupt("the run was stopped; what was captured is judged and reported")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Distinguishes verdicts from failures of other tests and from errors of the suite."""
        report = yield
        if report.failed and not isinstance(item, SuiteItem):
            self._foreign_failures += 1
        elif report.failed and not (call.excinfo and call.excinfo.errisinstance(NotKept)):
            self._broken = True
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport | pytest.CollectReport) -> Any:
        """The statuses that pytest does not have."""
        return _status(report)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Prints for each provider the result, what to fix first, and the path of the report."""
        if not self.run.results:
            return
        try:
            self._summarise(terminalreporter)
        except Exception as error:  # noqa: BLE001 - too late for pytest to end the session by itself
            terminalreporter.write_line(shown_fault(error, self.run.origin.secrets))
            terminalreporter.write_line(f"error: {TOLD}", red=True)
            if self._session is not None:
                self._session.exitstatus = ExitCode.INTERNAL

    def _summarise(self, terminalreporter: Any) -> None:
        terminalreporter.section("conformance", sep="=", bold=True)
        for result in self.run.results:
            for line, markup in verdict_lines(result.report, result.summary, result.run.judgement.streams):
                terminalreporter.write_line(line, **markup)
        for log in self._logs:
            terminalreporter.write_line(f"pytest's log  {near(log)}")
        for why in self.run.unwritten:
            terminalreporter.write_line(f"error: {why}", red=True)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Prints the paths of the reports as the very last lines, and removes an empty log folder."""
        for number, handler in self._signals.items():
            signal.signal(number, handler)
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            for result, page in _pages(self.run):
                terminal.write_line(f"compliance report of {title(result.report)}: {page.as_uri()}")
        for folder in (self._folder, self._folder and self._folder.parent, self._report_dir):
            if folder is not None:
                with suppress(OSError):  # the folder is not empty
                    folder.rmdir()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        """Sets the exit code from the rulings, unless pytest failed; survives logs that cannot be written."""
        try:
            yield
        except OSError as error:
            self.run.unwritten.append(f"pytest's log could not be written: {error.strerror or error}")
        self._set_code(session, exitstatus)

    def _set_code(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus not in (
            pytest.ExitCode.OK,
            pytest.ExitCode.TESTS_FAILED,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        ):
            return
        if session.config.option.collectonly:
            return
        codes = [result.gate.exit_code for result in self.run.results]
        codes += [ExitCode.ERROR] if self.run.unwritten else []
        if self._broken:
            session.exitstatus = ExitCode.INTERNAL
        else:
            session.exitstatus = worst([*codes, ExitCode.VIOLATION] if self._foreign_failures else codes)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Sets the title of pytest's HTML log."""
        report.title = "Conformance: pytest's log"

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str], session: pytest.Session) -> None:
        """Links pytest's HTML log to the reports. pytest-html does not escape this text."""
        folder = Path(session.config.option.htmlpath).parent
        for result, page in _pages(self.run):
            link = os.path.relpath(page, folder)
            prefix.append(
                f"<p>Compliance report of {escape(title(result.report))}: "
                f'<a href="{escape(quote(Path(link).as_posix()))}">{escape(link)}</a></p>'
            )

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """Shows the statuses that pytest-html does not have."""
        if cells and (status := _status(report)) is not None:
            cells[0] = f'<td class="col-result">{status[0].capitalize()}</td>'


def _pages(run: Run) -> Iterator[tuple[Result, Path]]:
    """Each result, with the absolute path of its compliance report."""
    for result in run.results:
        if result.run.folder is not None:
            yield result, (result.run.folder / "index.html").resolve()


def _worth_showing(items: list[pytest.Item], run: Run) -> list[pytest.Item]:
    """The items to show: without those that do not apply, and one per provider that was not reached."""
    down = run.unreachable()
    shown: set[str] = set()
    kept = []
    for item in items:
        if isinstance(item, RequirementItem):
            ruling, result = run.ruling(item.planned)
            outcome, provider = ruling.verdict.outcome, item.planned.provider
            if outcome is Outcome.NOT_APPLICABLE:
                continue
            if provider in down:
                # The one that was sent says why; the others were not sent for it.
                if provider in shown or outcome is not Outcome.ERROR or not result.sent(ruling.verdict):
                    continue
                shown.add(provider)
        kept.append(item)
    return kept


def _tell_once(items: list[pytest.Item], run: Run) -> None:
    """Puts aside what the first item of its cause tells: the same on other exchanges, and what follows."""
    first: dict[tuple[str, str], RequirementItem] = {}
    red = [item for item in items if isinstance(item, RequirementItem) and run.ruling(item.planned)[0].gates]
    told = []
    for item in red:
        ruling, result = run.ruling(item.planned)
        if (finding := result.finding(ruling)) is not None:
            own = item.planned.requirement.id == finding.id
            told.append((not own, (item.planned.provider, finding.id), item))
    # What follows comes last: it speaks for itself only where its cause was not selected.
    for following, cause, item in sorted(told, key=itemgetter(0)):
        if first.setdefault(cause, item) is not item:
            item.aside = "following" if following else "alike"


@contextmanager
def _seen(config: pytest.Config) -> Iterator[Progress]:
    """Shows progress on the user's terminal, past pytest's capturing of output."""
    capturing = config.pluginmanager.getplugin("capturemanager")
    with ExitStack() as stack:
        if capturing is not None:
            stack.enter_context(capturing.global_and_fixture_disabled())
        if config.get_verbosity() < 0:
            yield Silent()
            return
        from conformance.capture.terminal import Terminal  # noqa: PLC0415 - who only collects shows none

        yield stack.enter_context(Terminal())


def _status(
    report: pytest.TestReport | pytest.CollectReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    if report.when != "call":
        return None
    properties = dict(report.user_properties)
    if report.failed and (aside := properties.get(ASIDE)):
        return str(aside), "F", ("FAILED", {"red": True})
    told = properties.get(PROPERTY)
    # A warning that turns the run red is shown as a failure.
    return None if report.failed and told != Outcome.ERROR else _STATUS.get(str(told))
