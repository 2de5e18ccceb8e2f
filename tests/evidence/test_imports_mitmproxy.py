"""Flows of mitmproxy: what they hold and lack, and why a file gives nothing."""

from typing import Any

import pytest

from conformance.evidence import ceiling
from conformance.evidence.imports import plain_yaml, tnetstring
from conformance.evidence.imports.errors import (
    BodyNotKeptError,
    DamagedFileError,
    NoAnswerError,
)
from conformance.exchange import Ended, Need
from tests.evidence.handed import CHUNK, STREAM, URL, VERBOSE, flow, handed, netstring, one, wrong


def test_a_flow_says_how_the_body_ended() -> None:
    """The proxy itself saw it; times of pieces it does not keep."""
    read = one(flow(), "x.flow")
    assert (read.body, read.status, read.ended) == (STREAM, 200, Ended.CLOSED)
    assert read.lacks == {Need.TIMING}
    assert (read.provider, read.model) == ("api.example.com-443", "m")
    assert read.started == "2026-08-29T10:40:00.250+00:00"
    assert read.request is not None
    assert read.request.url == URL
    assert read.request.headers == (("Authorization", "[not kept]"),)


def test_a_flow_that_failed_says_so() -> None:
    """Without a body there is nothing to judge; with a part of one, how it ended is not known."""
    lost = {"msg": "peer closed connection", "timestamp": 1.0}
    error = wrong(flow(response=None, error=lost))
    assert type(error) is NoAnswerError
    assert "peer closed connection" in error.message
    part = {"status_code": 200, "headers": [], "content": b"data: {}\n", "timestamp_end": None}
    read = one(flow(response=part, error=lost))
    assert (read.ended, read.detail) == (Ended.UNKNOWN, "peer closed connection")
    assert Need.ENDING in read.lacks
    assert type(wrong(flow(response=part | {"content": None}))) is BodyNotKeptError


@pytest.mark.parametrize("scheme", [b"http", "http"])
def test_an_unusual_port_stands_in_the_address(scheme: Any) -> None:
    """Older versions of mitmproxy write bytes where newer ones write text."""
    request = {
        "host": b"localhost",
        "port": 8000,
        "scheme": scheme,
        "method": "POST",
        "path": "/v1/responses",
    }
    read = one(flow(request=request))
    assert read.request is not None
    assert (read.request.url, read.api) == ("http://localhost:8000/v1/responses", "responses")
    assert Need.REQUEST in read.lacks
    assert read.started == ""


def test_other_flows_are_passed_over() -> None:
    """Raw TCP and WebSockets have no request of ours."""
    others = netstring({"type": "tcp", "messages": []}) + netstring([1, 2.5, True, None])
    exchanges, errors = handed(others + flow(), "x.mitm")
    assert (len(exchanges), errors) == (1, [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (flow()[:-5], "it ends before the value at byte 0 does"),
        (b"9" * 40, "there is no length at byte 0"),
        (b"999999999999:}", "it ends before the value"),
        (b"3:abc}", "there is no length at byte 2"),
        (b"3:abc?", "there is no value with the tag b'?'"),
        (b"1:x#", "invalid literal"),
        (b"100:" + b"9" * 100 + b"#", "no value with the tag b'#'"),
        (b"2:\xff\xff;", "is no UTF-8"),
        (b"4:nope!", "no value with the tag b'!'"),
        (b"4:1:x,}", "has no pairs"),
        (b"8:1:1#1:2#}", "has no pairs"),
    ],
)
def test_damaged_flows_are_told_with_the_place(data: bytes, words: str) -> None:
    """A file that was cut while mitmproxy wrote it, and what a stranger makes up."""
    error = wrong(data, "x.mitm")
    assert type(error) is DamagedFileError
    assert words in error.message


def test_flows_before_a_damage_are_read() -> None:
    """A file that was cut while mitmproxy wrote the last of them."""
    for end in (flow()[:-50], b"}"):
        exchanges, (error,) = handed(flow() * 2 + end, "x.flow")
        assert [item.id for item in exchanges] == ["x-1", "x-2"]
        assert type(error) is DamagedFileError


def test_values_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of millions of nothings is not read to its end; one of YAML neither."""
    monkeypatch.setattr(tnetstring, "MOST", 50)
    assert "more than 50 values" in wrong(netstring([None] * 50) + flow(), "x.flow").message
    monkeypatch.setattr(plain_yaml, "MOST", 50)
    assert "more than 50 values" in wrong(b"- \n" * 100, "x.yaml").message


def test_lines_cost_no_more_than_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many of a head, and long ones; what is behind the ceiling of a stream is not looked at."""
    many = b"< x-y: z\r\n" * 20_000 + b"< a: " + b" " * 1_000_000 + b"b\r\n"
    read = one(VERBOSE.replace(b"< content-type", many + b"< content-type") + STREAM)
    assert (read.status, len(read.headers)) == (200, 20_002)
    monkeypatch.setattr(ceiling, "WEIGHT", 1_000)
    lines = f"{CHUNK}\n".encode() * 12_000
    assert one(lines + b"never looked at", "x.jsonl").ended is Ended.CEILING


def test_nesting_without_end_is_refused() -> None:
    """No file makes the reader call itself without bound."""
    value: bytes = b"0:~"
    for _ in range(200):
        value = str(len(value)).encode() + b":" + value + b"]"
    with pytest.raises(ValueError, match="more than 40 values are inside each other"):
        list(tnetstring.values(value))
