"""What a night has to tell: what changed since the nights before, and only that."""

from datetime import date

import pytest

from conformance.catalogue import Level, Outcome
from conformance.gate import Deviation, ExitCode
from conformance.nightly.news import News, PastRun
from conformance.nightly.words import paragraph, title
from conformance.report.records import RequirementResult
from tests.nightly.conftest import past, results, told, tonight


def names(news: News, kind: str) -> list[str]:
    """The requirements of one kind of news."""
    return [item.requirement for item in getattr(news, kind)]


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        (["+"], "-", "new"),
        (["~"], "-", "new"),
        ([], "-", ""),
        (["-"], "-", ""),
        (["+"], "+", ""),
        (["-"], "+", "fixed"),
        (["-"], "~", "eased"),
        (["-", "+"], "-", "new"),
        (["+", "-"], "+", "fixed"),
        (["+", "-", "+"], "-", "flaky"),
        (["-", "+", "-"], "+", "flaky"),
        (["+", "-", "+", "-"], "-", ""),
        # A night without an answer hides nothing, and makes nothing new.
        (["-", "e"], "-", ""),
        (["+", "e"], "-", "new"),
        (["-", "e", "e"], "+", "fixed"),
        # What settled more than a week of nights ago has settled.
        (["-", "+", "-", "+", "+", "+", "+", "+", "+"], "-", "new"),
    ],
)
def test_what_turned_is_told_once(before: list[str], now: str, kind: str) -> None:
    """As new, fixed, broken less badly, or flaky; what did not turn not at all."""
    # Another requirement, kept throughout, makes it no first night.
    nights = past({"must_b": "+"}, *({"must_a": mark, "must_b": "+"} for mark in before))
    news = told(tonight(must_a=now, must_b="+"), before=nights)
    if not before:
        kind = "new"
    for other in ("new", "fixed", "eased", "flaky", "unjudged"):
        assert names(news, other) == (["must-a"] if other == kind else [])
    assert news.turned is bool(kind)


def test_a_broken_rule_that_was_never_judged_is_new() -> None:
    """Nobody knew of it."""
    assert names(told(tonight(must_a="-"), before=past({"must_b": "+"})), "new") == ["must-a"]


def test_the_first_night_of_a_run_is_compared_with_nothing() -> None:
    """Also where earlier nights could judge nothing; its violations are not new, they are the first."""
    for before in ({}, past({"must_a": "e"})):
        news = told(tonight(must_a="-"), before=before)
        assert news.since == ""
        assert [run.provider for run in news.first] == ["acme"]
        assert not news.turned


def test_since_is_the_newest_night_that_is_compared_with() -> None:
    """Of all runs."""
    before = {**past({"must_a": "+"}), **past({"must_a": "+"}, {"must_a": "+"}, place="beta/m")}
    news = told(tonight(must_a="+"), tonight("beta", must_a="+"), before=before)
    assert news.since == "2026-09-11T03:00:00Z"


def test_what_follows_bears_its_cause() -> None:
    """And what was observed."""
    run = tonight(must_a="-", must_b="-", because={"must-b": "must-a"}, observed={"must-a": "nothing at all"})
    first, second = told(run, before=past({"must_a": "+", "must_b": "+"})).new
    assert (first.because, first.observed) == ("", "nothing at all")
    assert second.because == "must-a"


def test_a_listed_deviation_is_not_new() -> None:
    """It is known. One that expired is not, and is told beside it."""
    for until, kinds in ((date(2026, 12, 1), []), (date(2026, 9, 30), ["must-a"])):
        listed = Deviation(requirement="must-a", reason="known", until=until)
        run = tonight(must_a="-", header={"deviations": [listed]})
        news = told(run, before=past({"must_a": "+"}))
        assert names(news, "new") == kinds


@pytest.mark.parametrize(
    ("until", "days"),
    [(date(2026, 10, 1), -1), (date(2026, 10, 2), 0), (date(2026, 10, 16), 14), (date(2026, 10, 17), None)],
)
def test_deviations_are_told_before_they_expire(until: date, days: int | None) -> None:
    """Two weeks before, until somebody acts."""
    listed = Deviation(requirement="must-a", reason="known", until=until)
    forever = Deviation(requirement="must-b", reason="known")
    run = tonight(must_a="+", header={"deviations": [listed, forever]})
    found = [(item.requirement, item.days) for item in told(run).expiring]
    assert found == ([] if days is None else [("must-a", days)])
    assert len(told(run, expiring=15).expiring) == 1


def test_a_run_without_an_answer_is_silent() -> None:
    """With the reason; nothing is told of what it broke before."""
    nights = past({"must_a": "-"})
    dead = tonight(must_a="e")
    assert dead.report is not None
    lost = tonight(why="ACME_API_KEY is not set", code=ExitCode.USAGE)
    gone = tonight(code=None)
    for run, why in (
        (lost, "ACME_API_KEY is not set"),
        (gone, "no report was written, see the log of its job"),
    ):
        news = told(run, before=nights)
        assert [item.why for item in news.silent] == [why]
        assert not news.turned


def test_a_run_that_was_cut_off_is_partial() -> None:
    """What it did not judge is not told to have come or gone."""
    run = tonight(must_b="+")
    whole = told(run, before=past({"must_a": "-", "must_b": "+"}))
    assert names(whole, "unjudged") == ["must-a"]
    cut = tonight(must_b="+", header={"incomplete": "its time was over"})
    news = told(cut, before=past({"must_a": "-", "must_b": "+"}))
    assert not names(news, "unjudged")
    assert [item.why for item in news.partial] == ["its time was over"]


def test_what_is_no_longer_judged_is_told_on_the_first_night_alone() -> None:
    """A night on which nothing answered is none; what comes back broken is not new."""
    kept = {"must_b": "+"}
    for before, found in (
        ([{"must_a": "-"} | kept], ["must-a"]),
        ([{"must_a": "-"} | kept, {"must_a": "e", "must_b": "e"}], ["must-a"]),
        ([{"must_a": "-"} | kept, {"must_a": "e"} | kept], []),
    ):
        news = told(tonight(must_a="e", must_b="+"), before=past(*before))
        assert names(news, "unjudged") == found
        assert not told(tonight(must_a="-", must_b="+"), before=past(*before)).turned


def test_the_suite_that_is_told_to_be_another_is_that_of_the_last_verdicts() -> None:
    """It changed in a night on which the provider did not answer; the night after tells of it."""
    older, newer = (
        past({"must_a": mark}, suite=suite)["acme/m"] for mark, suite in (("+", "0.9.0"), ("e", "1.0.0"))
    )
    assert told(tonight(must_a="-"), before={"acme/m": [*older, *newer]}).suites == ("0.9.0", "1.0.0")


@pytest.mark.parametrize(
    ("before", "now", "otherwise"),
    [
        ("the data ends in the middle", "NaN is no JSON", True),
        ('id "chatcmpl-1" in event 3', 'id "chatcmpl-2" in event 14', False),
        ("", "NaN is no JSON", False),
        ("3 events of 9 without a key", "9 events of 11 without a key", False),
        ('the text "Hello there"', 'the text "Good morning"', False),
        ('data: {"id": "of one run … (483 characters)', 'data: {"id": "of another … (412 characters)', False),
    ],
)
def test_another_fault_of_the_same_requirement_is_told(before: str, now: str, otherwise: bool) -> None:  # noqa: FBT001
    """Nothing turned, and yet something changed; numbers and names change with every run."""
    result = RequirementResult(outcome=Outcome.FAIL, level=Level.MUST, observed=before)
    older = PastRun(started="2026-09-10T03:00:00Z", suite="1.0.0", results={"must-a": result})
    news = told(tonight(must_a="-", observed={"must-a": now}), before={"acme/m": [older]})
    assert not news.turned
    text = f"Broken otherwise at acme: `must-a` (MUST, observed: {now}; before: {before})."
    assert (text in paragraph(news)) is otherwise
    assert ("Still broken: acme `must-a`" in paragraph(news)) is not otherwise
    assert ("nothing changed" in title(news)) is not otherwise


def test_of_a_text_of_any_length_little_is_compared() -> None:
    """The report of somebody else may hold a word of a million letters, which would take hours."""
    result = RequirementResult(outcome=Outcome.FAIL, level=Level.MUST, observed="x" * 1_000_000)
    older = PastRun(started="2026-09-10T03:00:00Z", suite="1.0.0", results={"must-a": result})
    (item,) = told(tonight(must_a="-"), before={"acme/m": [older]}).shifted
    assert item.before == result.observed


def test_what_was_asked_last_night_and_is_not_now_is_told_once() -> None:
    """By provider, and by model where others of it are asked; one that did not answer was asked."""
    before = {
        **past({"must_a": "+"}, {"must_a": "+"}),
        **past({"must_a": "+"}, {"must_a": "+"}, place="acme/old"),
        **past({"must_a": "+"}, {"must_a": "+"}, place="beta/m"),
        **past({"must_a": "+"}, {"must_a": "+"}, place="mute/m"),
        **past({"must_a": "+"}, place="gamma/m"),
    }
    news = told(tonight(must_a="+"), tonight("mute", why="it hangs"), before=before)
    assert news.gone == ("acme/old", "beta/m")
    assert "Not asked tonight, unlike in the last night: acme (old), beta." in paragraph(news)
    # Nights of one day are told apart by their ends; one of others altogether lacks nobody.
    after, until = (
        told(tonight(must_a="+"), before=before, last=f"2026-09-11T0{hour}:00:00Z") for hour in (2, 3)
    )
    assert (after.gone, until.gone) == ((*news.gone, "mute/m"), ())
    assert told(tonight("new", must_a="+"), before=before).gone == ()


@pytest.mark.parametrize(
    ("nights", "asked", "gone"),
    [
        ([{"must_a": "+"}], [], False),
        ([{"must_a": "+"}], ["tried/m"], True),
        ([{"must_a": "+"}, {"must_a": "-"}], [], True),
        ([{"must_a": "e"}, {"must_a": "e"}], ["tried/m"], False),
    ],
    ids=["once", "by-a-night", "on-two-days", "never-answered"],
)
def test_what_somebody_tried_between_two_nights_was_not_asked_by_one(
    nights: list[dict[str, str]], asked: list[str], *, gone: bool
) -> None:
    """A run by hand may leave its report in the same folder."""
    before = {**past({"must_a": "+"}, {"must_a": "+"}), **past(*nights, place="tried/m")}
    news = told(tonight(must_a="+"), before=before, asked=asked, last="2026-09-09T03:00:00Z")
    assert news.gone == (("tried/m",) if gone else ())


def test_a_list_that_is_out_of_date_is_told_where_nothing_changed() -> None:
    """It turns the run red, and no other sentence would say why."""
    listed = [
        Deviation(requirement="must-a", reason="r", until=date(2026, 9, 1)),
        Deviation(requirement="must-b", reason="r"),
    ]
    run = tonight(must_a="-", must_b="+", header={"deviations": listed})
    text = paragraph(told(run, before=past({"must_a": "-", "must_b": "+"})))
    assert "No verdict changed" in text
    assert "Red for its own list: acme (the known deviation must-a expired on 2026-09-01: fix it" in text
    assert "; the known deviation must-b is fixed" in text


def test_what_a_newer_suite_looks_at_is_new_and_was_not_judged_before() -> None:
    news = told(tonight(must_a="+", must_b="-"), before=past({"must_a": "+"}, suite="0.9.0"))
    assert "New at acme: `must-b` (MUST, not judged before, observed: another)." in paragraph(news)
    assert "The suite itself changed (0.9.0, 1.0.0)." in paragraph(news)


def test_another_version_of_the_suite_is_told() -> None:
    """What changed may be its doing."""
    assert told(tonight(must_a="+"), before=past({"must_a": "+"}, suite="0.9.0")).suites == ("0.9.0", "1.0.0")
    assert told(tonight(must_a="+"), before=past({"must_a": "+"})).suites == ()


def test_results_have_marks() -> None:
    """The nights above are what they look like."""
    assert results(must_a="~")["must-a"].outcome is Outcome.WARN
