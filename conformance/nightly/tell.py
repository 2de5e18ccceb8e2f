"""Writes what a night has to tell: `night.json`, `night.md`, `feed.atom`, and the messages of webhooks."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conformance.evidence.whole import put_whole
from conformance.gate import ExitCode, worst
from conformance.nightly.document import FILE, document
from conformance.nightly.feed import atom
from conformance.nightly.news import EXPIRING, News, NightRun, news
from conformance.nightly.notify import WebhookForm
from conformance.nightly.past import History
from conformance.nightly.places import seen_from
from conformance.nightly.records import Record
from conformance.nightly.words import code_of, label, paragraph, slack, title, verdict
from conformance.report.annotations import bounded, command
from conformance.report.errors import ReportError
from conformance.report.jsonl import read_report
from conformance.report.markdown import markdown
from conformance.report.visible import one_line
from conformance.version import suite_version

__all__ = ["FEED", "PAGE", "annotations", "lines", "message", "news_of", "page", "run_of", "write"]

PAGE = "night.md"
FEED = "feed.atom"

_TEXT = 20_000  # characters of a text of a message; a paragraph of many providers is a few thousand


def news_of(
    records: Iterable[Record],
    root: Path,
    history: History,
    *,
    now: datetime,
    expiring: int = EXPIRING,
    notes: Iterable[str] = (),
) -> News:
    """The news of the runs that these records are of, whose reports are below `root`.

    The night ended with the last of them; `now`, with a time zone, stands for that if there is no report.
    """
    runs = [run_of(record, root) for record in records]
    ends = [run.report.footer.ended for run in runs if run.report is not None]
    at = max(map(_seconds, ends), default=_seconds(now.isoformat()))
    ends_before = [entry["at"] for entry in history.earlier.entries if entry["at"] < at]
    codes = [run.record.exit_code for run in runs if run.record.exit_code is not None]
    return news(
        runs,
        history.past,
        at=at,
        today=date.fromisoformat(at[:10]),
        exit_code=worst(codes) if codes else ExitCode.CONFORMS,
        expiring=expiring,
        asked=history.asked,
        last=ends_before[1] if len(ends_before) > 1 else "",
        notes=[seen_from(root, note) for note in (*history.notes, *notes)],
    )


def write(told: News, history: History, root: Path, *, site: str = "") -> dict[str, Any]:
    """Writes the files of a night into the folder of the reports; returns the document of it.

    Raises OSError.
    """
    whole = document(told, history.earlier, suite_version())
    files = {
        FILE: json.dumps(whole, indent=1) + "\n",
        FEED: atom(whole["feed"], whole["nights"], suite=suite_version(), site=site),
        PAGE: page(told),
    }
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with put_whole(root / name) as neighbour:
            neighbour.write_text(text, encoding="utf-8", newline="\n")
    return whole


def page(told: News, base: str | None = "") -> str:
    """The night as Markdown: its title, the paragraph, and a table of the runs.

    `base` is the address of the folder of the reports, "" if the page lies in it; None leaves out all links.
    """
    base = base and f"{base.rstrip('/')}/"
    rows = ["| provider | exit code | verdict |", "|---|---|---|"]
    for run in told.runs:
        name = markdown(label(run, told.runs))
        if run.report is not None and base is not None:
            name = f"[{name}]({base}{quote(run.record.report.removesuffix('report.jsonl'))}index.html)"
        rows.append(f"| {name} | {code_of(run)} | {markdown(verdict(run))} |")
    parts = [f"## {title(told)}", paragraph(told, markdown), *(["\n".join(rows)] if told.runs else [])]
    return "\n\n".join(parts) + "\n"


def lines(told: News) -> list[str]:
    """The night for a terminal: a line for each run, and the paragraph."""
    cells = [(label(run, told.runs), code_of(run), verdict(run)) for run in told.runs]
    widths = [max((len(row[column]) for row in cells), default=0) for column in (0, 1)]
    table = [f"{name:<{widths[0]}}  {code:<{widths[1]}}  {words}" for name, code, words in cells]
    return [*table, *([""] if table else []), paragraph(told)]


def message(told: News, whole: Mapping[str, Any], form: WebhookForm, site: str) -> dict[str, Any]:
    """What a webhook is sent of a night."""
    if form is WebhookForm.JSON:
        shown = {name: value for name, value in whole.items() if name != "nights"} | {"site": site or None}
        return {name: _seen(value) for name, value in shown.items()}
    text = f"*{whole['title']}*\n{paragraph(told, slack)}"
    # An endpoint may say an address, which nobody is to look up for a preview.
    return {"text": f"{text}\n<{site}>" if site else text, "unfurl_links": False, "unfurl_media": False}


def _seen(value: Any) -> Any:
    """A value of a document whose texts are on one line and hide nothing, wherever a receiver shows them."""
    match value:
        case str():
            return one_line(value, _TEXT)
        case list():
            return [_seen(item) for item in value]
        case dict():
            return {name: _seen(item) for name, item in value.items()}
        case _:
            return value


def annotations(told: News) -> list[str]:
    """At most ten commands for the runner of a GitHub job: each new failure, and who did not answer.

    What only follows from another new failure has none of its own.
    """
    names = {(item.run.record.name, item.requirement) for item in told.new}
    causes = [item for item in told.new if (item.run.record.name, item.because) not in names]
    commands = [
        command(
            f"{label(item.run, told.runs)}: {item.requirement}", f"{item.level.value}, new: {item.observed}"
        )
        for item in causes
    ]
    commands += [command(label(item.run, told.runs), f"did not answer: {item.why}") for item in told.silent]
    return bounded(commands)


def run_of(record: Record, root: Path) -> NightRun:
    """The run that a record is of, with its report below `root` if it can be read."""
    record = replace(record, why=seen_from(root, record.why))
    if not record.report:
        return NightRun(record=record)
    try:
        report = read_report(root / record.report, record.report)
    except ReportError as error:
        return NightRun(record=record, problem=error.one_line)
    except OSError as error:
        return NightRun(record=record, problem=f"{record.report}: {error.strerror or type(error).__name__}")
    footer = replace(report.footer, incomplete=seen_from(root, report.footer.incomplete))
    return NightRun(record=record, report=replace(report, footer=footer))


def _seconds(time: str) -> str:
    """A time of RFC 3339 in UTC, in whole seconds."""
    return datetime.fromisoformat(time).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
