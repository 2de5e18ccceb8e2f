"""Writes and reads `report.jsonl`, the complete result of a run.

Each line is a JSON object, and its `kind` says which. The footer is the last line and is written when the run
is over, so a file without a footer is cut off. The page is generated from these lines and the evidence, and
never read back. Schema: `schemas/report.json`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from conformance.catalogue import Level, Outcome, Verdict, Violation
from conformance.gate import Deviation, ExitCode, Ruling, Stale, Staleness
from conformance.report.errors import (
    NotAReportError,
    ReportCountsError,
    ReportCutOffError,
    ReportLineError,
    ReportResultsError,
    ReportSchemaError,
    ReportTextError,
    ReportVersionError,
)
from conformance.report.records import ExchangeLine, Footer, Header, Report, RequirementResult, count, results
from conformance.report.since import RequirementChange, Since
from conformance.standing import Stand, Standing

__all__ = [
    "FORMAT",
    "VERSION",
    "check_header",
    "parse_report",
    "read_footer",
    "read_header",
    "read_record",
    "read_report",
    "report_lines",
]

FORMAT = "stream-conformance/report"
VERSION = 1


def report_lines(report: Report) -> Iterator[str]:
    """The lines of the file without line ends. They are plain ASCII, whatever an endpoint sent."""
    records: list[dict[str, Any]] = [_header(report.header)]
    records += [_exchange(line) for line in report.exchanges]
    records += [_verdict(ruling) for ruling in report.rulings]
    records += [_stale(stale) for stale in report.stale]
    records += [_since(report.since)] if report.since else []
    records.append(_footer(report.footer))
    for record in records:
        yield json.dumps(record, separators=(",", ":"))


def read_report(path: Path, name: str = "") -> Report:
    """The report in a file. Raises ReportError for anything but a complete report, and OSError.

    `name` is the file's name in messages, by default its path.
    """
    name = name or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ReportTextError(name, error.start) from None
    return parse_report(text, name)


def parse_report(text: str, name: str = "the report") -> Report:
    """The report in a file's text. Raises ReportError; `name` is the file's name in messages."""
    records = list(_records(text, name))
    check_header(records[0] if records else {}, name)
    if records[-1].get("kind") != "footer":
        raise ReportCutOffError(name, len(records))
    try:
        report = _report(records)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ReportSchemaError(name, repr(error)) from error
    if (counts := count(report.rulings)) != (report.footer.outcomes, report.footer.levels):
        raise ReportCountsError(name, dict(report.footer.outcomes), dict(counts[0]))
    if differing := _differing(report.footer.results, results(report.rulings)):
        raise ReportResultsError(name, differing)
    return report


def _differing(told: Mapping[str, RequirementResult], true: Mapping[str, RequirementResult]) -> str:
    """The first requirement of which the footer says other than the verdicts; "" if there is none."""
    return next((name for name in {**true, **told} if told.get(name) != true.get(name)), "")


def _header(header: Header) -> dict[str, Any]:
    return {
        "kind": "header",
        "format": FORMAT,
        "version": VERSION,
        "suite": header.suite,
        "commit": header.commit,
        "profile": header.profile,
        "provider": header.provider,
        "model": header.model,
        "configuration": header.configuration,
        "base_url": header.base_url,
        "key_variable": header.key_variable,
        "started": header.started,
        "command": header.command,
        "python": header.python,
        "options": dict(header.options),
        "dialects": list(header.dialects),
        "deviations": [_deviation(item) for item in header.deviations],
        "replayed": header.replayed,
        "recorded": header.recorded,
        "notes": list(header.notes),
        "log": header.log,
    }


def _exchange(line: ExchangeLine) -> dict[str, Any]:
    return {
        "kind": "exchange",
        "id": line.id,
        "api": line.api,
        "scenario": line.scenario,
        "source": line.source,
        "evidence": line.evidence,
        "status": line.status,
        "events": line.events,
        "bytes": line.bytes,
        "ended": line.ended,
        "detail": line.detail,
        "attempts": line.attempts,
        "first_byte": line.first_byte,
        "duration": line.duration,
        "lacks": list(line.lacks),
        "note": line.note,
        **({"asked": line.asked} if line.asked else {}),
    }


def _verdict(ruling: Ruling) -> dict[str, Any]:
    verdict = ruling.verdict
    return {
        "kind": "verdict",
        "requirement": verdict.requirement,
        "level": verdict.level.value,
        "subject": verdict.subject,
        "exchanges": list(verdict.exchanges),
        "outcome": verdict.outcome.value,
        "violations": [item.as_json() for item in verdict.violations],
        "reason": verdict.reason,
        "dialects": list(verdict.dialects),
        "because": verdict.because,
        "gates": ruling.gates,
        "deviation": _deviation(ruling.deviation) if ruling.deviation else None,
    }


def _deviation(item: Deviation) -> dict[str, Any]:
    return {
        "requirement": item.requirement,
        "reason": item.reason,
        "link": item.link,
        "until": item.until.isoformat() if item.until else None,
        "scenario": item.scenario,
        "baseline": item.baseline,
    }


def _stale(stale: Stale) -> dict[str, Any]:
    return {"kind": "stale", "deviation": _deviation(stale.deviation), "why": stale.why.value}


def _since(since: Since) -> dict[str, Any]:
    return {
        "kind": "since",
        "started": since.started,
        "suite": since.suite,
        "same": since.same,
        "changes": [_changed(item) for item in since.changes],
        "profiles": [{"profile": name, "old": was, "new": now} for name, was, now in since.profiles],
    }


def _changed(item: RequirementChange) -> dict[str, Any]:
    return {
        "what": item.what,
        "requirement": item.requirement,
        "level": item.level.value,
        "scenarios": list(item.scenarios),
        "old": item.old,
        "new": item.new,
        "because": item.because,
        "observed": item.observed,
    }


def _footer(footer: Footer) -> dict[str, Any]:
    return {
        "kind": "footer",
        "outcomes": dict(footer.outcomes),
        "levels": {level: dict(counts) for level, counts in footer.levels.items()},
        "following": footer.following,
        "requirements": footer.requirements,
        "exit_code": int(footer.exit_code),
        "complete": footer.complete,
        "incomplete": footer.incomplete,
        "ended": footer.ended,
        "results": {name: _result(result) for name, result in footer.results.items()},
        "profiles": [_standing(standing) for standing in footer.profiles],
    }


def _result(result: RequirementResult) -> dict[str, Any]:
    return {
        "outcome": result.outcome.value,
        "level": result.level.value,
        "observed": result.observed,
        "because": result.because,
        "known": result.known,
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "profile": standing.profile,
        "verdict": standing.stand.value,
        "reason": standing.reason,
        "kept": standing.kept,
        "broken": list(standing.broken),
        "known": list(standing.known),
        "dialects": list(standing.dialects),
    }


def _records(text: str, name: str) -> Iterator[dict[str, Any]]:
    # Only a line feed ends a line; splitlines() would also split at U+2028 and others.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield read_record(line, name, number)


def read_record(line: str, name: str, number: int) -> dict[str, Any]:
    """The object on a line; `number` is that of the line. Raises ReportLineError."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ReportLineError(name, number, f"is not JSON ({error})") from None
    if not isinstance(record, dict):
        raise ReportLineError(name, number, "is not a JSON object")
    return record


def check_header(record: Mapping[str, Any], name: str) -> None:
    """Raises ReportError unless the record is the header of a report that can be read."""
    if record.get("kind") != "header" or record.get("format") != FORMAT:
        raise NotAReportError(name, FORMAT)
    if (version := record.get("version")) != VERSION:
        raise ReportVersionError(name, version, VERSION)


def _report(records: Sequence[dict[str, Any]]) -> Report:
    kinds = Counter(str(record.get("kind")) for record in records)
    if unknown := kinds.keys() - {"header", "exchange", "verdict", "stale", "since", "footer"}:
        raise ValueError(f"unknown kind of line: {', '.join(sorted(unknown))}")
    if kinds["header"] != 1 or kinds["footer"] != 1:
        raise ValueError("more than one header or footer: two reports in one file")
    return Report(
        header=read_header(records[0]),
        exchanges=tuple(_read_exchange(record) for record in records if record["kind"] == "exchange"),
        rulings=tuple(_read_ruling(record) for record in records if record["kind"] == "verdict"),
        since=next((_read_since(record) for record in records if record["kind"] == "since"), None),
        stale=tuple(
            Stale(deviation=_read_deviation(record["deviation"]), why=Staleness(record["why"]))
            for record in records
            if record["kind"] == "stale"
        ),
        footer=read_footer(records[-1]),
    )


def _fields(record: Mapping[str, Any], *drop: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ("kind", *drop)}


def _texts(record: Mapping[str, Any], *names: str) -> None:
    """Raises TypeError if one of these is no text: readers compare and show them."""
    for name in names:
        if not isinstance(record[name], str):
            raise TypeError(f"{name} is no text")


def read_header(record: Mapping[str, Any]) -> Header:
    """The header in its record. Raises KeyError, TypeError, ValueError or AttributeError for another form."""
    fields = _fields(record, "format", "version")
    _texts(fields, "suite", "provider", "model", "started", *(["profile"] if fields["profile"] else []))
    if wrong := [name for name in ("replayed", "recorded") if not isinstance(fields[name], bool)]:
        raise TypeError(f"{wrong[0]} is neither true nor false")
    if datetime.fromisoformat(fields["started"]).utcoffset() != timedelta(0):
        raise ValueError("started is no time in UTC")
    fields |= {name: tuple(fields[name]) for name in ("dialects", "notes")}
    fields["deviations"] = tuple(_read_deviation(item) for item in fields["deviations"])
    return Header(**fields)


def _read_exchange(record: Mapping[str, Any]) -> ExchangeLine:
    return ExchangeLine(**(_fields(record, "lacks") | {"lacks": tuple(record["lacks"])}))


def _read_since(record: Mapping[str, Any]) -> Since:
    return Since(
        started=record["started"],
        suite=record["suite"],
        same=record["same"],
        changes=tuple(map(_read_changed, record["changes"])),
        profiles=tuple(
            (item["profile"], *(Stand(item[key]) if item[key] else None for key in ("old", "new")))
            for item in record["profiles"]
        ),
    )


def _read_changed(record: Mapping[str, Any]) -> RequirementChange:
    old, new = (Outcome(record[key]) if record[key] else None for key in ("old", "new"))
    fields = {**record, "level": Level(record["level"]), "scenarios": tuple(record["scenarios"])}
    return RequirementChange(**fields | {"old": old, "new": new})


def _read_ruling(record: Mapping[str, Any]) -> Ruling:
    violations = tuple(
        Violation(**(item | {"span": tuple(item["span"]) if item["span"] else None}))
        for item in record["violations"]
    )
    verdict = Verdict(
        requirement=record["requirement"],
        level=Level(record["level"]),
        subject=record["subject"],
        exchanges=tuple(record["exchanges"]),
        outcome=Outcome(record["outcome"]),
        violations=violations,
        reason=record["reason"],
        dialects=tuple(record["dialects"]),
        because=record["because"],
    )
    deviation = _read_deviation(record["deviation"]) if record["deviation"] else None
    return Ruling(verdict=verdict, gates=record["gates"], deviation=deviation)


def _read_deviation(record: Mapping[str, Any]) -> Deviation:
    until = date.fromisoformat(record["until"]) if record["until"] else None
    return Deviation(**(_fields(record, "until") | {"until": until}))


def read_footer(record: Mapping[str, Any]) -> Footer:
    """The footer in its record. Raises like `read_header`."""
    fields = _fields(record, "complete") | {"exit_code": ExitCode(record["exit_code"])}
    _texts(fields, "incomplete", "ended")
    fields["results"] = {name: _read_result(result) for name, result in record["results"].items()}
    return Footer(**fields | {"profiles": tuple(map(_read_standing, record["profiles"]))})


def _read_result(record: Mapping[str, Any]) -> RequirementResult:
    _texts(record, "observed", "because")
    fields = {**record, "outcome": Outcome(record["outcome"]), "level": Level(record["level"])}
    return RequirementResult(**fields)


def _read_standing(record: Mapping[str, Any]) -> Standing:
    _texts(record, "profile", "reason")
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in record.items()
    }
    return Standing(stand=Stand(fields.pop("verdict")), **fields)
