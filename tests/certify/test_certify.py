"""Sessions with --certify: what is refused, what is written, and the exit code."""

import base64
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.certify import suite
from conformance.certify.certificate import DAYS, SAMPLES
from conformance.certify.signature import NAMESPACE
from conformance.gate import ExitCode
from conformance.plugin import certifying
from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from tests import home
from tests.certify.made import FLAKY, PROFILE_NAME, check, content

CLEAN = ("-p", "tests.certify.clean")
ENTRY = """
[acme]
base_url = "{url}"
model = "reference"
token_param = "max_completion_tokens"
{more}
[acme.claims]
chat = true
{claims}
{vendor}
"""
TOOLS = "tools = true\nforced-tools = true"


def certify(folder: Path, *arguments: str | Path, name: str = PROFILE_NAME) -> home.Finished:
    variables = {"COLUMNS": "160"}
    return home.session(*CLEAN, "--certify", name, *arguments, cwd=folder, variables=variables)


def entry(
    folder: Path, url: str, *, more: str = "", claims: str = "structured-output = true", vendor: str = ""
) -> None:
    text = ENTRY.format(url=url, more=more, claims=claims, vendor=vendor)
    (folder / "providers.toml").write_text(text)


def bundles(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.zip"))


def test_a_profile_that_is_kept_is_certified(tmp_path: Path) -> None:
    """Three samples of each scenario, and a bundle that holds; the run is held to that profile."""
    done = certify(tmp_path)
    assert done.returncode == 0, done.stdout
    (path,) = bundles(tmp_path)
    assert path.parent.parent.parent.parent.name == "reports"
    assert f"certified: {content(path.read_bytes())['says']}" in done.stdout
    assert f"check it with `conformance verify {path.relative_to(tmp_path)}`" in done.stdout
    found = check(path.read_bytes())
    assert found.problems == ()
    assert found.exchanges == 3


def test_a_certificate_that_its_own_check_doubts_is_not_green(tmp_path: Path) -> None:
    """Its maker learns it before the customers do."""
    done = certify(tmp_path, "-p", "tests.certify.doubting")
    assert done.returncode == ExitCode.ERROR
    assert "`conformance verify` says of it: " in done.stdout
    assert "dated a day before the run" in done.stdout


def test_more_samples_may_be_asked_for(tmp_path: Path) -> None:
    """Never fewer than three."""
    done = certify(tmp_path, "--samples", "4")
    assert done.returncode == 0
    (path,) = bundles(tmp_path)
    assert content(path.read_bytes())["samples"] == 4
    assert check(path.read_bytes()).problems == ()


def test_the_vendor_is_who_the_entry_names(tmp_path: Path) -> None:
    """And a broken profile has a bundle too, which is no certificate: flaky is broken."""
    vendor = '[acme.vendor]\nname = "Acme"\nproduct = "Acme Chat"\nurl = "https://acme.example"\n'
    empty = FAULTS["id-empty"].edit
    fault = replace(FLAKY, edit=lambda ask, reply: empty(ask, FLAKY.edit(ask, reply)))
    with Reference(fault) as server:
        entry(tmp_path, server.base_url, vendor=vendor)
        done = certify(tmp_path, "--provider", "acme")
    assert done.returncode == ExitCode.VIOLATION
    (path,) = bundles(tmp_path)
    assert path.name == "not-certified-acme-chat-structured-2026-11-26.zip"
    assert content(path.read_bytes())["vendor"]["product"] == "Acme Chat"
    assert "not certified: acme (reference) does not conform to profile" in done.stdout
    assert "flaky: role-first on chat-json: broken in sample 2, kept in samples 1 and 3" in done.stdout
    beside = "broken beside the profile, which does not count here: id-nonempty (SHOULD, on 3 exchanges)"
    assert beside in done.stdout
    assert "Only its own computer or network reaches the endpoint, at 127.0.0.1" in done.stdout
    assert "conformance verify" not in done.stdout, "it says the same again, and is red"
    assert [problem.code for problem in check(path.read_bytes()).problems] == ["not-certified"]


def test_what_is_not_testable_blocks(tmp_path: Path) -> None:
    """Nothing is broken, so the run alone would be green."""
    with Reference() as server:
        entry(tmp_path, server.base_url, more='unsupported_params = ["tool_choice"]', claims=TOOLS)
        done = certify(tmp_path, "--provider", "acme", name="chat-tools")
    assert done.returncode == ExitCode.VIOLATION
    (path,) = bundles(tmp_path)
    assert content(path.read_bytes())["result"]["verdict"] == "not_testable"
    assert [problem.code for problem in check(path.read_bytes()).problems] == ["not-certified"]


def test_a_known_deviation_earns_no_certificate(tmp_path: Path) -> None:
    """The run alone is green but for what is listed, so the certificate says why it is not."""
    listed = '[[acme.deviations]]\nrequirement = "role-first"\nreason = "the proxy merges two chunks"'
    with Reference(FAULTS["role-missing"]) as server:
        entry(tmp_path, server.base_url, vendor=listed)
        done = certify(tmp_path, "--provider", "acme")
    assert done.returncode == ExitCode.VIOLATION
    assert "it breaks 1 requirement, 1 of them listed as known, which earns no credit here." in done.stdout
    (path,) = bundles(tmp_path)
    assert [problem.code for problem in check(path.read_bytes()).problems] == ["not-certified"]


def test_an_error_blocks_with_its_own_code(tmp_path: Path) -> None:
    """Nobody answers: nothing can be said of the endpoint."""
    with Reference() as server:
        entry(tmp_path, server.base_url)
    done = certify(tmp_path, "--provider", "acme")
    assert done.returncode == ExitCode.ERROR
    (path,) = bundles(tmp_path)
    assert path.name.startswith("not-certified-")


def test_a_profile_that_does_not_apply_is_not_certified(tmp_path: Path) -> None:
    """As with --profile, the exit code is 5."""
    with Reference() as server:
        entry(tmp_path, server.base_url, claims="tools = false")
        done = certify(tmp_path, "--provider", "acme", name="chat-tools")
    assert done.returncode == ExitCode.NOTHING
    assert not any(path.name.startswith("certificate-") for path in bundles(tmp_path))


def test_a_fault_of_something_else_makes_no_profile_apply(tmp_path: Path) -> None:
    """The model does not reason and nobody says that it does, whatever else it does wrong."""
    with Reference(FAULTS["role-missing"]) as server:
        entry(tmp_path, server.base_url, claims="")
        done = certify(tmp_path, "--provider", "acme", name="chat-reasoning")
    assert done.returncode == ExitCode.NOTHING, done.stdout
    (path,) = bundles(tmp_path)
    told = content(path.read_bytes())
    assert told["result"]["verdict"] == "not_applicable"
    assert told["says"].endswith("reasoning is not claimed, and nothing of it came.")
    assert [problem.code for problem in check(path.read_bytes()).problems] == ["not-certified"]


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "-k": (("-k", "role"), "--certify refuses -k: a certificate rests on every requirement"),
    "-m": (("-m", "must"), "--certify refuses -m: a certificate rests on every requirement"),
    "--deselect": (("--deselect", "x"), "--certify refuses --deselect: a certificate rests on"),
    "--ignore": (("--ignore", "x"), "--certify refuses --ignore: a certificate rests on"),
    "--lf": (("--lf",), "--certify refuses --last-failed: a certificate rests on"),
    "--sw": (("--sw",), "--certify refuses --stepwise: a certificate tells of all that is broken"),
    "-x": (("-x",), "--certify refuses --maxfail (-x): a certificate tells of all that is broken"),
    "--maxfail": (("--maxfail", "2"), "--certify refuses --maxfail (-x): a certificate tells of all"),
    "--co": (("--co",), "--certify refuses --collect-only: nothing is asked"),
    "--scenarios": (("--scenarios", "smoke"), "--certify refuses --scenarios: a certificate rests on"),
    "--profile": (("--profile", "chat-core"), "--certify refuses --profile: --certify names the profile"),
    "--budget": (("--budget", "9"), "--certify refuses --budget: a certificate rests on every request"),
    "--deadline": (("--deadline", "9"), "--certify refuses --deadline: a certificate rests on a run that"),
    "--resume": (("--resume", "latest"), "--certify refuses --resume: a certificate rests on one run"),
    "--replay": (("--replay", "x"), "--certify refuses --replay: a certificate rests on answers that"),
    "--baseline": (("--baseline", "x"), "--certify refuses --baseline: what was broken before is broken"),
    "--endpoint": (("--endpoint", "http://127.0.0.1:9"), "--certify refuses --endpoint: a certificate says"),
    "two samples": (
        ("--samples", "2"),
        "--certify refuses --samples 2: each scenario is sent 3 times, and one that",
    ),
    "many samples": (
        ("--samples", "999"),
        "exchanges are planned, and no bundle of more than 992 is read",
    ),
    "--fail-on": (("--fail-on", "should"), "--certify refuses --fail-on should: a certificate rests on what"),
    "two profiles": (("--certify", "chat-core"), "--certify names chat-structured-2026-11-26 and chat-core-"),
    "no such profile": (("--certify", "chat-cor"), "no profile is named 'chat-cor'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_certificate_does_not_go_with_is_refused(name: str, tmp_path: Path) -> None:
    """One clear sentence each, exit code 4, and nothing is sent or written."""
    arguments, message = REFUSED[name]
    done = certify(tmp_path, *arguments)
    assert done.returncode == ExitCode.USAGE
    assert message in done.stderr
    assert not (tmp_path / "reports").exists()


def test_options_of_a_configuration_count_too(tmp_path: Path) -> None:
    """However an option came, it is refused."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -k role\n")
    done = certify(tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert "--certify refuses -k" in done.stderr


def test_what_a_hook_takes_out_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    """Of whatever plugin."""
    hook = "def pytest_collection_modifyitems(items):\n    del items[3:]\n"
    (tmp_path / "conftest.py").write_text(hook)
    with Reference() as server:
        entry(tmp_path, server.base_url)
        done = certify(tmp_path, "--provider", "acme")
        assert server.requests == 0
    assert done.returncode == ExitCode.USAGE
    assert "--certify refuses deselection: " in done.stdout + done.stderr
    assert not bundles(tmp_path)


SETTINGS = {
    "prompts": ('prompts = { chat-json = "Hello" }', "which has prompts of its own for chat-json"),
    "extra_body": (
        "extra_body = { messages = [], stream = true, safe = true }",
        "whose requests have messages, stream of its own",
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_change_what_is_asked_are_refused(name: str, tmp_path: Path) -> None:
    """A certificate rests on the suite's requests, and on all of them."""
    more, message = SETTINGS[name]
    with Reference() as server:
        entry(tmp_path, server.base_url, more=more)
        done = certify(tmp_path, "--provider", "acme")
        assert server.requests == 0
    assert done.returncode == ExitCode.USAGE
    assert message in done.stderr


def test_a_limit_that_leaves_requests_out_is_refused(tmp_path: Path) -> None:
    """Before any of the others is sent."""
    with Reference() as server:
        entry(tmp_path, server.base_url, more="limits = { requests = 2 }")
        done = certify(tmp_path, "--provider", "acme", name="chat-core")
        assert server.requests == 0
    assert done.returncode == ExitCode.USAGE
    assert "--certify refuses acme, whose limit of requests leaves" in done.stderr


def test_a_changed_suite_is_refused(tmp_path: Path) -> None:
    """A copy of the code outside of any commit is nobody's release."""
    hook = (
        'from conformance.plugin import certifying\nvars(certifying)["changes"] = lambda: "x.py is changed"\n'
    )
    (tmp_path / "changed.py").write_text(hook)
    variables = {"PYTHONPATH": f"{home.ROOT}:{tmp_path}"}
    done = home.session("-p", "changed", "--certify", PROFILE_NAME, cwd=tmp_path, variables=variables)
    assert done.returncode == ExitCode.USAGE
    assert "--certify refuses a changed suite: x.py is changed" in done.stderr


# What the suite is


def git(folder: Path, *arguments: str) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not here")
    names = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = home.run(["git", *names, *arguments], cwd=folder)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout that stands for that of the suite, with everything committed."""
    for name in ("conformance/__init__.py", "schemas/a.json", "profiles/a.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    monkeypatch.setattr(suite, "_PACKAGE", tmp_path / "conformance")
    return tmp_path


def test_a_checkout_is_what_was_committed(checkout: Path) -> None:
    """Its commit is told, and what was changed since, added or removed; files beside it do not count."""
    assert suite.changes() == ""
    assert len(suite.this_suite().commit) == 40
    (checkout / "notes.txt").write_text("y")
    assert suite.changes() == ""
    (checkout / "schemas" / "a.json").write_text("y")
    assert suite.changes() == "schemas/a.json is not what was committed"
    (checkout / "conformance" / "more.py").write_text("y")
    assert suite.changes() == "conformance/more.py and 1 more is not what was committed"


def test_code_that_is_neither_installed_nor_committed_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also inside the checkout of something else."""
    git(tmp_path, "init", "-q")
    (tmp_path / "vendored" / "conformance").mkdir(parents=True)
    monkeypatch.setattr(suite, "_PACKAGE", tmp_path / "vendored" / "conformance")
    assert "nobody can tell what it is" in suite.changes()


def test_an_installed_package_is_what_its_installer_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the digests of its RECORD."""
    package = tmp_path / "conformance"
    package.mkdir()
    (package / "__init__.py").write_text("x = 1\n")
    meta = tmp_path / "stream_conformance-9.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: stream-conformance\nVersion: 9\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"x = 1\n").digest()).rstrip(b"=").decode()
    (meta / "RECORD").write_text(f"conformance/__init__.py,sha256={digest},6\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(suite, "_PACKAGE", package)
    assert suite.changes() == ""
    (package / "more.py").write_text("y = 1\n")
    assert suite.changes() == "conformance/more.py is not what was installed"
    (package / "__init__.py").write_text("x = 2\n")
    assert suite.changes() == "conformance/__init__.py and 1 more is not what was installed"
    assert suite.this_suite().commit == ""


def test_the_digest_of_the_code_does_not_depend_on_line_ends(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git may convert them; any other change counts."""
    monkeypatch.setattr(suite, "data", lambda name: checkout / name)
    first = suite._code.__wrapped__()
    (checkout / "conformance" / "__init__.py").write_bytes(b"x\r\n")
    assert suite._code.__wrapped__() == first
    (checkout / "profiles" / "a.toml").write_text("y\n")
    assert suite._code.__wrapped__() != first


def test_the_run_of_a_certificate_is_one_that_was_held_to_the_profile(tmp_path: Path) -> None:
    """Its report says so."""
    certify(tmp_path)
    (path,) = tmp_path.rglob("report.jsonl")
    header = json.loads(path.read_text().splitlines()[0])
    assert header["profile"] == "chat-structured-2026-11-26"


def test_the_page_about_certification_is_true() -> None:
    """It names every option that is refused, how long a certificate is valid, and how it is signed."""
    page = (home.ROOT / "docs" / "certification.md").read_text()
    short = {"--last-failed": "--lf", "--stepwise": "--sw", "--maxfail (-x)": "--maxfail"}
    refused = {short.get(name, name) for name in (*certifying._OF_PYTEST, *certifying._OF_OURS)}
    assert [name for name in sorted(refused) if f"`{name}`" not in page] == []
    assert f"for {DAYS} days" in page
    assert SAMPLES == 3
    assert "three samples of each" in page
    assert f"-n {NAMESPACE} " in page
