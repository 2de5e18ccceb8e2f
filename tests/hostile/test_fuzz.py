"""Whatever bytes come: verdicts or a clear error, and never another exception.

`EXAMPLES` in the environment says how many inputs are tried of each kind; `make soak` tries many.
"""

import os
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance import judge as judging
from conformance.api import judge_exchanges
from conformance.catalogue import Violation
from conformance.errors import ConformanceError
from conformance.evidence import load, write_evidence
from conformance.exchange import Ended, Exchange, Piece
from conformance.judge import judge_exchange
from conformance.providers import find_providers
from conformance.report.page import render
from conformance.requirements import by_id
from conformance.run.judgement import judge_provider
from tests.home import ROOT
from tests.played import played
from tools.fuzz import NAMES
from tools.targets import TARGETS

EXAMPLES = int(os.environ.get("EXAMPLES", "40"))
hostile = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
# What is put in place of a part of a body, a file or a configuration.
ODD = [
    *(b"", b"\n", b"\r", b"\n\n", b"data: ", b"event: error\n", b": x\n", b"id: 1\n", b"\x00", b"\xff\xfe"),
    *(
        b"null",
        b"-1",
        b"1e400",
        b"9" * 5_000,
        b'"\\ud800"',
        b"[" * 3_000,
        b"{}",
        b"[]",
        b'""',
        b"true",
        b"NaN",
    ),
    *(b'"index":', b'"choices":[{}]', b'"delta":null', b"[DONE]", b'"type":"response.completed"', b"{", b"}"),
]
edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 60), st.sampled_from(ODD) | st.binary(max_size=20)),
    min_size=1,
    max_size=6,
)
Edits = list[tuple[float, int, bytes]]


def edited(body: bytes, changes: Edits) -> bytes:
    """A body of which some parts are replaced."""
    for share, length, instead in changes:
        at = int(share * len(body))
        body = body[:at] + instead + body[at + length :]
    return body


@cache
def streams() -> tuple[Exchange, ...]:
    """The answers of the reference provider."""
    return tuple(played())


@pytest.mark.parametrize("name", NAMES)
def test_a_target_of_the_fuzzer_takes_its_seeds(name: str) -> None:
    """And each of them cut in the middle, as the fuzzer feeds them."""
    for seed in islice(TARGETS[name].seeds(), 0, None, 9):
        TARGETS[name].feed(seed)
        TARGETS[name].feed(seed[: len(seed) // 2])


def test_the_fuzzer_knows_every_target() -> None:
    assert set(NAMES) == set(TARGETS)


def test_a_target_fails_where_a_check_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although a verdict says so, and nothing is raised."""
    rule = by_id("done-present")

    def broken(_: object) -> tuple[Violation, ...]:
        raise KeyError("sabotaged")

    monkeypatch.setattr(judging, "CATALOGUE", (replace(rule, check=broken),))
    with pytest.raises(AssertionError, match="sabotaged"):
        TARGETS["judge"].feed(next(TARGETS["judge"].seeds()))


@hostile
@given(
    number=st.integers(0, 23),
    changes=edits,
    size=st.integers(1, 400),
    ended=st.sampled_from(Ended),
    status=st.sampled_from([200, 200, 200, 400, 500, None]),
)
def test_no_bytes_break_a_check(
    number: int, changes: Edits, size: int, ended: Ended, status: int | None
) -> None:
    """Of any answer, in any pieces, however it ended; nor does the page of it fail."""
    given_ = streams()[number % len(streams())]
    body = edited(given_.body, changes)
    pieces = tuple(Piece(data=body[at : at + size], at=at / 1e4) for at in range(0, len(body), size))
    exchange = replace(given_, pieces=pieces, ended=ended, status=status)

    failed = [item for item in judge_exchange(exchange) if "check itself failed" in item.reason]
    assert not failed
    (result,) = judge_exchanges([exchange])
    assert result.verdicts
    assert render(result.report, result.run.judgement.streams, by_id)


@hostile
@given(number=st.integers(0, 23), changes=edits)
def test_no_file_breaks_its_reader(
    number: int, changes: Edits, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It is an exchange, or a reason in one line."""
    path: Path = tmp_path_factory.getbasetemp() / "fuzzed.jsonl"
    write_evidence(path, streams()[number % len(streams())])
    path.write_bytes(edited(path.read_bytes(), changes))
    for name in ("fuzzed.jsonl", "fuzzed.json", "fuzzed.sse"):
        exchanges, unreadable = load([path.rename(path.with_name(name))])
        path.with_name(name).rename(path)
        assert len(exchanges) + len(unreadable) == 1
        assert all("\n" not in str(item) for item in unreadable)
        if exchanges:
            assert judge_provider("fuzzed", exchanges).verdicts


@hostile
@given(changes=edits)
def test_no_configuration_breaks_its_reader(changes: Edits, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It is a table of providers, or an error that says what is wrong."""
    folder: Path = tmp_path_factory.getbasetemp() / "fuzzed"
    folder.mkdir(exist_ok=True)
    text = (ROOT / "providers.toml").read_bytes()
    (folder / "providers.toml").write_bytes(edited(text, changes))
    found: object = None
    with suppress(ConformanceError):
        found = find_providers(folder=folder, environment={})
    assert found is None or found
