"""report.jsonl: every line is valid by the schema and read back unchanged; partial reports are refused."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.catalogue import Outcome
from conformance.exchange import Attempt, Ended
from conformance.gate import Deviation, ExitCode, Gate
from conformance.paths import schema
from conformance.report.errors import (
    NotAReportError,
    ReportCountsError,
    ReportCutOffError,
    ReportError,
    ReportLineError,
    ReportResultsError,
    ReportSchemaError,
    ReportTextError,
    ReportVersionError,
)
from conformance.report.jsonl import parse_report, read_report, report_lines
from conformance.report.records import ExchangeLine, Report, build

DEVIATION = Deviation(
    requirement="must-a", reason="known", link="https://example.org/1", until=date(2026, 12, 1), scenario="x"
)


@pytest.fixture
def full(make: SimpleNamespace) -> Report:
    """A report with a line of every kind and no field left at its default that can be set."""
    report: Report = make.report(
        [
            make.verdict("must-a", subject="x"),
            make.verdict("must-b", dialects=("azure-first-chunk",)),
            make.verdict("should-a", Outcome.NOT_TESTABLE, reason="no role, though the request asks for it"),
            make.verdict("info-a", Outcome.PASS),
            make.verdict("must-c", exchanges=("x", "chat-text"), subject="chat-twins"),
        ],
        deviations=[DEVIATION, Deviation(requirement="must-z", reason="gone")],
        commit="abc1234",
        profile="2026-10",
        configuration="providers.toml",
        options={"fail_on": "must", "samples": 2, "resume": False, "budget": None},
        dialects=("usage-on-finish",),
        replayed=True,
        notes=("the prompts were overridden",),
    )
    return report


def test_every_line_is_valid_by_the_schema(full: Report) -> None:
    validator = Draft202012Validator(schema("report"))
    kinds = []
    for line in report_lines(full):
        record = json.loads(line)
        validator.validate(record)
        kinds.append(record["kind"])
    assert set(kinds) == {"header", "exchange", "verdict", "stale", "footer"}
    assert (kinds[0], kinds[-1]) == ("header", "footer")


def test_the_schema_is_a_schema_and_refuses_what_no_report_holds(full: Report) -> None:
    Draft202012Validator.check_schema(schema("report"))
    validator = Draft202012Validator(schema("report"))
    record = json.loads(next(report_lines(full)))
    assert not validator.is_valid(record | {"kind": "other"})
    assert not validator.is_valid(record | {"extra": 1})
    assert not validator.is_valid(record | {"started": "yesterday"})


def test_what_is_written_is_read_back_the_same(full: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    path.write_text("".join(f"{line}\n" for line in report_lines(full)))
    assert read_report(path) == full


def test_hostile_text_keeps_to_its_line_and_comes_back_the_same(make: SimpleNamespace) -> None:
    hostile = "a\u2028b\nc\x00\ud800\u202e</script>"
    report = make.report([make.verdict("must-a", Outcome.ERROR, reason=hostile)])
    lines = list(report_lines(report))
    assert all(line.isascii() and "\n" not in line for line in lines)
    assert parse_report("\n".join(lines)) == report


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85"])
def test_only_a_line_feed_ends_a_line(character: str, make: SimpleNamespace) -> None:
    """Another program may write such a character as it is."""
    report = make.report([make.verdict("must-a", Outcome.ERROR, reason=f"a{character}b")])
    lines = [json.dumps(json.loads(line), ensure_ascii=False) for line in report_lines(report)]
    assert character in "".join(lines)
    assert parse_report("\n".join(lines)) == report


def test_the_footer_counts_verdicts_and_requirements(make: SimpleNamespace) -> None:
    report = make.report(
        [
            make.verdict("must-a"),
            make.verdict("must-a", subject="chat-tools"),
            make.verdict("must-b", Outcome.PASS),
            make.verdict("should-a"),
        ]
    )
    assert report.footer.outcomes["fail"] == 2
    assert report.footer.levels["MUST"] | {"fail": 2, "pass": 1} == report.footer.levels["MUST"]
    assert report.footer.levels["SHOULD"]["warn"] == 1
    assert report.footer.requirements == 3
    assert report.footer.exit_code is ExitCode.VIOLATION
    assert report.footer.complete


def test_the_footer_says_what_became_of_each_requirement(make: SimpleNamespace) -> None:
    report = make.report(
        [
            make.verdict("must-a", Outcome.PASS),
            make.verdict("must-a", subject="chat-tools", because="must-b"),
            make.verdict("must-a", subject="chat-length"),
            make.verdict("must-b", Outcome.PASS),
            make.verdict("should-a", Outcome.NOT_TESTABLE, reason="no role came"),
            make.verdict("must-c", subject="x"),
        ],
        deviations=[DEVIATION, Deviation(requirement="must-c", reason="known")],
    )
    found = report.footer.results
    assert list(found) == ["must-a", "must-b", "should-a", "must-c"]
    assert found["must-a"].outcome is Outcome.FAIL
    # One of its violations is a cause of its own, and the deviation excuses only another scenario.
    assert (found["must-a"].because, found["must-a"].known) == ("", False)
    assert found["must-a"].observed == report.rulings[2].verdict.violations[0].observed
    assert (found["must-b"].outcome, found["must-b"].observed) == (Outcome.PASS, "")
    assert found["should-a"].observed == "no role came"
    assert found["must-c"].known


@pytest.mark.parametrize(
    ("place", "observed", "told"),
    [
        ("usage.total_tokens", "112", "total_tokens: 112"),
        ("choices.*.delta.role", "null", "role: null"),
        ("choices.*", '"text"', 'choices: "text"'),
        ("sequence_number", "no such key", "sequence_number: no such key"),
        ("usage.total_tokens", "112 tokens", "112 tokens"),
        ("choices.*.delta.content", '"a" and "b"', '"a" and "b"'),
        ("event 3", "7", "7"),
        ("", "404", "404"),
    ],
)
def test_a_footer_tells_a_bare_value_with_its_key(
    place: str, observed: str, told: str, make: SimpleNamespace
) -> None:
    """Where it is read, in the news of a night or in the matrix, there is no event beside it."""
    broken = make.verdict("must-a")
    seen = replace(broken.violations[0], place=place, observed=observed)
    report = make.report([replace(broken, violations=(seen,))])
    assert report.footer.results["must-a"].observed == told


def test_an_interrupted_run_ends_with_its_own_exit_code_and_says_why(make: SimpleNamespace) -> None:
    report = build(
        make.header(),
        [],
        Gate(rulings=(), stale=()),
        ended="2026-10-01T04:13:00Z",
        incomplete="stopped by Ctrl-C",
        exit_code=ExitCode.INTERRUPTED,
    )
    assert report.footer.exit_code is ExitCode.INTERRUPTED
    assert not report.footer.complete
    assert json.loads(list(report_lines(report))[-1])["incomplete"] == "stopped by Ctrl-C"


def test_an_exchange_line_tells_what_came_back(make: SimpleNamespace) -> None:
    line = ExchangeLine.of(make.stream(ended=Ended.RESET, lacks=frozenset({"wire", "request"})), "evidence/a")
    assert (line.events, line.status, line.ended, line.attempts) == (3, 200, "reset", 1)
    assert (line.first_byte, line.duration) == (0.5, 2.0)
    assert (line.lacks, line.evidence) == (("request", "wire"), "evidence/a")
    assert line.bytes == len(make.exchange().body)


@pytest.mark.parametrize(("attempts", "told"), [(0, 1), (1, 1), (3, 3)])
def test_every_attempt_counts_and_there_was_one_at_least(
    attempts: int, told: int, make: SimpleNamespace
) -> None:
    """What is stored does not always say how often it was tried."""
    tried = (Attempt(started=0.0, status=429),) * attempts
    assert ExchangeLine.of(make.stream(attempts=tried)).attempts == told


def test_times_are_those_of_the_pieces_where_the_end_is_not_known(make: SimpleNamespace) -> None:
    """The first and the last that came."""
    line = ExchangeLine.of(make.stream(ended_at=None))
    assert (line.first_byte, line.duration) == (0.5, 0.7)


def test_an_exchange_without_times_or_events_has_none(make: SimpleNamespace) -> None:
    untimed = make.stream(body=b'{"error":{"message":"no"}}', status=404, pieces=(), ended_at=None)
    line = ExchangeLine.of(untimed)
    assert (line.events, line.first_byte, line.duration) == (None, None, None)


def edited(full: Report, number: int, **changes: Any) -> str:
    """The text of a report with one of its lines changed."""
    lines = list(report_lines(full))
    lines[number] = json.dumps(json.loads(lines[number]) | changes)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        (lambda _: "", NotAReportError, "does not begin with a header"),
        (lambda _: '{"kind":"exchange"}', NotAReportError, "does not begin with a header"),
        (
            lambda full: "\n".join(list(report_lines(full))[:-1]),
            ReportCutOffError,
            "has no footer after its .* cut off",
        ),
        (
            lambda full: "\n".join(report_lines(full))[:-9],
            ReportLineError,
            "line 10 is not JSON .*\nhint: the file was cut off or edited",
        ),
        (lambda _: "[]", ReportLineError, "line 1 is not a JSON object"),
        (
            lambda full: edited(full, 0, version=2),
            ReportVersionError,
            "is of version 2, this suite reads version 1",
        ),
        (lambda full: edited(full, 1, kind="wish"), ReportSchemaError, "unknown kind of line: wish"),
        (lambda full: edited(full, 1, extra=True), ReportSchemaError, "breaks schemas/report.json"),
        (lambda full: edited(full, 3, outcome="great"), ReportSchemaError, "breaks schemas/report.json"),
        (lambda full: edited(full, 6, outcome="fail"), ReportCountsError, "lines were lost or edited"),
        (
            lambda full: edited(full, 3, requirement="must-y"),
            ReportResultsError,
            "says of must-y in",
        ),
        (lambda full: edited(full, -1, results={}), ReportResultsError, "says of must-a in its footer what"),
        (
            lambda full: "\n".join([*report_lines(full)] * 2),
            ReportSchemaError,
            "two reports in one file",
        ),
        (
            lambda full: "\n".join([*report_lines(full), [*report_lines(full)][-1]]),
            ReportSchemaError,
            "two reports in one file",
        ),
        (
            lambda full: "\n".join([next(report_lines(full)), *report_lines(full)]),
            ReportSchemaError,
            "two reports in one file",
        ),
    ],
)
def test_what_is_no_whole_report_is_refused_with_the_reason(
    full: Report, spoil: Any, kind: type[ReportError], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        parse_report(spoil(full), "run/report.jsonl")
    assert caught.value.message.startswith("run/report.jsonl")
    assert caught.value.hint


def test_a_file_that_is_no_text_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ReportTextError, match=r"report\.jsonl is not UTF-8 text \(byte 0\)"):
        read_report(path)
