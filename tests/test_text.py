"""How sentences end that are put together of several texts, and which texts are the same."""

import pytest

from conformance.text import ended, same_but_redacted, unended


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


@pytest.mark.parametrize(
    ("told", "true", "same"),
    [
        ("I am [redacted].", "I am Travel Assistant.", True),
        ("I am Travel Assistant.", "I am [redacted].", True),
        ("[redacted]", "Travel Assistant", True),
        ("[redacted], [redacted]!", "[redacted], Travel Assistant!", True),
        ("[redacted]", "[redacted]", True),
        ("I am [redacted].", "I am Tom.", False),
        ("I am [redacted].", "You are Travel Assistant.", False),
        ("I am [redacted].", "I am Travel Assistant!", False),
        ("[redacted] and [redacted]", "Travel Assistant and", False),
        ("Travel Agents", "Travel Assistant", False),
        ("", "Travel Assistant", False),
    ],
)
def test_a_text_is_the_same_but_for_what_was_redacted_in_it(told: str, true: str, *, same: bool) -> None:
    """No secret is shorter than twelve characters, so a word is none."""
    assert same_but_redacted(told, true) is same
