"""Findings are headed by what was observed, and what one fault breaks is told together."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from conformance.catalogue import Violation
from conformance.gate import Deviation, FailOn, decide
from conformance.report.findings import Finding, findings_of
from conformance.report.heading import heading, is_missing, together
from conformance.report.records import ExchangeLine
from tests.report.conftest import CHUNK, RULES, TODAY

LINES = {"chat-text": ExchangeLine(id="chat-text", api="chat", events=5)}


def seen(
    observed: str, expected: str = "", place: str = "", event: int | None = 2, times: int = 1
) -> Violation:
    """A violation."""
    return Violation(observed=observed, expected=expected, place=place, event=event, times=times)


def missing(place: str, event: int = 2, times: int = 1) -> Violation:
    """A violation that says that a key is not there."""
    return seen("no such key", f"the key `{place}`", place, event, times)


def findings(make: SimpleNamespace, **broken: Sequence[Violation]) -> list[Finding]:
    """The findings of a run in which these requirements are broken."""
    verdicts = [make.verdict(name.replace("_", "-"), violations=tuple(each)) for name, each in broken.items()]
    return findings_of(decide(verdicts, (), today=TODAY, fail_on=FailOn.MUST).rulings, RULES.__getitem__)


def headed(make: SimpleNamespace, *violations: Violation) -> str:
    """The heading of a finding with these violations."""
    (finding,) = findings(make, must_a=violations)
    return heading(finding, LINES)


@pytest.mark.parametrize(
    ("violations", "words"),
    [
        ([missing("seq", times=5)], "`seq` is missing on every event"),
        ([missing("seq", times=4)], "`seq` is missing on every event"),  # the terminator has no keys
        ([missing("seq", times=3)], "`seq` is missing on 3 events"),
        ([seen("null", "an id", "choices.*.id")], "`choices[].id` is null, expected an id"),
        ([missing("choices.*.index")], "`index` is missing in `choices[]` in event 2"),
        ([missing("r.a"), missing("r.b"), missing("r.c")], "`a`, `b` and `c` are missing in `r` in event 2"),
        ([missing("r.a"), missing("s.b"), missing("r.c", event=3)], "`a` is missing in `r` in event 2"),
        ([missing(f"k{number}") for number in range(8)], "`k5` and 2 more keys are missing in event 2"),
        ([seen('"stop"', '"length"', "choices.*.x")], '`choices[].x` is "stop", expected "length"'),
        ([seen("102", "64 + 37 = 101", "usage.total")], "`usage.total` is 102, expected 64 + 37 = 101"),
        (
            [seen("tool_calls: []", "no such key", "a.tool_calls")],
            "`a.tool_calls` is [], expected no such key",
        ),
        ([seen("none for choice 0", "logprobs", "x")], "`x`: none for choice 0, expected logprobs"),
        ([seen("the body stayed open", "its end")], "The body stayed open, expected its end"),
        ([seen("crlf", "LF")], "`crlf` came, expected LF"),
        ([seen('"a", which was cut', "b")], '"a", which was cut, expected b'),
        ([seen('"call_0" again', "another id")], '"call_0" again, expected another id'),
        ([seen("260 characters", "200")], "260 characters, expected 200"),
        ([seen("chat-n of 8 deltas begins", "b")], "chat-n of 8 deltas begins, expected b"),
        ([seen("completed", "incomplete", "status")], "`status` is completed, expected incomplete"),
        ([seen('"a"', "b", 'arguments of "f"')], 'Arguments of "f": "a", expected b'),
        ([seen('"a"', "b", "choices.0.x, word 2")], '`choices.0.x`, word 2: "a", expected b'),
        (
            [seen(f'"{"a" * 30}", where "{"b" * 10}" is a mark', "x", "k")],
            f'`k` is "{"a" * 30}", where "{"b" * 10}" is a mark, expected x',
        ),
        ([seen("word " * 40, "x")], f"Word {'word ' * 20}…, expected x"),
        ([seen("", "LF")], "Nothing came, expected LF"),
        ([seen("another", place="chat-text")], "`another` came"),
        ([seen('"%s"' % ("a" * 90), "x", "k")], '`k` is "aaaaaaaaaaaaaaaaaaaa…", expected x'),
        (
            [seen('"%s1"' % ("a" * 90), '"%s2", as streamed' % ("a" * 90), "k")],
            '`k` differs from what was expected, "aaaaaaaaaaaaaaaaaaaa…", as streamed',
        ),
        (
            [seen('status 404: {"error":{"message":"No \\"m\\".","type":"x"}}', "status 200")],
            'Status 404: No \\"m\\", expected status 200',
        ),
        (
            [seen(f'status 400: {{ "error": {{ "message": "{"m " * 60}", "type": "x"}}}}', "status 200")],
            f"Status 400: {'m ' * 45}…, expected status 200",
        ),
        (
            [seen('status 400: {"error":{"message":"No … "x"}}', "status 200")],
            "Status 400: No …, expected status 200",
        ),
    ],
)
def test_a_heading_says_what_was_observed(
    make: SimpleNamespace, violations: list[Violation], words: str
) -> None:
    assert headed(make, *violations).endswith(words)


def test_a_heading_stays_one_line_whatever_was_observed(make: SimpleNamespace) -> None:
    found = headed(make, seen("x\ny\u2028" + "z " * 5_000, "\x00" * 500, "k"))
    assert "\n" not in found
    assert "\u2028" not in found
    assert len(found) < 260


def test_a_finding_that_tells_nothing_is_headed_by_its_rule(make: SimpleNamespace) -> None:
    assert headed(make) == "The statement of `must-a`."


def test_what_one_object_lacks_is_told_together(make: SimpleNamespace) -> None:
    """Other objects, other events, and faults of another kind are told apart."""
    found = findings(
        make,
        must_a=[missing("r.a")],
        must_b=[missing("r.b")],
        must_c=[missing("s.c")],
        should_a=[missing("r.d")],
        must_first=[seen("102", "101", "r.e")],
        info_a=[missing("r.f", event=3)],
    )
    groups = {first.id: [item.id for item in also] for first, also in together(found)}
    assert groups == {"must-first": [], "must-a": ["must-b", "should-a"], "must-c": [], "info-a": []}
    (group,) = [group for group in together(found) if group[0].id == "must-a"]
    assert heading(group[0], LINES, group[1]) == "`a`, `b` and `d` are missing in `r` in event 2"


def test_keys_that_are_left_out_in_place_of_null_are_told_together(make: SimpleNamespace) -> None:
    """Whatever the object, if they may be null and the answers have none; as `exclude_none` does it."""
    found = findings(
        make,
        must_a=[missing("choices.*.finish_reason")],
        must_b=[missing("choices.*.logprobs.refusal"), missing("choices.*.logprobs.content")],
        must_c=[missing("choices.*.index")],  # which is never null
    )
    with_null = b'data: {"choices":[],"usage":null}\n\n'
    apart = [["must-a", "must-c"], ["must-b"]]
    for body, groups in ((CHUNK, [["must-a", "must-b"], ["must-c"]]), (CHUNK + with_null, apart)):
        told = together(found, {"chat-text": make.stream(body=body)})
        assert [[item.id for item in (first, *also)] for first, also in told] == groups
    first, also = together(found, {"chat-text": make.stream()})[0]
    words = "Keys are left out in place of null: `finish_reason` in `choices[]`; `refusal`, `content` in"
    assert heading(first, LINES, also) == f"{words} `choices[].logprobs`"


def test_what_is_listed_is_never_told_with_what_is_not(make: SimpleNamespace) -> None:
    verdicts = [make.verdict(name, violations=(missing(name[-1]),)) for name in ("must-a", "must-b")]
    listed = [Deviation(requirement="must-b", reason="known")]
    gate = decide(verdicts, listed, today=TODAY, fail_on=FailOn.MUST)
    assert all(not also for _, also in together(findings_of(gate.rulings, RULES.__getitem__)))


@pytest.mark.parametrize(
    ("told", "on"),
    [
        (("chat-b", "chat-c"), ("chat-b", "chat-c")),
        (("usage", "chat-b"), ("chat-a", "chat-b", "chat-c")),
        (("",), ("chat-a", "chat-b", "chat-c")),
    ],
    ids=["named", "not-all-named", "none-named"],
)
def test_a_finding_of_a_group_is_on_the_exchanges_that_it_names(
    told: Sequence[str], on: Sequence[str], make: SimpleNamespace
) -> None:
    """The others were only compared with them."""
    verdict = make.verdict("must-a", violations=tuple(seen("late", place=place) for place in told))
    verdict = replace(verdict, subject="pace", exchanges=("chat-a", "chat-b", "chat-c"))
    rulings = decide([verdict], (), today=TODAY, fail_on=FailOn.MUST).rulings
    (finding,) = findings_of(rulings, RULES.__getitem__)
    assert finding.exchanges == tuple(on)


def test_only_a_key_can_be_missing() -> None:
    assert is_missing(missing("a.*.b"))
    assert not is_missing(seen("no such key", place="arguments of f"))
    assert not is_missing(seen("none", place="a"))


def test_of_two_of_a_level_the_one_that_more_projects_report_comes_first(make: SimpleNamespace) -> None:
    """Whatever the number of exchanges; two reports of one project count once."""
    rules = {
        "must-a": make.rule("must-a", make.lookup("must-a").level, reports=("a/b#1", "a/b#2")),
        "must-b": make.rule(
            "must-b", make.lookup("must-a").level, reports=("a/b#1", "https://github.com/c/d/issues/2")
        ),
    }
    verdicts = [make.verdict("must-a"), make.verdict("must-a", subject="x"), make.verdict("must-b")]
    gate = decide(verdicts, (), today=TODAY, fail_on=FailOn.MUST)
    found = findings_of(gate.rulings, rules.__getitem__)
    assert [(item.id, item.projects) for item in found] == [("must-b", 2), ("must-a", 1)]
