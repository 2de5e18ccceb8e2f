"""Each operator on a whole text spoils it in every event that holds it, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.mutation.bases import bases
from tests.mutation.operators import Mutant, mutants
from tests.mutation.run import judged
from tests.mutation.stream import Base, taken_apart
from tests.mutation.texts import DAMAGES, damaged
from tests.proof.streams import chat, responses
from tests.proof.streams.handmade import Wire, exchange


def base_of(wire: Wire) -> Base:
    """The wire taken apart."""
    return taken_apart("made", wire.id, exchange(wire))


AWKWARD = base_of(chat.wire("awkward", *chat.says("a < b ", "\u00e9 ", "\U0001f600!", " end")))
TOOLS = base_of(chat.ONE_TOOL)
CALL = base_of(responses.CALL)
TEXT = base_of(responses.TEXT)
TWO_ITEMS = base_of(responses.SUMMARY)
CHOICES = base_of(
    chat.calling_in_two(
        "two", *((index, chat.opens(0, f"call_{index}", "now", '{"zone":"UTC"}')) for index in (0, 1))
    )
)


def spoilt(base: Base, operator: str) -> Mutant:
    """The only mutant of this operator."""
    (mutant,) = [one for one in damaged(base) if one.operator == operator]
    return mutant


def events(mutant: Mutant) -> list[Any]:
    """The JSON of each event, as it stands on the wire."""
    blocks = mutant.body.decode().split("\n\n")
    return [json.loads(text.partition("data: ")[2]) for text in blocks if "[DONE]" not in text and text]


def contents(mutant: Mutant) -> list[str]:
    """The deltas of the text of a chat stream."""
    found = [event["choices"][0]["delta"].get("content") for event in events(mutant)]
    return [text for text in found if text]


@pytest.mark.parametrize(
    ("operator", "deltas"),
    [
        ("text-so-far", ["a < b ", "a < b é ", "a < b é \U0001f600!", "a < b é \U0001f600! end"]),
        ("text-repeated", ["a < b ", "é ", "\U0001f600!", " enda < b é \U0001f600! end"]),
        ("text-mojibake", ["a < b ", "Ã© ", "\u00f0\u009f\u0098\u0080!", " end"]),
        ("text-entities", ["a &lt; b ", "é ", "\U0001f600!", " end"]),
        ("text-halved", ["a < b ", "é ", "\ud83d", "\ude00!", " end"]),
    ],
)
def test_a_text_is_spoilt_in_its_deltas(operator: str, deltas: list[str]) -> None:
    """As the server of a known report did."""
    assert contents(spoilt(AWKWARD, operator)) == deltas


@pytest.mark.parametrize(
    ("operator", "whole"),
    [("arguments-letter-lost", '{"city":"Oslo"}'), ("arguments-emptied", "{}"), ("arguments-gone", "")],
)
def test_arguments_are_spoilt_in_every_event(operator: str, whole: str) -> None:
    """Those that repeat them repeat what they became."""
    if operator == "arguments-letter-lost":
        whole = whole.replace("O", "")  # the first of its letters: there is no r
    found = events(spoilt(CALL, operator))
    assert "".join(event["delta"] for event in found if event["type"].endswith("arguments.delta")) == whole
    assert [event["arguments"] for event in found if event["type"].endswith("arguments.done")] == [whole]
    assert found[-1]["response"]["output"][0]["arguments"] == whole
    fragments = [event["choices"][0]["delta"].get("tool_calls") for event in events(spoilt(TOOLS, operator))]
    assert "".join(found[0]["function"]["arguments"] for found in fragments if found) == whole


def test_a_repeated_text_is_repeated_in_what_the_response_holds() -> None:
    """So that nothing in the stream contradicts it; the text so far contradicts what follows."""
    doubled, grown = (events(spoilt(TEXT, name)) for name in ("text-repeated", "text-so-far"))
    whole = "".join(responses.SAID)
    assert doubled[-1]["response"]["output"][0]["content"][0]["text"] == whole * 2
    assert grown[-1]["response"]["output"][0]["content"][0]["text"] == whole
    assert [event["sequence_number"] for event in doubled] == list(range(len(doubled)))


def test_a_call_has_the_id_of_another_choice() -> None:
    """In either direction."""
    found = [one for one in damaged(CHOICES) if one.operator == "call-ids-exchanged"]
    ids = [
        [call["id"] for event in events(one) for choice in event["choices"] for call in _calls(choice)]
        for one in found
    ]
    assert ids == [["call_1", "call_1"], ["call_0", "call_0"]]


def _calls(choice: Any) -> Any:
    return choice["delta"].get("tool_calls") or ()


def test_items_are_swapped_or_overlap_and_are_counted_anew() -> None:
    """Their events alone are moved."""
    swapped, overlapping = (
        events(spoilt(TWO_ITEMS, name)) for name in ("items-swapped", "items-overlapping")
    )
    for found in (swapped, overlapping):
        assert [event["sequence_number"] for event in found] == list(range(len(found)))
    order = [event["output_index"] for event in swapped if "output_index" in event]
    assert order == sorted(order, reverse=True)
    items = [event["type"].rpartition(".")[2] for event in overlapping if "item" in event]
    assert items == ["added", "added", "done", "done"]


@pytest.mark.parametrize("base", [AWKWARD, TOOLS, CALL, TEXT, TWO_ITEMS, CHOICES], ids=lambda base: base.name)
def test_no_damage_is_a_stream_that_it_was(base: Base) -> None:
    """Each changes the bytes."""
    before = b"".join(block.data for block in base.blocks)
    found = list(damaged(base))
    assert found
    assert all(one.body != before and one.operator in DAMAGES for one in found)


def test_what_is_surely_wrong_is_killed() -> None:
    """Whatever the prompt was; a text of other words needs one that is known."""
    fates = {kind.operator: kind.fate for kind in judged(AWKWARD, damaged)}
    assert fates["text-so-far"] == "killed"
    assert fates["text-halved"] == "killed"

    def keys_twice(base: Base) -> Iterator[Mutant]:
        return (mutant for mutant in mutants(base) if mutant.operator == "json-key-twice")

    assert {kind.fate for kind in judged(AWKWARD, keys_twice)} == {"killed"}
    (exchanged,) = {kind.fate for kind in judged(CHOICES, damaged) if kind.operator == "call-ids-exchanged"}
    assert exchanged == "killed"


def test_what_is_done_to_a_whole_text_is_seen_beside_its_twin() -> None:
    """Where the answer without streaming is known: of the streams of the reference some have one."""
    twinned = {base.name: base for base in bases() if base.twin is not None}
    assert {"chat-text", "chat-tool-parallel"} <= set(twinned)
    found = {kind.operator: kind for kind in judged(twinned["chat-text"], damaged)}
    assert found["text-repeated"].fate == "killed"
    assert "twin-text-damaged" in found["text-repeated"].told
