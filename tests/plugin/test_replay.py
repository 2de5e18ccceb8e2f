"""A session with --replay: what it collects, shows and writes, and its exit code."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from xml.etree import ElementTree as ET

import pytest

from conformance.evidence import write_evidence
from conformance.exchange import Api, Ended, Exchange, Expects, Request
from tests import home
from tests.plugin.conftest import Ran
from tests.plugin.streams import CLEAN, NO_DONE, USAGE_LATE

Run = Callable[..., Ran]
Recording = Callable[..., Path]
USAGE_ASKED = {"stream_options": {"include_usage": True}}


def test_the_address_of_the_report_is_the_last_line(run: Run, recording: Recording) -> None:
    """Behind what pytest-html and pytest itself say, for a terminal to open; with the judgements counted."""
    ran = run("--replay", recording(), "--report-dir", "x/../out")
    (page,) = (ran.folder / "out").resolve().glob("acme/m-1/*/index.html")
    *rest, last = ran.text.splitlines()
    assert last == f"compliance report of acme (m-1): {page.as_uri()}"
    assert any("Generated html report" in line for line in rest)
    counts = next(line for line in rest if " judgements: " in line)
    data = (page.parent / "report.jsonl").read_text().splitlines()
    outcomes = [line["outcome"] for line in map(json.loads, data) if line["kind"] == "verdict"]
    assert f"{len(outcomes)} judgements: {outcomes.count('pass')} pass, " in counts
    assert f"{outcomes.count('not_applicable')} not applicable" in counts


def test_one_source_that_cannot_be_read_does_not_stop_the_others(run: Run, recording: Recording) -> None:
    """The rest is judged, the run is incomplete, and terminal and report say what is missing; exit code 6.

    Whoever judges what was recorded in CI must not take a part for the whole. A violation outweighs it.
    """
    path = recording()
    (path.parent / "bad.json").write_text("{")
    ran = run("--replay", path.parent)
    assert ran.code == 6, ran.text
    assert ran.report()[-1]["exit_code"] == 6
    assert "the run is incomplete (1 source could not be read: " in ran.text
    assert "bad.json: it is not JSON" in ran.text
    header, *_, footer = ran.report()
    assert "bad.json: it is not JSON" in header["notes"][0]
    assert footer["complete"] is False


def test_texts_of_an_endpoint_stay_on_one_line(run: Run, recording: Recording) -> None:
    """A line feed of theirs is a sign, and what is long is cut, but not what was expected."""
    long = "a\n" * 400
    ran = run("--replay", recording(CLEAN.replace('"assistant"', json.dumps(long))))
    (line,) = (line for line in ran.text.splitlines() if "MUST   role-value: " in line)
    assert len(line) < 160
    assert line.endswith('…", expected "assistant"')


def test_a_clean_stream_conforms(clean: Ran) -> None:
    """Exit code 0, and a verdict sentence that says so."""
    assert clean.code == 0, clean.text
    assert "Nothing broken in 1 recorded exchange: " in clean.text
    assert "acme (m-1)" in clean.text


def test_a_broken_must_is_a_violation(broken: Ran) -> None:
    """Exit code 1, and the requirement is named among the first things to fix."""
    assert broken.code == 1
    assert "Does not conform" in broken.text
    assert "MUST   done-present: The last event is " in broken.text


def test_a_failing_item_reads_like_a_bug_report(broken: Ran) -> None:
    """Rule, place, wire, sources, and how to see it again; no traceback."""
    for part in (
        "acme breaks done-present (MUST, ",
        "expected    ",
        "observed    ",
        "wire of stream",
        "who suffers ",
        "stated in   ",
        "https://",
        "evidence    reports/acme/m-1/",
        "again       pytest --replay reports/acme/m-1/",
        "conformance explain done-present",
    ):
        assert part in broken.text
    assert "Traceback" not in broken.text
    assert "test_conformance.py:" not in broken.text


def test_the_command_of_a_bug_report_shows_it_again(run: Run, broken: Ran, tmp_path: Path) -> None:
    """The line that starts with `again` is a command that fails alike."""
    copytree(broken.folder, tmp_path, dirs_exist_ok=True)
    (line,) = {line for line in broken.text.splitlines() if line.startswith("  again ")}
    arguments = line.split("pytest ", 1)[1].split()
    again = run(*arguments)
    assert again.code == 1
    assert "1 failed" in again.text


def test_a_broken_should_warns_and_does_not_gate(run: Run, recording: Recording) -> None:
    """A status of its own, and exit code 0."""
    ran = run("--replay", recording(USAGE_LATE, request=USAGE_ASKED), "-v")
    assert ran.code == 0
    assert "[acme/stream/usage-empty-choices] WARNED" in ran.text
    assert "1 warned" in ran.text
    assert "1 noted" in ran.text
    assert "SHOULD usage-empty-choices: " in ran.text


def test_fail_on_should_makes_a_warning_a_failure(run: Run, recording: Recording) -> None:
    """Exit code 1, shown as a failure with its bug report."""
    ran = run("--replay", recording(USAGE_LATE, request=USAGE_ASKED), "--fail-on", "should")
    assert ran.code == 1
    assert "1 failed" in ran.text
    assert "acme breaks usage-empty-choices (SHOULD, " in ran.text


def test_what_a_source_lacks_is_skipped_with_the_reason(run: Run, recording: Recording) -> None:
    """Not testable is a skip, never a pass; not applicable makes no item."""
    ran = run("--replay", recording(), "-v", "-rs")
    assert "not testable: the source holds no timing" in ran.text
    assert "SKIPPED" in ran.text
    assert "not applicable: " not in ran.text
    outcomes = {line["outcome"] for line in ran.report() if line["kind"] == "verdict"}
    assert "not_applicable" in outcomes


def test_the_reports_of_a_run(clean: Ran) -> None:
    """Page, data, evidence and pytest's own logs, the log linked to the page, no file more."""
    folder = clean.folder / "reports"
    (stamp,) = [path for path in (folder / "acme/m-1").iterdir() if path.is_dir()]
    assert sorted(path.name for path in stamp.iterdir()) == ["evidence", "index.html", "report.jsonl"]
    assert [path.name for path in (stamp / "evidence").iterdir()] == ["stream.jsonl"]
    assert not (folder / "acme/m-1/latest").exists()  # names live runs only
    (session,) = (folder / "_sessions").iterdir()
    assert sorted(path.name for path in session.iterdir()) == ["junit.xml", "pytest.html"]
    log = (session / "pytest.html").read_text()
    assert f"../../acme/m-1/{stamp.name}/index.html" in log
    assert "<title>Conformance" in log or "Conformance: pytest" in log
    cases = ET.parse(session / "junit.xml").findall(".//testcase")  # noqa: S314 - our own file
    assert any(case.get("name") == "test_requirement[acme/stream/role-first]" for case in cases)


def test_the_report_data_says_what_was_run(broken: Ran) -> None:
    """Header and footer of report.jsonl: a whole replay with the exit code of the session."""
    header, *_, footer = broken.report()
    assert header["provider"] == "acme"
    assert header["replayed"] is True
    assert header["command"].startswith("pytest ")
    assert footer["complete"] is True
    assert footer["exit_code"] == broken.code == 1


def test_a_run_replayed_gives_the_same_verdicts(run: Run, broken: Ran, tmp_path: Path) -> None:
    """The folder of a run is a source like any other, and its evidence is as good as the original."""

    def verdicts(newest: Path) -> dict[str, str]:
        lines = map(json.loads, (newest / "report.jsonl").read_text().splitlines())
        return {line["requirement"]: line["outcome"] for line in lines if line["kind"] == "verdict"}

    copytree(broken.folder, tmp_path, dirs_exist_ok=True)
    parent = tmp_path / "reports/acme/m-1"
    (one,) = parent.iterdir()
    second = run("--replay", one)
    (two,) = set(parent.iterdir()) - {one}
    assert second.code == 1
    assert verdicts(one) == verdicts(two)


def test_several_providers_each_get_a_report(run: Run, recording: Recording) -> None:
    """One folder named, two providers in it; the worse one decides the exit code."""
    recording(CLEAN, "one", "acme")
    path = recording(NO_DONE, "two", "bolt")
    ran = run("--replay", path.parent)
    assert ran.code == 1
    assert sorted(path.parts[-4] for path in ran.folder.glob("reports/*/*/*/index.html")) == ["acme", "bolt"]
    assert "acme (m-1)\n  Nothing broken in 1 recorded exchange" in ran.text
    assert "bolt (m-1)\n  Does not conform" in ran.text


def test_a_selection_makes_the_run_partial_and_says_so(run: Run, recording: Recording) -> None:
    """-k judges only what it selects, and the report is not taken for a whole one."""
    ran = run("--replay", recording(), "-k", "role-first")
    assert ran.code == 0
    assert "1 passed" in ran.text
    verdicts = [line["requirement"] for line in ran.report() if line["kind"] == "verdict"]
    assert verdicts == ["role-first"]
    told = re.search(r"collected (\d+) items / (\d+) deselected", ran.text)
    assert told
    collected, deselected = told.groups()
    assert ran.report()[-1]["incomplete"] == f"{deselected} items of {collected} not selected"


@pytest.mark.parametrize(
    ("mark", "there", "gone"), [("usage", "/usage-", "/role-"), ("should", "/id-nonempty", "/role-first")]
)
def test_families_and_levels_are_markers(
    run: Run, recording: Recording, mark: str, there: str, gone: str
) -> None:
    """-m selects by what people speak of."""
    ran = run("--replay", recording(), "-m", mark, "--collect-only", "-q", "--strict-markers")
    assert there in ran.text
    assert gone not in ran.text


def test_collect_only_writes_nothing(run: Run, recording: Recording) -> None:
    """Looking at the items leaves no report, no log."""
    ran = run("--replay", recording(), "--collect-only", "-q")
    assert ran.code == 0
    assert "test_requirement[acme/stream/role-first]" in ran.text
    assert not (ran.folder / "reports").exists()


def test_nothing_selected_is_exit_code_5(run: Run, recording: Recording) -> None:
    """As pytest has it."""
    assert run("--replay", recording(), "-k", "no-such-requirement").code == 5


def test_report_dir_replaces_reports(run: Run, recording: Recording) -> None:
    """Everything goes below the folder that was named."""
    ran = run("--replay", recording(), "--report-dir", "out")
    assert list(ran.folder.glob("out/acme/m-1/*/index.html"))
    assert list(ran.folder.glob("out/_sessions/*/pytest.html"))
    assert not (ran.folder / "reports").exists()


def test_the_persons_own_logs_win(run: Run, recording: Recording) -> None:
    """--html and --junitxml go where they say, and nothing is written twice."""
    ran = run("--replay", recording(), "--html", "mine.html", "--junitxml", "mine.xml")
    assert (ran.folder / "mine.html").exists()
    assert (ran.folder / "mine.xml").exists()
    assert not (ran.folder / "reports/_sessions").exists()


def test_text_of_an_endpoint_is_never_live(run: Run, recording: Recording) -> None:
    """Neither in test ids, nor in the log, nor as control characters in the terminal."""
    hostile = "<img src=x onerror=alert(1)>\x1b[31m\u202e"
    body = NO_DONE.replace("Hello", "x").replace('"assistant"', json.dumps(hostile))
    ran = run("--replay", recording(body, '<b>"x', hostile, model=hostile))
    assert ran.code == 1
    assert "\x1b[31m" not in ran.text
    assert "\u202e" not in ran.text
    (log,) = ran.folder.glob("reports/_sessions/*/pytest.html")
    assert "<img src=x" not in log.read_text()
    (page,) = ran.folder.glob("reports/*/*/*/index.html")
    assert "<img src=x" not in page.read_text()


def test_an_exchange_that_was_never_answered_is_an_error(run: Run, tmp_path: Path) -> None:
    """Ours or the network's: exit code 6, the status of an error, and no violation."""
    exchange = Exchange(
        id="chat-text",
        api=Api.CHAT,
        provider="acme",
        model="m-1",
        scenario="chat-text",
        expects=Expects.STREAM,
        request=Request(body='{"stream": true}'),
        ended=Ended.NO_CONNECTION,
        detail="cannot connect to http://127.0.0.1:1/v1: connection refused",
    )
    write_evidence(tmp_path / "stored" / "chat-text.jsonl", exchange)
    ran = run("--replay", "stored")
    assert ran.code == 6, ran.text
    assert "1 error" in ran.text
    said = "Cannot say: cannot connect to http://127.0.0.1:1/v1: connection refused; no request was answered."
    assert said in ran.text
    (page,) = ran.folder.glob("reports/acme/*/*/index.html")
    assert "What kept the endpoint from answering is said at the top." in page.read_text()
    assert ">Nothing: " not in page.read_text()


def test_one_cause_on_many_exchanges_is_told_once(run: Run, recording: Recording) -> None:
    """One bug report, with the number of exchanges and what follows; the rest is only counted."""
    joined = CLEAN.replace("}\n\ndata: {", "}{", 1)
    for name in ("one", "two", "three"):
        path = recording(joined, name)
    ran = run("--replay", path.parent)
    assert ran.code == 1
    assert ran.text.count("acme breaks event-json (MUST, wire) in one") == 1
    assert ran.text.count("breaks ") == 1
    assert "alike       in 2 further exchanges: " in ran.text
    assert "and because of it: role-first" in ran.text
    assert re.search(r"1 failed, .*3 following, .*2 alike", ran.text)
    (letters,) = re.findall(r"test_conformance\.py (\S+)", ran.text)
    assert (letters.count("F"), letters.count("f")) == (1, 5)
    following = [line for line in ran.report() if line["kind"] == "verdict" and line["because"]]
    assert {line["because"] for line in following} == {"event-json"}


def test_what_follows_speaks_for_itself_where_its_cause_was_not_selected(
    run: Run, recording: Recording
) -> None:
    """A failure with its bug report, which names the cause."""
    joined = CLEAN.replace("}\n\ndata: {", "}{", 1)
    ran = run("--replay", recording(joined), "-k", "role-first")
    assert ran.code == 1
    assert "acme breaks role-first (MUST, chat) in stream" in ran.text
    assert "because of  event-json: mend that one" in ran.text


@pytest.mark.parametrize("flags", ["", "-s"])
def test_the_standard_input_is_replayed(flags: str, tmp_path: Path) -> None:
    """What curl prints, past pytest's capturing of the input; with the request that was sent."""
    (tmp_path / "curl.txt").write_text(f"HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\n{CLEAN}")
    (tmp_path / "request.json").write_text(json.dumps({"model": "m-1", "stream": True, "messages": []}))
    command = f"{sys.executable} -m pytest {' '.join(home.PLUGIN)} {flags} --replay - --request request.json"
    done = home.run(["sh", "-c", f"{command} < curl.txt"], cwd=tmp_path, env=home.environment())
    assert done.returncode == 0, done.stdout + done.stderr
    (page,) = tmp_path.glob("reports/unnamed/m-1/*/report.jsonl")
    lines = [json.loads(line) for line in page.read_text().splitlines()]
    assert {line["outcome"] for line in lines if line.get("requirement") == "model-as-asked"} == {"pass"}
