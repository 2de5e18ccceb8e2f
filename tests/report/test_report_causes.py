"""Reports tell of causes: what only follows from one stands under it, and does not count by itself."""

import re
from datetime import date
from types import SimpleNamespace

import pytest

from conformance.catalogue import Outcome
from conformance.gate import Deviation, FailOn, Ruling, decide
from conformance.report.bugreport import bug_report, headline
from conformance.report.findings import findings_of
from conformance.report.jsonl import parse_report, report_lines
from conformance.report.page import render
from conformance.report.summary import Conclusion, summarise
from conformance.report.terminal import verdict_lines
from tests.report.conftest import RULES, TODAY
from tests.test_bounds import FOUR, steps

LISTED = Deviation(requirement="must-a", reason="known", until=date(2027, 1, 1))


def one_cause(make: SimpleNamespace) -> list[object]:
    """One rule broken on three exchanges, and two that follow from it on two of them."""
    names = ("chat-text", "chat-n", "chat-length")
    return [
        *(make.verdict("must-a", subject=name) for name in names),
        *(make.verdict("must-b", subject=name, because="must-a") for name in names[:2]),
        make.verdict("should-a", because="must-a"),
        make.verdict("must-c", Outcome.PASS),
    ]


def test_only_the_cause_counts_as_broken(make: SimpleNamespace) -> None:
    """In the sentence, in the table of levels, and among what is to fix."""
    summary = summarise(make.report(one_cause(make)), make.lookup)

    assert summary.state is Conclusion.BROKEN
    broken = "1 MUST requirement broken on 3 exchanges, and 2 further requirements because of it"
    assert summary.account == f"{broken}; 1 requirement kept"
    assert [item.id for item in summary.fixes] == ["must-a"]
    assert [item.id for item in summary.fixes[0].consequences] == ["must-b", "should-a"]
    must, should = summary.tallies
    assert (must.broken, must.following, must.kept, must.total) == (1, 1, 1, 3)
    assert (should.broken, should.following, should.total) == (0, 1, 1)


def test_the_terminal_names_what_follows_under_the_cause(make: SimpleNamespace) -> None:
    """In its line, behind the number of exchanges, and nowhere else."""
    report = make.report(one_cause(make))
    lines = [line for line, _ in verdict_lines(report, summarise(report, make.lookup), [make.stream()])]
    (at,) = (at for at, line in enumerate(lines) if "must-a: " in line)

    assert lines[at].endswith(" (on 3 exchanges); because of it must-b, should-a")
    assert not any("must-b" in line for line in lines[at + 1 :])
    assert lines[-1] == "  7 judgements: 1 pass, 3 fail, 3 following from others"


def test_the_page_has_one_card_for_a_cause_and_folds_what_follows(make: SimpleNamespace) -> None:
    """Each with its statement and where it was seen; links to it lead there."""
    report = make.report(one_cause(make))
    page = render(report, [make.stream(name) for name in ("chat-text", "chat-n")], make.lookup)
    cards = re.findall(r'<article class="finding .*?<div class="body" id="([^"]+)"', page, re.DOTALL)
    (folded,) = re.findall(r'<details class="because">(.*?)</details>', page, re.DOTALL)

    assert cards == ["r-must-a"]
    assert re.findall(r'<li id="([^"]+)"', folded) == ["r-must-b", "r-should-a"]
    assert "The statement of <code>must-b</code>." in folded
    assert "and 1 further exchange" in folded
    assert 'href="#r-must-b"' in page
    assert len(re.findall(r'id="r-must-b"', page)) == 1
    assert "because of must-a" in page


def test_a_bug_report_names_what_follows_and_what_it_follows_from(make: SimpleNamespace) -> None:
    """The cause with the further exchanges, and the consequence with its cause."""
    cause = bug_report(
        make.lookup("must-a"),
        Ruling(verdict=make.verdict("must-a"), gates=True),
        provider="acme",
        streams=[make.stream()],
        evidence={"chat-text": ""},
        alike=["chat-n", "chat-length"],
        consequences=["must-b", "should-a"],
    )
    effect = Ruling(verdict=make.verdict("must-b", because="must-a"), gates=True)
    told = bug_report(
        make.lookup("must-b"), effect, provider="acme", streams=[make.stream()], evidence={"chat-text": ""}
    )

    assert "  alike       in 2 further exchanges: chat-n, chat-length\n" in cause
    assert "and because of it: must-b, should-a" in cause
    assert "  because of  must-a: mend that one" in told
    assert headline(effect).startswith("because of must-a: expected ")


def test_report_jsonl_keeps_the_cause_of_each_verdict(make: SimpleNamespace) -> None:
    """Written and read; the footer says how many follow."""
    report = make.report(one_cause(make))
    again = parse_report("\n".join(report_lines(report)))

    assert again == report
    assert [item.verdict.because for item in again.rulings] == ["", "", "", *["must-a"] * 3, ""]
    assert again.footer.following == 3


@pytest.mark.parametrize(
    ("verdicts", "deviations", "fail_on", "causes"),
    [
        # What the provider lists does not gate, and what follows from it still does.
        ([("must-a", ""), ("must-b", "must-a")], [LISTED], FailOn.MUST, ["must-b"]),
        ([("must-a", ""), ("should-a", "must-a")], [LISTED], FailOn.MUST, []),
        ([("must-a", ""), ("should-a", "must-a")], [LISTED], FailOn.SHOULD, ["should-a"]),
        # A part of a run, which did not judge the cause.
        ([("must-b", "must-a")], [], FailOn.MUST, ["must-b"]),
    ],
)
def test_what_turns_the_run_red_is_never_told_under_what_does_not(
    verdicts: list[tuple[str, str]],
    deviations: list[Deviation],
    fail_on: FailOn,
    causes: list[str],
    make: SimpleNamespace,
) -> None:
    """It is a finding of its own then."""
    found = [make.verdict(name, because=because) for name, because in verdicts]
    summary = summarise(make.report(found, deviations=deviations, fail_on=fail_on), make.lookup)

    assert [item.id for item in summary.fixes] == causes


def test_a_listed_consequence_stays_in_the_list_of_what_is_known(make: SimpleNamespace) -> None:
    """Whoever listed it finds it there, whatever it follows from."""
    found = [make.verdict("must-b"), make.verdict("must-a", because="must-b")]
    summary = summarise(make.report(found, deviations=[LISTED]), make.lookup)

    assert ([item.id for item in summary.fixes], [item.id for item in summary.known]) == (
        ["must-b"],
        ["must-a"],
    )


def test_a_rule_that_stands_before_all_lifts_its_cause(make: SimpleNamespace) -> None:
    """Nothing else can be judged before that is mended."""
    found = [make.verdict("must-b"), make.verdict("must-a"), make.verdict("must-first", because="must-a")]
    summary = summarise(make.report(found), make.lookup)

    assert [item.id for item in summary.fixes] == ["must-a", "must-b"]
    assert summary.fixes[0].before_all


@pytest.mark.parametrize("name", ["x{}", "x"])
@pytest.mark.parametrize("listed", [(), (LISTED,)])
def test_what_follows_finds_its_cause_without_a_look_at_all_others(
    make: SimpleNamespace, listed: tuple[Deviation, ...], name: str
) -> None:
    """On the same exchange, among as many; or none, because it is red and all of them are known.

    Each on an exchange of its own, or all on one.
    """

    def gathered(count: int) -> int:
        verdicts = [
            make.verdict(rule, subject=name.format(place), because=because)
            for rule, because in (("must-a", ""), ("must-b", "must-a"))
            for place in range(count)
        ]
        rulings = decide(verdicts, listed, today=TODAY, fail_on=FailOn.MUST).rulings
        return steps(lambda: findings_of(rulings, RULES.__getitem__))

    assert gathered(800) < FOUR * gathered(200)
