"""How the providers of a night are asked: their keys, their models, their reports, what came of each."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.gate import ExitCode
from conformance.nightly import ask as asking
from conformance.nightly.ask import NightPlan, ask
from conformance.nightly.errors import NotARecordError
from conformance.nightly.past import history_in
from conformance.nightly.records import RECORDS, Record, asked_places, stored_records
from conformance.providers import find_providers
from tests import home
from tests.nightly.conftest import stored, tonight

PROVIDERS = """
[acme]
base_url = "http://127.0.0.1:9/v1"
model = "m"
api_key_env = "ACME_KEY"
[beta]
base_url = "http://127.0.0.1:9/v1"
models = { text = "a", tools = "t", more = ["b/large", "c"] }
api_key_env = "BETA_KEY"
"""
NOTES = """
import json, os, sys
note = {"arguments": sys.argv[1:], "environment": dict(os.environ)}
name = sys.argv[sys.argv.index("--provider") + 1]
model = os.environ.get(name.upper() + "_MODEL", "").replace("/", "-")
open(f"noted-{name}-{model}", "w").write(json.dumps(note))
"""
"""Notes what it was started with."""
KEYS = {"ACME_KEY": "sk-of-nobody", "BETA_KEY": "sk-of-nobody"}
REPORTS = """
import os, sys
name = sys.argv[sys.argv.index("--provider") + 1]
model = os.environ.get(name.upper() + "_MODEL", "m").replace("/", "-")
for stamp in ("20261199T030000Z", "20261199T030000Z-2"):
    os.makedirs(f"out/{name}/{model}/{stamp}")
    open(f"out/{name}/{model}/{stamp}/report.jsonl", "w").close()
"""
"""Leaves two reports."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a file of providers, from which the night is run."""
    (tmp_path / "providers.toml").write_text(PROVIDERS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def night(
    *names: str, code: str = NOTES, variables: Mapping[str, str] | None = None, **plan: Any
) -> tuple[Record, ...]:
    """Ask some providers with a program in place of pytest."""
    Path("pytest.py").write_text(code)
    providers = find_providers(environment=variables or {})
    given: dict[str, Any] = {"root": Path("out"), "providers": providers, "jobs": 2}
    environment = home.environment() | dict(variables or {})
    records, left = ask([providers[name] for name in names], NightPlan(**given | plan), environment)
    assert not left
    return records


def noted(name: str) -> dict[str, Any]:
    """What a process was started with."""
    value: dict[str, Any] = json.loads(Path(f"noted-{name}").read_text())
    return value


def test_each_sees_its_own_key_alone() -> None:
    """And no address of a webhook. What is no key of a provider is passed on."""
    keys = {
        "ACME_KEY": "sk-acme-canary",
        "BETA_KEY": "sk-beta-canary",
        "OTHER": "x",
        "CONFORMANCE_NOTIFY": "http://h",
    }
    night("acme", "beta", variables=keys)
    for name, own in (("acme-", "ACME_KEY"), ("beta-", "BETA_KEY"), ("beta-c", "BETA_KEY")):
        environment = noted(name)["environment"]
        assert environment.keys() & keys.keys() == {own, "OTHER"}


def test_the_summary_of_a_job_is_left_to_a_run_that_is_the_only_one() -> None:
    """Of several, the night is told alone."""
    summary = {"GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_ACTIONS": "true"}
    night("acme", variables=summary)
    assert summary.keys() <= noted("acme-")["environment"].keys()
    night("acme", "beta", variables=summary)
    assert summary.keys().isdisjoint(noted("acme-")["environment"])


def test_each_is_a_session_of_pytest(folder: Path) -> None:
    """With the folder, the file, the deadline and further arguments of the night."""
    night("acme", file=folder / "providers.toml", deadline=30.5, further=("--scenarios", "smoke"))
    assert noted("acme-")["arguments"] == [
        *("--provider", "acme", "--report-dir", "out", "--deadline", "30.5"),
        *("--providers", str(folder / "providers.toml"), "--scenarios", "smoke"),
    ]


def test_further_models_are_asked_by_themselves() -> None:
    """Each in a process and with a record of its own; those for single uses are not theirs."""
    records = night("beta", variables={"BETA_MODEL_TOOLS": "u"})
    assert [record.name for record in records] == ["beta", "beta (b/large)", "beta (c)"]
    own, large = noted("beta-")["environment"], noted("beta-b-large")["environment"]
    assert "BETA_MODEL" not in own
    assert own["BETA_MODEL_TOOLS"] == "u"
    assert large["BETA_MODEL"] == "b/large"
    assert "BETA_MODEL_TOOLS" not in large
    assert [record.stem for record in stored_records(Path("out"))] == ["beta", "beta--b-large", "beta--c"]
    assert stored_records(Path("out")) == records


def test_a_model_of_the_environment_is_the_only_one() -> None:
    """Whoever names one wants that one."""
    assert [record.model for record in night("beta", variables={"BETA_MODEL": "z"})] == [""]


def test_the_newest_report_that_a_process_wrote_is_its_own() -> None:
    """Of several, and beside those of other models; never one that lay there before."""
    for model in ("m", "c", "b-large"):
        (Path("out/beta") / model / "20261299T030000Z").mkdir(parents=True)
        (Path("out/beta") / model / "20261299T030000Z" / "report.jsonl").touch()
    assert [record.report for record in night("beta", code=REPORTS)] == [
        f"beta/{model}/20261199T030000Z-2/report.jsonl" for model in ("m", "b-large", "c")
    ]
    assert night("acme", code="")[0].report == ""


@pytest.mark.parametrize(("ends", "code"), [("0", 0), ("1", 1), ("6", 6), ("2", 2), ("7", 3), ("255", 3)])
def test_a_code_that_is_none_of_ours_is_a_fault(ends: str, code: int) -> None:
    """A process that stops by itself stops no other."""
    records = night("acme", "beta", code=f"raise SystemExit({ends})")
    assert [int(record.exit_code or 0) for record in records] == [code] * 4


def test_a_process_that_was_killed_is_a_fault() -> None:
    """Of the system, or ours."""
    (record,) = night("acme", code="import os; os.kill(os.getpid(), 9)")
    assert record.exit_code is ExitCode.INTERNAL


def test_a_run_that_hangs_is_an_error_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """It did not end by its deadline; nobody interrupted it."""
    monkeypatch.setattr(asking, "JUDGING", 0.2)
    (record,) = night("acme", code="import signal; signal.pause()", deadline=0.3)
    assert record.exit_code is ExitCode.ERROR
    assert record.why == "it did not end within 0.5 seconds, and was ended"


PRINTED = "what it printed says why"


def test_a_missing_key_is_the_reason_only_where_it_is_missing() -> None:
    """A run without a report for another reason says where to look, and names no log that is not there."""
    missing = "ACME_KEY is not set"
    for key, why in (("sk-of-nobody", PRINTED), (" ", missing), ("", missing)):
        (record,) = night("acme", code="raise SystemExit(4)", variables={"ACME_KEY": key})
        assert (record.exit_code, record.why) == (ExitCode.USAGE, why)


REFUSED = """
import sys
print("ERROR: an earlier one", file=sys.stderr)
print("\x1b[31mERROR: \x1b no scenario is called x\x1b[0m\\nhint: look at plan", file=sys.stderr)
raise SystemExit(4)
"""
PARSED = """
import sys
print("ERROR: usage: pytest [options]", file=sys.stderr)
print("pytest: error: unrecognized arguments: --x\\n  inifile: None", file=sys.stderr)
raise SystemExit(4)
"""


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (REFUSED, "\x1b no scenario is called x; hint: look at plan"),
        (PARSED, "unrecognized arguments: --x"),
        ("print('killed'); raise SystemExit(3)", ""),
    ],
    ids=["a-hint", "the-parser", "neither"],
)
def test_what_pytest_refused_last_is_the_reason(code: str, why: str) -> None:
    """Nobody opens a log for a misspelt option; what else the log says is left to it."""
    logs = [f"{RECORDS}/{stem}.log says why" for stem in ("acme", "beta", "beta--b-large", "beta--c")]
    assert (
        [item.why for item in night("acme", "beta", code=code, variables=KEYS)] == [why] * 4 if why else logs
    )
    assert [item.why for item in night("acme", code=code, variables=KEYS)] == [why or PRINTED]


def test_what_several_print_is_in_their_logs(capfd: pytest.CaptureFixture[str]) -> None:
    """That of the only one is on the terminal."""
    night("acme", "beta", code="print('hello')")
    assert capfd.readouterr().out == ""
    assert (Path("out") / RECORDS / "beta--c.log").read_text() == "hello\n"
    night("acme", code="print('hello')")
    assert capfd.readouterr().out == "hello\n"


def test_the_baseline_is_the_last_run_of_that_model(tmp_path: Path) -> None:
    """The newest that judged everything; with none, nothing is known from before."""
    plan: dict[str, Any] = {"baselines": tmp_path / "past"}
    night("acme", "beta", **plan)
    assert "--baseline" not in noted("acme-")["arguments"]
    for stamp, started, incomplete in (("1", "01", ""), ("2", "02", ""), ("3", "03", "it was cut off")):
        for provider, model in (("acme", "m"), ("beta", "c")):
            header = {"started": f"2026-10-{started}T03:00:00Z", "incomplete": incomplete}
            stored(tmp_path / "past", tonight(provider, model, must_a="-", header=header), stamp)
    night("acme", "beta", **plan)
    assert noted("acme-")["arguments"][-2:] == ["--baseline", str(tmp_path / "past/acme/m/2")]
    assert noted("beta-c")["arguments"][-2:] == ["--baseline", str(tmp_path / "past/beta/c/2")]
    assert "--baseline" not in noted("beta-")["arguments"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Expecting value"),
        ("[]", "indices"),
        ("{}", "it has no provider"),
        ('{"provider": "a", "model": "", "exit_code": 99, "report": "", "why": ""}', "99 is not a valid"),
        ('{"provider": "a", "model": "", "exit_code": null, "report": "", "why": ""}', "None is not a valid"),
        ('{"provider": "a", "model": "", "exit_code": 0, "report": 7, "why": ""}', "report is no text"),
        (
            '{"provider": "a", "model": "", "exit_code": 0, "report": "", "why": "", "flaky": [1]}',
            "flaky is no list of texts",
        ),
        *(
            (
                json.dumps({"provider": "a", "model": "", "exit_code": 0, "report": report, "why": ""}),
                "its report lies in no folder of a run",
            )
            for report in (
                "/etc/passwd",
                "a/b/../report.jsonl",
                "../b/c/report.jsonl",
                "a/b\0/c/report.jsonl",
                "a/b\ud800/c/report.jsonl",
            )
        ),
    ],
)
def test_a_record_that_is_none_is_told(text: str, told: str) -> None:
    """By its path; it is no provider that conforms."""
    path = Path("out") / RECORDS / "acme.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(NotARecordError, match=r"acme.json is no record of a nightly run") as caught:
        stored_records(Path("out"))
    assert told in caught.value.message


def test_a_provider_that_is_expected_and_missing_has_no_exit_code() -> None:
    """And does not stand for one that conforms. What nobody expects is left out."""
    Record(provider="acme", exit_code=ExitCode.USAGE, why="w").write(Path("out"))
    Record(provider="beta", exit_code=ExitCode.CONFORMS).write(Path("out"))
    kept, gone = stored_records(Path("out"), ["acme", "gone"])
    assert kept == Record(provider="acme", exit_code=ExitCode.USAGE, why="w")
    assert gone == Record(provider="gone")


def test_the_interpreter_is_ours() -> None:
    """Not one that is found by its name."""
    night("acme", code="import sys; open('which', 'w').write(sys.executable)")
    assert Path("which").read_text() == sys.executable
    assert os.path.isabs(sys.executable)  # noqa: PTH117 - a text


def test_the_places_that_nights_asked_are_those_of_their_records() -> None:
    """A run that left no report has none, and a record that cannot be read tells of none."""
    assert asked_places(Path("out")) == frozenset()
    Record(provider="acme", exit_code=ExitCode.CONFORMS, report="acme/m/1/report.jsonl").write(Path("out"))
    Record(provider="beta", exit_code=ExitCode.USAGE, why="its key is not set").write(Path("out"))
    (Path("out") / RECORDS / "gamma.json").write_text("{}")
    assert asked_places(Path("out")) == {"acme/m"}
    assert history_in(Path("out"), []).asked == {"acme/m"}
