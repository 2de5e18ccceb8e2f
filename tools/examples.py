"""Writes examples/: three nights of three endpoints, with their reports and the dashboard, and a certificate.

The last of the nights is what docs/nightly.md shows, and is written there too.

`make examples` runs it, and `tests/test_examples.py` fails while they are others. The endpoints are the
reference provider, whole and with faults, played without a network and by a fixed clock, so that the same
code always writes the same bytes.
"""

import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from zipfile import ZipFile

from conformance.capabilities import CAPABILITIES
from conformance.capture.progress import Progress
from conformance.capture.run import CaptureResult, Job
from conformance.certify.make import write_bundle
from conformance.certify.suite import Suite, this_suite
from conformance.dashboard.write import write_dashboard
from conformance.evidence import write_evidence
from conformance.exchange import Attempt, Exchange
from conformance.gate import Deviation
from conformance.nightly.gather import thin
from conformance.nightly.past import history_in
from conformance.nightly.records import Record
from conformance.nightly.tell import lines, news_of, write
from conformance.profiles import profiles
from conformance.providers import Provider
from conformance.reference.faults import FAULTS
from conformance.run.conduct import Run
from conformance.run.live import Live
from conformance.run.origin import Settings
from conformance.run.selection import Selection
from conformance.standing import Profile
from tests.played import answers

__all__ = ["EXAMPLES", "NIGHTS", "PAGE", "example_suite", "main", "with_night", "write_examples"]

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PAGE = ROOT / "docs" / "nightly.md"
"""The page that shows the last night."""

_CLAIMED = ("chat", "usage", "max-tokens")  # what chat-core is about
_WIDTH = 116  # columns of a sample in the documentation
_PROFILE = "chat-core"
_SAMPLES = 3  # of each scenario, for a certificate
_KEY = "sk-a-key-of-nobody-0123456789"
_PYTHON = "3.13.9"
_TAKES = timedelta(seconds=42)  # a run, by the fixed clock
_APART = timedelta(milliseconds=150)  # two requests

NIGHTS: tuple[tuple[datetime, Mapping[str, str]], ...] = (
    (
        datetime(2026, 11, 24, 3, 17, tzinfo=UTC),
        {"north": "", "east": "", "south": "finish-reason-left-out"},
    ),
    (
        datetime(2026, 11, 25, 3, 17, tzinfo=UTC),
        {"north": "", "east": "json-cut-off", "south": "finish-reason-left-out"},
    ),
    (
        datetime(2026, 11, 26, 3, 17, tzinfo=UTC),
        {"north": "", "east": "content-list", "south": "finish-reason-left-out"},
    ),
)
"""When each night began, and the fault of each endpoint; "" for none."""

_DEVIATIONS = {
    "south": (
        Deviation(
            requirement="finish-reason-key",
            reason="the proxy in front leaves out what is null",
            link="https://example.com/issues/1",
            until=date(2026, 12, 5),
        ),
    )
}


def write_examples(root: Path) -> list[str]:
    """Writes the examples into a folder, in place of those that are there.

    Returns what the terminal shows of the last night.
    """
    told = _nights(root)
    _certificate(root / "certificate")
    return told


def _certificate(root: Path) -> None:
    """The bundle of an endpoint that keeps a profile, and the page that is in it."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    profile = profiles().named(_PROFILE)
    with TemporaryDirectory() as folder, patch("conformance.certify.make.this_suite", example_suite):
        run = conducted(endpoint("north"), "", NIGHTS[-1][0], Path(folder), certifies=profile)
        bundle, _ = write_bundle(run.results[0], profile, samples=_SAMPLES)
        shutil.copy(bundle, root)
    with ZipFile(root / bundle.name) as files:
        (root / "certificate.html").write_bytes(files.read("certificate.html"))


def example_suite(*, commit: bool = False) -> Suite:
    """The suite of the example, without code and commit, which are others with every change."""
    del commit
    return replace(this_suite(commit=False), code="0" * 64, commit="")


def _nights(root: Path) -> list[str]:
    nights = root / "nights"
    shutil.rmtree(nights, ignore_errors=True)
    told = [_night(nights, started, faults) for started, faults in NIGHTS]
    for report in nights.glob("*/*/*/report.jsonl"):  # as --keep leaves those of older nights
        first, *_, last = report.read_text(encoding="utf-8").splitlines()
        report.write_text(f"{first}\n{last}\n", encoding="utf-8")
    return told[-1]


def with_night(page: str, told: Sequence[str]) -> str:
    """A page of the documentation with a night in it, as the terminal shows it."""
    laid = [textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False) for line in told]
    block = textwrap.indent("\n".join(line.rstrip() for line in laid), "    ")
    mark = re.compile(r"(<!-- night -->\n\n).*?(\n\n<!-- /night -->)", re.DOTALL)
    return mark.sub(lambda found: f"{found[1]}{block}{found[2]}", page)


def _night(root: Path, started: datetime, faults: Mapping[str, str]) -> list[str]:
    """Writes a night; returns what the terminal shows of it."""
    records = []
    for number, (name, fault) in enumerate(faults.items()):
        at = started + number * _TAKES
        run = conducted(endpoint(name), fault, at, root)
        folder = run.results[0].run.folder
        assert folder is not None  # noqa: S101 - the run writes its report
        records.append(
            Record(
                provider=name,
                exit_code=run.results[0].exit_code,
                report=f"{folder.relative_to(root).as_posix()}/report.jsonl",
            )
        )
    history = history_in(root, records)
    told = news_of(records, root, history, now=started)
    write(told, history, root)
    thin(root, len(NIGHTS))
    write_dashboard(root)
    return lines(told)


def endpoint(name: str) -> Provider:
    """An endpoint of the examples, which claims little, so that its report is short."""
    return Provider(
        name=name,
        base_url=f"https://{name}.example/v1",
        api_key_env=f"{name.upper()}_API_KEY",
        model="reference",
        claims={capability: capability in _CLAIMED for capability in CAPABILITIES},
        deviations=_DEVIATIONS.get(name, ()),
        configuration="providers.toml",
    )


def conducted(
    provider: Provider,
    fault: str,
    started: datetime,
    root: Path,
    *,
    certifies: Profile | None = None,
) -> Run:
    """A run of the reference provider with a fault, or "" for none, whose report is below a folder.

    `certifies` is the profile to which it is held, with as many samples as a certificate needs.
    """
    command = f"pytest --provider {provider.name}"
    held = (certifies,) if certifies else ()
    settings = Settings(
        report_dir=root,
        started=started,
        command=f"{command} --certify {certifies.name}" if certifies else command,
        profiles=held,
    )
    live = Live(
        [provider],
        settings,
        selection=Selection(profiles=held, samples=_SAMPLES if certifies else 1),
        environment={provider.api_key_env: _KEY},
    )
    run = Run(live, settings)
    with _fixed(fault, started + _TAKES):
        run.execute()
    return run


@contextmanager
def _fixed(fault: str, now: datetime) -> Iterator[None]:
    """Lets requests be answered from memory, by a clock that stands still."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Clock":
            return cls.fromtimestamp(now.timestamp(), tz)

    def capture(jobs: Sequence[Job], *, progress: Progress | None = None) -> CaptureResult:
        del progress
        return CaptureResult(
            exchanges={job.plan.provider.name: tuple(_answered(job, fault, now - _TAKES)) for job in jobs},
            interrupted=False,
        )

    with ExitStack() as stack:
        stack.enter_context(patch("conformance.capture.run.capture", capture))
        stack.enter_context(patch("conformance.run.result.datetime", Clock))
        stack.enter_context(patch("platform.python_version", lambda: _PYTHON))
        yield


def _answered(job: Job, fault: str, began: datetime) -> Iterator[Exchange]:
    job.evidence.mkdir(parents=True, exist_ok=True)
    for number, (_, played) in enumerate(answers(job.plan, FAULTS[fault] if fault else None)):
        exchange = _asked(played, number, began + number * _APART) if played.status is not None else played
        write_evidence(job.evidence / f"{exchange.id}.jsonl", exchange, secrets=[job.key or ""])
        yield exchange


def _asked(played: Exchange, number: int, at: datetime) -> Exchange:
    """An exchange as a recorder leaves it: asked once, at its time, and answered at a pace of its own."""

    def paced(seconds: float | None) -> float | None:
        return None if seconds is None else round(seconds * (1 + number / 1_000), 6)

    return replace(
        played,
        started=at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        attempts=(Attempt(started=0.0, status=played.status),),
        pieces=tuple(replace(piece, at=paced(piece.at)) for piece in played.pieces),
        ended_at=paced(played.ended_at),
    )


def main() -> int:
    """Writes the folder, and the night into the documentation."""
    told = write_examples(EXAMPLES)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_night(page, told), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
