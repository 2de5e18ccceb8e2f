"""Runs of the reference provider that need no network."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.capture.progress import Progress
from conformance.capture.run import CaptureResult, Job
from conformance.exchange import Exchange
from conformance.providers import Provider
from conformance.run.conduct import Run
from conformance.run.live import Live
from conformance.run.origin import Settings
from conformance.run.selection import Selection
from tests.played import REFERENCE, played

KEY = "sk-a-key-of-nobody-0123456789"

Conducted = Callable[..., Run]
"""Takes a provider, the reference by default, the exchanges that come, and what `Selection` takes."""


def settings(folder: Path | None, command: str = "pytest --provider reference") -> Settings:
    """The settings of a run that writes its report below a folder."""
    return Settings(report_dir=folder, started=datetime(2026, 11, 21, tzinfo=UTC), command=command)


@pytest.fixture
def sent() -> list[Job]:
    """What would have been sent."""
    return []


@pytest.fixture
def conducted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sent: list[Job]) -> Conducted:
    """Conduct a run whose requests are answered from memory."""

    def conduct(
        provider: Provider = REFERENCE,
        *,
        given: Iterable[Exchange] | None = None,
        interrupted: bool = False,
        command: str = "pytest --provider reference",
        **selection: Any,
    ) -> Run:
        answers = {item.id: item for item in (played() if given is None else given)}

        def instead(jobs: Sequence[Job], *, progress: Progress | None = None) -> CaptureResult:
            assert progress is not None
            sent.extend(jobs)
            exchanges = {
                job.plan.provider.name: tuple(answers[item.exchange.id] for item in job.plan.requests)
                for job in jobs
            }
            return CaptureResult(exchanges=exchanges, interrupted=interrupted)

        monkeypatch.setattr("conformance.capture.run.capture", instead)
        how = settings(tmp_path, command)
        live = Live(
            [provider],
            how,
            selection=Selection(**selection),
            environment={provider.api_key_env: f"{KEY}\n"},
        )
        return Run(live, how)

    return conduct
