"""A replay of the evidence of a run says what the run said. `python -m tools.replays` tries all faults."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.capabilities import CAPABILITIES
from conformance.evidence import load, write_evidence
from conformance.evidence.load import Handed
from conformance.exchange import Exchange
from conformance.providers import Provider
from conformance.reference.faults import FAULTS, Fault
from conformance.reference.server import Reference
from conformance.reference.wire import Pace
from conformance.run.conduct import Run
from conformance.run.live import Live
from conformance.run.selection import Selection
from tests.evidence.handed import zipped
from tests.played import played
from tests.run.conftest import settings
from tools.replays import differences, replayed, verdict_lines

# A stream, a document, a refusal, what no answer at all means, what the client leaves, and timing.
TRIED = (None, "role-missing", "stream-ignored", "nothing-but-refusals", "document-object-wrong")


def entry(server: Reference) -> Provider:
    return Provider(
        name="reference",
        base_url=server.base_url,
        api_key_env="REFERENCE_API_KEY",
        models={"text": "reference", "tools": "reference", "reasoning": "reference-reasoning"},
        claims=dict.fromkeys(CAPABILITIES, True),
    )


def asked(folder: Path, fault: Fault | None, *scenarios: str) -> tuple[Path, Provider]:
    """The folder of a run over loopback, and whom it asked."""
    with Reference(fault, Pace(first_pause=0.0, token_pause=0.0)) as server:
        provider, how = entry(server), settings(folder)
        environment = {"REFERENCE_API_KEY": "a-key-of-the-reference"}
        run = Run(
            Live([provider], how, selection=Selection(scenarios=scenarios), environment=environment), how
        )
        run.execute()
    (result,) = run.results
    assert result.run.folder is not None
    return result.run.folder, provider


@pytest.mark.parametrize("name", TRIED)
def test_a_replay_has_the_verdict_lines_of_the_run(name: str | None, tmp_path: Path) -> None:
    """The same bytes in the same order, from the recorder's own evidence."""
    folder, provider = asked(tmp_path, FAULTS[name] if name else None)
    lines = verdict_lines((folder / "report.jsonl").read_text().splitlines())
    assert len(lines) > 1000
    assert differences(folder, {provider.name: provider}) == []


def test_a_difference_is_told(tmp_path: Path) -> None:
    """In a report that was changed."""
    folder, provider = asked(tmp_path, None, "smoke")
    report = folder / "report.jsonl"
    lines = report.read_text().splitlines()
    place = next(place for place, line in enumerate(lines) if json.loads(line)["kind"] == "verdict")
    lines[place] = lines[place].replace('"pass"', '"fail"').replace('"not_applicable"', '"fail"')
    report.write_text("\n".join(lines))
    assert len(differences(folder, {provider.name: provider})) == 1


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_answer_with_a_fault_is_read_as_it_was_written(fault: Fault, tmp_path: Path) -> None:
    """Verdicts follow from exchanges alone, so those of a replay are the same."""
    good = {one.id: one for one in played()}
    changed = [one for one in played(fault) if one != good.get(one.id)]
    assert changed or fault.pace
    for one in changed:
        write_evidence(tmp_path / f"{one.id}.jsonl", one)
    read, unreadable = load([tmp_path])
    assert unreadable == []
    assert {one.id: bare(one) for one in read} == {one.id: bare(one) for one in changed}


def bare(exchange: Exchange) -> Exchange:
    return replace(exchange, source="", pieces=tuple(exchange.pieces))


def test_a_run_that_lacks_an_exchange_is_not_whole(tmp_path: Path) -> None:
    """What did not come means something only where everything is there: in a folder and in a zip alike."""
    folder, provider = asked(tmp_path, FAULTS["stream-ignored"], "smoke")
    providers = {provider.name: provider}

    def of(result_of: Path) -> str:
        (told,) = [
            item.outcome.value
            for item in replayed(result_of, providers).verdicts
            if item.requirement == "endpoint-streams"
        ]
        return told

    files = {
        f"run/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*.json*"))
    }
    whole, _ = load([Handed("run.zip", zipped(files))])
    assert all(one.whole for one in whole)
    assert of(folder) == "fail"
    (folder / "evidence" / "chat-text.jsonl").unlink()
    assert of(folder) == "not_testable"
    del files["run/evidence/chat-text.jsonl"]
    cut, (missing,) = load([Handed("run.zip", zipped(files))])
    assert "chat-text" in str(missing)
    assert not any(one.whole for one in cut)


def test_an_exchange_that_cannot_be_read_is_missing_too(tmp_path: Path) -> None:
    folder, _ = asked(tmp_path, None, "smoke")
    (folder / "evidence" / "chat-text.jsonl").write_text("no evidence\n")
    exchanges, unreadable = load([folder])
    assert len(unreadable) == 1
    assert not any(one.whole for one in exchanges)
