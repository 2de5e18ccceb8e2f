"""The documentation of the catalogue: `python -m tools.catalogue` writes it anew, `--check` compares.

`docs/requirements.md` says of each requirement what `conformance explain` says, `docs/coverage.md`
which requirement sees what is known to break.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from conformance.catalogue import DEPENDS_ON_MODEL, Apis, Family, Level, Outcome, Requirement, Source
from conformance.dialects import DIALECTS, Dialect
from conformance.explain import Explanation, explain
from conformance.requirements import CATALOGUE
from tools.coverage import Coverage, coverage_page, read_coverage

__all__ = ["main", "pages", "requirements_page"]

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
COVERAGE = DOCS / "coverage.toml"

_APIS = {Apis.CHAT: "Chat Completions", Apis.RESPONSES: "Responses", Apis.BOTH: "both APIs"}
_FAMILIES = {
    Family.WIRE: "HTTP, the framing of events, and what streams of a run have to do with each other.",
    Family.CHAT: "Chunks, choices, roles, text, log probabilities and endings of Chat Completions.",
    Family.USAGE: "Token counts of Chat Completions.",
    Family.TOOLS: "Calls of tools in Chat Completions, and what both APIs share about them.",
    Family.REASONING: "Thoughts in Chat Completions. OpenAI has no field for them: nothing here is a MUST.",
    Family.RESPONSES: "Events, items, parts and the final response of the Responses API.",
    Family.ERRORS: "Refusals before a stream, and errors inside one.",
    Family.TIMING: "When things come. A network lies between, so nothing here is a MUST.",
}
_LEVELS = {
    Level.MUST: (
        "stated by the API description, the WHATWG rules or OpenAI's documentation, or an official SDK "
        "raises or gives wrong data without it; and OpenAI keeps it"
    ),
    Level.SHOULD: "OpenAI keeps it, and official SDKs cope without",
    Level.INFO: "worth telling: a hazard of particular clients, or what a model made of a prompt",
}
_NULL = (
    "Null is as good as absence: a key that the API description does not require may be null. A required key "
    "may be null only where the description says so; elsewhere null counts as a missing value."
)
_OUTCOMES = {
    Outcome.PASS: ("kept", "no"),
    Outcome.FAIL: ("a MUST is broken", "yes"),
    Outcome.WARN: (
        "a SHOULD is broken, or a MUST by a dialect that the provider declares",
        "with `--fail-on should`",
    ),
    Outcome.INFO: ("an INFO is broken", "no"),
    Outcome.NOT_APPLICABLE: (
        "what triggers it is absent and was not promised, or was refused and is not claimed",
        "no",
    ),
    Outcome.NOT_TESTABLE: (
        "what triggers it was asked for and did not come, or the stored source lacks what is needed",
        "no, but it never counts as kept",
    ),
    Outcome.ERROR: ("the network's fault, or the suite's", "exit code 6"),
}


def pages() -> Mapping[Path, str]:
    """Every generated page, by its path."""
    coverage = read_coverage(COVERAGE)
    return {
        DOCS / "requirements.md": requirements_page(CATALOGUE, coverage),
        DOCS / "coverage.md": coverage_page(coverage, CATALOGUE),
    }


def requirements_page(rules: Iterable[Requirement], coverage: Coverage) -> str:
    """The catalogue as a page: a table of contents, every requirement by family, and what is left out."""
    ordered = list(rules)
    judged = [rule for rule in ordered if not rule.untestable]
    return "\n".join(_page(judged, [rule for rule in ordered if rule.untestable], coverage)) + "\n"


def _page(judged: list[Requirement], recorded: list[Requirement], coverage: Coverage) -> Iterator[str]:
    counts = ", ".join(f"{sum(rule.level is level for rule in judged)} {level}" for level in Level)
    yield "# Requirements"
    yield ""
    yield "<!-- Made of the catalogue by `python -m tools.catalogue`; change the catalogue. -->"
    yield ""
    yield (
        f"{len(judged)} requirements are judged: {counts}. `conformance explain ID` tells of one what "
        "this page does; [coverage.md](coverage.md) tells which one sees what is known to break."
    )
    yield ""
    yield "## Contents"
    yield ""
    yield "* [Levels and outcomes](#levels-and-outcomes)"
    for family in Family:
        mine = [rule for rule in judged if rule.family is family]
        yield f"* [{family.value}](#{family.value}), {len(mine)}: " + ", ".join(
            f"[{rule.id}](#{rule.id})" for rule in mine
        )
    yield "* [Dialects](#dialects)"
    yield "* [What is not tested, and why](#what-is-not-tested-and-why)"
    yield from _levels()
    for family in Family:
        yield from ("", f"## {family.value}", "", _FAMILIES[family])
        for rule in judged:
            if rule.family is family:
                yield from _section(explain(rule))
    yield from _dialects(DIALECTS.values())
    yield from _untested(recorded, coverage)


def _levels() -> Iterator[str]:
    yield from ("", "## Levels and outcomes", "", "| level | what it takes |", "|---|---|")
    yield from (f"| {level} | {says} |" for level, says in _LEVELS.items())
    yield from ("", "No requirement knows a date, a file or a model, and timing is never above SHOULD.", "")
    yield from (_NULL, "")
    yield from ("| outcome | when | turns the run red |", "|---|---|---|")
    yield from (f"| {outcome.words} | {when} | {red} |" for outcome, (when, red) in _OUTCOMES.items())


def _section(told: Explanation) -> Iterator[str]:
    rule = told.rule
    yield from ("", f"### {rule.id}", "", f"**{rule.level}**, {_APIS[rule.api]}. {rule.statement}", "")
    yield from (rule.hurts, "")
    if rule.model:
        yield f"* {DEPENDS_ON_MODEL}"
    if told.asked:
        yield f"* Asked of {told.asked}" + (f"; not where: {told.unless}." if told.unless else ".")
    if told.needs:
        yield f"* Needs {_and(told.needs)}."
    if on := [f"[{name}](#{name})" for name in told.rule.rests_on]:
        yield f"* Rests on {_and(on)}: where one of these is broken, it may be broken because of that alone."
    if told.scenarios:
        yield f"* Promised by {_and([f'`{name}`' for name in told.scenarios])}."
    if rule.capability:
        softened = "; a SHOULD for one that does not" if rule.level is Level.MUST else ""
        says = f"{rule.level} for a provider that makes it{softened}"
        yield f"* Rests on the claim `{rule.capability}`: {says}."
    yield "* Stated in " + ", ".join(f"[{source.title}]({source.url})" for source in rule.sources) + "."
    if told.reports:
        yield "* Reported in " + ", ".join(f"[{link.text}]({link.url})" for link in told.reports) + "."
    if told.dialects:
        rows = ", ".join(f"[{row.id}](#dialect-{row.id})" for row in told.dialects)
        yield f"* Explained by the dialect{'s' if len(told.dialects) > 1 else ''} {rows}."
    if told.shown is not None:
        others = [f"`{fault.id}`" for fault in told.faults if fault is not told.shown.fault]
        also = f" So {'do' if len(others) > 1 else 'does'} {_and(others)}." if others else ""
        yield (
            f"* Broken by the fault `{told.shown.fault.id}`, here in the answer to "
            f"`{told.shown.scenario}`: {told.shown.fault.why}{also}"
        )
        yield from ("", "```diff")
        yield from (f"{line.sign} {line.text}".rstrip() for line in told.shown.lines)
        yield "```"
    elif not rule.untestable:
        yield "* No fault of the reference provider breaks it; streams made by hand in the tests do."


def _dialects(rows: Iterable[Dialect]) -> Iterator[str]:
    yield from ("", "## Dialects", "")
    yield (
        "Known ways in which vendors differ. A MUST that is broken by a dialect is a failure with the "
        "dialect named, until the provider declares it in its entry; then it is a warning."
    )
    yield from (
        "",
        "| dialect | what is sent | by | who breaks | explains | source |",
        "|---|---|---|---|---|---|",
    )
    for row in rows:
        rules = ", ".join(f"[{name}](#{name})" for name in row.explains)
        yield (
            f'| <a id="dialect-{row.id}"></a>{row.id} | {_cell(row.says)} | {", ".join(row.vendors)} '
            f"| {_cell(row.clients)} | {rules} | {_links(row.sources)} |"
        )


def _untested(recorded: Iterable[Requirement], coverage: Coverage) -> Iterator[str]:
    yield from ("", "## What is not tested, and why", "")
    yield "Rules that cannot be tested from outside stay in the catalogue, for the record. None is judged."
    for rule in recorded:
        yield from _section(explain(rule))
        yield f"* Not tested: {rule.untestable}"
    yield from (
        "",
        "Other things that are known, or that other suites check, and that no requirement speaks of:",
        "",
    )
    yield from ("| what | why not |", "|---|---|")
    for row in coverage.rows:
        if not row.rules and not row.open:
            yield f"| {_cell(row.says)} | {_cell(row.why)} |"
    yield from ("", "What is seen only in part:", "", "| what | seen by | what is not |", "|---|---|---|")
    for row in coverage.rows:
        if row.rules and row.why:
            rules = ", ".join(f"[{name}](#{name})" for name in row.rules)
            yield f"| {_cell(row.says)} | {rules} | {_cell(row.why)} |"


def _links(sources: Iterable[Source]) -> str:
    return ", ".join(f"[{source.title}]({source.url})" for source in sources)


def _and(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: Iterable[str] = ()) -> int:
    """Write the pages; with `--check` only say which are out of date, and return 1 if any is."""
    check = "--check" in arguments
    stale = 0
    for path, text in pages().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if check:
            sys.stderr.write(f"{path.relative_to(ROOT)} is out of date: run `python -m tools.catalogue`\n")
        else:
            path.write_text(text, encoding="utf-8")
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
