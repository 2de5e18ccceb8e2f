"""The nights before, from a dashboard that is served."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import httpx
import pytest

from conformance.catalogue import Outcome
from conformance.dashboard.write import write_dashboard
from conformance.nightly.fetch import _elsewhere, history_at, is_address
from conformance.nightly.past import History
from conformance.nightly.tell import write
from conformance.nightly.words import paragraph
from tests.nightly.conftest import stored, told, tonight


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and sends on; notes what it is asked for."""

    asked: ClassVar[list[str]] = []
    leads: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if to := self.leads.get(self.path):
            self.send_response(302)
            self.send_header("Location", to)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            super().do_GET()

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


def test_the_index_tells_the_nights_before(
    tmp_path: Path, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each endpoint the newest run, and those before by what turned; and the feed. By one client."""
    made: list[httpx.Client] = []

    class Counted(httpx.Client):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(httpx, "Client", Counted)
    for number, marks in enumerate(({"a": "+", "b": "-"}, {"a": "-", "b": "-"}, {"a": "+", "b": "+"}), 1):
        given: dict[str, Any] = {f"must_{letter}": mark for letter, mark in marks.items()}
        run = tonight(header={"started": f"2026-10-0{number}T03:00:00Z"}, **given)
        stored(tmp_path, run, f"2026100{number}T030000Z")
    write(told(tonight(must_a="+")), History(), tmp_path)
    write_dashboard(tmp_path)
    for number, address in enumerate((served, f"{served}/", f"{served}/index.json"), 1):
        history = history_at(address)
        assert len(made) == number  # each of which reads all certificates
        assert history.notes == ()
        (place, runs), *others = history.past.items()
        assert (place, others) == ("acme/m", [])
        outcomes = [tuple(run.results[name].outcome for name in ("must-a", "must-b")) for run in runs]
        kept, broken = Outcome.PASS, Outcome.FAIL
        assert outcomes == [(kept, broken), (broken, broken), (kept, kept)]
        assert [run.started[:10] for run in runs] == ["2026-10-01", "2026-10-02", "2026-10-03"]
        assert len(history.earlier.entries) == 1


READS = "this suite reads stream-conformance/dashboard, version 1"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "index.json of --history was answered with status 404"),
        (
            "{",
            "index.json of --history is no dashboard, or is damaged; run `conformance dashboard` again",
        ),
        (
            "[]",
            "index.json of --history is no dashboard, or is damaged; run `conformance dashboard` again",
        ),
        (
            '{"format": "stream-conformance/dashboard", "version": 2}',
            f"index.json of --history is of stream-conformance/dashboard, version 2; {READS}",
        ),
        (
            '{"format": "<b>\\u001b[31m", "version": {}}',
            f"index.json of --history is of <b>⟨ESC⟩[31m, version {{}}; {READS}",
        ),
        ("\xff", "index.json of --history is no UTF-8 text"),
        ("x" * 3000, "index.json of --history is larger than 2,000 bytes"),
    ],
)
def test_what_is_no_dashboard_is_told(text: str | None, why: str, tmp_path: Path, served: str) -> None:
    """In one sentence; the night goes on."""
    if text is not None:
        (tmp_path / "index.json").write_bytes(text.encode("latin-1"))
    history = history_at(served, most=2000)
    assert history.past == {}
    assert history.notes == (f"Nothing is known of the nights before: {why}",)
    write(told(tonight(must_a="+")), History(), tmp_path)
    assert len(history_at(served, most=2000).earlier.entries) == 1  # the feed goes on


DAMAGED = "what it says of acme acme-large is damaged"
OUTSIDE = "its run lies in no folder of runs: "


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("started", "<b>", DAMAGED),
        ("started", 5, DAMAGED),
        ("started", "0001-01-01T00:00:00+23:59", DAMAGED),
        ("suite", [], DAMAGED),
        ("suite", 5, DAMAGED),
        *(
            ("folder", folder, f"{OUTSIDE}{folder}")
            for folder in (
                *("/etc/acme/m/s", "acme/../s", "acme/m/..", "acme//s", "m/s", "http://evil.example/a/b/c"),
                *("//evil.example/a/b/c", "C:\\a/b/c", ".hidden/m/s"),
            )
        ),
    ],
)
def test_an_endpoint_of_an_index_that_says_anything_is_passed_over(
    name: str, value: object, why: str, tmp_path: Path, served: str
) -> None:
    """Whoever serves it: the others are known, and nothing else is asked for."""
    stored(tmp_path, tonight(must_a="+"))
    stored(tmp_path, tonight("beta", must_a="+"))
    write_dashboard(tmp_path)
    index = json.loads((tmp_path / "index.json").read_text())
    index["endpoints"][0]["run"][name] = value
    (tmp_path / "index.json").write_text(json.dumps(index))
    Quiet.asked.clear()
    history = history_at(served)
    assert list(history.past) == ["beta/m"]
    assert history.notes[0] == f"An endpoint of index.json of --history is passed over: {why}"
    assert Quiet.asked == ["/index.json", "/night.json"]


def test_a_dashboard_that_was_written_beside_the_runs_is_read(tmp_path: Path, served: str) -> None:
    """Its folders begin with the way to the runs, which nobody follows."""
    stored(tmp_path / "runs", tonight(must_a="+"))
    write_dashboard(tmp_path / "runs", tmp_path)
    stored(tmp_path / "runs", tonight("later", must_a="+"))  # which no index names
    assert list(history_at(served).past) == ["acme/m"]
    (tmp_path / "site").mkdir()
    write_dashboard(tmp_path / "runs", tmp_path / "site")
    assert '"../runs/acme/' in (tmp_path / "site" / "index.json").read_text()
    assert list(history_at(f"{served}/site").past) == ["acme/m", "later/m"]


@pytest.mark.parametrize(
    ("address", "base", "where"),
    [
        ("https://h/x", "https://h", ""),
        ("https://h/x", "http://h:8000", ""),  # a server that begins to ask for https
        ("https://h:444/x", "https://h", "another port of its host"),
        ("http://h/x", "https://h", "its host without https"),
        ("http://h:444/x", "https://h:444", "its host without https"),
        ("https://g/x", "https://h", "another host"),
    ],
)
def test_where_an_address_leads_is_told_as_it_is(address: str, base: str, where: str) -> None:
    """Another port is no other host."""
    assert _elsewhere(address, base) == where


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("http://localhost:9/x", "index.json of --history leads to another host, which was not asked"),
        (
            "http://127.0.0.1:9/x",
            "index.json of --history leads to another port of its host, which was not asked",
        ),
        ("/index.json", "index.json of --history leads from one address to the next without an end"),
        ("/other.json", ""),
    ],
)
def test_an_address_leads_to_no_other_host(to: str, why: str, tmp_path: Path, served: str) -> None:
    """A server may send on within itself, and not for ever."""
    stored(tmp_path, tonight(must_a="+"))
    write_dashboard(tmp_path)
    (tmp_path / "index.json").rename(tmp_path / "other.json")
    Quiet.leads["/index.json"] = to
    try:
        history = history_at(served)
    finally:
        Quiet.leads.clear()
    assert (history.past == {}) is bool(why)
    assert (f"Nothing is known of the nights before: {why}" in history.notes) is bool(why)


def test_a_night_without_an_answer_is_known_from_an_index(tmp_path: Path, served: str) -> None:
    """And what a later run in part broke is: the nights are as they are in a folder."""
    silent: dict[str, Any] = {"must_a": "e", "must_b": "e"}
    whole: dict[str, Any] = {"must_a": "-", "must_b": "+"}
    part: dict[str, Any] = {"must_b": "-"}
    for number, marks in enumerate((whole, silent, whole, part, silent), 1):
        header = {"started": f"2026-10-0{number}T03:00:00Z"}
        if marks is not whole:
            header["incomplete"] = "cut"
        stored(tmp_path, tonight(header=header, **marks), f"2026100{number}T030000Z")
    write_dashboard(tmp_path)
    runs = history_at(served).past["acme/m"]
    assert [run.started[:10] for run in runs] == [f"2026-10-0{number}" for number in range(1, 6)]
    assert [run.seen.anything for run in runs] == [True, False, True, True, False]
    assert [run.results["must-b"].outcome.value for run in runs if run.results] == ["pass", "pass", "fail"]
    news = told(tonight(must_a="-", must_b="-"), before=history_at(served).past)
    assert paragraph(news).endswith(
        "Still broken: acme `must-a` (MUST) since at least 2026-10-01;"
        " acme `must-b` (MUST) since 2026-10-04. Back: acme."
    )


def test_an_address_that_nobody_serves_is_told(served: str) -> None:
    """Without the address, which may hold a password."""
    (note, *_) = history_at("http://u:secret@127.0.0.1:9/secret").notes
    assert "index.json of --history could not be fetched from 127.0.0.1:9: connection refused; look" in note
    assert "secret" not in note
    assert "could not be fetched" in history_at("http://127.0.0.1:99999999").notes[0]
    assert served


@pytest.mark.parametrize(
    ("text", "answer"), [("http://h", True), ("https://h/x", True), ("reports", False), ("https", False)]
)
def test_an_address_is_no_folder(text: str, answer: bool) -> None:  # noqa: FBT001 - a column of the table
    """By its scheme."""
    assert is_address(text) is answer
