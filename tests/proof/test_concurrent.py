"""Rules on the streams of one run: text and ids of one stream in another."""

from dataclasses import replace

import pytest

from conformance.catalogue import Outcome, Verdict
from conformance.exchange import Exchange, Piece
from conformance.judge import judge
from tests.played import played
from tests.proof.streams.chat import chunks, says
from tests.proof.streams.handmade import DONE

FOUND: dict[str, Exchange] = {item.id: item for item in played()}


def verdict(rule: str, *exchanges: Exchange) -> Verdict:
    """What becomes of a rule on several streams."""
    (found,) = [
        item for item in judge(exchanges) if item.requirement == rule and item.subject == "concurrent"
    ]
    return found


def edited(name: str, old: str, new: str) -> Exchange:
    """A stream of the reference provider with one thing changed in it, wherever it is."""
    body = FOUND[name].body
    assert old.encode() in body
    return replace(FOUND[name], pieces=(Piece(data=body.replace(old.encode(), new.encode()), at=0.1),))


def identity(name: str) -> str:
    """The id of a stream of the reference provider."""
    return FOUND[name].body.split(b'"id":"')[1].split(b'"')[0].decode()


def test_streams_that_are_apart_pass() -> None:
    """As the good reference answers."""
    pair = FOUND["chat-text"], FOUND["chat-awkward"]
    for rule in ("streams-separate", "ids-unique"):
        assert verdict(rule, *pair).outcome is Outcome.PASS


@pytest.mark.parametrize("place", [" 3-", " 30-"], ids=["in-the-middle", "at-the-end"])
def test_a_piece_of_another_answer_is_told_with_its_place(place: str) -> None:
    """By the code word, which belongs to one prompt alone."""
    text, other = FOUND["chat-text"], FOUND["chat-n"]
    said = text.expected_text.replace(f"{place}{text.nonce}", f"{place}{other.nonce}")
    deltas = says(*(said[at : at + 5] for at in range(0, len(said), 5)))
    crossed = replace(text, pieces=(Piece(data=chunks(*deltas) + DONE, at=0.1),))
    told = verdict("streams-separate", crossed, other)
    assert told.outcome is Outcome.FAIL
    assert [(item.place, other.nonce in item.observed) for item in told.violations] == [("chat-text", True)]


@pytest.mark.parametrize("pair", [("chat-text", "chat-n"), ("responses-text", "responses-messages")])
def test_two_answers_have_two_ids(pair: tuple[str, str]) -> None:
    """Of either API."""
    one, other = pair
    same = edited(other, identity(other), identity(one))
    assert verdict("ids-unique", FOUND[one], FOUND[other]).outcome is Outcome.PASS
    told = verdict("ids-unique", FOUND[one], same)
    assert told.outcome is Outcome.FAIL
    assert [item.place for item in told.violations] == [max(pair)]


def test_two_calls_have_two_ids() -> None:
    """Within one answer and between two."""
    ids = [part.split('"')[0] for part in FOUND["chat-tool-parallel"].body.decode().split('"id":"call_')[1:]]
    assert len(ids) == 2
    pair = [FOUND["chat-text"], FOUND["chat-tool-parallel"]]
    same = edited("chat-tool-parallel", f"call_{ids[1]}", f"call_{ids[0]}")
    assert verdict("call-ids-unique", *pair).outcome is not Outcome.FAIL
    broken = verdict("call-ids-unique", pair[0], same)
    assert broken.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
    assert [item.place for item in broken.violations] == ["chat-tool-parallel"]
