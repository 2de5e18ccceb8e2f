"""The nightly run over many providers. The jobs of `.github/workflows/nightly.yml` are these commands.

    python -m tools.nightly matrix                  the providers whose key is set, for GitHub
    python -m tools.nightly run --provider A,B      run them, each in a process of its own
    python -m tools.nightly summary DIR             what their reports say, as Markdown

See docs/nightly.md. Exit codes are those of `pytest --provider`; of several the gravest.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from conformance.errors import ConformanceError
from conformance.gate import ExitCode, worst
from conformance.providers import ROLES, Provider, Providers, find_providers, variable
from conformance.report.errors import ReportError
from conformance.report.jsonl import read_report
from conformance.report.summary import summarise
from conformance.report.visible import visible
from conformance.report.write import folder_name
from conformance.requirements import by_id
from conformance.run.options import providers_in

__all__ = ["Record", "main", "matrix", "table"]

RECORDS = "_nightly"
"""The folder, beside the reports, with one record for each provider: what its process ended with."""

_MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in "\\|<>[]`*_"})


@dataclass(eq=False)
class CommandLineError(ConformanceError):
    """Raised for arguments that no command takes; `problem` is in argparse's words."""

    code = "command-line"

    problem: str
    usage: str

    @property
    def message(self) -> str:
        return self.problem

    @property
    def hint(self) -> str:
        return self.usage


@dataclass(eq=False)
class FolderMissingError(ConformanceError):
    """Raised where the folder of a summary is not there."""

    code = "folder-missing"
    hint = "name what --report-dir was"

    folder: Path

    @property
    def message(self) -> str:
        return f"{self.folder}: there is no such folder"


@dataclass(eq=False)
class NotARecordError(ConformanceError):
    """Raised for a file beside the reports that `run` did not write so."""

    code = "not-a-record"
    hint = "it was edited, or written by another version: run the provider again"

    path: Path
    reason: str

    @property
    def message(self) -> str:
        return f"{self.path} is no record of a nightly run: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What came of one provider and one of its models.

    `model` is one of the further models of its entry, empty for the entry's own. `exit_code` is that of its
    process, None where there is no record of one. `report` is the path of its `report.jsonl` from the folder
    of the reports, empty where the run wrote none; `why` then says why, where it is known.
    """

    provider: str
    model: str = ""
    exit_code: ExitCode | None = None
    report: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        """The provider, and the model where it is a further one."""
        return f"{self.provider} ({self.model})" if self.model else self.provider

    def sentence(self, root: Path) -> str:
        """The verdict of its report in one sentence, or why there is none."""
        if self.exit_code is None:
            return "Nothing was recorded: its job ended before the run did, see the log"
        if not self.report:
            return f"No report was written: {self.why or 'the log says why'}"
        try:
            return visible(summarise(read_report(root / self.report), by_id).sentence)
        except (ReportError, OSError) as error:
            why = error.one_line if isinstance(error, ReportError) else str(error)
            return f"The report cannot be read: {visible(why)}"

    def write(self, root: Path) -> None:
        """Keep it beside the reports. Raises OSError."""
        path = _path(root, _stem(self.provider, self.model))
        path.parent.mkdir(parents=True, exist_ok=True)
        value = {
            "provider": self.provider,
            "model": self.model,
            "exit_code": self.exit_code,
            "report": self.report,
            "why": self.why,
        }
        path.write_text(json.dumps(value) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, root: Path, stem: str) -> "Record":
        """What was kept under a name, which is the provider's for its own model.

        Without an exit code where nothing was kept. Raises NotARecordError.
        """
        path = _path(root, stem)
        if not path.is_file():
            return cls(provider=stem)
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            code, report, why = value["exit_code"], str(value["report"]), str(value["why"])
            provider, model = str(value.get("provider", stem)), str(value.get("model", ""))
            return cls(provider=provider, model=model, exit_code=ExitCode(code), report=report, why=why)
        except (KeyError, TypeError, ValueError) as error:
            raise NotARecordError(path, repr(error)) from None


def matrix(providers: Providers, environment: Mapping[str, str]) -> list[dict[str, str]]:
    """The providers to run, each with the variable of its key.

    Keys themselves are not looked at: `HAS_<variable>` says `true` for each that is set.
    """
    return [
        {"provider": provider.name, "key": provider.api_key_env}
        for provider in providers.values()
        if provider.api_key_env and environment.get(f"HAS_{provider.api_key_env}") == "true"
    ]


def table(records: Iterable[Record], root: Path) -> list[tuple[str, str, str]]:
    """The rows of a summary: provider, exit code, verdict."""
    return [
        (
            record.name,
            "-" if record.exit_code is None else f"{record.exit_code} {record.exit_code.name.lower()}",
            record.sentence(root),
        )
        for record in records
    ]


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> ExitCode:
    """Run a command; returns its exit code."""
    try:
        options = _parser().parse_args(arguments)
        code: ExitCode = options.command(options, environment)
    except ConformanceError as error:
        sys.stderr.write(f"error: {error}\n")
        return ExitCode.USAGE
    return code


def _matrix(options: argparse.Namespace, environment: Mapping[str, str]) -> ExitCode:
    providers = find_providers(options.providers, environment=environment)
    chosen = matrix(providers, environment)
    names = {row["provider"] for row in chosen}
    if left := [item.name for item in providers.values() if item.api_key_env and item.name not in names]:
        sys.stderr.write(f"left out, since the secret of their key is not set: {', '.join(left)}\n")
    _print(json.dumps(chosen, separators=(",", ":")))
    return ExitCode.CONFORMS


def _run(options: argparse.Namespace, environment: Mapping[str, str]) -> ExitCode:
    providers = find_providers(options.providers, environment=environment)
    chosen = providers_in(options.provider, providers, environment)
    root: Path = options.report_dir
    records: list[Record] = []
    asked = [(provider, model) for provider in chosen for model in ("", *provider.more_models)]
    for provider, model in asked:
        _print(f"==> {provider.name} {model}".rstrip())
        records.append(_recorded(provider, model, providers, options, environment))
        records[-1].write(root)
        if records[-1].exit_code is ExitCode.INTERRUPTED:
            break
    rows = table(records, root)
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    _print("")
    for name, code, sentence in rows:
        _print(f"{name:<{widths[0]}}  {code:<{widths[1]}}  {sentence}")
    if left := asked[len(records) :]:
        names = ", ".join(Record(provider=item.name, model=model).name for item, model in left)
        _print(f"not run, since the person stopped the run: {names}")
    return worst(record.exit_code for record in records if record.exit_code is not None)


def _summary(options: argparse.Namespace, _: Mapping[str, str]) -> ExitCode:
    root: Path = options.folder
    names = options.expected
    if names is None:
        if not root.is_dir():
            raise FolderMissingError(root)
        names = sorted(path.stem for path in (root / RECORDS).glob("*.json"))
    else:
        names = [stem for name in names for stem in (name, *_further(root, name))]
    if not names:
        _print("No provider was run: not one secret with a key is set. See docs/nightly.md.")
        return ExitCode.CONFORMS
    _print("| provider | exit code | verdict |\n|---|---|---|")
    for row in table((Record.read(root, name) for name in names), root):
        _print(f"| {' | '.join(cell.translate(_MARKDOWN) for cell in row)} |")
    return ExitCode.CONFORMS


def _recorded(
    provider: Provider,
    model: str,
    providers: Providers,
    options: argparse.Namespace,
    environment: Mapping[str, str],
) -> Record:
    """Run one provider to its end, with no key in its environment but its own.

    `model` is one of its further models, empty for its own.
    """
    root: Path = options.report_dir
    command = [sys.executable, "-m", "pytest", "--provider", provider.name, "--report-dir", str(root)]
    if options.providers:
        command += ["--providers", str(options.providers)]
    foreign = {item.api_key_env for item in providers.values()} - {provider.api_key_env}
    mine = {name: value for name, value in environment.items() if name not in foreign}
    if model:
        for role in ROLES:
            mine.pop(variable(provider.name, f"MODEL_{role.upper()}"), None)
        mine[variable(provider.name, "MODEL")] = model
    before = _reports(root, provider.name)
    with subprocess.Popen(command, env=mine) as process:  # noqa: S603 - our own interpreter, names of ours
        code = _ended(process)
    written = sorted(_reports(root, provider.name) - before)
    report = written[-1].relative_to(root).as_posix() if written else ""
    key = provider.api_key_env
    why = f"{key} is not set" if key and not report and not environment.get(key, "").strip() else ""
    return Record(provider=provider.name, model=model, exit_code=_exit_code(code), report=report, why=why)


def _ended(process: subprocess.Popen[Any]) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal sends it to the process as well, which keeps what it has and ends by itself.
            continue


def _exit_code(code: int) -> ExitCode:
    # A process that a signal killed has a code of its own.
    return ExitCode(code) if code in list(ExitCode) else ExitCode.INTERNAL


def _reports(root: Path, provider: str) -> set[Path]:
    return set((root / folder_name(provider)).glob("*/*/report.jsonl"))


def _stem(provider: str, model: str) -> str:
    # Two hyphens, which the name of no provider has.
    return f"{provider}--{folder_name(model)}" if model else provider


def _further(root: Path, provider: str) -> list[str]:
    return sorted(path.stem for path in (root / RECORDS).glob(f"{folder_name(provider)}--*.json"))


def _path(root: Path, stem: str) -> Path:
    return root / RECORDS / f"{'--'.join(map(folder_name, stem.split('--')))}.json"


def _expected(text: str) -> list[str]:
    try:
        return [row["provider"] for row in json.loads(text)]
    except (KeyError, TypeError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is not what `matrix` prints") from None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse would exit with 2, which means interrupted here.
        raise CommandLineError(message, self.format_usage().strip())


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m tools.nightly", description="The nightly run over many providers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    plan = commands.add_parser("matrix", help="the providers whose key is set, as JSON for a matrix of jobs")
    plan.set_defaults(command=_matrix)
    run = commands.add_parser("run", help="run providers, each in a process of its own")
    run.add_argument("--provider", required=True, metavar="A,B", help="names; `all`: those whose key is set")
    run.add_argument("--report-dir", type=Path, default=Path("reports"), metavar="DIR")
    run.set_defaults(command=_run)
    for command in (plan, run):
        command.add_argument("--providers", type=Path, metavar="FILE", help="as of pytest")
    summary = commands.add_parser("summary", help="what the reports of a folder say, as Markdown")
    summary.add_argument("folder", type=Path, metavar="DIR", help="what --report-dir was")
    summary.add_argument(
        "--expected", type=_expected, metavar="JSON", help="the matrix: names what is missing"
    )
    summary.set_defaults(command=_summary)
    return parser


def _print(line: str) -> None:
    # Flushed, so that it stands before what a process of ours writes.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
