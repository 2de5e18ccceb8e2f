"""What changed between the verdicts of two runs, and what a baseline excuses."""

from dataclasses import replace
from datetime import date

import pytest

from conformance.asked import api_asked, request_digest
from conformance.catalogue import Level, Outcome, Verdict, Violation
from conformance.compare import Asked, Baseline, Change, Move, broken_before, called_alike, compare, pair_of
from conformance.exchange import Api, Exchange, Request
from conformance.gate import Deviation, ExitCode, FailOn, decide

TODAY = date(2026, 11, 26)
STARTED = "2026-11-20T03:00:00Z"
PASS, FAIL, WARN, INFO = Outcome.PASS, Outcome.FAIL, Outcome.WARN, Outcome.INFO
SILENT = (Outcome.NOT_APPLICABLE, Outcome.NOT_TESTABLE, Outcome.ERROR)


def verdict(outcome: Outcome, subject: str = "chat-text", name: str = "role-first") -> Verdict:
    """A verdict with an outcome."""
    broken = outcome in (FAIL, WARN, INFO)
    return Verdict(
        requirement=name,
        level=Level.MUST,
        subject=subject,
        exchanges=(subject,),
        outcome=outcome,
        violations=(Violation(expected="a role", observed=f"none in {subject}"),) if broken else (),
    )


def moved(old: list[Verdict], new: list[Verdict]) -> Change:
    """The only change."""
    (change,) = compare(old, new)
    return change


@pytest.mark.parametrize(
    ("old", "new", "move"),
    [
        (PASS, FAIL, Move.REGRESSED),
        (PASS, WARN, Move.REGRESSED),
        (WARN, FAIL, Move.REGRESSED),
        (INFO, FAIL, Move.REGRESSED),
        (FAIL, PASS, Move.IMPROVED),
        (FAIL, WARN, Move.IMPROVED),
        (PASS, PASS, Move.UNCHANGED),
        (FAIL, FAIL, Move.UNCHANGED),
        (PASS, INFO, Move.UNCHANGED),
        *((silent, FAIL, Move.ADDED) for silent in SILENT),
        *((silent, PASS, Move.ADDED) for silent in SILENT),
        *((FAIL, silent, Move.REMOVED) for silent in SILENT),
    ],
)
def test_a_pair_moves(old: Outcome, new: Outcome, move: Move) -> None:
    """By how badly it is broken; what was not judged in one of the runs neither improves nor regresses."""
    change = moved([verdict(old)], [verdict(new)])
    assert (change.old, change.new, change.move) == (old, new, move)


def test_what_one_run_lacks_is_added_or_removed() -> None:
    """Such as a requirement that is new, or a scenario that was not sent."""
    assert moved([], [verdict(FAIL)]).move is Move.ADDED
    assert moved([verdict(FAIL)], []).move is Move.REMOVED
    assert moved([verdict(FAIL)], []).new is None


def test_what_neither_run_judged_is_no_change() -> None:
    assert compare([verdict(Outcome.NOT_APPLICABLE)], [verdict(Outcome.NOT_TESTABLE)]) == ()


def test_the_gravest_sample_stands_for_its_scenario() -> None:
    """And samples that differ are flaky, in whichever run."""
    samples = [verdict(PASS), verdict(FAIL, "chat-text.2"), verdict(PASS, "chat-text.3")]
    change = moved([verdict(PASS)], samples)
    assert (change.scenario, change.new, change.move, change.flaky) == (
        "chat-text",
        FAIL,
        Move.REGRESSED,
        True,
    )
    assert change.observed == "none in chat-text.2"
    assert moved(samples, [verdict(FAIL)]).flaky
    assert moved(samples, [verdict(FAIL)]).move is Move.UNCHANGED


def test_samples_that_were_not_all_judged_are_not_flaky() -> None:
    assert not moved([verdict(PASS), verdict(Outcome.ERROR, "chat-text.2")], [verdict(PASS)]).flaky


@pytest.mark.parametrize(
    ("subject", "scenario"),
    [
        ("chat-text", "chat-text"),
        ("chat-text.12", "chat-text"),
        ("chat-twins.2", "chat-twins"),
        ("openai.chat.02", "openai.chat.02"),
        ("stream.sse", "stream.sse"),
    ],
)
def test_a_pair_is_that_of_the_scenario(subject: str, scenario: str) -> None:
    """Names of files keep their numbers."""
    assert pair_of(verdict(PASS, subject)) == ("role-first", scenario)


def test_a_change_bears_the_cause_of_the_new_run() -> None:
    """A cause stands for the samples before what only follows."""
    follows = replace(verdict(FAIL), because="event-json")
    assert moved([verdict(PASS)], [follows]).because == "event-json"
    assert moved([verdict(PASS)], [follows, verdict(FAIL, "chat-text.2")]).because == ""


def test_broken_before_is_what_was_broken_at_least_as_badly() -> None:
    old = [verdict(FAIL), verdict(WARN, "chat-tool"), verdict(PASS, "chat-n"), verdict(FAIL, "chat-json")]
    new = [verdict(FAIL), verdict(FAIL, "chat-tool"), verdict(FAIL, "chat-n"), verdict(WARN, "chat-json")]
    assert broken_before(old, new) == {("role-first", "chat-text"), ("role-first", "chat-json")}


def test_a_baseline_excuses_what_it_breaks_too() -> None:
    """On the same scenario, in whichever sample, and says since when."""
    baseline = Baseline(verdicts=(verdict(FAIL, "chat-text.2"),), started=STARTED)
    gate = decide([verdict(FAIL)], today=TODAY, baseline=baseline)
    (ruling,) = gate.rulings
    assert (gate.exit_code, ruling.gates) == (ExitCode.CONFORMS, False)
    assert ruling.deviation is not None
    assert ruling.deviation.baseline == STARTED
    assert STARTED in ruling.deviation.reason
    assert gate.stale == ()


@pytest.mark.parametrize(
    "new", [verdict(FAIL, "chat-tool"), verdict(FAIL, name="done-present"), verdict(Outcome.ERROR)]
)
def test_a_baseline_excuses_nothing_else(new: Verdict) -> None:
    """Another scenario, another requirement, and never an error."""
    baseline = Baseline(verdicts=(verdict(FAIL), verdict(Outcome.ERROR)), started=STARTED)
    assert decide([new], today=TODAY, baseline=baseline).rulings[0].gates


def test_a_sample_that_failed_is_not_excused_by_the_others() -> None:
    """An error beside a violation that is known."""
    baseline = Baseline(verdicts=(verdict(FAIL),), started=STARTED)
    samples = [verdict(FAIL), verdict(Outcome.ERROR, "chat-text.2")]
    gate = decide(samples, today=TODAY, baseline=baseline)
    assert [ruling.gates for ruling in gate.rulings] == [False, True]
    assert gate.exit_code is ExitCode.ERROR


def test_a_warning_of_the_baseline_is_known_too() -> None:
    baseline = Baseline(verdicts=(verdict(WARN),), started=STARTED)
    gate = decide([verdict(WARN)], today=TODAY, fail_on=FailOn.SHOULD, baseline=baseline)
    assert gate.exit_code is ExitCode.CONFORMS


def test_a_listed_deviation_comes_before_the_baseline() -> None:
    """Unless it expired: then the baseline knows it, and the list is red."""
    baseline = Baseline(verdicts=(verdict(FAIL),), started=STARTED)
    listed = Deviation(requirement="role-first", reason="an old gateway")
    (ruling,) = decide([verdict(FAIL)], [listed], today=TODAY, baseline=baseline).rulings
    assert ruling.deviation == listed
    expired = replace(listed, until=date(2026, 1, 1))
    gate = decide([verdict(FAIL)], [expired], today=TODAY, baseline=baseline)
    assert gate.rulings[0].deviation is not None
    assert gate.exit_code is ExitCode.VIOLATION


@pytest.mark.parametrize(
    ("old", "new", "called"),
    [
        # One more before, and all that follows has another number.
        ("x-1=a x-2=b x-3=c", "x-1=n x-2=a x-3=b x-4=c", "x-1>x-2 x-2>x-3 x-3>x-4"),
        # The same request several times: by its place among them.
        ("x-1=a x-2=a x-3=b", "x-1=b x-2=a x-3=a", "x-1>x-2 x-2>x-3 x-3>x-1"),
        # Another model, which both sides have for all.
        ("x-1=a.m x-2=b.m", "y-1=b.n y-2=a.n", "x-1>y-2 x-2>y-1"),
        ("x-1=a.m x-2=a.n", "x-1=a.n x-2=a.m", "x-1>x-2 x-2>x-1"),
        # What has no counterpart keeps its id, unless the new run has it for something else.
        ("x-1=a x-2=b", "x-2=c", "x-1>x-1 x-2>x-2 (old)"),
        # Without a request the id is all that there is.
        ("text= x-1=a", "text= x-1=b", "text>text x-1>x-1 (old)"),
        ("x-1=a", "x-1=", "x-1>x-1"),
        # The number that a recorder gave it says nothing.
        (
            "chat-0001= responses-12345=",
            "chat-0001= x=",
            "chat-0001>chat-0001_ responses-12345>responses-12345",
        ),
    ],
)
def test_exchanges_of_no_scenario_belong_together_by_their_requests(old: str, new: str, called: str) -> None:
    """Whatever their numbers."""
    sides = [[Asked(*one.split("=")) for one in side.split(" ")] for side in (old, new)]
    wanted = dict(one.split(">") for one in called.replace(" (old)", "_").split(" "))
    found = called_alike(*sides)
    assert found[0] == {name: other.replace("_", " (old)") for name, other in wanted.items()}
    assert found[1] == {one.id: one.id for one in sides[1]}


def test_recordings_of_equal_names_are_no_samples() -> None:
    """As those of two folders are; what is called otherwise is compared by the new name."""
    old = [verdict(PASS, "x"), verdict(FAIL, "x.2")]
    called = {"x": "x.2", "x.2": "x"}, {"x": "x", "x.2": "x.2"}
    changes = compare(old, [verdict(FAIL, "x"), verdict(PASS, "x.2")], called)
    assert {(item.scenario, item.move, item.flaky) for item in changes} == {
        ("x", Move.UNCHANGED, False),
        ("x.2", Move.UNCHANGED, False),
    }


def test_fewer_samples_of_a_run_that_is_not_whole_are_no_improvement() -> None:
    """The sample that was broken may be missing; what is broken is told all the same."""
    old = [verdict(PASS), verdict(FAIL, "chat-text.2")]
    (change,) = compare(old, [verdict(PASS)], whole=False)
    assert (change.move, change.new) == (Move.REMOVED, None)
    (change,) = compare(old, [verdict(PASS), verdict(PASS, "chat-text.2")], whole=False)
    assert change.move is Move.IMPROVED
    (change,) = compare([verdict(PASS), verdict(PASS, "chat-text.2")], [verdict(FAIL)], whole=False)
    assert change.move is Move.REGRESSED


def asked(body: str, method: str = "POST", url: str = "") -> str:
    """The digest of a request."""
    return request_digest(Exchange(id="x", api=Api.CHAT, request=Request(body=body, method=method, url=url)))


def test_a_request_is_known_again_by_what_it_asks() -> None:
    """Whatever the order of its keys, and of one that is resumed the id in its path; the model is apart."""
    one, other = asked('{"model": "m", "n": 1}'), asked('{"n":1,"model":"o"}')
    assert one == asked('{"n":1,"model":"m"}')
    assert (one != other, one.partition(".")[0]) == (True, other.partition(".")[0])
    assert one.partition(".")[0] != asked('{"model": "m", "n": 2}').partition(".")[0]
    assert asked("no JSON") != asked("no JSON either")
    assert asked("") == request_digest(Exchange(id="x", api=Api.CHAT)) == ""
    address = "http://h/v1/responses/{}?stream=true&starting_after={}"
    resumed = [asked("", method="GET", url=address.format(*of)) for of in (("a", 1), ("b", 1), ("b", 2))]
    assert resumed[0] == resumed[1] != resumed[2]


@pytest.mark.parametrize(
    ("method", "path", "query", "api"),
    [
        ("POST", "/v1/chat/completions", "", Api.CHAT),
        ("POST", "/v1/chat/completions/", "", Api.CHAT),
        ("POST", "/openai/deployments/d/chat/completions", "api-version=1", Api.CHAT),
        ("POST", "/v1/responses", "", Api.RESPONSES),
        ("GET", "/v1/responses/resp_1", "stream=true", Api.RESPONSES),
        ("GET", "/v1/responses/resp_1", "starting_after=3&stream=true", Api.RESPONSES),
        ("GET", "/v1/responses/resp_1", "", None),
        ("GET", "/v1/responses/resp_1", "stream=false", None),
        ("GET", "/v1/responses/resp_1/input_items", "stream=true", None),
        ("GET", "/v1/responses", "", None),
        ("POST", "/v1/responses/resp_1/cancel", "", None),
        ("GET", "/v1/chat/completions", "", None),
        ("POST", "/v1/embeddings", "", None),
        ("POST", "/v1/chat/completions/x", "", None),
        ("POST", "/v1/my-responses", "", None),
    ],
)
def test_what_the_suite_can_judge_is_known_by_its_address(
    method: str, path: str, query: str, api: Api | None
) -> None:
    """Of a recorder and of an archive alike."""
    assert api_asked(method, path, query) is api
