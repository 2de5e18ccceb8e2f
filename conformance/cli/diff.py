"""`conformance diff`: what improved, regressed, came and went between two runs."""

import json
from pathlib import Path

import click

from conformance.gate import ExitCode
from conformance.report.difference import difference, json_of, markdown_lines, text_lines
from conformance.report.stored import stored_report

__all__ = ["diff_command"]


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--markdown", "form", flag_value="markdown", help="Tables, for a comment or a page.")
@click.option("--json", "form", flag_value="json", help="One JSON object.")
def diff_command(old: Path, new: Path, *, form: str | None) -> ExitCode:
    """Tell what changed from the run OLD to the run NEW.

    Each is the folder of a run, its report.jsonl, or the folder of a model, whose latest run it is. The exit
    code is 1 if anything regressed that the provider does not list as known.
    """
    found = difference(stored_report(old), stored_report(new))
    if form == "json":
        # The escape keeps the value, and a CI runner finds no command in it.
        click.echo(json.dumps(json_of(found)).replace("##", r"#\u0023"))
    else:
        for line in markdown_lines(found) if form == "markdown" else text_lines(found):
            click.echo(line)
    return ExitCode.VIOLATION if found.regressed else ExitCode.CONFORMS
