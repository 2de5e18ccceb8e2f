"""docs/vendors.md: every statement of five pages, the requirements that check it, and where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.catalogue import Outcome
from conformance.dialects import DIALECTS
from conformance.providers import find_providers
from conformance.requirements import CATALOGUE
from conformance.scenarios import SCENARIOS
from tests.vendors.pages import PAGES
from tests.vendors.test_pages import judged
from tools import shared

DOCUMENT = Path(__file__).parents[2] / "docs" / "vendors.md"
NAMES = {scenario.name for scenario in SCENARIOS}
RULES = {rule.id for rule in CATALOGUE}
JUDGED = (Outcome.PASS, Outcome.FAIL, Outcome.WARN, Outcome.INFO)
# Words of a page by which something is stated that an answer or a request holds.
TELLING = re.compile(
    r'response\.output_[a-z_.]+|delta\.[a-z_]+|"[a-z][a-z_]+"(?=\s*:)|include_usage|\[DONE\]|[a-z_]+_content'
)
REQUESTED = {'"model"', '"messages"', '"role"', '"content"', '"Content-Type"', '"input"'}
"""Keys of requests and headers, which the pages show again and again and say nothing of."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One row: what the vendor says, the requirements, the scenarios, and why nothing can check it."""

    vendor: str
    says: str
    rules: tuple[str, ...]
    scenarios: tuple[str, ...]
    why: str


def statements() -> Iterator[Statement]:
    """Every row of the document."""
    vendor = ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            vendor = line.removeprefix("## ")
        elif line.startswith("| ") and not line.startswith("| statement"):
            says, rules, where, why = (cell.strip() for cell in line.strip("|").split("|"))
            linked = re.findall(r"\[([a-z0-9-]+)\]\(requirements\.md#\1\)", rules)
            assert rules.count("[") == len(linked), line
            yield Statement(vendor, says, tuple(linked), tuple(filter(None, where.split(", "))), why)


ROWS = tuple(statements())
PAGE_FILES = {name: shared.PAGES / f"{name}.txt" for name in PAGES}


def page(name: str) -> str:
    """A vendor's page with its white space made plain."""
    return " ".join(PAGE_FILES[name].read_text(encoding="utf-8").split())


def test_all_five_vendors_are_there() -> None:
    """With the address of their page, which their entry names as a source."""
    entries = find_providers(folder=Path("/nowhere"), environment={})
    assert list(dict.fromkeys(row.vendor for row in ROWS)) == list(PAGES)
    text = DOCUMENT.read_text(encoding="utf-8")
    for name in PAGES:
        section = text.split(f"## {name}\n")[1].split("\n## ")[0]
        (address,) = re.findall(r"<(https://[^>]+)>", section)
        assert address in entries[name].source


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.vendor}: {row.says[:40]}")
def test_a_statement_is_checked_or_says_why_it_is_not(row: Statement) -> None:
    """Requirements and scenarios exist; a row has both, or a reason."""
    assert row.why or (row.rules and row.scenarios)
    assert set(row.rules) <= RULES
    assert set(row.scenarios) <= NAMES


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.scenarios], ids=lambda row: f"{row.vendor}: {row.says[:40]}"
)
def test_a_requirement_of_a_statement_is_judged_where_the_row_says(row: Statement) -> None:
    """On the vendor's server each one has a verdict that says something: kept or broken."""
    for rule in row.rules:
        for scenario in row.scenarios:
            found = [
                verdict
                for verdict in judged(row.vendor)
                if verdict.requirement == rule and scenario in verdict.exchanges
            ]
            assert found, (rule, scenario)
            told = {verdict.outcome: verdict.reason for verdict in found}
            assert set(told) & set(JUDGED), (rule, scenario, told)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.skipif(bool(shared.absent(shared.PAGES)), reason=shared.absent(shared.PAGES))
def test_what_is_quoted_is_on_the_page(name: str) -> None:
    """Everything in code marks, but names of variables of the environment."""
    for row in ROWS:
        for quoted in re.findall(r"`([^`]+)`", row.says) if row.vendor == name else ():
            assert quoted.strip() in page(name), quoted


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.skipif(bool(shared.absent(shared.PAGES)), reason=shared.absent(shared.PAGES))
def test_nothing_that_a_page_shows_of_a_stream_is_left_out(name: str) -> None:
    """Event types, keys of the examples, fields of a delta, and the terminator stand in some row."""
    section = " ".join(row.says for row in ROWS if row.vendor == name)
    shown = set(TELLING.findall(page(name))) - REQUESTED
    missing = {word for word in shown if word.strip('"') not in section}
    assert missing == set()


def test_every_dialect_of_an_entry_names_its_vendor() -> None:
    """A vendor that declares a dialect is one of those by whom it is sent."""
    entries = find_providers(folder=Path("/nowhere"), environment={})
    for name in PAGES:
        for dialect in entries[name].dialects:
            vendors = " ".join(DIALECTS[dialect].vendors).lower()
            assert name.partition("-")[0] in vendors
