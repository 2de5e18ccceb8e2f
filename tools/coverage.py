"""The table of all that is known to break or to be demanded, and the requirement that speaks of it.

`docs/coverage.toml` is written by hand, `docs/coverage.md` is made of it by `tools.catalogue`.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.catalogue import Requirement

__all__ = ["Coverage", "CoverageRow", "coverage_page", "read_coverage"]

_SECTIONS = {
    "fault-classes": (
        "Known faults",
        "Classes of faults that were reported of real endpoints, gateways and clients, or measured on them.",
    ),
    "consistency": (
        "Consistency of a Responses stream",
        "What must agree inside one stream, and can be told from it alone.",
    ),
    "grammar": (
        "Grammar of a Responses stream",
        "The order of events, line by line.",
    ),
}
_OPEN = "open: "


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """One thing known. `rules` are the requirements that see it, `why` says what is not seen and why."""

    section: str
    name: str
    says: str
    rules: tuple[str, ...] = ()
    why: str = ""

    @property
    def open(self) -> str:
        """The id of the gap that this row waits for; "" for none."""
        return self.why.removeprefix(_OPEN) if self.why.startswith(_OPEN) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The whole table, why some requirements go beyond it, and gaps that are known."""

    rows: tuple[CoverageRow, ...]
    beyond: dict[str, str]
    gaps: dict[str, str]

    def outside(self, rules: Iterable[Requirement]) -> dict[str, str]:
        """The requirements that stand in no row, each with why it is there: else, what it spares a client."""
        seen = {name for row in self.rows for name in row.rules}
        return {rule.id: self.beyond.get(rule.id, rule.hurts) for rule in rules if rule.id not in seen}

    def of(self, section: str) -> tuple[CoverageRow, ...]:
        """The rows of a section."""
        return tuple(row for row in self.rows if row.section == section)

    @property
    def topics(self) -> tuple[str, ...]:
        """The sections of checks, in their order."""
        return tuple(dict.fromkeys(row.section for row in self.rows if row.section not in _SECTIONS))


def read_coverage(path: Path) -> Coverage:
    """Read the table. Raises ValueError for a row with an unknown key, or of another form."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = [_row(section, name, told) for section in _SECTIONS for name, told in table.pop(section).items()]
    rows += [
        _row(topic, says, {"says": says, ("rules" if isinstance(told, list) else "why"): told})
        for topic, checks in table.pop("checks").items()
        for says, told in checks.items()
    ]
    found = Coverage(rows=tuple(rows), beyond=table.pop("beyond"), gaps=table.pop("open"))
    if table:
        raise ValueError(f"{path.name} has tables that nobody reads: {', '.join(table)}")
    return found


def _row(section: str, name: str, told: dict[str, Any]) -> CoverageRow:
    unknown = set(told) - {"says", "rules", "why"}
    if unknown or not told.get("says"):
        raise ValueError(f"[{section}] {name}: a row has `says`, and `rules` or `why`; this one {told}")
    return CoverageRow(
        section=section,
        name=name,
        says=told["says"],
        rules=tuple(told.get("rules", ())),
        why=told.get("why", ""),
    )


def coverage_page(found: Coverage, rules: Iterable[Requirement]) -> str:
    """The table as a page of the documentation; `rules` are those of the catalogue."""
    rules = tuple(rules)
    judged = frozenset(rule.id for rule in rules if not rule.untestable)
    return "\n".join(_lines(found, found.outside(rules), judged)) + "\n"


def _lines(found: Coverage, beyond: Mapping[str, str], judged: frozenset[str]) -> Iterator[str]:
    yield "# What is covered"
    yield ""
    yield "<!-- Made of docs/coverage.toml by `python -m tools.catalogue`; change that file. -->"
    yield ""
    yield (
        "Everything that is known to break in streams of OpenAI-compatible endpoints, everything that their "
        "events must agree on, and everything that other suites check: with the "
        "[requirement](requirements.md) that sees it, or the reason that there is none."
    )
    yield ""
    yield from _figures(found, judged)
    for section, (title, about) in _SECTIONS.items():
        yield from ("", f"## {title}", "", about, "", "| | what | requirements |", "|---|---|---|")
        yield from (
            f"| `{row.name}` | {_cell(row.says)} | {_seen(row, found)} |" for row in found.of(section)
        )
    yield from ("", "## What other suites check", "")
    yield "Every check of a stream that another public suite makes, and what these make beside streams."
    for topic in found.topics:
        yield from ("", f"### {topic}", "", "| check | requirements |", "|---|---|")
        yield from (f"| {_cell(row.says)} | {_seen(row, found)} |" for row in found.of(topic))
    yield from ("", "## Beyond what is known", "")
    yield from ("Requirements that stand in no table above, and why they are there.", "")
    yield from ("| requirement | why it is there |", "|---|---|")
    yield from (f"| {linked([name])} | {_cell(why)} |" for name, why in sorted(beyond.items()))
    if found.gaps:
        yield from (
            "",
            "## Known gaps",
            "",
            "What no requirement sees yet, by the id that it would have.",
            "",
        )
        yield from ("| id | what passes unseen |", "|---|---|")
        yield from (f"| `{name}` | {_cell(says)} |" for name, says in sorted(found.gaps.items()))


def _figures(found: Coverage, judged: frozenset[str]) -> Iterator[str]:
    yield from ("| | rows | seen by a requirement | with a reason instead | open |", "|---|---|---|---|---|")
    parts = [(_SECTIONS[section][0], found.of(section)) for section in _SECTIONS]
    parts.append(("What other suites check", tuple(row for row in found.rows if row.section in found.topics)))
    for title, rows in parts:
        seen = sum(not judged.isdisjoint(row.rules) for row in rows)
        left = sum(bool(row.open) for row in rows)
        yield f"| {title} | {len(rows)} | {seen} | {len(rows) - seen - left} | {left} |"


def _seen(row: CoverageRow, found: Coverage) -> str:
    why = f"not yet: {found.gaps[row.open]}" if row.open else row.why
    return _cell(". ".join(filter(None, (linked(row.rules), why))))


def linked(ids: Iterable[str]) -> str:
    """The requirements as links into their page."""
    return ", ".join(f"[{name}](requirements.md#{name})" for name in ids)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
