"""`conformance judge`: verdicts on stored streams, without pytest and without a report."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from conformance.capture.secrets import shown_command
from conformance.catalogue import Outcome, Violation
from conformance.gate import ExitCode, FailOn, Ruling, worst
from conformance.providers import find_providers
from conformance.report.visible import one_line
from conformance.run.origin import Settings
from conformance.run.result import Result
from conformance.run.stored import Stored

__all__ = ["judge_command"]

_TOLD = (Outcome.ERROR, Outcome.FAIL, Outcome.WARN, Outcome.INFO)  # outcomes that are reported individually
_COLOUR = {Outcome.FAIL: "red", Outcome.ERROR: "red", Outcome.WARN: "yellow", Outcome.INFO: "cyan"}
_WIDTH = 160


@click.command("judge")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each exchange.")
@click.option(
    "--providers", "file", type=click.Path(path_type=Path), help="Where to look providers up first."
)
@click.option(
    "--fail-on",
    type=click.Choice([item.value for item in FailOn]),
    default=FailOn.MUST.value,
    show_default=True,
    help="What makes the exit code 1.",
)
def judge_command(paths: tuple[Path, ...], *, as_json: bool, file: Path | None, fail_on: str) -> ExitCode:
    """Judge stored evidence, recordings or raw streams, with no network and no report."""
    settings = Settings(
        report_dir=None,
        started=datetime.now(UTC),
        command=shown_command("conformance", sys.argv[1:]),
        fail_on=FailOn(fail_on),
    )
    runs, unreadable = Stored(paths, find_providers(file), settings).one_by_one()
    codes = []
    for run in runs:
        result = Result.of(run, settings)
        codes.append(result.exit_code)
        for line in _json_lines(result) if as_json else _lines(result):
            click.echo(line)
        for stale in result.gate.stale:
            click.echo(f"{result.provider}: {stale.message}", err=True)
    for item in unreadable:
        click.echo(f"error: {one_line(str(item), 10 * _WIDTH)}", err=True)
    if codes and not as_json:
        click.echo("\n`conformance explain ID` tells more of a requirement")
    return worst([*codes, ExitCode.USAGE] if unreadable else codes)


def _lines(result: Result) -> Iterator[str]:
    by_exchange = _by_exchange(result.gate.rulings)
    for stream in result.run.judgement.streams:
        rulings = by_exchange.get(stream.id, [])
        outcomes = [ruling.verdict.outcome for ruling in rulings]
        counts = [
            click.style(f"{outcomes.count(item)} {item.words}", fg=_COLOUR.get(item))
            for item in Outcome
            if item in outcomes
        ]
        name = click.style(f"{result.provider}/{stream.id}", bold=True)
        yield f"{name} ({stream.exchange.api}): {', '.join(counts)}"
        for ruling in rulings:
            verdict = ruling.verdict
            if verdict.outcome not in _TOLD:
                continue
            known = "known " if ruling.deviation else ""
            outcome = click.style(f"{known}{verdict.outcome.words}", fg=_COLOUR[verdict.outcome])
            said = _said(verdict.violations[0]) if verdict.violations else verdict.reason
            yield f"  {outcome} {verdict.level} {verdict.requirement}: {one_line(said, _WIDTH)}"
    yield f"{click.style(result.provider, bold=True)}: {one_line(result.sentence, 10 * _WIDTH)}"


def _said(violation: Violation) -> str:
    event = "" if violation.event is None else f"event {violation.event}: "
    return f"{event}expected {violation.expected}, observed {violation.observed}"


def _json_lines(result: Result) -> Iterator[str]:
    by_exchange = _by_exchange(result.gate.rulings)
    for stream in result.run.judgement.streams:
        verdicts = {
            ruling.verdict.requirement: {
                "outcome": ruling.verdict.outcome.value,
                "level": ruling.verdict.level.value,
                "violations": [item.as_json() for item in ruling.verdict.violations],
                "reason": ruling.verdict.reason,
                "known": ruling.deviation is not None,
            }
            for ruling in by_exchange.get(stream.id, [])
        }
        line = {
            "source": stream.exchange.source,
            "api": stream.exchange.api,
            "provider": stream.exchange.provider,
            "verdicts": verdicts,
        }
        # The escape keeps the value, and a CI runner finds no command in it.
        yield json.dumps(line).replace("##", r"#\u0023")


def _by_exchange(rulings: Iterable[Ruling]) -> dict[str, list[Ruling]]:
    """The rulings on each exchange. A ruling on several exchanges counts for each of them."""
    found: dict[str, list[Ruling]] = {}
    for ruling in rulings:
        for name in dict.fromkeys(ruling.verdict.exchanges):
            found.setdefault(name, []).append(ruling)
    return found
