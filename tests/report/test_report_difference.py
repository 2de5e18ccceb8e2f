"""What changed between two reports, as people and programs read it."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.catalogue import Outcome, Verdict, Violation
from conformance.gate import Deviation
from conformance.paths import schema
from conformance.report.difference import difference, json_of, markdown_lines, since, text_lines
from conformance.report.errors import (
    ReportError,
    ReportMissingError,
    ReportNotLatestError,
    ReportRecordedError,
)
from conformance.report.jsonl import parse_report, report_lines
from conformance.report.records import ExchangeLine, Report
from conformance.report.stored import Baselines, comparable_report, run_before, stored_report
from conformance.report.write import point_latest, write_report
from conformance.standing import Stand, Standing

KEPT = Standing(profile="chat-core-2026-11-26", stand=Stand.KEPT)


COUNTS = (
    "1 requirement regressed; 1 requirement improved; 1 requirement flaky; 1 requirement newly judged; "
    "1 requirement no longer judged; 2 verdicts the same"
)


def standing(report: Report, stand: Stand) -> Report:
    """The report with a verdict on a profile."""
    return replace(report, footer=replace(report.footer, profiles=(replace(KEPT, stand=stand),)))


@pytest.fixture
def two(make: SimpleNamespace) -> tuple[Report, Report]:
    """An old report and a new one, with one change of each kind."""
    old = make.report(
        [
            make.verdict("must-a", Outcome.PASS),
            make.verdict("must-a", Outcome.PASS, "chat-tool"),
            make.verdict("must-b"),
            make.verdict("must-c", Outcome.PASS, "chat-json"),
            make.verdict("info-a", Outcome.PASS),
            make.verdict("should-a", Outcome.PASS),
            make.verdict("should-a", subject="chat-text.2"),
        ],
        started="2026-09-30T04:00:00Z",
    )
    new = make.report(
        [
            make.verdict("must-a"),
            make.verdict("must-a", subject="chat-tool"),
            make.verdict("must-b", Outcome.PASS),
            make.verdict("must-c", Outcome.PASS, because=""),
            make.verdict("info-a", Outcome.PASS),
            make.verdict("should-a"),
        ]
    )
    return standing(old, Stand.KEPT), standing(new, Stand.BROKEN)


def test_the_text_says_what_regressed_first(two: tuple[Report, Report]) -> None:
    """Then what improved, is flaky, came and went; a line for each requirement, and the profiles."""
    lines = list(text_lines(difference(*two)))
    assert lines == [
        "old  acme (acme-large), 2026-09-30T04:00:00Z, suite 1.0.0",
        "new  acme (acme-large), 2026-10-01T04:12:09Z, suite 1.0.0",
        "",
        f"{COUNTS}.",
        "  chat-core-2026-11-26: kept → broken",
        "\nRegressed",
        "  MUST   must-a: pass → fail on chat-text, chat-tool; observed another",
        "\nImproved",
        "  MUST   must-b: fail → pass on chat-text",
        "\nFlaky: samples of one run differ",
        "  SHOULD should-a: warn → warn on chat-text; observed another",
        "\nJudged in the new run alone",
        "  MUST   must-c: not judged → pass on chat-text",
        "\nJudged in the old run alone",
        "         chat-json: went with 1 requirement kept",
    ]


def test_markdown_has_a_table_for_each_kind(two: tuple[Report, Report]) -> None:
    lines = list(markdown_lines(difference(*two)))
    assert lines[0] == f"**{COUNTS}.**"
    at = lines.index("### Regressed")
    assert lines[at + 2 : at + 5] == [
        "| level | requirement | change |",
        "|---|---|---|",
        r"| MUST | `must-a` | pass → fail on chat-text, chat-tool; observed another |",
    ]


def test_what_an_endpoint_sent_is_no_markup(make: SimpleNamespace) -> None:
    """Neither a cell of its own, nor a link, nor a mention."""
    told = (Violation(expected="x", observed="a|b [l](http://x) @all <b> `c`\u202e\nd"),)
    old, new = (
        make.report([make.verdict("must-a", Outcome.PASS)]),
        make.report([make.verdict("must-a", violations=told)]),
    )
    (row,) = [line for line in markdown_lines(difference(old, new)) if "must-a" in line]
    assert "a\\|b \\[l\\](http\\://x) \N{FULLWIDTH COMMERCIAL AT}all \\<b\\> \\`c\\`" in row
    assert "\u202e" not in row


def test_a_name_in_a_report_of_somebody_cannot_disguise_a_line(make: SimpleNamespace) -> None:
    """Nor end the code that Markdown shows it as."""
    name = "must`-a\x1b[2J\n##[error]"
    old = make.report([make.verdict(name, Outcome.PASS, "chat`-text")])
    new = make.report([make.verdict(name, Outcome.FAIL, "chat`-text")])
    for lines in (text_lines, markdown_lines):
        (row,) = [line for line in lines(difference(old, new)) if "must" in line]
        assert not {"\x1b", "\n"} & set(row)
        assert "##[" not in row
        assert "must'-a" in row


def test_json_has_every_pair(two: tuple[Report, Report]) -> None:
    """With what a program needs to tell more."""
    found = json.loads(json.dumps(json_of(difference(*two))))
    Draft202012Validator(schema("diff")).validate(found)
    assert (found["format"], found["version"], found["regression"]) == ("stream-conformance/diff", 1, True)
    assert found["old"]["started"] == "2026-09-30T04:00:00Z"
    assert found["profiles"] == [{"profile": KEPT.profile, "old": "kept", "new": "broken"}]
    assert [item["scenario"] for item in found["regressed"]] == ["chat-text", "chat-tool"]
    assert found["regressed"][0] == {
        "requirement": "must-a",
        "scenario": "chat-text",
        "level": "MUST",
        "old": "pass",
        "new": "fail",
        "because": "",
        "observed": "another",
        "known": False,
    }
    assert [len(found[kind]) for kind in ("improved", "flaky", "added", "removed")] == [1, 1, 1, 1]
    assert found["unchanged"] == 2


def test_what_follows_stands_behind_its_cause(make: SimpleNamespace) -> None:
    old = make.report([make.verdict("must-a", Outcome.PASS), make.verdict("must-b", Outcome.PASS)])
    new = make.report([make.verdict("must-a", because="must-b"), make.verdict("must-b")])
    lines = [line for line in text_lines(difference(old, new)) if line.startswith("  MUST")]
    assert [line.split()[1] for line in lines] == ["must-b:", "must-a:"]
    assert lines[1].endswith("because of must-b")


def test_a_regression_that_is_listed_as_known_is_none_to_exit_for(make: SimpleNamespace) -> None:
    """It is shown all the same."""
    old = make.report([make.verdict("must-a", Outcome.PASS)])
    new = make.report([make.verdict("must-a")], deviations=[Deviation(requirement="must-a", reason="old")])
    found = difference(old, new)
    assert not found.regressed
    assert [line for line in text_lines(found) if line.endswith("; known")]


def test_a_report_is_not_different_from_itself(two: tuple[Report, Report]) -> None:
    found = difference(two[1], two[1])
    assert not found.regressed
    assert "nothing changed; 6 verdicts the same." in list(text_lines(found))


def test_a_report_is_found_by_its_file_its_run_and_its_model(make: SimpleNamespace, tmp_path: Path) -> None:
    """And by the text file that names the latest run."""
    report = make.report([make.verdict("must-a")])
    run = tmp_path / "acme" / "m" / "20261001T041209Z"
    run.mkdir(parents=True)
    write_report(run, report, [make.stream()], lookup=make.lookup)
    pointer = point_latest(run)
    for path in (run / "report.jsonl", run, run.parent, pointer):
        assert stored_report(path) == report
    with pytest.raises(ReportMissingError, match=r"there is no report\n.*folder of a run"):
        stored_report(tmp_path)
    with pytest.raises(ReportError):
        stored_report(run / "index.html")


def test_a_baseline_is_that_of_the_provider(make: SimpleNamespace) -> None:
    """And of its model; the only one there is does for an endpoint whose address has changed."""
    large, small = make.report([]), make.report([], model="small", started="2026-09-01T00:00:00Z")
    other = make.report([], provider="other", started="2026-08-01T00:00:00Z")
    all_ = Baselines((large, small, other))

    def start(baselines: Baselines, provider: str, model: str) -> str | None:
        found = baselines.of(provider, model)
        return found.started if found else None

    assert start(all_, "acme", "acme-large") == large.header.started
    assert start(all_, "acme", "small") == small.header.started
    assert start(all_, "other", "new") == other.header.started
    assert start(all_, "third", "small") is None
    assert all_.notes("third", "small") == (
        "none of the baselines is of this provider: nothing is known from before",
    )
    assert start(Baselines((other,)), "third", "small") == other.header.started
    assert Baselines((other,)).notes("third", "small") == (
        "baseline: the run of other (acme-large) of 2026-08-01T00:00:00Z",
    )
    assert Baselines().notes("acme", "m") == ()


def test_a_report_keeps_what_changed_since_the_run_before(two: tuple[Report, Report]) -> None:
    """Grouped by what became of each requirement; written, read, and as the schema has it."""
    found = since(difference(*two))
    assert [(item.what, item.requirement, item.scenarios) for item in found.changes] == [
        ("regressed", "must-a", ("chat-text", "chat-tool")),
        ("improved", "must-b", ("chat-text",)),
        ("flaky", "should-a", ("chat-text",)),
    ]
    assert (found.started, found.suite, found.same) == ("2026-09-30T04:00:00Z", "1.0.0", 2)
    assert found.changes[0].observed == "another"
    assert found.changes[1].observed == ""
    assert found.profiles == ((KEPT.profile, Stand.KEPT, Stand.BROKEN),)

    report = replace(two[1], since=found)
    lines = list(report_lines(report))
    assert parse_report("\n".join(lines)) == report
    (line,) = [json.loads(item) for item in lines if '"kind":"since"' in item]
    Draft202012Validator(schema("report")).validate(line)
    assert '"kind":"since"' not in "".join(report_lines(two[1]))


def test_what_one_run_alone_judged_is_told_where_it_is_broken(make: SimpleNamespace) -> None:
    """A run that judged a part alone tells nothing of what it left out."""
    old = make.report([make.verdict("must-a"), make.verdict("must-c", Outcome.PASS)])
    new = [make.verdict("must-b"), make.verdict("should-a", Outcome.PASS)]
    whole = since(difference(old, make.report(new)))
    assert [(item.what, item.requirement) for item in whole.changes] == [
        ("added", "must-b"),
        ("removed", "must-a"),
    ]
    part = since(difference(old, make.report(new, incomplete="a part")))
    assert [(item.what, item.requirement) for item in part.changes] == [("added", "must-b")]


def test_the_run_before_is_that_to_which_latest_points(make: SimpleNamespace, tmp_path: Path) -> None:
    """Unless it is the run itself, or nothing that can be read."""
    before, now = tmp_path / "1", tmp_path / "2"
    for folder in (before, now):
        folder.mkdir()
    assert run_before(now) is None
    report = make.report([make.verdict("must-a")])
    write_report(before, report, [make.stream()], lookup=make.lookup)
    point_latest(before)
    assert run_before(now) == report
    assert run_before(before) is None
    (before / "report.jsonl").write_text("{}\n")
    assert run_before(now) is None
    (before / "report.jsonl").unlink()
    assert run_before(now) is None


def test_a_model_without_a_latest_run_is_told_with_its_runs(tmp_path: Path) -> None:
    """As it is after recordings and runs held to a profile; the newest first, and at most five."""
    stamps = [f"20261126T00000{second}Z" for second in range(5)]
    for name in (*stamps, f"{stamps[-1]}-2", f"{stamps[-1]}-10"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.jsonl").write_text("")
    with pytest.raises(ReportNotLatestError) as raised:
        stored_report(tmp_path)
    named = "20261126T000004Z-10, 20261126T000004Z-2, 20261126T000004Z, 20261126T000003Z, 20261126T000002Z"
    assert raised.value.message.endswith(f"none of its runs is `latest`: {named} and 2 more")


def test_a_recording_is_no_report_and_says_what_reads_it(tmp_path: Path) -> None:
    """An archive is no text, and a trace is another text."""
    for name, content in (("r.zip", b"PK\xff"), ("r.har", b"{}\n")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ReportError) as raised:
            stored_report(tmp_path / name)
        assert "--wire" in raised.value.hint
        assert "--replay" in raised.value.hint


def test_replays_are_compared_by_the_requests_of_their_exchanges(make: SimpleNamespace) -> None:
    """One recording more, and all that follows has another number; as a baseline, too."""

    def replay(**requests: str) -> Report:
        verdicts = [
            make.verdict("must-a", Outcome.FAIL if asked == "bad" else Outcome.PASS, subject=name)
            for name, asked in requests.items()
        ]
        report = make.report(verdicts)
        lines = [
            ExchangeLine(id=name, api="chat", asked=f"{asked}.m") for name, asked in requests.items() if asked
        ]
        return parse_report("\n".join(report_lines(replace(report, exchanges=tuple(lines)))))

    old = replay(**{"x-1": "one", "x-2": "bad", "x-3": "two"})
    new = replay(**{"x-1": "more", "x-2": "one", "x-3": "bad", "x-4": "two"})
    found = difference(old, new)
    assert [(item.scenario, item.move.value) for item in found.changes if item.move != "unchanged"] == [
        ("x-1", "added")
    ]
    baseline = Baselines((old,)).of("acme", "acme-large", new.exchanges)
    assert baseline is not None
    assert [item.subject for item in baseline.verdicts] == ["x-2", "x-3", "x-4"]


def test_an_exchange_that_came_or_went_is_told_in_one_line(make: SimpleNamespace) -> None:
    """Whether it was not there or nothing applied to it; what is broken there has a row of its own."""
    names = [f"must-{number}" for number in range(8)]

    def report(outcome: Outcome, *more: Verdict) -> Any:
        on = [make.verdict("must-a", outcome, "next-1") for _ in names]
        return make.report(
            [*(replace(one, requirement=name) for one, name in zip(on, names, strict=True)), *more]
        )

    new = report(Outcome.PASS, make.verdict("must-b", subject="next-1"))
    for old in (make.report([]), report(Outcome.NOT_APPLICABLE)):
        for lines in (text_lines, markdown_lines):
            came = [line for line in lines(difference(old, new)) if "next-1" in line]
            went = [line for line in lines(difference(new, old)) if "next-1" in line]
            assert len(came) == len(went) == 2
            assert "next-1" in came[1].split("came with 8 requirements kept")[0]
            assert "next-1" in went[1].split("went with 8 requirements kept")[0]
        assert len(json_of(difference(old, new))["added"]) == 9
    stayed = make.verdict("must-c", Outcome.PASS, "next-1")
    old = report(Outcome.NOT_APPLICABLE, stayed)  # as where it was refused
    lines_ = list(text_lines(difference(old, report(Outcome.PASS, stayed))))
    assert lines_[-1] == "         next-1: 8 requirements kept"


def test_very_many_exchanges_that_came_are_told_together(make: SimpleNamespace) -> None:
    """As where the old run judged a part alone."""
    verdicts = [make.verdict("must-a", Outcome.PASS, f"chat-{number}") for number in range(7)]
    *_, last = text_lines(difference(make.report([]), make.report(verdicts)))
    assert last == "         7 exchanges: came with 7 verdicts kept: chat-0, chat-1, chat-2 and 4 more"


def test_what_was_cut_off_has_not_improved(make: SimpleNamespace) -> None:
    """It keeps what came; what it breaks is told."""
    old = make.report([make.verdict("must-a"), make.verdict("must-b", Outcome.PASS)])
    new = make.report([make.verdict("must-a", Outcome.PASS), make.verdict("must-b")])
    line = ExchangeLine(id="chat-text", api="chat", scenario="chat-text", ended="interrupted")
    moves = {
        item.requirement: item.move.value for item in difference(old, replace(new, exchanges=(line,))).changes
    }
    assert moves == {"must-a": "removed", "must-b": "regressed"}


def test_recordings_are_not_compared_by_their_numbers(tmp_path: Path, make: SimpleNamespace) -> None:
    """Neither with one another nor as a baseline: the first question of two need not be the same."""
    path = tmp_path / "report.jsonl"
    lines = report_lines(make.report([make.verdict("must-a", subject="chat-0001")], recorded=True))
    path.write_text("".join(f"{line}\n" for line in lines))
    for read in (comparable_report, lambda one: Baselines.at([one])):
        with pytest.raises(ReportRecordedError, match="--wire"):
            read(path)
    assert stored_report(path).header.recorded
