"""One fault on the wire has one cause; what only follows from it says so, and hides no other fault."""

import json
from collections.abc import Callable
from dataclasses import replace
from graphlib import TopologicalSorter

import pytest

from conformance.catalogue import Outcome, Verdict, Violation
from conformance.causes.documents import documents
from conformance.causes.edits import Edit, edited
from conformance.causes.mends import MENDS
from conformance.causes.pairs import of_refused_value
from conformance.causes.ties import TIES
from conformance.exchange import Piece
from conformance.judge import judge_exchange
from conformance.requirements import CATALOGUE
from tests.proof import proving
from tests.proof.streams import chat, responses
from tests.proof.streams.handmade import Wire, exchange

BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)
Spoil = Callable[[list[bytes], int], bytes | None]


_FOUND: dict[tuple[str, bytes], dict[str, Verdict]] = {}


def broken(wire: Wire) -> dict[str, Verdict]:
    """What is broken, by requirement. Each body of a wire is judged once."""
    if (found := _FOUND.get((wire.id, wire.body))) is None:
        verdicts = judge_exchange(exchange(wire))
        found = {verdict.requirement: verdict for verdict in verdicts if verdict.outcome in BROKEN}
        _FOUND[wire.id, wire.body] = found
    return found


def causes(wire: Wire) -> set[str]:
    """The requirements that no other explains."""
    return {name for name, verdict in broken(wire).items() if not verdict.because}


# The graph


def test_what_requirements_rest_on_is_in_the_catalogue_and_goes_in_no_circle() -> None:
    """And each requirement that others rest on has a mend or a tie, which decides whether they follow."""
    graph = {rule.id: rule.rests_on for rule in CATALOGUE}
    on = {name for names in graph.values() for name in names}

    assert list(TopologicalSorter(graph).static_order())
    assert on <= graph.keys()
    assert on == (MENDS.keys() | TIES.keys()) & on
    assert (MENDS.keys() | TIES.keys()) <= on
    assert all(len(set(names)) == len(names) for names in graph.values())


# One fault at every place of every legal stream


def data(block: bytes) -> bytes:
    return block[block.index(b"data: ") + 6 : -2]


def name(block: bytes) -> bytes:
    return block[: block.index(b"data: ")]


def _said(blocks: list[bytes], at: int, new: bytes, taken: int = 1) -> bytes | None:
    if at + taken > len(blocks):
        return None
    return b"".join([*blocks[:at], name(blocks[at]) + b"data: " + new + b"\n\n", *blocks[at + taken :]])


def two_documents(blocks: list[bytes], at: int) -> bytes | None:
    """Two JSON documents on one data line."""
    return _said(blocks, at, b"".join(map(data, blocks[at : at + 2])), 2)


def no_blank_line(blocks: list[bytes], at: int) -> bytes | None:
    """Two events without the blank line between them."""
    return None if at + 1 == len(blocks) else b"".join([*blocks[:at], blocks[at][:-1], *blocks[at + 1 :]])


def no_line_end(blocks: list[bytes], at: int) -> bytes | None:
    """Two events with no line end between them."""
    return None if at + 1 == len(blocks) else b"".join([*blocks[:at], blocks[at][:-2], *blocks[at + 1 :]])


def encoded_twice(blocks: list[bytes], at: int) -> bytes | None:
    """A JSON text that holds the JSON."""
    return _said(blocks, at, json.dumps(data(blocks[at]).decode()).encode())


def in_a_list(blocks: list[bytes], at: int) -> bytes | None:
    """A list with the event in it."""
    return _said(blocks, at, b"[" + data(blocks[at]) + b"]")


def last_brace_lost(blocks: list[bytes], at: int) -> bytes | None:
    """A document without its last character."""
    return _said(blocks, at, data(blocks[at])[:-1])


def prefix_twice(blocks: list[bytes], at: int) -> bytes | None:
    """`data: data: {...}`."""
    return _said(blocks, at, b"data: " + data(blocks[at]))


def on_several_lines(blocks: list[bytes], at: int) -> bytes | None:
    """A document indented over lines that do not say `data:`."""
    text = data(blocks[at])
    return None if text == b"[DONE]" else _said(blocks, at, json.dumps(json.loads(text), indent=1).encode())


def body_cut(blocks: list[bytes], at: int) -> bytes | None:
    """A body that ends in the middle of an event."""
    return b"".join(blocks[:at]) + blocks[at][: len(blocks[at]) * 2 // 3]


STREAMS = {wire.id: wire for wire in (chat.TEXT, chat.COUNTED, chat.TOOLS, responses.TEXT, responses.CALL)}
SPOILS = (
    *(two_documents, no_blank_line, no_line_end, encoded_twice, in_a_list),
    *(last_brace_lost, prefix_twice, on_several_lines, body_cut),
)


@pytest.mark.parametrize("wire", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_one_fault_has_one_cause_wherever_it_strikes(wire: Wire, spoil: Spoil) -> None:
    """However many requirements it breaks."""
    blocks = [block + b"\n\n" for block in wire.body.split(b"\n\n")[:-1]]
    found = {}
    most = 0
    for at in range(len(blocks)):
        if (body := spoil(blocks, at)) is not None:
            spoilt = replace(wire, body=body)
            most = max(most, len(broken(spoilt)))
            found[at] = causes(spoilt)
    assert {at: names for at, names in found.items() if len(names) != 1} == {}
    assert most > 1 or spoil in (prefix_twice, on_several_lines)


# Two faults

Edit_ = tuple[bytes, bytes, int]
"""Bytes, others in place of them, and which of their occurrences."""

IN_CHAT: dict[str, Edit_] = {
    "object-other": (b'"object":"chat.completion.chunk"', b'"object":"chunk"', 0),
    "id-other": (b'"id":"', b'"id":"x', 1),
    "created-text": (b'"created":17', b'"created":"now","x":17', 2),
    "role-other": (b'"role":"assistant"', b'"role":"user"', 0),
    "role-missing": (b'"role":"assistant",', b"", 0),
    "finish-other": (b'"finish_reason":"stop"', b'"finish_reason":"end"', 0),
    "finish-missing": (b'"finish_reason":"stop"', b'"finish_reason":null', 0),
    "done-other": (b"[DONE]", b"[done]", 0),
    "done-missing": (b"data: [DONE]\n\n", b"", 0),
    "string-open": (b'"lo, "', b'"lo, ', 0),
    "content-list": (b'"content":"lo, "', b'"content":["lo, "]', 0),
    "ping": (b"data: {", b'data: {"type":"ping"}\n\ndata: {', 1),
    "two-documents": (b"}\n\ndata: {", b"}{", 1),
    "field-other": (b"data: {", b'dta: {"x":1}\n\ndata: {', 2),
    "choices-renamed": (b'"choices":[', b'"choises":[', 2),
    "model-other": (b'"model":"', b'"model":"y', 2),
}
IN_RESPONSES: dict[str, Edit_] = {
    "two-documents": (b"}\n\nevent: response.output_text.delta\ndata: {", b"}{", 0),
    "status-other": (b'"status":"completed"', b'"status":"in_progress"', -1),
    "type-missing": (b'"type":"response.output_text.delta",', b"", 1),
    "delta-number": (b'"delta":"lo, "', b'"delta":7', 0),
    "letter-lost": (b'"delta":"lo, "', b'"delta":"o, "', 0),
    "number-other": (b'"sequence_number":2', b'"sequence_number":20', 0),
    "index-missing": (b'"output_index":0,', b"", 0),
    "item-other": (b'"item_id":"', b'"item_id":"z', 1),
    "total-other": (b'"total_tokens":', b'"total_tokens":1', 0),
    "line-missing": (b"event: response.in_progress\n", b"", 0),
    "id-other": (b'"id":"resp_68af"', b'"id":"resp_x"', 1),
    "created-text": (b'"created_at":1780000000', b'"created_at":"now"', 0),
    "field-other": (b"event: response.output_text.delta", b"dta: 1\n\nevent: response.output_text.delta", 1),
}


def spoilt_by(wire: Wire, *edits: Edit_) -> Wire | None:
    """The wire after these edits; None if one finds nothing to change after the others."""
    body = wire.body
    for old, new, number in edits:
        parts = body.split(old)
        if len(parts) < 2 or number >= len(parts) - 1:
            return None
        at = range(len(parts) - 1)[number]
        body = old.join(parts[: at + 1]) + new + old.join(parts[at + 1 :])
    return replace(wire, body=body)


@pytest.mark.parametrize(
    ("wire", "table", "first"),
    [
        *((chat.TEXT, IN_CHAT, first) for first in IN_CHAT),
        *((responses.TEXT, IN_RESPONSES, first) for first in IN_RESPONSES),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_fault_hides_behind_another(wire: Wire, table: dict[str, Edit_], first: str) -> None:
    """What is the cause of one fault does not follow from any other fault in the same stream."""
    alone = spoilt_by(wire, table[first])
    assert alone is not None
    own = causes(alone)
    assert own
    hidden: dict[tuple[str, str], str] = {}
    for second, edit in table.items():
        both = spoilt_by(wire, table[first], edit) if second != first else None
        other = spoilt_by(wire, edit)
        if both is not None and other is not None:
            found = broken(both)
            due = own | causes(other)
            hidden |= {
                (second, name): verdict.because
                for name, verdict in found.items()
                if name in due and verdict.because
            }
    assert hidden == {}


def test_a_violation_never_follows_from_a_milder_one() -> None:
    """Whatever turns a run red has a cause that does."""
    ranks = {outcome: rank for rank, outcome in enumerate(BROKEN)}
    followed = 0
    for wire in proving.BROKEN:
        found = broken(wire)
        for verdict in (verdict for verdict in found.values() if verdict.because):
            cause = found[verdict.because]
            assert not cause.because, wire.id
            assert ranks[cause.outcome] <= ranks[verdict.outcome], wire.id
            followed += 1
    assert followed


@pytest.mark.parametrize(
    ("value", "follows"),
    [('"msg_7"', True), ('"msg"', False), ("null", False), ("4", False), ('""', False), ('"rs_1"', False)],
)
def test_a_refusal_follows_from_a_wrong_id_that_it_names(value: str, *, follows: bool) -> None:
    """A null in the error, a number in the status and a part of another id name nothing."""
    said = 'status 404: {"error": {"message": "Item msg_7 not found", "param": null}}'
    cause, effect = (Violation(expected="the same id", observed=text) for text in (value, said))
    assert of_refused_value(cause, effect) is follows


# What a mend reads


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('{"a":1}{"b":2}', ['{"a": 1}', '{"b": 2}']),
        ('{"a":1}data: {"b":2}\n', ['{"a": 1}', '{"b": 2}']),
        ('{"a":1}\nevent: x\ndata: [DONE]', ['{"a": 1}', "[DONE]"]),
        ('{"a":NaN}', ['{"a": null}']),
        ('{"a":[1,{"b":"c', ['{"a": [1, {"b": "c"}]}']),
        ('{"a":1,"b":', ['{"a": 1, "b": null}']),
        ('{"a":1,"b":tru', ['{"a": 1}']),
        ('{"a":"\\', ['{"a": ""}']),
        ("[DON", ["[DONE]"]),
        ('{"type":"x.delta","delta":"ha', ['{"type": "x.delta", "delta": null}']),
        ("<html>", []),
        ("", []),
    ],
)
def test_documents_are_read_as_far_as_the_text_tells_them(text: str, held: list[str]) -> None:
    """One after the other, the last one completed if it is cut off."""
    assert documents(text) == held


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ([Edit(0, 3, b"x")], [b"xd", b"efg", b"h"]),
        ([Edit(2, 6, b"")], [b"ab", b"g", b"h"]),
        ([Edit(3, 5, b"XY")], [b"abc", b"XYfg", b"h"]),
        ([Edit(1, 8, b"Z")], [b"a", b"Z"]),
        ([Edit(8, 8, b"!")], [b"abcd", b"efg", b"h!"]),
        ([Edit(0, 1, b"1"), Edit(7, 8, b"2")], [b"1bcd", b"efg", b"2"]),
    ],
)
def test_new_bytes_arrive_with_the_last_of_the_old_ones(edits: list[Edit], told: list[bytes]) -> None:
    """So that the times of a mended body are those of the body."""
    pieces = [Piece(data=part, at=float(at)) for at, part in enumerate((b"abcd", b"efg", b"h"))]
    assert [piece.data for piece in edited(pieces, edits)] == told
