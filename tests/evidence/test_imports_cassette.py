"""Cassettes of vcrpy: what they hold and lack, and why a file gives nothing."""

import base64
import gzip
import json
import sys
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import yaml
import zstandard

from conformance.evidence import load
from conformance.evidence.ceiling import BYTES
from conformance.evidence.errors import TooLargeError
from conformance.evidence.imports.coding import decoded
from conformance.evidence.imports.errors import (
    CodingDamagedError,
    CodingUnknownError,
    DamagedFileError,
    TooManyPartsError,
    TooMuchTogetherError,
)
from conformance.evidence.load import Handed
from conformance.exchange import Ended, Need
from tests.evidence.handed import (
    KEY,
    STREAM,
    TYPE,
    URL,
    cassette,
    entry,
    handed,
    har,
    one,
    wrong,
)


@pytest.mark.parametrize("form", [yaml.safe_dump, json.dumps])
def test_a_cassette_is_read_in_both_forms(form: Callable[[Any], str]) -> None:
    """By the extension, and by the content of a file without one."""
    text = form(cassette({"string": STREAM.decode()})).encode()
    extension = "yaml" if form is yaml.safe_dump else "json"
    for name in (f"in/x.{extension}", "in/x"):
        read = one(text, name)
        assert (read.status, read.body, read.model) == (200, STREAM, "m")
        assert read.lacks == {Need.TIMING, Need.ENDING}
        assert KEY not in repr(read.request)


def test_a_length_that_vcrpy_wrote_is_not_the_endpoints() -> None:
    """It counts a body that it decompresses, and leaves the Transfer-Encoding beside it."""
    written = {"Content-Length": [str(len(STREAM))], "Transfer-Encoding": ["chunked"]}
    read = one(json.dumps(cassette({"string": STREAM.decode()}, headers=written)).encode(), "in/x.json")
    assert read.headers == (("Transfer-Encoding", "chunked"),)


@pytest.mark.parametrize(
    ("coding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
        ("identity", bytes),
        ("gzip", bytes),
        ("br", bytes),
        ("unheard-of", bytes),
    ],
)
def test_a_compressed_body_is_decompressed(coding: str, compress: Callable[[bytes], bytes]) -> None:
    """A body that is text already is left alone, whatever its header says."""
    body = STREAM * 20 + "data: é\n\n".encode()
    headers = {"Content-Encoding": [coding], **dict([TYPE])}
    text = yaml.safe_dump(cassette({"string": compress(body)}, headers=headers)).encode()
    assert one(text, "x.yaml").body == body


def test_a_compressed_body_that_was_cut_gives_what_is_there() -> None:
    """As a client would have seen it."""
    body = b"".join(b"data: %d\n\n" % (number * 7919) for number in range(5_000))
    for coding, whole in (
        ("gzip", gzip.compress(body)),
        ("br", brotli.compress(body)),
        ("zstd", zstandard.compress(body)),
    ):
        cut = decoded(whole[: len(whole) // 2], [("content-encoding", coding)])
        assert body.startswith(cut)
        if coding == "gzip":
            assert len(cut) > len(body) // 4


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_bytes_that_are_not_compressed_as_they_say_are_told(coding: str) -> None:
    """The header lies, or the file is damaged."""
    with pytest.raises(CodingDamagedError, match=coding):
        decoded(b"\x00\xff\xfe" * 50, [("content-encoding", coding)])


def test_a_coding_that_nobody_knows_is_told() -> None:
    """With what to do about it."""
    with pytest.raises(CodingUnknownError, match="compressed by aes128gcm") as caught:
        decoded(b"\xff", [("Content-Encoding", "aes128gcm")])
    assert "Accept-Encoding: identity" in caught.value.hint


def test_a_decoder_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """`brotli` and `zstandard` come with the extra `compressed`."""
    monkeypatch.setitem(sys.modules, "brotli", None)
    with pytest.raises(CodingUnknownError) as caught:
        decoded(brotli.compress(STREAM * 9), [("content-encoding", "br")])
    assert "pip install brotli" in caught.value.hint


@pytest.mark.parametrize(
    ("coding", "compress"),
    [
        ("gzip", partial(gzip.compress, compresslevel=1)),
        ("deflate", partial(zlib.compress, level=1)),
        ("br", partial(brotli.compress, quality=1)),
        ("zstd", zstandard.compress),
    ],
)
def test_a_bomb_is_cut_at_the_ceiling(coding: str, compress: Callable[[bytes], bytes]) -> None:
    """No more is decompressed than is judged, and the exchange says so."""
    bomb = compress(b"data: " + b"x" * (BYTES * 2))
    assert len(bomb) < BYTES // 100
    headers = {"Content-Encoding": [coding], **dict([TYPE])}
    assert len(decoded(bomb, [("content-encoding", coding)])) < BYTES + 200_000
    if coding == "gzip":
        read = one(yaml.safe_dump(cassette({"string": bomb}, headers=headers)).encode(), "x.yaml")
        assert read.ended is Ended.CEILING


def test_older_cassettes_are_read() -> None:
    """With a body in base64, and with the answer of httpx as vcrpy 5 kept it."""
    coded = cassette({"base64_string": base64.b64encode(STREAM).decode()})
    assert one(json.dumps(coded).encode(), "x.json").body == STREAM
    old = cassette(None, content=STREAM.decode(), status_code=200)
    del old["interactions"][0]["response"]["body"], old["interactions"][0]["response"]["status"]
    read = one(json.dumps(old).encode(), "x.json")
    assert (read.status, read.body) == (200, STREAM)
    damaged = json.dumps(cassette({"base64_string": "é"})).encode()
    assert type(wrong(damaged, "x.json")) is DamagedFileError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[" * 100_000, "more than 40 values are inside each other"),
        (b"- " * 100_000, "more than 40 values are inside each other"),
        (b"a: *b", "the alias b stands for nothing"),
        (b"a: [", "in line"),
        (b"a: !!binary \xc3\xa9", "is not base64"),
        (b"a: \xff", "it is not YAML"),
        (b"services:\n  web: {}\n", "it is YAML, but no cassette"),
        (b"interactions: 7\n", "it is YAML, but no cassette"),
        (b"interactions: []\n", "it holds no exchange"),
        (b"interactions: [7, {request: 1}]\nversion: 1\n", "it holds no exchange"),
    ],
)
def test_yaml_that_gives_nothing_is_told(text: bytes, words: str) -> None:
    """Damaged, hostile, or of another program."""
    assert words in wrong(text, "x.yaml").message


def test_yaml_constructs_nothing() -> None:
    """A tag of Python is passed over, and merge keys do not multiply what is there."""
    bomb = b"a0: &a0 {x: 1}\n" + b"".join(
        b"a%d: &a%d {<<: [%s]}\n" % (number, number, b", ".join([b"*a%d" % (number - 1)] * 9))
        for number in range(1, 30)
    )
    text = (
        bomb
        + b"c: !!python/object/apply:os.abort []\n"
        + yaml.safe_dump(cassette({"string": STREAM})).encode()
    )
    assert one(text, "x.yaml").body == STREAM


def test_what_aliases_multiply_is_not_read() -> None:
    """Neither a body, a header or an address that is a list of lists, nor more exchanges than there are."""
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n" for number in range(1, 30)
    )
    where = f"    method: POST\n    uri: {URL}\n"
    for place in (
        "- request:\n    method: *a29\n    uri: *a29\n  response: {body: {string: x}}\n",
        f"- request:\n{where}    body: *a29\n  response: {{status: *a29, body: {{string: 'data: x'}}}}\n",
        f"- request:\n{where}    headers: {{a: *a29, *a29 : b}}\n  response: {{headers: {{b: *a29}}}}\n",
    ):
        exchanges, unreadable = load([Handed("x.yaml", f"{bomb}interactions:\n{place}".encode())])
        assert len(exchanges) + len(unreadable) == 1
    many = yaml.safe_dump(cassette({"string": STREAM.decode()})).replace("- request:", "- &a\n  request:")
    many = many.replace("version:", "- *a\n" * 10_000 + "version:")
    assert type(wrong(many.encode(), "x.yaml")) is TooManyPartsError


def test_no_more_is_read_of_one_file_than_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of compressed bodies far more comes out than the file has; each that is left out is told."""
    monkeypatch.setattr("conformance.evidence.imports.entry.TOGETHER", 250)
    exchanges, errors = handed(har(*[entry(text=STREAM.decode())] * 5))
    assert [type(error) for error in errors] == [TooMuchTogetherError] * (5 - len(exchanges))
    assert 1 < len(exchanges) < 5


def test_huge_yaml_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes fifty times as long as JSON."""
    monkeypatch.setattr("conformance.evidence.imports.cassette._LARGEST", 100)
    assert type(wrong(b"a: " + b"x" * 100, "x.yaml")) is TooLargeError
