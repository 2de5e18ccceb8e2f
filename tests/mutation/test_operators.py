"""Each operator spoils what its name says, at every place where it can."""

import json
from collections import Counter
from typing import Any

import pytest

from conformance.decode import decode
from conformance.exchange import Piece
from tests.mutation.bases import bases
from tests.mutation.equivalence import LEGAL_FRAMING
from tests.mutation.operators import (
    PLACE_OPERATORS,
    Path,
    mutants,
    under,
)
from tests.mutation.stream import Base, body_of, taken_apart
from tests.proof.streams import chat, responses
from tests.proof.streams.handmade import Wire, exchange

BASES = {base.id: base for base in bases()}
VALUE: dict[str, Any] = {"a": "text", "b": [1, 2], "c": {"d": None}, "e": True}


def base_of(wire: Wire) -> Base:
    return taken_apart("made", wire.id, exchange(wire))


def small(body: str) -> Base:
    return base_of(Wire(id="small", body=body.encode()))


CHAT = base_of(chat.LEGAL[0])
RESPONSES = base_of(responses.LEGAL[0])

# Operator, place, and what it makes of VALUE.
PLACES: list[tuple[str, str, dict[str, Any]]] = [
    ("drop", "a", {"b": [1, 2], "c": {"d": None}, "e": True}),
    ("drop", "b.*", {**VALUE, "b": [2]}),
    ("double", "b.*", {**VALUE, "b": [1, 1, 2]}),
    ("swap", "b.*", {**VALUE, "b": [2, 1]}),
    ("rename", "c.d", {**VALUE, "c": {"d_": None}}),
    ("retype-null", "a", {**VALUE, "a": None}),
    ("retype-string", "b", {**VALUE, "b": "[1,2]"}),
    ("retype-number", "a", {**VALUE, "a": 7}),
    ("retype-object", "a", {**VALUE, "a": {"value": "text"}}),
    ("retype-list", "c", {**VALUE, "c": [{"d": None}]}),
    ("renumber-up", "b.*", {**VALUE, "b": [2, 2]}),
    ("renumber-down", "b.*", {**VALUE, "b": [0, 2]}),
    ("change", "a", {**VALUE, "a": "textx"}),
    ("change", "e", {**VALUE, "e": False}),
    ("cut", "a", {**VALUE, "a": "tex"}),
]


@pytest.mark.parametrize(("operator", "place", "due"), PLACES)
def test_an_operator_on_a_place_makes_this(operator: str, place: str, due: dict[str, Any]) -> None:
    """The first mutant of an operator at a place."""
    made = next(
        mutant
        for mutant in mutants(small(f"data: {json.dumps(VALUE)}\n\n"))
        if mutant.operator == operator and mutant.place == place
    )
    assert made.values == (due,)


def test_the_table_above_has_every_operator_on_places() -> None:
    assert {operator for operator, _, _ in PLACES} == set(PLACE_OPERATORS)


# What an operator on the second of three events makes of their numbers.
EVENTS = {
    "event-drop": "1 3",
    "event-double": "1 2 2 3",
    "event-swap": "1 3 2",
    "event-first": "2 1 3",
    "event-last": "1 3 2",
    "event-cut": "1 2",
}


@pytest.mark.parametrize(("operator", "due"), EVENTS.items(), ids=EVENTS)
def test_an_operator_on_an_event_makes_this(operator: str, due: str) -> None:
    made = next(
        mutant
        for mutant in mutants(small("".join(f'data: {{"n":{number}}}\n\n' for number in (1, 2, 3))))
        if mutant.operator == operator and mutant.at == 1
    )
    assert " ".join(str(value["n"]) for value in made.values) == due


def test_events_are_counted_anew_where_they_are_counted() -> None:
    """So that a lost event is not found by the gap in the numbers alone."""
    drops = [mutant for mutant in mutants(RESPONSES) if mutant.operator == "event-drop-recounted"]
    assert len(drops) == len(RESPONSES.blocks)
    for mutant in drops:
        numbers = [value["sequence_number"] for value in mutant.values]
        assert numbers == list(range(len(numbers)))
    assert not any(mutant.operator.endswith("-recounted") for mutant in mutants(CHAT))


@pytest.mark.parametrize("base", [CHAT, RESPONSES], ids=["chat", "responses"])
def test_every_value_of_every_event_is_spoilt(base: Base) -> None:
    """Each place is dropped, and replaced by another type."""
    made = list(mutants(base))
    for at, block in enumerate(base.blocks):
        if block.value is None:
            continue
        places = places_of(block.value)
        dropped, listed = (
            Counter(mutant.path for mutant in made if mutant.at == at and mutant.operator == operator)
            for operator in ("drop", "retype-list")
        )
        assert {path for path in dropped if path} == {path for path, _ in places if path}
        assert {*listed} == {path for path, value in places if not isinstance(value, list)}


def places_of(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    steps: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    return [(path, value), *(found for step, item in steps for found in places_of(item, (*path, step)))]


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_a_base_is_taken_apart_without_loss(base: Base) -> None:
    """What is put together again is the body that came, and a first mutant is another one."""
    assert base.blocks
    assert body_of(base.blocks) != next(iter(mutants(base))).body


def test_an_unusual_framing_makes_no_base() -> None:
    with pytest.raises(ValueError, match="framed in an unusual way"):
        small('data:{"n":1}\n\n')


def test_of_each_framing_the_mutant_is_new() -> None:
    """A mutant that is the same bytes again would count as a survivor for nothing."""
    bodies = [mutant.body for mutant in mutants(CHAT)]
    assert body_of(CHAT.blocks) not in bodies


@pytest.mark.parametrize("name", LEGAL_FRAMING)
def test_a_legal_framing_has_the_same_events(name: str) -> None:
    """What is called equivalent by its framing decodes to what it was made of."""

    def events(body: bytes) -> list[Any]:
        wire = decode([Piece(data=body)])
        return [json.loads(event.data) for event in wire.events if event.data != "[DONE]"]

    base = BASES["reference/chat-awkward"]
    made = [mutant for mutant in mutants(base) if mutant.operator == name]
    assert made
    for mutant in made:
        assert events(mutant.body) == events(body_of(base.blocks))


def test_patterns_of_places() -> None:
    """`*` is one step, `**` any number of them."""
    assert under("a.*.b", "a.*.b")
    assert not under("a.*.b", "a.b")
    assert not under("a.*", "a.b.c")
    assert under("a.**", "a.b.c")
    assert under("**.c", "a.b.c")
