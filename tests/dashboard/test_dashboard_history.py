"""What changed from one run to the next, and what will not settle."""

from conformance.catalogue import Level, Outcome
from conformance.dashboard.history import Results, changes, flaky, since, turning
from conformance.report.records import RequirementResult

FAIL, WARN, INFO, PASS = Outcome.FAIL, Outcome.WARN, Outcome.INFO, Outcome.PASS
ABSENT, SILENT, ERROR = Outcome.NOT_APPLICABLE, Outcome.NOT_TESTABLE, Outcome.ERROR


def result(outcome: Outcome, observed: str = "", **fields: str | bool) -> RequirementResult:
    """What became of a requirement; its level goes with what it breaks."""
    level = Level.SHOULD if outcome is WARN else Level.MUST
    return RequirementResult(outcome=outcome, level=level, observed=observed, **fields)  # type: ignore[arg-type]


def run(**outcomes: Outcome) -> Results:
    """A run with these outcomes."""
    return {name: result(outcome, f"{name} was {outcome}") for name, outcome in outcomes.items()}


def test_each_requirement_that_turned_is_told_once_under_its_word() -> None:
    """And nothing is told of one that did not."""
    older = run(a=PASS, b=FAIL, c=WARN, d=FAIL, e=FAIL, f=PASS, g=ABSENT, h=INFO)
    newer = run(a=FAIL, b=PASS, c=FAIL, d=WARN, e=ABSENT, f=PASS, g=FAIL, h=PASS)
    found = changes(older, newer)
    assert [turn.requirement for turn in found.regressed] == ["a", "c"]
    assert [turn.requirement for turn in found.improved] == ["b", "d"]
    assert [turn.requirement for turn in found.added] == ["g"]
    assert [turn.requirement for turn in found.removed] == ["e"]
    assert [turn.requirement for turn in found.new] == ["a", "c", "g"]
    assert [turn.requirement for turn in found.fixed] == ["b"]
    assert sorted(turn.requirement for turn in found.turns) == list("abcdeg")


def test_two_runs_that_say_the_same_have_no_changes() -> None:
    """Nor have two of which one judged less of what is kept."""
    assert not changes(run(a=FAIL, b=PASS), run(a=FAIL, b=PASS))
    assert not changes(run(a=PASS), {})
    assert not changes({}, run(a=PASS, b=SILENT, c=ERROR))
    assert changes(run(a=PASS), run(a=FAIL))


def test_a_turn_quotes_what_was_observed_where_it_is_or_was_broken() -> None:
    """With the cause, and whether somebody knows of it."""
    older = {"a": result(PASS), "b": result(FAIL, "two roles")}
    newer = {"a": result(FAIL, "no role", because="event-json", known=True), "b": result(PASS)}
    first, second = changes(older, newer).turns
    assert (first.old, first.new, first.observed) == (PASS, FAIL, "no role")
    assert (first.because, first.known, first.level) == ("event-json", True, Level.MUST)
    assert (second.observed, second.because, second.known) == ("two roles", "", False)


def test_a_requirement_that_only_one_run_knows_is_compared_all_the_same() -> None:
    """A newer catalogue has more of them, an older one others."""
    found = changes(run(old=FAIL), run(new=WARN))
    assert [(turn.requirement, turn.old, turn.new) for turn in found.turns] == [
        ("new", None, WARN),
        ("old", FAIL, None),
    ]


def test_what_flips_at_least_twice_is_flaky() -> None:
    """Broken once and mended, or mended once and broken, is a change and no more."""
    states = {
        "once": (PASS, FAIL, FAIL, FAIL, FAIL),
        "twice": (PASS, FAIL, PASS, PASS, PASS),
        "often": (FAIL, PASS, FAIL, PASS, FAIL),
        "kept": (PASS, INFO, PASS, INFO, PASS),
        "graver": (WARN, FAIL, WARN, FAIL, WARN),
    }
    runs = [run(**dict(zip(states, column, strict=True))) for column in zip(*states.values(), strict=True)]
    assert dict(flaky(runs)) == {"twice": 2, "often": 4}
    assert dict(flaky([])) == {}


def test_a_run_that_did_not_judge_a_requirement_makes_it_neither_flaky_nor_new() -> None:
    """An error of the network is no flip, and broken on both sides of it is broken all along."""
    runs = [run(a=PASS, b=FAIL), run(a=ERROR, b=SILENT), run(a=PASS), run(a=ERROR, b=FAIL)]
    assert dict(flaky(runs)) == {}
    assert dict(since(runs)) == {"b": 0}


def test_since_when_something_is_broken() -> None:
    """The first run of those that broke it without a break; nothing is told of what is kept now."""
    runs = [run(a=FAIL, b=FAIL, c=PASS), run(a=PASS, b=WARN, c=FAIL), run(a=FAIL, b=FAIL, c=PASS)]
    assert dict(since(runs)) == {"a": 2, "b": 0}
    assert dict(since([])) == {}
    assert dict(since([run(a=PASS), run(a=SILENT)])) == {}
    assert dict(since([run(a=SILENT), run(a=FAIL)])) == {"a": 1}


def test_a_run_that_could_judge_nothing_hides_nothing() -> None:
    """What was broken before it is not new after it, and what is no longer judged is told once."""
    runs = [
        run(a=FAIL, b=PASS, c=FAIL),
        run(a=ERROR, b=ERROR, c=ABSENT),  # judged nothing
        run(a=FAIL, b=FAIL, c=ERROR),
        run(a=FAIL, b=FAIL, c=ERROR),
        run(a=PASS, b=FAIL, c=FAIL),
    ]
    told = [[turn.requirement for turn in found.turns] for found in turning(runs)]
    assert told == [["a", "c"], ["b", "c"], [], ["a"]]
    assert [turn.requirement for turn in turning(runs)[-1].fixed] == ["a"]
    assert turning(runs[:1]) == turning([]) == ()
