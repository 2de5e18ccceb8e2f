"""Very many stored exchanges are told one by one as if all had been held, and next to nothing is."""

import inspect
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import evidence
from conformance.causes import pairs, ties
from conformance.causes.ties import FAR, TIES
from conformance.evidence import load, write_evidence
from conformance.exchange import Ended, Exchange, Piece
from conformance.gate import Deviation, ExitCode, Staleness
from conformance.profiles import profiles
from conformance.providers import Provider, Providers
from conformance.reference.faults import FAULTS
from conformance.run import stored
from conformance.run.many import ExchangeRulings
from conformance.run.origin import ProviderRun
from conformance.run.result import Result
from conformance.run.stored import StoredRun
from tests.played import played
from tests.run.conftest import settings

HOW = settings(None, "conformance judge")


def apart(exchanges: Iterator[Exchange] | list[Exchange]) -> Iterator[Exchange]:
    """The same exchanges as recordings that no plan made."""
    for exchange in exchanges:
        yield replace(exchange, scenario="", again="", nonce="", promises=())


def write(folder: Path, exchanges: Iterator[Exchange] | list[Exchange]) -> Path:
    folder.mkdir(exist_ok=True)
    for at, exchange in enumerate(exchanges):
        write_evidence(folder / f"{at:03}.jsonl", exchange)
    return folder


def judged(folder: Path, *deviations: Deviation) -> tuple[list[ExchangeRulings], Result]:
    """What is told of the files in a folder, and the result behind it."""
    entry = Provider(name="reference", base_url="https://x.example/v1", deviations=deviations)
    parts, unreadable = StoredRun([folder], Providers({"reference": entry}), HOW).one_by_one()
    assert not unreadable
    *told, run = parts
    assert isinstance(run, ProviderRun)
    return [one for one in told if isinstance(one, ExchangeRulings)], Result.of(run, HOW)


def held_and_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *deviations: Deviation
) -> tuple[Result, Result]:
    """The results with all exchanges held and with none, once what is told is the same."""
    monkeypatch.setattr(stored, "MANY", 1_000)
    whole, one = judged(folder, *deviations)
    monkeypatch.setattr(stored, "MANY", 2)
    bare, other = judged(folder, *deviations)
    assert len(whole) == len(bare) > 2
    assert [item.rulings for item in whole] == [item.rulings for item in bare]
    assert [item.exchange.id for item in whole] == [item.exchange.id for item in bare]
    return one, other


@pytest.mark.parametrize("fault", ["", "role-missing"])
def test_a_run_is_told_as_if_it_was_held(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups, causes on other exchanges, and the sentence."""
    exchanges = played(FAULTS[fault]) if fault else played()
    one, other = held_and_not(write(tmp_path / "x", exchanges), monkeypatch)
    assert one.sentence == other.sentence
    assert one.exit_code is other.exit_code
    assert one.profiles == other.profiles
    assert len(other.profiles) == len(profiles().newest)
    assert len(other.verdicts) < len(one.verdicts) / 3


def test_recordings_are_told_as_if_they_were_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of faults of all kinds, one recording each."""
    faults = list(FAULTS.values())[::25]
    exchanges = [replace(played(fault)[0], id=fault.id) for fault in faults]
    one, other = held_and_not(write(tmp_path / "x", apart(exchanges)), monkeypatch)
    assert one.sentence == other.sentence
    assert one.summary.fixes == other.summary.fixes
    assert one.exit_code is other.exit_code is ExitCode.VIOLATION


def test_listed_deviations_are_matched_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that excuses, one that is fixed, and one that matches nothing."""
    listed = [
        Deviation(requirement=name, reason="x", link="https://x.example/1")
        for name in ("role-first", "done-present", "no-such-rule")
    ]
    played_ = played(FAULTS["role-missing"])[:6]
    listed.append(replace(listed[1], scenario=played_[1].id))
    exchanges = write(tmp_path / "x", apart(played_))
    one, other = held_and_not(exchanges, monkeypatch, *listed)
    assert one.gate.stale == other.gate.stale
    why = {(item.deviation.requirement, item.deviation.scenario): item.why for item in other.gate.stale}
    assert why == {
        ("done-present", ""): Staleness.FIXED,
        ("done-present", played_[1].id): Staleness.FIXED,
        ("no-such-rule", ""): Staleness.UNMATCHED,
    }


def test_a_cause_in_a_later_file_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Comments behind an id hurt; the ids of other streams are then no trouble of their own."""
    plain = played()[0]
    ids = replace(plain, pieces=(Piece(data=b"id: 1\n" + plain.body, at=0.1),))
    hurts = replace(
        ids, pieces=(Piece(data=b"id: 1\n" + plain.body.replace(b"\n\n", b"\n\n: x\n\n", 1), at=0.1),)
    )
    folder = write(tmp_path / "x", apart([ids, plain, hurts]))
    one, other = held_and_not(folder, monkeypatch)
    marked = [item.because for item in other.verdicts if item.requirement == "sse-id" and item.violations]
    assert marked == ["sse-comment-after-id"] * 2
    assert one.sentence == other.sentence


def test_what_is_final_is_told_before_the_next_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no body is held meanwhile."""
    folder = write(tmp_path / "x", apart(played()[:6]))
    monkeypatch.setattr(stored, "MANY", 2)
    read: list[str] = []
    again = evidence.reread

    def reread(exchange: Exchange) -> Exchange:
        assert not exchange.body
        read.append(exchange.id)
        return again(exchange)

    monkeypatch.setattr("conformance.run.many.reread", reread)
    parts, _ = StoredRun([folder], Providers({}), HOW).one_by_one()
    for number in range(1, 7):
        told = next(parts)
        assert isinstance(told, ExchangeRulings)
        assert read[-1] == told.exchange.id
        assert len(read) == number
        assert not told.exchange.body


def test_a_file_that_is_gone_meanwhile_is_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "x", apart(played()[:4]))
    monkeypatch.setattr(stored, "MANY", 2)
    parts, _ = StoredRun([folder], Providers({}), HOW).one_by_one()
    (folder / "003.jsonl").unlink()
    *_, run = parts
    assert isinstance(run, ProviderRun)
    assert Result.of(run, HOW).exit_code is ExitCode.ERROR


def test_few_exchanges_keep_their_bodies(tmp_path: Path) -> None:
    """Those of another provider do too."""
    first, second = apart(played()[:3]), [replace(played()[0], provider="other")]
    folder = write(tmp_path / "x", [*first, *second])
    exchanges, _ = load([folder], most=2)
    assert [bool(exchange.body) for exchange in exchanges] == [False, False, False, True]
    assert all(exchange.pieces for exchange in exchanges)
    assert {exchange.ended for exchange in exchanges} == {Ended.CLOSED}
    assert all(exchange.body for exchange in load([folder], most=3)[0])


def test_the_ties_that_reach_another_exchange_are_listed() -> None:
    """A verdict that one of them may still explain is not final."""
    reaching = ties._anywhere(pairs.anyhow).__code__
    far = {
        name for name, found in TIES.items() if any(inspect.unwrap(tie).__code__ is reaching for tie in found)
    }
    assert far == FAR
