"""The pytest hooks of a session in which the suite is active."""

import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import pytest

from conformance.capture.progress import Progress, Silent
from conformance.capture.secrets import shown_command
from conformance.capture.signals import ENDING, Stop
from conformance.catalogue import Family, Level, Outcome
from conformance.errors import ConformanceError
from conformance.gate import ExitCode, FailOn, worst
from conformance.plugin.asked import origin
from conformance.plugin.certifying import Certifying, certifying
from conformance.plugin.closing import Closing
from conformance.plugin.faults import faults_told
from conformance.plugin.log import Log
from conformance.plugin.nodes import (
    DeviationItem,
    NotKept,
    RequirementItem,
    SuiteFolder,
    SuiteItem,
)
from conformance.plugin.output import survives
from conformance.plugin.selecting import selects
from conformance.plugin.status import status
from conformance.report.stored import Baselines
from conformance.run.conduct import Run
from conformance.run.errors import FolderUnusableError, SeveralProcessesError, SuiteLeftOutError
from conformance.run.live import Live
from conformance.run.options import named_profiles, refuse_empty
from conformance.run.origin import Settings
from conformance.suite import FOLDER

__all__ = ["Hooks", "activate"]

_WHAT = {"--replay", "--provider", "--endpoint", "--resume"}  # the options that say what to judge
_REPORTED = "fE"  # pytest's default of -r


def activate(config: pytest.Config, options: dict[str, Any]) -> None:
    """Activates the suite for this session. `options` maps the names of the given options to their values."""
    try:
        if not _collect_suite(config, options):
            return
        refuse_empty(options)
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
        bundles = {"certify": Certifying(run, certifies, options["--samples"])} if certifies else {}
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from None
    for name, what in _MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {what}")
    try:
        log = Log(config, run, folder)
    except OSError as error:
        raise pytest.UsageError(str(FolderUnusableError(folder, error.strerror or str(error)))) from None
    plugins = {"run": Hooks(config, run, log), "log": log, "closing": Closing(config, run), **bundles}
    for name, plugin in plugins.items():
        config.pluginmanager.register(plugin, f"conformance-{name}")


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

    def __init__(self, config: pytest.Config, run: Run, log: Log) -> None:
        self.run = run
        self._log = log
        self._foreign_failures = 0
        self._broken = False
        # The handlers of the signals that end the run, as they were before.
        self._signals: dict[int, Any] = {}
        if not config.option.collectonly:
            self._heed_signals()
        if getattr(config.option, "reportchars", "") == _REPORTED:  # none with -p no:terminal
            config.option.reportchars = ""  # the plugin's own summary lists each rule once

    def _heed_signals(self) -> None:
        if current_thread() is not main_thread():
            return
        stop = Stop()
        for number in ENDING:
            if (handler := signal.getsignal(number)) is signal.SIG_DFL:
                self._signals[number] = handler
                signal.signal(number, stop)

    def pytest_report_header(self) -> str:
        """The line that says what this run does."""
        return f"conformance: {self.run.origin.words}"

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Plans the run, so that mistakes are reported before anything else."""
        survives(session.config, self.run.unwritten.append)
        try:
            with self._faults_told():
                self.run.items  # noqa: B018 - a cached property: this is the planning
        except ConformanceError as error:
            raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Looks for the keys before items are collected, unless some may be left out.

        Then nobody knows yet which keys are needed: see `pytest_collection_finish`.
        """
        if not isinstance(self.run.origin, Live) or selects(session.config):
            return
        try:
            self.run.origin.check_keys(self.run.items)
        except ConformanceError as error:
            self._log.withdraw()
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
            self._log.withdraw()
            raise pytest.UsageError(str(error)) from None
        if not session.items:
            self._log.withdraw()
        session.items[:] = _worth_showing(session.items, self.run)
        _tell_once(session.items, self.run)
        self._log.expect(session.items)
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
        return status(report)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Gives the signals back."""
        for number, handler in self._signals.items():
            signal.signal(number, handler)

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
