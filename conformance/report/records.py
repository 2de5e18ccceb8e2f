"""`report.jsonl`, the truth of a run: header, exchanges, verdicts, stale deviations, footer.

One JSON object a line; `kind` says which. The footer comes last and is written when the run is
over, so a file without one is cut off. The page is a rendering of these lines and of the evidence,
never a source of its own. Schema: `schemas/report.json`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from conformance.catalogue import Level, Outcome, Verdict, Violation
from conformance.gate import Deviation, ExitCode, Gate, Ruling, Stale, Staleness
from conformance.subject import Answer

__all__ = ["FORMAT", "VERSION", "ExchangeLine", "Footer", "Header", "Report", "ReportError", "build"]

FORMAT = "stream-conformance/report"
VERSION = 1


class ReportError(ValueError):
    """A file that is no whole report: says which, where, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What was tested, with what, and how.

    `configuration` names the file or option that the provider was read from. `base_url` holds no
    secret; empty for a replay. `key_variable` is the environment variable of the key, never the
    key. `started` is UTC, RFC 3339. `options` are the ones that change what is sent or judged.
    `notes` are what a reader must know. `log` is the path of pytest's own log, or empty.
    """

    suite: str
    provider: str
    model: str
    started: str
    python: str
    command: str
    commit: str | None = None
    profile: str | None = None
    configuration: str = ""
    base_url: str = ""
    key_variable: str = ""
    options: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    dialects: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    replayed: bool = False
    notes: tuple[str, ...] = ()
    log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLine:
    """One exchange in the index: where its evidence is, and how it went.

    `evidence` is a path relative to the report, empty where none was written. `events` is None when
    the answer is not an event stream. `first_byte` and `duration` are seconds since the request was
    sent, None where the source keeps no times.
    """

    id: str
    api: str
    scenario: str = ""
    source: str = ""
    evidence: str = ""
    status: int | None = None
    events: int | None = None
    bytes: int = 0
    ended: str = "unknown"
    detail: str = ""
    attempts: int = 1
    first_byte: float | None = None
    duration: float | None = None
    lacks: tuple[str, ...] = ()
    note: str = ""

    @classmethod
    def of(cls, stream: Answer, evidence: str = "") -> "ExchangeLine":
        """The line of a stream whose evidence is at this path."""
        exchange = stream.exchange
        times = [piece.at for piece in exchange.pieces if piece.at is not None]
        last = exchange.ended_at if exchange.ended_at is not None else max(times, default=None)
        return cls(
            id=exchange.id,
            api=exchange.api,
            scenario=exchange.scenario,
            source=exchange.source,
            evidence=evidence,
            status=exchange.status,
            events=len(stream.wire.events) if stream.streamed else None,
            bytes=sum(len(piece.data) for piece in exchange.pieces),
            ended=exchange.ended.value,
            detail=exchange.detail,
            attempts=max(len(exchange.attempts), 1),
            first_byte=min(times, default=None),
            duration=last,
            lacks=tuple(sorted(exchange.lacks)),
            note=exchange.note,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """What the run came to. `incomplete` says why the run did not judge everything; empty if it did.

    `outcomes` counts verdicts; `levels` counts them by level and outcome.
    """

    outcomes: Mapping[str, int]
    levels: Mapping[str, Mapping[str, int]]
    requirements: int
    exit_code: ExitCode
    incomplete: str
    ended: str

    @property
    def complete(self) -> bool:
        """Whether everything that could be judged was."""
        return not self.incomplete


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run of one provider and model, as `report.jsonl` holds it."""

    header: Header
    exchanges: tuple[ExchangeLine, ...]
    rulings: tuple[Ruling, ...]
    stale: tuple[Stale, ...]
    footer: Footer

    def lines(self) -> Iterator[str]:
        """The lines of the file, without their ends. Plain ASCII, whatever an endpoint sent."""
        records: list[dict[str, Any]] = [_header(self.header)]
        records += [_exchange(line) for line in self.exchanges]
        records += [_verdict(ruling) for ruling in self.rulings]
        records += [_stale(stale) for stale in self.stale]
        records.append(_footer(self.footer))
        for record in records:
            yield json.dumps(record, separators=(",", ":"))

    @classmethod
    def read(cls, path: Path) -> "Report":
        """Read a file back. Raises ReportError for anything but a whole report, OSError as it comes."""
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ReportError(f"{path} is not UTF-8 text (byte {error.start}), so it is no report") from None
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, name: str = "the report") -> "Report":
        """The report of a file's text; `name` is what errors call it."""
        records = list(_records(text, name))
        if not records or records[0].get("kind") != "header" or records[0].get("format") != FORMAT:
            raise ReportError(
                f"{name} does not begin with a header of {FORMAT}: is it another file, such as evidence?"
            )
        if (version := records[0].get("version")) != VERSION:
            raise ReportError(
                f"{name} is of version {version!r}, this suite reads version {VERSION}: "
                "read it with the suite that wrote it, or judge its evidence again"
            )
        if records[-1].get("kind") != "footer":
            raise ReportError(
                f"{name} has no footer after its {len(records)} lines: the run was cut off before its end; "
                "run it again, or judge its evidence folder with --replay"
            )
        try:
            report = _report(records)
        except (KeyError, TypeError, ValueError) as error:
            raise ReportError(f"{name} breaks schemas/report.json: {error!r}") from error
        if (counted := _counts(report.rulings)) != (report.footer.outcomes, report.footer.levels):
            raise ReportError(
                f"{name} counts {dict(report.footer.outcomes)} in its footer, but its lines make "
                f"{dict(counted[0])}: lines were lost or edited"
            )
        return report


def build(
    header: Header,
    exchanges: Iterable[ExchangeLine],
    gate: Gate,
    *,
    ended: str,
    incomplete: str = "",
    exit_code: ExitCode | None = None,
) -> Report:
    """The report of a run.

    `ended` is UTC, RFC 3339. `exit_code` is the gate's unless something else ended the run, such as
    an interruption.
    """
    outcomes, levels = _counts(gate.rulings)
    return Report(
        header=header,
        exchanges=tuple(exchanges),
        rulings=gate.rulings,
        stale=gate.stale,
        footer=Footer(
            outcomes=outcomes,
            levels=levels,
            requirements=len({ruling.verdict.requirement for ruling in gate.rulings}),
            exit_code=gate.exit_code if exit_code is None else exit_code,
            incomplete=incomplete,
            ended=ended,
        ),
    )


def _counts(rulings: Sequence[Ruling]) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    pairs = Counter((ruling.verdict.level, ruling.verdict.outcome) for ruling in rulings)
    levels = {level.value: {item.value: pairs[level, item] for item in Outcome} for level in Level}
    return {item.value: sum(pairs[level, item] for level in Level) for item in Outcome}, levels


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
    }


def _stale(stale: Stale) -> dict[str, Any]:
    return {"kind": "stale", "deviation": _deviation(stale.deviation), "why": stale.why.value}


def _footer(footer: Footer) -> dict[str, Any]:
    return {
        "kind": "footer",
        "outcomes": dict(footer.outcomes),
        "levels": {level: dict(counts) for level, counts in footer.levels.items()},
        "requirements": footer.requirements,
        "exit_code": int(footer.exit_code),
        "complete": footer.complete,
        "incomplete": footer.incomplete,
        "ended": footer.ended,
    }


def _records(text: str, name: str) -> Iterator[dict[str, Any]]:
    # Only a line feed ends a line: splitlines() would also cut at U+2028 and its like.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise ReportError(
                f"{name}, line {number} is not JSON ({error}): the file was cut off or edited"
            ) from None
        if not isinstance(record, dict):
            raise ReportError(f"{name}, line {number} is not a JSON object: it was edited, or is no report")
        yield record


def _report(records: Sequence[dict[str, Any]]) -> Report:
    kinds = Counter(str(record.get("kind")) for record in records)
    if unknown := kinds.keys() - {"header", "exchange", "verdict", "stale", "footer"}:
        raise ValueError(f"unknown kind of line: {', '.join(sorted(unknown))}")
    if kinds["header"] != 1 or kinds["footer"] != 1:
        raise ValueError("more than one header or footer: two reports in one file")
    return Report(
        header=_read_header(records[0]),
        exchanges=tuple(_read_exchange(record) for record in records if record["kind"] == "exchange"),
        rulings=tuple(_read_ruling(record) for record in records if record["kind"] == "verdict"),
        stale=tuple(
            Stale(deviation=_read_deviation(record["deviation"]), why=Staleness(record["why"]))
            for record in records
            if record["kind"] == "stale"
        ),
        footer=_read_footer(records[-1]),
    )


def _fields(record: Mapping[str, Any], *drop: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ("kind", *drop)}


def _read_header(record: Mapping[str, Any]) -> Header:
    fields = _fields(record, "format", "version")
    fields |= {name: tuple(fields[name]) for name in ("dialects", "notes")}
    fields["deviations"] = tuple(_read_deviation(item) for item in fields["deviations"])
    return Header(**fields)


def _read_exchange(record: Mapping[str, Any]) -> ExchangeLine:
    return ExchangeLine(**(_fields(record, "lacks") | {"lacks": tuple(record["lacks"])}))


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
    )
    deviation = _read_deviation(record["deviation"]) if record["deviation"] else None
    return Ruling(verdict=verdict, gates=record["gates"], deviation=deviation)


def _read_deviation(record: Mapping[str, Any]) -> Deviation:
    until = date.fromisoformat(record["until"]) if record["until"] else None
    return Deviation(**(_fields(record, "until") | {"until": until}))


def _read_footer(record: Mapping[str, Any]) -> Footer:
    return Footer(**(_fields(record, "complete") | {"exit_code": ExitCode(record["exit_code"])}))
