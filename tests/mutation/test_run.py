"""What counts as killed, and what makes a run fail."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.catalogue import Family
from conformance.requirements import CATALOGUE
from tests.mutation import run as running
from tests.mutation.__main__ import complaints
from tests.mutation.bases import bases
from tests.mutation.families import aimed
from tests.mutation.operators import Mutant
from tests.mutation.report import share, written
from tests.mutation.run import Kind, judged, spoilt
from tests.mutation.stream import Base
from tests.mutation.survivors import SURVIVORS, listed, unlisted

BASES = {base.id: base for base in bases()}
SHORT = BASES["made/chat-text"]
KIND = Kind(
    base="made/chat-text",
    operator="drop",
    family=Family.CHAT,
    event="chunk",
    place="object",
    rule="",
    told=(),
    fate="survived",
)


@pytest.fixture(scope="module")
def found() -> Counter[Kind]:
    return judged(SHORT)


def test_every_mutant_is_counted_once(found: Counter[Kind]) -> None:
    assert found.total() == sum(1 for _ in spoilt(SHORT))


def test_no_equivalent_mutant_is_told_of(found: Counter[Kind]) -> None:
    """The same holds for all streams in `make mutation`."""
    assert {kind.fate for kind in found if kind.rule} == {"equivalent"}


def test_most_of_a_plain_stream_is_killed(found: Counter[Kind]) -> None:
    assert share(found) > 0.95


def test_a_mutant_survives_when_the_rule_about_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures come from the requirements: without them a mutant is not killed."""
    gone = ("role-first", "chunk-schema")

    def fates() -> set[str]:
        return {kind.fate for kind in judged(SHORT, of("drop", "choices.*.delta.role"))}

    assert fates() == {"killed"}
    monkeypatch.setattr(running, "CATALOGUE", [rule for rule in CATALOGUE if rule.id not in gone])
    assert fates() == {"survived"}


def test_a_rule_of_another_family_kills_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is spoilt in usage has to be told by a rule about usage."""
    base = BASES["made/chat-usage"]

    def fates() -> set[str]:
        return {kind.fate for kind in judged(base, of("renumber-up", "usage.total_tokens"))}

    assert fates() == {"killed"}
    monkeypatch.setattr(running, "speaks_for", lambda rule, *_, **__: rule == "role-first")
    assert fates() == {"survived"}


def test_an_equivalent_mutant_that_is_told_of_is_misjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a requirement that fails legal streams fails the run."""
    monkeypatch.setattr(running, "equivalent", lambda *_: "framing")
    assert {kind.fate for kind in judged(SHORT, of("drop", "choices.*.delta.role"))} == {"misjudged"}


def of(operator: str, place: str) -> Callable[[Base], list[Mutant]]:
    """The mutants that an operator makes at a place."""
    return lambda base: [one for one in spoilt(base) if (one.operator, one.place) == (operator, place)]


def families(base: Base, operator: str, place: str) -> set[Family]:
    mutant = next(one for one in spoilt(base) if (one.operator, one.place) == (operator, place))
    return set(aimed(base, mutant))


def test_a_place_is_of_its_family_and_a_whole_of_those_in_it() -> None:
    usage, tools = BASES["made/chat-usage"], BASES["made/chat-tools"]
    assert families(usage, "drop", "usage.total_tokens") == {Family.USAGE}
    assert families(tools, "drop", "choices.*.delta.tool_calls.*.index") == {Family.TOOLS}
    assert families(tools, "drop", "choices.*.delta.tool_calls") == {Family.TOOLS}
    assert families(usage, "cut", "object") == {Family.CHAT}
    assert families(usage, "json-cut", "") == {Family.WIRE}


def complaint(**changes: object) -> str:
    base = Counter({replace(KIND, fate="killed"): 99})
    return "\n".join(complaints(base + Counter({replace(KIND, **changes): 1})))  # type: ignore[arg-type]


def test_a_survivor_without_a_reason_is_complained_of() -> None:
    assert "Survived and is not listed: drop of chunk object in made/chat-text." in complaint()


def test_a_misjudged_mutant_is_complained_of() -> None:
    told = complaint(fate="misjudged", rule="text", told=("role-first",))
    assert "Equivalent by the rule 'text', and told of by role-first: drop of chunk object" in told


def test_too_few_killed_are_complained_of() -> None:
    few = Counter({replace(KIND, fate="killed"): 97, KIND: 3})
    assert "Only 97.00% are killed; at least 98% have to be." in complaints(few)[0]


def test_a_row_that_fewer_or_more_survivors_fit_is_complained_of() -> None:
    """So a rule that is lost shows, though its mutants fit a row."""
    row = SURVIVORS[0]
    kind = replace(KIND, told=(row.told,), place=row.place)
    for times, complained in ((row.times - 1, True), (row.times, False), (row.times + 1, True)):
        told = [one for one in complaints(Counter({kind: times})) if f"that fit {row}" in one]
        assert bool(told) is complained
    assert sum("mutants survive that fit" in one for one in complaints(Counter())) == len(SURVIVORS)


def test_a_survivor_is_counted_in_one_row() -> None:
    """The first that it fits."""
    row = SURVIVORS[0]
    kind = replace(KIND, told=(row.told,), place=row.place)
    assert unlisted([kind]) == []
    assert [one for one, kinds in listed(Counter({kind: 3})).items() if kinds] == [row]


def test_the_page_has_the_figures() -> None:
    page = written(Counter({replace(KIND, fate="killed"): 97, replace(KIND, told=("answer-expected",)): 3}))
    assert "1 stream and 0 documents, 100 mutants: 0 equivalent (0.0%), of the others 97 killed" in page
    assert "| drop | 100 | 0 | 97 | 3 | 97.0% |" in page
