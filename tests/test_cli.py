"""The `conformance` command."""

import errno
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from typing import Any

import pytest

from conformance import cli
from conformance.catalogue import DEPENDS_ON_MODEL
from conformance.evidence import write_evidence
from conformance.requirements import CATALOGUE
from tests import home
from tests.played import played
from tests.plugin.streams import CLEAN, NO_DONE, USAGE_LATE


@dataclass(frozen=True)
class Ran:
    """What became of a command."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture
def conformance(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["conformance", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, out, err)

    return run


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Path]:
    """Write a recording and return its path."""

    def write(body: str, name: str = "stream", **keys: Any) -> Path:
        value = {"provider": "acme", "api": "chat", "body": body, "status": 200, **keys}
        value.setdefault("request", {"stream": True, "stream_options": {"include_usage": True}})
        path = tmp_path / "stored" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value))
        return path

    return write


Stored = Callable[..., Path]


def test_judge_gives_one_json_line_for_each_exchange(conformance: Command, stored: Stored) -> None:
    """With source, api, provider and the verdicts by requirement."""
    stored(NO_DONE, "one")
    path = stored(CLEAN, "two", request={"stream": True})
    ran = conformance("judge", path.parent, "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert [Path(line["source"]).name for line in lines] == ["one.json", "two.json"]
    assert {(line["api"], line["provider"]) for line in lines} == {("chat", "acme")}
    broken = lines[0]["verdicts"]["done-present"]
    assert (broken["outcome"], broken["level"]) == ("fail", "MUST")
    assert broken["violations"][0]["expected"]
    assert lines[1]["verdicts"]["done-present"] == {
        "outcome": "pass",
        "level": "MUST",
        "violations": [],
        "because": "",
        "reason": "",
        "known": False,
    }


def test_judge_for_people_tells_what_is_broken(conformance: Command, stored: Stored) -> None:
    """Counts, and a line for each cause."""
    ran = conformance("judge", stored(NO_DONE))
    assert ran.out.startswith("acme/stream (chat): ")
    assert "  fail MUST done-present on stream: event 3: expected" in ran.out


def test_judge_tells_a_cause_once_however_many_exchanges_and_rules_it_breaks(
    conformance: Command, stored: Stored
) -> None:
    """With the number of exchanges, and what is broken because of it under it."""
    joined = CLEAN.replace("}\n\ndata: {", "}{", 1)
    for name in ("one", "two", "three"):
        path = stored(joined, name)
    ran = conformance("judge", path.parent)
    assert ran.code == 1
    lines = ran.out.splitlines()
    (at,) = (at for at, line in enumerate(lines) if "event-json" in line)
    assert "  fail MUST event-json on one and 2 further exchanges: event 1: expected" in lines[at]
    assert lines[at + 1].startswith("    and because of it: role-first")
    assert sum("role-first" in line for line in lines) == 1


def test_judge_reads_raw_streams(conformance: Command, tmp_path: Path) -> None:
    """The bytes of a stream, saved by anyone."""
    for name in ("broken.sse", "twice.sse"):
        (tmp_path / name).write_text(NO_DONE)
    ran = conformance("judge", tmp_path)
    assert ran.code == 1
    assert "done-present" in ran.out
    note = "Raw text of an event stream, taken for chat by its events: request, status, headers"
    assert ran.out.count(f"  note: {note}") == 1, "what a source lacks is said, and said once"
    (line, _) = conformance("judge", tmp_path, "--json").out.splitlines()
    assert json.loads(line)["note"].startswith(note)


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--fail-on", "should"), 1)])
def test_fail_on(conformance: Command, stored: Stored, flags: tuple[str, ...], code: int) -> None:
    """A SHOULD gates only when asked."""
    assert conformance("judge", stored(USAGE_LATE), *flags).code == code


def test_known_deviations_do_not_gate(conformance: Command, stored: Stored, tmp_path: Path) -> None:
    """They are shown as known; stale ones are told and gate."""
    (tmp_path / "providers.toml").write_text(
        '[acme]\nbase_url = "https://acme.example"\n'
        '[[acme.deviations]]\nrequirement = "done-present"\nreason = "the proxy"\n'
    )
    ran = conformance("judge", stored(NO_DONE, request={"stream": True}))
    assert ran.code == 0
    assert "known fail MUST done-present" in ran.out
    ran = conformance("judge", stored(CLEAN, request={"stream": True}))
    assert ran.code == 1
    assert "done-present is fixed" in ran.err


def test_what_cannot_be_read_is_told_and_the_rest_judged(
    conformance: Command, stored: Stored, tmp_path: Path
) -> None:
    """Exit code 6, with the verdicts that there are."""
    path = stored(CLEAN, request={"stream": True})
    (path.parent / "bad.json").write_text("{")
    ran = conformance("judge", path.parent, "--json")
    assert ran.code == 6
    assert len(ran.out.splitlines()) == 1
    assert f"{tmp_path / 'stored' / 'bad.json'}: it is not JSON" in ran.err


def test_a_violation_outweighs_what_cannot_be_read(conformance: Command, stored: Stored) -> None:
    """Exit code 1; the verdict says that not all was judged."""
    path = stored(NO_DONE)
    (path.parent / "bad.json").write_text("{")
    ran = conformance("judge", path.parent)
    assert ran.code == 1
    assert "the run is incomplete (1 source could not be read: " in ran.out


def test_judge_ends_with_the_verdict_and_a_hint(conformance: Command, stored: Stored) -> None:
    """One sentence for each provider."""
    stored(CLEAN, "one", request={"stream": True})
    path = stored(NO_DONE, "two", provider="bolt", request={"stream": True})
    ran = conformance("judge", path.parent)
    assert "\nacme: Nothing broken in 1 recorded exchange: " in ran.out
    assert "\nbolt: Does not conform: 1 MUST requirement broken on 1 exchange; " in ran.out
    assert ran.out.endswith("`conformance explain ID` tells more of a requirement\n")


def test_a_port_that_is_taken_is_told(conformance: Command) -> None:
    """In one line, with what to do."""
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = conformance("serve", "--port", port)
    assert ran.code == 4
    assert f"error: cannot listen on port {port}: address already in use\nhint: choose another" in ran.err


def test_text_of_an_endpoint_is_escaped(conformance: Command, stored: Stored) -> None:
    """No control character of a stream reaches the terminal."""
    body = NO_DONE.replace('"assistant"', json.dumps("\x1b[31m\u202e"))
    ran = conformance("judge", stored(body))
    assert "role-value" in ran.out
    assert "\x1b[31m" not in ran.out
    assert "\u202e" not in ran.out


def test_list_names_every_requirement(conformance: Command) -> None:
    """With its level and statement, by family."""
    ran = conformance("list")
    assert ran.code == 0
    for rule in CATALOGUE:
        assert f"  {rule.id} " in ran.out
        assert rule.statement in ran.out
    assert f"{len(CATALOGUE)} requirements" in ran.out


def test_list_can_be_narrowed(conformance: Command) -> None:
    """By family and level."""
    ran = conformance("list", "--family", "usage", "--level", "should")
    assert "usage-empty-choices" in ran.out
    assert "role-first" not in ran.out
    assert " MUST " not in ran.out


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_explain_tells_all_of_a_requirement(conformance: Command, rule: Any) -> None:
    """Statement, who suffers, sources with addresses."""
    ran = conformance("explain", rule.id)
    assert ran.code == 0
    assert rule.statement in ran.out
    assert rule.hurts in ran.out
    assert all(source.url in ran.out for source in rule.sources)
    assert (DEPENDS_ON_MODEL in ran.out) is rule.model


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain", "role-frist"), "did you mean role-first?"),
        (
            ("explain", "role-missing"),
            "a fault of the reference\nhint: it breaks role-first: `conformance e",
        ),
        (
            ("explain", "finish-key-late"),
            "a dialect\nhint: it explains violations of finish-reason-key",
        ),
        (
            ("explain", "chat-core"),
            "chat-core is no requirement but a profile\nhint: `conformance plan --",
        ),
        (
            ("explain", "chat-text"),
            "a scenario\nhint: `conformance plan --provider NAME --scenarios chat-t",
        ),
        (("explain", "max-tokens"), "a capability\nhint: a provider claims it under `claims`"),
        (("explain", "x"), "no requirement is named 'x'\nhint: `conformance list` names them all; `conform"),
        (
            ("serve", "--fault", "role-mising"),
            "named 'role-mising'\nhint: did you mean role-missing?",
        ),
        (("serve", "role-missing", "--port", "0"), "Was `--fault role-missing` meant?"),
        (("serve", "--faults", "9000"), "Was `--port 9000` meant?"),
        (("plan", "--provider", "zenmx"), "no provider is named 'zenmx'\nhint: did you mean zenmux?"),
        (
            ("plan", "--provider", "reference", "--scenarios", "smok"),
            "no scenario is named 'smok'\nhint: did you mean smoke?",
        ),
        (("judge", "nowhere.json"), "nowhere.json: there is no such file or folder"),
        (("judge", "x", "--providers", "none.toml"), "none.toml: there is no such file"),
        (("judge",), "Missing argument 'PATH...'"),
        (("jugde",), "No such command 'jugde': did you mean judge?"),
        (("certify", "chat-core"), "No such command 'certify': `pytest --provider NAME --certify PROFILE`"),
        (("faults",), "No such command 'faults': `conformance serve --faults`"),
        (("xyzzy",), "No such command 'xyzzy': there are judge, diff"),
    ],
)
def test_bad_usage_is_exit_code_4(conformance: Command, arguments: tuple[str, ...], said: str) -> None:
    """Never 2, which means interrupted; what was meant is told."""
    ran = conformance(*arguments)
    assert ran.code == 4
    assert said in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("judge", ""), "argument 2 has an empty value"),
        (("plan", "--provider", "reference", "--scenarios", " "), "--scenarios has an empty value"),
        (("nightly", "--report-dir="), "--report-dir has an empty value"),
        (("dashboard", "x", "--out", ""), "--out has an empty value"),
    ],
)
def test_an_empty_value_is_no_folder_and_no_choice(
    conformance: Command, arguments: tuple[str, ...], said: str
) -> None:
    """A shell gives it for a variable that is not set; as a path it would be the current folder."""
    ran = conformance(*arguments)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith(f"error: {said}\nhint: a variable that is not set")


class Left(io.StringIO):
    """The standard output behind which nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, text)


def test_a_reader_who_leaves_changes_no_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `head` does: 1 would say that something is broken, and nothing was judged."""
    monkeypatch.setattr(sys, "stdout", Left())
    for arguments, code in ((("list",), 0), (("explain", "x"), 4)):
        monkeypatch.setattr(sys, "argv", ["conformance", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert left.value.code == code


def test_a_fault_of_the_suite_is_exit_code_3(conformance: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its traceback, for the report that should follow."""

    def broken(*_: object, **_named: object) -> None:
        raise RuntimeError("sabotaged")

    monkeypatch.setattr("conformance.run.stored.load", broken)
    ran = conformance("judge", "x")
    assert ran.code == 3
    assert "RuntimeError: sabotaged" in ran.err


def test_output_that_finds_no_room_is_exit_code_6(
    conformance: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, as for a report."""

    def full(*_: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("conformance.run.stored.load", full)
    monkeypatch.setattr(cli, "drop_output", lambda _: None)
    ran = conformance("judge", "x")
    assert (ran.code, ran.err) == (6, "error: the output could not be written: No space left on device\n")


def test_an_interruption_is_exit_code_2(conformance: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C."""

    def interrupted(*_: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("conformance.run.stored.load", interrupted)
    assert conformance("judge", "x").code == 2


def test_a_plan_that_sends_nothing_is_exit_code_5(conformance: Command, tmp_path: Path) -> None:
    """It says why; one that sends something is exit code 0."""
    (tmp_path / "providers.toml").write_text(
        '[acme]\nbase_url = "https://acme.example/v1"\nmodel = "m"\nclaims = { n = false }\n'
    )
    ran = conformance("plan", "--provider", "acme", "--scenarios", "chat-n")
    assert ran.code == 5
    assert "chat-n  not sent: the provider says that it has no n" in ran.out
    ran = conformance("plan", "--provider", "acme", "--scenarios", "chat-text")
    assert ran.code == 0
    assert "1 request to https://acme.example/v1, at most 400 output tokens" in ran.out


def test_a_plan_says_what_a_request_waits_for(conformance: Command) -> None:
    """It is shown before it can be made."""
    ran = conformance("plan", "--provider", "reference", "--scenarios", "chat-next-turn")
    assert ran.code == 0
    assert "(complete once chat-tool is answered)" in ran.out
    assert "2 requests to " in ran.out


def test_a_verdict_on_several_exchanges_counts_for_each(conformance: Command, tmp_path: Path) -> None:
    """What a stream and its twin come to together is told of both."""
    for exchange in played():
        if exchange.id in ("chat-text", "chat-twin"):
            write_evidence(tmp_path / "stored" / f"{exchange.id}.jsonl", exchange)
    ran = conformance("judge", "stored", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["verdicts"]["twin-text"]["outcome"] for line in lines] == ["pass", "pass"]


def test_it_runs_as_a_module() -> None:
    """Python -m conformance."""
    done = home.run([sys.executable, "-m", "conformance", "--version"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("conformance, version")


def test_judge_reads_the_standard_input(
    conformance: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What curl prints, with the request that it sent."""
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"model": "m-1", "stream": True, "messages": []}))
    head = "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((head + CLEAN).encode())))
    ran = conformance("judge", "-", "--request", request, "--json")
    (line,) = map(json.loads, ran.out.splitlines())
    assert ran.code == 0
    assert line["source"] == "-"
    assert line["verdicts"]["content-type-event-stream"]["outcome"] == "pass"
    assert line["verdicts"]["model-as-asked"]["outcome"] != "not_testable"


def test_judge_refuses_a_request_that_is_none_or_that_nobody_needs(
    conformance: Command, stored: Stored, tmp_path: Path
) -> None:
    """Exit code 4 with a sentence."""
    request = tmp_path / "request.json"
    request.write_text("[]")
    ran = conformance("judge", stored(CLEAN, request={"stream": True}), "--request", request)
    assert (ran.code, "it is JSON, but no object" in ran.err) == (4, True)
    request.write_text("{}")
    ran = conformance("judge", stored(CLEAN, request={"stream": True}), "--request", request)
    assert (ran.code, "every source that could be read holds its own" in ran.err) == (4, True)
