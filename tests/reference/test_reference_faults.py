"""Faults: each spoils something, none fails, and edits say what they do."""

import itertools
import json
import re
from dataclasses import replace
from operator import itemgetter
from types import SimpleNamespace

import pytest

from conformance.reference import Ask, Frame, Pace, Reply, answer
from conformance.reference.faults import FAULTS, Edit, Fault, edit, registered

Variety = list[tuple[Ask, Reply]]


def meaning(reply: Reply) -> object:
    """The reply with the keys of its JSON in one order: what is equal by this is the same to every client.

    A key that an object has twice is there twice.
    """

    def in_order(pairs: list[tuple[str, object]]) -> object:
        return {"pairs": sorted(pairs, key=itemgetter(0))}

    def sorted_keys(match: re.Match[bytes]) -> bytes:
        try:
            return json.dumps(json.loads(match[0], object_pairs_hook=in_order)).encode()
        except ValueError:
            return match[0]

    whole = rb"(?s)^\{.*\}$|(?-s:\{.*\})"
    frames = [(frame.pause, re.sub(whole, sorted_keys, frame.data)) for frame in reply.frames]
    return reply.status, reply.headers, reply.ending, frames


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_fault_shows_on_the_wire(fault: Fault, variety: Variety) -> None:
    """Some reply of the variety says something else, and what is no part of the fault stays as it was."""
    spoilt = [meaning(fault.edit(ask, reply)) != meaning(reply) for ask, reply in variety]
    assert any(spoilt)
    assert fault.id == "status-accepted" or not all(spoilt)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_fault_says_what_it_is(fault: Fault) -> None:
    """Ids are slugs, the reason is a sentence."""
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in (fault.id, *fault.breaks))
    assert fault.why.endswith(".")
    assert len(fault.breaks) == len(set(fault.breaks))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_no_fault_fails_on_an_empty_or_foreign_reply(fault: Fault) -> None:
    """A reply with nothing to find in it is left alone without an error, on either API."""
    for path in ("/v1/chat/completions", "/v1/responses"):
        ask = Ask(method="POST", path=path, headers={}, body=b"\xff", serial=1)
        for frames in ((), (Frame(data=b"data: {}\n\n"),), (Frame(data=b": nothing\n\n"),)):
            reply = Reply(status=200, headers=(("content-type", "text/event-stream"),), frames=frames)
            assert isinstance(fault.edit(ask, reply), Reply)


@pytest.mark.parametrize(
    "name", ["item-never-added", "part-never-done", "text-never-done", "response-in-progress-missing"]
)
def test_a_missing_event_leaves_the_numbers_whole(name: str, lab: SimpleNamespace) -> None:
    """Only the nesting is broken by an event that is never sent, not the sequence."""
    ask = lab.responses()
    good, spoilt = lab.events(answer(ask)), lab.events(FAULTS[name].edit(ask, answer(ask)))
    assert [event["sequence_number"] for event in spoilt] == list(range(len(good) - 1))


def test_double_encoded_arguments_are_a_json_string_of_json(lab: SimpleNamespace) -> None:
    """Read once they are a text, read twice the arguments."""
    ask = lab.chat("Call get_weather for Oslo", tools=[lab.chat_tool])
    spoilt = FAULTS["tool-arguments-encoded-twice"].edit(ask, answer(ask))
    deltas = [choice["delta"] for chunk in lab.events(spoilt) for choice in chunk["choices"]]
    arguments = "".join(
        part["function"]["arguments"] for delta in deltas for part in delta.get("tool_calls", ())
    )
    assert json.loads(json.loads(arguments))["city"] == "Oslo"


def test_halves_of_a_surrogate_pair_are_lone(lab: SimpleNamespace) -> None:
    """The two halves are in two deltas, and together they are the character."""
    ask = lab.chat("«ab👋c»")
    spoilt = FAULTS["content-half-surrogate"].edit(ask, answer(ask))
    deltas = [
        choice["delta"].get("content") or "" for chunk in lab.events(spoilt) for choice in chunk["choices"]
    ]
    assert any(delta.endswith("\ud83d") for delta in deltas)
    assert "".join(deltas).encode("utf-16", "surrogatepass").decode("utf-16") == "ab👋c"


def test_a_late_role_comes_with_the_second_delta(lab: SimpleNamespace) -> None:
    """The first chunk has none, the next one has it."""
    ask = lab.chat()
    roles = [
        choice["delta"].get("role")
        for chunk in lab.events(FAULTS["role-late"].edit(ask, answer(ask)))
        for choice in chunk["choices"]
    ]
    assert roles[:3] == [None, "assistant", None]


def test_cumulative_content_grows(lab: SimpleNamespace) -> None:
    """Every delta starts with the one before, for each choice by itself."""
    ask = lab.chat(n=2)
    spoilt = FAULTS["content-so-far"].edit(ask, answer(ask))
    for index in (0, 1):
        choices = [
            choice for chunk in lab.events(spoilt) for choice in chunk["choices"] if choice["index"] == index
        ]
        texts = [choice["delta"]["content"] for choice in choices if choice["delta"].get("content")]
        assert len(texts) > 2
        assert texts[-1] == lab.counted
        assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))


def test_a_buffered_stream_takes_as_long_as_an_even_one(lab: SimpleNamespace) -> None:
    """All pauses are before the first frame."""
    reply = answer(lab.chat(), Pace(first_pause=1.0, token_pause=0.5))
    spoilt = FAULTS["buffered-until-the-end"].edit(lab.chat(), reply)
    assert spoilt.frames[0].pause == sum(frame.pause for frame in reply.frames)
    assert not any(frame.pause for frame in spoilt.frames[1:])


LETTERS = Reply(
    status=200, headers=(), frames=tuple(Frame(data=letter) for letter in (b"a", b"b", b"c", b"b"))
)


@pytest.mark.parametrize(
    ("change", "letters"),
    [
        (edit.dropped(edit.every(b"b")), b"ac"),
        (edit.dropped(edit.first(b"b")), b"acb"),
        (edit.dropped(edit.last(b"b")), b"abc"),
        (edit.dropped(edit.rest(b"b")), b"abc"),
        (edit.doubled(edit.first(b"b")), b"abbcb"),
        (edit.inserted(edit.last(b"c"), b"x"), b"abcxb"),
        (edit.moved(edit.first(b"a"), edit.first(b"c")), b"bcab"),
        (edit.moved(edit.last(b"b"), edit.first(b"a")), b"abbc"),
        (edit.truncated(edit.first(b"b")), b"ab"),
        (edit.sub(edit.every(b"b"), b"b", b"y"), b"aycy"),
        (edit.chained(edit.dropped(edit.first(b"a")), edit.dropped(edit.first(b"c"))), b"bb"),
        (edit.copied(edit.first(b"a"), edit.first(b"c"), bytes.upper), b"abcAb"),
        (edit.moved(edit.first(b"z"), edit.first(b"a")), b"abcb"),
        (edit.truncated(edit.first(b"z")), b"abcb"),
        (edit.altered(edit.every(b"b"), dict.clear), b"abcb"),
    ],
)
def test_edits(change: Edit, letters: bytes, lab: SimpleNamespace) -> None:
    """Each helper does what its name says, and nothing where it finds nothing."""
    assert b"".join(frame.data for frame in change(lab.chat(), LETTERS).frames) == letters


def test_two_faults_of_one_name_are_refused() -> None:
    """The registry says which id is there twice."""
    fault = FAULTS["done-missing"]
    with pytest.raises(ValueError, match="two faults called 'done-missing'"):
        registered([[fault], [fault]])


def test_a_fault_needs_something_to_break_and_a_cause_for_more() -> None:
    """Breaking nothing, or several without a reason, is refused when the fault is written."""
    fault = FAULTS["done-missing"]
    with pytest.raises(ValueError, match="breaks nothing"):
        replace(fault, breaks=())
    with pytest.raises(ValueError, match="write why"):
        replace(fault, breaks=("done-present", "done-last"))
