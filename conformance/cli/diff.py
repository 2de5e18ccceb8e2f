"""`conformance diff`: what improved, regressed, came and went between two runs, or what a gateway changed."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.gate import ExitCode

if TYPE_CHECKING:
    from conformance.report.records import Report

__all__ = ["diff_command"]


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--wire", is_flag=True, help="Tell what the gateway NEW changed of the streams of OLD.")
@click.option("--markdown", "form", flag_value="markdown", help="Tables, for a comment or a page.")
@click.option("--json", "form", flag_value="json", help="One JSON object.")
def diff_command(old: Path, new: Path, *, wire: bool, form: str | None) -> ExitCode:
    """Tell what changed from the run OLD to the run NEW.

    Each is the folder of a run, its report.jsonl, or the folder of a model, whose latest run it is. What
    belongs together is of the same scenario or, in recordings and replays of them, of the same request. The
    exit code is 1 if anything regressed that the provider does not list as known.

    With --wire, OLD is a run that asked an endpoint directly, and NEW one that asked it through a gateway;
    each may also be any recording that `conformance judge` reads. The exit code is 1 if the gateway changed
    anything, and 6 if it did not and some of it could not be read. docs/gateways.md explains the list.
    """
    return _wire(old, new, form) if wire else _verdicts(old, new, form)


def _verdicts(old: Path, new: Path, form: str | None) -> ExitCode:
    from conformance.report.difference import (  # noqa: PLC0415 - each half loads what it needs
        difference,
        json_of,
        markdown_lines,
        text_lines,
    )

    found = difference(_report(old), _report(new))
    if form == "json":
        _echo_json(json_of(found))
    else:
        _echo(markdown_lines(found) if form == "markdown" else text_lines(found))
    return ExitCode.VIOLATION if found.regressed else ExitCode.CONFORMS


def _report(path: Path) -> "Report":
    """The report at a path. Raises ConformanceError, among others for a recording that cannot be compared."""
    from conformance.record.errors import RecordingThinnedError, RecordingUnaskedError  # noqa: PLC0415
    from conformance.report.stored import stored_report  # noqa: PLC0415
    from conformance.run.judgement import MANY  # noqa: PLC0415

    report = stored_report(path)
    if report.header.recorded and len(report.exchanges) > MANY:
        raise RecordingThinnedError(path, len(report.exchanges))
    if report.header.recorded and not any(line.asked for line in report.exchanges):
        raise RecordingUnaskedError(path)
    return report


def _wire(direct: Path, gateway: Path, form: str | None) -> ExitCode:
    from conformance.wirediff.sources import compared  # noqa: PLC0415
    from conformance.wirediff.told import json_of, markdown_lines, text_lines  # noqa: PLC0415

    found, unread = compared(direct, gateway)
    for sentence in unread:
        click.echo(f"not read: {sentence}", err=True)
    if form == "json":
        _echo_json(json_of(found))
    else:
        _echo(markdown_lines(found) if form == "markdown" else text_lines(found))
    if found.changes:
        return ExitCode.VIOLATION
    return ExitCode.ERROR if unread else ExitCode.CONFORMS


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _echo_json(document: dict[str, Any]) -> None:
    # The escape keeps the value, and a CI runner finds no command in it.
    click.echo(json.dumps(document).replace("##", r"#\u0023"))
