"""Written, read and judged: whatever was recorded is what comes back, bytes, headers, times and splits."""

import io
import zipfile
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from conformance.evidence import load, read_evidence, write_evidence
from conformance.evidence.headers import NOT_KEPT
from conformance.evidence.load import Handed
from conformance.exchange import (
    Api,
    Attempt,
    Ended,
    Exchange,
    Expects,
    Malformed,
    Mistake,
    Need,
    Piece,
    Promise,
    Request,
)
from conformance.judge import judge_exchange
from tests.evidence.handed import zipped
from tests.played import played

KEPT = ("content-type", "X-Request-Id", "openai-processing-ms", "Date", "retry-after")
SLUGS = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+){0,3}", fullmatch=True).filter(lambda name: len(name) < 90)
# What JSON holds; half a surrogate pair too, by its escape.
TEXTS = st.text(st.characters(), max_size=40)
SECONDS = st.floats(min_value=0, max_value=1e6)
# Values beyond ASCII, with null bytes and line ends, and the same name several times. Of other names, of any
# letters, no value is ever kept.
HEADERS = st.lists(
    st.tuples(st.sampled_from(KEPT), TEXTS) | st.tuples(TEXTS, st.just(NOT_KEPT)), max_size=5
).map(tuple)
REQUESTS = st.builds(
    Request,
    method=st.sampled_from(["POST", "GET"]),
    url=st.sampled_from(["", "http://127.0.0.1:1/v1/chat/completions", "https://a.example/v1/responses?x=1"]),
    headers=HEADERS,
    body=TEXTS,
)
ATTEMPTS = st.builds(
    Attempt,
    started=SECONDS,
    status=st.none() | st.integers(100, 599),
    error=TEXTS,
    retry_after=st.none() | SECONDS,
)
# Random bytes, and such that are almost a stream.
LINES = st.sampled_from(
    [
        b'data: {"id":"x","object":"chat.completion.chunk","choices":[]}\n\n',
        b'data: {"choices":[{"index":0,"delta":{"content":"\xc3\xa9"}}]}\r\n\r\n',
        b'event: response.created\ndata: {"type":"response.created"}\n\n',
        b": wait\n\n",
        b"data: [DONE]\n\n",
        b"\xef\xbb\xbf",
    ]
)
BODIES = st.lists(LINES | st.binary(max_size=12), max_size=12).map(b"".join)


@st.composite
def pieces(draw: st.DrawFn) -> tuple[Piece, ...]:
    """A body split anywhere, also inside a character, with and without times."""
    body = draw(BODIES)
    places = sorted(draw(st.lists(st.integers(0, len(body)), max_size=8)))
    ends = [*places, len(body)]
    parts = [body[start:end] for start, end in zip([0, *places], ends, strict=True)]
    return tuple(Piece(data=part, at=draw(st.none() | SECONDS)) for part in parts)


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    """An exchange with anything in it that evidence holds."""
    answered: dict[str, Any] = {}
    if draw(st.booleans()):
        answered = {"status": draw(st.none() | st.integers(0, 999)), "headers": draw(HEADERS)}
    return Exchange(
        id=draw(SLUGS),
        api=draw(st.sampled_from(Api)),
        provider=draw(SLUGS),
        model=draw(TEXTS),
        scenario=draw(SLUGS | st.just("")),
        sample=draw(st.integers(1, 9)),
        again=draw(SLUGS | st.just("")),
        request=draw(st.none() | REQUESTS),
        attempts=tuple(draw(st.lists(ATTEMPTS, max_size=3))),
        pieces=draw(pieces()),
        ended=draw(st.sampled_from(Ended)),
        ended_at=draw(st.none() | SECONDS),
        detail=draw(TEXTS),
        mistake=draw(st.sampled_from(Mistake)),
        malformed=draw(st.sampled_from(Malformed)),
        beside=draw(st.none() | st.integers(0, 32)),
        started=draw(st.sampled_from(["", "2026-08-21T12:00:00.000Z"])),
        expects=draw(st.sampled_from(Expects)),
        promises=tuple(draw(st.lists(st.sampled_from(Promise), max_size=3, unique=True))),
        claim=draw(st.none() | st.booleans()),
        unclaimed=tuple(draw(st.lists(SLUGS, max_size=2))),
        nonce=draw(TEXTS),
        expected_text=draw(TEXTS),
        expected_arguments=tuple(draw(st.lists(TEXTS, max_size=2))),
        note=draw(TEXTS),
        lacks=frozenset(draw(st.sets(st.sampled_from([need for need in Need if need is not Need.END])))),
        **answered,
    )


def same(read: Exchange, written: Exchange) -> None:
    """Whether two exchanges are the same but for their source, byte for byte, and so their verdicts."""
    assert tuple(read.pieces) == tuple(written.pieces)
    assert replace(read, source="", pieces=()) == replace(written, source="", pieces=())
    assert judge_exchange(replace(read, source="")) == judge_exchange(written)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(exchanges())
def test_what_is_written_is_what_is_read_and_judged(written: Exchange) -> None:
    """In a file, and in a zip of a run."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{written.id}.jsonl"
        write_evidence(path, written)
        data = path.read_bytes()
        same(read_evidence(path), written)
        (read,), unreadable = load([path])
        assert unreadable == []
        same(read, written)
        write_evidence(path, read)
        assert path.read_bytes() == data
    files = {f"run/evidence/{written.id}.jsonl": data, "run/report.jsonl": b"{}\n"}
    (read,), unreadable = load([Handed("run.zip", zipped(files))])
    assert unreadable == []
    same(read, written)


FEW = settings(database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
OF_THE_SOURCE = {"source", "whole"}
"""What an exchange owes to where it was read, and not to its evidence."""


def test_every_field_of_an_exchange_is_tried() -> None:
    """None is left out of the exchanges above: each has other values than its default in some of them."""
    untried = {field.name for field in fields(Exchange)} - OF_THE_SOURCE

    def tries(one: Exchange) -> bool:
        plain = Exchange(id="", api=Api.CHAT)
        untried.difference_update(
            {name for name in untried if getattr(one, name) != getattr(plain, name) or name == "api"}
        )
        return not untried

    find(st.lists(exchanges(), max_size=20), lambda found: any(map(tries, found)), settings=FEW)
    assert not untried


@settings(max_examples=60, deadline=None)
@given(BODIES, st.lists(st.integers(0, 200), max_size=6))
def test_a_split_decides_nothing_but_times(body: bytes, places: list[int]) -> None:
    """A body without times gives the same verdicts however it came in pieces."""
    ends = sorted({min(place, len(body)) for place in places} | {len(body)})
    parts = [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    whole = Exchange(id="x", api=Api.CHAT, status=200, pieces=(Piece(data=body),))
    split = replace(whole, pieces=tuple(map(_piece, parts)))
    assert judge_exchange(split) == judge_exchange(whole)


def _piece(data: bytes) -> Piece:
    return Piece(data=data)


def test_a_zip_of_a_run_of_the_reference_is_that_run(tmp_path: Path) -> None:
    """Every exchange, in one zip that holds the folder as it is."""
    for one in played():
        write_evidence(tmp_path / "evidence" / f"{one.id}.jsonl", one)
    (tmp_path / "report.jsonl").write_text("{}\n")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(tmp_path.rglob("*.jsonl")):
            archive.write(path, path.relative_to(tmp_path).as_posix())
    (tmp_path / "run.zip").write_bytes(buffer.getvalue())
    from_folder, _ = load([tmp_path / "evidence"])
    from_zip, unreadable = load([tmp_path / "run.zip"])
    assert unreadable == []
    assert [replace(item, source="") for item in from_zip] == [
        replace(item, source="") for item in from_folder
    ]
