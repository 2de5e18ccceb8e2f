"""`conformance record`: one's own traffic through a loopback proxy, recorded and judged."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import click

from conformance.capture.secrets import shown_command
from conformance.capture.signals import ENDING, handled
from conformance.cli.options import fail_on_option
from conformance.errors import PortUnusableError
from conformance.evidence.headers import address
from conformance.gate import ExitCode, FailOn, worst
from conformance.paths import near
from conformance.report.terminal import title, verdict_lines
from conformance.report.write import folder_name
from conformance.run.errors import FolderUnusableError
from conformance.run.options import endpoint
from conformance.run.origin import Settings
from conformance.run.result import Result

__all__ = ["record_command"]


@click.command("record")
@click.option("--upstream", required=True, metavar="URL", help="The base URL that all is forwarded to.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="A free one if left out.")
@click.option("--drop-requests", is_flag=True, help="Store no bodies of requests.")
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Where evidence and reports go.",
)
@fail_on_option
def record_command(
    upstream: str, *, port: int, drop_requests: bool, report_dir: Path, fail_on: str
) -> ExitCode:
    """Record and judge the traffic of an application, until Ctrl-C.

    Listens on this machine alone and forwards to the upstream alone. The application uses it in place of the
    upstream's base URL. Answers pass through as they come; POST .../chat/completions and .../responses are
    recorded, without credentials, and judged. Nothing else is sent.
    """
    from conformance.record.lines import opening_lines, passed_line  # noqa: PLC0415 - `--help` needs no server
    from conformance.record.recording import Recording  # noqa: PLC0415

    settings = Settings(
        report_dir=report_dir,
        started=datetime.now(UTC),
        command=shown_command("conformance", sys.argv[1:]),
        fail_on=FailOn(fail_on),
    )
    provider = endpoint(upstream, model="", configuration="the command line")
    recording = Recording(provider, settings, click.echo, port=port, drop_requests=drop_requests)
    folder = report_dir / folder_name(provider.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusableError(report_dir, error.strerror or str(error)) from None
    with ExitStack() as stack:
        try:
            stack.enter_context(recording)
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            raise PortUnusableError(port, why) from None
        shown = f"{near(folder)}{os.sep}"
        with suppress(KeyboardInterrupt), _terminable():  # before Ctrl-C is spoken of
            for line in opening_lines(address(upstream), recording.port, shown, dropped=drop_requests):
                click.echo(line)
            Event().wait()
    click.echo("\nstopped; judging what is left")
    results = recording.results()
    with suppress(OSError):  # something was recorded
        folder.rmdir()
    if not results:
        click.echo("nothing was recorded")
    for result in results:
        for line in _lines(result):
            click.echo(line)
    if recording.passed_on:
        click.echo(passed_line(recording.passed_on))
    return worst([*(result.exit_code for result in results), *([ExitCode.ERROR] if recording.lost else [])])


def _lines(result: Result) -> Iterator[str]:
    """The result of one model, and where its report is."""
    for line, markup in verdict_lines(result.report, result.summary, result.run.judgement.streams):
        colour = next((name for name in ("red", "yellow", "green") if name in markup), None)
        yield click.style(line, fg=colour, bold=markup.get("bold"))
    if result.run.folder is not None:
        page = (result.run.folder / "index.html").resolve()
        yield f"report of {title(result.report)}: {page.as_uri()}"


@contextmanager
def _terminable() -> Iterator[None]:
    """Makes SIGINT and SIGTERM end the recording, and SIGHUP, unless `nohup` had it ignored.

    A shell starts what a script runs in the background with SIGINT ignored, which Python leaves so.
    """
    hung_up = getattr(signal, "SIGHUP", None)
    heard = [
        number
        for number in (signal.SIGINT, *ENDING)
        if number != hung_up or signal.getsignal(number) is not signal.SIG_IGN
    ]
    with handled(heard, signal.default_int_handler):
        yield
