"""The `conformance` command: a thin door onto the same core as the pytest plugin."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import click

from conformance.catalogue import Family, Level, Outcome, Violation
from conformance.errors import UserError, meant
from conformance.explain import Explanation
from conformance.explain import explain as explained
from conformance.gate import ExitCode, FailOn, Gate, Ruling, decide, worst
from conformance.plan import plan as planned
from conformance.providers import Provider, find_providers
from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from conformance.replay import Judged, complaint, judge_stored, known_deviations
from conformance.report.records import ExchangeLine, Header, build
from conformance.report.summary import summarise
from conformance.report.visible import one_line
from conformance.requirements import CATALOGUE, by_id
from conformance.subject import Answer
from conformance.text import counted
from conformance.version import suite_version

__all__ = ["command", "main"]

_TOLD = (Outcome.ERROR, Outcome.FAIL, Outcome.WARN, Outcome.INFO)  # outcomes told one by one
_COLOUR = {Outcome.FAIL: "red", Outcome.ERROR: "red", Outcome.WARN: "yellow", Outcome.INFO: "cyan"}
_SIGNS = {"-": "green", "+": "red"}  # as it should be, and as the fault makes it
_WIDTH = 160


def main() -> None:
    """Run the command and end with one of its exit codes."""
    try:
        code = command.main(standalone_mode=False) or ExitCode.CONFORMS
    except UserError as error:
        click.echo(f"error: {error}", err=True)
        code = ExitCode.USAGE
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except click.Abort:
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:  # whoever read had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.CONFORMS
    except Exception:  # noqa: BLE001 - told, and given the exit code that says whose fault it is
        sys.excepthook(*sys.exc_info())
        code = ExitCode.INTERNAL
    sys.exit(int(code))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(suite_version(), prog_name="conformance")
def command() -> None:
    """The conformance suite for OpenAI-compatible streaming APIs.

    `pytest --provider NAME` asks an endpoint and `pytest --replay PATH` judges stored streams; both write the
    compliance report. Exit codes: 0 nothing broken in what was judged, 1 violation, 2 interrupted, 3 internal
    error, 4 bad usage, missing key or nothing readable, 5 nothing selected, 6 no violation but an error.
    """


@command.command()
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
def judge(paths: tuple[Path, ...], *, as_json: bool, file: Path | None, fail_on: str) -> ExitCode:
    """Judge stored evidence, recordings or raw streams, with no network and no report."""
    providers = find_providers(file)
    runs, unreadable = judge_stored(paths, providers)
    codes = []
    for run in runs:
        gate = decide(
            run.verdicts,
            known_deviations(run, providers.get(run.provider)),
            today=datetime.now(UTC).date(),
            fail_on=FailOn(fail_on),
        )
        codes.append(gate.exit_code)
        for line in _json_lines(run, gate.rulings) if as_json else _lines(run, gate.rulings):
            click.echo(line)
        if not as_json:
            unread = f"{counted(len(unreadable), 'source')} could not be read" if unreadable else ""
            click.echo(_sentence(run, gate, providers.get(run.provider), unread))
        for stale in gate.stale:
            click.echo(f"{run.provider}: {stale.message}", err=True)
    for item in unreadable:
        click.echo(f"error: {complaint(item)}", err=True)
    if unreadable:
        codes.append(ExitCode.USAGE)
    if runs and not as_json:
        click.echo("\n`conformance explain ID` tells more of a requirement")
    return worst(codes)


@command.command()
@click.option("--provider", "name", required=True, help="A provider of providers.toml.")
@click.option("--scenarios", default="", help="These only, with commas between; `smoke` is a cheap set.")
@click.option("--samples", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--budget", type=click.IntRange(min=1), help="The most requests.")
@click.option(
    "--providers", "file", type=click.Path(path_type=Path), help="Where to look providers up first."
)
def plan(name: str, *, scenarios: str, samples: int, budget: int | None, file: Path | None) -> ExitCode:
    """Tell what a run would send to a provider, and its ceiling, sending nothing."""
    whole = planned(
        find_providers(file).named(name),
        scenarios=tuple(filter(None, (part.strip() for part in scenarios.split(",")))),
        samples=samples,
        budget=budget,
    )
    width = max((len(item.exchange.id) for item in whole.requests), default=0)
    for item in whole.requests:
        claim = "claimed" if item.exchange.claim else "tried"
        tokens = f"{item.scenario.tokens} tokens"
        click.echo(f"{item.exchange.id:<{width}}  {claim:<7}  {tokens:<11}  {item.scenario.why}")
    for left in whole.left:
        click.echo(f"{left.scenario:<{width}}  not sent: {left.why}")
    click.echo(
        f"\n{counted(len(whole.requests), 'request')} to {whole.provider.base_url}, "
        f"at most {whole.tokens} output tokens"
        + (f" and {whole.reasoning_tokens} where models reason" if whole.reasoning_tokens else "")
    )
    return ExitCode.CONFORMS if whole.requests else ExitCode.NOTHING


@command.command()
@click.option("--fault", "name", metavar="ID", help="Spoil every answer in one named way.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="A free one if left out.")
@click.option("--faults", "listed", is_flag=True, help="List the faults, and serve nothing.")
def serve(name: str | None, *, port: int, listed: bool) -> ExitCode:
    """Serve the reference provider, or one fault of it, on this machine until Ctrl-C."""
    if listed:
        width = max(map(len, FAULTS))
        for fault in FAULTS.values():
            click.echo(f"{fault.id:<{width}}  breaks {', '.join(fault.breaks)}: {fault.why}")
        return ExitCode.CONFORMS
    if name is not None and name not in FAULTS:
        hint = meant(name, FAULTS) or "`conformance serve --faults` names them all"
        raise UserError("fault", f"no fault is called {name!r}", hint)
    with ExitStack() as stack:
        try:
            reference = stack.enter_context(Reference(fault=FAULTS[name] if name else None, port=port))
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            hint = "choose another --port, or leave it out for a free one"
            raise UserError("port", f"cannot listen on port {port}: {why}", hint) from None
        click.echo(f"the reference provider listens at {reference.base_url}")
        click.echo("models: reference, reference-reasoning; any key will do, or none; Ctrl-C ends it")
        if name:
            click.echo(f"fault {name}: {FAULTS[name].why}")
            click.echo(f"what breaks: REFERENCE_BASE_URL={reference.base_url} pytest --provider reference")
        with suppress(KeyboardInterrupt):
            Event().wait()
    return ExitCode.CONFORMS


@command.command("list")
@click.option("--family", type=click.Choice([item.value for item in Family]), help="Only these.")
@click.option(
    "--level", type=click.Choice([item.value for item in Level], case_sensitive=False), help="Only these."
)
def list_(family: str | None, level: str | None) -> None:
    """List the requirements of the catalogue."""
    chosen = [rule for rule in CATALOGUE if family in (None, rule.family) and level in (None, rule.level)]
    width = max((len(rule.id) for rule in chosen), default=0)
    seen = None
    for rule in chosen:
        if rule.family is not seen:
            click.secho(f"{'' if seen is None else chr(10)}{rule.family}", bold=True)
            seen = rule.family
        click.echo(f"  {rule.id:<{width}}  {rule.level:<6}  {rule.api:<9}  {rule.statement}")
    click.echo(f"\n{counted(len(chosen), 'requirement')}; `conformance explain ID` tells more of one")


@command.command()
@click.argument("name", metavar="ID")
def explain(name: str) -> None:
    """Tell all that is known of one requirement."""
    try:
        rule = by_id(name)
    except KeyError:
        hint = meant(name, (rule.id for rule in CATALOGUE)) or "`conformance list` names them all"
        raise UserError("requirement", f"no requirement is called {name!r}", hint) from None
    for line in _explained(explained(rule)):
        click.echo(line)


def _explained(told: Explanation) -> Iterator[str]:
    rule = told.rule
    apis = "both APIs" if rule.api == "both" else f"the {rule.api} API"
    yield f"{click.style(rule.id, bold=True)}  {rule.level}, {rule.family}, {apis}"
    yield ""
    yield rule.statement
    rows = (
        ("who suffers", [rule.hurts]),
        ("not tested", [rule.untestable] if rule.untestable else []),
        ("asked of", [told.asked] if told.asked else []),
        ("unless", [told.unless] if told.unless else []),
        ("needs", [", ".join(told.needs)] if told.needs else []),
        ("promised by", [", ".join(told.scenarios)] if told.scenarios else []),
        ("stated in", [part for source in rule.sources for part in (source.title, f"  {source.url}")]),
        ("reports", [report.url for report in told.reports]),
        ("dialects", [f"{row.id}: {row.says} ({', '.join(row.vendors)})" for row in told.dialects]),
        ("faults", [f"{fault.id}: {fault.why}" for fault in told.faults]),
    )
    for title, values in rows:
        for number, value in enumerate(values):
            yield f"  {'' if number else title:<13}{value}"
    if told.shown is not None:
        yield f"\n  fault {told.shown.fault.id} in the answer to {told.shown.scenario}:"
        for line in told.shown.lines:
            yield click.style(f"    {line.sign} {line.text}".rstrip(), fg=_SIGNS.get(line.sign))


def _lines(run: Judged, rulings: Sequence[Ruling]) -> Iterator[str]:
    for stream in run.streams:
        mine = _of(stream, rulings)
        outcomes = [ruling.verdict.outcome for ruling in mine]
        counts = [
            click.style(f"{outcomes.count(item)} {item.words}", fg=_COLOUR.get(item))
            for item in Outcome
            if item in outcomes
        ]
        name = click.style(f"{run.provider}/{stream.id}", bold=True)
        yield f"{name} ({stream.exchange.api}): {', '.join(counts)}"
        for ruling in mine:
            verdict = ruling.verdict
            if verdict.outcome not in _TOLD:
                continue
            known = "known " if ruling.deviation else ""
            outcome = click.style(f"{known}{verdict.outcome.words}", fg=_COLOUR[verdict.outcome])
            said = _said(verdict.violations[0]) if verdict.violations else verdict.reason
            yield f"  {outcome} {verdict.level} {verdict.requirement}: {one_line(said, _WIDTH)}"


def _sentence(run: Judged, gate: Gate, entry: Provider | None, unread: str) -> str:
    """The verdict on a provider, as the compliance report says it."""
    header = Header(
        suite=suite_version(),
        provider=run.provider,
        model=run.model,
        started="",
        python="",
        command="",
        dialects=entry.dialects if entry else (),
        replayed=True,
    )
    report = build(header, map(ExchangeLine.of, run.streams), gate, ended="", incomplete=unread)
    said = summarise(report, by_id).sentence
    return f"{click.style(run.provider, bold=True)}: {one_line(said, 10 * _WIDTH)}"


def _said(violation: Violation) -> str:
    event = "" if violation.event is None else f"event {violation.event}: "
    return f"{event}expected {violation.expected}, observed {violation.observed}"


def _json_lines(run: Judged, rulings: Sequence[Ruling]) -> Iterator[str]:
    for stream in run.streams:
        verdicts = {
            ruling.verdict.requirement: {
                "outcome": ruling.verdict.outcome.value,
                "level": ruling.verdict.level.value,
                "violations": [item.as_json() for item in ruling.verdict.violations],
                "reason": ruling.verdict.reason,
                "known": ruling.deviation is not None,
            }
            for ruling in _of(stream, rulings)
        }
        line = {
            "source": stream.exchange.source,
            "api": stream.exchange.api,
            "provider": stream.exchange.provider,
            "verdicts": verdicts,
        }
        yield json.dumps(line)


def _of(stream: Answer, rulings: Iterable[Ruling]) -> list[Ruling]:
    """The rulings on an exchange; one on several exchanges counts for each of them."""
    return [ruling for ruling in rulings if stream.id in ruling.verdict.exchanges]
