"""`conformance judge`: verdicts on stored streams, without pytest and without a report."""

import json
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from conformance.capture.secrets import shown_command
from conformance.catalogue import Outcome, Violation
from conformance.cli.options import fail_on_option
from conformance.evidence.request import request_in
from conformance.gate import ExitCode, FailOn, worst
from conformance.providers import find_providers
from conformance.report.bugreport import because_of_it, contrast
from conformance.report.findings import Finding
from conformance.report.profiles import profile_line
from conformance.report.visible import one_line
from conformance.run.many import ExchangeRulings
from conformance.run.options import named_profiles
from conformance.run.origin import Settings
from conformance.run.result import Result
from conformance.run.stored import StoredRun
from conformance.text import counted

__all__ = ["judge_command"]

_COLOUR = {Outcome.FAIL: "red", Outcome.ERROR: "red", Outcome.WARN: "yellow", Outcome.INFO: "cyan"}
_NOTED = 100  # remarks on sources that are remembered, so that each is told once
_WIDTH = 160


@click.command("judge")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "--request",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The body of the request, as JSON, where a source holds none.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each exchange.")
@click.option(
    "--providers", "file", type=click.Path(path_type=Path), help="Where to look providers up first."
)
@click.option("--profile", "named", multiple=True, help="Gate only what these profiles hold.")
@fail_on_option
def judge_command(
    paths: tuple[Path, ...],
    *,
    request: Path | None,
    as_json: bool,
    file: Path | None,
    named: tuple[str, ...],
    fail_on: str,
) -> ExitCode:
    """Judge stored evidence, recordings or raw streams, with no network and no report.

    PATH is a file, a folder, a zip, or - for the standard input.
    """
    settings = Settings(
        report_dir=None,
        started=datetime.now(UTC),
        command=shown_command("conformance", sys.argv[1:]),
        fail_on=FailOn(fail_on),
        profiles=named_profiles(named),
    )
    asked = "" if request is None else request_in(request)
    parts, unreadable = StoredRun(paths, find_providers(file), settings, asked).one_by_one()
    codes, noted = [], deque[str](maxlen=_NOTED)
    for part in parts:
        if isinstance(part, ExchangeRulings):
            click.echo(_json_line(part) if as_json else _line(part))
            if (note := part.exchange.note) and not as_json and note not in noted:
                noted.append(note)
                click.echo(f"  note: {one_line(note, 10 * _WIDTH)}")
            continue
        result = Result.of(part, settings)
        codes.append(result.exit_code)
        for line in () if as_json else _lines(result):
            click.echo(line)
        for stale in result.gate.stale:
            click.echo(f"{result.provider}: {stale.message}", err=True)
    for item in unreadable:
        click.echo(f"error: {one_line(str(item), 10 * _WIDTH)}", err=True)
    if codes and not as_json:
        click.echo("\n`conformance explain ID` tells more of a requirement")
    return worst(codes)


def _line(told: ExchangeRulings) -> str:
    """How many outcomes of each kind there are on an exchange."""
    outcomes = [ruling.verdict.outcome for ruling in told.rulings if not ruling.verdict.because]
    counts = [
        click.style(f"{outcomes.count(item)} {item.words}", fg=_COLOUR.get(item))
        for item in Outcome
        if item in outcomes
    ]
    name = click.style(f"{told.provider}/{told.exchange.id}", bold=True)
    return f"{name} ({told.exchange.api}): {', '.join(counts)}"


def _lines(result: Result) -> Iterator[str]:
    """Each cause once, with what follows from it, and the result."""
    summary = result.summary
    for finding in (*summary.fixes, *summary.told, *summary.known):
        yield from _cause(finding)
    for group in summary.errors:
        outcome = click.style(Outcome.ERROR.words, fg=_COLOUR[Outcome.ERROR])
        yield f"  {outcome} on {_where(group.exchanges)}: {one_line(group.reason, _WIDTH)}"
    if profiles := profile_line(result.profiles):
        yield f"  profiles {one_line(profiles, 10 * _WIDTH)}"
    yield f"{click.style(result.provider, bold=True)}: {one_line(result.sentence, 10 * _WIDTH)}"


def _cause(finding: Finding) -> Iterator[str]:
    known = "known " if finding.deviation else ""
    outcome = click.style(f"{known}{finding.outcome.words}", fg=_COLOUR[finding.outcome])
    said = _said(finding.verdicts[0].violations[0])
    yield f"  {outcome} {finding.level} {finding.id} on {_where(finding.exchanges)}: {said}"
    if finding.switch:
        yield f"    {one_line(finding.switch, _WIDTH)}"
    if finding.consequences:
        yield f"    {because_of_it(item.id for item in finding.consequences)}"


def _where(exchanges: Sequence[str]) -> str:
    """The first of some exchanges, and how many more there are."""
    more = len(exchanges) - 1
    return exchanges[0] + (f" and {counted(more, 'further exchange')}" if more else "")


def _said(violation: Violation) -> str:
    event = "" if violation.event is None else f"event {violation.event}: "
    return f"{event}{contrast(violation, _WIDTH)}"


def _json_line(told: ExchangeRulings) -> str:
    verdicts = {
        ruling.verdict.requirement: {
            "outcome": ruling.verdict.outcome.value,
            "level": ruling.verdict.level.value,
            "violations": [item.as_json() for item in ruling.verdict.violations],
            "because": ruling.verdict.because,
            "reason": ruling.verdict.reason,
            "known": ruling.deviation is not None,
        }
        for ruling in told.rulings
    }
    line = {
        "source": told.exchange.source,
        "api": told.exchange.api,
        "provider": told.exchange.provider,
        "note": told.exchange.note,
        "verdicts": verdicts,
    }
    # The escape keeps the value, and a CI runner finds no command in it.
    return json.dumps(line).replace("##", r"#\u0023")
