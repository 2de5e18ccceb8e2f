"""Runs of nights that are made by hand."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

from conformance.catalogue import Level, Outcome
from conformance.gate import ExitCode
from conformance.nightly.news import News, NightRun, Past, PastRun, news
from conformance.nightly.records import Record
from conformance.report.jsonl import report_lines
from conformance.report.records import Report, RequirementResult
from tests.report.conftest import report, verdict

TODAY = date(2026, 10, 2)
OUTCOMES = {"+": Outcome.PASS, "-": Outcome.FAIL, "~": Outcome.WARN, "e": Outcome.ERROR}


def results(**marks: str) -> dict[str, RequirementResult]:
    """What became of requirements: + kept, - failed, ~ warned of, e an error."""
    return {
        name.replace("_", "-"): RequirementResult(outcome=OUTCOMES[mark], level=Level.MUST)
        for name, mark in marks.items()
    }


def past(*nights: Mapping[str, str], place: str = "acme/m", suite: str = "1.0.0") -> Past:
    """The nights before, the oldest first, by what became of requirements."""
    runs = [
        PastRun(started=f"2026-09-{number:02}T03:00:00Z", suite=suite, results=results(**marks))
        for number, marks in enumerate(nights, 10)
    ]
    return {place: runs}


def tonight(
    provider: str = "acme",
    model: str = "",
    *,
    code: ExitCode | None = ExitCode.VIOLATION,
    why: str = "",
    because: Mapping[str, str] | None = None,
    observed: Mapping[str, str] | None = None,
    header: Mapping[str, Any] | None = None,
    **marks: str,
) -> NightRun:
    """A run of tonight, by what became of requirements; without any, one that left no report."""
    if not marks:
        return NightRun(record=Record(provider=provider, model=model, exit_code=code, why=why))
    verdicts = []
    for mark_name, mark in marks.items():
        name = mark_name.replace("_", "-")
        made = verdict(name, OUTCOMES[mark], because=(because or {}).get(name, ""))
        if observed and name in observed:
            (violation,) = made.violations
            violation = replace(violation, observed=observed[name])
            made = replace(made, violations=(violation,))
        verdicts.append(made)
    whole = report(verdicts, provider=provider, **(header or {}))
    record = Record(
        provider=provider,
        model=model,
        exit_code=code,
        report=f"{provider}/{model or 'm'}/20261002T030000Z/report.jsonl",
        why=why,
    )
    return NightRun(record=record, report=whole)


def told(*runs: NightRun, before: Past | None = None, **fields: Any) -> News:
    """The news of some runs."""
    given: dict[str, Any] = {"at": "2026-10-02T03:10:00Z", "today": TODAY, "exit_code": ExitCode.VIOLATION}
    return news(runs, before or {}, **(given | fields))


def stored(root: Path, run: NightRun, stamp: str = "") -> Path:
    """Write the report of a run below a folder, with a page and evidence; returns the folder of the run."""
    assert run.report is not None
    place = root / (f"{run.record.place}/{stamp}" if stamp else run.record.report.rpartition("/")[0])
    place.mkdir(parents=True)
    write_report(place, run.report)
    (place / "index.html").write_text("<!doctype html>")
    (place / "evidence").mkdir()
    (place / "evidence" / "chat-text.jsonl").write_text("{}\n")
    return place


def write_report(place: Path, whole: Report) -> None:
    """Write `report.jsonl` into a folder."""
    (place / "report.jsonl").write_text("".join(f"{line}\n" for line in report_lines(whole)))


class Hook:
    """A webhook on this machine; keeps what it is sent, and answers with a status."""

    def __init__(self, status: int = 200) -> None:
        self.messages: list[Any] = []
        self.bodies: list[bytes] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                hook.bodies.append(self.rfile.read(length))
                hook.messages.append(json.loads(hook.bodies[-1]))
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/T0/B0/secret-of-the-hook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
