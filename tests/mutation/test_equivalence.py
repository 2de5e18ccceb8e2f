"""Which mutants count as equivalent: by tables, and by examining each rule's use."""

import pytest

from tests.mutation.bases import bases
from tests.mutation.equivalence import equivalent
from tests.mutation.normal import Normal
from tests.mutation.operators import mutants
from tests.mutation.unused import unused

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


def test_what_no_stream_has_a_use_for_is_told() -> None:
    """The same holds for all streams in `make mutation`, where nothing is left."""
    told = unused([BASES["made/chat-text"]])
    assert "No mutant is equivalent by the rule 'order': remove it." in told
    assert "No mutant is equivalent by the rule 'text': remove it." not in told
    assert "No mutant is equivalent by the rule 'framing': remove it." not in told
    assert any("fits Row(" in words for words in told)
    assert "No stream has a place for the operator 'swap': remove it." in told
