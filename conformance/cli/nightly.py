"""`conformance nightly`: many providers side by side, and what changed since the last night."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from conformance.dashboard.errors import NoStoredRunsError
from conformance.dashboard.write import write_dashboard
from conformance.gate import ExitCode, worst
from conformance.nightly.ask import DEADLINE, NightPlan, ask
from conformance.nightly.errors import FolderMissingError
from conformance.nightly.fetch import history_at, is_address
from conformance.nightly.gather import gather, thin
from conformance.nightly.lock import alone
from conformance.nightly.news import EXPIRING
from conformance.nightly.notify import VARIABLE, WebhookForm, addresses, form_of, notify
from conformance.nightly.past import history_in
from conformance.nightly.records import Record, stored_records
from conformance.nightly.tell import PAGE, annotations, lines, message, news_of, page, run_of, write
from conformance.nightly.words import code_of
from conformance.paths import near
from conformance.providers import Provider, find_providers, packaged_names
from conformance.report.visible import one_line
from conformance.run.options import ALL, names_in, providers_in

__all__ = ["nightly_command"]

_LAST = "last"
_NAME = 120  # characters of a provider and a model
_BASELESS = "An address holds no verdicts, so --baseline last knows nothing: name a folder with --history"
_NO_FOLDER = "Nothing is known of the nights before: there is no folder at the path of --history"


@click.command("nightly")
@click.option(
    "--provider",
    "named",
    default=ALL,
    show_default=True,
    help="Of providers.toml, with commas between; `all`: those whose key is set.",
)
@click.option(
    "--providers",
    "file",
    type=click.Path(path_type=Path),
    help="The file that providers are looked up in first.",
)
@click.option(
    "--report-dir",
    "root",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where reports, dashboard and news are written.",
)
@click.option("--jobs", type=click.IntRange(min=1), default=4, show_default=True, help="Providers at a time.")
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    default=DEADLINE,
    show_default=True,
    help="Seconds for the requests of each run; one that does not end soon after is ended.",
)
@click.option("--history", help="Where past nights lie: a folder, or the address of a dashboard.")
@click.option(
    "--baseline",
    type=click.Choice([_LAST]),
    metavar=_LAST,
    help="`last`: red only for what the last run that judged everything did not break.",
)
@click.option(
    "--notify",
    "hooks",
    multiple=True,
    help=f"Post the news to this address; or name it in {VARIABLE}, where no log shows it.",
)
@click.option(
    "--notify-as",
    type=click.Choice([item.value for item in WebhookForm]),
    help="The form of what is posted; left out, slack for hooks.slack.com and json for others.",
)
@click.option("--site", default="", help="Where the folder is served, for links in feed and messages.")
@click.option(
    "--expiring",
    type=click.IntRange(min=0),
    default=EXPIRING,
    show_default=True,
    help="So many days before its last, tell of a listed deviation.",
)
@click.option(
    "--tell", "source", type=click.Path(path_type=Path), help="Ask nobody: tell of the night in this folder."
)
@click.option(
    "--keep", type=click.IntRange(min=1), help="Keep so many runs of a model, and of old ones little."
)
@click.argument("further", nargs=-1, type=click.UNPROCESSED, metavar="[-- PYTEST ARGUMENTS]")
def nightly_command(
    *,
    named: str,
    file: Path | None,
    root: Path,
    jobs: int,
    deadline: float,
    history: str | None,
    baseline: str | None,
    hooks: Sequence[str],
    notify_as: str | None,
    site: str,
    expiring: int,
    source: Path | None,
    keep: int | None,
    further: tuple[str, ...],
) -> ExitCode:
    """Run many providers, each in a process with its own key alone; tell what changed since the last night.

    The past nights are the other runs in the folder of the reports, unless --history names another. The exit
    code is the gravest of the runs; with --tell, 0. See docs/nightly.md.

    \b
    conformance nightly --provider reference -- --scenarios smoke
    conformance nightly --baseline last --keep 30
    """  # noqa: D301 - click reads the escape as the start of lines that are kept
    webhooks = addresses(hooks, os.environ)
    address = history if history is not None and is_address(history) else ""
    before = None if address else root if history is None else Path(history)
    code, dashboard = ExitCode.CONFORMS, ""
    notes = [_BASELESS] if baseline and address else []
    notes += [_NO_FOLDER] if history is not None and before is not None and not before.is_dir() else []
    if source is not None:
        records = _left_in(source, None if named == ALL else names_in(named))
    else:
        providers = find_providers(file)
        plan = NightPlan(
            root=root,
            providers=providers,
            file=file,
            jobs=jobs,
            deadline=deadline,
            baselines=before if baseline else None,
            further=further,
        )
        chosen = providers_in(named, providers, os.environ)
        if named == ALL and (line := _left_out(providers.values(), chosen)):
            click.echo(line, err=True)
    with alone(root):
        if source is None:
            records, left = ask(chosen, plan, os.environ, ended=partial(_told, root))
            code = worst(record.exit_code for record in records if record.exit_code is not None)
            if left:
                names = ", ".join(item.name for item in left)
                notes.append(f"Not asked, since the night was stopped: {names}")
                code = ExitCode.INTERRUPTED
        elif source.resolve() != root.resolve():
            gather(source, root)
        past = history_in(before, records) if before is not None else history_at(address)
        told = news_of(records, root, past, now=datetime.now(UTC), expiring=expiring, notes=notes)
        whole = write(told, past, root, site=site)
        if keep is not None:
            thin(root, keep)
        with suppress(NoStoredRunsError):  # nobody left a report, which the night has told
            dashboard = f", the dashboard: {near(write_dashboard(root).page)}"
    click.echo("")
    for line in lines(told):
        click.echo(line)
    click.echo(f"the night: {near(root / PAGE)}{dashboard}")
    for where, url in webhooks.items():
        form = WebhookForm(notify_as) if notify_as else form_of(url)
        if problem := notify(url, message(told, whole, form, site)):
            click.echo(f"the webhook of {where} {problem}", err=True)
    if problem := _summarise(page(told, site or None), os.environ):
        click.echo(problem, err=True)
    # The process of a single run prints its own.
    if os.environ.get("GITHUB_ACTIONS") == "true" and (source is not None or len(records) > 1):
        for line in annotations(told):
            click.echo(line)
    return code


def _left_out(providers: Iterable[Provider], chosen: Sequence[Provider]) -> str:
    """Own entries that are not asked for want of a key, each with its variable, which may be misspelt."""
    own = [one for one in providers if one not in chosen and one.name not in packaged_names()]
    names = [f"{one.name} ({one.api_key_env or 'without api_key_env, so only by --provider'})" for one in own]
    return f"Not asked, since these keys are not set: {', '.join(names)}." if names else ""


def _left_in(source: Path, expected: Sequence[str] | None) -> tuple[Record, ...]:
    """The records that jobs left in a folder."""
    if not source.is_dir():
        raise FolderMissingError(source)
    return stored_records(source, expected)


def _told(root: Path, record: Record) -> None:
    click.echo(f"{one_line(record.name, _NAME)}: {code_of(run_of(record, root))}")


def _summarise(text: str, environment: Mapping[str, str]) -> str:
    """Shows the night on the page of a job of GitHub; returns "" or, in words, why it could not."""
    if path := environment.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(path).open("a", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            return f"the summary of the job could not be written: {error.strerror or error}"
    return ""
