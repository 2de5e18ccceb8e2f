"""What a run leaves on disk for one provider beside its evidence: report.jsonl and index.html."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from conformance.gate import Gate
from conformance.plugin.origin import Captured, Settings
from conformance.report.records import ExchangeLine, Header, Report, build
from conformance.report.write import point_latest, write_report
from conformance.version import suite_version

__all__ = ["evidence_path", "near", "report_run"]


def evidence_path(folder: Path, exchange: str) -> Path:
    """Where the evidence of an exchange is in a run's folder."""
    return folder / "evidence" / f"{exchange}.jsonl"


def near(path: Path) -> str:
    """A path as one would type it from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def report_run(captured: Captured, gate: Gate, settings: Settings, log: Path | None) -> Report:
    """Write the report of one provider beside its evidence. Raises OSError."""
    folder = captured.folder
    lines = [
        ExchangeLine.of(stream, evidence_path(folder, stream.id).relative_to(folder).as_posix())
        for stream in captured.judged.streams
    ]
    ended = _utc(datetime.now(UTC))
    report = build(_header(captured, settings, log), lines, gate, ended=ended, incomplete=captured.incomplete)
    write_report(folder, report, captured.judged.streams)
    if not captured.replayed and report.footer.complete:
        point_latest(folder)
    return report


def _header(captured: Captured, settings: Settings, log: Path | None) -> Header:
    entry = captured.entry
    return Header(
        suite=suite_version(),
        provider=captured.judged.provider,
        model=captured.judged.model,
        started=_utc(settings.started),
        python=platform.python_version(),
        command=settings.command,
        configuration=entry.configuration if entry else "",
        base_url=entry.base_url if entry and not captured.replayed else "",
        key_variable=entry.api_key_env if entry else "",
        options={"fail-on": settings.fail_on.value},
        dialects=entry.dialects if entry else (),
        deviations=captured.deviations,
        replayed=captured.replayed,
        notes=captured.notes,
        log=Path(os.path.relpath(log, captured.folder)).as_posix() if log else "",
    )


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
