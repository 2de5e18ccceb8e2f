"""A replay: which stored exchanges it judges and writes, and what makes it incomplete."""

import json
from pathlib import Path

import pytest

from conformance.catalogue import Outcome
from conformance.evidence import write_evidence
from conformance.evidence.errors import NothingReadableError
from conformance.gate import ExitCode
from conformance.providers import Provider, Providers
from conformance.report.write import latest
from conformance.run.conduct import Run
from conformance.run.stored import StoredRun
from tests.played import played
from tests.plugin.streams import CLEAN, NO_DONE
from tests.run.conftest import settings

ACME = Provider(name="acme", base_url="https://acme.example/v1")


def stored(folder: Path, **bodies: str) -> Path:
    """Recordings of these bodies in a folder."""
    place = folder / "stored"
    place.mkdir()
    for name, body in bodies.items():
        value = {"provider": "acme", "api": "chat", "model": "m", "status": 200, "body": body}
        (place / f"{name}.json").write_text(json.dumps(value))
    return place


def replay(path: Path, folder: Path) -> Run:
    """A replay of what lies at a path, with its reports below a folder."""
    how = settings(folder / "reports", "pytest --replay stored")
    return Run(StoredRun([path], Providers({"acme": ACME}), how), how)


def test_evidence_that_is_not_needed_is_not_written(tmp_path: Path) -> None:
    """Of two exchanges the one that the selected item looks at; the run is incomplete."""
    run = replay(stored(tmp_path, one=CLEAN, two=NO_DONE), tmp_path)
    run.execute([item for item in run.items if item.id == "acme/one/done-present"])

    (result,) = run.results
    assert [exchange.id for exchange in result.exchanges] == ["one"]
    assert [(item.subject, item.requirement) for item in result.verdicts] == [("one", "done-present")]
    assert result.run.folder is not None
    assert [path.name for path in (result.run.folder / "evidence").iterdir()] == ["one.jsonl"]
    assert result.report.footer.incomplete == f"{len(run.items) - 1} items of {len(run.items)} not selected"
    assert result.exit_code is ExitCode.CONFORMS


def test_a_whole_replay_tells_what_is_not_applicable_too(tmp_path: Path) -> None:
    """It makes no item, and a line of the report; `latest` names live runs alone."""
    run = replay(stored(tmp_path, one=CLEAN, two=NO_DONE), tmp_path)
    run.execute()

    (result,) = run.results
    assert Outcome.NOT_APPLICABLE in {item.outcome for item in result.verdicts}
    assert len(result.verdicts) > len(run.items)
    assert result.report.footer.complete
    assert result.exit_code is ExitCode.VIOLATION
    assert result.run.folder is not None
    assert latest(result.run.folder.parent) is None


def test_what_cannot_be_read_makes_a_replay_incomplete(tmp_path: Path) -> None:
    """The first ones are named, and the rest counted; nothing readable at all is refused."""
    place = stored(tmp_path, one=CLEAN)
    for number in range(5):
        (place / f"bad-{number}.json").write_text("{")
    run = replay(place, tmp_path)
    run.execute()

    (result,) = run.results
    told = result.report.footer.incomplete
    assert told.startswith("5 sources could not be read: ")
    assert told.count("it is not JSON") == 3
    assert told.endswith("; and 2 more")
    (place / "one.json").unlink()
    with pytest.raises(NothingReadableError, match="it is not JSON"):
        replay(place, tmp_path).execute()


def test_evidence_that_was_cut_is_never_green(tmp_path: Path) -> None:
    """Wherever it was cut, the replay is incomplete, and its exit code is not 0."""
    place = tmp_path / "stored"
    place.mkdir()
    kept, cut = place / "kept.jsonl", place / "cut.jsonl"
    text, length = (
        next(item for item in played() if item.id == name) for name in ("chat-text", "chat-length")
    )
    write_evidence(kept, text)
    write_evidence(cut, length)
    whole = cut.read_bytes()
    ends = [place + 1 for place, octet in enumerate(whole) if octet == ord("\n")]
    judged = set()
    for size in {*ends[:-1], *(end - 1 for end in ends[:-1]), len(whole) - 40, ends[-2] + 1}:
        cut.write_bytes(whole[:size])
        run = replay(place, tmp_path)
        try:
            run.execute()
        except NothingReadableError:
            continue
        (result,) = run.results
        assert not result.report.footer.complete, size
        assert result.exit_code in (ExitCode.ERROR, ExitCode.VIOLATION, ExitCode.USAGE), size
        told = result.report.footer.incomplete
        assert "cut off before the end: chat-length" in told or "could not be read" in told
        judged.add(result.exit_code)
    assert ExitCode.ERROR in judged
