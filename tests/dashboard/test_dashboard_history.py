"""What changed from one run to the next, and what will not settle."""

from conformance.catalogue import Level, Outcome
from conformance.dashboard.history import Begin, Results, Seen, changes, flaky, part_of, since, story
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


def seen(*runs: Results) -> list[Seen]:
    """Runs that judged everything."""
    return [Seen(results=item) for item in runs]


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


def test_what_turns_three_times_within_seven_runs_is_flaky() -> None:
    """What broke and was mended is a change and no more, and so is what settled long ago."""
    states = {
        "once": "+--------",
        "mended": "++-++++++",
        "often": "+-+-+-+-+",
        "again": "++++++-+-",
        "kept": "+i+i+i+i+",
        "graver": "~-~-~-~-~",
        "settled": "-+-+-----",
    }
    words = {"+": PASS, "-": FAIL, "i": INFO, "~": WARN}
    runs = [
        run(**{name: words[marks[index]] for name, marks in states.items()})
        for index in range(len(states["once"]))
    ]
    assert dict(flaky(seen(*runs))) == {"often": 6, "again": 3}
    assert dict(flaky([])) == {}


def test_a_run_that_did_not_judge_a_requirement_makes_it_neither_flaky_nor_new() -> None:
    """An error of the network is no turn, and broken on both sides of it is broken all along."""
    outcomes = [(PASS, FAIL), (ERROR, SILENT), (PASS, SILENT), (ERROR, FAIL), (ERROR, ERROR), (ERROR, FAIL)]
    runs = seen(*(run(a=first, b=second) for first, second in outcomes))
    assert dict(flaky(runs)) == {}
    assert dict(since(runs)) == {"b": Begin(0, least=True)}
    assert not [turn for turned in story(runs) if turned for turn in (*turned.new, *turned.improved)]


def test_since_when_something_is_broken() -> None:
    """The first run of those that broke it without a break; nothing is told of what is kept now."""
    runs = seen(run(a=FAIL, b=FAIL, c=PASS), run(a=PASS, b=WARN, c=FAIL), run(a=FAIL, b=FAIL, c=PASS))
    assert dict(since(runs)) == {"a": Begin(2, least=False), "b": Begin(0, least=True)}
    assert dict(since([])) == {}
    assert dict(since(seen(run(a=PASS), run(a=SILENT)))) == {}
    assert dict(since(seen(run(a=SILENT), run(a=FAIL)))) == {"a": Begin(1, least=True)}


def test_a_run_in_part_is_compared_on_what_it_judged() -> None:
    """What it breaks is new where a run before kept it, and nothing is told of what it did not judge."""
    smoke = "only the scenarios smoke"
    first, second, third = story(
        [
            Seen(results=run(a=PASS, b=FAIL), part="held to chat-core-2026-11-26"),
            Seen(results=run(a=PASS), part=smoke),
            Seen(results=run(a=FAIL, b=FAIL, c=FAIL)),
        ]
    )
    assert first is None
    assert second is not None
    assert not second
    assert third is not None
    assert [turn.requirement for turn in third.regressed] == ["a"]
    assert [turn.requirement for turn in third.added] == ["c"]


def test_a_run_in_part_mends_nothing_that_it_may_not_have_sent() -> None:
    """What it kept on fewer requests says nothing of a violation elsewhere; of the same part, it does."""
    smoke = "only the scenarios smoke"
    whole, part = Seen(results=run(a=FAIL)), Seen(results=run(a=PASS), part=smoke)
    assert [bool(turned) for turned in story([whole, part, whole, part, whole])] == [False] * 5
    assert dict(flaky([whole, part, whole, part, whole])) == {}
    assert dict(since([whole, part, whole])) == {"a": Begin(0, least=True)}
    turned = story([Seen(results=run(a=FAIL), part=smoke), part])[-1]
    assert turned is not None
    assert [turn.requirement for turn in turned.fixed] == ["a"]
    mended = story([whole, part, Seen(results=run(a=PASS))])[-1]
    assert mended is not None
    assert [turn.requirement for turn in mended.fixed] == ["a"]


def test_no_run_is_comparable_before_the_first_that_judged_anything() -> None:
    """Then there is nothing to say, which is not the same as nothing having turned."""
    assert story(seen(run(a=ERROR), run(a=FAIL), run(a=FAIL)))[:2] == (None, None)
    assert story(seen(run(a=ERROR), run(a=FAIL), run(a=FAIL)))[2] is not None


def test_what_is_no_longer_judged_is_told_once() -> None:
    """And by a run that judged as much as the one that last did."""
    runs = seen(run(a=FAIL, b=PASS), run(a=ERROR, b=PASS), run(a=ERROR, b=PASS))
    first, second, third = story(runs)
    assert first is None
    assert second is not None
    assert [turn.requirement for turn in second.removed] == ["a"]
    assert third is not None
    assert not third
    cut = Seen(results=run(b=PASS), part="its time was over")
    assert not story([runs[0], cut])[-1]


def test_the_part_of_a_run_is_what_it_left_out_and_what_it_is_held_to() -> None:
    """Nothing for a run that judged everything."""
    assert part_of("", None) == ""
    assert part_of("only the scenarios smoke", None) == "only the scenarios smoke"
    assert part_of("cut", "chat-core-2026-11-26") == "cut; held to chat-core-2026-11-26"


def test_a_run_that_could_judge_nothing_hides_nothing() -> None:
    """What was broken before it is not new after it, and what is no longer judged is told once."""
    runs = seen(
        run(a=FAIL, b=PASS, c=FAIL),
        run(a=ERROR, b=ERROR, c=ABSENT),  # judged nothing
        run(a=FAIL, b=FAIL, c=ERROR),
        run(a=FAIL, b=FAIL, c=ERROR),
        run(a=PASS, b=FAIL, c=FAIL),
    )
    found = [turned for turned in story(runs) if turned is not None]
    assert [[turn.requirement for turn in turned.turns] for turned in found] == [
        ["a", "c"],
        ["b", "c"],
        [],
        ["a"],
    ]
    assert [turn.requirement for turn in found[-1].fixed] == ["a"]
