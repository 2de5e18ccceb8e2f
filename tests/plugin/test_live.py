"""A session that asks an endpoint: the reference provider in this process, or none that answers."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from conformance.report.write import latest
from tests.capture.hostile import Hostile, whole
from tests.plugin.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def refusing() -> Iterator[str]:
    """The address of an endpoint that refuses everything."""
    with Reference(fault=FAULTS["nothing-but-refusals"]) as reference:
        yield reference.base_url


def _model(folder: Path) -> Path:
    (model,) = (path for path in folder.glob("reports/*/*") if "_sessions" not in path.parts)
    return model


def test_a_wrong_address_is_no_violation(run: Run, refusing: str) -> None:
    """One sentence, one item, exit code 4."""
    ran = run("--endpoint", refusing, "--model", "reference", "--scenarios", "smoke")
    assert ran.code == 4
    said = f"there is no API at {refusing} (status 404: There is nothing at this address)"
    assert f"  Cannot say: {said}; look up its base URL, which ends before `/chat/completions`; " in ran.text
    assert "1 error in" in ran.text
    (log,) = ran.folder.glob("reports/_sessions/*/junit.xml")
    suite = ET.parse(log).find("testsuite")  # noqa: S314 - our own file
    assert suite is not None
    assert (suite.get("errors"), suite.get("failures"), suite.get("tests")) == ("1", "0", "1")
    assert [case.text is not None for case in suite.iterfind("testcase/error")] == [True]
    assert ran.report()[-1]["complete"] is False
    assert ran.report()[-1]["exit_code"] == 4


def test_an_endpoint_without_a_stream_is_told_where_to_look(run: Run) -> None:
    """Before all else: the first refusal, and the two things that are likely wrong."""
    body = b'{"error": {"message": "Not like this.", "type": "x", "param": null, "code": null}}'
    with Hostile([whole("400 Bad Request", body)]) as server:
        ran = run("--endpoint", server.base_url, "--model", "reference", "--scenarios", "smoke")
    assert ran.code == 1
    told = "answered with status 400: Not like this; look at the base URL and the model"
    assert f"  MUST   endpoint-streams: chat-text was {told}" in ran.text
    page = next(_model(ran.folder).glob("*/index.html")).read_text()
    assert f"No stream came at all: chat-text was {told}" in page


def test_latest_names_complete_live_runs_only(run: Run) -> None:
    """Neither a partial run nor a replay moves it; both have their folder."""
    ran = run("--provider", "reference")
    assert ran.code == 0, ran.text
    model = _model(ran.folder)
    whole = latest(model)
    assert whole is not None
    run("--provider", "reference", "-k", "role-first")
    run("--replay", whole)
    assert latest(model) == whole
    assert len(list(ran.folder.glob("reports/reference/*/*/index.html"))) == 3


def test_a_dead_endpoint_is_told_by_its_cause(run: Run) -> None:
    """Once, in words of the system, and in one sentence."""
    ran = run("--endpoint", "http://127.0.0.1:9/v1", "--model", "m")
    assert ran.code == 6
    said = "cannot connect to http://127.0.0.1:9/v1: connection refused"
    assert f"  Cannot say: {said}; no request was answered." in ran.text
    assert not list(ran.folder.glob("reports/*/*/latest"))  # what it points at is to be compared with
    assert f"  reason      {said}\n" in ran.text


def test_a_dead_endpoint_of_no_model_is_unnamed(run: Run) -> None:
    """Its report lies where a replay without a model has its own, and no sentence stands for a name."""
    ran = run("--endpoint", "http://127.0.0.1:9/v1", "--scenarios", "smoke")
    assert ran.code == 6
    assert "127.0.0.1-9 (unnamed)\n  Cannot say: cannot connect" in ran.text
    assert [path.name for path in ran.folder.glob("reports/127.0.0.1-9/*")] == ["unnamed"]
