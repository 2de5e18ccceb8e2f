"""The generated pages are up to date, and the table of coverage is complete."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from conformance.catalogue import Family, Requirement
from conformance.explain import KINDS, NEEDS, explain
from conformance.reference.faults import FAULTS
from conformance.reference.faults import chat as chat_faults
from conformance.requirements import CATALOGUE, by_id
from conformance.requirements.chat import identity
from conformance.subject import ChatStream, read
from tests.played import played
from tools.catalogue import COVERAGE, ROOT, main, pages
from tools.coverage import Coverage, CoverageRow, coverage_page, read_coverage
from tools.shared import FACTS, absent

PAGES = (ROOT / "docs" / "requirements.md", ROOT / "docs" / "coverage.md")
FAULT_CLASSES = FACTS / "fault_classes.json"
WIRE_FACTS = FACTS / "wire-facts.md"
LARGEST = 500_000  # bytes of a page that a browser, and GitHub, still show at once
IDS = {rule.id for rule in CATALOGUE}

every_rule = pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
facts_needed = pytest.mark.skipif(bool(absent(FACTS)), reason=absent(FACTS))


@pytest.fixture(scope="module")
def coverage() -> Coverage:
    """The table, as it stands in docs/coverage.toml."""
    return read_coverage(COVERAGE)


@cache
def made() -> Mapping[Path, str]:
    """Every page as it is generated now."""
    return pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_generated_page_is_up_to_date_and_of_a_size_to_read(page: Path) -> None:
    """`python -m tools.catalogue` writes it anew."""
    assert page.read_text(encoding="utf-8") == made()[page]
    assert page.stat().st_size < LARGEST


def test_every_generated_page_is_looked_at() -> None:
    """The tests name them, so that nothing is generated before it is wanted."""
    assert set(made()) == set(PAGES)


def test_check_says_which_page_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And leaves it as it is; without `--check` it is written."""
    page = tmp_path / "page.md"
    page.write_text("old")
    monkeypatch.setattr("tools.catalogue.ROOT", tmp_path)
    monkeypatch.setattr("tools.catalogue.pages", lambda: {page: "new"})

    assert main(["--check"]) == 1
    assert page.read_text() == "old"
    assert "page.md is out of date" in capsys.readouterr().err
    assert main() == 0
    assert page.read_text() == "new"
    assert main(["--check"]) == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_inside_the_pages_leads_somewhere(page: Path) -> None:
    """Headings and marks alike."""
    anchors = {}
    for path, text in made().items():
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        marks = re.findall(r'<a id="([^"]+)">', text)
        slugs = [re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings]
        anchors[path.name] = {*slugs, *marks}

    links = re.findall(r"\]\(([\w.]*)#([^)]+)\)", made()[page])
    assert links
    assert [link for link in links if link[1] not in anchors[link[0] or page.name]] == []


def test_every_row_names_requirements_or_a_reason(coverage: Coverage) -> None:
    """And only requirements that are there; a gap that it waits for is told."""
    assert [row for row in coverage.rows if not row.rules and not row.why] == []
    assert {name for row in coverage.rows for name in row.rules} - IDS == set()
    assert {row.open for row in coverage.rows if row.open} - set(coverage.gaps) == set()


def test_every_requirement_stands_in_a_row_or_says_why_it_is_there(coverage: Coverage) -> None:
    """Not in both; where nobody wrote why, it says what it spares a client."""
    seen = {name for row in coverage.rows for name in row.rules}
    outside = coverage.outside(CATALOGUE)
    assert seen | set(outside) == IDS
    assert set(coverage.beyond) - set(outside) == set()
    assert all(outside.values())


def test_a_gap_that_was_closed_is_none(coverage: Coverage) -> None:
    """When its requirement is there, it moves into the rows."""
    assert set(coverage.gaps) & IDS == set()


def test_the_rules_of_consistency_are_all_there(coverage: Coverage) -> None:
    """R1 to R18, each seen by a requirement."""
    rows = coverage.of("consistency")
    assert [row.name for row in rows] == [f"R{number}" for number in range(1, 19)]
    assert all(row.rules for row in rows)


@facts_needed
def test_the_fault_classes_are_those_that_are_known(coverage: Coverage) -> None:
    """All 101 of them."""
    known = json.loads(FAULT_CLASSES.read_text(encoding="utf-8"))
    assert {row.name for row in coverage.of("fault-classes")} == set(known)


@facts_needed
def test_the_grammar_is_told_line_by_line(coverage: Coverage) -> None:
    """Every line of it, and no other."""
    facts = WIRE_FACTS.read_text(encoding="utf-8")
    block = facts.partition("### Grammar")[2].split("```")[1]
    assert [row.name for row in coverage.of("grammar")] == re.findall(r"^(\S+) *= ", block, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[grammar]\na = { says = "x", rule = ["role-first"] }', r"\[grammar\] a: a row has"),
        ('[grammar]\na = { rules = ["role-first"] }', r"\[grammar\] a: a row has"),
        ("[more]", "tables that nobody reads: more"),
    ],
)
def test_a_table_of_another_form_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A misspelt key is not lost in silence."""
    tables = ("fault-classes", "consistency", "grammar", "checks", "beyond", "open")
    empty = "\n".join(f"[{name}]" for name in tables if f"[{name}]" not in text)
    path = tmp_path / "coverage.toml"
    path.write_text(f"{empty}\n{text}\n")
    with pytest.raises(ValueError, match=said):
        read_coverage(path)


def test_the_page_tells_a_gap_as_one() -> None:
    """Neither as seen nor as excused."""
    row = CoverageRow(section="Text", name="x", says="x is y", why="open: x-is-y")
    page = coverage_page(Coverage(rows=(row,), beyond={}, gaps={"x-is-y": "An x that is no y."}), [])
    assert "| x is y | not yet: An x that is no y. |" in page
    assert "| What other suites check | 1 | 0 | 0 | 1 |" in page


def code_of_contributing(beginning: str) -> str:
    """The block of code in CONTRIBUTING.md that begins with these words."""
    blocks = re.findall(
        r"(?m)(?:^ {7}.*\n|^\n(?= {7}))+", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    )
    (block,) = [dedent(found) for found in blocks if dedent(found).lstrip().startswith(beginning)]
    return block.strip()


def test_the_requirement_in_contributing_is_one_and_its_fault_breaks_it() -> None:
    """Both as they stand there, in the modules that they are to be written into."""
    module = dict(vars(identity))
    exec(code_of_contributing("@trigger"), module)  # noqa: S102
    exec(code_of_contributing("@chat_rule"), module)  # noqa: S102
    rule = module["id_short"]
    fault = eval(code_of_contributing("Fault(").rstrip(","), dict(vars(chat_faults)))  # noqa: S307

    assert (rule.id, rule.family) == ("id-short", Family.CHAT)
    assert fault.breaks == (rule.id,)
    for spoilt, broken in ((None, False), (fault, True)):
        streams = [read(exchange) for exchange in played(spoilt)]
        found = [stream for stream in streams if isinstance(stream, ChatStream) and rule.when(stream)]
        assert found
        assert all(bool(list(rule.check(stream))) is broken for stream in found)


@every_rule
def test_an_explanation_shows_the_fault_on_the_wire(rule: Requirement) -> None:
    """Wherever the reference provider has one: what should be there, or what should not."""
    told = explain(rule)
    assert {fault.id for fault in told.faults} == {
        name for name, it in FAULTS.items() if rule.id in it.breaks
    }
    assert bool(told.shown) == bool(told.faults)
    if told.shown is not None:
        assert {"-", "+"} & {line.sign for line in told.shown.lines}
        assert all(line.text.isprintable() and len(line.text) <= 140 for line in told.shown.lines)
        assert len(told.shown.lines) <= 5


def test_an_explanation_is_the_same_every_time() -> None:
    """It is computed of fixed requests."""
    assert explain(by_id("role-first")) == explain(by_id("role-first"))


def test_an_explanation_shows_what_the_fault_changes() -> None:
    """Here the role, which is in the line as it should be and not in the other."""
    shown = explain(by_id("role-first")).shown
    assert shown is not None
    assert shown.fault.id == "role-missing"
    good, spoiled = shown.lines
    assert (good.sign, spoiled.sign) == ("-", "+")
    assert '"role":"assistant"' in good.text
    assert '"role"' not in spoiled.text


def test_every_kind_and_every_need_has_words() -> None:
    """So that no explanation fails."""
    assert {rule.kind for rule in CATALOGUE} - set(KINDS) == set()
    assert {name for rule in CATALOGUE for name in rule.needs} - set(NEEDS) == set()
