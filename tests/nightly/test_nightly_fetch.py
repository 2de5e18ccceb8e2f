"""The nights before, from a dashboard that is served."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from conformance.catalogue import Outcome
from conformance.dashboard.write import write_dashboard
from conformance.nightly.fetch import history_at, is_address
from conformance.nightly.past import History
from conformance.nightly.tell import write
from tests.nightly.conftest import stored, told, tonight


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and logs nothing."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_index_tells_the_nights_before(tmp_path: Path, served: str) -> None:
    """Of each endpoint the newest run, and those before by what turned; and the feed."""
    for number, marks in enumerate(({"a": "+", "b": "-"}, {"a": "-", "b": "-"}, {"a": "+", "b": "+"}), 1):
        given: dict[str, Any] = {f"must_{letter}": mark for letter, mark in marks.items()}
        run = tonight(header={"started": f"2026-10-0{number}T03:00:00Z"}, **given)
        stored(tmp_path, run, f"2026100{number}T030000Z")
    write(told(tonight(must_a="+")), History(), tmp_path)
    write_dashboard(tmp_path)
    for address in (served, f"{served}/", f"{served}/index.json"):
        history = history_at(address)
        assert history.notes == ()
        (place, runs), *others = history.past.items()
        assert (place, others) == ("acme/m", [])
        outcomes = [tuple(run.results[name].outcome for name in ("must-a", "must-b")) for run in runs]
        kept, broken = Outcome.PASS, Outcome.FAIL
        assert outcomes == [(kept, broken), (broken, broken), (kept, kept)]
        assert runs[-1].started == "2026-10-03T03:00:00Z"
        assert len(history.earlier.entries) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "index.json of --history was answered with status 404"),
        ("{", "index.json of --history is no dashboard of this version (JSONDecodeError)"),
        ("[]", "index.json of --history is no dashboard of this version (TypeError)"),
        (
            '{"format": "x", "version": 1}',
            "index.json of --history is no dashboard of this version (ValueError)",
        ),
        ("\xff", "index.json of --history could not be fetched (UnicodeDecodeError)"),
        ("x" * 3000, "index.json of --history is larger than 2,000 bytes"),
    ],
)
def test_what_is_no_dashboard_is_told(text: str | None, why: str, tmp_path: Path, served: str) -> None:
    """In one sentence; the night goes on."""
    if text is not None:
        (tmp_path / "index.json").write_bytes(text.encode("latin-1"))
    history = history_at(served, most=2000)
    assert history.past == {}
    assert history.notes == (f"nothing is known of the nights before: {why}",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("started", "<b>"),
        ("started", 5),
        ("started", "0001-01-01T00:00:00+23:59"),
        ("suite", []),
        ("suite", 5),
    ],
)
def test_an_index_that_says_anything_ends_no_night(
    name: str, value: object, tmp_path: Path, served: str
) -> None:
    """Whoever serves it: nothing is known then."""
    stored(tmp_path, tonight(must_a="+"))
    write_dashboard(tmp_path)
    index = json.loads((tmp_path / "index.json").read_text())
    index["endpoints"][0]["run"][name] = value
    (tmp_path / "index.json").write_text(json.dumps(index))
    history = history_at(served)
    assert history.past == {}
    assert "index.json of --history is no dashboard of this version" in history.notes[0]


def test_an_address_that_nobody_serves_is_told(served: str) -> None:
    """Without the address, which may hold a password."""
    assert "ConnectError" in history_at("http://u:secret@127.0.0.1:9/x").notes[0]
    assert "secret" not in history_at("http://u:secret@127.0.0.1:9/x").notes[0]
    assert "could not be fetched" in history_at("http://127.0.0.1:99999999").notes[0]
    assert served


@pytest.mark.parametrize(
    ("text", "answer"), [("http://h", True), ("https://h/x", True), ("reports", False), ("https", False)]
)
def test_an_address_is_no_folder(text: str, answer: bool) -> None:  # noqa: FBT001 - a column of the table
    """By its scheme."""
    assert is_address(text) is answer
