"""The workflows and the script that they call: their permissions, their secrets, their output."""

import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.gate import ExitCode, worst
from conformance.providers import ROLES, Provider, find_providers, variable
from tests import home
from tests.plugin.streams import CLEAN, NO_DONE
from tools import nightly

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".github" / "workflows"
TEXTS = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.yml"))}
# `on` is a boolean to YAML 1.1; nothing here looks at it.
WORKFLOWS: dict[str, dict[Any, Any]] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
JOBS = {f"{name}/{job}": value for name, flow in WORKFLOWS.items() for job, value in flow["jobs"].items()}
KEYED = [item for item in find_providers(folder=ROOT, environment={}).values() if item.api_key_env]

each_job = pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
each_workflow = pytest.mark.parametrize("name", WORKFLOWS)


def steps(job: dict[str, Any], action: str) -> list[dict[str, Any]]:
    """The steps of a job that use an action."""
    return [step for step in job["steps"] if step.get("uses", "").startswith(f"{action}@")]


def step(name: str, job: str) -> dict[str, Any]:
    """The step of a nightly job that runs the script."""
    (found,) = (
        item for item in WORKFLOWS[name]["jobs"][job]["steps"] if "tools.nightly" in item.get("run", "")
    )
    return dict(found)


# What every workflow keeps.


def test_both_workflows_are_there() -> None:
    """One for the project, one for the providers."""
    assert set(WORKFLOWS) == {"ci", "nightly"}


@each_workflow
def test_actions_are_pinned_by_their_commit(name: str) -> None:
    """A tag can be moved; a commit cannot. The comment says which version it is."""
    uses = re.findall(r"uses: (.+)", TEXTS[name])
    assert uses
    for use in uses:
        pinned = re.fullmatch(r"actions/([a-z-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)
        assert pinned, use
        assert pinned[1] in {"checkout", "setup-node", "setup-python", "upload-artifact", "download-artifact"}


def test_an_action_has_one_version() -> None:
    """The same commit everywhere."""
    pins = {use for text in TEXTS.values() for use in re.findall(r"uses: (\S+)", text)}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


@each_workflow
def test_a_workflow_has_no_rights_of_its_own(name: str) -> None:
    """Rights are given job by job, and runs of the same thing do not pile up."""
    assert WORKFLOWS[name]["permissions"] == {}
    assert WORKFLOWS[name]["concurrency"]["group"]


@each_job
def test_a_job_may_read_at_most(job: dict[str, Any]) -> None:
    """Nothing publishes; a job without a checkout needs no rights at all."""
    assert job["permissions"] == ({"contents": "read"} if steps(job, "actions/checkout") else {})


@each_job
def test_a_job_ends(job: dict[str, Any]) -> None:
    """Well before the six hours after which it would be stopped."""
    assert job["timeout-minutes"] <= 30


@each_job
def test_a_checkout_leaves_no_credentials(job: dict[str, Any]) -> None:
    """The token does not stay in the folder that code of others runs in and artifacts come from."""
    for checkout in steps(job, "actions/checkout"):
        assert checkout["with"]["persist-credentials"] is False


@each_job
def test_commands_hold_no_expressions(job: dict[str, Any]) -> None:
    """Values reach a shell by its environment, where they are not read as commands."""
    assert not [item for item in job["steps"] if "${{" in item.get("run", "")]


@each_workflow
def test_references_name_something(name: str) -> None:
    """Contexts, jobs and steps that expressions and `needs` speak of are there."""
    contexts = re.findall(r"(?<![\w.])([a-z]+)\.", " ".join(re.findall(r"\$\{\{(.+?)\}\}", TEXTS[name])))
    assert set(contexts) <= {"github", "matrix", "needs", "secrets", "steps", "vars"}
    jobs = WORKFLOWS[name]["jobs"]
    for job in jobs.values():
        needed = job.get("needs", [])
        needed = [needed] if isinstance(needed, str) else needed
        text = json.dumps(job)
        assert set(needed) <= set(jobs)
        assert set(re.findall(r"\bneeds\.([\w-]+)", text)) <= set(needed)
        assert set(re.findall(r"\bsteps\.([\w-]+)", text)) <= {item.get("id") for item in job["steps"]}
        for output in re.findall(r"needs\.(\w+\.outputs\.\w+)", text):
            other, _, value = output.split(".")
            assert value in jobs[other]["outputs"]


@pytest.mark.parametrize(
    "command",
    [
        ["zizmor", "--offline", "--no-progress", "--persona", "pedantic"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
    ],
    ids=lambda command: command[0],
)
def test_linters_find_nothing(command: list[str]) -> None:
    """One knows what is dangerous in a workflow, the other which keys and values there are."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    tool = shutil.which(command[0], path=path)
    if tool is None:
        pytest.skip(f"{command[0]} is not installed: pip install {command[0]}")
    files = [str(path) for path in FOLDER.glob("*.yml")]
    done = home.run([tool, *command[1:], *files])
    assert done.returncode == 0, done.stdout + done.stderr


# ci.yml


def test_ci_tests_the_versions_that_the_package_names() -> None:
    """The classifiers promise what is tested, for the checkout and for the wheel."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    for job in ("ci/test", "ci/installed"):
        assert JOBS[job]["strategy"]["matrix"]["python"] == promised


def test_ci_does_what_the_makefile_does() -> None:
    """Each of its commands is a target, so that a red job is repeated with one word."""
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"run: make (\S+)", TEXTS["ci"])
    assert sorted(targets) == [
        "check",
        "coverage",
        "interop",
        "mutate-code",
        "mutation",
        "report",
        "test",
        "wheel",
    ]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_ci_uses_the_wheel_that_it_built() -> None:
    """Built once, used where nothing else of the project is."""
    (uploaded,) = steps(JOBS["ci/wheel"], "actions/upload-artifact")
    (downloaded,) = steps(JOBS["ci/installed"], "actions/download-artifact")
    assert uploaded["with"]["name"] == downloaded["with"]["name"]
    assert not steps(JOBS["ci/installed"], "actions/checkout")
    assert "pytest --provider reference" in JOBS["ci/installed"]["steps"][-1]["run"]


def test_ci_sets_up_node_for_the_servers_that_need_it() -> None:
    """Of a version that interop/README.md allows, and from no cache that another job fills."""
    (node,) = steps(JOBS["ci/interop"], "actions/setup-node")
    (least,) = re.findall(r"Node\.js (\d+) or later", (ROOT / "interop" / "README.md").read_text())
    assert int(node["with"]["node-version"]) >= int(least)
    assert node["with"]["package-manager-cache"] is False


@pytest.mark.parametrize("job", ["ci/report", "ci/interop", "nightly/run"])
def test_reports_are_kept_of_red_runs_too(job: str) -> None:
    """A report is wanted most when something is wrong."""
    (upload,) = steps(JOBS[job], "actions/upload-artifact")
    assert upload["if"] == "always()"
    assert upload["with"]["path"] == "reports/"


# nightly.yml


def test_the_planning_job_is_told_only_which_keys_are_set() -> None:
    """A boolean for each key of providers.toml, in its order: a new provider fails this until it is added."""
    asked = step("nightly", "plan")["env"]
    assert list(asked.items()) == [
        (f"HAS_{item.api_key_env}", f"${{{{ secrets.{item.api_key_env} != '' }}}}") for item in KEYED
    ]


def test_a_run_is_given_the_key_of_its_provider_alone() -> None:
    """Each key only where the matrix names it; and the model that a repository variable may name."""
    given = step("nightly", "run")["env"]
    keys = {
        name: f"${{{{ matrix.key == '{name}' && secrets.{name} || '' }}}}"
        for name in (item.api_key_env for item in KEYED)
    }
    models_of = ("MODEL", *(f"MODEL_{role.upper()}" for role in ROLES))
    names = [variable(item.name, what) for item in KEYED for what in models_of]
    models = {name: f"${{{{ vars.{name} }}}}" for name in names}
    assert given == {"PROVIDER": "${{ matrix.provider }}"} | keys | models


def test_secrets_are_nowhere_else() -> None:
    """Not in ci.yml, not in the summary, not in set-up steps that install code of others."""
    keys = len(KEYED)
    counts = {name: text.count("secrets.") for name, text in TEXTS.items()}
    assert counts == {"ci": 0, "nightly": 2 * keys}
    for job in ("plan", "run"):
        assert json.dumps(step("nightly", job)["env"]).count("secrets.") == keys


def test_the_jobs_of_the_night_are_the_script() -> None:
    """Set-up aside: actions, one installation, one command."""
    for job, command in {"plan": "matrix", "run": "run", "summary": "summary"}.items():
        installed, run = [item["run"] for item in WORKFLOWS["nightly"]["jobs"][job]["steps"] if "run" in item]
        assert installed == "python -m pip install -c constraints.txt -e ."
        assert f"python -m tools.nightly {command}" in run


def test_one_provider_does_not_stop_the_others() -> None:
    """And no provider at all is no error: a matrix must not be empty."""
    run = JOBS["nightly/run"]
    assert run["strategy"]["fail-fast"] is False
    assert run["if"] == "needs.plan.outputs.matrix != '[]'"
    assert JOBS["nightly/summary"]["if"].startswith("${{ !cancelled()")


# tools/nightly.py

Command = Callable[..., tuple[ExitCode, str, str]]


def environment() -> dict[str, str]:
    """That of a session without a key; where the package is not installed, its plugin is named by hand."""
    return home.environment({"PYTEST_PLUGINS": home.PLUGIN[1]} if home.PLUGIN else {})


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the script in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **variables: str) -> tuple[ExitCode, str, str]:
        code = nightly.main(arguments, environment() | variables)
        out, err = capfd.readouterr()
        return code, out, err

    return run


def with_keys(*providers: str) -> Iterator[Provider]:
    """Some keyed providers by name."""
    return (item for item in KEYED if item.name in providers)


def test_the_matrix_holds_the_providers_whose_key_is_set(command: Command) -> None:
    """One line of JSON; who is left out is told beside it."""
    told = {f"HAS_{item.api_key_env}": "false" for item in KEYED}
    told |= {f"HAS_{item.api_key_env}": "true" for item in with_keys("zenmux", "onysoft")}
    code, out, err = command("matrix", **told)
    assert code is ExitCode.CONFORMS
    assert out == (
        '[{"provider":"zenmux","key":"ZENMUX_API_KEY"},{"provider":"onysoft","key":"ONYSOFT_API_KEY"}]\n'
    )
    assert "groq" in err
    assert "zenmux" not in err


def test_the_matrix_of_no_key_is_what_the_workflow_looks_for(command: Command) -> None:
    """The very text of the condition, even where a key itself is in the environment."""
    assert command("matrix", ZENMUX_API_KEY="sk-not-looked-at")[1] == "[]\n"


def test_a_night_goes_on_after_a_failure(command: Command, tmp_path: Path) -> None:
    """The provider without a key costs the others nothing, and the exit code is the gravest."""
    code, out, _ = command("run", "--provider", "zenmux,reference", "--report-dir", "out")
    assert code is ExitCode.USAGE
    *_, first, second = out.splitlines()
    assert re.fullmatch(r"zenmux     4 usage     No report was written: ZENMUX_API_KEY is not set", first)
    assert re.fullmatch(r"reference  0 conforms  Conforms: .*", second)
    kept = json.loads((tmp_path / "out/_nightly/reference.json").read_text())
    assert (tmp_path / "out" / kept["report"]).is_file()


def instead_of_pytest(folder: Path, code: str) -> None:
    """What `python -m pytest` runs in a folder."""
    (folder / "pytest.py").write_text(f"import os, sys\n{code}\n")


def test_a_run_sees_no_key_but_its_own(command: Command, tmp_path: Path) -> None:
    """What a report or a traceback could show of the environment is no key of somebody else."""
    instead_of_pytest(tmp_path, "print(sorted(name for name in os.environ if name.endswith('_API_KEY')))")
    keys = {"ZENMUX_API_KEY": "sk-zenmux-canary", "GROQ_API_KEY": "sk-groq-canary", "OTHER_API_KEY": "x"}
    _, out, _ = command("run", "--provider", "all", **keys)
    assert out.splitlines()[:4] == [
        "==> zenmux",
        "['OTHER_API_KEY', 'ZENMUX_API_KEY']",
        "==> groq",
        "['GROQ_API_KEY', 'OTHER_API_KEY']",
    ]


@pytest.mark.parametrize(
    ("ends", "code"),
    [("sys.exit(2)", ExitCode.INTERRUPTED), ("os.kill(os.getpid(), 9)", ExitCode.INTERNAL)],
)
def test_a_process_that_was_stopped(ends: str, code: ExitCode, command: Command, tmp_path: Path) -> None:
    """A person who stops one run stops the night; a process that dies does not."""
    instead_of_pytest(tmp_path, ends)
    got, out, _ = command("run", "--provider", "reference,ollama")
    assert got is code
    assert ("not run, since the person stopped the run: ollama" in out) is (code is ExitCode.INTERRUPTED)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--provider", "zenmix"), "did you mean zenmux?"),
        (("run", "--provider", ","), "names no provider"),
        (("run", "--provider", "all"), "not one provider's key is set"),
        (("run",), "--provider"),
        (("walk",), "matrix"),
        (("summary", ".", "--expected", "{}x"), "is not what `matrix` prints"),
    ],
)
def test_bad_usage_is_told(arguments: tuple[str, ...], message: str, command: Command) -> None:
    """Exit code 4, as of the suite, and nothing is sent."""
    code, out, err = command(*arguments)
    assert code is ExitCode.USAGE
    assert message in err
    assert not out


def replayed(folder: Path, provider: str, body: str) -> None:
    """Leave in a folder what a run of a provider leaves, by way of a replay."""
    value = {"provider": provider, "api": "chat", "body": body, "status": 200, "request": {"stream": True}}
    stored = folder / f"{provider}.json"
    stored.write_text(json.dumps(value))
    done = home.session("--replay", stored, "--report-dir", folder / "reports", cwd=folder)
    reports = list((folder / "reports" / provider).glob("*/*/report.jsonl"))
    assert reports, done.stdout + done.stderr
    name = reports[0].relative_to(folder / "reports").as_posix()
    code = ExitCode(done.returncode)
    nightly.Record(provider=provider, exit_code=code, report=name).write(folder / "reports")


def test_the_summary_tells_of_each_provider(command: Command, tmp_path: Path) -> None:
    """Exit code and verdict from the reports; what left nothing behind is named, not forgotten."""
    replayed(tmp_path, "zenmux", CLEAN)
    replayed(tmp_path, "groq", NO_DONE)
    expected = json.dumps([{"provider": name, "key": "K"} for name in ("zenmux", "groq", "mume")])
    code, out, _ = command("summary", "reports", "--expected", expected)
    assert code is ExitCode.CONFORMS
    _, _, conforming, broken, missing = out.splitlines()
    assert conforming.startswith("| zenmux | 0 conforms | Conforms: ")
    assert broken.startswith("| groq | 1 violation | Does not conform: 1 MUST requirement broken")
    assert missing == "| mume | - | Nothing was recorded: its job ended before the run did, see the log |"


def test_the_summary_of_a_folder_without_a_matrix(command: Command, tmp_path: Path) -> None:
    """After a run at home: what is there."""
    replayed(tmp_path, "groq", NO_DONE)
    assert command("summary", "reports")[1].count("\n") == 3


def test_a_folder_that_is_not_there_is_told(command: Command) -> None:
    """It is misspelt, rather than empty."""
    code, _, err = command("summary", "nosuchdir")
    assert code is ExitCode.USAGE
    assert "nosuchdir: there is no such folder" in err


def test_a_record_that_was_edited_is_told(command: Command, tmp_path: Path) -> None:
    """By its path, with what is wrong in it."""
    record = tmp_path / "reports" / nightly.RECORDS / "groq.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"exit_code": 0}')
    code, _, err = command("summary", "reports")
    assert code is ExitCode.USAGE
    assert "groq.json is no record of a nightly run: KeyError('report')" in err


def test_a_night_without_keys_says_so(command: Command) -> None:
    """A fork has no secrets, which is no fault."""
    code, out, _ = command("summary", "nightly", "--expected", "[]")
    assert code is ExitCode.CONFORMS
    assert "not one secret" in out


def test_a_report_that_is_damaged_is_one_row(command: Command, tmp_path: Path) -> None:
    """What a file holds is text in a cell, never Markdown."""
    damaged = tmp_path / "reports" / "a|b" / "report.jsonl"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("<img src=x>\n")
    record = nightly.Record(provider="groq", exit_code=ExitCode.CONFORMS, report="a|b/report.jsonl")
    record.write(tmp_path / "reports")
    _, out, _ = command("summary", "reports")
    row = out.splitlines()[2]
    assert row.startswith("| groq | 0 conforms | The report cannot be read: ")
    assert "a\\|b" in row


def test_any_two_exit_codes_have_a_worst() -> None:
    """Also those that only a process can end with; what a violation says stands whatever else happened."""
    for code in ExitCode:
        assert worst([code, ExitCode.NOTHING]) is code
    assert worst([ExitCode.ERROR, ExitCode.USAGE, ExitCode.VIOLATION]) is ExitCode.VIOLATION
    assert worst([ExitCode.CONFORMS, ExitCode.ERROR]) is ExitCode.ERROR
