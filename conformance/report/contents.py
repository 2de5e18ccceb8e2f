"""The contents, the filters, and the lines about the last run: what the page shows around its cards. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.catalogue import Family, Level, Outcome
from conformance.exchange import Ended
from conformance.report.drawing import FindingEntry
from conformance.report.look import OUTCOMES
from conformance.report.profiles import look_of
from conformance.report.records import Report
from conformance.report.since import RequirementChange, Since
from conformance.report.summary import Summary
from conformance.text import counted

__all__ = ["Filters", "SinceTold", "contents", "filters", "told_since"]

_FILTERED = 4  # findings, from which on filters are of use
_LISTED = 60  # findings that the contents name
_WHAT = {
    "regressed": ("✕ regressed", Outcome.FAIL),
    "flaky": ("▲ flaky", Outcome.WARN),
    "added": ("✕ newly judged", Outcome.FAIL),
    "improved": ("✓ improved", Outcome.PASS),
    "removed": ("\N{EN DASH} no longer judged", Outcome.NOT_APPLICABLE),
}

Place = tuple[str, str, int | None, Sequence[FindingEntry]]
"""A section: its anchor, its name, a number beside it, and its findings."""


def contents(
    report: Report, summary: Summary, groups: Mapping[str, Sequence[FindingEntry]], *, kept_first: bool
) -> list[Place]:
    """The sections of the page in their order."""
    kept = sum(len(names) for _, names in summary.passes)
    fixes = groups["fixes"]
    fix: list[Place] = [("fix", "Fix", len(fixes) or None, fixes[:_LISTED])]
    errors = {name for group in summary.errors for name in group.requirements}
    sent = sum(line.ended not in (Ended.NOT_SENT, Ended.UNBUILT) for line in report.exchanges)
    promised: list[Place] = [("kept", "Kept", kept, ())] if kept else []
    since = report.since
    changed = since is not None and bool(since.changes or since.profiles)
    return [
        *(promised if kept_first else fix),
        *([("known", "Known", len(groups["known"]), groups["known"][:_LISTED])] if groups["known"] else []),
        *([("errors", "Not judged", None if summary.stopped else len(errors), ())] if summary.errors else []),
        *([("stale", "Out of date", len(summary.stale), ())] if summary.stale else []),
        *([("since", "Changed", None, ())] if changed else []),
        *([] if kept_first else promised),
        ("untried", "Not tried", None, ()),
        ("run", "The run", None, ()),
        ("all", "Verdicts", None, ()),
        ("exchanges", "Exchanges", sent, ()),
        ("legend", "Legend", None, ()),
    ]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which findings can be shown alone: by level, family and profile. `classes` are those of all options."""

    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

    @property
    def shown(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self.groups)

    @property
    def classes(self) -> tuple[str, ...]:
        """The class of each option."""
        return tuple(option for _, options in self.groups for option, _ in options)


def filters(report: Report, entries: Sequence[FindingEntry]) -> Filters:
    """The filters of some findings: options that leave some of them and not all."""
    if len(entries) < _FILTERED:
        return Filters(())
    rows = (
        ("Level", [(f"l-{level.value}", level.value) for level in Level]),
        ("Family", [(f"f-{family.value}", family.value) for family in Family]),
        (
            "Profile",
            [(f"p-{number}", item.name) for number, item in enumerate(report.footer.profiles)],
        ),
    )
    groups = []
    for name, options in rows:
        found = tuple(
            item
            for item in options
            if 0 < sum(item[0] in one.classes.split() for one in entries) < len(entries)
        )
        if found:
            groups.append((name, found))
    return Filters(tuple(groups))


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceTold:
    """What changed since the run before, as people read it.

    `rows` have each change with what it is in words and the class of its colour; `profiles` the name of each
    with the sign and class of its new verdict, and both verdicts in words.
    """

    found: Since
    words: str
    rows: tuple[tuple[RequirementChange, str, str], ...]
    profiles: tuple[tuple[str, tuple[str, str, str], tuple[str, str, str]], ...]


def told_since(since: Since | None) -> SinceTold | None:
    """The same for the page; None if no run before is known."""
    if since is None:
        return None
    counts = {what: len({item.requirement for item in since.of(what)}) for what in _WHAT}
    named = {"added": "newly judged and broken", "removed": "broken before and no longer judged"}
    told = [
        f"{counted(number, 'requirement')} {named.get(what, what)}"
        for what, number in counts.items()
        if number
    ]
    same = f"{counted(since.same, 'verdict')} the same"
    rows = tuple((item, *_look(item)) for what in _WHAT for item in since.of(what))
    return SinceTold(
        found=since,
        words=f"{'; '.join([*(told or ['nothing changed']), same])}.".capitalize(),
        rows=rows,
        profiles=tuple((name, look_of(old), look_of(new)) for name, old, new in since.profiles),
    )


def _look(item: RequirementChange) -> tuple[str, str]:
    words, outcome = _WHAT[item.what]
    if item.what == "added" and item.new is not None and item.new is not Outcome.FAIL:
        return words.replace("✕", OUTCOMES[item.new].sign), item.new.value
    return words, outcome.value
