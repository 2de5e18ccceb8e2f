"""A replay: which stored exchanges it judges and writes, and what makes it incomplete."""

import json
from pathlib import Path

import pytest

from conformance.catalogue import Outcome
from conformance.evidence.errors import NothingReadableError
from conformance.gate import ExitCode
from conformance.providers import Provider, Providers
from conformance.report.write import latest
from conformance.run.conduct import Run
from conformance.run.stored import Stored
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
    return Run(Stored([path], Providers({"acme": ACME}), how), how)


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
