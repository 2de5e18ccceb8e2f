"""Renders the matrix as HTML pages of one file each: `index.html` and `history.html`. Pure.

Everything that a stored run says is hostile: the templates escape every value, `visible` shows what would
hide or reorder text, and the policy of a page lets no script run but its own, which is bound by its digest.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup, escape

from conformance.catalogue import Outcome
from conformance.dashboard.broken import broken_in
from conformance.dashboard.cells import (
    KEPT_IN_PART,
    KNOWN,
    TONES,
    WORDS,
    Cell,
    family_cell,
    kept_in_part,
    note,
)
from conformance.dashboard.history import RECENT, TURNS, Changes
from conformance.dashboard.matrix import CellState, Column, FamilyRows, Matrix, Night, Row, silent, state_of
from conformance.dashboard.stored import Stored
from conformance.report.look import OUTCOMES, Look
from conformance.report.policy import policy
from conformance.report.templating import environment
from conformance.report.visible import one_line
from conformance.standing import Stand, Standing
from conformance.text import counted, ended
from conformance.version import suite_version

__all__ = ["pages"]

_GONE = "no longer in the catalogue"
_LISTED = 12  # endpoints whose last changes the first page tells
_OPEN = 20  # broken requirements up to which their list is unfolded
_FLAKY = 4  # requirements that the history names as flaky, for each endpoint
_LINKED = 8_000  # cells up to which each leads into its report; beyond, the page would be too large
_TEXT = 200  # characters of a name or of what was observed
_STATUS = re.compile(r"\(status (\d{3})\b")  # of the answer that left nothing to judge

_TOLD = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)
_UNJUDGED = Look("·", "no verdict", "The run has no verdict on the requirement.")
_STANDS = {Stand.KEPT: "p", Stand.BROKEN: "f", Stand.NOT_APPLICABLE: "n", Stand.NOT_TESTABLE: "t"}
_STATES: Mapping[CellState, tuple[str, str]] = {
    CellState.BROKEN: ("f", "MUST"),
    CellState.WARNED: ("w", "SHOULD"),
    CellState.KNOWN: ("k", "known"),
    CellState.KEPT: ("p", "kept"),
    CellState.ERROR: ("e", "error"),
    CellState.NOTHING: ("t", "nothing judged"),
    CellState.SILENT: ("e", "no answer"),
    CellState.PARTIAL: ("t", "in part"),
    CellState.UNREAD: ("e", "unreadable"),
    CellState.MISSING: ("u", "no run"),
    CellState.NONE: ("", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A column as the pages show it. `page` is the address of the run's page, "" if it has none."""

    column: Column
    anchor: str
    page: str
    missed: tuple[date, ...]
    nights: tuple[Cell, ...]
    stories: tuple[tuple[str, Changes, str], ...]

    @property
    def name(self) -> str:
        return f"{self.column.name}{' (recordings)' if self.column.recorded else ''}"

    @property
    def story(self) -> str:
        return f"history.html#{self.anchor}"

    @property
    def date(self) -> str:
        return self.column.shown.night.isoformat()

    @property
    def newest(self) -> str:
        return self.column.story[0][0].night.isoformat()

    @property
    def flaky(self) -> list[str]:
        return list(self.column.flaky)[:_FLAKY]

    @property
    def unsettled(self) -> int:
        return len(self.column.flaky)

    @property
    def partial(self) -> bool:
        return not self.column.shown.footer.complete

    @property
    def state(self) -> CellState:
        return state_of(self.column.shown)[0]

    @property
    def whole(self) -> Cell:
        state, count = state_of(self.column.shown)
        tone, words = _state(state, count, self.column.shown)
        return Cell(tone, f"{words} broken" if state in (CellState.BROKEN, CellState.WARNED) else words)

    def note(self, requirement: str) -> str:
        """Since when the run that is shown breaks a requirement, or that it is flaky; "" if unknown."""
        return note(self.column, requirement)

    @property
    def outages(self) -> Iterator[tuple[str, str, str]]:
        """The nights of runs that judged nothing, the newest first, with the reason and when it was back."""
        back = ""
        for run, _ in self.column.story:
            if silent(run):
                yield run.night.isoformat(), run.footer.incomplete, back
            elif run.seen.anything:
                back = run.night.isoformat()

    @property
    def marks(self) -> Iterator[tuple[str, str]]:
        """What has to be known of the run before any of its verdicts, with the class of its colour."""
        return ((tone, words) for tone, words, _ in self._notes)

    @property
    def reasons(self) -> list[str]:
        """Why the run, or a newer one, says nothing or not everything; the head of a column has no room."""
        return [
            f"{words.partition(' ')[2]}: {ended(one_line(why, _TEXT))}"
            for _, words, why in self._notes
            if why
        ]

    @property
    def _notes(self) -> Iterator[tuple[str, str, str]]:
        """The same, with the reason that stands above the table; "" for none."""
        header, footer, newer = self.column.shown.header, self.column.shown.footer, self.column.newer
        if self.column.recorded:
            yield "info", "● recordings", ""
        if self.column.old:
            yield "warn", f"▲ old, by {counted(self.column.days, 'day')}", ""
        if silent(self.column.shown):
            yield "error", "! no answer", footer.incomplete
        elif footer.incomplete:
            yield "error", "! in part", footer.incomplete
        if header.profile:
            yield "not_testable", f"? held to {one_line(header.profile, _TEXT)}", ""
        if newer is not None and silent(newer):
            _, words = _state(CellState.SILENT, 0, newer)
            yield "error", f"! {words} on {newer.night}", newer.footer.incomplete
        elif newer is not None:
            yield "not_testable", f"? the run of {newer.night} judged less", ""


def pages(matrix: Matrix, root: str = "") -> dict[str, str]:
    """The pages by file name. `root` is the path from them to the folder of the runs, "" if they lie in it.

    The same runs always give the same pages.
    """
    columns = [_drawn(column, number, root) for number, column in enumerate(matrix.columns)]
    common = {
        "matrix": matrix,
        "columns": columns,
        "newest": max(column.shown.night for column in matrix.columns).isoformat(),
        "suite": suite_version(),
        "gone": _GONE,
        "turned": f"turned {TURNS} times or more in {RECENT} runs",
    }
    told = (result.outcome in _TOLD for column in matrix.columns for result in column.results.values())
    linked = sum(told) <= _LINKED
    index = _render(
        "index.html",
        **common,
        script=_own(_source("filters.js")),
        changed=sorted((drawn for drawn in columns if drawn.column.latest), key=_age),
        alone=[drawn.name for drawn in columns if drawn.column.latest is None],
        flaky=any(drawn.flaky for drawn in columns),
        reasoned=[drawn for drawn in columns if drawn.reasons],
        marked=sorted((drawn for drawn in columns if drawn.state is not CellState.KEPT), key=_gravity),
        unwhole=sum(not drawn.column.shown.whole for drawn in columns),
        listed=_LISTED,
        broken=broken_in(matrix),
        open_up_to=_OPEN,
        looks=OUTCOMES,
        profiles=[(name, [_profile(drawn.column, name) for drawn in columns]) for name in matrix.profiles],
        groups=[_group(group, columns, linked=linked) for group in matrix.groups],
        linked=linked,
        legend=[
            *((key.value, look) for key, look in OUTCOMES.items()),
            *([("not_testable", KEPT_IN_PART)] if any(drawn.partial for drawn in columns) else []),
            ("warn", KNOWN),
            ("none", _UNJUDGED),
        ],
    )
    return {"index.html": index, "history.html": _render("history.html", **common)}


def _age(drawn: _Drawn) -> float:
    return -drawn.column.story[0][0].started.timestamp()


def _gravity(drawn: _Drawn) -> int:
    return list(CellState).index(drawn.state)


def _drawn(column: Column, number: int, root: str) -> _Drawn:
    return _Drawn(
        column=column,
        anchor=f"h-{number}",
        page=_page(column.shown, root),
        missed=tuple(night.night for night in column.nights if night.state is CellState.MISSING),
        nights=tuple(map(_night, column.nights)),
        stories=tuple(_stories(column, root)),
    )


def _stories(column: Column, root: str) -> Iterator[tuple[str, Changes, str]]:
    """The runs at which anything turned: when, what, and the address of the page."""
    times = Counter(run.night for run, _ in column.story)
    for run, changes in column.story:
        if changes:
            clock = f" {run.started:%H:%M:%S}" if times[run.night] > 1 else ""
            yield f"{run.night}{clock}", changes, _page(run, root)


def _page(run: Stored | None, root: str) -> str:
    if run is None or not run.page:
        return ""
    return quote(f"{root}{'/' if root else ''}{run.folder}/index.html", errors="surrogateescape")


def _state(state: CellState, count: int, run: Stored | None) -> tuple[str, str]:
    tone, words = _STATES[state]
    if state is CellState.KNOWN and run is not None:
        causes = [result for result in run.footer.results.values() if result.known and not result.because]
        words += " MUST" if any(result.outcome is Outcome.FAIL for result in causes) else " SHOULD"
    if state is CellState.SILENT and run is not None and (found := _STATUS.search(run.footer.incomplete)):
        words += f" ({found[1]})"
    return tone, f"{count} {words}" if count else words


def _night(night: Night) -> Cell:
    told = ""
    if found := night.changes:
        counts = {
            "new": len(found.new),
            "fixed": len(found.fixed),
            "better": len(found.improved) - len(found.fixed),
            "not judged": len(found.removed),
        }
        told = ", ".join(f"{count} {words}" for words, count in counts.items() if count)
    return Cell(*_state(night.state, night.count, night.run), told)


def _profile(column: Column, name: str) -> Cell:
    found = next((item for item in column.shown.footer.profiles if item.name == name), None)
    if found is None:
        return Cell("u", "no verdict")
    words = "n/a" if found.stand is Stand.NOT_APPLICABLE else found.stand.words
    tone = "k" if found.broken and found.known == found.broken else _STANDS[found.stand]
    return Cell(tone, words, _why(found))


def _why(standing: Standing) -> str:
    first = ", ".join(str(name) for name in standing.broken[:2])
    return f"{first} and {len(standing.broken) - 2} more" if len(standing.broken) > 2 else first


def _group(
    group: FamilyRows, columns: Sequence[_Drawn], *, linked: bool
) -> tuple[FamilyRows, list[Cell], list[tuple[Row, Markup]]]:
    sums = [family_cell(group, drawn.column) for drawn in columns]
    rows = [(row, [_cell(drawn, row, linked=linked) for drawn in columns]) for row in group.rows]
    return group, sums, [(row, Markup("").join(cells)) for row, cells in rows]


def _cell(drawn: _Drawn, row: Row, *, linked: bool) -> Markup:
    """One of tens of thousands of cells: as short as HTML can be, and every value escaped."""
    result = drawn.column.results.get(row.id)
    if result is None:
        return Markup("<td class=u>no verdict")
    tone, word = TONES[result.outcome], WORDS[result.outcome]
    if result.outcome not in _TOLD:
        return _in_part() if drawn.partial and result.outcome is Outcome.PASS else _plain(tone, word)
    told = escape(word)
    if linked and drawn.page:
        told = Markup('<a href="{}#r-{}">{}</a>').format(drawn.page, quote(row.id, errors="replace"), word)
    since = note(drawn.column, row.id)
    small = Markup("<small>{}</small>").format(since) if since else Markup("")
    kind = Markup('"{} k"').format(tone) if result.known else _own(tone)
    return Markup("<td class={}>{}{}").format(kind, told, small)


@cache
def _plain(tone: str, word: str) -> Markup:
    return Markup("<td class={}>{}").format(tone, word)


@cache
def _in_part() -> Markup:
    cell = kept_in_part()
    return Markup('<td class="{}">{}').format(cell.tone, cell.words)


def _own(text: str) -> Markup:
    """A text of the project's own as HTML."""
    return Markup(text)  # noqa: S704 - nothing in it comes from a stored run


@cache
def _source(name: str) -> str:
    loader = _environment().loader
    assert loader is not None  # noqa: S101 - it is set where the environment is made
    return loader.get_source(_environment(), name)[0].strip()


@cache
def _style() -> str:
    """The style of the provider's page, ours, and the sign and the colour of each class of a cell."""
    looks = [(TONES[key], key.value, look.sign) for key, look in OUTCOMES.items()]
    looks += [("k", "warn", KNOWN.sign), ("u", "not_applicable", _UNJUDGED.sign)]
    looks += [("y", "not_testable", KEPT_IN_PART.sign)]
    signs = [
        f".m .{tone} {{ --tone: var(--{name}); --tint: var(--{name}-tint); }}\n"
        f'.m .{tone}::before {{ content: "{sign} "; content: "{sign} " / ""; }}'
        for tone, name, sign in looks
    ]
    return "\n".join(["", _source("style.css"), _source("dashboard.css"), *signs, ""])


def _render(name: str, **values: Any) -> str:
    columns, nights = len(values["columns"]), len(values["matrix"].nights)
    style = f"{_style()}.m {{ --n: {columns}; }}\n.m.h {{ --n: calc({nights} + 2); }}\n"
    allowed = policy(style, values.get("script", ""))
    return _environment().get_template(name).render(style=_own(style), policy=allowed, **values)


@cache
def _environment() -> Environment:
    made = environment(
        "conformance.dashboard", "conformance.report", shown=lambda text: one_line(text, 2 * _TEXT)
    )
    made.filters |= {"short": lambda text: one_line(text, _TEXT)}
    return made
