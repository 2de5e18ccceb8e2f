"""What the cells of the matrix say: the outcome of a family, and since when something is broken. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.catalogue import Outcome
from conformance.dashboard.matrix import Column, FamilyRows
from conformance.report.findings import LEVELS
from conformance.report.look import OUTCOMES, Look
from conformance.report.records import RequirementResult

__all__ = ["KEPT_IN_PART", "KNOWN", "TONES", "WORDS", "Cell", "family_cell", "kept_in_part", "note"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# One letter for each outcome: there are tens of thousands of cells. `k` is known, `u` is not judged.
TONES: Mapping[Outcome, str] = {
    Outcome.PASS: "p",
    Outcome.FAIL: "f",
    Outcome.WARN: "w",
    Outcome.INFO: "i",
    Outcome.NOT_APPLICABLE: "n",
    Outcome.NOT_TESTABLE: "t",
    Outcome.ERROR: "e",
}
WORDS = {outcome: look.word for outcome, look in OUTCOMES.items()} | {Outcome.NOT_APPLICABLE: "n/a"}
KNOWN = Look("◆", "known", "Broken, and listed by the provider or broken by the baseline of the run.")
KEPT_IN_PART = Look(
    "(✓)",
    "pass in part",
    "The requirement was kept in what was judged, by a run that did not judge everything.",
)
# The first of these that a family has any of stands for it; the order is that of whole runs, in `state_of`.
_GRAVEST = (
    ("f", WORDS[Outcome.FAIL]),
    ("w", WORDS[Outcome.WARN]),
    ("e", WORDS[Outcome.ERROR]),
    ("k", "known"),
    *(
        (TONES[outcome], WORDS[outcome])
        for outcome in (Outcome.INFO, Outcome.NOT_TESTABLE, Outcome.PASS, Outcome.NOT_APPLICABLE)
    ),
)
_BROKEN = ("f", "w", "k")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell in words; `tone` is the class of its sign and colour."""

    tone: str
    words: str
    note: str = ""


def family_cell(group: FamilyRows, column: Column) -> Cell:
    """The gravest outcome of a family, and how often it is there. What is known is so at either level."""
    counts = Counter(_kind(column.results[row.id]) for row in group.rows if row.id in column.results)
    for tone, word in _GRAVEST:
        if tone in counts:
            mine = [row.id for row in group.rows if row.id in column.results]
            ids = [name for name in mine if _kind(column.results[name]) == tone]
            if tone == TONES[Outcome.PASS] and not column.shown.footer.complete:
                return kept_in_part(counts[tone])
            return Cell(tone, f"{counts[tone]} {word}", _gravest(column, ids) if tone in _BROKEN else "")
    return Cell("u", "no verdict")


def kept_in_part(count: int = 0) -> Cell:
    """A cell of what a run in part kept: no proof that it is kept everywhere. The filters read the `p`."""
    return Cell("p y", f"{count or ''} {KEPT_IN_PART.word}".strip())


def _gravest(column: Column, names: Sequence[str]) -> str:
    """The gravest of what is broken in a family, with its level and since when: the rows may be folded."""
    first = min(names, key=lambda name: LEVELS.index(column.results[name].level))
    more = f", and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{' '.join(filter(None, [first, column.results[first].level.value, note(column, first)]))}{more}"


def _kind(result: RequirementResult) -> str:
    return "k" if result.known else TONES[result.outcome]


def note(column: Column, name: str) -> str:
    """Since when the run that is shown breaks a requirement, or that it is flaky; "" if unknown."""
    since = column.since.get(name)
    if name in column.flaky:
        return "flaky"
    if since is None:
        return ""
    night = since.night
    if night == column.shown.night:
        return "new"
    year = f" {night.year}" if night.year != column.shown.night.year else ""
    least = "at least " if since.least else ""
    return f"since {least}{night.day} {_MONTHS[night.month - 1]}{year}"
