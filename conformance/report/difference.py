"""What changed between two reports, as text, Markdown and JSON. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from conformance.catalogue import Level, Outcome, Verdict
from conformance.compare import Change, Move, called_alike, compare, pair_of
from conformance.exchange import Ended
from conformance.report.markdown import markdown
from conformance.report.records import Report, unplanned
from conformance.report.since import RequirementChange, Since
from conformance.report.visible import one_line
from conformance.standing import Stand
from conformance.text import clipped, counted, ended

__all__ = ["FORMAT", "Difference", "difference", "json_of", "markdown_lines", "since", "text_lines"]

FORMAT = "stream-conformance/diff"
VERSION = 1
_SOUND = (Outcome.PASS, Outcome.INFO)
# Requirements of an exchange that one run alone has kept, and exchanges that came or went, with a row each.
_ALIKE = 6
_ONE_SIDED = {"added": "came", "removed": "went"}
_SCENARIOS = 3  # scenarios that a line names
_WHAT = 140  # characters of what was observed
_TITLES = {
    "regressed": "Regressed",
    "improved": "Improved",
    "flaky": "Flaky: samples of one run differ",
    "added": "Judged in the new run alone",
    "removed": "Judged in the old run alone",
}
_WORDS = {"added": "newly judged", "removed": "no longer judged"}
_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The changes from one report to another.

    `changes` are all pairs of a requirement and a scenario; `known` those that the new report excuses by a
    known deviation; `profiles` the profiles whose verdict differs, with the old and the new one.
    """

    old: Report
    new: Report
    changes: tuple[Change, ...]
    known: frozenset[tuple[str, str]]
    profiles: tuple[tuple[str, Stand | None, Stand | None], ...]

    def of(self, what: str) -> tuple[Change, ...]:
        """The changes of one kind: the value of a `Move`, or `flaky`, which is beside all others."""
        return tuple(item for item in self.changes if (item.flaky if what == "flaky" else item.move == what))

    @property
    def regressed(self) -> bool:
        """Whether anything regressed that the provider does not list as known."""
        return any((item.requirement, item.scenario) not in self.known for item in self.of(Move.REGRESSED))


def difference(old: Report, new: Report) -> Difference:
    """The changes from an old report to a new one."""
    stands = [{item.profile: item.stand for item in report.footer.profiles} for report in (old, new)]
    called = called_alike(unplanned(old.exchanges), unplanned(new.exchanges))
    return Difference(
        old=old,
        new=new,
        changes=compare(_verdicts(old), _verdicts(new), called, whole=new.footer.complete),
        known=frozenset(
            pair_of(ruling.verdict, called[1]) for ruling in new.rulings if ruling.deviation is not None
        ),
        profiles=tuple(
            (name, stands[0].get(name), stands[1].get(name))
            for name in {**stands[0], **stands[1]}
            if stands[0].get(name) is not stands[1].get(name)
        ),
    )


def _verdicts(report: Report) -> Iterator[Verdict]:
    """The verdicts of a report; what was cut off is not said to have kept anything."""
    cut = {line.id for line in report.exchanges if line.ended == Ended.INTERRUPTED}
    for ruling in report.rulings:
        verdict = ruling.verdict
        if verdict.outcome in _SOUND and not cut.isdisjoint((verdict.subject, *verdict.exchanges)):
            verdict = replace(verdict, outcome=Outcome.NOT_TESTABLE)
        yield verdict


def text_lines(found: Difference) -> Iterator[str]:
    """The difference for the terminal: what regressed first."""
    yield f"old  {_run(found.old)}"
    yield f"new  {_run(found.new)}"
    yield ""
    yield ended(_sentence(found))
    for profile in found.profiles:
        yield f"  {_profile(*profile)}"
    for what, title in _TITLES.items():
        if rows := _rows(found, what):
            yield f"\n{title}"
            for level, name, told in rows:
                yield f"  {level:<6} {name}: {told}"


def markdown_lines(found: Difference) -> Iterator[str]:
    """The difference for a comment or a page."""
    yield f"**{_sentence(found)}.**"
    yield ""
    yield f"* old: {markdown(_run(found.old))}"
    yield f"* new: {markdown(_run(found.new))}"
    for profile in found.profiles:
        yield f"* {markdown(_profile(*profile))}"
    for what, title in _TITLES.items():
        if rows := _rows(found, what):
            yield from ("", f"### {title}", "", "| level | requirement | change |", "|---|---|---|")
            for level, name, told in rows:
                yield f"| {level} | `{name}` | {markdown(told)} |"


def json_of(found: Difference) -> dict[str, Any]:
    """The difference for programs."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "old": _head(found.old),
        "new": _head(found.new),
        "regression": found.regressed,
        "profiles": [{"profile": name, "old": was, "new": now} for name, was, now in found.profiles],
        **{what: [_record(found, item) for item in found.of(what)] for what in _TITLES},
        "unchanged": len(found.of(Move.UNCHANGED)),
    }


def since(found: Difference) -> Since:
    """The difference as the new report keeps it: without what one run alone judged and nobody broke.

    A run that judged a part alone tells nothing of the rest.
    """
    told: list[RequirementChange] = []
    for what in _TITLES:
        if what == "removed" and not found.new.footer.complete:
            continue
        rows = found.of(what)
        if what in ("added", "removed"):
            rows = tuple(item for item in rows if {item.old, item.new} & {Outcome.FAIL, Outcome.WARN})
        for (name, level, old, new, because), members in _grouped(rows):
            first = members[0]
            told.append(
                RequirementChange(
                    what=what,
                    requirement=name,
                    level=level,
                    scenarios=tuple(dict.fromkeys(item.scenario for item in members)),
                    old=old,
                    new=new,
                    because=because,
                    observed=clipped(first.observed, 2 * _WHAT) if first.broken else "",
                )
            )
    return Since(
        started=found.old.header.started,
        suite=found.old.header.suite,
        same=len(found.of(Move.UNCHANGED)),
        changes=tuple(told),
        profiles=found.profiles,
    )


def _head(report: Report) -> dict[str, Any]:
    header = report.header
    return {
        "suite": header.suite,
        "provider": header.provider,
        "model": header.model,
        "started": header.started,
        "complete": report.footer.complete,
    }


def _record(found: Difference, change: Change) -> dict[str, Any]:
    record = asdict(change) | {"known": (change.requirement, change.scenario) in found.known}
    del record["move"], record["flaky"]
    return record


def _run(report: Report) -> str:
    header = report.header
    part = "" if report.footer.complete else f", incomplete: {report.footer.incomplete}"
    told = f"{header.provider} ({header.model}), {header.started}, suite {header.suite}{part}"
    return one_line(told, 4 * _WHAT)


def _sentence(found: Difference) -> str:
    """How many requirements changed in each way, in words."""
    counts = {what: len({item.requirement for item in found.of(what)}) for what in _TITLES}
    told = [
        f"{counted(number, 'requirement')} {_WORDS.get(what, what)}"
        for what, number in counts.items()
        if number
    ]
    kept = len(found.of(Move.UNCHANGED))
    same = f"{counted(kept, 'verdict')} the same"
    return "; ".join([*(told or ["nothing changed"]), same])


def _profile(name: str, old: Stand | None, new: Stand | None) -> str:
    was, now = (stand.words if stand else "no verdict" for stand in (old, new))
    return f"{_named(name)}: {was} → {now}"


def _rows(found: Difference, what: str) -> list[tuple[str, str, str]]:
    """A row for each requirement: causes before what follows, and MUST before SHOULD.

    What was kept on an exchange that came or went, or is very much, has one row for the exchange.
    """
    stayed = {item.scenario for item in found.changes if item.move != what}
    together = _together(found, what, stayed) if what in _ONE_SIDED else {}
    apart = [item for item in found.of(what) if not (item.scenario in together and _kept(item))]
    rows = [
        (str(level), _named(name), _told(found, members)) for (name, level, *_), members in _grouped(apart)
    ]
    return [*rows, *_exchanges(what, together, stayed)]


def _kept(change: Change) -> bool:
    """Whether one of the runs has kept it, where the other did not judge it."""
    return Outcome.PASS in (change.old, change.new)


def _together(found: Difference, what: str, stayed: Collection[str]) -> dict[str, int]:
    """The exchanges and groups that have one row, and how many requirements one run alone has kept there."""
    kept = Counter(item.scenario for item in found.of(what) if _kept(item))
    return {name: number for name, number in kept.items() if name not in stayed or number > _ALIKE}


def _exchanges(
    what: str, together: Mapping[str, int], stayed: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """A row for each exchange that came or went, or for very many of them, and for others that tell much."""
    gone = [name for name in together if name not in stayed]
    if len(gone) > _ALIKE:
        verdicts = counted(sum(together[name] for name in gone), "verdict")
        yield "", f"{len(gone)} exchanges", f"{_ONE_SIDED[what]} with {verdicts} kept: {_some(gone)}"
    for name, number in together.items():
        told = f"{counted(number, 'requirement')} kept"
        if name in stayed:
            yield "", _named(name), told
        elif len(gone) <= _ALIKE:
            yield "", _named(name), f"{_ONE_SIDED[what]} with {told}"


_Row = tuple[str, Level, Outcome | None, Outcome | None, str]
"""What a row tells of: a requirement, its level, its old and its new outcome, and the cause."""


def _grouped(changes: Iterable[Change]) -> list[tuple[_Row, list[Change]]]:
    grouped: dict[_Row, list[Change]] = {}
    for item in changes:
        key = (item.requirement, item.level, item.old, item.new, item.because)
        grouped.setdefault(key, []).append(item)
    return sorted(grouped.items(), key=lambda entry: (bool(entry[0][4]), _LEVELS.index(entry[0][1])))


def _told(found: Difference, members: Sequence[Change]) -> str:
    first = members[0]
    was, now = (outcome.words if outcome else "not judged" for outcome in (first.old, first.new))
    parts = [f"{was} → {now} on {_some(item.scenario for item in members)}"]
    if first.because:
        parts.append(f"because of {_named(first.because)}")
    elif first.broken and first.observed:
        parts.append(f"observed {one_line(first.observed, _WHAT)}")
    if all((item.requirement, item.scenario) in found.known for item in members):
        parts.append("known")
    return "; ".join(parts)


def _some(names: Iterable[str]) -> str:
    listed = [_named(name) for name in dict.fromkeys(names)]
    more = f" and {len(listed) - _SCENARIOS} more" if len(listed) > _SCENARIOS else ""
    return ", ".join(listed[:_SCENARIOS]) + more


def _named(name: str) -> str:
    # A report may come from anybody, so its names are not known to be slugs.
    return one_line(name, _WHAT).replace("`", "'")
