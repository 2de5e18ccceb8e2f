"""The summary: its sentence, and the order of what to fix."""

from datetime import date
from types import SimpleNamespace

import pytest

from conformance.catalogue import DEPENDS_ON_MODEL, Level, Outcome, Source
from conformance.exchange import Ended
from conformance.gate import Deviation, FailOn
from conformance.report.page import render
from conformance.report.summary import Conclusion, Summary, summarise

PASS, ERROR = Outcome.PASS, Outcome.ERROR
EXCUSE = Deviation(requirement="must-a", reason="known", until=date(2026, 12, 1))


@pytest.mark.parametrize(
    ("verdicts", "options", "state", "sentence"),
    [
        ([("must-a", PASS), ("must-b", PASS)], {}, Conclusion.CONFORMS, "Conforms: 2 requirements kept."),
        (
            [("must-a", PASS), ("should-a", None), ("must-b", Outcome.NOT_TESTABLE)],
            {},
            Conclusion.CONFORMS,
            (
                "Conforms: 1 requirement kept; 1 SHOULD requirement broken without turning the run "
                "red; 1 requirement could not be tested."
            ),
        ),
        (
            [("must-a", None), ("must-b", None), ("must-c", PASS)],
            {},
            Conclusion.BROKEN,
            "Does not conform: 2 MUST requirements broken on 1 exchange; 1 requirement kept.",
        ),
        (
            [("should-a", None), ("must-a", PASS)],
            {"fail_on": FailOn.SHOULD},
            Conclusion.BROKEN,
            "Does not conform: 1 SHOULD requirement broken on 1 exchange; 1 requirement kept.",
        ),
        (
            [("must-a", None), ("must-b", ERROR)],
            {"incomplete": "stopped by Ctrl-C"},
            Conclusion.BROKEN,
            (
                "Does not conform: 1 MUST requirement broken on 1 exchange; 1 requirement could not be "
                "judged because of an error: no reason was given; the run is incomplete "
                "(stopped by Ctrl-C); 0 requirements kept."
            ),
        ),
        (
            [("must-a", None), ("must-b", PASS)],
            {"deviations": [EXCUSE]},
            Conclusion.EXCEPTED,
            "Conforms except for 1 known deviation: 1 requirement kept.",
        ),
        (
            [("must-a", PASS)],
            {"deviations": [EXCUSE]},
            Conclusion.STALE,
            (
                "Nothing is broken beyond the list, but the list is wrong: 1 listed deviation is out of "
                "date; 1 requirement kept."
            ),
        ),
        (
            [("must-a", ERROR), ("must-b", PASS)],
            {},
            Conclusion.UNKNOWN,
            (
                "Cannot say: 1 requirement could not be judged because of an error: no reason was given; "
                "1 requirement kept."
            ),
        ),
        (
            [("must-a", PASS)],
            {"incomplete": "12 items were deselected"},
            Conclusion.UNKNOWN,
            (
                "Cannot say: the run is incomplete (12 items were deselected); "
                "of what was judged, 1 requirement kept."
            ),
        ),
        (
            [("must-a", Outcome.NOT_TESTABLE)],
            {},
            Conclusion.UNKNOWN,
            "Cannot say: nothing could be judged; 1 requirement could not be tested.",
        ),
        ([], {}, Conclusion.UNKNOWN, "Cannot say: nothing could be judged."),
    ],
)
def test_the_verdict_is_one_sentence_without_a_percentage(
    make: SimpleNamespace,
    verdicts: list[tuple[str, Outcome | None]],
    options: dict[str, object],
    state: Conclusion,
    sentence: str,
) -> None:
    report = make.report([make.verdict(name, outcome) for name, outcome in verdicts], **options)
    summary = summarise(report, make.lookup)
    assert (summary.state, summary.sentence) == (state, sentence)


@pytest.mark.parametrize(
    ("status", "state", "sentence"),
    [
        (200, Conclusion.CONFORMS, "Nothing broken in 1 recorded exchange: 1 requirement kept."),
        (404, Conclusion.UNKNOWN, "Cannot say: only refusals were answered; 1 requirement kept."),
    ],
)
def test_recorded_requests_promise_nothing(
    make: SimpleNamespace, status: int, state: Conclusion, sentence: str
) -> None:
    """What an application asked is no test of an endpoint, and a refusal even less."""
    streams = [make.stream("chat-0001", scenario="", status=status)]
    report = make.report([make.verdict("must-a", PASS, "chat-0001")], streams, recorded=True)
    summary = summarise(report, make.lookup)
    assert (summary.state, summary.sentence) == (state, sentence)
    page = render(report, streams, make.lookup)
    assert "promised" not in page
    told = ": nothing broken in 1 recorded exchange" if status == 200 else " cannot be judged"
    assert f"<h1>acme{told}</h1>" in page


def test_violations_are_gathered_by_requirement_in_the_order_of_need(make: SimpleNamespace) -> None:
    summary = summarise(
        make.report(
            [
                make.verdict("info-a"),
                make.verdict("should-a", subject="x"),
                make.verdict("must-b", subject="x"),
                make.verdict("must-a", subject="x"),
                make.verdict("must-a", subject="y"),
                make.verdict("must-c", Outcome.WARN, dialects=("usage-on-finish",)),
                make.verdict("should-a", subject="y"),
                make.verdict("should-a", subject="z"),
            ]
        ),
        make.lookup,
    )
    assert [(item.id, item.exchanges) for item in summary.fixes] == [
        ("must-a", ("x", "y")),
        ("must-b", ("x",)),
        ("must-c", ("chat-text",)),  # declared as a dialect, so it does not gate
        ("should-a", ("x", "y", "z")),
    ]
    assert [item.id for item in summary.told] == ["info-a"]
    assert [item.gates for item in summary.fixes] == [True, True, False, False]
    assert [item.model for item in summary.fixes] == ["", "", "", DEPENDS_ON_MODEL]


def test_a_finding_tells_its_rule_and_an_unknown_id_is_no_error(make: SimpleNamespace) -> None:
    summary = summarise(make.report([make.verdict("must-a"), make.verdict("must-zz")]), make.lookup)
    known, unknown = summary.fixes
    assert known.statement == "The statement of `must-a`."
    assert known.sources == (Source("the standard", "https://example.org/standard#part"),)
    assert (known.hurts, known.reports) == ("clients suffer from must-a.", ("owner/project#12",))
    assert unknown.statement == "must-zz (not in the catalogue of this suite)"
    assert (unknown.hurts, unknown.sources, unknown.reports) == ("", (), ())


def test_what_a_deviation_does_not_excuse_stays_to_be_fixed(make: SimpleNamespace) -> None:
    narrow = Deviation(requirement="must-a", reason="known", scenario="chat-tools")
    verdicts = [make.verdict("must-a", subject="chat-tools"), make.verdict("must-a", subject="chat-text")]
    summary = summarise(make.report(verdicts, deviations=[narrow]), make.lookup)
    assert [(item.id, item.exchanges) for item in summary.fixes] == [("must-a", ("chat-text",))]
    assert [(item.id, item.exchanges, item.deviation) for item in summary.known] == [
        ("must-a", ("chat-tools",), narrow)
    ]
    assert summary.tallies[0].broken == 1


def test_each_requirement_is_counted_once_for_its_level(make: SimpleNamespace) -> None:
    verdicts = [
        make.verdict("must-a", subject="x"),
        make.verdict("must-a", PASS, subject="y"),
        make.verdict("must-b", PASS, subject="x"),
        make.verdict("must-b", Outcome.NOT_TESTABLE, subject="y"),
        make.verdict("must-c", Outcome.NOT_APPLICABLE),
        make.verdict("should-a", ERROR),
    ]
    must, should = summarise(make.report(verdicts), make.lookup).tallies
    assert (must.level, must.broken, must.kept, must.not_applicable, must.total) == (Level.MUST, 1, 1, 1, 3)
    assert (should.error, should.total) == (1, 1)


@pytest.mark.parametrize(
    ("must", "should", "told"),
    [
        (PASS, PASS, {Level.MUST: "kept"}),
        (Outcome.NOT_APPLICABLE, PASS, {Level.SHOULD: "kept"}),
        (PASS, Outcome.NOT_TESTABLE, {Level.MUST: "kept"}),
        (PASS, ERROR, {Level.SHOULD: "error"}),
        (PASS, Outcome.WARN, {Level.SHOULD: "broken"}),
        (Outcome.FAIL, Outcome.WARN, {Level.MUST: "broken", Level.SHOULD: "broken"}),
    ],
)
def test_a_requirement_of_two_levels_is_counted_once(
    make: SimpleNamespace, must: Outcome, should: Outcome, told: dict[Level, str]
) -> None:
    """Unless it is broken at both; the sentence counts what the page lists as kept."""
    broken = {Outcome.FAIL, Outcome.WARN}
    verdicts = [
        make.verdict(
            "must-a",
            outcome,
            subject=subject,
            level=level,
            **({} if outcome in broken else {"violations": ()}),
        )
        for subject, level, outcome in (("x", Level.MUST, must), ("y", Level.SHOULD, should))
    ]
    summary = summarise(make.report([*verdicts, make.verdict("must-b", PASS)]), make.lookup)
    columns = ("kept", "broken", "not_testable", "error", "not_applicable")
    counted = {
        tally.level: {name: number for name in columns if (number := getattr(tally, name))}
        for tally in summary.tallies
    }
    counted[Level.MUST]["kept"] -= 1  # must-b
    found = {level: name for level, numbers in counted.items() for name, number in numbers.items() if number}
    assert found == told
    assert sum(tally.kept for tally in summary.tallies) == sum(len(names) for _, names in summary.passes)


def test_what_gates_somewhere_is_not_excused_by_a_warning_elsewhere(make: SimpleNamespace) -> None:
    """A MUST that is a declared dialect on one exchange, and plainly broken on another one."""
    verdicts = [
        make.verdict("must-a", Outcome.WARN, subject="x", dialects=("usage-on-finish",)),
        make.verdict("must-a", subject="y"),
        make.verdict("must-b", PASS),
    ]
    summary = summarise(make.report(verdicts, dialects=("usage-on-finish",)), make.lookup)
    (finding,) = summary.fixes
    assert (finding.gates, finding.outcome, finding.declared) == (True, Outcome.FAIL, False)
    assert summary.state is Conclusion.BROKEN


def test_of_two_that_weigh_the_same_the_more_widespread_comes_first(make: SimpleNamespace) -> None:
    """And of two that are known, the one that is broken outright."""
    wide = [make.verdict("must-b", subject=name) for name in ("x", "y")]
    summary = summarise(make.report([make.verdict("must-a", subject="x"), *wide]), make.lookup)
    assert [item.id for item in summary.fixes] == ["must-b", "must-a"]
    both = [EXCUSE, Deviation(requirement="must-b", reason="known")]
    declared = [make.verdict("must-a", Outcome.WARN, subject=name, dialects=("d",)) for name in ("x", "y")]
    summary = summarise(make.report([*declared, make.verdict("must-b")], deviations=both), make.lookup)
    assert [item.id for item in summary.known] == ["must-b", "must-a"]


def test_a_requirement_that_failed_to_be_judged_is_not_kept(make: SimpleNamespace) -> None:
    """Though it was kept elsewhere; where it is known, what is not excused counts before that."""
    verdicts = [
        make.verdict("must-a", PASS, subject="x"),
        make.verdict("must-a", ERROR, subject="y"),
        make.verdict("must-b", subject="x"),
        make.verdict("must-b", PASS, subject="y"),
    ]
    known = [Deviation(requirement="must-b", reason="known")]
    (must,) = summarise(make.report(verdicts, deviations=known), make.lookup).tallies
    assert (must.kept, must.error, must.known, must.broken) == (0, 1, 1, 0)


def test_a_body_without_a_status_is_an_answer(make: SimpleNamespace) -> None:
    """As of a raw stream that was stored: it is not told that nobody answered."""
    stream = make.stream(status=None, headers=())
    verdicts = [make.verdict("must-a", ERROR, reason="the check failed"), make.verdict("must-b", PASS)]
    sentence = summarise(make.report(verdicts, [stream]), make.lookup).sentence
    assert "no request was answered" not in sentence
    assert sentence.endswith("because of an error: the check failed; 1 requirement kept.")


def reasons_of(make: SimpleNamespace, outcome: Outcome, *texts: tuple[str, str, str]) -> Summary:
    """The summary of verdicts that are each a requirement, an exchange and a reason."""
    verdicts = [make.verdict(name, outcome, subject=subject, reason=why) for name, subject, why in texts]
    summary: Summary = summarise(make.report(verdicts), make.lookup)
    return summary


def test_what_was_not_testable_is_grouped_by_reason_whatever_the_exchange(make: SimpleNamespace) -> None:
    summary = reasons_of(
        make,
        Outcome.NOT_TESTABLE,
        ("must-a", "x", "no tool call, though the request asks for it"),
        ("must-a", "x.chat", "the source of x.chat holds no timing"),
        ("must-b", "y.chat", "the source of y.chat holds no timing"),
        ("must-c", "y.chat", ""),
    )
    assert [(item.reason, item.requirements, item.exchanges) for item in summary.not_testable] == [
        ("the source of the exchange holds no timing", ("must-a", "must-b"), ("x.chat", "y.chat")),
        ("no tool call, though the request asks for it", ("must-a",), ("x",)),
        ("no reason was given", ("must-c",), ("y.chat",)),
    ]


def test_errors_and_what_is_not_applicable_have_their_own_lists(make: SimpleNamespace) -> None:
    summary = reasons_of(make, ERROR, ("must-a", "x", "x: no connection could be made (refused)"))
    assert summary.errors[0].reason == "no connection could be made (refused)"
    summary = reasons_of(make, Outcome.NOT_APPLICABLE, ("must-a", "x", "no tool call"))
    assert summary.not_applicable[0].reason == "no tool call"
    assert summary.not_testable == summary.errors == ()


def test_passes_are_by_family_and_hold_nothing_that_was_broken_elsewhere(make: SimpleNamespace) -> None:
    verdicts = [
        make.verdict("must-c", PASS),
        make.verdict("must-a", PASS, subject="x"),
        make.verdict("must-a", subject="y"),
        make.verdict("must-b", PASS),
        make.verdict("must-zz", PASS),
    ]
    summary = summarise(make.report(verdicts), make.lookup)
    assert summary.passes == (("wire", ("must-b",)), ("usage", ("must-c",)), ("other", ("must-zz",)))


def test_dialects_say_what_they_explain_and_whether_they_are_declared(make: SimpleNamespace) -> None:
    verdicts = [
        make.verdict("must-a", dialects=("azure-first-chunk",)),
        make.verdict("must-b", dialects=("azure-first-chunk",)),
        make.verdict("must-c", Outcome.WARN, dialects=("usage-on-finish",)),
    ]
    summary = summarise(make.report(verdicts, dialects=("usage-on-finish",)), make.lookup)
    assert summary.dialects == (
        ("azure-first-chunk", ("must-a", "must-b"), False),
        ("usage-on-finish", ("must-c",), True),
    )
    assert summary.fixes[0].dialects == ("azure-first-chunk",)


def test_declared_dialects_are_exceptions_like_known_deviations(make: SimpleNamespace) -> None:
    verdicts = [
        make.verdict("must-a"),
        make.verdict("must-b", PASS),
        make.verdict("must-c", Outcome.WARN, dialects=("one", "two")),
    ]
    summary = summarise(make.report(verdicts, deviations=[EXCUSE], dialects=("one", "two")), make.lookup)
    assert summary.words == "conforms except for 1 known deviation and 2 dialects that it declares"
    assert summary.sentence == (
        "Conforms except for 1 known deviation and 2 dialects that it declares: 1 requirement kept."
    )
    assert [name for name, _, declared in summary.dialects if declared] == ["one", "two"]


def test_what_shows_that_nothing_was_looked_at_comes_first(make: SimpleNamespace) -> None:
    verdicts = [make.verdict("must-a", subject="x"), make.verdict("must-first", subject="run")]
    assert summarise(make.report(verdicts), make.lookup).fixes[0].id == "must-first"


def test_a_run_without_an_answer_is_told_by_its_cause(make: SimpleNamespace) -> None:
    """The request that was tried says it, not those that were not even sent."""
    silent = {"status": None, "headers": (), "pieces": ()}
    streams = [
        make.stream("unsent", ended=Ended.NOT_SENT, **silent),
        make.stream("tried", ended=Ended.NO_CONNECTION, **silent),
    ]
    verdicts = [
        make.verdict("must-a", ERROR, subject="unsent", reason="the request was not sent"),
        make.verdict("must-a", ERROR, subject="tried", reason="cannot connect\nto it"),
    ]
    summary = summarise(make.report(verdicts, streams), make.lookup)
    assert summary.sentence == "Cannot say: cannot connect\N{RETURN SYMBOL}to it; no request was answered."
