"""A line of the wire in colours: what is guilty is marked, what is absent shown, the same left out."""

import json
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.catalogue import Verdict, Violation
from conformance.report.blocks import Blocks
from conformance.report.paint import Ink, PaintedLine, PaintedText, paint, painted_text, size_of
from conformance.report.spots import places, spots
from conformance.report.tokens import indented, is_pattern, matches, pattern, tokens
from conformance.report.wirelog import Fold, log
from conformance.subject import Answer

steady = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def text(line: PaintedLine) -> str:
    """What a line shows: what is marked in angle brackets, a ghost in braces."""
    shown = ""
    for guilty, inks in line.parts:
        told = "".join(f"{{{ink.text}}}" if ink.kind == "ghost" else ink.text for ink in inks)
        shown += f"<{told}>" if guilty else told
    return shown


def kinds(line: PaintedLine) -> list[tuple[str, str]]:
    """The inks that have a colour."""
    return [(ink.kind, ink.text) for _, inks in line.parts for ink in inks if ink.kind]


def rows(stream: Answer, *verdicts: Verdict) -> list[str]:
    """The rows of a stream as they are painted, the lines of each joined by a bar."""
    named: dict[int, list[str]] = {}
    for spot in spots(stream, verdicts):
        named.setdefault(spot.at, []).append(spot.place)
    drawn = paint(log(stream, verdicts).rows, stream.exchange.body, named)
    return ["…" if isinstance(item, Fold) else "|".join(map(text, item.lines)) for item in drawn]


def event(value: object) -> bytes:
    """An event with a value as its data."""
    return b"data: " + json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n\n"


def broken(make: SimpleNamespace, *violations: Violation, **fields: object) -> Verdict:
    """A verdict with these violations."""
    found: Verdict = make.verdict("must-a", violations=violations, **fields)
    return found


def at(number: int | None, place: str, observed: str = "o", expected: str = "e") -> Violation:
    """A violation in an event, at a path."""
    return Violation(event=number, place=place, expected=expected, observed=observed)


@steady
@given(st.text())
def test_the_tokens_of_a_text_are_the_text(text: str) -> None:
    assert "".join(token.text for token in tokens(text)) == text


@steady
@given(VALUES)
def test_every_value_of_a_document_has_its_path(value: object) -> None:
    """Told by walking the document."""
    wanted = []

    def walk(found: object, path: tuple[str, ...]) -> None:
        if isinstance(found, dict):
            for key, inner in found.items():
                walk(inner, (*path, json.dumps(key)[1:-1]))
        elif isinstance(found, list):
            for index, inner in enumerate(found):
                walk(inner, (*path, str(index)))
        else:
            wanted.append((path, json.dumps(found)))

    walk(value, ())
    leaves = [
        (token.path, token.text)
        for token in tokens(json.dumps(value))
        if token.kind in ("string", "number", "literal")
    ]
    assert leaves == wanted


@steady
@given(VALUES)
def test_an_indented_document_says_the_same(value: object) -> None:
    """As Python indents it, and nothing of it lost."""
    text = json.dumps(value)
    assert indented(text, 1_000_000) == json.dumps(value, indent=2)


def test_a_document_that_is_nested_without_end_costs_no_more_than_its_length() -> None:
    assert "".join(token.text for token in tokens("[" * 5_000)) == "[" * 5_000
    assert "".join(token.text for token in tokens('"\\' * 5_000)) == '"\\' * 5_000


@pytest.mark.parametrize(
    ("path", "place", "same"),
    [
        (("a", "0", "b"), "a.*.b", True),
        (("a", "0", "b"), "a.0.b", True),
        (("a", "x", "b"), "a.*.b", False),
        (("a", "0"), "a.*.b", False),
        (("a",), "b", False),
    ],
)
def test_a_star_stands_for_a_position(path: tuple[str, ...], place: str, *, same: bool) -> None:
    assert matches(path, pattern(place)) is same


@pytest.mark.parametrize("place", ["", 'arguments of "f"', "output_text, word 1", "1", "a..b", "*"])
def test_what_is_no_path_is_not_taken_for_one(place: str) -> None:
    assert not is_pattern(place)


def test_keys_strings_and_numbers_have_a_colour() -> None:
    line = painted_text('{"a": [1.5, "x", null]}')
    assert kinds(line) == [("key", '"a"'), ("number", "1.5"), ("string", '"x"'), ("number", "null")]
    assert painted_text("plain") == PaintedLine(((False, (Ink("plain"),)),))


def test_a_guilty_key_is_marked_with_its_value_and_nothing_else(make: SimpleNamespace) -> None:
    stream = make.stream(body=event({"a": {"b": [1, 2]}, "c": 3}))
    assert rows(stream, broken(make, at(1, "a.b"))) == ['data: {"a":{<"b":[1,2]>},"c":3}']
    assert rows(stream, broken(make, at(1, "c"))) == ['data: {"a":{"b":[1,2]},<"c":3>}']


def test_no_mark_is_white_space_alone(make: SimpleNamespace) -> None:
    """Where JSON is spaced, a mark has what stands between its ends, and nothing behind its last comma."""
    stream = make.stream(body=b'data: { "a": {"b": [1, 2] , "d": 4}, "c": 3 }\n\n')
    assert rows(stream, broken(make, at(1, "a"))) == ['data: { <"a": {"b": [1, 2] , "d": 4}>, "c": 3 }']
    assert rows(stream, broken(make, at(1, "a.b"))) == ['data: { "a": {<"b": [1, 2]> , "d": 4}, "c": 3 }']
    each = 'data: { "a": {"b": [<1>, <2>] , "d": 4}, <"c": 3> }'
    assert rows(stream, broken(make, at(1, "a.b.0"), at(1, "a.b.1"), at(1, "c"))) == [each]


KEYS = st.sampled_from("abc")
NAMED = st.recursive(
    st.none() | st.integers(0, 9), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)
)


@steady
@given(st.dictionaries(KEYS, NAMED), st.sampled_from([None, 0, 2]), st.lists(KEYS | st.just("*"), max_size=3))
def test_no_mark_of_any_document_is_empty(value: object, indent: int | None, steps: list[str]) -> None:
    """Whatever is marked, and however it is spaced: a mark has something to read, and ends with it."""
    line = painted_text(json.dumps(value, indent=indent), [".".join(["a", *steps]), "b", "b.c"])
    marks = ["".join(ink.text for ink in inks) for guilty, inks in line.parts if guilty]
    assert all(mark.strip() and mark == mark.strip() for mark in marks)


def test_every_place_of_a_pattern_is_marked(make: SimpleNamespace) -> None:
    stream = make.stream(body=event({"a": [{"b": 1}, {"b": 2}]}))
    assert rows(stream, broken(make, at(1, "a.*.b"))) == ['data: {"a":[{<"b":1>},{<"b":2>}]}']


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("z", 'data: {"a":[{"b":1}],"c":null<{"z" is missing}>}'),
        ("a.*.z", 'data: {"a":[{"b":1<{"z" is missing}>}],"c":null}'),
        ("y.z", 'data: {"a":[{"b":1}],"c":null<{"y" is missing}>}'),
        ("c.z", 'data: {"a":[{"b":1}],<"c":null>}'),
        ("a.*.b.z", 'data: {"a":[{<"b":1>}],"c":null}'),
        ("a.7.b", 'data: {<"a":[{"b":1}]>,"c":null}'),
        ("arguments of f", 'data: {"a":[{"b":1}],"c":null}'),
    ],
)
def test_what_is_absent_stands_where_it_belongs(make: SimpleNamespace, place: str, shown: str) -> None:
    """In the object that lacks it; where there is no such object, what is there instead is marked."""
    stream = make.stream(body=event({"a": [{"b": 1}], "c": None}))
    assert rows(stream, broken(make, at(1, place))) == [shown]


def test_all_that_one_object_lacks_is_shown(make: SimpleNamespace) -> None:
    stream = make.stream(body=event({"a": 1}))
    shown = rows(stream, broken(make, at(1, "y"), at(1, "z"), at(1, "y")))
    assert shown == ['data: {"a":1<{"y" is missing}{"z" is missing}>}']


def chunk(text: str, **more: object) -> dict[str, object]:
    """A chunk as long as a usual one."""
    return {
        "id": "chatcmpl-" + "0" * 40,
        "choices": [{"index": 0, "delta": {"content": text}}],
        "model": "m" * 40,
        **more,
    }


def test_an_event_that_differs_in_its_delta_is_shortened_to_it(make: SimpleNamespace) -> None:
    body = event(chunk("one", obfuscation="x")) + event(chunk("two", obfuscation="yy"))
    short = 'data: {…"choices":[{…"delta":{"content":"two"}}],…}'
    assert rows(make.stream(body=body))[1] == short
    spaced = body.replace(b",", b", ").replace(b'":', b'": ')
    assert rows(make.stream(body=spaced))[1] == short


def test_an_event_is_shown_whole_if_it_is_of_another_form_marked_or_behind_a_fold(
    make: SimpleNamespace,
) -> None:
    other = chunk("two", usage=None)
    whole = json.dumps(other, separators=(",", ":"))
    assert rows(make.stream(body=event(chunk("one")) + event(other)))[1] == f"data: {whole}"
    body = event(chunk("one")) + event(chunk("two"))
    marked = rows(make.stream(body=body), broken(make, at(2, "nothing here")))
    assert "…" not in marked[1]
    many = rows(make.stream(body=b"".join(event(chunk(str(number))) for number in range(60))))
    fold = many.index("…")
    assert many[fold - 1].startswith("data: {…")
    assert many[fold + 1].startswith('data: {"id"')
    assert many[fold + 2].startswith("data: {…")


def test_short_events_stay_as_they_are(make: SimpleNamespace) -> None:
    body = event({"a": 1, "b": "x"}) + event({"a": 1, "b": "y"})
    assert rows(make.stream(body=body)) == ['data: {"a":1,"b":"x"}', 'data: {"a":1,"b":"y"}']


def test_names_of_events_and_line_ends_are_shown(make: SimpleNamespace) -> None:
    body = b'event: a\r\ndata: {"a":1}\r\n\r\n: c\r\n\r\ndata: {"a":\ndata: 1}\n\n'
    named, comment, two = rows(make.stream(body=body))
    assert named == 'event: a⟨CR⟩|data: {"a":1}⟨CR⟩'
    assert comment == ": c⟨CR⟩"
    assert two == 'data: {"a":|data: 1}'


def test_what_cannot_be_seen_has_a_sign_in_every_colour(make: SimpleNamespace) -> None:
    body = 'data: {"a\u202e":"b\u200b"}\n\n'.encode()
    (line,) = [
        item.lines[0]
        for item in paint(log(make.stream(body=body)).rows, body, {})
        if isinstance(item, PaintedText)
    ]
    assert text(line) == 'data: {"a⟨U+202E⟩":"b⟨U+200B⟩"}'
    assert ("sign", "⟨U+202E⟩") in kinds(line)


def test_a_long_line_keeps_what_is_guilty(make: SimpleNamespace) -> None:
    """And says how much is left out of it, and of each long text."""
    value = {f"k{number}": "v" * 30 for number in range(200)} | {"long": "w" * 5_000}
    stream = make.stream(body=event(value))
    (shown,) = rows(stream, broken(make, at(1, "k100")))
    assert f'<"k100":"{"v" * 30}">' in shown
    assert shown.count("characters not shown") == 2
    assert len(shown) < 2_500
    (shown,) = rows(make.stream(body=event({"long": "w" * 5_000})))
    assert "⋯4,782 characters⋯" in shown
    (shown,) = rows(make.stream(body=event({"a": ["x"] * 50_000})))
    assert len(shown) < 1_000


def test_the_size_of_rows_grows_with_what_they_show(make: SimpleNamespace) -> None:
    def size(body: bytes) -> int:
        return size_of(paint(log(make.stream(body=body)).rows, body, {}))

    assert size(event("x" * 200)) > size(event("x")) + 150
    assert size(event("x") * 2) > size(event("x")) + 200
    assert size_of([Fold(1, 1)]) > 0


# Verdicts on groups


USAGE = event(chunk("a")) + event({"choices": [], "usage": {"prompt_tokens": 5}}) + b"data: [DONE]\n\n"


def group(make: SimpleNamespace, *violations: Violation) -> Verdict:
    """A verdict on a stream and its twin."""
    return broken(make, *violations, subject="chat-twins", exchanges=("chat-text", "chat-twin"))


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ("usage.prompt_tokens", 2),
        ("choices.0.message.content", 1),
        ("choices.0.tool_calls.0", None),
        ("usage.nothing", None),
        ("output_text, word 1", None),
    ],
)
def test_a_verdict_on_a_group_marks_the_event_that_says_it(
    make: SimpleNamespace, place: str, number: int | None
) -> None:
    stream = make.stream(body=USAGE)
    found = [spot.at for spot in spots(stream, [group(make, at(None, place))])]
    assert found == ([stream.event(number).end - 1] if number else [])


def test_a_verdict_on_a_group_of_responses_marks_its_end(make: SimpleNamespace) -> None:
    body = event({"type": "a"}) + event({"type": "b", "response": {"output": [1]}})
    stream = make.stream(body=body)
    (spot,) = spots(stream, [group(make, at(None, "output"))])
    assert (spot.at, spot.place) == (len(body) - 1, "response.output")


def test_what_several_have_alike_is_marked_in_those_that_are_named(make: SimpleNamespace) -> None:
    """In the one at which it is told, and in the one that it is told to be like."""
    told = group(make, at(None, "chat-twin", '"chatcmpl-1"', "another id than that of chat-text"))
    body = event({"id": "chatcmpl-0"}) + event({"id": "chatcmpl-1"})
    for name, marked in (("chat-text", 1), ("chat-twin", 1), ("other", 0)):
        assert len(list(spots(make.stream(name, body), [told]))) == marked
    unnamed = group(make, at(None, "chat-twin", '"chatcmpl-1"', "another id"))
    assert not list(spots(make.stream(body=body), [unnamed]))
    assert not list(spots(make.stream("chat-twin", body), [group(make, at(None, "chat-twin", "12 ms"))]))


def test_an_event_of_a_group_is_marked_where_the_place_names_its_exchange(make: SimpleNamespace) -> None:
    told = group(make, at(2, "chat-text"))
    assert len(list(spots(make.stream(body=USAGE), [told]))) == 1
    assert not list(spots(make.stream("chat-twin", USAGE), [told]))


def test_the_places_of_a_document_are_paths_alone(make: SimpleNamespace) -> None:
    document = make.stream(body=b'{"usage":{"a":1}}', headers=())
    told = [broken(make, at(None, "usage.a"), at(None, "usage.a"), at(None, "chat-text"), at(None, "word 1"))]
    assert places(document, told) == ["usage.a"]
    assert text(painted_text('{"usage":{"a":1}}', ["usage.a"])) == '{"usage":{<"a":1>}}'
    assert len(Blocks(make.stream(body=USAGE))) == 3
