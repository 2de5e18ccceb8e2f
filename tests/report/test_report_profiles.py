"""How reports show the verdict of each profile."""

import json
from dataclasses import replace
from types import SimpleNamespace

from jsonschema import Draft202012Validator

from conformance.catalogue import Outcome
from conformance.gate import Deviation
from conformance.paths import schema
from conformance.report.bugreport import bug_report
from conformance.report.jsonl import parse_report, report_lines
from conformance.report.page import render
from conformance.report.profiles import profile_line
from conformance.report.records import Report
from conformance.report.summary import Conclusion, summarise
from conformance.report.terminal import verdict_lines
from conformance.standing import Stand, Standing

CORE, TOOLS = "chat-core-2026-11-26", "chat-tools-2026-11-26"
REASONING, RESPONSES = "chat-reasoning-2026-11-26", "responses-core-2026-11-26"
STANDINGS = (
    Standing(profile=CORE, stand=Stand.KEPT, kept=50, dialects=("usage-unasked",)),
    Standing(profile=TOOLS, stand=Stand.BROKEN, kept=1, broken=("must-a", "must-b"), known=("must-b",)),
    Standing(profile=REASONING, stand=Stand.NOT_APPLICABLE, reason="reasoning is not offered"),
    Standing(profile=RESPONSES, stand=Stand.NOT_TESTABLE, reason="not asked: <responses-text>"),
)


def standing(report: Report, *standings: Standing, profile: str | None = None) -> Report:
    """The report with these standings, held to these profiles."""
    return replace(
        report,
        header=replace(report.header, profile=profile),
        footer=replace(report.footer, profiles=standings),
    )


def test_they_are_written_by_the_schema_and_read_back(make: SimpleNamespace) -> None:
    """With the baseline of a known violation."""
    known = Deviation(requirement="must-a", reason="before", baseline="2026-09-01T00:00:00Z")
    report = standing(
        make.report([make.verdict("must-a")], deviations=[known]), *STANDINGS, profile=f"{CORE}, {TOOLS}"
    )
    lines = list(report_lines(report))
    validator = Draft202012Validator(schema("report"))
    for line in lines:
        validator.validate(json.loads(line))
    assert parse_report("\n".join(lines)) == report
    assert json.loads(lines[-1])["profiles"][1] == {
        "profile": TOOLS,
        "verdict": "broken",
        "reason": "",
        "kept": 1,
        "broken": ["must-a", "must-b"],
        "known": ["must-b"],
        "dialects": [],
    }


def test_one_line_has_them_by_their_verdicts(make: SimpleNamespace) -> None:
    """In the terminal, below the sentence; without profiles there is no such line."""
    line = (
        "kept: chat-core; broken: chat-tools (must-a, must-b); not applicable: chat-reasoning; "
        "not testable: responses-core"
    )
    assert profile_line(STANDINGS) == line
    report = standing(make.report([make.verdict("must-a")]), *STANDINGS)
    lines = [text for text, _ in verdict_lines(report, summarise(report, make.lookup), [make.stream()])]
    assert lines[2] == f"  profiles {line}"
    report = standing(report)
    lines = [text for text, _ in verdict_lines(report, summarise(report, make.lookup), [make.stream()])]
    assert not [text for text in lines if "profiles" in text]


def test_what_is_all_known_says_so() -> None:
    known = Standing(profile=CORE, stand=Stand.BROKEN, broken=("must-a",), known=("must-a",))
    assert profile_line([known]) == "broken: chat-core (must-a, known)"


def test_the_page_has_a_strip_of_them(make: SimpleNamespace) -> None:
    """Each with a sign, its whole id, and a link to what breaks it or the reason."""
    report = standing(make.report([make.verdict("must-a"), make.verdict("must-b")]), *STANDINGS)
    page = render(report, [make.stream()], make.lookup)
    strip = page.partition('<ul class="profiles"')[2].partition("</ul>")[0]
    assert f'<li class="pass" title="{CORE}"><span class="badge pass">✓ chat-core kept</span>' in strip
    assert '<span class="badge fail">✕ chat-tools broken</span> <a href="#r-must-a">' in strip
    assert 'id="r-must-a"' in page
    assert 'chat-reasoning not applicable</span> <span class="count">reasoning is not offered</span>' in strip
    assert "not asked: &lt;responses-text&gt;" in strip
    assert '<ul class="profiles"' not in render(standing(report), [make.stream()], make.lookup)


def test_the_sentence_of_a_run_that_is_held_to_profiles_names_them(make: SimpleNamespace) -> None:
    """Whatever it concludes."""
    kept = make.report([make.verdict("must-a", Outcome.PASS)])
    summary = summarise(standing(kept, STANDINGS[0], profile=CORE), make.lookup)
    assert summary.sentence == f"Conforms to {CORE}: 50 requirements of it kept."
    assert summary.words == f"conforms to {CORE}"
    several = replace(STANDINGS[0], profile=REASONING, kept=7), replace(STANDINGS[0], profile=TOOLS, kept=9)
    names = f"{CORE}, {REASONING}, {TOOLS}"
    summary = summarise(standing(kept, STANDINGS[0], *several, profile=names), make.lookup)
    words = "50 requirements of chat-core, 7 of chat-reasoning and 9 of chat-tools kept."
    assert summary.sentence == f"Conforms to {names}: {words}"
    broken = make.report([make.verdict("must-a")])
    summary = summarise(standing(broken, STANDINGS[1], profile=TOOLS), make.lookup)
    assert summary.sentence.startswith(f"Does not conform to {TOOLS}: 1 MUST requirement broken")


def test_the_judgements_of_a_run_that_is_held_to_a_profile_are_those_of_its_requirements(
    make: SimpleNamespace,
) -> None:
    """All others are only counted."""
    verdicts = [make.verdict("role-first", Outcome.PASS), make.verdict("must-a", Outcome.PASS)]
    for profile, words in (
        (CORE, "1 judgement of the profile: 1 pass; and 1 of"),
        (None, "2 judgements: 2 p"),
    ):
        report = standing(make.report(verdicts), STANDINGS[0], profile=profile)
        lines = [line for line, _ in verdict_lines(report, summarise(report, make.lookup), [make.stream()])]
        assert lines[-1].strip().startswith(words)


def test_a_run_never_conforms_to_a_profile_that_is_not_kept(make: SimpleNamespace) -> None:
    """Neither if the profile does not apply, nor if it could not be tested."""
    report = make.report([make.verdict("must-a", Outcome.PASS)])
    for item in STANDINGS[2:]:
        summary = summarise(
            standing(report, STANDINGS[0], item, profile=f"{CORE}, {item.profile}"), make.lookup
        )
        assert summary.state is Conclusion.UNKNOWN
        assert f"{item.profile} is {item.stand.words} ({item.reason})" in summary.account
    assert summarise(standing(report, *STANDINGS), make.lookup).state is Conclusion.CONFORMS


def test_a_must_outside_of_the_profiles_is_told_without_turning_red(make: SimpleNamespace) -> None:
    """As a finding behind those that do."""
    report = make.report([make.verdict("must-a"), make.verdict("must-b", Outcome.PASS)])
    outside = replace(report, rulings=tuple(replace(item, gates=False) for item in report.rulings))
    summary = summarise(standing(outside, STANDINGS[0], profile=CORE), make.lookup)
    assert summary.state is Conclusion.CONFORMS
    assert "1 MUST requirement broken without turning the run red" in summary.account
    assert [item.id for item in summary.fixes] == ["must-a"]


def test_the_baseline_is_not_the_list_of_the_provider(make: SimpleNamespace) -> None:
    """The sentence counts them apart."""
    listed = Deviation(requirement="must-a", reason="listed")
    before = Deviation(requirement="must-b", reason="before", baseline="2026-09-01T00:00:00Z")
    report = make.report(
        [make.verdict("must-a"), make.verdict("must-b"), make.verdict("must-c", Outcome.PASS)],
        deviations=[listed, before],
    )
    words = "1 known deviation and 1 requirement that the baseline breaks too"
    assert summarise(report, make.lookup).exceptions == words


def test_a_bug_report_says_which_profiles_it_breaks(make: SimpleNamespace) -> None:
    report = make.report([make.verdict("must-a")])
    (ruling,) = report.rulings

    def told(*profiles: str) -> str:
        rule = make.lookup("must-a")
        return bug_report(
            rule, ruling, provider="acme", streams=[make.stream()], evidence={}, profiles=profiles
        )

    assert f"  profiles    this breaks {CORE}, {TOOLS}\n" in told(CORE, TOOLS)
    assert "profiles" not in told()
