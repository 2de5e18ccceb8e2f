"""The wire log shows every relevant byte, numbered, marked, and with invisible characters made visible."""

from types import SimpleNamespace

import pytest

from conformance.catalogue import Verdict, Violation
from conformance.exchange import Piece, Request
from conformance.report.visible import clip, segments, visible
from conformance.report.wirelog import Fold, WireRow, excerpt, glimpse, log, marks, wire_rows
from conformance.subject import Answer


def text(row: WireRow) -> str:
    """What a row shows, its lines joined by a bar."""
    return "|".join("".join(part.text for part in (*line.head, *line.tail)) for line in row.lines)


def rows_of(stream: Answer, *verdicts: Verdict) -> list[WireRow]:
    """All rows of a stream, none folded."""
    return list(wire_rows(stream, marks(stream, verdicts)))


def test_events_comments_and_what_is_not_dispatched_have_rows_of_their_own(make: SimpleNamespace) -> None:
    body = b": hello\n\ndata: 1\n\nevent: ping\n\nid: 7\ndata: a\ndata: b\n\n: bye\n\ndata: cut"
    rows = rows_of(make.stream(body=body))
    assert [(row.number, row.what, text(row)) for row in rows] == [
        (None, "comment", ": hello"),
        (1, "event", "data: 1"),
        (None, "not dispatched", "event: ping"),
        (2, "event", "id: 7|data: a|data: b"),
        (None, "comment", ": bye"),
        (None, "unterminated", "data: cut"),
    ]


def test_the_rows_tile_the_body(make: SimpleNamespace) -> None:
    body = b"\xef\xbb\xbfdata: 1\r\n\r\n:c\r\rdata: 2\n\ndata: 3"
    rows = rows_of(make.stream(body=body))
    assert [row.span for row in rows] == [(0, 3), (3, 14), (14, 18), (18, 27), (27, 34)]
    assert "".join(body[slice(*row.span)].decode() for row in rows).encode() == body


def test_what_cannot_be_seen_is_shown_by_a_sign(make: SimpleNamespace) -> None:
    body = "\ufeffdata: a\u202eb\x00\r\n\r\n".encode() + b"data: \xff\xfe\\xff\n\n"
    bom, first, second = rows_of(make.stream(body=body))
    assert text(bom) == "⟨BOM⟩"
    assert text(first) == "data: a⟨U+202E⟩b⟨NUL⟩⟨CR⟩"
    assert text(second) == "data: \\xff\\xfe\\xff"
    signs = [(part.text, part.sign) for part in second.lines[0].head]
    assert signs == [("data: ", False), ("\\xff\\xfe", True), ("\\xff", False)]


def test_times_are_milliseconds_since_the_request_and_since_the_row_before(make: SimpleNamespace) -> None:
    pieces = (
        Piece(data=b"data: 1\n\ndata: 2", at=0.25),
        Piece(data=b"\n\n: c\n\n", at=0.375),
        Piece(data=b"data: 3\n\n", at=0.5),
    )
    rows = rows_of(make.stream(pieces=pieces))
    assert [(row.at, row.delta) for row in rows] == [(250, None), (375, 125), (375, 0), (500, 125)]


def test_a_source_without_times_shows_none(make: SimpleNamespace) -> None:
    drawn = log(make.stream(pieces=(Piece(data=b"data: 1\n\n"),)))
    assert not drawn.timed
    assert isinstance(drawn.rows[0], WireRow)
    assert drawn.rows[0].at is None


def test_rows_that_violations_rest_on_name_the_requirements(make: SimpleNamespace) -> None:
    stream = make.stream(body=b"\n\ndata: 1\n\n: c\n\ndata: 2\n\n")
    by_event = make.verdict("must-a")
    by_span = make.verdict("must-b", violations=(Violation(expected="", observed="", span=(11, 14)),))
    rows = rows_of(stream, by_event, by_span, by_event)
    assert [row.rules for row in rows] == [(), ("must-b",), ("must-a",)]


def test_verdicts_on_groups_and_on_other_exchanges_mark_nothing(make: SimpleNamespace) -> None:
    other = make.verdict("must-a", subject="other")
    group = make.verdict("must-a", exchanges=("chat-text", "other"))
    nowhere = make.verdict("must-a", violations=(Violation(expected="", observed="", event=99),))
    assert marks(make.stream(), [other, group, nowhere]) == {}


def test_a_long_stream_shows_its_ends_and_marked_rows_with_three_around_them(make: SimpleNamespace) -> None:
    stream = make.stream(body=b"".join(b"data: %d\n\n" % number for number in range(1, 301)))
    verdict = make.verdict("must-a", violations=(Violation(expected="", observed="", event=100),))
    shown = [row.number if isinstance(row, WireRow) else row for row in log(stream, [verdict]).rows]
    assert shown == [*range(1, 6), Fold(91, 91), *range(97, 104), Fold(192, 192), *range(296, 301)]


def test_a_short_stream_is_shown_whole(make: SimpleNamespace) -> None:
    stream = make.stream(body=b"data: 1\n\n" * 40)
    assert len(log(stream).rows) == 40
    assert not any(isinstance(row, Fold) for row in log(stream).rows)


def test_an_excerpt_shows_the_marked_row_and_its_neighbours(make: SimpleNamespace) -> None:
    stream = make.stream(body=b"".join(b"data: %d\n\n" % number for number in range(1, 31)))
    verdict = make.verdict("must-a", violations=(Violation(expected="", observed="", event=10),))
    shown = [row.number if isinstance(row, WireRow) else row for row in excerpt(stream, verdict)]
    assert shown == [Fold(7, 7), 8, 9, 10, 11, Fold(19, 19)]


def test_an_excerpt_of_something_missing_shows_where_it_is_not(make: SimpleNamespace) -> None:
    stream = make.stream(body=b"".join(b"data: %d\n\n" % number for number in range(1, 31)))
    verdict = make.verdict("must-a", violations=(Violation(expected="", observed=""),))
    shown = [row.number if isinstance(row, WireRow) else row for row in excerpt(stream, verdict)]
    assert shown == [1, Fold(26, 26), 28, 29, 30]


def test_long_lines_are_cut_in_the_view_between_characters(make: SimpleNamespace) -> None:
    stream = make.stream(body="data: {}\n\ndata: x\n\n".format("ü" * 5000).encode())
    line = rows_of(stream)[0].lines[0]
    shown = "".join(part.text for part in (*line.head, *line.tail))
    assert "\\x" not in shown
    assert len(shown) + line.hidden == 5006
    assert len(shown) < 500


def test_a_marked_line_is_shown_longer(make: SimpleNamespace) -> None:
    stream = make.stream(body=b"data: " + b"x" * 1500 + b"\n\ndata: " + b"y" * 1500 + b"\n\n")
    plain, marked = rows_of(stream, make.verdict("must-a"))
    assert plain.lines[0].hidden > 0
    assert marked.lines[0].hidden == 0


@pytest.mark.parametrize("data", [b"", b"x", b"\xff" * 1000, b"\x80" * 1000, "😀".encode() * 300])
def test_a_cut_loses_no_byte_but_those_it_counts(data: bytes) -> None:
    head, hidden, tail = clip(data, 100)
    middle = data[len(head) : len(data) - len(tail)]
    assert head + middle + tail == data
    assert hidden == len(middle.decode(errors="replace"))


def test_a_json_answer_is_shown_pretty_and_as_it_came(make: SimpleNamespace) -> None:
    """A line for each value; no number, no escape and no key that is there twice changes."""
    drawn = log(
        make.stream(body=b'{"error": {"message":"no \\u202e","a":1e999,"a":[1.0,{}],"b":[]}}', status=404)
    )
    assert drawn.document == (
        '{\n  "error": {\n    "message": "no \\u202e",\n    "a": 1e999,\n    "a": [\n      1.0,\n      {}\n'
        '    ],\n    "b": []\n  }\n}'
    )
    assert drawn.rows == ()


def test_an_answer_of_another_kind_is_shown_as_it_came(make: SimpleNamespace) -> None:
    drawn = log(make.stream(body=b"<html>\x1b[31m\xff" + b"a" * 20_000, status=502))
    assert drawn.document.startswith("<html>⟨ESC⟩[31m\\xffaaa")
    assert drawn.document_cut


def test_a_glimpse_of_an_answer_has_its_head_and_the_begin_of_its_body(make: SimpleNamespace) -> None:
    refused = make.stream(body=b"<html>" + b"a" * 5_000, status=502, headers=(("Server", "n\x07"),))
    assert glimpse(refused).startswith("status 502\nServer: n⟨U+0007⟩\n\n<html>aaa")
    assert glimpse(refused).endswith("… the rest is not shown")
    assert glimpse(make.stream()) == "status 200\ncontent-type: text/event-stream"
    assert glimpse(make.stream(pieces=(), status=None)) == ""


def test_the_request_body_is_shown_pretty_or_as_it_is(make: SimpleNamespace) -> None:
    assert log(make.stream()).request_body == '{\n  "model": "m",\n  "stream": true\n}'
    assert log(make.stream(request=Request(body="{no json\x00"))).request_body == "{no json⟨NUL⟩"
    assert log(make.stream(request=None)).request_body == ""
    long = log(make.stream(request=Request(body="x" * 7_000))).request_body
    assert long.endswith("x\n… the rest is not shown")


def test_deep_nesting_is_shown_and_never_raises(make: SimpleNamespace) -> None:
    deep = b"[" * 100_000
    assert log(make.stream(body=deep, status=400)).document.startswith("[[[")
    assert log(make.stream(request=Request(body=deep.decode()))).request_body.startswith("[[[")


def test_nesting_that_would_fill_the_page_with_indentation_is_cut(make: SimpleNamespace) -> None:
    nested = "[" * 400 + "1" + "]" * 400
    body = log(make.stream(request=Request(body=nested))).request_body
    assert body.startswith("[\n  [\n    [")
    assert len(body) < 6_100


def test_the_size_of_a_log_grows_with_what_it_shows_beside_its_rows(make: SimpleNamespace) -> None:
    small, large = make.stream(body=b"{}", status=400), make.stream(body=b'"%s"' % (b"1" * 400), status=400)
    assert log(large).size > log(small).size + 300


def test_a_brief_log_shows_but_the_ends(make: SimpleNamespace) -> None:
    stream = make.stream(body=b"".join(b"data: %d\n\n" % number for number in range(1, 31)))
    shown = [row.number if isinstance(row, WireRow) else row for row in log(stream, brief=True).rows]
    assert shown == [1, 2, Fold(26, 26), 29, 30]


def test_prose_keeps_line_feeds_tabs_emoji_and_every_script() -> None:
    kept = "a\n\tb ❤️ 漢字 עברית"
    assert visible(kept) == kept


def test_bytes_of_one_line_are_segments_in_order() -> None:
    assert "".join(part.text for part in segments(b"\x00a\tb\x7f")) == "⟨NUL⟩a⟨TAB⟩b⟨DEL⟩"
    assert segments(b"") == ()
