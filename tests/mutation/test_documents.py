"""Answers without streaming are spoilt at every place, and what is done to them is what its name says."""

import json
from collections import Counter
from typing import Any

import pytest

from conformance.subject import read
from tests.mutation.bases import bases
from tests.mutation.documents import HARMS, LEGAL_FORMS, harmed
from tests.mutation.equivalence import equivalent
from tests.mutation.families import aimed
from tests.mutation.normal import Normal
from tests.mutation.operators import PLACE_OPERATORS, Mutant
from tests.mutation.run import judged
from tests.mutation.stream import Base, body_of

BASES = {base.id: base for base in bases() if base.document}
DOCUMENT, CALLS = BASES["made/document"], BASES["made/document-calls"]
RESPONSE = BASES["made/document-response"]
ARGUMENTS = ("choices", 0, "message", "tool_calls", 0, "function", "arguments")


def of(base: Base, operator: str) -> list[Mutant]:
    return [mutant for mutant in harmed(base) if mutant.operator == operator]


def value_of(mutant: Mutant) -> Any:
    return json.loads(mutant.body)


def test_every_answer_without_streaming_of_the_reference_is_there_beside_its_stream() -> None:
    """And hand-made ones of both APIs."""
    twins = {base.name: base.twin for base in BASES.values() if base.origin == "reference"}
    assert {*twins} == {
        *("chat-twin", "chat-tool-parallel-twin", "responses-text-twin", "responses-tool-twin"),
    }
    assert all(twin is not None and read(twin).streamed for twin in twins.values())
    assert {base.api for base in BASES.values() if base.origin == "made"} == {"chat", "responses"}


@pytest.mark.parametrize("base", [DOCUMENT, RESPONSE], ids=["chat", "responses"])
def test_every_place_is_spoilt(base: Base) -> None:
    """Each is dropped or renamed, and replaced by another type."""

    def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
        steps: Any = value.items() if isinstance(value, dict) else ()
        steps = enumerate(value) if isinstance(value, list) else steps
        return [path, *(found for step, item in steps for found in places(item, (*path, step)))]

    dropped = {mutant.path for mutant in of(base, "drop")}
    assert dropped == {*places(base.blocks[0].value)} - {()}


def test_every_operator_applies_somewhere() -> None:
    """Otherwise it proves nothing."""
    seen = {mutant.operator for base in BASES.values() for mutant in harmed(base)}
    assert {*HARMS, *LEGAL_FORMS, *PLACE_OPERATORS} == seen


def test_no_mutant_is_the_document_itself() -> None:
    """It would count as a survivor for nothing."""
    for base in BASES.values():
        for mutant in harmed(base):
            assert mutant.body != body_of(base.blocks) or mutant.headers not in (None, base.exchange.headers)


@pytest.mark.parametrize(
    ("base", "operator", "due"),
    [
        (DOCUMENT, "text-emptied", {("choices", 0, "message", "content"): ""}),
        (DOCUMENT, "end-wrong", {("choices", 0, "finish_reason"): "length"}),
        (DOCUMENT, "id-emptied", {("id",): ""}),
        (DOCUMENT, "text-repeated", None),
        (CALLS, "arguments-letter-lost", {ARGUMENTS: '{"city":"slo"}'}),
        (CALLS, "arguments-gone", {ARGUMENTS: ""}),
        (RESPONSE, "end-wrong", {("status",): "incomplete"}),
        (RESPONSE, "text-emptied", {("output", 0, "content", 0, "text"): ""}),
    ],
)
def test_what_an_operator_makes_of_a_place(
    base: Base, operator: str, due: dict[tuple[str | int, ...], str] | None
) -> None:
    """The first mutant; none of a text that is too short."""
    made = of(base, operator)
    if due is None:
        assert made == []
        return
    ((path, new),) = due.items()
    value = value_of(made[0])
    for step in path:
        value = value[step]
    assert (made[0].path, value) == (path, new)


def test_counts_stay_a_sum() -> None:
    """What is wrong is what they count."""
    for name, times in (("usage-zero", 0), ("usage-tripled", 3)):
        (mutant,) = of(DOCUMENT, name)
        before, after = (value["usage"] for value in (DOCUMENT.blocks[0].value, value_of(mutant)))
        assert after["total_tokens"] == times * before["total_tokens"]
        assert after["prompt_tokens"] + after["completion_tokens"] == after["total_tokens"]


@pytest.mark.parametrize("name", LEGAL_FORMS)
def test_another_form_says_the_same(name: str) -> None:
    """As JSON."""
    for base in (DOCUMENT, RESPONSE):
        for mutant in of(base, name):
            assert value_of(mutant) == base.blocks[0].value
            assert equivalent(base, Normal(base), mutant) == "framing"


def test_headers_are_changed_and_the_body_is_not() -> None:
    """The content type alone."""
    kinds = {
        mutant.operator: dict(mutant.headers or ()).get("content-type")
        for mutant in harmed(DOCUMENT)
        if mutant.headers is not None
    }
    assert kinds["content-type-events"] == "text/event-stream"
    assert kinds["content-type-gone"] is None
    (mutant,) = of(DOCUMENT, "content-type-text")
    assert mutant.body == body_of(DOCUMENT.blocks)
    assert (
        DOCUMENT.answered(mutant.body, "", mutant.headers).header("content-type")
        == "text/plain; charset=utf-8"
    )


def test_a_stream_is_no_document() -> None:
    """Its operators are others."""
    with pytest.raises(TypeError, match="is no document"):
        next(harmed(next(base for base in bases() if not base.document)))


# Base, operator, place: and the rule by which the first such mutant is equivalent, "" for none.
ALIKE = [
    (DOCUMENT, "drop", "usage", "optional"),
    (DOCUMENT, "rename", "choices.*.message.refusal", "optional"),
    (DOCUMENT, "change", "id", "free"),
    (DOCUMENT, "change", "choices.*.message.content", "free"),
    (DOCUMENT, "drop", "choices.*.message.content", ""),
    (DOCUMENT, "retype-string", "created", ""),
    (DOCUMENT, "renumber-up", "usage.prompt_tokens", ""),
    (DOCUMENT, "id-emptied", "id", ""),
    (CALLS, "change", "choices.*.message.tool_calls.*.id", "free"),
    (CALLS, "change", "choices.*.message.tool_calls.*.function.arguments", ""),
    (BASES["reference/chat-twin"], "change", "choices.*.message.content", ""),
    (RESPONSE, "drop", "status", ""),
    (RESPONSE, "change", "status", ""),
    (RESPONSE, "drop", "background", "optional"),
    (RESPONSE, "change", "background", "free"),
    (RESPONSE, "drop", "output.*.status", ""),
    (BASES["made/document-response-call"], "drop", "output.*.id", ""),
    (BASES["reference/responses-text-twin"], "renumber-up", "max_output_tokens", ""),
]


@pytest.mark.parametrize(("base", "operator", "place", "rule"), ALIKE)
def test_which_mutants_mean_the_same(base: Base, operator: str, place: str, rule: str) -> None:
    """By the tables alone: a document has no normal form."""
    mutant = next(one for one in of(base, operator) if one.place == place)
    assert equivalent(base, Normal(base), mutant) == rule


def test_a_document_is_killed_alone_and_beside_its_stream() -> None:
    """A call that is lost shows beside the stream alone, an empty id in the document itself."""
    twin = BASES["reference/chat-tool-parallel-twin"]

    def told(base: Base, operator: str) -> Counter[str]:
        kinds = judged(base, lambda base: of(base, operator))
        assert {kind.fate for kind in kinds} == {"killed"}
        return Counter(name for kind in kinds for name in kind.told)

    assert set(told(DOCUMENT, "id-emptied")) == {"whole-answer-consistent"}
    assert "twin-arguments" in told(twin, "arguments-emptied")
    assert "document-not-streamed" in told(RESPONSE, "content-type-page")


def test_the_bytes_and_the_headers_are_of_wire_and_of_the_api() -> None:
    """What a rule of either tells."""
    (mutant,) = of(RESPONSE, "content-type-page")
    assert {family.value for family in aimed(RESPONSE, mutant)} == {"wire", "responses"}
