"""The hooks of a session, called without one: exit codes, and which items they show."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.catalogue import Level, Outcome, Verdict
from conformance.gate import ExitCode, Ruling
from conformance.plugin.hooks import Hooks, _collect_suite, _refuse_workers, _worth_showing
from conformance.plugin.log import Log
from conformance.plugin.nodes import PROPERTY, NotKept, RequirementItem
from conformance.plugin.status import status
from conformance.requirements import by_id
from conformance.run.conduct import Run
from conformance.run.errors import SeveralProcessesError, SuiteLeftOutError
from conformance.run.items import PlannedVerdict
from conformance.run.origin import Settings
from conformance.suite import FOLDER

OK, FAILED, NONE = pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED


class Config:
    """As much of pytest's configuration as the hooks look at."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.option = SimpleNamespace(
            collectonly=False, reportchars="", htmlpath=str(folder / "a.html"), xmlpath=str(folder / "a.xml")
        )
        self.options = options
        self.pluginmanager = SimpleNamespace(getplugin=lambda _: None)

    def getoption(self, name: str, default: Any) -> Any:
        return self.options.get(name, default)

    def get_verbosity(self) -> int:
        return -1


class Stub:
    """A run that comes to these results; `interrupted` says that the person stopped it."""

    def __init__(self, *codes: ExitCode, interrupted: bool = False) -> None:
        self.settings = Settings(
            report_dir=None, started=datetime(2026, 11, 21, tzinfo=UTC), command="pytest"
        )
        self.results = [SimpleNamespace(gate=SimpleNamespace(exit_code=code)) for code in codes]
        self.interrupted = interrupted
        self.unwritten: list[str] = []
        self.executed: list[Any] = []
        self.down: frozenset[str] = frozenset()
        self.rulings: dict[tuple[str, str, str], Outcome] = {}

    def execute(self, selected: Sequence[Any], progress: Any) -> None:
        assert progress is not None
        self.executed = list(selected)

    def unreachable(self) -> frozenset[str]:
        return self.down

    def ruling(self, item: PlannedVerdict) -> tuple[Ruling, Any]:
        verdict = Verdict(
            requirement=item.requirement.id,
            level=Level.MUST,
            subject=item.subject,
            exchanges=(item.subject,),
            outcome=self.rulings[item.key],
        )
        sent = not item.subject.startswith("unsent")
        return Ruling(verdict=verdict, gates=False), SimpleNamespace(sent=lambda _: sent)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The configuration of a session."""
    return Config(tmp_path)


def plugin(config: Config, run: Stub) -> Hooks:
    """The plugin of a session for a run."""
    log = Log(cast("pytest.Config", config), cast("Run", run), Path())
    return Hooks(cast("pytest.Config", config), cast("Run", run), log)


def session(config: Config, *items: Any) -> Any:
    """A session with these items."""
    return SimpleNamespace(config=config, items=list(items), exitstatus=OK)


def ended(hooks_: Hooks, config: Config, status: int = FAILED) -> int:
    """What a session ends with, that pytest itself would end so."""
    finished = session(config)
    finished.exitstatus = status
    list(hooks_.pytest_sessionfinish(finished, status))
    return int(finished.exitstatus)


def test_ctrl_c_in_a_capture_ends_the_session_as_interrupted(config: Config) -> None:
    """After what was captured is judged; pytest makes exit code 2 of it."""
    run = Stub(ExitCode.CONFORMS, interrupted=True)

    with pytest.raises(KeyboardInterrupt, match="what was captured is judged and reported"):
        plugin(config, run).pytest_collection_finish(session(config))
    plugin(config, Stub(ExitCode.CONFORMS)).pytest_collection_finish(session(config))


def test_looking_at_the_items_captures_nothing(config: Config) -> None:
    """--collect-only."""
    config.option.collectonly = True
    run = Stub(interrupted=True)

    plugin(config, run).pytest_collection_finish(session(config))

    assert ended(plugin(config, run), config, OK) == OK


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ((), ExitCode.NOTHING),
        ((ExitCode.CONFORMS,), ExitCode.CONFORMS),
        ((ExitCode.CONFORMS, ExitCode.ERROR), ExitCode.ERROR),
        ((ExitCode.ERROR, ExitCode.VIOLATION), ExitCode.VIOLATION),
    ],
)
@pytest.mark.parametrize("status", [OK, FAILED, NONE])
def test_the_exit_code_is_that_of_the_rulings(
    codes: tuple[ExitCode, ...], code: ExitCode, status: int, config: Config
) -> None:
    """Of several providers the gravest, whatever pytest makes of its items."""
    assert ended(plugin(config, Stub(*codes)), config, status) == code


@pytest.mark.parametrize(
    "status", [pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR]
)
def test_where_pytest_did_not_come_to_its_end_its_own_code_stands(status: int, config: Config) -> None:
    """A conforming part of a run does not hide that it was stopped."""
    assert ended(plugin(config, Stub(ExitCode.CONFORMS)), config, status) == status


def reported(hooks_: Hooks, item: Any, error: BaseException | None) -> None:
    """Let an item fail with an error, or pass."""
    told = SimpleNamespace(errisinstance=lambda kind: isinstance(error, kind))
    call = SimpleNamespace(excinfo=told if error else None)
    report = SimpleNamespace(failed=error is not None)
    around = hooks_.pytest_runtest_makereport(item, cast("Any", call))
    next(around)
    with pytest.raises(StopIteration):
        around.send(cast("Any", report))


def ours() -> RequirementItem:
    """An item of the suite that no session made."""
    return object.__new__(RequirementItem)


def test_a_fault_of_the_suite_is_an_internal_error_whatever_was_broken(config: Config) -> None:
    """A verdict that is not kept is none; a pass is none."""
    made = plugin(config, Stub(ExitCode.VIOLATION))
    reported(made, ours(), NotKept("text", "line"))
    reported(made, ours(), None)
    assert ended(made, config) == ExitCode.VIOLATION

    reported(made, ours(), RuntimeError("sabotaged"))
    assert ended(made, config) == ExitCode.INTERNAL


def test_a_failure_of_another_test_is_a_violation(config: Config) -> None:
    """It is not lost because the endpoint conforms."""
    made = plugin(config, Stub(ExitCode.CONFORMS))
    reported(made, object(), None)
    assert ended(made, config) == ExitCode.CONFORMS

    reported(made, object(), AssertionError())
    assert ended(made, config) == ExitCode.VIOLATION


def item(run: Stub, outcome: Outcome, name: str = "role-first", provider: str = "acme") -> RequirementItem:
    """An item that comes to an outcome."""
    made = ours()
    made.planned = PlannedVerdict(provider=provider, subject="chat-text", requirement=by_id(name))
    run.rulings[made.planned.key] = outcome
    return made


def test_what_is_not_applicable_is_not_shown() -> None:
    """It is no test, and only counted in the report; other tests are shown in any case."""
    run, other = Stub(), cast("pytest.Item", object())
    kept = [item(run, Outcome.PASS), item(run, Outcome.ERROR, "role-value")]
    gone = item(run, Outcome.NOT_APPLICABLE, "role-repeated")

    assert _worth_showing([other, *kept, gone], cast("Run", run)) == [other, *kept]


def test_a_provider_that_nobody_reached_is_one_error() -> None:
    """Not a thousand; the items of another provider are shown."""
    run = Stub()
    run.down = frozenset({"down"})
    items = [
        item(run, Outcome.NOT_TESTABLE, "role-first", "down"),
        item(run, Outcome.ERROR, "status-ok", "down"),
        item(run, Outcome.ERROR, "error-status", "down"),
        item(run, Outcome.PASS, "role-first", "up"),
    ]

    assert _worth_showing(list(items), cast("Run", run)) == [items[1], items[3]]


@pytest.mark.parametrize(
    "options", [{"numprocesses": 2}, {"tx": ["popen"]}, {"numprocesses": 0, "tx": ["2*popen"]}]
)
def test_several_processes_are_refused_however_they_are_asked_for(
    options: dict[str, Any], tmp_path: Path
) -> None:
    """Each of them would send every request."""
    with pytest.raises(SeveralProcessesError):
        _refuse_workers(cast("pytest.Config", Config(tmp_path, **options)))


def test_one_process_is_enough(tmp_path: Path) -> None:
    """And so is a worker that is told off: it has no say."""
    worker = Config(tmp_path)
    worker.workerinput = {}  # type: ignore[attr-defined]

    _refuse_workers(cast("pytest.Config", Config(tmp_path, numprocesses=0, tx=[])))
    with pytest.raises(SeveralProcessesError):
        _refuse_workers(cast("pytest.Config", worker))


@pytest.mark.parametrize(
    ("told", "failed", "when", "word"),
    [
        ("warn", False, "call", "warned"),
        ("warn", True, "call", None),
        ("known", False, "call", "known"),
        ("info", False, "call", "noted"),
        ("error", True, "call", "error"),
        ("pass", False, "call", "passed"),
        ("not_testable", False, "call", None),
        ("fail", True, "call", None),
        ("warn", False, "setup", None),
    ],
)
def test_each_outcome_has_a_status(told: str, failed: bool, when: str, word: str | None) -> None:  # noqa: FBT001
    """A warning that turns the run red is a failure like any other, an error never is."""
    report = SimpleNamespace(when=when, failed=failed, user_properties=[(PROPERTY, told)])
    shown = status(cast("Any", report))

    assert (shown and shown[0]) == word


def test_a_path_that_is_not_the_suite_does_not_run_it(tmp_path: Path) -> None:
    """Options that say how may stand in addopts; one that says what does not go with other tests."""
    source = pytest.Config.ArgsSource.ARGS
    given = SimpleNamespace(
        invocation_params=SimpleNamespace(dir=tmp_path), rootpath=tmp_path, args_source=source, args=["tests"]
    )

    assert _collect_suite(cast("Any", given), {"--fail-on": "should"}) is False
    with pytest.raises(SuiteLeftOutError):
        _collect_suite(cast("Any", given), {"--provider": "acme"})
    given.args = [str(FOLDER)]
    assert _collect_suite(cast("Any", given), {"--provider": "acme"}) is True
