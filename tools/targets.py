"""What `tools.fuzz` feeds with bytes: each target gives verdicts or a clear error, never another exception.

The bytes of an exchange begin with a line that says how it came: numbers between spaces. Seeds are answers
of the reference provider, and the project's own configuration; nothing that a stranger recorded.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.api import judge_exchanges
from conformance.decode import decode
from conformance.errors import ConformanceError
from conformance.evidence import load, write_evidence
from conformance.exchange import Api, Ended, Exchange, Expects, Malformed, Piece, Request
from conformance.judge import judge_exchange
from conformance.providers import find_providers
from conformance.report.jsonl import parse_report, report_lines
from conformance.report.page import render
from conformance.requirements import by_id
from conformance.run.judgement import judge_provider
from conformance.subject import read
from tests.home import ROOT
from tests.played import played

__all__ = ["TARGETS", "Target"]

_ENDED, _MALFORMED, _EXPECTS = tuple(Ended), tuple(Malformed), tuple(Expects)
_STATUS = (200, 200, 200, 400, 429, 500, None)
_MOST_PIECES = 2_000
_SUFFIXES = (".jsonl", ".json", ".sse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One function that is fed, and the inputs that it begins with."""

    feed: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


def _exchange(data: bytes) -> Exchange:
    """The exchange that bytes stand for: a line of numbers, the request's body in a line, and the body."""
    head, _, rest = data.partition(b"\n")
    asked, _, body = rest.partition(b"\n")
    numbers = [int(part) % 1_000_000 for part in head.split()[:8] if part.isdigit() and len(part) < 10]
    size, api, ended, status, malformed, expects, *_ = [*numbers, *[0] * 6]
    size = max(size, len(body) // _MOST_PIECES, 1)
    pieces = tuple(Piece(data=body[at : at + size], at=at / 1e4) for at in range(0, len(body), size))
    return Exchange(
        id="fuzzed",
        api=tuple(Api)[api % 2],
        request=Request(url="https://example.com/v1", body=asked.decode(errors="replace")),
        status=_STATUS[status % len(_STATUS)],
        headers=(("content-type", "text/event-stream"),),
        pieces=pieces,
        ended=_ENDED[ended % len(_ENDED)],
        ended_at=9.0,
        malformed=_MALFORMED[malformed % len(_MALFORMED)],
        expects=_EXPECTS[expects % len(_EXPECTS)],
    )


@cache
def _played() -> tuple[Exchange, ...]:
    return tuple(played())


def _bodies() -> Iterator[bytes]:
    for exchange in _played():
        numbers = (
            97,
            tuple(Api).index(exchange.api),
            _ENDED.index(exchange.ended),
            _STATUS.index(exchange.status if exchange.status in _STATUS else 400),
            0,
            _EXPECTS.index(exchange.expects),
        )
        asked = json.dumps(exchange.asked).encode()
        yield b" ".join(b"%d" % number for number in numbers) + b"\n" + asked + b"\n" + exchange.body


def _decode(data: bytes) -> None:
    """However the bytes are cut, the events are the same."""
    exchange = _exchange(data)
    cut, whole = decode(exchange.pieces), decode([Piece(data=exchange.body)])
    assert [(event.data, event.start, event.end) for event in cut.events] == [  # noqa: S101
        (event.data, event.start, event.end) for event in whole.events
    ]


def _assemble(data: bytes) -> None:
    read(_exchange(data))


def _judge(data: bytes) -> None:
    _none_failed(judge_exchange(_exchange(data)))


def _report(data: bytes) -> None:
    (result,) = judge_exchanges([_exchange(data)])
    _none_failed(result.verdicts)
    page = render(result.report, result.run.judgement.streams, by_id)
    assert "</html>" in page  # noqa: S101
    assert len(parse_report("\n".join(report_lines(result.report))).rulings) == len(result.verdicts)  # noqa: S101


def _evidence(data: bytes) -> None:
    """The first byte says what kind of file the others are."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"fuzzed{_SUFFIXES[data[0] % 3] if data else '.sse'}")
        path.write_bytes(data[1:])
        exchanges, unreadable = load([path])
        assert len(exchanges) + len(unreadable) == 1  # noqa: S101
        assert all("\n" not in str(item) for item in unreadable)  # noqa: S101
        if exchanges:
            _none_failed(judge_provider("fuzzed", exchanges).verdicts)


def _files() -> Iterator[bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "seed.jsonl")
        for exchange in _played():
            write_evidence(path, replace(exchange, pieces=exchange.pieces[:40]))
            yield b"\x00" + path.read_bytes()
            recording = {"api": exchange.api, "body": exchange.body.decode(), "request": exchange.asked}
            yield b"\x01" + json.dumps(recording).encode()
            yield b"\x02" + exchange.body


def _configure(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "providers.toml").write_bytes(data)
        with suppress(ConformanceError):
            find_providers(folder=Path(folder), environment={})


def _configurations() -> Iterator[bytes]:
    text = (ROOT / "providers.toml").read_bytes()
    yield text
    yield from text.split(b"\n\n")


def _none_failed(verdicts: object) -> None:
    assert isinstance(verdicts, list | tuple)  # noqa: S101
    failed = [item for item in verdicts if "check itself failed" in item.reason]
    assert not failed, failed[0]  # noqa: S101


TARGETS: dict[str, Target] = {
    "decoder": Target(feed=_decode, seeds=_bodies),
    "assemblers": Target(feed=_assemble, seeds=_bodies),
    "judge": Target(feed=_judge, seeds=_bodies),
    "report": Target(feed=_report, seeds=_bodies),
    "evidence": Target(feed=_evidence, seeds=_files),
    "configuration": Target(feed=_configure, seeds=_configurations),
}
"""Every target by its name."""
