"""`conformance nightly`, as people and jobs call it."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli.nightly import nightly_command
from conformance.errors import ConformanceError
from conformance.gate import ExitCode, worst
from conformance.nightly.lock import LOCK, alone
from conformance.nightly.processes import Command, Ending, ProcessEnd
from conformance.nightly.records import RECORDS
from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from tests import home
from tests.nightly.conftest import Hook, stored, tonight

Night = Callable[..., tuple[ExitCode, str, str]]


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    """Run the command in an empty folder; its exit code, its output, its errors."""
    monkeypatch.chdir(tmp_path)
    for name, value in home.environment({"PYTEST_PLUGINS": home.PLUGIN[1]} if home.PLUGIN else {}).items():
        monkeypatch.setenv(name, value)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> tuple[ExitCode, str, str]:
        done = CliRunner().invoke(nightly_command, arguments, standalone_mode=False, catch_exceptions=False)
        return ExitCode(done.return_value), done.stdout, done.stderr

    return run


@contextmanager
def providers(**faults: str) -> Iterator[None]:
    """The reference provider under several names, each with a fault or none, in `providers.toml`."""
    with ExitStack() as stack:
        tables = []
        for name, fault in faults.items():
            server = stack.enter_context(Reference(fault=FAULTS[fault] if fault else None))
            tables += [f"[{name}]", f'base_url = "{server.base_url}"', 'model = "reference"']
            tables += [f'api_key_env = "{name.upper()}_KEY"', "claims = { chat = true }"]
        Path("providers.toml").write_text("\n".join(tables))
        yield


def forked(
    commands: Sequence[Command], *, ended: Callable[[int, Ending], None], **_: object
) -> tuple[Ending, ...]:
    """In place of `side_by_side`: each is a fork of a process that has imported all, one after the other."""
    endings = []
    for index, command in enumerate(commands):
        arguments = command.arguments[3:]  # behind `python -m pytest`
        done = home.session(*arguments, cwd=Path.cwd(), variables=command.environment)
        endings.append(Ending(end=ProcessEnd.BY_ITSELF, code=done.returncode))
        ended(index, endings[-1])
    return tuple(endings)


def test_three_nights_tell_what_changed(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """And only that: as a paragraph, to a webhook, in the feed; red is what is new. No secret is anywhere."""
    told: list[tuple[ExitCode, str, str]] = []
    for name in ("ALPHA_KEY", "BETA_KEY"):
        monkeypatch.setenv(name, f"sk-{name}-canary")
    with Hook() as hook, Hook(500) as broken:
        for alpha, beta in (("", "json-cut-off"), ("data-empty", "json-cut-off"), ("data-empty", "")):
            if told:  # the first night's processes are real
                monkeypatch.setattr("conformance.nightly.ask.side_by_side", forked)
            with providers(alpha=alpha, beta=beta):
                code, out, err = night(
                    *("--provider", "alpha,beta", "--baseline", "last", "--notify-as", "slack"),
                    *("--notify", hook.url, "--notify", broken.url, "--", "--scenarios", "chat-text"),
                )
            text = json.loads(Path("reports/night.json").read_text())["paragraph"]
            told.append((code, text.partition(" Incomplete: ")[0].partition(" UTC.")[2], text))
            assert text in out
            assert out.endswith("the night: reports/night.md, the dashboard: reports/index.html\n")
            assert err == "the webhook of --notify, number 2 refused the message with status 500\n"
            for path in Path().rglob("*"):
                data = path.read_bytes() if path.is_file() else b""
                assert b"secret-of-the-hook" not in data
                assert b"-canary" not in data
    today = datetime.now(UTC).date()
    still = re.compile(rf" ({today}|{today - timedelta(days=1)})\.$")
    assert [(code, still.sub(" today.", changed)) for code, changed, _ in told] == [
        (ExitCode.VIOLATION, ""),
        (
            ExitCode.VIOLATION,
            (
                " New at alpha: `event-data-nonempty` (MUST, observed: an event with empty data)."
                " Still broken: beta `event-json` (MUST) since at least today."
            ),
        ),
        (
            ExitCode.CONFORMS,
            (
                " Fixed at beta: `event-json` (MUST)."
                " Still broken: alpha `event-data-nonempty` (MUST) since today."
            ),
        ),
    ]
    assert "alpha breaks nothing in what was judged. beta breaks `event-json` (MUST, observed: " in told[0][2]
    assert [message["text"].split("\n")[1] for message in hook.messages] == [text for *_, text in told]
    assert "-canary" not in json.dumps(hook.messages)
    feed = Path("reports/feed.atom").read_text()
    assert [feed.count(f'<content type="text">{text}') for *_, text in told] == [1, 1, 1]
    for name in ("index.html", "index.json", "night.md"):
        assert (Path("reports") / name).is_file()


def test_a_provider_without_a_key_costs_the_others_nothing(night: Night) -> None:
    """The exit code is the gravest; who did not answer is named."""
    Path("pytest.py").write_text("import sys; sys.exit(4 if 'zenmux' in sys.argv else 0)")
    code, out, _ = night("--provider", "zenmux,reference", "--jobs", "1")
    assert code is ExitCode.USAGE
    assert out.startswith("zenmux: 4 usage\nreference: 0 nothing broken\n")
    assert "Did not answer: zenmux (ZENMUX_API_KEY is not set);" in out


def test_who_is_left_out_for_want_of_a_key_is_named(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt variable would take a provider out of the matrix unseen."""
    monkeypatch.setenv("ALPHA_KEY", "sk-alpha")
    Path("pytest.py").write_text("raise SystemExit(0)")
    with providers(alpha="", beta=""):
        _, out, errors = night()
    assert "Not asked, since these keys are not set: beta (BETA_KEY)." in errors.splitlines()
    assert "alpha: " in out
    assert "beta" not in out


def test_a_person_who_stops_the_night_is_told_what_there_is(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was not asked is named, and the exit code says so."""
    Path("pytest.py").write_text("import os, signal; os.kill(os.getppid(), signal.SIGINT); signal.pause()")
    monkeypatch.setattr("conformance.nightly.processes.GRACE", 600.0)
    code, out, _ = night("--provider", "reference,ollama", "--jobs", "1")
    assert code is ExitCode.INTERRUPTED
    assert "Did not answer: reference (the night was stopped)." in out
    assert "Not asked, since the night was stopped: ollama." in out
    assert Path("reports/night.md").is_file()


def test_the_night_of_other_jobs_is_told(night: Night, tmp_path: Path) -> None:
    """Nobody is asked, and the exit code is 0: each job had its own. What is missing is named."""
    run = tonight(must_a="-")
    stored(tmp_path / "jobs", run)
    run.record.write(tmp_path / "jobs")
    before = tonight(must_a="+", header={"started": "2026-09-30T03:00:00Z"})
    stored(tmp_path / "site", before, "20260930T030000Z")
    arguments = ("--tell", "jobs", "--report-dir", "site", "--keep", "2", "--provider", "acme,beta")
    code, out, _ = night(*arguments, "--site", "https://example.com/x")
    assert code is ExitCode.CONFORMS
    assert "New at acme: `must-a` (MUST, observed: another)." in out
    assert "Did not answer: beta (no report was written, see the log of its job)." in out
    assert [path.name for path in (tmp_path / "site/acme/m/20260930T030000Z").iterdir()] == ["report.jsonl"]
    assert "https://example.com/x/feed.atom" in (tmp_path / "site/feed.atom").read_text()
    assert night(*arguments)[1] == out
    assert night("--tell", "site", "--report-dir", "site")[0] is ExitCode.CONFORMS


def test_a_night_of_nobody_is_told(night: Night, tmp_path: Path) -> None:
    """Without a report there is no dashboard."""
    (tmp_path / "jobs").mkdir()
    code, out, _ = night("--tell", "jobs")
    assert code is ExitCode.CONFORMS
    assert "No provider was asked: not one key is set." in out
    assert not Path("reports/index.html").exists()


def test_the_page_of_a_job_shows_the_night(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind what stands there."""
    Path("summary.md").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "jobs").mkdir()
    night("--tell", "jobs")
    assert Path("summary.md").read_text() == f"before\n{Path('reports/night.md').read_text()}"


@pytest.mark.parametrize("site", ["https://example.com/nights", "https://example.com/nights/", ""])
def test_the_page_of_a_job_links_to_where_the_reports_are_served(
    site: str, night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From there no path leads into the folder of the reports, so without a site nothing is linked."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    run = tonight(must_a="-")
    stored(tmp_path / "jobs", run)
    run.record.write(tmp_path / "jobs")
    night("--tell", "jobs", *(("--site", site) if site else ()))
    address = "https://example.com/nights/acme/m/20261002T030000Z/index.html"
    cell = f"[acme]({address})" if site else "acme"
    assert f"| {cell} | 1 violation |" in Path("summary.md").read_text()
    assert "| [acme](acme/m/20261002T030000Z/index.html) |" in Path("reports/night.md").read_text()


def test_the_runner_of_a_job_is_told_what_is_new(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of nobody else's log is anything printed that it takes for a command."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    stored(tmp_path / "reports", tonight(must_a="+", header={"started": "2026-09-30T03:00:00Z"}), "before")
    run = tonight(must_a="-", observed={"must-a": "a\n::error::b 100%"})
    stored(tmp_path / "jobs", run)
    run.record.write(tmp_path / "jobs")
    _, out, _ = night("--tell", "jobs", "--provider", "acme,beta")
    commands = [line for line in out.splitlines() if line.startswith("::")]
    assert len(commands) == 2
    assert commands[0].startswith("::error title=acme%3A must-a::MUST, new: a")
    assert commands[0].endswith("100%25")
    assert commands[1] == "::error title=beta::did not answer: no report was written, see the log of its job"


def test_a_page_of_a_job_that_cannot_be_written_ends_no_night(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, behind everything else."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "gone" / "summary.md"))
    (tmp_path / "jobs").mkdir()
    code, _, errors = night("--tell", "jobs")
    assert code is ExitCode.CONFORMS
    assert "the summary of the job could not be written: No such file or directory" in errors


def test_the_address_of_a_webhook_may_come_from_the_environment(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no list of processes and no log shows it; the document is sent as JSON."""
    Path("jobs").mkdir()
    with Hook() as hook:
        monkeypatch.setenv("CONFORMANCE_NOTIFY", f" {hook.url}\n")
        night("--tell", "jobs")
    (message,) = hook.messages
    assert message["format"] == "stream-conformance/night"
    assert "nights" not in message


def test_a_baseline_needs_a_folder(night: Night) -> None:
    """An address knows no verdicts, and the night says so."""
    Path("jobs").mkdir()
    _, out, _ = night("--tell", "jobs", "--history", "http://127.0.0.1:9/", "--baseline", "last")
    assert "Nothing is known of the nights before" in out or "No provider was asked" in out
    Path("pytest.py").write_text("raise SystemExit(0)")
    _, out, _ = night("--provider", "reference", "--history", "http://127.0.0.1:9/", "--baseline", "last")
    assert "--baseline last knows nothing: name a folder with --history." in out


def test_a_history_that_is_not_there_is_told(night: Night) -> None:
    """A misspelt folder looks like a first night; that of the reports is made by the first night itself."""
    Path("pytest.py").write_text("raise SystemExit(0)")
    why = "Nothing is known of the nights before: there is no folder at the path of --history."
    assert why in night("--provider", "reference", "--history", "nosuchdir")[1]
    assert why not in night("--provider", "reference", "--history", "reports")[1]
    assert why not in night("--provider", "reference", "--report-dir", "anew")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--provider", "zenmix"), "did you mean zenmux?"),
        (("--provider", ","), "names no provider"),
        ((), "not one provider's key is set"),
        (("--tell", "nosuchdir"), "nosuchdir: there is no such folder"),
        (("--provider", "reference", "--notify", "hooks.example/secret"), "--notify names no http or https"),
    ],
)
def test_bad_usage_is_told(arguments: tuple[str, ...], message: str, night: Night) -> None:
    """Before anything is asked or written."""
    with pytest.raises(ConformanceError) as caught:
        night(*arguments)
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)
    assert not Path("reports").exists()


def test_a_second_night_in_one_folder_spoils_nothing(night: Night) -> None:
    """It asks nobody and writes nothing, and neither does one that only tells."""
    Path("jobs").mkdir()
    with alone(Path("reports")):
        for arguments in (("--provider", "reference"), ("--tell", "jobs")):
            with pytest.raises(ConformanceError, match="another `conformance nightly` is under way"):
                night(*arguments)
    assert [path.name for path in Path("reports").iterdir()] == [LOCK]


def test_a_damaged_record_is_told(night: Night) -> None:
    """By its path."""
    path = Path("jobs") / RECORDS / "groq.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"exit_code": 0}')
    with pytest.raises(
        ConformanceError, match=r"groq.json is no record of a nightly run: it has no provider"
    ):
        night("--tell", "jobs")
    assert os.listdir() == ["jobs"]  # noqa: PTH208 - names alone


def test_any_two_exit_codes_have_a_worst() -> None:
    """Also those that only a process can end with; what a violation says stands whatever else happened."""
    for code in ExitCode:
        assert worst([code, ExitCode.NOTHING]) is code
    assert worst([ExitCode.ERROR, ExitCode.USAGE, ExitCode.VIOLATION]) is ExitCode.VIOLATION
    assert worst([ExitCode.CONFORMS, ExitCode.ERROR]) is ExitCode.ERROR


def test_every_option_is_in_the_documentation() -> None:
    """In the table of docs/nightly.md."""
    text = (home.ROOT / "docs" / "nightly.md").read_text()
    options = {name for item in nightly_command.params for name in item.opts if name.startswith("--")}
    assert len(options) > 10
    assert not [name for name in options if f"`{name}" not in text]


def test_every_option_says_what_it_does_and_takes() -> None:
    """With an example; what must have a value does not look as if it need not."""
    text = CliRunner().invoke(nightly_command, ["--help"], terminal_width=200).stdout
    assert "conformance nightly --provider reference -- --scenarios smoke" in text
    assert "--baseline last " in text
    assert all(len(getattr(item, "help", None) or "x" * 9) > 8 for item in nightly_command.params)
