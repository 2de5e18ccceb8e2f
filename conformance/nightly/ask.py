"""Asks the providers of a night: each in a process of its own, with no key in its environment but its own."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.dashboard.history import Seen, flaky, part_of
from conformance.errors import ModelMissingError
from conformance.gate import ExitCode
from conformance.nightly import hear
from conformance.nightly.notify import VARIABLE
from conformance.nightly.past import baseline_in, stored_at
from conformance.nightly.places import seen_from
from conformance.nightly.processes import Command, Ending, ProcessEnd, side_by_side
from conformance.nightly.records import Record, log_path, reports_of
from conformance.nightly.red import settled
from conformance.providers import ROLES, Provider, Providers, variable
from conformance.report.errors import ReportError
from conformance.report.jsonl import read_report
from conformance.report.write import folder_name
from conformance.run.live import planned_model
from conformance.run.selection import Selection

__all__ = ["DEADLINE", "JUDGING", "NightPlan", "ask"]

DEADLINE = 900.0
"""Seconds after which the requests of one run end, if nobody says."""
JUDGING = 180.0
"""Seconds that a process then has to judge and to write, before it is ended."""

# What pytest refuses: its own words, or those of the parser of its arguments, whose usage comes before.
_ERROR = re.compile(r"^(?:ERROR: (?!usage: )|.*: error: )(.+)(?:\r?\n(hint: .+))?", re.MULTILINE)
_TAIL = 16_000  # bytes at the end of a log in which it is looked for
_HEAR = Path(hear.__file__)

# What makes a run write to the page of its job and annotate it, which one of many runs leaves to the night.
_JOB = {"GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPlan:
    """How the providers of a night are asked.

    `root` takes the reports. `providers` is all that are known, whose keys no other sees, and `file` where
    they were looked up first. `baselines` is the folder with the runs of the nights before, None if what was
    broken before, or is flaky, turns a run red as well. `further` are arguments for pytest.
    """

    root: Path
    providers: Providers
    file: Path | None = None
    jobs: int = 1
    deadline: float = DEADLINE
    baselines: Path | None = None
    further: tuple[str, ...] = ()


def ask(
    chosen: Sequence[Provider],
    plan: NightPlan,
    environment: Mapping[str, str],
    *,
    ended: Callable[[Record], None] = lambda _record: None,
) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """Asks the providers, and each of their further models; returns the records, and those not asked.

    `ended` is called with each record as soon as it is written. Only a person who stops the night leaves any
    unasked. Raises OSError if the folder cannot be written.
    """
    asked = [(provider, model) for provider in chosen for model in ("", *provider.more_models)]
    blank = [Record(provider=provider.name, model=model) for provider, model in asked]
    single = len(asked) == 1
    commands = [
        Command(
            arguments=_arguments(provider, model, plan, log_path(plan.root, record) if single else None),
            environment=_environment(provider, model, plan, environment, single=single),
            log=None if single else log_path(plan.root, record),
        )
        for (provider, model), record in zip(asked, blank, strict=True)
    ]
    before = {provider.name: reports_of(plan.root, provider.name) for provider in chosen}
    records: dict[int, Record] = {}

    def finished(index: int, ending: Ending) -> None:
        if ending.end is ProcessEnd.NOT_STARTED:
            return
        provider, model = asked[index]
        report = _report(plan, before[provider.name], provider, model)
        why = _why(provider, report, ending, plan.deadline, environment)
        if not (why or report):
            why = seen_from(plan.root, _said(log_path(plan.root, blank[index])))
        record = replace(blank[index], exit_code=_exit_code(ending), report=report, why=why)
        records[index] = _settled(record, plan)
        records[index].write(plan.root)
        ended(records[index])

    side_by_side(commands, jobs=plan.jobs, seconds=plan.deadline + JUDGING, ended=finished)
    return (
        tuple(records[index] for index in sorted(records)),
        tuple(record for index, record in enumerate(blank) if index not in records),
    )


def _arguments(provider: Provider, model: str, plan: NightPlan, heard: Path | None) -> tuple[str, ...]:
    """The command of a run; `heard` is the log of one that has the terminal to itself."""
    command = [sys.executable, *(("-m", "pytest") if heard is None else (str(_HEAR), str(heard)))]
    command += [
        "--provider",
        provider.name,
        "--report-dir",
        str(plan.root),
        "--deadline",
        f"{plan.deadline:g}",
    ]
    if plan.file is not None:
        command += ["--providers", str(plan.file)]
    if plan.baselines is not None:
        place = _place(provider, model)
        if place and (run := baseline_in(plan.baselines, place)) is not None:
            command += ["--baseline", str(run)]
    return (*command, *plan.further)


def _place(provider: Provider, model: str) -> str:
    """The folder of the reports of a model, from that of all; "" if no model is named."""
    if not model:
        try:
            model = planned_model(Selection().plan(provider))
        except ModelMissingError:
            return ""
    return f"{folder_name(provider.name)}/{folder_name(model)}"


def _environment(
    provider: Provider, model: str, plan: NightPlan, environment: Mapping[str, str], *, single: bool
) -> dict[str, str]:
    foreign = {item.api_key_env for item in plan.providers.values()} - {provider.api_key_env}
    foreign |= {VARIABLE} if single else {VARIABLE, *_JOB}
    mine = {name: value for name, value in environment.items() if name not in foreign}
    if model:
        for role in ROLES:
            mine.pop(variable(provider.name, f"MODEL_{role.upper()}"), None)
        mine[variable(provider.name, "MODEL")] = model
    return mine


def _report(plan: NightPlan, before: set[Path], provider: Provider, model: str) -> str:
    """The path of the report that a process has written, from the folder of all; "" if there is none."""
    written = [path for path in reports_of(plan.root, provider.name) - before if path.is_file()]
    further = {folder_name(name) for name in provider.more_models}
    # Processes of further models write beside each other, each into the folder of its own.
    mine = [
        path
        for path in written
        if (path.parts[-3] == folder_name(model) if model else path.parts[-3] not in further)
    ]
    newest = max(mine or ([] if further else written), key=lambda path: path.parts[-2], default=None)
    return newest.relative_to(plan.root).as_posix() if newest else ""


def _settled(record: Record, plan: NightPlan) -> Record:
    """The record of a run that nothing turned red which is flaky, if there are nights before to say so."""
    if plan.baselines is None or record.exit_code is not ExitCode.VIOLATION or not record.report:
        return record
    try:
        report = read_report(plan.root / record.report)
    except (ReportError, OSError):  # whoever tells of the night says so
        return record
    folder = record.report.rpartition("/")[0]
    before = [run.seen for run in stored_at(plan.baselines, record.place) if run.folder != folder]
    part = part_of(report.footer.incomplete, report.header.profile)
    code, causes = settled(report, flaky([*before, Seen(results=report.footer.results, part=part)]))
    return replace(record, exit_code=code, flaky=causes)


def _why(
    provider: Provider, report: str, ending: Ending, deadline: float, environment: Mapping[str, str]
) -> str:
    key = provider.api_key_env
    match ending.end:
        case ProcessEnd.OVERDUE:
            return f"it did not end within {deadline + JUDGING:g} seconds, and was ended"
        case ProcessEnd.STOPPED:
            return "the night was stopped"
        case _ if key and not report and not environment.get(key, "").strip():
            return f"{key} is not set"
    return ""


def _said(log: Path) -> str:
    """What pytest refused last, with its hint, at the end of a log; or else where it says more."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            tail = file.read().decode(errors="replace")
    except OSError:
        return "what it printed says why"
    found = list(_ERROR.finditer(hear.CONTROL.sub("", tail)))
    if not found:
        return f"{log.parent.name}/{log.name} says why"
    error, hint = found[-1].groups()
    return f"{error.strip()}; {hint.strip()}" if hint else error.strip()


def _exit_code(ending: Ending) -> ExitCode:
    if ending.end is ProcessEnd.OVERDUE:
        return ExitCode.ERROR
    if ending.end is ProcessEnd.STOPPED:
        return ExitCode.INTERRUPTED
    # A process that a signal killed has a code of its own.
    return ExitCode(ending.code) if ending.code in list(ExitCode) else ExitCode.INTERNAL
