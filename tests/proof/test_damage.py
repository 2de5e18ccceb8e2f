"""The table of ways in which texts are damaged, and its cost."""

import json
from unicodedata import normalize

import pytest

from conformance.requirements.damage import (
    DAMAGES,
    argument_damages,
    arguments_agree,
    damages,
    lost_letter,
)
from tests.proof.dictated import DUE, LINE, misread

NAMES = {way.name for way in DAMAGES}


def first(whole: str, seen: str) -> str:
    """The name of the first way that turns one text into another; "" if there is none."""
    found = damages(whole, seen)
    return found[0].name if found else ""


CASES = {
    "is UTF-8 that was read as Latin-1 and encoded again": misread(LINE),
    "is UTF-8 that was read as Windows-1252 and encoded again": misread(LINE, "cp1252"),
    "is UTF-8 that was read as Latin-1 and encoded again, twice": misread(misread(LINE)),
    "holds HTML entities in place of characters": LINE.replace("&", "&amp;").replace("<", "&lt;"),
    "holds an HTML entity in place of a character": LINE.replace("'", "&#39;"),
    "was encoded as JSON once more": json.dumps(LINE),
    "shows the escapes of JSON in place of characters": LINE.replace("é", "\\u00e9").replace("漢", "\\u6f22"),
    "shows an escape of JSON in place of a character": LINE.replace("😀", "\\ud83d\\ude00"),
    "has something else in place of each character beyond U+FFFF": LINE.replace("😀", "\ud83d"),
    "has a question mark or U+FFFD in place of each character beyond ASCII": LINE.encode(
        "ascii", "replace"
    ).decode(),
    "lacks each character beyond U+FFFF": LINE.replace("😀", ""),
    "lacks each character beyond ASCII": LINE.encode("ascii", "ignore").decode(),
    "is in the composed form of Unicode": normalize("NFC", LINE),
    "is in the decomposed form of Unicode": normalize("NFD", LINE),
    "has lost or changed its line breaks": LINE.replace("\n", ""),
    "is there more than once": LINE * 2,
}
"""By the name of a way, what it makes of the line."""


def test_every_way_has_a_case() -> None:
    """A row that nothing shows would never be missed."""
    assert {*CASES} == NAMES


@pytest.mark.parametrize("name", CASES)
def test_a_way_is_told_by_its_name(name: str) -> None:
    """The first that fits, also with words of the model around it."""
    assert first(LINE, CASES[name]) == name
    if "more than once" not in name and "JSON once more" not in name:
        assert first(LINE, f"Here it is: {CASES[name]} Done.") == name


@pytest.mark.parametrize(
    "seen", [LINE, f" {LINE}\n", f"«{LINE}»", "", "Something else.", LINE[:-1], LINE[1:]]
)
def test_a_text_that_is_whole_or_another_is_not_damaged(seen: str) -> None:
    """A model may write around it, or not obey."""
    assert damages(LINE, seen) == ()


def test_a_plain_text_is_damaged_in_few_ways() -> None:
    """What has nothing to damage says nothing of the way."""
    plain = "1-x2b9k 2-x2b9k"
    assert damages(plain, misread(plain)) == damages(plain, normalize("NFC", plain)) == ()
    assert first(plain, f"{plain} {plain}") == "is there more than once"


def test_arguments_are_compared_as_json() -> None:
    """Spelling and order do not count, and the input of a custom tool is text."""
    assert arguments_agree(DUE, json.dumps({"city": LINE}, indent=2, ensure_ascii=False))
    assert arguments_agree('{"a": 1, "b": 2}', '{"b":2,"a":1}')
    assert not arguments_agree(DUE, "{}")
    assert arguments_agree(LINE, LINE + "\n")
    assert argument_damages(DUE, json.dumps({"city": misread(LINE)}))[0].name.startswith("is UTF-8")
    assert argument_damages(DUE, json.dumps(DUE))[0].name == "was encoded as JSON once more"
    assert argument_damages(LINE, misread(LINE))[0].name.startswith("is UTF-8")
    assert argument_damages(DUE, '{"city":"Oslo"}') == argument_damages(DUE, "") == ()


def test_what_explains_a_part_of_the_arguments_explains_none() -> None:
    """One value is damaged, and the other is another."""
    due = json.dumps({"city": LINE, "code": "x2b9k"})
    assert argument_damages(due, json.dumps({"city": misread(LINE), "code": "x2b9k"})) != ()
    assert argument_damages(due, json.dumps({"city": misread(LINE), "code": "other"})) == ()


def test_a_letter_is_lost_if_it_is_lost_everywhere() -> None:
    """And if nothing else differs."""
    assert lost_letter("Paris, Rome r", "Pais, Rome ") == "r"
    assert lost_letter("Paris r", "Pais r") == lost_letter("1-a 2-a", "1a 2a") == ""
    assert lost_letter("1-ab 2-ab", "1-b 2-b", "ab") == ""
    assert lost_letter("Paris ab", "Pris b", "ab") == "a"
    assert lost_letter("Paris", "Pas") == lost_letter("Paris", "Oslo") == ""


def test_what_is_longer_than_any_way_makes_is_not_looked_at() -> None:
    """A hostile body costs no more than its length; words of a model around the text are allowed."""
    damaged = misread(LINE)
    assert damages(LINE, damaged + "x" * 1_500) != ()
    assert damages(LINE, damaged + "x" * 5_000) == argument_damages(DUE, damaged * 100) == ()
