"""The options that several commands take alike."""

import click

from conformance.gate import FailOn

__all__ = ["fail_on_option"]

fail_on_option = click.option(
    "--fail-on",
    type=click.Choice([item.value for item in FailOn]),
    default=FailOn.MUST.value,
    show_default=True,
    help="What makes the exit code 1.",
)
