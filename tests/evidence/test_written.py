"""Files that other programs wrote against the reference provider become the exchanges that they recorded."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.catalogue import Outcome
from conformance.decode import decode
from conformance.evidence import load
from conformance.evidence.imports.errors import BodyNotKeptError
from conformance.evidence.request import request_in
from conformance.exchange import Ended, Exchange, Need
from conformance.judge import judge_exchange

WRITTEN = Path(__file__).parent / "written"
KEY = "sk-0123456789abcdef"
BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO, Outcome.ERROR)
NEVER = {Need.TIMING}
UNENDED = {Need.TIMING, Need.ENDING}
UNASKED = {Need.REQUEST}
STREAMS = [("chat", 200), ("responses", 200)]
# Of each file: API and status of its exchanges, and what it lacks.
FILES: dict[str, tuple[list[tuple[str, int]], set[Need]]] = {
    "curl-include.txt": ([("chat", 200)], UNENDED | UNASKED),
    "curl-verbose.txt": ([("chat", 200)], NEVER | UNASKED),
    "curl-meter.txt": ([("chat", 200)], NEVER | UNASKED),
    "curl-responses.txt": ([("responses", 200)], NEVER | UNASKED),
    "curl-dump.sse": ([("chat", 200)], UNENDED | UNASKED),
    "curl-raw.txt": ([("chat", 200)], NEVER | UNASKED),
    "curl-verbose-include.txt": ([("chat", 200)], NEVER | UNASKED),
    "curl-refused.sse": ([("chat", 400)], UNENDED | UNASKED),
    "vcrpy.yaml": ([*STREAMS, ("chat", 404)], UNENDED),
    "vcrpy.json": ([*STREAMS, ("chat", 404)], UNENDED),
    "vcrpy-compressed.yaml": ([("chat", 200)] * 3, UNENDED),
    "mitmproxy.flows": (STREAMS, NEVER),
    "playwright.har": (STREAMS, UNENDED),
    "playwright-attached.zip": (STREAMS, UNENDED),
}
every_file = pytest.mark.parametrize("name", FILES)


def read(name: str, request: str = "") -> Sequence[Exchange]:
    """The exchanges of a file, all of which can be read."""
    exchanges, unreadable = load([WRITTEN / name], request=request)
    assert unreadable == []
    return exchanges


@every_file
def test_a_file_gives_its_exchanges_and_says_what_it_lacks(name: str) -> None:
    """A list of models that was asked for meanwhile is passed over; nothing is guessed."""
    kinds, lacks = FILES[name]
    exchanges = read(name)
    assert [(one.api, one.status) for one in exchanges] == kinds
    for one in exchanges:
        assert one.lacks == lacks
        assert one.header("content-type")
        assert one.ended is (Ended.UNKNOWN if Need.ENDING in lacks else Ended.CLOSED)
        assert all(piece.at is None for piece in one.pieces)


@every_file
def test_a_file_of_the_reference_breaks_nothing(name: str) -> None:
    """Nothing that a recorder adds, leaves out or compresses is held against the endpoint."""
    for one in read(name):
        broken = {item.requirement for item in judge_exchange(one) if item.outcome in BROKEN}
        assert not broken, (name, one.id)


@every_file
def test_the_events_of_a_file_are_all_of_the_stream(name: str) -> None:
    """From the first to the terminator, and no line of the recorder among them."""
    for one in read(name):
        if one.status != 200:
            continue
        wire = decode(one.pieces)
        assert wire.tail is None
        assert not wire.notes
        last = wire.events[-1].data
        assert last == "[DONE]" if one.api == "chat" else '"response.completed"' in last


@every_file
def test_a_key_in_a_file_is_in_no_exchange(name: str) -> None:
    """Every file but those without the request has it."""
    unasked = {"curl-include.txt", "curl-dump.sse", "curl-raw.txt", "curl-refused.sse"}
    compressed = {"playwright-attached.zip"}
    assert name in unasked | compressed or KEY.encode() in (WRITTEN / name).read_bytes()
    for one in read(name):
        assert KEY not in repr((one.request, one.headers, one.note, one.detail, one.body))
        for header, value in one.request.headers if one.request else ():
            assert header.lower() != "authorization" or value == "[not kept]"


@pytest.mark.parametrize("name", ["curl-include.txt", "curl-verbose.txt", "curl-meter.txt", "curl-dump.sse"])
def test_a_request_that_is_given_is_that_of_the_stream(name: str) -> None:
    """The file that `curl -d @FILE` sent."""
    (one,) = read(name, request_in(WRITTEN / "request.json"))
    assert Need.REQUEST not in one.lacks
    assert (one.model, str(one.expects)) == ("reference", "stream")
    assert "given beside it" in one.note
    judged = {item.requirement: item.outcome for item in judge_exchange(one)}
    assert judged["usage-present"] is Outcome.PASS
    assert not set(judged.values()) & set(BROKEN)


def test_an_archive_without_bodies_says_how_to_record_them() -> None:
    """Each of its answers by its number; the list of models is none."""
    exchanges, unreadable = load([WRITTEN / "playwright-without.har"])
    assert exchanges == []
    assert [type(item.error) for item in unreadable] == [BodyNotKeptError] * 2
    assert [item.source.rpartition("#")[2] for item in unreadable] == ["2", "3"]
    assert "record_har_content='embed'" in unreadable[0].error.hint


def test_exchanges_of_one_file_are_told_apart() -> None:
    """By their place in it; the provider is whom the file says was asked."""
    exchanges = read("vcrpy.yaml")
    assert [one.id for one in exchanges] == ["vcrpy-1", "vcrpy-2", "vcrpy-3"]
    assert [one.source for one in exchanges] == [f"{WRITTEN / 'vcrpy.yaml'}#{place}" for place in (1, 2, 3)]
    assert {one.provider for one in exchanges} == {"127.0.0.1-8155"}
    assert exchanges[2].asked["model"] == "no-such"
    assert {item.requirement for item in judge_exchange(exchanges[2]) if item.outcome is Outcome.PASS} > {
        "error-envelope"
    }


def test_times_of_a_file_are_kept() -> None:
    """The start of a request, where the file holds it."""
    for name in ("mitmproxy.flows", "playwright.har"):
        assert all(one.started.startswith("2026-11-26T03:36:5") for one in read(name))
