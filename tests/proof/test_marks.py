"""The marks of chat templates: each of the table is found, whole or begun, and no text takes long."""

import re

import pytest

from conformance.requirements.control import leaks
from conformance.requirements.marks import bare_calls, begun_mark, marks
from conformance.requirements.templates import TEMPLATES, Kind, Template
from conformance.subject import ChatStream, read
from tests.proof.streams.chat import says, wire
from tests.proof.streams.handmade import exchange

MARKS = [
    (mark, kind)
    for template in TEMPLATES
    for found, kind in ((template.calls, Kind.CALL), (template.control, Kind.CONTROL))
    for mark in found
]
BEGUN = [mark for mark, _ in MARKS if len(mark) > 7]


@pytest.mark.parametrize(("mark", "kind"), MARKS, ids=lambda value: value if isinstance(value, str) else "")
def test_every_mark_is_found_among_words(mark: str, kind: Kind) -> None:
    """With its kind; two models may have the same mark."""
    text = f"Rain {mark} today"
    first = marks(text)[0]
    assert first.start == 5
    assert mark.startswith(text[5 : first.end])
    assert first.kind is kind
    assert marks(f"Rain `{mark}` today") == []


@pytest.mark.parametrize("mark", BEGUN)
def test_every_mark_of_some_length_is_seen_where_a_text_ends_in_it(mark: str) -> None:
    """Without its last letter, where nothing before that is a mark already."""
    text = f"Rain {mark[:-1]}"
    assert marks(text) or begun_mark(text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.models)
def test_every_template_says_where_its_marks_are_from(template: Template) -> None:
    """By an address that anyone can open."""
    assert re.fullmatch(r"https://\S+", template.source)
    assert template.calls or template.control


def test_no_mark_is_found_in_a_text_without_any() -> None:
    """Code, prose and tables; the proofs have many more."""
    for text in (
        "",
        "x < y",
        "a <| b",
        "[x] (y) ]<[",
        "<s>old</s>",
        "| a | b |",
        "to=x functions. assistant",
    ):
        assert marks(text) == []
        assert begun_mark(text) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"name": "f", "arguments": {}}', ["f"]),
        ('{"name": "f"}', []),
        ("f(1)", ["f"]),
        ("f", []),
        ("f(1) is what I call", []),
        ("f{1}", []),
        ('f{"a": 1}', ["f"]),
        ('[{"name": "f", "parameters": {}}, 5]', []),
        ("", []),
        ("f(" + "x" * 30_000 + ")", []),
    ],
)
def test_a_bare_call_is_the_whole_text(text: str, names: list[str]) -> None:
    """Nothing beside it, and not too long to be one."""
    assert bare_calls(text) == names


def test_a_fence_before_empty_lines_is_looked_at_once() -> None:
    """And not from each of the lines to the end, which takes half an hour for the texts of one answer."""
    assert not any(bare_calls("```\n" + "\n" * 19_000 + "x") for _ in range(400))
    assert bare_calls("```json\n\n" + '{"name": "f", "arguments": {}}' + "\n```") == ["f"]


def test_marks_that_are_begun_again_and_again_are_looked_at_once() -> None:
    """What a mark can hold is bounded, so a text of nothing but beginnings has its length as its cost."""
    for begin in (
        "<|aa_",
        "<\uff5caa",
        "<tool_",
        "</",
        "assistant",
        "functions.a",
        "[TOOL_",
        "```\n",
        "`<|im_end|",
    ):
        text = begin * 50_000
        assert marks(text) == []


def test_the_request_is_searched_for_so_many_marks_and_no_more() -> None:
    """A text of nothing but marks would be searched as often as it has marks, however long the request is."""
    texts = ["".join(f"<|ab_c{number}|>" for number in range(150)), "".join(["<|im_end|>"] * 150)]
    stream = read(exchange(wire("marks", *says(*texts), asks={"user": "ab"})))
    assert isinstance(stream, ChatStream)
    assert sum(len(leak.marks) for leak in leaks(stream)) == 200
