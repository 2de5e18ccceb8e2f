"""What a body can cost is bounded by its bytes, and by ceilings where these are not enough.

`make growth` measures seconds and megabytes; this is about what is kept, what is cut, and how many steps.
"""

import json
import socket
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from conformance.assemble.repeats import repeated_keys
from conformance.capture.body import Watch
from conformance.catalogue import Level, Outcome, Verdict, Violation
from conformance.causes.mends import Mending
from conformance.decode import Oddity, decode
from conformance.evidence import ceiling, load, read_evidence, write_evidence
from conformance.evidence.ceiling import bounded
from conformance.evidence.fields import without_fields
from conformance.exchange import Api, Ended, Exchange, Packed, Piece, Request
from conformance.fitting import schema_misfit
from conformance.gate import Ruling
from conformance.judge import Judging, judge_exchange
from conformance.light import lightened
from conformance.providers import Limits
from conformance.report.advice import advice
from conformance.report.blocks import Blocks
from conformance.report.bugreport import bug_report
from conformance.report.paint import paint, painted_text, size_of
from conformance.report.refusals import quoted, refusals
from conformance.report.spots import by_byte
from conformance.report.tokens import tokens
from conformance.report.visible import one_line
from conformance.report.wirelog import WireRow, glimpse, log
from conformance.requirements import by_id
from conformance.requirements.twins import _WORD
from conformance.run.judgement import judge_provider
from conformance.subject import ChatStream, read
from conformance.text import brief_line, clipped, shown_line
from tests.played import played
from tools.hostile import SHAPES, Hostile
from tools.memory import recorded

FOUR = 4**1.1
"""How many times the steps four times the bytes may take; `make growth` has the same limit."""
BY_NAME = {shape.name: shape for shape in SHAPES}


def exchange(body: bytes, **fields: Any) -> Exchange:
    return Exchange(id="x", api=Api.CHAT, status=200, pieces=(Piece(data=body, at=0.5),), **fields)


def violation_times(body: bytes, rule: str) -> int:
    (verdict,) = [item for item in judge_exchange(exchange(body)) if item.requirement == rule]
    return sum(violation.times for violation in verdict.violations)


# Decoding.


@pytest.mark.parametrize(
    ("body", "oddity"),
    [
        (b"a\r", Oddity.NO_COLON),
        (b"a\n\n", Oddity.NO_DATA),
        (b": c\n\n", Oddity.COMMENT),
        (b"id: 1\ndata: {}\n\n", Oddity.ID),
        (b"data:1\n\n", Oddity.NO_SPACE),
        (b"data: \xff\n\n", Oddity.INVALID_UTF8),
    ],
)
def test_notes_are_counted_and_few_are_kept(body: bytes, oddity: Oddity) -> None:
    wire = decode([Piece(data=body * 30_000)])
    assert len(wire.notes) < 1_000
    assert sum(note.times for note in wire.noted(oddity)) == 30_000


def test_a_note_holds_little_of_a_long_line() -> None:
    wire = decode([Piece(data=b"x" * 1_000_000 + b"\n\n")])
    assert max(len(note.text) for note in wire.notes) < 5_000


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"x: y\ndata: {}\n\n", "sse-field-unknown"),
        (b"event: a\n\ndata: {}\n\n", "event-without-data"),
        (b"id: 1\n: c\n\ndata: {}\n\n", "sse-comment-after-id"),
        (b"id: 1\ndata: {}\n\n", "sse-id"),
        (b"data: \xff\n\n", "utf8-valid"),
    ],
)
def test_verdicts_count_what_is_not_kept(body: bytes, rule: str) -> None:
    assert violation_times(body * 3_000, rule) == 3_000


def test_every_event_of_invalid_bytes_is_known() -> None:
    """Rules about replacement characters leave out what invalid bytes explain, however many there are."""
    body = b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n' * 2_000
    assert decode([Piece(data=body)]).mangled == frozenset(range(1, 2_001))
    (verdict,) = [
        item for item in judge_exchange(exchange(body)) if item.requirement == "content-replacement"
    ]
    assert verdict.outcome is Outcome.PASS


# Ceilings.


@pytest.mark.parametrize("body", [b"a\r", b"a\n", b"\n", b"a\n\n", b": c\n\n", b"data: 1\n", b"\r\n"])
def test_lines_and_blocks_without_data_count_against_the_ceiling_of_events(body: bytes) -> None:
    watch = Watch("chat", Limits(events=300))
    watch.take(Piece(data=body * 150, at=0.1))
    assert watch.excess == ""
    watch.take(Piece(data=body * 1_100, at=0.1))
    assert "more than 300" in watch.excess


def test_lines_are_counted_alike_however_they_are_cut() -> None:
    body = b"data: 1\r\n\r\ndata: 2\r\rdata: 3\n\n"
    weights = set()
    for size in range(1, len(body) + 1):
        watch = Watch("chat", Limits(events=2))
        for at in range(0, len(body), size):
            watch.take(Piece(data=body[at : at + size], at=0.1))
        weights.add(watch.excess)
    assert weights == {"the stream has more than 2 events"}


def test_an_ordinary_stream_is_counted_by_its_events() -> None:
    """Events with a name and an id, each of one line of data: four lines, the blank one included."""
    watch = Watch("responses", Limits(events=100))
    watch.take(Piece(data=b"event: a\nid: 1\ndata: {}\n\n" * 100, at=0.1))
    assert watch.excess == ""


def test_a_stored_body_is_cut_at_a_ceiling_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ceiling, "WEIGHT", 1_000)
    (tmp_path / "long.sse").write_bytes(b"data: {}\n\n" * 50_000)
    (tmp_path / "short.sse").write_bytes(b"data: {}\n\n" * 900)
    (long, short), _ = load([tmp_path])
    assert long.ended is Ended.CEILING
    assert len(long.body) < 100_000
    assert "The body is cut" in long.note
    assert short.ended is Ended.UNKNOWN
    outcomes = {verdict.requirement: verdict for verdict in judge_exchange(long)}
    assert outcomes["done-present"].outcome is Outcome.NOT_TESTABLE
    assert outcomes["done-present"].reason.startswith("the stream went past the ceiling")


def test_evidence_is_cut_at_the_ceiling_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wrote it."""
    monkeypatch.setattr(ceiling, "WEIGHT", 1_000)
    write_evidence(tmp_path / "long.jsonl", exchange(b"data: {}\n\n" * 50_000))
    (long,), _ = load([tmp_path])
    assert long.ended is Ended.CEILING
    assert len(long.body) < 100_000


def test_a_stored_body_of_too_many_bytes_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling, "BYTES", 200_000)
    whole = exchange(b"data: " + b"x" * 300_000 + b"\n\n")
    assert 200_000 < len(bounded(whole).body) < 300_000


@pytest.mark.parametrize("name", ["tiny events", "blank lines", "lines without data"])
def test_what_a_recorder_stops_at_is_read_whole(name: str) -> None:
    """Otherwise a replay would judge less than the run did."""
    kept = recorded(BY_NAME[name], "x", 1_000_000)
    assert kept.ended is Ended.CEILING
    assert bounded(kept) is kept


# Numbers and texts that a stranger chooses.


def test_a_number_of_the_request_sizes_nothing() -> None:
    body = b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'
    asked = Request(body=json.dumps({"n": 300_000_000, "stream": True}))
    tracemalloc.start()
    try:
        verdicts = judge_exchange(exchange(body, request=asked))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    (verdict,) = [item for item in verdicts if item.requirement == "n-honoured"]
    assert verdict.violations[0].observed.endswith("127, 128 and more")
    assert peak < 50_000_000


def test_choices_without_end_are_not_all_told_apart() -> None:
    stream = read(BY_NAME["many choices, one chunk"].exchange(500_000))
    assert isinstance(stream, ChatStream)
    assert len(stream.choices) == 10_000


def test_a_violation_quotes_little_of_a_long_text() -> None:
    body = b"event: " + b"x" * 100_000 + b"\ndata: {}\n\n"
    (verdict,) = [item for item in judge_exchange(exchange(body)) if item.requirement == "event-name-chat"]
    assert len(verdict.violations[0].observed) < 3_000


@pytest.mark.parametrize("ended", [Ended.NO_RESPONSE, Ended.NOT_SENT])
def test_a_verdict_repeats_little_of_a_long_detail(ended: Ended) -> None:
    """Evidence of a stranger may give any, and every verdict on the exchange repeats it."""
    lost = Exchange(id="x", api=Api.CHAT, ended=ended, detail="no " * 100_000)
    verdicts = judge_exchange(lost)
    assert any(verdict.reason for verdict in verdicts)
    assert max(len(verdict.reason) for verdict in verdicts) < 3_000


def test_schema_errors_of_one_long_list_are_told_once_for_each_shape() -> None:
    body = ('data: {"choices":[' + '{"delta":5},' * 5_000 + '{"index":"a"}]}\n\n').encode()
    stream = read(exchange(body))
    assert isinstance(stream, ChatStream)
    misfits = stream.chat.data.misfits
    assert {misfit.path for misfit in misfits} >= {"choices.*.delta", "choices.*.index"}
    assert len(misfits) < 50


# Steps.


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python a piece of work runs through."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "name",
    [
        "calls without index",
        "calls with new indexes",
        "calls with an id that is no text",
        "items without index",
        "items, and the final response",
        "items of one place in the final response",
        "parts without index",
        "deltas with new indexes",
        "alternatives of one token",
        "keys twice",
        "documents in a text",
        "calls of other tools",
        "calls of tools of one name",
        "items that never end",
        "annotations",
        "output of a shell",
        "parts, and deltas that are no text",
    ],
)
def test_steps_grow_as_the_bytes_do(name: str) -> None:
    """Four times the bytes take four times the lines of code, and no more."""
    shape: Hostile = BY_NAME[name]
    one, four = (shape.exchange(size) for size in (24_000, 96_000))
    read(one)  # schemas are compiled once
    assert steps(lambda: judge_exchange(four)) < FOUR * steps(lambda: judge_exchange(one))


def test_a_document_with_a_mark_at_every_value_is_drawn_in_steps_of_its_length() -> None:
    """A page may mark as many places as a document has values."""
    one, four = (json.dumps({"choices": [{"index": 1}] * size}) for size in (250, 1_000))
    places = ["choices.*.index", "choices.*.delta"]
    assert steps(lambda: painted_text(four, places)) < FOUR * steps(lambda: painted_text(one, places))


@pytest.mark.parametrize("end", ["", "\\", "\n"])
def test_a_string_that_does_not_end_is_read_once(end: str) -> None:
    """A reader that begins again at each of its quotes needs half an hour."""
    assert not repeated_keys('"\\' * 500_000 + end)
    assert repeated_keys('{"\\"":1,"\\"":2}') == ['"']


# Mending.


@pytest.mark.parametrize(
    ("name", "rule"),
    [("two documents", "event-json"), ("numbers that fall", "sequence-number-increasing")],
)
def test_a_long_answer_is_not_mended(name: str, rule: str) -> None:
    """What follows from the rule is then not known: it counts as a cause of its own."""
    for size, mended in ((3_000_000, False), (10_000, True)):
        answer = read(BY_NAME[name].exchange(size))
        assert bool(Mending({answer.id: answer}).of(answer.id, (rule,))) is mended


def test_what_is_mended_and_judged_again_has_a_limit() -> None:
    answer = read(BY_NAME["two documents"].exchange(100_000))
    mending = Mending({answer.id: answer})
    assert mending.of(answer.id, ("event-json",))
    assert mending.judges([answer])
    while mending.judges([answer]):
        pass
    assert not mending.of(answer.id, ("event-json", "event-foreign"))


def test_a_sequence_number_sizes_nothing() -> None:
    tracemalloc.start()
    try:
        judge_exchange(BY_NAME["numbers far apart"].exchange(20_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000


def test_a_schema_of_a_request_is_fetched_from_nowhere() -> None:
    """Checks have no network: a file of a stranger may name any address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        misfit = schema_misfit({}, {"$ref": f"http://127.0.0.1:{server.getsockname()[1]}/x.json"})
        assert misfit == ""
        with pytest.raises(TimeoutError):
            server.accept()


# What is held of a run.


def test_pieces_that_are_packed_are_the_same_pieces() -> None:
    pieces = (Piece(data=b"ab", at=0.5), Piece(data=b"", at=None), Piece(data=b"c", at=1.0))
    packed = Packed(pieces)
    assert (*packed,) == pieces
    assert packed == pieces
    assert (packed[-1], packed[1:]) == (pieces[-1], pieces[1:])
    assert packed.body == b"abc"
    assert len(packed) == 3


def test_evidence_of_many_pieces_is_held_packed(tmp_path: Path) -> None:
    whole = replace(BY_NAME["1-byte pieces, ended"].exchange(9_000), status=200)
    write_evidence(tmp_path / "x.jsonl", whole)
    found = read_evidence(tmp_path / "x.jsonl")
    assert isinstance(found.pieces, Packed)
    assert found.pieces == whole.pieces
    assert judge_exchange(replace(found, source="")) == judge_exchange(whole)


def test_rules_on_groups_see_the_same_in_lightened_streams() -> None:
    streams = [read(one) for one in played()]
    light = [lightened(stream, always=True) for stream in streams]
    judging, again = (Judging([stream.exchange for stream in streams]) for _ in range(2))
    for stream in streams:
        judging.see(stream)
        again.see(stream)
    assert judging.end(light) == again.end(streams)
    for stream, other in zip(streams, light, strict=True):
        if stream.streamed:
            assert log(other) == log(stream)


def test_no_answer_is_read_while_the_one_before_it_is_held_whole() -> None:
    """Of many long answers, one alone takes many times its bytes."""
    body = b'{"error":[' + b"[]," * 340_000 + b"1]}"
    long = [replace(exchange(body), id=f"x{at}", status=500, sample=at) for at in (1, 2)]
    peaks = []
    for given in (long[:1], long):
        tracemalloc.start()
        try:
            judge_provider("acme", given)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_a_lightened_stream_holds_less_than_its_bytes() -> None:
    stream = read(recorded(BY_NAME["schema errors"], "x", 600_000))
    tracemalloc.start()
    try:
        light = lightened(stream)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(light.wire.events) == len(stream.wire.events)
    assert held < 600_000


# The report.


def test_a_page_shows_few_lines_of_a_block() -> None:
    stream = read(exchange(b"data: {}\n\n" + b"x: y\n" * 10_000 + b"\n"))
    row = log(stream).rows[1]
    assert isinstance(row, WireRow)
    assert len(row.lines) == 41
    assert row.lines[-1].head[0].text == "9,960 further lines"


def test_where_blocks_lie_is_held_as_numbers() -> None:
    stream = read(exchange(b"data: 1\n\n" * 20_000))
    tracemalloc.start()
    try:
        blocks = Blocks(stream)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(blocks) == 20_000
    assert held < 1_000_000


LONG = 1_000_000  # bytes
LONG_ANSWERS = {
    "error, one text": b'{"error":{"message":"' + b"x" * LONG + b'"}}',
    "error, words": b'{"error":{"message":"' + b"a b " * (LONG // 4) + b'"}}',
    "error, many values": b'{"error":{"message":["' + b'a",1,"' * (LONG // 6) + b'"]}}',
    "error, nested": b'{"error":' + b'{"message":' * (LONG // 11),
    "error, lists": b'{"error":[' + b"[" * LONG,
    "web page": b"<html>" + b"<p>no</p>\n" * (LONG // 10),
    "text like a head": b"HTTP/1.1 500 no\r\nx-a: " + b"x" * LONG,
    "controls": b"\x01" * LONG,
    "white space": b" " * LONG + b"no",
    "no UTF-8": b"\xff" * LONG,
}
LONG_STREAMS = {
    "event": b'data: {"error":{"message":"' + b"x" * LONG + b'"}}\n\n',
    "event, controls": b'data: {"error":{"message":"' + b"\x01" * LONG + b'"}}\n\n',
    "event, no UTF-8": b'data: {"error":{"message":"' + b"\xff" * LONG + b'"}}\n\n',
    "event, nested": b'data: {"error":' + b'{"message":' * (LONG // 11) + b"\n\n",
    "event, no JSON": b"data: {nothing " + b"x" * LONG + b"\n\n",
    "ids": 2 * (b'data: {"error":{"message":"a"},"id":"' + b"x" * (LONG // 2) + b'"}\n\n'),
    "name of an event": b"event: " + b"x" * LONG + b'\ndata: {"error":{}}\n\n',
    "name of a field": b"x" * LONG + b': 1\ndata: {"error":{}}\n\n',
    "lines of an event": b"x: 1\n" * (LONG // 5) + b'data: {"error":{}}\n\n',
}


@pytest.mark.parametrize("shape", [*LONG_ANSWERS, *LONG_STREAMS])
def test_what_quotes_a_long_body_costs_little_more_than_its_bytes(shape: str) -> None:
    """A page, a bug report, advice and the line of refusals show excerpts, and work on no more."""
    status, body = (200, LONG_STREAMS[shape]) if shape in LONG_STREAMS else (500, LONG_ANSWERS[shape])
    kind = "text/event-stream" if status == 200 else "application/json"
    answer = Exchange(
        id="chat-text",
        api=Api.CHAT,
        scenario="chat-text",
        status=status,
        headers=(("content-type", kind),),
        pieces=(Piece(data=body, at=0.5),),
    )
    stream = read(answer)
    assert stream.streamed is (status == 200)
    violation = Violation(
        event=1 if stream.streamed else None, place="error.message", expected="a", observed="b"
    )
    broken = Verdict(
        requirement="error-fields",
        subject=answer.id,
        exchanges=(answer.id,),
        outcome=Outcome.FAIL,
        level=Level.MUST,
        violations=(violation,),
    )
    tracemalloc.start()
    try:
        found = log(stream, [broken])
        rows = paint(found.rows, answer.body, by_byte(stream, [broken]))
        report = bug_report(
            by_id(broken.requirement),
            Ruling(verdict=broken, gates=True),
            provider="acme",
            streams=[stream],
            evidence={},
        )
        lines = [advice([stream]), refusals([stream]), quoted([answer]), glimpse(stream)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size_of(rows) < 250_000
    assert max(map(len, lines)) < 2_000
    assert len(report) < 30_000
    assert peak < 25_000_000


def test_an_excerpt_of_a_very_long_text_is_that_of_any_text() -> None:
    text = "a b\n" * 50_000
    assert one_line(text, 60, spaced=True) == clipped(shown_line(text), 60).replace("199999", "200000")
    assert brief_line(text, 60) == one_line(text, 60, spaced=True)
    assert one_line(text, 60) == clipped(text.replace("\n", "\N{RETURN SYMBOL}"), 60)
    assert one_line(" " * 100_000 + "no", 60, spaced=True) == "no … (100002 characters)"


@pytest.mark.parametrize(
    "work",
    [
        lambda: list(tokens('{"' + "a" * 200_000 + '":"' + '\\"' * 200_000 + '"}')),
        lambda: list(_WORD.finditer("a-" * 200_000)),
        lambda: without_fields('{"api_key":"s","x":"' + '\\"' * 200_000 + '"}', {"api_key": "s"}),
    ],
)
def test_a_pattern_keeps_nothing_of_its_way_through_a_text(work: Callable[[], object]) -> None:
    """A group that is repeated takes a hundred times the bytes, unless it is possessive."""
    tracemalloc.start()
    try:
        work()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
