"""`conformance list` and `conformance explain`: the catalogue for people."""

from collections.abc import Iterator

import click

from conformance.catalogue import DEPENDS_ON_MODEL, Family, Level
from conformance.errors import NotARequirementError, UnknownRequirementError
from conformance.explain import Explanation, explain, other_name
from conformance.profiles import profiles
from conformance.requirements import CATALOGUE, by_id
from conformance.text import counted

__all__ = ["explain_command", "list_command"]

_SIGNS = {"-": "green", "+": "red"}  # the correct line, and the faulty one


@click.command("list")
@click.option("--family", type=click.Choice([item.value for item in Family]), help="Only these.")
@click.option(
    "--level", type=click.Choice([item.value for item in Level], case_sensitive=False), help="Only these."
)
def list_command(family: str | None, level: str | None) -> None:
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


@click.command("explain")
@click.argument("name", metavar="ID")
def explain_command(name: str) -> None:
    """Tell all that is known of one requirement."""
    try:
        rule = by_id(name)
    except KeyError:
        if other := other_name(name):
            raise NotARequirementError(name, *other) from None
        raise UnknownRequirementError(name, tuple(rule.id for rule in CATALOGUE)) from None
    for line in _explained(explain(rule)):
        click.echo(line)


def _explained(told: Explanation) -> Iterator[str]:
    rule = told.rule
    apis = "both APIs" if rule.api == "both" else f"the {rule.api} API"
    yield f"{click.style(rule.id, bold=True)}  {rule.level}, {rule.family}, {apis}"
    yield ""
    yield rule.statement
    rows = (
        ("who suffers", [rule.hurts]),
        ("model", [DEPENDS_ON_MODEL] if rule.model else []),
        ("not tested", [rule.untestable] if rule.untestable else []),
        ("asked of", [told.asked] if told.asked else []),
        ("unless", [told.unless] if told.unless else []),
        ("needs", [", ".join(told.needs)] if told.needs else []),
        ("rests on", [", ".join(rule.rests_on)] if rule.rests_on else []),
        ("promised by", [", ".join(told.scenarios)] if told.scenarios else []),
        ("rests on", [f"the claim {rule.capability}"] if rule.capability else []),
        ("profiles", [one.id for one in profiles().newest if rule.id in one.requirements]),
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
