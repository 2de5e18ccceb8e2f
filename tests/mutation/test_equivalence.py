"""Which mutants count as equivalent: by tables, and by examining each rule's use."""

import pytest

from tests.mutation.bases import bases
from tests.mutation.documents import harmed
from tests.mutation.equivalence import FREE, OPTIONAL, Row, equivalent, row_of
from tests.mutation.normal import Normal, Step
from tests.mutation.operators import mutants

BASES = {base.id: base for base in bases()}
TEXT = "choices.*.delta.content"

# Base, operator, label, place: and the rule by which the first such mutant is equivalent.
ALIKE = [
    ("made/chat-text", "data-no-space", "chunk", "", "framing"),
    ("made/chat-text", "drop", "chunk", "service_tier", "metadata"),
    ("made/chat-text", "change", "chunk", "system_fingerprint", "metadata"),
    ("made/chat-text", "event-swap", "chunk", "", "text"),
    ("made/chat-two-choices", "event-swap", "chunk", "", "order"),
    ("made/chat-usage", "drop", "chunk", "usage.prompt_tokens_details", "optional"),
    ("made/chat-usage", "renumber-up", "chunk", "usage.prompt_tokens_details.cached_tokens", "free"),
    ("made/chat-tools", "change", "chunk", "choices.*.delta.tool_calls.*.id", "free"),
    ("made/responses-keepalive", "event-drop-recounted", "keepalive", "", "blank"),
    ("made/responses-speech", "change", "response.audio.transcript.delta", "delta", "free"),
]

# The same, of mutants of which not one is equivalent.
UNLIKE = [
    ("made/chat-text", "json-over-lines", "chunk", ""),
    ("made/chat-text", "drop", "chunk", "choices.*.delta.role"),
    ("made/chat-text", "drop", "chunk", "choices.*.index"),
    ("made/chat-text", "retype-number", "chunk", "service_tier"),
    ("made/chat-text", "change", "chunk", "choices.*.finish_reason"),
    ("made/chat-text", "event-double", "[DONE]", ""),
    ("made/chat-tools", "drop", "chunk", "choices.*.delta.tool_calls.*.index"),
    ("made/chat-tools", "renumber-up", "chunk", "choices.*.delta.tool_calls.*.index"),
    ("made/chat-usage", "renumber-up", "chunk", "usage.total_tokens"),
    ("made/chat-usage", "drop", "chunk", "usage.prompt_tokens"),
    ("reference/chat-text", "change", "chunk", TEXT),
    ("made/responses-text", "change", "response.output_text.delta", "delta"),
    ("made/responses-text", "change", "response.completed", "response.id"),
    ("made/responses-text", "event-drop", "response.output_text.delta", ""),
    ("made/responses-keepalive", "event-drop", "keepalive", ""),
]


def rules(base: str, operator: str, label: str, place: str) -> list[str]:
    one = BASES[base]
    normal = Normal(one)
    return [
        equivalent(one, normal, mutant)
        for mutant in mutants(one)
        if (mutant.operator, mutant.label, mutant.place) == (operator, label, place)
    ]


@pytest.mark.parametrize(("base", "operator", "label", "place", "rule"), ALIKE)
def test_a_mutant_that_means_the_same(base: str, operator: str, label: str, place: str, rule: str) -> None:
    """There is one, by this rule."""
    assert rule in rules(base, operator, label, place)


@pytest.mark.parametrize(("base", "operator", "label", "place"), UNLIKE)
def test_a_mutant_that_means_something_else(base: str, operator: str, label: str, place: str) -> None:
    """There are some, and none is equivalent."""
    found = rules(base, operator, label, place)
    assert found
    assert set(found) == {""}


def test_a_part_of_a_count_is_not_above_its_whole() -> None:
    """Any count will do, up to that."""
    base = BASES["made/chat-usage"]
    place = "usage.completion_tokens_details.reasoning_tokens"
    found = {
        (mutant.operator, mutant.new): equivalent(base, Normal(base), mutant)
        for mutant in mutants(base)
        if mutant.place == place and mutant.operator.startswith("renumber")
    }
    assert found == {("renumber-up", 2): "free", ("renumber-down", 0): "free"}


def test_every_rule_of_equivalence_is_used() -> None:
    """A row that no mutant fits stands there for nothing."""
    rows: set[Row] = {*FREE, *OPTIONAL}
    rules = {"framing", "", *(step.name.lower() for step in Step)}
    for base in reversed(BASES.values()):  # the short ones first, which show most of it
        normal = Normal(base)
        for mutant in harmed(base) if base.document else mutants(base):
            if (row := row_of(base, mutant)) is not None:
                rows.discard(row)
            elif rules:
                rules.discard(equivalent(base, normal, mutant))
        if not rows | rules:
            break
    assert (rows, rules) == (set(), set())
