"""What a job of GitHub is told: a summary in Markdown, and annotations."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from conformance.catalogue import Outcome, Violation
from conformance.gate import Deviation
from conformance.report.annotations import MOST, annotations
from conformance.report.jobsummary import ProviderSummary, code, job_summary
from conformance.report.records import Report
from conformance.report.summary import summarise
from conformance.standing import Stand, Standing

ROOM = 2**20
PROFILES = (
    Standing(profile="chat-core-2026-11-26", stand=Stand.KEPT, kept=50),
    Standing(profile="chat-tools-2026-11-26", stand=Stand.BROKEN, broken=("must-a",)),
)


def told(make: SimpleNamespace, made: Report, page: str = "reports/acme/index.html") -> ProviderSummary:
    """What is told of a report."""
    return ProviderSummary(report=made, summary=summarise(made, make.lookup), page=page)


def broken(make: SimpleNamespace, observed: str = "another", provider: str = "acme") -> ProviderSummary:
    """A run with a cause on two exchanges, what follows from it, and something known."""
    seen = (Violation(expected="a thing", observed=observed, event=2),)
    found = [
        make.verdict("must-a", violations=seen),
        make.verdict("must-a", subject="chat-n", violations=seen),
        make.verdict("must-b", because="must-a"),
        make.verdict("should-a", violations=seen),
        make.verdict("must-c"),
    ]
    made = make.report(found, deviations=[Deviation(requirement="must-c", reason="x")], provider=provider)
    return told(make, replace(made, footer=replace(made.footer, profiles=PROFILES)))


def test_the_summary_says_what_the_screen_says(make: SimpleNamespace) -> None:
    """Verdict, profiles, causes with what was observed and their id, what is known, and the report."""
    text = job_summary([broken(make)], ROOM)
    assert text.startswith(
        "### ❌ `acme (acme-large)`\n\n**Does not conform:** `1 MUST requirement broken on 2 "
    )
    assert "| `chat-core` | ✅ kept |  |" in text
    assert "| `chat-tools` | ❌ broken | `must-a` |" in text
    cause = (
        "**MUST** `must-a`: `` `another` came, expected a thing `` (on 2 exchanges); because of it `must-b`"
    )
    assert f"What to fix first:\n\n1. {cause}\n1. **SHOULD** `should-a`: " in text
    assert "Known:\n\n1. **MUST** `must-c`: " in text
    assert text.endswith("Report: `reports/acme/index.html`\n")


def test_a_run_that_conforms_is_short(make: SimpleNamespace) -> None:
    """A sign, the sentence, the report."""
    made = make.report([make.verdict("must-a", Outcome.PASS)])
    assert job_summary([told(make, made, "")], ROOM) == (
        "### ✅ `acme (acme-large)`\n\n**Conforms:** `1 requirement kept`\n"
    )


@pytest.mark.parametrize("room", [0, 150, 201, 500, 1500, 3000, 10_000, 100_000])
def test_the_summary_has_the_room_that_is_left(room: int, make: SimpleNamespace) -> None:
    """GitHub shows none that is larger. Who finds no room is counted."""
    many = [broken(make, observed="ü" * 500, provider=f"p{number}") for number in range(30)]
    text = job_summary(many, room)
    assert len(text.encode()) <= room
    shown = text.count("### ")
    assert shown == 30 or room < 200 or f"{30 - shown} further providers: there was no room here" in text


def test_where_room_is_scarce_each_has_fewer_findings(make: SimpleNamespace) -> None:
    """Rather than some none at all: what is left out is counted."""
    many = [broken(make, provider=f"p{number}") for number in range(30)]
    whole, scarce = job_summary(many, ROOM), job_summary(many, 16_000)
    assert whole.count("### ") == scarce.count("### ") == 30
    assert "**SHOULD** `should-a`" in whole
    assert "What to fix first:\n\n\n2 in the report\n" in scarce


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "`",
        "``a```",
        "<script>",
        "a`<b>`c",
        "| a |",
        "[x](y)",
        "\\",
        "a\nb",
        "",
        " ",
        "``",
        "@x",
        "#1",
        "$x$",
    ],
)
def test_what_an_endpoint_said_is_code(text: str) -> None:
    """One span of code and nothing else, by a parser of Markdown; also in a cell and in a heading."""
    markdown_it = pytest.importorskip("markdown_it")
    parser = markdown_it.MarkdownIt("commonmark").enable("table")
    for frame in ("{}", "### {}", "- **MUST** {}: {}", "1. {}"):
        tokens = parser.parse(frame.replace("{}", code(text)))
        kinds = {child.type for token in tokens for child in token.children or ()}
        assert kinds <= {"code_inline", "text", "strong_open", "strong_close"}
        assert any(child.type == "code_inline" for token in tokens for child in token.children or ())


def test_a_bar_stays_in_its_cell(make: SimpleNamespace) -> None:
    """In a table it would end the cell, even in code."""
    made = make.report([make.verdict("must-a")])
    why = Standing(profile="chat-core-2026-11-26", stand=Stand.NOT_TESTABLE, reason="a | b `|` c")
    made = replace(made, footer=replace(made.footer, profiles=(why,)))
    (row,) = (line for line in job_summary([told(make, made)], ROOM).splitlines() if "chat-core" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 4


def test_an_annotation_names_provider_requirement_and_fault(make: SimpleNamespace) -> None:
    """What turns the run red alone, in the runner's own form."""
    assert annotations([broken(make)]) == [
        "::error title=acme (acme-large)%3A must-a::MUST: `another` came, expected a thing (on 2 exchanges)"
    ]


def test_there_are_ten_at_most_and_one_of_each_provider_first(make: SimpleNamespace) -> None:
    """GitHub shows no more of one step; the last says how many there were."""
    names = ("must-a", "must-b", "must-c", "must-first")
    each = [
        told(make, make.report([make.verdict(name) for name in names], provider=f"p{number}"))
        for number in range(5)
    ]
    lines = annotations(each)
    assert len(lines) == MOST
    assert [re.findall(r"title=(p\d)", line) for line in lines[:6]] == [[f"p{n}"] for n in (0, 1, 2, 3, 4, 0)]
    assert lines[-1] == "::error title=conformance::and 11 further causes, which the reports name"
    assert len(annotations(each[:2])) == 8


def test_what_could_not_be_judged_is_an_annotation(make: SimpleNamespace) -> None:
    """And a run that conforms is none."""
    error = make.verdict("must-a", Outcome.ERROR, reason="cannot connect")
    (line,) = annotations([told(make, make.report([error]))])
    assert line.startswith("::error title=acme (acme-large)::Cannot say: ")
    assert not annotations([told(make, make.report([make.verdict("must-a", Outcome.PASS)]))])


def test_a_list_that_is_out_of_date_is_an_annotation(make: SimpleNamespace) -> None:
    """It turns the run red as well."""
    gone = Deviation(requirement="must-b", reason="x")
    made = make.report([make.verdict("must-a", Outcome.PASS)], deviations=[gone])
    (line,) = annotations([told(make, made)])
    assert line.startswith("::error title=acme (acme-large)%3A must-b::the known deviation must-b ")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("100%", "`100%25` came"),
        ("%0A::error::x", "`%250A::error::x` came"),
        ("a\n::error::x", "MUST: A ::error::x, expected"),
        ("a\r\n::add-mask::x", "MUST: A ::add-mask::x, expected"),
        ("##[error]x", "# #[error]x came"),
    ],
)
def test_an_endpoint_writes_no_command(said: str, shown: str, make: SimpleNamespace) -> None:
    """What it says stays in the message of one line, as text; the model in the title alike."""
    item = broken(make, observed=said)
    (line,) = annotations([replace(item, report=replace(item.report, header=make.header(model=said)))])
    assert shown in line
    assert "\n" not in line
    assert "\r" not in line
    assert re.fullmatch(r"::error title=[^:,]*::MUST: .* expected a thing .*", line)
