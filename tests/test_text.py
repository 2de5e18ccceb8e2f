"""How sentences end that are put together of texts of the suite, of endpoints and of people."""

import pytest

from conformance.text import ended, unended


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("It is full", "It is full."),
        ("It is full.", "It is full."),
        ("It is full. ", "It is full."),
        ("Refused (400: no effect.)", "Refused (400: no effect.)"),
        ("Refused (400)", "Refused (400)."),
        ("Is it?", "Is it?"),
        ("Cut …", "Cut …"),
        ("It raises 'It changed.'", "It raises 'It changed.'"),
        ("It is `a.b`", "It is `a.b`."),
        ("", ""),
    ],
)
def test_a_sentence_has_one_end(text: str, sentence: str) -> None:
    """Whatever it ended with before; where nothing is said there is none."""
    assert ended(text) == sentence
    assert ended(ended(text)) == sentence


@pytest.mark.parametrize("text", ["It is full", "It is full.", "It is full. "])
def test_what_is_followed_by_more_has_no_end(text: str) -> None:
    """In brackets, and before a semicolon."""
    assert unended(text) == "It is full"
