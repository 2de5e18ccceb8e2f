"""Sessions with --profile and --baseline."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.evidence import write_evidence
from conformance.profiles import profiles
from conformance.reference.faults import FAULTS
from tests.played import played
from tests.plugin.conftest import Ran
from tests.plugin.streams import NO_DONE

Run = Callable[..., Ran]
Recording = Callable[..., Path]


SENT = (*profiles().named("responses-core").scenarios, "chat-text", "chat-tool")
"""As many exchanges as the tests need."""


def line_of(ran: Ran, begin: str) -> str:
    """The only line that begins so."""
    (line,) = [line for line in ran.text.splitlines() if line.startswith(begin)]
    return line


@pytest.fixture(scope="module")
def roleless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence of an endpoint that sends no role."""
    path = tmp_path_factory.mktemp("roleless")
    for exchange in played(FAULTS["role-missing"]):
        if exchange.scenario in SENT:
            write_evidence(path / f"{exchange.id}.jsonl", exchange)
    return path


def test_a_replay_that_is_held_to_a_profile_gates_only_what_it_holds(run: Run, roleless: Path) -> None:
    """All is judged and reported; what is broken outside of the profile has a status of its own."""
    ran = run("--replay", roleless, "--profile", "responses-core", "-v")
    assert ran.code == 0
    conforms = line_of(ran, "  Conforms to responses-core-2026-11-26: ")
    assert "1 MUST requirement broken without turning the run red" in conforms
    assert "  profiles kept: responses-core\n" in ran.text
    assert "OUTSIDE" in ran.text
    assert re.search(r"^=+ .*[0-9] outside.* in ", ran.text, re.MULTILINE)
    lines = ran.report()
    assert lines[0]["profile"] == "responses-core-2026-11-26"
    assert [(item["profile"], item["verdict"]) for item in lines[-1]["profiles"]] == [
        ("responses-core-2026-11-26", "kept")
    ]
    assert not any(line["gates"] for line in lines if line["kind"] == "verdict")


def test_a_broken_profile_is_red(run: Run, roleless: Path) -> None:
    """Several may be named, with commas and one by one; a bug report says which of them it breaks."""
    ran = run("--replay", roleless, "--profile", "responses-core,chat-tools", "--profile", "chat-core")
    assert ran.code == 1
    names = "responses-core-2026-11-26, chat-tools-2026-11-26, chat-core-2026-11-26"
    line_of(ran, f"  Does not conform to {names}: ")
    assert (
        "profiles kept: responses-core; broken: chat-tools (role-first), chat-core (role-first)" in ran.text
    )
    assert "this breaks chat-tools-2026-11-26, chat-core-2026-11-26" in ran.text


def test_a_profile_that_does_not_apply_is_neither_kept_nor_broken(run: Run, tmp_path: Path) -> None:
    """Nothing was selected then, by the exit code."""
    path = tmp_path / "chat-text.jsonl"
    write_evidence(path, next(exchange for exchange in played() if exchange.id == path.stem))
    ran = run("--replay", path, "--profile", "responses-core")
    assert ran.code == 5
    assert "Cannot say: responses-core-2026-11-26 is not applicable" in ran.text


def test_a_stream_of_no_scenario_is_held_to_the_requirements_alone(run: Run, recording: Recording) -> None:
    """As when somebody looks into a recording."""
    path = recording(NO_DONE)
    assert run("--replay", path, "--profile", "chat-core").code == 1
    ran = run("--replay", path, "--profile", "responses-core")
    assert ran.code == 5


def test_a_misspelt_profile_is_refused_with_a_hint(run: Run) -> None:
    ran = run("--profile", "chat-cores")
    assert ran.code == 4
    assert "no profile is named 'chat-cores'\nhint: did you mean chat-core?" in ran.text


def test_a_profile_sends_its_scenarios_alone(run: Run) -> None:
    """The run is complete for it, but no complete run of the provider: `latest` does not name it."""
    ran = run("--provider", "reference", "--profile", "chat-structured")
    assert ran.code == 0
    assert "Conforms to chat-structured-2026-11-26: " in ran.text
    lines = ran.report()
    assert [line["id"] for line in lines if line["kind"] == "exchange"] == ["chat-json"]
    assert lines[-1]["complete"]
    assert not list(ran.folder.glob("reports/*/*/latest"))


def test_a_baseline_makes_known_what_it_breaks_too(run: Run, recording: Recording) -> None:
    """The second run is green, and says since when it is known."""
    path = recording(NO_DONE)
    first = run("--replay", path, "--report-dir", "first")
    assert first.code == 1
    (baseline,) = first.folder.glob("first/*/*/*/report.jsonl")
    started = json.loads(baseline.read_text().splitlines()[0])["started"]

    second = run("--replay", path, "--baseline", baseline.parent)
    assert second.code == 0
    assert "requirement that the baseline breaks too" in second.text
    assert "  known  done-present" in second.text
    lines = second.report()
    known = [line["deviation"] for line in lines if line["kind"] == "verdict" and line["deviation"]]
    assert {item["baseline"] for item in known} == {started}
    assert any(note.startswith("baseline: the run of acme") for note in lines[0]["notes"])
    (page,) = second.folder.glob("reports/*/*/*/index.html")
    assert f"broken before, in the baseline run of {started}" in page.read_text()


def test_a_baseline_does_not_hide_what_is_new(run: Run, recording: Recording) -> None:
    """A stream that was clean."""
    clean = run("--replay", recording(), "--report-dir", "first")
    (baseline,) = clean.folder.glob("first/acme/*/*")
    ran = run("--replay", recording(NO_DONE), "--baseline", baseline)
    assert ran.code == 1
    assert "MUST   done-present" in ran.text


def test_a_baseline_that_is_none_is_refused(run: Run, recording: Recording) -> None:
    ran = run("--replay", recording(), "--baseline", "nowhere")
    assert ran.code == 4
    assert "nowhere: there is no report" in ran.text
