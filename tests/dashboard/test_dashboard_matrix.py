"""Which run of an endpoint is shown, what its cells and its nights say, and which rows differ."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import Family, Outcome
from conformance.dashboard.cells import note
from conformance.dashboard.clients import CLIENTS, clients_of
from conformance.dashboard.matrix import NIGHTS, CellState, Column, Matrix, Since, matrix_of, state_of
from conformance.dashboard.stored import stored_runs
from conformance.profiles import profiles
from conformance.requirements import CATALOGUE, by_id
from tests.dashboard.making import DAY, result, store

FAIL, WARN, INFO, PASS = Outcome.FAIL, Outcome.WARN, Outcome.INFO, Outcome.PASS
ABSENT, SILENT, ERROR = Outcome.NOT_APPLICABLE, Outcome.NOT_TESTABLE, Outcome.ERROR


def ago(days: int) -> date:
    """A night so many days before the newest."""
    return DAY - timedelta(days=days)


def matrix(root: Path) -> Matrix:
    """That of what is stored."""
    return matrix_of(stored_runs(root), CATALOGUE, profiles().newest)


def column(root: Path) -> Column:
    """The only one of what is stored."""
    (found,) = matrix(root).columns
    return found


def rows(root: Path) -> dict[str, Any]:
    """The rows by their ids."""
    return {row.id: row for group in matrix(root).groups for row in group.rows}


def test_endpoints_are_columns_in_alphabetical_order(tmp_path: Path) -> None:
    """Each model of a provider by itself, and recordings of it apart from live runs."""
    for provider, model in (("Zeta", "m"), ("alpha", "n"), ("alpha", "m"), ("Beta", "m")):
        store(tmp_path, {"role-first": PASS}, provider=provider, model=model)
    store(tmp_path, {"role-first": PASS}, provider="alpha", model="m", hour=4, replayed=True)
    assert [(one.name, one.recorded) for one in matrix(tmp_path).columns] == [
        ("alpha m", False),
        ("alpha m", True),
        ("alpha n", False),
        ("Beta m", False),
        ("Zeta m", False),
    ]


def test_every_requirement_has_a_row_in_its_family_but_those_for_the_record(tmp_path: Path) -> None:
    store(tmp_path, {"role-first": PASS})
    found = matrix(tmp_path)
    assert [group.family for group in found.groups] == list(Family)
    asked = {rule.id for rule in CATALOGUE if not rule.untestable}
    assert set(rows(tmp_path)) == asked


def test_a_requirement_that_the_catalogue_no_longer_has_keeps_its_row(tmp_path: Path) -> None:
    store(tmp_path, {"role-first": PASS, "role-of-old": FAIL})
    last = matrix(tmp_path).groups[-1]
    assert (last.family, [row.id for row in last.rows]) == (None, ["role-of-old"])


@pytest.mark.parametrize(
    ("newer", "mark", "alone_is"),
    [
        ({"incomplete": "interrupted"}, "", CellState.PARTIAL),
        ({"profile": "chat-core-2026-11-26"}, "chat-core-2026-11-26", CellState.KEPT),
    ],
    ids=["incomplete", "profile"],
)
def test_a_run_that_judged_less_does_not_hide_the_whole_one_before(
    newer: dict[str, Any], mark: str, alone_is: CellState, tmp_path: Path
) -> None:
    """But is told of, and is the one that is shown where there is no other."""
    store(tmp_path, {"role-first": FAIL}, ago(1))
    store(tmp_path, {"role-first": PASS}, **newer)
    found = column(tmp_path)
    assert (found.shown.night, found.results["role-first"].outcome) == (ago(1), FAIL)
    assert found.newer is not None
    assert found.newer.night == DAY
    assert found.newer.header.profile == (mark or None)
    assert [night.state for night in found.nights] == [CellState.PARTIAL, CellState.BROKEN]
    alone = tmp_path / "alone"
    store(alone, {"role-first": PASS}, **newer)
    assert (column(alone).shown.night, column(alone).newer) == (DAY, None)
    assert [night.state for night in column(alone).nights] == [alone_is]
    assert state_of(column(alone).shown) == (alone_is, 0)


def test_the_last_whole_run_of_a_night_stands_for_it(tmp_path: Path) -> None:
    """Whatever ran after it in part."""
    store(tmp_path, {"role-first": FAIL}, hour=3)
    store(tmp_path, {"role-first": PASS}, hour=4)
    store(tmp_path, {}, hour=5, incomplete="interrupted")
    assert [(night.state, night.run and night.run.started.hour) for night in column(tmp_path).nights] == [
        (CellState.KEPT, 4)
    ]


@pytest.mark.parametrize(
    ("results", "state", "count"),
    [
        ({"role-first": FAIL, "done-present": FAIL, "id-nonempty": WARN}, CellState.BROKEN, 2),
        ({"id-nonempty": WARN, "done-present": PASS}, CellState.WARNED, 1),
        ({"role-first": result("role-first", FAIL, known=True), "id-nonempty": WARN}, CellState.WARNED, 1),
        ({"role-first": result("role-first", FAIL, known=True), "done-present": PASS}, CellState.KNOWN, 1),
        ({"role-first": ERROR, "done-present": PASS}, CellState.ERROR, 1),
        ({"role-first": PASS, "sse-bom": INFO}, CellState.KEPT, 0),
        ({"role-first": SILENT, "done-present": ABSENT}, CellState.NOTHING, 0),
        ({}, CellState.NOTHING, 0),
        (
            {"event-json": FAIL, "role-first": result("role-first", FAIL, because="event-json")},
            CellState.BROKEN,
            1,
        ),
    ],
    ids=["must", "should", "known-and-should", "known", "error", "kept", "silent", "empty", "follows"],
)
def test_a_night_says_the_gravest_and_how_much_of_it(
    results: dict[str, Any], state: CellState, count: int, tmp_path: Path
) -> None:
    """What follows from another violation is not counted again."""
    store(tmp_path, results)
    (night,) = column(tmp_path).nights
    assert (night.state, night.count) == (state, count)


def test_nights_without_a_run_are_told_from_those_before_the_first(tmp_path: Path) -> None:
    """And from those whose report cannot be read. Recordings are not expected every night."""
    for days in range(5):
        store(tmp_path, {"role-first": PASS}, ago(days), provider="every")
    for days in (0, 3):
        store(tmp_path, {"role-first": PASS}, ago(days), provider="some")
    (store(tmp_path, {"role-first": PASS}, ago(1), provider="some") / "report.jsonl").unlink()
    store(tmp_path, {"role-first": PASS}, ago(3), provider="stored", replayed=True)
    states = {one.provider: [night.state for night in one.nights] for one in matrix(tmp_path).columns}
    assert states["every"] == [CellState.KEPT] * 5
    assert states["some"] == [
        CellState.KEPT,
        CellState.UNREAD,
        CellState.MISSING,
        CellState.KEPT,
        CellState.NONE,
    ]
    assert states["stored"] == [
        CellState.NONE,
        CellState.NONE,
        CellState.NONE,
        CellState.KEPT,
        CellState.NONE,
    ]


def test_nights_tell_what_turned_since_the_last_comparable_run(tmp_path: Path) -> None:
    """A run in part lies between; what it kept was not all that there was to keep."""
    store(tmp_path, {"role-first": PASS, "done-present": FAIL}, ago(3))
    store(tmp_path, {"role-first": FAIL, "done-present": FAIL}, ago(2))
    store(tmp_path, {"role-first": PASS}, ago(1), incomplete="interrupted")
    store(tmp_path, {"role-first": FAIL, "done-present": PASS, "done-once": FAIL}, ago(0))
    found = column(tmp_path)
    told = [[turn.requirement for turn in night.changes.turns] for night in found.nights if night.changes]
    assert told == [["done-once", "done-present"], ["role-first"]]
    assert [night.changes is None for night in found.nights] == [False, False, False, True]
    assert found.latest is found.nights[0].changes
    assert found.since == {"role-first": Since(ago(2)), "done-once": Since(ago(0), least=True)}
    assert note(found, "done-once") == "new"


def test_the_newest_run_is_what_changed_last_whatever_it_judged(tmp_path: Path) -> None:
    """Also where several ran in one night, and where the ones before are held to a profile or in part."""
    store(tmp_path, {"role-first": PASS}, hour=3, incomplete="only the scenarios smoke")
    store(tmp_path, {"role-first": PASS}, hour=4, profile="chat-core-2026-11-26")
    assert column(tmp_path).latest is not None
    assert not column(tmp_path).latest
    store(tmp_path, {"role-first": FAIL}, hour=5)
    assert (found := column(tmp_path).latest) is not None
    assert [turn.requirement for turn in found.new] == ["role-first"]
    store(tmp_path, {"done-present": FAIL}, hour=6, incomplete="only the scenarios smoke")
    assert (found := column(tmp_path).latest) is not None
    assert [turn.requirement for turn in found.new] == ["done-present"]
    assert [run.started.hour for run, _ in column(tmp_path).story] == [6, 5, 4, 3]


def test_what_was_broken_in_every_stored_run_is_so_since_the_first_of_them_at_least(tmp_path: Path) -> None:
    """Nobody knows more; and nothing where no run of another day judged anything before."""
    store(tmp_path, {"role-first": ERROR}, ago(3))
    store(tmp_path, {"role-first": FAIL}, ago(2))
    store(tmp_path, {"role-first": FAIL})
    assert column(tmp_path).since == {"role-first": Since(ago(2), least=True)}
    assert note(column(tmp_path), "role-first") == "since at least 18 Nov"
    for hour, outcome in ((1, ERROR), (2, FAIL), (3, FAIL)):
        store(tmp_path / "again", {"role-first": outcome}, hour=hour)
        assert note(column(tmp_path / "again"), "role-first") == ""


def test_what_turns_three_times_is_flaky(tmp_path: Path) -> None:
    for days, outcome in enumerate((FAIL, PASS, FAIL, PASS)):
        store(tmp_path, {"role-first": outcome, "done-present": FAIL}, ago(days))
    assert column(tmp_path).flaky == {"role-first": 3}


def test_the_history_goes_back_so_many_nights(tmp_path: Path) -> None:
    """Nights on which anything ran; the run that is shown may be older than all of them."""
    store(tmp_path, {"role-first": FAIL}, ago(90), provider="gone")
    for days in range(NIGHTS + 3):
        store(tmp_path, {"role-first": PASS if days < NIGHTS else FAIL}, ago(days))
    found = matrix(tmp_path)
    assert found.nights == tuple(ago(days) for days in range(NIGHTS))
    acme, gone = found.columns
    assert acme.nights[-1].changes is None
    assert {night.state for night in gone.nights} == {CellState.MISSING}
    assert gone.results["role-first"].outcome is FAIL
    assert found.stored == NIGHTS + 4


def test_a_run_is_old_beside_the_newest_and_not_by_the_clock(tmp_path: Path) -> None:
    """One of just seven days is not."""
    for provider, days in (("new", 0), ("week", 7), ("old", 8)):
        store(tmp_path, {"role-first": PASS}, ago(days), provider=provider)
    assert {one.provider: (one.days, one.old) for one in matrix(tmp_path).columns} == {
        "new": (0, False),
        "week": (7, False),
        "old": (8, True),
    }


@pytest.mark.parametrize(
    ("first", "second", "differs"),
    [
        (PASS, FAIL, True),
        (FAIL, WARN, True),
        (PASS, INFO, True),
        (FAIL, FAIL, False),
        (PASS, ABSENT, False),
        (FAIL, SILENT, False),
        (ERROR, PASS, False),
        (FAIL, None, False),
    ],
)
def test_endpoints_differ_where_one_does_otherwise_than_another(
    first: Outcome,
    second: Outcome | None,
    differs: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    """What was not judged says nothing of an endpoint."""
    store(tmp_path, {"role-first": first}, provider="a")
    store(tmp_path, {"role-first": second} if second else {}, provider="b")
    assert rows(tmp_path)["role-first"].differs is differs


def test_a_row_names_its_profiles_and_the_clients_that_it_hurts(tmp_path: Path) -> None:
    store(tmp_path, {"role-first": PASS})
    found, row = matrix(tmp_path), rows(tmp_path)["role-first"]
    assert "chat-core" in [found.profiles[index] for index in row.profiles]
    assert [found.clients[index] for index in row.clients] == ["openai-node", "LangChain.js"]


def test_clients_are_those_that_the_catalogue_names() -> None:
    """By their whole name; a sentence about every client names each of them."""
    named = {rule.id: clients_of(rule) for rule in CATALOGUE}
    assert {name for names in named.values() for name in names} == set(CLIENTS)
    assert all(words.search(" ".join(rule.hurts for rule in CATALOGUE)) for words in CLIENTS.values())
    assert named["status-ok"] == tuple(CLIENTS)
    assert named["role-first"] == ("openai-node", "LangChain.js")
    assert named["done-last"] == ("openai-python", "openai-node", "@ai-sdk")
    assert named["utf8-valid"] == ("openai-python",)
    assert named["sse-space"] == ()
    assert "answer" in by_id("answer-present").hurts
