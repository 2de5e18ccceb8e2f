"""Takes up the folder of a run that was cut off: what is whole in it is kept, and the rest is asked for."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from conformance.capture import scout
from conformance.capture.secrets import secrets_of
from conformance.evidence import Redactor, load
from conformance.evidence.headers import address
from conformance.evidence.planned import PLAN, PlannedRun, read_plan
from conformance.exchange import Ended, Exchange, Need
from conformance.paths import near
from conformance.plan import Plan, PlannedRequest, again
from conformance.report.errors import ReportError
from conformance.report.jsonl import read_report
from conformance.report.write import evidence_path
from conformance.run.origin import Settings, utc
from conformance.run.resume_errors import (
    NoRunError,
    NothingToResumeError,
    ResumeCompleteError,
    ResumeDiffersError,
    ResumeSeveralError,
    RunUnderWayError,
)
from conformance.text import counted
from conformance.trouble import trouble
from conformance.version import suite_version

try:
    import fcntl
except ImportError:  # on Windows, where nothing keeps two processes out of one folder
    fcntl = None  # type: ignore[assignment]

__all__ = ["LATEST", "ResumedRun", "RunSetup", "held", "outset", "resumable"]

LATEST = "latest"
"""The value of --resume that means the newest run of the provider and model that is asked."""

_STAMP = re.compile(r"(\d{8}T\d{6}Z)(?:-(\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSetup:
    """A run that is to go on: what it is to send, as a plan and as its file, and where its folders lie."""

    plan: Plan
    outset: PlannedRun
    parent: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumedRun:
    """A run that goes on in its folder.

    `kept` are the ids of the exchanges that are not asked for again, `planned` of how many. `aside` are those
    whose file holds something that is not kept: it was cut off, or the endpoint cannot be judged by it.
    """

    folder: Path
    outset: PlannedRun
    kept: frozenset[str]
    planned: int
    aside: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """Whether there is nothing to ask for and nothing to report."""
        try:
            whole = read_report(self.folder / "report.jsonl").footer.complete
        except (ReportError, OSError):
            return False
        return whole and not self.aside and len(self.kept) >= self.planned

    def set_aside(self) -> None:
        """Renames the files that are not kept, so that none of what they hold is lost. Raises OSError."""
        for name in self.aside:
            path, number = evidence_path(self.folder, name), 1
            while (before := path.with_name(f"{path.name}.before-{number}")).exists():
                number += 1
            path.rename(before)

    def age(self, settings: Settings) -> int:
        """Seconds since it began, at least 1."""
        began = datetime.fromisoformat(self.outset.started)
        return max(int((settings.started - began).total_seconds()), 1)

    def note(self, settings: Settings) -> str:
        """What a reader of the report must know."""
        said = (
            f"begun at {self.outset.started} and resumed at {utc(settings.started)}: "
            f"{counted(len(self.kept), 'exchange')} of {self.planned} planned ones had been recorded"
        )
        if not self.aside:
            return said
        return f"{said}; what had come of {', '.join(self.aside)} is kept as evidence/*.before-N"


def outset(sent: Plan, settings: Settings, key: str) -> PlannedRun:
    """The file for the plan of a run, without secrets. `key` is "" if there is none."""
    provider = sent.provider
    redactor = Redactor(secrets_of(provider, key), loopback=True)
    models = dict.fromkeys(item.exchange.model for item in sent.requests)
    return PlannedRun(
        suite=suite_version(),
        provider=provider.name,
        model=", ".join(models),
        base_url=redactor.text(address(provider.base_url)),
        started=utc(settings.started),
        command=redactor.text(settings.command),
        requests={item.exchange.id: _digest(item, redactor) for item in sent.requests},
    )


def _digest(item: PlannedRequest, redactor: Redactor) -> str:
    exchange = item.exchange
    said = [
        exchange.api,
        redactor.text(item.request.body),
        item.key,
        item.scenario.leaves_after,
        exchange.expects,
        exchange.promises,
        exchange.claim,
        exchange.unclaimed,
        exchange.nonce,
        exchange.expected_text,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def resumable(named: str, wanted: Mapping[str, RunSetup]) -> dict[str, ResumedRun]:
    """The runs that go on, by the label of what they ask: of `latest` those that began together last.

    `named` is the folder of a run, or `latest`. Nothing is changed. Raises ConformanceError where there is no
    such run, where it has another plan, where nothing is left to do, and where a process still writes it.
    """
    folders = _latest(wanted) if named == LATEST else _named(named, wanted)
    found = {}
    for label, folder in folders.items():
        with held(folder):
            recorded = read_plan(folder)
            if differences := tuple(_differences(recorded, wanted[label].outset)):
                raise ResumeDiffersError(folder, differences, recorded.command)
            found[label] = _resumed(folder, recorded, wanted[label].plan)
    if len(found) == len(wanted) and all(run.finished for run in found.values()):
        raise ResumeCompleteError(next(iter(folders.values())))
    return found


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keeps other processes from going on with the run in a folder. Raises RunUnderWayError.

    The system ends it with the process, however that is killed.
    """
    with (folder / PLAN).open("rb") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunUnderWayError(folder) from None
            except OSError:  # a file system without locks
                pass
        yield


def _named(named: str, wanted: Mapping[str, RunSetup]) -> dict[str, Path]:
    folder = Path(named)
    if not (folder / PLAN).is_file():
        raise NoRunError(folder)
    if len(wanted) > 1:
        raise ResumeSeveralError(folder, tuple(wanted))
    return dict.fromkeys(wanted, folder)


def _latest(wanted: Mapping[str, RunSetup]) -> dict[str, Path]:
    newest = {label: folder for label, one in wanted.items() if (folder := _newest(one.parent)) is not None}
    if not newest:
        parents = dict.fromkeys(one.parent.parent for one in wanted.values())
        others = (path for parent in parents for path in _others(parent))
        raise NothingToResumeError(tuple(wanted), next(iter(wanted.values())).parent, tuple(others))
    began = {label: read_plan(folder).started for label, folder in newest.items()}
    return {label: folder for label, folder in newest.items() if began[label] == max(began.values())}


def _newest(parent: Path) -> Path | None:
    """The newest run of one model, by its name; None if there is none that has a plan."""
    stamped = [
        (match[1], int(match[2] or 1), path)
        for path in (parent.iterdir() if parent.is_dir() else ())
        if (match := _STAMP.fullmatch(path.name)) and (path / PLAN).is_file()
    ]
    return max(stamped)[2] if stamped else None


def _others(provider: Path) -> Iterator[str]:
    """The newest run of each model of a provider, as paths to type."""
    for model in sorted(provider.iterdir()) if provider.is_dir() else ():
        if (newest := _newest(model)) is not None:
            yield near(newest)


def _differences(there: PlannedRun, here: PlannedRun) -> Iterator[str]:
    """What is not the same in a run that was cut off and in the one that is to go on, in words."""
    plain = {
        "the version of the suite": (there.suite, here.suite),
        "the provider": (there.provider, here.provider),
        "the model": (there.model, here.model),
        "the address": (there.base_url, here.base_url),
    }
    yield from (f"{what} was {was} and is {now}" for what, (was, now) in plain.items() if was != now)
    if more := [name for name in there.requests if name not in here.requests]:
        yield f"{_first(more)} would not be asked for any more"
    if fewer := [name for name in here.requests if name not in there.requests]:
        yield f"{_first(fewer)} would be asked for in addition"
    changed = [name for name, digest in here.requests.items() if there.requests.get(name, digest) != digest]
    if changed:
        yield f"{_first(changed)} would be asked for, or judged, in another way"


def _first(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _resumed(folder: Path, recorded: PlannedRun, sent: Plan) -> ResumedRun:
    kept: set[str] = set()
    aside: list[str] = []
    mistaken: set[str] = set()
    opens = False
    for planned in sent.requests:
        for item in (planned, again(planned)):
            name = item.exchange.id
            path = evidence_path(folder, name)
            if not path.is_file():
                continue
            exchanges, _ = load([path])
            exchange = exchanges[0] if exchanges else None
            repeats = item.exchange.again
            if exchange is not None and _settled(exchange, item) and (not repeats or repeats in kept):
                kept.add(name)
                opens = opens or _opens(exchange)
                if scout.found(sent.provider, exchange) is not None:
                    mistaken.add(name)
            elif exchange is None or exchange.ended is not Ended.NOT_SENT:
                aside.append(name)
    if not opens:  # what these answers meant had not been told when the run was cut off
        kept -= mistaken
        aside += sorted(mistaken)
    return ResumedRun(
        folder=folder,
        outset=recorded,
        kept=frozenset(kept),
        planned=len(sent.requests),
        aside=tuple(aside),
    )


def _settled(exchange: Exchange, planned: PlannedRequest) -> bool:
    """Whether an exchange is that of a planned request, and whole, and the endpoint can be judged by it."""
    same = (exchange.provider, exchange.id) == (planned.exchange.provider, planned.exchange.id)
    cut = exchange.ended is Ended.INTERRUPTED or Need.ENDING in exchange.lacks
    return same and not cut and not trouble(exchange)


def _opens(exchange: Exchange) -> bool:
    return exchange.status is not None and scout.opens(exchange.status, exchange.header("content-type"))
