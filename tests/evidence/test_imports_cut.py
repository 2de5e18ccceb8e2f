"""Of a file that was cut off or is damaged, the exchanges before that place are read, and that is told."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.evidence import load
from conformance.evidence.errors import EvidenceError
from conformance.evidence.format import parsed_at
from conformance.evidence.imports.cut import items_before_cut
from conformance.evidence.imports.errors import CutOffError, DamagedFileError, RedirectLeftError
from conformance.evidence.load import Handed
from conformance.exchange import Exchange
from tests.evidence.handed import KEY, STREAM, URL, cassette, entry, flow, handed, har, zipped

WRITTEN = Path(__file__).parent / "written"
# One of the entries is of another address; in their texts stand brackets, quotes and wide characters.
TEXTS = ('data: {"a":"]}é\\"😀"}\n\n', 'data: "\\\\', STREAM.decode())
ENTRIES = (
    entry(text=TEXTS[0]),
    entry(url="https://api.example.com/v1/models", text="[]"),
    entry(text=TEXTS[1]),
    entry(text=TEXTS[2]),
)
COMPACT = json.dumps({"log": {"version": "1.2", "entries": ENTRIES}}, ensure_ascii=False).encode()
INDENTED = json.dumps(
    {"first": [{}, "}"], "log": {"pages": [{"entries": []}], "entries": ENTRIES, "comment": "x"}}, indent=1
).encode()
TAPE = {"interactions": [cassette({"string": text})["interactions"][0] for text in TEXTS], "version": 1}
FILES: dict[str, bytes] = {
    "x.har": COMPACT,
    "y.har": INDENTED,
    "x": COMPACT,
    "-": INDENTED,
    "tape.json": json.dumps(TAPE).encode(),
    "ruby.json": json.dumps({"http_interactions": TAPE["interactions"], "recorded_with": "VCR"}).encode(),
    "x.yaml": (WRITTEN / "vcrpy.yaml").read_bytes(),
    "x.flow": flow() * 3,
    "real.har": (WRITTEN / "playwright.har").read_bytes(),
    "real.json": (WRITTEN / "vcrpy.json").read_bytes(),
}


def bodies(exchanges: list[Exchange]) -> list[tuple[str | bytes, ...]]:
    """What is to be the same of an exchange in a whole file and in one that was cut off."""
    return [(one.id.rpartition("-")[2], one.body, str(one.request)) for one in exchanges]


WHOLE = {name: bodies(load([Handed(name, data)])[0]) for name, data in FILES.items()}


@pytest.mark.parametrize("name", FILES)
@given(share=st.floats(0, 1, exclude_max=True))
@example(share=1 / 3)
@example(share=0.0)
@settings(max_examples=40, deadline=None)
def test_wherever_a_file_is_cut_off_a_beginning_of_it_is_read(name: str, share: float) -> None:
    """Nothing but an error that is told comes of it, no exchange is another one, and it is never whole."""
    data = FILES[name][: int(share * len(FILES[name].rstrip()))]
    exchanges, unreadable = load([Handed(name, data)])
    read, whole = bodies(exchanges), WHOLE[name]
    if _between(name, data):
        # It is a whole file, whose only exchange has no number.
        read, whole = [one[1:] for one in read], [one[1:] for one in whole]
    else:
        assert unreadable
    assert read == whole[: len(read)]


@pytest.mark.parametrize(
    "behind", [b"\n-", b"\n- ", b"\n- request:", b"\n- request:\n  ", b"\n- request:\n    body"]
)
def test_a_cut_within_the_first_words_of_an_interaction_is_told(behind: bytes) -> None:
    """What is left is YAML, in which the last interaction is nothing or has no request."""
    parts = FILES["x.yaml"].split(b"\n- request:\n")
    for number in range(2, len(parts)):
        data = b"\n- request:\n".join(parts[:number]) + behind
        exchanges, unreadable = load([Handed("x.yaml", data)])
        assert bodies(exchanges) == WHOLE["x.yaml"][: number - 1]
        assert [item.source for item in unreadable] == [f"x.yaml#{number}"]


def _between(name: str, data: bytes) -> bool:
    """Whether a file ends between two flows, or behind the status of an interaction in YAML.

    Both follow each other without a word of how many there are; vcrpy writes the status last.
    """
    if name == "x.flow":
        return data in (flow(), flow() * 2)
    return name == "x.yaml" and b"\n    status:" in data[data.rfind(b"- request:") :]


@pytest.mark.parametrize("data", [COMPACT, INDENTED], ids=["compact", "indented"])
def test_a_cut_at_every_place_of_an_entry_leaves_those_before_it(data: bytes) -> None:
    """In a name, a text, an escape, a character, a number, between entries, and behind the last one."""
    counts: Counter[int] = Counter()
    for place in range(len(data)):
        found = items_before_cut(data[:place], ("log", "entries"))
        if found is not None:
            assert found.items == [*ENTRIES[: len(found.items)]]
            assert found.problem
            counts[len(found.items)] += 1
    assert set(counts) == {1, 2, 3, 4}
    assert min(counts[number] for number in (1, 2, 3)) > 300


@pytest.mark.parametrize(
    ("behind", "number", "sources"),
    [
        (b"", 2, ["x.har#1"]),
        (b",", 2, ["x.har#1"]),
        (b", {", 2, ["x.har#1"]),
        (b', {"request": {"url": "https://api', 2, ["x.har#1"]),
        (b', {"a": "\xf0\x9f', 2, ["x.har#1"]),
        (b', {"a": "\\u00', 2, ["x.har#1"]),
        (b", " + json.dumps(ENTRIES[2]).encode(), 3, ["x.har#1", "x.har#2"]),
        (b", {broken}, " + json.dumps(ENTRIES[2]).encode() + b"]}}", 2, ["x.har#1"]),
        (b', {"a": NaN}]}}', 2, ["x.har#1"]),
        (b"]}", 2, ["x.har#1"]),
        (b"]}} and more", 2, ["x.har#1"]),
    ],
)
def test_what_is_behind_a_cut_or_a_damage_is_told_with_its_place(
    behind: bytes, number: int, sources: list[str]
) -> None:
    begin = b'{"log": {"version": "1.2", "entries": [' + json.dumps(ENTRIES[0]).encode()
    exchanges, (unread,) = load([Handed("x.har", begin + behind)])
    assert [one.source for one in exchanges] == sources
    assert unread.source == f"x.har#{number}"
    assert f"cut off, or damaged, in or before its entry {number} (" in str(unread)


@pytest.mark.parametrize(
    "data",
    [
        b'{"log": {"version": "1.2", "entries": [{"request": {"url": "https',
        b'{"log": {"version": "1.2", "entries": [',
        b'{"log": {"version": "1.2", "ent',
        b'{"log": {"entries": {}, ',
        b'{"log": {"entries": [], ',
        b'{"log": [{}',
        b'{"log',
        b"{",
        b'{"log": {"entries": [' + b"[" * 100_000,
    ],
)
def test_an_archive_without_a_whole_entry_is_damaged(data: bytes) -> None:
    assert type(handed(data, "x.har")[1][0]) is DamagedFileError


def test_a_redirect_before_a_cut_is_not_taken_for_the_answer() -> None:
    """What followed it may be behind the cut. Where it is before the cut, it is read as in a whole file."""
    moved = entry(status=307, text="moved")
    moved["response"]["headers"].append({"name": "location", "value": f"{URL}?b"})
    followed = entry(url=f"{URL}?b", text=STREAM.decode())
    exchanges, errors = handed(har(entry(text=TEXTS[0]), moved)[:-1], "x.har")
    assert [one.source for one in exchanges] == ["x.har#1"]
    assert [type(error) for error in errors] == [RedirectLeftError, CutOffError]
    assert "cut off before what may have followed" in str(errors[0])
    exchanges, errors = handed(har(moved, followed)[:-1], "x.har")
    assert [one.source for one in exchanges] == ["x.har#2"]
    assert [type(error) for error in errors] == [CutOffError]
    exchanges, errors = handed(har(moved)[:-1], "x.har")
    assert exchanges == []
    assert KEY not in str(errors[0])


def test_an_archive_that_was_cut_in_a_zip_is_read_as_well() -> None:
    exchanges, errors = handed(zipped({"x.har": COMPACT[:-200]}), "x.zip")
    assert len(exchanges) == 2
    assert [type(error) for error in errors] == [CutOffError]


def test_a_cassette_in_yaml_is_read_up_to_its_last_interaction() -> None:
    """Only where the cut makes it no YAML: how many lines an interaction has is not told before it ends."""
    data = FILES["x.yaml"]
    place = data.rindex(b"\n- ") + 40
    exchanges, errors = handed(data[:place] + b'\n  x: "cut', "x.yaml")
    last = data.count(b"\n- request:") + data.startswith(b"- request:")
    assert bodies(exchanges) == [one for one in WHOLE["x.yaml"] if int(one[0]) < last]
    assert type(errors[-1]) is CutOffError


def test_each_byte_before_a_cut_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times the entries are four times the work, whatever they are."""
    steps: list[int] = []

    def counted(text: str, place: int) -> tuple[Any, int]:
        value, end = parsed_at(text, place)
        steps.append(end - place)
        return value, end

    monkeypatch.setattr("conformance.evidence.imports.cut.parsed_at", counted)
    data = b'{"log": {"entries": [' + b"[[], 1], " * 4_000 + b"[[]"
    found = items_before_cut(data, ("log", "entries"))
    assert found is not None
    assert len(found.items) == 4_000
    assert sum(steps) < len(data)


RUBY = """http_interactions:
- request:
    method: post
    uri: https://api.example.com/v1/chat/completions
    body: {string: '{"stream": true}'}
  response:
    status: {code: 200}
    body:
      string: |
        data: {"object":"chat.completion.chunk",

        data: [DONE]

  recorded_at: Thu, 26 Nov 2026 03:36:42 GMT
"""


@pytest.mark.parametrize(
    ("text", "read", "errors"),
    [
        (RUBY + "recorded_with: VCR 6.3.1\n", 1, []),
        (RUBY, 1, []),
        (RUBY[: RUBY.index("  recorded_at")], 0, [CutOffError]),
        (RUBY[: RUBY.index("\n        data: [DONE]")], 0, [CutOffError]),
        (RUBY[: RUBY.index("  response")], 0, [CutOffError]),
        (RUBY + RUBY.removeprefix("http_interactions:\n")[:-60], 1, [CutOffError]),
    ],
)
def test_of_an_interaction_in_yaml_that_was_cut_nothing_is_judged(
    text: str, read: int, errors: list[type[EvidenceError]]
) -> None:
    """A cut between two lines may leave YAML, and of a body in lines a part."""
    exchanges, told = handed(text.encode(), "x.yaml")
    assert len(exchanges) == read
    assert [type(error) for error in told] == errors
