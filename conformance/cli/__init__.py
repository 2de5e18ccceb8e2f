"""The `conformance` command. Each subcommand is a module here, imported when it is called."""

import errno
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib import import_module

import click

from conformance.cli.output import QuietOutput
from conformance.errors import ConformanceError, EmptyOptionError, did_you_mean
from conformance.gate import ExitCode
from conformance.output import drop_output
from conformance.version import suite_version

__all__ = ["command", "main"]

_COMMANDS = {
    "judge": "conformance.cli.judge",
    "diff": "conformance.cli.diff",
    "dashboard": "conformance.cli.dashboard",
    "verify": "conformance.cli.verify",
    "badge": "conformance.cli.badge",
    "plan": "conformance.cli.plan",
    "serve": "conformance.cli.serve",
    "nightly": "conformance.cli.nightly",
    "record": "conformance.cli.record",
    "list": "conformance.cli.catalogue",
    "explain": "conformance.cli.catalogue",
}
"""The module of each subcommand; it defines a function named after it with `_command` appended."""
_MEANT = {
    "certify": "`pytest --provider NAME --certify PROFILE` makes a bundle, `conformance verify` checks it",
    "check": "`conformance verify` checks a bundle, and `conformance judge` judges what is stored",
    "compare": "`conformance diff` compares two runs",
    "faults": "`conformance serve --faults` lists the faults of the reference provider",
    "matrix": "`conformance dashboard` makes the matrix",
    "profiles": "`conformance plan --profile NAME` tells what a profile sends; docs/profiles.md has them all",
    "proxy": "`conformance record` stands between an application and its endpoint",
    "replay": "`pytest --replay PATH` and `conformance judge PATH` judge what is stored",
    "requirements": "`conformance list` names the requirements",
    "run": "`pytest --provider NAME` asks an endpoint",
    "test": "`pytest --provider NAME` asks an endpoint",
}
"""What was meant by a word that is no subcommand."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> None:
    """Runs the command and exits with one of its exit codes."""
    try:
        _refuse_empty(sys.argv[1:])
        with redirect_stdout(QuietOutput(sys.stdout)):
            code = command.main(standalone_mode=False) or ExitCode.CONFORMS
    except ConformanceError as error:
        click.echo(f"error: {error}", err=True)
        code = ExitCode.USAGE
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except click.Abort:
        code = ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - told, and given the exit code that says whose fault it is
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            drop_output(sys.stdout)
            click.echo(f"error: the output could not be written: {error.strerror}", err=True)
            code = ExitCode.ERROR
        else:
            sys.excepthook(*sys.exc_info())
            code = ExitCode.INTERNAL
    sys.exit(int(code))


def _refuse_empty(arguments: Sequence[str]) -> None:
    """Raises EmptyOptionError for an empty value, which would be the current folder where a path is meant."""
    before = ""
    for number, argument in enumerate(arguments, 1):
        name, mark, value = argument.partition("=")
        if mark and name.startswith("--") and not value.strip():
            raise EmptyOptionError(name)
        if not argument.strip():
            raise EmptyOptionError(before if before.startswith("-") else f"argument {number}")
        before = argument


class _Commands(click.Group):
    """The subcommands in the table.

    Only the one that is called is imported, because imports take most of the time.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if (module := _COMMANDS.get(cmd_name)) is None:
            return None
        found: click.Command = getattr(import_module(module), f"{cmd_name}_command")
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in _COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        meant = _MEANT.get(name) or did_you_mean(name, tuple(_COMMANDS))
        return ctx.fail(f"No such command {name!r}: {meant}")


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click calls it
    if asked:
        click.echo(f"conformance, version {suite_version()}")
        ctx.exit()


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
def command() -> None:
    """The conformance suite for OpenAI-compatible streaming APIs.

    `pytest --provider NAME` asks an endpoint and `pytest --replay PATH` judges stored streams; both write the
    compliance report. Exit codes: 0 nothing broken in what was judged, 1 violation, 2 interrupted, 3 internal
    error, 4 bad usage, a missing key, a wrong path, key or model, or nothing readable, 5 nothing selected or
    no named profile applies, 6 no violation but an error, such as no connection, or a run that was cut off.
    """
