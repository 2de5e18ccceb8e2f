"""Which options the plugin refuses, and that other projects do not notice it."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.evidence import read_evidence, write_evidence
from conformance.providers import find_providers
from tests import home
from tests.plugin.conftest import Ran
from tests.plugin.streams import NO_DONE

Run = Callable[..., Ran]
Recording = Callable[..., Path]


def _test_file(folder: Path, body: str = "def test_one(): pass\n") -> Path:
    path = folder / "tests" / "test_own.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(body)
    return path


def test_other_projects_see_nothing(run: Run, tmp_path: Path) -> None:
    """Without one of our options: no item, no file, no module beyond the switch itself."""
    _test_file(
        tmp_path,
        "import sys\n\ndef test_modules():\n"
        "    ours = {name for name in sys.modules if name.split('.')[0] == 'conformance'}\n"
        "    assert ours <= {'conformance', 'conformance.plugin'}\n",
    )
    ran = run(fresh=True)
    assert ran.code == 0, ran.text
    assert "1 passed" in ran.text
    assert "conformance:" not in ran.text
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("option", ["--replay", "--report-dir", "--fail-on"])
def test_options_of_other_projects_stay_theirs(run: Run, tmp_path: Path, option: str) -> None:
    """A project whose conftest has an option of the same name works as without the plugin."""
    (tmp_path / "conftest.py").write_text(
        f"def pytest_addoption(parser):\n    parser.addoption({option!r}, dest='own')\n"
    )
    _test_file(tmp_path, "def test_own(pytestconfig):\n    assert pytestconfig.getoption('own') == 'x'\n")
    ran = run(option, "x")
    assert ran.code == 0, ran.text
    assert "1 passed" in ran.text


def test_options_in_addopts_do_not_disturb_other_tests(run: Run, tmp_path: Path) -> None:
    """Options that say how, not what, may stand in addopts."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --report-dir build --fail-on should\n")
    ran = run(_test_file(tmp_path))
    assert ran.code == 0, ran.text
    assert "1 passed" in ran.text


def test_a_projects_configuration_does_not_change_the_suite(
    run: Run, recording: Recording, tmp_path: Path
) -> None:
    """Other names for tests, fixtures for all of them, and warnings as errors leave it as it is."""
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\npython_files = check_*.py\npython_functions = check_*\nusefixtures = database\n"
        "filterwarnings = error\naddopts = --strict-markers --strict-config\n"
    )
    ran = run(f"--replay={recording()}")
    assert ran.code == 0, ran.text


def test_the_options_are_in_the_help(run: Run) -> None:
    """Pytest --help tells them."""
    ran = run("--help")
    assert "--replay=PATH" in ran.text
    assert "--report-dir=DIR" in ran.text


def test_a_conftest_beside_the_evidence_is_not_run(run: Run, recording: Recording) -> None:
    """What is replayed is data, whoever it is from."""
    path = recording()
    (path.parent / "conftest.py").write_text("raise SystemExit('executed')\n")
    for arguments in (("--replay", path.parent), ("--replay", path)):
        ran = run(*arguments)
        assert ran.code == 0, ran.text
        assert "executed" not in ran.text


def test_nothing_is_left_beside_the_evidence(run: Run, recording: Recording) -> None:
    """The folder that is replayed stays as it is."""
    path = recording()
    run("--replay", path)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--replay", "nowhere.json"), "nowhere.json: there is no such file or folder"),
        (("--replay", "empty"), "there is nothing to read in this folder"),
        (("--replay", "broken.json"), "broken.json: it is not JSON"),
        (("--replay", "broken.json", "--providers", "nowhere.toml"), "nowhere.toml: there is no such file"),
        (("--replay", "broken.json", "broken.json"), "repeat --replay"),
        (("--provider", ","), "--provider ',' names no provider"),
        (("--provider", ""), "--provider has an empty value"),
        (("--replay", ""), "--replay has an empty value"),
        (("--endpoint", "http://127.0.0.1:9", "--model="), "--model has an empty value"),
        (("--scenarios", ""), "--scenarios has an empty value"),
        (("--provider", "reference", "--profile", "chat-core", "--profile", " , "), "--profile has an empty"),
        (("--provider", "reference", "--deadline="), "--deadline has an empty value"),
        (("--provider", "all"), "not one provider's key is set"),
        (("--provider", "zenmux", "--replay", "x"), "--provider and --replay do not go together"),
        (("--endpoint", "host/v1", "--model", "m"), "the endpoint 'host/v1' is no http or https address"),
        (("--endpoint", "http://[host", "--model", "m"), "the endpoint 'http://[host' is no http or https"),
        (
            ("--endpoint", "https://host/v1", "--model", "m", "--header", ": x"),
            "--header ': x' has no name with a colon behind it",
        ),
        (("--provider", "reference", "--samples", "0"), "--samples 0 is no whole number of 1 or more"),
        (
            ("--provider", "reference", "--concurrency", "0"),
            "--concurrency 0 is no whole number of 1 or more",
        ),
        (("--provider", "reference", "--concurrency", "many"), "--concurrency 'many' is no number"),
        (("--provider", "reference", "--scenarios", "chat"), "no scenario is named 'chat'"),
        (("--provider", "zenmux", "--model", "x"), "--model belongs to --endpoint, which is not given"),
        (("--provider", "zenmux", "--model", "x"), "set ZENMUX_MODEL=x in the environment"),
        (("--provider", "yuhuan-studio"), "YUHUAN_STUDIO_MODEL is not set"),
        (("--provider", "reference", "--request", "x.json"), "--request belongs to --replay"),
        (("--replay", "broken.json", "--request", "none.json"), "--request none.json: No such file"),
        (("--fail-on", "always"), "invalid choice: 'always'"),
        (("--provider", "reference", "--deadline", "soon"), "--deadline 'soon' is no time"),
        (("--resume", "latest", "--replay", "broken.json"), "--resume and --replay do not go together"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    """Exit code 4, what is wrong and what to do, no traceback."""
    for provider in find_providers(folder=tmp_path).values():
        monkeypatch.delenv(provider.api_key_env or "NO_KEY", raising=False)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text("{")
    ran = run(*arguments)
    assert ran.code == 4, ran.text
    assert said in ran.text
    assert "Traceback" not in ran.text
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("nowhere", "--resume nowhere: there is no plan.json of a run"),
        ("latest", "--resume latest: there is no run of reference, such as below "),
    ],
)
def test_a_run_that_is_not_there_cannot_go_on(named: str, said: str, run: Run) -> None:
    """Exit code 4, and nothing is sent."""
    ran = run("--resume", named, "--scenarios", "smoke")
    assert ran.code == 4, ran.text
    assert said in ran.text
    assert not list(ran.folder.glob("reports/reference"))


def test_a_run_of_another_model_is_named(run: Run) -> None:
    """Where there is none of what is asked, the message says which runs there are."""
    began = run("--provider", "reference", "--scenarios", "chat-reasoning", "--budget", "1")
    (folder,) = began.folder.glob("reports/reference/reference-reasoning/2*")
    ran = run("--resume", "latest", "--scenarios", "chat-text")
    assert ran.code == 4, ran.text
    assert f"there are runs of other models: {folder.relative_to(ran.folder)}; repeat the command" in ran.text


def test_several_processes_are_refused(run: Run, recording: Recording, tmp_path: Path) -> None:
    """-n would send every request once for each process; other tests may run in several."""
    pytest.importorskip("xdist")
    for several in (("-n", "2"), ("-n", "auto"), ("-d", "--tx", "2*popen")):
        ran = run(*several, "--replay", recording())
        assert ran.code == 4, ran.text
        assert "-n: the suite does not run in several processes" in ran.text
    assert run("-n", "0", "--replay", recording()).code == 0
    ran = run("-n", "1", _test_file(tmp_path))
    assert ran.code == 0, ran.text
    assert "1 passed" in ran.text


def test_two_runs_of_one_provider_are_not_mixed(run: Run, recording: Recording) -> None:
    """Their exchanges bear the same names, so groups of them would be judged across runs."""
    ran = run("--replay", recording())
    for folder in ran.folder.glob("reports/acme/m-1/2*/evidence/stream.jsonl"):
        exchange = replace(read_evidence(folder), scenario="chat-text")
        for name in ("stream.jsonl", "again.jsonl"):
            write_evidence(folder.with_name(name), exchange)
    ran = run("--replay", "reports")
    assert ran.code == 4
    assert "judge one run of a provider at a time" in ran.text


def test_failures_of_other_tests_are_not_lost(run: Run, recording: Recording, tmp_path: Path) -> None:
    """Tests that run beside the suite keep their say in the exit code."""
    suite = home.run(
        [sys.executable, "-c", "import conformance.suite; print(conformance.suite.FOLDER)"]
    ).stdout.strip()
    own = _test_file(tmp_path, "def test_bad():\n    assert 1 == 2\n")
    assert run("--replay", recording(), suite).code == 0
    assert run("--replay", recording(), suite, own).code == 1


def test_a_fault_of_the_suite_is_an_internal_error(run: Run, recording: Recording, tmp_path: Path) -> None:
    """Exit code 3, not a violation of the endpoint."""
    (tmp_path / "sabotage.py").write_text(
        "import conformance.run.result as result\n"
        "def broken(*_, **__): raise RuntimeError('sabotaged')\n"
        "result.bug_report = broken\n"
    )
    ran = run("-p", "sabotage", "--replay", recording(NO_DONE))
    assert ran.code == 3, ran.text
    assert "sabotaged" in ran.text


def test_all_says_whom_it_leaves_out_and_why(run: Run, tmp_path: Path) -> None:
    """Those without a key, with its variable, and those that need none."""
    (tmp_path / "providers.toml").write_text(
        '[acme]\nbase_url = "https://acme.example/v1"\napi_key_env = "ACME_KEY"\nmodel = "m"\n'
    )
    ran = run("--provider", "all", "--collect-only", ACME_KEY="sk-of-nobody-at-all")
    assert "conformance: asks acme: at most " in ran.text
    assert (
        "the variable of their key is not set: openai (OPENAI_API_KEY), zenmux (ZENMUX_API_KEY)" in ran.text
    )
    assert "they need no key, and are asked only by name: reference, ollama, " in ran.text


def test_a_missing_key_is_told_before_anything_is_collected(run: Run) -> None:
    """Unless items may be left out: then nobody needs a key who asks nothing."""
    ran = run("--provider", "openai")
    assert ran.code == 4, ran.text
    assert "openai needs a key: the environment variable OPENAI_API_KEY is not set" in ran.text
    assert "collected" not in ran.text
    ran = run("--provider", "openai", "-k", "nothing-is-called-so")
    assert ran.code == 5, ran.text
    assert "selects none of" in ran.text


def test_a_session_without_a_terminal_runs(run: Run, recording: Callable[..., Path]) -> None:
    """Its options are then not there; the report is written all the same."""
    ran = run("-p", "no:terminal", "--replay", recording())
    assert "INTERNALERROR" not in ran.text
    assert ran.code == 0
    assert ran.report()[0]["provider"] == "acme"
