"""`conformance plan`: shows what a run would send, without sending anything."""

from pathlib import Path

import click

from conformance.gate import ExitCode
from conformance.plan import AGAIN
from conformance.providers import find_providers
from conformance.run.options import named_profiles, names_in, scenario_names
from conformance.run.selection import Selection
from conformance.text import counted

__all__ = ["plan_command"]


@click.command("plan")
@click.option("--provider", "name", required=True, help="A provider of providers.toml.")
@click.option("--scenarios", default="", help="These only, with commas between; `smoke` is a cheap set.")
@click.option("--profile", "named", multiple=True, help="What these profiles send, with commas between.")
@click.option("--samples", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--budget", type=click.IntRange(min=1), help="The most requests.")
@click.option(
    "--providers", "file", type=click.Path(path_type=Path), help="Where to look providers up first."
)
def plan_command(
    name: str, *, scenarios: str, named: tuple[str, ...], samples: int, budget: int | None, file: Path | None
) -> ExitCode:
    """Tell what a run would send to a provider, and its ceiling, sending nothing."""
    selection = Selection(
        scenarios=scenario_names(names_in(scenarios)),
        profiles=named_profiles(named),
        samples=samples,
        budget=budget,
    )
    whole = selection.plan(find_providers(file).named(name))
    width = max((len(item.exchange.id) for item in whole.requests), default=0)
    for item in whole.requests:
        claim = "claimed" if item.exchange.claim else "tried"
        tokens = f"{item.scenario.tokens} tokens"
        waits = f" (complete once {item.awaits} is answered)" if item.awaits else ""
        click.echo(f"{item.exchange.id:<{width}}  {claim:<7}  {tokens:<11}  {item.scenario.why}{waits}")
    for left in whole.left:
        click.echo(f"{left.scenario:<{width}}  not sent: {left.why}")
    if whole.requests:
        why = f"at most {AGAIN}, beside the ceiling: timing that was broken while others were open"
        click.echo(f"{'SCENARIO.again':<{width}}  {why}")
    click.echo(
        f"\n{counted(len(whole.requests), 'request')} to {whole.provider.base_url}, "
        f"at most {whole.tokens} output tokens"
        + (f" and {whole.reasoning_tokens} where models reason" if whole.reasoning_tokens else "")
    )
    return ExitCode.CONFORMS if whole.requests else ExitCode.NOTHING
