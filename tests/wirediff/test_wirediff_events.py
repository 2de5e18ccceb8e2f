"""What a gateway does to events: each kind of change alone, and what is no change at all."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.exchange import Ended
from conformance.wirediff import ChangeKind, wire_difference
from conformance.wirediff.flat import flat
from tests.played import played
from tests.wirediff.pairs import DONE, answer, chunk, compared, deltas, document, event, only, stream, typed

HELLO = deltas("Hel", "lo ", "wor", "ld")
ROLE = HELLO[0]
SPOKEN = "choices.*.delta.content"
USAGE = event(
    {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "usage": {"total_tokens": 3}}
)
RESPONSE = [
    typed("response.created", sequence_number=0, response={"id": "resp_1", "status": "in_progress"}),
    typed("response.in_progress", sequence_number=1, response={"id": "resp_1", "status": "in_progress"}),
    typed("response.output_text.delta", sequence_number=2, item_id="msg_1", delta="Hel"),
    typed("response.output_text.delta", sequence_number=3, item_id="msg_1", delta="lo"),
    typed("response.output_text.done", sequence_number=4, item_id="msg_1", text="Hello"),
    typed("response.completed", sequence_number=5, response={"id": "resp_1", "status": "completed"}),
]


def test_the_same_stream_has_nothing_to_tell() -> None:
    assert stream(HELLO, HELLO) == []
    assert stream(RESPONSE, RESPONSE) == []


def test_the_reference_and_itself_have_nothing_to_tell() -> None:
    """Streams of both APIs, documents and refusals, with everything that they can hold."""
    found = wire_difference(played(), played())
    assert found.changes == ()
    assert found.per_request == ()
    assert len(found.compared) > 30


FRAMES = st.lists(
    st.sampled_from(
        [
            *HELLO,
            *RESPONSE,
            USAGE,
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}),
            chunk({"content": "x"}, index=1),
            b": comment\n\n",
            b"data: {\r\ndata: }\r\n\r\n",
            b'data: {"choices":[{"index":[]},7,{"delta":{"tool_calls":[3]}}]}\n\n',
            b"data: NaN\n\n",
            b"event\n\n",
            b"\xff\n\n",
        ]
    )
    | st.binary(max_size=8),
    max_size=12,
)


@settings(max_examples=120, deadline=None)
@given(FRAMES)
def test_a_stream_and_itself_never_differ(frames: Sequence[bytes]) -> None:
    """Whatever bytes it is made of."""
    found = compared(frames, frames)
    assert found.changes == ()
    assert found.per_request == ()


@settings(max_examples=120, deadline=None)
@given(FRAMES, FRAMES)
def test_any_two_streams_can_be_compared(direct: Sequence[bytes], gateway: Sequence[bytes]) -> None:
    """And something is told where their events differ."""
    found = compared(direct, gateway)
    if b"".join(direct) == b"".join(gateway):
        assert found.changes == ()


def test_a_key_that_is_dropped_from_every_chunk() -> None:
    """It is told once, with how often and an example."""
    before = [chunk({"content": text}, choice={"logprobs": None}) for text in "abc"]
    row = only(compared(before, [chunk({"content": text}) for text in "abc"]), ChangeKind.KEY_DROPPED)
    assert (row.place, row.count, row.scenarios) == ("choices.*.logprobs", 3, ("chat-text",))
    assert (row.direct, row.gateway) == ("null", "absent")


def test_a_key_that_is_added_is_told_without_what_is_in_it() -> None:
    after = [chunk({"content": text}, provider={"name": "acme", "region": "eu"}) for text in "ab"]
    row = only(compared([chunk({"content": text}) for text in "ab"], after), ChangeKind.KEY_ADDED)
    assert (row.place, row.count, row.gateway) == ("provider", 2, "{name, region}")


def test_a_key_that_is_renamed() -> None:
    """The same value under another name in the same object."""
    before = [chunk({"content": "a"}, service_tier="priority")]
    row = only(compared(before, [chunk({"content": "a"}, tier="priority")]), ChangeKind.KEY_RENAMED)
    assert (row.place, row.direct, row.gateway) == ("service_tier → tier", '"priority"', '"priority"')


def test_values_that_many_keys_have_are_no_sign_of_a_new_name() -> None:
    found = stream([chunk(one=None, two=0, three="")], [chunk(four=None, five=0, six="")])
    assert {kind for kind, _, _ in found} == {"key-dropped", "key-added"}


def test_a_text_that_is_renamed_is_known_by_the_whole_of_it() -> None:
    """Also where it is cut into other pieces besides."""
    before = deltas("Let me ", "think", key="reasoning_content")
    for pieces in (("Let me ", "think"), ("Let me think",)):
        found = stream(before, deltas(*pieces, key="reasoning"))
        renamed = "choices.*.delta.reasoning_content → choices.*.delta.reasoning"
        assert [row[:2] for row in found if row[0] == "key-renamed"] == [("key-renamed", renamed)]
        assert not [row for row in found if row[0] in ("key-dropped", "key-added", "dropped", "inserted")]


def test_a_value_of_another_type() -> None:
    """Null and an integer in place of another number are types of their own."""
    found = compared([chunk(a=1, b="x", c=2)], [chunk(a=1.0, b=None, c="2")])
    assert [(row.kind, row.place, row.direct, row.gateway) for row in found.changes] == [
        (ChangeKind.RETYPED, "a", "integer 1", "number 1.0"),
        (ChangeKind.RETYPED, "b", 'string "x"', "null"),
        (ChangeKind.RETYPED, "c", "integer 2", 'string "2"'),
    ]


def test_an_object_that_becomes_null_is_told_once() -> None:
    found = compared([chunk(usage={"total_tokens": 1, "more": {"a": 1}})], [chunk(usage=None)])
    assert [
        (row.place, row.direct, row.gateway) for row in found.changes if row.kind is ChangeKind.RETYPED
    ] == [("usage", "object", "null")]


def test_a_value_that_is_changed() -> None:
    row = only(compared([chunk(model="reference")], [chunk(model="gateway/reference")]), ChangeKind.CHANGED)
    assert (row.place, row.direct, row.gateway) == ("model", '"reference"', '"gateway/reference"')


def test_a_list_that_is_shorter() -> None:
    row = only(compared([chunk(stops=["a", "b"])], [chunk(stops=["a"])]), ChangeKind.CHANGED)
    assert (row.place, row.direct, row.gateway) == ("stops", "2 items", "1 item")


def test_a_key_that_one_of_several_objects_lost() -> None:
    """As it has the same path in the others, it is counted."""
    items = [{"type": "reasoning", "status": "done"}, {"type": "message", "status": "done"}]
    row = only(
        compared([event({"output": items})], [event({"output": [items[0], {"type": "message"}]})]),
        ChangeKind.KEY_DROPPED,
    )
    assert row.place == "output.*.status"


def test_a_list_that_is_filled_while_others_were_full() -> None:
    before, after = ([event({"output": [{"content": held}, {"content": [1]}]})] for held in ([], [1]))
    row = only(compared(before, after), ChangeKind.CHANGED)
    assert (row.place, row.direct, row.gateway) == ("output.*.content", "0 items", "1 item")


def test_pieces_of_a_text_that_are_merged() -> None:
    row = only(compared(HELLO, deltas("Hello ", "world")), ChangeKind.MERGED)
    assert (row.place, row.count) == (SPOKEN, 2)
    assert (row.direct, row.gateway) == ('"Hel", "lo "', '"Hello "')


def test_a_piece_of_a_text_that_is_split() -> None:
    row = only(compared(deltas("Hello ", "world"), HELLO), ChangeKind.SPLIT)
    assert (row.place, row.count) == (SPOKEN, 2)
    assert (row.direct, row.gateway) == ('"Hello "', '"Hel", "lo "')


def test_a_text_that_is_cut_elsewhere_is_both() -> None:
    assert stream(deltas("abc", "def"), deltas("ab", "cdef")) == [("merged", SPOKEN, 1), ("split", SPOKEN, 1)]


def test_a_role_that_comes_with_the_first_text() -> None:
    """Two events of different sorts that are put into one."""
    merged = [chunk({"role": "assistant", "content": "Hel"}), *HELLO[2:]]
    assert stream(HELLO, merged) == [("merged", f"{SPOKEN} + choices.*.delta.role", 1)]
    row = only(compared(HELLO, merged), ChangeKind.MERGED)
    assert (row.direct, row.gateway) == ('role "assistant", "Hel"', 'role "assistant" + "Hel"')
    assert stream(merged, HELLO) == [("split", f"{SPOKEN} + choices.*.delta.role", 1)]


def test_usage_that_comes_with_the_end() -> None:
    merged = chunk(choice={"finish_reason": "stop"}, usage={"total_tokens": 3})
    found = stream([*HELLO[:-1], USAGE, DONE], [*HELLO[:-2], merged, DONE])
    assert found == [("merged", "choices.*.finish_reason + usage", 1)]
    row = only(compared([*HELLO[:-1], USAGE, DONE], [*HELLO[:-2], merged, DONE]), ChangeKind.MERGED)
    assert (row.direct, row.gateway) == ('finish_reason "stop", usage', 'finish_reason "stop" + usage')


def test_an_example_of_a_merger_shows_what_each_event_says() -> None:
    """Of every choice and call its own; no path is quoted as if it were a text."""
    ends = [chunk({"content": "b"}, index=1), chunk(choice={"finish_reason": "length"}, index=1)]
    merged = chunk({"content": "b"}, index=1, choice={"finish_reason": "length"})
    row = only(compared(ends, [merged]), ChangeKind.MERGED)
    assert (row.direct, row.gateway) == ('"b", finish_reason "length"', '"b" + finish_reason "length"')
    call = {"index": 3, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": ""}}
    piece = {"index": 3, "function": {"arguments": "{}"}}
    whole = call | {"function": {"name": "look", "arguments": "{}"}}
    row = only(
        compared([chunk({"tool_calls": [one]}) for one in (call, piece)], [chunk({"tool_calls": [whole]})]),
        ChangeKind.MERGED,
    )
    named = 'tool_calls.*.function.name "look"'
    assert (row.direct, row.gateway) == (f'{named}, arguments "{{}}"', f'{named} + arguments "{{}}"')


def test_arguments_of_a_call_that_come_in_one_piece() -> None:
    def call(**keys: object) -> bytes:
        return chunk({"tool_calls": [{"index": 0, **keys}]})

    opening = call(id="call_1", type="function", function={"name": "get", "arguments": ""})
    pieces = [call(function={"arguments": text}) for text in ('{"a"', ":1}")]
    whole = [call(function={"arguments": '{"a":1}'})]
    path = "choices.*.delta.tool_calls.*.function.arguments"
    assert stream([opening, *pieces], [opening, *whole]) == [("merged", path, 1)]


def test_an_event_that_is_dropped() -> None:
    row = only(compared(RESPONSE, [RESPONSE[0], *RESPONSE[2:]]), ChangeKind.DROPPED)
    assert (row.place, row.count, row.gateway) == ("response.in_progress", 1, "absent")
    assert "in_progress" in row.direct
    assert stream([*HELLO[:-1], USAGE, DONE], HELLO) == [("dropped", "usage", 1)]


def test_an_event_that_is_inserted() -> None:
    row = only(compared(RESPONSE, [*RESPONSE[:2], event({"ping": 1}), *RESPONSE[2:]]), ChangeKind.INSERTED)
    assert (row.place, row.direct) == ("{ping}", "absent")
    assert stream(HELLO, [*HELLO[:3], chunk(), *HELLO[3:]]) == [("inserted", "choices.*.delta", 1)]


def test_a_piece_of_a_text_that_is_lost() -> None:
    """The event is dropped, and the text is told to have lost it."""
    found = stream(HELLO, [*HELLO[:2], *HELLO[3:]])
    assert found == [("dropped", SPOKEN, 1), ("changed", f"{SPOKEN}: text lost", 1)]
    assert stream([*HELLO[:2], *HELLO[3:]], HELLO) == [
        ("inserted", SPOKEN, 1),
        ("changed", f"{SPOKEN}: text gained", 1),
    ]


def test_a_stream_that_ends_too_early() -> None:
    found = wire_difference([answer(HELLO)], [answer(HELLO[:3], ended=Ended.RESET)])
    assert [(row.kind.value, row.place, row.count) for row in found.changes] == [
        ("ending", "the end of the body", 1),
        ("framing", "the terminator [DONE]", 1),
        ("dropped", SPOKEN, 2),
        ("dropped", "choices.*.finish_reason", 1),
        ("changed", f"{SPOKEN}: text cut", 1),
    ]


def test_events_in_another_order() -> None:
    """The fewest that would have to be moved."""
    row = only(compared(HELLO, [HELLO[0], HELLO[2], HELLO[1], *HELLO[3:]]), ChangeKind.REORDERED)
    assert (row.place, row.count) == (SPOKEN, 1)
    assert stream(RESPONSE, [RESPONSE[0], *RESPONSE[2:], RESPONSE[1]]) == [
        ("reordered", "response.in_progress", 1)
    ]
    assert stream([*HELLO[:-1], USAGE, DONE], [USAGE, *HELLO]) == [("reordered", "usage", 1)]


def test_choices_that_are_mixed_otherwise_are_in_order() -> None:
    """Each answer mixes them anew."""
    one, two = ([chunk({"content": text}, index=index) for text in "ab"] for index in (0, 1))
    assert stream([one[0], two[0], one[1], two[1]], [two[0], two[1], one[0], one[1]]) == []


def test_a_text_that_a_model_wrote_anew_is_no_change() -> None:
    """Nor what follows from it: how many pieces there are, and how many tokens."""
    used = chunk(choice={"finish_reason": "stop"}, usage={"completion_tokens": 4})
    others = chunk(choice={"finish_reason": "length"}, usage={"completion_tokens": 9})
    found = compared(
        [ROLE, chunk({"content": "The sky is"}), chunk({"content": " blue."}), used, DONE],
        [ROLE, *[chunk({"content": text}) for text in "Grass"], others, DONE],
    )
    assert found.changes == ()
    assert {row.place for row in found.per_request} == {
        SPOKEN,
        "usage.completion_tokens",
        "choices.*.finish_reason",
    }


def test_a_text_that_is_spoilt_in_one_place_is_a_change() -> None:
    row = only(compared(deltas("Grüße aus ", "Köln"), deltas("Gr??e aus ", "Köln")), ChangeKind.CHANGED)
    assert (row.place, row.direct, row.gateway) == (SPOKEN, '"Grüße aus Köln"', '"Gr??e aus Köln"')


def test_ids_differ_in_each_answer() -> None:
    found = compared(
        [chunk(id="chatcmpl-abc", created=1788000001)], [chunk(id="chatcmpl-xyz", created=1788000009)]
    )
    assert found.changes == ()
    assert [(row.place, row.direct, row.gateway) for row in found.per_request] == [
        ("id", '"chatcmpl-abc"', '"chatcmpl-xyz"'),
        ("created", "1788000001", "1788000009"),
    ]


@pytest.mark.parametrize(
    ("key", "direct", "gateway"),
    [
        ("id", "chatcmpl-abc", "gen-abc"),
        ("id", "chatcmpl-abc", "abc"),
        ("created", 1788000001, 1788000001000),
    ],
)
def test_ids_of_another_form_are_a_change(key: str, direct: Any, gateway: Any) -> None:
    """Programs look at how an id begins, and take times for seconds."""
    found = compared([chunk(**{key: direct})], [chunk(**{key: gateway})])
    assert [row.place for row in found.changes] == [f"the form of {key}"]


def test_an_id_that_is_not_the_same_in_all_events_is_a_change() -> None:
    before = [chunk({"content": text}, id="chatcmpl-1") for text in "abc"]
    after = [chunk({"content": text}, id=f"chatcmpl-{text}") for text in "abc"]
    row = only(compared(before, after), ChangeKind.CHANGED)
    assert (row.place, row.direct, row.gateway) == ("the sameness of id", "one in 3 events", "3 in 3 events")


def test_an_unknown_value_that_is_never_the_same_twice_differs_in_each_answer() -> None:
    """It has to look made up, and differ in several exchanges."""

    def run(side: str, names: Sequence[str], *, same: str = "") -> list:  # type: ignore[type-arg]
        return [answer([chunk({"content": "a"}, mark=same or f"{side}{name}8f3a")], name) for name in names]

    names = ("chat-a", "chat-b", "chat-c")
    found = wire_difference(run("d", names), run("g", names))
    assert found.changes == ()
    assert [row.place for row in found.per_request] == ["mark"]
    for direct, gateway in [
        (run("d", names[:2]), run("g", names[:2])),
        (run("d", names, same="always-1"), run("g", names)),
        (
            [*run("d", names), answer([chunk(mark="x")], "same")],
            [*run("g", names), answer([chunk(mark="x")], "same")],
        ),
    ]:
        assert [row.place for row in wire_difference(direct, gateway).changes] == ["mark"]


def test_every_exchange_with_a_change_is_named() -> None:
    direct = [replace(answer(HELLO), id=name) for name in ("one", "two", "three")]
    changed = [*HELLO[:-1]]
    gateway = [answer(changed, "one"), answer(HELLO, "two"), answer(changed, "three")]
    row = only(wire_difference(direct, gateway), ChangeKind.FRAMING)
    assert (row.place, row.count, row.scenarios) == ("the terminator [DONE]", 2, ("one", "three"))


def test_a_very_long_value_hides_nothing_that_stands_above_it() -> None:
    """Of a value with very many parts, those near its top are compared first."""
    many = [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}] * 4_000
    before = {"choices": [{"index": 0, "logprobs": {"content": many}}], "usage": {"total_tokens": 3}}
    after = {"choices": [{"index": 0, "logprobs": None}], "usage": {"total_tokens": 9}}
    found = wire_difference([document(before)], [document(after)])
    assert [(row.kind, row.place) for row in found.changes] == [
        (ChangeKind.RETYPED, "choices.*.logprobs"),
        (ChangeKind.CHANGED, "usage.total_tokens"),
    ]


def test_long_keys_within_each_other_take_no_room() -> None:
    """A path holds every key that it is in."""
    value: Any = 1
    for _ in range(200):
        value = {"k" * 10_000: value}
    longest = max(map(len, flat(value).leaves))
    assert longest < 200 * 200


def test_white_space_is_looked_at_once() -> None:
    """Where an endpoint sends nothing but that, for hours before."""
    blank = [b"data: " + b" " * 300_000 + b"\n\n"]
    assert only(compared(blank, [*blank, DONE]), ChangeKind.FRAMING).place == "the terminator [DONE]"


FIRST = {"role": "assistant", "content": "", "refusal": None}


@pytest.mark.parametrize(
    ("apart", "kinds"),
    [
        # The empty text in an event of its own, behind the role and before it.
        ([{"role": "assistant"}, {"content": "", "refusal": None}], ["split"]),
        ([{"content": ""}, {"role": "assistant", "refusal": None}], ["split"]),
        # One that is there in both is another one more.
        ([FIRST, {"content": ""}], ["inserted"]),
        # What the first chunk never had was not taken out of it.
        ([FIRST, {"reasoning": ""}], ["inserted"]),
    ],
)
def test_an_empty_text_that_was_taken_out_of_its_chunk_is_a_split(
    apart: list[dict[str, Any]], kinds: list[str]
) -> None:
    """As gateways do with the first chunk of OpenAI; and put back into it, a merger."""
    one, more = [chunk(FIRST), *HELLO[1:]], [*map(chunk, apart), *HELLO[1:]]
    assert [kind for kind, *_ in stream(one, more)] == kinds
    back = {"split": "merged", "inserted": "dropped"}
    assert [kind for kind, *_ in stream(more, one)] == [back[kind] for kind in kinds]


@pytest.mark.parametrize(("one", "other"), [([], None), ([1], None), ([], {}), ([{"a": 1}], "x"), (None, [])])
def test_an_array_that_is_something_else_is_retyped(one: Any, other: Any) -> None:
    """Empty or not."""
    (row,) = stream([chunk(x=one)], [chunk(x=other)])
    assert row == ("retyped", "x", 1)


def test_another_text_beside_a_stream_of_the_same_words_is_changed() -> None:
    """The answer is the same one, so the model did not write it anew."""
    other = [typed("response.output_text.done", sequence_number=4, item_id="msg_1", text="Bye.")]
    assert stream(RESPONSE, [*RESPONSE[:4], *other, RESPONSE[5]]) == [("changed", "text", 1)]
    deltas = [
        typed("response.output_text.delta", sequence_number=n, item_id="msg_1", delta="Bye") for n in (2, 3)
    ]
    assert stream(RESPONSE, [*RESPONSE[:2], *deltas, *other, RESPONSE[5]]) == []


def test_what_is_redacted_on_one_side_alone_is_no_change() -> None:
    """Each side is recorded without the credentials of its own request, such as the key of a gateway."""
    pairs = [("I am Travel Assistant.", "I am [redacted]."), ("I am Tom.", "I am [redacted].")]
    told = [
        stream(*([*RESPONSE[:4], typed("response.output_text.done", text=text)] for text in pair))
        for pair in pairs
    ]
    assert told == [[], [("changed", "text", 1)]]
