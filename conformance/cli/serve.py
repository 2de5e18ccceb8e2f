"""`conformance serve`: the reference provider, or one fault of it, for authors of clients."""

import os
from contextlib import ExitStack, suppress
from threading import Event

import click

from conformance.errors import PortUnusableError, UnknownFaultError
from conformance.gate import ExitCode
from conformance.reference.faults import FAULTS

__all__ = ["serve_command"]


@click.command("serve")
@click.option("--fault", "name", metavar="ID", help="Spoil every answer in one named way.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="A free one if left out.")
@click.option("--faults", "--list", "listed", is_flag=True, help="List the faults, and serve nothing.")
@click.argument("others", nargs=-1, type=click.UNPROCESSED, metavar="")
def serve_command(name: str | None, *, port: int, listed: bool, others: tuple[str, ...]) -> ExitCode:
    """Serve the reference provider, or one fault of it, on this machine until Ctrl-C."""
    for other in others:
        option = "--port" if other.isdecimal() else "--fault"
        raise click.UsageError(f"what is {other}? Was `{option} {other}` meant?")
    if listed:
        width = max(map(len, FAULTS))
        for fault in FAULTS.values():
            click.echo(f"{fault.id:<{width}}  breaks {', '.join(fault.breaks)}: {fault.why}")
        return ExitCode.CONFORMS
    if name is not None and name not in FAULTS:
        raise UnknownFaultError(name, tuple(FAULTS))
    from conformance.reference.server import Reference  # noqa: PLC0415 - a list of faults needs no server

    with ExitStack() as stack:
        try:
            reference = stack.enter_context(Reference(fault=FAULTS[name] if name else None, port=port))
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            raise PortUnusableError(port, why) from None
        click.echo(f"the reference provider listens at {reference.base_url}")
        click.echo("models: reference, reference-reasoning; any key will do, or none; Ctrl-C ends it")
        if name:
            click.echo(f"fault {name}: {FAULTS[name].why}")
            click.echo(f"what breaks: REFERENCE_BASE_URL={reference.base_url} pytest --provider reference")
        with suppress(KeyboardInterrupt):
            Event().wait()
    return ExitCode.CONFORMS
