"""What reports say of a violation whose level rests on what the provider claims."""

from types import SimpleNamespace

from conformance.catalogue import Level, Outcome
from conformance.report.bugreport import bug_report
from conformance.report.page import render
from conformance.report.summary import summarise
from conformance.report.terminal import verdict_lines

SWITCH = "mend it; or switch the request off: `n = false` in the `claims` of an entry for it"


def test_every_report_names_the_line_that_switches_it_off(make: SimpleNamespace) -> None:
    """The page, the last lines in the terminal, and the bug report."""
    streams = [make.stream("chat-n")]
    told = make.verdict("must-a", Outcome.WARN, "chat-n", level=Level.SHOULD, reason=SWITCH)
    report = make.report([told], streams)
    summary = summarise(report, make.lookup)

    assert "<code>n = false</code>" in render(report, streams, make.lookup)
    assert any(SWITCH in line for line, _ in verdict_lines(report, summary, streams))
    sent = bug_report(make.lookup("must-a"), report.rulings[0], provider="acme", streams=streams, evidence={})
    assert SWITCH in sent


def test_a_page_says_nothing_of_claims_where_none_decides(make: SimpleNamespace) -> None:
    """A violation without a reason."""
    streams = [make.stream()]
    report = make.report([make.verdict("must-a")], streams)
    assert "Claims:" not in render(report, streams, make.lookup)


def test_a_finding_has_the_gravest_level_of_its_verdicts(make: SimpleNamespace) -> None:
    """Reasoning may be claimed of one model of a run and not of another."""
    lenient = make.verdict("must-a", Outcome.WARN, "chat-n", level=Level.SHOULD, reason=SWITCH)
    for verdicts in ([lenient, make.verdict("must-a")], [make.verdict("must-a"), lenient]):
        (finding,) = summarise(make.report(verdicts), make.lookup).fixes
        assert (finding.level, finding.outcome) == (Level.MUST, Outcome.FAIL)
    (alone,) = summarise(make.report([lenient]), make.lookup).fixes
    assert (alone.level, alone.declared) == (Level.SHOULD, False)
