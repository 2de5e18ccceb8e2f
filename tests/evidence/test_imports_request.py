"""The standard input, and requests that are given beside a stream."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from conformance.errors import ConformanceError
from conformance.evidence import load, reread
from conformance.evidence.errors import TooLargeError
from conformance.evidence.load import Handed
from conformance.evidence.request import RequestFileError, RequestUnusedError, request_in
from conformance.exchange import Ended
from tests.evidence.handed import (
    ASKED,
    HEAD,
    KEY,
    STREAM,
    URL,
    VERBOSE,
    cassette,
    entry,
    flow,
    har,
    one,
    wrong,
    zipped,
)


def test_a_dash_is_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of whatever format."""
    for data in (STREAM, HEAD + STREAM, zipped({"x.sse": STREAM})):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        (read,), unreadable = load(["-"])
        assert (read.body, unreadable) == (STREAM, [])
        assert read.source.startswith("-")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    assert load([Path("-")])[1][0].error.code == "file-empty"


def test_a_huge_input_is_told_by_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more of it is read than that."""
    monkeypatch.setattr(sys.modules["conformance.evidence.load"], "LARGEST", 100)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(STREAM * 99)))
    _, (told,) = load(["-"])
    assert type(told.error) is TooLargeError
    assert told.error.message == "it has more than 100 bytes, and no more are read"


def test_a_request_is_given_to_those_that_have_none() -> None:
    """And decides what a stream without a single event is of."""
    assert one(STREAM, request=ASKED).asked["model"] == "m"
    assert one(b": nothing\n\n", request='{"input": "x", "stream": true}').api == "responses"
    assert one(STREAM, request='{"model": "m"}').expects == "document"
    kept = one(VERBOSE + STREAM, request=ASKED)
    assert kept.request is not None
    assert (kept.request.url, kept.asked["model"]) == (URL, "m")


def test_a_request_that_nobody_needs_is_told() -> None:
    """It was meant for something else."""
    with pytest.raises(RequestUnusedError):
        load([Handed("x", har(entry(text="data: {}\n\n")))], request=ASKED)
    assert load([Handed("x", b"")], request=ASKED)[0] == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "it is not JSON"),
        (b"[]", "it is JSON, but no object"),
        (b"\xff", "it is not UTF-8"),
        (None, "No such file"),
    ],
)
def test_a_file_without_a_request_is_told(data: bytes | None, words: str, tmp_path: Path) -> None:
    """With its name."""
    path = tmp_path / "request.json"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(RequestFileError, match=words) as caught:
        request_in(path)
    assert str(path) in caught.value.message
    assert isinstance(caught.value, ConformanceError)


def test_no_error_shows_what_was_sent() -> None:
    """Whatever is wrong with a file, the key in it is not told."""
    files: Sequence[tuple[str, bytes]] = [
        ("x.har", har(entry())),
        ("x.har", har(entry(status=0))),
        ("x.yaml", yaml.safe_dump(cassette(None)).encode()),
        ("x.flow", flow(response=None)),
        ("x.flow", flow()[:-1]),
        ("x.txt", VERBOSE),
        ("x.txt", VERBOSE.partition(b"< ")[0]),
    ]
    for name, data in files:
        assert KEY.encode() in data
        assert KEY not in str(wrong(data, name))


def test_a_request_does_not_replace_one_that_was_recorded() -> None:
    """Of two sources one has its own."""
    with_own = har(entry(text=STREAM.decode()))
    exchanges, _ = load([Handed("a.sse", STREAM), Handed("b.har", with_own)], request='{"model": "other"}')
    assert [item.asked.get("model") for item in exchanges] == ["other", "m"]


def test_of_very_many_exchanges_those_with_a_file_of_their_own_are_read_again(tmp_path: Path) -> None:
    """With the request that was given; those of a file with several stay whole."""
    for number in range(3):
        (tmp_path / f"{number}.sse").write_bytes(STREAM)
        (tmp_path / f"{number}.headers").write_bytes(HEAD)
    (tmp_path / "x.zip").write_bytes(zipped({"a.sse": STREAM, "b.sse": STREAM}))
    whole, _ = load([tmp_path], request=ASKED)
    bare, _ = load([tmp_path], request=ASKED, most=2)
    assert [len(item.body) for item in bare] == [0, 0, 0, len(STREAM), len(STREAM)]
    assert list(map(reread, bare)) == whole
    (tmp_path / "0.sse").write_bytes(b"\0")
    gone = reread(bare[0])
    assert (gone.ended, gone.status) == (Ended.INTERRUPTED, None)
    assert "could not be read again" in gone.note
