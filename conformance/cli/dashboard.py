"""`conformance dashboard`: the vendor matrix, from the stored runs below a folder."""

from pathlib import Path

import click

from conformance.paths import near
from conformance.text import counted, shown_line

__all__ = ["dashboard_command"]

_LISTED = 10


@click.command("dashboard")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Where to write it; DIR if left out.")
def dashboard_command(folder: Path, out: Path | None) -> None:
    """Write the matrix of all requirements and endpoints from the stored runs below DIR.

    DIR is what --report-dir was: it holds <provider>/<model>/<stamp>/report.jsonl. Of each provider and model
    the newest run that judged everything is shown, with the history of the others. Writes index.html,
    history.html and index.json. Reports that cannot be read are named, here and on the page.
    """
    from conformance.dashboard.write import write_dashboard  # noqa: PLC0415 - `--help` waits for no templates

    made = write_dashboard(folder, out)
    unread = made.matrix.unread
    for item in unread[:_LISTED]:
        click.echo(f"could not be read: {shown_line(item.folder)}: {shown_line(item.why)}", err=True)
    if len(unread) > _LISTED:
        click.echo(f"and {len(unread) - _LISTED} more, which the page lists", err=True)
    matrix = made.matrix
    rows = counted(sum(len(group.rows) for group in matrix.groups), "requirement")
    columns, stored = counted(len(matrix.columns), "endpoint"), counted(matrix.stored, "stored run")
    click.echo(f"{near(made.page)}: {columns}, {rows}, {stored}")
